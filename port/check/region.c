/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * region.c: calls of a flash port, and what its bytes must be.
 */
#include "region.h"

#include <stddef.h>
#include <string.h>

#define KEPT_BYTES 8u /* in a row that an erase left as they were: no chance, even if encrypted */

/* ---------------------------------------------------------------- pattern */

/* Never repeats and depends on all bits of the offset. Now and then a program unit is all
 * erased_value, as in images. */
static uint8_t wanted(const oneota_region_t *f, uint32_t offset)
{
    uint32_t x = offset + 0x51ED270Bu;

    if (offset / f->flash->program_unit % 8u == 5u) {
        return f->flash->erased_value;
    }
    for (uint32_t i = 0; i < f->fresh_count; i++) {
        if (offset - f->fresh[i].start < f->fresh[i].length) {
            x += 0x9E3779B9u;
        }
    }
    x = (x ^ x >> 16) * 0x7FEB352Du;
    x = (x ^ x >> 15) * 0x846CA68Bu;
    return (uint8_t)(x ^ x >> 16);
}

uint32_t oneota_region_unit_end(const oneota_region_t *f, oneota_erase_unit_t unit)
{
    return f->size - unit.start < unit.length ? f->size : unit.start + unit.length;
}

/* ---------------------------------------------------------------- calls */

static bool judge(const oneota_region_t *f, const char *what, uint32_t offset, oneota_error_t error,
                  const char *todo)
{
    if (error == ONEOTA_OK) {
        return true;
    }
    oneota_check_begin(f->check, CHECK_FAIL, what);
    oneota_check_number(f->check, "offset=", offset);
    oneota_check_word(f->check, "error=", oneota_error_text(error));
    oneota_check_end(f->check, error == ONEOTA_AGAIN ? "AGAIN without an end" : todo);
    return false;
}

/* length 0: an erase */
static oneota_error_t change(oneota_region_t *f, uint32_t offset, const uint8_t *data,
                             uint32_t length)
{
    oneota_region_time_t *time = length == 0 ? &f->erase : &f->program;
    oneota_check_wait_t wait;
    oneota_error_t error;

    oneota_check_wait(f->check, &wait, 0);
    do {
        uint32_t start = oneota_check_ms(f->check);
        error = length == 0 ? f->flash->erase(f->ctx, offset)
                            : f->flash->program(f->ctx, offset, data, length);
        oneota_check_longest(&time->call, oneota_check_ms(f->check) - start);
    } while (error == ONEOTA_AGAIN && oneota_check_waits(f->check, &wait));
    oneota_check_longest(&time->took, oneota_check_ms(f->check) - wait.start);
    oneota_check_idle(f->check);
    return error;
}

bool oneota_region_erase(oneota_region_t *f, uint32_t offset)
{
    return judge(f, "flash: erase fails", offset, change(f, offset, NULL, 0),
                 "locked, write protected, or a wrong sector?");
}

bool oneota_region_program(oneota_region_t *f, uint32_t offset, uint32_t length, uint32_t shift)
{
    uint8_t *data = f->check->scratch + shift;

    for (uint32_t i = 0; i < length; i++) {
        data[i] = wanted(f, offset + i);
    }
    return judge(f, "flash: program fails", offset, change(f, offset, data, length),
                 "erased just before, whole and aligned: it must be OK, from any address of RAM");
}

static oneota_error_t read_raw(oneota_region_t *f, uint32_t offset, uint8_t *to, uint32_t length)
{
    uint32_t start = oneota_check_ms(f->check);
    oneota_error_t error = f->flash->read(f->ctx, offset, to, length);
    uint32_t took = oneota_check_ms(f->check) - start;

    oneota_check_longest(&f->read.call, took);
    oneota_check_longest(&f->read.took, took);
    oneota_check_idle(f->check);
    return error;
}

static bool read_good(oneota_region_t *f, uint32_t offset, uint8_t *to, uint32_t length)
{
    return judge(f, "flash: read fails", offset, read_raw(f, offset, to, length),
                 "it was programmed, and must be readable at any offset and length");
}

/* ---------------------------------------------------------------- contents */

static void differs(const oneota_region_t *f, const char *what, uint32_t offset, uint8_t is,
                    uint8_t should, const char *todo)
{
    oneota_check_begin(f->check, CHECK_FAIL, what);
    oneota_check_number(f->check, "offset=", offset);
    oneota_check_number(f->check, "is=0x", is);
    oneota_check_number(f->check, "wanted=0x", should);
    oneota_check_end(f->check, todo);
}

