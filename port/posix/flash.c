/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * flash.c: a region of flash in a file, with the rules of flash. In the file every byte is XOR the
 * erased value: what was never written is a hole, and reads as erased.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "oneota_posix.h"

#define BLOCK_BYTES 512u

static oneota_error_t fail(oneota_posix_flash_t *flash, const char *what, uint32_t offset,
                           const char *why)
{
    flash->native = 0;
    snprintf(flash->text, sizeof flash->text, "%s at %lu: %s", what, (unsigned long)offset, why);
    return ONEOTA_STORAGE;
}

static oneota_error_t fail_native(oneota_posix_flash_t *flash, const char *what, uint32_t offset,
                                  int error)
{
    fail(flash, what, offset, strerror(error));
    flash->native = error;
    return ONEOTA_STORAGE;
}

static bool is_inside(const oneota_posix_flash_t *flash, uint32_t offset, uint32_t length)
{
    uint32_t size = flash->geometry.size;

    return length <= size && offset <= size - length;
}

static uint32_t piece(uint32_t done, uint32_t length)
{
    return length - done < BLOCK_BYTES ? length - done : BLOCK_BYTES;
}

/* ---------------------------------------------------------------- file */

/* Both move all of length bytes, or say errno; 0 with *short_file where the file has no more. */
static int file_read(const oneota_posix_flash_t *flash, uint32_t offset, uint8_t *data,
                     uint32_t length, bool *short_file)
{
    *short_file = false;
    while (length > 0) {
        ssize_t count = pread(flash->fd, data, length, (off_t)offset);
        if (count < 0 && errno != EINTR) {
            return errno;
        }
        if (count == 0) {
            *short_file = true;
            return 0;
        }
        if (count > 0) {
            data += count;
            offset += (uint32_t)count;
            length -= (uint32_t)count;
        }
    }
    return 0;
}

static int file_write(const oneota_posix_flash_t *flash, uint32_t offset, const uint8_t *data,
                      uint32_t length)
{
    while (length > 0) {
        ssize_t count = pwrite(flash->fd, data, length, (off_t)offset);
        if (count < 0 && errno != EINTR) {
            return errno;
        }
        if (count == 0) {
            return EIO;
        }
        if (count > 0) {
            data += count;
            offset += (uint32_t)count;
            length -= (uint32_t)count;
        }
    }
    return 0;
}

static oneota_error_t load(oneota_posix_flash_t *flash, const char *what, uint32_t offset,
                           uint8_t *data, uint32_t length)
{
    bool short_file;
    int error = file_read(flash, offset, data, length, &short_file);

    if (error != 0) {
        return fail_native(flash, what, offset, error);
    }
    return short_file ? fail(flash, what, offset, "the file ends here") : ONEOTA_OK;
}

static oneota_error_t store(oneota_posix_flash_t *flash, const char *what, uint32_t offset,
                            const uint8_t *data, uint32_t length)
{
    int error = file_write(flash, offset, data, length);

    return error != 0 ? fail_native(flash, what, offset, error) : ONEOTA_OK;
}

/* Bytes from offset on, at most length, that are erased. */
static oneota_error_t count_erased(oneota_posix_flash_t *flash, const char *what, uint32_t offset,
                                   uint32_t length, uint32_t *erased)
{
    uint8_t block[BLOCK_BYTES];

    *erased = 0;
    while (*erased < length) {
        uint32_t part = piece(*erased, length);
        uint32_t i = 0;
        oneota_error_t error = load(flash, what, offset + *erased, block, part);
        if (error != ONEOTA_OK) {
            return error;
        }
        while (i < part && block[i] == 0) {
            i++;
        }
        *erased += i;
        if (i < part) {
            break;
        }
    }
    return ONEOTA_OK;
}

/* ---------------------------------------------------------------- table */

static oneota_error_t flash_erase(void *ctx, uint32_t offset)
{
    static const uint8_t k_zeros[BLOCK_BYTES];
    oneota_posix_flash_t *flash = ctx;
    uint32_t length = flash->geometry.erase_unit;
    uint32_t done = 0;

    if (!is_inside(flash, offset, length)) {
        return fail(flash, "erase", offset, "outside");
    }
    if (offset % length != 0) {
        return fail(flash, "erase", offset, "not the start of an erase unit");
    }
    oneota_error_t error = count_erased(flash, "erase", offset, length, &done);
    for (; error == ONEOTA_OK && done < length; done += piece(done, length)) {
        error = store(flash, "erase", offset + done, k_zeros, piece(done, length));
    }
    return error;
}

