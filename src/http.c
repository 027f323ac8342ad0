/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * http.c: RFC 9110 and 9112 as far as an answer to GET or POST needs them. A line of the header is
 * read where it lies; only one that arrives in pieces is put together in http->line first.
 */
#include "http.h"

#include <string.h>

#include "text.h"

#define RETRY_MAX_S 86400u

#define SAME(value, length, text) same(value, length, text, sizeof(text) - 1u)

/** What comes next. The order matters: header, body, over, framing. */
typedef enum {
    IN_STATUS = 0,
    IN_FIELDS,
    IN_BODY, /**< of Content-Length; `left` counts what is to come */
    IN_REST, /**< up to the end of the connection; `left` never runs out */
    IN_CHUNK,
    IN_END,
    IN_BAD,
    IN_SIZE, /**< of a chunk; `left` is being read */
    IN_SIZE_BLANK,
    IN_EXTENSION,
    IN_CHUNK_END,
    IN_TRAILER
} state_t;

/** Added to a framing state: CR was seen, LF must follow. */
#define AFTER_CR 0x40u

/** http->seen: what several lines of one header decide together. */
enum { SEEN_HTTP10 = 1, SEEN_CLOSE = 2, SEEN_KEEP_ALIVE = 4, SEEN_RANGE = 8 };

/* ---------------------------------------------------------------- values */

static bool is_control(uint8_t c)
{
    return (c < 0x20u && c != '\t') || c == 0x7Fu;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static uint32_t clamp_retry(uint64_t seconds)
{
    return seconds == 0 ? 1u : seconds > RETRY_MAX_S ? RETRY_MAX_S : (uint32_t)seconds;
}

/** text_equal_nocase(), where the case is nearly always the usual one. */
static bool same(const char *a, size_t length, const char *b, size_t b_length)
{
    return length == b_length && (memcmp(a, b, length) == 0 || text_equal_nocase(a, length, b));
}

/** Two digits, or a number above 99 that no caller accepts. */
static unsigned two_digits(const char *at)
{
    const unsigned tens = (unsigned)at[0] - '0';
    const unsigned ones = (unsigned)at[1] - '0';
    return tens > 9u || ones > 9u ? 1000u : tens * 10u + ones;
}

/** 1 to 12, 0 = not a month. */
static unsigned read_month(const char *at)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (unsigned i = 0; i < 12u; i++) {
        const char *name = names + 3u * i;
        if (at[0] == name[0] && at[1] == name[1] && at[2] == name[2]) {
            return i + 1u;
        }
    }
    return 0;
}

/** Days from 1970-01-01; 0 to 9999 in year, the other two checked here. @return false: no such day */
static bool count_days(unsigned year, unsigned month, unsigned day, uint32_t *days)
{
    const bool leap = (year % 4u == 0 && year % 100u != 0) || year % 400u == 0;
    const unsigned length = month != 2u ? 30u + (((month >> 3) + month) & 1u) : leap ? 29u : 28u;
    if (year < 1970u || month == 0 || day == 0 || day > length) {
        return false;
    }
    const unsigned before = year - 1u;
    const unsigned leap_days = before / 4u - before / 100u + before / 400u - 477u;
    const unsigned shift = month <= 2u ? 0 : leap ? 1u : 2u;
    *days = (year - 1970u) * 365u + leap_days + (367u * month - 362u) / 12u - shift + day - 1u;
    return true;
}

/* Tue, 05 Nov 2019 02:20:55 GMT; the name of the day is not looked at */
uint64_t http_read_date(const char *value, size_t length)
{
    if (length != 29u || value[3] != ',' || value[4] != ' ' || value[7] != ' ' ||
        value[11] != ' ' || value[16] != ' ' || value[19] != ':' || value[22] != ':' ||
        memcmp(value + 25, " GMT", 4) != 0) {
        return 0;
    }
    const unsigned century = two_digits(value + 12);
    const unsigned year = two_digits(value + 14);
    const unsigned hour = two_digits(value + 17);
    const unsigned minute = two_digits(value + 20);
    const unsigned second = two_digits(value + 23);
    uint32_t days;
    if (century > 99u || year > 99u || hour > 23u || minute > 59u || second > 60u ||
        !count_days(century * 100u + year, read_month(value + 8), two_digits(value + 5), &days)) {
        return 0;
    }
    return (uint64_t)days * 86400u + hour * 3600u + minute * 60u + second;
}

