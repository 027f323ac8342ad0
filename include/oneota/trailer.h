/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * trailer.h: the signature at the end of a package, and whom this device trusts.
 *
 * OneNET's own check is an MD5 that comes over the same channel as the package. A signed package
 * ends in a trailer of 192 bytes, made by `oneota-image` where the firmware is built; to the
 * platform it is a part of the file, covered by its size and MD5. A client with setup.trust takes
 * nothing else, and a boot loader proves an image with the same table of whom it trusts:
 *
 *     static const uint8_t keys[][ONEOTA_PUBKEY_BYTES] = {
 *         { 0x04, ... },      as `oneota-image key --pubkey KEY.pub` prints it
 *     };
 *     static const oneota_trust_t trust = { .scheme = &oneota_ecdsa_p256, .keys = keys,
 *                                           .key_count = 1, .vendor_id = 7, .class_id = 3 };
 *
 * The table is constant data of the firmware: nothing that comes from the network or stands in
 * flash changes a key, the algorithm, or that a signature is required.
 *
 * Format. All integers are little-endian; r, s and the key are big-endian, as everywhere. There
 * are no optional fields and no lengths to follow: the package is payload_length + 192 bytes long,
 * exactly, and every byte below is either checked or covered by the signature.
 *
 *     offset  bytes
 *          0      4  magic: "OTRL"
 *          4      1  format: 1
 *          5      1  algorithm: 1 = ECDSA on P-256 over SHA-256
 *          6      1  type: 1 full, 2 differential
 *          7      1  0
 *          8      4  payload length: bytes before the trailer, 1 or more
 *         12      4  vendor id: a number of your choice, the same on device and package
 *         16      4  class id: likewise; one for each kind of board that needs its own image
 *         20      4  security counter, 1 or more
 *         24      8  key id: bytes 1 to 8 of the public key's point, the first of its X
 *         32     20  firmware version: 1 to 20 of A-Z a-z 0-9 _ - . and zeros behind
 *         52     12  0
 *         64     32  base digest: differential, SHA-256 of the whole package that must be running
 *                    (its trailer included); full, 0
 *         96     32  digest. Full: SHA-256 of the payload. Differential: SHA-256 of the whole
 *                    package that it yields in the slot, which ends in a trailer of its own
 *        128     64  signature over bytes 0 to 127: r, then s, 32 bytes each
 *        192         the end of the package
 *
 * An example. The payload is the seven bytes "oneota\n". The trailer (tests/sign/example.sh takes
 * these bytes from here, and shows with openssl alone that they are right):
 *
 *     trailer   0: 4f 54 52 4c 01 01 01 00 07 00 00 00 07 00 00 00
 *     trailer  16: 03 00 00 00 05 00 00 00 9d e8 03 ed 3e ac d4 29
 *     trailer  32: 31 2e 32 2e 33 00 00 00 00 00 00 00 00 00 00 00
 *     trailer  48: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
 *     trailer  64: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
 *     trailer  80: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
 *     trailer  96: 3a db 27 18 09 24 4c 16 38 18 09 7e 6c 21 bd e9
 *     trailer 112: 49 28 3f 73 a5 ea 09 96 3c 18 b1 e2 4a e2 1e 98
 *     trailer 128: 30 60 38 18 90 ea 72 1c 5a c3 6c 24 3e b1 b0 c3
 *     trailer 144: 4e 1e e9 de ab c5 9d 80 9b cc 1e 03 13 dc 1d b1
 *     trailer 160: 0b 52 79 2c bc 94 73 db ed d2 59 0b ef 58 9a b4
 *     trailer 176: b8 9a 04 50 74 a1 ff 75 3c c2 42 b7 49 0e 5a ca
 *
 * signed by the private key whose public key is the point
 *
 *     key       0: 04 9d e8 03 ed 3e ac d4 29 ba b8 d5 75 0e ce a5
 *     key      16: 5c 07 46 d1 7b 39 3d 4f c9 fd 8f a8 7d c6 19 85
 *     key      32: e3 40 f0 f6 00 ce 6f bd d8 62 65 e2 72 a8 df 9c
 *     key      48: aa 27 18 07 30 94 39 ce 2a 3c ce 3b 37 11 c4 1a
 *     key      64: fc
 *
 * Order of proof: the trailer makes sense; its signature; what it says suits this device
 * (oneota_trailer_judge()); the digest of the payload, read back from flash (oneota/proof.h).
 *
 * Needs: the signature check takes 1.5 to 3.5 KiB of mbedTLS's heap, 1.3 KiB of stack and 20 to 35
 * million instructions of a Cortex-M4, in one call (the less heap, the more of these; see
 * MBEDTLS_ECP_WINDOW_SIZE); the rest takes no heap.
 */
#ifndef ONEOTA_TRAILER_H
#define ONEOTA_TRAILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oneota/calls.h"
#include "oneota/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- limits */

#define ONEOTA_TRAILER_BYTES  192u
#define ONEOTA_TRAILER_SIGNED 128u /**< of these, what the signature covers */
#define ONEOTA_PUBKEY_BYTES   65u  /**< 0x04, X, Y: the point of SEC 1, uncompressed */
#define ONEOTA_DIGEST_BYTES   32u  /**< SHA-256 */

