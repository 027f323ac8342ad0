/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * resolve.h: host name to addresses, without waiting. Cut off from net.c because this is what
 * socket layers differ in most.
 */
#ifndef ONEOTA_POSIX_RESOLVE_H
#define ONEOTA_POSIX_RESOLVE_H

#include <stdint.h>

#include "oneota/error.h"
#include "sockets.h"

struct oneota_posix_lookup;

/** Begins a lookup. A numeric address is ready at once.
 *  @param native  why not, when NULL is returned */
struct oneota_posix_lookup *resolve_start(const char *name, uint16_t port, int32_t *native);

/** @param addresses  how many there are (>= 1), with OK
 *  @return OK; AGAIN; BROKEN with *native */
oneota_error_t resolve_poll(struct oneota_posix_lookup *lookup, uint8_t *addresses,
                            int32_t *native);

/** After OK: the address of that index, which must exist, port included. @return bytes of it */
socklen_t resolve_address(const struct oneota_posix_lookup *lookup, uint8_t index,
                          struct sockaddr_storage *address);

/** Descriptor that becomes readable when resolve_poll() has an answer; -1: ask every few ms. */
int resolve_fd(const struct oneota_posix_lookup *lookup);

/** Ends a lookup, answered or not; a late answer is dropped. */
void resolve_drop(struct oneota_posix_lookup *lookup);

/** Text of a native error of the lookup; NULL: it is an errno. */
const char *resolve_error_text(int32_t native);

#endif
