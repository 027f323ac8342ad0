/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Which bytes are asked for next. Whether an answer carries them: test_download_judge.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "download.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static oneota_download_t planned(uint32_t range_bytes, uint32_t taken, uint32_t size,
                                 uint8_t percent, uint32_t unit)
{
    oneota_download_t d;
    memset(&d, 0, sizeof d);
    d.range_bytes = range_bytes;
    oneota_download_plan(&d, taken, size, percent, unit);
    assert_int_equal(d.wanted, taken);
    assert_int_equal(d.place, taken);
    return d;
}

static void test_download_plan_range_is_what_it_should_be(void **state)
{
    static const struct {
        uint32_t range_bytes, taken, size;
        uint8_t percent;
        uint32_t unit, first, end;
    } rows[] = {
        /* as far as the range reaches */
        {16384, 0, 1000000, 0, 8, 0, 16384},
        {16384, 16384, 1000000, 0, 8, 16384, 32768},
        {0, 0, 1000000, 0, 8, 0, ONEOTA_RANGE_FIRST},
        {262144, 0, 10000000, 0, 8, 0, 262144},
        /* as far as the next report: 10 % of 100000, at a program unit */
        {16384, 0, 100000, 0, 8, 0, 10000},
        {16384, 0, 100000, 0, 16, 0, 10000},
        {16384, 0, 100000, 0, 32, 0, 10016},
        {16384, 0, 100000, 0, 256, 0, 10240},
        {16384, 10016, 100000, 10, 32, 10016, 20000}, /* the mark at 10 % lies behind */
        {16384, 10000, 100000, 10, 8, 10000, 20000},
        {16384, 12000, 100000, 10, 8, 12000, 20000},
        {2048, 9000, 100000, 0, 8, 9000, 10000},
        {16384, 89000, 100000, 80, 8, 89000, 90000},
        {16384, 90000, 100000, 90, 8, 90000, 100000}, /* none at 100 % */
        {16384, 50000, 100000, 90, 8, 50000, 66384},  /* all reported before a restart */
        {65536, 20000, 100000, 55, 8, 20000, 65000},  /* never reported */
        /* a mark is rounded up: at its place the percentage is there */
        {16384, 0, 1001, 0, 1, 0, 101},
        {16384, 101, 1001, 10, 1, 101, 201},
        {16384, 0, 1091, 1, 1, 0, 121}, /* 120.01 */
        /* no mark behind the last, whatever a record says that was reported */
        {16384, 80000, 100000, 81, 8, 80000, 96384},
        {262144, UINT32_MAX - 1000u, UINT32_MAX, 99, 8, UINT32_MAX - 1000u, UINT32_MAX},
        /* to the end of the package, not beyond */
        {16384, 99990, 100000, 90, 8, 99990, 100000},
        {16384, 99000, 99999, 90, 256, 99000, 99999},
        /* never one byte, and never one left over */
        {16384, 99999, 100000, 90, 8, 99998, 100000},
        {16384, 0, 2, 0, 1, 0, 2},
        {16384, 1, 2, 50, 1, 0, 2},
        {16384, 0, 3, 0, 1, 0, 3},
        {16384, 0, 10, 0, 1, 0, 2},
        {16384, 1, 10, 10, 1, 0, 2},
        {16384, 2, 10, 20, 1, 1, 3},
        {16384, 8, 10, 80, 1, 8, 10},
        {16384, 9, 10, 90, 1, 8, 10},
        {2048, 0, 2049, 90, 1, 0, 2049},
        {2048, 0, 2050, 90, 1, 0, 2048},
        {16384, 4000, 4097, 90, 8, 4000, 4097},
        /* a package that fits into one program unit */
        {16384, 0, 17, 0, 256, 0, 17},
        /* the end of what 32 bits can count */
        {262144, UINT32_MAX - 1u, UINT32_MAX, 90, 8, UINT32_MAX - 2u, UINT32_MAX},
        {262144, UINT32_MAX - 100u, UINT32_MAX, 90, 256, UINT32_MAX - 100u, UINT32_MAX},
        {1073741824u, 4026531840u, UINT32_MAX, 90, 4096, 4026531840u, UINT32_MAX},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        oneota_download_t d = planned(rows[n].range_bytes, rows[n].taken, rows[n].size,
                                      rows[n].percent, rows[n].unit);
        if (d.first != rows[n].first || d.end != rows[n].end) {
            fail_msg("row %u: %u to %u", (unsigned)n, (unsigned)d.first, (unsigned)d.end);
        }
        assert_int_equal(d.range_form, ONEOTA_RANGE_BYTES);
    }
}

/* A whole download on paper: it ends, every range is at least two bytes long, none leaves a
 * gap, all but the last end at a program unit, and each report has its place. */
static void walk(uint32_t size, uint32_t range_bytes, uint32_t unit)
{
    oneota_download_t d;
    uint32_t taken = 0;
    uint8_t percent = 0;
    unsigned ranges = 0, reports = 0;
    memset(&d, 0, sizeof d);
    d.range_bytes = range_bytes;
    while (taken < size) {
        oneota_download_plan(&d, taken, size, percent, unit);
        assert_true(d.end - d.first >= 2u);
        assert_true(d.end - d.first <= range_bytes + unit + 1u);
        assert_true(d.first <= taken && taken - d.first <= 1u);
        assert_true(d.end > taken && d.end <= size);
        assert_true(d.end == size || d.end % unit == 0 || d.end == 2u);
        assert_true(d.end == size || size - d.end >= 2u);
        taken = d.end;
        uint8_t due = oneota_download_percent(taken, size, percent);
        if (due != percent) {
            assert_true((uint64_t)taken * 100u >= (uint64_t)size * due);
            reports++;
            percent = due;
        }
        assert_true(++ranges < 100000u);
    }
    if (size >= 20u * unit) {
        assert_int_equal(reports, 9);
        assert_int_equal(percent, 90);
    }
}

