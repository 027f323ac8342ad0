/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * A journal whose power is cut at every operation, whose flash fails at every call, and whose contents
 * are damaged at every bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "journal_rig.h"

#define TYPES ONEOTA_JOURNAL_TYPES
#define SCRIPT_STEPS 64u
#define VARIANT_COUNT (sizeof variants / sizeof variants[0])

static const struct {
    uint8_t cut, torn;
} variants[] = {
    { FAKE_CUT_BEFORE, FAKE_TORN_STABLE },
    { FAKE_CUT_TORN_PREFIX, FAKE_TORN_STABLE },
    { FAKE_CUT_TORN_RANDOM, FAKE_TORN_STABLE },
    { FAKE_CUT_AFTER, FAKE_TORN_STABLE },
    { FAKE_CUT_TORN_PREFIX, FAKE_TORN_UNREADABLE },
    { FAKE_CUT_TORN_RANDOM, FAKE_TORN_UNREADABLE },
    { FAKE_CUT_TORN_PREFIX, FAKE_TORN_UNSTABLE },
    { FAKE_CUT_TORN_RANDOM, FAKE_TORN_UNSTABLE },
    { FAKE_CUT_TORN_PREFIX, FAKE_TORN_MOODY },
    { FAKE_CUT_TORN_RANDOM, FAKE_TORN_MOODY },
};

/* A long story: the first start of all, full units, short runs, a run of one write. */
static bool script_starts(uint32_t step)
{
    return step == 0 || step == 1 || step == 10 || step == 11 || step == 57;
}

static uint8_t script_type(uint32_t step)
{
    return step % 4u == 3u ? (uint8_t)(1u + step / 4u % TYPES) : (uint8_t)(1u + step % 2u);
}

static uint32_t script_value(uint32_t step)
{
    return 1000u + step;
}

static bool is_unsteady(uint8_t torn)
{
    return torn == FAKE_TORN_UNSTABLE || torn == FAKE_TORN_MOODY;
}

/* How many erases and programs the next write of the script takes. */
static uint32_t count_operations(const rig_t *main_rig, rig_t *spare, uint8_t type, uint32_t value)
{
    rig_copy(spare, main_rig);
    assert_int_equal(rig_write(spare, type, value), ONEOTA_OK);
    return spare->flash.operations - main_rig->flash.operations;
}

/* A write whose n-th operation is cut by a variant. */
static void write_with_cut(rig_t *rig, uint8_t type, uint32_t value, uint32_t operation,
                           size_t variant)
{
    rig->flash.cut_at = rig->flash.operations + operation;
    rig->flash.cut = variants[variant].cut;
    rig->flash.torn = variants[variant].torn;
    rig->unsteady = rig->unsteady || is_unsteady(variants[variant].torn);
    rig_write_through(rig, type, value);
}

/* After a cut: all is old or new, writing goes on, and what was written stays. */
static void recover(rig_t *rig, uint32_t value)
{
    rig_start(rig);
    rig_check(rig);
    rig_write_through(rig, (uint8_t)(1u + value % TYPES), value);
    /* all that counts was copied to a unit that nothing is wrong with */
    rig->unsteady = false;
    rig_check(rig);
    rig_write_through(rig, 1, value + 1u);
    rig_check(rig);
    rig_start(rig);
    rig_check(rig);
    rig_write_through(rig, 2, value + 2u);
    rig_check(rig);
    assert_int_equal(rig->flash.violations, 0);
}

/* One geometry, one cut at each operation of each write in each way. */
static void cut_everywhere(const rig_geometry_t *geometry)
{
    rig_t rig, work;
    rig_init(&rig, geometry);
    rig_init(&work, geometry);
    for (uint32_t step = 0; step < SCRIPT_STEPS; step++) {
        uint8_t type = script_type(step);
        uint32_t value = script_value(step);
        if (script_starts(step)) {
            rig_start(&rig);
            rig_check(&rig);
        }
        uint32_t operations = count_operations(&rig, &work, type, value);
        for (uint32_t i = 0; i < operations * VARIANT_COUNT; i++) {
            rig_copy(&work, &rig);
            write_with_cut(&work, type, value, 1u + i / VARIANT_COUNT, i % VARIANT_COUNT);
            assert_true(work.flash.off);
            recover(&work, 5000u + i);
        }
        assert_int_equal(rig_write(&rig, type, value), ONEOTA_OK);
    }
    rig_free(&rig);
    rig_free(&work);
}

