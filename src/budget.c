/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "budget.h"

#include <string.h>

#define FORMAT 1u
#define DAY_S  86400u

/* The layout that release 1.0 fixes. */
typedef char spent_is_20_bytes[sizeof(oneota_spent_t) == 20u ? 1 : -1];

void oneota_budget_clear(oneota_spent_t *spent)
{
    memset(spent, 0, sizeof *spent);
    spent->format = FORMAT;
}

bool oneota_budget_is_sound(const oneota_spent_t *spent)
{
    return spent->format == FORMAT;
}

void oneota_budget_refill(oneota_spent_t *spent, uint32_t seconds)
{
    spent->seconds += seconds;
    if (spent->seconds >= DAY_S) {
        spent->seconds -= DAY_S;
        spent->requests = 0;
        spent->kib = 0;
        spent->erases -= spent->erases < ONEOTA_ERASES_DAY ? spent->erases : ONEOTA_ERASES_DAY;
    }
}

oneota_reason_t oneota_budget_erase(oneota_spent_t *spent)
{
    if (spent->erases >= ONEOTA_ERASES_MAX) {
        return ONEOTA_REASON_ERASES;
    }
    spent->erases++;
    return ONEOTA_REASON_NONE;
}

oneota_reason_t oneota_budget_request(oneota_spent_t *spent, bool part)
{
    if (spent->requests >= ONEOTA_REQUESTS_DAY) {
        return ONEOTA_REASON_REQUESTS;
    }
    if (part && spent->kib >= ONEOTA_KIB_DAY) {
        return ONEOTA_REASON_BYTES;
    }
    spent->requests++;
    return ONEOTA_REASON_NONE;
}

/* Rounded up: an answer has a header, too. */
void oneota_budget_receive(oneota_spent_t *spent, uint32_t bytes)
{
    spent->kib += (bytes >> 10) + 1u;
}
