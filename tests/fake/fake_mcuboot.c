/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "fake_mcuboot.h"

#include <stdlib.h>
#include <string.h>

#define TLV_BYTES 40u /* an area's head, an entry's head, 32 bytes */
#define TRAILER_BYTES \
    256u /* where a sector holds image and trailer, in tests of 8 sectors or fewer */

/* Copied from docs/design.md, "MAGIC". */
static const uint8_t k_magic_8[16] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                      0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80};
static const uint8_t k_magic_16[16] = {16,   0,    0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b,
                                       0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a};
static const uint8_t k_magic_32[16] = {32,   0,    0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b,
                                       0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a};

const uint8_t *fake_mcuboot_magic(uint8_t align)
{
    return align == 8 ? k_magic_8 : align == 16 ? k_magic_16 : k_magic_32;
}

/* ---------------------------------------------------------------- images */

static void put(uint8_t *to, uint32_t value, unsigned count)
{
    while (count-- > 0) {
        *to++ = (uint8_t)value;
        value >>= 8;
    }
}

static uint32_t get(const uint8_t *from, unsigned count)
{
    uint32_t value = 0;
    while (count-- > 0) {
        value = value << 8 | from[count];
    }
    return value;
}

void fake_mcuboot_image(uint8_t *bytes, uint32_t room_bytes, const uint8_t version[8])
{
    uint8_t *tlv = bytes + room_bytes - TLV_BYTES;
    memset(bytes, 0, 32);
    put(bytes, 0x96f3b83d, 4);
    put(bytes + 8, 32, 2);
    put(bytes + 12, room_bytes - 32u - TLV_BYTES, 4);
    memcpy(bytes + 20, version, 8);
    memset(tlv, 0, TLV_BYTES);
    put(tlv, 0x6907, 2);
    put(tlv + 2, TLV_BYTES, 2);
    put(tlv + 4, 0x10, 2);
    put(tlv + 6, 32, 2);
}

uint32_t fake_mcuboot_size(const uint8_t *bytes, uint32_t limit)
{
    uint32_t size = get(bytes + 8, 2) + get(bytes + 12, 4) + get(bytes + 10, 2);
    if (get(bytes, 4) != 0x96f3b83d || size > limit - 4u || get(bytes + size, 2) != 0x6907) {
        return 0;
    }
    return size + get(bytes + size + 2, 2);
}

/* ---------------------------------------------------------------- trailers */

typedef enum { UNSET, SET, BAD } state_t;

typedef struct {
    state_t magic, done, ok;
} state3_t;

/* Sizes from the end: the magic, and the flags before it in steps of the alignment. */
static uint32_t flag_at(const fake_mcuboot_t *boot, const fake_flash_t *slot, unsigned back)
{
    uint32_t last = boot->align > 16 ? boot->align : 16u;
    return slot->size - last - back * boot->align;
}

static state_t flag(const fake_flash_t *slot, uint32_t at)
{
    uint8_t byte;
    if (slot->port.read((void *)(uintptr_t)slot, at, &byte, 1) != ONEOTA_OK) {
        return BAD;
    }
    return byte == slot->port.erased_value ? UNSET : byte == 1 ? SET : BAD;
}

static state3_t look(const fake_mcuboot_t *boot, const fake_flash_t *slot)
{
    state3_t state = {UNSET, flag(slot, flag_at(boot, slot, 2)),
                      flag(slot, flag_at(boot, slot, 1))};
    uint8_t magic[16];
    uint8_t blank[16];
    memset(blank, slot->port.erased_value, sizeof blank);
    if (slot->port.read((void *)(uintptr_t)slot, slot->size - 16u, magic, 16) != ONEOTA_OK) {
        state.magic = BAD;
    } else if (memcmp(magic, fake_mcuboot_magic(boot->align), 16) == 0) {
        state.magic = SET;
    } else if (memcmp(magic, blank, 16) != 0) {
        state.magic = BAD;
    }
    return state;
}

