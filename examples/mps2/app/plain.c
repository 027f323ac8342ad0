/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * plain.c: a link without TLS.
 */
#include "../bsp/bsp.h"
#include "link.h"
#include "oneota_lwip.h"
#include "oneota_mbedtls.h"

#define HEAP_BYTES 4096u

bool link_start(oneota_setup_t *setup)
{
    setup->net = tcp_start();
    setup->net_ctx = tcp_ctx();
    return true;
}

void link_log_error(int32_t code)
{
    bsp_log_text(ONEOTA_LOG_WARN, "tcp: failed", "why", oneota_lwip_net_error_text(code));
}

size_t link_pool_used(void)
{
    return 0;
}

void link_start_heap(void)
{
    static uint64_t s_heap[HEAP_BYTES / sizeof(uint64_t)];

    (void)oneota_mbedtls_pool(s_heap, sizeof s_heap);
}
