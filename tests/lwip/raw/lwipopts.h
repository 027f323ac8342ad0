/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * lwipopts.h: lwIP for the tests: IPv4 and IPv6, small pools that can be used up, its own checks
 * on. With WIRE_MALLOC everything comes from malloc() instead, one by one, so that the address
 * sanitizer sees each use of a PCB or pbuf that is gone.
 */
#ifndef TEST_LWIPOPTS_H
#define TEST_LWIPOPTS_H

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0

#define LWIP_IPV6              1
#define LWIP_IPV6_MLD          0
#define LWIP_IPV6_AUTOCONFIG   0
#define LWIP_IPV6_REASS        0
#define LWIP_IPV6_FRAG         0
#define IP_REASSEMBLY          0
#define IP_FRAG                0
#define LWIP_ND6_NUM_NEIGHBORS 4
#define LWIP_DNS               1
#define DNS_TABLE_SIZE         3
#define DNS_MAX_NAME_LENGTH    64
#define LWIP_ARP               0
#define LWIP_ETHERNET          0
#define LWIP_NETIF_LOOPBACK    0 /* the tests' netif carries it all, and loses what it is told to */
#define LWIP_HAVE_LOOPIF       0

#define TCP_MSS            1000
#define TCP_WND            (6 * TCP_MSS)
#define TCP_SND_BUF        (2 * TCP_MSS)
#define TCP_QUEUE_OOSEQ    1
#define LWIP_TCP_KEEPALIVE 0

#define MEM_ALIGNMENT           8
#define MEM_SIZE                16384
#define MEMP_NUM_TCP_PCB        6
#define MEMP_NUM_TCP_PCB_LISTEN 2
#define MEMP_NUM_TCP_SEG        24
#define MEMP_NUM_UDP_PCB        6
#define MEMP_NUM_SYS_TIMEOUT    (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 2)
#define PBUF_POOL_SIZE          24
#define PBUF_POOL_BUFSIZE       512

#ifdef WIRE_MALLOC
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#endif

#define LWIP_STATS         1
#define LWIP_STATS_DISPLAY 1 /* for the names of the pools */

#endif
