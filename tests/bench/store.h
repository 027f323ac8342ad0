/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * store.h: where the bytes go, for every client that is compared: a file as flash; and RAM as flash
 * for the journal. The functions whose cost is not counted in "no hash, no flash" are those named
 * store_* and keep_*, and oneota_crypto_hash_add().
 */
#ifndef ONEOTA_BENCH_STORE_H
#define ONEOTA_BENCH_STORE_H

#include "oneota/port.h"

#define STORE_UNIT 4096u

typedef struct {
    int fd;
    uint32_t size;
} store_t;

/** A new file. Ends the program if it cannot be made. */
void store_open(store_t *store, const char *path, uint32_t size);

oneota_error_t store_program(void *ctx, uint32_t offset, const void *data, uint32_t length);

/** Its ctx is a store_t. Erasing does nothing: a file needs none. */
extern const oneota_flash_t store_flash;

typedef struct {
    uint8_t bytes[2u * STORE_UNIT];
} keep_t;

/** Its ctx is a keep_t. */
extern const oneota_flash_t keep_flash;

#endif
