/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_text.c: writing within bounds, character sets, numbers.
 */
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "oneota/calls.h"
#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ROOM  8
#define GUARD '\x5A'

static void assert_text(const text_t *text, const char *expected)
{
    assert_int_equal(text->length, strlen(expected));
    assert_memory_equal(text->data, expected, strlen(expected));
}

/* ---------------------------------------------------------------- writing */

static void test_text_put_pieces_stand_in_order(void **state)
{
    (void)state;
    char data[32];
    text_t text = oneota_text_begin(data, sizeof data);
    oneota_text_put(&text, "GET ");
    oneota_text_put_bytes(&text, "/\0/", 3);
    oneota_text_put(&text, "");
    oneota_text_put_number(&text, 42);
    oneota_text_put_url(&text, "a b");
    assert_int_equal(text.error, ONEOTA_OK);
    assert_int_equal(text.length, 14);
    assert_memory_equal(data, "GET /\0/42a%20b", 14);
}

static void test_text_put_exact_room_fits(void **state)
{
    (void)state;
    char data[ROOM + 1];
    memset(data, GUARD, sizeof data);
    text_t text = oneota_text_begin(data, ROOM);
    oneota_text_put(&text, "12345678");
    assert_int_equal(text.error, ONEOTA_OK);
    assert_text(&text, "12345678");
    oneota_text_put(&text, "");
    assert_int_equal(text.error, ONEOTA_OK);
    assert_int_equal(data[ROOM], GUARD);
}

static void test_text_put_one_beyond_overflows_for_good(void **state)
{
    (void)state;
    char data[ROOM + 1];
    memset(data, GUARD, sizeof data);
    text_t text = oneota_text_begin(data, ROOM);
    oneota_text_put(&text, "12345");
    oneota_text_put(&text, "6789");
    assert_int_equal(text.error, ONEOTA_LIMIT);
    assert_text(&text, "12345");
    oneota_text_put(&text, "6");
    oneota_text_put_number(&text, 7);
    oneota_text_put_url(&text, "8");
    assert_int_equal(text.error, ONEOTA_LIMIT);
    assert_text(&text, "12345");
    for (size_t i = 5; i < sizeof data; i++) {
        assert_int_equal(data[i], GUARD);
    }
}

static void test_text_put_huge_length_overflows(void **state)
{
    (void)state;
    char data[ROOM];
    text_t text = oneota_text_begin(data, sizeof data);
    oneota_text_put(&text, "12");
    oneota_text_put_bytes(&text, data, SIZE_MAX);
    assert_int_equal(text.error, ONEOTA_LIMIT);
    assert_int_equal(text.length, 2);
}

static void test_text_put_no_memory_takes_nothing(void **state)
{
    (void)state;
    char data[1] = {GUARD};
    text_t text = oneota_text_begin(data, 0);
    oneota_text_put(&text, "");
    oneota_text_put_bytes(&text, "", 0);
    assert_int_equal(text.error, ONEOTA_OK);
    oneota_text_put(&text, "1");
    assert_int_equal(text.error, ONEOTA_LIMIT);
    assert_int_equal(text.length, 0);
    assert_int_equal(data[0], GUARD);
}

static void test_text_put_what_is_missing_is_refused_for_good(void **state)
{
    (void)state;
    static void (*const puts[])(text_t *, const char *) = {oneota_text_put, oneota_text_put_url};
    for (size_t i = 0; i < COUNT(puts); i++) {
        char data[4];
        text_t text = oneota_text_begin(data, sizeof data);
        puts[i](&text, NULL);
        assert_int_equal(text.error, ONEOTA_PARAM);
        oneota_text_put(&text, "1");
        assert_int_equal(text.length, 0);
    }
    char data[1];
    text_t text = oneota_text_begin(data, sizeof data);
    oneota_text_put(&text, "12");
    assert_int_equal(text.error, ONEOTA_LIMIT);
    oneota_text_put_url(&text, ""); /* says more than that there is too little room */
    assert_int_equal(text.error, ONEOTA_PARAM);
    oneota_text_put(&text, "12");
    assert_int_equal(text.error, ONEOTA_PARAM);
}

static void put_letter(text_t *text, char letter)
{
    const char *const *words = text->from;
    oneota_text_put(text, words[letter - 'a']);
}

