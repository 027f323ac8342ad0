/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What a journal does when nothing goes wrong, its layout, and what it makes of contents that it did
 * not write. Power cuts and failing flash: test_journal_cut.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "journal_rig.h"

#define TYPES ONEOTA_JOURNAL_TYPES

static const rig_geometry_t two_units = {
    "2 x 4 KiB", { .size = 8192, .unit = 4096, .program_unit = 1, .erased = 0xFF }, 64, 0, 0
};

/* ---------------------------------------------------------------- init */

static void test_journal_init_geometry_ok_or_param(void **state)
{
    static const uint32_t mixed_ok[] = { 4096, 65536, 16384, 0 };
    static const uint32_t mixed_small[] = { 4096, 1024, 4096, 0 };
    static const uint32_t mixed_odd[] = { 4096, 4097, 4096, 0 };
    static const struct {
        fake_flash_config_t flash;
        uint32_t scratch_bytes;
        oneota_error_t error;
    } cases[] = {
        { { .size = 8192, .unit = 4096, .program_unit = 1 }, 64, ONEOTA_OK },
        { { .units = mixed_ok, .program_unit = 16 }, 64, ONEOTA_OK },
        /* 8 records of 248 bytes and a seal of 16 are 2000 bytes; of 256 and 16 they are 2064 */
        { { .size = 4000, .unit = 2000, .program_unit = 8 }, 64, ONEOTA_OK },
        { { .size = 3984, .unit = 1992, .program_unit = 8 }, 64, ONEOTA_PARAM },
        { { .size = 4128, .unit = 2064, .program_unit = 16 }, 64, ONEOTA_OK },
        { { .size = 4096, .unit = 2048, .program_unit = 16 }, 64, ONEOTA_PARAM },
        { { .size = 4608, .unit = 2304, .program_unit = 256 }, 256, ONEOTA_OK },
        { { .size = 4096, .unit = 2048, .program_unit = 256 }, 256, ONEOTA_PARAM },
        { { .size = 8192, .unit = 512, .program_unit = 8 }, 64, ONEOTA_PARAM },
        { { .size = 4096, .unit = 4096, .program_unit = 8 }, 64, ONEOTA_PARAM },
        { { .units = mixed_small, .program_unit = 8 }, 64, ONEOTA_PARAM },
        { { .units = mixed_odd, .program_unit = 8 }, 64, ONEOTA_PARAM },
        /* the last unit is not the journal's to the end */
        { { .size = 8191, .unit = 4096, .program_unit = 8 }, 64, ONEOTA_PARAM },
        { { .size = 8192, .unit = 4096, .program_unit = 8 }, 56, ONEOTA_PARAM },
        { { .size = 8192, .unit = 4096, .program_unit = 16 }, 72, ONEOTA_PARAM },
        { { .size = 8192, .unit = 4096, .program_unit = 256 }, 128, ONEOTA_PARAM },
        { { .size = 8192, .unit = 4096, .program_unit = 24 }, 72, ONEOTA_PARAM },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_flash_t flash;
        oneota_journal_t journal;
        uint8_t scratch[256];
        assert_true(fake_flash_init(&flash, &cases[i].flash));
        assert_int_equal(journal_init(&journal, &flash.port, &flash, scratch,
                                      cases[i].scratch_bytes),
                         cases[i].error);
        assert_int_equal(flash.calls[FAKE_ANY], 0);
        fake_flash_free(&flash);
    }
}

static oneota_erase_unit_t lying_unit(void *ctx, uint32_t offset)
{
    oneota_erase_unit_t unit = { offset & ~4095u, 4096 };
    (void)ctx;
    if (offset == 4096u) {
        unit.start = 0;
    }
    return unit;
}

static void test_journal_init_port_without_program_unit_or_order_param(void **state)
{
    fake_flash_t flash;
    oneota_journal_t journal;
    uint8_t scratch[64];
    (void)state;
    assert_true(fake_flash_init(&flash, &two_units.flash));
    flash.port.program_unit = 0;
    assert_int_equal(journal_init(&journal, &flash.port, &flash, scratch, 64), ONEOTA_PARAM);
    flash.port.program_unit = 1;
    flash.port.erase_unit = lying_unit;
    assert_int_equal(journal_init(&journal, &flash.port, &flash, scratch, 64), ONEOTA_PARAM);
    fake_flash_free(&flash);
}

/* ---------------------------------------------------------------- arguments and states */

