/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_calls.c: requests and answers, whatever the dialect; what south.c says is in test_south.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define KEY "RePqKaM9eCTjyUVl7/QP/kzyDLkfMwZYvcthTqT0qC0="
#define AUTHORIZATION                                                                   \
    "Authorization: version=2018-10-31&res=products%2F245528&et=7559008892&method=sha1" \
    "&sign=TPllhakDDnUV90epLnOqpj6aWqI%3D\r\n"

#define CHARS_16 "0123456789abcdef"
#define CHARS_64 CHARS_16 CHARS_16 CHARS_16 CHARS_16

static const oneota_identity_t k_identity = {.product = "245528", .device = "32981907", .key = KEY};

static const oneota_image_id_t k_image = {.type = ONEOTA_SOTA, .version = "1.2"};

static oneota_request_t request_for(uint8_t call)
{
    oneota_request_t request = {.call = call,
                                .identity = &k_identity,
                                .host = "ota.heclouds.com",
                                .et_s = 7559008892u,
                                .f_version = "4.0",
                                .s_version = "1.2",
                                .image = &k_image,
                                .handle = "ota_YbDB8ANDSmPEM78DkHDT",
                                .step = 50,
                                .last = 99};
    return request;
}

static const char *write_text(const oneota_dialect_t *dialect, const oneota_request_t *request)
{
    static char buffer[1024];
    size_t length = 0;

    memset(buffer, 0, sizeof buffer);
    assert_int_equal(oneota_request_write(dialect, request, buffer, sizeof buffer - 1, &length),
                     ONEOTA_OK);
    assert_int_equal(length, strlen(buffer));
    return buffer;
}

/* The request is refused, and nothing of it is left. */
static void assert_refused(const oneota_request_t *request)
{
    char buffer[1024];
    size_t length = 77;

    memset(buffer, 0xAA, sizeof buffer);
    assert_int_equal(oneota_request_write(&oneota_south, request, buffer, sizeof buffer, &length),
                     ONEOTA_PARAM);
    assert_int_equal(length, 0);
    for (size_t i = 0; i < sizeof buffer; i++) {
        assert_int_equal(buffer[i], 0);
    }
}

/* ---------------------------------------------------------------- requests */

static void test_request_unknown_call_is_refused(void **state)
{
    oneota_request_t request = request_for(ONEOTA_CALL_COUNT);

    (void)state;
    assert_refused(&request);
    request.call = 255;
    assert_refused(&request);
}

static void test_request_missing_member_is_refused(void **state)
{
    (void)state;
    for (uint8_t call = 0; call < ONEOTA_CALL_COUNT; call++) {
        oneota_request_t request = request_for(call);
        request.identity = NULL;
        assert_refused(&request);
        request = request_for(call);
        request.host = NULL;
        assert_refused(&request);
    }
    oneota_request_t request = request_for(ONEOTA_CALL_VERSION);
    request.f_version = request.s_version = NULL;
    assert_refused(&request);
    request = request_for(ONEOTA_CALL_CHECK);
    request.image = NULL;
    assert_refused(&request);
}

static void test_request_wrong_identity_is_refused(void **state)
{
    oneota_request_t request = request_for(ONEOTA_CALL_CHECK);
    oneota_identity_t identity = k_identity;

    (void)state;
    request.identity = &identity;
    identity.device = NULL;
    assert_refused(&request);
    identity.device = "";
    assert_refused(&request);
    identity.device = "7\r\n";
    assert_refused(&request);
    identity = k_identity;
    identity.product = NULL;
    assert_refused(&request);
    identity = k_identity;
    identity.key = "not base64!";
    assert_refused(&request);
}

static void test_request_wrong_image_is_refused(void **state)
{
    static const oneota_image_id_t k_wrong[] = {
        {.type = 0, .version = "1.2"},
        {.type = 3, .version = "1.2"},
        {.type = ONEOTA_SOTA, .version = NULL},
        {.type = ONEOTA_SOTA, .version = ""},
        {.type = ONEOTA_SOTA, .version = "1 2"},
        {.type = ONEOTA_SOTA, .version = "1&2"},
        {.type = ONEOTA_SOTA, .version = "123456789012345678901"},
        {.type = ONEOTA_SOTA, .version = "1.2", .manuf = ""},
        {.type = ONEOTA_SOTA, .version = "1.2", .model = "\n"},
    };
    oneota_request_t request = request_for(ONEOTA_CALL_CHECK);

    (void)state;
    for (size_t i = 0; i < COUNT(k_wrong); i++) {
        request.image = &k_wrong[i];
        assert_refused(&request);
    }
}

static void test_request_wrong_version_is_refused(void **state)
{
    static const char *const k_wrong[] = {
        "", " ", "1\"2", "1\\2", "1\r\n2", "\xE4\xB8\x80", "123456789012345678901"};

    (void)state;
    for (size_t i = 0; i < COUNT(k_wrong); i++) {
        oneota_request_t request = request_for(ONEOTA_CALL_VERSION);
        request.f_version = k_wrong[i];
        assert_refused(&request);
        request.s_version = NULL;
        assert_refused(&request);
        request = request_for(ONEOTA_CALL_VERSION);
        request.s_version = k_wrong[i];
        assert_refused(&request);
        request.f_version = NULL;
        assert_refused(&request);
    }
}

static void test_request_longest_versions_fit(void **state)
{
    oneota_request_t request = request_for(ONEOTA_CALL_VERSION);

    (void)state;
    request.f_version = "1234567890-234567890";
    request.s_version = "1234567890_234567.90";
    assert_non_null(strstr(write_text(&oneota_south, &request),
                           "Content-Length: 71\r\n\r\n{\"f_version\":\"1234567890-234567890\","
                           "\"s_version\":\"1234567890_234567.90\"}"));
}

/* A handle comes from the network: in a URL it could end the line, or name another resource. */
static void test_request_handle_that_injects_is_refused(void **state)
{
    static const uint8_t k_calls[] = {ONEOTA_CALL_TOKEN, ONEOTA_CALL_DOWNLOAD, ONEOTA_CALL_REPORT};
    static const char *const k_wrong[] = {
        NULL,  "",     "a\r\nX: y", "a\n",    "a b",       "a/b",   "..",         "a.b",
        "a?b", "a%2F", "a#b",       "a&dev=", "a\xC3\xA4", "a\x7F", CHARS_64 "0", "$d"};

    (void)state;
    for (size_t c = 0; c < COUNT(k_calls); c++) {
        oneota_request_t request = request_for(k_calls[c]);
        for (size_t i = 0; i < COUNT(k_wrong); i++) {
            request.handle = k_wrong[i];
            assert_refused(&request);
        }
        request.handle = CHARS_64;
        assert_non_null(strstr(write_text(&oneota_south, &request), "/" CHARS_64));
        request.handle = "A-_z09";
        assert_non_null(strstr(write_text(&oneota_south, &request), "/A-_z09"));
    }
}

static void test_request_host_that_injects_is_refused(void **state)
{
    static const char *const k_wrong[] = {"", "a b", "a\r\nX: y", "a\n", "a\t", "\x7F", "\xC3\xA4"};

    (void)state;
    for (size_t i = 0; i < COUNT(k_wrong); i++) {
        oneota_request_t request = request_for(ONEOTA_CALL_CHECK);
        request.host = k_wrong[i];
        assert_refused(&request);
    }
    for (size_t i = 1; i < COUNT(k_wrong); i++) {
        oneota_request_t request = request_for(ONEOTA_CALL_CHECK);
        request.prefix = k_wrong[i];
        assert_refused(&request);
    }
}

