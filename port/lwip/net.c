/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * net.c: a TCP connection over lwIP's raw API. lwIP's callbacks only note what happened and call
 * nobody: so close() can come from any callback of the application's, and a PCB is never freed
 * under one of its own.
 */
#include "oneota_lwip.h"

#include <string.h>

#include "lwip/dns.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"

#if !LWIP_TCP || !LWIP_DNS || !LWIP_CALLBACK_API
#error "oneota's lwIP port needs LWIP_TCP, LWIP_DNS and LWIP_CALLBACK_API; see lwipopts.h"
#endif

enum { PHASE_CLOSED = 0, PHASE_LOOKUP, PHASE_CONNECT, PHASE_OPEN, PHASE_FAILED };

/* With data unread lwIP makes this a reset. What it leaves behind to close in order is the first
 * to go when a new connection finds no PCB. */
static void close_pcb(struct tcp_pcb *pcb)
{
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_setprio(pcb, TCP_PRIO_MIN);
    if (tcp_close(pcb) != ERR_OK) {
        tcp_abort(pcb);
    }
}

static void release(oneota_lwip_net_t *net)
{
    if (net->pcb != NULL) {
        close_pcb(net->pcb);
    }
    if (net->input != NULL) {
        pbuf_free(net->input);
    }
    net->pcb = NULL;
    net->input = NULL;
    net->ended = false;
    net->phase = PHASE_CLOSED;
}

static oneota_error_t fail(oneota_lwip_net_t *net, int32_t native)
{
    release(net);
    net->native = native;
    return ONEOTA_BROKEN;
}

/* ---------------------------------------------------------------- what lwIP calls */

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
    oneota_lwip_net_t *net = arg;

    (void)pcb;
    (void)error; /* ERR_OK always: failures come to on_error() */
    net->phase = PHASE_OPEN;
    return ERR_OK;
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    oneota_lwip_net_t *net = arg;

    (void)pcb;
    (void)error;
    if (data == NULL) {
        net->ended = true;
    } else if (net->input == NULL) {
        net->input = data;
    } else if (data->tot_len > UINT16_MAX - net->input->tot_len) {
        return ERR_MEM; /* a scaled window: lwIP keeps it, and offers it again */
    } else {
        pbuf_cat(net->input, data);
    }
    return ERR_OK;
}

/* lwIP has freed the PCB. */
static void on_error(void *arg, err_t error)
{
    oneota_lwip_net_t *net = arg;

    net->pcb = NULL;
    net->native = error;
    net->phase = PHASE_FAILED;
}

/* ---------------------------------------------------------------- open */

static void connect_to(oneota_lwip_net_t *net, const ip_addr_t *address)
{
    err_t error = ERR_MEM;

    net->pcb = tcp_new_ip_type(IP_GET_TYPE(address));
    if (net->pcb != NULL) {
        tcp_arg(net->pcb, net);
        tcp_recv(net->pcb, on_received);
        tcp_err(net->pcb, on_error);
        tcp_nagle_disable(net->pcb);
        net->phase = PHASE_CONNECT;
        error = tcp_connect(net->pcb, address, net->port, on_connected);
    }
    if (error != ERR_OK) {
        (void)fail(net, error);
        net->phase = PHASE_FAILED;
    }
}

static void on_found(const char *name, const ip_addr_t *address, void *arg)
{
    oneota_lwip_net_t *net = arg;

    (void)name;
    net->asked = false;
    if (net->phase != PHASE_LOOKUP) {
        return;
    }
    if (address != NULL) {
        connect_to(net, address);
        return;
    }
    net->native = ONEOTA_LWIP_LOOKUP_ERROR;
    net->phase = PHASE_FAILED;
}

static void look_up(oneota_lwip_net_t *net, const char *name)
{
    ip_addr_t address;

    net->phase = PHASE_LOOKUP;
    net->asked = true;
    err_t error = dns_gethostbyname(name, &address, on_found, net);
    if (error == ERR_INPROGRESS) {
        return;
    }
    net->asked = false;
    if (error == ERR_OK) {
        connect_to(net, &address);
        return;
    }
    net->native = error;
    net->phase = PHASE_FAILED;
}

