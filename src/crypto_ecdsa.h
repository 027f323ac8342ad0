/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * crypto_ecdsa.h: the part of the seam to the crypto library that signed packages need. Apart from
 * crypto.h, because a link without trust has none of it.
 */
#ifndef ONEOTA_SRC_CRYPTO_ECDSA_H
#define ONEOTA_SRC_CRYPTO_ECDSA_H

#include <stdint.h>

/**
 * Takes the heap of mbedTLS, and gives it back.
 * @param key        65 bytes: 0x04, X, Y
 * @param digest     32 bytes, SHA-256 of what was signed
 * @param signature  64 bytes: r, s; each must be from 1 to the order of the curve less 1
 * @return ONEOTA_PROVEN; ONEOTA_PROVEN_NOT_NOW no memory; anything else: it is not the key's
 */
uint32_t oneota_crypto_verify_p256(const uint8_t *key, const uint8_t *digest,
                                   const uint8_t *signature);

#endif
