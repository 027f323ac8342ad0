/*
 * oneota-delta - SPDX-License-Identifier: Apache-2.0
 *
 * tool.h: what the parts of oneota-delta share: bytes in memory, how it ends, what it says.
 */
#ifndef ONEOTA_DELTA_TOOL_H
#define ONEOTA_DELTA_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Exit statuses. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1, /**< out of memory, or a package that does not restore what it was made from */
    EXIT_USAGE = 2,
    EXIT_FILE = 3, /**< a file cannot be read or written */
    EXIT_INPUT = 4 /**< a file is not what is needed here */
};

/** Largest image. */
#define IMAGE_MAX ((uint32_t)1 << 30)

typedef struct {
    uint8_t *bytes;
    uint32_t length;
    uint32_t room;
} bytes_t;

/** Memory, or the end of the program. */
void *tool_alloc(size_t length);

/** Adds bytes behind those that are there. */
void tool_append(bytes_t *to, const void *bytes, uint32_t length);

void tool_free(bytes_t *bytes);

/** All of a file. @return EXIT_*; has said what is wrong */
int tool_read(const char *path, bytes_t *contents);

/** A whole file, or none: under another name first. @return EXIT_*; has said what is wrong */
int tool_write(const char *path, const bytes_t *contents);

/** "oneota-delta: ..." on stderr. @return status */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
int tool_say(int status, const char *format, ...);

/** How far the work is, on a terminal, when there is much to do. */
void tool_progress(const char *what, uint32_t done, uint32_t total);
void tool_progress_end(void);

/** SHA-256, 32 bytes. */
void tool_sha256(const uint8_t *bytes, uint32_t length, uint8_t *digest);

#endif
