/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * region.h: calls of a flash port, timed and repeated, and what its bytes must be. What returns
 * bool has said why when it returns false.
 */
#ifndef ONEOTA_CHECK_REGION_H
#define ONEOTA_CHECK_REGION_H

#include "oneota/config.h"
#include "parts.h"

#define REGION_GUARD    16u /* bytes of scratch beside what is read */
#define REGION_READ_MAX 17u
#define REGION_FRESH    3u

typedef struct {
    uint32_t size, end, count, shortest, longest, sum;
} oneota_region_units_t;

typedef struct {
    uint32_t took; /* longest, from the first call to OK, ms */
    uint32_t call; /* longest single call, ms */
} oneota_region_time_t;

typedef struct {
    oneota_check_t *check;
    const oneota_flash_t *flash;
    void *ctx;
    uint32_t size; /* whole program units */
    oneota_region_units_t units;
    oneota_erase_unit_t fresh[REGION_FRESH]; /* these hold the second pattern, not the first */
    uint32_t fresh_count;
    bool steady; /* erased bytes read as erased_value */
    oneota_region_time_t erase, program, read;
} oneota_region_t;

/** Where the part of a unit that can be used ends. */
uint32_t oneota_region_unit_end(const oneota_region_t *f, oneota_erase_unit_t unit);

/** Both repeat AGAIN until it ends. @param shift  of the data in scratch: an odd address or not */
bool oneota_region_erase(oneota_region_t *f, uint32_t offset);
bool oneota_region_program(oneota_region_t *f, uint32_t offset, uint32_t length, uint32_t shift);

/** Everything but skip to skip_end holds its pattern. */
bool oneota_region_verify(oneota_region_t *f, uint32_t skip, uint32_t skip_end, const char *what,
                          const char *todo);

/** Reads, and nothing beside the buffer changes. */
bool oneota_region_read(oneota_region_t *f, uint32_t offset, uint32_t length, uint32_t shift);

/** Has just been erased, and held the first pattern: learns how erased bytes read. */
bool oneota_region_erased(oneota_region_t *f, uint32_t start, uint32_t end);

/** Is all erased_value. */
bool oneota_region_still_erased(oneota_region_t *f, uint32_t start, uint32_t end);

/** Calls that the client never makes. */
void oneota_region_provoke(oneota_region_t *f);

void oneota_region_print_times(const oneota_region_t *f);

#endif
