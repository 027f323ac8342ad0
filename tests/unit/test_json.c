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

typedef struct {
    const char *parent; /* NULL: top */
    const char *name;
} field_t;

typedef struct {
    json_kind_t kind;
    char text[128], string[128]; /* of a JSON_TEXT */
} member_t;

static const field_t k_fields[] = {
    {NULL, "errno"}, {"data", "target"},   {"data", "token"},  {"data", "size"},
    {"data", "md5"}, {"data", "interval"}, {"data", "ipPort"}, {"data", "type"},
};

enum { CODE, TARGET, TOKEN, SIZE, MD5, INTERVAL, ADDRESS, TYPE, FIELDS };

static member_t g_members[FIELDS];

static void keep(member_t *member, const json_value_t *value)
{
    memset(member->text, 0, sizeof member->text);
    memset(member->string, 0, sizeof member->string);
    if (member->kind == JSON_TEXT) {
        assert_true(value->length < sizeof member->text);
        assert_true(strlen(value->string) < sizeof member->string);
        memcpy(member->text, value->text, value->length);
        strcpy(member->string, value->string);
    }
}

static void find(const json_value_t *root, const field_t *field, member_t *member)
{
    json_value_t object = *root;
    json_value_t value;

    if (field->parent != NULL) {
        (void)oneota_json_find(root, field->parent, &object);
    }
    member->kind = oneota_json_find(&object, field->name, &value);
    keep(member, &value);
}

/* Reads a copy of the text that ends with its memory, in work between guards. */
static bool read_in(size_t work_bytes, const char *text, size_t length, const field_t *fields,
                    size_t count, member_t *members)
{
    static union {
        void *alignment;
        uint8_t bytes[GUARD_BYTES + 8192 + GUARD_BYTES];
    } memory;
    uint8_t *work = memory.bytes + GUARD_BYTES;
    char *copy = malloc(length > 0 ? length : 1);
    json_value_t root;
    bool good;

    assert_non_null(copy);
    assert_true(work_bytes <= 8192);
    memcpy(copy, text, length);
    memset(memory.bytes, GUARD, sizeof memory.bytes);
    good = oneota_json_parse(copy, length, work, work_bytes, &root);
    for (size_t i = 0; good && i < count; i++) {
        find(&root, &fields[i], &members[i]);
    }
    assert_memory_equal(copy, text, length);
    for (size_t i = 0; i < GUARD_BYTES; i++) {
        assert_int_equal(memory.bytes[i], GUARD);
        assert_int_equal(work[work_bytes + i], GUARD);
    }
    free(copy);
    return good;
}

static bool read_bytes(const char *text, size_t length)
{
    memset(g_members, GUARD, sizeof g_members);
    return read_in(ONEOTA_JSON_WORK_BYTES, text, length, k_fields, FIELDS, g_members);
}

static void read_task(const char *text)
{
    if (!read_bytes(text, strlen(text))) {
        fail_msg("refused: %s", text);
    }
}

static void assert_refused(const char *text, size_t length)
{
    if (read_bytes(text, length)) {
        fail_msg("not refused: %.*s", (int)length, text);
    }
}

static void assert_text(size_t field, const char *text)
{
    assert_int_equal(g_members[field].kind, JSON_TEXT);
    assert_string_equal(g_members[field].text, text);
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
    read_task(k_south_task);
    assert_text(CODE, "0");
    assert_text(TARGET, "V1.0.1");
    assert_text(TOKEN, "ota_YbDB8ANDSmPEM78DkHDT");
    assert_text(SIZE, "22");
    assert_text(MD5, "ad2f4e4ea2a27eace7e4913139f8f01a");
    assert_text(INTERVAL, "0");
    assert_text(TYPE, "1");
    assert_int_equal(g_members[ADDRESS].kind, JSON_NONE);
}