static void test_text_put_form_puts_what_letters_stand_for(void **state)
{
    (void)state;
    static const char *const words[] = {"first", "", "$a"};
    static const struct {
        const char *form, *expected;
    } rows[] = {
        {"", ""},
        {"no letter", "no letter"},
        {"$a", "first"},
        {"<$a>", "<first>"},
        {"$a$a$b", "firstfirst"},
        {"x$c$ay", "x$afirsty"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char data[64];
        text_t text = oneota_text_begin(data, sizeof data);
        text.put = put_letter;
        text.from = words;
        oneota_text_put_form(&text, rows[i].form);
        assert_int_equal(text.error, ONEOTA_OK);
        assert_text(&text, rows[i].expected);
    }
    char data[64];
    text_t text = oneota_text_begin(data, sizeof data);
    oneota_text_put_form(&text, NULL);
    assert_int_equal(text.error, ONEOTA_PARAM);
}

static void assert_number(uint64_t number)
{
    char expected[32];
    char data[20];
    text_t text = oneota_text_begin(data, sizeof data);
    snprintf(expected, sizeof expected, "%" PRIu64, number);
    oneota_text_put_long(&text, number);
    assert_text(&text, expected);
    if (number <= UINT32_MAX) {
        text = oneota_text_begin(data, 10);
        oneota_text_put_number(&text, (uint32_t)number);
        assert_text(&text, expected);
    }
}

static void test_text_put_number_writes_what_printf_does(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {
        0,
        1,
        9,
        10,
        11,
        99,
        100,
        65535,
        65536,
        99999,
        655359,
        655360,
        4294967295u,
        4294967296u,
        7559008892u,
        42949672960u,
        281474976710655u,
        9999999999999999999u,
        10000000000000000000u,
        UINT64_MAX - 1u,
        UINT64_MAX,
    };
    for (size_t i = 0; i < COUNT(numbers); i++) {
        assert_number(numbers[i]);
    }
    for (uint64_t number = 3; number < UINT64_MAX / 3u; number = number * 3u + number / 7u) {
        assert_number(number);
    }
}

static void test_text_put_url_escapes_all_but_a_few(void **state)
{
    (void)state;
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
    for (int c = 1; c < 256; c++) {
        const char source[] = {'x', (char)c, 'y', '\0'};
        char expected[8];
        char data[8];
        text_t text = oneota_text_begin(data, sizeof data);
        oneota_text_put_url(&text, source);
        snprintf(expected, sizeof expected, strchr(plain, c) != NULL ? "x%cy" : "x%%%02Xy", c);
        assert_text(&text, expected);
    }
}

static void test_text_put_url_edges_are_written(void **state)
{
    (void)state;
    static const struct {
        const char *source, *expected;
    } rows[] = {
        {"~", "%7E"},     {"%", "%25"},
        {"//", "%2F%2F"}, {"a+", "a%2B"},
        {"=b", "%3Db"},   {"products/1/devices/\xE6\xB0\xB4", "products%2F1%2Fdevices%2F%E6%B0%B4"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char data[64];
        text_t text = oneota_text_begin(data, sizeof data);
        oneota_text_put_url(&text, rows[i].source);
        assert_text(&text, rows[i].expected);
    }
}

static void test_text_put_url_escape_is_not_split_by_the_end(void **state)
{
    (void)state;
    char data[3];
    text_t text = oneota_text_begin(data, sizeof data);
    oneota_text_put_url(&text, "a/");
    assert_int_equal(text.error, ONEOTA_LIMIT);
    assert_text(&text, "a");
}

/* ---------------------------------------------------------------- forms */

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

static const struct {
    size_t min, max;
    const char *characters;
} k_forms[TEXT_FORMS] = {
    [TEXT_PRINTABLE] = {1, 255, LETTERS DIGITS " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
    [TEXT_VISIBLE] = {1, 255, LETTERS DIGITS "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
    [TEXT_ADDRESS] = {1, ONEOTA_ADDRESS_MAX, LETTERS DIGITS "_-.:"},
    [TEXT_VERSION] = {1, ONEOTA_VERSION_MAX, LETTERS DIGITS "_-."},
    [TEXT_HANDLE] = {1, ONEOTA_HANDLE_MAX, LETTERS DIGITS "_-"},
    [TEXT_TASK_ID] = {1, 20, DIGITS},
    [TEXT_MD5] = {32, 32, DIGITS "abcdefABCDEF"},
};

static void test_text_is_each_character_by_its_form(void **state)
{
    (void)state;
    for (size_t form = 0; form < TEXT_FORMS; form++) {
        const size_t length = k_forms[form].min;
        for (int c = 0; c < 256; c++) {
            const bool expected = c != 0 && strchr(k_forms[form].characters, c) != NULL;
            for (size_t place = 0; place < length; place++) {
                char data[32];
                memset(data, '1', sizeof data);
                data[place] = (char)c;
                assert_int_equal(oneota_text_is(data, length, (text_form_t)form), expected);
            }
        }
    }
}

static void test_text_is_length_is_within_bounds(void **state)
{
    (void)state;
    char data[300];
    memset(data, '1', sizeof data);
    for (size_t form = 0; form < TEXT_FORMS; form++) {
        for (size_t length = 0; length <= sizeof data; length++) {
            const bool expected = length >= k_forms[form].min && length <= k_forms[form].max;
            assert_int_equal(oneota_text_is(data, length, (text_form_t)form), expected);
        }
    }
    assert_true(oneota_text_is("12 ", 2, TEXT_TASK_ID));
}

/* ---------------------------------------------------------------- numbers */

typedef struct {
    const char *text;
    bool whole;    /* oneota_text_scan() */
    size_t digits; /* oneota_text_read() */
    uint32_t number;
} u32_t;

static const u32_t k_u32[] = {
    {"0", true, 1, 0},
    {"7", true, 1, 7},
    {"007", true, 3, 7},
    {"2147483648", true, 10, 2147483648u},
    {"4294967289", true, 10, UINT32_MAX - 6u},
    {"4294967294", true, 10, UINT32_MAX - 1u},
    {"4294967295", true, 10, UINT32_MAX},
    {"0000000000000000000000004294967295", true, 34, UINT32_MAX},
    {"4294967296", false, 0, 0},
    {"4294967300", false, 0, 0},
    {"9999999999", false, 0, 0},
    {"42949672950", false, 0, 0},
    {"18446744073709551616", false, 0, 0},
    {"100000000000000000000000000000000000000", false, 0, 0},
    {"", false, 0, 0},
    {" 1", false, 0, 0},
    {"+1", false, 0, 0},
    {"-1", false, 0, 0},
    {"/", false, 0, 0},
    {":", false, 0, 0},
    {"\xB1", false, 0, 0},
    {"1 ", false, 1, 1},
    {"12-34", false, 2, 12},
    {"0x10", false, 1, 0},
    {"1.5", false, 1, 1},
    {"1e3", false, 1, 1},
    {"4294967295/", false, 10, UINT32_MAX},
    {"4294967296/", false, 0, 0},
};

static void test_text_u32_is_digits_alone_up_to_the_largest(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_u32); i++) {
        const u32_t *row = &k_u32[i];
        uint32_t number = 12345;
        assert_int_equal(oneota_text_scan(row->text, strlen(row->text), "#", &number), row->whole);
        assert_true(!row->whole || number == row->number);
        assert_int_equal(oneota_text_read(row->text, strlen(row->text), 10, &number), row->digits);
        assert_true(row->digits == 0 || number == row->number);
    }
    uint32_t number = 0;
    assert_true(oneota_text_scan("1234", 2, "#", &number));
    assert_int_equal(number, 12);
    assert_int_equal(oneota_text_read("1234 56", SIZE_MAX, 10, &number), 4);
    assert_int_equal(number, 1234);
    assert_false(oneota_text_scan("1\0002", 3, "#", &number));
}

static void test_text_read_hex_in_any_case(void **state)
{
    (void)state;
    static const u32_t rows[] = {
        {"0", true, 1, 0},
        {"c2;x", false, 2, 0xC2},
        {"FFFFffff", true, 8, UINT32_MAX},
        {"100000000", false, 0, 0},
        {"0000000000aF ", false, 12, 0xAF},
        {"", false, 0, 0},
        {"g", false, 0, 0},
        {"G", false, 0, 0},
        {"@", false, 0, 0},
        {"`", false, 0, 0},
        {"/", false, 0, 0},
        {":", false, 0, 0},
        {"\x10", false, 0, 0},
        {"\xE1", false, 0, 0},
        {"9:", false, 1, 9},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t number = 0;
        assert_int_equal(oneota_text_read(rows[i].text, strlen(rows[i].text), 16, &number),
                         rows[i].digits);
        assert_int_equal(number, rows[i].number);
    }
    for (unsigned value = 0; value < 256u; value++) {
        char hex[8];
        uint32_t number = 0;
        (void)snprintf(hex, sizeof hex, value % 2u == 0 ? "%02x" : "%02X", value);
        assert_int_equal(oneota_text_read(hex, 2, 16, &number), 2);
        assert_int_equal(number, value);
    }
}

/* ---------------------------------------------------------------- comparison */

static void test_text_scan_only_ascii_letters_differ(void **state)
{
    (void)state;
    for (int a = 0x20; a < 256; a++) {
        for (int b = 0x20; b < 256; b++) {
            const char left[] = {'x', (char)a, 'y'};
            const char right[] = {'X', (char)b, 'Y', '\0'};
            const bool letters = strchr(LETTERS, a) != NULL && strchr(LETTERS, b) != NULL;
            if (strchr(LETTERS DIGITS "-/", b) == NULL) {
                continue; /* b is a word of the protocol */
            }
            const bool expected = a == b || (letters && (a | 0x20) == (b | 0x20));
            assert_int_equal(oneota_text_scan(left, 3, right, NULL), expected);
        }
    }
}

static void test_text_scan_lengths_must_agree(void **state)
{
    (void)state;
    assert_true(oneota_text_scan("", 0, "", NULL));
    assert_true(oneota_text_scan("chunkedX", 7, "CHUNKED", NULL));
    assert_false(oneota_text_scan("chunke", 6, "chunked", NULL));
    assert_false(oneota_text_scan("chunked ", 8, "chunked", NULL));
    assert_false(oneota_text_scan("", 0, "c", NULL));
    assert_false(oneota_text_scan("c", 1, "", NULL));
    assert_false(oneota_text_scan("ab\0\0", 4, "ab", NULL));
}

static void test_text_scan_reads_the_numbers_of_a_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *form;
        bool good;
        uint32_t first, second;
    } rows[] = {
        {"bytes 5-07", "bytes #-#", true, 5, 7},
        {"BYTES 4294967295-0", "bytes #-#", true, UINT32_MAX, 0},
        {"bytes 4294967296-0", "bytes #-#", false, 0, 0},
        {"bytes 5-7 ", "bytes #-#", false, 0, 0},
        {"bytes 5-", "bytes #-#", false, 0, 0},
        {"bytes -7", "bytes #-#", false, 0, 0},
        {"bytes=5-7", "bytes #-#", false, 0, 0},
        {"ab12c", "??##?", false, 0, 0},
        {"ab12c", "??#?", true, 12, 0},
        {"12:3", "#:#", true, 12, 3},
        {"??", "??", true, 0, 0},
        {"?", "??", false, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t numbers[2] = {0, 0};
        assert_int_equal(
            oneota_text_scan(rows[i].text, strlen(rows[i].text), rows[i].form, numbers),
            rows[i].good);
        assert_true(!rows[i].good || (numbers[0] == rows[i].first && numbers[1] == rows[i].second));
    }
}

static void test_text_pick_gives_the_name_at_its_place(void **state)
{
    (void)state;
    static const char names[] = "one\0\0three\0";
    assert_string_equal(oneota_text_pick(names, 3, 0), "one");
    assert_string_equal(oneota_text_pick(names, 3, 1), "");
    assert_string_equal(oneota_text_pick(names, 3, 2), "three");
    assert_string_equal(oneota_text_pick(names, 3, 3), "?");
    assert_string_equal(oneota_text_pick(names, 3, UINT_MAX), "?");
    assert_string_equal(oneota_text_pick(names, 0, 0), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_put_pieces_stand_in_order),
        cmocka_unit_test(test_text_put_exact_room_fits),
        cmocka_unit_test(test_text_put_one_beyond_overflows_for_good),
        cmocka_unit_test(test_text_put_huge_length_overflows),
        cmocka_unit_test(test_text_put_no_memory_takes_nothing),
        cmocka_unit_test(test_text_put_what_is_missing_is_refused_for_good),
        cmocka_unit_test(test_text_put_form_puts_what_letters_stand_for),
        cmocka_unit_test(test_text_put_number_writes_what_printf_does),
        cmocka_unit_test(test_text_put_url_escapes_all_but_a_few),
        cmocka_unit_test(test_text_put_url_edges_are_written),
        cmocka_unit_test(test_text_put_url_escape_is_not_split_by_the_end),
        cmocka_unit_test(test_text_is_each_character_by_its_form),
        cmocka_unit_test(test_text_is_length_is_within_bounds),
        cmocka_unit_test(test_text_u32_is_digits_alone_up_to_the_largest),
        cmocka_unit_test(test_text_read_hex_in_any_case),
        cmocka_unit_test(test_text_scan_only_ascii_letters_differ),
        cmocka_unit_test(test_text_scan_lengths_must_agree),
        cmocka_unit_test(test_text_scan_reads_the_numbers_of_a_form),
        cmocka_unit_test(test_text_pick_gives_the_name_at_its_place),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
