/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * whole_api.c: a program that calls all of the API over ports that do nothing. It is linked, never
 * run: what the linker keeps is what the library costs. DIALECTS are those that it chooses from.
 */
#include "oneota/oneota.h"

#ifndef DIALECTS
#define DIALECTS &oneota_south
#endif

/* Read from the object file by scripts/sizes.sh; not part of the program. */
const uint8_t size_of_client[sizeof(oneota_t)] = {1};
const uint8_t size_of_setup[sizeof(oneota_setup_t)] = {1};
const uint8_t size_of_work[ONEOTA_WORK_BYTES] = {1};

/* ---------------------------------------------------------------- ports */

static oneota_error_t net_open(void *ctx, const char *address, uint16_t port, const char *name)
{
    (void)ctx, (void)address, (void)port, (void)name;
    return ONEOTA_BROKEN;
}

static oneota_error_t net_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    (void)ctx, (void)data, (void)length;
    *sent = 0;
    return ONEOTA_AGAIN;
}

static oneota_error_t net_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    (void)ctx, (void)buffer, (void)size;
    *received = 0;
    return ONEOTA_AGAIN;
}

static void net_close(void *ctx)
{
    (void)ctx;
}

static int32_t number(void *ctx)
{
    (void)ctx;
    return 0;
}

static oneota_error_t flash_erase(void *ctx, uint32_t offset)
{
    (void)ctx, (void)offset;
    return ONEOTA_OK;
}

static oneota_error_t flash_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    (void)ctx, (void)offset, (void)data, (void)length;
    return ONEOTA_OK;
}

static oneota_error_t flash_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    (void)ctx, (void)offset, (void)buffer, (void)length;
    return ONEOTA_STORAGE;
}

static oneota_erase_unit_t flash_unit(void *ctx, uint32_t offset)
{
    oneota_erase_unit_t unit = {offset & ~4095u, 4096};
    (void)ctx;
    return unit;
}

static uint32_t flash_size(void *ctx)
{
    (void)ctx;
    return 65536;
}

static oneota_error_t boot_query(void *ctx, uint8_t image, oneota_boot_t *boot)
{
    (void)ctx, (void)image, (void)boot;
    return ONEOTA_STORAGE;
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

static oneota_error_t boot_end(void *ctx, uint8_t image)
{
    (void)ctx, (void)image;
    return ONEOTA_OK;
}

static uint32_t unsigned_number(void *ctx)
{
    (void)ctx;
    return 0;
}

static bool clock_unix_s(void *ctx, uint64_t *seconds)
{
    (void)ctx, (void)seconds;
    return false;
}

static void log_line(void *ctx, const oneota_log_line_t *line)
{
    (void)ctx, (void)line;
}

static void on_event(void *ctx, const oneota_event_t *event)
{
    (void)ctx, (void)event;
}

static const oneota_net_t k_net = {net_open, net_send, net_recv, net_close, number, 0, false};
static const oneota_flash_t k_flash = {flash_erase, flash_program, flash_read, flash_unit,
                                       flash_size,  8,             0xFF};
static const oneota_boot_port_t k_boot = {boot_query, boot_inspect, boot_mark, boot_end, boot_end};
static const oneota_clock_t k_clock = {unsigned_number, clock_unix_s};
static const oneota_device_t k_device = {unsigned_number, number, number};
static const oneota_log_t k_log = {log_line};

/* ---------------------------------------------------------------- the program */

static oneota_t s_client;
static uint64_t s_work[ONEOTA_WORK_BYTES / 8];

static const oneota_image_t k_image = {
    .id = {.type = ONEOTA_SOTA, .version = "1.0"},
    .slot = {&k_flash, &k_flash},
};

static const oneota_dialect_t *const k_dialects[] = {DIALECTS};

static oneota_setup_t s_setup = {
    .identity = {.product = "1", .device = "2", .key = "MTIzNDU2"},
    .address = "ota.heclouds.com",
    .images = &k_image,
    .image_count = 1,
    .net = &k_net,
    .boot = &k_boot,
    .journal = &k_flash,
    .clock = &k_clock,
    .device = &k_device,
    .log = &k_log,
    .work = s_work,
    .work_bytes = sizeof s_work,
    .event = on_event,
};

static oneota_error_t call_commands(void)
{
    static oneota_error_t (*const k_commands[])(oneota_t *) = {
        oneota_check_now,     oneota_notify,        oneota_pause,   oneota_resume, oneota_cancel,
        oneota_defer_install, oneota_allow_install, oneota_confirm, oneota_reject, oneota_forget,
    };
    oneota_error_t error = ONEOTA_OK;
    for (size_t n = 0; n < sizeof k_commands / sizeof k_commands[0] && error == ONEOTA_OK; n++) {
        error = k_commands[n](&s_client);
    }
    return error;
}

int main(int argc, char *argv[])
{
    oneota_status_t status;
    (void)argv;
    s_setup.dialect = k_dialects[(size_t)argc % (sizeof k_dialects / sizeof k_dialects[0])];
    oneota_error_t error = oneota_init(&s_client, &s_setup);
    while (error == ONEOTA_OK && oneota_poll(&s_client) == 0) {
        error = call_commands();
    }
    oneota_status(&s_client, &status);
    oneota_deinit(&s_client);
    return oneota_state_text(status.state)[0] + oneota_reason_text(ONEOTA_REASON_NONE)[0] +
           oneota_error_text(error)[0];
}
