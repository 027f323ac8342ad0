/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "journal.h"

#include <string.h>

#include "bytes.h"

#define MAGIC      0xA5u /* also the number of this format: another one will have another magic */
#define HEAD_BYTES 4u
#define CRC_BYTES  4u
#define ALIGN_MIN  8u
#define SEAL_TYPE  0u
#define SEAL_BYTES 4u
#define NOWHERE    UINT32_MAX
#define READ_TRIES 3 /* a glitch on the way from the flash must not make a record look torn */
#define MOVES_MAX  0x10000u /* that one start tries, by far */

/* A move erases; steps 1 to 8 copy the record of that type; then the new record, and the seal. */
enum { STEP_ERASE = 0, STEP_NEW = ONEOTA_JOURNAL_TYPES + 1, STEP_SEAL, STEP_IDLE, STEP_SCAN };

static uint32_t align_of(const oneota_journal_t *journal)
{
    uint32_t program_unit = journal->flash->program_unit;
    return program_unit > ALIGN_MIN ? program_unit : ALIGN_MIN;
}

/* Bytes that a record takes in flash. */
static uint32_t extent_of(const oneota_journal_t *journal, uint32_t length)
{
    uint32_t align = align_of(journal);
    return (HEAD_BYTES + length + CRC_BYTES + align - 1u) & ~(align - 1u);
}

/* Of the record that is in the scratch. */
static uint32_t length_of(const oneota_journal_t *journal)
{
    return oneota_bytes_get_u16(journal->scratch + 2);
}

static uint32_t end_of(const oneota_erase_unit_t *unit)
{
    return unit->start + unit->length;
}

static bool flash_read(oneota_journal_t *journal, uint32_t offset, uint8_t *data, uint32_t length)
{
    oneota_error_t error = journal->flash->read(journal->flash_ctx, offset, data, length);
    if (error != ONEOTA_OK) {
        journal->unread = true;
    }
    return error == ONEOTA_OK;
}

static uint32_t crc_of(const uint8_t *record, uint32_t length)
{
    return oneota_bytes_crc32(0, record, HEAD_BYTES + length);
}

/* Into the scratch. Nothing of it is used before its CRC was proven over the same bytes. */
static bool record_try(oneota_journal_t *journal, const oneota_erase_unit_t *unit, uint32_t offset)
{
    uint8_t *record = journal->scratch;
    uint32_t room = end_of(unit) - offset;
    if (room < HEAD_BYTES + CRC_BYTES || !flash_read(journal, offset, record, HEAD_BYTES) ||
        record[0] != MAGIC) {
        return false;
    }
    uint32_t length = length_of(journal);
    return length <= JOURNAL_PAYLOAD_MAX && extent_of(journal, length) <= room &&
           flash_read(journal, offset + HEAD_BYTES, record + HEAD_BYTES, length + CRC_BYTES) &&
           oneota_bytes_get_u32(record + HEAD_BYTES + length) == crc_of(record, length);
}

static bool record_read(oneota_journal_t *journal, const oneota_erase_unit_t *unit, uint32_t offset)
{
    const bool unread = journal->unread;
    for (int i = 0; i < READ_TRIES; i++) {
        if (record_try(journal, unit, offset)) {
            journal->unread = unread;
            return true;
        }
    }
    return false;
}

static void set_unit(oneota_journal_t *journal, uint32_t offset)
{
    journal->unit = journal->flash->erase_unit(journal->flash_ctx, offset);
}

/* The unit in hand is to be scanned, or written, from its start. */
static void begin_unit(oneota_journal_t *journal)
{
    journal->place = journal->unit.start;
    memset(journal->found, 0xFF, sizeof journal->found);
}

