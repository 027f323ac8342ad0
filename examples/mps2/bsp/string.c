/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * string.c: strcmp() and strstr() in 80 bytes instead of newlib's 1800: those are fast on long
 * texts, and there are none here. Compiled with -fno-builtin, or these loops would become calls of
 * themselves.
 */
#include <stddef.h>
#include <string.h>

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

static size_t common_length(const char *text, const char *prefix)
{
    size_t length = 0;

    while (prefix[length] != '\0' && text[length] == prefix[length]) {
        length++;
    }
    return length;
}

char *strstr(const char *text, const char *part)
{
    for (;; text++) {
        if (part[common_length(text, part)] == '\0') {
            return (char *)text;
        }
        if (*text == '\0') {
            return NULL;
        }
    }
}