static void test_request_over_long_host_is_refused(void **state)
{
    char host[257];
    oneota_request_t request = request_for(ONEOTA_CALL_CHECK);

    (void)state;
    memset(host, 'h', 256);
    host[256] = '\0';
    request.host = host;
    assert_refused(&request);
    host[255] = '\0';
    assert_non_null(strstr(write_text(&oneota_south, &request), host));
}

static void test_request_prefix_goes_before_the_path(void **state)
{
    oneota_request_t request = request_for(ONEOTA_CALL_DOWNLOAD);

    (void)state;
    request.prefix = "/gate$d/v1";
    request.host = "[fd00::1]:8080";
    assert_string_equal(write_text(&oneota_south, &request),
                        "GET /gate$d/v1/ota/south/download/ota_YbDB8ANDSmPEM78DkHDT HTTP/1.1\r\n"
                        "Host: [fd00::1]:8080\r\n"
                        "Range: bytes=0-99\r\n\r\n");
    request.prefix = "";
    assert_memory_equal(write_text(&oneota_south, &request), "GET /ota/", 9);
}

static void test_request_values_in_the_path_are_encoded(void **state)
{
    static const oneota_image_id_t k_odd = {
        .type = ONEOTA_FOTA, .version = "1.2", .manuf = "a b", .model = "x&y=%"};
    oneota_request_t request = request_for(ONEOTA_CALL_CHECK);
    oneota_identity_t identity = k_identity;

    (void)state;
    identity.device = "7/..?#";
    request.identity = &identity;
    request.image = &k_odd;
    assert_memory_equal(
        write_text(&oneota_south, &request),
        "GET /ota/south/check?dev_id=7%2F..%3F%23&manuf=a%20b&model=x%26y%3D%25&type=1&version=1.2"
        "&cdn=false HTTP/1.1\r\n",
        110);
}

static void test_request_steps_that_no_document_names_are_refused(void **state)
{
    oneota_request_t request = request_for(ONEOTA_CALL_REPORT);
    char expected[40];

    (void)state;
    for (unsigned step = 0; step <= 255; step++) {
        request.step = (uint8_t)step;
        if ((step >= 1 && step <= 99) || (step >= 101 && step <= 107) ||
            (step >= 201 && step <= 208)) {
            (void)snprintf(expected, sizeof expected, "Content-Length: %u\r\n\r\n{\"step\":%u}",
                           step < 10    ? 10
                           : step < 100 ? 11
                                        : 12,
                           step);
            assert_non_null(strstr(write_text(&oneota_south, &request), expected));
        } else {
            assert_refused(&request);
        }
    }
}

static void test_request_range_forms_are_as_asked(void **state)
{
    oneota_request_t request = request_for(ONEOTA_CALL_DOWNLOAD);

    (void)state;
    request.first = 4294967294u;
    request.last = UINT32_MAX;
    assert_non_null(strstr(write_text(&oneota_south, &request),
                           "\r\nRange: bytes=4294967294-4294967295\r\n\r\n"));
    request.range_form = ONEOTA_RANGE_BARE;
    assert_non_null(
        strstr(write_text(&oneota_south, &request), "\r\nRange: 4294967294-4294967295\r\n\r\n"));
    request.range_form = ONEOTA_RANGE_NONE;
    assert_null(strstr(write_text(&oneota_south, &request), "Range"));
}

/* What stands in the buffer is not looked at again, but for its last line. */
static void test_request_again_writes_the_range_alone(void **state)
{
    static const char start[] = "GET /x HTTP/1.1\r\nHost: a:1\r\nRange:";
    static const char *const before[] = {" bytes=0-1", " 100000-4294967295"};
    static const char *const after[] = {" bytes=7-4294967295", " 7-4294967295"};
    oneota_request_t request = request_for(ONEOTA_CALL_DOWNLOAD);

    (void)state;
    request.again = true;
    request.first = 7;
    request.last = UINT32_MAX;
    for (uint8_t form = ONEOTA_RANGE_BYTES; form < ONEOTA_RANGE_NONE; form++) {
        char buffer[100], expected[100];
        size_t length = (size_t)sprintf(buffer, "%s%s\r\n\r\n", start, before[form]);
        const size_t size = (size_t)sprintf(expected, "%s%s\r\n\r\n", start, after[form]);
        request.range_form = form;
        assert_int_equal(
            oneota_request_write(&oneota_south, &request, buffer, sizeof buffer, &length),
            ONEOTA_OK);
        assert_int_equal(length, size);
        assert_memory_equal(buffer, expected, size);
    }
}

/* A buffer that does not hold such a request is not searched beyond its ends. */
static void test_request_again_without_a_range_to_rewrite_is_refused(void **state)
{
    static const char *const buffers[] = {"",
                                          ":",
                                          "Range:",
                                          "GET / HTTP/1.1\r\nHost: a:1\r\n\r\n",
                                          "no colon at all",
                                          "\r\nrange: 1-2\r\n\r\n"};
    oneota_request_t request = request_for(ONEOTA_CALL_DOWNLOAD);

    (void)state;
    request.again = true;
    request.first = 7;
    request.last = 9;
    for (size_t i = 0; i < COUNT(buffers); i++) {
        char buffer[100] = {0};
        size_t length = strlen(buffers[i]);
        memcpy(buffer, buffers[i], length);
        assert_int_equal(
            oneota_request_write(&oneota_south, &request, buffer, sizeof buffer, &length),
            ONEOTA_PARAM);
        assert_int_equal(length, 0);
    }
    char small[10] = "\r\nRange:";
    size_t beyond = sizeof small + 1u;
    assert_int_equal(oneota_request_write(&oneota_south, &request, small, sizeof small, &beyond),
                     ONEOTA_PARAM);
    char text[100] = "GET / HTTP/1.1\r\nRange: bytes=1-2\r\nHost: a:1\r\n\r\n";
    beyond = sizeof text + 1u;
    assert_int_equal(oneota_request_write(&oneota_south, &request, text, sizeof text, &beyond),
                     ONEOTA_PARAM);
    memset(text, '-', sizeof text);
    for (unsigned letters = 0; letters <= 1u;
         letters++) { /* no R at all, and one of another word */
        size_t length = sizeof text;
        text[90] = letters != 0 ? 'R' : '-';
        assert_int_equal(oneota_request_write(&oneota_south, &request, text, sizeof text, &length),
                         ONEOTA_PARAM);
    }
}

/* Only a download has a range to rewrite. */
static void test_request_again_that_is_no_download_is_written_whole(void **state)
{
    oneota_request_t request = request_for(ONEOTA_CALL_TOKEN);

    (void)state;
    char expected[1024];
    strcpy(expected, write_text(&oneota_south, &request));
    request.again = true;
    assert_string_equal(write_text(&oneota_south, &request), expected);
}

/* An Authorization is made anew. */
static void test_request_again_that_is_signed_is_written_whole(void **state)
{
    oneota_request_t request = request_for(ONEOTA_CALL_DOWNLOAD);

    (void)state;
    oneota_dialect_t signing = oneota_south;
    signing.signs_download = true;
    char expected[1024];
    strcpy(expected, write_text(&signing, &request));
    request.again = true;
    assert_string_equal(write_text(&signing, &request), expected);
}