static oneota_error_t flash_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    oneota_posix_flash_t *flash = ctx;
    const uint8_t *from = data;
    uint8_t block[BLOCK_BYTES];
    uint32_t erased = 0;

    if (!is_inside(flash, offset, length)) {
        return fail(flash, "program", offset, "outside");
    }
    if (offset % flash->geometry.program_unit != 0 || length % flash->geometry.program_unit != 0) {
        return fail(flash, "program", offset, "not aligned to the program unit");
    }
    oneota_error_t error = count_erased(flash, "program", offset, length, &erased);
    if (error == ONEOTA_OK && erased < length) {
        return fail(flash, "program", offset + erased, "not erased");
    }
    for (uint32_t done = 0; error == ONEOTA_OK && done < length; done += piece(done, length)) {
        uint32_t part = piece(done, length);
        for (uint32_t i = 0; i < part; i++) {
            block[i] = from[done + i] ^ flash->geometry.erased_value;
        }
        error = store(flash, "program", offset + done, block, part);
    }
    return error;
}

static oneota_error_t flash_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    oneota_posix_flash_t *flash = ctx;
    uint8_t *to = buffer;

    if (!is_inside(flash, offset, length)) {
        return fail(flash, "read", offset, "outside");
    }
    oneota_error_t error = load(flash, "read", offset, to, length);
    for (uint32_t i = 0; error == ONEOTA_OK && i < length; i++) {
        to[i] ^= flash->geometry.erased_value;
    }
    return error;
}

static oneota_erase_unit_t flash_erase_unit(void *ctx, uint32_t offset)
{
    const oneota_posix_flash_t *flash = ctx;
    oneota_erase_unit_t unit;

    unit.length = flash->geometry.erase_unit;
    unit.start = offset - offset % unit.length;
    return unit;
}

static uint32_t flash_size(void *ctx)
{
    const oneota_posix_flash_t *flash = ctx;

    return flash->geometry.size;
}

/* ---------------------------------------------------------------- open and close */

static bool is_geometry(const oneota_posix_geometry_t *geometry)
{
    uint32_t unit = geometry->program_unit;

    return unit > 0 && unit <= ONEOTA_PROGRAM_UNIT_MAX && (unit & (unit - 1)) == 0 &&
           geometry->erase_unit > 0 && geometry->erase_unit % unit == 0 && geometry->size > 0 &&
           geometry->size <= INT32_MAX && geometry->size % geometry->erase_unit == 0 &&
           (geometry->erased_value == 0xFF || geometry->erased_value == 0);
}

/* A new file, or one whose making was cut off, is empty. */
static oneota_error_t check_file(oneota_posix_flash_t *flash)
{
    struct stat file;

    if (fstat(flash->fd, &file) != 0) {
        return fail_native(flash, "open", 0, errno);
    }
    if (!S_ISREG(file.st_mode)) {
        return fail(flash, "open", 0, "not a file");
    }
    if (file.st_size == 0 && ftruncate(flash->fd, (off_t)flash->geometry.size) != 0) {
        return fail_native(flash, "open", 0, errno);
    }
    if (file.st_size != 0 && file.st_size != (off_t)flash->geometry.size) {
        return fail(flash, "open", 0, "the file has another size");
    }
    return ONEOTA_OK;
}

oneota_error_t oneota_posix_flash_open(oneota_posix_flash_t *flash, const char *path,
                                       const oneota_posix_geometry_t *geometry)
{
    memset(flash, 0, sizeof *flash);
    flash->fd = -1;
    if (!is_geometry(geometry)) {
        fail(flash, "open", 0, "no such geometry");
        return ONEOTA_PARAM;
    }
    flash->geometry = *geometry;
    flash->port.erase = flash_erase;
    flash->port.program = flash_program;
    flash->port.read = flash_read;
    flash->port.erase_unit = flash_erase_unit;
    flash->port.size = flash_size;
    flash->port.program_unit = geometry->program_unit;
    flash->port.erased_value = geometry->erased_value;

    flash->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (flash->fd < 0) {
        return fail_native(flash, "open", 0, errno);
    }
    oneota_error_t error = check_file(flash);
    if (error != ONEOTA_OK) {
        oneota_posix_flash_close(flash);
    }
    return error;
}

void oneota_posix_flash_close(oneota_posix_flash_t *flash)
{
    if (flash->fd >= 0) {
        close(flash->fd);
    }
    flash->fd = -1;
}

const char *oneota_posix_flash_error(const oneota_posix_flash_t *flash)
{
    return flash->text;
}
