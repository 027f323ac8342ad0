/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_json.c: bodies as the platform sends them, and as nobody should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "oneota/calls.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define GUARD       0xA5
#define GUARD_BYTES 64u

/* ---------------------------------------------------------------- harness */

/* Reads a copy of the text that ends with its memory, in work between guards. */
static oneota_error_t read_in(size_t work_bytes, const char *text, size_t length,
                              const json_field_t *fields, size_t count, void *values,
                              uint8_t *states)
{
    static union {
        void *alignment;
        uint8_t bytes[GUARD_BYTES + 8192 + GUARD_BYTES];
    } memory;
    uint8_t *work = memory.bytes + GUARD_BYTES;
    char *copy = malloc(length > 0 ? length : 1);
    oneota_error_t error;

    assert_non_null(copy);
    assert_true(work_bytes <= 8192);
    memcpy(copy, text, length);
    memset(memory.bytes, GUARD, sizeof memory.bytes);
    error = json_read(copy, length, work, work_bytes, fields, count, values, states);
    assert_memory_equal(copy, text, length);
    for (size_t i = 0; i < GUARD_BYTES; i++) {
        assert_int_equal(memory.bytes[i], GUARD);
        assert_int_equal(work[work_bytes + i], GUARD);
    }
    free(copy);
    return error;
}

/* The members of an offered task, with the largest ranges that make sense. */
typedef struct {
    int64_t code;
    char target[21];
    char handle[65];
    int64_t size;
    char md5[33];
    int64_t interval;
    char address[48];
    int64_t type;
} task_t;

#define FIELD(parent, name, kind, set, member, min, max)                      \
    {                                                                         \
        parent, name, kind, set, (uint16_t)offsetof(task_t, member), min, max \
    }

static const json_field_t k_fields[] = {
    FIELD(NULL, "errno", JSON_INTEGER, 0, code, 0, UINT32_MAX),
    FIELD("data", "target", JSON_TEXT, TEXT_VERSION, target, 1, 20),
    FIELD("data", "token", JSON_TEXT, TEXT_HANDLE, handle, 1, 64),
    FIELD("data", "size", JSON_INTEGER, 0, size, 0, UINT32_MAX),
    FIELD("data", "md5", JSON_TEXT, TEXT_HEX, md5, 32, 32),
    FIELD("data", "interval", JSON_INTEGER, 0, interval, 0, UINT32_MAX),
    FIELD("data", "ipPort", JSON_TEXT, TEXT_HOST, address, 1, 47),
    FIELD("data", "type", JSON_INTEGER, 0, type, 0, UINT32_MAX),
};

enum { CODE, TARGET, TOKEN, SIZE, MD5, INTERVAL, ADDRESS, TYPE, FIELDS };

static task_t g_task;
static uint8_t g_states[FIELDS];

static oneota_error_t read_bytes(const char *text, size_t length)
{
    memset(&g_task, GUARD, sizeof g_task);
    memset(g_states, GUARD, sizeof g_states);
    return read_in(ONEOTA_JSON_WORK_BYTES, text, length, k_fields, FIELDS, &g_task, g_states);
}

