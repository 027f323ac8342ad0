/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What a journal does when nothing goes wrong, and how it wears the flash. Its layout, and
 * contents of all kinds: test_journal_layout.c. Power cuts: test_journal_cut.c. Failing flash:
 * test_journal_fault.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "journal_rig.h"

#define TYPES ONEOTA_JOURNAL_TYPES

static const rig_geometry_t two_units = {
    "2 x 4 KiB", {.size = 8192, .unit = 4096, .program_unit = 1, .erased = 0xFF}, 0, 0};

/* ---------------------------------------------------------------- init */

static void test_journal_init_geometry_ok_or_param(void **state)
{
    static const uint32_t mixed_ok[] = {4096, 65536, 16384, 0};
    static const uint32_t mixed_small[] = {4096, 1024, 4096, 0};
    static const uint32_t mixed_odd[] = {4096, 4097, 4096, 0};
    static const struct {
        fake_flash_config_t flash;
        oneota_error_t error;
    } cases[] = {
        {{.size = 8192, .unit = 4096, .program_unit = 1}, ONEOTA_OK},
        {{.units = mixed_ok, .program_unit = 16}, ONEOTA_OK},
        /* 8 records of 248 bytes and a seal of 16 are 2000 bytes; of 256 and 16 they are 2064 */
        {{.size = 4000, .unit = 2000, .program_unit = 8}, ONEOTA_OK},
        {{.size = 3984, .unit = 1992, .program_unit = 8}, ONEOTA_PARAM},
        {{.size = 4128, .unit = 2064, .program_unit = 16}, ONEOTA_OK},
        {{.size = 4096, .unit = 2048, .program_unit = 16}, ONEOTA_PARAM},
        {{.size = 4608, .unit = 2304, .program_unit = 256}, ONEOTA_OK},
        {{.size = 4096, .unit = 2048, .program_unit = 256}, ONEOTA_PARAM},
        {{.size = 8192, .unit = 512, .program_unit = 8}, ONEOTA_PARAM},
        {{.size = 4096, .unit = 4096, .program_unit = 8}, ONEOTA_PARAM},
        {{.units = mixed_small, .program_unit = 8}, ONEOTA_PARAM},
        {{.units = mixed_odd, .program_unit = 8}, ONEOTA_PARAM},
        /* the last unit is not the journal's to the end */
        {{.size = 8191, .unit = 4096, .program_unit = 8}, ONEOTA_PARAM},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_flash_t flash;
        oneota_journal_t journal;
        uint8_t scratch[256];
        assert_true(fake_flash_init(&flash, &cases[i].flash));
        assert_int_equal(oneota_journal_init(&journal, &flash.port, &flash, scratch),
                         cases[i].error);
        assert_int_equal(flash.calls[FAKE_ANY], 0);
        fake_flash_free(&flash);
    }
}

static oneota_erase_unit_t lying_unit(void *ctx, uint32_t offset)
{
    oneota_erase_unit_t unit = {offset & ~4095u, 4096};
    (void)ctx;
    if (offset == 4096u) {
        unit.start = 0;
    }
    return unit;
}

static void test_journal_init_units_out_of_order_param(void **state)
{
    fake_flash_t flash;
    oneota_journal_t journal;
    uint8_t scratch[256];
    (void)state;
    assert_true(fake_flash_init(&flash, &two_units.flash));
    flash.port.erase_unit = lying_unit;
    assert_int_equal(oneota_journal_init(&journal, &flash.port, &flash, scratch), ONEOTA_PARAM);
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
        assert_int_equal(
            oneota_journal_read(&rig.journal, (uint8_t)type, data, sizeof data, &length),
            ONEOTA_STATE);
    }
    assert_int_equal(length, 77);
    rig_free(&rig);
}

static void test_journal_read_before_scan_ends_no_wrong_value(void **state)
{
    rig_t rig;
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    size_t length;
    (void)state;
    rig_init(&rig, &two_units);
    rig_start(&rig);
    assert_int_equal(rig_write(&rig, 1, 1), ONEOTA_OK);
    assert_int_equal(oneota_journal_init(&rig.journal, &rig.flash.port, &rig.flash, rig.scratch),
                     ONEOTA_OK);
    do {
        oneota_error_t error = oneota_journal_read(&rig.journal, 2, data, sizeof data, &length);
        assert_int_equal(error, ONEOTA_STATE);
        error = oneota_journal_read(&rig.journal, 1, data, sizeof data, &length);
        assert_true(error == ONEOTA_STATE || rig_read(&rig, 1) == 1u);
    } while (oneota_journal_scan(&rig.journal) == ONEOTA_AGAIN);
    assert_int_equal(rig_read(&rig, 1), 1);
    rig_free(&rig);
}

