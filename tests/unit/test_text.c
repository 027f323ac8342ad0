/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_text.c: writing within bounds, character sets, numbers.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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
    text_t text = text_begin(data, sizeof data);
    text_put(&text, "GET ");
    text_put_bytes(&text, "/\0/", 3);
    text_put(&text, "");
    text_put_number(&text, 42);
    text_put_url(&text, "a b");
    assert_false(text.overflow);
    assert_int_equal(text.length, 14);
    assert_memory_equal(data, "GET /\0/42a%20b", 14);
}

static void test_text_put_exact_room_fits(void **state)
{
    (void)state;
    char data[ROOM + 1];
    memset(data, GUARD, sizeof data);
    text_t text = text_begin(data, ROOM);
    text_put(&text, "12345678");
    assert_false(text.overflow);
    assert_text(&text, "12345678");
    text_put(&text, "");
    assert_false(text.overflow);
    assert_int_equal(data[ROOM], GUARD);
}

static void test_text_put_one_beyond_overflows_for_good(void **state)
{
    (void)state;
    char data[ROOM + 1];
    memset(data, GUARD, sizeof data);
    text_t text = text_begin(data, ROOM);
    text_put(&text, "12345");
    text_put(&text, "6789");
    assert_true(text.overflow);
    assert_text(&text, "12345");
    text_put(&text, "6");
    text_put_number(&text, 7);
    text_put_url(&text, "8");
    assert_true(text.overflow);
    assert_text(&text, "12345");
    for (size_t i = 5; i < sizeof data; i++) {
        assert_int_equal(data[i], GUARD);
    }
}

static void test_text_put_huge_length_overflows(void **state)
{
    (void)state;
    char data[ROOM];
    text_t text = text_begin(data, sizeof data);
    text_put(&text, "12");
    text_put_bytes(&text, data, SIZE_MAX);
    assert_true(text.overflow);
    assert_int_equal(text.length, 2);
}

static void test_text_put_no_memory_takes_nothing(void **state)
{
    (void)state;
    text_t text = text_begin(NULL, 0);
    text_put(&text, "");
    text_put_bytes(&text, NULL, 0);
    assert_false(text.overflow);
    text_put(&text, "1");
    assert_true(text.overflow);
    assert_int_equal(text.length, 0);
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
        char expected[32];
        char data[32];
        text_t text = text_begin(data, sizeof data);
        text_put_number(&text, numbers[i]);
        snprintf(expected, sizeof expected, "%" PRIu64, numbers[i]);
        assert_text(&text, expected);
    }
    for (uint64_t number = 3; number < UINT64_MAX / 3u; number = number * 3u + number / 7u) {
        char expected[32];
        char data[20];
        text_t text = text_begin(data, sizeof data);
        text_put_number(&text, number);
        snprintf(expected, sizeof expected, "%" PRIu64, number);
        assert_text(&text, expected);
    }
}

