/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * tls.c: TLS as a net port. mbedTLS says "want read" also when there is more to do at once; what is
 * told to the client is what the net below said.
 */
#include <string.h>

#include "mbedtls/ecp.h"
#include "mbedtls/version.h"
#include "parts.h"

#define ROUNDS 8 /* records without data that one recv() takes */

enum { PHASE_CLOSED = 0, PHASE_CONNECT, PHASE_HANDSHAKE, PHASE_OPEN, PHASE_ENDED };

/* ---------------------------------------------------------------- what mbedTLS was built with */

#if MBEDTLS_VERSION_MAJOR < 3
#define is_over(ssl)   ((ssl)->state == MBEDTLS_SSL_HANDSHAKE_OVER)
#define V1_2           MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3
#define set_least(...) mbedtls_ssl_conf_min_version(__VA_ARGS__)
#define set_most(...)  mbedtls_ssl_conf_max_version(__VA_ARGS__)
#else
#define is_over(ssl)   (mbedtls_ssl_is_handshake_over(ssl) != 0)
#define V1_2           MBEDTLS_SSL_VERSION_TLS1_2
#define set_least(...) mbedtls_ssl_conf_min_tls_version(__VA_ARGS__)
#define set_most(...)  mbedtls_ssl_conf_max_tls_version(__VA_ARGS__)
#endif

#if defined(MBEDTLS_SSL_RENEGOTIATION)
#define forbid_renegotiation(config) \
    mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED)
#else
#define forbid_renegotiation(config) ((void)0)
#endif

/* A server that does not split its records below these buffers must be asked to. */
#if MBEDTLS_SSL_IN_CONTENT_LEN < MBEDTLS_SSL_OUT_CONTENT_LEN
#define CONTENT_BYTES MBEDTLS_SSL_IN_CONTENT_LEN
#else
#define CONTENT_BYTES MBEDTLS_SSL_OUT_CONTENT_LEN
#endif
#if CONTENT_BYTES >= 4096
#define FRAGMENT MBEDTLS_SSL_MAX_FRAG_LEN_4096
#elif CONTENT_BYTES >= 2048
#define FRAGMENT MBEDTLS_SSL_MAX_FRAG_LEN_2048
#elif CONTENT_BYTES >= 1024
#define FRAGMENT MBEDTLS_SSL_MAX_FRAG_LEN_1024
#else
#define FRAGMENT MBEDTLS_SSL_MAX_FRAG_LEN_512
#endif
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) && MBEDTLS_SSL_IN_CONTENT_LEN < 16384
#define ask_for_fragments(config) mbedtls_ssl_conf_max_frag_len(config, FRAGMENT)
#else
#define ask_for_fragments(config) 0
#endif

#if defined(MBEDTLS_ECP_RESTARTABLE) && MBEDTLS_VERSION_MAJOR >= 3 /* see ecp_max_ops */
#define set_max_ops(count) mbedtls_ecp_set_max_ops(count)
#else
#define set_max_ops(count) ((void)(count))
#endif

#if defined(MBEDTLS_PEM_PARSE_C)
#define parse_pem(ca, bytes) mbedtls_x509_crt_parse(ca, (bytes)->data, (bytes)->length)
#else
#define parse_pem(ca, bytes) MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE
#endif

/* ---------------------------------------------------------------- the net below */

#define LOST (-0x0050) /* as of mbedTLS's own sockets; CONN_EOF would count as an end */

static int lost(oneota_mbedtls_t *tls)
{
    tls->below = true;
    return LOST;
}

static int below_send(void *ctx, const unsigned char *data, size_t length)
{
    oneota_mbedtls_t *tls = ctx;
    size_t sent = 0;
    const oneota_error_t error = tls->setup->net->send(tls->setup->net_ctx, data, length, &sent);

    tls->below_last = (uint8_t)error;
    if (error == ONEOTA_AGAIN) {
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    }
    return error == ONEOTA_OK && sent > 0 && sent <= length ? (int)sent : lost(tls);
}

