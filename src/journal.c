/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "journal.h"

#include <string.h>

#include "bytes.h"

#define MAGIC       0xA5u /* also the number of this format: another one will have another magic */
#define HEAD_BYTES  4u
#define FRAME_BYTES 8u /* head and CRC */
#define ALIGN_MIN   8u
#define SEAL_TYPE   0u
#define SEAL_BYTES  4u
#define NOWHERE     UINT32_MAX
#define READ_TRIES  3 /* a glitch on the way from the flash must not make a record look torn */

enum { PHASE_FIND = 0, PHASE_COLLECT, PHASE_IDLE, PHASE_ERASE, PHASE_PROGRAM };

/* What a move writes: steps 1 to 8 copy the record of that type; the new record; the seal. */
enum { STEP_COPY = 1, STEP_NEW = ONEOTA_JOURNAL_TYPES + 1, STEP_SEAL };

typedef struct {
    uint32_t crc;
    uint16_t length;
    uint8_t type;
} record_t;

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t align_of(const oneota_journal_t *journal)
{
    uint32_t program_unit = journal->flash->program_unit;
    return program_unit > ALIGN_MIN ? program_unit : ALIGN_MIN;
}

/* Bytes that a record takes in flash. */
static uint32_t extent_of(const oneota_journal_t *journal, uint32_t length)
{
    uint32_t align = align_of(journal);
    return (length + FRAME_BYTES + align - 1u) & ~(align - 1u);
}

static uint32_t end_of(const oneota_erase_unit_t *unit)
{
    return unit->start + unit->length;
}

static oneota_error_t flash_read(const oneota_journal_t *journal, uint32_t offset, uint8_t *data,
                                 uint32_t length)
{
    return journal->flash->read(journal->flash_ctx, offset, data, length);
}

/* Nothing of a record is used before its CRC was proven over the same bytes. The payload goes
 * to data where it fits, else through the scratch, in which a seal's stays. */
static bool record_try(const oneota_journal_t *journal, const oneota_erase_unit_t *unit,
                       uint32_t offset, record_t *record, uint8_t *data, size_t size)
{
    uint8_t word[HEAD_BYTES];
    uint32_t room = end_of(unit) - offset;
    if (room < FRAME_BYTES || flash_read(journal, offset, word, HEAD_BYTES) != ONEOTA_OK ||
        word[0] != MAGIC) {
        return false;
    }
    uint32_t length = oneota_bytes_get_u16(word + 2);
    if (length > JOURNAL_PAYLOAD_MAX || extent_of(journal, length) > room) {
        return false;
    }
    record->type = word[1];
    record->length = (uint16_t)length;
    record->crc = oneota_bytes_crc32(0, word, HEAD_BYTES);
    offset += HEAD_BYTES;
    for (uint32_t at = 0, count; at < length; at += count) {
        uint8_t *piece = length <= size ? data + at : journal->scratch;
        count = smaller(length - at, journal->scratch_bytes);
        if (flash_read(journal, offset + at, piece, count) != ONEOTA_OK) {
            return false;
        }
        record->crc = oneota_bytes_crc32(record->crc, piece, count);
    }
    return flash_read(journal, offset + length, word, sizeof word) == ONEOTA_OK &&
           oneota_bytes_get_u32(word) == record->crc;
}

static bool record_read(const oneota_journal_t *journal, const oneota_erase_unit_t *unit,
                        uint32_t offset, record_t *record, uint8_t *data, size_t size)
{
    for (int i = 0; i < READ_TRIES; i++) {
        if (record_try(journal, unit, offset, record, data, size)) {
            return true;
        }
    }
    return false;
}

static bool record_check(const oneota_journal_t *journal, const oneota_erase_unit_t *unit,
                         uint32_t offset, record_t *record)
{
    return record_read(journal, unit, offset, record, NULL, 0);
}

static void set_unit(oneota_journal_t *journal, uint32_t offset)
{
    journal->unit = journal->flash->erase_unit(journal->flash_ctx, offset);
}

oneota_error_t oneota_journal_init(oneota_journal_t *journal, const oneota_flash_t *flash,
                                   void *flash_ctx, uint8_t *scratch, uint32_t scratch_bytes)
{
    memset(journal, 0, sizeof *journal);
    journal->flash = flash;
    journal->flash_ctx = flash_ctx;
    journal->scratch = scratch;
    journal->scratch_bytes = scratch_bytes;
    memset(journal->newest, 0xFF, sizeof journal->newest);
    uint32_t align = align_of(journal);
    uint32_t size = flash->size(flash_ctx);
    uint32_t least = ONEOTA_JOURNAL_TYPES * extent_of(journal, JOURNAL_PAYLOAD_MAX) +
                     extent_of(journal, SEAL_BYTES);
    unsigned units = 0;
    for (uint32_t offset = 0; offset < size; units++) {
        set_unit(journal, offset);
        uint32_t length = journal->unit.length;
        if (journal->unit.start != offset || length < least || length % align != 0 ||
            length > size - offset) {
            return ONEOTA_PARAM;
        }
        offset += length;
    }
    if (units < 2u) {
        return ONEOTA_PARAM;
    }
    set_unit(journal, 0);
    return ONEOTA_OK;
}

