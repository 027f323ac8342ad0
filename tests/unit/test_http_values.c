/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_http_values.c: what the fields of a header say.
 */
#include "http_reader.h"

typedef struct {
    const char *fields;
    uint32_t seconds;
} retry_t;

#define AT_0220 "Date: Tue, 05 Nov 2019 02:20:55 GMT\r\n"

static const retry_t k_retry[] = {
    {"", 0},
    {"Retry-After: 120\r\n", 120},
    {"retry-after:7\r\n", 7},
    {"Retry-After: 0\r\n", 1},
    {"Retry-After: 86400\r\n", 86400},
    {"Retry-After: 86401\r\n", 86400},
    {"Retry-After: 4294967295\r\n", 86400},
    {"Retry-After: 4294967296\r\n", 0},
    {"Retry-After: 18446744073709551617\r\n", 0},
    {"Retry-After: 12\r0\r\n", 0},
    {"Retry-After: -1\r\n", 0},
    {"Retry-After: 1.5\r\n", 0},
    {"Retry-After: soon\r\n", 0},
    {"Retry-After:\r\n", 0},
    {AT_0220 "Retry-After: Tue, 05 Nov 2019 02:21:55 GMT\r\n", 60},
    {"Retry-After: Tue, 05 Nov 2019 02:21:55 GMT\r\n" AT_0220, 60},
    {AT_0220 "Retry-After: Tue, 05 Nov 2019 02:20:55 GMT\r\n", 1},
    {AT_0220 "Retry-After: Mon, 04 Nov 2019 02:20:55 GMT\r\n", 1},
    {AT_0220 "Retry-After: Wed, 06 Nov 2019 02:20:54 GMT\r\n", 86399},
    {AT_0220 "Retry-After: Thu, 31 Dec 2105 23:59:59 GMT\r\n", 86400},
    {AT_0220 "Retry-After: Fri, 01 Jan 2106 00:00:00 GMT\r\n", 0},
    {"Retry-After: Tue, 05 Nov 2019 02:21:55 GMT\r\n", 0},
    {"Date: yesterday\r\nRetry-After: Tue, 05 Nov 2019 02:21:55 GMT\r\n", 0},
    {AT_0220 "Retry-After: Tue, 05 Nov 2019 02:61:55 GMT\r\n", 0},
};

static void test_http_retry_after_is_seconds_within_a_day(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_retry); i++) {
        char answer[256] = "HTTP/1.1 503 \r\nContent-Length: 2\r\n";
        strcat(answer, k_retry[i].fields);
        strcat(answer, "\r\nab");
        const result_t *result = read_text(answer);
        assert_int_equal(result->event, HTTP_END);
        assert_int_equal(result->head.retry_after_s, k_retry[i].seconds);
        assert_body(result, "ab");
    }
}

typedef struct {
    const char *answer;
    bool expected;
} flag_t;

static const flag_t k_keep[] = {
    {"HTTP/1.1 200\r\n" END, true},
    {"HTTP/1.1 200\r\nConnection: keep-alive\r\n" END, true},
    {"HTTP/1.1 200\r\nConnection: close\r\n" END, false},
    {"HTTP/1.1 200\r\nconnection:CLOSE\r\n" END, false},
    {"HTTP/1.1 200\r\nConnection: keep-alive, close\r\n" END, true}, /* lists are not looked into */
    {"HTTP/1.1 200\r\nConnection: closed\r\n" END, true},
    {"HTTP/1.1 200\r\nConnection: clos\r\n" END, true},
    {"HTTP/1.1 200\r\nConnection: close\r\nConnection: keep-alive\r\n" END, false},
    {"HTTP/1.1 200\r\nConnection:\r\n" END, true},
    {"HTTP/1.1 206\r\nConnection: close\r\nContent-Range: bytes 0-5/22\r\n" END, false},
    {"HTTP/1.1 204\r\n\r\n", true},
    {"HTTP/1.1 204\r\nConnection: close\r\n\r\n", false},
    {"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
    {"HTTP/1.0 200\r\n" END, false},
    {"HTTP/1.0 200\r\nConnection: keep-alive\r\n" END, false},
    {"HTTP/1.1 100\r\nConnection: close\r\n\r\nHTTP/1.1 200\r\n" END, true},
    {"HTTP/1.0 100\r\n\r\nHTTP/1.1 200\r\n" END, true},
};

static void test_http_keep_follows_version_and_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_keep); i++) {
        const result_t *result = read_text(k_keep[i].answer);
        assert_int_equal(result->event, HTTP_END);
        assert_int_equal((result->head.said & HTTP_CLOSE) == 0, k_keep[i].expected);
    }
}

