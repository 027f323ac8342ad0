/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * parts.c: lines without stdio, and waiting.
 */
#include "parts.h"

#include <string.h>

#define LIMIT_MS 30000u

/* ---------------------------------------------------------------- lines */

static void put(oneota_check_t *check, const char *text)
{
    while (*text != '\0' && check->used + 1u < sizeof check->text) {
        check->text[check->used++] = *text++;
    }
    check->text[check->used] = '\0';
}

void oneota_check_begin(oneota_check_t *check, oneota_check_kind_t kind, const char *what)
{
    static const char *const k_kinds[] = {"", "WARN ", "FAIL "};

    check->failed += kind == CHECK_FAIL ? 1u : 0u;
    check->warned += kind == CHECK_WARN ? 1u : 0u;
    check->used = 0;
    put(check, k_kinds[kind]);
    put(check, what);
}

static void put_digits(oneota_check_t *check, uint32_t number, uint32_t base)
{
    char digits[11];
    size_t at = sizeof digits - 1u;

    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    put(check, digits + at);
}

void oneota_check_number(oneota_check_t *check, const char *key, uint32_t number)
{
    size_t length = strlen(key);

    oneota_check_word(check, key, "");
    put_digits(check, number, length > 0 && key[length - 1u] == 'x' ? 16u : 10u);
}

void oneota_check_signed(oneota_check_t *check, const char *key, int32_t number)
{
    oneota_check_word(check, key, number < 0 ? "-" : "");
    put_digits(check, number < 0 ? 0u - (uint32_t)number : (uint32_t)number, 10u);
}

void oneota_check_word(oneota_check_t *check, const char *key, const char *word)
{
    put(check, " ");
    put(check, key);
    put(check, word);
}

void oneota_check_end(oneota_check_t *check, const char *todo)
{
    if (todo != NULL) {
        put(check, ": ");
        put(check, todo);
    }
    check->line(check->line_ctx, check->text);
}

void oneota_check_say(oneota_check_t *check, oneota_check_kind_t kind, const char *what,
                      const char *key, uint32_t number, const char *todo)
{
    oneota_check_begin(check, kind, what);
    if (key != NULL) {
        oneota_check_number(check, key, number);
    }
    oneota_check_end(check, todo);
}

void oneota_check_error(oneota_check_t *check, const char *what, oneota_error_t error,
                        const char *todo)
{
    oneota_check_begin(check, CHECK_FAIL, what);
    oneota_check_word(check, "error=", oneota_error_text(error));
    oneota_check_end(check, todo);
}

bool oneota_check_ready(oneota_check_t *check, const char *area)
{
    const char *why = NULL;

    if (check->line == NULL) {
        check->failed++;
        return false;
    }
    if (check->clock == NULL || check->clock->now_ms == NULL) {
        why = "set check.clock";
    } else if (check->scratch == NULL || check->scratch_bytes < ONEOTA_CHECK_SCRATCH_MIN) {
        why = "set check.scratch, 128 bytes or more";
    }
    if (why != NULL) {
        oneota_check_begin(check, CHECK_FAIL, area);
        oneota_check_word(check, "", "not checked");
        oneota_check_end(check, why);
    }
    return why == NULL;
}

uint32_t oneota_check_done(oneota_check_t *check, const char *area, uint32_t failed,
                           uint32_t warned)
{
    oneota_check_begin(check, CHECK_SAY, area);
    oneota_check_number(check, "done failed=", check->failed - failed);
    oneota_check_number(check, "warned=", check->warned - warned);
    oneota_check_end(check, NULL);
    return check->failed - failed;
}

/* ---------------------------------------------------------------- time */

uint32_t oneota_check_ms(const oneota_check_t *check)
{
    return check->clock->now_ms(check->clock_ctx);
}

void oneota_check_idle(const oneota_check_t *check)
{
    if (check->poll != NULL) {
        check->poll(check->poll_ctx);
    }
}

void oneota_check_wait(oneota_check_t *check, oneota_check_wait_t *wait, uint32_t limit_ms)
{
    uint32_t usual = check->limit_ms != 0 ? check->limit_ms : LIMIT_MS;

    wait->start = oneota_check_ms(check);
    wait->last = wait->start;
    wait->still = 0;
    wait->limit = limit_ms != 0 ? limit_ms : usual;
}

bool oneota_check_waits(const oneota_check_t *check, oneota_check_wait_t *wait)
{
    oneota_check_idle(check);
    uint32_t ms = oneota_check_ms(check);
    wait->still = ms == wait->last ? wait->still + 1u : 0;
    wait->last = ms;
    return wait->still < CHECK_STILL_CALLS && ms - wait->start < wait->limit;
}

void oneota_check_longest(uint32_t *longest, uint32_t ms)
{
    *longest = ms > *longest ? ms : *longest;
}