static oneota_error_t read_task(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void assert_refused(const char *text, size_t length)
{
    task_t untouched;

    memset(&untouched, GUARD, sizeof untouched);
    if (read_bytes(text, length) != ONEOTA_PEER) {
        fail_msg("not refused: %.*s", (int)length, text);
    }
    assert_memory_equal(&g_task, &untouched, sizeof untouched);
    for (size_t i = 0; i < FIELDS; i++) {
        assert_int_equal(g_states[i], JSON_ABSENT);
    }
}

/* ---------------------------------------------------------------- what the platform sends */

static const char k_south_task[] =
    "{\"errno\":0,\"error\":\"succ\",\"data\":{\"target\":\"V1.0.1\","
    "\"token\":\"ota_YbDB8ANDSmPEM78DkHDT\",\"size\":22,"
    "\"md5\":\"ad2f4e4ea2a27eace7e4913139f8f01a\",\"signal\":10,\"power\":50,"
    "\"retry\":0,\"interval\":0,\"type\":1}}";

static const char k_fuse_task[] =
    "{\"code\":0,\"msg\":\"succ\",\"data\":{\"target\":\"v3.0\",\"tid\":1317438,\"size\":8260,"
    "\"md5\":\"b54809186a2dd720e80265402e8cb168\",\"status\":1,\"type\":1},"
    "\"request_id\":\"8b9b21aff5f84af7ad9595c368613e16\"}";

static const char k_fuse_ok[] =
    "{\"code\":0,\"msg\":\"succ\",\"request_id\":\"399527bd39274e4e8f881e4714911a19\"}";

static const char k_fuse_status[] = "{\"code\":0,\"msg\":\"succ\",\"data\":{\"status\":5},"
                                    "\"request_id\":\"bdc6376c84564d20ab37676c0fbf9ff3\"}";

static const char k_fuse_finish[] = "{\"code\":20,\"msg\":\"task finish\","
                                    "\"request_id\":\"03e88f9bc9394c12ba59ea741c6a817a\"}";

static const char k_south_ok[] = "{\"errno\":0,\"error\":\"succ\"}";

static const char *const k_samples[] = {k_south_task,  k_fuse_task,   k_fuse_ok,
                                        k_fuse_status, k_fuse_finish, k_south_ok};

static void test_json_south_task_gives_its_members(void **state)
{
    (void)state;
    assert_int_equal(read_task(k_south_task), ONEOTA_OK);
    assert_int_equal(g_task.code, 0);
    assert_string_equal(g_task.target, "V1.0.1");
    assert_string_equal(g_task.handle, "ota_YbDB8ANDSmPEM78DkHDT");
    assert_int_equal(g_task.size, 22);
    assert_string_equal(g_task.md5, "ad2f4e4ea2a27eace7e4913139f8f01a");
    assert_int_equal(g_task.interval, 0);
    assert_int_equal(g_task.type, 1);
    for (size_t i = 0; i < FIELDS; i++) {
        assert_int_equal(g_states[i], i == ADDRESS ? JSON_ABSENT : JSON_GOOD);
    }
}

static void test_json_fuse_task_gives_its_members(void **state)
{
    static const json_field_t k_fuse[] = {
        FIELD(NULL, "code", JSON_INTEGER, 0, code, 0, UINT32_MAX),
        FIELD("data", "target", JSON_TEXT, TEXT_VERSION, target, 1, 20),
        FIELD("data", "tid", JSON_TEXT, TEXT_DIGITS, handle, 1, 20),
        FIELD("data", "size", JSON_INTEGER, 0, size, 0, UINT32_MAX),
        FIELD("data", "md5", JSON_TEXT, TEXT_HEX, md5, 32, 32),
        FIELD("data", "status", JSON_INTEGER, 0, interval, 0, UINT32_MAX),
        FIELD("data", "type", JSON_INTEGER, 0, type, 0, 255),
    };
    task_t task;
    uint8_t states[COUNT(k_fuse)];

    (void)state;
    assert_int_equal(read_in(ONEOTA_JSON_WORK_BYTES, k_fuse_task, strlen(k_fuse_task), k_fuse,
                             COUNT(k_fuse), &task, states),
                     ONEOTA_OK);
    assert_int_equal(task.code, 0);
    assert_string_equal(task.target, "v3.0");
    assert_string_equal(task.handle, "1317438");
    assert_int_equal(task.size, 8260);
    assert_string_equal(task.md5, "b54809186a2dd720e80265402e8cb168");
    assert_int_equal(task.interval, 1);
    assert_int_equal(task.type, 1);
    for (size_t i = 0; i < COUNT(k_fuse); i++) {
        assert_int_equal(states[i], JSON_GOOD);
    }
}

static void test_json_blanks_anywhere_between_are_skipped(void **state)
{
    (void)state;
    assert_int_equal(
        read_task(" \t\r\n{ \"errno\" :\t7 ,\r\n\"data\" : { \"size\"\n:\n22 } } \r\n"), ONEOTA_OK);
    assert_int_equal(g_task.code, 7);
    assert_int_equal(g_task.size, 22);
}

static void test_json_no_fields_is_a_check_of_the_text_alone(void **state)
{
    (void)state;
    assert_int_equal(read_in(1024, k_south_ok, strlen(k_south_ok), NULL, 0, NULL, g_states),
                     ONEOTA_OK);
}

/* ---------------------------------------------------------------- every form of every field */

/* What becomes of a form in a field: W wrong, A absent, G good. One letter for each kind of field:
 * integer, version, handle, MD5, address. */
enum { AS_INTEGER, AS_VERSION, AS_HANDLE, AS_MD5, AS_ADDRESS };

static const uint8_t k_kind_of[FIELDS] = {AS_INTEGER, AS_VERSION, AS_HANDLE,  AS_INTEGER,
                                          AS_MD5,     AS_INTEGER, AS_ADDRESS, AS_INTEGER};

typedef struct {
    const char *form; /* NULL: no such member */
    const char *outcome;
    int64_t integer;  /* value of a good integer */
    const char *text; /* value of a good text; NULL: the form without its quotes */
} form_t;

#define TEN      "aaaaaaaaaa"
#define FORTY    TEN TEN TEN TEN
#define MD5_LOW  "ad2f4e4ea2a27eace7e4913139f8f01a"
#define MD5_HIGH "AD2F4E4EA2A27EACE7E4913139F8F01A"

static const form_t k_forms[] = {
    {NULL, "AAAAA", 0, NULL},
    {"null", "AAAAA", 0, NULL},
    /* of another type */
    {"true", "WWWWW", 0, NULL},
    {"false", "WWWWW", 0, NULL},
    {"{}", "WWWWW", 0, NULL},
    {"{\"size\":1,\"a\":\"b\"}", "WWWWW", 0, NULL},
    {"[]", "WWWWW", 0, NULL},
    {"[22,\"22\"]", "WWWWW", 0, NULL},
    /* numbers, quoted or not */
    {"22", "GWGWW", 22, "22"},
    {"\"22\"", "GGGWG", 22, NULL},
    {"0", "GWWWW", 0, NULL},
    {"\"0\"", "GGGWG", 0, NULL},
    {"-0", "GWWWW", 0, NULL},
    {"-1", "WWWWW", 0, NULL},
    {"\"-1\"", "WGGWG", 0, NULL},
    {"-9223372036854775808", "WWWWW", 0, NULL},
    {"\"-\"", "WGGWG", 0, NULL},
    {"\"--1\"", "WGGWG", 0, NULL},
    {"\"+1\"", "WWWWW", 0, NULL},
    {"\" 1\"", "WWWWW", 0, NULL},
    {"\"1 \"", "WWWWW", 0, NULL},
    {"\"0x10\"", "WGGWG", 0, NULL},
    {"1.5", "WWWWW", 0, NULL},
    {"\"1.5\"", "WGWWG", 0, NULL},
    {"1.0", "WWWWW", 0, NULL},
    {"1e2", "WWWWW", 0, NULL},
    {"1E+2", "WWWWW", 0, NULL},
    {"\"1e2\"", "WGGWG", 0, NULL},
    {"1e999", "WWWWW", 0, NULL},
    {"2147483647", "GWGWW", 2147483647, "2147483647"},
    {"2147483648", "GWGWW", 2147483648, "2147483648"},
    {"4294967295", "GWGWW", 4294967295, "4294967295"},
    {"4294967296", "WWGWW", 0, "4294967296"},
    {"\"4294967296\"", "WGGWG", 0, NULL},
    {"9007199254740993", "WWGWW", 0, "9007199254740993"},
    {"9223372036854775807", "WWGWW", 0, "9223372036854775807"},
    {"9223372036854775808", "WWGWW", 0, "9223372036854775808"},
    {"18446744073709551615", "WWGWW", 0, "18446744073709551615"},
    {"18446744073709551616", "WWGWW", 0, "18446744073709551616"},
    {"\"18446744073709551616\"", "WGGWG", 0, NULL},
    {"111111111111111111111111111111111111111111111111111111111111111", "WWGWW", 0,
     "111111111111111111111111111111111111111111111111111111111111111"},
    /* lengths */
    {"\"\"", "WWWWW", 0, NULL},
    {"\"a\"", "WGGWG", 0, NULL},
    {"\"" TEN TEN "\"", "WGGWG", 0, NULL},
    {"\"" TEN TEN "a\"", "WWGWG", 0, NULL},
    {"\"" FORTY "aaaaaaa\"", "WWGWG", 0, NULL},
    {"\"" FORTY "aaaaaaaa\"", "WWGWW", 0, NULL},
    {"\"" FORTY TEN TEN "aaaa\"", "WWGWW", 0, NULL},
    {"\"" FORTY TEN TEN "aaaaa\"", "WWWWW", 0, NULL},
    {"\"" MD5_LOW "\"", "WWGGG", 0, NULL},
    {"\"" MD5_HIGH "\"", "WWGGG", 0, NULL},
    {"\"" MD5_LOW "0\"", "WWGWG", 0, NULL},
    {"\"ad2f4e4ea2a27eace7e4913139f8f01\"", "WWGWG", 0, NULL},
    {"\"ad2f4e4ea2a27eace7e4913139f8f01g\"", "WWGWG", 0, NULL},
    /* characters */
    {"\"172.19.3.3:8002\"", "WWWWG", 0, NULL},
    {"\"a b\"", "WWWWW", 0, NULL},
    {"\"a/b\"", "WWWWW", 0, NULL},
    {"\"a\\r\\nb\"", "WWWWW", 0, NULL},
    {"\"a\\u000ab\"", "WWWWW", 0, NULL},
    {"\"a\x7f\"", "WWWWW", 0, NULL},
    {"\"\xe6\x88\x90\"", "WWWWW", 0, NULL},
    {"\"\xb3\xc9\"", "WWWWW", 0, NULL},
    {"\"\\u0056\\u0031\"", "WGGWG", 0, "V1"},
    {"\"\\u0032\\u0032\"", "GGGWG", 22, "22"},
    {"\"\\ud83d\\ude00\"", "WWWWW", 0, NULL},
    /* a zero byte, at the end, at the front, in the middle; and what only looks like one */
    {"\"22\\u0000\"", "WWWWW", 0, NULL},
    {"\"\\u000022\"", "WWWWW", 0, NULL},
    {"\"V1\\\\\\u0000\"", "WWWWW", 0, NULL},
    {"\"V1\\\\u0000\"", "WWWWW", 0, NULL},
    {"\"22\\u0001\"", "WWWWW", 0, NULL},
};

/* A task in which one member has another form. */
static const char *with_form(size_t field, const char *form)
{
    static const char *const k_good[FIELDS] = {
        "0", "\"V1\"", "\"ota_1\"", "22", "\"" MD5_LOW "\"", "30", "\"10.0.0.1:80\"", "1"};
    static char text[1024];
    size_t length = (size_t)sprintf(text, "{\"x\":0");

    for (size_t i = 0; i < FIELDS; i++) {
        const char *value = i == field ? form : k_good[i];
        if (value != NULL) {
            length += (size_t)sprintf(text + length, ",\"%s\":%s", k_fields[i].name, value);
        }
        if (i == CODE) {
            length += (size_t)sprintf(text + length, ",\"data\":{\"x\":0");
        }
    }
    (void)sprintf(text + length, "}}");
    return text;
}

static const char *text_of(size_t field)
{
    return (const char *)&g_task + k_fields[field].offset;
}

static void assert_field(size_t field, const form_t *form)
{
    char outcome = form->outcome[k_kind_of[field]];
    char expected[128] = "";

    if (g_states[field] != (outcome == 'G'   ? JSON_GOOD
                            : outcome == 'W' ? JSON_WRONG
                                             : JSON_ABSENT)) {
        fail_msg("%s: %s became %d", k_fields[field].name, form->form, g_states[field]);
    }
    if (outcome != 'G') {
        assert_int_equal((uint8_t)text_of(field)[0], GUARD);
        return;
    }
    if (k_kind_of[field] == AS_INTEGER) {
        int64_t value;
        memcpy(&value, text_of(field), sizeof value);
        assert_int_equal(value, form->integer);
        return;
    }
    if (form->text != NULL) {
        strcpy(expected, form->text);
    } else {
        memcpy(expected, form->form + 1, strlen(form->form) - 2);
    }
    assert_string_equal(text_of(field), expected);
}

static void test_json_every_form_of_every_field_becomes_what_it_should(void **state)
{
    (void)state;
    for (size_t field = 0; field < FIELDS; field++) {
        for (size_t i = 0; i < COUNT(k_forms); i++) {
            assert_int_equal(read_task(with_form(field, k_forms[i].form)), ONEOTA_OK);
            assert_field(field, &k_forms[i]);
            for (size_t other = 0; other < FIELDS; other++) {
                assert_true(other == field || g_states[other] == JSON_GOOD);
            }
        }
    }
}

static void test_json_member_that_stands_twice_counts_the_first_time(void **state)
{
    (void)state;
    assert_int_equal(read_task("{\"errno\":1,\"errno\":2,\"data\":{\"size\":\"x\",\"size\":3},"
                               "\"data\":{\"size\":4,\"type\":5}}"),
                     ONEOTA_OK);
    assert_int_equal(g_task.code, 1);
    assert_int_equal(g_states[SIZE], JSON_WRONG);
    assert_int_equal(g_states[TYPE], JSON_ABSENT);
    assert_int_equal(read_task("{\"errno\":null,\"errno\":2}"), ONEOTA_OK);
    assert_int_equal(g_states[CODE], JSON_ABSENT);
}

static void test_json_name_of_another_case_or_place_is_absent(void **state)
{
    (void)state;
    assert_int_equal(read_task("{\"Errno\":1,\"ERRNO\":2,\"errno \":3,\"errn\":4,\"size\":5,"
                               "\"data\":{\"errno\":6,\"SIZE\":7,\"x\":{\"size\":8}},"
                               "\"Data\":{\"size\":9}}"),
                     ONEOTA_OK);
    assert_int_equal(g_states[CODE], JSON_ABSENT);
    assert_int_equal(g_states[SIZE], JSON_ABSENT);
}

static void test_json_name_written_with_escapes_is_the_same_name(void **state)
{
    (void)state;
    assert_int_equal(read_task("{\"err\\u006eo\":7}"), ONEOTA_OK);
    assert_int_equal(g_task.code, 7);
}

static void test_json_parent_that_is_no_object_holds_nothing(void **state)
{
    static const char *const k_parents[] = {
        "null", "true", "0", "\"size\"", "[]", "[{\"size\":1}]", "[\"size\",1]", "{}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_parents); i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "{\"errno\":0,\"data\":%s}", k_parents[i]);
        assert_int_equal(read_task(text), ONEOTA_OK);
        assert_int_equal(g_states[CODE], JSON_GOOD);
        assert_int_equal(g_states[SIZE], JSON_ABSENT);
        assert_int_equal(g_states[TOKEN], JSON_ABSENT);
    }
}

/* Each value is read from its own place, whatever stands between. */
static void test_json_values_after_arrays_and_objects_keep_their_places(void **state)
{
    (void)state;
    assert_int_equal(read_task("{\"x\":[1,[],[2,\"}\"],{},{\"errno\":3,\"y\":[4]},null],"
                               "\"errno\":5,\"data\":{\"z\":{\"size\":6},\"size\":7,\"type\":8}}"),
                     ONEOTA_OK);
    assert_int_equal(g_task.code, 5);
    assert_int_equal(g_task.size, 7);
    assert_int_equal(g_task.type, 8);
}

static void test_json_ignored_member_may_hold_any_bytes(void **state)
{
    static const char *const k_values[] = {
        "\"\xe6\x88\x90\xe5\x8a\x9f\"", /* UTF-8 */
        "\"\xb3\xc9\xb9\xa6\"",         /* GBK */
        "\"\xff\xfe\x80\x7f\"",         /* nothing at all */
        "\"\\u0000\\\\\\\"\\/\\b\\f\\n\\r\\t\\u4e2d\"",
        "-1.5e-7",
        "1e999",
        "18446744073709551616",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_values); i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"error\":%s,\"errno\":7}", k_values[i]);
        assert_int_equal(read_task(text), ONEOTA_OK);
        assert_int_equal(g_task.code, 7);
    }
}

