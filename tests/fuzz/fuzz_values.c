/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_values.c: Content-Range, Date and Retry-After against a second reading of them, and
 * Content-Range against the range that was asked for.
 *
 * Input: which header, package size (4), bytes that are there (4), percent, program unit, range
 * (4), form; then the value.
 */
#include "download.h"
#include "fuzz.h"
#include "http.h"

#define VALUE_MAX 100u

enum { RANGE, DATE, RETRY, HEADERS };

/* A number that takes all of the text up to stop; ULLONG_MAX: none. */
static bool number(const char **at, char stop, uint64_t *value)
{
    const char *digits = *at;
    *value = 0;
    while (**at >= '0' && **at <= '9') {
        *value = *value > UINT32_MAX ? *value : *value * 10u + (uint64_t)(**at - '0');
        ++*at;
    }
    const bool good = *at > digits && **at == stop && *value <= UINT32_MAX;
    *at += good && stop != '\0' ? 1 : 0;
    return good;
}

static bool model_range(const char *value, oneota_range_t *range)
{
    uint64_t first, last, total;
    if (strlen(value) < 6u || (value[0] | 0x20) != 'b' || (value[1] | 0x20) != 'y' ||
        (value[2] | 0x20) != 't' || (value[3] | 0x20) != 'e' || (value[4] | 0x20) != 's' ||
        value[5] != ' ') {
        return false;
    }
    value += 6;
    if (!number(&value, '-', &first) || !number(&value, '/', &last) ||
        !number(&value, '\0', &total) || first > last || last >= total) {
        return false;
    }
    *range = (oneota_range_t){(uint32_t)first, (uint32_t)last, (uint32_t)total};
    return true;
}

static bool is_leap(unsigned year)
{
    return year % 4u == 0 && (year % 100u != 0 || year % 400u == 0);
}

/* Counts days one year and one month at a time. */
static uint32_t model_days(unsigned year, unsigned month, unsigned day)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t days = day - 1u;
    for (unsigned y = 1970; y < year; y++) {
        days += is_leap(y) ? 366u : 365u;
    }
    for (unsigned m = 0; m < month; m++) {
        days += lengths[m] + (m == 1u && is_leap(year) ? 1u : 0u);
    }
    return days;
}

static unsigned two(const char *digits)
{
    return (unsigned)(digits[0] - '0') * 10u + (unsigned)(digits[1] - '0');
}

