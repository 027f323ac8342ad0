/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fake_flash.h: a NOR flash in RAM as an oneota_flash_t port, which breaks on request.
 *
 *     fake_flash_t flash;
 *     fake_flash_config_t config = {.size = 8192, .unit = 4096, .program_unit = 8, .erased = 0xFF};
 *     fake_flash_init(&flash, &config);
 *     ... give &flash.port and &flash to what is tested ...
 *     assert_int_equal(flash.violations, 0);
 *     fake_flash_free(&flash);
 *
 * What a caller must never do is a violation: a program unit programmed twice between two erases,
 * an offset that is not aligned or outside, an erase that does not begin at a unit, another call
 * while an erase or a program is AGAIN. It is counted, and `violation` names the first.
 *
 * Operations are erases and programs that were carried out or began to be, counted from 1 in
 * `operations`; `calls` also counts reads. Everything is settable between two calls and follows
 * from the seed.
 */
#ifndef ONEOTA_FAKE_FLASH_H
#define ONEOTA_FAKE_FLASH_H

#include "oneota/port.h"

#define FAKE_FLASH_UNITS_MAX 64u
#define FAKE_FLASH_FOR_EVER  UINT32_MAX

/** What a power cut leaves behind of the operation in which it comes. */
typedef enum {
    FAKE_CUT_BEFORE = 0,  /**< nothing was done */
    FAKE_CUT_TORN_PREFIX, /**< program: the first bytes; erase: the first half, the rest is old */
    FAKE_CUT_TORN_RANDOM, /**< half of the bytes; erase: half of the unit, the rest is random */
    FAKE_CUT_AFTER,       /**< all was done, only the caller was not told */
    FAKE_CUT_COUNT,
    /* finer tears, for those who draw from all of them */
    FAKE_CUT_FIRST = FAKE_CUT_COUNT, /**< its first byte alone; erase: the first piece */
    FAKE_CUT_HALF,                   /**< its first half */
    FAKE_CUT_ALL_BUT_LAST,           /**< its last byte is missing; erase: the last piece */
    FAKE_CUT_BITS,                   /**< each bit by chance, in all of it */
    FAKE_CUT_WEAK,                   /**< likewise, and nearly all were changed */
    FAKE_CUT_SILENT, /**< OK, and nothing was done; the power goes before the next operation */
    FAKE_CUT_ALL
} fake_cut_t;

/** How a torn place reads, until it is erased. */
typedef enum {
    FAKE_TORN_STABLE = 0, /**< the same each time */
    FAKE_TORN_UNREADABLE, /**< STORAGE, as by ECC */
    FAKE_TORN_UNSTABLE,   /**< at each read either as it is, or as if nothing had been torn */
    FAKE_TORN_MOODY,      /**< likewise, but the same from one power_on to the next */
    FAKE_TORN_COUNT
} fake_torn_t;

/** What goes wrong without a power cut. */
typedef enum {
    FAKE_FAULT_ERROR = 0,  /**< STORAGE, nothing was done */
    FAKE_FAULT_ERROR_DONE, /**< STORAGE, but it was done (read: as ERROR) */
    FAKE_FAULT_SILENT,     /**< OK, but nothing was done (read: the buffer has random bytes) */
    FAKE_FAULT_FLIP,       /**< OK, but one bit is wrong (erase: within the unit) */
    FAKE_FAULT_COUNT,
    FAKE_FAULT_ODD = FAKE_FAULT_COUNT /**< nothing was done, and a code that no port may return */
} fake_fault_t;

#define FAKE_ODD_CODE ((oneota_error_t)104)

/** What can be done no more in a unit that is worn. */
typedef enum {
    FAKE_WORN_NOT = 0,
    FAKE_WORN_ERASE,   /**< STORAGE */
    FAKE_WORN_PROGRAM, /**< likewise */
    FAKE_WORN_SILENT   /**< programming: OK, and one bit is wrong each time */
} fake_worn_t;

