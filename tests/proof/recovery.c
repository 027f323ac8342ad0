/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * recovery.c: the journal after a power cut. With flash that holds anything, and reads differently
 * each time, each step of reading and writing stays within flash and memory, comes closer to its
 * end, and never erases the unit that counts: from any state that the journal can be in, so that
 * it holds for a journal of any length. And with every mixture of good, torn and sealed records in
 * two units, what is found is the newest.
 */
#include "proof.h"

#define oneota_bytes_crc32 crc32_of_bytes
#include "bytes.c"
#undef oneota_bytes_crc32
uint32_t oneota_bytes_crc32(uint32_t seed, const void *data, size_t length);

#include "journal.c"

#define UNITS      2u
#define UNIT_BYTES 2048u
#define RECORDS    3u  /* that are whole, in a unit */
#define SPACING    16u /* a record with a payload of 4 bytes */
#define CRC_GOOD   0x600D600Du

typedef struct {
    uint32_t count, size;
    oneota_erase_unit_t unit[UNITS];
} region_t;

static region_t region;
static oneota_flash_t flash;
static oneota_journal_t journal;
static uint8_t scratch[JOURNAL_RECORD_MAX(256)];

/* What stands in the flash of prove_newest(). */
typedef struct {
    uint8_t type;
    uint32_t value;
    bool whole;
} entry_t;

static bool modelled;
static entry_t entries[2][RECORDS];

/* Any, or that of the record which the model knows. */
uint32_t oneota_bytes_crc32(uint32_t seed, const void *data, size_t length)
{
    (void)seed;
    PROVE(__CPROVER_r_ok(data, length));
    return modelled ? CRC_GOOD : nondet_u32();
}

/* ---------------------------------------------------------------- any flash */

/* Any bytes in the scratch, where alone the journal reads to: the head, or all behind it. */
static void havoc_record(bool head)
{
    uint8_t known[HEAD_BYTES];
    for (unsigned n = 0; n < HEAD_BYTES; n++) {
        known[n] = scratch[n];
    }
    __CPROVER_havoc_object(scratch);
    for (unsigned n = 0; n < HEAD_BYTES && !head; n++) {
        scratch[n] = known[n];
    }
}

static oneota_error_t read_any(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    (void)ctx;
    PROVE(length <= region.size && offset <= region.size - length);
    PROVE(__CPROVER_w_ok(buffer, length));
    havoc_record((uint8_t *)buffer == scratch);
    return nondet_bool() ? ONEOTA_OK : ONEOTA_STORAGE;
}

static oneota_erase_unit_t unit_of(void *ctx, uint32_t offset)
{
    (void)ctx;
    PROVE(offset < region.size);
    unsigned n = 0;
    while (n + 1u < region.count && offset >= region.unit[n + 1u].start) {
        n++;
    }
    return region.unit[n];
}

static uint32_t size_of(void *ctx)
{
    (void)ctx;
    return region.size;
}

static oneota_error_t any_end(void)
{
    return nondet_bool() ? ONEOTA_OK : nondet_bool() ? ONEOTA_AGAIN : ONEOTA_STORAGE;
}

static oneota_error_t erase_unit(void *ctx, uint32_t offset)
{
    (void)ctx;
    PROVE(unit_of(NULL, offset).start == offset);
    PROVE(journal.home.length == 0 || offset != journal.home.start);
    return any_end();
}

static oneota_error_t program_place(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    const oneota_erase_unit_t unit = unit_of(ctx, offset);
    const uint32_t mask = flash.program_unit - 1u;
    PROVE((offset & mask) == 0 && (length & mask) == 0 && length > 0);
    PROVE(length <= unit.length && offset - unit.start <= unit.length - length);
    PROVE(unit.start == journal.unit.start && __CPROVER_r_ok(data, length));
    return any_end();
}

/* Two units. */
static void make_region(uint16_t program_unit)
{
    flash.read = read_any;
    flash.erase_unit = unit_of;
    flash.size = size_of;
    flash.erase = erase_unit;
    flash.program = program_place;
    flash.program_unit = program_unit;
    flash.erased_value = nondet_u8();
    journal.flash = &flash;
    journal.scratch = scratch;
    region.count = UNITS;
    for (unsigned n = 0; n < region.count; n++) {
        region.unit[n].start = region.size;
        region.unit[n].length = UNIT_BYTES;
        region.size += region.unit[n].length;
    }
}

static bool is_unit(const oneota_erase_unit_t *unit)
{
    bool is = false;
    for (unsigned n = 0; n < region.count; n++) {
        is = is || (unit->start == region.unit[n].start && unit->length == region.unit[n].length);
    }
    return is;
}

/* Offsets of records, or none. One of any type stands for all of them. */
static bool is_within(const uint32_t *offsets, const oneota_erase_unit_t *unit)
{
    const uint32_t offset = offsets[nondet_u8() % ONEOTA_JOURNAL_TYPES];
    return offset == NOWHERE || (unit->length != 0 && offset - unit->start < unit->length);
}

static void make_within(const uint32_t *offsets, const oneota_erase_unit_t *unit)
{
    for (unsigned n = 0; n < ONEOTA_JOURNAL_TYPES; n++) {
        ASSUME(offsets[n] == NOWHERE ||
               (unit->length != 0 && offsets[n] - unit->start < unit->length));
    }
}

/* A new home is being scanned: at its end newest is written anew. */
static bool is_reading_home(void)
{
    return journal.step == STEP_SCAN && journal.home.length != 0 &&
           journal.home.start == journal.unit.start;
}

