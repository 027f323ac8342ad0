/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * tls_rig.c: the server, and the wire.
 */
#include "tls_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mbedtls/version.h"

#ifndef TLS_CERTS
#define TLS_CERTS "certs"
#endif

#if MBEDTLS_VERSION_MAJOR < 3
#define parse_key(key, bytes, size) mbedtls_pk_parse_key(key, bytes, size, NULL, 0)
#else
#define parse_key(key, bytes, size) \
    mbedtls_pk_parse_key(key, bytes, size, NULL, 0, rig_random, NULL)
#endif

static void must(int result, const char *what)
{
    if (result != 0) {
        (void)fprintf(stderr, "tls_rig: %s: -0x%04X\n", what, (unsigned)-result);
        abort();
    }
}

/* ---------------------------------------------------------------- files, chance */

oneota_mbedtls_bytes_t rig_file(const char *name)
{
    oneota_mbedtls_bytes_t bytes = {NULL, 0};
    static char *kept[256];
    static size_t kept_count;
    char path[512];
    char *data = malloc(65536);

    (void)snprintf(path, sizeof path, "%s/%s", TLS_CERTS, name);
    FILE *file = fopen(path, "rb");
    must(file == NULL || data == NULL || kept_count == 256, path);
    bytes.length = fread(data, 1, 65535, file);
    data[bytes.length++] = '\0';
    bytes.data = kept[kept_count++] = data;
    (void)fclose(file);
    return bytes;
}

oneota_mbedtls_bytes_t rig_der(const char *name)
{
    char file[64];

    (void)snprintf(file, sizeof file, "%s.der", name);
    oneota_mbedtls_bytes_t bytes = rig_file(file);
    bytes.length--;
    return bytes;
}

int rig_random(void *ctx, unsigned char *out, size_t length)
{
    static uint64_t state = 0x9E3779B97F4A7C15u;

    (void)ctx;
    for (size_t i = 0; i < length; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out[i] = (unsigned char)(state >> 24);
    }
    return 0;
}

uint8_t rig_pattern(size_t i)
{
    return (uint8_t)(i * 7u + i / 251u);
}

/* ---------------------------------------------------------------- the server */

static int server_send(void *ctx, const unsigned char *data, size_t length)
{
    rig_t *rig = ctx;

    if (rig->down.length + length > RIG_WIRE_BYTES) {
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    }
    memcpy(rig->down.bytes + rig->down.length, data, length);
    rig->down.length += length;
    return (int)length;
}

static int server_recv(void *ctx, unsigned char *data, size_t size)
{
    rig_t *rig = ctx;
    size_t there = rig->up.length - rig->up.taken;

    if (there == 0) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    size = size < there ? size : there;
    memcpy(data, rig->up.bytes + rig->up.taken, size);
    rig->up.taken += size;
    return (int)size;
}

static void answer(rig_t *rig)
{
    unsigned long count;

    rig->request[rig->request_length] = '\0';
    rig->request_length = 0;
    if (sscanf(rig->request, "get %lu", &count) == 1) {
        rig->owed = count;
        rig->said = 0;
    } else {
        (void)mbedtls_ssl_close_notify(&rig->ssl);
        rig->over = true;
    }
}

static bool say_more(rig_t *rig)
{
    uint8_t data[4000];
    size_t length = rig->owed < sizeof data ? rig->owed : sizeof data;

    for (size_t i = 0; i < length; i++) {
        data[i] = rig_pattern(rig->said + i);
    }
    const int result = mbedtls_ssl_write(&rig->ssl, data, length);
    if (result <= 0) {
        return false;
    }
    rig->owed -= (size_t)result;
    rig->said += (size_t)result;
    return true;
}

static bool hear_more(rig_t *rig)
{
    unsigned char byte;

    if (mbedtls_ssl_read(&rig->ssl, &byte, 1) != 1) {
        return false;
    }
    if (byte == '\n' || rig->request_length + 1u == sizeof rig->request) {
        answer(rig);
    } else {
        rig->request[rig->request_length++] = (char)byte;
    }
    return true;
}