/* Of a date in the one form that is meant; false: it is in none, or in one that was not. */
static bool model_date(const char *value, uint32_t *seconds)
{
    static const char k_form[] = "AAA, 00 AAA 0000 00:00:00 GMT";
    static const char k_months[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
    char month[5] = "";
    if (strlen(value) != sizeof k_form - 1u) {
        return false;
    }
    for (size_t i = 0; k_form[i] != '\0'; i++) {
        const bool digit = value[i] >= '0' && value[i] <= '9';
        if (k_form[i] == '0' ? !digit : k_form[i] != 'A' && k_form[i] != value[i]) {
            return false;
        }
    }
    memcpy(month, value + 8, 4);
    const char *known = strstr(k_months, month);
    const unsigned year = two(value + 12) * 100u + two(value + 14);
    if (known == NULL || (known - k_months) % 4 != 0 || year < 1970u || year > 2105u ||
        two(value + 5) < 1u || two(value + 5) > 31u || two(value + 17) > 23u ||
        two(value + 20) > 59u || two(value + 23) > 60u) {
        *seconds = 0;
        return true;
    }
    *seconds = model_days(year, (unsigned)(known - k_months) / 4u, two(value + 5)) * 86400u +
               two(value + 17) * 3600u + two(value + 20) * 60u + two(value + 23);
    return true;
}

static void check_retry(const char *value, uint32_t read)
{
    uint64_t seconds;
    if (number(&value, '\0', &seconds)) {
        const uint64_t most = seconds < 86400u ? seconds : 86400u;
        FUZZ_CHECK(read == (most > 0 ? most : 1u));
    }
    FUZZ_CHECK(read <= 86400u);
}

static void check_value(unsigned header, const char *value, const oneota_head_t *head)
{
    oneota_range_t range = {0, 0, 0};
    uint32_t seconds;
    if (header == RANGE) {
        (void)model_range(value, &range);
        FUZZ_CHECK(memcmp(&range, &head->range, sizeof range) == 0);
    } else if (header == DATE && model_date(value, &seconds)) {
        FUZZ_CHECK(head->date_s == seconds);
        FUZZ_CHECK(oneota_http_read_date(value, strlen(value)) == seconds);
    } else if (header == RETRY) {
        check_retry(value, head->retry_after_s);
    }
}

/* A body is taken only where it was asked for. */
static void check_download(fuzz_input_t *input, const oneota_head_t *head)
{
    oneota_download_t d = {0};
    const uint32_t size = fuzz_u32(input) | (head->range.total == 0 ? 1u : 0u);
    const uint32_t total = head->range.total != 0 && size % 2u == 0 ? head->range.total : size;
    const uint32_t whole = total != 0 ? total : 1u;
    const uint32_t taken = fuzz_u32(input) % whole;
    /* what is due of the bytes that are there has been reported */
    const uint8_t percent = oneota_download_percent(taken, whole, fuzz_u8(input) % 10u * 10u);
    const uint32_t unit = 1u << (fuzz_u8(input) % 9u);
    d.range_bytes = fuzz_u32(input) % ONEOTA_RANGE_MAX;
    d.range_form = fuzz_u8(input) % 3u;
    oneota_download_plan(&d, taken, whole, percent, unit);
    const oneota_download_t plan = d;
    FUZZ_CHECK(plan.first <= taken && taken < plan.end && plan.end <= whole);
    FUZZ_CHECK(plan.end - plan.first > 1u || whole == 1u);
    FUZZ_CHECK(plan.wanted == taken);
    if (oneota_download_judge(&d, head, whole) == DOWNLOAD_BODY && head->status == 206u) {
        FUZZ_CHECK(plan.range_form != ONEOTA_RANGE_NONE && head->ota_errno <= 0);
        FUZZ_CHECK(head->range.first == plan.first && head->range.last < plan.end);
        FUZZ_CHECK(head->range.total == whole && head->range.last >= taken);
        FUZZ_CHECK(d.place == plan.first && d.end == head->range.last + 1u);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const k_names[HEADERS] = {"Content-Range", "Date", "Retry-After"};
    fuzz_input_t input = {data, size};
    const unsigned header = fuzz_u8(&input) % HEADERS;
    fuzz_input_t choices = input;
    char value[VALUE_MAX + 1u];
    char text[VALUE_MAX + 80u];
    oneota_http_t http;
    http_body_t body;
    size_t length, used;
    const uint8_t *bytes = (fuzz_take(&input, 15, &length), fuzz_take(&input, VALUE_MAX, &length));
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] <= ' ' ? bytes[i] != ' ' || i == 0 || i + 1u == length : bytes[i] > '~') {
            return 0; /* http.h: control characters; blanks around a value are none of it */
        }
        value[i] = (char)bytes[i];
    }
    value[length] = '\0';
    (void)snprintf(text, sizeof text, "HTTP/1.1 %s\r\n%s:%s\r\n\r\n",
                   header == RANGE ? "206" : "200", k_names[header], value);
    char *exact = fuzz_copy(text, strlen(text));
    oneota_http_begin(&http);
    const http_event_t event =
        oneota_http_feed(&http, (const uint8_t *)exact, strlen(text), &used, &body);
    FUZZ_CHECK(event == HTTP_HEAD);
    check_value(header, value, &http.head);
    check_download(&choices, &http.head);
    free(exact);
    return 0;
}
