/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * text.c: writing text into memory that may be too small, and reading numbers that may be lies.
 */
#include "text.h"

#include <string.h>

#include "oneota/calls.h"

/* What characters are, as sums of the forms that they may stand in. */
enum {
    B = 1 << TEXT_PRINTABLE, /* blank */
    V = B + (1 << TEXT_VISIBLE),
    A = V + (1 << TEXT_ADDRESS), /* : */
    D = A + (1 << TEXT_VERSION), /* . */
    L = D + (1 << TEXT_HANDLE),  /* most letters, _ - */
    H = L + (1 << TEXT_MD5),
    N = H + (1 << TEXT_TASK_ID)
};

/* From 0x20. */
static const uint8_t k_forms[96] = {
    /* clang-format off */
    B, V, V, V, V, V, V, V, V, V, V, V, V, L, D, V, /*   ! " # $ % & ' ( ) * + , - . / */
    N, N, N, N, N, N, N, N, N, N, A, V, V, V, V, V, /* 0 1 2 3 4 5 6 7 8 9 : ; < = > ? */
    V, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* @ A B C D E F G H I J K L M N O */
    L, L, L, L, L, L, L, L, L, L, L, V, V, V, V, L, /* P Q R S T U V W X Y Z [ \ ] ^ _ */
    V, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* ` a b c d e f g h i j k l m n o */
    L, L, L, L, L, L, L, L, L, L, L, V, V, V, V, 0, /* p q r s t u v w x y z { | } ~ */
    /* clang-format on */
};

static bool may_stand_in(char c, text_form_t form)
{
    const unsigned code = (unsigned char)c - 0x20u;

    return code < sizeof k_forms && (k_forms[code] & 1u << form) != 0;
}

/* ---------------------------------------------------------------- writing */

text_t oneota_text_begin(char *data, size_t size)
{
    const text_t text = {data, size, 0, ONEOTA_OK};
    return text;
}

void oneota_text_put_bytes(text_t *text, const void *data, size_t length)
{
    if (text->error != ONEOTA_OK) {
        return;
    }
    if (length > text->size - text->length) {
        text->error = ONEOTA_LIMIT;
        return;
    }
    memcpy(text->data + text->length, data, length);
    text->length += length;
}

void oneota_text_put(text_t *text, const char *zero_terminated)
{
    if (zero_terminated == NULL) {
        text->error = ONEOTA_PARAM;
        return;
    }
    oneota_text_put_bytes(text, zero_terminated, strlen(zero_terminated));
}

void oneota_text_put_number(text_t *text, uint64_t number)
{
    char digits[20];
    size_t first = sizeof digits;

    do {
        digits[--first] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number != 0);
    oneota_text_put_bytes(text, digits + first, sizeof digits - first);
}

void oneota_text_put_url(text_t *text, const char *zero_terminated)
{
    static const char k_hex[] = "0123456789ABCDEF";

    if (zero_terminated == NULL || *zero_terminated == '\0') {
        text->error = ONEOTA_PARAM;
        return;
    }
    for (const char *at = zero_terminated; *at != '\0'; at++) {
        const unsigned code = (unsigned char)*at;
        const char escaped[] = {'%', k_hex[code >> 4], k_hex[code & 0xFu]};
        if (may_stand_in(*at, TEXT_VERSION)) {
            oneota_text_put_bytes(text, at, 1);
        } else {
            oneota_text_put_bytes(text, escaped, sizeof escaped);
        }
    }
}

void oneota_text_put_form(text_t *text, const char *form,
                          void (*put)(text_t *text, char letter, const void *from),
                          const void *from)
{
    if (form == NULL) {
        text->error = ONEOTA_PARAM;
        return;
    }
    for (;;) {
        const char *value = strchr(form, '$');
        const size_t run = value != NULL ? (size_t)(value - form) : strlen(form);
        oneota_text_put_bytes(text, form, run);
        form += run;
        if (*form == '\0') {
            return;
        }
        put(text, form[1], from);
        form += 2;
    }
}

/* ---------------------------------------------------------------- reading */

bool oneota_text_is(const char *data, size_t length, text_form_t form)
{
    static const struct {
        uint8_t min, max;
    } k_lengths[TEXT_FORMS] = {
        [TEXT_PRINTABLE] = {1, 255},
        [TEXT_VISIBLE] = {1, 255},
        [TEXT_ADDRESS] = {1, ONEOTA_ADDRESS_MAX},
        [TEXT_VERSION] = {1, ONEOTA_VERSION_MAX},
        [TEXT_HANDLE] = {1, ONEOTA_HANDLE_MAX},
        [TEXT_TASK_ID] = {1, 20},
        [TEXT_MD5] = {32, 32},
    };

    if (length < k_lengths[form].min || length > k_lengths[form].max) {
        return false;
    }
    while (length > 0 && may_stand_in(data[length - 1u], form)) {
        length--;
    }
    return length == 0;
}

size_t oneota_text_read_u32(const char *data, size_t length, uint32_t *number)
{
    uint32_t value = 0;
    size_t i = 0;
    for (; i < length; i++) {
        const uint32_t digit = (uint32_t)data[i] - '0';
        if (digit > 9u) {
            break;
        }
        const uint64_t longer = (uint64_t)value * 10u + digit;
        if (longer > UINT32_MAX) {
            return 0;
        }
        value = (uint32_t)longer;
    }
    *number = value;
    return i;
}

bool oneota_text_to_u32(const char *data, size_t length, uint32_t *number)
{
    return length > 0 && oneota_text_read_u32(data, length, number) == length;
}

void oneota_text_to_bytes(const char *hex, uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < 2u * count; i++) {
        const unsigned code = (unsigned char)hex[i];
        const unsigned nibble = (code & 0xFu) + (code >> 6) * 9u; /* '1' is 0x31, 'a' is 0x61 */
        bytes[i / 2u] = (uint8_t)((unsigned)bytes[i / 2u] << 4 | nibble);
    }
}

bool oneota_text_equal_nocase(const char *a, size_t length, const char *b)
{
    for (size_t i = 0; i < length; i++) {
        if (b[i] == '\0' || (a[i] != b[i] && ((a[i] ^ b[i]) != 0x20 || b[i] < 'A'))) {
            return false;
        }
    }
    return b[length] == '\0';
}

const char *oneota_text_pick(const char *names, unsigned count, unsigned index)
{
    if (index >= count) {
        return "?";
    }
    for (; index > 0; index--) {
        names += strlen(names) + 1u;
    }
    return names;
}
