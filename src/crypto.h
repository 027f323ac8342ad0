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

typedef enum { CRYPTO_MD5 = 1, CRYPTO_SHA1, CRYPTO_SHA256 } crypto_hash_kind_t;

#define CRYPTO_DIGEST_MAX 32u

/** Bytes of a digest of this kind: 16, 20, 32. */
size_t crypto_digest_length(crypto_hash_kind_t kind);

void crypto_hash_begin(oneota_hash_t *hash, crypto_hash_kind_t kind);
void crypto_hash_add(oneota_hash_t *hash, const void *data, size_t length);

/** Ends the hash and wipes its context. digest: crypto_digest_length() bytes. */
void crypto_hash_end(oneota_hash_t *hash, uint8_t *digest);

/** HMAC (RFC 2104) in progress; of any key length. */
typedef struct {
    oneota_hash_t hash;
    uint8_t pad[64]; /**< key, padded; wiped at the end */
} crypto_hmac_t;

void crypto_hmac_begin(crypto_hmac_t *hmac, crypto_hash_kind_t kind, const uint8_t *key,
                       size_t key_length);
void crypto_hmac_add(crypto_hmac_t *hmac, const void *data, size_t length);
void crypto_hmac_end(crypto_hmac_t *hmac, uint8_t *mac);

/** Base64 without line breaks and without a final zero. @return false if size is too small */
bool crypto_base64_encode(const uint8_t *data, size_t length, char *text, size_t size,
                          size_t *written);

/** Base64 with or without '=' padding; nothing else is tolerated. @return false if it is not that,
 *  or if size is too small */
bool crypto_base64_decode(const char *text, size_t length, uint8_t *data, size_t size,
                          size_t *written);

/** Constant-time comparison. */
bool crypto_equal(const uint8_t *a, const uint8_t *b, size_t length);

/** Zeroises, and is not optimised away. */
void crypto_wipe(void *data, size_t length);

#endif
