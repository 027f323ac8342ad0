/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a journal, which are fixed from release 1.0 on, and what is made of bytes that no
 * journal wrote: of another firmware, damaged, random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "journal_rig.h"

#define TYPES ONEOTA_JOURNAL_TYPES

static const rig_geometry_t two_units = {
    "2 x 4 KiB", {.size = 8192, .unit = 4096, .program_unit = 1, .erased = 0xFF}, 0, 0};

/* ---------------------------------------------------------------- layout */

static const uint8_t image_1_0[] = {
    0xA5,                               /* magic */
    0x01,                               /* type 1 */
    0x05, 0x00,                         /* 5 bytes of payload */
    0x11, 0x22, 0x33, 0x44, 0x55,       /* payload */
    0x00, 0x51, 0x2A, 0x28,             /* CRC-32 0x282A5100 of the 9 bytes before */
    0xFF, 0xFF, 0xFF,                   /* padding to 16 */
    0xA5, 0x02,                         /* magic, type 2 */
    0x00, 0x00,                         /* no payload */
    0x45, 0xE2, 0x75, 0x58,             /* CRC-32 0x5875E245 of 4 bytes: 8 in all, no padding */
    0xA5, 0x00,                         /* magic, seal */
    0x04, 0x00,                         /* 4 bytes of payload */
    0x07, 0x00, 0x00, 0x00,             /* generation 7 */
    0x2E, 0x4C, 0xC9, 0x81,             /* CRC-32 0x81C94C2E of 8 bytes */
    0xFF, 0xFF, 0xFF, 0xFF,             /* padding to 16 */
    0xA5, 0x02,                         /* magic, type 2 */
    0x02, 0x00,                         /* 2 bytes of payload */
    0xCA, 0xFE,                         /* payload: the newest of type 2 */
    0xCA, 0x5A, 0xCA, 0x43,             /* CRC-32 0x43CA5ACA of 6 bytes */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* padding to 16 */
    0xA5, 0xC8,                         /* magic, type 200: of some later firmware, passed over */
    0x01, 0x00,                         /* 1 byte of payload */
    0x3F,                               /* payload */
    0x18, 0x66, 0xB8, 0x7A,             /* CRC-32 0x7AB86618 of 5 bytes */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* padding to 16 */
    0xA5, 0x08,                               /* magic, type 8 */
    0x06, 0x00,                               /* 6 bytes of payload */
    0x6F, 0x6C, 0x64, 0x20, 0x66, 0x77,       /* payload "old fw" */
    0xB5, 0x2B, 0xE3, 0x05,                   /* CRC-32 0x05E32BB5 of 10 bytes */
    0xFF, 0xFF,                               /* padding to 16 */
};

static void test_journal_scan_image_of_release_1_0_read_and_kept(void **state)
{
    rig_t rig;
    (void)state;
    for (uint32_t unit = 0; unit < 2u; unit++) {
        rig_init(&rig, &two_units);
        fake_flash_put(&rig.flash, unit * 4096u, image_1_0, sizeof image_1_0);
        rig_start(&rig);
        for (unsigned pass = 0; pass < 2u; pass++) {
            rig_expect(&rig, 1, "\x11\x22\x33\x44\x55", 5);
            rig_expect(&rig, 2, "\xCA\xFE", 2);
            rig_expect(&rig, 8, "old fw", 6);
            assert_int_equal(rig_read(&rig, 3), pass == 0 ? 0 : 7);
            assert_int_equal(rig_write(&rig, 3, 7), ONEOTA_OK);
            /* the other unit has it all now */
            fake_flash_put(&rig.flash, unit * 4096u, "\0", 1);
            rig_start(&rig);
        }
        rig_free(&rig);
    }
}

/* No payload, no padding: 8 bytes. */
static void put_empty(uint8_t *record, uint8_t magic, uint8_t type)
{
    record[0] = magic;
    record[1] = type;
    record[2] = record[3] = 0;
    oneota_bytes_put_u32(record + 4, oneota_bytes_crc32(0, record, 4));
}

