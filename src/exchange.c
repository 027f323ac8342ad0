/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "exchange.h"

#include "policy.h"

enum { IDLE = 0, OPENING, SENDING, ANSWER, BODY };

void oneota_exchange_init(oneota_exchange_t *x, const oneota_net_t *net, void *net_ctx,
                          uint8_t *work, uint32_t work_bytes)
{
    *x = (oneota_exchange_t){0};
    x->net = net;
    x->net_ctx = net_ctx;
    x->work = work;
    x->work_bytes = work_bytes;
}

char *oneota_exchange_room(oneota_exchange_t *x, size_t *size)
{
    /* a byte is left, so that there is room to receive the answer's first one */
    *size = x->work_bytes - EXCHANGE_LINE_BYTES - 1u;
    return (char *)x->work + EXCHANGE_LINE_BYTES;
}

static void enter(oneota_exchange_t *x, uint8_t state, uint32_t now_ms)
{
    x->state = state;
    x->since_ms = now_ms;
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
    x->stream = stream;
    x->sent = 0;
    x->body_end = 0;
    oneota_http_begin(&x->http, (char *)x->work);
    enter(x, x->open ? SENDING : OPENING, now_ms);
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

static exchange_event_t fail(oneota_exchange_t *x, oneota_reason_t reason, int32_t code)
{
    oneota_exchange_close(x);
    x->reason = (uint8_t)reason;
    x->code = code;
    return EXCHANGE_FAILED;
}

static bool answer_began(const oneota_exchange_t *x)
{
    return x->http.block_length > 0 || x->state == BODY;
}

/* The link is gone. A kept connection that died before an answer began is tried again. */
static exchange_event_t lost(oneota_exchange_t *x, uint32_t now_ms)
{
    int32_t code = x->net->last_error == NULL ? 0 : x->net->last_error(x->net_ctx);
    if (!x->reused || answer_began(x)) {
        return fail(x, ONEOTA_REASON_NETWORK, code);
    }
    oneota_exchange_close(x);
    oneota_http_begin(&x->http, (char *)x->work);
    x->sent = 0;
    enter(x, OPENING, now_ms);
    return EXCHANGE_BUSY;
}

static uint32_t deadline_ms(const oneota_exchange_t *x)
{
    if (x->state == OPENING) {
        return ONEOTA_CONNECT_MS;
    }
    if (x->state == SENDING || (x->state == BODY && x->stream)) {
        return ONEOTA_SILENCE_MS;
    }
    return ONEOTA_ANSWER_MS;
}

static exchange_event_t wait(oneota_exchange_t *x, uint32_t now_ms)
{
    if (!oneota_policy_due(now_ms, x->since_ms, deadline_ms(x))) {
        return EXCHANGE_WAIT;
    }
    return fail(x, ONEOTA_REASON_TIMEOUT, 0);
}

uint32_t oneota_exchange_left_ms(const oneota_exchange_t *x, uint32_t now_ms)
{
    uint32_t left = oneota_policy_left_ms(now_ms, x->since_ms, deadline_ms(x));
    uint32_t poll_ms = x->net->poll_ms;
    return poll_ms > 0 && poll_ms < left ? poll_ms : left;
}

static exchange_event_t open_step(oneota_exchange_t *x, uint32_t now_ms)
{
    oneota_error_t error = x->net->open(x->net_ctx, x->address, x->port, x->server_name);
    if (error == ONEOTA_AGAIN) {
        return wait(x, now_ms);
    }
    if (error != ONEOTA_OK) {
        return lost(x, now_ms);
    }
    x->open = true;
    enter(x, SENDING, now_ms);
    return EXCHANGE_BUSY;
}

static exchange_event_t send_step(oneota_exchange_t *x, uint32_t now_ms)
{
    size_t sent = 0;
    size_t left = x->request_length - x->sent;
    const uint8_t *data = x->work + EXCHANGE_LINE_BYTES + x->sent;
    oneota_error_t error = x->net->send(x->net_ctx, data, left, &sent);
    if (error == ONEOTA_AGAIN) {
        return wait(x, now_ms);
    }
    if (error != ONEOTA_OK || sent == 0 || sent > left) {
        return lost(x, now_ms);
    }
    x->sent += (uint32_t)sent;
    enter(x, x->sent == x->request_length ? ANSWER : SENDING, now_ms);
    return EXCHANGE_BUSY;
}

/* The peer ended in order: the end of this body, or of the link. */
static exchange_event_t closed(oneota_exchange_t *x, uint32_t now_ms)
{
    if (oneota_http_closed(&x->http) != HTTP_END) {
        return lost(x, now_ms);
    }
    oneota_exchange_close(x);
    return EXCHANGE_END;
}

static exchange_event_t end(oneota_exchange_t *x)
{
    bool keep = x->http.head.keep && x->begin == x->end;
    x->state = IDLE;
    x->reused = true;
    if (!keep) {
        oneota_exchange_close(x);
    }
    return EXCHANGE_END;
}

static exchange_event_t parse(oneota_exchange_t *x, uint32_t now_ms, http_body_t *body)
{
    size_t used = 0;
    http_event_t event =
        oneota_http_feed(&x->http, x->work + x->begin, x->end - x->begin, &used, body);
    x->begin += (uint32_t)used;
    switch (event) {
    case HTTP_HEAD:
        enter(x, BODY, now_ms);
        return EXCHANGE_HEAD;
    case HTTP_BODY:
        x->body = (uint32_t)(body->data - x->work);
        x->body_end = x->body + (uint32_t)body->length;
        return EXCHANGE_BODY;
    case HTTP_END:
        return end(x);
    case HTTP_BAD:
        return fail(x, ONEOTA_REASON_PEER, x->http.head.status);
    default:
        return EXCHANGE_BUSY;
    }
}

static exchange_event_t receive(oneota_exchange_t *x, uint32_t now_ms, http_body_t *body)
{
    size_t received = 0;
    x->begin = x->end = EXCHANGE_LINE_BYTES + x->request_length;
    size_t room = x->work_bytes - x->begin;
    oneota_error_t error = x->net->recv(x->net_ctx, x->work + x->begin, room, &received);
    if (error == ONEOTA_AGAIN) {
        return wait(x, now_ms);
    }
    if (error == ONEOTA_CLOSED) {
        return closed(x, now_ms);
    }
    if (error != ONEOTA_OK || received == 0 || received > room) {
        return lost(x, now_ms);
    }
    x->end = x->begin + (uint32_t)received;
    if (x->state == BODY && x->stream) {
        x->since_ms = now_ms;
    }
    return parse(x, now_ms, body);
}

void oneota_exchange_take(oneota_exchange_t *x, size_t length, uint32_t now_ms)
{
    x->body += (uint32_t)length;
    if (x->stream) {
        x->since_ms = now_ms; /* a slow flash is not a silent peer */
    }
}

exchange_event_t oneota_exchange_step(oneota_exchange_t *x, uint32_t now_ms, http_body_t *body)
{
    if (x->body < x->body_end) {
        body->data = x->work + x->body;
        body->length = x->body_end - x->body;
        return EXCHANGE_BODY;
    }
    exchange_event_t event;
    switch (x->state) {
    case OPENING:
        return open_step(x, now_ms);
    case SENDING:
        return send_step(x, now_ms);
    case BODY:
        event = parse(x, now_ms, body);
        if (event != EXCHANGE_BUSY) {
            return event;
        }
        /* fall through */
    case ANSWER:
        return receive(x, now_ms, body);
    default:
        return fail(x, ONEOTA_REASON_NETWORK, 0);
    }
}
