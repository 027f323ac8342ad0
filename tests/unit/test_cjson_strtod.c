/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_cjson_strtod.c: the end of a number is where libc's strtod() finds it, for every text that
 * cJSON may hand over; and cJSON without heap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ONEOTA_CJSON_DECLARE_ONLY
#include "../../port/cjson/oneota_cjson.h"

static void expect_same_end(const char *text)
{
    char *libc = NULL;
    char *ours = NULL;

    (void)strtod(text, &libc);
    assert_true(oneota_cjson_strtod(text, &ours) == 0);
    if (ours != libc) {
        fail_msg("\"%s\": %d instead of %d", text, (int)(ours - text), (int)(libc - text));
    }
}

/* cJSON's copy of a number holds these characters and nothing else. */
static void test_cjson_strtod_every_short_text_ends_as_in_libc(void **state)
{
    static const char k_charset[] = "07+-eE.";
    enum { CHARSET = sizeof k_charset - 1, LONGEST = 7 };
    uint32_t count = 1;
    uint32_t numbers = 0;

    (void)state;
    for (unsigned length = 0; length <= LONGEST; length++, count *= CHARSET) {
        for (uint32_t i = 0; i < count; i++) {
            char text[LONGEST + 1] = "";
            char *end;
            uint32_t left = i;
            for (unsigned at = 0; at < length; at++, left /= CHARSET) {
                text[at] = k_charset[left % CHARSET];
            }
            expect_same_end(text);
            (void)oneota_cjson_strtod(text, &end);
            numbers += end > text ? 1u : 0u;
        }
    }
    assert_in_range(numbers, 1000, 900000); /* both kinds were there */
}

static void test_cjson_strtod_long_texts_end_as_in_libc(void **state)
{
    static const char *const k_texts[] = {
        "12345678901234567890123456789012345678901234567890123456789012",
        "-0.000000000000000000000000000000000000000000000000000000000001",
        "1.7976931348623157e+308",
        "1e99999999999999999999999999",
        "1.2.3",
        "1e5e5",
        "--1",
        "1-1",
        "4294967296",
        "1e+",
        "1E-",
        "."};

    (void)state;
    for (size_t i = 0; i < sizeof k_texts / sizeof k_texts[0]; i++) {
        expect_same_end(k_texts[i]);
    }
}

static void test_cjson_heap_asked_for_memory_has_none(void **state)
{
    char byte = 7;

    (void)state;
    assert_null(oneota_cjson_malloc(1));
    assert_null(oneota_cjson_realloc(&byte, 1));
    oneota_cjson_free(&byte);
    assert_int_equal(byte, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cjson_strtod_every_short_text_ends_as_in_libc),
        cmocka_unit_test(test_cjson_strtod_long_texts_end_as_in_libc),
        cmocka_unit_test(test_cjson_heap_asked_for_memory_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
