/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * link.c: how long the download of 4 MiB takes over two links of sim.h. Prints "name value" lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "sim.h"

#define IMAGE_BYTES (4u << 20)
#define PIECE 2560u /* what the client's buffer takes at a time */

static sim_t sim;
static uint64_t loaded_us;  /* all bytes are in flash */
static uint64_t restart_us; /* proven, 101 acknowledged, marked */

static void entered(const char *state)
{
    if (strcmp(state, "verify") == 0) {
        loaded_us = sim.now_us;
    } else if (strcmp(state, "restart") == 0) {
        restart_us = sim.now_us;
    }
}

static void run_client(const sim_plan_t *plan, const stand_in_t *platform)
{
    static device_t device;
    static sim_journal_t journal;
    sim_begin(&sim, plan, platform);
    journal.sim = &sim;
    memset(journal.bytes, 0xFF, sizeof journal.bytes);
    loaded_us = restart_us = 0;
    device_prepare(&device, entered);
    device.setup.net = &sim_net;
    device.setup.net_ctx = &sim;
    device.setup.clock = &sim_clock;
    device.setup.clock_ctx = &sim;
    device.image.slot[0] = device.image.slot[1] = &sim_flash;
    device.image.slot_ctx[0] = device.image.slot_ctx[1] = &sim;
    device.setup.journal = &sim_journal;
    device.setup.journal_ctx = &journal;
    if (oneota_init(&device.client, &device.setup) != ONEOTA_OK) {
        fputs("bench: the set-up is wrong\n", stderr);
        exit(1);
    }
    while (restart_us == 0) {
        uint32_t sleep_ms = oneota_poll(&device.client);
        if (device.failed) {
            exit(1);
        }
        if (sleep_ms > 0) {
            sim_wait(&sim, sleep_ms);
        }
    }
}

static size_t receive(uint8_t *buffer, size_t size)
{
    size_t received = 0;
    while (sim_net.recv(&sim, buffer, size, &received) == ONEOTA_AGAIN) {
        sim_wait(&sim, 60000);
    }
    return received;
}

/* One range, straight into flash; the header is neither looked at nor counted. */
static void stream_range(uint32_t first, uint32_t end)
{
    uint8_t buffer[PIECE];
    size_t sent = 0;
    size_t length = stand_in_request((char *)buffer, sizeof buffer, first, end);
    sim_net.send(&sim, buffer, length, &sent);
    size_t header = sim.answer.head_length;
    while (header > 0) {
        header -= receive(buffer, header < PIECE ? header : PIECE);
    }
    while (first < end) {
        if (first % 4096u == 0) {
            sim_flash.erase(&sim, first);
        }
        uint32_t room = 4096u - first % 4096u;
        room = room < end - first ? room : end - first;
        uint32_t part = (uint32_t)receive(buffer, room < PIECE ? room : PIECE);
        /* pages that are whole now */
        uint32_t pages = (first % 256u + part) / 256u;
        sim_flash.program(&sim, first - first % 256u, buffer, pages * 256u);
        first += part;
    }
}

/* Bare ranges of this length: no progress reports, no other calls. @return microseconds */
static uint64_t run_stream(const sim_plan_t *plan, const stand_in_t *platform, uint32_t range)
{
    sim_begin(&sim, plan, platform);
    uint64_t start_us = sim.now_us;
    while (sim_net.open(&sim, "", 80, "") == ONEOTA_AGAIN) {
        sim_wait(&sim, 60000);
    }
    for (uint32_t first = 0; first < platform->size; first += range) {
        stream_range(first, first + range);
    }
    return sim.now_us - start_us;
}

static void print(const char *plan, const char *name, double value)
{
    printf("%s_%s %.4f\n", plan, name, value);
}

static void compare(const sim_plan_t *plan, const stand_in_t *platform)
{
    double streamed = (double)run_stream(plan, platform, platform->size);
    uint64_t flash_us = sim.flash_us;
    sim_plan_t no_flash = *plan;
    no_flash.erase_us = no_flash.program_us = 0;
    double network = (double)run_stream(&no_flash, platform, platform->size);
    double slower = (double)flash_us > network ? (double)flash_us : network;
    print(plan->name, "streamed_s", streamed / 1e6);
    print(plan->name, "network_s", network / 1e6);
    print(plan->name, "flash_s", (double)flash_us / 1e6);
    print(plan->name, "range4k_s", (double)run_stream(plan, platform, 4096u) / 1e6);
    print(plan->name, "range16k_s", (double)run_stream(plan, platform, 16384u) / 1e6);
    run_client(plan, platform);
    print(plan->name, "client_s", (double)loaded_us / 1e6);
    print(plan->name, "client_all_s", (double)restart_us / 1e6);
    print(plan->name, "client_flash_s", (double)sim.flash_us / 1e6);
    print(plan->name, "client_requests", sim.requests);
    print(plan->name, "client_receives", sim.receives);
    print(plan->name, "of_streamed", streamed / (double)loaded_us);
    print(plan->name, "of_slower", (double)loaded_us / slower);
}

int main(void)
{
    static const sim_plan_t plans[] = {
        { "a", 1000000, 50000, 65536, 0, 0 },
        { "b", 2000000, 50000, 65536, 45000, 700 },
    };
    stand_in_t platform;
    stand_in_init(&platform, IMAGE_BYTES);
    for (size_t n = 0; n < sizeof plans / sizeof plans[0]; n++) {
        compare(&plans[n], &platform);
    }
    free(platform.package);
    return 0;
}