static void test_journal_read_nothing_there_state(void **state)
{
    rig_t rig;
    uint8_t data[4];
    size_t length = 77;
    (void)state;
    rig_init(&rig, &two_units);
    rig_start(&rig);
    for (unsigned type = 0; type <= UINT8_MAX; type++) {
        assert_int_equal(journal_read(&rig.journal, (uint8_t)type, data, sizeof data, &length),
                         ONEOTA_STATE);
    }
    assert_int_equal(length, 77);
    rig_free(&rig);
}

static void test_journal_read_too_small_limit_and_no_byte_beyond(void **state)
{
    rig_t rig;
    uint8_t data[7] = { 0 };
    size_t length = 0;
    (void)state;
    rig_init(&rig, &two_units);
    rig_start(&rig);
    oneota_error_t error = ONEOTA_AGAIN;
    while (error == ONEOTA_AGAIN) {
        error = journal_write(&rig.journal, 3, "abcdef", 6);
    }
    assert_int_equal(error, ONEOTA_OK);
    assert_int_equal(journal_read(&rig.journal, 3, data, 5, &length), ONEOTA_LIMIT);
    assert_int_equal(length, 6);
    assert_memory_equal(data, "\0\0\0\0\0\0", 7);
    assert_int_equal(journal_read(&rig.journal, 3, data, 6, &length), ONEOTA_OK);
    assert_int_equal(length, 6);
    assert_memory_equal(data, "abcdef\0", 7);
    rig_free(&rig);
}

static void test_journal_write_type_or_length_out_of_range_param(void **state)
{
    rig_t rig;
    uint8_t data[JOURNAL_PAYLOAD_MAX + 1u] = { 0 };
    (void)state;
    rig_init(&rig, &two_units);
    rig_start(&rig);
    assert_int_equal(journal_write(&rig.journal, 0, data, 1), ONEOTA_PARAM);
    assert_int_equal(journal_write(&rig.journal, TYPES + 1, data, 1), ONEOTA_PARAM);
    assert_int_equal(journal_write(&rig.journal, 255, data, 1), ONEOTA_PARAM);
    assert_int_equal(journal_write(&rig.journal, 1, data, sizeof data), ONEOTA_PARAM);
    assert_int_equal(journal_write(&rig.journal, 1, data, SIZE_MAX), ONEOTA_PARAM);
    assert_int_equal(rig.flash.calls[FAKE_ERASE] + rig.flash.calls[FAKE_PROGRAM], 0);
    rig_free(&rig);
}

static void test_journal_write_before_scan_ends_scans_first(void **state)
{
    rig_t rig;
    (void)state;
    for (unsigned scans = 0; scans < 12u; scans++) {
        rig_init(&rig, &two_units);
        rig_start(&rig);
        assert_int_equal(rig_write(&rig, 1, 1), ONEOTA_OK);
        assert_int_equal(rig_write(&rig, 2, 2), ONEOTA_OK);
        assert_int_equal(journal_init(&rig.journal, &rig.flash.port, &rig.flash, rig.scratch, 64),
                         ONEOTA_OK);
        for (unsigned i = 0; i < scans; i++) {
            (void)journal_scan(&rig.journal);
        }
        assert_int_equal(rig_write(&rig, 2, 3), ONEOTA_OK);
        rig_check(&rig);
        rig_start(&rig);
        rig_check(&rig);
        rig_free(&rig);
    }
}

static void test_journal_read_record_gone_bad_storage(void **state)
{
    rig_t rig;
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    size_t length;
    (void)state;
    rig_init(&rig, &two_units);
    rig_start(&rig);
    assert_int_equal(rig_write(&rig, 1, 1), ONEOTA_OK);
    for (uint32_t i = 0; i < 4u + 126u + 4u; i++) {
        rig.flash.bytes[i] ^= 0x10u;
        assert_int_equal(journal_read(&rig.journal, 1, data, sizeof data, &length),
                         ONEOTA_STORAGE);
        rig.flash.bytes[i] ^= 0x10u;
    }
    rig_check(&rig);
    rig_free(&rig);
}

/* ---------------------------------------------------------------- values */

