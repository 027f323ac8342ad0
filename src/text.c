/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * text.c: writing text into memory that may be too small, and reading numbers that may be lies.
 */
#include "text.h"

#include <string.h>

/** What characters are, as sums of the sets that they belong to. */
enum {
    B = 1 << TEXT_PRINTABLE, /* blank */
    P = B + (1 << TEXT_VISIBLE),
    A = P + (1 << TEXT_HOST),                         /* : [ ] */
    U = P + (1 << TEXT_VERSION) + (1 << TEXT_HANDLE), /* _ */
    D = A + (1 << TEXT_VERSION),                      /* . */
    L = D + (1 << TEXT_HANDLE),                       /* most letters, - */
    H = L + (1 << TEXT_HEX),
    N = H + (1 << TEXT_DIGITS)
};

/** From 0x20. */
static const uint8_t k_sets[96] = {
    /* clang-format off */
    B, P, P, P, P, P, P, P, P, P, P, P, P, L, D, P, /*   ! " # $ % & ' ( ) * + , - . / */
    N, N, N, N, N, N, N, N, N, N, A, P, P, P, P, P, /* 0 1 2 3 4 5 6 7 8 9 : ; < = > ? */
    P, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* @ A B C D E F G H I J K L M N O */
    L, L, L, L, L, L, L, L, L, L, L, A, P, A, P, U, /* P Q R S T U V W X Y Z [ \ ] ^ _ */
    P, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* ` a b c d e f g h i j k l m n o */
    L, L, L, L, L, L, L, L, L, L, L, P, P, P, P, 0, /* p q r s t u v w x y z { | } ~ */
    /* clang-format on */
};

static bool in_set(char c, text_set_t set)
{
    const unsigned code = (unsigned char)c - 0x20u;
    return code < sizeof k_sets && (k_sets[code] & 1u << set) != 0;
}

/** Divides by ten and gives the remainder, in steps of 32 bits: a division of 64 bits would link
 *  a routine larger than this file. */
static unsigned take_digit(uint64_t *number)
{
    const uint32_t high = (uint32_t)(*number >> 32);
    const uint32_t low = (uint32_t)*number;
    if (high == 0) {
        *number = low / 10u;
        return low % 10u;
    }
    const uint32_t middle = (high % 10u) << 16 | low >> 16;
    const uint32_t rest = (middle % 10u) << 16 | (low & 0xFFFFu);
    *number = (uint64_t)(high / 10u) << 32 | (middle / 10u) << 16 | rest / 10u;
    return rest % 10u;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* ---------------------------------------------------------------- writing */

text_t text_begin(char *data, size_t size)
{
    const text_t text = {data, size, 0, false};
    return text;
}

void text_put_bytes(text_t *text, const void *data, size_t length)
{
    if (text->overflow || length > text->size - text->length) {
        text->overflow = true;
    } else if (length > 0) {
        memcpy(text->data + text->length, data, length);
        text->length += length;
    }
}

void text_put(text_t *text, const char *zero_terminated)
{
    text_put_bytes(text, zero_terminated, strlen(zero_terminated));
}

void text_put_number(text_t *text, uint64_t number)
{
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + take_digit(&number));
    } while (number != 0);
    text_put_bytes(text, digits + first, sizeof digits - first);
}

void text_put_url(text_t *text, const char *zero_terminated)
{
    static const char hex[] = "0123456789ABCDEF";
    const char *at = zero_terminated;
    while (*at != '\0') {
        size_t plain = 0;
        while (in_set(at[plain], TEXT_VERSION) || at[plain] == '~') {
            plain++;
        }
        text_put_bytes(text, at, plain);
        at += plain;
        if (*at != '\0') {
            const unsigned code = (unsigned char)*at++;
            const char escaped[3] = {'%', hex[code >> 4], hex[code & 0xFu]};
            text_put_bytes(text, escaped, sizeof escaped);
        }
    }
}

/* ---------------------------------------------------------------- reading */

bool text_is(const char *data, size_t length, text_set_t set, size_t min, size_t max)
{
    if (length < min || length > max) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!in_set(data[i], set)) {
            return false;
        }
    }
    return true;
}

size_t text_read_u64(const char *data, size_t length, uint64_t *number)
{
    uint64_t value = 0;
    size_t i = 0;
    for (; i < length; i++) {
        const unsigned digit = (unsigned)data[i] - '0';
        if (digit > 9u) {
            break;
        }
        /* 19 digits always fit */
        if (i >= 19u && (value > UINT64_MAX / 10u || value * 10u > UINT64_MAX - digit)) {
            return 0;
        }
        value = value * 10u + digit;
    }
    *number = value;
    return i;
}

bool text_to_u64(const char *data, size_t length, uint64_t *number)
{
    return length > 0 && text_read_u64(data, length, number) == length;
}

size_t text_read_u32(const char *data, size_t length, uint32_t *number)
{
    uint32_t value = 0;
    size_t i = 0;
    for (; i < length; i++) {
        const uint32_t digit = (uint32_t)data[i] - '0';
        if (digit > 9u) {
            break;
        }
        if (value > UINT32_MAX / 10u || value * 10u > UINT32_MAX - digit) {
            return 0;
        }
        value = value * 10u + digit;
    }
    *number = value;
    return i;
}

bool text_to_u32(const char *data, size_t length, uint32_t *number)
{
    return length > 0 && text_read_u32(data, length, number) == length;
}

bool text_to_bytes(const char *hex, size_t length, uint8_t *bytes, size_t count)
{
    if (length % 2u != 0 || length / 2u != count || !text_is(hex, length, TEXT_HEX, 0, length)) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        const unsigned code = (unsigned char)hex[i];
        const unsigned nibble = (code & 0xFu) + (code >> 6) * 9u; /* '1' is 0x31, 'a' is 0x61 */
        bytes[i / 2u] = (uint8_t)(i % 2u == 0 ? nibble << 4 : bytes[i / 2u] | nibble);
    }
    return true;
}

bool text_equal_nocase(const char *a, size_t length, const char *b)
{
    for (size_t i = 0; i < length; i++) {
        if (b[i] == '\0' || (a[i] != b[i] && lower(a[i]) != lower(b[i]))) {
            return false;
        }
    }
    return b[length] == '\0';
}

const char *text_pick(const char *names, unsigned count, unsigned index)
{
    if (index >= count) {
        return "?";
    }
    for (; index > 0; index--) {
        names += strlen(names) + 1u;
    }
    return names;
}
