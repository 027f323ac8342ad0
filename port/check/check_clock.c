/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * check_clock.c: does time pass, and are random numbers random.
 */
#include "parts.h"

#define BACK        0x80000000u
#define SECONDS     3u    /* fewer say nothing of the rate */
#define EDGES_MS    2500u /* two seconds of the day begin in this time */
#define YEAR_2020   1577836800u
#define YEAR_2100   4102444800u
#define SECONDS_MAX 4000000u
#define SAMPLES     32u

typedef struct {
    oneota_check_t *check;
    uint32_t last_ms;
    uint32_t still;    /* questions in a row with the same answer */
    uint32_t jump_ms;  /* longest step between two questions */
    bool known;        /* the day */
    uint32_t known_ms; /* since when */
    uint64_t last_s;
    uint32_t edges;              /* new seconds of the day since the first */
    uint32_t first_ms, edges_ms; /* at the first, from the first to the last */
} clock_check_t;

/* ---------------------------------------------------------------- milliseconds */

static bool check_runs(oneota_check_t *check)
{
    oneota_check_wait_t wait;
    uint32_t start = oneota_check_ms(check);

    oneota_check_wait(check, &wait, 0);
    while (oneota_check_ms(check) == start) {
        if (!oneota_check_waits(check, &wait)) {
            oneota_check_say(check, CHECK_FAIL, "clock: stands still", "now_ms=", start,
                             "is the timer on, and its interrupt?");
            return false;
        }
    }
    return true;
}

static bool step_ms(clock_check_t *c)
{
    uint32_t ms = oneota_check_ms(c->check);
    uint32_t step = ms - c->last_ms;

    if (step >= BACK) {
        oneota_check_begin(c->check, CHECK_FAIL, "clock: goes back");
        oneota_check_number(c->check, "from=", c->last_ms);
        oneota_check_number(c->check, "to=", ms);
        oneota_check_end(c->check, "it may wrap at 2^32 alone; is a tick counted twice or late?");
        return false;
    }
    oneota_check_longest(&c->jump_ms, step);
    c->still = step == 0 ? c->still + 1u : 0;
    c->last_ms = ms;
    return true;
}

/* ---------------------------------------------------------------- the day */

static bool step_day(clock_check_t *c)
{
    const oneota_clock_t *clock = c->check->clock;
    uint64_t s = 0;

    if (clock->unix_s == NULL || !clock->unix_s(c->check->clock_ctx, &s)) {
        return true;
    }
    if (s < YEAR_2020 || s > YEAR_2100) {
        oneota_check_say(c->check, CHECK_FAIL, "clock: unix_s is no day of this century",
                         "unix_s=", (uint32_t)s, "return false until the time is known");
        return false;
    }
    if (c->known && s < c->last_s) {
        oneota_check_say(c->check, CHECK_WARN, "clock: unix_s goes back", "unix_s=", (uint32_t)s,
                         "right only if it was set just now");
        c->known = false;
    }
    if (c->known && s > c->last_s) {
        c->first_ms = c->edges == 0 ? c->last_ms : c->first_ms;
        c->edges_ms = c->last_ms - c->first_ms;
        c->edges += c->edges == 0 ? 1u : (uint32_t)(s - c->last_s);
    }
    if (!c->known) {
        c->known = true;
        c->known_ms = c->last_ms;
        c->edges = 0;
    }
    c->last_s = s;
    return true;
}

static void judge_rate(clock_check_t *c, uint32_t seconds)
{
    if (c->known && c->edges < 2u && c->last_ms - c->known_ms >= EDGES_MS + c->jump_ms) {
        oneota_check_say(c->check, CHECK_FAIL, "clock: not in milliseconds, or unix_s stands still",
                         "ms=", c->last_ms - c->known_ms,
                         "so long, and not two seconds of the day; what is the tick's frequency?");
        return;
    }
    if (c->edges < 2u) {
        oneota_check_say(c->check, CHECK_SAY, "clock: rate not proven, unix_s gives no seconds",
                         "s=", seconds, "compare the time between these lines with a watch");
        return;
    }
    uint32_t wanted = (c->edges - 1u) * 1000u;
    uint32_t slack = wanted / 10u + 100u + c->jump_ms; /* an edge is seen so late */
    bool good = c->edges_ms + slack >= wanted && c->edges_ms <= wanted + slack;

    oneota_check_begin(c->check, good ? CHECK_SAY : CHECK_FAIL,
                       good ? "clock: rate is right" : "clock: not in milliseconds");
    oneota_check_number(c->check, "ms=", c->edges_ms);
    oneota_check_number(c->check, "in s=", c->edges - 1u);
    oneota_check_end(c->check, good ? NULL : "what is the tick's frequency?");
}

static void watch(oneota_check_t *check, uint32_t seconds)
{
    clock_check_t c = {check, 0, 0, 0, false, 0, 0, 0, 0, 0};

    seconds = seconds < SECONDS ? SECONDS : seconds;
    seconds = seconds < SECONDS_MAX ? seconds : SECONDS_MAX;
    oneota_check_say(check, CHECK_SAY, "clock: watching", "s=", seconds, NULL);
    uint32_t start = oneota_check_ms(check);
    c.last_ms = start;
    do {
        if (!step_ms(&c) || !step_day(&c)) {
            return;
        }
        oneota_check_idle(check);
    } while (c.still < CHECK_STILL_CALLS && c.last_ms - start < seconds * 1000u);
    if (c.still >= CHECK_STILL_CALLS) {
        oneota_check_say(check, CHECK_FAIL, "clock: stops", "now_ms=", c.last_ms,
                         "does something turn the timer or its interrupt off?");
        return;
    }
    oneota_check_say(check, CHECK_SAY, "clock: longest step", "ms=", c.jump_ms, NULL);
    judge_rate(&c, seconds);
}

/* ---------------------------------------------------------------- random numbers */

static void check_random(oneota_check_t *check, const oneota_device_t *device, void *ctx)
{
    if (device->random == NULL) {
        oneota_check_say(check, CHECK_FAIL, "random: missing", NULL, 0, "set device.random");
        return;
    }
    uint32_t first = device->random(ctx);
    uint32_t last = first;
    uint32_t moved = 0;
    uint32_t twin = 0;
    bool repeats = false;

    for (uint32_t i = 1; i < SAMPLES; i++) {
        uint32_t next = device->random(ctx);
        if (next == last) {
            repeats = true;
            twin = next;
        }
        moved |= next ^ first;
        last = next;
        oneota_check_idle(check);
    }
    if (repeats) {
        oneota_check_say(check, CHECK_FAIL, "random: the same number twice in a row", "number=0x",
                         twin, "is the generator's clock on, and do you wait for a new number?");
    } else if (moved != UINT32_MAX) {
        oneota_check_say(check, CHECK_FAIL, "random: bits that never change", "bits=0x", ~moved,
                         "it must be 32 bits wide, and no counter");
    }
    oneota_check_say(check, CHECK_SAY, "random:", "first=0x", first,
                     "must differ at the next start, and on the next board");
}

uint32_t oneota_check_clock(oneota_check_t *check, const oneota_device_t *device, void *device_ctx,
                            uint32_t seconds)
{
    uint32_t failed = check->failed;
    uint32_t warned = check->warned;

    if (!oneota_check_ready(check, "clock:")) {
        return check->failed - failed;
    }
    if (check_runs(check)) {
        watch(check, seconds);
    }
    if (device != NULL) {
        check_random(check, device, device_ctx);
    }
    return oneota_check_done(check, "clock:", failed, warned);
}
