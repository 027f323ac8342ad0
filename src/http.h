/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * http.h: an HTTP/1.1 answer, taken apart as its bytes arrive, in pieces of any size. Knows no URL,
 * no JSON, no state of an update. Nothing is copied: lines and body are read where they lie.
 *
 *     oneota_http_begin(&http);
 *     for (;;) {
 *         switch (oneota_http_feed(&http, data, length, &used, &body)) {
 *             case HTTP_MORE: ... receive more, behind data + used, which stays ...
 *             case HTTP_HEAD: ... http.head is complete ...
 *             case HTTP_BODY: ... body.data, body.length ...
 *             case HTTP_END:  ... the answer is complete ...
 *             case HTTP_BAD:  ... not HTTP, or beyond a limit of config.h; close ...
 *         }
 *         ... go on with data + used ...
 *     }
 *
 * After HTTP_HEAD and HTTP_BODY go on even when nothing is left: HTTP_END may follow at once.
 *
 * A line ends with CR LF or LF. Refused: a fold in the header, a blank before a colon, a second
 * length, coding or Content-Range, a length with Transfer-Encoding, any coding but chunked,
 * 101, a length or chunk beyond 32 bits. A Content-Range that cannot be read is none. Lines that
 * are not used may hold any character. "Connection: close" is looked for alone, not in a list; a
 * connection of HTTP/1.0 is never kept.
 */
#ifndef ONEOTA_SRC_HTTP_H
#define ONEOTA_SRC_HTTP_H

#include "oneota/state.h"

/** Bits of head.said, by the lengths of the fields' names: Connection: close, or HTTP/1.0, or a
 *  body that ends with the connection; Content-Length; Transfer-Encoding. */
#define HTTP_CLOSE   (1u << 10)
#define HTTP_LENGTH  (1u << 14)
#define HTTP_CHUNKED (1u << 17)

typedef enum {
    HTTP_MORE = 0, /**< more bytes are needed; those not used are shown again with them */
    HTTP_HEAD,     /**< the header is complete (said once; interim answers are skipped) */
    HTTP_BODY,     /**< here are body bytes */
    HTTP_END,      /**< the answer is complete; bytes after it were not used */
    HTTP_BAD       /**< cannot be read; stays so */
} http_event_t;

typedef struct {
    const uint8_t *data; /**< within the bytes that were fed */
    size_t length;
} http_body_t;

void oneota_http_begin(oneota_http_t *http);

/** Takes some of length bytes, 0 or more; *used says how many. With HTTP_BODY, *body is the
 *  last of them. An unfinished line has less than ONEOTA_LINE_BYTES. */
http_event_t oneota_http_feed(oneota_http_t *http, const uint8_t *data, size_t length, size_t *used,
                              http_body_t *body);

/** The peer closed in order. @return HTTP_END where that is how this body ends, else HTTP_BAD */
http_event_t oneota_http_closed(oneota_http_t *http);

/** RFC 1123 date ("Tue, 05 Nov 2019 02:20:55 GMT") as Unix seconds; 0 = not one. */
uint32_t oneota_http_read_date(const char *value, size_t length);

#endif
