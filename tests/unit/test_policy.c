/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * How long to wait, and whether conditions allow work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "oneota/config.h"
#include "policy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MOST         UINT32_MAX

static void test_policy_left_nothing_exactly_when_the_wait_is_over(void **state)
{
    static const struct {
        uint32_t now, since, wait, left;
    } rows[] = {
        {0, 0, 0, 0},
        {0, 0, 1, 1},
        {99, 0, 100, 1},
        {100, 0, 100, 0},
        {101, 0, 100, 0},
        {MOST, MOST - 9u, 10, 1},
        {0, MOST - 9u, 10, 0}, /* the clock has wrapped */
        {5, MOST - 9u, 20, 5},
        {10, MOST - 9u, 20, 0},
        {0x80000000u, 0x7FFFFFFFu, 1, 0},
        {0x7FFFFFFFu, 0x7FFFFFFFu, 1, 1},
        {7, 7, MOST, MOST},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        assert_int_equal(oneota_policy_left_ms(rows[n].now, rows[n].since, rows[n].wait),
                         rows[n].left);
    }
}

static void test_policy_backoff_doubles_up_to_the_ceiling(void **state)
{
    static const struct {
        uint32_t failures, min, max, most;
    } rows[] = {
        {0, 2000, 300000, 2000},
        {1, 2000, 300000, 2000},
        {2, 2000, 300000, 4000},
        {8, 2000, 300000, 256000},
        {9, 2000, 300000, 300000},
        {10, 2000, 300000, 300000},
        {MOST, 2000, 300000, 300000}, /* ends, too */
        {1, 5000, 300, 300},          /* the least is above the most */
        {9, 5000, 300, 300},
        {1, 0, 300, 0},
        {40, 0, 300, 0},
        {3, 1, 0, 0},
        {32, 1, 0x80000000u, 0x80000000u},
        {33, 1, 0x80000000u, 0x80000000u},
        {33, 1, MOST, MOST},
        {2, 1500000000u, 2000000000u, 2000000000u},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        assert_int_equal(oneota_policy_backoff_ms(rows[n].failures, rows[n].min, rows[n].max),
                         rows[n].most);
    }
}

static void test_policy_interval_held_between_floor_and_ceiling(void **state)
{
    static const struct {
        uint32_t interval_s, floor_ms, ms;
    } rows[] = {
        {0, 30000, 30000},
        {29, 30000, 30000},
        {30, 30000, 30000},
        {31, 30000, 31000},
        {ONEOTA_INTERVAL_MAX_S, 30000, ONEOTA_INTERVAL_MAX_S * 1000u},
        {ONEOTA_INTERVAL_MAX_S + 1u, 30000, ONEOTA_INTERVAL_MAX_S * 1000u},
        {4294968u, 30000, ONEOTA_INTERVAL_MAX_S * 1000u}, /* 2^32 ms and some */
        {MOST, 30000, ONEOTA_INTERVAL_MAX_S * 1000u},
        {0, 0, 0},
        {60, 100, 60000},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        assert_int_equal(oneota_policy_interval_ms(rows[n].interval_s, rows[n].floor_ms),
                         rows[n].ms);
    }
}

static void test_policy_between_is_even_from_least_to_most(void **state)
{
    static const struct {
        uint32_t least, most;
    } rows[] = {{0, 0},        {0, 1},       {0, 60000},     {3240000, 3960000},
                {7, 7},        {0, MOST},    {MOST, MOST},   {1800000000u, 2200000000u},
                {900, 1100}};
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        uint32_t least = rows[n].least;
        uint32_t most = rows[n].most;
        uint32_t half = (most - least) / 2u;
        uint32_t odd = (most - least) % 2u;
        assert_int_equal(oneota_policy_between(least, most, 0), least);
        assert_int_equal(oneota_policy_between(least, most, MOST), most);
        assert_in_range(oneota_policy_between(least, most, 0x80000000u), least + half,
                        least + half + odd);
    }
}

static void test_policy_level_passes_when_equal_above_or_unknown(void **state)
{
    static const struct {
        int32_t level, threshold;
        bool passes;
    } rows[] = {
        {50, 50, true},
        {51, 50, true},
        {49, 50, false},
        {-1, 50, true},
        {0, 50, false},
        {0, -1, true},
        {0, 0, true},
        {-1, -1, true},
        {-1, 0, true},
        {100, 101, false},
        {-7, 50, true},
        {5, -7, true},
        {0, INT32_MAX, false},
        {INT32_MAX, INT32_MAX, true},
        {INT32_MIN, INT32_MAX, true},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        assert_int_equal(oneota_policy_passes(rows[n].level, rows[n].threshold), rows[n].passes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy_left_nothing_exactly_when_the_wait_is_over),
        cmocka_unit_test(test_policy_backoff_doubles_up_to_the_ceiling),
        cmocka_unit_test(test_policy_interval_held_between_floor_and_ceiling),
        cmocka_unit_test(test_policy_between_is_even_from_least_to_most),
        cmocka_unit_test(test_policy_level_passes_when_equal_above_or_unknown),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