static void test_request_wrong_range_is_refused(void **state)
{
    oneota_request_t request = request_for(ONEOTA_CALL_DOWNLOAD);

    (void)state;
    request.first = request.last = 7; /* one byte */
    assert_refused(&request);
    request.range_form = ONEOTA_RANGE_BARE;
    assert_refused(&request);
    request.last = 6;
    assert_refused(&request);
    request.last = 8;
    request.range_form = 3;
    assert_refused(&request);
    request.range_form = ONEOTA_RANGE_NONE;
    request.last = 0;
    (void)write_text(&oneota_south, &request);
}

static void test_request_buffer_too_small_is_wiped(void **state)
{
    (void)state;
    for (uint8_t call = 0; call < ONEOTA_CALL_COUNT; call++) {
        const oneota_request_t request = request_for(call);
        const size_t needed = strlen(write_text(&oneota_south, &request));
        for (size_t size = 0; size <= needed; size++) {
            char buffer[1024];
            size_t length = 77;
            memset(buffer, 0xAA, sizeof buffer);
            const oneota_error_t error =
                oneota_request_write(&oneota_south, &request, buffer, size, &length);
            assert_int_equal(error, size < needed ? ONEOTA_LIMIT : ONEOTA_OK);
            assert_int_equal(length, size < needed ? 0 : needed);
            for (size_t i = 0; i < size && size < needed; i++) {
                assert_int_equal(buffer[i], 0);
            }
            assert_int_equal((uint8_t)buffer[size], 0xAA);
        }
    }
}

static void test_request_wrong_member_and_small_buffer_is_a_wrong_member(void **state)
{
    oneota_request_t request = request_for(ONEOTA_CALL_REPORT);
    char buffer[4];
    size_t length;

    (void)state;
    request.step = 0;
    assert_int_equal(oneota_request_write(&oneota_south, &request, buffer, sizeof buffer, &length),
                     ONEOTA_PARAM);
}

/* ---------------------------------------------------------------- answers */

static oneota_answer_t answer_with(const oneota_dialect_t *dialect, uint8_t call,
                                   oneota_reply_t reply)
{
    static uint64_t work[(ONEOTA_JSON_WORK_BYTES + 7) / 8];
    oneota_answer_t answer;

    memset(&answer, 0xFF, sizeof answer); /* stale */
    oneota_answer_read(dialect, call, &reply, work, sizeof work, &answer);
    return answer;
}

static oneota_answer_t answer_to(uint8_t call, const char *body)
{
    const oneota_reply_t reply = {
        .status = 200, .body = body, .body_length = strlen(body), .ota_errno = -1};
    return answer_with(&oneota_south, call, reply);
}

static void assert_no_task(const oneota_answer_t *answer)
{
    static const oneota_task_t k_none;
    assert_memory_equal(&answer->task, &k_none, sizeof k_none);
}

static void assert_verdict(const oneota_answer_t *answer, int verdict, int reason, int32_t code)
{
    assert_int_equal(answer->verdict, verdict);
    assert_int_equal(answer->reason, reason);
    assert_int_equal(answer->code, code);
}

/* ---- the members of a task */

enum { TARGET, TOKEN, SIZE, MD5, SIGNAL, POWER, RETRY, INTERVAL, TYPE, ADDRESS, MEMBERS };

static const char *const k_names[MEMBERS] = {"target", "token", "size",     "md5",  "signal",
                                             "power",  "retry", "interval", "type", "ipPort"};

static const char *const k_good[MEMBERS] = {"\"V1.0.1\"", "\"ota_YbDB8ANDSmPEM78DkHDT\"",
                                            "22",         "\"ad2f4e4ea2a27eace7e4913139f8f01a\"",
                                            "10",         "50",
                                            "3",          "60",
                                            "1",          "\"172.19.3.3:8002\""};

/* A good answer, but for one member: other text for its value, or NULL to leave it out. */
static const char *body_with(size_t member, const char *value)
{
    static char body[1024];
    int at = snprintf(body, sizeof body, "{\"errno\":0,\"error\":\"succ\",\"data\":{\"x\":[]");

    for (size_t i = 0; i < MEMBERS; i++) {
        const char *text = i == member ? value : k_good[i];
        if (text != NULL) {
            at += snprintf(body + at, sizeof body - (size_t)at, ",\"%s\":%s", k_names[i], text);
        }
    }
    (void)snprintf(body + at, sizeof body - (size_t)at, "}}");
    return body;
}

/* What became of a member, as text. */
static const char *read_back(const oneota_answer_t *answer, size_t member)
{
    const oneota_task_t *task = &answer->task;
    static char text[80];
    const int64_t numbers[MEMBERS] = {
        [SIZE] = task->size,           [SIGNAL] = task->signal < 0 ? -1 : task->signal,
        [POWER] = task->power,         [RETRY] = task->retry,
        [INTERVAL] = task->interval_s, [TYPE] = task->type};

    switch (member) {
    case TARGET:
        return task->target;
    case TOKEN:
        return answer->handle;
    case ADDRESS:
        return answer->address;
    case MD5:
        for (size_t i = 0; i < 16; i++) {
            (void)snprintf(text + 2 * i, 3, "%02x", task->md5[i]);
        }
        return text;
    default:
        (void)snprintf(text, sizeof text, "%lld", (long long)numbers[member]);
        return text;
    }
}

static void assert_member(size_t member, const char *value, const char *expected)
{
    const oneota_answer_t answer = answer_to(ONEOTA_CALL_CHECK, body_with(member, value));

    if (strcmp(expected, "UNUSABLE") == 0) {
        if (answer.verdict != ONEOTA_VERDICT_UNUSABLE) {
            fail_msg("%s %s: verdict %d", k_names[member], value, answer.verdict);
        }
        assert_verdict(&answer, ONEOTA_VERDICT_UNUSABLE, ONEOTA_REASON_ANSWER, 0);
        assert_no_task(&answer);
        return;
    }
    if (answer.verdict != ONEOTA_VERDICT_OK || strcmp(read_back(&answer, member), expected) != 0) {
        fail_msg("%s %s: verdict %d, %s instead of %s", k_names[member], value, answer.verdict,
                 read_back(&answer, member), expected);
    }
    for (size_t i = 0; i < MEMBERS; i++) { /* and the others are as they were */
        char plain[80];
        (void)snprintf(plain, sizeof plain, "%s", k_good[i] + (k_good[i][0] == '"'));
        plain[strcspn(plain, "\"")] = '\0';
        if (i != member) {
            assert_string_equal(read_back(&answer, i), plain);
        }
    }
}

typedef struct {
    const char *value;
    const char *expected[MEMBERS];
} hostile_t;

#define U "UNUSABLE"
#define WRONG_TYPE                              \
    {                                           \
        U, U, U, U, "-1", "-1", "0", "0", U, "" \
    }

