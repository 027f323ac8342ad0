/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * recovery.c: the journal before and after a power cut. With flash that holds anything, and reads
 * differently each time, each step of reading stays within flash and memory and comes closer to
 * its end. Each step of writing does one operation at most: it never erases the unit that counts,
 * and programs what is due where nothing was programmed since its erasure; another unit counts when
 * all that home has was copied and its seal read back. Both from any state that the journal can be
 * in with two units and a program unit of 8, and to such a state again, so that it holds for any
 * number of steps. The step that copies begins at one type, STEP_COPY.
 *
 * That writing ends, and what torn cells do to it, is shown by tests/fault alone.
 */
#include "proof.h"

#include <string.h>

#define oneota_bytes_crc32 crc32_of_bytes
#include "bytes.c"
#undef oneota_bytes_crc32
uint32_t oneota_bytes_crc32(uint32_t seed, const void *data, size_t length);

/* Copying any number of bytes is what the solver is slowest with, and what they are does not
 * matter: in the scratch they stay as they are, which is any. */
static void *set_bytes(void *memory, int value, size_t length);
static void *copy_bytes(void *to, const void *from, size_t length);

#define memset set_bytes
#define memcpy copy_bytes
#include "journal.c"
#undef memset
#undef memcpy

#define UNITS      2u
#define UNIT_BYTES 2048u
#define STEP_COPY  7u /* a type to be copied, and one behind it */

typedef struct {
    uint32_t count, size;
    oneota_erase_unit_t unit[UNITS];
} region_t;

static region_t region;
static oneota_flash_t flash;
static oneota_journal_t journal;
static uint8_t payload[JOURNAL_PAYLOAD_MAX];
static uint8_t scratch[JOURNAL_RECORD_MAX(256)];

static void *set_bytes(void *memory, int value, size_t length)
{
    PROVE(__CPROVER_w_ok(memory, length));
    if (__CPROVER_POINTER_OBJECT(memory) != __CPROVER_POINTER_OBJECT(scratch)) {
        return memset(memory, value, length);
    }
    PROVE((uint8_t)value == flash.erased_value);
    return memory;
}

static void *copy_bytes(void *to, const void *from, size_t length)
{
    PROVE(__CPROVER_w_ok(to, length) && __CPROVER_r_ok(from, length));
    return from == payload ? to : memcpy(to, from, length);
}

/* What check_step() knows of its step. */
static struct {
    bool writes;
    uint8_t type; /* the record to be written */
    size_t length;
    oneota_journal_t before;
    uint32_t generation;        /* with which home was sealed */
    uint32_t clean_unit, clean; /* erased from here to the end of this unit */
    uint32_t operations;        /* erased or programmed */
    oneota_error_t ended;       /* the operation, how */
    uint32_t place, crc_at, crc;
    uint8_t placed; /* the type of what was programmed */
    bool reads, proven;
    uint32_t read_at, whole_at;
} seen;

/* A record with a CRC that is right is what was written there: no two have the same. */
static void read_whole(const uint8_t *record)
{
    if (seen.operations == 0) {
        seen.whole_at = seen.read_at;
        ASSUME(seen.read_at != seen.before.newest[journal.step - 1u] || record[1] == journal.step);
        return;
    }
    seen.proven =
        seen.read_at == seen.place && oneota_bytes_get_u32(record + seen.crc_at) == seen.crc;
    ASSUME(!seen.proven ||
           (record[1] == seen.placed && HEAD_BYTES + length_of(&journal) == seen.crc_at));
}