#define ONEOTA_TRAILER_FORMAT    1
#define ONEOTA_TRAILER_ALGORITHM 1

/** How far the security counter may go up at once, where the trust table names no window. */
#define ONEOTA_COUNTER_WINDOW 1000u

/* ---------------------------------------------------------------- the bytes */

typedef enum { ONEOTA_PACKAGE_FULL = 1, ONEOTA_PACKAGE_DIFF = 2 } oneota_package_type_t;

/** A trailer as it stands at the end of a package. Bytes alone: no padding, any alignment. */
typedef struct {
    uint8_t magic[4];
    uint8_t format;
    uint8_t algorithm;
    uint8_t type; /**< oneota_package_type_t */
    uint8_t zero;
    uint8_t payload_length[4];
    uint8_t vendor_id[4];
    uint8_t class_id[4];
    uint8_t counter[4];
    uint8_t key_id[8];
    char version[ONEOTA_VERSION_MAX]; /**< ends in zero unless it has 20 characters */
    uint8_t zeros[12];
    uint8_t base[ONEOTA_DIGEST_BYTES];
    uint8_t digest[ONEOTA_DIGEST_BYTES];
    uint8_t signature[64];
} oneota_trailer_t;

/* ---------------------------------------------------------------- whom to trust */

/** How signatures are made: the code that checks them, and is linked when named. Constant data. */
typedef struct oneota_scheme oneota_scheme_t;

/** ECDSA on P-256 over SHA-256, by mbedTLS (MBEDTLS_ECDSA_C and _ECP_DP_SECP256R1_ENABLED). */
extern const oneota_scheme_t oneota_ecdsa_p256;

/** Constant data of the firmware, and of its boot loader. */
typedef struct {
    const oneota_scheme_t *scheme; /**< of the client; a boot loader needs none */
    /** Each is as good as the others: put the next one beside the present one before it is
     *  needed. */
    const uint8_t (*keys)[ONEOTA_PUBKEY_BYTES];
    uint8_t key_count; /**< 1 or more */
    uint32_t vendor_id;
    uint32_t class_id;       /**< another one for each image of a device: else the one's package
                                  is taken for the other */
    uint32_t counter_window; /**< 0: ONEOTA_COUNTER_WINDOW */
} oneota_trust_t;

/* ---------------------------------------------------------------- what suits */

/**
 * The newest image that was confirmed on this device: nothing older is taken. Durable; only ever
 * raised, and only after a confirm.
 */
typedef struct {
    uint32_t counter; /**< 0: none yet, any is taken */
    uint8_t digest[ONEOTA_DIGEST_BYTES];
} oneota_floor_t;

/** What a package is judged by, besides the trust. */
typedef struct {
    oneota_floor_t floor;
    const char *version; /**< the task's target, at most 20 characters; NULL: any */
    const uint8_t *base; /**< SHA-256 of what runs, its trailer included; NULL: no differential
                              package is taken */
    uint8_t type;        /**< oneota_package_type_t: the task's; in a slot FULL, always */
} oneota_wanted_t;

/** What is proven has this value, and what is not has any other: no single flipped bit, and no
 *  skipped instruction, makes the one of the other. Compare with it, never with 0. */
#define ONEOTA_PROVEN 0x96A53C5Bu

/** Is the table one that can prove anything: a scheme, and points that begin with 0x04? */
bool oneota_trust_is_sound(const oneota_trust_t *trust);

/**
 * Is it a trailer at all, and that of a package of so many bytes? Nothing that it says may be used
 * yet.
 * @return NONE; SIGNATURE
 */
oneota_reason_t oneota_trailer_check(const oneota_trailer_t *trailer, uint32_t package_bytes);

/** @return ONEOTA_PROVEN: a key of the table has signed it; else any other value, of which
 *  ONEOTA_PROVEN_NOT_NOW: there was no memory to find out */
uint32_t oneota_trailer_verify(const oneota_trailer_t *trailer, const oneota_trust_t *trust);
#define ONEOTA_PROVEN_NOT_NOW 0x3C5B96A5u

/**
 * Does what it says suit this device? For a trailer that was verified.
 * @return NONE; CLASS other vendor or class; TYPE; VERSION not the task's; BASE; COUNTER lower than
 *         the floor, equal but of another image, or beyond the window
 */
oneota_reason_t oneota_trailer_judge(const oneota_trailer_t *trailer, const oneota_trust_t *trust,
                                     const oneota_wanted_t *wanted);

/**
 * All three, in their order: what can be known of a package by its last 192 bytes.
 * @return NONE: it is worth a download; else a reason of the above, or MEMORY
 */
oneota_reason_t oneota_trailer_screen(const oneota_trailer_t *trailer, uint32_t package_bytes,
                                      const oneota_trust_t *trust, const oneota_wanted_t *wanted);

/** Raises the floor to a confirmed image's. @return true: it is higher now, store it */
bool oneota_floor_raise(oneota_floor_t *floor, const oneota_trailer_t *trailer);

#ifdef __cplusplus
}
#endif
#endif
