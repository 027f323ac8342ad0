/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * http.h: an HTTP/1.1 answer, taken apart as its bytes arrive, in pieces of any size. Knows no URL,
 * no JSON, no state of an update. The body is never copied: it is pointed at where it lies.
 *
 *     oneota_http_begin(&http, line);
 *     for (;;) {
 *         switch (oneota_http_feed(&http, data, length, &used, &body)) {
 *             case HTTP_MORE: ... all of data used, receive more ...
 *             case HTTP_HEAD: ... http.head is complete; go on with data + used ...
 *             case HTTP_BODY: ... body.data, body.length; go on with data + used ...
 *             case HTTP_END:  ... the answer is complete ...
 *             case HTTP_BAD:  ... not HTTP, or beyond a limit of config.h; close ...
 *         }
 *     }
 *
 * After HTTP_HEAD and HTTP_BODY go on even when nothing is left: HTTP_END may follow at once.
 *
 * A line ends with CR LF or LF. Refused: a fold in the header, a blank before a colon, two lengths
 * that differ, a length with Transfer-Encoding, any coding but chunked, a second Content-Range,
 * 101, a length or chunk beyond 32 bits. A Content-Range that cannot be read is none. Lines that
 * are not used may hold any character. "Connection: close" is looked for alone, not in a list; a
 * connection of HTTP/1.0 is never kept.
 */
#ifndef ONEOTA_SRC_HTTP_H
#define ONEOTA_SRC_HTTP_H

#include "oneota/state.h"

typedef enum {
    HTTP_MORE = 0, /**< every byte was used, and more are needed */
    HTTP_HEAD,     /**< the header is complete (said once; interim answers are skipped) */
    HTTP_BODY,     /**< here are body bytes */
    HTTP_END,      /**< the answer is complete; bytes after it were not used */
    HTTP_BAD       /**< cannot be read; stays so */
} http_event_t;

typedef struct {
    const uint8_t *data; /**< within the bytes that were fed */
    size_t length;
} http_body_t;

/** @param line  borrowed until HTTP_HEAD: ONEOTA_LINE_BYTES. Chunk sizes and trailers need none. */
void oneota_http_begin(oneota_http_t *http, char *line);

/** Takes some of length bytes, 0 or more; *used says how many. With HTTP_BODY, *body lies within
 *  data. */
http_event_t oneota_http_feed(oneota_http_t *http, const uint8_t *data, size_t length, size_t *used,
                              http_body_t *body);

/** The peer closed in order. @return HTTP_END where that is how this body ends, else HTTP_BAD */
http_event_t oneota_http_closed(oneota_http_t *http);

/** Content-Range, as "bytes 0-5/22", into head->range_*; false for any other form, also for an
 *  unknown total. */
bool oneota_http_read_range(const char *value, size_t length, oneota_head_t *head);

/** RFC 1123 date ("Tue, 05 Nov 2019 02:20:55 GMT") as Unix seconds; 0 = not one. */
uint32_t oneota_http_read_date(const char *value, size_t length);

#endif
