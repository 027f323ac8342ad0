/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * pool.c: the caller's memory for mbedTLS's allocator. The high-water mark is told by a pattern in
 * what was never given out: mbedTLS's own statistics need stdio.
 */
#include "oneota_mbedtls.h"

#if defined(MBEDTLS_MEMORY_BUFFER_ALLOC_C)

#include <string.h>

#include "mbedtls/memory_buffer_alloc.h"

#define PATTERN    0xA5
#define HEAD       128u /* holds the allocator's first header, which stands at the front */
#define POOL_LEAST 1024u

static uint8_t *g_pool;
static size_t g_bytes;

oneota_error_t oneota_mbedtls_pool(void *memory, size_t bytes)
{
    if (memory == NULL || bytes < POOL_LEAST || (uintptr_t)memory % sizeof(uint64_t) != 0) {
        return ONEOTA_PARAM;
    }
    mbedtls_memory_buffer_alloc_init(memory, bytes);
    g_pool = memory;
    g_bytes = bytes;
    memset(g_pool + HEAD, PATTERN, bytes - HEAD);
    return ONEOTA_OK;
}

size_t oneota_mbedtls_pool_peak(void)
{
    size_t used = g_bytes;

    while (used > HEAD && g_pool[used - 1u] == PATTERN) {
        used--;
    }
    return used;
}

#else

oneota_error_t oneota_mbedtls_pool(void *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
    return ONEOTA_UNSUPPORTED;
}

size_t oneota_mbedtls_pool_peak(void)
{
    return 0;
}

#endif