/* Any. */
uint32_t oneota_bytes_crc32(uint32_t seed, const void *data, size_t length)
{
    const uint32_t crc = nondet_u32();
    (void)seed;
    PROVE(__CPROVER_r_ok(data, length));
    if (seen.reads && oneota_bytes_get_u32(scratch + length) == crc) {
        read_whole(data);
    }
    return crc;
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

/* What was begun is to be done before anything else. */
static bool goes_on(void)
{
    return seen.operations == 0 && (seen.before.busy || seen.before.step == STEP_ERASE);
}

static oneota_error_t read_any(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    (void)ctx;
    PROVE(length <= region.size && offset <= region.size - length);
    PROVE(__CPROVER_w_ok(buffer, length));
    seen.reads = seen.writes;
    seen.read_at = (uint8_t *)buffer == scratch ? offset : seen.read_at;
    PROVE(!seen.writes || !goes_on()); /* nothing comes between */
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

/* The record that a step of writing programs. */
static uint8_t type_due(void)
{
    return journal.step == STEP_NEW    ? seen.type
           : journal.step == STEP_SEAL ? SEAL_TYPE
                                       : journal.step;
}

static oneota_error_t any_end(void)
{
    return nondet_bool() ? ONEOTA_OK : nondet_bool() ? ONEOTA_AGAIN : ONEOTA_STORAGE;
}

/* No more than one operation a step. */
static oneota_error_t operate(uint32_t offset, uint32_t length)
{
    seen.ended = any_end();
    seen.clean_unit = unit_of(NULL, offset).start;
    seen.clean = seen.ended == ONEOTA_AGAIN ? offset : offset + length;
    PROVE(seen.operations++ == 0);
    return seen.ended;
}

static oneota_error_t erase_unit(void *ctx, uint32_t offset)
{
    (void)ctx;
    PROVE(unit_of(NULL, offset).start == offset);
    PROVE(seen.before.home.length == 0 || offset != seen.before.home.start);
    PROVE(!goes_on() || (!seen.before.busy && offset == seen.before.unit.start));
    return operate(offset, 0);
}

/* What is due, where it was erased and nothing was programmed since. */
static oneota_error_t program_place(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    const oneota_erase_unit_t unit = unit_of(ctx, offset);
    const uint32_t mask = flash.program_unit - 1u;
    const uint8_t *record = data;
    const uint32_t bytes = oneota_bytes_get_u16(record + 2);
    PROVE((offset & mask) == 0 && (length & mask) == 0 && length > 0);
    PROVE(length <= unit.length && offset - unit.start <= unit.length - length);
    PROVE(__CPROVER_r_ok(data, length) && HEAD_BYTES + bytes + CRC_BYTES <= length);
    PROVE(unit.start == seen.clean_unit && offset == seen.clean);
    PROVE(record[0] == MAGIC && record[1] == type_due());
    PROVE(journal.step >= STEP_NEW || seen.before.busy ||
          seen.whole_at == seen.before.newest[journal.step - 1u]);
    PROVE(journal.step != STEP_NEW || bytes == seen.length);
    PROVE(journal.step != STEP_SEAL || seen.before.home.length == 0 ||
          oneota_bytes_get_u32(record + HEAD_BYTES) - seen.generation - 1u < INT32_MAX);
    seen.place = offset;
    seen.placed = record[1];
    seen.crc_at = HEAD_BYTES + bytes;
    seen.crc = oneota_bytes_get_u32(record + seen.crc_at);
    return operate(offset, length);
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

/* There, something is read or programmed. */
static bool has_place(void)
{
    return journal.step != STEP_ERASE && (journal.step != STEP_IDLE || journal.fresh);
}

static bool is_placed(void)
{
    const uint32_t mask = align_of(&journal) - 1u;
    return is_unit(&journal.unit) &&
           (!has_place() || ((journal.place & mask) == 0 &&
                             journal.place - journal.unit.start <= journal.unit.length)) &&
           (journal.home.length == 0 ? journal.home.start == 0 : is_unit(&journal.home)) &&
           (is_reading_home() || is_within(journal.newest, &journal.home)) &&
           (journal.step != STEP_SCAN || is_within(journal.found, &journal.unit));
}

static uint8_t any_type(void)
{
    return (uint8_t)(nondet_u8() % ONEOTA_JOURNAL_TYPES + 1u);
}

/* A unit is being filled, to be home. */
static bool is_moving(void)
{
    return journal.step != STEP_IDLE && !journal.fresh;
}

/* What is being programmed stays in the scratch. */
static bool is_held(void)
{
    const uint32_t length = length_of(&journal);
    return has_place() && journal.step != STEP_IDLE && journal.step != seen.type &&
           scratch[0] == MAGIC && scratch[1] == type_due() && length <= JOURNAL_PAYLOAD_MAX &&
           (journal.step != STEP_NEW || length == seen.length) &&
           (journal.step != STEP_SEAL ||
            (length == SEAL_BYTES &&
             oneota_bytes_get_u32(scratch + HEAD_BYTES) == journal.generation));
}

/* What home has of a type is in the unit, or still to be copied. */
static bool is_copied(uint8_t type)
{
    const uint32_t there = journal.found[type - 1u];
    const bool due = type == seen.type
                         ? journal.step == STEP_SEAL
                         : journal.step > type && journal.newest[type - 1u] != NOWHERE;
    return !due || (there >= journal.unit.start && there < journal.place);
}

/* For all that is still to be copied, or for what is to be appended. */
static bool has_room(void)
{
    const uint32_t used = journal.place - journal.unit.start;
    const uint32_t records = journal.step - 1u - (journal.step > seen.type ? 1u : 0);
    return is_moving() ? used <= records * extent_of(&journal, JOURNAL_PAYLOAD_MAX)
                       : journal.step == STEP_IDLE || extent_of(&journal, (uint32_t)seen.length) <=
                                                          journal.unit.length - used;
}

/* Home is not touched; or sealed by this journal, so that records may be appended. */
static bool is_apart(uint8_t type)
{
    const bool at_home = journal.unit.start == journal.home.start;
    if (!journal.fresh) {
        return !is_moving() || journal.home.length == 0 || !at_home;
    }
    return at_home && journal.home.length != 0 &&
           (journal.step == STEP_IDLE || (journal.step == STEP_NEW && journal.busy)) &&
           journal.found[type - 1u] == journal.newest[type - 1u];
}

/* What is true before and after each step, of any one type. */
static bool is_in_order(uint8_t type)
{
    if (!is_placed() || journal.step > STEP_IDLE) {
        return is_placed() && journal.step == STEP_SCAN && !journal.fresh && !journal.busy;
    }
    return is_apart(type) && (!journal.busy || is_held()) &&
           journal.generation - seen.generation - (is_moving() ? 1u : 0) <= INT32_MAX / 2 &&
           (!has_place() || (seen.clean_unit == journal.unit.start && seen.clean == journal.place &&
                             has_room() && (journal.fresh || is_copied(type))));
}

static void any_journal(uint8_t step, uint8_t type)
{
    static const oneota_erase_unit_t none;
    __CPROVER_havoc_object(&journal);
    __CPROVER_havoc_object(scratch);
    region.size = 0;
    make_region(8);
    journal.step = step;
    journal.unit = region.unit[nondet_u8() % UNITS];
    journal.home = nondet_bool() ? none : region.unit[nondet_u8() % UNITS];
    if (!is_reading_home()) {
        make_within(journal.newest, &journal.home);
    }
    make_within(journal.found, &journal.unit);
    seen.type = any_type();
    seen.length = nondet_u8();
    seen.generation = nondet_u32();
    seen.clean_unit = journal.unit.start;
    seen.clean = journal.place;
    ASSUME(seen.length <= JOURNAL_PAYLOAD_MAX && is_in_order(type));
    ASSUME(journal.generation - seen.generation < INT32_MAX / 2); /* moves that failed */
    seen.before = journal;
}

void prove_journal_scan(void)
{
    const uint8_t type = any_type();
    any_journal(STEP_SCAN, type);
    const uint32_t place = journal.place;
    const uint32_t unit = journal.unit.start;
    const oneota_error_t error = oneota_journal_scan(&journal);
    PROVE(error == ONEOTA_OK || error == ONEOTA_AGAIN);
    PROVE((error == ONEOTA_OK) == (journal.step == STEP_IDLE));
    seen.generation = journal.generation;
    PROVE(is_in_order(type));
    PROVE(error == ONEOTA_OK || journal.unit.start > unit ||
          (journal.unit.start == unit && journal.place > place));
}

void prove_journal_read(void)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    const size_t size = nondet_u8();
    size_t length = 0;
    const uint8_t type = any_type();
    any_journal(STEP_IDLE, type);
    ASSUME(size <= sizeof data);
    const oneota_error_t error = oneota_journal_read(&journal, nondet_u8(), data, size, &length);
    PROVE(error != ONEOTA_OK || length <= size);
    PROVE(is_in_order(type));
}

/* Home and what it has stay, until all of it is sealed in another unit, or a record appended, and
 * that was read back. */
static void check_step(uint8_t step)
{
    const uint8_t type = any_type();
    const uint32_t *newest = &journal.newest[type - 1u];
    any_journal(step, type);
    const oneota_journal_t before = journal;
    seen.writes = true;
    const oneota_error_t error = oneota_journal_write(&journal, seen.type, payload, seen.length);
    const bool begun = seen.operations > 0 && seen.ended == ONEOTA_AGAIN;
    PROVE(error == ONEOTA_OK || error == ONEOTA_AGAIN || error == ONEOTA_STORAGE);
    PROVE(journal.busy ? begun : !begun || journal.step == STEP_ERASE);
    PROVE(!begun || (error == ONEOTA_AGAIN && journal.unit.start == seen.clean_unit));
    PROVE(error == ONEOTA_AGAIN || (journal.step == STEP_IDLE && !journal.busy));
    if (error == ONEOTA_OK) {
        PROVE(seen.proven && seen.placed == (before.fresh ? seen.type : SEAL_TYPE));
        PROVE(journal.fresh && (*newest != NOWHERE || before.newest[type - 1u] == NOWHERE));
        PROVE(type != seen.type || *newest != NOWHERE);
        seen.generation = before.fresh ? seen.generation : journal.generation;
    } else {
        PROVE(journal.home.start == before.home.start && *newest == before.newest[type - 1u]);
        PROVE(journal.home.length == before.home.length);
    }
    PROVE(is_in_order(type));
}

/* Each by itself, so that there is less to look at. */
void prove_write_begin(void)
{
    check_step(STEP_IDLE);
}

void prove_write_erase(void)
{
    check_step(STEP_ERASE);
}

void prove_write_copy(void)
{
    check_step(STEP_COPY);
}

void prove_write_new(void)
{
    check_step(STEP_NEW);
}

void prove_write_seal(void)
{
    check_step(STEP_SEAL);
}
