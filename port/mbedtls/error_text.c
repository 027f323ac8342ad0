/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * error_text.c: why TLS failed, in words. A table of its own, for mbedTLS's costs 20 KB.
 */
#include <string.h>

#include "mbedtls/asn1.h"
#include "mbedtls/cipher.h"
#include "mbedtls/ecp.h"
#include "mbedtls/md.h"
#include "mbedtls/pk.h"
#include "mbedtls/x509.h"
#include "parts.h"

typedef struct {
    int32_t code;
    const char *text;
} meaning_t;

static const meaning_t k_codes[] = {
    {MBEDTLS_ERR_SSL_CONN_EOF, "stream: cut off, the server ended it without close_notify"},
    {MBEDTLS_ERR_SSL_INVALID_MAC, "record: corrupted, wrong MAC"},
    {MBEDTLS_ERR_SSL_INVALID_RECORD, "record: not TLS, or larger than this device's buffer"},
    {MBEDTLS_ERR_SSL_BAD_INPUT_DATA, "record: larger than this device's buffer"},
    {MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, "server: refuses with an alert, its log says why"},
    {MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, "server: a message at the wrong time"},
    {MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, "server: ended the handshake"},
    {MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE, "server: wants a certificate of the device"},
    {MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL, "memory: a message is larger than this device's buffer"},
    {MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, "certificate: refused"},
    {MBEDTLS_ERR_SSL_INTERNAL_ERROR, "internal: mbedTLS does not fit its configuration"},
#ifdef MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE
    {MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, "server: no cipher or curve that both have"},
#endif
#ifdef MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION
    {MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, "server: no TLS version that both have"},
#endif
#ifdef MBEDTLS_ERR_SSL_BAD_CERTIFICATE
    {MBEDTLS_ERR_SSL_BAD_CERTIFICATE, "certificate: refused"},
#endif
};

static const meaning_t k_flags[] = {
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, "untrusted CA"},
    {MBEDTLS_X509_BADCERT_CN_MISMATCH, "wrong name"},
    {MBEDTLS_X509_BADCERT_EXPIRED, "expired"},
    {MBEDTLS_X509_BADCERT_FUTURE, "not yet valid"},
    {MBEDTLS_X509_BADCERT_OTHER, "no key that is pinned"},
    {MBEDTLS_X509_BADCERT_REVOKED, "revoked"},
    {MBEDTLS_X509_BADCERT_KEY_USAGE, "not for this key usage"},
    {MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, "not for a server"},
    {MBEDTLS_X509_BADCERT_BAD_MD, "weak hash"},
    {MBEDTLS_X509_BADCERT_BAD_PK, "kind of key not taken"},
    {MBEDTLS_X509_BADCERT_BAD_KEY, "weak key"},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* What does not fit is cut; the text always ends. */
static void put(oneota_mbedtls_t *tls, const char *text)
{
    const size_t used = strlen(tls->text);
    const size_t length = strlen(text);
    const size_t room = sizeof tls->text - 1u - used;

    memcpy(tls->text + used, text, length < room ? length : room);
    tls->text[used + (length < room ? length : room)] = '\0';
}

static void put_number(oneota_mbedtls_t *tls, uint32_t number, uint32_t base)
{
    char digits[11] = "";
    size_t at = sizeof digits - 1u;

    do {
        digits[--at] = "0123456789ABCDEF"[number % base];
        number /= base;
    } while (number > 0);
    put(tls, digits + at);
}

/* " (-0x2700)" */
static void put_code(oneota_mbedtls_t *tls, int32_t code)
{
    put(tls, code < 0 ? " (-0x" : " (0x");
    put_number(tls, code < 0 ? 0u - (uint32_t)code : (uint32_t)code, 16);
    put(tls, ")");
}

/* A code may be the sum of one of a module and one of what is below it. */
static bool is_memory(int32_t code)
{
    static const int32_t k_modules[] = {
        MBEDTLS_ERR_SSL_ALLOC_FAILED, MBEDTLS_ERR_X509_ALLOC_FAILED,
        MBEDTLS_ERR_PK_ALLOC_FAILED,  MBEDTLS_ERR_ECP_ALLOC_FAILED,
        MBEDTLS_ERR_MD_ALLOC_FAILED,  MBEDTLS_ERR_CIPHER_ALLOC_FAILED};
    const int32_t low = code % 0x80;

    for (size_t i = 0; i < COUNT(k_modules); i++) {
        if (k_modules[i] == code - low) {
            return true;
        }
    }
    return low == MBEDTLS_ERR_MPI_ALLOC_FAILED || low == MBEDTLS_ERR_ASN1_ALLOC_FAILED;
}

static const char *meaning(int32_t code)
{
    if (is_memory(code)) {
        return "memory: the heap or pool is too small";
    }
    for (size_t i = 0; i < COUNT(k_codes); i++) {
        if (k_codes[i].code == code) {
            return k_codes[i].text;
        }
    }
    return "TLS: failed";
}

/* "certificate: wrong name, expired" */
static void put_flags(oneota_mbedtls_t *tls)
{
    const char *before = "certificate: ";

    for (size_t i = 0; i < COUNT(k_flags); i++) {
        if ((tls->flags & (uint32_t)k_flags[i].code) != 0) {
            put(tls, before);
            put(tls, k_flags[i].text);
            before = ", ";
        }
    }
}

/* The code of the net below: errno on POSIX, err_t of lwIP. */
static void describe_below(oneota_mbedtls_t *tls, int32_t code)
{
    if (code == 0) {
        put(tls, "network: the server ended the connection");
        return;
    }
    put(tls, code < 0 ? "network: failed (-" : "network: failed (");
    put_number(tls, code < 0 ? 0u - (uint32_t)code : (uint32_t)code, 10);
    put(tls, ")");
}

void oneota_mbedtls_describe(oneota_mbedtls_t *tls, int32_t code)
{
    tls->text[0] = '\0';
    if (tls->below) {
        describe_below(tls, code);
        return;
    }
    put_flags(tls);
    if (tls->text[0] == '\0') {
        put(tls, meaning(code));
    }
    put_code(tls, code);
}

void oneota_mbedtls_describe_setup(oneota_mbedtls_t *tls, const char *what, size_t ca, int32_t code)
{
    tls->text[0] = '\0';
    if (ca > 0) {
        put(tls, "CA ");
        put_number(tls, (uint32_t)ca, 10);
        put(tls, ": ");
    }
    put(tls, what);
    if (code != 0) {
        put_code(tls, code);
    }
}
