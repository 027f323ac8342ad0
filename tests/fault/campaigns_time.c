/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The clock of milliseconds starts anywhere around its wrap, the day jumps.
 */
#include "campaigns.h"

/* ---------------------------------------------------------------- time */

static void try_starts(run_t *run, const char *name)
{
    static const uint32_t k_before[] = {0,     1,     10,    1000,  29999,  30000,  30001,
                                        59999, 60000, 60001, 61000, 600000, 3600000};
    world_t *world = campaign_rehearse(run, name);
    uint32_t calls = world->platform.calls;
    uint32_t operations = world->outcome.operations;
    for (uint32_t at = 0; at <= calls; at++) {
        for (size_t n = 0; n < 2u * sizeof k_before / sizeof k_before[0]; n++) {
            uint32_t wrap = n % 2u == 0 ? 0u : 0x80000000u;
            world_fault_t faults[3] = {{.kind = WORLD_CLOCK, .at = wrap - k_before[n / 2u]}};
            faults[0].byte = at;
            faults[0].mode = at == 0 ? WORLD_JUMP_NONE : (uint8_t)(n % WORLD_JUMP_COUNT);
            faults[1].kind = WORLD_ANSWER;
            faults[1].mode = FAKE_NET_STALL;
            faults[1].at = 1u + at;
            faults[1].byte = (uint32_t)n * 20u;
            faults[2].kind = WORLD_CUT;
            faults[2].at = 1u + ((uint32_t)n * 31u + at) % operations;
            campaign_try(run, world, faults, 1u + (unsigned)n % 3u);
        }
    }
    campaign_leave(world);
}

void campaign_time(run_t *run)
{
    static const char *const k_names[] = {"small", "retry",  "seventeen", "busy",
                                          "pair",  "silent", "rejected",  "clockless"};
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        try_starts(run, k_names[n]);
    }
}

/* ---------------------------------------------------------------- wrap */

/* A peer that says nothing, for each of its answers; starts so long before the clock wraps, or
 * reaches its middle, that the wait for it, the back-off, or the interval of the task begins before
 * that and ends behind it. */
void campaign_wrap(run_t *run)
{
    world_t *world = campaign_rehearse(run, "retry");
    uint32_t calls = world->platform.calls;
    uint32_t stride = run->scale > 1u ? 101u : 1013u;
    for (uint32_t answer = 1; answer <= calls; answer++) {
        for (uint32_t before = 1; before <= 100000u; before += stride) {
            for (uint32_t half = 0; half < 2u; half++) {
                const world_fault_t faults[2] = {
                    {.kind = WORLD_CLOCK, .at = (half << 31) - before - answer},
                    {.kind = WORLD_ANSWER,
                     .mode = FAKE_NET_STALL,
                     .at = answer,
                     .byte = before % 200u}};
                campaign_try(run, world, faults, 2);
            }
        }
    }
    campaign_leave(world);
}

/* ---------------------------------------------------------------- tick */

/* Before each call the clock of milliseconds stands still for a while, or leaps; the peer may be
 * silent just then. Or the application takes its time with each event. */
static void upset_clock(run_t *run, const char *name)
{
    static const uint32_t k_stops[] = {59999, 600000, 7200000};
    static const uint32_t k_leaps[] = {3600000, 0x7FFFFFFFu, 0x80000001u, 0xFFFFFFFFu};
    static const uint32_t k_events[] = {1, 5000, 61000, 600000};
    world_t *world = campaign_rehearse(run, name);
    uint32_t calls = world->platform.calls;
    uint32_t events = world->events;
    for (uint32_t at = 1; at <= calls; at++) {
        for (size_t n = 0; n < 14u; n++) {
            const world_fault_t faults[2] = {
                {.kind = WORLD_TICK,
                 .mode = n < 6u ? WORLD_TICK_STOPS : WORLD_TICK_LEAPS,
                 .at = at,
                 .byte = n < 6u ? k_stops[n / 2u] : k_leaps[(n - 6u) / 2u]},
                {.kind = WORLD_ANSWER, .mode = FAKE_NET_STALL, .at = at, .byte = 100u}};
            campaign_try(run, world, faults, 1u + (unsigned)n % 2u);
        }
    }
    for (uint32_t at = 1; at <= events; at++) {
        for (size_t n = 0; n < sizeof k_events / sizeof k_events[0]; n++) {
            const world_fault_t fault = {.kind = WORLD_LISTEN, .at = at, .byte = k_events[n]};
            campaign_try(run, world, &fault, 1);
        }
    }
    campaign_leave(world);
}

void campaign_tick(run_t *run)
{
    upset_clock(run, "small");
    upset_clock(run, "retry");
    upset_clock(run, "pair");
    upset_clock(run, "rejected");
    upset_clock(run, "delta-small");
}
