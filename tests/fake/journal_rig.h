/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * journal_rig.h: a journal on a fake flash, and beside it what may be read from it.
 *
 * Values are numbers here: value 0 is "none", any other stands for some bytes of some length. For
 * each type the rig keeps the numbers that are right: one, or two while it is open whether a
 * write has happened. Whatever else is read fails the test.
 */
#ifndef ONEOTA_JOURNAL_RIG_H
#define ONEOTA_JOURNAL_RIG_H

#include "fake_flash.h"
#include "journal.h"

#define RIG_SCRATCH_MAX 512u
#define RIG_ALLOWED_MAX 4u

typedef struct {
    const char *name;
    fake_flash_config_t flash;
    uint32_t again;      /**< as in fake_flash_t */
    uint8_t erased_read; /**< fake_erased_t */
} rig_geometry_t;

typedef struct {
    fake_flash_t flash;
    oneota_journal_t journal;
    uint8_t scratch[RIG_SCRATCH_MAX];
    uint32_t scratch_bytes;
    uint32_t allowed[ONEOTA_JOURNAL_TYPES][RIG_ALLOWED_MAX];
    uint8_t allowed_count[ONEOTA_JOURNAL_TYPES];
    bool unsteady; /**< a torn place may read differently each time: what was read is not kept to */
} rig_t;

/** Program units 1 to 256, uniform and mixed units, both erased values; ends with name NULL. */
extern const rig_geometry_t rig_geometries[];

void rig_init(rig_t *rig, const rig_geometry_t *geometry);
void rig_free(rig_t *rig);
void rig_copy(rig_t *to, const rig_t *from);

/** The bytes of a value. @return their number */
size_t rig_value(uint32_t value, uint8_t *data);

/** Power on, init, scan to the end; no call reads more than one record. */
void rig_start(rig_t *rig);

/** Writes to the end; no call does more than one operation. The value is allowed beside those
 *  that were, after OK it is the only one. */
oneota_error_t rig_write(rig_t *rig, uint8_t type, uint32_t value);

/** Likewise; tried again as long as it is STORAGE and the power is on. */
void rig_write_through(rig_t *rig, uint8_t type, uint32_t value);

/** Reads all types: each must have an allowed value, to which it is then held. An unsteady one
 *  may be STORAGE. */
void rig_check(rig_t *rig);

/** A long story of writes: the first start of all, full units, short runs, a run of one write. */
#define RIG_SCRIPT_STEPS 64u
bool rig_script_starts(uint32_t step); /**< there is a restart before this write */
uint8_t rig_script_type(uint32_t step);
uint32_t rig_script_value(uint32_t step);

/** This type must read as just these bytes. */
void rig_expect(rig_t *rig, uint8_t type, const void *wanted, size_t wanted_length);

/** Reads one. @return its value, UINT32_MAX if it was STORAGE; fails on one that is not allowed */
uint32_t rig_read(rig_t *rig, uint8_t type);

#endif
