/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * check_net.c: a byte stream, opened, used and closed in each of its states.
 */
#include "parts.h"

#include <string.h>

#define REFUSED_PORT 1u
#define GUARD        8u /* bytes behind a buffer */
#define POISON       0x5Au
#define SLOW_MS      50u  /* a call beyond it is said to block */
#define ARRIVE_MS    500u /* an answer and its end arrive in this time */
#define LATE_MS      100u /* and so does what a close() must drop */
#define PIECE_MAX    61u

typedef enum { CALL_OPEN = 0, CALL_SEND, CALL_RECV, CALL_CLOSE, CALL_COUNT } net_call_t;

typedef struct {
    oneota_check_t *check;
    const oneota_net_t *net;
    void *ctx;
    const char *address;
    uint16_t port;
    size_t request;               /* bytes, at the start of scratch; input goes behind it */
    uint32_t longest[CALL_COUNT]; /* ms */
    uint32_t connect_ms;
    bool waited; /* some open() said AGAIN */
} net_check_t;

static void timed(net_check_t *n, net_call_t call, uint32_t start)
{
    oneota_check_longest(&n->longest[call], oneota_check_ms(n->check) - start);
}

/* @return false, for the caller to return */
static bool fail(net_check_t *n, const char *what, oneota_error_t error, const char *todo)
{
    oneota_check_begin(n->check, CHECK_FAIL, what);
    oneota_check_word(n->check, "error=", oneota_error_text(error));
    if (error == ONEOTA_BROKEN) {
        oneota_check_signed(n->check, "native=", n->net->last_error(n->ctx));
    }
    oneota_check_end(n->check, todo);
    return false;
}

/* ---------------------------------------------------------------- calls, and what any must keep */

static void do_close(net_check_t *n)
{
    uint32_t start = oneota_check_ms(n->check);

    n->net->close(n->ctx);
    timed(n, CALL_CLOSE, start);
    oneota_check_idle(n->check);
}

/* Up to calls times. AGAIN: it is still opening. */
static oneota_error_t open_some(net_check_t *n, uint16_t port, uint32_t calls)
{
    oneota_check_wait_t wait;
    oneota_error_t error;

    oneota_check_wait(n->check, &wait, 0);
    do {
        uint32_t start = oneota_check_ms(n->check);
        error = n->net->open(n->ctx, n->address, port, n->address);
        timed(n, CALL_OPEN, start);
        n->waited = n->waited || error == ONEOTA_AGAIN;
        calls--;
    } while (error == ONEOTA_AGAIN && calls > 0 && oneota_check_waits(n->check, &wait));
    oneota_check_longest(&n->connect_ms, oneota_check_ms(n->check) - wait.start);
    if (error == ONEOTA_BROKEN && n->net->last_error(n->ctx) == 0) {
        fail(n, "net: BROKEN without a native error", error,
             "last_error() must give the code of the stack, for the log");
    } else if (error != ONEOTA_OK && error != ONEOTA_AGAIN && error != ONEOTA_BROKEN) {
        fail(n, "net: open cannot end like this", error, "it is OK, AGAIN or BROKEN");
    }
    return error;
}

static bool open_good(net_check_t *n, const char *what)
{
    oneota_error_t error = open_some(n, n->port, UINT32_MAX);

    if (error != ONEOTA_OK) {
        return fail(n, what, error, "server up? address and route? the name's lookup?");
    }
    if (n->net->poll_ms > 50u) {
        oneota_check_say(n->check, CHECK_FAIL, "net: poll_ms is out of range",
                         "poll_ms=", n->net->poll_ms, "0 if traffic wakes the loop, else 1 to 50");
    }
    return true;
}

static bool send_part(net_check_t *n, const uint8_t *data, size_t length, size_t *sent)
{
    oneota_check_wait_t wait;
    oneota_error_t error;

    oneota_check_wait(n->check, &wait, 0);
    do {
        uint32_t start = oneota_check_ms(n->check);
        *sent = SIZE_MAX;
        error = n->net->send(n->ctx, data, length, sent);
        timed(n, CALL_SEND, start);
        if (error == ONEOTA_AGAIN && *sent != 0) {
            return fail(n, "net: send leaves *sent other than 0", error, "set it to 0 first");
        }
    } while (error == ONEOTA_AGAIN && oneota_check_waits(n->check, &wait));
    if (error != ONEOTA_OK) {
        return fail(n, "net: send fails", error, "a request on a new stream must be taken");
    }
    if (*sent == 0 || *sent > length) {
        return fail(n, "net: send has a wrong *sent", error,
                    "OK means 1 to length bytes; none is AGAIN");
    }
    return true;
}

/* In parts of 1, 2, 3, ... bytes. */
static bool send_request(net_check_t *n, size_t bytes)
{
    size_t done = 0;

    for (size_t part = 1; done < bytes; part++) {
        size_t length = part < bytes - done ? part : bytes - done;
        size_t sent;
        if (!send_part(n, n->check->scratch + done, length, &sent)) {
            return false;
        }
        done += sent;
        oneota_check_idle(n->check);
    }
    return true;
}

