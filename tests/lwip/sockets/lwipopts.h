/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * lwipopts.h: lwIP with threads and sockets, on its loopback interface.
 */
#ifndef TEST_LWIPOPTS_H
#define TEST_LWIPOPTS_H

#define NO_SYS                  0
#define LWIP_TCPIP_CORE_LOCKING 1
#define LWIP_NETCONN            1
#define LWIP_SOCKET             1
#define LWIP_COMPAT_SOCKETS     1
#define LWIP_SO_RCVBUF          1
#define SO_REUSE                1

#define LWIP_IPV6               1
#define LWIP_IPV6_REASS         0
#define LWIP_IPV6_FRAG          0
#define LWIP_DNS                1
#define LWIP_ARP                0
#define LWIP_ETHERNET           0
#define LWIP_HAVE_LOOPIF        1
#define LWIP_NETIF_LOOPBACK     1
#define LWIP_LOOPBACK_MAX_PBUFS 32

#define MEM_LIBC_MALLOC           1 /* for the address sanitizer */
#define MEMP_MEM_MALLOC           1
#define MEM_ALIGNMENT             8
#define TCP_MSS                   1000
#define TCP_WND                   (8 * TCP_MSS)
#define TCP_SND_BUF               (8 * TCP_MSS)
#define MEMP_NUM_NETCONN          16
#define TCPIP_MBOX_SIZE           64
#define DEFAULT_TCP_RECVMBOX_SIZE 64
#define DEFAULT_UDP_RECVMBOX_SIZE 8
#define DEFAULT_ACCEPTMBOX_SIZE   8
#define LWIP_STATS                0

#endif
