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

/** What is left of a wait of wait_ms that began at since_ms, also across the wrap of the clock. */
uint32_t oneota_policy_left_ms(uint32_t now_ms, uint32_t since_ms, uint32_t wait_ms);

/** Evenly from least to most. random: 32 bits of it */
uint32_t oneota_policy_between(uint32_t least, uint32_t most, uint32_t random);

/** Ceiling of the exponential back-off: min * 2^(failures - 1), never beyond max. */
uint32_t oneota_policy_backoff_ms(uint32_t failures, uint32_t min_ms, uint32_t max_ms);

/** A task's retry interval, held between the floor and ONEOTA_INTERVAL_MAX_S. */
uint32_t oneota_policy_interval_ms(uint32_t interval_s, uint32_t floor_ms);

/** A level passes a threshold: equal or above, or one of them unknown (-1). */
bool oneota_policy_passes(int32_t level, int32_t threshold);

#endif