/* One call. @return false: it broke a rule, and that was said */
static bool recv_once(net_check_t *n, size_t room, size_t *received, oneota_error_t *error)
{
    uint8_t *data = n->check->scratch + n->request;
    uint32_t start = oneota_check_ms(n->check);

    memset(data, POISON, room + GUARD);
    *received = SIZE_MAX;
    *error = n->net->recv(n->ctx, data, room, received);
    timed(n, CALL_RECV, start);
    oneota_check_idle(n->check);
    if (*error == ONEOTA_OK && (*received == 0 || *received > room)) {
        return fail(n, "net: recv has a wrong *received", *error,
                    "OK means 1 to size bytes; none is AGAIN, or CLOSED at the end");
    }
    if (*error != ONEOTA_OK && *received != 0) {
        return fail(n, "net: recv leaves *received other than 0", *error, "set it to 0 first");
    }
    for (size_t i = 0; i < GUARD; i++) {
        if (data[room + i] != POISON) {
            return fail(n, "net: recv writes behind the buffer", *error, "at most size bytes");
        }
    }
    return true;
}

/* Waits for some bytes, or for another end. */
static bool recv_some(net_check_t *n, size_t room, size_t *received, oneota_error_t *error)
{
    oneota_check_wait_t wait;

    oneota_check_wait(n->check, &wait, 0);
    do {
        if (!recv_once(n, room, received, error)) {
            return false;
        }
    } while (*error == ONEOTA_AGAIN && oneota_check_waits(n->check, &wait));
    return *error != ONEOTA_AGAIN || fail(n, "net: nothing arrives", *error,
                                          "does the server answer GET / and close; is input lost?");
}

/* ---------------------------------------------------------------- an exchange */

static bool is_head(const net_check_t *n, uint32_t total, size_t received)
{
    static const char k_head[] = "HTTP/";

    for (size_t i = 0; i < received && total + i < sizeof k_head - 1u; i++) {
        if (n->check->scratch[n->request + i] != (uint8_t)k_head[total + i]) {
            return false;
        }
    }
    return true;
}

static bool read_answer(net_check_t *n, uint32_t *total)
{
    size_t most = n->check->scratch_bytes - n->request - GUARD;
    oneota_error_t error = ONEOTA_OK;
    size_t received;

    for (*total = 0; error == ONEOTA_OK; *total += (uint32_t)received) {
        size_t room = 1u + *total % PIECE_MAX;
        if (!recv_some(n, room < most ? room : most, &received, &error)) {
            return false;
        }
        if (!is_head(n, *total, received)) {
            return fail(n, "net: the answer does not begin with HTTP/", error,
                        "no HTTP server, or bytes that a close() had to drop");
        }
    }
    if (error != ONEOTA_CLOSED) {
        return fail(n, "net: the end of the answer is not CLOSED", error,
                    "FIN or close_notify is CLOSED; does the server end in order?");
    }
    return *total > 0 || fail(n, "net: CLOSED before the answer was read", error,
                              "all that arrived comes first, and then CLOSED");
}

/* Nothing was asked yet: nothing may come. */
static bool is_quiet(net_check_t *n)
{
    oneota_error_t error;
    size_t received;

    if (!recv_once(n, 1u, &received, &error)) {
        return false;
    }
    return error == ONEOTA_AGAIN || fail(n, "net: a new stream is not quiet", error,
                                         "recv is AGAIN; does something of the last one remain?");
}

static bool let_pass(net_check_t *n, uint32_t ms)
{
    oneota_check_wait_t wait;

    oneota_check_wait(n->check, &wait, ms);
    while (oneota_check_waits(n->check, &wait)) {
        /* the stack works in poll() */
    }
    return true;
}

static bool exchange(net_check_t *n, uint32_t pause_ms, const char *what, uint32_t *total)
{
    bool good = open_good(n, what) && is_quiet(n) && send_request(n, n->request) &&
                (pause_ms == 0 || let_pass(n, pause_ms)) && read_answer(n, total);

    do_close(n);
    return good;
}

/* ---------------------------------------------------------------- steps */

static void step(const net_check_t *n, const char *what)
{
    oneota_check_say(n->check, CHECK_SAY, what, NULL, 0, NULL);
}

static bool check_exchanges(net_check_t *n)
{
    uint32_t first = 0;
    uint32_t slow = 0;

    step(n, "net: close without open");
    do_close(n);
    do_close(n);
    step(n, "net: exchange; if this is the last line, open, send or recv waits inside");
    if (!exchange(n, 0, "net: open fails", &first)) {
        return false;
    }
    do_close(n);
    oneota_check_say(n->check, CHECK_SAY, "net: answer", "bytes=", first, NULL);
    step(n, "net: answer and end arrive before it is read");
    if (!exchange(n, ARRIVE_MS, "net: open after a close fails", &slow)) {
        return false;
    }
    if (slow != first) {
        oneota_check_say(n->check, CHECK_WARN, "net: other bytes when read late", "bytes=", slow,
                         "does the server answer the same each time? then some are lost");
    }
    return true;
}