/** Which calls a fault hits, each kind counted on its own. */
typedef enum {
    FAKE_ERASE = 0,
    FAKE_PROGRAM,
    FAKE_READ,
    FAKE_CHANGE, /**< erase and program, counted together */
    FAKE_ANY,    /**< all three, counted together */
    FAKE_KIND_COUNT
} fake_kind_t;

/** How bytes read that were erased and not programmed since. */
typedef enum {
    FAKE_ERASED_VALUE = 0,
    FAKE_ERASED_RANDOM, /**< as behind encryption */
    FAKE_ERASED_ERROR   /**< STORAGE */
} fake_erased_t;

typedef struct {
    uint32_t size;         /**< bytes; 0: the sum of units */
    uint32_t unit;         /**< length of every erase unit; 0: units */
    const uint32_t *units; /**< lengths of the erase units in order; borrowed for init; ends in 0 */
    uint16_t program_unit;
    uint8_t erased;
    uint32_t seed;
} fake_flash_config_t;

typedef struct {
    oneota_flash_t port;
    uint32_t size;
    uint32_t unit_count;
    oneota_erase_unit_t units[FAKE_FLASH_UNITS_MAX];
    uint8_t *bytes;  /**< the contents: may be read and changed by a test */
    uint8_t *whole;  /**< the contents if nothing had been torn */
    uint8_t *marks;  /**< one for each program unit, private */
    uint32_t random; /**< state of the random numbers */

    /* counters */
    uint32_t operations;
    uint32_t calls[FAKE_KIND_COUNT];
    uint32_t erases[FAKE_FLASH_UNITS_MAX]; /**< wear of each unit */
    uint32_t violations;
    const char *violation; /**< the first, NULL: none */

    /* plan: a power cut */
    uint32_t cut_at; /**< operation; 0: never */
    uint8_t cut;     /**< fake_cut_t */
    uint8_t torn;    /**< fake_torn_t */
    bool off;        /**< it has happened: every call returns STORAGE */
    uint32_t mood;   /**< private */

    /* plan: faults */
    uint32_t fault_at;    /**< call of kind fault_kind, counted in calls[]; 0: never */
    uint32_t fault_count; /**< so many calls from there on; FAKE_FLASH_FOR_EVER */
    uint8_t fault_kind;   /**< fake_kind_t */
    uint8_t fault;        /**< fake_fault_t */
    uint8_t worn[FAKE_FLASH_UNITS_MAX]; /**< fake_worn_t */
    uint32_t worn_at;                   /**< first operation at which they are */

    /* plan: the rest */
    uint32_t again;      /**< each erase and program is AGAIN so many times before it is done */
    uint8_t erased_read; /**< fake_erased_t */

    /* what is AGAIN, private */
    uint32_t busy_left, busy_offset, busy_length, busy_sum;
    uint8_t busy_kind;
    bool busy;
} fake_flash_t;

/** A flash with random contents that nobody erased. @return false: config makes no sense, or
 *  no memory */
bool fake_flash_init(fake_flash_t *flash, const fake_flash_config_t *config);
void fake_flash_free(fake_flash_t *flash);

/** Makes `to` (initialised, same geometry) equal to `from`, counters and plans too. */
void fake_flash_copy(fake_flash_t *to, const fake_flash_t *from);

/** All units erased, without counting. */
void fake_flash_erase_all(fake_flash_t *flash);

/** All of it holds this byte, and nobody erased it, without counting. */
void fake_flash_fill(fake_flash_t *flash, uint8_t byte);

/** After a cut. Forgets the cut and what was AGAIN. */
void fake_flash_power_on(fake_flash_t *flash);

/** Puts bytes where they were not programmed: what some other firmware left. */
void fake_flash_put(fake_flash_t *flash, uint32_t offset, const void *data, uint32_t length);

/** Number of the unit that holds offset. */
uint32_t fake_flash_unit(const fake_flash_t *flash, uint32_t offset);

/** The next random number: for tests that want to follow the same seed. */
uint32_t fake_flash_random(fake_flash_t *flash);

#endif
