/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * tls_rig.h: a TLS server in the same process, as the net port below TLS. What goes over the wire
 * can be split, spoilt and cut at any byte.
 *
 * The server answers "get N\n" with N bytes of a pattern, and "bye\n" with close_notify. Bytes that
 * it sends are counted from 1, from the beginning of each connection.
 */
#ifndef ONEOTA_TLS_RIG_H
#define ONEOTA_TLS_RIG_H

#include "mbedtls/pk.h"
#include "mbedtls/ssl_ticket.h"
#include "oneota_mbedtls.h"

#define RIG_WIRE_BYTES 200000u

/** One direction of the wire. */
typedef struct {
    uint8_t bytes[RIG_WIRE_BYTES];
    size_t length; /**< that were put in, on this connection */
    size_t taken;
} rig_wire_t;

typedef enum { RIG_FIN = 0, RIG_RESET, RIG_SILENCE } rig_end_t;

typedef struct {
    oneota_net_t port; /**< the net below; ctx is this object */

    /* plan: holds until rig_init() */
    size_t recv_max, send_max; /**< bytes a call, 0 = all */
    bool every_other_again;    /**< each call says AGAIN first */
    size_t spoil_at;           /**< this byte of the server arrives inverted */
    size_t cut_at;             /**< the wire ends before this byte of the server ... */
    rig_end_t cut_end;         /**< ... like this */
    const void *instead;       /**< what the server says instead, all of it; NULL: as it is */
    size_t instead_length;
    bool open_broken;     /**< no connection can be had */
    bool send_broken;     /**< nothing can be sent */
    uint32_t opens_again; /**< open() says AGAIN so many times */
    int32_t native;       /**< what last_error() says */

    /* what happened */
    uint32_t opens, closes, calls;
    const char *violation; /**< of the rules for a net port; NULL: none */
    bool inside;           /**< the rig is at work: what is allocated now is not the device's */

    /* private */
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
    mbedtls_ssl_ticket_context tickets;
    rig_wire_t up, down;
    bool open, shaken, over;
    uint32_t opening;
    char request[64];
    size_t request_length;
    size_t owed; /**< bytes of the pattern */
    size_t said;
    uint8_t again_call; /**< 1 recv, 2 send */
    const void *again_data;
    size_t again_length;
    bool again_told;
} rig_t;

/** A server with the certificates of these names, from the folder that certs.sh made.
 *  @param names  "below between": sent in this order; the first one's key is used */
void rig_init(rig_t *rig, const char *names);

/** Tickets, for resumption. Without, the server remembers nothing. */
void rig_keep_sessions(rig_t *rig);

/** The server forgets all its sessions. */
void rig_forget_sessions(rig_t *rig);

void rig_free(rig_t *rig);

/** DER of certs.sh's NAME.der. Kept until the program ends. */
oneota_mbedtls_bytes_t rig_der(const char *name);

/** Any file of the folder, with a '\0' behind it that length counts. */
oneota_mbedtls_bytes_t rig_file(const char *name);

/** The byte at place i of what "get" brings. */
uint8_t rig_pattern(size_t i);

/** Random numbers that are the same every time; ctx is not used. */
int rig_random(void *ctx, unsigned char *out, size_t length);

#endif
