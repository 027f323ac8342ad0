/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * oneota_mcuboot.h: boot control by MCUboot's image trailers, for a product that keeps MCUboot.
 *
 * Purpose
 *     Reads and writes the trailer at the end of each slot as MCUboot's documents lay it out
 *     (docs/design.md, "Image trailer"). Needs no header, no flash map and no library of MCUboot:
 *     the two slots as flash regions, and four numbers of its configuration. MCUboot stays as it
 *     is, with its own signature check.
 *
 * Needs
 *     RAM       one oneota_mcuboot_t for each image, 168 bytes on 32 bits; 250 bytes of stack
 *     sources   the .c files beside this one; of the library nothing
 *     blocking  none: mark, revert and inspect say AGAIN after each erase, program or eight reads
 *
 * Use
 *     static oneota_mcuboot_t boot = {.mode = ONEOTA_MCUBOOT_MOVE, .max_sectors = 128,
 *                                     .slot = {{.raw = &board_flash, .raw_ctx = &primary},
 *                                              {.raw = &board_flash, .raw_ctx = &secondary}}};
 *     static char version[ONEOTA_MCUBOOT_VERSION_BYTES];
 *
 *     oneota_mcuboot_init(&boot);                 // PARAM: boot.why says what is wrong
 *     oneota_mcuboot_version(&boot, 0, version);  // of what runs: .id.version = version
 *     ... image: .slot = {&boot.slot[0].port, &boot.slot[1].port},
 *                .slot_ctx = {&boot.slot[0], &boot.slot[1]} ...
 *     ... setup: .boot = &oneota_mcuboot, .boot_ctx = &boot ...
 *
 *     raw is a port of the whole slot, its trailer included: its size() is that of MCUboot's flash
 *     area, its program_unit the area's alignment. The client gets .port, which is without trailer.
 *     Several images: boot_ctx is an array, in the order of setup.images.
 *
 * Modes
 *     swap using move, offset or scratch: supported. The image that runs is always in slot 0
 *     (primary), a new one goes into slot 1 (secondary); with offset, behind its first sector.
 *     overwrite-only, direct-XIP, RAM loading, single slot: not supported. The first has no trial
 *     and no way back; to the others, an image must be built for the slot that it goes into.
 *     Encrypted and compressed images: refused. What runs would have another digest than what was
 *     downloaded, by which the client knows it.
 *
 * What the trailers say                            (MCUboot's tables of swap types, in their order)
 *     offset: slot 1 magic good, ok unset, done set     REVERT     TRIAL
 *     slot 1 magic good, ok unset                       TEST       PENDING
 *     slot 1 magic good, ok set                         PERM       PENDING, and no trial to come
 *     slot 0 magic good, ok unset, done set             REVERT     TRIAL: the next restart of any
 *                                                                  kind goes back
 *     else: slot 0's swap info says that the last                  REVERTED
 *           swap was a revert                           NONE
 *     else                                              NONE       CONFIRMED
 *
 *     MCUboot keeps no mark "reverted" of its own; it notes in slot 0 which swap it did last, and
 *     leaves that there until the next one. Where it does not say so - a revert that a power cut
 *     turned into a permanent swap, an image that was refused before it ran - the answer is
 *     CONFIRMED, and the client finds out by the digest of what runs.
 *
 * What is written
 *     mark      slot 1: swap info (test), then, last, the magic. Before that, the erase unit that
 *               holds them is erased; with offset, also an old image's header in the first sector,
 *               because of which MCUboot would refuse the new one
 *     confirm   slot 0: image ok, once a start: if flash fails there, STORAGE until the restart,
 *               which goes back
 *     revert    of a trial nothing: a restart without a confirm goes back. Of a pending mark: the
 *               unit of slot 1 that holds the magic is erased
 *     A cut before the last byte of the magic leaves a magic that MCUboot does not take, and no
 *     mark. Where the image reaches into the erase unit of the trailer (scratch with large
 *     sectors), that unit was erased with the image, and is not erased again: there, a mark that
 *     was torn cannot be made good. The task ends with 207, and the next one downloads anew.
 *     An image ok that was torn into another value counts as a confirm, as it does for MCUboot.
 *
 * A trial is one start. MCUboot counts none: a reset of any kind before the confirm goes back.
 *
 * Signed packages (oneota/trailer.h)
 *     The package is MCUboot's signed image with 192 bytes behind it. MCUboot swaps sectors, so
 *     these must end in the last sector of the image: inspect() refuses what does not (204), and an
 *     image that is longer or shorter by 192 bytes fits.
 */
#ifndef ONEOTA_MCUBOOT_H
#define ONEOTA_MCUBOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "oneota/port.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ONEOTA_MCUBOOT_ALIGN_MAX     32u
#define ONEOTA_MCUBOOT_VERSION_BYTES 25u

typedef enum {
    ONEOTA_MCUBOOT_MOVE = 1, /**< MCUBOOT_SWAP_USING_MOVE */
    ONEOTA_MCUBOOT_OFFSET,   /**< MCUBOOT_SWAP_USING_OFFSET */
    ONEOTA_MCUBOOT_SCRATCH   /**< MCUBOOT_SWAP_USING_SCRATCH */
} oneota_mcuboot_mode_t;

/** A slot, and the region in it that an image may use. */
typedef struct {
    const oneota_flash_t *raw; /**< settable: the whole slot, 1 to 32 bytes of program_unit */
    void *raw_ctx;             /**< settable */
    oneota_flash_t port;       /**< for the client, with &slot as ctx; slot 0 is read only */
    uint32_t size;             /**< private, as all that follows: of the slot */
    uint32_t first;            /**< where an image begins */
    uint32_t capacity;
    bool writable;
} oneota_mcuboot_slot_t;

/** An image's boot control. Zero it, fill in the settable fields. */
typedef struct {
    /* settable */
    oneota_mcuboot_slot_t slot[2]; /**< primary, secondary */
    uint8_t mode;                  /**< oneota_mcuboot_mode_t */
    uint8_t number;                /**< of the image, in MCUboot's counting: 0 to 14 */
    uint8_t max_align;             /**< MCUBOOT_BOOT_MAX_ALIGN: 8, 16 or 32; 0: 8 */
    uint16_t max_sectors;          /**< MCUBOOT_MAX_IMG_SECTORS; 0: 128 */
    uint32_t sector_bytes;         /**< MCUBOOT_LOGICAL_SECTOR_SIZE; 0: sectors are erase units */
    uint32_t address; /**< of slot 0 in memory: an image whose reset vector (Cortex-M) is not in it
                           is refused; 0: any is taken */

    /* readable */
    const char *why; /**< the last refusal in words; static text, NULL: none */

    /* private: an operation that goes on, and how far its call has come */
    uint8_t job;
    uint8_t step;
    bool tried; /* to write image ok, since init */
    uint8_t job_slot;
    uint8_t job_length;
    uint32_t job_offset;
    uint8_t job_bytes[ONEOTA_MCUBOOT_ALIGN_MAX];
    uint32_t clean; /* slot 1 was erased from here on by this call */
    uint32_t walk;  /* inspect(): the next TLV, 0: none yet */
} oneota_mcuboot_t;

/** The boot port. ctx: oneota_mcuboot_t, one for each image. */
extern const oneota_boot_port_t oneota_mcuboot;

/**
 * Checks the settable fields and makes the two ports. Before oneota_init().
 * @return OK; PARAM: why says what is wrong
 */
oneota_error_t oneota_mcuboot_init(oneota_mcuboot_t *boot);

/**
 * The version in an image's header: "1.2.3", and with a build number "1.2.3.4". Longer than
 * ONEOTA_VERSION_MAX characters only with numbers that nobody uses; oneota_init() refuses that.
 * @param text  ONEOTA_MCUBOOT_VERSION_BYTES, "" if there is no image
 * @return OK; VERIFY: there is no image; STORAGE
 */
oneota_error_t oneota_mcuboot_version(oneota_mcuboot_t *boot, uint8_t slot, char *text);

#ifdef __cplusplus
}
#endif
#endif
