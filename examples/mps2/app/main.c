/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * main.c: a whole firmware that keeps itself up to date: lwIP and the client in one loop, which
 * sleeps for as long as neither has anything to do.
 */
#include "../boot/control.h"
#include "../bsp/bsp.h"
#include "../bsp/ethernet.h"
#include "settings.h"
#include "trial.h"
#include "update.h"

#define EXIT_SETTINGS 2
#define SLEEP_MAX_MS  1000u /* the watchdog is fed between sleeps */

BSP_VECTORS(ethernet_on_interrupt);

static settings_t s_settings;
static oneota_setup_t s_setup;
static oneota_t s_client;

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool start_network(void)
{
    if (!ethernet_start()) {
        return false;
    }
    ethernet_drop_every(s_settings.drop);
    if (s_settings.dns != NULL &&
        !ethernet_set_dns(s_settings.dns, (uint16_t)s_settings.dns_port)) {
        bsp_log_text(ONEOTA_LOG_ERROR, "settings: an address, not", "dns", s_settings.dns);
        return false;
    }
    return true;
}

/* The log says what is wrong. On trial it is the image's fault: the boot loader counts the start,
 * and brings the old one back. */
static void give_up(void)
{
    control_record_t started = {.condition = ONEOTA_BOOT_CONFIRMED};

    if (control_unpack(bsp_handed_over(), &started) && started.condition == ONEOTA_BOOT_TRIAL) {
        bsp_log_text(ONEOTA_LOG_ERROR, "app: cannot be set up on trial; reset", NULL, NULL);
        bsp_reset();
    }
    bsp_exit(EXIT_SETTINGS);
}

int main(void)
{
    trial_start();
    if (!settings_read(&s_settings) || !start_network() ||
        !update_setup(&s_setup, &s_settings, &s_client) ||
        oneota_init(&s_client, &s_setup) != ONEOTA_OK) {
        give_up();
    }
    for (;;) {
        bsp_watchdog_feed();
        ethernet_poll();
        uint32_t idle_ms = oneota_poll(&s_client);
        idle_ms = least(idle_ms, update_act(&s_client)); /* what an event has asked for */
        bsp_sleep(least(least(idle_ms, ethernet_sleep_ms()), SLEEP_MAX_MS));
    }
}
