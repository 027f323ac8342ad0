/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * budget.h: what a server may cost this device in a day, in erases, requests and bytes. Pure.
 */
#ifndef ONEOTA_SRC_BUDGET_H
#define ONEOTA_SRC_BUDGET_H

#include "oneota/error.h"
#include "oneota/state.h"

/** Nothing is spent. */
void oneota_budget_clear(oneota_spent_t *spent);

/** Is it what this firmware writes? */
bool oneota_budget_is_sound(const oneota_spent_t *spent);

/** So many seconds have passed; a day of them gives back what config.h says. */
void oneota_budget_refill(oneota_spent_t *spent, uint32_t seconds);

/** A slot is to be erased from its first unit on: spends that. @return NONE; ERASES: not today */
oneota_reason_t oneota_budget_erase(oneota_spent_t *spent);

/** Something is to be asked for, or part of a package: spends that. @return NONE; REQUESTS: not
 *  today; BYTES: not that part */
oneota_reason_t oneota_budget_request(oneota_spent_t *spent, bool part);

/** A part has brought so many bytes. */
void oneota_budget_receive(oneota_spent_t *spent, uint32_t bytes);

#endif