static void test_journal_read_too_small_limit_and_no_byte_beyond(void **state)
{
    rig_t rig;
    uint8_t data[7] = {0};
    size_t length = 0;
    (void)state;
    rig_init(&rig, &two_units);
    rig_start(&rig);
    oneota_error_t error = ONEOTA_AGAIN;
    while (error == ONEOTA_AGAIN) {
        error = oneota_journal_write(&rig.journal, 3, "abcdef", 6);
    }
    assert_int_equal(error, ONEOTA_OK);
    assert_int_equal(oneota_journal_read(&rig.journal, 3, data, 5, &length), ONEOTA_LIMIT);
    assert_int_equal(length, 6);
    assert_memory_equal(data, "\0\0\0\0\0\0", 7);
    assert_int_equal(oneota_journal_read(&rig.journal, 3, data, 6, &length), ONEOTA_OK);
    assert_int_equal(length, 6);
    assert_memory_equal(data, "abcdef\0", 7);
    rig_free(&rig);
}

static void test_journal_write_type_or_length_out_of_range_param(void **state)
{
    rig_t rig;
    uint8_t data[JOURNAL_PAYLOAD_MAX + 1u] = {0};
    (void)state;
    rig_init(&rig, &two_units);
    rig_start(&rig);
    assert_int_equal(oneota_journal_write(&rig.journal, 0, data, 1), ONEOTA_PARAM);
    assert_int_equal(oneota_journal_write(&rig.journal, TYPES + 1, data, 1), ONEOTA_PARAM);
    assert_int_equal(oneota_journal_write(&rig.journal, 255, data, 1), ONEOTA_PARAM);
    assert_int_equal(oneota_journal_write(&rig.journal, 1, data, sizeof data), ONEOTA_PARAM);
    assert_int_equal(oneota_journal_write(&rig.journal, 1, data, SIZE_MAX), ONEOTA_PARAM);
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
        assert_int_equal(
            oneota_journal_init(&rig.journal, &rig.flash.port, &rig.flash, rig.scratch), ONEOTA_OK);
        for (unsigned i = 0; i < scans; i++) {
            (void)oneota_journal_scan(&rig.journal);
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
        assert_int_equal(oneota_journal_read(&rig.journal, 1, data, sizeof data, &length),
                         ONEOTA_STORAGE);
        rig.flash.bytes[i] ^= 0x10u;
    }
    rig_check(&rig);
    rig_free(&rig);
}

static void test_journal_read_torn_record_that_fades_again_then_the_one_before(void **state)
{
    rig_t rig;
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    size_t length;
    (void)state;
    rig_init(&rig, &two_units);
    rig_start(&rig);
    assert_int_equal(rig_write(&rig, 1, 1), ONEOTA_OK);
    uint32_t place = rig.journal.place;
    assert_int_equal(rig_write(&rig, 1, 2), ONEOTA_OK);
    rig.flash.bytes[place + 5u] ^= 0x10u;
    assert_int_equal(oneota_journal_read(&rig.journal, 1, data, sizeof data, &length),
                     ONEOTA_AGAIN);
    while (oneota_journal_scan(&rig.journal) == ONEOTA_AGAIN) {
    }
    uint8_t first[JOURNAL_PAYLOAD_MAX];
    rig_expect(&rig, 1, first, rig_value(1, first));
    assert_int_equal(rig_write(&rig, 1, 3), ONEOTA_OK); /* and not at the torn place */
    assert_int_not_equal(rig.journal.home.start, 0);
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
        "2 x 2000", {.size = 4000, .unit = 2000, .program_unit = 8, .erased = 0xFF}, 0, 0};
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

/* Records that go into home between two moves, each of bytes when padded, beside others that
 * live. */
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
        uint32_t live =
            (240u + 8u + align - 1u) / align * align + (4u + 8u + align - 1u) / align * align;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journal_init_geometry_ok_or_param),
        cmocka_unit_test(test_journal_init_units_out_of_order_param),
        cmocka_unit_test(test_journal_read_nothing_there_state),
        cmocka_unit_test(test_journal_read_before_scan_ends_no_wrong_value),
        cmocka_unit_test(test_journal_read_too_small_limit_and_no_byte_beyond),
        cmocka_unit_test(test_journal_write_type_or_length_out_of_range_param),
        cmocka_unit_test(test_journal_write_before_scan_ends_scans_first),
        cmocka_unit_test(test_journal_read_record_gone_bad_storage),
        cmocka_unit_test(test_journal_read_torn_record_that_fades_again_then_the_one_before),
        cmocka_unit_test(test_journal_write_every_type_and_length_reads_back_and_is_kept),
        cmocka_unit_test(test_journal_write_all_types_at_their_largest_fit_the_smallest_unit),
        cmocka_unit_test(test_journal_write_types_this_firmware_never_writes_kept_over_moves),
        cmocka_unit_test(test_journal_write_many_erases_as_few_as_promised),
        cmocka_unit_test(test_journal_start_without_write_no_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
