/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * http.c: RFC 9110 and 9112 as far as an answer to GET or POST needs them. A line of the header is
 * read where it lies; only one that arrives in pieces is put together in http->line first.
 *
 * Numbers have 32 bits: nothing that is larger is of any use, and is refused as it is read.
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
    IN_REST, /**< up to the end of the connection */
    IN_CHUNK,
    IN_END,
    IN_BAD,
    IN_SIZE, /**< of a chunk; `left` is being read */
    IN_EXTENSION,
    IN_CHUNK_END,
    IN_TRAILER
};

/** http->seen, of this header. */
enum { SEEN_CLOSE = 1, SEEN_RANGE = 2 };

/* ---------------------------------------------------------------- values */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static uint32_t clamp_retry(uint32_t seconds)
{
    return seconds == 0 ? 1u : seconds > RETRY_MAX_S ? RETRY_MAX_S : seconds;
}

/* Tue, 05 Nov 2019 02:20:55 GMT; the name of the day is not looked at, a month may have 31 days */
uint32_t oneota_http_read_date(const char *value, size_t length)
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
    if (part[YEAR] - 1970u > 2105u - 1970u || part[DAY] - 1u > 30u || part[HOUR] > 23u ||
        part[MINUTE] > 59u || part[SECOND] > 60u) {
        return 0;
    }
    /* Years begin in March here: the leap day comes last. Day 0 is that of Unix. */
    const uint32_t since = part[YEAR] * 12u + month - 3u;
    const uint32_t y = since / 12u;
    const uint32_t days = y * 365u + y / 4u - y / 100u + y / 400u + (since % 12u * 153u + 2u) / 5u +
                          part[DAY] - 719469u;
    return ((days * 24u + part[HOUR]) * 60u + part[MINUTE]) * 60u + part[SECOND];
}

/* bytes 0-5/22 */
bool oneota_http_read_range(const char *value, size_t length, oneota_head_t *head)
{
    static const char before[] = " -/";
    uint32_t number[3];
    size_t at = 5;
    if (length < at || !oneota_text_equal_nocase(value, at, "bytes")) {
        return false;
    }
    for (size_t i = 0; i < 3u; i++) {
        if (at == length || value[at++] != before[i]) {
            return false;
        }
        const size_t digits = oneota_text_read_u32(value + at, length - at, &number[i]);
        if (digits == 0) {
            return false;
        }
        at += digits;
    }
    head->range_first = number[0];
    head->range_last = number[1];
    head->range_total = number[2];
    return at == length && number[0] <= number[1] && number[1] < number[2];
}

/* ---------------------------------------------------------------- fields */

#define LENGTH(text) (sizeof(text) - 1u)

static const char k_names[] = "\0Date\0Ota-Errno\0Connection\0Retry-After\0Content-Range\0"
                              "Content-Length\0Content-Encoding\0Transfer-Encoding";

/** By the length of a name, from the shortest: where in k_names it stands; no two are as long. */
static const uint8_t k_place[] = {1, 0, 0, 0, 0, 6, 16, 27, 0, 39, 53, 0, 68, 85};

/** A field of k_names. @return false: the answer is refused */
static bool take_field(oneota_http_t *http, size_t name_length, const char *value, size_t length)
{
    oneota_head_t *head = &http->head;
    uint32_t number = 0;
    const bool is_number = oneota_text_to_u32(value, length, &number);
    switch (name_length) {
    case LENGTH("Date"):
        /* Package bytes need no date, and reading one is a fifth of the work of their header. */
        head->date_s = head->status == 206u ? 0 : oneota_http_read_date(value, length);
        return true;
    case LENGTH("Ota-Errno"):
        head->ota_errno = is_number && number <= INT32_MAX ? (int32_t)number : head->ota_errno;
        return true;
    case LENGTH("Connection"):
        http->seen |= oneota_text_equal_nocase(value, length, "close") ? SEEN_CLOSE : 0;
        return true;
    case LENGTH("Retry-After"): /* a date counts from Date, which may stand below */
        head->retry_after_s = is_number ? clamp_retry(number) : 0;
        http->left = is_number ? 0 : oneota_http_read_date(value, length);
        return true;
    case LENGTH("Content-Range"):
        head->has_range = oneota_http_read_range(value, length, head);
        number = http->seen & SEEN_RANGE;
        http->seen |= SEEN_RANGE;
        return number == 0;
    case LENGTH("Content-Length"):
        if (!is_number || (head->has_length && number != head->content_length)) {
            return false;
        }
        head->content_length = number;
        head->has_length = true;
        return true;
    case LENGTH("Content-Encoding"):
        return oneota_text_equal_nocase(value, length, "identity");
    default: /* Transfer-Encoding */
        head->chunked = !head->chunked && oneota_text_equal_nocase(value, length, "chunked");
        return head->chunked;
    }
}

/** A name between blanks is refused: a folded line begins with one, and "Content-Length : 5" is
 *  read differently by different readers. */