oneota_error_t oneota_journal_init(oneota_journal_t *journal, const oneota_flash_t *flash,
                                   void *flash_ctx, uint8_t *scratch)
{
    memset(journal, 0, sizeof *journal);
    journal->flash = flash;
    journal->flash_ctx = flash_ctx;
    journal->scratch = scratch;
    journal->step = STEP_SCAN;
    memset(journal->newest, 0xFF, sizeof journal->newest);
    uint32_t align = align_of(journal);
    uint32_t size = flash->size(flash_ctx);
    uint32_t least = ONEOTA_JOURNAL_TYPES * extent_of(journal, JOURNAL_PAYLOAD_MAX) +
                     extent_of(journal, SEAL_BYTES);
    uint32_t end = 0;
    while (end < size) {
        set_unit(journal, end);
        uint32_t length = journal->unit.length;
        if (journal->unit.start != end || length < least || length % align != 0 ||
            length > size - end) {
            return ONEOTA_PARAM;
        }
        end += length;
    }
    set_unit(journal, 0);
    begin_unit(journal);
    return journal->unit.length < size ? ONEOTA_OK : ONEOTA_PARAM;
}

/* ---------------------------------------------------------------- reading */

/* A seal was read: is this unit home, as far as is known? Generations may wrap. */
static bool is_home(oneota_journal_t *journal)
{
    uint32_t generation = oneota_bytes_get_u32(journal->scratch + HEAD_BYTES);
    if (journal->home.length == 0 || generation - journal->generation - 1u < INT32_MAX) {
        journal->home = journal->unit;
        journal->generation = generation;
    }
    return journal->home.start == journal->unit.start;
}

/* Notes the record that was read. @return false: the rest of the unit does not matter */
static bool note_record(oneota_journal_t *journal)
{
    uint8_t type = journal->scratch[1];
    uint32_t length = length_of(journal);
    if (type == SEAL_TYPE && length == SEAL_BYTES && !is_home(journal)) {
        return false;
    }
    if (type != SEAL_TYPE && type <= ONEOTA_JOURNAL_TYPES) {
        journal->found[type - 1u] = journal->place;
    }
    journal->place += extent_of(journal, length);
    return true;
}

/* A unit is read up to the first record that is not whole. It counts when its seal comes before
 * that: what comes before a seal was read back before the seal was written, so that anything else
 * is a unit that was being erased, or is worn; and nothing was ever appended behind a torn one. */
oneota_error_t oneota_journal_scan(oneota_journal_t *journal)
{
    if (journal->step != STEP_SCAN) {
        return ONEOTA_OK;
    }
    const bool whole = record_read(journal, &journal->unit, journal->place);
    if (whole && note_record(journal)) {
        return ONEOTA_AGAIN;
    }
    if (journal->home.length != 0 && journal->home.start == journal->unit.start) {
        memcpy(journal->newest, journal->found, sizeof journal->newest);
    } else if (!whole && journal->place != journal->unit.start) {
        journal->torn = true;
    }
    uint32_t end = end_of(&journal->unit);
    if (end == journal->flash->size(journal->flash_ctx)) {
        journal->generation += journal->torn ? MOVES_MAX : 0;
        journal->step = STEP_IDLE;
        return ONEOTA_OK;
    }
    set_unit(journal, end);
    begin_unit(journal);
    return ONEOTA_AGAIN;
}

/* The newest of a type, into the scratch. One that is bad now, while home's first one is not, was
 * torn in a way that deceived the scan: home is read again, up to there. */
static oneota_error_t fetch(oneota_journal_t *journal, uint8_t type)
{
    if (record_read(journal, &journal->home, journal->newest[type - 1u])) {
        return ONEOTA_OK;
    }
    if (!record_read(journal, &journal->home, journal->home.start)) {
        return ONEOTA_STORAGE;
    }
    journal->unit = journal->home;
    journal->fresh = false;
    journal->step = STEP_SCAN;
    begin_unit(journal);
    return ONEOTA_AGAIN;
}

oneota_error_t oneota_journal_read(oneota_journal_t *journal, uint8_t type, void *data, size_t size,
                                   size_t *length)
{
    if (type == 0 || type > ONEOTA_JOURNAL_TYPES || journal->newest[type - 1u] == NOWHERE) {
        return ONEOTA_STATE;
    }
    oneota_error_t error = fetch(journal, type);
    if (error != ONEOTA_OK) {
        return error;
    }
    *length = length_of(journal);
    if (*length > size) {
        return ONEOTA_LIMIT;
    }
    memcpy(data, journal->scratch + HEAD_BYTES, *length);
    return ONEOTA_OK;
}

/* ---------------------------------------------------------------- writing */

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
        journal->step = STEP_IDLE;
        return ONEOTA_STORAGE;
    }
    set_unit(journal, offset);
    journal->generation++;
    journal->step = STEP_ERASE;
    return ONEOTA_AGAIN;
}