static int below_recv(void *ctx, unsigned char *buffer, size_t size)
{
    oneota_mbedtls_t *tls = ctx;
    size_t received = 0;
    const oneota_error_t error =
        tls->setup->net->recv(tls->setup->net_ctx, buffer, size, &received);

    tls->below_last = (uint8_t)error;
    if (error == ONEOTA_AGAIN) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    if (error == ONEOTA_CLOSED) {
        return 0;
    }
    return error == ONEOTA_OK && received > 0 && received <= size ? (int)received : lost(tls);
}

/* ---------------------------------------------------------------- how a call ends */

/* A session that was offered in vain is not offered again, whatever ended the handshake: a server
 * that chokes on it resets, or is silent, each time. */
static void release(oneota_mbedtls_t *tls)
{
    if (tls->phase == PHASE_HANDSHAKE && tls->session_offered) {
        oneota_mbedtls_session_forget(tls);
    }
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_init(&tls->ssl);
    tls->setup->net->close(tls->setup->net_ctx);
    tls->phase = PHASE_CLOSED;
    tls->port.poll_ms = tls->setup->net->poll_ms;
}

/* A session that ended with a fault of TLS's own is not used again. */
static oneota_error_t fail(oneota_mbedtls_t *tls, int32_t code)
{
    const oneota_mbedtls_setup_t *setup = tls->setup;

    if (tls->below) {
        code = setup->net->last_error == NULL ? 0 : setup->net->last_error(setup->net_ctx);
    } else {
        oneota_mbedtls_session_forget(tls);
    }
    tls->code = code;
    oneota_mbedtls_describe(tls, code);
    release(tls);
    return ONEOTA_BROKEN;
}

/* Nothing wakes the application for what is left to do, unless the net below is waited for. */
static oneota_error_t again(oneota_mbedtls_t *tls)
{
    tls->port.poll_ms = tls->below_last == ONEOTA_AGAIN ? tls->setup->net->poll_ms : 1u;
    return ONEOTA_AGAIN;
}

static bool is_later(int result)
{
    return result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE ||
           result == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS;
}

/* A call that cannot be: nothing was sent for it. */
static oneota_error_t refuse(oneota_mbedtls_t *tls, const char *why)
{
    release(tls);
    tls->below = false;
    tls->flags = 0;
    tls->code = MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    oneota_mbedtls_describe_setup(tls, why, 0, tls->code);
    return ONEOTA_BROKEN;
}

/* ---------------------------------------------------------------- open */

static oneota_error_t connect_step(oneota_mbedtls_t *tls, const char *address, uint16_t port,
                                   const char *server_name)
{
    const oneota_mbedtls_setup_t *setup = tls->setup;
    const oneota_error_t error = setup->net->open(setup->net_ctx, address, port, server_name);

    tls->below_last = (uint8_t)error;
    if (error == ONEOTA_AGAIN) {
        return again(tls);
    }
    if (error != ONEOTA_OK) {
        tls->below = true;
        return fail(tls, 0);
    }
    int result = mbedtls_ssl_setup(&tls->ssl, &tls->config);
    if (result == 0) {
        result = mbedtls_ssl_set_hostname(&tls->ssl, server_name);
    }
    if (result != 0) {
        return fail(tls, result);
    }
    mbedtls_ssl_set_bio(&tls->ssl, tls, below_send, below_recv, NULL);
    oneota_mbedtls_chain_begin(tls);
    oneota_mbedtls_session_offer(tls);
    tls->phase = PHASE_HANDSHAKE;
    return again(tls);
}

