/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 */
#include "key.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mbedtls/ctr_drbg.h"
#include "mbedtls/ecp.h"
#include "mbedtls/entropy.h"
#include "mbedtls/error.h"
#include "mbedtls/pem.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/version.h"

#include "file.h"
#include "say.h"

#define PEM_BYTES_MAX 16384u
#define PEM_BYTES     1024u

typedef struct {
    mbedtls_pk_context pk;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
} pair_t;

/* What mbedTLS 3 asks for, and 2.28 does not. */
#if MBEDTLS_VERSION_MAJOR < 3
#define AND_RANDOM(key)
#define AND_SIZE(size)
#else
#define AND_RANDOM(key) , mbedtls_ctr_drbg_random, &(key)->random
#define AND_SIZE(size)  , size
#endif

static bool failed(const char *what, const char *path, int error)
{
    char text[128];
    mbedtls_strerror(error, text, sizeof text);
    (void)say_fail(EXIT_INPUT, "cannot %s %s: %s", what, path, text);
    return false;
}

static bool begin(pair_t *key)
{
    mbedtls_pk_init(&key->pk);
    mbedtls_entropy_init(&key->entropy);
    mbedtls_ctr_drbg_init(&key->random);
    const int error =
        mbedtls_ctr_drbg_seed(&key->random, mbedtls_entropy_func, &key->entropy, NULL, 0);
    return error == 0 || failed("get random numbers", "from the system", error);
}

static void end(pair_t *key)
{
    mbedtls_pk_free(&key->pk);
    mbedtls_ctr_drbg_free(&key->random);
    mbedtls_entropy_free(&key->entropy);
}

/* SubjectPublicKeyInfo of a point of P-256, up to the point (RFC 5480) */
static const uint8_t k_before_point[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                         0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                         0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
#define SPKI_BYTES (sizeof k_before_point + ONEOTA_PUBKEY_BYTES)

static bool take_point(pair_t *key, const char *path, uint8_t point[ONEOTA_PUBKEY_BYTES])
{
    uint8_t der[256];
    /* written at the end of the buffer */
    const int length = mbedtls_pk_write_pubkey_der(&key->pk, der, sizeof der);
    const uint8_t *spki = der + sizeof der - SPKI_BYTES;
    if (length != (int)SPKI_BYTES || memcmp(spki, k_before_point, sizeof k_before_point) != 0) {
        (void)say_fail(EXIT_INPUT, "%s is not a key of the curve P-256 (prime256v1)", path);
        return false;
    }
    memcpy(point, spki + sizeof k_before_point, ONEOTA_PUBKEY_BYTES);
    return true;
}

static bool holds(const bytes_t *pem, const char *word)
{
    return strstr((const char *)pem->data, word) != NULL;
}

/* ---------------------------------------------------------------- read */

static bool parse_private(pair_t *key, const char *path, const bytes_t *pem)
{
    if (holds(pem, "-----BEGIN PUBLIC KEY-----")) {
        (void)say_fail(EXIT_INPUT, "%s holds a public key; signing needs the private one", path);
        return false;
    }
    if (holds(pem, "ENCRYPTED")) {
        (void)say_fail(EXIT_INPUT,
                       "%s is encrypted; use 'digest' and 'attach' with a signer that can open it",
                       path);
        return false;
    }
    const int error =
        mbedtls_pk_parse_key(&key->pk, pem->data, pem->length + 1u, NULL, 0 AND_RANDOM(key));
    return error == 0 || failed("read a private key from", path, error);
}

static bool parse_public(pair_t *key, const char *path, const bytes_t *pem)
{
    if (holds(pem, "PRIVATE KEY-----")) {
        (void)say_fail(EXIT_INPUT,
                       "%s holds a private key; make the public one with 'openssl pkey -pubout'",
                       path);
        return false;
    }
    const int error = mbedtls_pk_parse_public_key(&key->pk, pem->data, pem->length + 1u);
    return error == 0 || failed("read a public key from", path, error);
}

static bool load(pair_t *key, const char *path,
                 bool (*parse)(pair_t *key, const char *path, const bytes_t *pem),
                 uint8_t point[ONEOTA_PUBKEY_BYTES])
{
    bytes_t pem;
    if (!file_read(path, PEM_BYTES_MAX, &pem)) {
        return false;
    }
    const bool good = parse(key, path, &pem) && take_point(key, path, point);
    file_forget(&pem);
    return good;
}

bool key_read_public(const char *path, uint8_t point[ONEOTA_PUBKEY_BYTES])
{
    pair_t key;
    const bool good = begin(&key) && load(&key, path, parse_public, point);
    end(&key);
    return good;
}

bool key_read_private(const char *path, uint8_t point[ONEOTA_PUBKEY_BYTES])
{
    pair_t key;
    const bool good = begin(&key) && load(&key, path, parse_private, point);
    end(&key);
    return good;
}

/* ---------------------------------------------------------------- use */

static bool sign(pair_t *key, const char *path, const uint8_t digest[ONEOTA_DIGEST_BYTES],
                 uint8_t signature[SIGNATURE_RAW_BYTES])
{
    uint8_t der[MBEDTLS_ECDSA_MAX_LEN];
    size_t length = 0;
    const int error =
        mbedtls_pk_sign(&key->pk, MBEDTLS_MD_SHA256, digest, ONEOTA_DIGEST_BYTES,
                        der AND_SIZE(sizeof der), &length, mbedtls_ctr_drbg_random, &key->random);
    if (error != 0) {
        return failed("sign with", path, error);
    }
    return signature_from_der(der, length, signature);
}

bool key_sign(const char *path, const uint8_t digest[ONEOTA_DIGEST_BYTES],
              uint8_t signature[SIGNATURE_RAW_BYTES])
{
    pair_t key;
    uint8_t point[ONEOTA_PUBKEY_BYTES];
    const bool good = begin(&key) && load(&key, path, parse_private, point) &&
                      sign(&key, path, digest, signature);
    end(&key);
    return good;
}

/* ---------------------------------------------------------------- make */

static int make(pair_t *key, uint8_t *pem, uint8_t *public_pem)
{
    int error = mbedtls_pk_setup(&key->pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (error == 0) {
        error = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key->pk),
                                    mbedtls_ctr_drbg_random, &key->random);
    }
    if (error == 0) {
        error = mbedtls_pk_write_key_pem(&key->pk, pem, PEM_BYTES);
    }
    return error != 0 ? error : mbedtls_pk_write_pubkey_pem(&key->pk, public_pem, PEM_BYTES);
}

static bool store(const char *path, const char *public_path, const char *pem,
                  const char *public_pem)
{
    if (access(public_path, F_OK) == 0) {
        (void)say_fail(EXIT_INPUT, "%s exists; it is not overwritten", public_path);
        return false;
    }
    if (!file_create(path, 0600, pem, strlen(pem))) {
        return false;
    }
    if (!file_create(public_path, 0644, public_pem, strlen(public_pem))) {
        (void)unlink(path);
        return false;
    }
    return true;
}

bool key_generate(const char *path, const char *public_path)
{
    pair_t key;
    uint8_t pem[PEM_BYTES], public_pem[PEM_BYTES];
    bool good = begin(&key);
    if (good) {
        const int error = make(&key, pem, public_pem);
        good = error == 0 ? store(path, public_path, (const char *)pem, (const char *)public_pem)
                          : failed("make a key for", path, error);
    }
    mbedtls_platform_zeroize(pem, sizeof pem);
    end(&key);
    return good;
}