static void test_http_ota_errno_is_a_small_number(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int32_t expected;
    } rows[] = {
        {"0", 0},           {"6", 6},   {"10408", 10408}, {"2147483647", INT32_MAX},
        {"2147483648", -1}, {"-1", -1}, {"x", -1},        {"", -1},
        {"1 2", -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char answer[128] = OK "OTA-ERRNO: ";
        strcat(answer, rows[i].value);
        strcat(answer, "\r\n" END);
        const result_t *result = read_text(answer);
        assert_int_equal(result->event, HTTP_END);
        assert_int_equal(result->head.ota_errno, rows[i].expected);
    }
}

typedef struct {
    const char *value;
    uint32_t first, last, total; /* total 0: counts as none */
} range_t;

static const range_t k_ranges[] = {
    {"bytes 0-5/22", 0, 5, 22},
    {"Bytes 00-005/0022", 0, 5, 22},
    {"bytes 0-0/1", 0, 0, 1},
    {"bytes 21-21/22", 21, 21, 22},
    {"bytes 4294967293-4294967294/4294967295", UINT32_MAX - 2u, UINT32_MAX - 1u, UINT32_MAX},
    {"", 0, 0, 0},
    {"bytes", 0, 0, 0},
    {"bytes ", 0, 0, 0},
    {"bytes 0", 0, 0, 0},
    {"bytes 0-", 0, 0, 0},
    {"bytes 0-5", 0, 0, 0},
    {"bytes 0-5/", 0, 0, 0},
    {"bytes 0-5/*", 0, 0, 0},
    {"bytes */22", 0, 0, 0},
    {"bytes -5/22", 0, 0, 0},
    {"bytes 0--5/22", 0, 0, 0},
    {"bytes 0/5-22", 0, 0, 0},
    {"bytes 0 - 5 / 22", 0, 0, 0},
    {"bytes  0-5/22", 0, 0, 0},
    {"bytes=0-5/22", 0, 0, 0},
    {"bytes\t0-5/22", 0, 0, 0},
    {"bytesx0-5/22", 0, 0, 0},
    {"octets 0-5/22", 0, 0, 0},
    {"bytes 0-5/22 x", 0, 0, 0},
    {"bytes 0-5/22,", 0, 0, 0},
    {"bytes 0x0-5/22", 0, 0, 0},
    {"bytes 6-5/22", 0, 0, 0},
    {"bytes 0-22/22", 0, 0, 0},
    {"bytes 22-22/22", 0, 0, 0},
    {"bytes 0-5/4294967296", 0, 0, 0},
    {"bytes 0-4294967301/22", 0, 0, 0},
    {"bytes 4294967296-5/22", 0, 0, 0},
    {"bytes 0-5/18446744073709551638", 0, 0, 0},
};

static void test_http_content_range_takes_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_ranges); i++) {
        const range_t *row = &k_ranges[i];
        char answer[128] = RANGE_206 "Content-Range: ";
        strcat(answer, row->value);
        strcat(answer, "\r\n\r\n111111");
        const result_t *result = read_text(answer);
        const oneota_range_t *range = &result->head.range;
        assert_int_equal(result->event, HTTP_END);
        assert_true(range->first == row->first && range->last == row->last &&
                    range->total == row->total);
    }
}

typedef struct {
    const char *value;
    uint64_t seconds;
} date_t;