/* A backslash is no character of a set above but this one. */
static void test_json_printable_text_that_only_looks_like_a_zero_byte_is_good(void **state)
{
    static const json_field_t k_text = {NULL, "t", JSON_TEXT, TEXT_PRINTABLE, 0, 0, 15};
    static const char k_good[] = "{\"t\":\"\\\\u0000 \\\"\\u003F\"}";
    static const char k_bad[] = "{\"t\":\"\\\\\\u0000\"}";
    char value[16] = "";
    uint8_t became;

    (void)state;
    assert_int_equal(read_in(1024, k_good, strlen(k_good), &k_text, 1, value, &became), ONEOTA_OK);
    assert_int_equal(became, JSON_GOOD);
    assert_string_equal(value, "\\u0000 \"?");
    assert_int_equal(read_in(1024, k_bad, strlen(k_bad), &k_text, 1, value, &became), ONEOTA_OK);
    assert_int_equal(became, JSON_WRONG);
    assert_int_equal(read_in(1024, "{\"t\":\"\"}", 8, &k_text, 1, value, &became), ONEOTA_OK);
    assert_int_equal(became, JSON_GOOD);
    assert_string_equal(value, "");
}

static void test_json_integer_of_64_bits_is_exact_within_its_range(void **state)
{
    static const struct {
        const char *form;
        int64_t min, max;
        uint8_t became;
        int64_t value;
    } k_cases[] = {
        {"9223372036854775807", INT64_MIN, INT64_MAX, JSON_GOOD, INT64_MAX},
        {"\"9223372036854775807\"", INT64_MIN, INT64_MAX, JSON_GOOD, INT64_MAX},
        {"9223372036854775808", INT64_MIN, INT64_MAX, JSON_WRONG, 0},
        {"-9223372036854775807", INT64_MIN, INT64_MAX, JSON_GOOD, -INT64_MAX},
        {"9007199254740993", 0, INT64_MAX, JSON_GOOD, 9007199254740993},
        {"-5", -5, 5, JSON_GOOD, -5},
        {"\"-5\"", -5, 5, JSON_GOOD, -5},
        {"-6", -5, 5, JSON_WRONG, 0},
        {"5", -5, 5, JSON_GOOD, 5},
        {"6", -5, 5, JSON_WRONG, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_cases); i++) {
        json_field_t field = {NULL, "n", JSON_INTEGER, 0, 0, k_cases[i].min, k_cases[i].max};
        char text[64];
        int64_t value = 0;
        uint8_t became;
        (void)snprintf(text, sizeof text, "{\"n\":%s}", k_cases[i].form);
        assert_int_equal(read_in(1024, text, strlen(text), &field, 1, &value, &became), ONEOTA_OK);
        assert_int_equal(became, k_cases[i].became);
        assert_int_equal(value, k_cases[i].value);
    }
}