static void test_json_fuse_task_gives_its_members(void **state)
{
    static const field_t k_fuse[] = {{NULL, "code"},     {NULL, "msg"},       {"data", "target"},
                                     {"data", "tid"},    {"data", "size"},    {"data", "md5"},
                                     {"data", "status"}, {NULL, "request_id"}};
    static const char *const k_texts[] = {"0",    "succ",
                                          "v3.0", "1317438",
                                          "8260", "b54809186a2dd720e80265402e8cb168",
                                          "1",    "8b9b21aff5f84af7ad9595c368613e16"};
    member_t members[COUNT(k_fuse)];

    (void)state;
    assert_true(read_in(ONEOTA_JSON_WORK_BYTES, k_fuse_task, strlen(k_fuse_task), k_fuse,
                        COUNT(k_fuse), members));
    for (size_t i = 0; i < COUNT(k_fuse); i++) {
        assert_int_equal(members[i].kind, JSON_TEXT);
        assert_string_equal(members[i].text, k_texts[i]);
    }
}

static void test_json_blanks_anywhere_between_are_skipped(void **state)
{
    (void)state;
    read_task(" \t\r\n{ \"errno\" :\t7 ,\r\n\"data\" : { \"size\"\n:\n22 } } \r\n");
    assert_text(CODE, "7");
    assert_text(SIZE, "22");
}

/* ---------------------------------------------------------------- every form of every field */

typedef struct {
    const char *form; /* NULL: no such member */
    json_kind_t kind;
    const char *text;   /* of a JSON_TEXT as it stands; NULL: the form without its quotes */
    const char *string; /* without its escapes; NULL: as text */
} form_t;

#define NUMBER(digits)                \
    {                                 \
        digits, JSON_TEXT, digits, "" \
    }
#define STRING(text)                          \
    {                                         \
        "\"" text "\"", JSON_TEXT, NULL, NULL \
    }
#define ESCAPED(text, string)                   \
    {                                           \
        "\"" text "\"", JSON_TEXT, NULL, string \
    }
#define NONE(form)                  \
    {                               \
        form, JSON_NONE, NULL, NULL \
    }
#define OTHER(form)                  \
    {                                \
        form, JSON_OTHER, NULL, NULL \
    }

static const form_t k_forms[] = {
    NONE(NULL),
    NONE("null"),
    /* of another type */
    OTHER("true"),
    OTHER("false"),
    OTHER("{}"),
    OTHER("{\"size\":1,\"a\":\"b\"}"),
    OTHER("[]"),
    OTHER("[22,\"22\"]"),
    /* numbers: every digit */
    NUMBER("22"),
    NUMBER("0"),
    NUMBER("-0"),
    NUMBER("-1"),
    NUMBER("1.5"),
    NUMBER("1.0"),
    NUMBER("1e2"),
    NUMBER("1E+2"),
    NUMBER("1e999"),
    NUMBER("-9223372036854775808"),
    NUMBER("9007199254740993"),
    NUMBER("18446744073709551615"),
    NUMBER("18446744073709551616"),
    NUMBER("111111111111111111111111111111111111111111111111111111111111111"),
    /* strings */
    STRING(""),
    STRING("a"),
    STRING("22"),
    STRING("-1"),
    STRING(" 1"),
    STRING("null"),
    STRING("172.19.3.3:8002"),
    STRING("a, b}]: {["),
    STRING("\x7f"),
    STRING("\xe6\x88\x90"),
    STRING("\xb3\xc9"),
    ESCAPED("\\u0056\\u0031", "V1"),
    ESCAPED("a\\r\\nb", "a\r\nb"),
    ESCAPED("a\\\"b", "a\"b"),
    ESCAPED("a\\\\", "a\\"),
    ESCAPED("\\\"}", "\"}"),
    ESCAPED("\\\\u0000", "\\u0000"),
    ESCAPED("\\ud83d\\ude00", "\xf0\x9f\x98\x80"),
    /* a zero byte ends the string, not the text */
    ESCAPED("22\\u0000", "22"),
    ESCAPED("\\u000022", ""),
};

