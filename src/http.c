/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * http.c: RFC 9110 and 9112 as far as an answer to GET or POST needs them. It is made of
 * lines, header, chunk sizes and trailer alike, and of a body; both are read where they lie.
 *
 * Numbers have 32 bits: nothing that is larger is of any use, and is refused as it is read.
 */
#include "http.h"

#include <string.h>

#include "text.h"

#define RETRY_MAX_S 86400u

/** What comes next. The order matters: lines, body, others. */
enum {
    IN_STATUS = 0,
    IN_FIELDS,
    IN_SIZE, /**< of a chunk */
    IN_CHUNK_END,
    IN_TRAILER,
    IN_CHUNK, /**< `left` counts what is to come of it, as below */
    IN_BODY,  /**< of Content-Length */
    IN_REST,  /**< up to the end of the connection */
    IN_HEAD,  /**< nowhere: the header is to be told */
    IN_END,
    IN_BAD
};

/* ---------------------------------------------------------------- values */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Tue, 05 Nov 2019 02:20:55 GMT; the name of the day is not looked at, a month may have 31 days */
uint32_t oneota_http_read_date(const char *value, size_t length)
{
    enum { DAY, YEAR, HOUR, MINUTE, SECOND, PARTS };
    static const char form[] = "???, # ??? # #:#:# GMT";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    uint32_t part[PARTS];

    if (length != sizeof "Tue, 05 Nov 2019 02:20:55 GMT" - 1u ||
        !oneota_text_scan(value, length, form, part)) {
        return 0;
    }
    unsigned month = 1;
    while (memcmp(months + (size_t)3u * month - 3u, value + 8, 3) != 0) {
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

/* ---------------------------------------------------------------- fields */

#define LENGTH(text) (sizeof(text) - 1u)

/** The fields that are read, and the form of what they say (text.h). No two names are as long: the
 *  length of its name is a field's number. */
static const char k_fields[] = "\0"
                               "Date\0\0"
                               "Ota-Errno\0#\0"
                               "Connection\0close\0"
                               "Retry-After\0#\0"
                               "Content-Range\0bytes #-#/#\0"
                               "Content-Length\0#\0"
                               "Content-Encoding\0identity\0"
                               "Transfer-Encoding\0chunked";

enum {
    DATE = LENGTH("Date"),
    OTA_ERRNO = LENGTH("Ota-Errno"),
    CONNECTION = LENGTH("Connection"),
    RETRY_AFTER = LENGTH("Retry-After"),
    RANGE = LENGTH("Content-Range"),
    CONTENT_LENGTH = LENGTH("Content-Length"),
    ENCODING = LENGTH("Content-Encoding"),
    FRAMING = LENGTH("Transfer-Encoding")
};

/** Where they stand in k_fields, from the shortest name. */
static const uint8_t k_place[] = {1, 0, 0, 0, 0, 7, 19, 36, 0, 50, 76, 0, 93, 119};

/** What frames a body: of another form, or said twice, the answer is refused. */
#define FRAMES_BODY (1u << CONTENT_LENGTH | 1u << ENCODING | 1u << FRAMING)
#define SAID_ONCE   (1u << RANGE | FRAMES_BODY)

/** @return false: the answer is refused */
static bool take_field(oneota_http_t *http, unsigned field, const char *form, const char *value,
                       size_t length)
{
    oneota_head_t *head = &http->head;
    uint32_t number[3];
    const bool good = oneota_text_scan(value, length, form, number);
    const uint32_t bit = 1u << field;

    if ((!good && (bit & FRAMES_BODY) != 0) || (head->said & bit & SAID_ONCE) != 0) {
        return false;
    }
    if (good || (bit & SAID_ONCE) != 0) {
        head->said |= bit;
    }
    if (field == DATE && head->status != 206u) { /* package bytes need no date */
        head->date_s = oneota_http_read_date(value, length);
    } else if (field == RETRY_AFTER && !good) { /* it counts from Date, which may stand below */
        http->left = oneota_http_read_date(value, length);
    } else if (field == RETRY_AFTER) {
        head->retry_after_s = number[0] > 0 ? number[0] : 1u;
    } else if (field == OTA_ERRNO && good && number[0] <= INT32_MAX) {
        head->ota_errno = (int32_t)number[0];
    } else if (field == CONTENT_LENGTH) {
        head->content_length = number[0];
    } else if (field == RANGE && good && number[0] <= number[1] && number[1] < number[2]) {
        memcpy(&head->range, number, sizeof head->range);
    }
    return true;
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
    const size_t index = name_length - DATE;
    const char *name = k_fields + (index < sizeof k_place ? k_place[index] : 0);
    if (*name == '\0' || (memcmp(line, name, name_length) != 0 &&
                          !oneota_text_scan(line, name_length, name, NULL))) {
        return name_length > 0 && !is_blank(line[0]) && !is_blank(colon[-1]);
    }
    while (is_blank(end[-1])) {
        end--;
    }
    do {
        colon++;
    } while (colon < end && is_blank(*colon));
    return take_field(http, (unsigned)name_length, name + name_length + 1u, colon,
                      (size_t)(end - colon));
}

/* ---------------------------------------------------------------- header */

static void begin_header(oneota_http_t *http)
{
    memset(&http->head, 0, sizeof http->head);
    http->head.ota_errno = -1;
    http->left = 0;
    http->state = IN_STATUS;
}

static const char k_start[] = "HTTP/1.";

/* HTTP/1.1 206 Partial Content, where all after the number may be missing */
static uint8_t read_status(oneota_http_t *http, const char *line, size_t length)
{
    uint32_t status = 0;

    if (length < 12u || (line[7] | 1) != '1' || line[8] != ' ' ||
        oneota_text_read(line + 9, 3, 10, &status) != 3u || (length > 12u && line[12] != ' ')) {
        return IN_BAD;
    }
    http->head.status = (uint16_t)status;
    http->head.said = line[7] == '0' ? HTTP_CLOSE : 0; /* HTTP/1.0 */
    return status - 100u < 500u ? IN_FIELDS : IN_BAD;
}

static uint8_t end_header(oneota_http_t *http)
{
    oneota_head_t *head = &http->head;

    if (head->status == 101u || (~head->said & (HTTP_CHUNKED | HTTP_LENGTH)) == 0) {
        return IN_BAD;
    }
    if (head->status < 200u) {
        begin_header(http);
        return http->interim++ != ONEOTA_INTERIM_MAX ? IN_STATUS : IN_BAD;
    }
    if (http->left != 0 && head->date_s != 0) {
        head->retry_after_s = http->left > head->date_s ? http->left - head->date_s : 1u;
    }
    if (head->retry_after_s > RETRY_MAX_S) {
        head->retry_after_s = RETRY_MAX_S;
    }
    http->block_left = ONEOTA_HEADER_BYTES;
    return IN_HEAD;
}

/** What the header says that it is followed by. */
static uint8_t frame_body(oneota_http_t *http)
{
    oneota_head_t *head = &http->head;

    http->left = head->content_length;
    if (head->status == 204u || head->status == 304u) {
        return IN_END;
    }
    if ((head->said & HTTP_CHUNKED) != 0) {
        return IN_SIZE;
    }
    if ((head->said & HTTP_LENGTH) == 0) {
        http->left = UINT32_MAX;
        head->said |= HTTP_CLOSE;
        return IN_REST;
    }
    return http->left > 0 ? IN_BODY : IN_END;
}

/* ---------------------------------------------------------------- lines */

/* c2;name=value */
static uint8_t read_size(oneota_http_t *http, const char *line, size_t length)
{
    const size_t digits = oneota_text_read(line, length, 16, &http->left);
    const char next = (char)(digits < length ? line[digits] : ';');

    http->block_left = ONEOTA_HEADER_BYTES; /* of a trailer, from here on */
    if (digits == 0 || (next != ';' && next != '\r' && !is_blank(next))) {
        return IN_BAD;
    }
    return http->left > 0 ? IN_CHUNK : IN_TRAILER;
}

/** What follows a line, which is given without its end. */
static uint8_t take_line(oneota_http_t *http, const char *line, size_t length)
{
    switch (http->state) {
    case IN_FIELDS:
        if (length > 0) {
            return read_field(http, line, line + length) ? IN_FIELDS : IN_BAD;
        }
        return end_header(http);
    case IN_STATUS:
        return read_status(http, line, length);
    case IN_SIZE:
        return read_size(http, line, length);
    case IN_CHUNK_END:
        return length == 0 ? IN_SIZE : IN_BAD;
    default:
        return length == 0 ? IN_END : IN_TRAILER;
    }
}

/** Takes a line. @return its bytes, its end included; 0: it is not whole, or the answer is
 *  refused */
static size_t next_line(oneota_http_t *http, const char *line, size_t length)
{
    const char *end = memchr(line, '\n', length);
    const size_t known = end != NULL ? (size_t)(end - line) : length;

    if (known >= ONEOTA_LINE_BYTES || known >= http->block_left ||
        /* what is not HTTP may have no line ends at all */
        (http->state == IN_STATUS &&
         memcmp(line, k_start, known < LENGTH(k_start) ? known : LENGTH(k_start)) != 0)) {
        http->state = IN_BAD;
        return 0;
    }
    if (end == NULL) {
        return 0;
    }
    http->block_left -= (uint32_t)known + 1u;
    http->state = take_line(http, line, known > 0 && end[-1] == '\r' ? known - 1u : known);
    return known + 1u;
}

/* ---------------------------------------------------------------- the answer */

void oneota_http_begin(oneota_http_t *http)
{
    http->block_left = ONEOTA_HEADER_BYTES;
    http->interim = 0;
    begin_header(http);
}

http_event_t oneota_http_feed(oneota_http_t *http, const uint8_t *data, size_t length, size_t *used,
                              http_body_t *body)
{
    size_t at = 0;
    size_t taken = 1;

    while (http->state <= IN_TRAILER && taken > 0) {
        taken = next_line(http, (const char *)data + at, length - at);
        at += taken;
    }
    *used = at;
    switch (http->state) {
    case IN_HEAD:
        http->state = frame_body(http);
        return HTTP_HEAD;
    case IN_END:
        return HTTP_END;
    case IN_BAD:
        return HTTP_BAD;
    }
    if (http->state <= IN_TRAILER || at == length) {
        return HTTP_MORE;
    }
    body->data = data + at;
    body->length = length - at < http->left ? length - at : http->left;
    *used = at + body->length;
    http->left -= (uint32_t)body->length;
    if (http->left == 0) {
        http->state = http->state == IN_CHUNK ? IN_CHUNK_END : IN_END;
    }
    return HTTP_BODY;
}

http_event_t oneota_http_closed(oneota_http_t *http)
{
    http->state = http->state == IN_REST || http->state == IN_END ? IN_END : IN_BAD;
    return http->state == IN_END ? HTTP_END : HTTP_BAD;
}
