/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "budget.h"

#define DAY_S 86400u

static oneota_spent_t spent;

static int begin(void **state)
{
    (void)state;
    oneota_budget_clear(&spent);
    return 0;
}

static void test_budget_of_erases_is_so_many_in_a_row(void **state)
{
    (void)state;
    for (unsigned n = 0; n < ONEOTA_ERASES_MAX; n++) {
        assert_int_equal(oneota_budget_erase(&spent), ONEOTA_REASON_NONE);
    }
    assert_int_equal(oneota_budget_erase(&spent), ONEOTA_REASON_ERASES);
    assert_int_equal(oneota_budget_request(&spent, true), ONEOTA_REASON_NONE);
}

static void test_budget_of_erases_gets_so_many_back_a_day(void **state)
{
    (void)state;
    spent.erases = ONEOTA_ERASES_MAX;
    oneota_budget_refill(&spent, DAY_S - 1u);
    assert_int_equal(oneota_budget_erase(&spent), ONEOTA_REASON_ERASES);
    oneota_budget_refill(&spent, 1);
    for (unsigned n = 0; n < ONEOTA_ERASES_DAY; n++) {
        assert_int_equal(oneota_budget_erase(&spent), ONEOTA_REASON_NONE);
    }
    assert_int_equal(oneota_budget_erase(&spent), ONEOTA_REASON_ERASES);
}

/* What is not spent today is not there tomorrow beyond the most. */
static void test_budget_of_erases_is_never_more_than_the_most(void **state)
{
    (void)state;
    spent.erases = ONEOTA_ERASES_DAY - 1u;
    oneota_budget_refill(&spent, DAY_S);
    assert_int_equal(spent.erases, 0);
    oneota_budget_refill(&spent, DAY_S);
    assert_int_equal(spent.erases, 0);
}

static void test_budget_of_requests_is_for_one_day(void **state)
{
    (void)state;
    for (unsigned n = 0; n < ONEOTA_REQUESTS_DAY; n++) {
        assert_int_equal(oneota_budget_request(&spent, true), ONEOTA_REASON_NONE);
    }
    assert_int_equal(oneota_budget_request(&spent, true), ONEOTA_REASON_REQUESTS);
    assert_int_equal(oneota_budget_erase(&spent), ONEOTA_REASON_NONE);
    oneota_budget_refill(&spent, DAY_S);
    assert_int_equal(oneota_budget_request(&spent, true), ONEOTA_REASON_NONE);
    assert_int_equal(spent.requests, 1);
}

static void test_budget_of_bytes_is_for_one_day(void **state)
{
    (void)state;
    oneota_budget_receive(&spent, (ONEOTA_KIB_DAY - 2u) << 10);
    assert_int_equal(oneota_budget_request(&spent, true), ONEOTA_REASON_NONE);
    oneota_budget_receive(&spent, 1);
    assert_int_equal(oneota_budget_request(&spent, true), ONEOTA_REASON_BYTES);
    oneota_budget_refill(&spent, DAY_S);
    assert_int_equal(oneota_budget_request(&spent, true), ONEOTA_REASON_NONE);
}

/* Whatever one answer brings. */
static void test_budget_of_bytes_takes_the_largest_answer(void **state)
{
    (void)state;
    oneota_budget_receive(&spent, UINT32_MAX);
    assert_int_equal(spent.kib, 4194304);
    assert_int_equal(oneota_budget_request(&spent, true), ONEOTA_REASON_BYTES);
}

/* Time that passed in one piece is counted day by day. */
static void test_budget_refill_of_many_days_is_not_lost(void **state)
{
    (void)state;
    spent.erases = 10;
    oneota_budget_refill(&spent, 3u * DAY_S + 5u);
    oneota_budget_refill(&spent, 1);
    oneota_budget_refill(&spent, 1);
    assert_int_equal(spent.erases, 10u - 3u * ONEOTA_ERASES_DAY);
    assert_int_equal(spent.seconds, 7);
}

static void test_budget_of_another_format_is_not_understood(void **state)
{
    (void)state;
    assert_true(oneota_budget_is_sound(&spent));
    spent.format++;
    assert_false(oneota_budget_is_sound(&spent));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_budget_of_erases_is_so_many_in_a_row, begin),
        cmocka_unit_test_setup(test_budget_of_erases_gets_so_many_back_a_day, begin),
        cmocka_unit_test_setup(test_budget_of_erases_is_never_more_than_the_most, begin),
        cmocka_unit_test_setup(test_budget_of_requests_is_for_one_day, begin),
        cmocka_unit_test_setup(test_budget_of_bytes_is_for_one_day, begin),
        cmocka_unit_test_setup(test_budget_of_bytes_takes_the_largest_answer, begin),
        cmocka_unit_test_setup(test_budget_refill_of_many_days_is_not_lost, begin),
        cmocka_unit_test_setup(test_budget_of_another_format_is_not_understood, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
