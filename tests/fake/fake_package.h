/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fake_package.h: differential packages made by hand, byte by byte, with every CRC right; and the
 * old image that they are applied to.
 *
 *     fake_package_begin(&p, old_size, new_size);
 *     fake_package_op(&p, 5, 2, -3);              ... varints of an operation ...
 *     fake_package_bytes(&p, "...", n);           ... its tokens and extra bytes ...
 *     fake_package_block(&p, 7, old_pos);         ... ends the block: it makes 7 bytes ...
 *     fake_package_end(&p);                       ... the header; p.bytes, p.length ...
 */
#ifndef ONEOTA_FAKE_PACKAGE_H
#define ONEOTA_FAKE_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oneota/delta.h"

#define FAKE_PACKAGE_MAX 65536u

typedef struct {
    uint8_t bytes[FAKE_PACKAGE_MAX];
    uint32_t length;
    uint32_t position; /* in the new image, where the next block begins */
    uint8_t raw[ONEOTA_DELTA_BLOCK_MAX + 64u];
    uint32_t raw_length;
} fake_package_t;

void fake_package_begin(fake_package_t *p, uint32_t old_size, uint32_t new_size);
void fake_package_varint(fake_package_t *p, uint32_t value);
void fake_package_op(fake_package_t *p, uint32_t add, uint32_t extra, int32_t seek);
void fake_package_bytes(fake_package_t *p, const void *bytes, uint32_t length);

/** Stored. */
void fake_package_block(fake_package_t *p, uint32_t made, uint32_t old_pos);

/** With a payload of one's own. raw_length: what the header says */
void fake_package_packed(fake_package_t *p, uint32_t made, uint32_t old_pos, const void *payload,
                         uint32_t length, uint32_t raw_length);

/** The header's size of the package, and its CRC. */
void fake_package_end(fake_package_t *p);

/** CRCs again, after bytes were changed: of the header; of the block at offset, which makes bytes
 * from position on. */
void fake_package_seal_header(uint8_t *package);
void fake_package_seal_block(uint8_t *package, uint32_t length, uint32_t offset, uint32_t position);

/** An image of size bytes, most of it out of old. */
void fake_package_image(uint8_t *image, uint32_t size, const uint8_t *old, uint32_t old_size);

/** The package that makes new of old, whole; in blocks of 1 KiB that make 600 bytes each. */
void fake_package_make(fake_package_t *p, const uint8_t *old, uint32_t old_size,
                       const uint8_t *new_image, uint32_t new_size);

/** An old image that notes what is read of it. */
typedef struct {
    const uint8_t *bytes;
    uint32_t size;
    uint32_t reads;
    uint32_t fail_at; /* read that fails; 0: none */
    bool outside;     /* somebody read beyond size */
} fake_old_t;

extern const oneota_flash_t fake_old_flash;

#endif
