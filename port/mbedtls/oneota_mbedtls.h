/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * oneota_mbedtls.h: TLS as a net port, around any other net port, on mbedTLS 3.6 or 2.28.
 *
 * Purpose
 *     The client sees a net port like any other; what it sends goes encrypted through the net port
 *     below (sockets, lwIP, a modem), to a server that has proven its name. The name is always
 *     sent and verified, and there is no way to switch that off.
 *
 * Needs
 *     RAM       the object (1.1 KiB on 32 bits), and mbedTLS's allocator: 12 to 16 KiB while
 *               connected with 4 KiB buffers (examples/mps2/mbedtls_config.h), about 40 KiB
 *               with those of 16 KiB; nothing but the CAs and one session between connections.
 *     stack     4 KiB
 *     mbedTLS   a TLS 1.2 client, X.509, SHA-256. With MBEDTLS_USE_PSA_CRYPTO, the application
 *               calls psa_crypto_init() first.
 *     random    a cryptographic generator: setup.random. A device that guesses here has no TLS.
 *     clock     optional; without one, see "Dates".
 *     threads   the context that calls oneota_poll(). mbedTLS's allocator, and the step of
 *               ecp_max_ops, are the program's, not the object's.
 *     blocking  none. One call does one step of the handshake at most. The longest ones verify
 *               the certificates, and make keys: tens of millions of instructions on a Cortex-M4,
 *               unless mbedTLS 3 is built with MBEDTLS_ECP_RESTARTABLE and ecp_max_ops cuts that
 *               into pieces (not with MBEDTLS_USE_PSA_CRYPTO, and not what RSA takes).
 *
 * Use
 *     static uint64_t pool[20480 / 8];                    // where mbedTLS is built with
 *     oneota_mbedtls_pool(pool, sizeof pool);             // MBEDTLS_MEMORY_BUFFER_ALLOC_C
 *     static const oneota_mbedtls_bytes_t k_ca[] = {{ca_now, sizeof ca_now}, {ca_next, ...}};
 *     static const oneota_mbedtls_setup_t k_tls = {
 *         .net = &oneota_lwip_net, .net_ctx = &lwip, .ca = k_ca, .ca_count = 2,
 *         .clock = &clock, .random = mbedtls_ctr_drbg_random, .random_ctx = &drbg};
 *     static oneota_mbedtls_t tls;
 *     error = oneota_mbedtls_init(&tls, &k_tls);
 *     ... setup of the client: .net = &tls.port, .net_ctx = &tls, .port = 443 ...
 *
 * Dates
 *     The day is the clock's or, if that is later, the day of the build (ONEOTA_BUILD_TIME_S). With
 *     a clock that knows the time, a certificate outside its dates is refused. Without,
 *     one that ended before the build is refused, and one that has not begun is taken. This
 *     does not depend on MBEDTLS_HAVE_TIME_DATE. Nothing that a server says sets this clock.
 *
 * Versions
 *     TLS 1.2, which every server has. 1.3 is not offered, also where mbedTLS has it: a client of
 *     both, in mbedTLS 3.6.6, offers servers with RSA keys a signature that it then refuses.
 *
 * Names
 *     setup.server_name of the client, or else its address. An IP address as a name: mbedTLS 3.6
 *     compares it with the certificate's iPAddress entries; 2.28 cannot, and says wrong name.
 *
 * Errors
 *     open, send and recv say BROKEN; last_error() is mbedTLS's code, or the net's below where that
 *     one broke (`below` tells); oneota_mbedtls_error_text() says what it was.
 *     A stream that ends without close_notify was cut off: BROKEN, not CLOSED. When memory is short
 *     while a signature is verified, mbedTLS says no more than that it did not verify ("untrusted
 *     CA"): compare oneota_mbedtls_pool_peak() with the pool.
 *
 * Sessions
 *     The last session is kept, and offered at the next open() to the same name: it saves most of
 *     the handshake. A server that does not know it any more makes a new one. It is not used
 *     outside the dates of the certificates that it was made with. A handshake that offered it and
 *     did not come to its end, for any reason (reset, silence until close()), forgets it: the next
 *     one is whole.
 */
#ifndef ONEOTA_MBEDTLS_H
#define ONEOTA_MBEDTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "oneota/config.h"
#include "oneota/error.h"
#include "oneota/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A certificate in DER, or one or more in PEM: then length counts a final '\0'. */
typedef struct {
    const void *data; /**< kept until deinit; DER is used where it lies, so it may be in flash */
    size_t length;
} oneota_mbedtls_bytes_t;

#define ONEOTA_MBEDTLS_PIN_BYTES 32

/** SHA-256 of a SubjectPublicKeyInfo:
 *      openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum */
typedef struct {
    uint8_t sha256[ONEOTA_MBEDTLS_PIN_BYTES];
} oneota_mbedtls_pin_t;

/** Kept (not copied) until oneota_mbedtls_deinit(), with all that it points to. */
typedef struct {
    const oneota_net_t *net; /**< the stream below */
    void *net_ctx;

    /** Whom to trust: at least one. Give the next CA besides the present one before the server
     *  changes over. */
    const oneota_mbedtls_bytes_t *ca;
    size_t ca_count;

    /** In addition: the key of one certificate in the chain that was verified (the server's, or a
     *  CA's) must be one of these. 0: any. Give a second pin, of a key that is kept offline: when
     *  the only one is lost, no device can be reached any more. */
    const oneota_mbedtls_pin_t *pins;
    size_t pin_count;

    const oneota_clock_t *clock; /**< NULL: the time is never known */
    void *clock_ctx;

    /** Fills out with length random bytes, of cryptographic quality. @return 0, else it failed */
    int (*random)(void *ctx, unsigned char *out, size_t length);
    void *random_ctx;

    /** Longest piece of elliptic-curve work in one call, in mbedTLS's units; 0: all at once. With
     *  300, a handshake takes about 120 calls instead of 17. Given to mbedtls_ecp_set_max_ops(),
     *  which is for the whole program. No effect without MBEDTLS_ECP_RESTARTABLE, and with
     *  mbedTLS 2.28, where handshakes in pieces used up a pool of 26 KiB in six connections. */
    uint32_t ecp_max_ops;
} oneota_mbedtls_setup_t;

/** TLS around one net port. Fields are private unless marked readable. */
typedef struct {
    oneota_net_t port; /**< readable: the table; its ctx is this object. poll_ms changes: 1 while
                            there is work that nothing will arrive for */
    bool below;        /**< readable: the last BROKEN came from the net below */
    bool resumed;      /**< readable: the present stream goes on with a session of before */
    uint32_t flags;    /**< readable: MBEDTLS_X509_BADCERT_* of the last handshake */

    const oneota_mbedtls_setup_t *setup;
    mbedtls_ssl_config config;
    mbedtls_x509_crt ca;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_session session;
    uint64_t now_s;          /* Unix time, or the day of the build, when open() began */
    uint64_t begin_s, end_s; /* when all certificates of the present chain are valid ... */
    uint64_t session_begin_s, session_end_s; /* ... and those of the session's */
    uint8_t name[32], session_name[32];      /* digest of the server's, and of the session's */
    bool now_known, verified, pinned, session_kept, session_offered;
    uint8_t phase;
    uint8_t below_last; /* oneota_error_t of the last call of the net below, in this call */
    int32_t code;
    char text[112];
} oneota_mbedtls_t;

/**
 * Reads the CAs and sets everything up; opens nothing. Must come first; once, or after deinit.
 * @param setup  kept
 * @return OK; PARAM a member is missing, or a CA is no certificate; UNSUPPORTED PEM, and mbedTLS
 *         has no MBEDTLS_PEM_PARSE_C; LIMIT no memory. oneota_mbedtls_error_text() says which
 */
oneota_error_t oneota_mbedtls_init(oneota_mbedtls_t *tls, const oneota_mbedtls_setup_t *setup);

/** Closes the stream and gives all memory back, the session's too. */
void oneota_mbedtls_deinit(oneota_mbedtls_t *tls);

/** Text of the last failure, "" = none: "certificate: wrong name, expired (-0x2700)". It stays
 *  until the next one; the object holds it. */
const char *oneota_mbedtls_error_text(const oneota_mbedtls_t *tls);

/**
 * Memory for all of mbedTLS, the application's own use included; before its first use, once.
 * @param memory  kept; aligned as for uint64_t
 * @return OK; PARAM; UNSUPPORTED: mbedTLS was built without MBEDTLS_MEMORY_BUFFER_ALLOC_C, and
 *         takes libc's heap (or what mbedtls_platform_set_calloc_free() was told)
 */
oneota_error_t oneota_mbedtls_pool(void *memory, size_t bytes);

/** Most bytes of the pool that were ever needed, allocator's own and gaps included: what the pool
 *  must have at least. 0: there is no pool. Reads all of it. */
size_t oneota_mbedtls_pool_peak(void);

#ifdef __cplusplus
}
#endif
#endif