/* bytes 0-5/22 */
bool http_read_range(const char *value, size_t length, oneota_head_t *head)
{
    uint64_t *const numbers[] = {&head->range_first, &head->range_last, &head->range_total};
    static const char before[] = " -/";
    const char *end = value + length;
    if (length < 5u || !SAME(value, 5u, "bytes")) {
        return false;
    }
    value += 5;
    for (size_t i = 0; i < 3u; i++) {
        if (value == end || *value++ != before[i]) {
            return false;
        }
        const size_t digits = text_read_u64(value, (size_t)(end - value), numbers[i]);
        if (digits == 0) {
            return false;
        }
        value += digits;
    }
    return value == end && head->range_first <= head->range_last &&
           head->range_last < head->range_total;
}

/* ---------------------------------------------------------------- fields; false: refused */

static bool take_date(oneota_http_t *http, const char *value, size_t length)
{
    http->head.date_s = http_read_date(value, length);
    return true;
}

static bool take_ota_errno(oneota_http_t *http, const char *value, size_t length)
{
    uint64_t number;
    if (text_to_u64(value, length, &number) && number <= INT32_MAX) {
        http->head.ota_errno = (int32_t)number;
    }
    return true;
}

/* Connection: keep-alive, Upgrade */
static bool take_connection(oneota_http_t *http, const char *value, size_t length)
{
    size_t word = 0;
    for (size_t at = 0; at < length; at = word + 1u) {
        word = at;
        while (word < length && value[word] != ',' && !is_blank(value[word])) {
            word++;
        }
        if (SAME(value + at, word - at, "close")) {
            http->seen |= SEEN_CLOSE;
        } else if (SAME(value + at, word - at, "keep-alive")) {
            http->seen |= SEEN_KEEP_ALIVE;
        }
    }
    return true;
}

/* A date counts from Date, which may stand below: `left`, free until the body, keeps it. */
static bool take_retry_after(oneota_http_t *http, const char *value, size_t length)
{
    uint64_t seconds;
    http->left = 0;
    http->head.retry_after_s = 0;
    if (!text_is(value, length, TEXT_DIGITS, 1, length)) {
        http->left = http_read_date(value, length);
    } else if (text_to_u64(value, length, &seconds)) {
        http->head.retry_after_s = clamp_retry(seconds);
    } else {
        http->head.retry_after_s = RETRY_MAX_S;
    }
    return true;
}

/* application/json;charset=UTF-8 */
static bool take_content_type(oneota_http_t *http, const char *value, size_t length)
{
    const size_t n = sizeof "application/json" - 1u;
    http->head.json = length >= n && (length == n || value[n] == ';' || is_blank(value[n])) &&
                      SAME(value, n, "application/json");
    return true;
}

static bool take_content_range(oneota_http_t *http, const char *value, size_t length)
{
    if ((http->seen & SEEN_RANGE) != 0) {
        return false;
    }
    http->seen |= SEEN_RANGE;
    http->head.has_range = http_read_range(value, length, &http->head);
    return true;
}

static bool take_content_length(oneota_http_t *http, const char *value, size_t length)
{
    uint64_t bytes;
    if (!text_to_u64(value, length, &bytes) ||
        (http->head.has_length && bytes != http->head.content_length)) {
        return false;
    }
    http->head.content_length = bytes;
    http->head.has_length = true;
    return true;
}

static bool take_content_encoding(oneota_http_t *http, const char *value, size_t length)
{
    (void)http;
    return SAME(value, length, "identity");
}

static bool take_transfer_encoding(oneota_http_t *http, const char *value, size_t length)
{
    if (http->head.chunked || !SAME(value, length, "chunked")) {
        return false;
    }
    http->head.chunked = true;
    return true;
}

typedef struct {
    const char *name;
    bool (*take)(oneota_http_t *http, const char *value, size_t length);
} field_t;

#define FIELD(name, take) [sizeof(name) - 1u] = {name, take}

/** By the length of the name; no two of these have the same. */
static const field_t k_fields[] = {
    FIELD("Date", take_date),
    FIELD("Ota-Errno", take_ota_errno),
    FIELD("Connection", take_connection),
    FIELD("Retry-After", take_retry_after),
    FIELD("Content-Type", take_content_type),
    FIELD("Content-Range", take_content_range),
    FIELD("Content-Length", take_content_length),
    FIELD("Content-Encoding", take_content_encoding),
    FIELD("Transfer-Encoding", take_transfer_encoding),
};

/* ---------------------------------------------------------------- header */

static void begin_header(oneota_http_t *http)
{
    memset(&http->head, 0, sizeof http->head);
    http->head.ota_errno = -1;
    http->left = 0;
    http->line_length = 0;
    http->block_length = 0;
    http->seen = 0;
    http->state = IN_STATUS;
}