static void test_text_put_url_escapes_all_but_unreserved(void **state)
{
    (void)state;
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (int c = 1; c < 256; c++) {
        const char source[] = {'x', (char)c, 'y', '\0'};
        char expected[8];
        char data[8];
        text_t text = text_begin(data, sizeof data);
        text_put_url(&text, source);
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
        {"", ""},         {"%", "%25"},
        {"//", "%2F%2F"}, {"a+", "a%2B"},
        {"=b", "%3Db"},   {"products/1/devices/\xE6\xB0\xB4", "products%2F1%2Fdevices%2F%E6%B0%B4"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char data[64];
        text_t text = text_begin(data, sizeof data);
        text_put_url(&text, rows[i].source);
        assert_text(&text, rows[i].expected);
    }
}

static void test_text_put_url_escape_is_not_split_by_the_end(void **state)
{
    (void)state;
    char data[3];
    text_t text = text_begin(data, sizeof data);
    text_put_url(&text, "a/");
    assert_true(text.overflow);
    assert_text(&text, "a");
}

/* ---------------------------------------------------------------- sets */

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

static void test_text_is_each_character_by_its_set(void **state)
{
    (void)state;
    static const char *const members[] = {
        [TEXT_VERSION] = LETTERS DIGITS "_-.",
        [TEXT_HANDLE] = LETTERS DIGITS "_-",
        [TEXT_DIGITS] = DIGITS,
        [TEXT_HEX] = DIGITS "abcdefABCDEF",
        [TEXT_HOST] = LETTERS DIGITS ".-:[]",
        [TEXT_PRINTABLE] = LETTERS DIGITS " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
        [TEXT_VISIBLE] = LETTERS DIGITS "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    };
    for (size_t set = 0; set < COUNT(members); set++) {
        for (int c = 0; c < 256; c++) {
            const char data[] = {'1', (char)c, '2'};
            const bool expected = c != 0 && strchr(members[set], c) != NULL;
            assert_int_equal(text_is(data, 3, (text_set_t)set, 1, 3), expected);
        }
    }
}

static void test_text_is_length_is_within_bounds(void **state)
{
    (void)state;
    assert_false(text_is("", 0, TEXT_DIGITS, 1, 3));
    assert_true(text_is("", 0, TEXT_DIGITS, 0, 3));
    assert_true(text_is("1", 1, TEXT_DIGITS, 1, 3));
    assert_true(text_is("123", 3, TEXT_DIGITS, 1, 3));
    assert_false(text_is("1234", 4, TEXT_DIGITS, 1, 3));
    assert_true(text_is("12x", 2, TEXT_DIGITS, 1, 3));
}

/* ---------------------------------------------------------------- numbers */

typedef struct {
    const char *text;
    bool whole;      /* text_to_u64() */
    size_t digits;   /* text_read_u64() */
    uint64_t number; /* when digits > 0 */
} number_t;

static const number_t k_numbers[] = {
    {"0", true, 1, 0},
    {"7", true, 1, 7},
    {"10", true, 2, 10},
    {"007", true, 3, 7},
    {"4294967296", true, 10, 4294967296u},
    {"9999999999999999999", true, 19, 9999999999999999999u},
    {"18446744073709551609", true, 20, UINT64_MAX - 6u},
    {"18446744073709551615", true, 20, UINT64_MAX},
    {"0000000000000000000000018446744073709551615", true, 43, UINT64_MAX},
    {"18446744073709551616", false, 0, 0},
    {"18446744073709551619", false, 0, 0},
    {"18446744073709551620", false, 0, 0},
    {"18446744073709551700", false, 0, 0},
    {"28446744073709551615", false, 0, 0},
    {"99999999999999999999", false, 0, 0},
    {"184467440737095516150", false, 0, 0},
    {"1844674407370955161500000000000000000000", false, 0, 0},
    {"", false, 0, 0},
    {" 1", false, 0, 0},
    {"+1", false, 0, 0},
    {"-1", false, 0, 0},
    {"x1", false, 0, 0},
    {"/", false, 0, 0},
    {":", false, 0, 0},
    {"\xB1", false, 0, 0},
    {"1 ", false, 1, 1},
    {"12-34", false, 2, 12},
    {"0x10", false, 1, 0},
    {"1.5", false, 1, 1},
    {"1e3", false, 1, 1},
    {"5, 5", false, 1, 5},
    {"18446744073709551615/", false, 20, UINT64_MAX},
    {"18446744073709551616/", false, 0, 0},
};

static void test_text_to_u64_takes_digits_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_numbers); i++) {
        const number_t *row = &k_numbers[i];
        uint64_t number = 12345;
        assert_int_equal(text_to_u64(row->text, strlen(row->text), &number), row->whole);
        assert_true(!row->whole || number == row->number);
    }
}

static void test_text_read_u64_stops_after_the_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_numbers); i++) {
        const number_t *row = &k_numbers[i];
        uint64_t number = 12345;
        assert_int_equal(text_read_u64(row->text, strlen(row->text), &number), row->digits);
        assert_true(row->digits == 0 || number == row->number);
    }
}

static void test_text_to_u64_length_ends_the_number(void **state)
{
    (void)state;
    uint64_t number = 0;
    assert_true(text_to_u64("1234", 2, &number));
    assert_int_equal(number, 12);
    assert_false(text_to_u64("1\0002", 3, &number));
}