/* Odd pieces: all offsets and ends come up. */
static uint32_t piece(const oneota_region_t *f, uint32_t left)
{
    uint32_t most = (f->check->scratch_bytes - REGION_GUARD) | 1u;

    return left < most ? left : most;
}

static bool verify_range(oneota_region_t *f, uint32_t offset, uint32_t end, const char *what,
                         const char *todo)
{
    uint8_t *data = f->check->scratch;

    while (offset < end) {
        uint32_t length = piece(f, end - offset);
        memset(data, (uint8_t)~wanted(f, offset), length);
        if (!read_good(f, offset, data, length)) {
            return false;
        }
        for (uint32_t i = 0; i < length; i++) {
            if (data[i] != wanted(f, offset + i)) {
                differs(f, what, offset + i, data[i], wanted(f, offset + i), todo);
                return false;
            }
        }
        offset += length;
    }
    return true;
}

bool oneota_region_verify(oneota_region_t *f, uint32_t skip, uint32_t skip_end, const char *what,
                          const char *todo)
{
    return verify_range(f, 0, skip, what, todo) && verify_range(f, skip_end, f->size, what, todo);
}

bool oneota_region_read(oneota_region_t *f, uint32_t offset, uint32_t length, uint32_t shift)
{
    uint8_t *data = f->check->scratch + REGION_GUARD + shift;
    uint8_t *before = data - REGION_GUARD;
    uint8_t guard = (uint8_t)~wanted(f, offset);

    memset(before, guard, length + 2u * REGION_GUARD);
    for (uint32_t i = 0; i < length; i++) {
        data[i] = (uint8_t)~wanted(f, offset + i);
    }
    if (!read_good(f, offset, data, length)) {
        return false;
    }
    for (uint32_t i = 0; i < length; i++) {
        if (data[i] != wanted(f, offset + i)) {
            differs(f, "flash: read at an odd place is wrong", offset + i, data[i],
                    wanted(f, offset + i), "any offset and length, to any address of RAM");
            return false;
        }
    }
    for (uint32_t i = 0; i < REGION_GUARD; i++) {
        if (before[i] != guard || data[length + i] != guard) {
            oneota_check_begin(f->check, CHECK_FAIL, "flash: read writes beside the buffer");
            oneota_check_number(f->check, "offset=", offset);
            oneota_check_number(f->check, "length=", length);
            oneota_check_end(f->check, "copy just length bytes, also if the bus reads words");
            return false;
        }
    }
    return true;
}

/* ---------------------------------------------------------------- erased bytes */

typedef struct {
    uint32_t erased; /* are erased_value */
    uint32_t run;    /* in a row that are as they were before */
    uint32_t kept, kept_at;
    bool constant;
    uint8_t first;
} erased_t;

static void look(const oneota_region_t *f, erased_t *e, uint32_t offset, uint8_t is)
{
    uint8_t value = f->flash->erased_value;
    uint8_t was = wanted(f, offset);

    e->constant = e->constant && is == e->first;
    e->erased += is == value ? 1u : 0u;
    if (was == value) {
        return; /* says nothing */
    }
    e->run = is == was ? e->run + 1u : 0;
    if (e->run > e->kept) {
        e->kept = e->run;
        e->kept_at = offset;
    }
}

static bool judge_erased(oneota_region_t *f, const erased_t *e, uint32_t start, uint32_t length)
{
    uint8_t value = f->flash->erased_value;

    f->steady = e->erased == length;
    if (f->steady) {
        return true;
    }
    if (e->kept >= (length < KEPT_BYTES ? length : KEPT_BYTES)) {
        oneota_check_say(f->check, CHECK_FAIL, "flash: erase leaves bytes as they were",
                         "offset=", e->kept_at,
                         "write protected, or does one erase cover less than erase_unit says?");
        return false;
    }
    if (e->constant) {
        differs(f, "flash: erased bytes are not erased_value", start, e->first, value,
                "set erased_value to what the flash gives");
        return false;
    }
    oneota_check_say(f->check, CHECK_WARN, "flash: erased bytes read as anything", "offset=", start,
                     "right behind encryption, else the erase is not whole");
    return true;
}

bool oneota_region_erased(oneota_region_t *f, uint32_t start, uint32_t end)
{
    erased_t e = {0, 0, 0, 0, true, 0};
    uint8_t *data = f->check->scratch;

    for (uint32_t offset = start; offset < end;) {
        uint32_t length = piece(f, end - offset);
        oneota_error_t error = read_raw(f, offset, data, length);
        if (error == ONEOTA_STORAGE) {
            f->steady = false;
            oneota_check_say(f->check, CHECK_SAY, "flash: erased bytes cannot be read",
                             "offset=", offset, "right with some ECC; the client does not need it");
            return true;
        }
        if (!judge(f, "flash: read fails", offset, error, "it must be OK or STORAGE")) {
            return false;
        }
        e.first = offset == start ? data[0] : e.first;
        for (uint32_t i = 0; i < length; i++) {
            look(f, &e, offset + i, data[i]);
        }
        offset += length;
    }
    return judge_erased(f, &e, start, end - start);
}