/* A number stands for its digits where a handle may be one; leading zeros are no number. */
static void test_json_number_as_digits_keeps_every_one_within_the_length(void **state)
{
    static const struct {
        const char *form;
        uint8_t became;
    } k_cases[] = {
        {"1", JSON_GOOD},
        {"18446744073709551615", JSON_GOOD},
        {"99999999999999999999", JSON_GOOD},
        {"100000000000000000000", JSON_WRONG},
        {"0", JSON_WRONG},
        {"01", JSON_WRONG},
        {"-1", JSON_WRONG},
        {"1.0", JSON_WRONG},
        {"1e1", JSON_WRONG},
    };
    static const json_field_t k_digits = {NULL, "n", JSON_TEXT, TEXT_DIGITS, 0, 1, 20};

    (void)state;
    for (size_t i = 0; i < COUNT(k_cases); i++) {
        char text[64];
        char value[21] = "";
        uint8_t became;
        (void)snprintf(text, sizeof text, "{\"n\":%s}", k_cases[i].form);
        assert_int_equal(read_in(1024, text, strlen(text), &k_digits, 1, value, &became),
                         ONEOTA_OK);
        assert_int_equal(became, k_cases[i].became);
        assert_string_equal(value, became == JSON_GOOD ? k_cases[i].form : "");
    }
}

