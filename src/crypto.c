/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * crypto.c: hashes and signatures on mbedTLS 2.28 and 3.6. The hash modules are used directly:
 * unlike mbedtls_md_setup() they need no heap. In software they cannot fail, and a digest that a
 * broken accelerator left unfinished matches nothing: what they return is ignored.
 */
#include "crypto.h"

#include <string.h>

#include "mbedtls/base64.h"
#include "mbedtls/md5.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/sha1.h"
#include "mbedtls/sha256.h"
#include "mbedtls/version.h"

#if MBEDTLS_VERSION_MAJOR < 3
#define md5_starts    mbedtls_md5_starts_ret
#define md5_update    mbedtls_md5_update_ret
#define md5_finish    mbedtls_md5_finish_ret
#define sha1_starts   mbedtls_sha1_starts_ret
#define sha1_update   mbedtls_sha1_update_ret
#define sha1_finish   mbedtls_sha1_finish_ret
#define sha256_starts mbedtls_sha256_starts_ret
#define sha256_update mbedtls_sha256_update_ret
#define sha256_finish mbedtls_sha256_finish_ret
#else
#define md5_starts    mbedtls_md5_starts
#define md5_update    mbedtls_md5_update
#define md5_finish    mbedtls_md5_finish
#define sha1_starts   mbedtls_sha1_starts
#define sha1_update   mbedtls_sha1_update
#define sha1_finish   mbedtls_sha1_finish
#define sha256_starts mbedtls_sha256_starts
#define sha256_update mbedtls_sha256_update
#define sha256_finish mbedtls_sha256_finish
#endif

/* ---------------------------------------------------------------- hashes */

typedef union {
    mbedtls_md5_context md5;
    mbedtls_sha1_context sha1;
    mbedtls_sha256_context sha256;
} context_t;

struct context_place {
    char before;
    context_t context;
};

struct words_place {
    char before;
    uint64_t words;
};

/* A negative size where oneota_hash_t cannot hold the contexts of this mbedTLS. */
typedef char context_fits[sizeof(context_t) <= sizeof(((oneota_hash_t *)NULL)->words) ? 1 : -1];
typedef char context_aligned
    [offsetof(struct context_place, context) <= offsetof(struct words_place, words) ? 1 : -1];

static context_t *context_of(oneota_hash_t *hash)
{
    return (context_t *)(void *)hash->words;
}

void oneota_crypto_hash_begin(oneota_hash_t *hash, crypto_hash_kind_t kind)
{
    context_t *context = context_of(hash);

    hash->kind = (uint8_t)kind;
    switch (kind) {
    case CRYPTO_MD5:
        mbedtls_md5_init(&context->md5);
        (void)md5_starts(&context->md5);
        break;
    case CRYPTO_SHA1:
        mbedtls_sha1_init(&context->sha1);
        (void)sha1_starts(&context->sha1);
        break;
    case CRYPTO_SHA256:
        mbedtls_sha256_init(&context->sha256);
        (void)sha256_starts(&context->sha256, 0);
        break;
    }
}

void oneota_crypto_hash_add(oneota_hash_t *hash, const void *data, size_t length)
{
    context_t *context = context_of(hash);

    switch (hash->kind) {
    case CRYPTO_MD5:
        (void)md5_update(&context->md5, data, length);
        break;
    case CRYPTO_SHA1:
        (void)sha1_update(&context->sha1, data, length);
        break;
    case CRYPTO_SHA256:
        (void)sha256_update(&context->sha256, data, length);
        break;
    }
}

void oneota_crypto_hash_end(oneota_hash_t *hash, uint8_t *digest)
{
    context_t *context = context_of(hash);

    switch (hash->kind) {
    case CRYPTO_MD5:
        (void)md5_finish(&context->md5, digest);
        break;
    case CRYPTO_SHA1:
        (void)sha1_finish(&context->sha1, digest);
        break;
    case CRYPTO_SHA256:
        (void)sha256_finish(&context->sha256, digest);
        break;
    }
    oneota_crypto_wipe(hash, sizeof *hash);
}

bool oneota_crypto_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
    unsigned difference = 0;

    while (length-- > 0) {
        difference |= (unsigned)a[length] ^ b[length];
    }
    return difference == 0;
}

bool oneota_crypto_hash_is(oneota_hash_t *hash, const uint8_t *expected)
{
    uint8_t digest[CRYPTO_DIGEST_MAX] = {
        0}; /* never what was on the stack, should the engine fail */
    const size_t length = hash->kind;

    oneota_crypto_hash_end(hash, digest);
    return oneota_crypto_equal(digest, expected, length);
}

/* ---------------------------------------------------------------- signature */

#define BLOCK_BYTES   64u /* of HMAC, with each of the hashes */
#define KEY_BYTES_MAX 128u

/* mbedTLS wants the padding that a key may lack, and takes blanks that a key may not have. */
static bool decode_key(const char *key, uint8_t *bytes, size_t *length)
{
    char padded[ONEOTA_KEY_MAX];
    const size_t digits = strcspn(key, "= \r\n");

    if (digits > sizeof padded || key[digits + strspn(key + digits, "=")] != '\0') {
        return false;
    }
    memset(padded, '=', sizeof padded);
    memcpy(padded, key, digits);
    const bool good = mbedtls_base64_decode(bytes, KEY_BYTES_MAX, length, (uint8_t *)padded,
                                            (digits + 3u) & ~(size_t)3u) == 0;
    oneota_crypto_wipe(padded, sizeof padded);
    return good && *length > 0;
}

bool oneota_crypto_sign(crypto_hash_kind_t kind, const char *key, const void *data, size_t length,
                        char *sign)
{
    static const uint8_t k_change[] = {0x36, 0x36 ^ 0x5C}; /* to the inner pad, to the outer */
    uint8_t block[KEY_BYTES_MAX] = {0};
    uint8_t mac[CRYPTO_DIGEST_MAX];
    oneota_hash_t hash;
    size_t key_length;

    if (!decode_key(key, block, &key_length)) {
        return false;
    }
    if (key_length > BLOCK_BYTES) {
        oneota_crypto_hash_begin(&hash, kind);
        oneota_crypto_hash_add(&hash, block, key_length);
        memset(block, 0, sizeof block);
        oneota_crypto_hash_end(&hash, block);
    }
    for (size_t pass = 0; pass < sizeof k_change; pass++) {
        for (size_t i = 0; i < BLOCK_BYTES; i++) {
            block[i] ^= k_change[pass];
        }
        oneota_crypto_hash_begin(&hash, kind);
        oneota_crypto_hash_add(&hash, block, BLOCK_BYTES);
        oneota_crypto_hash_add(&hash, data, length);
        oneota_crypto_hash_end(&hash, mac);
        data = mac;
        length = kind;
    }
    oneota_crypto_wipe(block, sizeof block);
    const int error =
        mbedtls_base64_encode((uint8_t *)sign, CRYPTO_SIGN_MAX + 1u, &length, mac, kind);
    oneota_crypto_wipe(mac, sizeof mac);
    return error == 0;
}

/* ---------------------------------------------------------------- memory */

void oneota_crypto_wipe(void *data, size_t length)
{
    mbedtls_platform_zeroize(data, length);
}
