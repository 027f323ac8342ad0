/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fake_signer.h: signed packages, made without oneota-image. The keys are fixed and known to all.
 */
#ifndef ONEOTA_FAKE_SIGNER_H
#define ONEOTA_FAKE_SIGNER_H

#include "oneota/trailer.h"

#define FAKE_SIGNERS 3u

#define FAKE_VENDOR         7u
#define FAKE_CLASS          0x01020304u
#define FAKE_COUNTER        50u
#define FAKE_SIGNED_VERSION "1.2.3"

/** Public keys of all signers, made at the first call; the array stays. */
const uint8_t (*fake_signer_keys(void))[ONEOTA_PUBKEY_BYTES];

/** A table that trusts the first key_count signers, with the numbers above. */
oneota_trust_t fake_signer_trust(uint8_t key_count);

/** What the trailer of a full package with this payload says, by signer 0 and with the numbers
 *  above; not signed yet. */
void fake_signer_fill(oneota_trailer_t *trailer, const void *payload, uint32_t length);

/** Makes the last 192 bytes of a package its trailer: version, counter, by this signer. */
void fake_signer_seal(uint8_t *package, uint32_t size, const char *version, uint32_t counter,
                      unsigned signer);

/** Puts a trailer behind a differential package of length bytes, which names what its header names.
 *  @return the length with it */
uint32_t fake_signer_seal_patch(uint8_t *patch, uint32_t length, const char *version,
                                uint32_t counter, unsigned signer);

/** Names the signer's key and signs. */
void fake_signer_sign(oneota_trailer_t *trailer, unsigned signer);

/** Signs, and leaves the name of the key as it is. */
void fake_signer_sign_only(oneota_trailer_t *trailer, unsigned signer);

void fake_signer_sha256(const void *data, size_t length, uint8_t digest[ONEOTA_DIGEST_BYTES]);

/** hex: 2 x count hex digits */
void signer_read_hex(const char *hex, uint8_t *bytes, size_t count);

#endif
