/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * oneota_lwip.h: a net port over lwIP's raw TCP API, for a main loop without an RTOS (NO_SYS=1).
 *
 * Purpose
 *     One TCP connection, IPv4 and (with LWIP_IPV6) IPv6, with names looked up by lwIP's DNS. What
 *     arrives stays in lwIP's pbufs until the client takes it; only then the window opens
 *     again. A slow flash holds up the sender, and no byte is copied twice.
 *
 * Needs
 *     lwIP      2.1 or later with LWIP_TCP, LWIP_DNS and LWIP_CALLBACK_API (the default)
 *     RAM       the object, 20 bytes on 32 bits; from lwIP's pools one PCB, and while they hold
 *               data, pbufs and segments. No heap of its own. The object must outlive lwIP's last
 *               timer (lwIP cannot take back a DNS query): make it static.
 *     threads   lwIP's context: the main loop, never an interrupt. See "With an RTOS".
 *     blocking  none
 *
 * Options of lwIP that decide how well this works (lwipopts.h)
 *     TCP_WND           bytes under way: 4 to 8 segments. No more than the network controller can
 *                       take in one burst: frames lost there cost 30 times the time
 *     PBUF_POOL_SIZE    TCP_WND / TCP_MSS and 4 more; a peer that sends small segments is
 *                       slowed down by what is lost beyond
 *     TCP_SND_BUF, MEM_SIZE   2 segments, and room for them: requests are short
 *     MEMP_NUM_TCP_PCB  one for the client and 2 more: a connection that is being closed keeps
 *                       its PCB for a while, and gives it up when a new one needs it
 *     DNS_TABLE_SIZE    at least one more than the application's own names
 *     LWIP_RAND         different at every start, or old connections are mistaken for new ones
 *     LWIP_DHCP_DOES_ACD_CHECK   (2.1: DHCP_DOES_ARP_CHECK) 0 saves a second at start
 *
 * Use
 *     static oneota_lwip_net_t net;
 *
 *     oneota_lwip_net_init(&net);
 *     ... setup: .net = &oneota_lwip_net, .net_ctx = &net ...
 *     for (;;) {
 *         ethernet_poll();                          // frames that arrived go to netif->input
 *         sys_check_timeouts();
 *         uint32_t ms = oneota_poll(&client);
 *         uint32_t timer_ms = sys_timeouts_sleeptime();
 *         board_sleep(ms < timer_ms ? ms : timer_ms); // WFI; a frame's interrupt ends it
 *     }
 *
 *     Whatever ends the sleep, oneota_poll() comes after lwIP: it sees what arrived at once.
 *
 * Errors
 *     open, send and recv say BROKEN; last_error() is lwIP's err_t or ONEOTA_LWIP_LOOKUP_ERROR,
 *     oneota_lwip_net_error_text() says what it was. After BROKEN nothing is left to close.
 *     lwIP out of memory: AGAIN in send, which lwIP's timers and ACKs end; BROKEN (-1) in open.
 *     A peer that resets: what had arrived in order is still received (servers reset right behind
 *     a whole answer), then BROKEN. After a FIN: what is left, then CLOSED, whatever follows.
 *     A name that was given up (close) is still asked for by lwIP for up to 7 s a server: an
 *     open() in this time says AGAIN until that answer has come, and was dropped.
 *     close() with data unread resets the connection: the peer stops sending at once.
 *
 * With an RTOS
 *     Use the POSIX port over lwIP's sockets (ONEOTA_SOCKETS_FILE, and resolve_lwip.c beside this
 *     file in place of port/posix/resolve.c): the client then has a thread of its own. Do not
 *     include lwip/sockets.h where a port's members are called: its macro `close` breaks them.
 *     This port works there too if every oneota_poll() runs in tcpip_thread or under
 *     LOCK_TCPIP_CORE(); but then an erase of flash holds up the whole network.
 *
 * With altcp
 *     tcp_ and altcp_ connections live side by side; LWIP_ALTCP may be 0 or 1, this port does not
 *     mind. For TLS put port/mbedtls around it, not altcp_tls: that one verifies no name, stalls
 *     on records longer than the window, and swallows errors. Where connections must come from the
 *     application's altcp allocator (a proxy), take a copy of net.c: each tcp_ call in it has
 *     an altcp_ one of the same arguments, and tcp_new_ip_type() takes the allocator.
 */
#ifndef ONEOTA_LWIP_H
#define ONEOTA_LWIP_H

#include <stdbool.h>
#include <stdint.h>

#include "oneota/port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pbuf;
struct tcp_pcb;

/** A connection. Fields are private. */
typedef struct {
    struct tcp_pcb *pcb; /**< NULL: none, also after lwIP has freed it */
    struct pbuf *input;  /**< arrived and not yet taken, oldest first */
    int32_t native;
    uint16_t port;
    uint8_t phase;
    bool asked; /**< lwIP's DNS will call back, for this open() or for one that was closed */
    bool ended; /**< the peer sent a FIN */
} oneota_lwip_net_t;

/** last_error(): there is no such name, or no DNS server answered. Beyond any err_t. */
#define ONEOTA_LWIP_LOOKUP_ERROR (-100)

/** The table; its ctx is a oneota_lwip_net_t. */
extern const oneota_net_t oneota_lwip_net;

/** Must come first, and once only. lwip_init() may come before or after. */
void oneota_lwip_net_init(oneota_lwip_net_t *net);

/** What a native error means, and where to look: "no route: is the netif up?". Static text. */
const char *oneota_lwip_net_error_text(int32_t native);

#ifdef __cplusplus
}
#endif
#endif
