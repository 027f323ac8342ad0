/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * net.c: a TCP connection over non-blocking sockets. Uses nothing that lwIP's sockets have not.
 */
#define _POSIX_C_SOURCE 200809L

#include "sockets.h"

#include <limits.h>
#include <string.h>

#include "oneota_posix.h"
#include "resolve.h"

#define RECEIVE_BYTES 32768
#define IO_MAX        ((size_t)0x40000000) /* a count that fits into any ssize_t */
#define LOOKUP_MS     10                   /* between questions to a lookup without a descriptor */

enum { PHASE_CLOSED = 0, PHASE_LOOKUP, PHASE_CONNECT, PHASE_OPEN };

static void close_socket(oneota_posix_net_t *net)
{
    if (net->fd >= 0) {
        close(net->fd);
    }
    net->fd = -1;
}

static void release(oneota_posix_net_t *net)
{
    if (net->lookup != NULL) {
        resolve_drop(net->lookup);
    }
    net->lookup = NULL;
    close_socket(net);
    net->phase = PHASE_CLOSED;
    net->events = POLLIN;
}

static oneota_error_t fail(oneota_posix_net_t *net, int32_t native)
{
    release(net);
    net->native = native;
    return ONEOTA_BROKEN;
}

/* ---------------------------------------------------------------- open */

static uint8_t address_index(const oneota_posix_net_t *net)
{
    return (uint8_t)(((unsigned)net->start + net->tried) % net->addresses);
}

/* What fails here costs speed alone, except O_NONBLOCK. */
static int set_options(const oneota_posix_net_t *net)
{
    int on = 1;
    int receive_bytes = (int)net->receive_bytes;

    (void)fcntl(net->fd, F_SETFD, FD_CLOEXEC);
    (void)setsockopt(net->fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    (void)setsockopt(net->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fcntl(net->fd, F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

/* Both return 0 connected, EINPROGRESS, or why this address cannot be had. */
static int connect_start(oneota_posix_net_t *net)
{
    struct sockaddr_storage address;
    socklen_t length = resolve_address(net->lookup, address_index(net), &address);

    net->fd = socket(address.ss_family, SOCK_STREAM, 0);
    if (net->fd < 0) {
        return errno;
    }
    int error = set_options(net);
    if (error != 0) {
        return error;
    }
    if (connect(net->fd, (const struct sockaddr *)&address, length) == 0) {
        return 0;
    }
    return errno == EINTR ? EINPROGRESS : errno;
}

static int connect_result(const oneota_posix_net_t *net)
{
    struct pollfd ready = {net->fd, POLLOUT, 0};
    int error = 0;
    socklen_t length = sizeof error;

    if (poll(&ready, 1, 0) <= 0) {
        return EINPROGRESS;
    }
    return getsockopt(net->fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

static oneota_error_t connect_any(oneota_posix_net_t *net)
{
    int error = net->fd < 0 ? connect_start(net) : connect_result(net);

    while (error != 0 && error != EINPROGRESS) {
        close_socket(net);
        if (net->first_error == 0) {
            net->first_error = error; /* the system has sorted the best address to the front */
        }
        if (++net->tried == net->addresses) {
            return fail(net, net->first_error);
        }
        error = connect_start(net);
    }
    if (error == EINPROGRESS) {
        net->events = POLLOUT;
        return ONEOTA_AGAIN;
    }
    net->start = address_index(net);
    net->phase = PHASE_OPEN;
    net->events = POLLIN;
    resolve_drop(net->lookup);
    net->lookup = NULL;
    return ONEOTA_OK;
}

static oneota_error_t net_open(void *ctx, const char *address, uint16_t port,
                               const char *server_name)
{
    oneota_posix_net_t *net = ctx;
    int32_t native = 0;

    (void)server_name;
    if (net->phase == PHASE_OPEN) {
        return ONEOTA_OK;
    }
    if (net->phase == PHASE_CLOSED) {
        net->lookup = resolve_start(address, port, &native);
        if (net->lookup == NULL) {
            return fail(net, native);
        }
        net->phase = PHASE_LOOKUP;
        net->tried = 0;
        net->first_error = 0;
    }
    if (net->phase == PHASE_LOOKUP) {
        oneota_error_t answer = resolve_poll(net->lookup, &net->addresses, &native);
        if (answer != ONEOTA_OK) {
            return answer == ONEOTA_AGAIN ? answer : fail(net, native);
        }
        net->phase = PHASE_CONNECT;
    }
    return connect_any(net);
}

/* ---------------------------------------------------------------- stream */

static bool is_later(int error)
{
    return error == EAGAIN || error == EINTR;
}

static oneota_error_t net_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    oneota_posix_net_t *net = ctx;

    *sent = 0;
    if (net->phase != PHASE_OPEN) {
        return fail(net, ENOTCONN);
    }
    ssize_t count = send(net->fd, data, length < IO_MAX ? length : IO_MAX, MSG_NOSIGNAL);
    if (count < 0 && !is_later(errno)) {
        return fail(net, errno);
    }
    *sent = count > 0 ? (size_t)count : 0;
    net->events = *sent < length ? POLLOUT : POLLIN;
    return *sent > 0 ? ONEOTA_OK : ONEOTA_AGAIN;
}

static oneota_error_t net_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    oneota_posix_net_t *net = ctx;

    *received = 0;
    if (net->phase != PHASE_OPEN) {
        return fail(net, ENOTCONN);
    }
    ssize_t count = recv(net->fd, buffer, size < IO_MAX ? size : IO_MAX, 0);
    if (count < 0 && !is_later(errno)) {
        return fail(net, errno);
    }
    net->events = POLLIN;
    if (count <= 0) {
        return count == 0 ? ONEOTA_CLOSED : ONEOTA_AGAIN;
    }
    *received = (size_t)count;
    return ONEOTA_OK;
}

static void net_close(void *ctx)
{
    oneota_posix_net_t *net = ctx;

    if (net->phase == PHASE_CONNECT) {
        net->tried++; /* this address was silent: the next open() begins behind it */
        net->start = address_index(net);
    }
    release(net);
}

static int32_t net_last_error(void *ctx)
{
    const oneota_posix_net_t *net = ctx;

    return net->native;
}

const oneota_net_t oneota_posix_net = {
    net_open, net_send, net_recv, net_close, net_last_error, 0, false};

/* ---------------------------------------------------------------- beside the table */

void oneota_posix_net_init(oneota_posix_net_t *net)
{
    memset(net, 0, sizeof *net);
    net->receive_bytes = RECEIVE_BYTES;
    net->fd = -1;
    net->events = POLLIN;
}

int oneota_posix_net_fd(const oneota_posix_net_t *net, short *events)
{
    *events = net->events;
    return net->phase == PHASE_LOOKUP ? resolve_fd(net->lookup) : net->fd;
}

bool oneota_posix_wait(const oneota_posix_net_t *net, uint32_t ms)
{
    struct pollfd ready = {-1, 0, 0};

    if (net != NULL) {
        ready.fd = oneota_posix_net_fd(net, &ready.events);
    }
    if (net != NULL && net->phase == PHASE_LOOKUP && ready.fd < 0 && ms > LOOKUP_MS) {
        ms = LOOKUP_MS;
    }
    return poll(&ready, 1, ms < (uint32_t)INT_MAX ? (int)ms : INT_MAX) > 0;
}

const char *oneota_posix_net_error_text(int32_t native)
{
    const char *text = resolve_error_text(native);

    if (native == 0) {
        return "no error";
    }
    return text != NULL ? text : strerror((int)native);
}
