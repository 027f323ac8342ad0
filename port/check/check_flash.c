/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * check_flash.c: one region of flash. First all of it is filled and read back; then the first, the
 * middle and the last unit are erased and programmed again, and nothing else may change.
 */
#include "region.h"

#include <stddef.h>
#include <string.h>

/* ---------------------------------------------------------------- geometry */

static bool check_table(const oneota_region_t *f)
{
    const oneota_flash_t *flash = f->flash;
    uint32_t unit = flash->program_unit;
    oneota_check_t *check = f->check;

    if (flash->erase == NULL || flash->program == NULL || flash->read == NULL ||
        flash->erase_unit == NULL || flash->size == NULL) {
        oneota_check_say(check, CHECK_FAIL, "flash: a function is missing", NULL, 0,
                         "fill all of oneota_flash_t");
        return false;
    }
    if (unit == 0 || (unit & (unit - 1u)) != 0 || unit > ONEOTA_PROGRAM_UNIT_MAX) {
        oneota_check_say(check, CHECK_FAIL, "flash: program unit cannot be used",
                         "program_unit=", unit,
                         "a power of two, 1 to ONEOTA_PROGRAM_UNIT_MAX (config.h)");
        return false;
    }
    if (flash->erased_value != 0xFFu && flash->erased_value != 0u) {
        oneota_check_say(check, CHECK_FAIL, "flash: erased value cannot be used", "erased_value=0x",
                         flash->erased_value, "it is 0xff or 0x00");
        return false;
    }
    if (check->scratch_bytes < 2u * unit + REGION_GUARD) {
        oneota_check_say(check, CHECK_FAIL, "flash: not checked",
                         "scratch_bytes=", 2u * unit + REGION_GUARD, "give it so much scratch");
        return false;
    }
    return true;
}

/* The unit that begins at offset, or what is wrong with it. */
static bool check_unit(const oneota_region_t *f, uint32_t offset, oneota_erase_unit_t unit)
{
    const char *why = NULL;

    if (unit.length == 0) {
        why = "the length is 0";
    } else if (unit.start > offset || unit.start + (unit.length - 1u) < offset) {
        why = "it does not hold this offset; does size() reach beyond the units?";
    } else if (unit.start != offset) {
        why = "it overlaps the unit before it: each begins where the last one ends";
    } else if (unit.length > UINT32_MAX - offset) {
        why = "it ends beyond 2^32";
    } else if ((unit.start | unit.length) % f->flash->program_unit != 0) {
        why = "start and length must be multiples of the program unit";
    }
    if (why != NULL) {
        oneota_check_begin(f->check, CHECK_FAIL, "flash: erase_unit is wrong");
        oneota_check_number(f->check, "offset=", offset);
        oneota_check_number(f->check, "start=", unit.start);
        oneota_check_number(f->check, "length=", unit.length);
        oneota_check_end(f->check, why);
    }
    return why == NULL;
}

/* Any offset within a unit gives that unit. */
static bool check_inside(const oneota_region_t *f, oneota_erase_unit_t unit)
{
    uint32_t raw = f->flash->size(f->ctx);
    uint32_t last = raw - unit.start < unit.length ? raw - 1u : unit.start + (unit.length - 1u);
    const uint32_t places[] = {unit.start, unit.start + (last - unit.start) / 2u, last};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        oneota_erase_unit_t again = f->flash->erase_unit(f->ctx, places[i]);
        if (again.start != unit.start || again.length != unit.length) {
            oneota_check_begin(f->check, CHECK_FAIL, "flash: erase_unit differs within a unit");
            oneota_check_number(f->check, "offset=", places[i]);
            oneota_check_number(f->check, "start=", again.start);
            oneota_check_number(f->check, "wanted=", unit.start);
            oneota_check_end(f->check, "every offset in a unit, also its last, gives that unit");
            return false;
        }
    }
    return true;
}

static bool walk(const oneota_region_t *f, oneota_region_units_t *units)
{
    uint32_t raw = f->flash->size(f->ctx);
    uint32_t offset = 0;

    memset(units, 0, sizeof *units);
    units->shortest = UINT32_MAX;
    units->size = raw;
    while (offset < raw) {
        oneota_erase_unit_t unit = f->flash->erase_unit(f->ctx, offset);
        if (!check_unit(f, offset, unit) || !check_inside(f, unit)) {
            return false;
        }
        units->count++;
        units->sum = units->sum * 31u + unit.length;
        units->shortest = unit.length < units->shortest ? unit.length : units->shortest;
        oneota_check_longest(&units->longest, unit.length);
        offset += unit.length;
        oneota_check_idle(f->check);
    }
    units->end = offset;
    return true;
}

static bool check_geometry(oneota_region_t *f)
{
    uint32_t raw = f->flash->size(f->ctx);

    f->size = raw - raw % f->flash->program_unit;
    if (f->size == 0) {
        oneota_check_say(f->check, CHECK_FAIL, "flash: nothing can be used", "size=", raw,
                         "size() is the bytes of the region, not of the image");
        return false;
    }
    if (!walk(f, &f->units)) {
        return false;
    }
    oneota_check_begin(f->check, CHECK_SAY, "flash: geometry");
    oneota_check_number(f->check, "size=", raw);
    oneota_check_number(f->check, "units=", f->units.count);
    oneota_check_number(f->check, "shortest=", f->units.shortest);
    oneota_check_number(f->check, "longest=", f->units.longest);
    oneota_check_number(f->check, "program_unit=", f->flash->program_unit);
    oneota_check_number(f->check, "erased_value=0x", f->flash->erased_value);
    oneota_check_end(f->check, NULL);
    if (f->size != raw) {
        oneota_check_say(f->check, CHECK_WARN, "flash: no whole program unit at the end",
                         "bytes=", raw - f->size, "they are not used");
    }
    return true;
}