static void begin_collect(oneota_journal_t *journal)
{
    memset(journal->newest, 0xFF, sizeof journal->newest);
    journal->place = journal->home.start;
    journal->phase = PHASE_COLLECT;
}

/* The seal at place was read: is it newer than home's? Generations may wrap. */
static void consider(oneota_journal_t *journal)
{
    uint32_t generation = oneota_bytes_get_u32(journal->scratch);
    if (journal->home.length == 0 || generation - journal->generation - 1u < INT32_MAX) {
        journal->home = journal->unit;
        journal->generation = generation;
    }
}

/* A unit counts when nothing but whole records comes before its seal: they were read back before
 * the seal was written, so that anything else is a unit that was being erased, or is worn. */
static oneota_error_t find(oneota_journal_t *journal)
{
    record_t record;
    bool whole = record_check(journal, &journal->unit, journal->place, &record);
    bool seal = whole && record.type == SEAL_TYPE && record.length == SEAL_BYTES;
    if (whole && !seal) {
        journal->place += extent_of(journal, record.length);
        return ONEOTA_AGAIN;
    }
    if (seal) {
        consider(journal);
    }
    journal->place = end_of(&journal->unit);
    if (journal->place < journal->flash->size(journal->flash_ctx)) {
        set_unit(journal, journal->place);
        return ONEOTA_AGAIN;
    }
    begin_collect(journal);
    return ONEOTA_AGAIN;
}

/* Up to the first that is not whole: nothing was ever appended behind a torn one. */
static oneota_error_t collect(oneota_journal_t *journal)
{
    record_t record;
    if (!record_check(journal, &journal->home, journal->place, &record)) {
        journal->phase = PHASE_IDLE;
        return ONEOTA_OK;
    }
    if (record.type >= 1u && record.type <= ONEOTA_JOURNAL_TYPES) {
        journal->newest[record.type - 1u] = journal->place;
    }
    journal->place += extent_of(journal, record.length);
    return ONEOTA_AGAIN;
}

oneota_error_t oneota_journal_scan(oneota_journal_t *journal)
{
    switch (journal->phase) {
    case PHASE_FIND:
        return find(journal);
    case PHASE_COLLECT:
        return collect(journal);
    default:
        return ONEOTA_OK;
    }
}

oneota_error_t oneota_journal_read(oneota_journal_t *journal, uint8_t type, void *data, size_t size,
                                   size_t *length)
{
    record_t record;
    if (type == 0 || type > ONEOTA_JOURNAL_TYPES || journal->newest[type - 1u] == NOWHERE) {
        return ONEOTA_STATE;
    }
    if (!record_read(journal, &journal->home, journal->newest[type - 1u], &record, data, size)) {
        return ONEOTA_STORAGE;
    }
    *length = record.length;
    return record.length <= size ? ONEOTA_OK : ONEOTA_LIMIT;
}

/* ---------------------------------------------------------------- writing */

static void begin_record(oneota_journal_t *journal, uint32_t place, uint8_t step)
{
    journal->place = place;
    journal->step = step;
    journal->done = 0;
    journal->phase = PHASE_PROGRAM;
}

/* Goes to the unit after the one in hand, until all but home were tried. Home keeps what it
 * has, but nothing is appended any more: a seal that seems to have failed may be whole at the
 * next start. */
static oneota_error_t next_unit(oneota_journal_t *journal)
{
    uint32_t offset = end_of(&journal->unit);
    journal->fresh = false;
    if (offset == journal->flash->size(journal->flash_ctx)) {
        offset = 0;
    }
    if (offset == journal->home.start && journal->unit.length != 0) {
        journal->phase = PHASE_IDLE;
        return ONEOTA_STORAGE;
    }
    set_unit(journal, offset);
    journal->generation++;
    journal->phase = PHASE_ERASE;
    return ONEOTA_AGAIN;
}

static void begin_write(oneota_journal_t *journal, uint32_t length)
{
    journal->unit = journal->home;
    if (journal->fresh && extent_of(journal, length) <= end_of(&journal->home) - journal->place) {
        begin_record(journal, journal->place, STEP_NEW);
    } else {
        (void)next_unit(journal);
    }
}

static oneota_error_t erase(oneota_journal_t *journal)
{
    oneota_error_t error = journal->flash->erase(journal->flash_ctx, journal->unit.start);
    if (error != ONEOTA_OK) {
        return error;
    }
    memset(journal->moved, 0xFF, sizeof journal->moved);
    begin_record(journal, journal->unit.start, STEP_COPY);
    return ONEOTA_AGAIN;
}

