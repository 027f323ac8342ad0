/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "fake_net.h"

#include <string.h>

#define ERRNO_RESET 104

static oneota_error_t violate(fake_net_t *net, const char *what)
{
    if (net->violation == NULL) {
        net->violation = what;
    }
    return ONEOTA_BROKEN;
}

/* Counts a call; is it the one that is planned for? */
static bool planned(fake_net_t *net, fake_net_call_t call)
{
    net->calls[call]++;
    net->calls[FAKE_NET_ANY]++;
    if (net->again_call != 0 && net->again_call != 1u + (uint8_t)call) {
        violate(net, "net: another call after AGAIN");
    }
    net->again_call = 0;
    return net->call_at != 0 && (net->call == call || net->call == FAKE_NET_ANY) &&
           net->calls[net->call] >= net->call_at &&
           net->calls[net->call] - net->call_at <= net->call_more;
}

static void maybe_cut(fake_net_t *net)
{
    if (net->cut_at != 0 && net->calls[FAKE_NET_ANY] == net->cut_at) {
        net->power_off(net->power_ctx);
    }
}

static oneota_error_t end_call(fake_net_t *net, oneota_error_t error)
{
    if (error != ONEOTA_OK && error != ONEOTA_AGAIN) {
        net->losses++;
        net->open = false;
    }
    maybe_cut(net);
    return error;
}

static oneota_error_t fail_call(fake_net_t *net, fake_net_call_t call)
{
    switch (net->call_end) {
    case FAKE_NET_CALL_AGAIN:
        net->again_call = (uint8_t)(1u + (uint8_t)call);
        return end_call(net, ONEOTA_AGAIN);
    case FAKE_NET_CALL_CLOSED:
        return end_call(net, call == FAKE_NET_OPEN ? ONEOTA_BROKEN : ONEOTA_CLOSED);
    case FAKE_NET_CALL_ODD:
        return end_call(net, (oneota_error_t)ERRNO_RESET); /* a port that gives its native code */
    default:
        return end_call(net, ONEOTA_BROKEN);
    }
}

static void drop(fake_net_t *net)
{
    net->open = false;
    net->stalled = false;
    net->early = false;
    net->paused = false;
    net->answering = false;
    net->doubled = false;
    net->extra = 0;
    net->left_length = 0;
    net->left_place = 0;
    net->request_length = 0;
    net->again_call = 0;
}

/* ---------------------------------------------------------------- the port */

static oneota_error_t net_open(void *ctx, const char *address, uint16_t port, const char *name)
{
    fake_net_t *net = ctx;
    bool hit = planned(net, FAKE_NET_OPEN);
    if (address == NULL || address[0] == '\0' || port == 0 || name == NULL) {
        return violate(net, "net: open without an address");
    }
    if (net->open) {
        return violate(net, "net: open twice");
    }
    if (net->down) {
        return end_call(net, ONEOTA_BROKEN);
    }
    if (hit && net->call_end != FAKE_NET_CALL_PARTLY) {
        return fail_call(net, FAKE_NET_OPEN);
    }
    drop(net);
    net->open = true;
    return end_call(net, ONEOTA_OK);
}

/* From a connection that is gone. */
static void serve_delayed(fake_net_t *net)
{
    fake_answer_t unheard = {.head_length = 0};
    if (net->delayed_length == 0 || net->answers < net->delayed_behind) {
        return;
    }
    *net->late = true;
    (void)net->server->serve(net->server_ctx, net->delayed, net->delayed_length, &unheard);
    *net->late = false;
    net->delayed_length = 0;
}

/* The server sees what has arrived. */
static void serve(fake_net_t *net)
{
    fake_answer_t *answer = &net->answer;
    serve_delayed(net);
    answer->head_length = 0;
    answer->body = NULL;
    answer->body_length = 0;
    answer->close = false;
    uint32_t used = net->server->serve(net->server_ctx, net->request, net->request_length, answer);
    if (used == 0) {
        return;
    }
    if (used != net->request_length) {
        violate(net, "net: more than one request");
    }
    net->request_length = 0;
    net->answering = true;
    net->place = 0;
    if (net->answers < FAKE_NET_ANSWERS_MAX) {
        net->lengths[net->answers] = answer->head_length + answer->body_length;
        net->requests[net->answers] = used;
    }
    net->answers++;
}

/* It has said all it had to say, and hung up, which the client cannot know yet. */
static bool hung_up(const fake_net_t *net)
{
    return net->open && net->answering && net->answer.close &&
           net->place == net->answer.head_length + net->answer.body_length;
}

/* A server that has had enough, in the middle of a request. */
static void refuse(fake_net_t *net)
{
    static const char k_refusal[] =
        "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    memset(&net->answer, 0, sizeof net->answer);
    memcpy(net->answer.head, k_refusal, sizeof k_refusal - 1u);
    net->answer.head_length = sizeof k_refusal - 1u;
    net->answer.close = true;
    net->answering = true;
    net->early = true;
    net->place = 0;
    net->request_length = 0;
    net->fault = FAKE_NET_FINE;
    net->losses++;
}

