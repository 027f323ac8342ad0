/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "exchange.h"

#include <string.h>

#include "policy.h"

enum { IDLE = 0, OPENING, SENDING, ANSWER, BODY, STREAM };

void oneota_exchange_init(oneota_exchange_t *x, const oneota_net_t *net, void *net_ctx,
                          uint8_t *work, uint32_t work_bytes)
{
    x->net = net;
    x->net_ctx = net_ctx;
    x->work = work;
    x->work_bytes = work_bytes;
}

char *oneota_exchange_room(oneota_exchange_t *x, size_t *size)
{
    *size = x->work_bytes - ONEOTA_LINE_BYTES; /* so that there is room for a line of the answer */
    return (char *)x->work;
}

uint32_t oneota_exchange_left_ms(const oneota_exchange_t *x, uint32_t now_ms)
{
    static const uint32_t k_limits_ms[] = {
        [OPENING] = ONEOTA_CONNECT_MS, [SENDING] = ONEOTA_SILENCE_MS, [ANSWER] = ONEOTA_ANSWER_MS,
        [BODY] = ONEOTA_ANSWER_MS,     [STREAM] = ONEOTA_SILENCE_MS,
    };
    uint32_t left = oneota_policy_left_ms(now_ms, x->since_ms, k_limits_ms[x->state]);
    uint32_t poll_ms = x->net->poll_ms;
    return poll_ms > 0 && poll_ms < left ? poll_ms : left;
}

static void enter(oneota_exchange_t *x, uint8_t state, uint32_t now_ms)
{
    x->state = state;
    x->since_ms = now_ms;
}

/* The request is to be sent, over a connection that is there or is opened. */
static void begin(oneota_exchange_t *x, uint32_t now_ms)
{
    oneota_http_begin(&x->http);
    x->begin = 0;
    x->end = x->request_length;
    x->body_end = 0;
    enter(x, x->open ? SENDING : OPENING, now_ms);
}

void oneota_exchange_start(oneota_exchange_t *x, const char *address, uint16_t port,
                           const char *server_name, uint32_t request_length, bool stream,
                           uint32_t now_ms)
{
    if (x->open && (x->address != address || x->port != port)) {
        oneota_exchange_close(x);
    }
    x->address = address;
    x->port = port;
    x->server_name = server_name;
    x->request_length = request_length;
    x->text_length = 0;
    x->stream = stream;
    begin(x, now_ms);
}

void oneota_exchange_close(oneota_exchange_t *x)
{
    if (x->open || x->state != IDLE) {
        x->net->close(x->net_ctx);
    }
    x->open = false;
    x->reused = false;
    x->state = IDLE;
}

void oneota_exchange_forget(oneota_exchange_t *x)
{
    memset(x->work + x->text_length, 0, x->work_bytes - x->text_length);
}

void oneota_exchange_wipe(oneota_exchange_t *x)
{
    oneota_exchange_close(x);
    x->text_length = 0;
    oneota_exchange_forget(x);
}

static exchange_event_t fail(oneota_exchange_t *x, oneota_reason_t reason, int32_t code)
{
    oneota_exchange_close(x);
    x->reason = (uint8_t)reason;
    x->code = code;
    return EXCHANGE_FAILED;
}

/* The link is gone. A kept connection that died before an answer began is tried again. */
static exchange_event_t lost(oneota_exchange_t *x, uint32_t now_ms)
{
    int32_t code = x->net->last_error == NULL ? 0 : x->net->last_error(x->net_ctx);
    if (!x->reused) {
        return fail(x, ONEOTA_REASON_NETWORK, code);
    }
    oneota_exchange_close(x);
    begin(x, now_ms);
    return EXCHANGE_BUSY;
}

static exchange_event_t parse(oneota_exchange_t *x, uint32_t now_ms, http_body_t *body)
{
    size_t used = 0;
    http_event_t event =
        oneota_http_feed(&x->http, x->work + x->begin, x->end - x->begin, &used, body);
    x->begin += (uint32_t)used;
    switch (event) {
    case HTTP_HEAD:
        enter(x, x->stream ? STREAM : BODY, now_ms);
        break;
    case HTTP_BODY:
        x->body_end = x->begin;
        x->begin -= (uint32_t)body->length;
        break;
    case HTTP_END:
        x->state = IDLE;
        x->reused = true;
        if ((x->http.head.said & HTTP_CLOSE) != 0 || x->begin != x->end) {
            oneota_exchange_close(x);
        }
        break;
    case HTTP_BAD:
        return fail(x, ONEOTA_REASON_PEER, x->http.head.status);
    default:
        break;
    }
    return (exchange_event_t)event;
}