/* A task in which one member has another form. */
static const char *with_form(size_t field, const char *form)
{
    static const char *const k_good[FIELDS] = {"0",        "\"V1\"", "\"ota_1\"",       "22",
                                               "\"ad2f\"", "30",     "\"10.0.0.1:80\"", "1"};
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

static void assert_field(size_t field, const form_t *form)
{
    char expected[128] = "";

    if (g_members[field].kind != form->kind) {
        fail_msg("%s: %s became %d", k_fields[field].name, form->form, (int)g_members[field].kind);
    }
    if (form->kind != JSON_TEXT) {
        return;
    }
    if (form->text != NULL) {
        strcpy(expected, form->text);
    } else {
        memcpy(expected, form->form + 1, strlen(form->form) - 2);
    }
    assert_string_equal(g_members[field].text, expected);
    assert_string_equal(g_members[field].string, form->string != NULL ? form->string : expected);
}

static void test_json_every_form_of_every_field_becomes_what_it_should(void **state)
{
    (void)state;
    for (size_t field = 0; field < FIELDS; field++) {
        for (size_t i = 0; i < COUNT(k_forms); i++) {
            read_task(with_form(field, k_forms[i].form));
            assert_field(field, &k_forms[i]);
            for (size_t other = 0; other < FIELDS; other++) {
                assert_true(other == field || g_members[other].kind == JSON_TEXT);
            }
        }
    }
}

static void test_json_member_that_stands_twice_counts_the_first_time(void **state)
{
    (void)state;
    read_task("{\"errno\":1,\"errno\":2,\"data\":{\"size\":\"x\",\"size\":3},"
              "\"data\":{\"size\":4,\"type\":5}}");
    assert_text(CODE, "1");
    assert_text(SIZE, "x");
    assert_int_equal(g_members[TYPE].kind, JSON_NONE);
    read_task("{\"errno\":null,\"errno\":2}");
    assert_int_equal(g_members[CODE].kind, JSON_NONE);
}

static void test_json_name_of_another_case_or_place_is_absent(void **state)
{
    (void)state;
    read_task("{\"Errno\":1,\"ERRNO\":2,\"errno \":3,\"errn\":4,\"size\":5,"
              "\"data\":{\"errno\":6,\"SIZE\":7,\"x\":{\"size\":8}},"
              "\"Data\":{\"size\":9}}");
    assert_int_equal(g_members[CODE].kind, JSON_NONE);
    assert_int_equal(g_members[SIZE].kind, JSON_NONE);
}

static void test_json_name_written_with_escapes_is_the_same_name(void **state)
{
    (void)state;
    read_task("{\"err\\u006eo\":7}");
    assert_text(CODE, "7");
}

/* The names of the members and the colons within strings are no members. */
static void test_json_strings_that_look_like_members_are_none(void **state)
{
    (void)state;
    read_task("{\"a\":\"errno\",\"b\":\"\\\"errno\\\":1,\",\"c\":\"{\\\\\",\"errno\":2,"
              "\"data\":{\"x\":\"size\",\"y\":\":\",\"size\":3}}");
    assert_text(CODE, "2");
    assert_text(SIZE, "3");
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
        read_task(text);
        assert_text(CODE, "0");
        assert_int_equal(g_members[SIZE].kind, JSON_NONE);
        assert_int_equal(g_members[TOKEN].kind, JSON_NONE);
    }
}

