/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * lwipopts.h: lwIP 2.2 for one TCP client on this board: IPv4, DHCP, DNS, and as little RAM as a
 * download at full speed takes.
 */
#ifndef MPS2_LWIPOPTS_H
#define MPS2_LWIPOPTS_H

#include "ethernet.h"

/* A main loop: no RTOS, no sockets. */
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0

/* What is spoken. */
#define LWIP_DHCP                  1
#define LWIP_DHCP_DOES_ACD_CHECK   0 /* nobody else has the address that was given: saves 1 s */
#define LWIP_DNS                   1
#define DNS_SERVER_PORT            ethernet_dns_port
#define LWIP_RAW                   0
#define IP_FRAG                    0
#define IP_REASSEMBLY              0
#define ARP_QUEUEING               0
#define LWIP_NETIF_STATUS_CALLBACK 1

/* The receive window. The LAN9118 holds six full frames and loses what comes on top, and a
 * server sends the whole window in one burst. */
#define TCP_MSS         1460
#define TCP_WND         (6 * TCP_MSS)
#define TCP_QUEUE_OOSEQ 1 /* 1 KB of code: a download with losses takes a fifth of the time */
#define TCP_SND_BUF     (2 * TCP_MSS) /* a request; with TLS, a flight of the handshake */

/* A full frame takes three of these, an ACK one: the window, and six more for anything else. */
#define PBUF_POOL_SIZE    24
#define PBUF_POOL_BUFSIZE 512

/* What is sent. A segment stays until it is acknowledged, all else for microseconds. */
#define MEM_ALIGNMENT           4
#define MEM_SIZE                4096
#define MEMP_NUM_TCP_PCB        3
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG        8
#define MEMP_NUM_UDP_PCB        3 /* DHCP, and one for each DNS query */
#define MEMP_NUM_PBUF           2
#define DNS_TABLE_SIZE          2
#define DNS_MAX_SERVERS         1
#define ARP_TABLE_SIZE          4

/* Nobody reads them on a device. */
#define LWIP_STATS    0
#define LWIP_NOASSERT 1

#endif
