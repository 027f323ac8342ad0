/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * cjson.c: instead of strtod() and a heap.
 */
#define ONEOTA_CJSON_DECLARE_ONLY
#include "oneota_cjson.h"

static const char *skip_digits(const char *text)
{
    while (*text >= '0' && *text <= '9') {
        text++;
    }
    return text;
}

static const char *skip_sign(const char *text)
{
    return *text == '+' || *text == '-' ? text + 1 : text;
}

/* Digits on either side of the point, at least one; NULL: none. */
static const char *skip_mantissa(const char *text)
{
    const char *point = skip_digits(text);
    const char *end = *point == '.' ? skip_digits(point + 1) : point;

    return end - text > (*point == '.' ? 1 : 0) ? end : NULL;
}

/* An `e` without digits behind it is not part of the number. */
static const char *skip_exponent(const char *text)
{
    if (*text != 'e' && *text != 'E') {
        return text;
    }
    const char *digits = skip_sign(text + 1);
    const char *end = skip_digits(digits);

    return end > digits ? end : text;
}

double oneota_cjson_strtod(const char *text, char **end)
{
    const char *last = skip_mantissa(skip_sign(text));

    last = last != NULL ? skip_exponent(last) : text;
    *end = (char *)last; /* as strtod() has it: the text is the caller's */
    return 0;
}

void *oneota_cjson_malloc(size_t bytes)
{
    (void)bytes;
    return NULL;
}

void *oneota_cjson_realloc(void *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
    return NULL;
}

void oneota_cjson_free(void *memory)
{
    (void)memory;
}
