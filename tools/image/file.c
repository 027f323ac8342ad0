/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mbedtls/platform_util.h"

#include "say.h"

static bool cannot(const char *what, const char *path)
{
    (void)say_fail(EXIT_INPUT, "cannot %s %s: %s", what, path, strerror(errno));
    return false;
}

bool file_room(bytes_t *bytes, size_t length)
{
    bytes->data = calloc(1, length + 1u);
    bytes->length = length;
    if (bytes->data == NULL) {
        (void)say_fail(EXIT_INPUT, "out of memory for %zu bytes", length);
        return false;
    }
    return true;
}

void file_forget(bytes_t *bytes)
{
    if (bytes->data != NULL) {
        mbedtls_platform_zeroize(bytes->data, bytes->length);
        free(bytes->data);
    }
    bytes->data = NULL;
    bytes->length = 0;
}

/* Pipes too: the size is not known before the end. */
static bool read_all(FILE *file, const char *path, size_t max, bytes_t *bytes)
{
    size_t room = 65536;
    if (!file_room(bytes, room)) {
        return false;
    }
    bytes->length = 0;
    for (;;) {
        bytes->length += fread(bytes->data + bytes->length, 1, room - bytes->length, file);
        if (ferror(file) != 0) {
            return cannot("read", path);
        }
        if (bytes->length > max) {
            (void)say_fail(EXIT_INPUT, "%s has more than %zu bytes", path, max);
            return false;
        }
        if (bytes->length < room) {
            bytes->data[bytes->length] = 0;
            return true;
        }
        bytes_t larger;
        if (!file_room(&larger, room * 2u)) {
            return false;
        }
        memcpy(larger.data, bytes->data, room);
        larger.length = bytes->length;
        file_forget(bytes);
        *bytes = larger;
        room *= 2u;
    }
}

bool file_read(const char *path, size_t max, bytes_t *bytes)
{
    bytes->data = NULL;
    bytes->length = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return cannot("open", path);
    }
    const bool good = read_all(file, path, max, bytes);
    (void)fclose(file);
    if (!good) {
        file_forget(bytes);
    }
    return good;
}

static bool write_all(int file, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    while (length > 0) {
        const ssize_t written = write(file, bytes, length);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return fsync(file) == 0 || errno == EINVAL;
}

bool file_create(const char *path, unsigned mode, const void *data, size_t length)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL, (mode_t)mode);
    if (file < 0) {
        if (errno == EEXIST) {
            (void)say_fail(EXIT_INPUT, "%s exists; it is not overwritten", path);
            return false;
        }
        return cannot("create", path);
    }
    const bool written = write_all(file, data, length);
    if (!written) {
        (void)cannot("write", path);
    }
    (void)close(file);
    if (!written) {
        (void)unlink(path);
    }
    return written;
}

bool file_begin(const char *path, const void *data, size_t length, char **temporary)
{
    static const char k_end[] = ".XXXXXX";
    const mode_t mask = umask(0);
    (void)umask(mask);

    *temporary = malloc(strlen(path) + sizeof k_end);
    if (*temporary == NULL) {
        return cannot("write", path);
    }
    (void)sprintf(*temporary, "%s%s", path, k_end);
    const int file = mkstemp(*temporary);
    if (file < 0) {
        (void)cannot("create a file beside", path);
        free(*temporary);
        return false;
    }
    const bool written = write_all(file, data, length) && fchmod(file, 0666 & ~mask) == 0;
    if (!written) {
        (void)cannot("write", path);
    }
    (void)close(file);
    if (!written) {
        file_drop(*temporary);
    }
    return written;
}

bool file_keep(char *temporary, const char *path)
{
    if (rename(temporary, path) != 0) {
        (void)cannot("write", path);
        file_drop(temporary);
        return false;
    }
    free(temporary);
    return true;
}

void file_drop(char *temporary)
{
    (void)unlink(temporary);
    free(temporary);
}

bool file_same(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}
