/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_http.c: answers as captured, as permitted, as malformed, cut off, and at the limits.
 */
#include "http_reader.h"

#define CHUNKED      OK "Transfer-Encoding: chunked\r\n\r\n"
#define LINE_BYTES   ((size_t)ONEOTA_LINE_BYTES)
#define HEADER_BYTES ((size_t)ONEOTA_HEADER_BYTES)

/* ---------------------------------------------------------------- as captured */

static const char k_check_task[] =
    "HTTP/1.1 200 \r\n"
    "Server: nginx\r\n"
    "Date: Tue, 05 Nov 2019 02:20:55 GMT\r\n"
    "Content-Type: application/json;charset=UTF-8\r\n"
    "Transfer-Encoding: chunked\r\n"
    "Connection: keep-alive\r\n"
    "Vary: Accept-Encoding\r\n"
    "\r\n"
    "c2\r\n"
    "{\"errno\":0,\"error\":\"succ\",\"data\":{\"target\":\"V1.0.1\",\"token\":"
    "\"ota_YbDB8ANDSmPEM78DkHDT\",\"size\":22,\"md5\":\"ad2f4e4ea2a27eace7e4913139f8f01a\","
    "\"signal\":10,\"power\":50,\"retry\":0,\"interval\":0,\"type\":1}}\r\n"
    "0\r\n"
    "\r\n";

static const char k_download[] = "HTTP/1.1 206 \r\n"
                                 "Server: nginx\r\n"
                                 "Date: Tue, 05 Nov 2019 02:22:42 GMT\r\n"
                                 "Content-Type: application/octet-stream;charset=UTF-8\r\n"
                                 "Content-Length: 6\r\n"
                                 "Connection: keep-alive\r\n"
                                 "Content-Disposition: attachment; filename=\"121.bin\"\r\n"
                                 "Content-Range: bytes 0-5/22\r\n"
                                 "\r\n"
                                 "111111";

static void test_http_captured_check_task_is_read(void **state)
{
    (void)state;
    assert_int_equal(LENGTH(k_check_task), 395);
    const result_t *result = read_answer(k_check_task, LENGTH(k_check_task));
    const oneota_head_t *head = &result->head;
    assert_int_equal(result->event, HTTP_END);
    assert_int_equal(result->used, 395);
    assert_int_equal(result->heads, 1);
    assert_int_equal(head->status, 200);
    assert_int_equal(head->date_s, 1572920455);
    assert_int_equal(head->said & SAID, HTTP_CHUNKED);
    assert_int_equal(head->range.total, 0);
    assert_int_equal(head->retry_after_s, 0);
    assert_int_equal(head->ota_errno, -1);
    assert_int_equal(result->body_length, 0xC2);
    assert_memory_equal(result->body, strchr(k_check_task, '{'), 0xC2);
}

static void test_http_captured_download_is_read(void **state)
{
    (void)state;
    assert_int_equal(LENGTH(k_download), 254);
    const result_t *result = read_answer(k_download, LENGTH(k_download));
    const oneota_head_t *head = &result->head;
    assert_int_equal(result->event, HTTP_END);
    assert_int_equal(result->used, 254);
    assert_int_equal(result->heads, 1);
    assert_int_equal(head->status, 206);
    assert_int_equal(head->said & SAID, HTTP_LENGTH);
    assert_int_equal(head->content_length, 6);
    assert_int_equal(head->range.first, 0);
    assert_int_equal(head->range.last, 5);
    assert_int_equal(head->range.total, 22);
    assert_int_equal(head->date_s, 0);
    assert_body(result, "111111");
}

static void test_http_captured_ota_errno_is_read(void **state)
{
    (void)state;
    const result_t *result = read_text("HTTP/1.1 200 OK\r\n"
                                       "Content-Type: application/octet-stream;charset=UTF-8\r\n"
                                       "Content-Length: 8260\r\n"
                                       "Content-Disposition: attachment; filename=\"ry\"\r\n"
                                       "Ota-Errno: 0\r\n"
                                       "\r\n");
    assert_int_equal(result->event, HTTP_MORE);
    assert_int_equal(result->heads, 1);
    assert_int_equal(result->head.ota_errno, 0);
    assert_int_equal(result->head.content_length, 8260);
}