static void test_journal_write_every_type_and_length_reads_back_and_is_kept(void **state)
{
    (void)state;
    for (const rig_geometry_t *geometry = rig_geometries; geometry->name != NULL; geometry++) {
        rig_t rig;
        rig_init(&rig, geometry);
        rig_start(&rig);
        rig_check(&rig);
        for (uint32_t value = 1; value <= 200u; value++) {
            assert_int_equal(rig_write(&rig, (uint8_t)(1u + value * 5u % TYPES), value), ONEOTA_OK);
            rig_check(&rig);
            if (value % 37u == 0) {
                rig_start(&rig);
                rig_check(&rig);
            }
        }
        rig_free(&rig);
    }
}

static void test_journal_write_all_types_at_their_largest_fit_the_smallest_unit(void **state)
{
    static const rig_geometry_t smallest = {
        "2 x 2000", { .size = 4000, .unit = 2000, .program_unit = 8, .erased = 0xFF }, 64, 0, 0
    };
    rig_t rig;
    (void)state;
    rig_init(&rig, &smallest);
    rig_start(&rig);
    for (uint32_t i = 0; i < 40u; i++) {
        uint32_t erases = rig.flash.calls[FAKE_ERASE];
        assert_int_equal(rig_write(&rig, (uint8_t)(1u + i % TYPES), 3u + 11u * i), ONEOTA_OK);
        assert_int_equal(rig.flash.calls[FAKE_ERASE] - erases, i == 0 || i >= TYPES);
        rig_check(&rig);
    }
    rig_start(&rig);
    rig_check(&rig);
    rig_free(&rig);
}

static void test_journal_write_types_this_firmware_never_writes_kept_over_moves(void **state)
{
    (void)state;
    for (const rig_geometry_t *geometry = rig_geometries; geometry->name != NULL; geometry++) {
        rig_t rig;
        rig_init(&rig, geometry);
        rig_start(&rig);
        for (uint8_t type = 3; type <= TYPES; type++) {
            assert_int_equal(rig_write(&rig, type, type), ONEOTA_OK);
        }
        for (uint32_t i = 0; i < 3u * rig.flash.unit_count; i++) {
            rig_start(&rig);
            assert_int_equal(rig_write(&rig, (uint8_t)(1u + i % 2u), 100u + i), ONEOTA_OK);
        }
        for (uint32_t i = 0; i < rig.flash.unit_count; i++) {
            assert_true(rig.flash.erases[i] >= 3u);
        }
        rig_start(&rig);
        rig_check(&rig);
        rig_free(&rig);
    }
}

/* ---------------------------------------------------------------- wear */

/* Records that go into home between two moves, each of bytes when padded, beside others that live. */
static uint32_t per_move(uint32_t unit, uint32_t live, uint32_t bytes)
{
    return (unit - live) / bytes;
}

static void test_journal_write_many_erases_as_few_as_promised(void **state)
{
    rig_t rig;
    (void)state;
    for (const rig_geometry_t *geometry = rig_geometries; geometry->name != NULL; geometry++) {
        rig_init(&rig, geometry);
        uint32_t align = geometry->flash.program_unit > 8u ? geometry->flash.program_unit : 8u;
        uint32_t unit = geometry->flash.unit;
        if (unit == 0) {
            rig_free(&rig);
            continue;
        }
        /* values 1 + 11 n have 126 bytes; alive beside them: one of 240 bytes and the seal */
        uint32_t bytes = (126u + 8u + align - 1u) / align * align;
        uint32_t live = (240u + 8u + align - 1u) / align * align + (4u + 8u + align - 1u) / align * align;
        uint32_t moves = 7u;
        uint32_t writes = moves * per_move(unit, live, bytes);
        rig_start(&rig);
        assert_int_equal(rig_write(&rig, 2, 3), ONEOTA_OK);
        rig_start(&rig);
        uint32_t erases = rig.flash.calls[FAKE_ERASE];
        for (uint32_t i = 0; i < writes; i++) {
            assert_int_equal(rig_write(&rig, 1, 1u + 11u * i), ONEOTA_OK);
        }
        assert_int_equal(rig.flash.calls[FAKE_ERASE] - erases, moves);
        rig_free(&rig);
    }
}

static void test_journal_start_without_write_no_operation(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig, &two_units);
    rig_start(&rig);
    assert_int_equal(rig_write(&rig, 1, 1), ONEOTA_OK);
    uint32_t operations = rig.flash.operations;
    for (unsigned i = 0; i < 5u; i++) {
        rig_start(&rig);
        rig_check(&rig);
    }
    assert_int_equal(rig.flash.operations, operations);
    uint32_t erases = rig.flash.calls[FAKE_ERASE];
    assert_int_equal(rig_write(&rig, 1, 2), ONEOTA_OK);
    assert_int_equal(rig_write(&rig, 1, 3), ONEOTA_OK);
    assert_int_equal(rig.flash.calls[FAKE_ERASE] - erases, 1);
    rig_free(&rig);
}

