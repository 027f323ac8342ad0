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

/** What comes next. The order matters: header, body, over, framing. */
enum {
    IN_STATUS = 0,
    IN_FIELDS,
    IN_BODY, /**< of Content-Length; `left` counts what is to come */
    IN_REST, /**< up to the end of the connection; `left` never runs out */
    IN_CHUNK,
    IN_END,
    IN_BAD,
    IN_SIZE, /**< of a chunk; `left` is being read */
    IN_EXTENSION,
    IN_CHUNK_END,
    IN_TRAILER
};

/** http->seen, of this header; CR: it was the last byte. */
enum { SEEN_HTTP10 = 1, SEEN_CLOSE = 2, SEEN_KEEP_ALIVE = 4, SEEN_RANGE = 8, SEEN_CR = 16 };

/* ---------------------------------------------------------------- values */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *from, const char *end)
{
    while (from < end && is_blank(*from)) {
        from++;
    }
    return from;
}

/** text_equal_nocase(), where the case is nearly always the usual one. */
static bool same(const char *a, size_t length, const char *b)
{
    return memcmp(a, b, length) == 0 || text_equal_nocase(a, length, b);
}

#define WORD(text) text, sizeof(text) - 1u

/** value begins with this word, of so many letters, and not with a longer one. */
static bool starts_with(const char *value, size_t length, const char *word, size_t letters)
{
    return length >= letters &&
           (length == letters || is_blank(value[letters]) || value[letters] == ',' ||
            value[letters] == ';') &&
           same(value, letters, word);
}

static uint32_t clamp_retry(uint64_t seconds)
{
    return seconds == 0 ? 1u : seconds > RETRY_MAX_S ? RETRY_MAX_S : (uint32_t)seconds;
}

/** Days before the first of a month, of years that begin in March: the leap day comes last.
 *  month: 1 to 13 */
static uint32_t days_before(unsigned year, unsigned month)
{
    const unsigned months = year * 12u + month - 3u;
    const unsigned y = months / 12u;
    return y * 365u + y / 4u - y / 100u + y / 400u + (months % 12u * 153u + 2u) / 5u;
}

/* Tue, 05 Nov 2019 02:20:55 GMT; the name of the day is not looked at */
uint64_t http_read_date(const char *value, size_t length)
{
    enum { DAY, YEAR, HOUR, MINUTE, SECOND, PARTS };
    static const char form[] = "???, 00 ??? 1111 22:33:44 GMT";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    uint32_t part[PARTS] = {0};
    if (length != sizeof form - 1u) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        const unsigned place = (unsigned)form[i] - '0';
        const unsigned digit = (unsigned)value[i] - '0';
        if (place < PARTS && digit <= 9u) {
            part[place] = part[place] * 10u + digit;
        } else if (form[i] != '?' && form[i] != value[i]) {
            return 0;
        }
    }
    unsigned month = 1;
    while (memcmp(months + 3u * month - 3u, value + 8, 3) != 0) {
        if (month++ == 12u) {
            return 0;
        }
    }
    const uint32_t start = days_before(part[YEAR], month);
    if (part[YEAR] < 1970u || part[DAY] - 1u >= days_before(part[YEAR], month + 1u) - start ||
        part[HOUR] > 23u || part[MINUTE] > 59u || part[SECOND] > 60u) {
        return 0;
    }
    const uint32_t days = start - days_before(1970, 1) + part[DAY] - 1u;
    const uint32_t seconds = part[HOUR] * 3600u + part[MINUTE] * 60u + part[SECOND];
    return (uint64_t)days * 86400u + seconds;
}

/* bytes 0-5/22 */
bool http_read_range(const char *value, size_t length, oneota_head_t *head)
{
    static const char before[] = " -/";
    uint64_t *const numbers[] = {&head->range_first, &head->range_last, &head->range_total};
    size_t at = 5;
    if (length < at || !same(value, at, "bytes")) {
        return false;
    }
    for (size_t i = 0; i < 3u; i++) {
        if (at == length || value[at++] != before[i]) {
            return false;
        }
        const size_t digits = text_read_u64(value + at, length - at, numbers[i]);
        if (digits == 0) {
            return false;
        }
        at += digits;
    }
    return at == length && head->range_first <= head->range_last &&
           head->range_last < head->range_total;
}