static oneota_error_t handshake_step(oneota_mbedtls_t *tls)
{
    const int result = mbedtls_ssl_handshake_step(&tls->ssl);

    if (is_later(result)) {
        return again(tls);
    }
    if (result != 0) {
        tls->flags = tls->verified ? mbedtls_ssl_get_verify_result(&tls->ssl) : 0;
        return fail(tls, result);
    }
    if (!is_over(&tls->ssl)) {
        return again(tls);
    }
    tls->resumed = tls->session_offered && !tls->verified;
    if (!tls->verified && !tls->resumed) {
        return fail(tls, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
    }
    oneota_mbedtls_session_keep(tls);
    tls->phase = PHASE_OPEN;
    tls->port.poll_ms = tls->setup->net->poll_ms;
    return ONEOTA_OK;
}

static oneota_error_t tls_open(void *ctx, const char *address, uint16_t port,
                               const char *server_name)
{
    oneota_mbedtls_t *tls = ctx;

    tls->below_last = ONEOTA_OK;
    if (tls->phase == PHASE_OPEN) {
        return ONEOTA_OK;
    }
    if (tls->phase == PHASE_HANDSHAKE) {
        return handshake_step(tls);
    }
    if (tls->phase == PHASE_CLOSED) {
        tls->below = false;
        tls->flags = 0;
        tls->resumed = false;
        if (server_name == NULL || server_name[0] == '\0' ||
            strlen(server_name) > MBEDTLS_SSL_MAX_HOST_NAME_LEN ||
            !oneota_mbedtls_digest(server_name, strlen(server_name), tls->name)) {
            return refuse(tls, "server name: empty, or too long");
        }
        tls->phase = PHASE_CONNECT;
    }
    return connect_step(tls, address, port, server_name);
}

/* ---------------------------------------------------------------- stream */

static oneota_error_t tls_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    oneota_mbedtls_t *tls = ctx;

    *sent = 0;
    tls->below_last = ONEOTA_OK;
    if (tls->phase != PHASE_OPEN) {
        return refuse(tls, "stream: not open");
    }
    const int result = mbedtls_ssl_write(&tls->ssl, data, length);
    if (is_later(result)) {
        return again(tls);
    }
    if (result <= 0) {
        return fail(tls, result);
    }
    *sent = (size_t)result;
    return ONEOTA_OK;
}

/* One record, or part of it. @return of mbedTLS; 0: nothing for the client was in it */
static int read_some(oneota_mbedtls_t *tls, void *buffer, size_t size)
{
    tls->below_last = ONEOTA_OK;
    const int result = mbedtls_ssl_read(&tls->ssl, buffer, size);

    if (is_later(result)) {
        return 0;
    }
    return result == 0 && tls->below_last == ONEOTA_CLOSED ? MBEDTLS_ERR_SSL_CONN_EOF : result;
}

static oneota_error_t tls_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    oneota_mbedtls_t *tls = ctx;

    *received = 0;
    if (tls->phase == PHASE_ENDED) {
        return ONEOTA_CLOSED;
    }
    if (tls->phase != PHASE_OPEN) {
        return refuse(tls, "stream: not open");
    }
    for (int round = 0; round < ROUNDS; round++) {
        const int result = read_some(tls, buffer, size);
        if (result > 0) {
            *received = (size_t)result;
            tls->port.poll_ms =
                mbedtls_ssl_check_pending(&tls->ssl) != 0 ? 1u : tls->setup->net->poll_ms;
            return ONEOTA_OK;
        }
        if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
            tls->phase = PHASE_ENDED;
            return ONEOTA_CLOSED;
        }
        if (result != 0) {
            return fail(tls, result);
        }
        if (tls->below_last == ONEOTA_AGAIN) {
            break;
        }
    }
    return again(tls);
}

/* While the net below is in the middle of a call, it takes no other one than close(). */
static void tls_close(void *ctx)
{
    oneota_mbedtls_t *tls = ctx;

    if ((tls->phase == PHASE_OPEN || tls->phase == PHASE_ENDED) &&
        tls->below_last != ONEOTA_AGAIN) {
        (void)mbedtls_ssl_close_notify(&tls->ssl);
    }
    release(tls);
}

static int32_t tls_last_error(void *ctx)
{
    const oneota_mbedtls_t *tls = ctx;

    return tls->code;
}

/* ---------------------------------------------------------------- set-up */

