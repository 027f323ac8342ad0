/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_journal.c: a journal over flash that holds anything.
 *
 * Input: geometry, what the flash is filled with, the plan of a fault (4), number of writes; then
 * what stands in the flash, as parts: bytes, records and seals whose CRC is right, records with
 * one bit wrong, steps to the next unit. What is found must be found again after writes and
 * restarts, whatever else is there.
 */
#include "bytes.h"
#include "fuzz.h"
#include "journal_rig.h"

#define TYPES     ONEOTA_JOURNAL_TYPES
#define CALLS_MAX 20000u

typedef struct {
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    size_t length;
    bool there;
} value_t;

typedef struct {
    fake_flash_t flash;
    oneota_journal_t journal;
    uint8_t *scratch; /* of exactly the size that it must have */
    uint32_t align;
    value_t values[TYPES + 1u];
    value_t written;
} scene_t;

/* ---------------------------------------------------------------- what stands there */

static uint32_t put(scene_t *s, uint32_t at, const uint8_t *data, uint32_t length)
{
    const uint32_t end = s->flash.size;
    length = length < end - at ? length : end - at;
    if (length > 0) {
        fake_flash_put(&s->flash, at, data, length);
    }
    return at + length;
}

static uint32_t put_record(scene_t *s, fuzz_input_t *input, uint32_t at, uint8_t type,
                           uint32_t wanted)
{
    uint8_t record[4u + 255u + 4u];
    fuzz_fill(input, record + 4, wanted);
    record[0] = 0xA5;
    record[1] = type;
    oneota_bytes_put_u16(record + 2, (uint16_t)wanted);
    oneota_bytes_put_u32(record + 4u + wanted, oneota_bytes_crc32(0, record, 4u + wanted));
    (void)put(s, at, record, 8u + wanted);
    const uint32_t next = at + (8u + wanted + s->align - 1u) / s->align * s->align;
    return next < s->flash.size ? next : s->flash.size;
}

/* Generations are near to each other, as any number of writes makes them. */
static uint32_t put_seal(scene_t *s, fuzz_input_t *input, uint32_t at)
{
    uint8_t generation[4];
    oneota_bytes_put_u32(generation, (uint32_t)fuzz_u8(input) - 16u);
    fuzz_input_t own = {generation, sizeof generation};
    return put_record(s, &own, at, 0, 4);
}

static uint32_t put_part(scene_t *s, fuzz_input_t *input, uint32_t at)
{
    const oneota_erase_unit_t unit = s->flash.port.erase_unit(&s->flash, at);
    const uint8_t kind = fuzz_u8(input);
    size_t length;
    const uint8_t *bytes;
    switch (kind % 6u) {
    case 0:
        return unit.start + unit.length;
    case 1:
        return put_seal(s, input, at);
    case 2:
        bytes = fuzz_take(input, fuzz_u8(input), &length);
        return put(s, at, bytes, (uint32_t)length);
    case 3:
        put_record(s, input, at, fuzz_u8(input), fuzz_u8(input) % 40u);
        s->flash.bytes[at + kind % 8u] ^= (uint8_t)(1u << kind / 32u);
        s->flash.whole[at + kind % 8u] = s->flash.bytes[at + kind % 8u];
        return at + s->align;
    default:
        return put_record(s, input, at, fuzz_u8(input) % (TYPES + 2u), fuzz_u8(input));
    }
}

/* ---------------------------------------------------------------- the journal's side */

static void start(scene_t *s)
{
    fake_flash_power_on(&s->flash);
    memset(&s->journal, 0xA5, sizeof s->journal);
    free(s->scratch);
    s->scratch = malloc(JOURNAL_RECORD_MAX(s->flash.port.program_unit));
    FUZZ_CHECK(s->scratch != NULL);
    FUZZ_CHECK(oneota_journal_init(&s->journal, &s->flash.port, &s->flash, s->scratch) ==
               ONEOTA_OK);
    uint32_t calls = 0;
    while (oneota_journal_scan(&s->journal) == ONEOTA_AGAIN) {
        FUZZ_CHECK(calls++ < CALLS_MAX);
    }
}

static void read_value(scene_t *s, uint8_t type, value_t *value)
{
    uint8_t *data = malloc(JOURNAL_PAYLOAD_MAX);
    FUZZ_CHECK(data != NULL);
    memset(value, 0, sizeof *value);
    const oneota_error_t error =
        oneota_journal_read(&s->journal, type, data, JOURNAL_PAYLOAD_MAX, &value->length);
    FUZZ_CHECK(error == ONEOTA_OK || error == ONEOTA_STATE);
    value->there = error == ONEOTA_OK;
    if (value->there) {
        FUZZ_CHECK(value->length <= JOURNAL_PAYLOAD_MAX);
        memcpy(value->data, data, value->length);
    }
    free(data);
}

