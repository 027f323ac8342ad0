/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * device.h: the device of a benchmark: a client, and a set-up that lacks net, flash and clock only.
 */
#ifndef ONEOTA_BENCH_DEVICE_H
#define ONEOTA_BENCH_DEVICE_H

#include "oneota/oneota.h"

typedef struct {
    oneota_t client;
    oneota_setup_t setup;
    oneota_image_t image;
    uint64_t work[ONEOTA_WORK_BYTES / 8];
    bool failed; /**< something went wrong; said on stderr */
    void (*entered)(const char *state);
} device_t;

/** Fills setup. Add net, journal, clock and image.slot, then call oneota_init().
 *  @param entered  told the name of each state */
void device_prepare(device_t *device, void (*entered)(const char *state));

#endif
