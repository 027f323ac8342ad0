/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * cmocka.h: what tests/fake asks of cmocka, where there is no cmocka: a check that fails ends the
 * run.
 */
#ifndef ONEOTA_SKIP_CMOCKA_H
#define ONEOTA_SKIP_CMOCKA_H

#include <stdint.h>
#include <stdlib.h>

#define assert_true(x)                ((x) ? (void)0 : abort())
#define assert_false(x)               assert_true(!(x))
#define assert_null(x)                assert_true((x) == NULL)
#define assert_non_null(x)            assert_true((x) != NULL)
#define assert_ptr_equal(a, b)        assert_true((a) == (b))
#define assert_int_equal(a, b)        assert_true((a) == (b))
#define assert_in_range(x, low, high) assert_true((x) >= (low) && (x) <= (high))
#define assert_string_equal(a, b)     assert_true(strcmp((a), (b)) == 0)
#define assert_string_not_equal(a, b) assert_true(strcmp((a), (b)) != 0)
#define fail_msg(...)                 abort()

#endif