static bool same(const value_t *a, const value_t *b)
{
    return a->there == b->there && a->length == b->length &&
           memcmp(a->data, b->data, a->length) == 0;
}

/* All but one type must be as they were; that one too, or as it was written. */
static void check_values(scene_t *s, uint8_t type, bool old, bool new)
{
    for (uint8_t n = 1; n <= TYPES; n++) {
        value_t value;
        read_value(s, n, &value);
        if (n == type) {
            FUZZ_CHECK((old && same(&value, &s->values[n])) || (new &&same(&value, &s->written)));
        } else {
            FUZZ_CHECK(same(&value, &s->values[n]));
        }
        s->values[n] = value;
    }
}

static oneota_error_t write_value(scene_t *s, uint8_t type)
{
    oneota_error_t error;
    uint32_t calls = 0;
    uint8_t *data = fuzz_copy(s->written.data, s->written.length);
    do {
        error = oneota_journal_write(&s->journal, type, data, s->written.length);
        FUZZ_CHECK(calls++ < CALLS_MAX);
    } while (error == ONEOTA_AGAIN);
    free(data);
    return error;
}

/* A write that may go wrong, as planned; and a start. */
static void write_and_start(scene_t *s, fuzz_input_t *plan, bool may_fail)
{
    const uint8_t kind = fuzz_u8(plan);
    const uint8_t type = (uint8_t)(1u + kind % TYPES);
    s->written.length = fuzz_u8(plan) % (JOURNAL_PAYLOAD_MAX + 1u);
    s->written.there = true;
    memset(s->written.data, kind ^ 0x5A, s->written.length);
    if (may_fail) {
        const uint8_t at = fuzz_u8(plan);
        s->flash.cut = at % FAKE_CUT_COUNT;
        s->flash.cut_at = at < 128u ? s->flash.operations + 1u + at / FAKE_CUT_COUNT % 8u : 0;
        s->flash.fault = at % FAKE_FAULT_COUNT;
        s->flash.fault_kind = at / 4u % FAKE_KIND_COUNT;
        s->flash.fault_at = at < 128u ? 0 : s->flash.calls[s->flash.fault_kind] + 1u + at / 32u;
        s->flash.fault_count = 1;
    }
    const oneota_error_t error = write_value(s, type);
    const bool failed = error != ONEOTA_OK;
    FUZZ_CHECK(!failed || (error == ONEOTA_STORAGE && may_fail));
    s->flash.fault_at = 0;
    if (kind >= 128u && !failed) {
        check_values(s, type, false, true);
        s->written = s->values[type];
    }
    start(s);
    check_values(s, type, failed, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input_t input = {data, size};
    unsigned geometries = 0;
    scene_t *s = calloc(1, sizeof *s);
    FUZZ_CHECK(s != NULL);
    while (rig_geometries[geometries].name != NULL) {
        geometries++;
    }
    const rig_geometry_t *geometry = &rig_geometries[fuzz_u8(&input) % geometries];
    FUZZ_CHECK(fake_flash_init(&s->flash, &geometry->flash));
    s->flash.again = geometry->again;
    s->flash.erased_read = geometry->erased_read;
    s->align = geometry->flash.program_unit > 8u ? geometry->flash.program_unit : 8u;
    const uint8_t filling = fuzz_u8(&input);
    const uint8_t writes = fuzz_u8(&input) % 6u;
    uint8_t plans[16];
    fuzz_fill(&input, plans, sizeof plans);
    fuzz_input_t plan = {plans, sizeof plans};
    if (filling % 4u != 0) {
        fake_flash_fill(&s->flash, filling);
    } else {
        fake_flash_erase_all(&s->flash);
    }
    uint32_t at = 0;
    while (input.left > 0 && at + 16u < s->flash.size) {
        at = put_part(s, &input, at);
    }
    start(s);
    for (uint8_t type = 1; type <= TYPES; type++) {
        read_value(s, type, &s->values[type]);
    }
    for (uint8_t n = 0; n < writes; n++) {
        write_and_start(s, &plan, n + 1u == writes);
    }
    FUZZ_CHECK(s->flash.violations == 0);
    fake_flash_free(&s->flash);
    free(s->scratch);
    free(s);
    return 0;
}