static void test_journal_cut_at_every_operation_old_or_new_and_goes_on(void **state)
{
    (void)state;
    for (const rig_geometry_t *geometry = rig_geometries; geometry->name != NULL; geometry++) {
        print_message("             %s\n", geometry->name);
        cut_everywhere(geometry);
    }
}

/* The first write after a cut is cut too, at each operation in each way. */
static void cut_again_everywhere(const rig_t *cut, rig_t *start, rig_t *work, size_t first)
{
    bool two = cut->flash.unit_count == 2u;
    rig_copy(start, cut);
    rig_start(start);
    rig_check(start);
    rig_copy(work, start);
    rig_write_through(work, 5, 7777);
    uint32_t operations = work->flash.operations - start->flash.operations;
    for (uint32_t i = 0; i < operations * VARIANT_COUNT; i++) {
        size_t second = i % VARIANT_COUNT;
        /* see journal.h: what may be asked of two units, and of a place that is torn twice */
        if (is_unsteady(variants[first].torn) && (two || is_unsteady(variants[second].torn))) {
            continue;
        }
        rig_copy(work, start);
        write_with_cut(work, 5, 7777, 1u + i / VARIANT_COUNT, second);
        recover(work, 9000u + i);
    }
}

static void test_journal_cut_again_in_the_recovery_old_or_new_and_goes_on(void **state)
{
    static const uint8_t geometries[] = { 2, 4 };
    (void)state;
    for (size_t g = 0; g < sizeof geometries; g++) {
        rig_t rig, cut, start, work;
        rig_init(&rig, &rig_geometries[geometries[g]]);
        rig_init(&cut, &rig_geometries[geometries[g]]);
        rig_init(&start, &rig_geometries[geometries[g]]);
        rig_init(&work, &rig_geometries[geometries[g]]);
        for (uint32_t step = 0; step < 20u; step++) {
            uint8_t type = script_type(step);
            uint32_t value = script_value(step);
            if (script_starts(step)) {
                rig_start(&rig);
            }
            uint32_t operations = count_operations(&rig, &work, type, value);
            for (uint32_t i = 0; i < operations * VARIANT_COUNT; i++) {
                rig_copy(&cut, &rig);
                write_with_cut(&cut, type, value, 1u + i / VARIANT_COUNT, i % VARIANT_COUNT);
                cut_again_everywhere(&cut, &start, &work, i % VARIANT_COUNT);
            }
            assert_int_equal(rig_write(&rig, type, value), ONEOTA_OK);
        }
        rig_free(&rig);
        rig_free(&cut);
        rig_free(&start);
        rig_free(&work);
    }
}

static void test_journal_cut_again_and_again_old_or_new_and_goes_on(void **state)
{
    (void)state;
    for (const rig_geometry_t *geometry = rig_geometries; geometry->name != NULL; geometry++) {
        rig_t rig;
        rig_init(&rig, geometry);
        rig_start(&rig);
        for (uint32_t i = 0; i < 3000u; i++) {
            uint32_t random = fake_flash_random(&rig.flash);
            /* steady tears alone: there may be more than one of them at a time */
            write_with_cut(&rig, (uint8_t)(1u + random % TYPES), i + 1u, 1u + random / 8u % 40u,
                           random / 512u % 6u);
            if (rig.flash.off) {
                rig_start(&rig);
            }
            rig_check(&rig);
        }
        assert_int_equal(rig.flash.violations, 0);
        rig_free(&rig);
    }
}

