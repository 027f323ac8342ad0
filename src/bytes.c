/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "bytes.h"

uint16_t oneota_bytes_get_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | (unsigned)bytes[1] << 8);
}

uint32_t oneota_bytes_get_u32(const uint8_t *bytes)
{
    return oneota_bytes_get_u16(bytes) | (uint32_t)oneota_bytes_get_u16(bytes + 2) << 16;
}

void oneota_bytes_put_u16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value & 0xFFu);
    bytes[1] = (uint8_t)(value >> 8);
}

void oneota_bytes_put_u32(uint8_t *bytes, uint32_t value)
{
    oneota_bytes_put_u16(bytes, (uint16_t)(value & 0xFFFFu));
    oneota_bytes_put_u16(bytes + 2, (uint16_t)(value >> 16));
}

/* Bit by bit: what it is used for is short, and a table would be as long as that. */
uint32_t oneota_bytes_crc32(uint32_t seed, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    uint32_t crc = ~seed;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8u; bit++) {
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}
