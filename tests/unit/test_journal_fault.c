/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * A journal whose flash fails: at each call once, for a long time, or in one unit for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "journal_rig.h"

#define TYPES ONEOTA_JOURNAL_TYPES

static void plan_fault(rig_t *rig, uint8_t kind, uint32_t call, uint32_t count, uint8_t fault)
{
    rig->flash.fault_kind = kind;
    rig->flash.fault_at = rig->flash.calls[kind] + call;
    rig->flash.fault_count = count;
    rig->flash.fault = fault;
}

/* The write may fail: then the old value counts, and the second attempt succeeds. */
static void write_with_fault(rig_t *rig, uint8_t type, uint32_t value, uint32_t old)
{
    if (rig_write(rig, type, value) != ONEOTA_OK) {
        rig->flash.fault_at = 0;
        assert_int_equal(rig_read(rig, type), old);
        assert_int_equal(rig_write(rig, type, value), ONEOTA_OK);
    }
    rig->flash.fault_at = 0;
    rig_check(rig);
    assert_int_equal(rig_write(rig, 8, value + 1u), ONEOTA_OK);
    rig_check(rig);
    rig_start(rig);
    rig_check(rig);
}

static void test_journal_write_each_call_fails_once_old_then_new(void **state)
{
    static const uint8_t kinds[] = {FAKE_ERASE, FAKE_PROGRAM, FAKE_READ};
    rig_t rig, work;
    (void)state;
    for (uint32_t g = 2; g < 5u; g++) {
        rig_init(&rig, &rig_geometries[g]);
        rig_init(&work, &rig_geometries[g]);
        for (uint32_t step = 0; step < 40u; step++) {
            uint8_t type = rig_script_type(step);
            uint32_t value = rig_script_value(step);
            if (rig_script_starts(step)) {
                rig_start(&rig);
            }
            uint32_t old = rig_read(&rig, type);
            rig_copy(&work, &rig);
            assert_int_equal(rig_write(&work, type, value), ONEOTA_OK);
            uint32_t calls[FAKE_KIND_COUNT];
            memcpy(calls, work.flash.calls, sizeof calls);
            for (size_t k = 0; k < sizeof kinds; k++) {
                uint32_t count = calls[kinds[k]] - rig.flash.calls[kinds[k]];
                for (uint32_t i = 0; i < count * FAKE_FAULT_COUNT; i++) {
                    rig_copy(&work, &rig);
                    plan_fault(&work, kinds[k], 1u + i / FAKE_FAULT_COUNT, 1,
                               (uint8_t)(i % FAKE_FAULT_COUNT));
                    write_with_fault(&work, type, value, old);
                }
            }
            assert_int_equal(rig_write(&rig, type, value), ONEOTA_OK);
        }
        rig_free(&rig);
        rig_free(&work);
    }
}

static void test_journal_scan_each_read_fails_twice_nothing_lost(void **state)
{
    rig_t rig, work;
    (void)state;
    rig_init(&rig, &rig_geometries[4]);
    rig_init(&work, &rig_geometries[4]);
    for (uint32_t step = 0; step < 30u; step++) {
        if (rig_script_starts(step)) {
            rig_start(&rig);
        }
        assert_int_equal(rig_write(&rig, rig_script_type(step), rig_script_value(step)), ONEOTA_OK);
    }
    rig_copy(&work, &rig);
    rig_start(&work);
    uint32_t reads = work.flash.calls[FAKE_READ] - rig.flash.calls[FAKE_READ];
    for (uint32_t i = 0; i < reads * FAKE_FAULT_COUNT; i++) {
        rig_copy(&work, &rig);
        plan_fault(&work, FAKE_READ, 1u + i / FAKE_FAULT_COUNT, 2, (uint8_t)(i % FAKE_FAULT_COUNT));
        rig_start(&work);
        work.flash.fault_at = 0;
        rig_check(&work);
    }
    rig_free(&rig);
    rig_free(&work);
}