static bool check_close_amid(net_check_t *n)
{
    oneota_error_t error = ONEOTA_OK;
    uint32_t total = 0;
    size_t received;

    step(n, "net: close in the midst of a request");
    bool good = open_good(n, "net: open fails") && send_request(n, 1u);
    do_close(n);
    step(n, "net: close in the midst of an answer");
    good = good && open_good(n, "net: open after a close in a request fails") &&
           send_request(n, n->request) && recv_some(n, 1u, &received, &error);
    if (good && error != ONEOTA_OK) {
        good = fail(n, "net: no answer", error, "what did the server do?");
    }
    do_close(n);
    return good && exchange(n, 0, "net: open after a close in an answer fails", &total);
}

static bool check_close_opening(net_check_t *n)
{
    static const uint32_t k_calls[] = {1u, 2u, 8u};
    uint32_t total;

    step(n, "net: close while opening");
    for (size_t i = 0; i < sizeof k_calls / sizeof k_calls[0]; i++) {
        (void)open_some(n, n->port, k_calls[i]);
        do_close(n);
        (void)let_pass(n, LATE_MS);
        if (!exchange(n, 0, "net: open after a close while opening fails", &total)) {
            return false;
        }
    }
    return true;
}

static bool check_refused(net_check_t *n)
{
    uint32_t failed = n->check->failed;
    uint32_t total;

    step(n, "net: a port that refuses");
    oneota_error_t error = open_some(n, REFUSED_PORT, UINT32_MAX);
    if (error == ONEOTA_OK || error == ONEOTA_AGAIN) {
        oneota_check_begin(n->check, CHECK_WARN, "net: port 1 does not refuse");
        oneota_check_word(n->check, "error=", oneota_error_text(error));
        oneota_check_end(n->check, "use a server without a firewall before it; it must be BROKEN");
    } else if (error == ONEOTA_BROKEN) {
        oneota_check_begin(n->check, CHECK_SAY, "net: refused");
        oneota_check_signed(n->check, "native=", n->net->last_error(n->ctx));
        oneota_check_end(n->check, NULL);
    }
    do_close(n);
    return n->check->failed == failed && exchange(n, 0, "net: open after BROKEN fails", &total);
}

static void print_times(const net_check_t *n)
{
    static const char *const k_names[CALL_COUNT] = {
        "open ms=", "send ms=", "recv ms=", "close ms="};

    oneota_check_begin(n->check, CHECK_SAY, "net: longest call");
    for (size_t i = 0; i < CALL_COUNT; i++) {
        oneota_check_number(n->check, k_names[i], n->longest[i]);
    }
    oneota_check_number(n->check, "longest connect ms=", n->connect_ms);
    oneota_check_end(n->check, NULL);
    for (size_t i = 0; i < CALL_COUNT; i++) {
        if (n->longest[i] > SLOW_MS) {
            oneota_check_say(n->check, CHECK_WARN, "net: a call waits", k_names[i], n->longest[i],
                             "return AGAIN; right only for a step of a TLS handshake");
        }
    }
    if (!n->waited) {
        step(n, "net: open never said AGAIN; try a server farther away, or a name");
    }
}

/* ---------------------------------------------------------------- set-up */

static bool append(net_check_t *n, const char *text)
{
    size_t length = strlen(text);

    if (length > n->check->scratch_bytes - GUARD - 1u - n->request) {
        return false;
    }
    memcpy(n->check->scratch + n->request, text, length);
    n->request += length;
    return true;
}

static bool write_request(net_check_t *n)
{
    bool is_ip6 = strchr(n->address, ':') != NULL;

    return append(n, "GET / HTTP/1.1\r\nHost: ") && append(n, is_ip6 ? "[" : "") &&
           append(n, n->address) && append(n, is_ip6 ? "]" : "") &&
           append(n, "\r\nConnection: close\r\n\r\n");
}

uint32_t oneota_check_net(oneota_check_t *check, const oneota_net_t *net, void *ctx,
                          const char *address, uint16_t port)
{
    net_check_t n;
    uint32_t failed = check->failed;
    uint32_t warned = check->warned;

    memset(&n, 0, sizeof n);
    n.check = check;
    n.net = net;
    n.ctx = ctx;
    n.address = address;
    n.port = port;
    if (!oneota_check_ready(check, "net:")) {
        return check->failed - failed;
    }
    if (net->open == NULL || net->send == NULL || net->recv == NULL || net->close == NULL ||
        net->last_error == NULL) {
        oneota_check_say(check, CHECK_FAIL, "net: a function is missing", NULL, 0,
                         "fill all of oneota_net_t");
    } else if (!write_request(&n)) {
        oneota_check_say(check, CHECK_FAIL, "net: not checked",
                         "scratch_bytes=", check->scratch_bytes,
                         "give it 64 bytes more than the address has");
    } else {
        if (check_exchanges(&n) && check_close_amid(&n) && check_close_opening(&n)) {
            (void)check_refused(&n);
        }
        print_times(&n);
    }
    return oneota_check_done(check, "net:", failed, warned);
}
