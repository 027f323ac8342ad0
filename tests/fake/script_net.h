/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * script_net.h: a net port that does what it was told, call by call.
 *
 *     script_net_t net;
 *     script_net_init(&net);
 *     script_net_say(&net, SCRIPT_OPEN, ONEOTA_AGAIN, 1);
 *     script_net_hear(&net, "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n");
 *
 * What is not in the script: open is OK, send takes all, recv is AGAIN.
 */
#ifndef ONEOTA_SCRIPT_NET_H
#define ONEOTA_SCRIPT_NET_H

#include "oneota/port.h"

#define SCRIPT_MAX  64u
#define SCRIPT_SENT 4096u

typedef enum { SCRIPT_OPEN = 0, SCRIPT_SEND, SCRIPT_RECV, SCRIPT_CALLS } script_call_t;

typedef struct {
    oneota_error_t error;
    uint32_t times;
    const char *data; /**< recv: what comes; borrowed */
    size_t length;    /**< recv: of data; send: bytes that are taken */
    bool literal;     /**< length goes to the caller as it is */
} script_line_t;

typedef struct {
    oneota_net_t port;
    int32_t native; /**< last_error */
    script_line_t lines[SCRIPT_CALLS][SCRIPT_MAX];
    uint32_t written[SCRIPT_CALLS], played[SCRIPT_CALLS];

    /* what happened */
    uint32_t calls[SCRIPT_CALLS];
    uint32_t closes;
    uint32_t total; /**< of open, send and recv */
    size_t room;    /**< of the last recv */
    char sent[SCRIPT_SENT];
    size_t sent_length;
    char address[64], server_name[64];
    uint16_t tcp_port;
} script_net_t;

void script_net_init(script_net_t *net);

/** The next calls of a kind end like this. */
void script_net_say(script_net_t *net, script_call_t call, oneota_error_t error, uint32_t times);

/** The next send takes so many bytes. */
void script_net_take(script_net_t *net, size_t length);

/** The next recv brings this text. */
void script_net_hear(script_net_t *net, const char *text);

/** The next call says OK and this number of bytes, whatever is true. */
void script_net_lie(script_net_t *net, script_call_t call, size_t length);

#endif
