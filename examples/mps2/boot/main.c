/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * main.c: the boot loader. Chooses a slot, proves its image, counts the trial, copies the image to
 * where it is linked, starts the watchdog and jumps. It never erases a slot. What it has started,
 * and as what, it tells the image in a word of RAM: flash that fails may say something else.
 *
 *     0.000 I boot: start cause=soft
 *     0.003 I boot: image slot=1
 *     0.003 I boot: image condition=trial
 *     0.003 I boot: trial attempts=3
 *     0.003 I boot: image version=1.1.0
 *
 * arg=watchdog=MS: how long the image may go without feeding the watchdog; 8000 if not given. Where
 * there is nothing to start QEMU ends with status 78.
 */
#include "../bsp/bsp.h"
#include "../bsp/flash.h"
#include "control.h"
#include "image.h"
#include "load.h"

#define WATCHDOG_MS   8000u
#define EXIT_NO_IMAGE 78u

BSP_VECTORS(NULL);

static control_t s_control;

static const char *const k_conditions[] = {"confirmed", "pending", "trial", "reverted"};

static void open_control(void)
{
    if (control_open(&s_control, &flash_port, flash_control()) != ONEOTA_OK) {
        bsp_log_text(ONEOTA_LOG_ERROR, "boot: control cannot be read; slot 0 first", NULL, NULL);
    }
}

static uint8_t choose(void)
{
    control_record_t started;
    oneota_error_t error = control_begin(&s_control, load_check, NULL, &started);

    if (error == ONEOTA_STATE) {
        bsp_log_text(ONEOTA_LOG_ERROR, "boot: nothing to start; write a whole image to slot 0",
                     NULL, NULL);
        bsp_exit(EXIT_NO_IMAGE);
    }
    if (error != ONEOTA_OK) {
        bsp_log_text(ONEOTA_LOG_ERROR, "boot: control cannot be written, so no trial", NULL, NULL);
    }
    bsp_hand_over(control_pack(&started));
    bsp_log_number(ONEOTA_LOG_INFO, "boot: image", "slot", started.running);
    bsp_log_text(ONEOTA_LOG_INFO, "boot: image", "condition", k_conditions[started.condition]);
    if (started.condition == ONEOTA_BOOT_TRIAL) {
        bsp_log_number(ONEOTA_LOG_INFO, "boot: trial", "attempts", started.attempts);
    }
    return started.running;
}

int main(void)
{
    bsp_log_text(ONEOTA_LOG_INFO, "boot: start", "cause", bsp_reset_cause_text());
    open_control();
    const uint8_t slot = choose();
    const uint8_t *package = flash_bytes(flash_slot(slot));
    image_t image;

    if (image_decode(package, &image) != NULL) { /* it was whole a moment ago */
        bsp_reset();
    }
    bsp_log_text(ONEOTA_LOG_INFO, "boot: image", "version", image.version);
    bsp_watchdog_start(bsp_arg_number("watchdog", WATCHDOG_MS));
    load_start(slot, image.length);
}
