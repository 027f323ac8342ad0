/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 *
 * file.h: whole files. What fails has been said on stderr.
 */
#ifndef IMAGE_FILE_H
#define IMAGE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes on the heap. */
typedef struct {
    uint8_t *data;
    size_t length;
} bytes_t;

/** Takes room for length bytes, and one more that is zero. */
bool file_room(bytes_t *bytes, size_t length);

/** Reads at most max bytes, and puts a zero behind them that does not count. A longer file
 *  fails. */
bool file_read(const char *path, size_t max, bytes_t *bytes);

/** Wipes and frees. */
void file_forget(bytes_t *bytes);

/** Writes a file that must not exist yet. */
bool file_create(const char *path, unsigned mode, const void *data, size_t length);

/**
 * A file that appears under its name once it is whole: opens a temporary one beside it, and writes
 * all of data. Then either keep (renames it) or drop.
 * @param temporary  receives the name of that file; free() it
 */
bool file_begin(const char *path, const void *data, size_t length, char **temporary);
bool file_keep(char *temporary, const char *path);
void file_drop(char *temporary);

/** The two names are of one file. */
bool file_same(const char *a, const char *b);

#endif
