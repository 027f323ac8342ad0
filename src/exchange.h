/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * exchange.h: one HTTP exchange over a net port: connect, send, take the answer apart; with
 * deadlines, over a connection that is kept for the next one. A kept connection that turns out to
 * be dead before the first byte of an answer is opened again, once, and the request sent again:
 * nobody notices.
 *
 *     room = oneota_exchange_room(x, &size);            ... write a request of n bytes there ...
 *     oneota_exchange_start(x, address, port, name, n, stream, now);
 *     each poll: switch (oneota_exchange_step(x, now, &body)) {
 *         case EXCHANGE_WAIT:   ... nothing to do for oneota_exchange_left_ms() ...
 *         case EXCHANGE_BUSY:   ... poll again ...
 *         case EXCHANGE_HEAD:   ... x->http.head ...
 *         case EXCHANGE_BODY:   ... use body, then oneota_exchange_take(x, what was used, now) ...
 *         case EXCHANGE_END:    ... the answer is complete ...
 *         case EXCHANGE_FAILED: ... x->reason, x->code; the connection is closed ...
 *     }
 *
 * Work buffer: [ request, then input ]. The request stays, for the next one may differ in its range
 * alone; but a body that is text is kept over it: [ text, then input ].
 */
#ifndef ONEOTA_SRC_EXCHANGE_H
#define ONEOTA_SRC_EXCHANGE_H

#include "http.h"
#include "oneota/state.h"

/** Least work buffer: a request with the longest Authorization, and a line; or, of its caller, a
 * text and what the longest task takes to be read, whose nodes are made of pointers. */
#define EXCHANGE_WORK_MIN                                                              \
    ((ONEOTA_LINE_BYTES > ONEOTA_JSON_BYTES ? ONEOTA_LINE_BYTES : ONEOTA_JSON_BYTES) + \
     (sizeof(void *) > 4u ? 1600u : 1000u))

/** What http.h says, and what only a connection can say. */
typedef enum {
    EXCHANGE_BUSY = HTTP_MORE,
    EXCHANGE_HEAD = HTTP_HEAD,
    EXCHANGE_BODY = HTTP_BODY,
    EXCHANGE_END = HTTP_END,
    EXCHANGE_FAILED = HTTP_BAD,
    EXCHANGE_WAIT
} exchange_event_t;

/** @param x  zeroised */
void oneota_exchange_init(oneota_exchange_t *x, const oneota_net_t *net, void *net_ctx,
                          uint8_t *work, uint32_t work_bytes);

/** Where a request is written, and how long it may be. */
char *oneota_exchange_room(oneota_exchange_t *x, size_t *size);

/** @param stream  the body may take as long as it keeps coming; else ONEOTA_ANSWER_MS is for all */
void oneota_exchange_start(oneota_exchange_t *x, const char *address, uint16_t port,
                           const char *server_name, uint32_t request_length, bool stream,
                           uint32_t now_ms);

/** At most one call of the net port, one receive included. */
exchange_event_t oneota_exchange_step(oneota_exchange_t *x, uint32_t now_ms, http_body_t *body);

/** The first length bytes of the body that was shown are used. */
void oneota_exchange_take(oneota_exchange_t *x, size_t length, uint32_t now_ms);

/** Takes all of the body that was shown to the text at the front of the work buffer.
 *  @return false: there is more of it than ONEOTA_JSON_BYTES; the connection is closed */
bool oneota_exchange_keep(oneota_exchange_t *x, const http_body_t *body, uint32_t now_ms);

/** How long oneota_exchange_step() may be left alone if nothing arrives. */
uint32_t oneota_exchange_left_ms(const oneota_exchange_t *x, uint32_t now_ms);

/** The request was answered, or is not made again as it is: leaves nothing of it and of its
 *  Authorization in the work buffer, behind the text that was kept. */
void oneota_exchange_forget(oneota_exchange_t *x);

/** Ends connection and exchange, in any state. */
void oneota_exchange_close(oneota_exchange_t *x);

/** Likewise, and leaves nothing at all in the work buffer. */
void oneota_exchange_wipe(oneota_exchange_t *x);

#endif