/* ---------------------------------------------------------------- layout, fixed from release 1.0 on */

static const uint8_t image_1_0[] = {
    0xA5,                         /* magic */
    0x01,                         /* type 1 */
    0x05, 0x00,                   /* 5 bytes of payload */
    0x11, 0x22, 0x33, 0x44, 0x55, /* payload */
    0x00, 0x51, 0x2A, 0x28,       /* CRC-32 0x282A5100 of the 9 bytes before */
    0xFF, 0xFF, 0xFF,             /* padding to 16 */
    0xA5, 0x02,                   /* magic, type 2 */
    0x00, 0x00,                   /* no payload */
    0x45, 0xE2, 0x75, 0x58,       /* CRC-32 0x5875E245 of 4 bytes: 8 in all, no padding */
    0xA5, 0x00,                   /* magic, seal */
    0x04, 0x00,                   /* 4 bytes of payload */
    0x07, 0x00, 0x00, 0x00,       /* generation 7 */
    0x2E, 0x4C, 0xC9, 0x81,       /* CRC-32 0x81C94C2E of 8 bytes */
    0xFF, 0xFF, 0xFF, 0xFF,       /* padding to 16 */
    0xA5, 0x02,                   /* magic, type 2 */
    0x02, 0x00,                   /* 2 bytes of payload */
    0xCA, 0xFE,                   /* payload: the newest of type 2 */
    0xCA, 0x5A, 0xCA, 0x43,       /* CRC-32 0x43CA5ACA of 6 bytes */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* padding to 16 */
    0xA5, 0xC8,                   /* magic, type 200: of some later firmware, passed over */
    0x01, 0x00,                   /* 1 byte of payload */
    0x3F,                         /* payload */
    0x18, 0x66, 0xB8, 0x7A,       /* CRC-32 0x7AB86618 of 5 bytes */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* padding to 16 */
    0xA5, 0x08,                   /* magic, type 8 */
    0x06, 0x00,                   /* 6 bytes of payload */
    0x6F, 0x6C, 0x64, 0x20, 0x66, 0x77, /* payload "old fw" */
    0xB5, 0x2B, 0xE3, 0x05,       /* CRC-32 0x05E32BB5 of 10 bytes */
    0xFF, 0xFF,                   /* padding to 16 */
};

static void expect(rig_t *rig, uint8_t type, const void *wanted, size_t wanted_length)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    size_t length = SIZE_MAX;
    assert_int_equal(journal_read(&rig->journal, type, data, sizeof data, &length), ONEOTA_OK);
    assert_int_equal(length, wanted_length);
    assert_memory_equal(data, wanted, wanted_length);
}

static void test_journal_scan_image_of_release_1_0_read_and_kept(void **state)
{
    rig_t rig;
    (void)state;
    for (uint32_t unit = 0; unit < 2u; unit++) {
        rig_init(&rig, &two_units);
        fake_flash_put(&rig.flash, unit * 4096u, image_1_0, sizeof image_1_0);
        rig_start(&rig);
        for (unsigned pass = 0; pass < 2u; pass++) {
            expect(&rig, 1, "\x11\x22\x33\x44\x55", 5);
            expect(&rig, 2, "\xCA\xFE", 2);
            expect(&rig, 8, "old fw", 6);
            assert_int_equal(rig_read(&rig, 3), pass == 0 ? 0 : 7);
            assert_int_equal(rig_write(&rig, 3, 7), ONEOTA_OK);
            /* the other unit has it all now */
            fake_flash_put(&rig.flash, unit * 4096u, "\0", 1);
            rig_start(&rig);
        }
        rig_free(&rig);
    }
}

