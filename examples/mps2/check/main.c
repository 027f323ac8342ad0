/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * main.c: the bring-up firmware of this board. It asks each port whether it keeps its contract
 * (port/check), prints a line for what it does not, and ends QEMU with the number of failed checks.
 * What the journal and slot 1 hold is destroyed. Of settings.h it takes server and port: any HTTP
 * server.
 */
#include "../app/settings.h"
#include "../boot/boot_port.h"
#include "../bsp/bsp.h"
#include "../bsp/ethernet.h"
#include "../bsp/flash.h"
#include "oneota_check.h"
#include "oneota_lwip.h"

#define SCRATCH_BYTES 512u
#define CLOCK_S       3u
#define NETWORK_MS    10000u
#define EXIT_NO_CHECK 2u

BSP_VECTORS(ethernet_on_interrupt);

static settings_t s_settings;
static oneota_lwip_net_t s_net;
static boot_port_t s_boot;
static uint8_t s_scratch[SCRATCH_BYTES];

/* Without the time of day: where the host is busy, the emulated tick loses time against it. */
static uint32_t now_ms(void *ctx)
{
    (void)ctx;
    return bsp_now_ms();
}

static const oneota_clock_t k_clock = {now_ms, NULL};

static void print_line(void *ctx, const char *text)
{
    (void)ctx;
    bsp_log_text(ONEOTA_LOG_INFO, "check:", "port", text);
}

static void idle(void *ctx)
{
    (void)ctx;
    bsp_watchdog_feed();
    ethernet_poll();
}

static bool wait_for_network(void)
{
    const uint32_t start = bsp_now_ms();

    while (!ethernet_is_up() && bsp_now_ms() - start < NETWORK_MS) {
        idle(NULL);
        bsp_sleep(1);
    }
    return ethernet_is_up();
}

int main(void)
{
    static oneota_check_t check = {.line = print_line,
                                   .clock = &k_clock,
                                   .poll = idle,
                                   .scratch = s_scratch,
                                   .scratch_bytes = sizeof s_scratch,
                                   .provoke = true};

    if (!settings_read(&s_settings) || !ethernet_start() || !wait_for_network() ||
        boot_port_open(&s_boot, &flash_port, flash_control(), flash_slot(0), flash_slot(1),
                       &bsp_log) != ONEOTA_OK) {
        return (int)EXIT_NO_CHECK; /* the log says what is wrong */
    }
    boot_port_started(&s_boot, bsp_handed_over());
    oneota_lwip_net_init(&s_net);
    (void)oneota_check_clock(&check, &bsp_device, NULL, CLOCK_S);
    (void)oneota_check_flash(&check, &flash_port, flash_journal());
    (void)oneota_check_flash(&check, &flash_port, flash_slot(1));
    (void)oneota_check_boot(&check, &boot_port, &s_boot, 0);
    (void)oneota_check_net(&check, &oneota_lwip_net, &s_net, s_settings.server,
                           (uint16_t)s_settings.port);
    bsp_exit(check.failed);
}
