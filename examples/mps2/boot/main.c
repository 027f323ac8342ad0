/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * main.c: the boot loader. Chooses a slot, proves its image, counts the trial, copies the image to
 * where it is linked, starts the watchdog and jumps. It never erases a slot.
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
#include <string.h>

#include "../bsp/bsp.h"
#include "../bsp/flash.h"
#include "../bsp/jump.h"
#include "control.h"
#include "image.h"

#define WATCHDOG_MS   8000u
#define EXIT_NO_IMAGE 78u

BSP_VECTORS(NULL);

static control_t s_control;
static image_check_t s_check;

static const char *const k_conditions[] = {"confirmed", "pending", "trial", "reverted"};
static const char *const k_refused[] = {"boot: slot 0 cannot start", "boot: slot 1 cannot start"};

/* A package that was followed by other bytes is still whole: the size is the header's business. */
static bool is_whole(void *ctx, uint8_t slot)
{
    oneota_error_t error;

    (void)ctx;
    image_check_begin(&s_check, &flash_port, flash_slot(slot), 0);
    do {
        error = image_check(&s_check);
    } while (error == ONEOTA_AGAIN);
    if (error != ONEOTA_OK) {
        bsp_log_text(ONEOTA_LOG_WARN, k_refused[slot], "why", s_check.why);
    }
    return error == ONEOTA_OK;
}

static void open_control(void)
{
    if (control_open(&s_control, &flash_port, flash_control()) != ONEOTA_OK) {
        bsp_log_text(ONEOTA_LOG_ERROR, "boot: control cannot be read; slot 0 first", NULL, NULL);
    }
}

/* What must be known at the next start is in flash before the jump. */
static bool write_control(const control_record_t *next)
{
    oneota_error_t error = ONEOTA_OK;

    if (memcmp(next, &s_control.record, sizeof *next) != 0) {
        do {
            error = control_write(&s_control, next);
        } while (error == ONEOTA_AGAIN);
    }
    return error == ONEOTA_OK;
}

/* A trial that cannot be counted does not begin: the image before it runs, if it is whole. */
static uint8_t choose(void)
{
    const control_record_t *record = &s_control.record;
    control_record_t next;

    if (!control_choose(record, is_whole, NULL, &next)) {
        bsp_log_text(ONEOTA_LOG_ERROR, "boot: nothing to start; write a whole image to slot 0",
                     NULL, NULL);
        bsp_exit(EXIT_NO_IMAGE);
    }
    if (!write_control(&next)) {
        bsp_log_text(ONEOTA_LOG_ERROR, "boot: control cannot be written", NULL, NULL);
        if (next.condition == ONEOTA_BOOT_TRIAL && is_whole(NULL, next.running ^ 1u)) {
            next.running ^= 1u;
        }
    }
    bsp_log_number(ONEOTA_LOG_INFO, "boot: image", "slot", next.running);
    bsp_log_text(ONEOTA_LOG_INFO, "boot: image", "condition", k_conditions[next.condition]);
    if (next.condition == ONEOTA_BOOT_TRIAL) {
        bsp_log_number(ONEOTA_LOG_INFO, "boot: trial", "attempts", next.attempts);
    }
    return next.running;
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
    memcpy((void *)IMAGE_LOAD, package, image.length);
    bsp_watchdog_start(bsp_arg_number("watchdog", WATCHDOG_MS));
    bsp_jump((const bsp_vectors_t *)(IMAGE_LOAD + IMAGE_HEADER_BYTES));
}
