/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * string.c: what newlib has for long texts, in 3 KB, for the short ones that are here, in 200
 * bytes. Compiled with -fno-builtin, or these loops would become calls of themselves, and
 * -fno-lto, for what newlib itself calls has to be there.
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

size_t strlen(const char *text)
{
    const char *end = text;

    while (*end != '\0') {
        end++;
    }
    return (size_t)(end - text);
}

char *strchr(const char *text, int letter)
{
    while (*text != (char)letter) {
        if (*text++ == '\0') {
            return NULL;
        }
    }
    return (char *)text;
}

int strncmp(const char *a, const char *b, size_t length)
{
    for (; length > 0; length--, a++, b++) {
        if (*a != *b || *a == '\0') {
            return (unsigned char)*a - (unsigned char)*b;
        }
    }
    return 0;
}

/* Of what is in the way, not of what is sent or stored. */
void *memmove(void *to, const void *from, size_t length)
{
    unsigned char *target = to;
    const unsigned char *source = from;

    if (target <= source) {
        for (; length > 0; length--) {
            *target++ = *source++;
        }
    }
    while (length > 0) {
        length--;
        target[length] = source[length];
    }
    return to;
}