/* ---------------------------------------------------------------- fields */

/* Connection: keep-alive, Upgrade */
static void take_connection(oneota_http_t *http, const char *value, size_t length)
{
    const char *end = value + length;
    while (value < end) {
        length = (size_t)(end - value);
        if (starts_with(value, length, WORD("keep-alive"))) {
            http->seen |= SEEN_KEEP_ALIVE;
        } else if (starts_with(value, length, WORD("close"))) {
            http->seen |= SEEN_CLOSE;
        }
        const char *comma = memchr(value, ',', length);
        value = comma == NULL ? end : skip_blanks(comma + 1, end);
    }
}

/* A date counts from Date, which may stand below: `left`, free until the body, keeps it. */
static void take_retry_after(oneota_http_t *http, const char *value, size_t length)
{
    uint64_t seconds = UINT64_MAX;
    if (text_to_u64(value, length, &seconds) || text_is(value, length, TEXT_DIGITS, 1, length)) {
        http->head.retry_after_s = clamp_retry(seconds);
    } else {
        http->left = http_read_date(value, length);
    }
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

#define LENGTH(text) (sizeof(text) - 1u)
#define NAME(text)   [LENGTH(text) - LENGTH("Date")] = text

/** By length, from the shortest; no two have the same. */
static const char *const k_names[] = {
    NAME("Date"),           NAME("Ota-Errno"),        NAME("Connection"),
    NAME("Retry-After"),    NAME("Content-Type"),     NAME("Content-Range"),
    NAME("Content-Length"), NAME("Content-Encoding"), NAME("Transfer-Encoding"),
};

/** A field of k_names. @return false: the answer is refused */
static bool take_field(oneota_http_t *http, size_t name_length, const char *value, size_t length)
{
    oneota_head_t *head = &http->head;
    const bool again = (http->seen & SEEN_RANGE) != 0;
    uint64_t number;
    switch (name_length) {
    case LENGTH("Date"):
        /* Package bytes need no date, and reading one is a fifth of the work of their header. */
        head->date_s = head->status == 206u ? 0 : http_read_date(value, length);
        return true;
    case LENGTH("Ota-Errno"):
        if (text_to_u64(value, length, &number) && number <= INT32_MAX) {
            head->ota_errno = (int32_t)number;
        }
        return true;
    case LENGTH("Connection"):
        take_connection(http, value, length);
        return true;
    case LENGTH("Retry-After"):
        take_retry_after(http, value, length);
        return true;
    case LENGTH("Content-Type"): /* application/json;charset=UTF-8 */
        head->json = starts_with(value, length, WORD("application/json"));
        return true;
    case LENGTH("Content-Range"):
        http->seen |= SEEN_RANGE;
        head->has_range = http_read_range(value, length, head);
        return !again;
    case LENGTH("Content-Length"):
        return take_content_length(http, value, length);
    case LENGTH("Content-Encoding"):
        return text_equal_nocase(value, length, "identity");
    default: /* Transfer-Encoding */
        if (head->chunked) {
            return false;
        }
        head->chunked = true;
        return text_equal_nocase(value, length, "chunked");
    }
}

/* ---------------------------------------------------------------- header */

static void begin_header(oneota_http_t *http)
{
    memset(&http->head, 0, sizeof http->head);
    http->head.ota_errno = -1;
    http->left = 0;
    http->seen = 0;
    http->state = IN_STATUS;
}

/* HTTP/1.1 206 Partial Content, where all after the number may be missing */
static bool read_status(oneota_http_t *http, const char *line, size_t length)
{
    unsigned status = 0;
    if (length < 12u || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '1' && line[7] != '0') ||
        line[8] != ' ' || (length > 12u && line[12] != ' ')) {
        return false;
    }
    for (size_t i = 9; i < 12u; i++) {
        const unsigned digit = (unsigned)line[i] - '0';
        if (digit > 9u) {
            return false;
        }
        status = status * 10u + digit;
    }
    http->head.status = (uint16_t)status;
    http->seen = line[7] == '0' ? SEEN_HTTP10 : 0;
    http->state = IN_FIELDS;
    return status >= 100u && status < 600u;
}