/* Each value is read from its own place, whatever stands between. */
static void test_json_values_after_arrays_and_objects_keep_their_places(void **state)
{
    (void)state;
    read_task("{\"x\":[1,[],[2,\"}\"],{},{\"errno\":3,\"y\":[4]},null],"
              "\"errno\":5,\"data\":{\"z\":{\"size\":6},\"size\":7,\"type\":8}}");
    assert_text(CODE, "5");
    assert_text(SIZE, "7");
    assert_text(TYPE, "8");
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
        read_task(text);
        assert_text(CODE, "7");
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
        read_task(k_samples[i]);
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
        "{\"a\":\"\\u123",
        "{\"a\":\"\\u1234",
        "{\"a\":\"\\u",
        "{\"a\":\"\\uD83D\\uDEG0\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"b\"c\"}",
        "{\"a\\x\":1}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_texts); i++) {
        assert_refused(k_texts[i], strlen(k_texts[i]));
    }
}

/* cJSON takes one for a blank, or as it is in a string: what stands elsewhere must not change. */
static void test_json_control_character_anywhere_moves_no_other_value(void **state)
{
    static const char k_text[] = "{\"err\":\"ab\",\"errno\":0}";

    (void)state;
    for (size_t place = 0; place <= strlen(k_text); place++) {
        for (int c = 0; c < 0x20; c++) {
            char text[sizeof k_text];
            memcpy(text, k_text, place);
            text[place] = (char)c;
            memcpy(text + place + 1, k_text + place, strlen(k_text) - place);
            if (read_bytes(text, sizeof text) && g_members[CODE].kind == JSON_TEXT) {
                assert_int_equal(g_members[CODE].text[0], '0');
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
    assert_true(read_bytes(text, ONEOTA_JSON_BYTES));
    assert_text(CODE, "7");
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
    assert_true(read_bytes(text, nest(text, ONEOTA_JSON_DEPTH, "{\"a\":", "}")));
    assert_true(read_bytes(text, nest(text, ONEOTA_JSON_DEPTH, "[", "]")));
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

/* An empty object or array may be taken for two nodes. */
static void test_json_nodes_up_to_the_limit_are_read(void **state)
{
    static const char *const k_zeros[] = {"0", "\"\"", "null", "{}", "[]"};
    static char text[8192];

    (void)state;
    for (size_t i = 0; i < COUNT(k_zeros); i++) {
        const size_t most = i < 3 ? ONEOTA_JSON_NODES - 2 : (ONEOTA_JSON_NODES - 2) / 2;
        assert_true(read_bytes(text, list(text, most, k_zeros[i])));
        assert_refused(text, list(text, most + 1, k_zeros[i]));
    }
}

/* ---------------------------------------------------------------- memory */

/* The least work in which a text can be read; every smaller one is refused. */
static size_t need_of(const char *text)
{
    for (size_t bytes = 0; bytes < 8192; bytes++) {
        if (read_in(bytes, text, strlen(text), k_fields, FIELDS, g_members)) {
            return bytes;
        }
    }
    fail();
    return 0;
}

static void test_json_any_less_work_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_samples); i++) {
        size_t need = need_of(k_samples[i]);
        assert_true(need > 0 && need <= ONEOTA_JSON_WORK_BYTES);
        assert_true(
            read_in(need + 1, k_samples[i], strlen(k_samples[i]), k_fields, FIELDS, g_members));
    }
}

/* A node for each value, a string and two bytes for each name and text without its escapes. */
static void test_json_need_is_exact(void **state)
{
    static const struct {
        const char *text;
        size_t nodes, bytes;
    } k_cases[] = {
        {"{}", 1, 0},
        {"{\"a\":\"bc\"}", 2, 3 + 4},
        {"{\"a\":\"\"}", 2, 3 + 2},
        {"{\"a\":true}", 2, 3},
        {"{\"a\":false,\"\":\"bcdefghi\"}", 3, 3 + 2 + 10},
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
        assert_text(CODE, "2");
        assert_text(SIZE, "3");
        assert_text(TYPE, "5");
    }
}

/* Numbers of every length: some versions of cJSON make a copy of one, as large as a node, too. */
static void test_json_number_of_any_length_moves_no_other_value(void **state)
{
    (void)state;
    for (int length = 1; length <= 63; length++) {
        char text[512];
        (void)snprintf(text, sizeof text,
                       "{\"a\":%0*d,\"errno\":2,\"b\":[%0*d,9],\"data\":{\"size\":3,\"type\":5}}",
                       length, 7, length, 8);
        read_task(text);
        assert_text(CODE, "2");
        assert_text(SIZE, "3");
        assert_text(TYPE, "5");
    }
}

static void test_json_bad_grammar_is_refused_in_any_work(void **state)
{
    static const char *const k_texts[] = {
        "{,}", "{\"a\":1,}", "{\"a\":[,1]}", "{\"a\":[1,]}", "{:}", "{{}}", "{\"a\":[{,},1]}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_texts); i++) {
        for (size_t bytes = 0; bytes < 600; bytes++) {
            assert_false(
                read_in(bytes, k_texts[i], strlen(k_texts[i]), k_fields, FIELDS, g_members));
        }
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

static void test_json_work_at_any_alignment_is_used(void **state)
{
    static uint8_t work[ONEOTA_JSON_WORK_BYTES + 32];
    json_value_t root, value;

    (void)state;
    for (size_t offset = 0; offset < 32; offset++) {
        assert_true(oneota_json_parse(k_south_task, strlen(k_south_task), work + offset,
                               ONEOTA_JSON_WORK_BYTES, &root));
        assert_int_equal((uintptr_t)root.node % sizeof(void *), 0);
        assert_true((const uint8_t *)root.node >= work + offset);
        assert_int_equal(oneota_json_find(&root, "errno", &value), JSON_TEXT);
        assert_int_equal(*value.text, '0');
    }
}

static void test_json_text_that_was_refused_leaves_the_next_one_alone(void **state)
{
    (void)state;
    assert_refused("{\"errno\":1", 10);
    assert_refused("{\"errno\":,}", 11);
    read_task("{\"errno\":2}");
    assert_text(CODE, "2");
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
                text[place] = (char)c;
                (void)read_bytes(text, length);
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
        cmocka_unit_test(test_json_every_form_of_every_field_becomes_what_it_should),
        cmocka_unit_test(test_json_member_that_stands_twice_counts_the_first_time),
        cmocka_unit_test(test_json_name_of_another_case_or_place_is_absent),
        cmocka_unit_test(test_json_name_written_with_escapes_is_the_same_name),
        cmocka_unit_test(test_json_strings_that_look_like_members_are_none),
        cmocka_unit_test(test_json_parent_that_is_no_object_holds_nothing),
        cmocka_unit_test(test_json_values_after_arrays_and_objects_keep_their_places),
        cmocka_unit_test(test_json_ignored_member_may_hold_any_bytes),
        cmocka_unit_test(test_json_truncated_at_every_byte_is_refused),
        cmocka_unit_test(test_json_other_than_one_object_is_refused),
        cmocka_unit_test(test_json_control_character_anywhere_moves_no_other_value),
        cmocka_unit_test(test_json_64_kilobytes_are_refused),
        cmocka_unit_test(test_json_bytes_up_to_the_limit_are_read),
        cmocka_unit_test(test_json_nesting_up_to_the_limit_is_read),
        cmocka_unit_test(test_json_nodes_up_to_the_limit_are_read),
        cmocka_unit_test(test_json_any_less_work_is_refused),
        cmocka_unit_test(test_json_need_is_exact),
        cmocka_unit_test(test_json_string_of_any_length_moves_no_other_value),
        cmocka_unit_test(test_json_number_of_any_length_moves_no_other_value),
        cmocka_unit_test(test_json_bad_grammar_is_refused_in_any_work),
        cmocka_unit_test(test_json_largest_text_of_most_nodes_fits_the_announced_work),
        cmocka_unit_test(test_json_work_at_any_alignment_is_used),
        cmocka_unit_test(test_json_text_that_was_refused_leaves_the_next_one_alone),
        cmocka_unit_test(test_json_any_byte_changed_stays_within_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
