/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * flash.c: erase and program over memory that would allow anything.
 */
#include "flash.h"

#include <stdbool.h>
#include <string.h>

#include "board.h"
#include "bsp.h"
#include "semihost.h"

#define ERASED 0xFFu

typedef struct {
    uint8_t *bytes;
    uint32_t size;
} region_t;

static region_t s_control = {(uint8_t *)0x21000000u, 3u * FLASH_ERASE_UNIT};
static region_t s_journal = {(uint8_t *)0x21004000u, 4u * FLASH_ERASE_UNIT};
static region_t s_trust = {(uint8_t *)0x21010000u, 4u * FLASH_ERASE_UNIT};
static region_t s_slots[] = {{(uint8_t *)0x21100000u, FLASH_SLOT_BYTES},
                             {(uint8_t *)0x21200000u, FLASH_SLOT_BYTES}};

/* ---------------------------------------------------------------- power cut */

/* Counts an operation: will the power go in the middle of it? */
static bool is_cut(void)
{
    board_shared.flash_operations++;
    return board_shared.flash_operations == bsp_arg_number("cut", 0);
}

/* Erases and programs of the boot control fail from operation arg=worn on. */
static bool is_worn(const region_t *region)
{
    const uint32_t from = bsp_arg_number("worn", 0);

    return region == &s_control && from != 0 && board_shared.flash_operations >= from;
}

static void power_cut(void)
{
    bsp_log_number(ONEOTA_LOG_WARN, "flash: power cut", "operation", board_shared.flash_operations);
    semihost_exit(FLASH_CUT_EXIT);
}

/* ---------------------------------------------------------------- port */

static bool is_inside(const region_t *region, uint32_t offset, uint32_t length, uint32_t unit)
{
    return offset <= region->size && length <= region->size - offset && offset % unit == 0 &&
           length % unit == 0;
}

static oneota_error_t flash_erase(void *ctx, uint32_t offset)
{
    region_t *region = ctx;

    if (!is_inside(region, offset, FLASH_ERASE_UNIT, FLASH_ERASE_UNIT)) {
        return ONEOTA_STORAGE;
    }
    const bool cut = is_cut();
    if (is_worn(region)) {
        return ONEOTA_STORAGE;
    }
    board_flash_writable(true);
    memset(region->bytes + offset, ERASED, cut ? FLASH_ERASE_UNIT / 2u : FLASH_ERASE_UNIT);
    board_flash_writable(false);
    if (cut) {
        power_cut();
    }
    return ONEOTA_OK;
}

static bool is_erased(const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        if (bytes[i] != ERASED) {
            return false;
        }
    }
    return true;
}

static oneota_error_t flash_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    region_t *region = ctx;

    if (!is_inside(region, offset, length, FLASH_PROGRAM_UNIT) ||
        !is_erased(region->bytes + offset, length)) {
        return ONEOTA_STORAGE;
    }
    const bool cut = is_cut();
    if (is_worn(region)) {
        return ONEOTA_STORAGE;
    }
    board_flash_writable(true);
    memcpy(region->bytes + offset, data, cut ? length / 2u : length);
    board_flash_writable(false);
    if (cut) {
        power_cut();
    }
    return ONEOTA_OK;
}

static oneota_error_t flash_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    const region_t *region = ctx;

    if (!is_inside(region, offset, length, 1)) {
        return ONEOTA_STORAGE;
    }
    memcpy(buffer, region->bytes + offset, length);
    return ONEOTA_OK;
}

static oneota_erase_unit_t flash_erase_unit(void *ctx, uint32_t offset)
{
    oneota_erase_unit_t unit = {offset - offset % FLASH_ERASE_UNIT, FLASH_ERASE_UNIT};

    (void)ctx;
    return unit;
}

static uint32_t flash_size(void *ctx)
{
    const region_t *region = ctx;

    return region->size;
}

const oneota_flash_t flash_port = {flash_erase, flash_program,      flash_read, flash_erase_unit,
                                   flash_size,  FLASH_PROGRAM_UNIT, ERASED};

/* ---------------------------------------------------------------- beside the table */

void *flash_control(void)
{
    return &s_control;
}

void *flash_journal(void)
{
    return &s_journal;
}

void *flash_trust(void)
{
    return &s_trust;
}

void *flash_slot(unsigned slot)
{
    return &s_slots[slot & 1u];
}

const uint8_t *flash_bytes(const void *region)
{
    return ((const region_t *)region)->bytes;
}

uint32_t flash_operations(void)
{
    return board_shared.flash_operations;
}
