/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * zlib's CRC for the library's, which goes bit by bit to be small and would take a quarter of
 * the suite's time. They are the same: test_bytes.
 */
#include <zlib.h>

#include "bytes.h"

/* The linker's names, by --wrap. */
uint32_t __wrap_oneota_bytes_crc32(uint32_t seed, const void *data, size_t length);

uint32_t __wrap_oneota_bytes_crc32(uint32_t seed, const void *data, size_t length)
{
    return length == 0 ? seed : (uint32_t)crc32(seed, data, (uInt)length);
}
