/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * reasons.h: a reason in words, and what to do about it.
 */
#ifndef DEVICE_REASONS_H
#define DEVICE_REASONS_H

#include <stddef.h>
#include <stdint.h>

/** "no connection, or it broke"; static text. */
const char *reasons_text(uint8_t reason);

/** What to do about it; static text, "" where there is nothing. */
const char *reasons_hint(uint8_t reason);

/** The number behind a reason in words ("HTTP status 503"); "" if it has none.
 *  @param native  text of the native error behind NETWORK or STORAGE; NULL: none */
void reasons_code_text(uint8_t reason, int32_t code, const char *native, char *out, size_t size);

#endif