static bool is_placed(void)
{
    const uint32_t mask = align_of(&journal) - 1u;
    return is_unit(&journal.unit) && (journal.place & mask) == 0 &&
           journal.place - journal.unit.start <= journal.unit.length &&
           (journal.home.length == 0 || is_unit(&journal.home)) &&
           (is_reading_home() || is_within(journal.newest, &journal.home)) &&
           (journal.step != STEP_SCAN || is_within(journal.found, &journal.unit));
}

static void any_journal(uint8_t step)
{
    static const oneota_erase_unit_t none;
    __CPROVER_havoc_object(&journal);
    __CPROVER_havoc_object(scratch);
    region.size = 0;
    make_region(8);
    journal.step = step;
    journal.unit = region.unit[nondet_bool() ? 1 : 0];
    journal.home = nondet_bool() ? none : region.unit[nondet_bool() ? 1 : 0];
    if (!is_reading_home()) {
        make_within(journal.newest, &journal.home);
    }
    make_within(journal.found, &journal.unit);
    ASSUME(is_placed());
}

void prove_journal_scan(void)
{
    any_journal(STEP_SCAN);
    const uint32_t place = journal.place;
    const uint32_t unit = journal.unit.start;
    const oneota_error_t error = oneota_journal_scan(&journal);
    PROVE(error == ONEOTA_OK || error == ONEOTA_AGAIN);
    PROVE((error == ONEOTA_OK) == (journal.step == STEP_IDLE));
    PROVE(is_placed());
    PROVE(error == ONEOTA_OK || journal.unit.start > unit ||
          (journal.unit.start == unit && journal.place > place));
}

void prove_journal_read(void)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    const size_t size = nondet_u8();
    size_t length = 0;
    any_journal(STEP_IDLE);
    ASSUME(size <= sizeof data);
    const oneota_error_t error = oneota_journal_read(&journal, nondet_u8(), data, size, &length);
    PROVE(error != ONEOTA_OK || length <= size);
    PROVE(is_placed());
}

/* ---------------------------------------------------------------- two units of records */

/* The journal reads a record's head, and then the rest of it. */
static oneota_error_t read_model(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    static const entry_t nothing;
    uint8_t *bytes = buffer;
    const unsigned u = offset >= region.unit[1].start ? 1u : 0;
    const uint32_t n = (offset - region.unit[u].start) / SPACING;
    const entry_t *entry = n < RECORDS ? &entries[u][n] : &nothing;
    (void)ctx;
    PROVE(offset % SPACING == (length == HEAD_BYTES ? 0 : HEAD_BYTES));
    if (length == HEAD_BYTES) {
        bytes[0] = MAGIC;
        bytes[1] = entry->type;
        oneota_bytes_put_u16(bytes + 2, 4);
    } else {
        PROVE(length == 8u);
        oneota_bytes_put_u32(bytes, entry->value);
        oneota_bytes_put_u32(bytes + 4, entry->whole ? CRC_GOOD : ~CRC_GOOD);
    }
    return ONEOTA_OK;
}

static void make_entries(void)
{
    for (unsigned u = 0; u < 2u; u++) {
        unsigned seals = 0;
        for (unsigned n = 0; n < RECORDS; n++) {
            entries[u][n].type = nondet_u8();
            entries[u][n].value = nondet_u32();
            entries[u][n].whole = nondet_bool();
            seals += entries[u][n].type == SEAL_TYPE ? 1u : 0;
        }
        ASSUME(seals <= 1u);
    }
}

/* Whether unit u counts by itself: it is whole up to a seal. */
static bool is_sealed(unsigned u, uint32_t *generation)
{
    for (unsigned n = 0; n < RECORDS && entries[u][n].whole; n++) {
        if (entries[u][n].type == SEAL_TYPE) {
            *generation = entries[u][n].value;
            return true;
        }
    }
    return false;
}

/* The newest value of a type, as journal.h has it. */
static bool find_newest(uint8_t type, uint32_t *value)
{
    uint32_t generation[2] = {0, 0};
    const bool first = is_sealed(0, &generation[0]);
    const bool second = is_sealed(1, &generation[1]);
    const uint32_t ahead = generation[1] - generation[0];
    bool found = false;
    ASSUME(!first || !second ||
           (ahead != 0 && ahead != (uint32_t)1 << 31)); /* never so far apart */
    if (!first && !second) {
        return false;
    }
    const unsigned home = second && (!first || ahead < (uint32_t)1 << 31) ? 1u : 0;
    for (unsigned n = 0; n < RECORDS && entries[home][n].whole; n++) {
        if (entries[home][n].type == type) {
            *value = entries[home][n].value;
            found = true;
        }
    }
    return found;
}

void prove_newest(void)
{
    uint8_t data[4];
    size_t length = 0;
    uint32_t value = 0;
    region.count = 2;
    region.size = 2u * UNIT_BYTES;
    region.unit[0] = (oneota_erase_unit_t){0, UNIT_BYTES};
    region.unit[1] = (oneota_erase_unit_t){UNIT_BYTES, UNIT_BYTES};
    flash.read = read_model;
    flash.erase_unit = unit_of;
    flash.size = size_of;
    flash.program_unit = 8;
    modelled = true;
    make_entries();
    PROVE(oneota_journal_init(&journal, &flash, NULL, scratch) == ONEOTA_OK);
    for (unsigned n = 0; n < 2u * (RECORDS + 1u); n++) {
        (void)oneota_journal_scan(&journal);
    }
    PROVE(oneota_journal_scan(&journal) == ONEOTA_OK);
    const uint8_t type = (uint8_t)(nondet_u8() % ONEOTA_JOURNAL_TYPES + 1u);
    const bool there = find_newest(type, &value);
    const oneota_error_t error = oneota_journal_read(&journal, type, data, sizeof data, &length);
    PROVE(error == (there ? ONEOTA_OK : ONEOTA_STATE));
    PROVE(!there || (length == 4u && oneota_bytes_get_u32(data) == value));
}
