/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "fake_flash_parts.h"

#include <stdlib.h>
#include <string.h>

uint32_t fake_flash_random(fake_flash_t *flash)
{
    flash->random ^= flash->random << 13;
    flash->random ^= flash->random >> 17;
    flash->random ^= flash->random << 5;
    return flash->random * 2654435769u >> 3;
}

uint32_t fake_flash_unit(const fake_flash_t *flash, uint32_t offset)
{
    uint32_t i = 0;
    while (i + 1u < flash->unit_count && offset >= flash->units[i + 1u].start) {
        i++;
    }
    return i;
}

static oneota_error_t violate(fake_flash_t *flash, const char *what)
{
    flash->violations++;
    if (flash->violation == NULL) {
        flash->violation = what;
    }
    return ONEOTA_STORAGE;
}

/* ---------------------------------------------------------------- what happens in the cells */

static void set_byte(fake_flash_t *flash, uint32_t offset, uint8_t value)
{
    flash->bytes[offset] = value;
    flash->whole[offset] = value;
}

void fake_flash_mark(fake_flash_t *flash, uint32_t offset, uint32_t length, uint8_t value)
{
    uint32_t unit = flash->port.program_unit;
    memset(flash->marks + offset / unit, value, (length + unit - 1u) / unit);
}

uint8_t fake_flash_programmed(const fake_flash_t *flash, uint32_t offset, uint8_t value)
{
    uint8_t old = flash->bytes[offset];
    return flash->port.erased_value == 0xFFu ? (uint8_t)(old & value) : (uint8_t)(old | value);
}

static void do_erase(fake_flash_t *flash, uint32_t offset, uint32_t length)
{
    memset(flash->bytes + offset, flash->port.erased_value, length);
    memset(flash->whole + offset, flash->port.erased_value, length);
    fake_flash_mark(flash, offset, length, MARK_ERASED);
}

/* All of it is erased; an erase that did nothing left something else. */
static bool is_blank(const uint8_t *bytes, uint32_t length, uint8_t erased)
{
    return length > 0 && bytes[0] == erased && memcmp(bytes, bytes + 1, length - 1u) == 0;
}

static void do_program(fake_flash_t *flash, uint32_t offset, const uint8_t *data, uint32_t length)
{
    if (is_blank(flash->bytes + offset, length, flash->port.erased_value)) {
        memcpy(flash->bytes + offset, data, length);
        memcpy(flash->whole + offset, data, length);
        fake_flash_mark(flash, offset, length, MARK_PROGRAMMED);
        return;
    }
    for (uint32_t i = 0; i < length; i++) {
        set_byte(flash, offset + i, fake_flash_programmed(flash, offset + i, data[i]));
    }
    fake_flash_mark(flash, offset, length, MARK_PROGRAMMED);
}

/* ---------------------------------------------------------------- what goes wrong */

/* One call of this kind: does the fault hit it? */
static bool count_call(fake_flash_t *flash, fake_kind_t kind)
{
    bool change = kind != FAKE_READ;
    flash->calls[kind]++;
    flash->calls[FAKE_CHANGE] += change ? 1u : 0u;
    flash->calls[FAKE_ANY]++;
    uint32_t now = flash->calls[flash->fault_kind];
    if (flash->fault_kind != kind && flash->fault_kind != FAKE_ANY &&
        !(flash->fault_kind == FAKE_CHANGE && change)) {
        return false;
    }
    return flash->fault_at != 0 && now >= flash->fault_at &&
           now - flash->fault_at < flash->fault_count;
}

static void flip(fake_flash_t *flash, uint32_t offset, uint32_t length)
{
    uint32_t at = offset + fake_flash_random(flash) % length;
    set_byte(flash, at, (uint8_t)(flash->bytes[at] ^ (1u << fake_flash_random(flash) % 8u)));
}

