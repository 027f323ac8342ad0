/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "policy.h"

#include "oneota/config.h"

uint32_t oneota_policy_between(uint32_t least, uint32_t most, uint32_t random)
{
    return least + (uint32_t)(((uint64_t)random * ((uint64_t)(most - least) + 1u)) >> 32);
}

uint32_t oneota_policy_left_ms(uint32_t now_ms, uint32_t since_ms, uint32_t wait_ms)
{
    uint32_t passed = now_ms - since_ms;
    return passed >= wait_ms ? 0u : wait_ms - passed;
}

uint32_t oneota_policy_backoff_ms(uint32_t failures, uint32_t min_ms, uint32_t max_ms)
{
    uint32_t most = min_ms < max_ms ? min_ms : max_ms;
    for (uint32_t n = 1; n < failures && most < max_ms; n++) {
        most = most > max_ms / 2u ? max_ms : most * 2u;
    }
    return most;
}

uint32_t oneota_policy_interval_ms(uint32_t interval_s, uint32_t floor_ms)
{
    uint32_t capped_s = interval_s < ONEOTA_INTERVAL_MAX_S ? interval_s : ONEOTA_INTERVAL_MAX_S;
    uint32_t ms = capped_s * 1000u;
    return ms > floor_ms ? ms : floor_ms;
}

bool oneota_policy_passes(int32_t level, int32_t threshold)
{
    return level < 0 || threshold < 0 || level >= threshold;
}