/* clang-format off */
static const hostile_t k_hostile[] = {
    /*              target  token  size   md5   signal power retry interval type ipPort */
    {NULL,         {U,      U,     U,     U,    "-1",  "-1", "0",  "0",     "1",  ""}},
    {"null",       {U,      U,     U,     U,    "-1",  "-1", "0",  "0",     "1",  ""}},
    {"true",       WRONG_TYPE},
    {"false",      WRONG_TYPE},
    {"[]",         WRONG_TYPE},
    {"[22]",       WRONG_TYPE},
    {"{}",         WRONG_TYPE},
    {"{\"a\":1}",  WRONG_TYPE},
    {"\"\"",       WRONG_TYPE},
    {"\" 22\"",    WRONG_TYPE},
    {"\"a/b\"",    WRONG_TYPE},
    {"\"a%20b\"",  WRONG_TYPE},
    {"\"a\\r\\nb\"", WRONG_TYPE},
    {"\"a\\u0000b\"", WRONG_TYPE},
    {"\"\\u4e00\"", WRONG_TYPE},
    {"22.5",       {U, U,     U,     U,    "-1",  "-1", "0",  "0",     U,    ""}},
    {"22.0",       {U, U,     U,     U,    "-1",  "-1", "0",  "0",     U,    ""}},
    {"1e1",        {U, U, U,     U,    "-1",  "-1", "0",  "0",     U,    ""}},
    {"1e400",      {U, U, U,  U,    "-1",  "-1", "0",  "0",     U,    ""}},
    {"-1",         {U, U,  U,     U,    "-1",  "-1", "0",  "0",     U,    ""}},
    {"-2147483649", {U, U, U, U, "-1", "-1", "0", "0", U, ""}},
    {"-9223372036854775809", {U, U, U, U, "-1", "-1", "0",
                              "0", U, ""}},
    {"\"22.5\"",   {"22.5", U,     U,     U,    "-1",  "-1", "0",  "0",     U,    ""}},
    {"\"-1\"",     {"-1",   "-1",  U,     U,    "-1",  "-1", "0",  "0",     U,    ""}},
    {"\"22\"",     {"22",   "22",  "22",  U,    "22",  "22", "22", "22",    U, ""}},
    {"\"\\u0032\\u0032\"", WRONG_TYPE}, /* no escape stands in any of these */
    {"22",         {U, U,  "22",  U,    "22",  "22", "22", "22",    U, ""}},
    {"0",          {U, U,   "0",   U,    "0",   "0",  "0",  "0",     U,  ""}},
    {"100",        {U, U, "100", U,    "100", "100", "100", "100", U, ""}},
    {"101",        {U, U, "101", U,    "101", "-1", "101", "101",  U, ""}},
    {"255",        {U, U, "255", U,    "255", "-1", "255", "255",  U, ""}},
    {"256",        {U, U, "256", U,    "256", "-1", "256", "256",  U,    ""}},
    {"2147483647", {U, U, "2147483647", U, "2147483647", "-1", "2147483647",
                    "2147483647", U, ""}},
    {"2147483648", {U, U, "2147483648", U, "-1", "-1", "2147483648",
                    "2147483648", U, ""}},
    {"4294967295", {U, U, "4294967295", U, "-1", "-1", "4294967295",
                    "4294967295", U, ""}},
    {"4294967296", {U, U, "4294967295", U, "-1", "-1", "4294967295",
                    "4294967295", U, ""}},
    {"9223372036854775807", {U, U, "4294967295", U, "-1",
                             "-1", "4294967295", "4294967295", U, ""}},
    {"9223372036854775808", {U, U, "4294967295", U, "-1",
                             "-1", "4294967295", "4294967295", U, ""}},
    {"36893488147419103232", {U, U, "4294967295", U, "-1",
                              "-1", "4294967295", "4294967295", U, ""}},
};
/* clang-format on */

static void test_answer_hostile_member_is_unusable_or_advice_not_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_hostile); i++) {
        for (size_t member = 0; member < MEMBERS; member++) {
            assert_member(member, k_hostile[i].value, k_hostile[i].expected[member]);
        }
    }
}

static void test_answer_lengths_at_their_limits(void **state)
{
    (void)state;
    assert_member(TARGET, "\"1\"", "1");
    assert_member(TARGET, "\"12345678901234567.-_\"", "12345678901234567.-_");
    assert_member(TARGET, "\"123456789012345678901\"", U);
    assert_member(TOKEN, "\"a\"", "a");
    assert_member(TOKEN, "\"" CHARS_64 "\"", CHARS_64);
    assert_member(TOKEN, "\"" CHARS_64 "0\"", U);
    assert_member(MD5, "\"AD2F4E4EA2A27EACE7E4913139F8F01A\"", "ad2f4e4ea2a27eace7e4913139f8f01a");
    assert_member(MD5, "\"ad2f4e4ea2a27eace7e4913139f8f01\"", U);
    assert_member(MD5, "\"ad2f4e4ea2a27eace7e4913139f8f01ab\"", U);
    assert_member(MD5, "\"ad2f4e4ea2a27eace7e4913139f8f01g\"", U);
    assert_member(TYPE, "2", "2");
}

static void test_answer_member_that_stands_twice_counts_first(void **state)
{
    (void)state;
    assert_member(SIZE, "22,\"size\":23", "22");
    assert_member(SIZE, "-1,\"size\":22", U);
    assert_member(TOKEN, "\"a\",\"token\":\"b\"", "a");
    assert_member(TYPE, "2,\"type\":1", "2");
}

static void test_answer_member_of_other_case_is_missing(void **state)
{
    (void)state;
    assert_member(SIZE, "null,\"Size\":22", U);
    assert_member(POWER, "null,\"POWER\":22", "-1");
}

static void test_answer_address_is_host_and_port_or_none(void **state)
{
    static const struct {
        const char *text, *expected;
    } k_addresses[] = {
        {"172.19.3.3", "172.19.3.3:80"},
        {"172.19.3.3:8002", "172.19.3.3:8002"},
        {"255.255.255.255", "255.255.255.255:80"},
        {"0.0.0.0:1", "0.0.0.0:1"},
        {"cdn.example.com:8002", "cdn.example.com:8002"},
        {"cdn1:65535", "cdn1:65535"},
        {"cdn_2.example.Zz:80", "cdn_2.example.Zz:80"},
        {"3com.example.Zz:80", ""}, /* to some, a number begins an address */
        {"cdn.example.com", ""},    /* which port? only an address has a default */
        {"", ""},
        {":", ""},
        {":80", ""},
        {".:80", ""},
        {"172.19.3.3:", ""},
        {"172.19.3.3:0", ""},
        {"172.19.3.3:65536", ""},
        {"172.19.3.3:80:80", ""},
        {"172.19.3.3:8o", ""},
        {"172.19.3.3:-1", ""},
        {"172.19.3:80", ""},
        {"172.19.3.3.3:80", ""},
        {"172.19.3.256:80", ""},
        {"172.19..3:80", ""},
        {"172.19.3.:80", ""},
        {"172.19.3.03", ""}, /* an octal number to some */
        {"0127.0.0.1:80", ""},
        {"127.1:80", ""}, /* the loop-back address to some */
        {"2130706433:80", ""},
        {"0x7f000001:80", ""},
        {"0x7f.0.0.0x1:80", ""},
        {"-x.cdn:80", ""},
        {"172.19.3.3x:80", ""},
        {"172.19.3.3-80", ""},
        {"[::1]:80", ""},
        {"[1]:80", ""},
        {"::1", ""},
        {"fd00::1", ""},
        {"cdn:", ""},
        {"cdn:0", ""},
        {"cdn:65536", ""},
        {"cdn:80:80", ""},
        {"cdn.example.com:80/x", ""},
        {"http://cdn:80", ""},
        {"user@cdn:80", ""},
        {"cdn .com:80", ""},
        {"a23456789.123456789.123456789.123456789.a234:80", /* 47 */
         "a23456789.123456789.123456789.123456789.a234:80"},
        {"a23456789.123456789.123456789.123456789.a2345:80", ""},
    };
    char quoted[80];

    (void)state;
    for (size_t i = 0; i < COUNT(k_addresses); i++) {
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", k_addresses[i].text);
        assert_member(ADDRESS, quoted, k_addresses[i].expected);
    }
}

