/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fake_board.h: a device without its client: two slots for each image, the journal, a boot loader
 * with its boot control in flash of its own, a clock, conditions; one power supply for all of it.
 *
 * The boot loader reads raw flash and knows the images that may run by their bytes. It starts a
 * marked image on trial, starts it again up to FAKE_TRIALS times as long as nobody confirms, then
 * goes back. Boot control is two copies, each written whole: a cut leaves the old or the new one.
 *
 * Operations (erases and programs of every flash, counted over all of them) and calls (counted by
 * kind) are counted from fake_board_reset() on. A cut in an operation calls power_off(), which
 * does not come back (longjmp). What nobody may do - touch the running slot, or the other one
 * while it is the way back or what is about to start; mark what is no whole image - is a violation.
 */
#ifndef ONEOTA_FAKE_BOARD_H
#define ONEOTA_FAKE_BOARD_H

#include "fake_flash.h"

#define FAKE_IMAGES_MAX 4u
#define FAKE_KNOWN_MAX  12u
#define FAKE_TRIALS     3u

#define FAKE_CONTROL_UNIT 512u

typedef enum {
    FAKE_CALL_SLOT_ERASE = 0,
    FAKE_CALL_SLOT_PROGRAM,
    FAKE_CALL_SLOT_READ,
    FAKE_CALL_JOURNAL_ERASE,
    FAKE_CALL_JOURNAL_PROGRAM,
    FAKE_CALL_JOURNAL_READ,
    FAKE_CALL_QUERY,
    FAKE_CALL_INSPECT,
    FAKE_CALL_MARK,
    FAKE_CALL_CONFIRM,
    FAKE_CALL_REVERT,
    FAKE_CALL_COUNT
} fake_board_call_t;

/** An image that may run. */
typedef struct {
    const uint8_t *bytes;
    uint32_t size;
    const char *version; /**< that it says it is */
    uint8_t image;
} fake_known_t;

typedef struct {
    fake_flash_config_t slot;
    fake_flash_config_t other; /**< of slot 1, if its size is set: another device */
    fake_flash_config_t journal;
    uint8_t images;
    bool hides_revert; /**< query() says confirmed where it could say reverted */
    bool swaps; /**< images are swapped into place: to the client slot 0 is the one that runs */
} fake_board_config_t;

typedef struct fake_board fake_board_t;

/** One region of flash behind the board's power supply. */
typedef struct {
    fake_board_t *board;
    oneota_flash_t port;
    fake_flash_t flash;
    uint32_t again; /**< private: of flash, while it is slow */
    uint32_t says;  /**< size that its port tells while it does not run; 0: what it is */
    uint8_t image;  /**< FAKE_IMAGES_MAX: no slot */
    uint8_t slot;
} fake_region_t;

typedef struct {
    uint8_t slot; /**< that runs, or the one to go back to after a trial */
    uint8_t condition;
    uint8_t attempts;
} fake_choice_t;

struct fake_board {
    fake_board_config_t config;
    fake_region_t slots[FAKE_IMAGES_MAX][2];
    fake_region_t journal;
    fake_region_t control;
    fake_known_t known[FAKE_KNOWN_MAX];
    uint8_t known_count;

    /* what the boot loader has in RAM */
    fake_choice_t choices[FAKE_IMAGES_MAX];
    uint32_t generation;
    uint8_t copy;
    uint8_t running[FAKE_IMAGES_MAX];          /**< slot */
    const fake_known_t *runs[FAKE_IMAGES_MAX]; /**< NULL: nothing that may run */

    /* the world around it */
    uint32_t now_ms;
    uint64_t unix_s; /**< when now_ms was 0 */
    bool clock_known;
    int32_t battery, signal;
    uint32_t random;
    oneota_error_t inspects; /**< what inspect() says */
    bool lied_to; /**< a package may have been garbled: inspect() refuses what is no image */

    /* plan: battery or signal is low for low_count looks at them */
    uint32_t low_at; /**< look, counted from 1; 0: never */
    uint32_t low_count;
    bool low_signal;  /**< else the battery */
    bool low_toggles; /**< every other look */
    bool low;         /**< private */

    /* plan: before this erase of the journal a bit of its newest record goes bad, if rots() */
    uint32_t rot_at; /**< 0: none */
    bool (*rots)(void *ctx);
    uint32_t journal_last; /**< private */

    /* counters */
    uint32_t looks;
    uint32_t operations;
    uint32_t calls[FAKE_CALL_COUNT];
    uint32_t slot_bytes, journal_bytes; /**< read */
    uint32_t boots;
    const char *violation; /**< the first, NULL: none */

    /* plan: a cut */
    uint32_t cut_at; /**< operation, 0: never */
    uint8_t cut;     /**< fake_cut_t */
    void (*power_off)(void *ctx);
    void *power_ctx;

    /* plan: a call that goes wrong once */
    uint8_t fault_call; /**< fake_board_call_t */
    uint8_t fault; /**< fake_fault_t; of a boot call: ERROR, ERROR_DONE, or SILENT for an AGAIN */
    uint32_t fault_at;    /**< 0: none */
    uint32_t fault_count; /**< so many calls from there on; 0: one; FAKE_FLASH_FOR_EVER */
    uint32_t fault_every; /**< of those every so many-th; 0: each */

    /* plan: what takes its time */
    uint32_t blocks_ms; /**< each erase of a slot, in which nothing else is done */
    uint32_t slow_at;   /**< call of kind slow_call that is AGAIN slow_count times; 0: none */
    uint32_t slow_count;
    uint8_t slow_call;   /**< fake_board_call_t */
    bool slow_fails;     /**< and then it has failed */
    fake_region_t *slow; /**< it is at it; NULL: it is not */
};

extern const oneota_boot_port_t fake_boot;
extern const oneota_clock_t fake_clock;
extern const oneota_device_t fake_device;

/** Allocates; every region erased or random. @return false: no memory */
bool fake_board_init(fake_board_t *board, const fake_board_config_t *config);
void fake_board_free(fake_board_t *board);

/** Names an image that may run. bytes are borrowed. */
const fake_known_t *fake_board_know(fake_board_t *board, uint8_t image, const uint8_t *bytes,
                                    uint32_t size, const char *version);

/** As it left the factory: slot 0 of each image holds the first known one, all else is erased,
 * counters
 *  and plans are zero. */
void fake_board_reset(fake_board_t *board, uint32_t seed);

/** Power on: the boot loader decides what runs. May be cut. */
void fake_board_boot(fake_board_t *board);

/** The known image whose bytes are in a slot, or NULL. */
const fake_known_t *fake_board_content(const fake_board_t *board, uint8_t image, uint8_t slot);

/** The slot that the client calls by this number, as long as the board is on. */
fake_region_t *fake_board_slot(fake_board_t *board, uint8_t image, uint8_t slot);

/** Nothing is marked or on trial. */
bool fake_board_settled(const fake_board_t *board);

/* ---------------------------------------------------------------- between fake_board.c and
 * fake_boot.c */

/** @return STORAGE */
oneota_error_t fake_board_violate(fake_board_t *board, const char *what);

/** What took its time is over, for good. */
void fake_board_hurry(fake_board_t *board);

/** Counts a call. @return true: it is the one that goes wrong */
bool fake_board_planned(fake_board_t *board, fake_board_call_t call);

/** Nothing was ever marked. */
void fake_boot_reset(fake_board_t *board);

#endif
