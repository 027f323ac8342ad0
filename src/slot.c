/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "slot.h"

#include <string.h>

void oneota_slot_begin(oneota_slot_t *slot, const oneota_flash_t *flash, void *flash_ctx,
                       uint8_t *carry, uint32_t size)
{
    slot->flash = flash;
    slot->flash_ctx = flash_ctx;
    slot->carry = carry;
    slot->carried = 0;
    slot->size = size;
    slot->position = 0;
    slot->erased_end = 0;
    slot->guarded = false;
    oneota_crypto_hash_begin(&slot->hash, CRYPTO_MD5);
}

bool oneota_slot_fits(const oneota_slot_t *slot)
{
    uint32_t capacity = slot->flash->size(slot->flash_ctx);
    capacity &= ~(slot->flash->program_unit - 1u);
    return slot->size - 1u < capacity;
}

uint32_t oneota_slot_taken(const oneota_slot_t *slot)
{
    return slot->position + slot->carried;
}

bool oneota_slot_at_unit(const oneota_slot_t *slot)
{
    return slot->position == slot->erased_end;
}

static void advance(oneota_slot_t *slot, const uint8_t *data, uint32_t length)
{
    oneota_crypto_hash_add(&slot->hash, data, length);
    slot->position += length;
}

oneota_error_t oneota_slot_read(oneota_slot_t *slot, uint32_t end, uint8_t *buffer,
                                uint32_t buffer_bytes)
{
    uint32_t left = end - slot->position;
    uint32_t length = left < buffer_bytes ? left : buffer_bytes;
    if (slot->flash->read(slot->flash_ctx, slot->position, buffer, length) != ONEOTA_OK) {
        return ONEOTA_STORAGE;
    }
    advance(slot, buffer, length);
    slot->erased_end = slot->position;
    return slot->position == end ? ONEOTA_OK : ONEOTA_AGAIN;
}

/* The unit that begins at position. A unit that begins elsewhere would hold bytes that must
 * stay. */
static oneota_error_t erase_next(oneota_slot_t *slot)
{
    if (slot->guarded && slot->position == 0) {
        return ONEOTA_STATE;
    }
    oneota_erase_unit_t unit = slot->flash->erase_unit(slot->flash_ctx, slot->position);
    if (unit.start != slot->position || unit.length == 0) {
        return ONEOTA_STORAGE;
    }
    oneota_error_t error = slot->flash->erase(slot->flash_ctx, slot->position);
    if (error == ONEOTA_OK) {
        slot->erased_end = unit.start + unit.length;
    }
    return error;
}

/* Programs bytes, of which the first length are the image's. */
static oneota_error_t program(oneota_slot_t *slot, const uint8_t *data, uint32_t bytes,
                              uint32_t length)
{
    oneota_error_t error = slot->flash->program(slot->flash_ctx, slot->position, data, bytes);
    if (error == ONEOTA_OK) {
        advance(slot, data, length);
    }
    return error;
}

static oneota_error_t program_carry(oneota_slot_t *slot)
{
    oneota_error_t error = program(slot, slot->carry, slot->flash->program_unit, slot->carried);
    if (error == ONEOTA_OK) {
        slot->carried = 0;
    }
    return error;
}

/* Whole program units straight from the input, as far as the erased unit reaches. */
static oneota_error_t program_direct(oneota_slot_t *slot, const uint8_t *data, uint32_t length,
                                     uint32_t *taken)
{
    uint32_t room = slot->erased_end - slot->position;
    length &= ~(slot->flash->program_unit - 1u);
    length = length < room ? length : room;
    oneota_error_t error = program(slot, data, length, length);
    *taken = error == ONEOTA_OK ? length : 0;
    return error;
}

oneota_error_t oneota_slot_write(oneota_slot_t *slot, const uint8_t *data, uint32_t length,
                                 uint32_t *taken)
{
    uint32_t unit = slot->flash->program_unit;
    *taken = 0;
    if (length > slot->size - oneota_slot_taken(slot)) {
        return ONEOTA_LIMIT;
    }
    if (oneota_slot_at_unit(slot)) {
        return erase_next(slot);
    }
    if (slot->carried == unit) {
        return program_carry(slot);
    }
    if (slot->carried == 0 && length >= unit) {
        return program_direct(slot, data, length, taken);
    }
    *taken = length < unit - slot->carried ? length : unit - slot->carried;
    memcpy(slot->carry + slot->carried, data, *taken);
    slot->carried += *taken;
    return ONEOTA_OK;
}

oneota_error_t oneota_slot_finish(oneota_slot_t *slot)
{
    if (slot->carried == 0) {
        return ONEOTA_OK;
    }
    memset(slot->carry + slot->carried, slot->flash->erased_value,
           slot->flash->program_unit - slot->carried);
    return program_carry(slot);
}
