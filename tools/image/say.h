/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 *
 * say.h: how the program ends.
 */
#ifndef IMAGE_SAY_H
#define IMAGE_SAY_H

#include <stddef.h>
#include <stdint.h>

enum {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1, /* the package is not signed, or does not verify */
    EXIT_USAGE = 2,
    EXIT_INPUT = 3 /* a file or a key cannot be read, used or written */
};

/** Prints "oneota-image: ..." as one line on stderr. @return code */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
int say_fail(int code, const char *format, ...);

/** The bytes as hex digits; hex: 2 * length + 1 characters. @return hex */
char *say_hex(char *hex, const uint8_t *bytes, size_t length);

#endif