/* The AGAIN that a call is asked to give; and that the caller repeats just what it asked for. */
static bool is_again(fake_flash_t *flash, fake_kind_t kind, uint32_t offset, const uint8_t *data,
                     uint32_t length)
{
    uint32_t sum = length;
    if (!flash->busy && flash->again == 0) {
        return false;
    }
    for (uint32_t i = 0; data != NULL && i < length; i++) {
        sum = sum * 31u + data[i];
    }
    if (!flash->busy) {
        flash->busy_left = flash->again;
        flash->busy_kind = (uint8_t)kind;
        flash->busy_offset = offset;
        flash->busy_length = length;
        flash->busy_sum = sum;
    } else if (flash->busy_kind != kind || flash->busy_offset != offset ||
               flash->busy_length != length || flash->busy_sum != sum) {
        violate(flash, "another call while one is AGAIN");
    }
    flash->busy = flash->busy_left > 0;
    flash->busy_left -= flash->busy ? 1u : 0u;
    return flash->busy;
}

/* Nothing is done; what is said of it. */
static bool refuses(const fake_flash_t *flash, bool hit, oneota_error_t *error)
{
    *error = flash->fault == FAKE_FAULT_ODD ? FAKE_ODD_CODE : ONEOTA_STORAGE;
    return hit && (flash->fault == FAKE_FAULT_ERROR || flash->fault == FAKE_FAULT_ODD);
}

static bool is_cut(fake_flash_t *flash)
{
    flash->operations++;
    flash->off = flash->operations == flash->cut_at;
    return flash->off;
}

static bool is_worn(const fake_flash_t *flash, uint32_t offset, fake_worn_t how)
{
    return flash->worn[fake_flash_unit(flash, offset)] == (uint8_t)how &&
           flash->operations >= flash->worn_at;
}

/* The supply was too low already, and nobody noticed. */
static bool is_brown(fake_flash_t *flash)
{
    bool brown = flash->off && flash->cut == FAKE_CUT_SILENT;
    flash->off = flash->off && !brown;
    return brown;
}

/* ---------------------------------------------------------------- the port */

static oneota_error_t flash_erase(void *ctx, uint32_t offset)
{
    fake_flash_t *flash = ctx;
    uint32_t number = fake_flash_unit(flash, offset);
    uint32_t length = flash->units[number].length;
    if (flash->off) {
        return ONEOTA_STORAGE;
    }
    if (flash->units[number].start != offset) {
        return violate(flash, "erase does not begin at a unit");
    }
    if (is_again(flash, FAKE_ERASE, offset, NULL, 0)) {
        return ONEOTA_AGAIN;
    }
    flash->erases[number]++;
    bool hit = count_call(flash, FAKE_ERASE);
    if (is_cut(flash)) {
        if (is_brown(flash)) {
            fake_flash_mark(flash, offset, length, MARK_ERASED);
            return ONEOTA_OK;
        }
        if (flash->cut == FAKE_CUT_AFTER) {
            do_erase(flash, offset, length);
        } else if (flash->cut != FAKE_CUT_BEFORE) {
            fake_tear_erase(flash, offset, length);
        }
        return ONEOTA_STORAGE;
    }
    oneota_error_t error;
    if (refuses(flash, hit, &error)) {
        return error;
    }
    if (is_worn(flash, offset, FAKE_WORN_ERASE)) {
        return ONEOTA_STORAGE;
    }
    if (hit && flash->fault == FAKE_FAULT_SILENT) {
        /* the caller believes in it: what it programs now is no violation */
        fake_flash_mark(flash, offset, length, MARK_ERASED);
        return ONEOTA_OK;
    }
    do_erase(flash, offset, length);
    if (hit && flash->fault == FAKE_FAULT_FLIP) {
        flip(flash, offset, length);
    }
    return hit && flash->fault == FAKE_FAULT_ERROR_DONE ? ONEOTA_STORAGE : ONEOTA_OK;
}

static bool may_program(fake_flash_t *flash, uint32_t offset, uint32_t length)
{
    uint32_t unit = flash->port.program_unit;
    if (length == 0 || offset % unit != 0 || length % unit != 0) {
        violate(flash, "program is not aligned");
        return false;
    }
    if (offset >= flash->size || length > flash->size - offset) {
        violate(flash, "program outside");
        return false;
    }
    return true;
}

