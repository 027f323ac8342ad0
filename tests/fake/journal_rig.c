/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "journal_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"

#define CALLS_MAX 100000u

static const uint32_t mixed_16[] = {4096, 65536, 16384, 0};
static const uint32_t mixed_256[] = {65536, 4096, 0};

const rig_geometry_t rig_geometries[] = {
    {"unit 1, 2 x 4 KiB",
     {.size = 8192, .unit = 4096, .program_unit = 1, .erased = 0xFF},
     0,
     FAKE_ERASED_VALUE},
    {"unit 4, 3 x 4 KiB, erased 0",
     {.size = 12288, .unit = 4096, .program_unit = 4},
     0,
     FAKE_ERASED_RANDOM},
    {"unit 8, 2 x 2 KiB",
     {.size = 4096, .unit = 2048, .program_unit = 8, .erased = 0xFF},
     0,
     FAKE_ERASED_ERROR},
    {"unit 16, 2 x 4 KiB, AGAIN",
     {.size = 8192, .unit = 4096, .program_unit = 16, .erased = 0xFF},
     2,
     FAKE_ERASED_ERROR},
    {"unit 32, 3 x 4 KiB, erased 0",
     {.size = 12288, .unit = 4096, .program_unit = 32},
     0,
     FAKE_ERASED_VALUE},
    {"unit 256, 2 x 4 KiB",
     {.size = 8192, .unit = 4096, .program_unit = 256, .erased = 0xFF},
     0,
     FAKE_ERASED_RANDOM},
    {"unit 16, mixed",
     {.units = mixed_16, .program_unit = 16, .erased = 0xFF},
     0,
     FAKE_ERASED_VALUE},
    {"unit 256, mixed, erased 0", {.units = mixed_256, .program_unit = 256}, 1, FAKE_ERASED_VALUE},
    {NULL, {0}, 0, 0}};

static void bind(rig_t *rig)
{
    rig->journal.flash = &rig->flash.port;
    rig->journal.flash_ctx = &rig->flash;
    rig->journal.scratch = rig->scratch;
}

void rig_init(rig_t *rig, const rig_geometry_t *geometry)
{
    memset(rig, 0, sizeof *rig);
    assert_true(fake_flash_init(&rig->flash, &geometry->flash));
    rig->scratch_bytes = JOURNAL_RECORD_MAX(geometry->flash.program_unit);
    assert_true(rig->scratch_bytes < RIG_SCRATCH_MAX);
    rig->flash.again = geometry->again;
    rig->flash.erased_read = geometry->erased_read;
    for (unsigned i = 0; i < ONEOTA_JOURNAL_TYPES; i++) {
        rig->allowed_count[i] = 1;
    }
}

void rig_free(rig_t *rig)
{
    fake_flash_free(&rig->flash);
}

void rig_copy(rig_t *to, const rig_t *from)
{
    fake_flash_t flash = to->flash;
    *to = *from;
    to->flash = flash;
    fake_flash_copy(&to->flash, &from->flash);
    bind(to);
}

size_t rig_value(uint32_t value, uint8_t *data)
{
    static const uint8_t lengths[] = {28, 126, 0, 240, 97, 1, 56, 28, 64, 239, 126};
    uint32_t random = value * 2654435769u + 1u;
    size_t length = lengths[value % sizeof lengths];
    for (size_t i = 0; i < length; i++) {
        random = random * 1664525u + 1013904223u;
        data[i] = (uint8_t)(random >> 24);
    }
    /* values of the same length differ in the first bytes, not by chance alone */
    if (length >= 4u) {
        oneota_bytes_put_u32(data, value);
    }
    return length;
}

/* The head of a record and the rest of it; three times over if it does not read well. */
#define READS_MAX 6u

/* What is behind the scratch belongs to others. */
static void check_scratch(const rig_t *rig)
{
    for (uint32_t i = rig->scratch_bytes; i < RIG_SCRATCH_MAX; i++) {
        assert_int_equal(rig->scratch[i], 0xAA);
    }
}

void rig_start(rig_t *rig)
{
    oneota_error_t error = ONEOTA_AGAIN;
    fake_flash_power_on(&rig->flash);
    /* what a start finds in RAM is no help */
    memset(&rig->journal, 0xAA, sizeof rig->journal);
    memset(rig->scratch, 0xAA, sizeof rig->scratch);
    assert_int_equal(
        oneota_journal_init(&rig->journal, &rig->flash.port, &rig->flash, rig->scratch), ONEOTA_OK);
    for (uint32_t i = 0; error == ONEOTA_AGAIN; i++) {
        uint32_t reads = rig->flash.calls[FAKE_READ];
        uint32_t operations = rig->flash.operations;
        assert_true(i < CALLS_MAX);
        error = oneota_journal_scan(&rig->journal);
        assert_true(rig->flash.calls[FAKE_READ] - reads <= READS_MAX);
        assert_int_equal(rig->flash.operations, operations);
    }
    assert_int_equal(error, ONEOTA_OK);
    check_scratch(rig);
    uint32_t reads = rig->flash.calls[FAKE_READ];
    assert_int_equal(oneota_journal_scan(&rig->journal), ONEOTA_OK);
    assert_int_equal(rig->flash.calls[FAKE_READ], reads);
}