/* HTTP/1.1 206 Partial Content, where all after the number may be missing */
static bool read_status(oneota_http_t *http, const char *line, size_t length)
{
    if (length < 12u || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '1' && line[7] != '0') ||
        line[8] != ' ' || (length > 12u && line[12] != ' ')) {
        return false;
    }
    const unsigned hundreds = (unsigned)line[9] - '0';
    const unsigned rest = two_digits(line + 10);
    if (hundreds < 1u || hundreds > 5u || rest > 99u) {
        return false;
    }
    http->head.status = (uint16_t)(hundreds * 100u + rest);
    http->seen = line[7] == '0' ? SEEN_HTTP10 : 0;
    http->state = IN_FIELDS;
    return true;
}

/** A blank in the name is refused: a folded line begins with one, and "Content-Length : 5" is read
 *  differently by different readers. */
static bool read_field(oneota_http_t *http, const char *line, size_t length)
{
    const char *value = memchr(line, ':', length);
    if (value == NULL || value == line) {
        return false;
    }
    const size_t name = (size_t)(value++ - line);
    const field_t *field = &k_fields[name];
    if (name >= sizeof k_fields / sizeof k_fields[0] || field->name == NULL ||
        !same(line, name, field->name, name)) {
        return memchr(line, ' ', name) == NULL && memchr(line, '\t', name) == NULL;
    }
    const char *end = line + length;
    while (value < end && is_blank(*value)) {
        value++;
    }
    while (end > value && is_blank(end[-1])) {
        end--;
    }
    return field->take(http, value, (size_t)(end - value));
}

static bool end_header(oneota_http_t *http)
{
    oneota_head_t *head = &http->head;
    if (head->status < 200u) {
        const bool skip = head->status != 101u && http->interim != ONEOTA_INTERIM_MAX;
        http->interim++;
        begin_header(http);
        return skip;
    }
    if (head->chunked && head->has_length) {
        return false;
    }
    if (http->left != 0 && head->date_s != 0) {
        head->retry_after_s = clamp_retry(http->left > head->date_s ? http->left - head->date_s : 0);
    }
    const bool old = (http->seen & SEEN_HTTP10) != 0;
    head->keep = (http->seen & SEEN_CLOSE) == 0 &&
                 (!old || ((http->seen & SEEN_KEEP_ALIVE) != 0 && !head->chunked));
    http->left = 0;
    if (head->status == 204u || head->status == 304u) {
        http->state = IN_END;
    } else if (head->chunked) {
        http->state = IN_SIZE;
    } else if (head->has_length) {
        http->left = head->content_length;
        http->state = http->left == 0 ? IN_END : IN_BODY;
    } else {
        http->left = UINT64_MAX;
        http->state = IN_REST;
        head->keep = false;
    }
    return true;
}

static bool read_line(oneota_http_t *http, const char *line, size_t length)
{
    if (http->state == IN_STATUS) {
        return read_status(http, line, length);
    }
    return length == 0 ? end_header(http) : read_field(http, line, length);
}

/** How many bytes come before the first control character: a word at a time. */
static size_t count_plain(const uint8_t *data, size_t length)
{
    const size_t ones = SIZE_MAX / 0xFFu; /* 0x01 in every byte */
    size_t count = 0;
    while (length - count >= sizeof(size_t)) {
        size_t word;
        memcpy(&word, data + count, sizeof word);
        /* A byte below 0x20 sets its top bit in the first term, 0x7F in the second. So may others,
         * which only costs time. */
        if ((((word - ones * 0x20u) | (word + ones)) & ones * 0x80u) != 0) {
            break;
        }
        count += sizeof word;
    }
    while (count < length && !is_control(data[count])) {
        count++;
    }
    return count;
}

/** A line without its end. */
typedef struct {
    const char *data;
    size_t length;
} line_t;

/** Takes bytes up to the end of a line, or all there are; refuses the answer beyond a limit or at
 *  a control character. @return there is a whole line */
static bool take_line(oneota_http_t *http, const uint8_t *data, size_t length, line_t *line,
                      size_t *used)
{
    const size_t held = http->line_length;
    const size_t room = ONEOTA_LINE_BYTES - held;
    const size_t most = length < room ? length : room;
    size_t taken = 0;
    if (held == 0 || http->line[held - 1u] != '\r') {
        taken = count_plain(data, most);
        taken += taken < most && data[taken] == '\r';
    }
    const bool whole = taken < most && data[taken] == '\n';
    const bool refused = !whole && (taken < most || taken == room);
    taken += whole;
    *used += taken;
    if (refused || taken > (size_t)ONEOTA_HEADER_BYTES - http->block_length) {
        http->state = IN_BAD;
        return false;
    }
    http->block_length = (uint16_t)(http->block_length + taken);
    line->data = (const char *)data;
    line->length = held + taken;
    if (held > 0 || !whole) {
        memcpy(http->line + held, data, taken);
        line->data = http->line;
    }
    http->line_length = whole ? 0 : (uint16_t)line->length;
    if (whole) {
        line->length--;
        line->length -= line->length > 0 && line->data[line->length - 1u] == '\r';
    }
    return whole;
}