/* ---------------------------------------------------------------- as permitted */

typedef struct {
    const char *answer;
    uint16_t status;
    const char *body;
    size_t rest; /* bytes behind the answer that are not its own */
} good_t;

static const good_t k_good[] = {
    /* status lines */
    {"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab", 200, "ab", 0},
    {"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nab", 404, "ab", 0},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", 200, "ab", 0},
    {"HTTP/1.1 599 \xE6\xB0\xB4\t!\r\nContent-Length: 0\r\n\r\n", 599, "", 0},
    /* lines and names */
    {"HTTP/1.1 200 OK\nContent-Length: 2\n\nab", 200, "ab", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nab", 200, "ab", 0},
    {OK "cONTENT-lENGTH:2\r\n\r\nab", 200, "ab", 0},
    {OK "Content-Length: \t 2 \t\r\n\r\nab", 200, "ab", 0},
    {OK "X: \x80\xFF\x7F~\tx\r\nContent-Length: 2\r\n\r\nab", 200, "ab", 0},
    {OK "Empty:\r\nBlank: \t\r\nContent-Length: 2\r\n\r\nab", 200, "ab", 0},
    {OK
     "Content-Lengths: 9\r\nontent-Length: 9\r\nContent_Length: 9\r\nContent-Length: 2\r\n\r\nab",
     200, "ab", 0},
    {OK "Eighteen-Letters-X: 9\r\nContent-Length: 2\r\n\r\nab", 200, "ab", 0},
    {OK "Location: http://elsewhere/\r\nContent-Length: 2\r\n\r\nab", 200, "ab", 0},
    /* Content-Length */
    {OK "Content-Length: 0\r\n\r\nab", 200, "", 2},
    {OK "Content-Length: 1\r\n\r\na", 200, "a", 0},
    {OK "Content-Length: 2\r\n\r\nabc", 200, "ab", 1},
    {OK "Content-Encoding: Identity\r\nContent-Length: 2\r\n\r\nab", 200, "ab", 0},
    /* no body */
    {"HTTP/1.1 204 \r\n\r\nab", 204, "", 2},
    {"HTTP/1.1 204 \r\nContent-Length: 2\r\n\r\nab", 204, "", 2},
    {"HTTP/1.1 304 \r\nTransfer-Encoding: chunked\r\n\r\nab", 304, "", 2},
    /* chunks */
    {CHUNKED "0\r\n\r\nab", 200, "", 2},
    {CHUNKED "1\r\n3\r\n0\r\n\r\n", 200, "3", 0},
    {CHUNKED "1\na\n2\nbc\n0\n\n", 200, "abc", 0},
    {CHUNKED "9\r\n123456789\r\n0\r\n\r\n", 200, "123456789", 0},
    {CHUNKED "A\r\n0123456789\r\n007\r\n\r\n0\r\n\r\n\r\n000\r\n\r\n", 200,
     "0123456789\r\n0\r\n\r\n", 0},
    {CHUNKED "c\r\n0123456789ab\r\nE\nABCDEFGHIJKLMN\n0\n\n", 200, "0123456789abABCDEFGHIJKLMN", 0},
    {CHUNKED "0000000000000000000002;a=\"b;c\"\r\nab\r\n0;\tlast\r\n\r\n", 200, "ab", 0},
    {CHUNKED "2 \r\nab\r\n0 \t;x\r\n\r\n", 200, "ab", 0},
    {CHUNKED "2\r\nab\r\n0\r\nExpires: never\r\nno colon\r\n folded\r\n\r\n", 200, "ab", 0},
    {"HTTP/1.1 200 \r\ntransfer-encoding:CHUNKED \r\n\r\n2\r\nab\r\n0\r\n\r\n", 200, "ab", 0},
    /* interim answers */
    {"HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\nab", 200, "ab", 0},
    {"HTTP/1.1 199\r\n\r\n" OK "Content-Length: 2\r\n\r\nab", 200, "ab", 0},
    {"HTTP/1.1 103 \r\nContent-Length: 9\r\nContent-Range: bytes 1-2/3\r\nRetry-After: 9\r\n\r\n"
     "HTTP/1.1 100\n\n" OK "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
     200, "ab", 0},
};

static void test_http_permitted_forms_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_good); i++) {
        const good_t *row = &k_good[i];
        const result_t *result = read_text(row->answer);
        assert_int_equal(result->event, HTTP_END);
        assert_int_equal(result->heads, 1);
        assert_int_equal(result->head.status, row->status);
        assert_int_equal(result->head.retry_after_s, 0);
        assert_body(result, row->body);
        assert_int_equal(result->used + row->rest, strlen(row->answer));
    }
}