static uint8_t decide(const fake_mcuboot_t *boot)
{
    state3_t primary = look(boot, boot->slot[0]);
    state3_t secondary = look(boot, boot->slot[1]);
    if (secondary.magic == SET && secondary.ok == UNSET) {
        return boot->offset && secondary.done == SET ? FAKE_MCUBOOT_REVERT : FAKE_MCUBOOT_TEST;
    }
    if (secondary.magic == SET && secondary.ok == SET) {
        return FAKE_MCUBOOT_PERM;
    }
    if (primary.magic == SET && primary.ok == UNSET && primary.done == SET) {
        return FAKE_MCUBOOT_REVERT;
    }
    return FAKE_MCUBOOT_NONE;
}

/* ---------------------------------------------------------------- swap */

static void write_flag(const fake_mcuboot_t *boot, fake_flash_t *slot, unsigned back, uint8_t value)
{
    uint8_t bytes[32];
    memset(bytes, slot->port.erased_value, sizeof bytes);
    bytes[0] = value;
    (void)slot->port.program(slot, flag_at(boot, slot, back), bytes, slot->port.program_unit);
}

static void write_magic(const fake_mcuboot_t *boot, fake_flash_t *slot)
{
    uint8_t bytes[32];
    uint32_t length = boot->align > 16 ? boot->align : 16u;
    memset(bytes, slot->port.erased_value, sizeof bytes);
    memcpy(bytes + length - 16u, fake_mcuboot_magic(boot->align), 16);
    (void)slot->port.program(slot, slot->size - length, bytes, length);
}

static void erase(fake_flash_t *slot, uint32_t from, uint32_t to)
{
    while (from < to) {
        (void)slot->port.erase(slot, from);
        from += slot->units[0].length;
    }
}

static void write_sectors(fake_flash_t *slot, uint32_t at, const uint8_t *bytes, uint32_t length)
{
    erase(slot, at, at + length);
    (void)slot->port.program(slot, at, bytes, length);
}

/* What is copied: whole sectors, as many as the longer image takes; of the last one in the slot,
 * what is before the trailer. */
static void swap(fake_mcuboot_t *boot, uint32_t from, uint32_t to, uint32_t size)
{
    fake_flash_t *primary = boot->slot[0];
    fake_flash_t *secondary = boot->slot[1];
    uint32_t unit = primary->units[0].length;
    uint32_t length = (size + unit - 1u) / unit * unit;
    length = length < primary->size ? length : primary->size - TRAILER_BYTES;
    uint8_t *kept = malloc(2u * length);
    if (kept == NULL) {
        abort();
    }
    memcpy(kept, primary->bytes, length);
    memcpy(kept + length, secondary->bytes + from, length);
    erase(primary, primary->size - unit, primary->size);
    erase(secondary, secondary->size - unit, secondary->size);
    write_sectors(secondary, to, kept, length);
    write_sectors(primary, 0, kept + length, length);
    free(kept);
    boot->swaps++;
}

static void refuse(fake_mcuboot_t *boot)
{
    boot->refused++;
    erase(boot->slot[1], 0, boot->slot[1]->size);
}

uint8_t fake_mcuboot_start(fake_mcuboot_t *boot)
{
    fake_flash_power_on(boot->slot[0]);
    fake_flash_power_on(boot->slot[1]);
    uint8_t type = decide(boot);
    if (type == FAKE_MCUBOOT_NONE) {
        return type;
    }
    fake_flash_t *primary = boot->slot[0];
    fake_flash_t *secondary = boot->slot[1];
    uint32_t unit = primary->units[0].length;
    uint32_t from = boot->offset && type != FAKE_MCUBOOT_REVERT ? unit : 0;
    uint32_t to = boot->offset && type == FAKE_MCUBOOT_REVERT ? unit : 0;
    uint32_t size = fake_mcuboot_size(secondary->bytes + from, secondary->size - from);
    uint32_t old = fake_mcuboot_size(primary->bytes, primary->size);
    bool wrong_place = from != 0 && fake_mcuboot_size(secondary->bytes, secondary->size) != 0;
    if (size == 0 || wrong_place) {
        refuse(boot);
        return FAKE_MCUBOOT_NONE;
    }
    swap(boot, from, to, size > old ? size : old);
    if (!boot->forgets) {
        write_flag(boot, primary, 3, type);
    }
    if (type != FAKE_MCUBOOT_TEST) {
        write_flag(boot, primary, 1, 1);
    }
    write_magic(boot, primary);
    write_flag(boot, primary, 2, 1);
    return type;
}