/* The last unit is full to its last byte: the last record counts, and nothing behind it is read. */
static void test_journal_scan_full_unit_read_to_its_last_record(void **state)
{
    uint8_t unit[4096];
    rig_t rig;
    (void)state;
    memcpy(unit, image_1_0 + 24, 32); /* the seal, and one of type 2 */
    for (size_t at = 32; at < sizeof unit - 16u; at += 16u) {
        memcpy(unit + at, image_1_0, 16);
    }
    put_empty(unit + sizeof unit - 16u, 0xA5, 3);
    put_empty(unit + sizeof unit - 8u, 0xA5, 2);
    rig_init(&rig, &two_units);
    fake_flash_put(&rig.flash, 4096u, unit, sizeof unit);
    rig_start(&rig);
    assert_false(rig.journal.unread);
    rig_expect(&rig, 1, "\x11\x22\x33\x44\x55", 5);
    rig_expect(&rig, 2, "", 0);
    rig_expect(&rig, 3, "", 0);
    rig_free(&rig);
}

static void test_journal_scan_another_magic_is_no_record_whatever_its_crc(void **state)
{
    uint8_t unit[40];
    rig_t rig;
    (void)state;
    memcpy(unit, image_1_0 + 24, 32); /* the seal, and one of type 2 */
    put_empty(unit + 32, 0xA4, 2);
    rig_init(&rig, &two_units);
    fake_flash_put(&rig.flash, 0, unit, sizeof unit);
    rig_start(&rig);
    rig_expect(&rig, 2, "\xCA\xFE", 2);
    rig_free(&rig);
}

