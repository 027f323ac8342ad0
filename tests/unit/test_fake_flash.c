/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The fake flash is what the fault tests rest on: it must see each violation, and break as told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fake_flash.h"

#define UNIT 4096u

static uint8_t page[64];
static uint8_t back[UNIT];

static void make(fake_flash_t *flash, uint8_t erased)
{
    fake_flash_config_t config = {.size = 2u * UNIT, .unit = UNIT, .program_unit = 16, .seed = 5};
    config.erased = erased;
    assert_true(fake_flash_init(flash, &config));
    memset(page, 0x5A, sizeof page);
}

static void make_erased(fake_flash_t *flash)
{
    make(flash, 0xFF);
    fake_flash_erase_all(flash);
}

static oneota_error_t program(fake_flash_t *flash, uint32_t offset, uint32_t length)
{
    return flash->port.program(flash, offset, page, length);
}

static uint32_t count(uint8_t value)
{
    uint32_t number = 0;
    for (uint32_t i = 0; i < sizeof page; i++) {
        number += back[i] == value ? 1u : 0u;
    }
    return number;
}

static void test_fake_flash_init_senseless_config_refused(void **state)
{
    static const uint32_t none[] = {0};
    static const uint32_t units[] = {4096, 0};
    static const fake_flash_config_t cases[] = {
        {.size = 8192, .program_unit = 1},
        {.size = 8192, .unit = 4096, .units = units, .program_unit = 1},
        {.unit = 4096, .program_unit = 1},
        {.size = 8192, .unit = 4096},
        {.units = none, .program_unit = 1},
        {.size = 4097, .units = units, .program_unit = 1},
        {.size = 65 * 512, .unit = 512, .program_unit = 1},
    };
    fake_flash_t flash;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(fake_flash_init(&flash, &cases[i]));
    }
}

static void test_fake_flash_unit_mixed_lengths_start_and_length(void **state)
{
    static const uint32_t units[] = {4096, 65536, 512, 0};
    static const fake_flash_config_t config = {.size = 70000, .units = units, .program_unit = 1};
    fake_flash_t flash;
    (void)state;
    assert_true(fake_flash_init(&flash, &config));
    assert_int_equal(flash.port.size(&flash), 70000);
    assert_int_equal(flash.port.erase_unit(&flash, 4095).start, 0);
    assert_int_equal(flash.port.erase_unit(&flash, 4096).start, 4096);
    assert_int_equal(flash.port.erase_unit(&flash, 69631).length, 65536);
    assert_int_equal(flash.port.erase_unit(&flash, 69632).length, 512);
    fake_flash_free(&flash);
}

static void test_fake_flash_wrong_use_is_a_violation(void **state)
{
    fake_flash_t flash;
    (void)state;
    make_erased(&flash);
    assert_int_equal(program(&flash, 8, 16), ONEOTA_STORAGE);
    assert_string_equal(flash.violation, "program is not aligned");
    assert_int_equal(program(&flash, 16, 8), ONEOTA_STORAGE);
    assert_int_equal(program(&flash, 16, 0), ONEOTA_STORAGE);
    assert_int_equal(program(&flash, 2u * UNIT, 16), ONEOTA_STORAGE);
    assert_int_equal(program(&flash, 2u * UNIT - 16u, 32), ONEOTA_STORAGE);
    assert_int_equal(flash.port.erase(&flash, 16), ONEOTA_STORAGE);
    assert_int_equal(flash.port.read(&flash, 2u * UNIT, back, 1), ONEOTA_STORAGE);
    assert_int_equal(flash.port.read(&flash, 2u * UNIT + 1u, back, 0), ONEOTA_STORAGE);
    assert_int_equal(flash.violations, 8);
    assert_int_equal(flash.operations, 0);
    fake_flash_free(&flash);
}

static void test_fake_flash_second_program_is_a_violation_and_clears_bits(void **state)
{
    static const uint8_t erased[] = {0xFF, 0x00};
    fake_flash_t flash;
    (void)state;
    for (size_t i = 0; i < sizeof erased; i++) {
        make(&flash, erased[i]);
        (void)program(&flash, 0, 16);
        assert_int_equal(flash.violations, 1); /* nobody has erased it */
        assert_int_equal(flash.port.erase(&flash, 0), ONEOTA_OK);
        assert_int_equal(program(&flash, 16, 32), ONEOTA_OK);
        assert_int_equal(flash.violations, 1);
        page[0] = 0x3C;
        (void)program(&flash, 32, 16);
        assert_int_equal(flash.violations, 2);
        assert_int_equal(flash.bytes[32], erased[i] == 0xFF ? 0x18 : 0x7E);
        assert_int_equal(flash.bytes[48], erased[i]);
        fake_flash_free(&flash);
    }
}