static void test_journal_write_flash_fails_for_a_long_time_storage_then_goes_on(void **state)
{
    static const struct {
        uint8_t kind, fault;
    } cases[] = {
        {FAKE_ERASE, FAKE_FAULT_ERROR},      {FAKE_PROGRAM, FAKE_FAULT_ERROR},
        {FAKE_READ, FAKE_FAULT_ERROR},       {FAKE_ANY, FAKE_FAULT_ERROR},
        {FAKE_ERASE, FAKE_FAULT_ERROR_DONE}, {FAKE_PROGRAM, FAKE_FAULT_ERROR_DONE},
        {FAKE_PROGRAM, FAKE_FAULT_SILENT},   {FAKE_CHANGE, FAKE_FAULT_SILENT},
        {FAKE_CHANGE, FAKE_FAULT_ERROR},     {FAKE_READ, FAKE_FAULT_SILENT},
    };
    rig_t rig;
    (void)state;
    for (uint32_t i = 0; i < 4u * sizeof cases / sizeof cases[0]; i++) {
        rig_init(&rig, &rig_geometries[i % 2u != 0 ? 4 : 2]);
        rig_start(&rig);
        for (uint32_t step = 0; step < 30u; step++) {
            assert_int_equal(rig_write(&rig, rig_script_type(step), rig_script_value(step)),
                             ONEOTA_OK);
        }
        if (i / 2u % 2u != 0) {
            rig_start(&rig);
        }
        plan_fault(&rig, cases[i / 4u].kind, 1, FAKE_FLASH_FOR_EVER, cases[i / 4u].fault);
        rig.unsteady = true;
        unsigned failed = 0;
        /* a unit that cannot be erased can still be appended to */
        for (uint32_t n = 0; n < 60u && failed < 3u; n++) {
            failed += rig_write(&rig, 1, 5000u + n) == ONEOTA_OK ? 0u : 1u;
            rig.allowed_count[0] = 1; /* the old value counts */
        }
        assert_int_equal(failed, 3);
        rig.flash.fault_at = 0;
        rig.unsteady = false;
        rig_check(&rig);
        assert_int_equal(rig_write(&rig, 2, 6000), ONEOTA_OK);
        rig_check(&rig);
        rig_start(&rig);
        rig_check(&rig);
        rig_free(&rig);
    }
}

/* A seal that was written, but seemed to have failed, makes its unit home at the next start:
 * nothing may have been appended to the old home in the meantime. */
static void test_journal_write_after_a_seal_that_seemed_to_fail_is_durable(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig, &rig_geometries[0]);
    rig_start(&rig);
    uint32_t value = 0;
    uint32_t erases = 0;
    /* until home has room for a short record, not for a long one */
    while (4096u - (rig.journal.place & 4095u) >= 248u || rig.flash.calls[FAKE_ERASE] == 0) {
        assert_int_equal(rig_write(&rig, 1, 1u + 11u * value++), ONEOTA_OK);
    }
    erases = rig.flash.calls[FAKE_ERASE];
    assert_int_equal(erases, 1);
    /* erase; record; seal */
    plan_fault(&rig, FAKE_PROGRAM, 2, 1, FAKE_FAULT_ERROR_DONE);
    assert_int_equal(rig_write(&rig, 1, 3), ONEOTA_STORAGE);
    assert_int_equal(rig_write(&rig, 2, 7), ONEOTA_OK);
    assert_int_equal(rig.flash.calls[FAKE_ERASE], erases + 2u);
    rig_check(&rig);
    rig_start(&rig);
    rig_check(&rig);
    rig_free(&rig);
}

/* All that a write-protected flash says is OK, and at every place it has a whole record already. */
static void test_journal_write_protected_flash_storage(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig, &rig_geometries[2]);
    for (uint32_t i = 0; i < 4u; i++) {
        rig_start(&rig);
        assert_int_equal(rig_write(&rig, 1, 2u + 11u * i), ONEOTA_OK);
    }
    rig_start(&rig);
    plan_fault(&rig, FAKE_CHANGE, 1, FAKE_FLASH_FOR_EVER, FAKE_FAULT_SILENT);
    assert_int_equal(rig_write(&rig, 1, 2), ONEOTA_STORAGE);
    rig_free(&rig);
}

