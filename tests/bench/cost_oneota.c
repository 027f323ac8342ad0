/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * cost_oneota.c: the client, from its first poll to the last byte in flash: POSIX sockets, a file
 * as flash, and a clock that is a variable, as the tick counter of a microcontroller is.
 *
 *     cost_oneota SIZE FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "oneota_posix.h"
#include "store.h"

static uint32_t ticks_ms;
static bool loaded;

static uint32_t now_ms(void *ctx)
{
    (void)ctx;
    return ticks_ms;
}

static void entered(const char *state)
{
    loaded = loaded || strcmp(state, "verify") == 0;
}

static void prepare(device_t *device, oneota_posix_net_t *net, store_t *store)
{
    static const oneota_clock_t clock = { now_ms, NULL };
    static keep_t journal;
    device_prepare(device, entered);
    oneota_posix_net_init(net);
    device->setup.net = &oneota_posix_net;
    device->setup.net_ctx = net;
    device->setup.port = (uint16_t)strtoul(getenv("BENCH_PORT"), NULL, 10);
    device->setup.clock = &clock;
    device->image.slot[0] = device->image.slot[1] = &store_flash;
    device->image.slot_ctx[0] = device->image.slot_ctx[1] = store;
    device->setup.journal = &keep_flash;
    device->setup.journal_ctx = &journal;
}

int main(int argc, char **argv)
{
    static device_t device;
    oneota_posix_net_t net;
    store_t store;
    if (argc != 3) {
        return 2;
    }
    store_open(&store, argv[2], (uint32_t)strtoul(argv[1], NULL, 10));
    prepare(&device, &net, &store);
    if (oneota_init(&device.client, &device.setup) != ONEOTA_OK) {
        fputs("bench: the set-up is wrong\n", stderr);
        return 1;
    }
    while (!loaded && !device.failed) {
        uint32_t sleep_ms = oneota_poll(&device.client);
        if (sleep_ms > 0) {
            oneota_posix_wait(&net, sleep_ms);
            ticks_ms += 2;
        }
    }
    return device.failed ? 1 : 0;
}