static void test_answer_refused_address_leaves_nothing_behind(void **state)
{
    const oneota_answer_t answer =
        answer_to(ONEOTA_CALL_CHECK, body_with(ADDRESS, "\"999.1.1.1:8002\""));
    static const char k_none[ONEOTA_ADDRESS_MAX + 1];

    (void)state;
    assert_memory_equal(answer.address, k_none, sizeof k_none);
}

/* ---- the envelope */

static void test_answer_without_a_code_is_not_onenet(void **state)
{
    static const char *const k_bodies[] = {
        "",
        "{}",
        "[]",
        "22",
        "null",
        "\"errno\"",
        "<html><body>Please log in</body></html>",
        "{\"error\":\"succ\"}",
        "{\"Errno\":0}",
        "{\"code\":0,\"msg\":\"succ\"}",
        "{\"data\":{\"errno\":0}}",
        "[{\"errno\":0}]",
        "{\"errno\":null}",
        "{\"errno\":true}",
        "{\"errno\":{}}",
        "{\"errno\":\"\"}",
        "{\"errno\":\"zero\"}",
        "{\"errno\":0.5}",
        "{\"errno\":\"-\"}",
        "{\"errno\":\"--1\"}",
        "{\"errno\":-1.5}",
        "{\"errno\":1e1}",
        "{\"errno\":0}x",
        "\xEF\xBB\xBF{\"errno\":0}",
    };

    (void)state;
    for (uint8_t call = 0; call < ONEOTA_CALL_COUNT; call++) {
        for (size_t i = 0; i < COUNT(k_bodies); i++) {
            const oneota_answer_t answer = answer_to(call, k_bodies[i]);
            assert_verdict(&answer, ONEOTA_VERDICT_PEER, ONEOTA_REASON_PEER, 200);
            assert_no_task(&answer);
        }
    }
}

static void test_answer_cut_at_any_byte_is_not_onenet(void **state)
{
    const char *whole = body_with(MEMBERS, NULL);
    const size_t length = strlen(whole);

    (void)state;
    for (size_t cut = 0; cut <= length; cut++) {
        char body[512]; /* without a final zero */
        memcpy(body, whole, cut);
        const oneota_reply_t reply = {
            .status = 200, .body = body, .body_length = cut, .ota_errno = -1};
        const oneota_answer_t answer = answer_with(&oneota_south, ONEOTA_CALL_CHECK, reply);
        assert_int_equal(answer.verdict, cut < length ? ONEOTA_VERDICT_PEER : ONEOTA_VERDICT_OK);
    }
}

static void test_answer_beyond_the_limits_is_not_onenet(void **state)
{
    char body[ONEOTA_JSON_BYTES + 64];
    oneota_answer_t answer;

    (void)state;
    memset(body, ' ', sizeof body);
    memcpy(body, "{\"errno\":0}", 11);
    body[ONEOTA_JSON_BYTES] = '\0';
    answer = answer_to(ONEOTA_CALL_REPORT, body);
    assert_verdict(&answer, ONEOTA_VERDICT_OK, ONEOTA_REASON_NONE, 0);
    body[ONEOTA_JSON_BYTES] = ' ';
    body[ONEOTA_JSON_BYTES + 1] = '\0';
    answer = answer_to(ONEOTA_CALL_REPORT, body);
    assert_verdict(&answer, ONEOTA_VERDICT_PEER, ONEOTA_REASON_PEER, 200);
}

static void test_answer_without_work_memory_is_not_ok(void **state)
{
    const oneota_reply_t reply = {
        .status = 200, .body = "{\"errno\":0}", .body_length = 11, .ota_errno = -1};
    uint64_t work[1];
    oneota_answer_t answer;

    (void)state;
    oneota_answer_read(&oneota_south, ONEOTA_CALL_REPORT, &reply, work, sizeof work, &answer);
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_PEER);
}

static void test_answer_task_outside_data_is_unusable(void **state)
{
    static const char *const k_bodies[] = {
        "{\"errno\":0}",
        "{\"errno\":0,\"data\":null}",
        "{\"errno\":0,\"data\":[]}",
        "{\"errno\":0,\"data\":\"\"}",
        "{\"errno\":0,\"data\":{}}",
        "{\"errno\":0,\"target\":\"1\",\"token\":\"a\",\"size\":22,"
        "\"md5\":\"ad2f4e4ea2a27eace7e4913139f8f01a\"}",
        "{\"errno\":0,\"data\":{\"data\":{\"target\":\"1\",\"token\":\"a\",\"size\":22,"
        "\"md5\":\"ad2f4e4ea2a27eace7e4913139f8f01a\"}}}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_bodies); i++) {
        const oneota_answer_t answer = answer_to(ONEOTA_CALL_CHECK, k_bodies[i]);
        assert_verdict(&answer, ONEOTA_VERDICT_UNUSABLE, ONEOTA_REASON_ANSWER, 0);
        assert_no_task(&answer);
    }
}

static void test_answer_members_that_must_be_there_suffice(void **state)
{
    const oneota_answer_t answer = answer_to(
        ONEOTA_CALL_CHECK,
        "{\"data\":{\"md5\":\"ad2f4e4ea2a27eace7e4913139f8f01a\",\"size\":\"22\",\"token\":\"a\","
        "\"target\":\"1\"},\"errno\":\"0\"}");

    (void)state;
    assert_verdict(&answer, ONEOTA_VERDICT_OK, ONEOTA_REASON_NONE, 0);
    assert_string_equal(answer.address, "");
    assert_int_equal(answer.task.type, 1);
    assert_int_equal(answer.task.signal, -1);
    assert_int_equal(answer.task.power, -1);
    assert_int_equal(answer.task.retry, 0);
    assert_int_equal(answer.task.interval_s, 0);
}

static void test_answer_unknown_code_is_kept(void **state)
{
    static const struct {
        const char *text;
        int32_t code;
    } k_codes[] = {
        {"3", 3},
        {"-1", -1},
        {"-2147483647", -INT32_MAX},
        {"-2147483648", -INT32_MAX},
        {"-9223372036854775809", -INT32_MAX},
        {"\"65535\"", 65535},
        {"65537", 65537}, /* not 1 */
        {"2147483647", INT32_MAX},
        {"2147483648", INT32_MAX},
        {"4294967296", INT32_MAX}, /* not 0 */
        {"4294967297", INT32_MAX}, /* not 1 */
        {"9223372036854775807", INT32_MAX},
        {"18446744073709551616", INT32_MAX}, /* not 0 */
    };

    (void)state;
    for (uint8_t call = 0; call < ONEOTA_CALL_COUNT; call++) {
        for (size_t i = 0; i < COUNT(k_codes); i++) {
            char body[64];
            (void)snprintf(body, sizeof body, "{\"errno\":%s,\"error\":1}", k_codes[i].text);
            const oneota_answer_t answer = answer_to(call, body);
            assert_verdict(&answer, ONEOTA_VERDICT_LATER, ONEOTA_REASON_UNKNOWN, k_codes[i].code);
        }
    }
}

