/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * exchange_rig.h: an exchange over a scripted net, stepped by a clock in the test's hand.
 */
#ifndef ONEOTA_EXCHANGE_RIG_H
#define ONEOTA_EXCHANGE_RIG_H

#include "exchange.h"
#include "script_net.h"

#define XRIG_REQUEST "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
#define XRIG_EMPTY   "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"

typedef struct {
    script_net_t net;
    oneota_exchange_t x;
    uint64_t work[(EXCHANGE_WORK_MIN + 7u) / 8u];
    uint32_t now_ms;
    http_body_t body;
    char text[2048]; /**< of the body that was taken */
    size_t text_length;
    size_t take_max; /**< bytes of a body that are taken at a time; 0: all */
    uint32_t heads;
} xrig_t;

void xrig_init(xrig_t *rig, uint32_t now_ms);

/** Writes XRIG_REQUEST and starts. */
void xrig_start(xrig_t *rig, bool stream);

/** One step; never more than one call of the port. */
exchange_event_t xrig_step(xrig_t *rig);

/** Steps, and takes the body, until there is something to wait for, an end, or a failure. */
exchange_event_t xrig_go(xrig_t *rig);

#endif