static const date_t k_dates[] = {
    {"Tue, 05 Nov 2019 02:20:55 GMT", 1572920455},
    {"Thu, 01 Jan 1970 00:00:01 GMT", 1},
    {"Sat, 28 Feb 1970 23:59:59 GMT", 5097599},
    {"Sun, 01 Mar 1970 00:00:00 GMT", 5097600},
    {"Fri, 31 Dec 1999 23:59:59 GMT", 946684799},
    {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
    {"Wed, 31 Jan 2024 12:00:00 GMT", 1706702400},
    {"Thu, 29 Feb 2024 12:34:56 GMT", 1709210096},
    {"Tue, 31 Dec 2024 23:59:59 GMT", 1735689599},
    {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
    {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648u},
    {"Thu, 31 Dec 2105 23:59:60 GMT", 4291747200u},
    {"Fri, 01 Jan 2106 00:00:00 GMT", 0},
    {"Sun, 07 Feb 2106 06:28:16 GMT", 0},
    {"Mon, 01 Mar 2100 00:00:00 GMT", 4107542400u},
    {"Fri, 31 Dec 9999 23:59:59 GMT", 0},
    {"Xyz, 30 Apr 2025 00:00:00 GMT", 1745971200},
    {"Sun, 31 May 2026 00:00:00 GMT", 1780185600},
    {"Tue, 30 Jun 2026 00:00:00 GMT", 1782777600},
    {"Fri, 31 Jul 2026 00:00:00 GMT", 1785456000},
    {"Mon, 31 Aug 2026 00:00:00 GMT", 1788134400},
    {"Wed, 30 Sep 2026 00:00:00 GMT", 1790726400},
    {"Sat, 31 Oct 2026 00:00:00 GMT", 1793404800},
    {"Thu, 31 Apr 2026 00:00:00 GMT", 1777593600}, /* as 1 May */
    {"", 0},
    {"1572920455", 0},
    {"Tue, 5 Nov 2019 02:20:55 GMT", 0},
    {"Tue, 05 Nov 2019 02:20:55 GMT ", 0},
    {"Tue, 05 Nov 2019 02:20:55 UTC", 0},
    {"Tue, 05-Nov-2019 02:20:55 GMT", 0},
    {"Tuesday, 05-Nov-19 02:20:55 GMT", 0},
    {"Tue Nov  5 02:20:55 2019 12345", 0},
    {"Tue; 05 Nov 2019 02:20:55 GMT", 0},
    {"Tue, 05 nov 2019 02:20:55 GMT", 0},
    {"Tue, 05 Foo 2019 02:20:55 GMT", 0},
    {"Tue, 05 anF 2019 02:20:55 GMT", 0},
    {"Tue, 00 Nov 2019 02:20:55 GMT", 0},
    {"Tue, 32 Jan 2019 02:20:55 GMT", 0},
    {"Tue, 32 Dec 2019 02:20:55 GMT", 0},
    {"Wed, 31 Dec 1969 23:59:59 GMT", 0},
    {"Wed, 31 Dec 0000 23:59:59 GMT", 0},
    {"Wed, 01 Jan 0000 23:59:59 GMT", 0},
    {"Tue, 05 Nov 2019 24:00:00 GMT", 0},
    {"Tue, 05 Nov 2019 02:60:00 GMT", 0},
    {"Tue, 05 Nov 2019 02:20:61 GMT", 0},
    {"Tue, 05 Nov 2019 02:20:5x GMT", 0},
    {"Tue, 05 Nov 2019 -2:20:55 GMT", 0},
    {"Tue, 0: Nov 2019 02:20:55 GMT", 0},
    {"Tue, 0/ Nov 2019 02:20:55 GMT", 0},
    {"Tue, ?5 Nov 2019 02:20:55 GMT", 0},
    {"Tue, 0? Nov 201? 02:20:55 GMT", 0},
};

static void test_http_read_date_takes_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_dates); i++) {
        const uint64_t seconds = oneota_http_read_date(k_dates[i].value, strlen(k_dates[i].value));
        if (seconds != k_dates[i].seconds) {
            fail_msg("%s: %llu", k_dates[i].value, (unsigned long long)seconds);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_retry_after_is_seconds_within_a_day),
        cmocka_unit_test(test_http_keep_follows_version_and_connection),
        cmocka_unit_test(test_http_ota_errno_is_a_small_number),
        cmocka_unit_test(test_http_content_range_takes_one_form),
        cmocka_unit_test(test_http_read_date_takes_one_form),
    };
    return cmocka_run_group_tests_name("http values", tests, NULL, NULL);
}