static void test_answer_code_beside_a_task_carries_no_task(void **state)
{
    char body[1024];

    (void)state;
    (void)snprintf(body, sizeof body, "%s", body_with(MEMBERS, NULL));
    body[9] = '7'; /* {"errno":0 */
    const oneota_answer_t answer = answer_to(ONEOTA_CALL_CHECK, body);
    assert_verdict(&answer, ONEOTA_VERDICT_LATER, ONEOTA_REASON_SERVER, 7);
    assert_no_task(&answer);
}

static void test_answer_unknown_code_of_a_report_with_invalid_state_is_wrong_state(void **state)
{
    oneota_answer_t answer =
        answer_to(ONEOTA_CALL_REPORT, "{\"errno\":99,\"error\":\"task: invalid state\"}");

    (void)state;
    assert_verdict(&answer, ONEOTA_VERDICT_WRONG_STATE, ONEOTA_REASON_OVER, 99);
    answer = answer_to(ONEOTA_CALL_REPORT, "{\"errno\":99,\"error\":\"invalid stat\"}");
    assert_verdict(&answer, ONEOTA_VERDICT_LATER, ONEOTA_REASON_UNKNOWN, 99);
    answer = answer_to(ONEOTA_CALL_REPORT, "{\"errno\":7,\"error\":\"invalid state\"}");
    assert_verdict(&answer, ONEOTA_VERDICT_LATER, ONEOTA_REASON_SERVER, 7);
    answer = answer_to(ONEOTA_CALL_REPORT, "{\"errno\":0,\"error\":\"invalid state\"}");
    assert_verdict(&answer, ONEOTA_VERDICT_OK, ONEOTA_REASON_NONE, 0);
    answer = answer_to(ONEOTA_CALL_CHECK, "{\"errno\":99,\"error\":\"invalid state\"}");
    assert_verdict(&answer, ONEOTA_VERDICT_LATER, ONEOTA_REASON_UNKNOWN, 99);
}

/* ---- HTTP */

static oneota_answer_t answer_status(uint8_t call, uint16_t status, const char *body)
{
    const oneota_reply_t reply = {.status = status,
                                  .body = body,
                                  .body_length = strlen(body),
                                  .retry_after_s = 120,
                                  .ota_errno = -1};
    return answer_with(&oneota_south, call, reply);
}

static void test_answer_without_json_is_judged_by_its_status(void **state)
{
    (void)state;
    for (uint8_t call = 0; call < ONEOTA_CALL_COUNT; call++) {
        for (unsigned status = 0; status <= 1000; status++) {
            const oneota_answer_t answer = answer_status(call, (uint16_t)status, "Not found\n");
            if (status == 401 || status == 403) {
                assert_verdict(&answer, ONEOTA_VERDICT_AUTH, ONEOTA_REASON_AUTH, (int32_t)status);
            } else if (status == 429 || (status >= 500 && status < 600)) {
                assert_verdict(&answer, ONEOTA_VERDICT_LATER, ONEOTA_REASON_SERVER,
                               (int32_t)status);
            } else {
                assert_verdict(&answer, ONEOTA_VERDICT_PEER, ONEOTA_REASON_PEER, (int32_t)status);
            }
            assert_int_equal(answer.retry_after_s, 120);
            assert_int_equal(answer.now_s, 0);
            assert_false(answer.announce);
            assert_no_task(&answer);
        }
    }
}

static void test_answer_with_json_wins_over_its_status(void **state)
{
    static const uint16_t k_statuses[] = {200, 201, 206, 299, 400, 401,
                                          403, 404, 429, 500, 503, 599};

    (void)state;
    for (size_t i = 0; i < COUNT(k_statuses); i++) {
        oneota_answer_t answer =
            answer_status(ONEOTA_CALL_CHECK, k_statuses[i], "{\"errno\":11,\"error\":\"none\"}");
        assert_verdict(&answer, ONEOTA_VERDICT_NO_TASK, ONEOTA_REASON_NONE, 11);
        assert_int_equal(answer.retry_after_s, 120);
        answer = answer_status(ONEOTA_CALL_REPORT, k_statuses[i], "{\"errno\":0}");
        assert_verdict(&answer, ONEOTA_VERDICT_OK, ONEOTA_REASON_NONE, 0);
    }
}

static void test_answer_redirect_is_not_onenet_whatever_it_carries(void **state)
{
    static const uint16_t k_statuses[] = {0, 100, 199, 300, 301, 302, 307, 399, 600, 65535};

    (void)state;
    for (size_t i = 0; i < COUNT(k_statuses); i++) {
        oneota_answer_t answer = answer_status(ONEOTA_CALL_CHECK, k_statuses[i], "{\"errno\":11}");
        assert_verdict(&answer, ONEOTA_VERDICT_PEER, ONEOTA_REASON_PEER, k_statuses[i]);
        answer = answer_status(ONEOTA_CALL_DOWNLOAD, k_statuses[i], "1");
        assert_verdict(&answer, ONEOTA_VERDICT_PEER, ONEOTA_REASON_PEER, k_statuses[i]);
    }
}

static void test_answer_to_an_unknown_call_is_not_ok(void **state)
{
    static const uint8_t k_calls[] = {ONEOTA_CALL_COUNT, 31, 32, 255};

    (void)state;
    for (size_t i = 0; i < COUNT(k_calls); i++) {
        const oneota_answer_t answer = answer_to(k_calls[i], "{\"errno\":0}");
        assert_int_equal(answer.verdict, ONEOTA_VERDICT_PEER);
    }
}

/* ---- downloads */

static void test_answer_download_code_is_one_digit_or_the_header(void **state)
{
    oneota_reply_t reply = {.status = 200, .body = "22", .body_length = 2, .ota_errno = -1};
    oneota_answer_t answer = answer_with(&oneota_south, ONEOTA_CALL_DOWNLOAD, reply);

    (void)state;
    assert_verdict(&answer, ONEOTA_VERDICT_PEER, ONEOTA_REASON_PEER, 200);
    reply.body_length = 1;
    answer = answer_with(&oneota_south, ONEOTA_CALL_DOWNLOAD, reply);
    assert_verdict(&answer, ONEOTA_VERDICT_PACKAGE, ONEOTA_REASON_PACKAGE, 2);
    reply.ota_errno = 3; /* says more than what may be a byte of the package */
    answer = answer_with(&oneota_south, ONEOTA_CALL_DOWNLOAD, reply);
    assert_verdict(&answer, ONEOTA_VERDICT_RECHECK, ONEOTA_REASON_PACKAGE, 3);
    reply.ota_errno = 0;
    answer = answer_with(&oneota_south, ONEOTA_CALL_DOWNLOAD, reply);
    assert_verdict(&answer, ONEOTA_VERDICT_PACKAGE, ONEOTA_REASON_PACKAGE, 2);
    reply.body = "/"; /* on either side of the digits */
    answer = answer_with(&oneota_south, ONEOTA_CALL_DOWNLOAD, reply);
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_PEER);
    reply.body = ":";
    answer = answer_with(&oneota_south, ONEOTA_CALL_DOWNLOAD, reply);
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_PEER);
}

