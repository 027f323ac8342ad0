/*
 * oneota-delta - SPDX-License-Identifier: Apache-2.0
 *
 * tool.c: files, memory and messages.
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto.h"

/* ---------------------------------------------------------------- messages */

static bool progress_shown;

void tool_progress_end(void)
{
    if (progress_shown) {
        fputs("\r\033[K", stderr);
        progress_shown = false;
    }
}

int tool_say(int status, const char *format, ...)
{
    va_list arguments;
    tool_progress_end();
    fputs("oneota-delta: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return status;
}

/* Ten times a second at most. */
void tool_progress(const char *what, uint32_t done, uint32_t total)
{
    static int64_t last_ms;
    struct timespec now;
    if (total < (uint32_t)1 << 20 || !isatty(STDERR_FILENO)) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (now_ms - last_ms < 100 && done > 0) {
        return;
    }
    last_ms = now_ms;
    progress_shown = true;
    fprintf(stderr, "\r\033[K%s %3u %%", what, (unsigned)((uint64_t)done * 100u / total));
}

/* ---------------------------------------------------------------- memory */

void *tool_alloc(size_t length)
{
    void *memory = malloc(length > 0 ? length : 1u);
    if (memory == NULL) {
        exit(tool_say(EXIT_FAILED, "out of memory"));
    }
    return memory;
}

void tool_append(bytes_t *to, const void *bytes, uint32_t length)
{
    if (length > to->room - to->length) {
        uint64_t room = ((uint64_t)to->length + length) * 2u;
        uint8_t *larger = room <= UINT32_MAX ? realloc(to->bytes, (size_t)room) : NULL;
        if (larger == NULL) {
            exit(tool_say(EXIT_FAILED, "out of memory"));
        }
        to->bytes = larger;
        to->room = (uint32_t)room;
    }
    if (length > 0) {
        memcpy(to->bytes + to->length, bytes, length);
        to->length += length;
    }
}

void tool_free(bytes_t *bytes)
{
    free(bytes->bytes);
    memset(bytes, 0, sizeof *bytes);
}

void tool_sha256(const uint8_t *bytes, uint32_t length, uint8_t *digest)
{
    oneota_hash_t hash;
    oneota_crypto_hash_begin(&hash, CRYPTO_SHA256);
    oneota_crypto_hash_add(&hash, bytes, length);
    oneota_crypto_hash_end(&hash, digest);
}

/* ---------------------------------------------------------------- files */

static int read_all(int file, const char *path, bytes_t *contents)
{
    uint8_t block[65536];
    for (;;) {
        ssize_t got = read(file, block, sizeof block);
        if (got == 0) {
            return EXIT_DONE;
        }
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return tool_say(EXIT_FILE, "%s cannot be read: %s", path, strerror(errno));
        }
        if ((uint32_t)got > IMAGE_MAX - contents->length) {
            return tool_say(EXIT_INPUT, "%s is larger than 1 GiB", path);
        }
        tool_append(contents, block, (uint32_t)got);
    }
}

int tool_read(const char *path, bytes_t *contents)
{
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return tool_say(EXIT_FILE, "%s cannot be opened: %s", path, strerror(errno));
    }
    contents->bytes = tool_alloc(1); /* for an empty file, too */
    contents->room = 1;
    contents->length = 0;
    int status = read_all(file, path, contents);
    close(file);
    return status;
}

static bool write_all(int file, const bytes_t *contents)
{
    uint32_t done = 0;
    while (done < contents->length) {
        ssize_t put = write(file, contents->bytes + done, contents->length - done);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        done += put > 0 ? (uint32_t)put : 0u;
    }
    return true;
}

/* A temporary file has rights for its owner alone; this one is to have the usual ones. */
static bool write_file(int file, const bytes_t *contents)
{
    mode_t mask = umask(0);
    umask(mask);
    bool good = write_all(file, contents) && fchmod(file, 0666 & ~mask) == 0 && fsync(file) == 0;
    return close(file) == 0 && good;
}

int tool_write(const char *path, const bytes_t *contents)
{
    static const char ending[] = ".XXXXXX";
    size_t length = strlen(path);
    char *name = tool_alloc(length + sizeof ending);
    memcpy(name, path, length);
    memcpy(name + length, ending, sizeof ending);
    int file = mkstemp(name);
    int status = EXIT_DONE;
    if (file < 0 || !write_file(file, contents) || rename(name, path) != 0) {
        status = tool_say(EXIT_FILE, "%s cannot be written: %s", path, strerror(errno));
        if (file >= 0) {
            unlink(name);
        }
    }
    free(name);
    return status;
}