static void copy_answer(const fake_net_t *net, uint8_t *to, uint32_t count)
{
    const fake_answer_t *answer = &net->answer;
    uint32_t place = net->place;
    uint32_t head = place < answer->head_length ? answer->head_length - place : 0u;
    head = head < count ? head : count;
    if (head > 0) {
        memcpy(to, answer->head + place, head);
    }
    if (count > head) {
        memcpy(to + head, answer->body + (place + head - answer->head_length), count - head);
    }
}

/* The client takes the answer for whole, and asks on: the rest comes before what it asks for. */
static void leave_rest(fake_net_t *net)
{
    uint32_t length = net->answer.head_length + net->answer.body_length - net->place;
    if (!net->answering || !net->doubled) {
        return;
    }
    length = length < sizeof net->left ? length : (uint32_t)sizeof net->left;
    copy_answer(net, net->left, length);
    net->left_length = length;
    net->left_place = 0;
    net->answering = false;
    net->doubled = false;
    net->extra = 0;
}

static oneota_error_t net_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    fake_net_t *net = ctx;
    bool repeated = net->again_call == 1u + (uint8_t)FAKE_NET_SEND;
    bool hit = planned(net, FAKE_NET_SEND);
    *sent = 0;
    if (hung_up(net) && !net->early && length > 0) {
        *sent = length; /* on its way, but nobody reads it */
        return end_call(net, ONEOTA_OK);
    }
    leave_rest(net);
    if (!net->open || length == 0 || (net->answering && !net->early)) {
        return violate(net, "net: send out of turn");
    }
    if (net->early) {
        *sent = length;
        return end_call(net, ONEOTA_OK);
    }
    if (repeated && (net->again_data != data || net->again_length != length)) {
        return violate(net, "net: send with other arguments after AGAIN");
    }
    net->again_data = data;
    net->again_length = length;
    if (hit && (net->call_end < FAKE_NET_CALL_LOST || net->call_end == FAKE_NET_CALL_ODD)) {
        return fail_call(net, FAKE_NET_SEND);
    }
    size_t count = net->send_max != 0 && net->send_max < length ? net->send_max : length;
    count = hit && net->call_end == FAKE_NET_CALL_PARTLY ? 1u : count;
    if (count > FAKE_NET_REQUEST_MAX - net->request_length) {
        return violate(net, "net: an endless request");
    }
    memcpy(net->request + net->request_length, data, count);
    net->request_length += (uint32_t)count;
    if (net->fault == FAKE_NET_EARLY && net->answers + 1u == net->fault_answer &&
        net->request_length > net->fault_at) {
        *sent = count < length ? count : net->fault_at + 1u;
        refuse(net);
        return end_call(net, ONEOTA_OK);
    }
    if (hit && net->call_end == FAKE_NET_CALL_LATE) {
        memcpy(net->delayed, net->request, net->request_length);
        net->delayed_length = net->request_length;
        net->delayed_behind = net->answers + 1u;
        return fail_call(net, FAKE_NET_SEND);
    }
    serve(net);
    if (hit && net->call_end == FAKE_NET_CALL_LOST) {
        return fail_call(net, FAKE_NET_SEND);
    }
    *sent = count;
    return end_call(net, ONEOTA_OK);
}

/* Is something planned for the present answer? */
static bool spoils(const fake_net_t *net)
{
    return net->fault != FAKE_NET_FINE && (net->fault_stays ? net->fault_answer <= net->answers
                                                            : net->fault_answer == net->answers);
}

/* Bytes of the answer that one receive may take, up to the next place where something is planned.
 * */
static uint32_t reach(const fake_net_t *net, uint32_t length)
{
    uint32_t end = length;
    bool past = net->fault == FAKE_NET_PAUSE && net->resumed;
    if (spoils(net) && !past && net->fault_at < end && net->fault_at >= net->place) {
        bool with = net->fault >= FAKE_NET_SLOW && net->fault != FAKE_NET_TWICE;
        end = net->fault_at + (with ? 1u : 0u);
    } else if (spoils(net) && net->fault == FAKE_NET_SLOW && net->place > net->fault_at) {
        end = net->place + 1u;
    }
    if (net->split_answer == net->answers && net->split_at > net->place && net->split_at < end) {
        end = net->split_at;
    }
    if (net->recv_max != 0 && end - net->place > net->recv_max) {
        end = net->place + net->recv_max;
    }
    return end - net->place;
}

/* It goes on, but later. */
static bool is_paused(fake_net_t *net)
{
    if (net->fault != FAKE_NET_PAUSE || net->resumed || !spoils(net) ||
        net->place != net->fault_at || net->now_ms == NULL) {
        return false;
    }
    if (!net->paused) {
        net->paused = true;
        net->resume_ms = *net->now_ms + net->pause_ms;
    }
    net->resumed = (int32_t)(*net->now_ms - net->resume_ms) >= 0;
    net->paused = !net->resumed;
    return net->paused;
}