/** A name between blanks is refused: a folded line begins with one, and "Content-Length : 5" is
 *  read differently by different readers. */
static bool read_field(oneota_http_t *http, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    if (colon == NULL) {
        return false;
    }
    const size_t name_length = (size_t)(colon - line);
    const size_t index = name_length - LENGTH("Date");
    if (index >= sizeof k_names / sizeof k_names[0] || k_names[index] == NULL ||
        !same(line, name_length, k_names[index])) {
        return name_length > 0 && !is_blank(line[0]) && !is_blank(colon[-1]);
    }
    const char *end = line + length;
    const char *value = skip_blanks(colon + 1, end);
    while (end > value && is_blank(end[-1])) {
        end--;
    }
    return take_field(http, name_length, value, (size_t)(end - value));
}

static bool end_header(oneota_http_t *http)
{
    oneota_head_t *head = &http->head;
    if (head->status == 101u || (head->chunked && head->has_length)) {
        return false;
    }
    if (head->status < 200u) {
        begin_header(http);
        return http->interim++ != ONEOTA_INTERIM_MAX;
    }
    if (http->left != 0 && head->date_s != 0) {
        head->retry_after_s =
            clamp_retry(http->left > head->date_s ? http->left - head->date_s : 0);
    }
    head->keep =
        (http->seen & (SEEN_CLOSE | SEEN_HTTP10)) == 0 ||
        ((http->seen & (SEEN_CLOSE | SEEN_KEEP_ALIVE)) == SEEN_KEEP_ALIVE && !head->chunked);
    http->left = 0;
    http->state = IN_END;
    if (head->status == 204u || head->status == 304u) {
        return true;
    }
    if (head->chunked) {
        http->state = IN_SIZE;
    } else if (!head->has_length) {
        http->left = UINT64_MAX;
        http->state = IN_REST;
        head->keep = false;
    } else if (head->content_length > 0) {
        http->left = head->content_length;
        http->state = IN_BODY;
    }
    return true;
}

/* ---------------------------------------------------------------- lines */

/** Counts a byte of a line that is looked at byte by byte. @return false: refused */
static bool count_byte(oneota_http_t *http, uint8_t c)
{
    const bool after_cr = (http->seen & SEEN_CR) != 0;
    if (c == '\r') {
        http->seen |= SEEN_CR;
    }
    return http->line_length++ < ONEOTA_LINE_BYTES &&
           (c == '\n' || (!after_cr && (c >= 0x20u || c == '\r' || c == '\t')));
}

/** @return bytes of the line without its end */
static size_t end_line(oneota_http_t *http)
{
    const size_t length = http->line_length - ((http->seen & SEEN_CR) != 0 ? 2u : 1u);
    http->line_length = 0;
    http->seen &= (uint8_t)~SEEN_CR;
    return length;
}

/** Length of a line that lies whole in data, CR LF included; 0: look at it byte by byte. Goes over
 *  the plain text in it a word at a time. */
static size_t find_line(const uint8_t *data, size_t length)
{
    const size_t ones = SIZE_MAX / 0xFFu; /* 0x01 in every byte */
    size_t end = 0;
    size_t word = 0;
    while (word == 0) {
        if (length - end <= sizeof word) {
            return 0;
        }
        memcpy(&word, data + end, sizeof word);
        word = (word - ones * 0x20u) & ones * 0x80u; /* 0x80: may be below 0x20; 0: is not */
        end += sizeof word;
    }
    const uint8_t *suspects = (const uint8_t *)&word;
    end -= sizeof word;
    while (*suspects++ == 0) {
        end++;
    }
    return data[end] == '\r' && data[end + 1u] == '\n' ? end + 2u : 0;
}