/* Input goes behind what is kept, and behind the beginning of a line that has not ended yet. */
static size_t make_room(oneota_exchange_t *x)
{
    const uint32_t front = x->text_length > 0 ? x->text_length : x->request_length;
    const uint32_t begun = x->end - x->begin;

    if (begun > 0) {
        memmove(x->work + front, x->work + x->begin, begun);
    }
    x->begin = front;
    x->end = front + begun;
    x->body_end = 0;
    return x->work_bytes - x->end;
}

/* The one call of the port that the state waits for. *moved: bytes that went through, of *most */
static oneota_error_t use_port(oneota_exchange_t *x, size_t *most, size_t *moved)
{
    const oneota_net_t *net = x->net;

    switch (x->state) {
    case OPENING:
        *most = *moved = 1;
        return net->open(x->net_ctx, x->address, x->port, x->server_name);
    case SENDING:
        *most = x->end - x->begin;
        return net->send(x->net_ctx, x->work + x->begin, *most, moved);
    default:
        *most = make_room(x);
        return net->recv(x->net_ctx, x->work + x->end, *most, moved);
    }
}

static exchange_event_t go_on(oneota_exchange_t *x, uint32_t now_ms, http_body_t *body)
{
    size_t most, moved = 0;

    if (x->state == IDLE) {
        return fail(x, ONEOTA_REASON_NETWORK, 0);
    }
    const oneota_error_t error = use_port(x, &most, &moved);
    if (error == ONEOTA_AGAIN) {
        return oneota_exchange_left_ms(x, now_ms) > 0 ? EXCHANGE_WAIT
                                                      : fail(x, ONEOTA_REASON_TIMEOUT, 0);
    }
    if (error == ONEOTA_CLOSED && x->state >= ANSWER && oneota_http_closed(&x->http) == HTTP_END) {
        oneota_exchange_close(x);
        return EXCHANGE_END;
    }
    if (error != ONEOTA_OK || moved - 1u >= most) {
        return lost(x, now_ms);
    }
    switch (x->state) {
    case OPENING:
        x->open = true;
        enter(x, SENDING, now_ms);
        return EXCHANGE_BUSY;
    case SENDING:
        x->begin += (uint32_t)moved;
        enter(x, x->begin == x->end ? ANSWER : SENDING, now_ms);
        return EXCHANGE_BUSY;
    case STREAM:
        x->since_ms = now_ms;
        break;
    }
    x->end += (uint32_t)moved;
    x->reused = false;
    return parse(x, now_ms, body);
}

void oneota_exchange_take(oneota_exchange_t *x, size_t length, uint32_t now_ms)
{
    x->begin += (uint32_t)length;
    if (x->state == STREAM) {
        x->since_ms = now_ms; /* a slow flash is not a silent peer */
    }
}

bool oneota_exchange_keep(oneota_exchange_t *x, const http_body_t *body, uint32_t now_ms)
{
    const size_t room = ONEOTA_JSON_BYTES - x->text_length;
    const size_t length = body->length < room ? body->length : room;

    memmove(x->work + x->text_length, body->data, length);
    x->text_length += (uint32_t)length;
    if (length < body->length) {
        x->text_length++;
        oneota_exchange_close(x);
        return false;
    }
    oneota_exchange_take(x, length, now_ms);
    return true;
}

exchange_event_t oneota_exchange_step(oneota_exchange_t *x, uint32_t now_ms, http_body_t *body)
{
    if (x->begin < x->body_end) {
        body->data = x->work + x->begin;
        body->length = x->body_end - x->begin;
        return EXCHANGE_BODY;
    }
    if (x->state < BODY) {
        return go_on(x, now_ms, body);
    }
    const exchange_event_t event = parse(x, now_ms, body);
    return event != EXCHANGE_BUSY ? event : go_on(x, now_ms, body);
}
