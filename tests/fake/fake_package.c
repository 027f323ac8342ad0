/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "fake_package.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "crypto.h"

/* A mistake of the test. */
static void need(bool good)
{
    if (!good) {
        abort();
    }
}

void fake_package_begin(fake_package_t *p, uint32_t old_size, uint32_t new_size)
{
    memset(p, 0, sizeof *p);
    memcpy(p->bytes, "ODP1", 4);
    p->bytes[4] = 1;
    p->bytes[6] = 12;
    p->bytes[7] = 1;
    oneota_bytes_put_u32(p->bytes + 8, 128);
    oneota_bytes_put_u32(p->bytes + 12, old_size);
    oneota_bytes_put_u32(p->bytes + 16, new_size);
    p->length = 128;
}

void fake_package_bytes(fake_package_t *p, const void *bytes, uint32_t length)
{
    need(length <= sizeof p->raw - p->raw_length);
    memcpy(p->raw + p->raw_length, bytes, length);
    p->raw_length += length;
}

void fake_package_varint(fake_package_t *p, uint32_t value)
{
    uint8_t bytes[5];
    uint32_t length = 0;
    for (; value > 0x7Fu; value >>= 7) {
        bytes[length++] = (uint8_t)(0x80u | (value & 0x7Fu));
    }
    bytes[length++] = (uint8_t)value;
    fake_package_bytes(p, bytes, length);
}

void fake_package_op(fake_package_t *p, uint32_t add, uint32_t extra, int32_t seek)
{
    fake_package_varint(p, add);
    fake_package_varint(p, extra);
    fake_package_varint(p, seek < 0 ? ~((uint32_t)seek << 1) : (uint32_t)seek << 1);
}

void fake_package_packed(fake_package_t *p, uint32_t made, uint32_t old_pos, const void *payload,
                         uint32_t length, uint32_t raw_length)
{
    uint8_t *block = p->bytes + p->length;
    need(length + 16u <= sizeof p->bytes - p->length);
    oneota_bytes_put_u16(block, (uint16_t)length);
    oneota_bytes_put_u16(block + 2, (uint16_t)raw_length);
    oneota_bytes_put_u32(block + 4, made);
    oneota_bytes_put_u32(block + 8, old_pos);
    memcpy(block + 16, payload, length);
    fake_package_seal_block(p->bytes, sizeof p->bytes, p->length, p->position);
    p->length += 16u + length;
    p->position += made;
    p->raw_length = 0;
}

void fake_package_block(fake_package_t *p, uint32_t made, uint32_t old_pos)
{
    fake_package_packed(p, made, old_pos, p->raw, p->raw_length, p->raw_length);
}

void fake_package_end(fake_package_t *p)
{
    oneota_bytes_put_u32(p->bytes + 20, p->length);
    fake_package_seal_header(p->bytes);
}

void fake_package_seal_header(uint8_t *package)
{
    oneota_bytes_put_u32(package + 124, oneota_bytes_crc32(0, package, 124));
}

void fake_package_seal_block(uint8_t *package, uint32_t length, uint32_t offset, uint32_t position)
{
    uint8_t *block = package + offset;
    uint32_t payload = oneota_bytes_get_u16(block);
    uint32_t crc = oneota_bytes_crc32(position, block, 12);
    need(offset + 16u <= length);
    payload = payload < length - offset - 16u ? payload : length - offset - 16u;
    oneota_bytes_put_u32(block + 12, oneota_bytes_crc32(crc, block + 16, payload));
}

/* ---------------------------------------------------------------- whole packages */

#define MADE_BYTES 600u

/* Where the bytes of a block come from. */
static uint32_t source_of(uint32_t position, uint32_t old_size, uint32_t length)
{
    return old_size > length ? position * 7u % (old_size - length) : 0;
}

void fake_package_image(uint8_t *image, uint32_t size, const uint8_t *old, uint32_t old_size)
{
    uint32_t seed = size;
    for (uint32_t n = 0; n < size; n++) {
        uint32_t block = n - n % MADE_BYTES;
        uint32_t length = size - block < MADE_BYTES ? size - block : MADE_BYTES;
        uint32_t from = source_of(block, old_size, length) + n % MADE_BYTES;
        seed = seed * 1664525u + 1013904223u;
        image[n] = seed >> 29 != 0 && from < old_size ? old[from] : (uint8_t)(seed >> 20);
    }
}

static void put_add(fake_package_t *p, const uint8_t *old, const uint8_t *bytes, uint32_t length)
{
    uint8_t sums[MADE_BYTES];
    for (uint32_t at = 0; at < length;) {
        uint32_t same = 0;
        uint32_t other = 0;
        for (; at + same < length && bytes[at + same] == old[at + same]; same++) {
        }
        at += same;
        for (; at + other < length && bytes[at + other] != old[at + other]; other++) {
            sums[other] = (uint8_t)(bytes[at + other] - old[at + other]);
        }
        at += other;
        fake_package_varint(p, same << 2 | (other == 0 ? 0u : other < 4u ? other - 1u : 3u));
        if (other >= 4u) {
            fake_package_varint(p, other - 4u);
        }
        fake_package_bytes(p, sums, other);
    }
}

static void put_digest(uint8_t *digest, const uint8_t *bytes, uint32_t length)
{
    oneota_hash_t hash;
    oneota_crypto_hash_begin(&hash, CRYPTO_SHA256);
    oneota_crypto_hash_add(&hash, bytes, length);
    oneota_crypto_hash_end(&hash, digest);
}

void fake_package_make(fake_package_t *p, const uint8_t *old, uint32_t old_size,
                       const uint8_t *new_image, uint32_t new_size)
{
    fake_package_begin(p, old_size, new_size);
    p->bytes[6] = 10;
    put_digest(p->bytes + 28, old, old_size);
    put_digest(p->bytes + 60, new_image, new_size);
    while (p->position < new_size) {
        uint32_t left = new_size - p->position;
        uint32_t length = left < MADE_BYTES ? left : MADE_BYTES;
        uint32_t from = source_of(p->position, old_size, length);
        uint32_t add = old_size - from < length ? old_size - from : length;
        add -= add / 16u; /* and the rest as it is */
        fake_package_op(p, add, length - add, 0);
        put_add(p, old + from, new_image + p->position, add);
        fake_package_bytes(p, new_image + p->position + add, length - add);
        fake_package_block(p, length, from);
    }
    fake_package_end(p);
}

/* ---------------------------------------------------------------- the old image */

static oneota_error_t read_old(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    fake_old_t *old = ctx;
    old->reads++;
    if (offset > old->size || length > old->size - offset) {
        old->outside = true;
        return ONEOTA_STORAGE;
    }
    if (old->reads == old->fail_at) {
        return ONEOTA_STORAGE;
    }
    memcpy(buffer, old->bytes + offset, length);
    return ONEOTA_OK;
}

const oneota_flash_t fake_old_flash = {.read = read_old, .program_unit = 1};
