/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * image.h: an image package, and whether it can start on this board.
 *
 * Purpose
 *     The boot loader asks before it jumps, and the application's boot port before it marks an
 *     image for trial: both with this check.
 *
 * Needs
 *     RAM       an image_check_t, about 450 bytes, while it checks
 *     blocking  no: a call reads at most 4 KiB
 *
 * Use
 *     image_check_begin(&check, &flash_port, flash_slot(1), size);
 *     do {
 *         error = image_check(&check);
 *     } while (error == ONEOTA_AGAIN);
 *     if (error != ONEOTA_OK) {
 *         log(check.why);
 *     }
 *
 * A package is 256 bytes of header and the payload, and is copied to its load address as it is. All
 * numbers are little-endian.
 *
 *       0  magic, "OTAI"
 *       4  header bytes, 256: another number is another format
 *       8  board, 0x00000386
 *      12  load address of the header: 0x00100000
 *      16  payload bytes
 *      20  version, ends in zero: 1 to 20 characters of A-Z a-z 0-9 _ - .
 *      52  zeros
 *     224  SHA-256 of bytes 0 to 223 and of the payload
 *     256  payload: the vector table, then the rest
 *
 * The digest shows damage, not who made the image. Where public keys were built in, a trailer with
 * a signature over all of the above follows (oneota/trailer.h), and is a part of the package:
 *
 *     mps2.py pack app-http.elf --version 1.1.0 --out 1.1.0.pkg
 *     oneota-image sign --key KEY.pem --vendor 1 --class 902 --version 1.1.0 --counter 7 \
 *         --in 1.1.0.pkg --out 1.1.0.signed
 *
 * The trailer's place is looked at here, what it says in load_signed.c, and by the client.
 */
#ifndef MPS2_IMAGE_H
#define MPS2_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "oneota/calls.h"
#include "oneota/port.h"
#include "oneota/state.h"
#include "oneota/trailer.h"

#define IMAGE_MAGIC        0x4941544Fu
#define IMAGE_HEADER_BYTES 256u
#define IMAGE_BOARD        0x00000386u
#define IMAGE_LOAD         0x00100000u

/* In the trailer of a signed package. */
#define IMAGE_VENDOR 1u
#define IMAGE_CLASS  IMAGE_BOARD

/* Bytes behind the payload. */
#ifdef MPS2_SIGNED
#define IMAGE_TRAILER_BYTES ONEOTA_TRAILER_BYTES
#else
#define IMAGE_TRAILER_BYTES 0u
#endif

/** What a header says; nothing of it is proven before image_check() is OK. */
typedef struct {
    uint32_t length; /**< bytes of the package: header, payload and trailer */
    char version[ONEOTA_VERSION_MAX + 1];
} image_t;

typedef struct {
    image_t image;   /**< readable once image_check() is OK */
    const char *why; /**< readable after VERIFY or STORAGE: "too large", static text */
    const oneota_flash_t *flash;
    void *flash_ctx;
    uint32_t size;
    uint32_t done;
    oneota_hash_t hash;
    uint8_t buffer[IMAGE_HEADER_BYTES];
    uint8_t digest[32];
} image_check_t;

/** @param size  bytes of the package in the slot, 0: as its header says */
void image_check_begin(image_check_t *check, const oneota_flash_t *flash, void *flash_ctx,
                       uint32_t size);

/** @return AGAIN; OK; VERIFY it must not start; STORAGE it cannot be read */
oneota_error_t image_check(image_check_t *check);

/** Decodes a header, in flash or where an image runs. @return NULL, or what is wrong with it */
const char *image_decode(const uint8_t header[IMAGE_HEADER_BYTES], image_t *image);

#endif