/** Takes a whole line where it lies, or one byte of it. @return bytes taken; 0: refused */
static size_t take_line(oneota_http_t *http, const uint8_t *data, size_t length)
{
    const char *line = (const char *)data;
    size_t taken = http->line_length > 0 ? 0 : find_line(data, length);
    size_t line_length = taken - 2u;
    if (taken - 1u >= ONEOTA_LINE_BYTES) { /* none, or too long */
        taken = 1;
        if (!count_byte(http, *data)) {
            return 0;
        }
        http->line[http->line_length - 1u] = (char)*data;
        if (*data != '\n') {
            return taken;
        }
        line = http->line;
        line_length = end_line(http);
    }
    const bool fine = http->state == IN_STATUS ? read_status(http, line, line_length)
                      : line_length > 0        ? read_field(http, line, line_length)
                                               : end_header(http);
    return fine ? taken : 0;
}

/** Takes up to the end of the header. @return bytes taken */
static size_t take_header(oneota_http_t *http, const uint8_t *data, size_t length)
{
    const size_t room = (size_t)ONEOTA_HEADER_BYTES - http->block_length;
    const size_t most = length < room ? length : room;
    size_t taken = 0;
    while (http->state <= IN_FIELDS && taken < most) {
        const size_t line = take_line(http, data + taken, most - taken);
        taken += line;
        if (line == 0) {
            http->state = IN_BAD;
        }
    }
    http->block_length = (uint16_t)(http->block_length + taken);
    if (http->state <= IN_FIELDS && taken == room) {
        http->state = IN_BAD;
    }
    return taken;
}

/* ---------------------------------------------------------------- chunks and their trailer */

static uint8_t end_framing_line(oneota_http_t *http)
{
    const bool empty = end_line(http) == 0;
    if (http->state == IN_TRAILER) {
        return empty ? IN_END : IN_TRAILER;
    }
    http->block_length = 0;
    if (http->state == IN_CHUNK_END) {
        return IN_SIZE;
    }
    return empty ? IN_BAD : http->left == 0 ? IN_TRAILER : IN_CHUNK;
}

/* c2;name=value CR LF */
static uint8_t next_size(oneota_http_t *http, uint8_t c)
{
    const unsigned decimal = (unsigned)c - '0';
    const unsigned letter = (c | 0x20u) - 'a';
    if (decimal > 9u && letter > 5u) {
        return http->line_length > 1u && (c == ';' || is_blank((char)c)) ? IN_EXTENSION : IN_BAD;
    }
    const bool fits = http->left >> 60 == 0;
    http->left = http->left << 4 | (decimal <= 9u ? decimal : letter + 10u);
    return fits ? IN_SIZE : IN_BAD;
}

/** The state after one byte of what stands around chunks. */
static uint8_t next_framing(oneota_http_t *http, uint8_t c)
{
    if (!count_byte(http, c) ||
        (http->state == IN_TRAILER && http->block_length++ == ONEOTA_HEADER_BYTES)) {
        return IN_BAD;
    }
    if (c == '\n') {
        return end_framing_line(http);
    }
    if (c == '\r' || http->state == IN_EXTENSION || http->state == IN_TRAILER) {
        return http->state;
    }
    return http->state == IN_SIZE ? next_size(http, c) : IN_BAD;
}

/* ---------------------------------------------------------------- the answer */

void http_begin(oneota_http_t *http, char *line)
{
    http->line = line;
    http->line_length = 0;
    http->block_length = 0;
    http->interim = 0;
    begin_header(http);
}

static size_t give_body(oneota_http_t *http, const uint8_t *data, size_t length, http_body_t *body)
{
    body->data = data;
    body->length = length < http->left ? length : (size_t)http->left;
    http->left -= body->length;
    if (http->left == 0) {
        http->state = http->state == IN_CHUNK ? IN_CHUNK_END : IN_END;
    }
    return body->length;
}

http_event_t http_feed(oneota_http_t *http, const uint8_t *data, size_t length, size_t *used,
                       http_body_t *body)
{
    *used = 0;
    if (http->state <= IN_FIELDS) {
        *used = take_header(http, data, length);
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
    *used += give_body(http, data + *used, length - *used, body);
    return HTTP_BODY;
}

http_event_t http_closed(oneota_http_t *http)
{
    http->state = http->state == IN_REST || http->state == IN_END ? IN_END : IN_BAD;
    return http->state == IN_END ? HTTP_END : HTTP_BAD;
}
