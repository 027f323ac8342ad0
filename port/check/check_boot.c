/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * check_boot.c: boot control without a restart.
 */
#include "parts.h"

#include <string.h>

#define SOME_BYTES 1024u /* of an image whose size is not known */

typedef struct {
    oneota_check_t *check;
    const oneota_boot_port_t *boot;
    void *ctx;
    uint8_t image;
    oneota_boot_t now; /* the last answer */
} boot_check_t;

static const char *condition_text(uint8_t condition)
{
    static const char *const k_text[] = {"confirmed", "pending", "trial", "reverted"};

    return condition < ONEOTA_BOOT_CONDITION_COUNT ? k_text[condition] : "?";
}

/* ---------------------------------------------------------------- query */

/* A field that stays as it was is found by asking twice, into different values. */
static bool ask(boot_check_t *b)
{
    oneota_boot_t other;

    memset(&b->now, 0xA5, sizeof b->now);
    memset(&other, 0x00, sizeof other);
    oneota_error_t error = b->boot->query(b->ctx, b->image, &b->now);
    if (error == ONEOTA_OK) {
        error = b->boot->query(b->ctx, b->image, &other);
    }
    oneota_check_idle(b->check);
    if (error != ONEOTA_OK) {
        oneota_check_error(b->check, "boot: query fails", error,
                           "it must read the boot control, or say STORAGE only if it is damaged");
        return false;
    }
    if (b->now.slot != other.slot || b->now.length != other.length ||
        b->now.condition != other.condition) {
        oneota_check_say(b->check, CHECK_FAIL, "boot: query leaves a field as it was", NULL, 0,
                         "fill slot, length (0: unknown) and condition");
        return false;
    }
    if (other.slot > 1u || other.condition >= ONEOTA_BOOT_CONDITION_COUNT) {
        oneota_check_begin(b->check, CHECK_FAIL, "boot: query is out of range");
        oneota_check_number(b->check, "slot=", other.slot);
        oneota_check_number(b->check, "condition=", other.condition);
        oneota_check_end(b->check,
                         "slots are 0 and 1, conditions those of oneota_boot_condition_t");
        return false;
    }
    return true;
}

/* Asks again: slot and length are as before, and the condition is this. */
static bool expect(boot_check_t *b, uint8_t condition, const char *what, const char *todo)
{
    oneota_boot_t before = b->now;

    if (!ask(b)) {
        return false;
    }
    if (b->now.condition == condition && b->now.slot == before.slot &&
        b->now.length == before.length) {
        return true;
    }
    oneota_check_begin(b->check, CHECK_FAIL, what);
    oneota_check_word(b->check, "condition=", condition_text(b->now.condition));
    oneota_check_word(b->check, "wanted=", condition_text(condition));
    oneota_check_number(b->check, "slot=", b->now.slot);
    oneota_check_number(b->check, "length=", b->now.length);
    oneota_check_end(b->check, todo);
    return false;
}

/* ---------------------------------------------------------------- calls */

static oneota_error_t inspect(boot_check_t *b, uint8_t slot, uint32_t size)
{
    oneota_check_wait_t wait;
    oneota_error_t error;

    oneota_check_wait(b->check, &wait, 0);
    do {
        error = b->boot->inspect(b->ctx, b->image, slot, size);
    } while (error == ONEOTA_AGAIN && oneota_check_waits(b->check, &wait));
    return error;
}

static oneota_error_t mark(boot_check_t *b, uint8_t slot)
{
    static const uint8_t k_digest[16] = {0};
    oneota_boot_mark_t wanted = {slot, 0, "check", k_digest, sizeof k_digest};
    oneota_check_wait_t wait;
    oneota_error_t error;

    wanted.size = b->now.length != 0 ? b->now.length : SOME_BYTES;
    oneota_check_wait(b->check, &wait, 0);
    do {
        error = b->boot->mark(b->ctx, b->image, &wanted);
    } while (error == ONEOTA_AGAIN && oneota_check_waits(b->check, &wait));
    return error;
}

typedef oneota_error_t (*settle_t)(void *ctx, uint8_t image);

/* Twice: both calls are repeatable. */
static bool settle(boot_check_t *b, settle_t call, const char *what)
{
    for (unsigned i = 0; i < 2u; i++) {
        oneota_check_wait_t wait;
        oneota_error_t error;

        oneota_check_wait(b->check, &wait, 0);
        do {
            error = call(b->ctx, b->image);
        } while (error == ONEOTA_AGAIN && oneota_check_waits(b->check, &wait));
        if (error != ONEOTA_OK) {
            oneota_check_error(b->check, what, error,
                               i == 0 ? "with nothing to do it must be OK"
                                      : "a second time it must be OK and change nothing");
            return false;
        }
    }
    return true;
}

/* ---------------------------------------------------------------- steps */

/* What an earlier run, or a trial, has left. */
static bool check_start(boot_check_t *b)
{
    if (!ask(b)) {
        return false;
    }
    oneota_check_begin(b->check, CHECK_SAY, "boot: query");
    oneota_check_number(b->check, "slot=", b->now.slot);
    oneota_check_number(b->check, "length=", b->now.length);
    oneota_check_word(b->check, "condition=", condition_text(b->now.condition));
    oneota_check_end(b->check, NULL);
    if (b->now.condition == ONEOTA_BOOT_TRIAL) {
        return settle(b, b->boot->confirm, "boot: confirm of a trial fails") &&
               expect(b, ONEOTA_BOOT_CONFIRMED, "boot: confirm ends no trial",
                      "it must be kept before confirm returns OK");
    }
    if (b->now.condition == ONEOTA_BOOT_PENDING) {
        return settle(b, b->boot->revert, "boot: revert of a mark fails") &&
               expect(b, ONEOTA_BOOT_CONFIRMED, "boot: revert leaves the mark",
                      "DO NOT RESTART before the mark is gone; take it back in revert");
    }
    return true;
}

