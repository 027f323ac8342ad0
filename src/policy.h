/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * policy.h: how long to wait, and whether conditions allow work. Pure functions; the random number
 * is an argument. All results stay below 24 days, because the clock is 32 bits of milliseconds.
 */
#ifndef ONEOTA_SRC_POLICY_H
#define ONEOTA_SRC_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/** True once wait_ms have passed since since_ms, also across the wrap of the clock. */
bool oneota_policy_due(uint32_t now_ms, uint32_t since_ms, uint32_t wait_ms);

/** What is left of that wait, 0 when due. */
uint32_t oneota_policy_left_ms(uint32_t now_ms, uint32_t since_ms, uint32_t wait_ms);

/** Exponential back-off with full jitter: 0 to min * 2^(failures - 1), never beyond max. */
uint32_t oneota_policy_backoff_ms(uint32_t failures, uint32_t min_ms, uint32_t max_ms,
                                  uint32_t random);

/** A task's retry interval, held between the floor and ONEOTA_INTERVAL_MAX_S. */
uint32_t oneota_policy_interval_ms(uint32_t interval_s, uint32_t floor_ms);

/** The poll interval +- 10 %. */
uint32_t oneota_policy_poll_ms(uint32_t interval_s, uint32_t random);

/** Wait before the first check: 0 to the lesser of the poll interval and a minute. */
uint32_t oneota_policy_first_ms(uint32_t interval_s, uint32_t random);

/** A level passes a threshold: equal or above, or one of them unknown (-1). */
bool oneota_policy_passes(int32_t level, int32_t threshold);

#endif