static void test_fake_flash_again_only_the_same_call_may_follow(void **state)
{
    fake_flash_t flash;
    (void)state;
    make_erased(&flash);
    flash.again = 2;
    assert_int_equal(program(&flash, 0, 16), ONEOTA_AGAIN);
    assert_int_equal(program(&flash, 0, 16), ONEOTA_AGAIN);
    assert_int_equal(flash.bytes[0], 0xFF);
    assert_int_equal(program(&flash, 0, 16), ONEOTA_OK);
    assert_int_equal(flash.bytes[0], 0x5A);
    assert_int_equal(flash.operations, 1);
    assert_int_equal(flash.violations, 0);
    assert_int_equal(program(&flash, 16, 16), ONEOTA_AGAIN);
    assert_int_equal(flash.port.read(&flash, 0, back, 1), ONEOTA_STORAGE);
    (void)program(&flash, 32, 16);
    assert_int_equal(flash.violations, 2);
    fake_flash_power_on(&flash);
    assert_int_equal(program(&flash, 48, 16), ONEOTA_AGAIN);
    page[3] ^= 1u; /* the same call with other data */
    assert_int_equal(program(&flash, 48, 16), ONEOTA_AGAIN);
    assert_int_equal(flash.violations, 3);
    fake_flash_free(&flash);
}

static void test_fake_flash_cut_leaves_what_was_asked_for(void **state)
{
    fake_flash_t flash;
    (void)state;
    for (uint8_t cut = 0; cut < FAKE_CUT_COUNT; cut++) {
        make_erased(&flash);
        flash.cut_at = 1;
        flash.cut = cut;
        assert_int_equal(program(&flash, 0, sizeof page), ONEOTA_STORAGE);
        assert_int_equal(flash.port.read(&flash, 0, back, 1), ONEOTA_STORAGE);
        assert_int_equal(flash.port.erase(&flash, 0), ONEOTA_STORAGE);
        assert_int_equal(program(&flash, 64, 16), ONEOTA_STORAGE);
        fake_flash_power_on(&flash);
        assert_int_equal(flash.port.read(&flash, 0, back, sizeof page), ONEOTA_OK);
        uint32_t done = count(0x5A);
        assert_int_equal(done + count(0xFF), sizeof page);
        assert_true(cut == FAKE_CUT_BEFORE ? done == 0 : done > 0);
        assert_true(cut == FAKE_CUT_AFTER ? done == 64u : done < 64u);
        assert_int_equal(flash.violations, 0);
        if (cut != FAKE_CUT_BEFORE) {
            (void)program(&flash, 0, sizeof page);
            assert_true(flash.violations > 0);
        }
        fake_flash_free(&flash);
    }
}

static void test_fake_flash_cut_erase_leaves_half(void **state)
{
    fake_flash_t flash;
    (void)state;
    for (uint8_t cut = 0; cut < FAKE_CUT_COUNT; cut++) {
        uint32_t erased = 0;
        make(&flash, 0xFF);
        memset(flash.bytes, 0x11, UNIT);
        flash.cut_at = 1;
        flash.cut = cut;
        assert_int_equal(flash.port.erase(&flash, 0), ONEOTA_STORAGE);
        fake_flash_power_on(&flash);
        for (uint32_t i = 0; i < UNIT; i++) {
            erased += flash.bytes[i] == 0xFF ? 1u : 0u;
        }
        assert_true(cut != FAKE_CUT_BEFORE || erased == 0);
        assert_true(cut != FAKE_CUT_TORN_PREFIX || erased == UNIT / 2u);
        assert_true(cut != FAKE_CUT_TORN_RANDOM || (erased > UNIT / 4u && erased < 3u * UNIT / 4u));
        assert_true(cut != FAKE_CUT_AFTER || erased == UNIT);
        assert_int_equal(flash.erases[0], 1);
        fake_flash_free(&flash);
    }
}

/* How often, of 64 reads, was the page whole, torn, or not readable? */
static void test_fake_flash_torn_place_reads_as_asked_for(void **state)
{
    (void)state;
    for (uint8_t torn = 0; torn < FAKE_TORN_COUNT; torn++) {
        uint32_t seen[3] = {0}, moods = 0;
        fake_flash_t flash;
        make_erased(&flash);
        flash.cut_at = 1;
        flash.cut = FAKE_CUT_TORN_RANDOM;
        flash.torn = torn;
        (void)program(&flash, 0, 16);
        for (uint32_t i = 0; i < 64u; i++) {
            if (i % 8u == 0) {
                fake_flash_power_on(&flash);
                moods = i;
            }
            oneota_error_t error = flash.port.read(&flash, 0, back, 16);
            uint32_t kind = error != ONEOTA_OK ? 2u : memcmp(back, page, 16) == 0 ? 0u : 1u;
            seen[kind]++;
            assert_true(torn != FAKE_TORN_MOODY || i == moods || kind == back[UNIT - 1u]);
            back[UNIT - 1u] = (uint8_t)kind;
        }
        assert_true((seen[0] > 0) == (torn >= FAKE_TORN_UNSTABLE));
        assert_true((seen[1] > 0) == (torn != FAKE_TORN_UNREADABLE));
        assert_true((seen[2] > 0) == (torn == FAKE_TORN_UNREADABLE));
        assert_int_equal(flash.port.erase(&flash, 0), ONEOTA_OK);
        assert_int_equal(flash.port.read(&flash, 0, back, 16), ONEOTA_OK);
        assert_int_equal(back[0], 0xFF);
        fake_flash_free(&flash);
    }
}

