/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * text.h: writing text into memory that may be too small, and reading numbers that may be lies.
 */
#ifndef ONEOTA_SRC_TEXT_H
#define ONEOTA_SRC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Text being written. Once something did not fit, overflow stays set and no more is written. */
typedef struct {
    char *data;
    size_t size;
    size_t length;
    bool overflow;
} text_t;

text_t text_begin(char *data, size_t size);
void text_put(text_t *text, const char *zero_terminated);
void text_put_bytes(text_t *text, const void *data, size_t length);
void text_put_number(text_t *text, uint64_t number);

/** Percent-encodes all but the unreserved characters of RFC 3986: for a part of a path or query. */
void text_put_url(text_t *text, const char *zero_terminated);

/** Character sets that text from outside may consist of. */
typedef enum {
    TEXT_VERSION, /**< A-Z a-z 0-9 _ - . */
    TEXT_HANDLE,  /**< A-Z a-z 0-9 _ - */
    TEXT_DIGITS,  /**< 0-9 */
    TEXT_HEX,     /**< 0-9 a-f A-F */
    TEXT_HOST,    /**< A-Z a-z 0-9 . - : [ ] */
    TEXT_PRINTABLE, /**< 0x20 to 0x7E */
    TEXT_VISIBLE    /**< 0x21 to 0x7E */
} text_set_t;

/** length is within [min, max] and every character is in the set. */
bool text_is(const char *data, size_t length, text_set_t set, size_t min, size_t max);

/** Reads the decimal digits that data begins with. @return how many there are; 0: none, or the
 *  number is beyond UINT64_MAX */
size_t text_read_u64(const char *data, size_t length, uint64_t *number);

/** Decimal digits alone, at least one, no sign, no blanks. @return false also beyond UINT64_MAX */
bool text_to_u64(const char *data, size_t length, uint64_t *number);

/** Likewise, beyond UINT32_MAX. */
size_t text_read_u32(const char *data, size_t length, uint32_t *number);
bool text_to_u32(const char *data, size_t length, uint32_t *number);

/** 2 x count hex digits in any case. */
bool text_to_bytes(const char *hex, size_t length, uint8_t *bytes, size_t count);

/** The name at index of count names that stand in one string, each with a zero behind it; "?" beyond. */
const char *text_pick(const char *names, unsigned count, unsigned index);

/** Equal without regard to ASCII case; b ends in zero. */
bool text_equal_nocase(const char *a, size_t length, const char *b);

#endif
