/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#define _POSIX_C_SOURCE 200809L

#include "store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void store_open(store_t *store, const char *path, uint32_t size)
{
    store->size = size;
    store->fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (store->fd < 0) {
        perror(path);
        exit(1);
    }
}

static oneota_error_t store_erase(void *ctx, uint32_t offset)
{
    (void)ctx, (void)offset;
    return ONEOTA_OK;
}

oneota_error_t store_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    const store_t *store = ctx;
    ssize_t written = pwrite(store->fd, data, length, (off_t)offset);
    return written == (ssize_t)length ? ONEOTA_OK : ONEOTA_STORAGE;
}

static oneota_error_t store_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    const store_t *store = ctx;
    ssize_t count = pread(store->fd, buffer, length, (off_t)offset);
    return count == (ssize_t)length ? ONEOTA_OK : ONEOTA_STORAGE;
}

static oneota_erase_unit_t store_unit(void *ctx, uint32_t offset)
{
    (void)ctx;
    return (oneota_erase_unit_t){ offset - offset % STORE_UNIT, STORE_UNIT };
}

static uint32_t store_size(void *ctx)
{
    const store_t *store = ctx;
    return store->size;
}

const oneota_flash_t store_flash = { store_erase, store_program, store_read, store_unit,
                                     store_size,  16,            0xFF };

static oneota_error_t keep_erase(void *ctx, uint32_t offset)
{
    keep_t *keep = ctx;
    memset(keep->bytes + offset, 0xFF, STORE_UNIT);
    return ONEOTA_OK;
}

static oneota_error_t keep_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    keep_t *keep = ctx;
    memcpy(keep->bytes + offset, data, length);
    return ONEOTA_OK;
}

static oneota_error_t keep_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    const keep_t *keep = ctx;
    memcpy(buffer, keep->bytes + offset, length);
    return ONEOTA_OK;
}

static oneota_erase_unit_t keep_unit(void *ctx, uint32_t offset)
{
    (void)ctx;
    return (oneota_erase_unit_t){ offset - offset % STORE_UNIT, STORE_UNIT };
}

static uint32_t keep_size(void *ctx)
{
    (void)ctx;
    return 2u * STORE_UNIT;
}

const oneota_flash_t keep_flash = { keep_erase, keep_program, keep_read, keep_unit,
                                    keep_size,  16,           0xFF };