static oneota_error_t net_open(void *ctx, const char *address, uint16_t port,
                               const char *server_name)
{
    oneota_lwip_net_t *net = ctx;

    (void)server_name;
    if (net->phase == PHASE_CLOSED && !net->asked) { /* asked: about a name of before */
        net->port = port;
        look_up(net, address);
    }
    if (net->phase == PHASE_FAILED) {
        return fail(net, net->native);
    }
    return net->phase == PHASE_OPEN ? ONEOTA_OK : ONEOTA_AGAIN;
}

/* ---------------------------------------------------------------- stream */

static oneota_error_t not_open(oneota_lwip_net_t *net)
{
    return fail(net, net->phase == PHASE_FAILED ? net->native : ERR_CONN);
}

/* One segment at a time: what lwIP has memory for, if it has any. */
static oneota_error_t net_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    oneota_lwip_net_t *net = ctx;

    *sent = 0;
    if (net->phase != PHASE_OPEN) {
        return not_open(net);
    }
    u16_t count = (u16_t)LWIP_MIN(tcp_sndbuf(net->pcb), tcp_mss(net->pcb));
    if (length < count) {
        count = (u16_t)length;
    }
    err_t error = count > 0 ? tcp_write(net->pcb, data, count, TCP_WRITE_FLAG_COPY) : ERR_MEM;
    if (error != ERR_OK && error != ERR_MEM) {
        return fail(net, error);
    }
    (void)tcp_output(net->pcb); /* what fails here is sent again by lwIP's timer */
    if (error != ERR_OK) {
        return ONEOTA_AGAIN;
    }
    *sent = count;
    return ONEOTA_OK;
}

static oneota_error_t net_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    oneota_lwip_net_t *net = ctx;

    *received = 0;
    if (net->input == NULL) {
        if (net->ended) {
            return ONEOTA_CLOSED; /* also if a reset came behind the FIN */
        }
        return net->phase == PHASE_OPEN ? ONEOTA_AGAIN : not_open(net);
    }
    u16_t wanted = size < UINT16_MAX ? (u16_t)size : UINT16_MAX;
    u16_t count = pbuf_copy_partial(net->input, buffer, wanted, 0);
    net->input = pbuf_free_header(net->input, count);
    if (net->pcb != NULL) {
        tcp_recved(net->pcb, count);
    }
    *received = count;
    return ONEOTA_OK;
}

static void net_close(void *ctx)
{
    release(ctx);
}

static int32_t net_last_error(void *ctx)
{
    const oneota_lwip_net_t *net = ctx;

    return net->native;
}

const oneota_net_t oneota_lwip_net = {
    net_open, net_send, net_recv, net_close, net_last_error, 0, false};

/* ---------------------------------------------------------------- beside the table */

void oneota_lwip_net_init(oneota_lwip_net_t *net)
{
    memset(net, 0, sizeof *net);
}

const char *oneota_lwip_net_error_text(int32_t native)
{
    switch (native) {
    case 0:
        return "no error";
    case ONEOTA_LWIP_LOOKUP_ERROR:
        return "no such name, or no answer from the DNS server";
    case ERR_MEM:
        return "lwIP is out of memory: MEM_SIZE, MEMP_NUM_TCP_PCB or DNS_TABLE_SIZE";
    case ERR_RTE:
        return "no route: is the netif up, with an address?";
    case ERR_VAL:
        return "no DNS server is set";
    case ERR_ARG:
        return "not a name that lwIP takes: empty, too long, or before lwip_init()";
    case ERR_BUF:
        return "no local port is free";
    case ERR_ABRT:
        return "given up: no answer from the peer, or its PCB was needed";
    case ERR_RST:
        return "refused or reset by the peer";
    case ERR_CONN:
        return "not connected";
    default:
        return "an error of lwIP: see err_t in lwip/err.h";
    }
}
