/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * parts.h: what the checks share: lines of text, time, and patience with AGAIN.
 */
#ifndef ONEOTA_CHECK_PARTS_H
#define ONEOTA_CHECK_PARTS_H

#include "oneota_check.h"

typedef enum { CHECK_SAY = 0, CHECK_WARN, CHECK_FAIL } oneota_check_kind_t;

/** A line, piece by piece. FAIL and WARN are counted. A key comes with its sign ("ms=").
 *  Hexadecimal: number with the key's sign "=0x". */
void oneota_check_begin(oneota_check_t *check, oneota_check_kind_t kind, const char *what);
void oneota_check_number(oneota_check_t *check, const char *key, uint32_t number);
void oneota_check_signed(oneota_check_t *check, const char *key, int32_t number);
void oneota_check_word(oneota_check_t *check, const char *key, const char *word);
/** @param todo  NULL: none */
void oneota_check_end(oneota_check_t *check, const char *todo);

/** A whole line. @param key  NULL: no number */
void oneota_check_say(oneota_check_t *check, oneota_check_kind_t kind, const char *what,
                      const char *key, uint32_t number, const char *todo);

/** A call that ended with an error. */
void oneota_check_error(oneota_check_t *check, const char *what, oneota_error_t error,
                        const char *todo);

/** The object can be used for area; else it says why, if it can. */
bool oneota_check_ready(oneota_check_t *check, const char *area);

/** Last line of a check. @return failures since failed and warned were so many */
uint32_t oneota_check_done(oneota_check_t *check, const char *area, uint32_t failed,
                           uint32_t warned);

uint32_t oneota_check_ms(const oneota_check_t *check);
void oneota_check_idle(const oneota_check_t *check);

/** Questions to a clock in one millisecond: more than any board asks. */
#define CHECK_STILL_CALLS 1000000u

/** Waiting that ends, also when the clock stands still. */
typedef struct {
    uint32_t start, last, still, limit;
} oneota_check_wait_t;

/** @param limit_ms  0: check->limit_ms */
void oneota_check_wait(oneota_check_t *check, oneota_check_wait_t *wait, uint32_t limit_ms);

/** Polls. @return false: it has been long enough */
bool oneota_check_waits(const oneota_check_t *check, oneota_check_wait_t *wait);

/** The longest of several durations. */
void oneota_check_longest(uint32_t *longest, uint32_t ms);

#endif