static void test_download_plan_whole_packages_end_without_gap_or_single_byte(void **state)
{
    static const uint32_t units[] = {1, 2, 8, 16, 32, 256};
    (void)state;
    for (size_t u = 0; u < COUNT(units); u++) {
        for (uint32_t size = 2; size < 700; size++) {
            walk(size, 16384, units[u]);
            walk(size, 3, units[u]);
        }
        walk(100000, 2048, units[u]);
        walk(100001, 16384, units[u]);
        walk(524289, 262144, units[u]);
        walk(65537, 2048, units[u]);
    }
}

static void test_download_plan_one_byte_package_is_asked_for_whole(void **state)
{
    (void)state;
    oneota_download_t d = planned(16384, 0, 1, 0, 8);
    assert_int_equal(d.range_form, ONEOTA_RANGE_NONE);
    assert_int_equal(d.first, 0);
    assert_int_equal(d.end, 1);
}

static void test_download_plan_whole_file_form_begins_at_zero(void **state)
{
    oneota_download_t d;
    (void)state;
    memset(&d, 0, sizeof d);
    d.range_form = ONEOTA_RANGE_NONE;
    oneota_download_plan(&d, 5000, 100000, 0, 8);
    assert_int_equal(d.first, 0);
    assert_int_equal(d.end, 100000);
    assert_int_equal(d.wanted, 5000);
}

static void test_download_plan_bare_form_stays(void **state)
{
    oneota_download_t d;
    (void)state;
    memset(&d, 0, sizeof d);
    d.range_form = ONEOTA_RANGE_BARE;
    oneota_download_plan(&d, 5000, 1000000, 0, 8);
    assert_int_equal(d.range_form, ONEOTA_RANGE_BARE);
    assert_int_equal(d.first, 5000);
    assert_int_equal(d.end, 5000 + ONEOTA_RANGE_FIRST);
}

static void test_download_next_form_bytes_bare_whole(void **state)
{
    oneota_download_t d;
    (void)state;
    memset(&d, 0, sizeof d);
    oneota_download_next_form(&d);
    assert_int_equal(d.range_form, ONEOTA_RANGE_BARE);
    oneota_download_next_form(&d);
    assert_int_equal(d.range_form, ONEOTA_RANGE_NONE);
    oneota_download_next_form(&d);
    assert_int_equal(d.range_form, ONEOTA_RANGE_NONE);
}

static void test_download_range_grows_and_shrinks_within_limits(void **state)
{
    static const uint32_t up[] = {32768, 65536, 131072, 262144, 262144};
    static const uint32_t down[] = {8192, 4096, 2048, 2048};
    oneota_download_t d;
    (void)state;
    memset(&d, 0, sizeof d);
    d.range_bytes = ONEOTA_RANGE_FIRST;
    for (size_t n = 0; n < COUNT(up); n++) {
        oneota_download_grow(&d);
        assert_int_equal(d.range_bytes, up[n]);
    }
    d.range_bytes = ONEOTA_RANGE_FIRST;
    for (size_t n = 0; n < COUNT(down); n++) {
        oneota_download_shrink(&d);
        assert_int_equal(d.range_bytes, down[n]);
    }
    d.range_bytes = 0; /* a failure before the first plan */
    oneota_download_shrink(&d);
    assert_int_equal(d.range_bytes, ONEOTA_RANGE_MIN);
}

static void test_download_percent_each_mark_once_never_zero_or_hundred(void **state)
{
    static const struct {
        uint32_t stored, size;
        uint8_t reported, percent;
    } rows[] = {
        {0, 1000, 0, 0},
        {99, 1000, 0, 0},
        {100, 1000, 0, 10},
        {100, 1000, 10, 10},
        {199, 1000, 10, 10},
        {200, 1000, 10, 20},
        {555, 1000, 10, 50},
        {900, 1000, 80, 90},
        {999, 1000, 90, 90},
        {1000, 1000, 80, 90},
        {1000, 1000, 90, 90},
        {1000, 1000, 0, 90},
        {1000, 1000, 81, 81},
        {1, 1, 0, 90},
        {1, 2, 0, 50},
        {300, 1000, 50, 50},
        {UINT32_MAX, UINT32_MAX, 0, 90},
        {429496729u, UINT32_MAX, 0, 0},
        {429496730u, UINT32_MAX, 0, 10},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        assert_int_equal(oneota_download_percent(rows[n].stored, rows[n].size, rows[n].reported),
                         rows[n].percent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_download_plan_range_is_what_it_should_be),
        cmocka_unit_test(test_download_plan_whole_packages_end_without_gap_or_single_byte),
        cmocka_unit_test(test_download_plan_one_byte_package_is_asked_for_whole),
        cmocka_unit_test(test_download_plan_whole_file_form_begins_at_zero),
        cmocka_unit_test(test_download_plan_bare_form_stays),
        cmocka_unit_test(test_download_next_form_bytes_bare_whole),
        cmocka_unit_test(test_download_range_grows_and_shrinks_within_limits),
        cmocka_unit_test(test_download_percent_each_mark_once_never_zero_or_hundred),
    };
    return cmocka_run_group_tests_name("download", tests, NULL, NULL);
}