static void test_answer_digit_to_a_control_call_is_not_onenet(void **state)
{
    const oneota_reply_t reply = {.status = 200, .body = "9", .body_length = 1, .ota_errno = 1};

    (void)state;
    for (uint8_t call = 0; call < ONEOTA_CALL_COUNT; call++) {
        const oneota_answer_t answer = answer_with(&oneota_south, call, reply);
        assert_int_equal(answer.verdict, call == ONEOTA_CALL_DOWNLOAD ? ONEOTA_VERDICT_PACKAGE
                                                                      : ONEOTA_VERDICT_PEER);
    }
}

static void test_answer_success_instead_of_bytes_is_unusable(void **state)
{
    const oneota_answer_t answer =
        answer_to(ONEOTA_CALL_DOWNLOAD, "{\"errno\":0,\"error\":\"succ\"}");

    (void)state;
    assert_verdict(&answer, ONEOTA_VERDICT_UNUSABLE, ONEOTA_REASON_ANSWER, 0);
}

/* ---------------------------------------------------------------- another dialect */

/* What differs from south in every respect that a dialect can differ in: device and product in the
 * root, a signed download, a number for a handle, states, other names, other codes. */
static const dialect_code_t k_codes[] = {
    CODES_ROW(12012, DIALECT_IN_CHECK, NO_TASK, NONE),
    CODES_ROW(12012, DIALECT_IN_TASK, OVER, OVER),
    CODES_ROW(10403, DIALECT_IN_CONTROL, AUTH, AUTH),
    CODES_ROW(6, DIALECT_IN_OTA_ERRNO, AUTH, AUTH),
    CODES_ROW(1, DIALECT_IN_STATE, OK, NONE),
    CODES_ROW(2, DIALECT_IN_STATE, OK, NONE),
    CODES_ROW(6, DIALECT_IN_STATE, CANCELLED, CANCELLED),
    CODES_UNKNOWN,
};

static const oneota_dialect_t k_other = {
    .root = "/fuse-ota/$p/$d/",
    .paths = {[ONEOTA_CALL_VERSION] = "version",
              [ONEOTA_CALL_CHECK] = "check?type=$t&version=$v",
              [ONEOTA_CALL_TOKEN] = "$h/check",
              [ONEOTA_CALL_DOWNLOAD] = "$h/download"},
    .names = {[DIALECT_CODE] = "code", [DIALECT_TEXT] = "msg", [DIALECT_HANDLE] = "tid"},
    .codes = k_codes,
    .id = 2,
    .signs_download = true,
    .handle_form = TEXT_TASK_ID,
    .announce_state = 1,
};

static oneota_answer_t other_answer(uint8_t call, const char *body)
{
    const oneota_reply_t reply = {
        .status = 200, .body = body, .body_length = strlen(body), .ota_errno = 0};
    return answer_with(&k_other, call, reply);
}

static void test_dialect_paths_take_product_and_device(void **state)
{
    oneota_request_t request = request_for(ONEOTA_CALL_CHECK);

    (void)state;
    assert_string_equal(write_text(&k_other, &request),
                        "GET /fuse-ota/245528/32981907/check?type=2&version=1.2 HTTP/1.1\r\n"
                        "Host: ota.heclouds.com\r\n"
                        "Content-Type: application/json\r\n" AUTHORIZATION "\r\n");
    request = request_for(ONEOTA_CALL_DOWNLOAD);
    request.handle = "1317438";
    assert_string_equal(write_text(&k_other, &request),
                        "GET /fuse-ota/245528/32981907/1317438/download HTTP/1.1\r\n"
                        "Host: ota.heclouds.com\r\n" AUTHORIZATION "Range: bytes=0-99\r\n\r\n");
}

static void test_dialect_without_a_path_refuses_the_call(void **state)
{
    const oneota_request_t request = request_for(ONEOTA_CALL_REPORT);
    char buffer[512];
    size_t length;

    (void)state;
    assert_int_equal(oneota_request_write(&k_other, &request, buffer, sizeof buffer, &length),
                     ONEOTA_PARAM);
}

static void test_dialect_handle_may_be_a_number(void **state)
{
    static const struct {
        const char *tid, *handle;
    } k_handles[] = {
        {"1317438", "1317438"},
        {"\"1317438\"", "1317438"},
        {"18446744073709551615", "18446744073709551615"},
        {"\"ota_1\"", NULL},
        {"-1", NULL},
        {"0", NULL},
        {"007", NULL},
        {"18446744073709551616", NULL},
        {"100000000000000000000", NULL}, /* 21 digits */
        {"1.5", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_handles); i++) {
        char body[256];
        (void)snprintf(body, sizeof body,
                       "{\"code\":0,\"msg\":\"succ\",\"data\":{\"target\":\"v3.0\",\"tid\":%s,"
                       "\"size\":8260,\"md5\":\"b54809186a2dd720e80265402e8cb168\",\"status\":1,"
                       "\"type\":1},\"request_id\":\"8b9b21aff5f84af7ad9595c368613e16\"}",
                       k_handles[i].tid);
        const oneota_answer_t answer = other_answer(ONEOTA_CALL_CHECK, body);
        if (k_handles[i].handle != NULL) {
            assert_verdict(&answer, ONEOTA_VERDICT_OK, ONEOTA_REASON_NONE, 0);
            assert_string_equal(answer.handle, k_handles[i].handle);
            assert_false(answer.announce);
        } else {
            assert_int_equal(answer.verdict, ONEOTA_VERDICT_UNUSABLE);
        }
    }
}

static void test_dialect_code_means_something_else_in_another_call(void **state)
{
    oneota_answer_t answer = other_answer(ONEOTA_CALL_CHECK, "{\"code\":12012,\"msg\":\"\"}");

    (void)state;
    assert_verdict(&answer, ONEOTA_VERDICT_NO_TASK, ONEOTA_REASON_NONE, 12012);
    answer = other_answer(ONEOTA_CALL_REPORT, "{\"code\":12012,\"msg\":\"\"}");
    assert_verdict(&answer, ONEOTA_VERDICT_OVER, ONEOTA_REASON_OVER, 12012);
    answer = other_answer(ONEOTA_CALL_DOWNLOAD, "{\"code\":12012,\"msg\":\"\"}");
    assert_verdict(&answer, ONEOTA_VERDICT_OVER, ONEOTA_REASON_OVER, 12012);
    answer = other_answer(ONEOTA_CALL_VERSION, "{\"code\":12012,\"msg\":\"\"}");
    assert_verdict(&answer, ONEOTA_VERDICT_LATER, ONEOTA_REASON_UNKNOWN, 12012);
    answer = other_answer(ONEOTA_CALL_CHECK, "{\"errno\":0}");
    assert_verdict(&answer, ONEOTA_VERDICT_PEER, ONEOTA_REASON_PEER, 200);
}