static void serve_on(rig_t *rig)
{
    while (!rig->over) {
        if (!rig->shaken) {
            const int result = mbedtls_ssl_handshake(&rig->ssl);
            rig->shaken = result == 0;
            if (result != 0) {
                rig->over =
                    result != MBEDTLS_ERR_SSL_WANT_READ && result != MBEDTLS_ERR_SSL_WANT_WRITE;
                return;
            }
        } else if (rig->owed > 0 ? !say_more(rig) : !hear_more(rig)) {
            return;
        }
    }
}

/* All that the server can do with what has arrived. */
static void serve(rig_t *rig)
{
    rig->inside = true;
    serve_on(rig);
    rig->inside = false;
}

/* ---------------------------------------------------------------- the wire, as a net port */

static void check_call(rig_t *rig, uint8_t call, const void *data, size_t length)
{
    rig->calls++;
    if (!rig->open) {
        rig->violation = "a call without a connection";
    } else if (rig->again_call != 0 && (rig->again_call != call || rig->again_data != data ||
                                        rig->again_length != length)) {
        rig->violation = "another call after AGAIN";
    }
    if (length == 0) {
        rig->violation = "a call for no byte";
    }
    rig->again_call = 0;
}

static oneota_error_t not_yet(rig_t *rig, uint8_t call, const void *data, size_t length)
{
    rig->again_call = call;
    rig->again_data = data;
    rig->again_length = length;
    return ONEOTA_AGAIN;
}

/* With every_other_again: the first of two calls. */
static bool says_again(rig_t *rig)
{
    rig->again_told = rig->every_other_again && !rig->again_told;
    return rig->again_told;
}

static oneota_error_t rig_open(void *ctx, const char *address, uint16_t port,
                               const char *server_name)
{
    rig_t *rig = ctx;

    (void)address;
    (void)port;
    (void)server_name;
    if (rig->opening++ < rig->opens_again) {
        return ONEOTA_AGAIN;
    }
    if (rig->open_broken) {
        return ONEOTA_BROKEN;
    }
    rig->inside = true;
    must(mbedtls_ssl_session_reset(&rig->ssl), "session_reset");
    rig->inside = false;
    rig->up.length = rig->up.taken = rig->down.length = rig->down.taken = 0;
    rig->shaken = false;
    rig->over = rig->instead != NULL;
    if (rig->over) {
        memcpy(rig->down.bytes, rig->instead, rig->instead_length);
        rig->down.length = rig->instead_length;
    }
    rig->request_length = rig->owed = 0;
    rig->again_call = 0;
    rig->opening = 0;
    rig->open = true;
    rig->opens++;
    return ONEOTA_OK;
}

static oneota_error_t rig_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    rig_t *rig = ctx;

    *sent = 0;
    check_call(rig, 2, data, length);
    if (says_again(rig)) {
        return not_yet(rig, 2, data, length);
    }
    if (rig->send_broken || rig->up.length + length > RIG_WIRE_BYTES) {
        return ONEOTA_BROKEN;
    }
    *sent = rig->send_max > 0 && rig->send_max < length ? rig->send_max : length;
    memcpy(rig->up.bytes + rig->up.length, data, *sent);
    rig->up.length += *sent;
    serve(rig);
    return ONEOTA_OK;
}

static oneota_error_t at_the_cut(rig_t *rig, const void *buffer, size_t size)
{
    static const oneota_error_t k_ends[] = {
        [RIG_FIN] = ONEOTA_CLOSED, [RIG_RESET] = ONEOTA_BROKEN, [RIG_SILENCE] = ONEOTA_AGAIN};

    return rig->cut_end == RIG_SILENCE ? not_yet(rig, 1, buffer, size) : k_ends[rig->cut_end];
}