static oneota_error_t add_ca(oneota_mbedtls_t *tls, size_t index)
{
    const oneota_mbedtls_bytes_t *bytes = &tls->setup->ca[index];
    const uint8_t *data = bytes->data;
    int result = MBEDTLS_ERR_X509_INVALID_FORMAT;

    if (data != NULL && bytes->length > 0) {
        result = data[0] == 0x30 /* SEQUENCE */
                     ? mbedtls_x509_crt_parse_der_nocopy(&tls->ca, data, bytes->length)
                     : parse_pem(&tls->ca, bytes);
    }
    if (result >= 0) {
        return ONEOTA_OK; /* more than 0: so many others of a bundle are not for this mbedTLS */
    }
    if (result == MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE) {
        oneota_mbedtls_describe_setup(tls, "PEM, and this mbedTLS takes DER alone", index + 1u,
                                      result);
        return ONEOTA_UNSUPPORTED;
    }
    if (result == MBEDTLS_ERR_X509_ALLOC_FAILED) {
        oneota_mbedtls_describe_setup(tls, "no memory", index + 1u, result);
        return ONEOTA_LIMIT;
    }
    oneota_mbedtls_describe_setup(tls, "not a certificate", index + 1u, result);
    return ONEOTA_PARAM;
}

static int configure(oneota_mbedtls_t *tls)
{
    mbedtls_ssl_config *config = &tls->config;
    int result = mbedtls_ssl_config_defaults(
        config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);

    if (result == 0) {
        result = ask_for_fragments(config);
    }
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(config, &tls->ca, NULL);
    mbedtls_ssl_conf_verify(config, oneota_mbedtls_chain_verify, tls);
    mbedtls_ssl_conf_rng(config, tls->setup->random, tls->setup->random_ctx);
    set_least(config, V1_2);
    set_most(config, V1_2);
    forbid_renegotiation(config);
    if (tls->setup->ecp_max_ops > 0) {
        set_max_ops(tls->setup->ecp_max_ops);
    }
    return result;
}

static bool is_complete(const oneota_mbedtls_setup_t *setup)
{
    const oneota_net_t *net = setup->net;

    return net != NULL && net->open != NULL && net->send != NULL && net->recv != NULL &&
           net->close != NULL && setup->ca != NULL && setup->ca_count > 0 &&
           setup->random != NULL && (setup->pins != NULL || setup->pin_count == 0);
}

oneota_error_t oneota_mbedtls_init(oneota_mbedtls_t *tls, const oneota_mbedtls_setup_t *setup)
{
    oneota_error_t error = ONEOTA_OK;

    if (tls == NULL) {
        return ONEOTA_PARAM;
    }
    memset(tls, 0, sizeof *tls);
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_ssl_config_init(&tls->config);
    mbedtls_x509_crt_init(&tls->ca);
    mbedtls_ssl_session_init(&tls->session);
    if (setup == NULL || !is_complete(setup)) {
        oneota_mbedtls_describe_setup(tls, "a member of the set-up is missing", 0, 0);
        return ONEOTA_PARAM;
    }
    tls->setup = setup;
    tls->port = (oneota_net_t){tls_open,  tls_send,       tls_recv,
                               tls_close, tls_last_error, setup->net->poll_ms, true};
    for (size_t i = 0; i < setup->ca_count && error == ONEOTA_OK; i++) {
        error = add_ca(tls, i);
    }
    if (error == ONEOTA_OK) {
        const int result = configure(tls);
        if (result != 0) {
            oneota_mbedtls_describe_setup(tls, "mbedTLS's configuration", 0, result);
            error = result == MBEDTLS_ERR_SSL_ALLOC_FAILED ? ONEOTA_LIMIT : ONEOTA_UNSUPPORTED;
        }
    }
    if (error != ONEOTA_OK) {
        oneota_mbedtls_deinit(tls);
    }
    return error;
}

void oneota_mbedtls_deinit(oneota_mbedtls_t *tls)
{
    if (tls->setup == NULL) {
        return;
    }
    if (tls->phase != PHASE_CLOSED) {
        tls_close(tls);
    }
    oneota_mbedtls_session_forget(tls);
    mbedtls_ssl_config_free(&tls->config);
    mbedtls_x509_crt_free(&tls->ca);
    tls->setup = NULL;
}

const char *oneota_mbedtls_error_text(const oneota_mbedtls_t *tls)
{
    return tls->text;
}