static void test_journal_write_first_records_bytes_of_release_1_0(void **state)
{
    /* generation 1; then the append of type 2 that the image above has */
    static const uint8_t seal[] = {0xA5, 0,    4,    0,    1,    0,    0,    0,
                                   0xF2, 0x13, 0xA2, 0xA4, 0xFF, 0xFF, 0xFF, 0xFF};
    rig_t rig;
    (void)state;
    rig_init(&rig, &two_units);
    rig_start(&rig);
    while (oneota_journal_write(&rig.journal, 1, "\x11\x22\x33\x44\x55", 5) == ONEOTA_AGAIN) {
    }
    while (oneota_journal_write(&rig.journal, 2, "\xCA\xFE", 2) == ONEOTA_AGAIN) {
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
    static const rig_geometry_t geometry = {
        "", {.size = 8192, .unit = 4096, .program_unit = 32}, 0, 0};
    rig_t rig;
    (void)state;
    rig_init(&rig, &geometry);
    rig_start(&rig);
    while (oneota_journal_write(&rig.journal, 1, "\x11\x22\x33\x44\x55", 5) == ONEOTA_AGAIN) {
    }
    assert_memory_equal(rig.flash.bytes, image_1_0, 13);
    for (uint32_t i = 13; i < 32u; i++) {
        assert_int_equal(rig.flash.bytes[i], 0);
    }
    assert_int_equal(rig.flash.bytes[32], 0xA5);
    /* and that of the copy that the next start makes, whatever became of the first one's */
    memset(rig.flash.bytes + 13, 0x77, 32u - 13u);
    rig_start(&rig);
    assert_int_equal(rig_write(&rig, 2, 1), ONEOTA_OK);
    assert_memory_equal(rig.flash.bytes + 4096, image_1_0, 13);
    for (uint32_t i = 13; i < 32u; i++) {
        assert_int_equal(rig.flash.bytes[4096u + i], 0);
    }
    rig_free(&rig);
}

/* Lengths around the alignment: with and without padding. */
static void test_journal_write_each_padding_copied(void **state)
{
    static const rig_geometry_t geometry = {
        "", {.size = 8192, .unit = 4096, .program_unit = 4}, 0, FAKE_ERASED_ERROR};
    uint8_t data[64];
    rig_t rig;
    (void)state;
    memset(data, 0x3C, sizeof data);
    for (size_t length = 50; length <= sizeof data; length++) {
        rig_init(&rig, &geometry);
        rig_start(&rig);
        while (oneota_journal_write(&rig.journal, 1, data, length) == ONEOTA_AGAIN) {
        }
        rig_expect(&rig, 1, data, length);
        for (uint32_t i = 1; i <= 3u; i++) {
            rig_start(&rig);
            assert_int_equal(rig_write(&rig, 2, i), ONEOTA_OK);
            rig_expect(&rig, 1, data, length);
        }
        rig_free(&rig);
    }
}

/* ---------------------------------------------------------------- contents of all kinds */

/* A record, made independently of the journal. @return its bytes, padded to 8 */
static uint32_t put_record(rig_t *rig, uint32_t offset, uint8_t type, const void *payload,
                           uint32_t length)
{
    uint8_t record[256];
    record[0] = 0xA5;
    record[1] = type;
    oneota_bytes_put_u16(record + 2, (uint16_t)length);
    memcpy(record + 4, payload, length);
    oneota_bytes_put_u32(record + 4 + length, oneota_bytes_crc32(0, record, 4u + length));
    fake_flash_put(&rig->flash, offset, record, length + 8u);
    return (length + 15u) & ~7u;
}

/* A unit with one record, the text, and a seal of that generation. */
static void put_unit(rig_t *rig, uint32_t offset, const char *text, uint32_t generation)
{
    uint8_t seal[4];
    oneota_bytes_put_u32(seal, generation);
    offset += put_record(rig, offset, 1, text, (uint32_t)strlen(text));
    put_record(rig, offset, 0, seal, sizeof seal);
}

static void test_journal_scan_two_sealed_units_newer_generation_wins(void **state)
{
    static const struct {
        uint32_t older, newer;
    } cases[] = {{1, 2},
                 {0xFFFFFFFFu, 0},
                 {0xFFFFFFFEu, 0xFFFFFFFFu},
                 {0x7FFFFFFFu, 0x80000000u},
                 {0x80000000u, 0xFFFFFFFFu},
                 {0xFFFFFFF0u, 0x7FFFFFEFu}};
    (void)state;
    for (size_t i = 0; i < 2u * sizeof cases / sizeof cases[0]; i++) {
        rig_t rig;
        rig_init(&rig, &two_units);
        put_unit(&rig, i % 2u * 4096u, "older", cases[i / 2u].older);
        put_unit(&rig, 4096u - i % 2u * 4096u, "newer", cases[i / 2u].newer);
        rig_start(&rig);
        rig_expect(&rig, 1, "newer", 5);
        /* what is written next is newer still */
        assert_int_equal(rig_write(&rig, 2, 1), ONEOTA_OK);
        rig_start(&rig);
        rig_expect(&rig, 1, "newer", 5);
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
    rig_expect(&rig, 1, "older", 5);
    rig.flash.bytes[4096 + 5] ^= 1u;
    rig_start(&rig);
    rig_expect(&rig, 1, "newer", 5);
    rig_free(&rig);
}

static void test_journal_scan_no_seal_no_value(void **state)
{
    static const uint8_t lengths[] = {0, 3, 5, 240};
    uint8_t payload[JOURNAL_PAYLOAD_MAX] = {0};
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
    uint8_t payload[JOURNAL_PAYLOAD_MAX + 1u] = {0};
    size_t length;
    rig_t rig;
    (void)state;
    rig_init(&rig, &two_units);
    put_unit(&rig, 0, "whole", 1);
    uint32_t next = 16u + 16u;
    put_record(&rig, next, 2, payload, sizeof payload);
    rig_start(&rig);
    rig_expect(&rig, 1, "whole", 5);
    assert_int_equal(oneota_journal_read(&rig.journal, 2, payload, sizeof payload, &length),
                     ONEOTA_STATE);
    /* fills the unit to its last byte with whole records, then one that would end beyond it */
    while (next + 248u <= 4096u - 16u) {
        next += put_record(&rig, next, 3, payload, 240);
    }
    put_record(&rig, next, 2, payload, 4096u - next);
    rig_start(&rig);
    rig_expect(&rig, 3, payload, 240);
    assert_int_equal(oneota_journal_read(&rig.journal, 2, payload, sizeof payload, &length),
                     ONEOTA_STATE);
    put_record(&rig, next, 2, payload, 4096u - next - 8u);
    rig_start(&rig);
    rig_expect(&rig, 2, payload, 4096u - next - 8u);
    rig_free(&rig);
}

static void test_journal_scan_types_beyond_8_passed_over(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig, &two_units);
    put_unit(&rig, 0, "known", 1);
    uint32_t next = 16u + 16u;
    for (unsigned type = TYPES + 1u; type <= UINT8_MAX; type++) {
        next += put_record(&rig, next, (uint8_t)type, "later", 5);
    }
    put_record(&rig, next, TYPES, "last", 4);
    rig_start(&rig);
    rig_expect(&rig, 1, "known", 5);
    rig_expect(&rig, TYPES, "last", 4);
    assert_int_equal(rig_write(&rig, 2, 1), ONEOTA_OK);
    rig_expect(&rig, 1, "known", 5);
    rig_expect(&rig, TYPES, "last", 4);
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
            uint8_t head[4] = {0xA5, (uint8_t)(fake_flash_random(&rig.flash) % 9u), 0, 0};
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

/* ---------------------------------------------------------------- damage */

#define HISTORY_STEPS 60u

typedef struct {
    uint32_t values[HISTORY_STEPS + 1u][TYPES];
    uint32_t count;
} history_t;

static void make_history(rig_t *rig, history_t *history)
{
    memset(history, 0, sizeof *history);
    for (uint32_t step = 0; step < HISTORY_STEPS; step++) {
        if (rig_script_starts(step)) {
            rig_start(rig);
        }
        assert_int_equal(rig_write(rig, rig_script_type(step), rig_script_value(step)), ONEOTA_OK);
        memcpy(history->values[step + 1u], history->values[step], sizeof history->values[0]);
        history->values[step + 1u][rig_script_type(step) - 1u] = rig_script_value(step);
    }
    history->count = HISTORY_STEPS + 1u;
}

static bool is_value(rig_t *rig, uint8_t type, uint32_t value)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX], wanted[JOURNAL_PAYLOAD_MAX];
    size_t length;
    oneota_error_t error = oneota_journal_read(&rig->journal, type, data, sizeof data, &length);
    if (error != ONEOTA_OK) {
        return error == ONEOTA_STATE && value == 0;
    }
    return value != 0 && rig_value(value, wanted) == length && memcmp(data, wanted, length) == 0;
}

