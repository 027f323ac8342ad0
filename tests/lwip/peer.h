/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * peer.h: a TCP server on the same lwIP, with the raw API.
 */
#ifndef TEST_PEER_H
#define TEST_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwip/tcp.h"

#define PEER_PORT         80
#define PEER_RECEIVED_MAX 8192u

typedef struct {
    struct tcp_pcb *listener;
    struct tcp_pcb *pcb; /**< the last connection; NULL: none, or it is over */
    uint32_t accepted;
    int error; /**< err_t that ended the last connection; 0: none */

    const uint8_t *data; /**< to send; borrowed */
    size_t length, written;
    size_t acknowledged;
    bool close_behind; /**< FIN with the last byte */

    uint8_t received[PEER_RECEIVED_MAX];
    size_t received_bytes;
    bool ended;            /**< the client sent a FIN */
    bool deaf;             /**< takes nothing: its window closes */
    void (*on_data)(void); /**< called from within lwIP's callback; NULL: none */
} peer_t;

extern peer_t peer;

/** Listens on PEER_PORT, IPv4 and IPv6. */
void peer_start(void);

/** Stops listening, and ends the connection. */
void peer_stop(void);

/** Sends so many bytes, which must stay, as fast as the window lets it. */
void peer_send(const void *data, size_t length, bool close_behind);

/** FIN, or RST. */
void peer_close(void);
void peer_reset(void);

#endif
