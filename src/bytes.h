/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * bytes.h: integers as bytes, little-endian, at any alignment; and the CRC over them.
 */
#ifndef ONEOTA_SRC_BYTES_H
#define ONEOTA_SRC_BYTES_H

#include <stddef.h>
#include <stdint.h>

uint16_t oneota_bytes_get_u16(const uint8_t *bytes);
uint32_t oneota_bytes_get_u32(const uint8_t *bytes);
void oneota_bytes_put_u16(uint8_t *bytes, uint16_t value);
void oneota_bytes_put_u32(uint8_t *bytes, uint32_t value);

/** CRC-32 of IEEE 802.3 (zlib, PNG). seed: 0, or the CRC of what came before. */
uint32_t oneota_bytes_crc32(uint32_t seed, const void *data, size_t length);

#endif