static void test_http_whole_lines_are_read_where_they_lie(void **state)
{
    (void)state;
    static const char answer[] =
        OK "Server: nginx\r\nContent-Length: 20\r\n\r\n12345678901234567890";
    oneota_http_t http;
    http_body_t body;
    size_t used = 0;
    oneota_http_begin(&http);
    assert_int_equal(oneota_http_feed(&http, (const uint8_t *)answer, LENGTH(answer), &used, &body),
                     HTTP_HEAD);
    assert_int_equal(used, LENGTH(answer) - 20u);
}

static void test_http_no_framing_ends_with_the_connection(void **state)
{
    (void)state;
    static const char answer[] = "HTTP/1.1 200 \r\nConnection: keep-alive\r\n\r\nab\r\n\r\n";
    const result_t *result = read_text(answer);
    assert_int_equal(result->event, HTTP_MORE);
    assert_body(result, "ab\r\n\r\n");
    assert_int_equal(result->head.said & SAID, HTTP_CLOSE);
}

static void test_http_largest_length_is_counted(void **state)
{
    (void)state;
    const result_t *result = read_text(OK "Content-Length: 4294967295\r\n\r\nab");
    assert_int_equal(result->event, HTTP_MORE);
    assert_true(result->head.content_length == UINT32_MAX);
    assert_body(result, "ab");
    result = read_text(CHUNKED "FFFFffff\r\nab");
    assert_int_equal(result->event, HTTP_MORE);
    assert_body(result, "ab");
}

/* ---------------------------------------------------------------- as malformed */

typedef struct {
    const char *answer;
    size_t length;
} bad_t;

#define BAD(text)          \
    {                      \
        text, LENGTH(text) \
    }

