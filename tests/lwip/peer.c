/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "peer.h"

#include <string.h>

peer_t peer;

static void let_go(void)
{
    tcp_arg(peer.pcb, NULL);
    tcp_recv(peer.pcb, NULL);
    tcp_sent(peer.pcb, NULL);
    tcp_err(peer.pcb, NULL);
    peer.pcb = NULL;
}

void peer_close(void)
{
    struct tcp_pcb *pcb = peer.pcb;

    let_go();
    (void)tcp_close(pcb);
}

void peer_reset(void)
{
    struct tcp_pcb *pcb = peer.pcb;

    let_go();
    tcp_abort(pcb);
}

static void pump(void)
{
    while (peer.pcb != NULL && peer.written < peer.length) {
        size_t left = peer.length - peer.written;
        u16_t room = tcp_sndbuf(peer.pcb);
        u16_t count = left < room ? (u16_t)left : room;

        if (count == 0 ||
            tcp_write(peer.pcb, peer.data + peer.written, count, TCP_WRITE_FLAG_COPY) != ERR_OK) {
            break;
        }
        peer.written += count;
    }
    if (peer.pcb != NULL && peer.close_behind && peer.written == peer.length) {
        peer_close();
    } else if (peer.pcb != NULL) {
        (void)tcp_output(peer.pcb);
    }
}

void peer_send(const void *data, size_t length, bool close_behind)
{
    peer.data = data;
    peer.length = length;
    peer.written = 0;
    peer.close_behind = close_behind;
    pump();
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t length)
{
    (void)arg;
    (void)pcb;
    peer.acknowledged += length;
    pump();
    return ERR_OK;
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    (void)arg;
    (void)error;
    if (p == NULL) {
        peer.ended = true;
        return ERR_OK;
    }
    if (peer.deaf) {
        return ERR_MEM; /* lwIP keeps it */
    }
    if (peer.received_bytes + p->tot_len <= PEER_RECEIVED_MAX) {
        peer.received_bytes +=
            pbuf_copy_partial(p, peer.received + peer.received_bytes, p->tot_len, 0);
    }
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    if (peer.on_data != NULL) {
        peer.on_data();
    }
    return ERR_OK;
}

static void on_error(void *arg, err_t error)
{
    (void)arg;
    peer.pcb = NULL;
    peer.error = error;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error)
{
    (void)arg;
    if (error != ERR_OK) {
        return ERR_VAL;
    }
    if (peer.pcb != NULL) {
        peer_close();
    }
    peer.pcb = pcb;
    peer.accepted++;
    peer.error = 0;
    peer.received_bytes = 0;
    peer.acknowledged = 0;
    peer.ended = false;
    tcp_nagle_disable(pcb);
    tcp_recv(pcb, on_received);
    tcp_sent(pcb, on_sent);
    tcp_err(pcb, on_error);
    return ERR_OK;
}

void peer_start(void)
{
    memset(&peer, 0, sizeof peer);
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
    (void)tcp_bind(pcb, IP_ANY_TYPE, PEER_PORT);
    peer.listener = tcp_listen(pcb);
    tcp_accept(peer.listener, on_accept);
}

void peer_stop(void)
{
    if (peer.pcb != NULL) {
        peer_reset();
    }
    if (peer.listener != NULL) {
        (void)tcp_close(peer.listener);
        peer.listener = NULL;
    }
}
