/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * slot.c: a slot without its trailer, as a flash port; and what of it an image may use, which is
 * what MCUboot itself takes (docs/design.md, "maximum-image-size").
 */
#include <string.h>

#include "parts.h"

#define TRIES           3u /* of a read: a bus has a bad moment, a torn word has no good one */
#define DEFAULT_ALIGN   8u
#define DEFAULT_SECTORS 128u

oneota_error_t oneota_mcuboot_read(const oneota_mcuboot_t *boot, uint8_t slot, uint32_t offset,
                                   void *buffer, uint32_t length)
{
    const oneota_mcuboot_slot_t *s = &boot->slot[slot];
    oneota_error_t error = ONEOTA_STORAGE;
    for (unsigned n = 0; n < TRIES && error != ONEOTA_OK; n++) {
        error = s->raw->read(s->raw_ctx, offset, buffer, length);
    }
    return error;
}

uint32_t oneota_mcuboot_sector_end(const oneota_mcuboot_t *boot, uint8_t slot, uint32_t offset)
{
    const oneota_mcuboot_slot_t *s = &boot->slot[slot];
    if (boot->sector_bytes != 0) {
        return offset - offset % boot->sector_bytes + boot->sector_bytes;
    }
    oneota_erase_unit_t unit = s->raw->erase_unit(s->raw_ctx, offset);
    return unit.start + unit.length;
}

/* ---------------------------------------------------------------- the port */

/* Within what an image may use, to the end of its last erase unit. */
static bool is_inside(const oneota_mcuboot_slot_t *slot, uint32_t offset, uint32_t length)
{
    return offset <= slot->capacity && length <= slot->capacity - offset;
}

static oneota_error_t slot_erase(void *ctx, uint32_t offset)
{
    const oneota_mcuboot_slot_t *slot = ctx;
    return slot->writable && offset < slot->capacity
               ? slot->raw->erase(slot->raw_ctx, offset + slot->first)
               : ONEOTA_STORAGE;
}

static oneota_error_t slot_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    const oneota_mcuboot_slot_t *slot = ctx;
    return slot->writable && is_inside(slot, offset, length)
               ? slot->raw->program(slot->raw_ctx, offset + slot->first, data, length)
               : ONEOTA_STORAGE;
}

static oneota_error_t slot_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    const oneota_mcuboot_slot_t *slot = ctx;
    return is_inside(slot, offset, length)
               ? slot->raw->read(slot->raw_ctx, offset + slot->first, buffer, length)
               : ONEOTA_STORAGE;
}

static oneota_erase_unit_t slot_erase_unit(void *ctx, uint32_t offset)
{
    const oneota_mcuboot_slot_t *slot = ctx;
    oneota_erase_unit_t unit = slot->raw->erase_unit(slot->raw_ctx, offset + slot->first);
    unit.start -= slot->first;
    return unit;
}

static uint32_t slot_size(void *ctx)
{
    const oneota_mcuboot_slot_t *slot = ctx;
    return slot->capacity;
}

/* ---------------------------------------------------------------- how much of it */

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Bytes before the trailer, 0 if there are none. With scratch: and before the room that the
 * trailer in the scratch area needs when the trailer's first sector is swapped. With move and
 * offset: in whole sectors, of which one is for moving. */
static uint32_t room_before_trailer(const oneota_mcuboot_t *boot, uint8_t slot)
{
    const oneota_mcuboot_slot_t *s = &boot->slot[slot];
    uint32_t unit = larger(boot->slot[0].raw->program_unit, boot->slot[1].raw->program_unit);
    uint32_t bytes = oneota_mcuboot_trailer_bytes(boot, unit, false);
    if (bytes >= s->size) {
        return 0;
    }
    uint32_t begin = s->size - bytes;
    if (boot->mode == ONEOTA_MCUBOOT_SCRATCH) {
        uint32_t end = larger(oneota_mcuboot_sector_end(boot, 0, begin),
                              oneota_mcuboot_sector_end(boot, 1, begin));
        uint32_t least = oneota_mcuboot_trailer_bytes(boot, unit, true);
        uint32_t padding = least > end - begin ? least - (end - begin) : 0;
        return begin > padding ? begin - padding : 0;
    }
    uint32_t sector = oneota_mcuboot_sector_end(boot, 0, 0);
    bool moves = (boot->mode == ONEOTA_MCUBOOT_MOVE) == (slot == 0);
    uint32_t sectors = begin / sector;
    return sectors > 1u ? (sectors - (moves ? 1u : 0u)) * sector : 0;
}