/* ---------------------------------------------------------------- failing calls */

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
    static const uint8_t kinds[] = { FAKE_ERASE, FAKE_PROGRAM, FAKE_READ };
    rig_t rig, work;
    (void)state;
    for (uint32_t g = 2; g < 5u; g++) {
        rig_init(&rig, &rig_geometries[g]);
        rig_init(&work, &rig_geometries[g]);
        for (uint32_t step = 0; step < 40u; step++) {
            uint8_t type = script_type(step);
            uint32_t value = script_value(step);
            if (script_starts(step)) {
                rig_start(&rig);
            }
            uint32_t old = rig_read(&rig, type);
            count_operations(&rig, &work, type, value);
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
        if (script_starts(step)) {
            rig_start(&rig);
        }
        assert_int_equal(rig_write(&rig, script_type(step), script_value(step)), ONEOTA_OK);
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
        { FAKE_ERASE, FAKE_FAULT_ERROR },        { FAKE_PROGRAM, FAKE_FAULT_ERROR },
        { FAKE_READ, FAKE_FAULT_ERROR },         { FAKE_ANY, FAKE_FAULT_ERROR },
        { FAKE_ERASE, FAKE_FAULT_ERROR_DONE },   { FAKE_PROGRAM, FAKE_FAULT_ERROR_DONE },
        { FAKE_PROGRAM, FAKE_FAULT_SILENT },     { FAKE_CHANGE, FAKE_FAULT_SILENT },
        { FAKE_CHANGE, FAKE_FAULT_ERROR },       { FAKE_READ, FAKE_FAULT_SILENT },
    };
    rig_t rig;
    (void)state;
    for (uint32_t i = 0; i < 4u * sizeof cases / sizeof cases[0]; i++) {
        rig_init(&rig, &rig_geometries[i % 2u != 0 ? 4 : 2]);
        rig_start(&rig);
        for (uint32_t step = 0; step < 30u; step++) {
            assert_int_equal(rig_write(&rig, script_type(step), script_value(step)), ONEOTA_OK);
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

/* A seal that was written, but seemed to have failed, makes its unit home at the next start: nothing may
 * have been appended to the old home in the meantime. */
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
    /* erase; record of 248 bytes in 4 pieces; seal */
    plan_fault(&rig, FAKE_PROGRAM, 5, 1, FAKE_FAULT_ERROR_DONE);
    assert_int_equal(rig_write(&rig, 1, 3), ONEOTA_STORAGE);
    assert_int_equal(rig_write(&rig, 2, 7), ONEOTA_OK);
    assert_int_equal(rig.flash.calls[FAKE_ERASE], erases + 2u);
    rig_check(&rig);
    rig_start(&rig);
    rig_check(&rig);
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
        if (script_starts(step)) {
            rig_start(rig);
        }
        assert_int_equal(rig_write(rig, script_type(step), script_value(step)), ONEOTA_OK);
        memcpy(history->values[step + 1u], history->values[step], sizeof history->values[0]);
        history->values[step + 1u][script_type(step) - 1u] = script_value(step);
    }
    history->count = HISTORY_STEPS + 1u;
}

static bool is_value(rig_t *rig, uint8_t type, uint32_t value)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX], wanted[JOURNAL_PAYLOAD_MAX];
    size_t length;
    oneota_error_t error = journal_read(&rig->journal, type, data, sizeof data, &length);
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
        cmocka_unit_test(test_journal_cut_at_every_operation_old_or_new_and_goes_on),
        cmocka_unit_test(test_journal_cut_again_in_the_recovery_old_or_new_and_goes_on),
        cmocka_unit_test(test_journal_cut_again_and_again_old_or_new_and_goes_on),
        cmocka_unit_test(test_journal_write_each_call_fails_once_old_then_new),
        cmocka_unit_test(test_journal_scan_each_read_fails_twice_nothing_lost),
        cmocka_unit_test(test_journal_write_flash_fails_for_a_long_time_storage_then_goes_on),
        cmocka_unit_test(test_journal_write_after_a_seal_that_seemed_to_fail_is_durable),
        cmocka_unit_test(test_journal_write_unit_cannot_be_erased_goes_on_with_the_others),
        cmocka_unit_test(test_journal_write_no_unit_can_be_erased_storage_and_old_values_stay),
        cmocka_unit_test(test_journal_scan_each_bit_flipped_state_of_some_time),
        cmocka_unit_test(
            test_journal_scan_512_random_bytes_anywhere_state_of_some_time_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
