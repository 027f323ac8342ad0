/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fake_mcuboot.h: what MCUboot does at a start, in small, by its docs/design.md: it reads both
 * trailers, decides by the tables of swap types, and exchanges the sectors that the longer of the
 * two images takes. Raw flash alone, and nothing of the port that is tested.
 *
 *     fake_mcuboot_t boot = {.slot = {&a, &b}, .align = 8};
 *     uint8_t type = fake_mcuboot_start(&boot);
 *
 * Its own erases and programs are not cut: that MCUboot survives it is MCUboot's matter.
 */
#ifndef ONEOTA_FAKE_MCUBOOT_H
#define ONEOTA_FAKE_MCUBOOT_H

#include "fake_flash.h"

#define FAKE_MCUBOOT_NONE   1u
#define FAKE_MCUBOOT_TEST   2u
#define FAKE_MCUBOOT_PERM   3u
#define FAKE_MCUBOOT_REVERT 4u

typedef struct {
    fake_flash_t *slot[2]; /**< units of one length */
    uint8_t align;         /**< BOOT_MAX_ALIGN */
    bool offset;           /**< swap using offset */
    bool forgets;          /**< writes no swap info, so that nobody learns of a revert */
    uint32_t swaps;        /**< counted */
    uint32_t refused;      /**< images that were marked, and are none */
} fake_mcuboot_t;

/** Power on. @return the swap that was made */
uint8_t fake_mcuboot_start(fake_mcuboot_t *boot);

/** Makes room_bytes an image: header of 32 bytes, version, what stands there as it is, one TLV area
 *  with a SHA-256 entry (of zeros) at its end. Of what is behind it, nothing. */
void fake_mcuboot_image(uint8_t *bytes, uint32_t room_bytes, const uint8_t version[8]);

/** Bytes that the image area with the header here takes, TLVs included; 0: it is none. */
uint32_t fake_mcuboot_size(const uint8_t *bytes, uint32_t limit);

/** The magic of this alignment, 16 bytes. */
const uint8_t *fake_mcuboot_magic(uint8_t align);

#endif