/* What is found was the state of things at some time, all types together. */
static void assert_some_time(rig_t *rig, const history_t *history)
{
    for (uint32_t i = history->count; i-- > 0;) {
        uint8_t type = 1;
        while (type <= TYPES && is_value(rig, type, history->values[i][type - 1u])) {
            type++;
        }
        if (type > TYPES) {
            return;
        }
    }
    fail_msg("such a state has never been");
}

static void test_journal_scan_each_bit_flipped_state_of_some_time(void **state)
{
    history_t history;
    rig_t rig;
    (void)state;
    rig_init(&rig, &rig_geometries[2]);
    make_history(&rig, &history);
    for (uint32_t bit = 0; bit < rig.flash.size * 8u; bit++) {
        uint8_t mask = (uint8_t)(1u << bit % 8u);
        rig.flash.bytes[bit / 8u] ^= mask;
        rig_start(&rig);
        assert_some_time(&rig, &history);
        rig.flash.bytes[bit / 8u] ^= mask;
    }
    rig_start(&rig);
    rig_check(&rig);
    rig_free(&rig);
}

static void test_journal_scan_512_random_bytes_anywhere_state_of_some_time_and_goes_on(void **state)
{
    history_t history;
    rig_t rig, work;
    (void)state;
    rig_init(&rig, &rig_geometries[2]);
    rig_init(&work, &rig_geometries[2]);
    make_history(&rig, &history);
    for (uint32_t i = 0; i < 2000u; i++) {
        uint8_t garbage[512];
        uint32_t offset = fake_flash_random(&rig.flash) % (rig.flash.size - 511u);
        for (size_t n = 0; n < sizeof garbage; n++) {
            garbage[n] = (uint8_t)fake_flash_random(&rig.flash);
        }
        rig_copy(&work, &rig);
        fake_flash_put(&work.flash, offset, garbage, sizeof garbage);
        rig_start(&work);
        assert_some_time(&work, &history);
        assert_int_equal(rig_write(&work, 1, 9000u + i), ONEOTA_OK);
        rig_start(&work);
        assert_int_equal(rig_read(&work, 1), 9000u + i);
    }
    rig_free(&rig);
    rig_free(&work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journal_scan_image_of_release_1_0_read_and_kept),
        cmocka_unit_test(test_journal_scan_full_unit_read_to_its_last_record),
        cmocka_unit_test(test_journal_scan_another_magic_is_no_record_whatever_its_crc),
        cmocka_unit_test(test_journal_write_first_records_bytes_of_release_1_0),
        cmocka_unit_test(test_journal_write_padding_is_the_erased_value),
        cmocka_unit_test(test_journal_write_each_padding_copied),
        cmocka_unit_test(test_journal_scan_two_sealed_units_newer_generation_wins),
        cmocka_unit_test(test_journal_scan_damage_before_the_seal_unit_is_not_home),
        cmocka_unit_test(test_journal_scan_no_seal_no_value),
        cmocka_unit_test(test_journal_scan_length_beyond_limit_or_unit_not_a_record),
        cmocka_unit_test(test_journal_scan_types_beyond_8_passed_over),
        cmocka_unit_test(test_journal_scan_random_contents_nothing_found_and_writing_works),
        cmocka_unit_test(test_journal_scan_each_bit_flipped_state_of_some_time),
        cmocka_unit_test(
            test_journal_scan_512_random_bytes_anywhere_state_of_some_time_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
