/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * text.c: writing text into memory that may be too small, and reading numbers that may be lies.
 */
#include "text.h"

#include <string.h>

#include "oneota/calls.h"

/* The forms are in order: what may stand in one, may stand in those before. */
static bool may_stand_in(char c, text_form_t form)
{
    const unsigned code = (unsigned char)c;
    const unsigned letter = (code | 0x20u) - 'a';
    text_form_t last = TEXT_PRINTABLE;

    if (code - '0' <= 9u) {
        last = TEXT_TASK_ID;
    } else if (letter < 26u) {
        last = letter < 6u ? TEXT_MD5 : TEXT_HANDLE;
    } else if (c == '_' || c == '-') {
        last = TEXT_HANDLE;
    } else if (c == '.') {
        last = TEXT_VERSION;
    } else if (c == ':') {
        last = TEXT_ADDRESS;
    } else if (code - 0x21u < 0x7Fu - 0x21u) {
        last = TEXT_VISIBLE;
    } else if (c != ' ') {
        return false;
    }
    return last >= form;
}

/* ---------------------------------------------------------------- writing */

text_t oneota_text_begin(char *data, size_t size)
{
    const text_t text = {data, size, 0, NULL, NULL, ONEOTA_OK};
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

void oneota_text_put_number(text_t *text, uint32_t number)
{
    char digits[10];
    size_t first = sizeof digits;

    do {
        digits[--first] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number != 0);
    oneota_text_put_bytes(text, digits + first, sizeof digits - first);
}

/* A tenth, and the digit left over. */
static uint64_t tenth_of(uint64_t number, char *digit)
{
    uint64_t tenth = 0;
    uint32_t rest = 0;
    for (unsigned shift = 64u; shift != 0;) {
        shift -= 16u;
        rest = rest << 16 | ((uint32_t)(number >> shift) & 0xFFFFu);
        tenth = tenth << 16 | rest / 10u;
        rest %= 10u;
    }
    *digit = (char)('0' + rest);
    return tenth;
}

/* With divisions of 32 bits: libgcc's of 64 is 700 bytes of flash. */
void oneota_text_put_long(text_t *text, uint64_t number)
{
    char digits[20];
    size_t first = sizeof digits;

    do {
        number = tenth_of(number, &digits[--first]);
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
        if (oneota_text_is(at, 1, TEXT_VERSION)) {
            oneota_text_put_bytes(text, at, 1);
        } else {
            oneota_text_put_bytes(text, escaped, sizeof escaped);
        }
    }
}

void oneota_text_put_form(text_t *text, const char *form)
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
        text->put(text, form[1]);
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

size_t oneota_text_read(const char *data, size_t length, unsigned base, uint32_t *number)
{
    uint64_t value = 0;
    size_t i = 0;

    for (; i < length; i++) {
        unsigned digit = (unsigned char)data[i] - (unsigned)'0';
        if (digit > 9u) { /* 'A' is 0x41, 'a' is 0x61 */
            digit = ((unsigned char)data[i] | 0x20u) - 'a';
            if (digit >= base - 10u) {
                break;
            }
            digit += 10u;
        }
        value = value * base + digit;
        if (value > UINT32_MAX) {
            return 0;
        }
    }
    *number = (uint32_t)value;
    return i;
}

bool oneota_text_scan(const char *data, size_t length, const char *form, uint32_t *numbers)
{
    const char *const end = data + length;

    for (char wanted; (wanted = *form) != '\0'; form++) {
        size_t used = 1;
        if (wanted == '#') {
            used = oneota_text_read(data, (size_t)(end - data), 10, numbers++);
            if (used == 0) {
                return false;
            }
        } else if (data == end || (wanted != *data && wanted != '?' &&
                                   ((wanted ^ *data) != 0x20 || wanted < 'A'))) {
            return false;
        }
        data += used;
    }
    return data == end;
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
