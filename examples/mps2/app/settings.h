/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * settings.h: what a device is told when it is set up: to whom it speaks, as whom, and how patient
 * it is. A product keeps these in flash, each device its own key; this board takes them from QEMU's
 * command line, as arg=NAME=VALUE:
 *
 *     dialect=south|fuse|studio   how the platform speaks
 *     server=NAME, port=N         where it is: 10.0.2.2 is the machine that QEMU runs on
 *     name=NAME                   what the server's certificate says, if not the server's name
 *     product=, device=, key=     who this is; south: the product's key, else the device's
 *     dns=IP, dns-port=N          asked for names, instead of the one that DHCP tells
 *     poll=S                      seconds between checks
 *     floor=MS                    least time between two rounds of a task
 *     backoff-min=, backoff-max=  ms after the first failed attempt, and at most
 *     drop=N                      a bad link: every Nth frame received is lost
 *     once=1                      ends QEMU when nothing is left to do, see update.h
 *
 * Values hold neither blanks nor commas. bsp.h, flash.h and boot/main.c know more names: clock,
 * seed, cut, worn, watchdog.
 */
#ifndef MPS2_SETTINGS_H
#define MPS2_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "oneota/calls.h"

/** Text lives as long as the program. */
typedef struct {
    const oneota_dialect_t *dialect;
    const char *server;
    const char *name; /**< NULL: server */
    const char *product;
    const char *device;
    const char *key;
    const char *dns; /**< address; NULL: none */
    uint32_t scope;  /**< oneota_res_t */
    uint32_t port;   /**< 0: the scheme's */
    uint32_t dns_port;
    uint32_t poll_s;
    uint32_t floor_ms;
    uint32_t backoff_min_ms;
    uint32_t backoff_max_ms;
    uint32_t drop;
    uint32_t once;
} settings_t;

/** Reads them. @return false: one is wrong; the log says which, and what it may be */
bool settings_read(settings_t *settings);

#endif