static void read_header(oneota_http_t *http, const uint8_t *data, size_t length, size_t *used)
{
    line_t line;
    while (http->state <= IN_FIELDS && *used < length) {
        if (take_line(http, data + *used, length - *used, &line, used) &&
            !read_line(http, line.data, line.length)) {
            http->state = IN_BAD;
        }
    }
}

/* ---------------------------------------------------------------- chunks and their trailer */

static uint8_t end_framing_line(oneota_http_t *http, unsigned state, bool empty)
{
    http->line_length = 0;
    if (state == IN_CHUNK_END) {
        return IN_SIZE;
    }
    if (state == IN_TRAILER) {
        return empty ? IN_END : IN_TRAILER;
    }
    http->block_length = 0;
    return empty ? IN_BAD : http->left == 0 ? IN_TRAILER : IN_CHUNK;
}

/* c2;name=value CR LF */
static uint8_t next_size(oneota_http_t *http, unsigned state, uint8_t c)
{
    const unsigned letter = (c | 0x20u) - 'a';
    const unsigned decimal = (unsigned)c - '0';
    const unsigned digit = decimal < 10u ? decimal : letter < 6u ? letter + 10u : 16u;
    if (state == IN_SIZE && digit < 16u) {
        const bool fits = http->left >> 60 == 0;
        http->left = http->left << 4 | digit;
        return fits ? IN_SIZE : IN_BAD;
    }
    if (http->line_length == 1u) {
        return IN_BAD;
    }
    return c == ';' ? IN_EXTENSION : is_blank((char)c) ? IN_SIZE_BLANK : IN_BAD;
}

/** The state after one byte of what stands around chunks. */
static uint8_t next_framing(oneota_http_t *http, uint8_t c)
{
    const unsigned state = http->state & ~AFTER_CR;
    const bool after_cr = state != http->state;
    if (http->line_length++ == ONEOTA_LINE_BYTES ||
        (state == IN_TRAILER && http->block_length++ == ONEOTA_HEADER_BYTES)) {
        return IN_BAD;
    }
    if (c == '\n') {
        return end_framing_line(http, state, http->line_length == (after_cr ? 2u : 1u));
    }
    if (after_cr || (is_control(c) && c != '\r')) {
        return IN_BAD;
    }
    if (c == '\r') {
        return (uint8_t)(state | AFTER_CR);
    }
    switch (state) {
    case IN_EXTENSION:
    case IN_TRAILER:
        return (uint8_t)state;
    case IN_CHUNK_END:
        return IN_BAD;
    default:
        return next_size(http, state, c);
    }
}

/* ---------------------------------------------------------------- the answer */

void http_begin(oneota_http_t *http, char *line)
{
    http->line = line;
    http->interim = 0;
    begin_header(http);
}

static http_event_t give_body(oneota_http_t *http, const uint8_t *data, size_t length,
                              http_body_t *body)
{
    body->data = data;
    body->length = length < http->left ? length : (size_t)http->left;
    http->left -= body->length;
    if (http->left == 0) {
        http->state = http->state == IN_CHUNK ? IN_CHUNK_END : IN_END;
    }
    return HTTP_BODY;
}

http_event_t http_feed(oneota_http_t *http, const uint8_t *data, size_t length, size_t *used,
                       http_body_t *body)
{
    *used = 0;
    if (http->state <= IN_FIELDS) {
        read_header(http, data, length, used);
        if (http->state > IN_FIELDS && http->state != IN_BAD) {
            return HTTP_HEAD;
        }
    }
    while (http->state >= IN_SIZE && *used < length) {
        http->state = next_framing(http, data[(*used)++]);
    }
    if (http->state == IN_END) {
        return HTTP_END;
    }
    if (http->state == IN_BAD) {
        return HTTP_BAD;
    }
    if (*used == length) {
        return HTTP_MORE;
    }
    const http_event_t event = give_body(http, data + *used, length - *used, body);
    *used += body->length;
    return event;
}

http_event_t http_closed(oneota_http_t *http)
{
    http->state = http->state == IN_REST || http->state == IN_END ? IN_END : IN_BAD;
    return http->state == IN_END ? HTTP_END : HTTP_BAD;
}