static void test_dialect_state_answers_the_token_call(void **state)
{
    static const struct {
        const char *data;
        uint8_t verdict, reason;
        int32_t code;
        bool announce;
    } k_states[] = {
        {"{\"status\":1}", ONEOTA_VERDICT_OK, ONEOTA_REASON_NONE, 1, true},
        {"{\"status\":\"1\"}", ONEOTA_VERDICT_OK, ONEOTA_REASON_NONE, 1, true},
        {"{\"status\":2}", ONEOTA_VERDICT_OK, ONEOTA_REASON_NONE, 2, false},
        {"{\"status\":6}", ONEOTA_VERDICT_CANCELLED, ONEOTA_REASON_CANCELLED, 6, false},
        {"{\"status\":9}", ONEOTA_VERDICT_LATER, ONEOTA_REASON_UNKNOWN, 9, false},
        {"{\"status\":0}", ONEOTA_VERDICT_LATER, ONEOTA_REASON_UNKNOWN, 0, false},
        {"{\"status\":4294967297}", ONEOTA_VERDICT_LATER, ONEOTA_REASON_UNKNOWN, -1, false},
        {"{\"status\":-1}", ONEOTA_VERDICT_UNUSABLE, ONEOTA_REASON_ANSWER, 0, false},
        {"{\"status\":[1]}", ONEOTA_VERDICT_UNUSABLE, ONEOTA_REASON_ANSWER, 0, false},
        {"{}", ONEOTA_VERDICT_UNUSABLE, ONEOTA_REASON_ANSWER, 0, false},
        {"null", ONEOTA_VERDICT_UNUSABLE, ONEOTA_REASON_ANSWER, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_states); i++) {
        char body[64];
        (void)snprintf(body, sizeof body, "{\"code\":0,\"data\":%s}", k_states[i].data);
        oneota_answer_t answer = other_answer(ONEOTA_CALL_TOKEN, body);
        assert_verdict(&answer, k_states[i].verdict, k_states[i].reason, k_states[i].code);
        assert_int_equal(answer.announce, k_states[i].announce);
        answer = other_answer(ONEOTA_CALL_REPORT, body); /* of no account there */
        assert_verdict(&answer, ONEOTA_VERDICT_OK, ONEOTA_REASON_NONE, 0);
    }
}

static void test_dialect_clock_in_the_text_is_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t now_s;
    } k_texts[] = {
        {"request has expired:expire=1537255523,now=1700000000", 1700000000u},
        {"now=1700000000 or so", 1700000000u},
        {"now=", 0},
        {"now=x", 0},
        {"now=-1", 0},
        {"now=4294967295", UINT32_MAX},
        {"now=4294967296", 0},
        {"now=18446744073709551616", 0},
        {"\\u006eow=12 \\u00e4", 12},
        {"now", 0},
        {"", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_texts); i++) {
        char body[128];
        (void)snprintf(body, sizeof body, "{\"code\":10403,\"msg\":\"%s\"}", k_texts[i].text);
        const oneota_answer_t answer = other_answer(ONEOTA_CALL_CHECK, body);
        assert_verdict(&answer, ONEOTA_VERDICT_AUTH, ONEOTA_REASON_AUTH, 10403);
        assert_true(answer.now_s == k_texts[i].now_s);
    }
}

static void test_dialect_download_header_has_its_own_codes(void **state)
{
    oneota_reply_t reply = {.status = 200, .body = NULL, .body_length = 0, .ota_errno = 6};
    oneota_answer_t answer = answer_with(&k_other, ONEOTA_CALL_DOWNLOAD, reply);

    (void)state;
    assert_verdict(&answer, ONEOTA_VERDICT_AUTH, ONEOTA_REASON_AUTH, 6);
    reply.ota_errno = INT32_MAX;
    answer = answer_with(&k_other, ONEOTA_CALL_DOWNLOAD, reply);
    assert_verdict(&answer, ONEOTA_VERDICT_LATER, ONEOTA_REASON_UNKNOWN, INT32_MAX);
    reply.ota_errno = 0;
    answer = answer_with(&k_other, ONEOTA_CALL_DOWNLOAD, reply);
    assert_verdict(&answer, ONEOTA_VERDICT_PEER, ONEOTA_REASON_PEER, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_unknown_call_is_refused),
        cmocka_unit_test(test_request_missing_member_is_refused),
        cmocka_unit_test(test_request_wrong_identity_is_refused),
        cmocka_unit_test(test_request_wrong_image_is_refused),
        cmocka_unit_test(test_request_wrong_version_is_refused),
        cmocka_unit_test(test_request_longest_versions_fit),
        cmocka_unit_test(test_request_handle_that_injects_is_refused),
        cmocka_unit_test(test_request_host_that_injects_is_refused),
        cmocka_unit_test(test_request_over_long_host_is_refused),
        cmocka_unit_test(test_request_prefix_goes_before_the_path),
        cmocka_unit_test(test_request_values_in_the_path_are_encoded),
        cmocka_unit_test(test_request_steps_that_no_document_names_are_refused),
        cmocka_unit_test(test_request_range_forms_are_as_asked),
        cmocka_unit_test(test_request_again_writes_the_range_alone),
        cmocka_unit_test(test_request_again_without_a_range_to_rewrite_is_refused),
        cmocka_unit_test(test_request_again_that_is_no_download_is_written_whole),
        cmocka_unit_test(test_request_again_that_is_signed_is_written_whole),
        cmocka_unit_test(test_request_wrong_range_is_refused),
        cmocka_unit_test(test_request_buffer_too_small_is_wiped),
        cmocka_unit_test(test_request_wrong_member_and_small_buffer_is_a_wrong_member),
        cmocka_unit_test(test_answer_hostile_member_is_unusable_or_advice_not_given),
        cmocka_unit_test(test_answer_lengths_at_their_limits),
        cmocka_unit_test(test_answer_member_that_stands_twice_counts_first),
        cmocka_unit_test(test_answer_member_of_other_case_is_missing),
        cmocka_unit_test(test_answer_address_is_host_and_port_or_none),
        cmocka_unit_test(test_answer_refused_address_leaves_nothing_behind),
        cmocka_unit_test(test_answer_without_a_code_is_not_onenet),
        cmocka_unit_test(test_answer_cut_at_any_byte_is_not_onenet),
        cmocka_unit_test(test_answer_beyond_the_limits_is_not_onenet),
        cmocka_unit_test(test_answer_without_work_memory_is_not_ok),
        cmocka_unit_test(test_answer_task_outside_data_is_unusable),
        cmocka_unit_test(test_answer_members_that_must_be_there_suffice),
        cmocka_unit_test(test_answer_unknown_code_is_kept),
        cmocka_unit_test(test_answer_code_beside_a_task_carries_no_task),
        cmocka_unit_test(test_answer_unknown_code_of_a_report_with_invalid_state_is_wrong_state),
        cmocka_unit_test(test_answer_without_json_is_judged_by_its_status),
        cmocka_unit_test(test_answer_with_json_wins_over_its_status),
        cmocka_unit_test(test_answer_redirect_is_not_onenet_whatever_it_carries),
        cmocka_unit_test(test_answer_to_an_unknown_call_is_not_ok),
        cmocka_unit_test(test_answer_download_code_is_one_digit_or_the_header),
        cmocka_unit_test(test_answer_digit_to_a_control_call_is_not_onenet),
        cmocka_unit_test(test_answer_success_instead_of_bytes_is_unusable),
        cmocka_unit_test(test_dialect_paths_take_product_and_device),
        cmocka_unit_test(test_dialect_without_a_path_refuses_the_call),
        cmocka_unit_test(test_dialect_handle_may_be_a_number),
        cmocka_unit_test(test_dialect_code_means_something_else_in_another_call),
        cmocka_unit_test(test_dialect_state_answers_the_token_call),
        cmocka_unit_test(test_dialect_clock_in_the_text_is_read),
        cmocka_unit_test(test_dialect_download_header_has_its_own_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