static const bad_t k_bad[] = {
    /* status line */
    BAD("\r\n"),
    BAD("\r\nHTTP/1.1 200 OK\r\n\r\n"),
    BAD("<html>\n"),
    BAD("HTTP/1.1\r\n"),
    BAD("HTTP/1.1 20\r\n"),
    BAD("HTTP/1.1 20 \r\n"),
    BAD("HTTP/1.1  200 OK\r\n"),
    BAD("HTTP/1.1 2000\r\n"),
    BAD("HTTP/1.1 200OK\r\n"),
    BAD("HTTP/1.1 2x0 OK\r\n"),
    BAD("HTTP/1.1 20: OK\r\n"),
    BAD("HTTP/1.1 +20 OK\r\n"),
    BAD("HTTP/1.1\t200 OK\r\n"),
    BAD("HTTP/1.1 099 OK\r\n"),
    BAD("HTTP/1.1 000 OK\r\n"),
    BAD("HTTP/1.1 600 OK\r\n"),
    BAD("HTTP/1.2 200 OK\r\n"),
    BAD("HTTP/2.0 200 OK\r\n"),
    BAD("HTTP/2 200\r\n"),
    BAD("http/1.1 200 OK\r\n"),
    BAD("HTTP/1,1 200 OK\r\n"),
    BAD("ICY 200 OK\r\n\r\n"),
    BAD(" HTTP/1.1 200 OK\r\n"),
    BAD("GET / HTTP/1.1\r\n"),
    BAD("HTTP/1.1 2\0000 OK\r\n"),
    BAD("HTTP/1.1 20\r OK\r\n"),
    BAD("\x15\x03\x01\x00\x02\x02\x28"),
    BAD("\0"),
    BAD("HTTP/1,"),
    /* lines of the header */
    BAD(OK "no colon\r\n"),
    BAD(OK ": no name\r\n"),
    BAD(OK "Server: a\r\n folded: b\r\n"),
    BAD(OK "Server: a\r\n\tfolded: b\r\n"),
    BAD(OK " Server: a\r\n"),
    BAD(OK " \r\n"),
    BAD(OK "Content-Length : 2\r\n"),
    BAD(OK "Content-Length\t: 2\r\n"),
    BAD(OK "\0\r\n"),
    BAD(OK "\r\r\n"),
    BAD(OK "\r \n"),
    /* Content-Length */
    BAD(OK "Content-Length:\r\n"),
    BAD(OK "Content-Length: \t\r\n"),
    BAD(OK "Content-Length: -1\r\n"),
    BAD(OK "Content-Length: +1\r\n"),
    BAD(OK "Content-Length: 0x10\r\n"),
    BAD(OK "Content-Length: 1.0\r\n"),
    BAD(OK "Content-Length: 1 2\r\n"),
    BAD(OK "Content-Length: 5, 5\r\n"),
    BAD(OK "Content-Length: five\r\n"),
    BAD(OK "Content-Length: 5\0\r\n"),
    BAD(OK "Content-Length: 5\r\r\n"),
    BAD(OK "Content-Length: 5\r6\r\n"),
    BAD(OK "Content-Length: \x0B"
           "5\r\n"),
    BAD(OK "Content-Length: 4294967296\r\n"),
    BAD(OK "Content-Length: 42949672950\r\n"),
    BAD(OK "Content-Length: 18446744073709551621\r\n"),
    BAD(OK "Content-Length: 99999999999999999999999999\r\n"),
    BAD(OK "Content-Length: 5\r\nContent-Length: 5\r\n"),
    BAD(OK "Content-Length: 5\r\nContent-Length: 6\r\n"),
    BAD(OK "Content-Length: 5\r\nContent-Length: x\r\n"),
    /* codings */
    BAD(OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
    BAD(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
    BAD(OK "Transfer-Encoding:\r\n"),
    BAD(OK "Transfer-Encoding: gzip\r\n"),
    BAD(OK "Transfer-Encoding: identity\r\n"),
    BAD(OK "Transfer-Encoding: gzip, chunked\r\n"),
    BAD(OK "Transfer-Encoding: chunked, chunked\r\n"),
    BAD(OK "Transfer-Encoding: chunked;q=1\r\n"),
    BAD(OK "Transfer-Encoding: xchunked\r\n"),
    BAD(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    BAD(OK "Content-Encoding: gzip\r\n"),
    BAD(OK "Content-Encoding:\r\n"),
    BAD(OK "Content-Encoding: identity, br\r\n"),
    BAD(OK "Content-Encoding: identity\0\r\n"),
    BAD(OK "Transfer-Encoding: chunked\0\r\n"),
    BAD(OK "Transfer-Encoding: chunke\r\n"),
    /* Content-Range */
    BAD(RANGE_206 "Content-Range: bytes 0-5/22\r\nContent-Range: bytes 0-5/22\r\n"),
    BAD(RANGE_206 "Content-Range: none\r\nContent-Range: bytes 0-5/22\r\n"),
    /* interim answers */
    BAD("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    BAD("HTTP/1.1 100 Continue\r\n\r\nab\r\n"),
    BAD("HTTP/1.1 100 Continue\r\nContent-Length: x\r\n"),
    /* chunks */
    BAD(CHUNKED "\r\n"),
    BAD(CHUNKED "\n"),
    BAD(CHUNKED ";a\r\n"),
    BAD(CHUNKED " 2\r\n"),
    BAD(CHUNKED "-2\r\n"),
    BAD(CHUNKED "+2\r\n"),
    BAD(CHUNKED "0x2\r\n"),
    BAD(CHUNKED "g\r\n"),
    BAD(CHUNKED "G\r\n"),
    BAD(CHUNKED "2/\r\n"),
    BAD(CHUNKED "2:\r\n"),
    BAD(CHUNKED "2@\r\n"),
    BAD(CHUNKED "2`\r\n"),
    BAD(CHUNKED "\r\n2\r\n"),
    BAD(CHUNKED "2\0\r\n"),
    BAD(CHUNKED "\0002\r\n"),
    BAD(CHUNKED "100000000\r\n"),
    BAD(CHUNKED "FFFFFFFFF\r\n"),
    BAD(CHUNKED "10000000000000002\r\n"),
    BAD(CHUNKED "2\r\nabc\n"),
    BAD(CHUNKED "2\r\nab0\r\n"),
    BAD(CHUNKED "2\r\nab\r0\n"),
    BAD(CHUNKED "2\r\nab\r\n\r\n"),
};

/* What is not used may be anything. */
static void test_http_control_characters_in_unused_lines_are_passed_over(void **state)
{
    (void)state;
    static const bad_t rows[] = {
        BAD("HTTP/1.1 200 O\0K\r\r\nContent-Length: 2\r\n\r\nab"),
        BAD(OK "Server: a\0b\x01\x1F\x0B\r\nContent-Length: 2\r\n\r\nab"),
        BAD(OK "Ser\0ver: a\rb\r\r\nContent-Length: 2\r\n\r\nab"),
        BAD(OK "\0Date: a\r\n\0ate: b\r\nContent-Length: 2\r\n\r\nab"),
        BAD(CHUNKED "2;a\0\rb\r\r\nab\r\n0\r\n\r\n"),
        BAD(CHUNKED "2\r3\r\nab\r\n0\r\n\r\n"),
        BAD(CHUNKED "2\r\nab\r\n0\r\nA: \0\rb\r\n\rb\r\n\r\n"),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const result_t *result = read_answer(rows[i].answer, rows[i].length);
        assert_int_equal(result->event, HTTP_END);
        assert_int_equal(result->used, rows[i].length);
        assert_body(result, "ab");
    }
}

static void test_http_malformed_is_refused_and_stays_so(void **state)
{
    (void)state;
    assert_true(COUNT(k_bad) >= 60);
    for (size_t i = 0; i < COUNT(k_bad); i++) {
        const result_t *result = read_answer(k_bad[i].answer, k_bad[i].length);
        if (result->event != HTTP_BAD) {
            fail_msg("row %u is not refused: %s", (unsigned)i, k_bad[i].answer);
        }
    }
    static const uint8_t good[] = OK "\r\n";
    oneota_http_t http;
    http_body_t body;
    size_t used = 0;
    oneota_http_begin(&http);
    assert_int_equal(oneota_http_feed(&http, (const uint8_t *)"\n", 1, &used, &body), HTTP_BAD);
    assert_int_equal(oneota_http_feed(&http, good, LENGTH(good), &used, &body), HTTP_BAD);
    assert_int_equal(used, 0);
}

/* An answer that is fine as a whole is incomplete at any earlier byte, and never refused. */
static void test_http_cut_off_is_incomplete(void **state)
{
    (void)state;
    static result_t result;
    for (size_t i = 0; i < COUNT(k_good); i++) {
        const size_t end = strlen(k_good[i].answer) - k_good[i].rest;
        for (size_t length = 0; length < end; length++) {
            read_split(k_good[i].answer, length, length, 1, &result);
            assert_int_equal(result.event, HTTP_MORE);
            assert_int_equal(result.used, length);
        }
    }
}

/* ---------------------------------------------------------------- limits */

static char k_built[ANSWER_MAX];

/* Appends text, and what makes k_built `length` bytes long. */
static void build(const char *text, size_t length)
{
    size_t at = strlen(k_built);
    const size_t text_length = strlen(text);
    assert_true(at + text_length <= length && length < sizeof k_built);
    memcpy(k_built + at, text, text_length);
    for (at += text_length; at < length; at++) {
        k_built[at] = 'x';
    }
    k_built[length] = '\0';
}

static http_event_t read_built(const char *end)
{
    assert_true(strlen(k_built) + strlen(end) < sizeof k_built);
    strcat(k_built, end);
    const result_t *result = read_text(k_built);
    return result->event;
}

/* A line that begins with text and has `bytes` bytes, its end included, stands behind before. */
static http_event_t read_line_of(const char *before, const char *text, size_t bytes,
                                 const char *line_end, const char *after)
{
    k_built[0] = '\0';
    build(before, strlen(before));
    build(text, strlen(before) + bytes - strlen(line_end));
    build(line_end, strlen(before) + bytes);
    return read_built(after);
}

typedef struct {
    const char *before, *text, *after;
} line_limit_t;

static const line_limit_t k_line_limits[] = {
    {"", "HTTP/1.1 200 ", END},        {OK, "A: ", END},
    {CHUNKED, "1;", "a\r\n0\r\n\r\n"}, {CHUNKED "1\r\na\r\n", "0 ;", "\r\n"},
    {CHUNKED "0\r\n", "A: ", "\r\n"},
};

static void test_http_line_limit_is_exact(void **state)
{
    (void)state;
    static const char *const ends[] = {"\r\n", "\n"};
    for (size_t i = 0; i < 2u * COUNT(k_line_limits); i++) {
        const line_limit_t *row = &k_line_limits[i / 2u];
        const char *end = ends[i % 2u];
        assert_int_equal(read_line_of(row->before, row->text, LINE_BYTES, end, row->after),
                         HTTP_END);
        assert_int_equal(read_line_of(row->before, row->text, LINE_BYTES + 1u, end, row->after),
                         HTTP_BAD);
        assert_int_equal(read_line_of(row->before, row->text, LINE_BYTES + 1u, "", ""), HTTP_BAD);
    }
}

static void test_http_zeros_of_a_chunk_size_count_as_a_line(void **state)
{
    (void)state;
    k_built[0] = '\0';
    build(CHUNKED, LENGTH(CHUNKED));
    memset(k_built + LENGTH(CHUNKED), '0', LINE_BYTES);
    k_built[LENGTH(CHUNKED) + LINE_BYTES] = '\0';
    assert_int_equal(read_built("1"), HTTP_BAD);
}

/* Lines of 64 bytes until `bytes` are there, counted from `from`, and an empty one. */
static void build_block(size_t from, size_t bytes)
{
    const size_t end = from + bytes - 2u;
    while (strlen(k_built) < end) {
        const size_t left = end - strlen(k_built);
        const size_t line = left < 2u * 64u ? left : 64u;
        build("A: ", strlen(k_built) + line - 2u);
        build("\r\n", strlen(k_built) + 2u);
    }
    build("\r\n", strlen(k_built) + 2u);
}

static http_event_t read_block_of(const char *before, const char *start, size_t bytes,
                                  const char *after)
{
    k_built[0] = '\0';
    build(before, strlen(before));
    build(start, strlen(before) + strlen(start));
    build_block(strlen(before), bytes);
    return read_built(after);
}

static void test_http_header_limit_is_exact(void **state)
{
    (void)state;
    static const char *const starts[] = {
        OK "Content-Length: 1\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n",
    };
    for (size_t i = 0; i < COUNT(starts); i++) {
        assert_int_equal(read_block_of("", starts[i], HEADER_BYTES, "b"), HTTP_END);
        assert_int_equal(read_block_of("", starts[i], HEADER_BYTES + 1u, "b"), HTTP_BAD);
        assert_int_equal(read_block_of("", starts[i], HEADER_BYTES + 500u, "b"), HTTP_BAD);
    }
}

static void test_http_trailer_limit_is_exact(void **state)
{
    (void)state;
    static const char before[] = CHUNKED "1;extension\r\na\r\n0\r\n";
    assert_int_equal(read_block_of(before, "", HEADER_BYTES, ""), HTTP_END);
    assert_int_equal(read_block_of(before, "", HEADER_BYTES + 1u, ""), HTTP_BAD);
}

static void test_http_longest_header_leaves_room_for_chunks(void **state)
{
    (void)state;
    static const char start[] = OK "Transfer-Encoding: chunked\r\n";
    assert_int_equal(read_block_of("", start, HEADER_BYTES, "1;extension\r\na\r\n0\r\n\r\n"),
                     HTTP_END);
}

/* Line ends that mean nothing do not keep the client waiting for ever. */
static void test_http_endless_carriage_returns_are_refused(void **state)
{
    (void)state;
    static const char *const before[] = {CHUNKED, CHUNKED "2;", CHUNKED "1\r\na", CHUNKED "0\r\n"};
    for (size_t i = 0; i < COUNT(before); i++) {
        k_built[0] = '\0';
        build(before[i], strlen(before[i]));
        memset(k_built + strlen(before[i]), '\r', HEADER_BYTES);
        k_built[strlen(before[i]) + HEADER_BYTES] = '\0';
        assert_int_equal(read_built("\r"), HTTP_BAD);
    }
}

static void test_http_extensions_of_many_chunks_have_no_sum(void **state)
{
    (void)state;
    size_t length = LENGTH(CHUNKED);
    k_built[0] = '\0';
    build(CHUNKED, length);
    for (size_t i = 0; i < HEADER_BYTES / 64u + 1u; i++) {
        build("1;", length + 64u);
        build("\r\na\r\n", length + 69u);
        length += 69u;
    }
    assert_int_equal(read_built("0\r\n\r\n"), HTTP_END);
}

static void test_http_interim_limit_is_exact(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2u; more++) {
        k_built[0] = '\0';
        for (size_t i = 0; i < ONEOTA_INTERIM_MAX + more; i++) {
            strcat(k_built, "HTTP/1.1 102 \r\n\r\n");
        }
        assert_int_equal(read_built(OK END), more == 0 ? HTTP_END : HTTP_BAD);
    }
}

/* ---------------------------------------------------------------- end of the connection */

typedef struct {
    const char *answer;
    http_event_t expected;
} closed_t;

static const closed_t k_closed[] = {
    {"", HTTP_BAD},
    {"HTTP/1.1 200 OK", HTTP_BAD},
    {OK, HTTP_BAD},
    {OK "Content-Length: 2\r\n", HTTP_BAD},
    {OK "Content-Length: 2\r\n\r\n", HTTP_BAD},
    {OK "Content-Length: 2\r\n\r\na", HTTP_BAD},
    {OK "Content-Length: 2\r\n\r\nab", HTTP_END},
    {OK END, HTTP_END},
    {OK "\r\n", HTTP_END},
    {OK "\r\nab", HTTP_END},
    {"HTTP/1.1 100\r\n\r\n", HTTP_BAD},
    {"HTTP/1.1 204\r\n\r\n", HTTP_END},
    {CHUNKED, HTTP_BAD},
    {CHUNKED "2", HTTP_BAD},
    {CHUNKED "2;x", HTTP_BAD},
    {CHUNKED "2\r\n", HTTP_BAD},
    {CHUNKED "2\r\na", HTTP_BAD},
    {CHUNKED "2\r\nab", HTTP_BAD},
    {CHUNKED "2\r\nab\r\n", HTTP_BAD},
    {CHUNKED "2\r\nab\r\n0\r\n", HTTP_BAD},
    {CHUNKED "2\r\nab\r\n0\r\nA: b\r\n", HTTP_BAD},
    {CHUNKED "2\r\nab\r\n0\r\n\r\n", HTTP_END},
    {"<", HTTP_BAD},
    {"<\n", HTTP_BAD},
};

static void test_http_closed_ends_only_what_it_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_closed); i++) {
        static result_t result;
        reader_t reader;
        http_body_t body;
        size_t used = 1;
        reader_begin(&reader, &result);
        reader_feed(&reader, k_closed[i].answer, strlen(k_closed[i].answer));
        assert_int_equal(oneota_http_closed(&reader.http), k_closed[i].expected);
        assert_int_equal(oneota_http_closed(&reader.http), k_closed[i].expected);
        assert_int_equal(oneota_http_feed(&reader.http, (const uint8_t *)"HTTP", 4, &used, &body),
                         k_closed[i].expected);
        assert_int_equal(used, 0);
    }
}

