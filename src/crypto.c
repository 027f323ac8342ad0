/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * crypto.c: hashes, HMAC and base64 on mbedTLS 2.28 and 3.6. The hash modules are used directly:
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

size_t crypto_digest_length(crypto_hash_kind_t kind)
{
    static const uint8_t k_length[] = {0, 16, 20, 32};

    return k_length[kind];
}

void crypto_hash_begin(oneota_hash_t *hash, crypto_hash_kind_t kind)
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

void crypto_hash_add(oneota_hash_t *hash, const void *data, size_t length)
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

void crypto_hash_end(oneota_hash_t *hash, uint8_t *digest)
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
    crypto_wipe(hash, sizeof *hash);
}

/* ---------------------------------------------------------------- HMAC */

#define INNER_PAD 0x36u
#define OUTER_PAD 0x5Cu

static void begin_padded(crypto_hmac_t *hmac, crypto_hash_kind_t kind, unsigned change)
{
    for (size_t i = 0; i < sizeof hmac->pad; i++) {
        hmac->pad[i] = (uint8_t)(hmac->pad[i] ^ change);
    }
    crypto_hash_begin(&hmac->hash, kind);
    crypto_hash_add(&hmac->hash, hmac->pad, sizeof hmac->pad);
}

void crypto_hmac_begin(crypto_hmac_t *hmac, crypto_hash_kind_t kind, const uint8_t *key,
                       size_t key_length)
{
    memset(hmac->pad, 0, sizeof hmac->pad);
    if (key_length > sizeof hmac->pad) {
        crypto_hash_begin(&hmac->hash, kind);
        crypto_hash_add(&hmac->hash, key, key_length);
        crypto_hash_end(&hmac->hash, hmac->pad);
    } else if (key_length > 0) {
        memcpy(hmac->pad, key, key_length);
    }
    begin_padded(hmac, kind, INNER_PAD);
}

void crypto_hmac_add(crypto_hmac_t *hmac, const void *data, size_t length)
{
    crypto_hash_add(&hmac->hash, data, length);
}

void crypto_hmac_end(crypto_hmac_t *hmac, uint8_t *mac)
{
    crypto_hash_kind_t kind = (crypto_hash_kind_t)hmac->hash.kind;

    crypto_hash_end(&hmac->hash, mac);
    begin_padded(hmac, kind, INNER_PAD ^ OUTER_PAD);
    crypto_hash_add(&hmac->hash, mac, crypto_digest_length(kind));
    crypto_hash_end(&hmac->hash, mac);
    crypto_wipe(hmac, sizeof *hmac);
}

/* ---------------------------------------------------------------- base64 */

/* In quads: mbedTLS wants room for a final zero when it encodes, and '=' when it decodes. */

bool crypto_base64_encode(const uint8_t *data, size_t length, char *text, size_t size,
                          size_t *written)
{
    size_t done = 0;
    *written = 0;
    while (done < length) {
        unsigned char quad[5];
        size_t take = length - done < 3 ? length - done : 3;
        size_t quad_length;
        if (size - *written < 4) {
            return false;
        }
        (void)mbedtls_base64_encode(quad, sizeof quad, &quad_length, data + done, take);
        memcpy(text + *written, quad, 4);
        *written += 4;
        done += take;
    }
    return true;
}

bool crypto_base64_decode(const char *text, size_t length, uint8_t *data, size_t size,
                          size_t *written)
{
    unsigned char quad[4];
    size_t done = 0;
    bool good = true;

    *written = 0;
    if (length > 0 && length % 4 == 0) {
        length -= (size_t)(text[length - 1] == '=');
        length -= (size_t)(text[length - 1] == '=');
    }
    while (good && done < length) {
        size_t take = length - done < 4 ? length - done : 4;
        size_t bytes;
        memset(quad, '=', sizeof quad);
        memcpy(quad, text + done, take);
        /* blanks, which mbedTLS skips, and '=' before the end show as too few bytes */
        good = mbedtls_base64_decode(data + *written, size - *written, &bytes, quad, 4) == 0 &&
               bytes == take - 1;
        *written += good ? bytes : 0;
        done += take;
    }
    crypto_wipe(quad, sizeof quad);
    return good;
}

/* ---------------------------------------------------------------- memory */

bool crypto_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
    volatile uint8_t difference = 0;

    for (size_t i = 0; i < length; i++) {
        difference = (uint8_t)(difference | (a[i] ^ b[i]));
    }
    return difference == 0;
}

void crypto_wipe(void *data, size_t length)
{
    mbedtls_platform_zeroize(data, length);
}