static void allow(rig_t *rig, uint8_t type, uint32_t value)
{
    uint8_t *count = &rig->allowed_count[type - 1u];
    for (unsigned i = 0; i < *count; i++) {
        if (rig->allowed[type - 1u][i] == value) {
            return;
        }
    }
    assert_true(*count < RIG_ALLOWED_MAX);
    rig->allowed[type - 1u][(*count)++] = value;
}

static void hold_to(rig_t *rig, uint8_t type, uint32_t value)
{
    rig->allowed[type - 1u][0] = value;
    rig->allowed_count[type - 1u] = 1;
}

oneota_error_t rig_write(rig_t *rig, uint8_t type, uint32_t value)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX + 1u];
    oneota_error_t error = ONEOTA_AGAIN;
    size_t length = rig_value(value, data);
    allow(rig, type, value);
    for (uint32_t i = 0; error == ONEOTA_AGAIN; i++) {
        uint32_t done = rig->flash.calls[FAKE_ERASE] + rig->flash.calls[FAKE_PROGRAM];
        uint32_t reads = rig->flash.calls[FAKE_READ];
        assert_true(i < CALLS_MAX);
        error = oneota_journal_write(&rig->journal, type, data, length);
        done = rig->flash.calls[FAKE_ERASE] + rig->flash.calls[FAKE_PROGRAM] - done;
        assert_true(done <= 1u);
        assert_true(rig->flash.calls[FAKE_READ] - reads <= 2u * READS_MAX + 1u);
    }
    check_scratch(rig);
    if (rig->flash.violation != NULL) {
        fail_msg("%s", rig->flash.violation);
    }
    if (error == ONEOTA_OK) {
        hold_to(rig, type, value);
    } else {
        assert_int_equal(error, ONEOTA_STORAGE);
    }
    return error;
}

void rig_write_through(rig_t *rig, uint8_t type, uint32_t value)
{
    for (unsigned i = 0; i < 100u && !rig->flash.off; i++) {
        if (rig_write(rig, type, value) == ONEOTA_OK) {
            return;
        }
        assert_true(rig->unsteady || rig->flash.off);
    }
    assert_true(rig->flash.off);
}

static bool is_value(uint32_t value, oneota_error_t error, const uint8_t *data, size_t length)
{
    uint8_t wanted[JOURNAL_PAYLOAD_MAX];
    if (value == 0 || error != ONEOTA_OK) {
        return value == 0 && error == ONEOTA_STATE;
    }
    return rig_value(value, wanted) == length && memcmp(wanted, data, length) == 0;
}

uint32_t rig_read(rig_t *rig, uint8_t type)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    size_t length = 0;
    oneota_error_t error = oneota_journal_read(&rig->journal, type, data, sizeof data, &length);
    while (error == ONEOTA_AGAIN && rig->unsteady) {
        while (oneota_journal_scan(&rig->journal) == ONEOTA_AGAIN) {
        }
        error = oneota_journal_read(&rig->journal, type, data, sizeof data, &length);
    }
    if (error == ONEOTA_STORAGE && rig->unsteady) {
        return UINT32_MAX;
    }
    for (unsigned i = 0; i < rig->allowed_count[type - 1u]; i++) {
        uint32_t value = rig->allowed[type - 1u][i];
        if (is_value(value, error, data, length)) {
            return value;
        }
    }
    fail_msg("type %u: %s, length %u", type, error == ONEOTA_OK ? "another value" : "no value",
             (unsigned)length);
    return UINT32_MAX;
}

void rig_check(rig_t *rig)
{
    for (uint8_t type = 1; type <= ONEOTA_JOURNAL_TYPES; type++) {
        uint32_t value = rig_read(rig, type);
        if (!rig->unsteady) {
            hold_to(rig, type, value);
        }
    }
}

void rig_expect(rig_t *rig, uint8_t type, const void *wanted, size_t wanted_length)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    size_t length = SIZE_MAX;
    assert_int_equal(oneota_journal_read(&rig->journal, type, data, sizeof data, &length),
                     ONEOTA_OK);
    assert_int_equal(length, wanted_length);
    assert_memory_equal(data, wanted, wanted_length);
}

bool rig_script_starts(uint32_t step)
{
    return step == 0 || step == 1 || step == 10 || step == 11 || step == 57;
}

uint8_t rig_script_type(uint32_t step)
{
    return (uint8_t)(1u + (step % 4u == 3u ? step / 4u % ONEOTA_JOURNAL_TYPES : step % 2u));
}

uint32_t rig_script_value(uint32_t step)
{
    return 1000u + step;
}