static void test_http_begin_starts_anew(void **state)
{
    (void)state;
    static result_t result;
    reader_t reader;
    reader_begin(&reader, &result);
    for (size_t i = 0; i < COUNT(k_bad); i++) {
        http_body_t body;
        size_t used;
        reader_feed(&reader, k_bad[i].answer, k_bad[i].length);
        oneota_http_begin(&reader.http);
        assert_int_equal(oneota_http_feed(&reader.http, (const uint8_t *)k_download,
                                          LENGTH(k_download), &used, &body),
                         HTTP_HEAD);
        assert_true(reader.http.head.range.total == 22 &&
                    (reader.http.head.said & SAID) == HTTP_LENGTH);
        reader_begin(&reader, &result);
    }
}

/* ---------------------------------------------------------------- anything */

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Whatever arrives, how it is cut makes no difference, and no byte beyond it is read. */
static void test_http_mutated_answer_reads_the_same_in_any_pieces(void **state)
{
    (void)state;
    static const char spice[] = "\r\n\r\n\0\t :;,-/0159afFx\x7F\x80\xFF";
    static result_t whole, split;
    uint32_t seed = 1;
    for (size_t round = 0; round < 20000u; round++) {
        char answer[400];
        const size_t row = next_random(&seed) % (COUNT(k_good) + 2u);
        const char *source = row < COUNT(k_good) ? k_good[row].answer
                             : row % 2u == 0     ? k_download
                                                 : k_check_task;
        const size_t length = strlen(source);
        memcpy(answer, source, length);
        for (size_t changes = next_random(&seed) % 4u; changes > 0; changes--) {
            answer[next_random(&seed) % length] = spice[next_random(&seed) % LENGTH(spice)];
        }
        read_split(answer, length, length, 1, &whole);
        read_split(answer, length, next_random(&seed) % length, 1u + next_random(&seed) % 40u,
                   &split);
        assert_same_result(&whole, &split);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_captured_check_task_is_read),
        cmocka_unit_test(test_http_captured_download_is_read),
        cmocka_unit_test(test_http_captured_ota_errno_is_read),
        cmocka_unit_test(test_http_permitted_forms_are_read),
        cmocka_unit_test(test_http_whole_lines_are_read_where_they_lie),
        cmocka_unit_test(test_http_no_framing_ends_with_the_connection),
        cmocka_unit_test(test_http_largest_length_is_counted),
        cmocka_unit_test(test_http_control_characters_in_unused_lines_are_passed_over),
        cmocka_unit_test(test_http_malformed_is_refused_and_stays_so),
        cmocka_unit_test(test_http_cut_off_is_incomplete),
        cmocka_unit_test(test_http_line_limit_is_exact),
        cmocka_unit_test(test_http_zeros_of_a_chunk_size_count_as_a_line),
        cmocka_unit_test(test_http_header_limit_is_exact),
        cmocka_unit_test(test_http_trailer_limit_is_exact),
        cmocka_unit_test(test_http_longest_header_leaves_room_for_chunks),
        cmocka_unit_test(test_http_endless_carriage_returns_are_refused),
        cmocka_unit_test(test_http_extensions_of_many_chunks_have_no_sum),
        cmocka_unit_test(test_http_interim_limit_is_exact),
        cmocka_unit_test(test_http_closed_ends_only_what_it_may),
        cmocka_unit_test(test_http_begin_starts_anew),
        cmocka_unit_test(test_http_mutated_answer_reads_the_same_in_any_pieces),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
