/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * digest.c: src/crypto.h with SHA-256 alone. src/crypto.c chooses among three hashes at run time,
 * and would bring 7 KB of MD5 and SHA-1 into the boot loader.
 */
#include <string.h>

#include "crypto.h"
#include "mbedtls/sha256.h"

typedef char
    context_fits[sizeof(mbedtls_sha256_context) <= sizeof(((oneota_hash_t *)NULL)->words) ? 1 : -1];

static mbedtls_sha256_context *context_of(oneota_hash_t *hash)
{
    return (mbedtls_sha256_context *)(void *)hash->words;
}

void oneota_crypto_hash_begin(oneota_hash_t *hash, crypto_hash_kind_t kind)
{
    hash->kind = (uint8_t)kind;
    mbedtls_sha256_init(context_of(hash));
    (void)mbedtls_sha256_starts(context_of(hash), 0);
}

void oneota_crypto_hash_add(oneota_hash_t *hash, const void *data, size_t length)
{
    (void)mbedtls_sha256_update(context_of(hash), data, length);
}

void oneota_crypto_hash_end(oneota_hash_t *hash, uint8_t *digest)
{
    (void)mbedtls_sha256_finish(context_of(hash), digest);
}

/* Nothing here is secret. */
bool oneota_crypto_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
    return memcmp(a, b, length) == 0;
}