static oneota_error_t rig_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    rig_t *rig = ctx;
    rig_wire_t *down = &rig->down;

    *received = 0;
    check_call(rig, 1, buffer, size);
    if (says_again(rig)) {
        return not_yet(rig, 1, buffer, size);
    }
    serve(rig);
    size_t there = down->length - down->taken;
    if (rig->cut_at > 0 && down->taken + there >= rig->cut_at) {
        there = rig->cut_at - 1u - down->taken;
        if (there == 0) {
            return at_the_cut(rig, buffer, size);
        }
    }
    if (there == 0) {
        return rig->over ? ONEOTA_CLOSED : not_yet(rig, 1, buffer, size);
    }
    there = there < size ? there : size;
    there = rig->recv_max > 0 && rig->recv_max < there ? rig->recv_max : there;
    memcpy(buffer, down->bytes + down->taken, there);
    if (rig->spoil_at > down->taken && rig->spoil_at <= down->taken + there) {
        ((uint8_t *)buffer)[rig->spoil_at - 1u - down->taken] ^= 0x01;
    }
    down->taken += there;
    *received = there;
    return ONEOTA_OK;
}

static void rig_close(void *ctx)
{
    rig_t *rig = ctx;

    rig->open = false;
    rig->opening = 0;
    rig->again_call = 0;
    rig->closes++;
}

static int32_t rig_last_error(void *ctx)
{
    const rig_t *rig = ctx;

    return rig->native;
}

/* ---------------------------------------------------------------- set-up */

static void load(rig_t *rig, const char *names)
{
    char name[32], file[64];
    size_t length = strcspn(names, " ");

    (void)snprintf(name, sizeof name, "%.*s", (int)length, names);
    (void)snprintf(file, sizeof file, "%s.key.der", name);
    const oneota_mbedtls_bytes_t key = rig_file(file);
    must(parse_key(&rig->key, key.data, key.length - 1u), file);
    for (; *names != '\0'; names += length + strspn(names + length, " ")) {
        length = strcspn(names, " ");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, names);
        const oneota_mbedtls_bytes_t der = rig_der(name);
        must(mbedtls_x509_crt_parse_der(&rig->chain, der.data, der.length), name);
    }
}

void rig_init(rig_t *rig, const char *names)
{
    memset(rig, 0, sizeof *rig);
    rig->inside = true;
    rig->port = (oneota_net_t){rig_open, rig_send, rig_recv, rig_close, rig_last_error, 0, false};
    mbedtls_ssl_config_init(&rig->config);
    mbedtls_ssl_init(&rig->ssl);
    mbedtls_x509_crt_init(&rig->chain);
    mbedtls_pk_init(&rig->key);
    mbedtls_ssl_ticket_init(&rig->tickets);
    load(rig, names);
    must(mbedtls_ssl_config_defaults(&rig->config, MBEDTLS_SSL_IS_SERVER,
                                     MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
         "config_defaults");
    mbedtls_ssl_conf_rng(&rig->config, rig_random, NULL);
    must(mbedtls_ssl_conf_own_cert(&rig->config, &rig->chain, &rig->key), "own_cert");
    must(mbedtls_ssl_setup(&rig->ssl, &rig->config), "setup");
    mbedtls_ssl_set_bio(&rig->ssl, rig, server_send, server_recv, NULL);
    rig->inside = false;
}

void rig_keep_sessions(rig_t *rig)
{
    rig->inside = true;
    must(mbedtls_ssl_ticket_setup(&rig->tickets, rig_random, NULL, MBEDTLS_CIPHER_AES_128_GCM,
                                  86400),
         "ticket_setup");
    mbedtls_ssl_conf_session_tickets_cb(&rig->config, mbedtls_ssl_ticket_write,
                                        mbedtls_ssl_ticket_parse, &rig->tickets);
    rig->inside = false;
}

void rig_forget_sessions(rig_t *rig)
{
    rig->inside = true;
    mbedtls_ssl_ticket_free(&rig->tickets);
    mbedtls_ssl_ticket_init(&rig->tickets);
    rig_keep_sessions(rig);
}

void rig_free(rig_t *rig)
{
    rig->inside = true;
    mbedtls_ssl_free(&rig->ssl);
    mbedtls_ssl_config_free(&rig->config);
    mbedtls_ssl_ticket_free(&rig->tickets);
    mbedtls_x509_crt_free(&rig->chain);
    mbedtls_pk_free(&rig->key);
    rig->inside = false;
}