static oneota_error_t flash_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    fake_flash_t *flash = ctx;
    if (flash->off) {
        return ONEOTA_STORAGE;
    }
    if (!may_program(flash, offset, length)) {
        return ONEOTA_STORAGE;
    }
    if (is_again(flash, FAKE_PROGRAM, offset, data, length)) {
        return ONEOTA_AGAIN;
    }
    for (uint32_t at = offset; at < offset + length; at += flash->port.program_unit) {
        if ((flash->marks[at / flash->port.program_unit] & MARK_ERASED) == 0) {
            violate(flash, "program without an erase");
        }
    }
    bool hit = count_call(flash, FAKE_PROGRAM);
    if (is_cut(flash)) {
        if (is_brown(flash)) {
            fake_flash_mark(flash, offset, length, MARK_PROGRAMMED);
            return ONEOTA_OK;
        }
        if (flash->cut == FAKE_CUT_AFTER) {
            do_program(flash, offset, data, length);
        } else if (flash->cut != FAKE_CUT_BEFORE) {
            fake_tear_program(flash, offset, data, length);
        }
        return ONEOTA_STORAGE;
    }
    if (is_worn(flash, offset, FAKE_WORN_PROGRAM)) {
        fake_flash_mark(flash, offset, length, MARK_PROGRAMMED);
        return ONEOTA_STORAGE;
    }
    oneota_error_t error;
    bool refused = refuses(flash, hit, &error);
    if (refused || (hit && flash->fault == FAKE_FAULT_SILENT)) {
        fake_flash_mark(flash, offset, length, MARK_PROGRAMMED);
        return refused ? error : ONEOTA_OK;
    }
    do_program(flash, offset, data, length);
    if ((hit && flash->fault == FAKE_FAULT_FLIP) || is_worn(flash, offset, FAKE_WORN_SILENT)) {
        flip(flash, offset, length);
    }
    return hit && flash->fault == FAKE_FAULT_ERROR_DONE ? ONEOTA_STORAGE : ONEOTA_OK;
}

static bool read_byte(fake_flash_t *flash, uint32_t at, uint32_t coins, uint8_t *byte)
{
    uint32_t number = at / flash->port.program_unit;
    uint8_t marks = flash->marks[number];
    uint32_t coin = (coins >> number % 29u) & 1u;
    uint32_t mood = (flash->mood >> number % 29u) & 1u;
    bool whole =
        ((marks & MARK_UNSTABLE) != 0 && coin != 0) || ((marks & MARK_MOODY) != 0 && mood != 0);
    *byte = whole ? flash->whole[at] : flash->bytes[at];
    if ((marks & MARK_ERASED) != 0 && flash->erased_read == FAKE_ERASED_RANDOM) {
        *byte = (uint8_t)fake_flash_random(flash);
    }
    return (marks & MARK_UNREADABLE) == 0 &&
           ((marks & MARK_ERASED) == 0 || flash->erased_read != FAKE_ERASED_ERROR);
}

/* Nothing about it is special: it reads as it is. */
static bool is_plain(const fake_flash_t *flash, uint32_t offset, uint32_t length)
{
    uint32_t unit = flash->port.program_unit;
    if (length == 0) {
        return true;
    }
    uint32_t end = (offset + length - 1u) / unit + 1u;
    for (uint32_t n = offset / unit; n < end; n++) {
        if (flash->marks[n] != MARK_PROGRAMMED) {
            return false;
        }
    }
    return true;
}

static oneota_error_t flash_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    fake_flash_t *flash = ctx;
    uint8_t *bytes = buffer;
    if (flash->off) {
        return ONEOTA_STORAGE;
    }
    if (flash->busy) {
        return violate(flash, "read while a call is AGAIN");
    }
    if (offset > flash->size || length > flash->size - offset) {
        return violate(flash, "read outside");
    }
    bool hit = count_call(flash, FAKE_READ);
    oneota_error_t error;
    if (refuses(flash, hit, &error) || (hit && flash->fault == FAKE_FAULT_ERROR_DONE)) {
        return error;
    }
    uint32_t coins = fake_flash_random(flash);
    if (!hit && is_plain(flash, offset, length)) {
        memcpy(buffer, flash->bytes + offset, length);
        return ONEOTA_OK;
    }
    for (uint32_t i = 0; i < length; i++) {
        if (!read_byte(flash, offset + i, coins, &bytes[i])) {
            return ONEOTA_STORAGE;
        }
        if (hit && flash->fault == FAKE_FAULT_SILENT) {
            bytes[i] = (uint8_t)fake_flash_random(flash);
        }
    }
    if (hit && flash->fault == FAKE_FAULT_FLIP && length > 0) {
        bytes[fake_flash_random(flash) % length] ^= (uint8_t)(1u << fake_flash_random(flash) % 8u);
    }
    return ONEOTA_OK;
}

