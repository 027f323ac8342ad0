/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * board.c: what the README's integration asks of a board, made of the POSIX port. Its flash is
 * files in the folder BOARD_FOLDER, every address leads to port BOARD_PORT of this machine, and
 * a restart ends the process with status 10.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "oneota/oneota.h"
#include "oneota/oneota_posix.h"

#define SLOT_BYTES (1u << 20)

struct board_region {
    oneota_posix_flash_t flash;
};
struct board_region board_slot0, board_slot1, board_journal;

static oneota_posix_net_t s_net;
static oneota_posix_boot_t s_boot;

/* ---------------------------------------------------------------- clock, device */

static uint32_t now_ms(void *ctx)
{
    return oneota_posix_clock.now_ms(ctx);
}

static bool unix_s(void *ctx, uint64_t *seconds)
{
    return oneota_posix_clock.unix_s(ctx, seconds);
}

const oneota_clock_t board_clock = {now_ms, unix_s};
const oneota_device_t board_device = {oneota_posix_random, NULL, NULL};

/* ---------------------------------------------------------------- flash */

static oneota_error_t flash_erase(void *ctx, uint32_t offset)
{
    struct board_region *region = ctx;
    return region->flash.port.erase(&region->flash, offset);
}

static oneota_error_t flash_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    struct board_region *region = ctx;
    return region->flash.port.program(&region->flash, offset, data, length);
}

static oneota_error_t flash_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    struct board_region *region = ctx;
    return region->flash.port.read(&region->flash, offset, buffer, length);
}

static oneota_erase_unit_t flash_unit(void *ctx, uint32_t offset)
{
    struct board_region *region = ctx;
    return region->flash.port.erase_unit(&region->flash, offset);
}

static uint32_t flash_size(void *ctx)
{
    struct board_region *region = ctx;
    return region->flash.port.size(&region->flash);
}

const oneota_flash_t board_flash = {flash_erase, flash_program, flash_read, flash_unit,
                                    flash_size,  16,            0xFF};

/* ---------------------------------------------------------------- net */

static oneota_error_t net_open(void *ctx, const char *address, uint16_t port, const char *name)
{
    (void)ctx, (void)address, (void)port;
    return oneota_posix_net.open(&s_net, "127.0.0.1", (uint16_t)atoi(getenv("BOARD_PORT")), name);
}

static oneota_error_t net_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    (void)ctx;
    return oneota_posix_net.send(&s_net, data, length, sent);
}

static oneota_error_t net_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    (void)ctx;
    return oneota_posix_net.recv(&s_net, buffer, size, received);
}

static void net_close(void *ctx)
{
    (void)ctx;
    oneota_posix_net.close(&s_net);
}

static int32_t net_last_error(void *ctx)
{
    (void)ctx;
    return oneota_posix_net.last_error(&s_net);
}

const oneota_net_t board_net = {net_open, net_send, net_recv, net_close, net_last_error, 0, false};

/* ---------------------------------------------------------------- boot */

static oneota_error_t boot_query(void *ctx, uint8_t image, oneota_boot_t *boot)
{
    (void)ctx;
    return oneota_posix_boot.query(&s_boot, image, boot);
}

static oneota_error_t boot_inspect(void *ctx, uint8_t image, uint8_t slot, uint32_t size)
{
    (void)ctx;
    return oneota_posix_boot.inspect(&s_boot, image, slot, size);
}

static oneota_error_t boot_mark(void *ctx, uint8_t image, const oneota_boot_mark_t *mark)
{
    (void)ctx;
    return oneota_posix_boot.mark(&s_boot, image, mark);
}

static oneota_error_t boot_confirm(void *ctx, uint8_t image)
{
    (void)ctx;
    return oneota_posix_boot.confirm(&s_boot, image);
}

static oneota_error_t boot_revert(void *ctx, uint8_t image)
{
    (void)ctx;
    return oneota_posix_boot.revert(&s_boot, image);
}

const oneota_boot_port_t board_boot = {boot_query, boot_inspect, boot_mark, boot_confirm,
                                       boot_revert};

/* ---------------------------------------------------------------- the board */

static void must(oneota_error_t error)
{
    if (error != ONEOTA_OK) {
        (void)fprintf(stderr, "board: %s\n", oneota_error_text(error));
        exit(1);
    }
}

void board_start(void)
{
    static const oneota_posix_geometry_t k_slot = {SLOT_BYTES, 4096, 16, 0xFF};
    static const oneota_posix_geometry_t k_journal = {8192, 4096, 16, 0xFF};
    oneota_error_t error;

    if (chdir(getenv("BOARD_FOLDER")) != 0) {
        exit(1);
    }
    must(oneota_posix_flash_open(&board_slot0.flash, "slot0", &k_slot));
    must(oneota_posix_flash_open(&board_slot1.flash, "slot1", &k_slot));
    must(oneota_posix_flash_open(&board_journal.flash, "journal", &k_journal));
    oneota_posix_net_init(&s_net);
    oneota_posix_boot_init(&s_boot);
    error = oneota_posix_boot_open(&s_boot, 0, "boot", SLOT_BYTES);
    if (error == ONEOTA_STATE) {
        error = oneota_posix_boot_create(&s_boot, 0, "boot", SLOT_BYTES, 0, "1.0.0");
    }
    must(error);
    must(oneota_posix_boot_start(&s_boot, 0, NULL, NULL));
}

bool board_self_test(void)
{
    return true;
}

void board_restart(void)
{
    exit(10);
}

void board_sleep(uint32_t ms)
{
    (void)oneota_posix_wait(&s_net, ms);
}
