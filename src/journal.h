/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * journal.h: a few small values that survive a power cut at any instant.
 *
 * A log of records over two or more erase units of one flash region. A record has a type (1 to
 * 8); the newest record of a type is its value. The journal does not know what a value means, and
 * keeps the newest of every type, also of types that this firmware never heard of.
 *
 * One unit is "home". Records are appended there. When it is full, or after every start (its tail
 * may be torn, and a torn place is never programmed), the first write moves: the next unit is
 * erased, the newest record of each other type is copied, the new record is written, and last a
 * seal with a higher generation makes that unit home. Until the seal is whole, the old home
 * counts. So a write is atomic, no bit is ever rewritten, and the newest value is never in a unit
 * that is being erased.
 *
 *     unit:    | record | record | ... | seal | record | record | ... erased ... |
 *     record:  A5 | type u8 | length u16 | payload | crc32 u32 of all that | padding
 *     seal:    a record of type 0, its payload is the generation u32; generations wrap
 *
 * All integers little-endian. A record is padded with the erased value to the program unit, and
 * to 8 bytes at least. The layout is fixed from release 1.0 on.
 *
 * Every record is read back before it counts, and none is appended behind one that failed.
 * Reading therefore ends at the first that is torn, worn or unreadable, and a unit where one
 * comes before the seal is not home: what is found is always the state of some instant, all types
 * together; after a power cut the last one, or that with the record being written. This holds for
 * any number of cuts whose torn place reads the same each time, or not at all.
 *
 * A unit that has records and no seal may show one later, of a move that was cut. What is sealed
 * after a start that saw such a unit has a generation above all that it can hold.
 *
 * Where it may read as whole once and as torn later (cells that were left half way), what was found
 * at a start may be gone at the next one. So who acts on what it found writes it again first: that
 * write goes to another unit, of which every record was read back. It holds for any such cut that
 * is followed by one whole write before the next. It does not when that first write is cut too:
 * with two units the old home may be gone when the torn seal of the new one fades, with more of
 * them a seal that had faded may come back. No order of writes can mend that, for after a second
 * cut nothing tells a half-erased old home from a half-written new one.
 *
 * Wear: a move is one erase. There is one for every start that writes, and one for each
 * (unit length - live records) / padded record length of records written.
 */
#ifndef ONEOTA_SRC_JOURNAL_H
#define ONEOTA_SRC_JOURNAL_H

#include "oneota/state.h"

#define JOURNAL_PAYLOAD_MAX 240u

/** A record of the largest payload, in units of program_unit: a power of two. */
#define JOURNAL_RECORD_MAX(program_unit) ((program_unit) > 256u ? (program_unit) : 256u)

/** Binds the journal to its flash. scratch: JOURNAL_RECORD_MAX() bytes that are the journal's own
 *  during each call, and between the calls of one write. Calls nothing but size and erase_unit.
 *  @return OK; PARAM fewer than two erase units, or one too small for all types at their largest,
 *          not a multiple of 8 and of the program unit, or not the region's to its end */
oneota_error_t oneota_journal_init(oneota_journal_t *journal, const oneota_flash_t *flash,
                                   void *flash_ctx, uint8_t *scratch);

/** Finds home and the newest records: at most one record each call. A unit ends where it cannot be
 *  read; then journal->unread says that there may be more: init and scan again, as long as that may
 *  be a glitch. @return AGAIN; OK, also when there is nothing, and from then on without reading
 *  anything */
oneota_error_t oneota_journal_scan(oneota_journal_t *journal);

/** Reads the newest record of type, not while a write is AGAIN. *length is its payload's; size is
 *  what data can take.
 *  @return OK; STATE there is none; LIMIT it is longer than size; STORAGE it cannot be read; AGAIN
 *          it reads otherwise than it did: scan again, then read every type again */
oneota_error_t oneota_journal_read(oneota_journal_t *journal, uint8_t type, void *data, size_t size,
                                   size_t *length);

/** Writes a record: at most one erase or program each call, and the reading of two records. Repeat
 *  with the same arguments while AGAIN.
 *  @return AGAIN; OK it is durable; STORAGE no unit takes it (the old value still counts, though a
 *          start may find the new one until another write is OK); PARAM type or length */
oneota_error_t oneota_journal_write(oneota_journal_t *journal, uint8_t type, const void *data,
                                    size_t length);

#endif
