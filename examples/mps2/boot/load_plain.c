/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * load_plain.c: images that nobody has signed.
 */
#include <string.h>

#include "../bsp/bsp.h"
#include "../bsp/flash.h"
#include "../bsp/jump.h"
#include "image.h"
#include "load.h"

static const char *const k_refused[] = {"boot: slot 0 cannot start", "boot: slot 1 cannot start"};

static image_check_t s_check;

/* A package that was followed by other bytes is still whole: the size is the header's business. */
bool load_check(void *ctx, uint8_t slot)
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

void load_start(uint8_t slot, uint32_t length)
{
    memcpy((void *)IMAGE_LOAD, flash_bytes(flash_slot(slot)), length);
    bsp_jump((const bsp_vectors_t *)(IMAGE_LOAD + IMAGE_HEADER_BYTES));
}