static void test_journal_write_first_records_bytes_of_release_1_0(void **state)
{
    /* generation 1; then the append of type 2 that the image above has */
    static const uint8_t seal[] = { 0xA5, 0, 4, 0, 1, 0, 0, 0, 0xF2, 0x13, 0xA2, 0xA4,
                                    0xFF, 0xFF, 0xFF, 0xFF };
    rig_t rig;
    (void)state;
    rig_init(&rig, &two_units);
    rig_start(&rig);
    while (journal_write(&rig.journal, 1, "\x11\x22\x33\x44\x55", 5) == ONEOTA_AGAIN) {
    }
    while (journal_write(&rig.journal, 2, "\xCA\xFE", 2) == ONEOTA_AGAIN) {
    }
    assert_memory_equal(rig.flash.bytes, image_1_0, 16);
    assert_memory_equal(rig.flash.bytes + 16, seal, 16);
    assert_memory_equal(rig.flash.bytes + 32, image_1_0 + 40, 16);
    for (uint32_t i = 48; i < 4096u; i++) {
        assert_int_equal(rig.flash.bytes[i], 0xFF);
    }
    rig_free(&rig);
}

static void test_journal_write_padding_is_the_erased_value(void **state)
{
    static const rig_geometry_t geometry = { "", { .size = 8192, .unit = 4096, .program_unit = 32 },
                                             64, 0, 0 };
    rig_t rig;
    (void)state;
    rig_init(&rig, &geometry);
    rig_start(&rig);
    while (journal_write(&rig.journal, 1, "\x11\x22\x33\x44\x55", 5) == ONEOTA_AGAIN) {
    }
    assert_memory_equal(rig.flash.bytes, image_1_0, 13);
    for (uint32_t i = 13; i < 32u; i++) {
        assert_int_equal(rig.flash.bytes[i], 0);
    }
    assert_int_equal(rig.flash.bytes[32], 0xA5);
    rig_free(&rig);
}

/* ---------------------------------------------------------------- contents of all kinds */

/* A record, made independently of the journal. @return its bytes, padded to 8 */
static uint32_t put_record(rig_t *rig, uint32_t offset, uint8_t type, const void *payload,
                           uint32_t length)
{
    uint8_t record[256];
    record[0] = 0xA5;
    record[1] = type;
    bytes_put_u16(record + 2, (uint16_t)length);
    memcpy(record + 4, payload, length);
    bytes_put_u32(record + 4 + length, bytes_crc32(0, record, 4u + length));
    fake_flash_put(&rig->flash, offset, record, length + 8u);
    return (length + 15u) & ~7u;
}

/* A unit with one record, the text, and a seal of that generation. */
static void put_unit(rig_t *rig, uint32_t offset, const char *text, uint32_t generation)
{
    uint8_t seal[4];
    bytes_put_u32(seal, generation);
    offset += put_record(rig, offset, 1, text, (uint32_t)strlen(text));
    put_record(rig, offset, 0, seal, sizeof seal);
}

static void test_journal_scan_two_sealed_units_newer_generation_wins(void **state)
{
    static const struct {
        uint32_t older, newer;
    } cases[] = { { 1, 2 },
                  { 0xFFFFFFFFu, 0 },
                  { 0xFFFFFFFEu, 0xFFFFFFFFu },
                  { 0x7FFFFFFFu, 0x80000000u },
                  { 0x80000000u, 0xFFFFFFFFu },
                  { 0xFFFFFFF0u, 0x7FFFFFEFu } };
    (void)state;
    for (size_t i = 0; i < 2u * sizeof cases / sizeof cases[0]; i++) {
        rig_t rig;
        rig_init(&rig, &two_units);
        put_unit(&rig, i % 2u * 4096u, "older", cases[i / 2u].older);
        put_unit(&rig, 4096u - i % 2u * 4096u, "newer", cases[i / 2u].newer);
        rig_start(&rig);
        expect(&rig, 1, "newer", 5);
        /* what is written next is newer still */
        assert_int_equal(rig_write(&rig, 2, 1), ONEOTA_OK);
        rig_start(&rig);
        expect(&rig, 1, "newer", 5);
        assert_int_equal(rig_read(&rig, 2), 1);
        rig_free(&rig);
    }
}

static void test_journal_scan_damage_before_the_seal_unit_is_not_home(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig, &two_units);
    put_unit(&rig, 0, "older", 1);
    put_unit(&rig, 4096, "newer", 2);
    rig.flash.bytes[4096 + 5] ^= 1u;
    rig_start(&rig);
    expect(&rig, 1, "older", 5);
    rig.flash.bytes[4096 + 5] ^= 1u;
    rig_start(&rig);
    expect(&rig, 1, "newer", 5);
    rig_free(&rig);
}