static bool read_field(oneota_http_t *http, const char *line, const char *end)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (colon == NULL) {
        return false;
    }
    const size_t name_length = (size_t)(colon - line);
    const size_t index = name_length - LENGTH("Date");
    const char *name = k_names + (index < sizeof k_place ? k_place[index] : 0);
    if (*name == '\0' || (memcmp(line, name, name_length) != 0 &&
                          !oneota_text_equal_nocase(line, name_length, name))) {
        return name_length > 0 && !is_blank(line[0]) && !is_blank(colon[-1]);
    }
    do {
        colon++;
    } while (colon < end && is_blank(*colon));
    while (end > colon && is_blank(end[-1])) {
        end--;
    }
    return take_field(http, name_length, colon, (size_t)(end - colon));
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
    uint32_t status = 0;
    if (length < 12u || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] | 1) != '1' || line[8] != ' ' ||
        !oneota_text_to_u32(line + 9, 3, &status) || (length > 12u && line[12] != ' ')) {
        return false;
    }
    http->head.status = (uint16_t)status;
    http->seen = line[7] == '0' ? SEEN_CLOSE : 0; /* HTTP/1.0 */
    http->state = IN_FIELDS;
    return status - 100u < 500u;
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
    head->keep = (http->seen & SEEN_CLOSE) == 0;
    http->left = head->content_length;
    if (head->status == 204u || head->status == 304u) {
        http->state = IN_END;
    } else if (head->chunked) {
        http->state = IN_SIZE;
        http->left = 0;
    } else if (!head->has_length) {
        http->state = IN_REST;
        head->keep = false;
    } else {
        http->state = http->left > 0 ? IN_BODY : IN_END;
    }
    return true;
}

/** A line without its end. @return false: the answer is refused */
static bool take_line(oneota_http_t *http, const char *line, const char *end)
{
    if (end > line && end[-1] == '\r') {
        end--;
    }
    return http->state == IN_STATUS ? read_status(http, line, (size_t)(end - line))
           : line == end            ? end_header(http)
                                    : read_field(http, line, end);
}

/** Takes lines until the header is over, or the data. @return bytes taken */
static size_t take_header(oneota_http_t *http, const char *data, size_t length)
{
    const char *const stop = data + length;
    const char *next = data;
    do {
        const char *line = next;
        const char *end = memchr(line, '\n', (size_t)(stop - line));
        next = end == NULL ? stop : end + 1;
        const size_t bytes = (size_t)(next - line);
        if (bytes > (size_t)ONEOTA_LINE_BYTES - http->line_length) {
            http->state = IN_BAD;
            break;
        }
        if (end == NULL || http->line_length > 0) { /* in pieces */
            memcpy(http->line + http->line_length, line, bytes);
            http->line_length = (uint16_t)(http->line_length + bytes);
            if (end == NULL) { /* what is not HTTP may have no line ends at all */
                const size_t known = http->line_length < 7u ? http->line_length : 7u;
                if (http->state == IN_STATUS && memcmp(http->line, "HTTP/1.", known) != 0) {
                    http->state = IN_BAD;
                }
                break;
            }
            line = http->line;
            end = line + http->line_length - 1u;
            http->line_length = 0;
        }
        if (!take_line(http, line, end)) {
            http->state = IN_BAD;
        }
    } while (http->state <= IN_FIELDS && next < stop);
    const size_t taken = (size_t)(next - data);
    if (taken > (size_t)ONEOTA_HEADER_BYTES - http->block_length) {
        http->state = IN_BAD;
    }
    http->block_length = (uint16_t)(http->state > IN_FIELDS ? 0 : http->block_length + taken);
    return taken;
}

/* ---------------------------------------------------------------- chunks and their trailer */

/** The state after the line end of what stands around chunks. */
static uint8_t next_part(oneota_http_t *http, bool empty)
{
    switch (http->state) {
    case IN_TRAILER:
        return empty ? IN_END : IN_TRAILER;
    case IN_CHUNK_END:
        return IN_SIZE;
    default:
        http->block_length = 0; /* of a trailer, from here on */
        return empty ? IN_BAD : http->left == 0 ? IN_TRAILER : IN_CHUNK;
    }
}

/** The state after one byte of it: c2;name=value CR LF */
static uint8_t next_framing(oneota_http_t *http, uint8_t c)
{
    if (http->block_length++ == ONEOTA_HEADER_BYTES) {
        return IN_BAD;
    }
    if (c == '\r' && http->line_length == 0) {
        return http->state; /* an empty line, most likely */
    }
    if (http->line_length++ == ONEOTA_LINE_BYTES) {
        return IN_BAD;
    }
    if (c == '\n') {
        const bool empty = http->line_length == 1u;
        http->line_length = 0;
        return next_part(http, empty);
    }
    if (http->state != IN_SIZE) {
        return http->state == IN_CHUNK_END ? IN_BAD : http->state;
    }
    const unsigned decimal = (unsigned)c - '0';
    const unsigned letter = (c | 0x20u) - 'a';
    if (decimal > 9u && letter > 5u) {
        return http->line_length > 1u && (c == ';' || c == '\r' || is_blank((char)c)) ? IN_EXTENSION
                                                                                      : IN_BAD;
    }
    const bool fits = http->left >> 28 == 0;
    http->left = http->left << 4 | (decimal <= 9u ? decimal : letter + 10u);
    return fits ? IN_SIZE : IN_BAD;
}

/* ---------------------------------------------------------------- the answer */

void oneota_http_begin(oneota_http_t *http, char *line)
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
    body->length = length;
    if (http->state == IN_REST) {
        return length;
    }
    if (length >= http->left) {
        body->length = http->left;
        http->state = http->state == IN_CHUNK ? IN_CHUNK_END : IN_END;
    }
    http->left -= (uint32_t)body->length;
    return body->length;
}

http_event_t oneota_http_feed(oneota_http_t *http, const uint8_t *data, size_t length, size_t *used,
                              http_body_t *body)
{
    *used = 0;
    if (http->state <= IN_FIELDS && length > 0) {
        *used = take_header(http, (const char *)data, length);
        if (http->state <= IN_FIELDS) {
            return HTTP_MORE;
        }
        if (http->state != IN_BAD) {
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

http_event_t oneota_http_closed(oneota_http_t *http)
{
    http->state = http->state == IN_REST || http->state == IN_END ? IN_END : IN_BAD;
    return http->state == IN_END ? HTTP_END : HTTP_BAD;
}
