/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * control.h: the boot control: which slot runs, and in which condition. Survives a power cut at any
 * instant: a write leaves the old record or the new one.
 *
 * Purpose
 *     The boot loader reads it, chooses what to start and counts the attempts; the application's
 *     boot port writes what the client asks for. Both with this file.
 *
 *                  mark()            start             confirm()
 *     CONFIRMED ---------> PENDING --------> TRIAL ------------> CONFIRMED
 *         ^     <--------- /   \               |
 *                revert()       \ not whole    | revert() and start, or the last attempt is used up
 *                                \             v
 *                                 ---------> REVERTED            until the next mark()
 *
 * Needs
 *     RAM       a control_t, 420 bytes
 *     flash     a region of two erase units or more of 2 KiB or more, for this alone; three where a
 *               torn cell may read differently each time
 *     blocking  control_write() does at most one erase or program a call
 *
 * Use
 *     control_open(&control, &flash_port, flash_control());
 *     if (control_begin(&control, is_whole, NULL, &started) != ONEOTA_STATE) {
 *         ... control_pack(&started) to where the application finds it; start started.running
 *     }
 *
 * It is kept in a journal (src/journal.h), as a record of type 1. Bytes:
 *
 *     0 format, 1 | running | condition | attempts | slot 0 | slot 1
 *     slot: size u32, little-endian | version, 24 bytes, padded with zeros
 */
#ifndef MPS2_CONTROL_H
#define MPS2_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "journal.h"
#include "oneota/calls.h"
#include "oneota/port.h"

#define CONTROL_TRIALS 3u /**< starts that a new image gets to be confirmed */

typedef struct {
    uint32_t size; /**< bytes of the package, 0 = as its header says */
    char version[ONEOTA_VERSION_MAX + 1];
} control_slot_t;

typedef struct {
    uint8_t running;   /**< slot */
    uint8_t condition; /**< oneota_boot_condition_t */
    uint8_t attempts;  /**< on trial: starts left, this one included; 0 after revert() */
    control_slot_t slot[2];
} control_record_t;

typedef struct {
    control_record_t record; /**< readable: what is in flash */
    oneota_journal_t journal;
    uint8_t scratch[JOURNAL_RECORD_MAX(ONEOTA_PROGRAM_UNIT_MAX)];
} control_t;

/** Reads the record. A region that was never written says: slot 0 runs and is confirmed.
 *  @return OK; PARAM the region does not do; STORAGE it is unreadable or of another format: then
 *          too the record is as if never written */
oneota_error_t control_open(control_t *control, const oneota_flash_t *flash, void *flash_ctx);

/** Makes *record the truth. Repeat with the same record while AGAIN.
 *  @return AGAIN; OK it is in flash; STORAGE the old one still counts */
oneota_error_t control_write(control_t *control, const control_record_t *record);

/** Is there in this slot an image that can start? */
typedef bool (*control_whole_t)(void *ctx, uint8_t slot);

/** What a boot loader does at every start: chooses next->running, and asks of no slot more than it
 *  has to. A trial is counted; an image that is not whole is never chosen while another one is.
 *  *next must be in flash before the jump, unless it is equal to *record.
 *  @return false: neither is whole; *next is *record */
bool control_choose(const control_record_t *record, control_whole_t whole, void *ctx,
                    control_record_t *next);

/** All that a boot loader does at a start: chooses and writes. A trial that cannot be counted does
 *  not begin or go on: the image before it runs, if it is whole, and the trial counts as failed.
 *  *started is what to start, and says what it is; flash may say something else.
 *  @return OK; STORAGE it could not be written; STATE neither is whole */
oneota_error_t control_begin(control_t *control, control_whole_t whole, void *ctx,
                             control_record_t *started);

/** What was started, as a word for memory that outlives the jump. */
uint32_t control_pack(const control_record_t *started);

/** And back: sets running, condition and attempts.
 *  @return false: nobody has put it there; *started is as it was */
bool control_unpack(uint32_t word, control_record_t *started);

#endif