static bool check_nothing_to_do(boot_check_t *b)
{
    uint8_t condition = b->now.condition;

    return settle(b, b->boot->confirm, "boot: confirm fails") &&
           expect(b, condition, "boot: confirm changes a confirmed image",
                  "without a trial it must change nothing") &&
           settle(b, b->boot->revert, "boot: revert fails") &&
           expect(b, condition, "boot: revert changes a confirmed image",
                  "without a mark or a trial it must change nothing");
}

/* Refused is VERIFY; STORAGE where erased bytes cannot be read. */
static bool check_refused(boot_check_t *b, uint32_t size, const char *what, const char *todo)
{
    oneota_error_t error = inspect(b, b->now.slot ^ 1u, size);

    if (error == ONEOTA_STORAGE) {
        oneota_check_say(b->check, CHECK_WARN, "boot: inspect says STORAGE of an erased slot", NULL,
                         0, "right if erased bytes cannot be read, else it must be VERIFY");
    } else if (error != ONEOTA_VERIFY) {
        oneota_check_error(b->check, what, error, todo);
        return false;
    }
    return true;
}

static bool check_inspect(boot_check_t *b)
{
    if (b->now.length != 0) {
        oneota_error_t error = inspect(b, b->now.slot, b->now.length);
        if (error != ONEOTA_OK) {
            oneota_check_begin(b->check, CHECK_WARN, "boot: inspect refuses what runs");
            oneota_check_word(b->check, "error=", oneota_error_text(error));
            oneota_check_end(b->check, "would it refuse a good new image, too?");
        }
    }
    return check_refused(b, b->now.length != 0 ? b->now.length : SOME_BYTES,
                         "boot: inspect takes the other slot",
                         "it must refuse (VERIFY) an erased one; if this one holds an image, run "
                         "oneota_check_flash() on it first") &&
           check_refused(b, UINT32_MAX, "boot: inspect takes any size",
                         "an image larger than its slot must be refused (VERIFY)");
}

static void check_mark(boot_check_t *b)
{
    static const char k_back[] = "DO NOT RESTART before the mark is gone; take it back in revert";
    oneota_error_t error = mark(b, b->now.slot ^ 1u);

    if (error != ONEOTA_OK && error != ONEOTA_AGAIN) {
        oneota_check_begin(b->check, CHECK_WARN, "boot: mark refuses an empty slot");
        oneota_check_word(b->check, "error=", oneota_error_text(error));
        oneota_check_end(b->check, "good; then PENDING and revert need a slot with an image");
        return;
    }
    if (error == ONEOTA_AGAIN) {
        oneota_check_error(b->check, "boot: mark never ends", error, "what does it wait for?");
    } else {
        (void)expect(b, ONEOTA_BOOT_PENDING, "boot: mark does not show",
                     "query must say PENDING, and still the slot that runs");
    }
    if (settle(b, b->boot->revert, "boot: revert of a mark fails")) {
        (void)expect(b, ONEOTA_BOOT_CONFIRMED, "boot: revert leaves the mark", k_back);
    }
}

static void print_rest(oneota_check_t *check)
{
    static const char *const k_rest[] = {
        "boot: with restarts, try each:",
        "boot: [ ] mark a good image, restart: it runs, query says TRIAL",
        "boot: [ ] confirm, restart twice: it still runs, query says CONFIRMED",
        "boot: [ ] mark, never confirm, restart until it is reverted: the old one runs, REVERTED",
        "boot: [ ] mark an image that crashes at once, one that hangs: the old one comes back",
        "boot: [ ] on trial, revert and restart: the old one runs",
        "boot: [ ] mark, erase that slot, restart: the old one runs",
        "boot: [ ] cut the power in mark, confirm, revert: the old or the new choice, never none",
        "boot: [ ] inspect of an image for another board, and of a truncated one, says VERIFY"};

    for (size_t i = 0; i < sizeof k_rest / sizeof k_rest[0]; i++) {
        oneota_check_say(check, CHECK_SAY, k_rest[i], NULL, 0, NULL);
    }
}

uint32_t oneota_check_boot(oneota_check_t *check, const oneota_boot_port_t *boot, void *ctx,
                           uint8_t image)
{
    boot_check_t b = {check, boot, ctx, image, {0, 0, 0}};
    uint32_t failed = check->failed;
    uint32_t warned = check->warned;

    if (!oneota_check_ready(check, "boot:")) {
        return check->failed - failed;
    }
    if (boot->query == NULL || boot->inspect == NULL || boot->mark == NULL ||
        boot->confirm == NULL || boot->revert == NULL) {
        oneota_check_say(check, CHECK_FAIL, "boot: a function is missing", NULL, 0,
                         "fill all of oneota_boot_port_t");
    } else if (check_start(&b) && check_nothing_to_do(&b) && check_inspect(&b)) {
        check_mark(&b);
    }
    print_rest(check);
    return oneota_check_done(check, "boot:", failed, warned);
}