uint32_t fake_net_left_ms(const fake_net_t *net)
{
    return net->paused ? net->resume_ms - *net->now_ms : UINT32_MAX;
}

/* A broken box on the way: a segment comes once more, as if it were new. */
static void repeat(fake_net_t *net)
{
    if (net->fault == FAKE_NET_TWICE && spoils(net) && !net->doubled && net->place > 0 &&
        net->place == net->fault_at) {
        bool all = net->fault_bytes == 0 || net->fault_bytes > net->place;
        uint32_t bytes = all ? net->place : net->fault_bytes;
        net->extra = net->place > net->answer.head_length ? bytes : 0;
        net->place -= bytes;
        net->doubled = true;
        net->fault = FAKE_NET_FINE;
    }
}

/* What nobody asked for, behind the answer that has just ended. */
static void add_tail(fake_net_t *net)
{
    static const char k_rubbish[] = "\r\nHTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n"
                                    "{\"errno\":0}\r\n";
    if (net->fault != FAKE_NET_TAIL || !spoils(net)) {
        return;
    }
    for (uint32_t n = 0; n < net->fault_bytes && n < sizeof net->left; n++) {
        net->left[n] = (uint8_t)k_rubbish[n % (sizeof k_rubbish - 1u)];
    }
    net->left_length = net->fault_bytes;
    net->left_place = 0;
    net->fault = FAKE_NET_FINE;
}

/* What was left comes before anything else. */
static uint32_t take_left(fake_net_t *net, uint8_t *to, size_t size)
{
    uint32_t count = net->left_length - net->left_place;
    count = count < size ? count : (uint32_t)size;
    memcpy(to, net->left + net->left_place, count);
    net->left_place += count;
    net->bytes_down += count;
    return count;
}

/* Nothing can be had: why? */
static oneota_error_t at_end(fake_net_t *net, uint32_t length)
{
    bool fault = net->fault >= FAKE_NET_CLOSE && net->fault <= FAKE_NET_STALL && net->answering &&
                 net->place < length;
    net->stalled = net->stalled || (fault && net->fault == FAKE_NET_STALL);
    if (net->stalled || (!fault && !(net->answering && net->answer.close))) {
        return end_call(net, ONEOTA_AGAIN);
    }
    return end_call(net, fault && net->fault == FAKE_NET_RESET ? ONEOTA_BROKEN : ONEOTA_CLOSED);
}

static oneota_error_t net_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    fake_net_t *net = ctx;
    bool hit = planned(net, FAKE_NET_RECV);
    *received = 0;
    if (!net->open || size == 0) {
        return violate(net, "net: receive out of turn");
    }
    if (hit && net->call_end != FAKE_NET_CALL_PARTLY) {
        return fail_call(net, FAKE_NET_RECV);
    }
    *received = take_left(net, buffer, size);
    if (*received > 0) {
        return end_call(net, ONEOTA_OK);
    }
    repeat(net);
    uint32_t length = net->answering ? net->answer.head_length + net->answer.body_length : 0u;
    if (net->answering && is_paused(net)) {
        return end_call(net, ONEOTA_AGAIN);
    }
    uint32_t count = net->stalled || !net->answering ? 0u : reach(net, length);
    count = count < size ? count : (uint32_t)size;
    count = hit && count > 1u ? 1u : count;
    if (count == 0) {
        return at_end(net, length);
    }
    copy_answer(net, buffer, count);
    if (spoils(net) && net->fault == FAKE_NET_CORRUPT && net->place + count == net->fault_at + 1u) {
        ((uint8_t *)buffer)[count - 1u] ^= (uint8_t)(1u << net->fault_bit);
    }
    net->place += count;
    net->bytes_down += count;
    uint32_t body = net->place + net->extra; /* who counts them cannot tell */
    body = body > net->answer.head_length ? body - net->answer.head_length : 0;
    body = body < net->answer.body_length ? body : net->answer.body_length;
    if (!net->early) {
        net->server->delivered(net->server_ctx, body, net->place == length);
    }
    if (net->place == length) {
        net->answering = net->answer.close;
        add_tail(net);
        count += take_left(net, (uint8_t *)buffer + count, size - count);
    }
    *received = count;
    return end_call(net, ONEOTA_OK);
}

static void net_close(void *ctx)
{
    fake_net_t *net = ctx;
    bool waits = net->answering || net->request_length > 0 || net->again_call != 0;
    net->losses += net->open && waits ? 1u : 0u;
    drop(net);
}

static int32_t net_last_error(void *ctx)
{
    (void)ctx;
    return ERRNO_RESET;
}

void fake_net_init(fake_net_t *net, const fake_server_t *server, void *server_ctx)
{
    memset(net, 0, sizeof *net);
    net->port.open = net_open;
    net->port.send = net_send;
    net->port.recv = net_recv;
    net->port.close = net_close;
    net->port.last_error = net_last_error;
    net->server = server;
    net->server_ctx = server_ctx;
}

void fake_net_drop(fake_net_t *net)
{
    drop(net);
}