static void test_journal_scan_no_seal_no_value(void **state)
{
    static const uint8_t lengths[] = { 0, 3, 5, 240 };
    uint8_t payload[JOURNAL_PAYLOAD_MAX] = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof lengths; i++) {
        rig_t rig;
        rig_init(&rig, &two_units);
        uint32_t next = put_record(&rig, 0, 1, "alone", 5);
        put_record(&rig, next, 0, payload, lengths[i]); /* a seal has 4 bytes */
        rig_start(&rig);
        rig_check(&rig);
        rig_free(&rig);
    }
}

static void test_journal_scan_length_beyond_limit_or_unit_not_a_record(void **state)
{
    uint8_t payload[JOURNAL_PAYLOAD_MAX + 1u] = { 0 };
    size_t length;
    rig_t rig;
    (void)state;
    rig_init(&rig, &two_units);
    put_unit(&rig, 0, "whole", 1);
    uint32_t next = 16u + 16u;
    put_record(&rig, next, 2, payload, sizeof payload);
    rig_start(&rig);
    expect(&rig, 1, "whole", 5);
    assert_int_equal(journal_read(&rig.journal, 2, payload, sizeof payload, &length), ONEOTA_STATE);
    /* fills the unit to its last byte with whole records, then one that would end beyond it */
    while (next + 248u <= 4096u - 16u) {
        next += put_record(&rig, next, 3, payload, 240);
    }
    put_record(&rig, next, 2, payload, 4096u - next);
    rig_start(&rig);
    expect(&rig, 3, payload, 240);
    assert_int_equal(journal_read(&rig.journal, 2, payload, sizeof payload, &length), ONEOTA_STATE);
    put_record(&rig, next, 2, payload, 4096u - next - 8u);
    rig_start(&rig);
    expect(&rig, 2, payload, 4096u - next - 8u);
    rig_free(&rig);
}

static void test_journal_scan_random_contents_nothing_found_and_writing_works(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 300u; seed++) {
        rig_geometry_t geometry = rig_geometries[seed % 6u];
        rig_t rig;
        geometry.flash.seed = seed;
        rig_init(&rig, &geometry);
        /* every other time much that looks like a record */
        for (uint32_t i = 0; seed % 2u != 0 && i < rig.flash.size; i += 8u) {
            uint8_t head[4] = { 0xA5, (uint8_t)(fake_flash_random(&rig.flash) % 9u), 0, 0 };
            head[2] = (uint8_t)fake_flash_random(&rig.flash);
            fake_flash_put(&rig.flash, i, head, sizeof head);
        }
        rig_start(&rig);
        rig_check(&rig);
        assert_int_equal(rig_write(&rig, 1, seed + 1u), ONEOTA_OK);
        rig_start(&rig);
        rig_check(&rig);
        rig_free(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journal_init_geometry_ok_or_param),
        cmocka_unit_test(test_journal_init_port_without_program_unit_or_order_param),
        cmocka_unit_test(test_journal_read_nothing_there_state),
        cmocka_unit_test(test_journal_read_too_small_limit_and_no_byte_beyond),
        cmocka_unit_test(test_journal_write_type_or_length_out_of_range_param),
        cmocka_unit_test(test_journal_write_before_scan_ends_scans_first),
        cmocka_unit_test(test_journal_read_record_gone_bad_storage),
        cmocka_unit_test(test_journal_write_every_type_and_length_reads_back_and_is_kept),
        cmocka_unit_test(test_journal_write_all_types_at_their_largest_fit_the_smallest_unit),
        cmocka_unit_test(test_journal_write_types_this_firmware_never_writes_kept_over_moves),
        cmocka_unit_test(test_journal_write_many_erases_as_few_as_promised),
        cmocka_unit_test(test_journal_start_without_write_no_operation),
        cmocka_unit_test(test_journal_scan_image_of_release_1_0_read_and_kept),
        cmocka_unit_test(test_journal_write_first_records_bytes_of_release_1_0),
        cmocka_unit_test(test_journal_write_padding_is_the_erased_value),
        cmocka_unit_test(test_journal_scan_two_sealed_units_newer_generation_wins),
        cmocka_unit_test(test_journal_scan_damage_before_the_seal_unit_is_not_home),
        cmocka_unit_test(test_journal_scan_no_seal_no_value),
        cmocka_unit_test(test_journal_scan_length_beyond_limit_or_unit_not_a_record),
        cmocka_unit_test(test_journal_scan_random_contents_nothing_found_and_writing_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
