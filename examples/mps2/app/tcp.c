/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * tcp.c: the client's net port over lwIP. There is nothing to connect with before DHCP has given an
 * address: until then the connection is under way, and the client's own time limit ends it.
 */
#include "../bsp/ethernet.h"
#include "link.h"
#include "oneota_lwip.h"

static oneota_lwip_net_t s_tcp;
static oneota_net_t s_net;

static oneota_error_t open_when_up(void *ctx, const char *address, uint16_t port,
                                   const char *server_name)
{
    return ethernet_is_up() ? oneota_lwip_net.open(ctx, address, port, server_name) : ONEOTA_AGAIN;
}

const oneota_net_t *tcp_start(void)
{
    oneota_lwip_net_init(&s_tcp);
    s_net = oneota_lwip_net;
    s_net.open = open_when_up;
    return &s_net;
}

void *tcp_ctx(void)
{
    return &s_tcp;
}
