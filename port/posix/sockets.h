/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * sockets.h: the socket layer that net.c is compiled for. Another one with the same calls is named
 * by ONEOTA_SOCKETS_FILE ("lwip/sockets.h", with LWIP_COMPAT_SOCKETS) and needs a resolve.c of its
 * own.
 */
#ifndef ONEOTA_POSIX_SOCKETS_H
#define ONEOTA_POSIX_SOCKETS_H

#ifdef ONEOTA_SOCKETS_FILE
#include ONEOTA_SOCKETS_FILE
#else
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>
#endif

/* Without processes there is nothing to keep a descriptor from: the call fails and is ignored. */
#ifndef FD_CLOEXEC
#define F_SETFD    2
#define FD_CLOEXEC 1
#endif

#endif
