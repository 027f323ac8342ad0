/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * crypto.h: the seam to the crypto library. crypto.c is the only file that includes mbedTLS.
 */
#ifndef ONEOTA_SRC_CRYPTO_H
#define ONEOTA_SRC_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oneota/state.h"

/** The value of each is the length of its digest in bytes. */
typedef enum { CRYPTO_MD5 = 16, CRYPTO_SHA1 = 20, CRYPTO_SHA256 = 32 } crypto_hash_kind_t;

#define CRYPTO_DIGEST_MAX 32u

void oneota_crypto_hash_begin(oneota_hash_t *hash, crypto_hash_kind_t kind);
void oneota_crypto_hash_add(oneota_hash_t *hash, const void *data, size_t length);

/** Ends the hash and wipes its context. digest: as many bytes as the kind says */
void oneota_crypto_hash_end(oneota_hash_t *hash, uint8_t *digest);

/** Compares two digests in constant time. */
bool oneota_crypto_equal(const uint8_t *a, const uint8_t *b, size_t length);

/** Ends the hash. @return whether the digest is the expected one */
bool oneota_crypto_hash_is(oneota_hash_t *hash, const uint8_t *expected);

#define CRYPTO_SIGN_MAX 44u /* base64 of the longest MAC */

/**
 * base64(HMAC(key, data)), where key is base64 itself, with or without '='.
 * @param sign  CRYPTO_SIGN_MAX + 1 bytes; ends in zero
 * @return false: key is not base64, or empty, or has more than 128 bytes
 */
bool oneota_crypto_sign(crypto_hash_kind_t kind, const char *key, const void *data, size_t length,
                        char *sign);

/** Zeroises, and is not optimised away. */
void oneota_crypto_wipe(void *data, size_t length);

#endif
