/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_error.c: every error and reason has its own name, and it is the one in the header.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oneota/error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct {
    int value;
    const char *name; /* as in the header, without its prefix */
} row_t;

#define ERROR(name)          \
    {                        \
        ONEOTA_##name, #name \
    }
#define REASON(name)                \
    {                               \
        ONEOTA_REASON_##name, #name \
    }

static const row_t k_errors[] = {
    ERROR(OK),   ERROR(AGAIN), ERROR(CLOSED),  ERROR(BROKEN), ERROR(PARAM),       ERROR(STATE),
    ERROR(PEER), ERROR(LIMIT), ERROR(STORAGE), ERROR(VERIFY), ERROR(UNSUPPORTED),
};

static const row_t k_reasons[] = {
    REASON(NONE),     REASON(NETWORK),     REASON(TIMEOUT),    REASON(PEER),      REASON(SERVER),
    REASON(ANSWER),   REASON(UNKNOWN),     REASON(AUTH),       REASON(CONFIG),    REASON(QUOTA),
    REASON(MISMATCH), REASON(POSTPONED),   REASON(CANCELLED),  REASON(OVER),      REASON(DROPPED),
    REASON(PAUSED),   REASON(BATTERY),     REASON(SIGNAL),     REASON(ERASES),    REASON(REQUESTS),
    REASON(BYTES),    REASON(RETRIES),     REASON(PACKAGE),    REASON(SPACE),     REASON(MEMORY),
    REASON(DEADLINE), REASON(TYPE),        REASON(DIGEST),     REASON(SIGNATURE), REASON(BASE),
    REASON(CLASS),    REASON(COUNTER),     REASON(QUARANTINE), REASON(IMAGE),     REASON(VERSION),
    REASON(REJECTED), REASON(UNCONFIRMED), REASON(REVERTED),   REASON(STORAGE),
};

static const char *error_text(int value)
{
    return oneota_error_text((oneota_error_t)value);
}

static const char *reason_text(int value)
{
    return oneota_reason_text((oneota_reason_t)value);
}

static void assert_lower_case_of(const char *text, const char *name)
{
    assert_int_equal(strlen(text), strlen(name));
    for (size_t i = 0; name[i] != '\0'; i++) {
        assert_int_equal(text[i], name[i] == '_' ? '-' : tolower((unsigned char)name[i]));
    }
}

static void check_names(const row_t *rows, size_t count, const char *(*text)(int value))
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].value, i);
        assert_lower_case_of(text((int)i), rows[i].name);
        for (size_t other = 0; other < i; other++) {
            assert_string_not_equal(text((int)i), text((int)other));
        }
    }
}

static void test_error_each_value_has_its_name(void **state)
{
    (void)state;
    assert_int_equal(COUNT(k_errors), ONEOTA_ERROR_COUNT);
    check_names(k_errors, COUNT(k_errors), error_text);
}

static void test_error_each_reason_has_its_name(void **state)
{
    (void)state;
    assert_int_equal(COUNT(k_reasons), ONEOTA_REASON_COUNT);
    check_names(k_reasons, COUNT(k_reasons), reason_text);
}

static void test_error_out_of_range_is_a_question_mark(void **state)
{
    (void)state;
    static const int outside[] = {-1, 255, 1000000};
    assert_string_equal(error_text(ONEOTA_ERROR_COUNT), "?");
    assert_string_equal(reason_text(ONEOTA_REASON_COUNT), "?");
    for (size_t i = 0; i < COUNT(outside); i++) {
        assert_string_equal(error_text(outside[i]), "?");
        assert_string_equal(reason_text(outside[i]), "?");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_each_value_has_its_name),
        cmocka_unit_test(test_error_each_reason_has_its_name),
        cmocka_unit_test(test_error_out_of_range_is_a_question_mark),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