/* ---------------------------------------------------------------- what is no such object */

static void test_json_truncated_at_every_byte_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_samples); i++) {
        for (size_t length = 0; length < strlen(k_samples[i]); length++) {
            assert_refused(k_samples[i], length);
        }
        assert_int_equal(read_task(k_samples[i]), ONEOTA_OK);
    }
}

static void test_json_other_than_one_object_is_refused(void **state)
{
    static const char *const k_texts[] = {
        " ",
        "\r\n",
        "x",
        "0",
        "22",
        "-1",
        "true",
        "null",
        "\"\"",
        "\"{}\"",
        /* arrays */
        "[]",
        "[0]",
        "[{\"errno\":0}]",
        "[{}",
        "]",
        /* brackets that do not match */
        "}",
        "}{",
        "{]",
        "{[}",
        "{\"a\":[}",
        "{\"a\":[1}",
        "{\"a\":{]}",
        "{\"a\":[}]",
        "{]}",
        /* a mark of byte order, garbage and more at the end */
        "\xef\xbb\xbf{\"errno\":0}",
        "{\"errno\":0}x",
        "{\"errno\":0}{}",
        "{\"errno\":0}}",
        "{\"errno\":0},",
        "{\"errno\":0}\x0c",
        "{}{",
        "{} []",
        "x{}",
        ",{}",
        ":{}",
        /* pages */
        "<html><body>Log in</body></html>",
        "<!DOCTYPE html>\r\n<html><script>{\"errno\":0}</script></html>",
        "HTTP/1.1 200 OK",
        "callback({\"errno\":0})",
        "errno=0",
        /* grammar */
        "{\"a\"}",
        "{\"a\":}",
        "{:1}",
        "{,}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1 2}",
        "{\"a\"::1}",
        "{\"a\":,1}",
        "{\"a\":1,,\"b\":2}",
        "{'a':1}",
        "{a:1}",
        "{1:1}",
        "{null:1}",
        "{{}:1}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1 2]}",
        "{\"a\":[1:2]}",
        "{\"a\":tru}",
        "{\"a\":True}",
        "{\"a\":nul}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":0x10}",
        "{\"a\":1.2.3}",
        "{\"a\":1e}",
        "{\"a\":1-2}",
        "{\"a\":--1}",
        "{\"a\":1a}",
        "{\"a\":undefined}",
        "{/**/}",
        "{\"a\":1}//",
        "{\"a\":#}",
        "{\"a\":\x80}",
        /* strings */
        "{\"",
        "{\"a",
        "{\"a\\",
        "{\"a\\\"",
        "{\"a\":\"}",
        "{\"a\":\"\\\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u123",
        "{\"a\":\"\\u1234",
        "{\"a\":\"\\u",
        "{\"errno\":\"0\\u 123\"}",
        "{\"a\":\"\\uD83D\\uDEG0\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"b\"c\"}",
        "{\"a\\x\":1}",
        "{\"a\":\"\\\n\"}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_texts); i++) {
        assert_refused(k_texts[i], strlen(k_texts[i]));
    }
}

