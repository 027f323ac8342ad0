/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * parts.h: what the files of this port tell each other.
 */
#ifndef ONEOTA_MCUBOOT_PARTS_H
#define ONEOTA_MCUBOOT_PARTS_H

#include "oneota_mcuboot.h"

/** Notes why. @return error */
oneota_error_t oneota_mcuboot_refuse(oneota_mcuboot_t *boot, oneota_error_t error, const char *why);

/* ---------------------------------------------------------------- slot.c */

/** Bytes of a slot, from its beginning; tries again where flash says STORAGE. */
oneota_error_t oneota_mcuboot_read(const oneota_mcuboot_t *boot, uint8_t slot, uint32_t offset,
                                   void *buffer, uint32_t length);

/** Where the sector that holds this offset ends. */
uint32_t oneota_mcuboot_sector_end(const oneota_mcuboot_t *boot, uint8_t slot, uint32_t offset);

/* ---------------------------------------------------------------- trailer.c */

/** The fields that tell what happens next, as they stand one behind the other. */
typedef enum { FIELD_INFO = 0, FIELD_DONE, FIELD_OK, FIELD_MAGIC, FIELD_COUNT } field_t;

/** What is in one of them, as MCUboot sees it. Of the magic, SET is good, and all else BAD. */
typedef enum { FIELD_UNSET = 0, FIELD_SET, FIELD_BAD } field_state_t;

/** Its bytes, for whoever is going to write them: erased, mark()'s swap info, or anything else. */
typedef enum { ROOM_FREE = 0, ROOM_WRITTEN, ROOM_TAKEN } room_t;

/** BOOT_SWAP_TYPE_... */
typedef enum { SWAP_NONE = 1, SWAP_TEST, SWAP_PERM, SWAP_REVERT } swap_t;

typedef struct {
    uint8_t field[FIELD_COUNT]; /**< field_state_t */
    uint8_t room[FIELD_COUNT];  /**< room_t */
    uint8_t last;               /**< swap_t of the swap info */
    bool readable;
} trailer_t;

/** What MCUboot is going to do, by both trailers. */
typedef struct {
    trailer_t slot[2];
    uint8_t next; /**< swap_t */
} trailers_t;

/** @return OK; STORAGE: that of slot 0 cannot be read. What cannot be read of slot 1 is BAD: so it
 *  is to MCUboot */
oneota_error_t oneota_mcuboot_trailers(const oneota_mcuboot_t *boot, trailers_t *trailers);

/** Where in a slot a field begins, and all of its bytes, the unused ones too. */
uint32_t oneota_mcuboot_field(const oneota_mcuboot_t *boot, uint8_t slot, field_t field,
                              uint32_t *length);

/** Bytes that stand in a field when it is set: for program(). @return how many */
uint32_t oneota_mcuboot_fill(const oneota_mcuboot_t *boot, uint8_t slot, field_t field,
                             uint8_t bytes[ONEOTA_MCUBOOT_ALIGN_MAX]);

/** Bytes from the beginning of the trailer to the end of a slot with units of so many bytes.
 *  scratch: of the one in the scratch area, which is for a single sector */
uint32_t oneota_mcuboot_trailer_bytes(const oneota_mcuboot_t *boot, uint32_t unit, bool scratch);

/* ---------------------------------------------------------------- image.c */

#define ONEOTA_MCUBOOT_HEADER_BYTES 32u

/** Of the image header and the TLVs behind the image; offsets from the header. */
typedef struct {
    uint32_t body; /**< size of the header */
    uint32_t tlvs;
    uint32_t unprotected; /**< where the second TLV area begins; tlvs, if it is the only one */
    uint32_t end;         /**< of the last TLV area */
    uint8_t version[8];
} mcuboot_image_t;

/** The image in a slot, if its header and its TLV areas make sense within limit bytes.
 *  @return OK; VERIFY; STORAGE */
oneota_error_t oneota_mcuboot_image(oneota_mcuboot_t *boot, uint8_t slot, uint32_t limit,
                                    mcuboot_image_t *image);

/** Eight TLVs on from boot->walk. @return AGAIN; OK all are in order; VERIFY; STORAGE */
oneota_error_t oneota_mcuboot_walk(oneota_mcuboot_t *boot, uint8_t slot,
                                   const mcuboot_image_t *image);

/** Bytes of the package that an image came as: with oneota's trailer behind it, if there is one. */
uint32_t oneota_mcuboot_package(const oneota_mcuboot_t *boot, uint8_t slot,
                                const mcuboot_image_t *image);

/** Does the reset vector point into slot 0? @return OK; VERIFY; STORAGE */
oneota_error_t oneota_mcuboot_address(oneota_mcuboot_t *boot, uint8_t slot,
                                      const mcuboot_image_t *image);

#endif
