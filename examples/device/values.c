/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * values.c: text of the command line as values, strictly.
 */
#include "values.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "oneota/calls.h"

#define LETTERS_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

bool values_read_number(const char *text, int64_t min, int64_t max, int64_t *number)
{
    bool negative = text[0] == '-';
    const char *digits = text + (negative ? 1 : 0);
    size_t length = strlen(digits);
    int64_t value = 0;

    if (length == 0 || length > 15 || strspn(digits, "0123456789") != length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        value = value * 10 + (digits[i] - '0');
    }
    value = negative ? -value : value;
    if (value < min || value > max) {
        return false;
    }
    *number = value;
    return true;
}

bool values_read_ms(const char *text, uint32_t max_s, uint32_t *ms)
{
    size_t whole = strspn(text, "0123456789");
    size_t fraction = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    uint64_t value = 0;

    if (whole == 0 || whole > 9 || (text[whole] == '.' && fraction == 0)) {
        return false;
    }
    if (text[whole + (fraction > 0 ? fraction + 1 : 0)] != '\0') {
        return false;
    }
    for (size_t i = 0; i < whole; i++) {
        value = value * 10u + (uint64_t)(text[i] - '0');
    }
    for (size_t i = 0; i < 3; i++) {
        value = value * 10u + (i < fraction ? (uint64_t)(text[whole + 1 + i] - '0') : 0u);
    }
    if (value > (uint64_t)max_s * 1000u) {
        return false;
    }
    *ms = value == 0 ? 1u : (uint32_t)value;
    return true;
}

bool values_is_version(const char *text)
{
    size_t length = strspn(text, LETTERS_DIGITS "_-.");

    return length >= 1 && length <= ONEOTA_VERSION_MAX && text[length] == '\0';
}

bool values_is_id(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || *c == ',') {
            return false;
        }
    }
    return text[0] != '\0';
}

/* 4 characters carry 3 bytes; the last group may be shortened, with '=' or without. */
bool values_is_base64(const char *text)
{
    size_t data = strspn(text, LETTERS_DIGITS "+/");
    size_t padding = strspn(text + data, "=");

    if (data < 2 || data % 4u == 1u || text[data + padding] != '\0') {
        return false;
    }
    return padding == 0 || (padding <= 2 && (data + padding) % 4u == 0);
}

const char *values_take_key(char *key, const char *text)
{
    size_t length = strcspn(text, "\r\n");

    if (text[length + strspn(text + length, "\r\n")] != '\0' || length > ONEOTA_KEY_MAX) {
        return "this is not an access key: one line of base64, at most 172 characters";
    }
    memcpy(key, text, length);
    key[length] = '\0';
    return values_is_base64(key)
               ? NULL
               : "the key is not base64: take it from the console as it stands there";
}

const char *values_load_key(char *key, const char *path)
{
    char text[ONEOTA_KEY_MAX + 4];
    FILE *file = fopen(path, "r");
    size_t length;

    if (file == NULL) {
        return strerror(errno);
    }
    length = fread(text, 1, sizeof text - 1u, file);
    text[length] = '\0';
    (void)fclose(file);
    return values_take_key(key, text);
}

bool values_looks_like_number(const char *value)
{
    return value[strspn(value, "0123456789+-.%")] == '\0';
}

void values_make_safe(char *out, size_t size, const char *text)
{
    size_t i = 0;

    for (; i + 1u < size && text[i] != '\0'; i++) {
        out[i] = (char)((unsigned char)text[i] < 0x20 || text[i] == 0x7F ? '?' : text[i]);
    }
    out[i] = '\0';
}
