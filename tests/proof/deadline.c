/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * deadline.c: a wait of the 32-bit clock is what it would be of a clock that never wraps, for all
 * times and waits; and the back-off doubles up to its limit, for all numbers of failures and
 * limits.
 */
#include "proof.h"

#include "policy.c"

void prove_wait(void)
{
    uint64_t since = nondet_u64();
    uint64_t now = nondet_u64();
    uint32_t wait = nondet_u32();
    ASSUME(since <= UINT64_MAX / 2u && now >= since && now - since <= UINT32_MAX);
    bool due = now >= since + wait;
    uint64_t left = due ? 0u : since + wait - now;
    PROVE(oneota_policy_left_ms((uint32_t)now, (uint32_t)since, wait) == left);
}

void prove_backoff(void)
{
    uint32_t failures = nondet_u8();
    uint32_t min = nondet_u32();
    uint32_t max = nondet_u32();
    ASSUME(failures > 0 && min > 0 && max > 0);
    uint32_t shift = failures <= 32u ? failures - 1u : 32u;
    uint64_t doubled = (uint64_t)min << shift;
    PROVE(oneota_policy_backoff_ms(failures, min, max) == (doubled < max ? doubled : max));
}
