/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * values.h: text of the command line as values, strictly: no blanks, no signs but '-', nothing
 * after the value.
 */
#ifndef DEVICE_VALUES_H
#define DEVICE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A whole number from min to max. */
bool values_read_number(const char *text, int64_t min, int64_t max, int64_t *number);

/** Decimal seconds ("0.25") as ms, at most max_s; digits beyond ms are dropped, 0 counts as 1. */
bool values_read_ms(const char *text, uint32_t max_s, uint32_t *ms);

/** 1 to 20 of A-Z a-z 0-9 _ - . */
bool values_is_version(const char *text);

/** Printable ASCII without blanks and commas, at least one character. */
bool values_is_id(const char *text);

/** Base64 of at least one byte, with or without its '=' padding. */
bool values_is_base64(const char *text);

/** Takes an access key, one line with or without its end, into key (ONEOTA_KEY_MAX + 1 bytes).
 *  @return NULL, or what is wrong; never holds the key */
const char *values_take_key(char *key, const char *text);

/** Likewise from a file. @return as values_take_key(); valid until the next call */
const char *values_load_key(char *key, const char *path);

/** Was meant as a number, whether it is a good one or not, rather than as the name of a file. */
bool values_looks_like_number(const char *text);

/** Copies what fits, with '?' for every control character. size >= 1 */
void values_make_safe(char *out, size_t size, const char *text);

#endif
