/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * boot_port.c: what the client asks of the boot loader, written into its control.
 */
#include "boot_port.h"

#include <string.h>

static oneota_error_t refuse(const boot_port_t *port, oneota_error_t error, const char *what,
                             const char *why)
{
    oneota_log_line_t line = {ONEOTA_LOG_ERROR, what, "why", why, 0};

    if (port->log != NULL) {
        port->log->line(NULL, &line);
    }
    return error;
}

static oneota_error_t ready(const boot_port_t *port, uint8_t image)
{
    if (image != 0) {
        return refuse(port, ONEOTA_PARAM, "boot: no such image", "this board has image 0 alone");
    }
    if (!port->readable) {
        return refuse(port, ONEOTA_STORAGE, "boot: control unusable", "it cannot be read");
    }
    return ONEOTA_OK;
}

/* One step of a write; the next call comes with the same record. */
static oneota_error_t store(boot_port_t *port, const control_record_t *next)
{
    oneota_error_t error = control_write(&port->control, next);

    return error == ONEOTA_STORAGE
               ? refuse(port, error, "boot: control not written", "flash failed")
               : error;
}

/* ---------------------------------------------------------------- table */

static oneota_error_t boot_query(void *ctx, uint8_t image, oneota_boot_t *answer)
{
    const boot_port_t *port = ctx;
    const control_record_t *record = &port->control.record;
    oneota_error_t error = ready(port, image);

    if (error == ONEOTA_OK) {
        answer->slot = record->running;
        answer->length = record->slot[record->running].size;
        answer->condition = record->condition;
    }
    return error;
}

static oneota_error_t boot_inspect(void *ctx, uint8_t image, uint8_t slot, uint32_t size)
{
    boot_port_t *port = ctx;
    oneota_error_t error = ready(port, image);

    if (error != ONEOTA_OK) {
        return error;
    }
    if (slot > 1u || size == 0) {
        return refuse(port, slot > 1u ? ONEOTA_PARAM : ONEOTA_VERIFY, "boot: image refused",
                      slot > 1u ? "no such slot" : "empty");
    }
    if (!port->checking) {
        image_check_begin(&port->check, port->flash, port->slot_ctx[slot], size);
    }
    error = image_check(&port->check);
    port->checking = error == ONEOTA_AGAIN;
    if (error == ONEOTA_VERIFY || error == ONEOTA_STORAGE) {
        return refuse(port, error, "boot: image refused", port->check.why);
    }
    return error;
}

static oneota_error_t check_mark(const boot_port_t *port, const oneota_boot_mark_t *mark)
{
    const control_record_t *record = &port->control.record;
    static const char k_what[] = "boot: mark refused";

    if (record->condition == ONEOTA_BOOT_TRIAL) {
        return refuse(port, ONEOTA_STATE, k_what, "the running image is on trial");
    }
    if (mark->slot > 1u || mark->slot == record->running) {
        return refuse(port, ONEOTA_PARAM, k_what, "the slot runs, or there is no such slot");
    }
    if (mark->size == 0 || mark->size > port->flash->size(port->slot_ctx[mark->slot])) {
        return refuse(port, ONEOTA_PARAM, k_what, "the slot cannot hold an image of this size");
    }
    if (strlen(mark->version) > ONEOTA_VERSION_MAX) {
        return refuse(port, ONEOTA_LIMIT, k_what, "the version is too long");
    }
    return ONEOTA_OK;
}

/* The digest is not kept: an image carries its own. */
static oneota_error_t boot_mark(void *ctx, uint8_t image, const oneota_boot_mark_t *mark)
{
    boot_port_t *port = ctx;
    control_record_t next = port->control.record;
    oneota_error_t error = ready(port, image);

    error = error == ONEOTA_OK ? check_mark(port, mark) : error;
    if (error != ONEOTA_OK) {
        return error;
    }
    control_slot_t *slot = &next.slot[mark->slot];
    memset(slot, 0, sizeof *slot);
    slot->size = mark->size;
    memcpy(slot->version, mark->version, strlen(mark->version));
    next.condition = ONEOTA_BOOT_PENDING;
    next.attempts = 0;
    return store(port, &next);
}

static oneota_error_t boot_confirm(void *ctx, uint8_t image)
{
    boot_port_t *port = ctx;
    control_record_t next = port->control.record;
    oneota_error_t error = ready(port, image);

    if (error != ONEOTA_OK || next.condition != ONEOTA_BOOT_TRIAL) {
        return error;
    }
    next.condition = ONEOTA_BOOT_CONFIRMED;
    next.attempts = 0;
    return store(port, &next);
}

static oneota_error_t boot_revert(void *ctx, uint8_t image)
{
    boot_port_t *port = ctx;
    control_record_t next = port->control.record;
    oneota_error_t error = ready(port, image);

    if (error != ONEOTA_OK) {
        return error;
    }
    if (next.condition == ONEOTA_BOOT_PENDING) {
        next.condition = ONEOTA_BOOT_CONFIRMED;
        return store(port, &next);
    }
    if (next.condition == ONEOTA_BOOT_TRIAL && next.attempts > 0) {
        next.attempts = 0;
        return store(port, &next);
    }
    return ONEOTA_OK;
}

const oneota_boot_port_t boot_port = {boot_query, boot_inspect, boot_mark, boot_confirm,
                                      boot_revert};

/* ---------------------------------------------------------------- beside the table */

/* A control that was never written does not know the size of what runs; the image does. */
static void learn_size(boot_port_t *port)
{
    control_record_t *record = &port->control.record;
    uint8_t *header = port->check.buffer;
    image_t image;

    if (record->slot[record->running].size == 0 &&
        port->flash->read(port->slot_ctx[record->running], 0, header, IMAGE_HEADER_BYTES) ==
            ONEOTA_OK &&
        image_decode(header, &image) == NULL) {
        record->slot[record->running].size = image.length;
        memcpy(record->slot[record->running].version, image.version, sizeof image.version);
    }
}

oneota_error_t boot_port_open(boot_port_t *port, const oneota_flash_t *flash, void *control_ctx,
                              void *slot0_ctx, void *slot1_ctx, const oneota_log_t *log)
{
    memset(port, 0, sizeof *port);
    port->flash = flash;
    port->slot_ctx[0] = slot0_ctx;
    port->slot_ctx[1] = slot1_ctx;
    port->log = log;
    oneota_error_t error = control_open(&port->control, flash, control_ctx);
    port->readable = error == ONEOTA_OK;
    if (error != ONEOTA_OK) {
        return refuse(port, error, "boot: control unusable", "it cannot be read");
    }
    learn_size(port);
    return ONEOTA_OK;
}

void boot_port_started(boot_port_t *port, uint32_t word)
{
    if (port->readable && control_unpack(word, &port->control.record)) {
        learn_size(port);
    }
}