static void test_json_control_character_anywhere_is_refused(void **state)
{
    static const char k_text[] = "{\"err\":\"ab\",\"errno\":0}";

    (void)state;
    for (size_t place = 0; place <= strlen(k_text); place++) {
        bool quoted =
            (place > 1 && place < 6) || (place > 7 && place < 11) || (place > 12 && place < 19);
        for (int c = 0; c < 0x20; c++) {
            char text[sizeof k_text];
            memcpy(text, k_text, place);
            text[place] = (char)c;
            memcpy(text + place + 1, k_text + place, strlen(k_text) - place);
            if (!quoted && c != 0 && strchr("\t\r\n", c) != NULL) {
                assert_int_equal(read_bytes(text, sizeof text), ONEOTA_OK);
            } else {
                assert_refused(text, sizeof text);
            }
        }
    }
}

static void test_json_64_kilobytes_are_refused(void **state)
{
    static char text[65536];

    (void)state;
    memset(text, 'a', sizeof text);
    assert_refused(text, sizeof text);
    memcpy(text, "{\"a\":\"", 6);
    memcpy(text + sizeof text - 2, "\"}", 2);
    assert_refused(text, sizeof text);
    memset(text, '{', sizeof text);
    assert_refused(text, sizeof text);
    memset(text, '\0', sizeof text);
    assert_refused(text, sizeof text);
}

static void test_json_bytes_up_to_the_limit_are_read(void **state)
{
    static char text[ONEOTA_JSON_BYTES + 1];

    (void)state;
    memset(text, ' ', sizeof text);
    memcpy(text, "{\"errno\":7}", 11);
    assert_int_equal(read_bytes(text, ONEOTA_JSON_BYTES), ONEOTA_OK);
    assert_int_equal(g_task.code, 7);
    assert_refused(text, ONEOTA_JSON_BYTES + 1);
}

/* {"a":{"a": ... {} ... }}, depth objects, or with arrays inside */
static size_t nest(char *text, size_t depth, const char *open, const char *close)
{
    size_t length = (size_t)sprintf(text, "{\"a\":");

    for (size_t i = 2; i < depth; i++) {
        length += (size_t)sprintf(text + length, "%s", open);
    }
    length += (size_t)sprintf(text + length, "{}");
    for (size_t i = 2; i < depth; i++) {
        length += (size_t)sprintf(text + length, "%s", close);
    }
    return length + (size_t)sprintf(text + length, "}");
}

static void test_json_nesting_up_to_the_limit_is_read(void **state)
{
    static char text[8192];

    (void)state;
    assert_int_equal(read_bytes(text, nest(text, ONEOTA_JSON_DEPTH, "{\"a\":", "}")), ONEOTA_OK);
    assert_int_equal(read_bytes(text, nest(text, ONEOTA_JSON_DEPTH, "[", "]")), ONEOTA_OK);
    assert_refused(text, nest(text, ONEOTA_JSON_DEPTH + 1, "{\"a\":", "}"));
    assert_refused(text, nest(text, ONEOTA_JSON_DEPTH + 1, "[", "]"));
    assert_refused(text, nest(text, 1000, "{\"a\":", "}"));
    assert_refused(text, nest(text, 1000, "[", "]"));
    assert_refused(text, 400);
}