static void test_fake_flash_fault_hits_its_call_alone(void **state)
{
    fake_flash_t flash;
    (void)state;
    for (uint8_t fault = 0; fault < FAKE_FAULT_COUNT; fault++) {
        bool fails = fault <= FAKE_FAULT_ERROR_DONE;
        make_erased(&flash);
        flash.fault = fault;
        flash.fault_kind = FAKE_PROGRAM;
        flash.fault_at = 2;
        flash.fault_count = 1;
        for (uint32_t i = 0; i < 3u; i++) {
            assert_int_equal(program(&flash, 64u * i, sizeof page),
                             i == 1 && fails ? ONEOTA_STORAGE : ONEOTA_OK);
            assert_int_equal(flash.port.read(&flash, 64u * i, back, sizeof page), ONEOTA_OK);
            uint32_t right = i != 1 || fault == FAKE_FAULT_ERROR_DONE ? 64u
                             : fault == FAKE_FAULT_FLIP               ? 63u
                                                                      : 0u;
            assert_int_equal(count(0x5A), right);
        }
        flash.fault_kind = FAKE_READ;
        flash.fault_at = flash.calls[FAKE_READ] + 1u;
        assert_int_equal(flash.port.read(&flash, 0, back, sizeof page),
                         fails ? ONEOTA_STORAGE : ONEOTA_OK);
        assert_true(fails || count(0x5A) == 63u ||
                    (fault == FAKE_FAULT_SILENT && count(0x5A) < 9u));
        flash.fault_kind = FAKE_CHANGE;
        flash.fault_at = flash.calls[FAKE_CHANGE] + 1u;
        flash.fault_count = FAKE_FLASH_FOR_EVER;
        assert_int_equal(flash.port.read(&flash, 0, back, sizeof page), ONEOTA_OK);
        assert_int_equal(flash.port.erase(&flash, 0), fails ? ONEOTA_STORAGE : ONEOTA_OK);
        assert_int_equal(flash.port.read(&flash, 0, back, sizeof page), ONEOTA_OK);
        bool erased = fault == FAKE_FAULT_ERROR_DONE || fault == FAKE_FAULT_FLIP;
        assert_int_equal(count(0x5A), erased ? 0u : 64u);
        fake_flash_free(&flash);
    }
}

static void test_fake_flash_erased_bytes_read_as_asked_for(void **state)
{
    fake_flash_t flash;
    (void)state;
    make_erased(&flash);
    assert_int_equal(program(&flash, 0, 16), ONEOTA_OK);
    flash.erased_read = FAKE_ERASED_ERROR;
    assert_int_equal(flash.port.read(&flash, 0, back, 16), ONEOTA_OK);
    assert_int_equal(flash.port.read(&flash, 0, back, 17), ONEOTA_STORAGE);
    flash.erased_read = FAKE_ERASED_RANDOM;
    assert_int_equal(flash.port.read(&flash, 16, back, sizeof page), ONEOTA_OK);
    assert_true(count(0xFF) < 9u);
    flash.worn[0] = true;
    assert_int_equal(flash.port.erase(&flash, 0), ONEOTA_STORAGE);
    assert_int_equal(flash.port.erase(&flash, UNIT), ONEOTA_OK);
    fake_flash_free(&flash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fake_flash_init_senseless_config_refused),
        cmocka_unit_test(test_fake_flash_unit_mixed_lengths_start_and_length),
        cmocka_unit_test(test_fake_flash_wrong_use_is_a_violation),
        cmocka_unit_test(test_fake_flash_second_program_is_a_violation_and_clears_bits),
        cmocka_unit_test(test_fake_flash_again_only_the_same_call_may_follow),
        cmocka_unit_test(test_fake_flash_cut_leaves_what_was_asked_for),
        cmocka_unit_test(test_fake_flash_cut_erase_leaves_half),
        cmocka_unit_test(test_fake_flash_torn_place_reads_as_asked_for),
        cmocka_unit_test(test_fake_flash_fault_hits_its_call_alone),
        cmocka_unit_test(test_fake_flash_erased_bytes_read_as_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
