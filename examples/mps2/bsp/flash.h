/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * flash.h: flash as a microcontroller has it, over this board's 16 MiB of PSRAM at 0x21000000,
 * which QEMU keeps in a file.
 *
 * Purpose
 *     The regions of the boot control, the journal and the two slots as ports of the client, with
 *     the rules of real flash: an erase sets a whole unit to 0xFF, and a program unit that is not
 *     erased is refused. Outside of this driver the memory is read-only (MPU). The boot loader and
 *     the application link this same file.
 *
 * Needs
 *     RAM       a word that outlives resets, in bsp's part of RAM
 *     threads   none, never from an interrupt handler
 *     blocking  no: an erase takes as long as a memset
 *
 * Use
 *     setup.journal = &flash_port;
 *     setup.journal_ctx = flash_journal();
 *
 *     Where                        What           Units
 *     0x21000000 to 0x21002FFF     boot control   3, so that a cut in the write after a cut is
 *                                                 survived on flash whose torn cells are unstable
 *     0x21004000 to 0x21007FFF     journal        4
 *     0x21010000 to 0x21013FFF     trust          4: the certificates of the CAs (app/tls.c)
 *     0x21100000, 0x21200000       slots          128 each, 512 KiB
 *
 * Power cuts
 *     arg=cut=N stops QEMU with exit status 77 in the middle of erase or program number N since
 *     power-on, the boot loader's included: half of the unit is erased, or half of the bytes are
 *     programmed. The count goes on over resets, not over a new QEMU.
 *
 * Wear
 *     arg=worn=N: from erase or program number N since power-on on, those of the boot control fail
 *
 * Errors
 *     STORAGE   not aligned, not inside the region, not erased, or worn; nothing has changed
 */
#ifndef MPS2_FLASH_H
#define MPS2_FLASH_H

#include <stdint.h>

#include "oneota/port.h"

#define FLASH_ERASE_UNIT   4096u
#define FLASH_PROGRAM_UNIT 16u
#define FLASH_SLOT_BYTES   524288u
#define FLASH_CUT_EXIT     77u /**< exit status of QEMU after a power cut */

/** The table for every region; its ctx is one of the following. */
extern const oneota_flash_t flash_port;

void *flash_control(void);
void *flash_journal(void);
void *flash_trust(void);
void *flash_slot(unsigned slot); /**< 0 or 1 */

/** Where a region lies, to read it in place. */
const uint8_t *flash_bytes(const void *region);

/** Erases and programs since power-on. */
uint32_t flash_operations(void);

#endif
