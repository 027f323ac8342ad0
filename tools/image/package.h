/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 *
 * package.h: a payload and its trailer. What fails has been said on stderr.
 */
#ifndef IMAGE_PACKAGE_H
#define IMAGE_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file.h"
#include "oneota/trailer.h"

#define PACKAGE_KEYS_MAX    8
#define PACKAGE_BYTES_MAX   UINT32_MAX
#define PACKAGE_PAYLOAD_MAX (PACKAGE_BYTES_MAX - ONEOTA_TRAILER_BYTES)

/** What a trailer is to say. */
typedef struct {
    const char *version;
    uint32_t counter;
    uint32_t vendor_id;
    uint32_t class_id;
    uint8_t type;          /**< oneota_package_type_t */
    const char *base;      /**< DIFF: file of the package that must be running */
    const char *path;      /**< of the payload, for messages */
    const uint8_t *key_id; /**< the key's point */
} package_facts_t;

void package_sha256(const void *data, size_t length, uint8_t digest[ONEOTA_DIGEST_BYTES]);

/** The trailer at the end of a package; NULL: there is none. */
const oneota_trailer_t *package_trailer(const bytes_t *package);

/** Takes the trailer off, if there is one. */
void package_strip(bytes_t *package);

/** Fills all of a trailer but its signature. @return an exit code */
int package_describe(const bytes_t *payload, const package_facts_t *facts,
                     oneota_trailer_t *trailer);

/** What a signer signs: SHA-256 of the trailer's first 128 bytes. */
void package_digest(const oneota_trailer_t *trailer, uint8_t digest[ONEOTA_DIGEST_BYTES]);

/** Is it signed by one of the keys, and is its payload what the trailer says? By the code that a
 *  device runs. @return an exit code */
int package_verify(const bytes_t *package, const char *path,
                   const uint8_t (*keys)[ONEOTA_PUBKEY_BYTES], size_t key_count);

/** The same without a word, of the signature alone. */
bool package_signed_by(const oneota_trailer_t *trailer, const uint8_t (*keys)[ONEOTA_PUBKEY_BYTES],
                       size_t key_count);

/** Is the digest in the trailer that of the payload (of what a differential payload says it
 *  yields)? */
bool package_matches(const bytes_t *package);

#endif
