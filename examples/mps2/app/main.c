/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * main.c: a whole firmware that keeps itself up to date: lwIP and the client in one loop, which
 * sleeps for as long as neither has anything to do.
 */
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

int main(void)
{
    trial_start();
    if (!settings_read(&s_settings) || !start_network() ||
        !update_setup(&s_setup, &s_settings, &s_client) ||
        oneota_init(&s_client, &s_setup) != ONEOTA_OK) {
        return EXIT_SETTINGS; /* the log says what is wrong */
    }
    for (;;) {
        bsp_watchdog_feed();
        ethernet_poll();
        uint32_t idle_ms = oneota_poll(&s_client);
        if (update_act(&s_client)) { /* what an event has asked for */
            idle_ms = 0;
        }
        bsp_sleep(least(least(idle_ms, ethernet_sleep_ms()), SLEEP_MAX_MS));
    }
}
