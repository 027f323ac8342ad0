/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * slot.h: an image going into a slot, from its first byte to its last, and being read back. Erases
 * each unit just before its first byte is programmed, programs whole program units, pads the tail
 * with the erased value, and keeps a hash of what it has programmed or read. At most one flash call
 * each call.
 */
#ifndef ONEOTA_SRC_SLOT_H
#define ONEOTA_SRC_SLOT_H

#include "crypto.h"
#include "oneota/state.h"

/** Starts at 0 of an image of size bytes, with its MD5. carry: borrowed, one program unit; not used
 *  for reading. */
void oneota_slot_begin(oneota_slot_t *slot, const oneota_flash_t *flash, void *flash_ctx,
                       uint8_t *carry, uint32_t size);

/** The image fits: not empty, and within the slot when padded. */
bool oneota_slot_fits(const oneota_slot_t *slot);

/** Reads a block on from position, no further than end, and hashes it.
 *  @return OK when position == end; AGAIN there is more; STORAGE */
oneota_error_t oneota_slot_read(oneota_slot_t *slot, uint32_t end, uint8_t *buffer,
                                uint32_t buffer_bytes);

/** Until the slot is opened, its first unit is not erased. */
static inline void oneota_slot_guard(oneota_slot_t *slot, bool guarded)
{
    slot->guarded = guarded;
}

/** Takes up to length bytes; *taken says how many, possibly 0 (a unit was erased first). Repeat
 * with what is left, also after AGAIN.
 *  @return OK; AGAIN; STORAGE; LIMIT more than size in all; STATE the slot is guarded */
oneota_error_t oneota_slot_write(oneota_slot_t *slot, const uint8_t *data, uint32_t length,
                                 uint32_t *taken);

/** Programs the tail once all bytes were taken. @return OK all is programmed; AGAIN; STORAGE */
oneota_error_t oneota_slot_finish(oneota_slot_t *slot);

/** Bytes taken so far: programmed, and in the carry. */
uint32_t oneota_slot_taken(const oneota_slot_t *slot);

/** The next byte begins an erase unit that is not erased yet: a place to store progress. */
bool oneota_slot_at_unit(const oneota_slot_t *slot);

#endif
