/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 *
 * key.h: P-256 keys in PEM, as openssl reads and writes them. What fails has been said on stderr.
 */
#ifndef IMAGE_KEY_H
#define IMAGE_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "oneota/trailer.h"
#include "signature.h"

/** Makes a pair; writes the private key (mode 0600) and the public one. Neither file may exist. */
bool key_generate(const char *path, const char *public_path);

/** The point of the public key in a file. */
bool key_read_public(const char *path, uint8_t point[ONEOTA_PUBKEY_BYTES]);

/** The point of the private key in a file. */
bool key_read_private(const char *path, uint8_t point[ONEOTA_PUBKEY_BYTES]);

/** Signs a SHA-256 with the private key in a file; the same each time (RFC 6979). */
bool key_sign(const char *path, const uint8_t digest[ONEOTA_DIGEST_BYTES],
              uint8_t signature[SIGNATURE_RAW_BYTES]);

#endif