/* An object with an array of so many zeros: two nodes more. */
static size_t list(char *text, size_t zeros, const char *zero)
{
    size_t length = (size_t)sprintf(text, "{\"a\":[");

    for (size_t i = 0; i < zeros; i++) {
        length += (size_t)sprintf(text + length, "%s%s", i == 0 ? "" : ",", zero);
    }
    return length + (size_t)sprintf(text + length, "]}");
}

static void test_json_nodes_up_to_the_limit_are_read(void **state)
{
    static const char *const k_zeros[] = {"0", "\"\"", "{}", "[]", "null"};
    static char text[8192];

    (void)state;
    for (size_t i = 0; i < COUNT(k_zeros); i++) {
        assert_int_equal(read_bytes(text, list(text, ONEOTA_JSON_NODES - 2, k_zeros[i])),
                         ONEOTA_OK);
        assert_refused(text, list(text, ONEOTA_JSON_NODES - 1, k_zeros[i]));
    }
}

static void test_json_number_of_more_than_63_characters_is_refused(void **state)
{
    char text[128];
    size_t length;

    (void)state;
    length = (size_t)sprintf(text, "{\"a\":%063d}", 1);
    assert_int_equal(read_bytes(text, length), ONEOTA_OK);
    length = (size_t)sprintf(text, "{\"a\":%064d}", 1);
    assert_refused(text, length);
}

/* ---------------------------------------------------------------- memory */

/* The least work in which a text can be read; every smaller one must say LIMIT. */
static size_t need_of(const char *text)
{
    for (size_t bytes = 0; bytes < 8192; bytes++) {
        oneota_error_t error =
            read_in(bytes, text, strlen(text), k_fields, FIELDS, &g_task, g_states);
        if (error == ONEOTA_OK) {
            return bytes;
        }
        assert_int_equal(error, ONEOTA_LIMIT);
    }
    fail();
    return 0;
}

static void test_json_work_one_byte_too_small_is_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_samples); i++) {
        size_t need = need_of(k_samples[i]);
        assert_true(need <= ONEOTA_JSON_WORK_BYTES);
        assert_int_equal(read_in(need - 1, k_samples[i], strlen(k_samples[i]), k_fields, FIELDS,
                                 &g_task, g_states),
                         ONEOTA_LIMIT);
        for (size_t n = 0; n < FIELDS; n++) {
            assert_int_equal(g_states[n], JSON_ABSENT);
        }
    }
}

/* A node for each value, a string and two bytes for each name and text without its escapes, and the
 * copy of a number if it is the last thing. */
static void test_json_need_is_exact(void **state)
{
    static const struct {
        const char *text;
        size_t nodes, bytes;
    } k_cases[] = {
        {"{}", 1, 0},
        {"{\"a\":\"bc\"}", 2, 3 + 4},
        {"{\"a\":\"\"}", 2, 3 + 2},
        {"{\"a\":null}", 2, 3 + 5},
        {"{\"a\":123}", 2, 3 + 4},
        {"{\"a\":12345,\"\":\"bcdefghi\"}", 3, 3 + 2 + 10},
        {"{\"a\":[]}", 2, 3},
        {"{\"a\":[{},[],\"\"]}", 5, 3 + 2},
        {"{\"\\n\\\"\":\"\\u4e2d\\\\\"}", 2, 4 + 8},
    };
    size_t node = need_of("{}");

    (void)state;
    assert_int_equal(node % sizeof(void *), 0);
    for (size_t i = 0; i < COUNT(k_cases); i++) {
        assert_int_equal(need_of(k_cases[i].text), k_cases[i].nodes * node + k_cases[i].bytes);
    }
}

/* Strings of every length, so also of one for which cJSON allocates as much as for a node; as a
 * value, as a name and in an array. No other value may move. */
static void test_json_string_of_any_length_moves_no_other_value(void **state)
{
    (void)state;
    for (size_t length = 0; length <= 100; length++) {
        char filler[101];
        char text[512];
        memset(filler, 'x', sizeof filler);
        filler[length] = '\0';
        (void)snprintf(text, sizeof text,
                       "{\"%s\":1,\"a\":\"%s\",\"errno\":2,\"b\":[\"%s\",9],\"data\":{\"size\":3,"
                       "\"%s\":4,\"type\":5}}",
                       filler, filler, filler, filler);
        assert_true(need_of(text) < ONEOTA_JSON_WORK_BYTES);
        assert_int_equal(g_task.code, 2);
        assert_int_equal(g_task.size, 3);
        assert_int_equal(g_task.type, 5);
    }
}

/* Numbers of every length: a copy of one may be as large as a node, too. */
static void test_json_number_of_any_length_moves_no_other_value(void **state)
{
    (void)state;
    for (int length = 1; length <= 63; length++) {
        char text[512];
        (void)snprintf(text, sizeof text,
                       "{\"a\":%0*d,\"errno\":2,\"b\":[%0*d,9],\"data\":{\"size\":3,\"type\":5}}",
                       length, 7, length, 8);
        (void)need_of(text);
        assert_int_equal(g_task.code, 2);
        assert_int_equal(g_task.size, 3);
        assert_int_equal(g_task.type, 5);
        (void)snprintf(text, sizeof text, "{\"a\":[%0*d]}", length, 7);
        (void)need_of(text);
    }
}