bool oneota_region_still_erased(oneota_region_t *f, uint32_t start, uint32_t end)
{
    uint8_t *data = f->check->scratch;
    uint8_t value = f->flash->erased_value;

    while (start < end) {
        uint32_t length = piece(f, end - start);
        if (!read_good(f, start, data, length)) {
            return false;
        }
        for (uint32_t i = 0; i < length; i++) {
            if (data[i] != value) {
                differs(f, "flash: program changes erased bytes behind it", start + i, data[i],
                        value, "program the bytes that were given, and no others");
                return false;
            }
        }
        start += length;
    }
    return true;
}

/* ---------------------------------------------------------------- what is never called */

typedef enum { NEVER_ERASE = 0, NEVER_PROGRAM, NEVER_READ } never_t;

static void never(oneota_region_t *f, never_t call, uint32_t offset, uint32_t length,
                  const char *what)
{
    oneota_error_t error = call == NEVER_READ ? read_raw(f, offset, f->check->scratch, length)
                                              : change(f, offset, f->check->scratch, length);

    if (error == ONEOTA_OK || error == ONEOTA_AGAIN) {
        oneota_check_begin(f->check, CHECK_WARN, "flash: not refused:");
        oneota_check_word(f->check, "", what);
        oneota_check_number(f->check, "offset=", offset);
        oneota_check_number(f->check, "length=", length);
        oneota_check_end(f->check, "the client never does this; STORAGE stops those who do");
    }
}

/* port.h leaves it open: the client never does it, and some flash can clear more bits. Unit 0 is
 * erased, unless an odd program was taken. */
static void provoke_second(oneota_region_t *f)
{
    const uint8_t *data = f->check->scratch;
    const uint32_t one = f->flash->program_unit;
    oneota_error_t error = change(f, 0, data, one);

    if (error == ONEOTA_OK) {
        error = change(f, 0, data, one);
        oneota_check_say(f->check, CHECK_SAY,
                         error == ONEOTA_OK ? "flash: takes a second program of a unit"
                                            : "flash: refuses a second program of a unit",
                         NULL, 0, NULL);
    }
}

void oneota_region_provoke(oneota_region_t *f)
{
    uint32_t one = f->flash->program_unit;
    uint32_t raw = f->units.size;
    uint32_t end = f->units.end;

    oneota_check_say(f->check, CHECK_SAY,
                     "flash: what must be refused; a port that does not may trap here", NULL, 0,
                     NULL);
    if (!oneota_region_erase(f, 0)) {
        return;
    }
    memset(f->check->scratch, 0x5A, (size_t)2u * one);
    if (one > 1u) {
        never(f, NEVER_PROGRAM, 1u, one, "program at an odd offset");
        never(f, NEVER_PROGRAM, 0, one / 2u, "program of a part of a unit");
    }
    if (f->flash->erase_unit(f->ctx, 0).length > 1u) {
        never(f, NEVER_ERASE, 1u, 0, "erase within a unit");
    }
    never(f, NEVER_READ, raw, 1u, "read outside");
    never(f, NEVER_READ, raw - 1u, 2u, "read across the end");
    never(f, NEVER_READ, UINT32_MAX, 2u, "read across 2^32");
    memset(f->check->scratch, 0x5A, (size_t)2u * one);
    provoke_second(f);
    never(f, NEVER_PROGRAM, end, one, "program outside");
    never(f, NEVER_ERASE, end, 0, "erase outside");
}

static void print_time(const oneota_region_t *f, const char *what, const oneota_region_time_t *time)
{
    oneota_check_begin(f->check, CHECK_SAY, what);
    oneota_check_number(f->check, "ms=", time->took);
    oneota_check_number(f->check, "longest call ms=", time->call);
    oneota_check_end(f->check, NULL);
}

void oneota_region_print_times(const oneota_region_t *f)
{
    uint32_t longest = f->erase.call;

    oneota_check_longest(&longest, f->program.call);
    oneota_check_longest(&longest, f->read.call);
    print_time(f, "flash: erase took", &f->erase);
    print_time(f, "flash: program took", &f->program);
    print_time(f, "flash: read took", &f->read);
    oneota_check_say(f->check, CHECK_SAY, "flash: longest blocking call", "ms=", longest,
                     "no oneota_poll() is longer; the watchdog must allow it");
}
