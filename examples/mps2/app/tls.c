/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * tls.c: a link with TLS. Whom to trust is not part of an image: the CAs lie in flash, where the
 * factory, or a stand-in for it (`mps2.py ca`), has put them, and they outlive every update:
 *
 *     0  magic "OTCA"
 *     4  bytes that follow the 12 of this header, u32 little-endian
 *     8  their CRC-32
 *    12  for each certificate: its bytes u32, and the certificate in DER
 *
 * To change a CA: first both, then, when the server has changed over, the new one alone.
 */
#include "../bsp/bsp.h"
#include "../bsp/flash.h"
#include "bytes.h"
#include "link.h"
#include "oneota_lwip.h"
#include "oneota_mbedtls.h"

#define MAGIC        0x4143544Fu
#define HEADER_BYTES 12u
#define CA_MAX       4u
#define HTTPS_PORT   443u
#define ECP_MAX_OPS  300u   /* a poll then takes 82 ms at most, not 1088; a handshake 3 % more */
#define POOL_BYTES   26624u /* ECDSA certificates take 14 KB, those of RSA-4096 23 */

static uint64_t s_pool[POOL_BYTES / sizeof(uint64_t)];
static oneota_mbedtls_bytes_t s_ca[CA_MAX];
static oneota_mbedtls_setup_t s_setup;
static oneota_mbedtls_t s_tls;
static oneota_net_t s_port; /* s_tls.port, and its faults told */

static int random_bytes(void *ctx, unsigned char *out, size_t length)
{
    (void)ctx;
    return bsp_entropy(out, length) ? 0 : -1;
}

static bool refuse(const char *what, const char *why)
{
    bsp_log_text(ONEOTA_LOG_ERROR, what, why != NULL ? "why" : NULL, why);
    return false;
}

/* @return bytes of the list of certificates, 0: there is none that is whole */
static uint32_t list_length(const uint8_t *region, uint32_t size)
{
    uint32_t length = oneota_bytes_get_u32(region + 4);

    if (oneota_bytes_get_u32(region) != MAGIC || length > size - HEADER_BYTES ||
        oneota_bytes_crc32(0, region + HEADER_BYTES, length) != oneota_bytes_get_u32(region + 8)) {
        return 0;
    }
    return length;
}

/* Used where they lie. @return how many */
static size_t find_certificates(void)
{
    const uint8_t *region = flash_bytes(flash_trust());
    uint32_t left = list_length(region, flash_port.size(flash_trust()));
    const uint8_t *at = region + HEADER_BYTES;
    size_t count = 0;

    while (left > 4u && count < CA_MAX) {
        uint32_t length = oneota_bytes_get_u32(at);
        if (length > left - 4u) {
            return 0;
        }
        s_ca[count++] = (oneota_mbedtls_bytes_t){at + 4, length};
        at += 4u + length;
        left -= 4u + length;
    }
    return count;
}

/* ---------------------------------------------------------------- faults are told */

/* TLS's own are told where they are seen: the client may have a kept connection's answer come again
 * over a new one, and then there is no event. */
static oneota_error_t tell(oneota_error_t error)
{
    s_port.poll_ms = s_tls.port.poll_ms;
    if (error == ONEOTA_BROKEN && !s_tls.below) {
        bsp_log_text(ONEOTA_LOG_WARN, "tls: failed", "why", oneota_mbedtls_error_text(&s_tls));
    }
    return error;
}

static oneota_error_t told_open(void *ctx, const char *address, uint16_t port,
                                const char *server_name)
{
    return tell(s_tls.port.open(ctx, address, port, server_name));
}

static oneota_error_t told_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    return tell(s_tls.port.send(ctx, data, length, sent));
}

static oneota_error_t told_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    return tell(s_tls.port.recv(ctx, buffer, size, received));
}

static void told_close(void *ctx)
{
    s_tls.port.close(ctx);
    s_port.poll_ms = s_tls.port.poll_ms;
}

/* ---------------------------------------------------------------- start */

bool link_start(oneota_setup_t *setup)
{
    s_setup.net = tcp_start();
    s_setup.net_ctx = tcp_ctx();
    s_setup.ca = s_ca;
    s_setup.ca_count = find_certificates();
    s_setup.clock = &bsp_clock;
    s_setup.random = random_bytes;
    s_setup.ecp_max_ops = ECP_MAX_OPS;
    if (s_setup.ca_count == 0) {
        return refuse("tls: no CA in flash, so no server can be trusted: mps2.py ca", NULL);
    }
    if (oneota_mbedtls_pool(s_pool, sizeof s_pool) != ONEOTA_OK ||
        oneota_mbedtls_init(&s_tls, &s_setup) != ONEOTA_OK) {
        return refuse("tls: cannot start", oneota_mbedtls_error_text(&s_tls));
    }
    bsp_log_number(ONEOTA_LOG_INFO, "tls: trusts", "certificates", (int64_t)s_setup.ca_count);
    s_port = (oneota_net_t){
        told_open,          told_send,          told_recv, told_close, s_tls.port.last_error,
        s_tls.port.poll_ms, s_tls.port.encrypts};
    setup->net = &s_port;
    setup->net_ctx = &s_tls;
    setup->port = setup->port != 0 ? setup->port : HTTPS_PORT;
    return true;
}

void link_log_error(int32_t code)
{
    if (s_tls.below) {
        bsp_log_text(ONEOTA_LOG_WARN, "tcp: failed", "why", oneota_lwip_net_error_text(code));
    }
}

size_t link_pool_used(void)
{
    return oneota_mbedtls_pool_peak();
}

/* Signatures are checked while no connection shakes hands: the pool has room for both. */
void link_start_heap(void)
{
}
