/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The order of calls of a whole update, from each place where it may begin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

static kit_t kit;

static void test_api_whole_update_calls_in_order(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V C");
    kit_judge(&kit);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_whole_update_calls_in_order),
    };
    return cmocka_run_group_tests_name("api update", tests, NULL, NULL);
}
