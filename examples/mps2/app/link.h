/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * link.h: the stream to the server. One of two files is linked: plain.c, TCP alone, or tls.c, where
 * TLS goes around it. Which one is a matter of the build: a device that has TLS cannot be told to
 * do without.
 */
#ifndef MPS2_LINK_H
#define MPS2_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oneota/setup.h"

/** Puts net and net_ctx into the set-up, and the scheme's port where it has none. After
 *  ethernet_start(). @return false: it cannot be; the log says why */
bool link_start(oneota_setup_t *setup);

/** Logs a failure of the network in words: "tcp: failed why=the server reset it". Those of TLS were
 *  logged when they were seen: "tls: failed why=certificate: wrong name (-0x2700)". */
void link_log_error(int32_t code);

/** Most bytes that TLS has needed of its pool; 0: there is none. */
size_t link_pool_used(void);

/** Gives mbedTLS memory for the check of signatures, where TLS has not done so. */
void link_start_heap(void);

/** For the two files: TCP over lwIP. Connecting waits for an address. */
const oneota_net_t *tcp_start(void);
void *tcp_ctx(void);

#endif
