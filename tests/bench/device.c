/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "device.h"

#include <stdio.h>
#include <string.h>

#include "stand_in.h"

static oneota_error_t boot_query(void *ctx, uint8_t image, oneota_boot_t *boot)
{
    (void)ctx, (void)image;
    memset(boot, 0, sizeof *boot);
    return ONEOTA_OK;
}

static oneota_error_t boot_inspect(void *ctx, uint8_t image, uint8_t slot, uint32_t size)
{
    (void)ctx, (void)image, (void)slot, (void)size;
    return ONEOTA_OK;
}

static oneota_error_t boot_mark(void *ctx, uint8_t image, const oneota_boot_mark_t *mark)
{
    (void)ctx, (void)image, (void)mark;
    return ONEOTA_OK;
}

static oneota_error_t boot_change(void *ctx, uint8_t image)
{
    (void)ctx, (void)image;
    return ONEOTA_OK;
}

static uint32_t device_random(void *ctx)
{
    (void)ctx;
    return 4; /* a fair die, thrown once: every run is the same */
}

static void on_event(void *ctx, const oneota_event_t *event)
{
    device_t *device = ctx;
    if (event->type == ONEOTA_EVENT_STATE) {
        device->entered(oneota_state_text(event->to));
    } else if (event->type == ONEOTA_EVENT_FAILED) {
        fprintf(stderr, "bench: oneota failed in %s: reason %u, code %ld\n",
                oneota_state_text(event->from), (unsigned)event->reason, (long)event->code);
        device->failed = true;
    }
}

void device_prepare(device_t *device, void (*entered)(const char *state))
{
    static const oneota_boot_port_t boot = { boot_query, boot_inspect, boot_mark, boot_change,
                                             boot_change };
    static const oneota_device_t random = { device_random, NULL, NULL };
    oneota_setup_t *setup = &device->setup;
    memset(device, 0, sizeof *device);
    device->entered = entered;
    device->image.id.type = ONEOTA_SOTA;
    device->image.id.version = "V1.0.0";
    setup->dialect = &oneota_south;
    setup->identity.product = "33704";
    setup->identity.device = "527776559";
    setup->identity.key = "MDEyMzQ1Njc4OWFiY2RlZg==";
    setup->address = "127.0.0.1";
    setup->host = STAND_IN_HOST;
    setup->images = &device->image;
    setup->image_count = 1;
    setup->boot = &boot;
    setup->device = &random;
    setup->check_at_once = true;
    setup->work = device->work;
    setup->work_bytes = sizeof device->work;
    setup->event = on_event;
    setup->event_ctx = device;
}
