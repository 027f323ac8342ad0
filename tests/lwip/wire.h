/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * wire.h: lwIP's surroundings in a test: one netif that hands every packet back to the same stack,
 * in order and unless it is to be lost; the clock, which only moves when a test says so; and a DNS
 * server.
 *
 *     10.0.0.1, fd00::1    this stack: client and servers
 *     10.0.0.9             nobody
 */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_HERE   "10.0.0.1"
#define WIRE_HERE_6 "fd00::1"
#define WIRE_NOBODY "10.0.0.9"

/** A TCP segment as it went over the wire. */
typedef struct {
    uint32_t to; /**< IPv4 address in network order; 0: IPv6 */
    uint16_t source, destination;
    uint8_t flags;
    uint16_t data_bytes;
} wire_segment_t;

#define WIRE_FIN 0x01
#define WIRE_SYN 0x02
#define WIRE_RST 0x04

typedef enum {
    WIRE_DNS_ANSWERS = 0,
    WIRE_DNS_DENIES, /**< no such name */
    WIRE_DNS_SILENT,
    WIRE_DNS_MOVED, /**< every name has the address of nobody */
    WIRE_DNS_HOLDS /**< answers with wire_dns_release() */
} wire_dns_t;

/** The plan, which a test may change at any time, and what was seen. */
typedef struct {
    bool cut;                                    /**< every packet is lost */
    bool (*lose)(const wire_segment_t *segment); /**< this one is; NULL: none */
    uint8_t dns;                                 /**< wire_dns_t */

    uint32_t packets;
    uint32_t pool_empty; /**< packets lost because lwIP had no pbuf for them */
    uint32_t resets;     /**< segments with RST */
    uint32_t syns;
    wire_segment_t last;
    uint32_t last_syn_to;
    uint32_t queries;
} wire_t;

extern wire_t wire;

/** Starts lwIP, once; afterwards forgets plan and counters. */
void wire_start(void);

/** Delivers what is under way, and what follows from it. No time passes. */
void wire_run(void);

/** So many milliseconds pass, with all that happens in them. */
void wire_pass(uint32_t ms);

/** Answers the queries that were held: NAME with the address that belongs to it. */
void wire_dns_release(void);

/** Lets time pass until lwIP has forgotten all connections, and compares its pools with those at
 *  the start. @return NULL: nothing is missing; else the name of a pool */
const char *wire_missing(void);

/** Now, in ms. */
uint32_t wire_now(void);

#endif