/* ---------------------------------------------------------------- set-up */

static const char *find_fault(const oneota_mcuboot_t *boot, uint8_t slot)
{
    const oneota_mcuboot_slot_t *s = &boot->slot[slot];
    uint32_t unit = s->raw->program_unit;
    if (unit == 0 || (unit & (unit - 1u)) != 0 || unit > boot->max_align) {
        return "max_align: less than the program unit of a slot";
    }
    if (s->raw->erased_value != 0xFFu && s->raw->erased_value != 0) {
        return "erased_value: neither 0xFF nor 0x00";
    }
    if (s->size == 0 || s->size % boot->max_align != 0) {
        return "slot: its size is no multiple of max_align";
    }
    return NULL;
}

static const char *find_fault_of_all(const oneota_mcuboot_t *boot)
{
    if (boot->mode < ONEOTA_MCUBOOT_MOVE || boot->mode > ONEOTA_MCUBOOT_SCRATCH) {
        return "mode: none of the three";
    }
    if (boot->max_align != 8u && boot->max_align != 16u && boot->max_align != 32u) {
        return "max_align: not 8, 16 or 32";
    }
    if (boot->number > 14u) {
        return "number: more than 14";
    }
    const char *fault = find_fault(boot, 0);
    fault = fault != NULL ? fault : find_fault(boot, 1);
    if (fault == NULL && boot->mode == ONEOTA_MCUBOOT_SCRATCH &&
        boot->slot[0].size != boot->slot[1].size) {
        return "slot: with scratch, both have one size";
    }
    return fault;
}

static void make_port(oneota_mcuboot_slot_t *slot)
{
    oneota_flash_t *port = &slot->port;
    port->erase = slot_erase;
    port->program = slot_program;
    port->read = slot_read;
    port->erase_unit = slot_erase_unit;
    port->size = slot_size;
    port->program_unit = slot->raw->program_unit;
    port->erased_value = slot->raw->erased_value;
}

/* @return false: an image cannot begin where this mode wants it to */
static bool place(oneota_mcuboot_t *boot)
{
    oneota_mcuboot_slot_t *second = &boot->slot[1];
    if (boot->mode != ONEOTA_MCUBOOT_OFFSET) {
        return true;
    }
    second->first = oneota_mcuboot_sector_end(boot, 1, 0);
    return second->first < second->size &&
           second->raw->erase_unit(second->raw_ctx, second->first).start == second->first;
}

oneota_error_t oneota_mcuboot_init(oneota_mcuboot_t *boot)
{
    boot->max_align = boot->max_align != 0 ? boot->max_align : DEFAULT_ALIGN;
    boot->max_sectors = boot->max_sectors != 0 ? boot->max_sectors : DEFAULT_SECTORS;
    boot->job = 0;
    boot->step = 0;
    boot->tried = false;
    boot->walk = 0;
    for (unsigned n = 0; n < 2u; n++) {
        boot->slot[n].size = boot->slot[n].raw->size(boot->slot[n].raw_ctx);
        boot->slot[n].first = 0;
        boot->slot[n].writable = n == 1u;
    }
    boot->why = find_fault_of_all(boot);
    if (boot->why != NULL) {
        return ONEOTA_PARAM;
    }
    uint32_t room[2] = {room_before_trailer(boot, 0), room_before_trailer(boot, 1)};
    uint32_t capacity = room[0] < room[1] ? room[0] : room[1];
    if (capacity == 0 || !place(boot)) {
        return oneota_mcuboot_refuse(boot, ONEOTA_PARAM, "slot: no room before the trailer");
    }
    boot->clean = boot->slot[1].size;
    for (unsigned n = 0; n < 2u; n++) {
        boot->slot[n].capacity = capacity;
        make_port(&boot->slot[n]);
    }
    return ONEOTA_OK;
}