/* Was whole when the start read it, and is not when it is to be copied. */
static void test_journal_write_newest_record_gone_bad_goes_on_with_the_one_before(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig, &rig_geometries[2]);
    rig_start(&rig);
    assert_int_equal(rig_write(&rig, 1, 1), ONEOTA_OK);
    assert_int_equal(rig_write(&rig, 2, 11), ONEOTA_OK);
    assert_int_equal(rig_write(&rig, 1, 22), ONEOTA_OK);
    uint32_t last = rig.journal.newest[0];
    rig_start(&rig);
    rig_check(&rig);
    rig.flash.bytes[last + 9u] ^= 4u;
    assert_int_equal(rig_write(&rig, 3, 33), ONEOTA_OK);
    rig.allowed[0][0] = 1;
    rig_check(&rig);
    rig_start(&rig);
    rig_check(&rig);
    rig_free(&rig);
}

static void test_journal_write_first_record_gone_bad_storage_until_the_next_start(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig, &rig_geometries[2]);
    for (uint32_t i = 0; i < 2u; i++) {
        rig_start(&rig);
        assert_int_equal(rig_write(&rig, 1, 1u + 11u * i), ONEOTA_OK);
    }
    rig_start(&rig);
    rig.flash.bytes[rig.journal.home.start + 9u] ^= 4u;
    assert_int_equal(rig_write(&rig, 2, 33), ONEOTA_STORAGE);
    assert_int_equal(rig_write(&rig, 2, 33), ONEOTA_STORAGE);
    rig_start(&rig);
    assert_int_equal(rig_write(&rig, 2, 33), ONEOTA_OK);
    rig_free(&rig);
}

static void test_journal_write_unit_cannot_be_erased_goes_on_with_the_others(void **state)
{
    rig_t rig;
    (void)state;
    for (uint32_t worn = 0; worn < 3u; worn++) {
        rig_init(&rig, &rig_geometries[4]);
        rig.flash.worn[worn] = true;
        rig_start(&rig);
        for (uint32_t i = 0; i < 300u; i++) {
            if (i % 50u == 49u) {
                rig_start(&rig);
            }
            assert_int_equal(rig_write(&rig, (uint8_t)(1u + i % TYPES), i + 1u), ONEOTA_OK);
            rig_check(&rig);
        }
        for (uint32_t unit = 0; unit < 3u; unit++) {
            assert_true(unit == worn || rig.flash.erases[unit] >= 3u);
        }
        rig_free(&rig);
    }
}

static void test_journal_write_no_unit_can_be_erased_storage_and_old_values_stay(void **state)
{
    rig_t rig;
    (void)state;
    for (uint32_t units = 0; units < 2u; units++) {
        rig_init(&rig, &rig_geometries[4]);
        rig_start(&rig);
        if (units != 0) {
            assert_int_equal(rig_write(&rig, 1, 1), ONEOTA_OK);
            rig_start(&rig);
        }
        memset(rig.flash.worn, 1, sizeof rig.flash.worn);
        for (uint32_t i = 0; i < 3u; i++) {
            uint32_t erases = rig.flash.calls[FAKE_ERASE];
            assert_int_equal(rig_write(&rig, 1, 2), ONEOTA_STORAGE);
            assert_int_equal(rig.flash.calls[FAKE_ERASE] - erases, 3u - units);
            assert_int_equal(rig_read(&rig, 1), units);
        }
        rig_start(&rig);
        assert_int_equal(rig_read(&rig, 1), units);
        rig_free(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journal_write_each_call_fails_once_old_then_new),
        cmocka_unit_test(test_journal_scan_each_read_fails_twice_nothing_lost),
        cmocka_unit_test(test_journal_write_flash_fails_for_a_long_time_storage_then_goes_on),
        cmocka_unit_test(test_journal_write_after_a_seal_that_seemed_to_fail_is_durable),
        cmocka_unit_test(test_journal_write_protected_flash_storage),
        cmocka_unit_test(test_journal_write_newest_record_gone_bad_goes_on_with_the_one_before),
        cmocka_unit_test(test_journal_write_first_record_gone_bad_storage_until_the_next_start),
        cmocka_unit_test(test_journal_write_unit_cannot_be_erased_goes_on_with_the_others),
        cmocka_unit_test(test_journal_write_no_unit_can_be_erased_storage_and_old_values_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