/* Puts the next piece of a record that is made here into the scratch. */
static void assemble(oneota_journal_t *journal, uint8_t type, const uint8_t *data, uint32_t length)
{
    uint8_t frame[FRAME_BYTES];
    frame[0] = MAGIC;
    frame[1] = type;
    oneota_bytes_put_u16(frame + 2, (uint16_t)length);
    journal->crc = oneota_bytes_crc32(oneota_bytes_crc32(0, frame, HEAD_BYTES), data, length);
    oneota_bytes_put_u32(frame + HEAD_BYTES, journal->crc);
    if (journal->done == 0) {
        journal->length = (uint16_t)length;
    }
    uint32_t at = journal->done;
    for (uint32_t i = 0; i < journal->scratch_bytes; i++, at++) {
        if (at >= HEAD_BYTES && at < HEAD_BYTES + length) {
            journal->scratch[i] = data[at - HEAD_BYTES];
        } else if (at < FRAME_BYTES + length) {
            journal->scratch[i] = frame[at < HEAD_BYTES ? at : at - length];
        } else {
            journal->scratch[i] = journal->flash->erased_value;
        }
    }
}

/* Likewise of a record that is copied as it is, but for the padding, which may be torn: its CRC
 * shows in the copy what went wrong on the way. A record that is bad now, while home's first one
 * is not, was torn in a way that deceived the scan: home is read again, up to there. */
static oneota_error_t fetch(oneota_journal_t *journal)
{
    record_t record;
    uint32_t source = journal->newest[journal->step - STEP_COPY];
    if (journal->done == 0) {
        if (!record_check(journal, &journal->home, source, &record)) {
            if (!record_check(journal, &journal->home, journal->home.start, &record)) {
                return ONEOTA_STORAGE;
            }
            begin_collect(journal);
            return ONEOTA_AGAIN;
        }
        journal->crc = record.crc;
        journal->length = record.length;
    }
    uint32_t end = journal->length + FRAME_BYTES;
    memset(journal->scratch, journal->flash->erased_value, journal->scratch_bytes);
    if (journal->done >= end) {
        return ONEOTA_OK;
    }
    return flash_read(journal, source + journal->done, journal->scratch,
                      smaller(end - journal->done, journal->scratch_bytes));
}

static oneota_error_t load(oneota_journal_t *journal, uint8_t type, const uint8_t *data,
                           uint32_t length)
{
    uint8_t seal[SEAL_BYTES];
    while (journal->step < STEP_NEW &&
           (journal->step == type || journal->newest[journal->step - STEP_COPY] == NOWHERE)) {
        journal->step++;
    }
    if (journal->step < STEP_NEW) {
        return fetch(journal);
    }
    if (journal->step == STEP_SEAL) {
        oneota_bytes_put_u32(seal, journal->generation);
        type = SEAL_TYPE;
        data = seal;
        length = SEAL_BYTES;
    }
    assemble(journal, type, data, length);
    return ONEOTA_OK;
}

/* The record at place is whole: go on to the next one, or to the end. */
static oneota_error_t finish_record(oneota_journal_t *journal, uint8_t type)
{
    uint8_t step = journal->step;
    if (step < STEP_SEAL) {
        journal->moved[(step < STEP_NEW ? step : type) - 1u] = journal->place;
    }
    begin_record(journal, journal->place + extent_of(journal, journal->length),
                 (uint8_t)(step + 1u));
    if (step < STEP_SEAL && !journal->fresh) {
        return ONEOTA_AGAIN;
    }
    memcpy(journal->newest, journal->moved, sizeof journal->newest);
    journal->home = journal->unit;
    journal->fresh = true;
    journal->phase = PHASE_IDLE;
    return ONEOTA_OK;
}

/* One piece; after the last the record is read back. */
static oneota_error_t program(oneota_journal_t *journal, uint8_t type, const uint8_t *data,
                              uint32_t length)
{
    record_t record;
    oneota_error_t error = journal->busy ? ONEOTA_OK : load(journal, type, data, length);
    if (error != ONEOTA_OK) {
        return error;
    }
    uint32_t extent = extent_of(journal, journal->length);
    uint32_t count = smaller(extent - journal->done, journal->scratch_bytes);
    error = journal->flash->program(journal->flash_ctx, journal->place + journal->done,
                                    journal->scratch, count);
    journal->busy = error == ONEOTA_AGAIN;
    if (error != ONEOTA_OK) {
        return error;
    }
    journal->done += count;
    if (journal->done < extent) {
        return ONEOTA_AGAIN;
    }
    if (!record_check(journal, &journal->unit, journal->place, &record) ||
        record.crc != journal->crc) {
        return ONEOTA_STORAGE;
    }
    return finish_record(journal, type);
}

oneota_error_t oneota_journal_write(oneota_journal_t *journal, uint8_t type, const void *data,
                                    size_t length)
{
    if (type == 0 || type > ONEOTA_JOURNAL_TYPES || length > JOURNAL_PAYLOAD_MAX) {
        return ONEOTA_PARAM;
    }
    if (journal->phase < PHASE_IDLE) {
        (void)oneota_journal_scan(journal);
        return ONEOTA_AGAIN;
    }
    if (journal->phase == PHASE_IDLE) {
        begin_write(journal, (uint32_t)length);
    }
    oneota_error_t error = journal->phase == PHASE_ERASE
                               ? erase(journal)
                               : program(journal, type, data, (uint32_t)length);
    return error == ONEOTA_OK || error == ONEOTA_AGAIN ? error : next_unit(journal);
}