static void check_constant(const oneota_region_t *f)
{
    oneota_region_units_t again;

    if (walk(f, &again) && (again.count != f->units.count || again.sum != f->units.sum ||
                            again.size != f->units.size)) {
        oneota_check_say(f->check, CHECK_FAIL, "flash: geometry has changed", "size=", again.size,
                         "size() and erase_unit() are constant, whatever the region holds");
    }
}

/* ---------------------------------------------------------------- all of it */

/* One program unit, then as many as scratch takes; two, as many, ... Single ones from odd addresses
 * of RAM. */
static bool program_to(oneota_region_t *f, uint32_t offset, uint32_t end)
{
    uint32_t unit = f->flash->program_unit;
    uint32_t most = (f->check->scratch_bytes - 1u) / unit;

    for (uint32_t turn = 0; offset < end; turn++) {
        uint32_t count = turn % 2u == 0 ? 1u + turn / 2u % most : most;
        uint32_t length = count * unit < end - offset ? count * unit : end - offset;
        if (!oneota_region_program(f, offset, length, (turn + 1u) % 2u)) {
            return false;
        }
        offset += length;
    }
    return true;
}

static bool fill(oneota_region_t *f)
{
    oneota_check_say(f->check, CHECK_SAY,
                     "flash: filling all of it, data at odd addresses of RAM, too", NULL, 0, NULL);
    for (uint32_t offset = 0; offset < f->size;) {
        oneota_erase_unit_t unit = f->flash->erase_unit(f->ctx, offset);
        uint32_t end = oneota_region_unit_end(f, unit);
        if (!oneota_region_erase(f, offset) || !program_to(f, offset, end)) {
            return false;
        }
        offset = end;
    }
    return oneota_region_verify(
        f, 0, 0, "flash: reads back wrong",
        "erase first? address lines, banks, data cache, another unit's erase?");
}

/* ---------------------------------------------------------------- unit by unit */

static bool check_unit_of(oneota_region_t *f, oneota_erase_unit_t unit)
{
    uint32_t one = f->flash->program_unit;
    uint32_t start = unit.start;
    uint32_t end = oneota_region_unit_end(f, unit);
    static const char k_erase[] =
        "erase the unit of this offset alone; is the sector number right?";
    static const char k_program[] = "program the bytes that were given, and no others";

    if (!oneota_region_erase(f, start) || !oneota_region_erased(f, start, end) ||
        !oneota_region_verify(f, start, end, "flash: erase changes another unit", k_erase) ||
        !oneota_region_erase(f, start)) {
        return false;
    }
    f->fresh[f->fresh_count].start = start;
    f->fresh[f->fresh_count].length = end - start;
    f->fresh_count++;
    if (!oneota_region_program(f, start, one, 1u) ||
        !oneota_region_verify(f, start + one, end, "flash: program changes other bytes",
                              k_program) ||
        (f->steady && !oneota_region_still_erased(f, start + one, end))) {
        return false;
    }
    /* the last program unit by itself: the end of the unit is where off-by-one lives */
    if (end - start >= 2u * one &&
        (!program_to(f, start + one, end - one) || !oneota_region_program(f, end - one, one, 0))) {
        return false;
    }
    return oneota_region_verify(f, 0, 0, "flash: program changes other bytes", k_program);
}

static bool check_some_units(oneota_region_t *f)
{
    const uint32_t places[REGION_FRESH] = {0, f->size / 2u, f->size - 1u};
    uint32_t next = 0;

    oneota_check_say(f->check, CHECK_SAY, "flash: units by themselves", NULL, 0, NULL);
    for (size_t i = 0; i < REGION_FRESH; i++) {
        oneota_erase_unit_t unit = f->flash->erase_unit(f->ctx, places[i]);
        if (unit.start < next) {
            continue; /* a region of fewer units */
        }
        if (!check_unit_of(f, unit)) {
            return false;
        }
        next = unit.start + unit.length;
    }
    return true;
}

/* ---------------------------------------------------------------- reads */

static bool check_reads(oneota_region_t *f)
{
    uint32_t first = oneota_region_unit_end(f, f->flash->erase_unit(f->ctx, 0));

    oneota_check_say(f->check, CHECK_SAY, "flash: reads at odd places", NULL, 0, NULL);
    for (uint32_t length = 1; length <= REGION_READ_MAX; length++) {
        const uint32_t places[] = {0, 1, 2, 3, first - length / 2u, f->size - length};
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            bool fits = places[i] < f->size && length <= f->size - places[i];
            if (fits && !oneota_region_read(f, places[i], length, (uint32_t)i % 2u)) {
                return false;
            }
        }
    }
    return true;
}

uint32_t oneota_check_flash(oneota_check_t *check, const oneota_flash_t *flash, void *ctx)
{
    oneota_region_t f;
    uint32_t failed = check->failed;
    uint32_t warned = check->warned;

    memset(&f, 0, sizeof f);
    f.check = check;
    f.flash = flash;
    f.ctx = ctx;
    if (!oneota_check_ready(check, "flash:")) {
        return check->failed - failed;
    }
    if (check_table(&f) && check_geometry(&f) && fill(&f) && check_reads(&f) &&
        check_some_units(&f)) {
        check_constant(&f);
        if (check->provoke) {
            oneota_region_provoke(&f);
        }
        (void)oneota_region_erase(&f, 0);
        oneota_region_print_times(&f);
    }
    return oneota_check_done(check, "flash:", failed, warned);
}
