/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>

int say_fail(int code, const char *format, ...)
{
    va_list arguments;

    (void)fputs("oneota-image: ", stderr);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    return code;
}

char *say_hex(char *hex, const uint8_t *bytes, size_t length)
{
    for (size_t n = 0; n < length; n++) {
        hex[2 * n] = "0123456789abcdef"[bytes[n] >> 4];
        hex[2 * n + 1] = "0123456789abcdef"[bytes[n] & 15u];
    }
    hex[2 * length] = '\0';
    return hex;
}