static oneota_erase_unit_t flash_erase_unit(void *ctx, uint32_t offset)
{
    const fake_flash_t *flash = ctx;
    return flash->units[fake_flash_unit(flash, offset)];
}

static uint32_t flash_size(void *ctx)
{
    const fake_flash_t *flash = ctx;
    return flash->size;
}

/* ---------------------------------------------------------------- the test's side */

static bool lay_out(fake_flash_t *flash, const fake_flash_config_t *config)
{
    uint32_t total = 0;
    for (uint32_t i = 0;; i++) {
        uint32_t length = config->unit;
        if (length == 0) {
            length = config->units[i];
        }
        if (length == 0 || (config->size != 0 && total >= config->size)) {
            break;
        }
        if (i == FAKE_FLASH_UNITS_MAX) {
            return false;
        }
        flash->units[i].start = total;
        flash->units[i].length = length;
        flash->unit_count = i + 1u;
        total += length;
    }
    flash->size = config->size != 0 ? config->size : total;
    return flash->size != 0 && flash->size <= total;
}

bool fake_flash_init(fake_flash_t *flash, const fake_flash_config_t *config)
{
    memset(flash, 0, sizeof *flash);
    if ((config->unit == 0) == (config->units == NULL) || config->program_unit == 0 ||
        (config->unit != 0 && config->size == 0) || !lay_out(flash, config)) {
        return false;
    }
    const oneota_erase_unit_t *last = &flash->units[flash->unit_count - 1u];
    size_t room = (size_t)last->start + last->length;
    flash->port.erase = flash_erase;
    flash->port.program = flash_program;
    flash->port.read = flash_read;
    flash->port.erase_unit = flash_erase_unit;
    flash->port.size = flash_size;
    flash->port.program_unit = config->program_unit;
    flash->port.erased_value = config->erased;
    flash->random = config->seed * 2u + 1u;
    flash->bytes = malloc(room);
    flash->whole = malloc(room);
    flash->marks = malloc(room / config->program_unit + 1u);
    if (flash->bytes == NULL || flash->whole == NULL || flash->marks == NULL) {
        fake_flash_free(flash);
        return false;
    }
    for (uint32_t i = 0; i < room; i++) {
        set_byte(flash, i, (uint8_t)fake_flash_random(flash));
    }
    memset(flash->marks, MARK_PROGRAMMED, room / config->program_unit + 1u);
    return true;
}

void fake_flash_free(fake_flash_t *flash)
{
    free(flash->bytes);
    free(flash->whole);
    free(flash->marks);
    flash->bytes = NULL;
    flash->whole = NULL;
    flash->marks = NULL;
}

void fake_flash_copy(fake_flash_t *to, const fake_flash_t *from)
{
    uint8_t *bytes = to->bytes, *whole = to->whole, *marks = to->marks;
    const oneota_erase_unit_t *last = &from->units[from->unit_count - 1u];
    size_t room = (size_t)last->start + last->length;
    memcpy(bytes, from->bytes, room);
    memcpy(whole, from->whole, room);
    memcpy(marks, from->marks, room / from->port.program_unit + 1u);
    *to = *from;
    to->bytes = bytes;
    to->whole = whole;
    to->marks = marks;
}

void fake_flash_erase_all(fake_flash_t *flash)
{
    for (uint32_t i = 0; i < flash->unit_count; i++) {
        do_erase(flash, flash->units[i].start, flash->units[i].length);
    }
}

void fake_flash_power_on(fake_flash_t *flash)
{
    flash->off = false;
    flash->busy = false;
    flash->cut_at = 0;
    flash->mood = fake_flash_random(flash);
}

void fake_flash_put(fake_flash_t *flash, uint32_t offset, const void *data, uint32_t length)
{
    uint32_t skew = offset % flash->port.program_unit;
    memcpy(flash->bytes + offset, data, length);
    memcpy(flash->whole + offset, data, length);
    fake_flash_mark(flash, offset - skew, length + skew, MARK_PROGRAMMED);
}

void fake_flash_fill(fake_flash_t *flash, uint8_t byte)
{
    memset(flash->bytes, byte, flash->size);
    memset(flash->whole, byte, flash->size);
    fake_flash_mark(flash, 0, flash->size, MARK_PROGRAMMED);
}
