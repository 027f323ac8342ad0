/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What a power cut leaves in the cells of an erase or a program that was under way.
 */
#include <stdlib.h>
#include <string.h>

#include "fake_flash_parts.h"

static uint8_t torn_mark(const fake_flash_t *flash)
{
    static const uint8_t marks[FAKE_TORN_COUNT] = {0, MARK_UNREADABLE, MARK_UNSTABLE, MARK_MOODY};
    return (uint8_t)(MARK_PROGRAMMED | marks[flash->torn]);
}

/* The first so many pieces of count are done, by the modes that work so. */
static uint32_t done_pieces(const fake_flash_t *flash, uint32_t count, uint32_t prefix)
{
    switch (flash->cut) {
    case FAKE_CUT_FIRST:
        return 1;
    case FAKE_CUT_HALF:
        return count / 2u;
    case FAKE_CUT_ALL_BUT_LAST:
        return count - 1u;
    default:
        return prefix;
    }
}

static bool is_by_bits(const fake_flash_t *flash)
{
    return flash->cut == FAKE_CUT_BITS || flash->cut == FAKE_CUT_WEAK;
}

/* On its way from one value to the other. */
static uint8_t torn_byte(fake_flash_t *flash, uint8_t from, uint8_t to)
{
    uint32_t stays = fake_flash_random(flash);
    if (flash->cut == FAKE_CUT_WEAK) {
        stays &= fake_flash_random(flash) & fake_flash_random(flash) & fake_flash_random(flash);
    }
    return (uint8_t)((from & stays) | (to & ~stays));
}

/* Which bytes had been changed when the power went? At least one and not all, where that is
 * possible. */
static void tear(fake_flash_t *flash, uint32_t length, bool *changed)
{
    uint32_t prefix = length > 1u ? 1u + fake_flash_random(flash) % (length - 1u) : 0u;
    for (uint32_t i = 0; i < length; i++) {
        changed[i] = flash->cut == FAKE_CUT_TORN_RANDOM ? (fake_flash_random(flash) & 1u) != 0
                                                        : i < done_pieces(flash, length, prefix);
    }
}

/* Program units that were done to the last byte or not begun are as they should be; the others
 * bear the mark of a tear, and at least one does. */
static void mark_tear(fake_flash_t *flash, uint32_t offset, uint32_t length, const bool *changed)
{
    uint32_t unit = flash->port.program_unit;
    uint32_t marked = 0;
    for (uint32_t at = 0; at < length; at += unit) {
        uint32_t done = 0;
        for (uint32_t i = at; i < at + unit; i++) {
            done += changed[i] ? 1u : 0u;
        }
        bool partly = is_by_bits(flash) || (done > 0 && done < unit);
        marked += partly ? 1u : 0u;
        fake_flash_mark(flash, offset + at, unit, partly ? torn_mark(flash) : MARK_PROGRAMMED);
    }
    if (marked == 0) {
        uint32_t at = fake_flash_random(flash) % (length / unit) * unit;
        fake_flash_mark(flash, offset + at, unit, torn_mark(flash));
    }
}

void fake_tear_program(fake_flash_t *flash, uint32_t offset, const uint8_t *data, uint32_t length)
{
    bool *changed = malloc(length * sizeof *changed);
    if (changed == NULL) {
        abort();
    }
    tear(flash, length, changed);
    for (uint32_t i = 0; i < length; i++) {
        uint8_t value = fake_flash_programmed(flash, offset + i, data[i]);
        flash->whole[offset + i] = value;
        if (is_by_bits(flash)) {
            flash->bytes[offset + i] = torn_byte(flash, flash->bytes[offset + i], value);
        } else if (changed[i]) {
            flash->bytes[offset + i] = value;
        }
    }
    mark_tear(flash, offset, length, changed);
    free(changed);
}

/* Half of the unit is erased, in pieces of 64 bytes or a program unit; what is left is old or
 * random. */
void fake_tear_erase(fake_flash_t *flash, uint32_t offset, uint32_t length)
{
    uint32_t piece = flash->port.program_unit > 64u ? flash->port.program_unit : 64u;
    uint32_t pieces = (length + piece - 1u) / piece;
    for (uint32_t at = 0; at < length; at += piece) {
        uint32_t count = length - at < piece ? length - at : piece;
        bool prefix = flash->cut != FAKE_CUT_TORN_RANDOM;
        bool gone = prefix ? at / piece < done_pieces(flash, pieces, pieces / 2u)
                           : (fake_flash_random(flash) & 1u) != 0;
        gone = gone && !is_by_bits(flash);
        memset(flash->whole + offset + at, flash->port.erased_value, count);
        for (uint32_t i = offset + at; i < offset + at + count; i++) {
            if (gone) {
                flash->bytes[i] = flash->port.erased_value;
            } else if (is_by_bits(flash)) {
                flash->bytes[i] = torn_byte(flash, flash->bytes[i], flash->port.erased_value);
            } else if (!prefix && (fake_flash_random(flash) & 3u) == 0) {
                flash->bytes[i] = (uint8_t)fake_flash_random(flash);
            }
        }
        fake_flash_mark(flash, offset + at, count, gone ? MARK_PROGRAMMED : torn_mark(flash));
    }
}
