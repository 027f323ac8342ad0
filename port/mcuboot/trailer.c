/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * trailer.c: MCUboot's image trailer, by its docs/design.md. The end of a slot, A = max_align:
 *
 *     ... swap status | swap size | swap info | copy done | image ok | padding | magic
 *                         A (*)        A           A           A               16
 *
 * magic ends with the slot; with 16 bytes it fills up to A. (*) Behind it, with swap using offset,
 * A bytes with the sizes of TLVs.
 */
#include <string.h>

#include "parts.h"

#define MAGIC_BYTES 16u
#define FLAG_SET    0x01u
#define TYPE_MASK   0x0Fu /* of the swap info; above it, the number of the image */

static const uint8_t k_magic[MAGIC_BYTES] = {0x77, 0xC2, 0x95, 0xF3, 0x60, 0xD2, 0xEF, 0x7F,
                                             0x35, 0x52, 0x50, 0x0F, 0x2C, 0xB6, 0x79, 0x80};
/* Of any other A than 8: A in two bytes, and then this. */
static const uint8_t k_magic_tail[MAGIC_BYTES - 2u] = {0x2D, 0xE1, 0x5D, 0x29, 0x41, 0x0B, 0x8D,
                                                       0x77, 0x67, 0x9C, 0x11, 0x0F, 0x1F, 0x8A};

/* ---------------------------------------------------------------- layout */

static uint32_t magic_room(const oneota_mcuboot_t *boot)
{
    return boot->max_align > MAGIC_BYTES ? boot->max_align : MAGIC_BYTES;
}

uint32_t oneota_mcuboot_field(const oneota_mcuboot_t *boot, uint8_t slot, field_t field,
                              uint32_t *length)
{
    uint32_t magic = boot->slot[slot].size - magic_room(boot);
    *length = field == FIELD_MAGIC ? magic_room(boot) : boot->max_align;
    return magic - (uint32_t)(FIELD_MAGIC - field) * boot->max_align;
}

uint32_t oneota_mcuboot_trailer_bytes(const oneota_mcuboot_t *boot, uint32_t unit, bool scratch)
{
    bool offset = boot->mode == ONEOTA_MCUBOOT_OFFSET;
    uint32_t records = (scratch ? 1u : boot->max_sectors) * (offset ? 2u : 3u);
    return records * unit + (offset ? 5u : 4u) * boot->max_align + magic_room(boot);
}

static void make_magic(const oneota_mcuboot_t *boot, uint8_t bytes[MAGIC_BYTES])
{
    memcpy(bytes, k_magic, MAGIC_BYTES);
    if (boot->max_align != 8u) {
        bytes[0] = boot->max_align;
        bytes[1] = 0;
        memcpy(bytes + 2, k_magic_tail, sizeof k_magic_tail);
    }
}

static uint8_t info_of_mark(const oneota_mcuboot_t *boot)
{
    return (uint8_t)((uint32_t)boot->number << 4 | SWAP_TEST);
}

uint32_t oneota_mcuboot_fill(const oneota_mcuboot_t *boot, uint8_t slot, field_t field,
                             uint8_t bytes[ONEOTA_MCUBOOT_ALIGN_MAX])
{
    const oneota_flash_t *raw = boot->slot[slot].raw;
    memset(bytes, raw->erased_value, ONEOTA_MCUBOOT_ALIGN_MAX);
    if (field == FIELD_MAGIC) {
        make_magic(boot, bytes + magic_room(boot) - MAGIC_BYTES);
        return magic_room(boot);
    }
    bytes[0] = FLAG_SET;
    if (field == FIELD_INFO) {
        bytes[0] = info_of_mark(boot);
    }
    return raw->program_unit;
}

/* ---------------------------------------------------------------- what it says */

static bool is_all(const uint8_t *bytes, uint32_t length, uint8_t value)
{
    while (length > 0 && bytes[length - 1u] == value) {
        length--;
    }
    return length == 0;
}

/* MCUboot looks at the first byte of a flag, and at the 16 of the magic. */
static uint8_t state_of(const oneota_mcuboot_t *boot, field_t field, const uint8_t *bytes,
                        uint8_t erased)
{
    uint8_t magic[MAGIC_BYTES];
    if (field != FIELD_MAGIC) {
        if (bytes[0] == erased) {
            return FIELD_UNSET;
        }
        return bytes[0] == FLAG_SET ? FIELD_SET : FIELD_BAD;
    }
    bytes += magic_room(boot) - MAGIC_BYTES;
    make_magic(boot, magic);
    return memcmp(bytes, magic, MAGIC_BYTES) == 0 ? FIELD_SET : FIELD_BAD;
}

static void read_field(const oneota_mcuboot_t *boot, uint8_t slot, field_t field,
                       trailer_t *trailer)
{
    const uint8_t erased = boot->slot[slot].raw->erased_value;
    uint8_t bytes[ONEOTA_MCUBOOT_ALIGN_MAX];
    uint32_t length;
    uint32_t offset = oneota_mcuboot_field(boot, slot, field, &length);
    trailer->field[field] = FIELD_BAD;
    trailer->room[field] = ROOM_TAKEN;
    if (oneota_mcuboot_read(boot, slot, offset, bytes, length) != ONEOTA_OK) {
        trailer->readable = false;
        return;
    }
    trailer->field[field] = state_of(boot, field, bytes, erased);
    if (is_all(bytes, length, erased)) {
        trailer->room[field] = ROOM_FREE;
    } else if (field == FIELD_INFO && bytes[0] == info_of_mark(boot)) {
        trailer->room[field] = ROOM_WRITTEN;
    }
    if (field == FIELD_INFO) {
        trailer->last = bytes[0] == erased ? (uint8_t)SWAP_NONE : bytes[0] & TYPE_MASK;
    }
}

static void read_trailer(const oneota_mcuboot_t *boot, uint8_t slot, trailer_t *trailer)
{
    trailer->readable = true;
    trailer->last = SWAP_NONE;
    for (unsigned n = 0; n < FIELD_COUNT; n++) {
        read_field(boot, slot, (field_t)n, trailer);
    }
}

static uint8_t next_swap(const oneota_mcuboot_t *boot, const uint8_t *primary,
                         const uint8_t *secondary)
{
    if (secondary[FIELD_MAGIC] == FIELD_SET && secondary[FIELD_OK] == FIELD_UNSET) {
        bool returns = boot->mode == ONEOTA_MCUBOOT_OFFSET && secondary[FIELD_DONE] == FIELD_SET;
        return returns ? SWAP_REVERT : SWAP_TEST;
    }
    if (secondary[FIELD_MAGIC] == FIELD_SET && secondary[FIELD_OK] == FIELD_SET) {
        return SWAP_PERM;
    }
    return primary[FIELD_MAGIC] == FIELD_SET && primary[FIELD_OK] == FIELD_UNSET &&
                   primary[FIELD_DONE] == FIELD_SET
               ? SWAP_REVERT
               : SWAP_NONE;
}

oneota_error_t oneota_mcuboot_trailers(const oneota_mcuboot_t *boot, trailers_t *trailers)
{
    read_trailer(boot, 0, &trailers->slot[0]);
    read_trailer(boot, 1, &trailers->slot[1]);
    trailers->next = next_swap(boot, trailers->slot[0].field, trailers->slot[1].field);
    return trailers->slot[0].readable ? ONEOTA_OK : ONEOTA_STORAGE;
}