static void begin_write(oneota_journal_t *journal, uint32_t length)
{
    journal->unit = journal->home;
    journal->step = STEP_NEW;
    if (!journal->fresh || extent_of(journal, length) > end_of(&journal->home) - journal->place) {
        (void)next_unit(journal);
    }
}

static oneota_error_t erase(oneota_journal_t *journal)
{
    oneota_error_t error = journal->flash->erase(journal->flash_ctx, journal->unit.start);
    if (error != ONEOTA_OK) {
        return error;
    }
    begin_unit(journal);
    journal->step++;
    return ONEOTA_AGAIN;
}

/* The record that is due, into the scratch. */
static oneota_error_t load(oneota_journal_t *journal, uint8_t type, const void *data,
                           uint32_t length)
{
    uint8_t *record = journal->scratch;
    uint8_t seal[SEAL_BYTES];
    while (journal->step < STEP_NEW &&
           (journal->step == type || journal->newest[journal->step - 1u] == NOWHERE)) {
        journal->step++;
    }
    if (journal->step < STEP_NEW) {
        return fetch(journal, journal->step);
    }
    if (journal->step == STEP_SEAL) {
        oneota_bytes_put_u32(seal, journal->generation);
        type = SEAL_TYPE;
        data = seal;
        length = SEAL_BYTES;
    }
    record[0] = MAGIC;
    record[1] = type;
    oneota_bytes_put_u16(record + 2, (uint16_t)length);
    memcpy(record + HEAD_BYTES, data, length);
    oneota_bytes_put_u32(record + HEAD_BYTES + length, crc_of(record, length));
    return ONEOTA_OK;
}

/* The record at place is whole: go on to the next one, or to the end. */
static oneota_error_t finish_record(oneota_journal_t *journal, uint32_t extent)
{
    uint8_t type = journal->scratch[1];
    journal->place += extent;
    journal->step++;
    if (type != SEAL_TYPE) {
        journal->found[type - 1u] = journal->place - extent;
        if (!journal->fresh) {
            return ONEOTA_AGAIN;
        }
    }
    memcpy(journal->newest, journal->found, sizeof journal->newest);
    journal->home = journal->unit;
    journal->fresh = true;
    journal->step = STEP_IDLE;
    return ONEOTA_OK;
}

static oneota_error_t program(oneota_journal_t *journal, uint8_t type, const void *data,
                              uint32_t length)
{
    uint8_t *record = journal->scratch;
    oneota_error_t error = journal->busy ? ONEOTA_OK : load(journal, type, data, length);
    if (error != ONEOTA_OK) {
        return error;
    }
    uint32_t crc_at = HEAD_BYTES + length_of(journal);
    uint32_t extent = extent_of(journal, length_of(journal));
    uint32_t crc = oneota_bytes_get_u32(record + crc_at);
    memset(record + crc_at + CRC_BYTES, journal->flash->erased_value, extent - crc_at - CRC_BYTES);
    error = journal->flash->program(journal->flash_ctx, journal->place, record, extent);
    journal->busy = error == ONEOTA_AGAIN;
    if (error != ONEOTA_OK) {
        return error;
    }
    if (!record_read(journal, &journal->unit, journal->place) ||
        oneota_bytes_get_u32(record + crc_at) != crc) {
        return ONEOTA_STORAGE;
    }
    return finish_record(journal, extent);
}

oneota_error_t oneota_journal_write(oneota_journal_t *journal, uint8_t type, const void *data,
                                    size_t length)
{
    if (type == 0 || type > ONEOTA_JOURNAL_TYPES || length > JOURNAL_PAYLOAD_MAX) {
        return ONEOTA_PARAM;
    }
    if (journal->step == STEP_SCAN) {
        (void)oneota_journal_scan(journal);
        return ONEOTA_AGAIN;
    }
    if (journal->step == STEP_IDLE) {
        begin_write(journal, (uint32_t)length);
    }
    oneota_error_t error = journal->step == STEP_ERASE
                               ? erase(journal)
                               : program(journal, type, data, (uint32_t)length);
    return error == ONEOTA_OK || error == ONEOTA_AGAIN ? error : next_unit(journal);
}