static void test_text_to_bytes_reads_hex_in_any_case(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x00, 0x19, 0xAF, 0xaf, 0xFF, 0x9a};
    uint8_t bytes[sizeof expected + 1];
    memset(bytes, 0x5A, sizeof bytes);
    assert_true(text_to_bytes("0019AFafFf9A", 12, bytes, sizeof expected));
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_int_equal(bytes[sizeof expected], 0x5A);
    assert_true(text_to_bytes("", 0, bytes, 0));
}

static void test_text_to_bytes_refused_writes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        size_t count;
    } rows[] = {
        {"0", 0},
        {"0", 1},
        {"00", 0},
        {"00", 2},
        {"000", 1},
        {"0000", 1},
        {"0g", 1},
        {"g0", 1},
        {"0G", 1},
        {"0x", 1},
        {" 0", 1},
        {"-1", 1},
        {"0:", 1},
        {"0@", 1},
        {"0`", 1},
        {"/0", 1},
        {"00zz", 2},
        {"\xB0"
         "0",
         1},
        {"", 1},
        {"00", SIZE_MAX},
        {"00", SIZE_MAX / 2 + 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t bytes[4] = {0x5A, 0x5A, 0x5A, 0x5A};
        assert_false(text_to_bytes(rows[i].hex, strlen(rows[i].hex), bytes, rows[i].count));
        for (size_t k = 0; k < sizeof bytes; k++) {
            assert_int_equal(bytes[k], 0x5A);
        }
    }
}

/* ---------------------------------------------------------------- comparison */

static void test_text_equal_nocase_only_ascii_letters_differ(void **state)
{
    (void)state;
    for (int a = 1; a < 256; a++) {
        for (int b = 1; b < 256; b++) {
            const char left[] = {'x', (char)a, 'y'};
            const char right[] = {'X', (char)b, 'Y', '\0'};
            const bool letters = strchr(LETTERS, a) != NULL && strchr(LETTERS, b) != NULL;
            const bool expected = a == b || (letters && (a | 0x20) == (b | 0x20));
            assert_int_equal(text_equal_nocase(left, 3, right), expected);
        }
    }
}

static void test_text_equal_nocase_lengths_must_agree(void **state)
{
    (void)state;
    assert_true(text_equal_nocase("", 0, ""));
    assert_true(text_equal_nocase("chunkedX", 7, "CHUNKED"));
    assert_false(text_equal_nocase("chunke", 6, "chunked"));
    assert_false(text_equal_nocase("chunked ", 8, "chunked"));
    assert_false(text_equal_nocase("", 0, "c"));
    assert_false(text_equal_nocase("c", 1, ""));
    assert_false(text_equal_nocase("ab\0\0", 4, "ab"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_put_pieces_stand_in_order),
        cmocka_unit_test(test_text_put_exact_room_fits),
        cmocka_unit_test(test_text_put_one_beyond_overflows_for_good),
        cmocka_unit_test(test_text_put_huge_length_overflows),
        cmocka_unit_test(test_text_put_no_memory_takes_nothing),
        cmocka_unit_test(test_text_put_number_writes_what_printf_does),
        cmocka_unit_test(test_text_put_url_escapes_all_but_unreserved),
        cmocka_unit_test(test_text_put_url_edges_are_written),
        cmocka_unit_test(test_text_put_url_escape_is_not_split_by_the_end),
        cmocka_unit_test(test_text_is_each_character_by_its_set),
        cmocka_unit_test(test_text_is_length_is_within_bounds),
        cmocka_unit_test(test_text_to_u64_takes_digits_alone),
        cmocka_unit_test(test_text_read_u64_stops_after_the_digits),
        cmocka_unit_test(test_text_to_u64_length_ends_the_number),
        cmocka_unit_test(test_text_to_bytes_reads_hex_in_any_case),
        cmocka_unit_test(test_text_to_bytes_refused_writes_nothing),
        cmocka_unit_test(test_text_equal_nocase_only_ascii_letters_differ),
        cmocka_unit_test(test_text_equal_nocase_lengths_must_agree),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
