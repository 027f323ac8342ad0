/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * resolve_lwip.c: port/posix/resolve.h over lwIP's DNS, for the POSIX port over lwIP's sockets. It
 * takes the place of port/posix/resolve.c:
 *
 *     cc -DONEOTA_SOCKETS_FILE='"lwip/sockets.h"' -Iport/posix port/posix/net.c \
 *         port/lwip/resolve_lwip.c
 *
 * Nothing blocks but for the core lock, which also guards the lookups: lwIP's thread holds it when
 * it calls back. A name has one address here, the first. A lookup that was dropped stays in lwIP's
 * heap, about 40 bytes, until lwIP's DNS has an answer or gives up.
 */
#include "resolve.h"

#include <stdbool.h>
#include <string.h>

#include "lwip/dns.h"
#include "lwip/err.h"
#include "lwip/inet.h"
#include "lwip/mem.h"
#include "lwip/tcpip.h"
#include "oneota_posix.h"

#if NO_SYS || !LWIP_IPV4 || !LWIP_DNS || !LWIP_TCPIP_CORE_LOCKING
#error \
    "resolve_lwip.c needs NO_SYS=0, LWIP_IPV4, LWIP_DNS and LWIP_TCPIP_CORE_LOCKING (the default)"
#endif

/* All under the core lock. */
struct oneota_posix_lookup {
    ip_addr_t address;
    int32_t native; /* 0: address is valid, once it is done */
    uint16_t port;
    bool done;
    bool dropped; /* the port has let go: whoever is called back frees it */
};

static void on_found(const char *name, const ip_addr_t *address, void *arg)
{
    struct oneota_posix_lookup *lookup = arg;

    (void)name;
    if (lookup->dropped) {
        mem_free(lookup);
        return;
    }
    lookup->done = true;
    if (address != NULL) {
        lookup->address = *address;
        lookup->native = 0;
    }
}

struct oneota_posix_lookup *resolve_start(const char *name, uint16_t port, int32_t *native)
{
    struct oneota_posix_lookup *lookup = mem_malloc(sizeof *lookup);

    *native = ENOMEM;
    if (lookup == NULL) {
        return NULL;
    }
    memset(lookup, 0, sizeof *lookup);
    lookup->port = port;
    lookup->native = ONEOTA_POSIX_LOOKUP_ERROR;

    LOCK_TCPIP_CORE();
    err_t error = dns_gethostbyname(name, &lookup->address, on_found, lookup);
    if (error == ERR_OK) {
        on_found(name, &lookup->address, lookup);
    }
    UNLOCK_TCPIP_CORE();
    if (error != ERR_OK && error != ERR_INPROGRESS) {
        mem_free(lookup);
        *native = err_to_errno(error);
        return NULL;
    }
    *native = 0;
    return lookup;
}

oneota_error_t resolve_poll(struct oneota_posix_lookup *lookup, uint8_t *addresses, int32_t *native)
{
    LOCK_TCPIP_CORE();
    bool done = lookup->done;
    *native = lookup->native;
    UNLOCK_TCPIP_CORE();
    if (!done) {
        return ONEOTA_AGAIN;
    }
    *addresses = *native == 0 ? 1 : 0;
    return *native == 0 ? ONEOTA_OK : ONEOTA_BROKEN;
}

socklen_t resolve_address(const struct oneota_posix_lookup *lookup, uint8_t index,
                          struct sockaddr_storage *address)
{
    (void)index;
    memset(address, 0, sizeof *address);
#if LWIP_IPV6
    if (IP_IS_V6(&lookup->address)) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;

        in6->sin6_len = sizeof *in6;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = lwip_htons(lookup->port);
        inet6_addr_from_ip6addr(&in6->sin6_addr, ip_2_ip6(&lookup->address));
        return sizeof *in6;
    }
#endif
    struct sockaddr_in *in = (struct sockaddr_in *)address;

    in->sin_len = sizeof *in;
    in->sin_family = AF_INET;
    in->sin_port = lwip_htons(lookup->port);
    inet_addr_from_ip4addr(&in->sin_addr, ip_2_ip4(&lookup->address));
    return sizeof *in;
}

int resolve_fd(const struct oneota_posix_lookup *lookup)
{
    (void)lookup;
    return -1;
}

void resolve_drop(struct oneota_posix_lookup *lookup)
{
    LOCK_TCPIP_CORE();
    bool done = lookup->done;
    lookup->dropped = true;
    UNLOCK_TCPIP_CORE();
    if (done) {
        mem_free(lookup);
    }
}

const char *resolve_error_text(int32_t native)
{
    return native == ONEOTA_POSIX_LOOKUP_ERROR ? "no such name, or no answer from the DNS server"
                                               : NULL;
}