/* The scan leaves grammar to cJSON, which takes a node before it finds no value for it. */
static void test_json_bad_grammar_stays_within_the_least_work(void **state)
{
    static const char *const k_texts[] = {
        "{,}", "{\"a\":1,}", "{\"a\":[,1]}", "{\"a\":[1,]}", "{:}", "{{}}", "{\"a\":[{,},1]}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_texts); i++) {
        oneota_error_t error = ONEOTA_LIMIT;
        for (size_t bytes = 0; error == ONEOTA_LIMIT; bytes++) {
            error =
                read_in(bytes, k_texts[i], strlen(k_texts[i]), k_fields, FIELDS, &g_task, g_states);
        }
        assert_int_equal(error, ONEOTA_PEER);
    }
}

static void test_json_largest_text_of_most_nodes_fits_the_announced_work(void **state)
{
    char text[ONEOTA_JSON_BYTES + 1];
    size_t length = 1;
    size_t members = ONEOTA_JSON_NODES - 1;

    (void)state;
    text[0] = '{';
    for (size_t i = 0; i < members; i++) {
        length += (size_t)sprintf(text + length, "%s\"\":\"\"", i == 0 ? "" : ",");
    }
    memset(text + length - 1, 'x', ONEOTA_JSON_BYTES - length - 1);
    memcpy(text + ONEOTA_JSON_BYTES - 2, "\"}", 3);
    assert_int_equal(strlen(text), ONEOTA_JSON_BYTES);
    assert_true(need_of(text) <= ONEOTA_JSON_WORK_BYTES);
    assert_true(sizeof(void *) != 8 || need_of(text) <= 2560);
}

static void test_json_work_at_any_pointer_alignment_is_used(void **state)
{
    static union {
        void *alignment;
        uint8_t bytes[ONEOTA_JSON_WORK_BYTES + 32];
    } work;

    (void)state;
    for (size_t offset = 0; offset < 32; offset += sizeof(void *)) {
        assert_int_equal(json_read(k_south_task, strlen(k_south_task), work.bytes + offset,
                                   ONEOTA_JSON_WORK_BYTES, k_fields, FIELDS, &g_task, g_states),
                         ONEOTA_OK);
        assert_int_equal(g_task.size, 22);
    }
}

/* Every byte of every sample replaced by every other: read or refused, within the memory. */
static void test_json_any_byte_changed_stays_within_its_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_samples); i++) {
        char text[512];
        size_t length = strlen(k_samples[i]);
        memcpy(text, k_samples[i], length);
        for (size_t place = 0; place < length; place++) {
            for (int c = 0; c < 256; c++) {
                oneota_error_t error;
                text[place] = (char)c;
                error = read_bytes(text, length);
                assert_true(error == ONEOTA_OK || error == ONEOTA_PEER);
            }
            text[place] = k_samples[i][place];
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_south_task_gives_its_members),
        cmocka_unit_test(test_json_fuse_task_gives_its_members),
        cmocka_unit_test(test_json_blanks_anywhere_between_are_skipped),
        cmocka_unit_test(test_json_no_fields_is_a_check_of_the_text_alone),
        cmocka_unit_test(test_json_every_form_of_every_field_becomes_what_it_should),
        cmocka_unit_test(test_json_member_that_stands_twice_counts_the_first_time),
        cmocka_unit_test(test_json_name_of_another_case_or_place_is_absent),
        cmocka_unit_test(test_json_name_written_with_escapes_is_the_same_name),
        cmocka_unit_test(test_json_parent_that_is_no_object_holds_nothing),
        cmocka_unit_test(test_json_values_after_arrays_and_objects_keep_their_places),
        cmocka_unit_test(test_json_ignored_member_may_hold_any_bytes),
        cmocka_unit_test(test_json_printable_text_that_only_looks_like_a_zero_byte_is_good),
        cmocka_unit_test(test_json_integer_of_64_bits_is_exact_within_its_range),
        cmocka_unit_test(test_json_number_as_digits_keeps_every_one_within_the_length),
        cmocka_unit_test(test_json_truncated_at_every_byte_is_refused),
        cmocka_unit_test(test_json_other_than_one_object_is_refused),
        cmocka_unit_test(test_json_control_character_anywhere_is_refused),
        cmocka_unit_test(test_json_64_kilobytes_are_refused),
        cmocka_unit_test(test_json_bytes_up_to_the_limit_are_read),
        cmocka_unit_test(test_json_nesting_up_to_the_limit_is_read),
        cmocka_unit_test(test_json_nodes_up_to_the_limit_are_read),
        cmocka_unit_test(test_json_number_of_more_than_63_characters_is_refused),
        cmocka_unit_test(test_json_work_one_byte_too_small_is_limit),
        cmocka_unit_test(test_json_need_is_exact),
        cmocka_unit_test(test_json_string_of_any_length_moves_no_other_value),
        cmocka_unit_test(test_json_number_of_any_length_moves_no_other_value),
        cmocka_unit_test(test_json_bad_grammar_stays_within_the_least_work),
        cmocka_unit_test(test_json_largest_text_of_most_nodes_fits_the_announced_work),
        cmocka_unit_test(test_json_work_at_any_pointer_alignment_is_used),
        cmocka_unit_test(test_json_any_byte_changed_stays_within_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
