/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * world.h: a device, its client and the platform in one process; one case is one update from the
 * factory image to its end, with something going wrong on the way.
 *
 *     world_t world;
 *     world_init(&world, &world_dialects[0], &world_scenarios[0]);
 *     world_fault_t cut = { .kind = WORLD_CUT, .mode = FAKE_CUT_TORN_RANDOM, .at = 17 };
 *     world_run(&world, seed, &cut, 1);
 *     ... world.outcome.violation, NULL: all that must hold held ...
 *     world_free(&world);
 *
 * A case follows from dialect, scenario, seed and faults alone. What is checked, all along and at
 * the end: nothing but a whole image is marked or starts, the running slot is never touched,
 * flash is used as flash, nothing false is told, it ends as it should in few boots and little
 * traffic, and nothing happens after the end.
 */
#ifndef ONEOTA_WORLD_H
#define ONEOTA_WORLD_H

#include <setjmp.h>

#include "fake_board.h"
#include "fake_net.h"
#include "fake_package.h"
#include "fake_platform.h"
#include "fake_signer.h"
#include "oneota/differential.h"
#include "oneota/oneota.h"

/** What the new image does with its trial. */
typedef enum {
    WORLD_CONFIRM = 0,
    WORLD_REJECT,
    WORLD_CRASH,  /**< restarts by itself, each time */
    WORLD_SILENT, /**< never says anything */
    WORLD_DEAD    /**< restarts by itself before its client starts */
} world_trial_t;

typedef struct {
    const char *name;
    const oneota_dialect_t *dialect;
    const fake_server_t *server;
    const char *handles; /**< fake_platform_t.handles */
    bool announces;      /**< fake_platform_t.announces */
    bool advises;        /**< tasks have retry, interval, signal, power */
    const char *address;
    oneota_identity_t identity;
} world_dialect_t;

/** Ends with name NULL. */
extern const world_dialect_t world_dialects[];

typedef struct {
    const char *name;
    uint32_t size;        /**< of the package */
    uint32_t second_size; /**< of a package for a second image; 0: there is one image */
    uint32_t slot_size;
    uint32_t unit;         /**< erase unit of the slots; with units, the largest */
    const uint32_t *units; /**< of the slots, in order, ends in 0; NULL: all are `unit` */
    uint16_t program_unit;
    uint8_t erased;
    uint32_t other_unit; /**< slot 1 is of another device, with equal units; 0: it is not */
    uint16_t other_program_unit;
    uint8_t other_erased;
    uint32_t journal_unit;         /**< with journal_units, the smallest */
    uint8_t journal_count;         /**< 0: two */
    const uint32_t *journal_units; /**< in order, ends in 0; NULL: all are journal_unit */
    uint32_t retry, interval;
    bool fades;     /**< what is torn in the journal reads otherwise after the next power-on */
    uint8_t trial;  /**< world_trial_t */
    uint32_t again; /**< every erase and program is AGAIN so many times */
    bool hides_revert;
    bool swaps;        /**< as MCUboot does: the running slot is always 0 */
    bool differential; /**< the first package makes the image of the factory's */
    bool clock_unknown;
    bool unfit;        /**< the boot port's inspect() refuses the package */
    bool signs;        /**< packages are signed, and the client has trust */
    bool spoiled;      /**< the platform's file is not what its MD5 says */
    const char *label; /**< version that the new image says it is; NULL: the target */
    uint8_t codes[4];  /**< how the task may end, ends in 0 */
} world_scenario_t;

typedef enum {
    WORLD_FINE = 0,
    WORLD_SPLIT,    /**< at: answer; byte: one receive ends there */
    WORLD_DRIBBLE,  /**< at: most bytes of a receive; byte: of a send; 0: any */
    WORLD_ANSWER,   /**< mode: fake_net_fault_t; at: answer; byte; call: the bit; of a PAUSE, 0: it
                           is just short enough, 1: too long */
    WORLD_NET_CALL, /**< call: fake_net_call_t; mode: fake_net_end_t; at; byte: so many more of
                           them, or FAKE_NET_FOR_EVER: that is, for a day */
    WORLD_BOARD_CALL, /**< call: fake_board_call_t; mode: fake_fault_t; at */
    WORLD_TAMPER, /**< at: a bit of this byte of the proven image changes before it is installed */
    WORLD_OPERATOR, /**< mode: world_operator_t; at: before this call to the platform */
    WORLD_PEER, /**< mode: fake_peer_t, or FAKE_PEER_COUNT + 0 to 2: each answer is closed, reset,
                           stalled at byte; from call at on, for a day */
    WORLD_LOW,  /**< mode: 0 battery, 1 signal; low from look at on, byte times; 2, 3: every other
                     time, until then */
    WORLD_SABOTAGE, /**< mode: world_sabotage_t; must be found */
    WORLD_CLOCK, /**< at: the milliseconds at the start; byte: call to the platform before which the
                           day jumps; mode: world_jump_t */
    WORLD_WORN,  /**< mode: 0 the slot that is written, 1 the journal; at: number of the erase unit
                          that can be erased no more; call: fake_worn_t; byte: operation of that
                          flash from which on it is so */
    WORLD_STUCK, /**< call: fake_board_call_t; mode: fake_fault_t; at: from this call on, byte
                           times, or FAKE_FLASH_FOR_EVER: that is, for a day */
    WORLD_GARBLE, /**< at: answer that is no package; byte; call: the bit that is wrong in it; or
                        mode: FAKE_NET_TWICE, FAKE_NET_TAIL; call: so many bytes */
    WORLD_ROT,    /**< at: erase of the journal before which a bit of its newest record goes bad, if
                    the first task is over by then */
    WORLD_EVERY,  /**< call: fake_board_call_t; mode: fake_fault_t; at: from this call on every
                      byte-th, for a day */
    WORLD_SLOW,   /**< mode: world_slow_t; call: fake_board_call_t; at: of these; byte: polls, ms */
    WORLD_SMALLER, /**< byte: size that the port of a slot tells that does not run; at: from this
                        boot on */
    WORLD_TICK,    /**< mode: world_tick_t; at: before this call to the platform; byte: ms */
    WORLD_LISTEN,  /**< at: from this event on each takes the application byte ms */
    WORLD_COMMAND, /**< mode: world_command_t; at: before this poll */
    WORLD_CUT,     /**< mode: fake_cut_t; call: fake_torn_t, of the journal see
                           world_set_torn(); at: operation, counted on from the last cut */
    WORLD_CUT_NET, /**< at: the power goes after this call of the net port */
    WORLD_FAULT_KINDS
} world_fault_kind_t;

/** What takes its time. */
typedef enum {
    WORLD_SLOW_DONE = 0, /**< AGAIN so many times, then it is done */
    WORLD_SLOW_FAILS,    /**< then it has failed */
    WORLD_SLOW_HANGS,    /**< it never ends, and the application's watchdog restarts the device */
    WORLD_SLOW_ALL,      /**< each erase and program of a slot is AGAIN so many times */
    WORLD_SLOW_BLOCKS, /**< each erase of a slot takes so many ms, in which nothing else is done */
    WORLD_SLOW_COUNT
} world_slow_t;

/** What becomes of the milliseconds. */
typedef enum {
    WORLD_TICK_STOPS = 0, /**< for so long they do not pass */
    WORLD_TICK_LEAPS,     /**< so many pass at once */
    WORLD_TICK_COUNT
} world_tick_t;

/** Where the clock of the day goes to. */
typedef enum {
    WORLD_JUMP_NONE = 0,
    WORLD_JUMP_1970,
    WORLD_JUMP_2038, /**< the last second of 31 bits */
    WORLD_JUMP_2106, /**< likewise, of 32 */
    WORLD_JUMP_BACK, /**< 50 years */
    WORLD_JUMP_LOST, /**< it is not known any more */
    WORLD_JUMP_COUNT
} world_jump_t;

/** What happens to the task of the first image. */
typedef enum {
    WORLD_CANCEL = 0,
    WORLD_PAUSE,           /**< for two hours */
    WORLD_REPLACE,         /**< by one with the same target and size, and another package */
    WORLD_REPLACE_SMALLER, /**< by one for the next version, half as large */
    WORLD_REPLACE_STALE,   /**< as REPLACE, and to the old token the answer is 12 */
    WORLD_EXPIRE,          /**< time is over for it: 20 */
    WORLD_EXPIRE_REPLACE,  /**< likewise, and there is a new one, as by REPLACE */
    WORLD_REISSUE,         /**< another token; the old one: 12 */
    WORLD_REISSUE_OLD,     /**< likewise; 15 to a token check */
    WORLD_REPLACE_LARGER,  /**< by one that no slot takes: 102 */
    WORLD_REPLACE_TYPE,    /**< by a differential one that is none: 107 */
    WORLD_ALTERNATE, /**< by the one for the next version, which is replaced by the first: three
                                times, two calls apart */
    WORLD_REFILE,    /**< another file of that size is served for two calls */
    WORLD_OPERATOR_COUNT
} world_operator_t;

/** What the application asks for. */
typedef enum {
    WORLD_APP_CANCEL = 0, /**< and there is another task behind it */
    WORLD_APP_PAUSE,      /**< for two hours */
    WORLD_APP_DEFER,      /**< likewise, the installation */
    WORLD_APP_FORGET,
    WORLD_APP_CHECK_NOW,
    WORLD_APP_NOTIFY,
    WORLD_APP_COUNT
} world_command_t;

/** What the checks of this suite must find, or they are worth nothing. */
typedef enum {
    WORLD_SABOTAGE_CODES = 0, /**< it ends in another way than it should */
    WORLD_SABOTAGE_GUARD,     /**< a byte beside the client is written */
    WORLD_SABOTAGE_RUNNING,   /**< the running slot is erased */
    WORLD_SABOTAGE_TWICE,     /**< a program unit is programmed twice */
    WORLD_SABOTAGE_VERSION,   /**< the client is told a version that does not run */
    WORLD_SABOTAGE_RESTART,   /**< the restart that is wanted never comes */
    WORLD_SABOTAGE_LOG,       /**< the key is logged ... */
    WORLD_SABOTAGE_KEY,       /**< ... or stored */
    WORLD_SABOTAGE_POLL,      /**< a poll makes three calls of the net */
    WORLD_SABOTAGE_SLOT,      /**< a unit of a slot is erased twice */
    WORLD_SABOTAGE_JOURNAL,   /**< the journal is erased a hundred times */
    WORLD_SABOTAGE_BYTES,     /**< 4 KiB of the package come twice ... */
    WORLD_SABOTAGE_TRAFFIC,   /**< ... or all of it ever so often */
    WORLD_SABOTAGE_BROKEN,    /**< an answer is left in the middle */
    WORLD_SABOTAGE_ENDING,    /**< the application is told of a failure that there was not */
    WORLD_SABOTAGE_BOOTS,     /**< nine restarts more */
    WORLD_SABOTAGE_AGAIN,     /**< a download after the end */
    WORLD_SABOTAGE_COUNT
} world_sabotage_t;

typedef struct {
    uint8_t kind;
    uint8_t mode;
    uint8_t call;
    uint32_t at;
    uint32_t byte;
} world_fault_t;

/** What a device does, in numbers. */
typedef struct {
    uint32_t opens, sends; /**< of the net */
    uint32_t operations;   /**< of any flash */
    uint32_t polls;
} world_work_t;

/** What one poll does, in calls of the ports. */
typedef struct {
    uint32_t net;           /**< opens, sends, receives */
    uint32_t writes;        /**< erases and programs of any flash */
    uint32_t reads;         /**< of slots */
    uint32_t bytes;         /**< of slots, read */
    uint32_t journal_bytes; /**< read */
} world_poll_t;

/** At most, in a day in which the platform is no use. */
#define WORLD_BACKOFF_MS       1800000u /* least of the longest: drawn from 0 to an hour */
#define WORLD_OPENS_A_DAY      200u
#define WORLD_SENDS_A_DAY      200u
#define WORLD_OPERATIONS_A_DAY 200u
#define WORLD_POLLS_A_DAY      10000u

typedef struct {
    const char *violation; /**< the first, NULL: none */
    world_work_t work;     /**< while the platform was no use */
    world_poll_t poll;     /**< the most that one did */
    uint32_t boots;
    uint32_t cuts; /**< that happened */
    uint32_t polls;
    uint32_t minutes; /**< of the device's time */
    uint32_t operations;
    uint32_t net_calls;
    uint8_t results[FAKE_TASKS_MAX];
    uint64_t bytes_down;
} world_outcome_t;

#define WORLD_GUARD 64u

typedef struct {
    uint8_t before[WORLD_GUARD];
    oneota_t client;
    uint8_t between[WORLD_GUARD];
    uint64_t work[ONEOTA_WORK_DELTA_BYTES(1024) / 8u];
    uint8_t behind[WORLD_GUARD];
} world_ram_t;

typedef struct {
    const world_dialect_t *dialect;
    const world_scenario_t *scenario;
    fake_board_t board;
    fake_net_t net;
    fake_platform_t platform;
    world_ram_t ram;
    oneota_setup_t setup;
    oneota_image_t images[2];
    oneota_trust_t trust[2];
    uint8_t *bytes; /**< of all images */
    const fake_known_t *packages[2];
    uint8_t *spoilt;
    fake_package_t *patch; /**< NULL: none */
    const char *targets[2];
    char md5[2][33];
    uint8_t *large;                /**< one byte more than a slot takes */
    const fake_known_t *others[2]; /**< of the first image, in tasks that replace its own */
    char other_md5[2][33];
    uint8_t codes[8];

    const world_fault_t *faults;
    unsigned fault_count, next_cut;
    const world_fault_t *tamper;   /**< NULL: none */
    const world_fault_t *sabotage; /**< NULL: none */
    uint64_t day_s;                /**< of the platform: when now_ms was 0 */
    const world_fault_t *jump;     /**< of the clock */
    const world_fault_t *act;      /**< of the operator, or the peer; NULL: none */
    const world_fault_t *stuck;    /**< what fails for a day; NULL: none */
    const world_fault_t *slow;     /**< NULL: nothing takes its time */
    const world_fault_t *smaller;  /**< NULL: each slot is as large as it was */
    const world_fault_t *listen;   /**< NULL: events take no time */
    const world_fault_t *command;  /**< of the application; NULL: it asks for nothing */
    uint8_t asked;                 /**< how far that has come, see world_command.c */
    uint64_t asked_ms;             /**< of slept_ms: when */
    world_work_t asked_work;       /**< what was done before */
    uint32_t asked_calls;          /**< likewise: calls to the platform, or marks */
    uint8_t cancel_codes[2];       /**< how the task that was given up may end */
    bool ready;                    /**< READY was told, since power-on */
    uint32_t events;
    uint32_t acts;       /**< that the operator is still to do */
    uint32_t stopped_ms; /**< how long the clock of milliseconds is still to stand */
    uint32_t hung_ms;    /**< how long the present operation has not come to its end */
    uint64_t act_end_ms; /**< of slept_ms: when it is undone; 0: not */
    uint64_t limit_ms;   /**< of slept_ms */
    world_work_t before; /**< when the platform ceased to be of use */
    uint32_t delivered_before;
    bool verbose;
    bool stop_at_cut; /**< the case ends with the first cut, unjudged */
    bool restart, done;
    bool lenient;        /**< what the platform hears or says is not judged */
    uint32_t endings;    /**< ENDED events */
    uint32_t longest_ms; /**< sleep while a call failed for ever */
    bool judged; /**< the application has said what it thinks of the trial, since power-on */
    uint32_t cuts, crashes;
    bool tried;          /**< it started with an image on trial */
    uint32_t trial_cuts; /**< cuts while an image was marked or on trial */
    uint32_t polls;
    uint64_t slept_ms;
    const char *violation;
    jmp_buf power;
    world_outcome_t outcome;
    /** Called once everything is set and before the first boot; may be NULL. */
    void (*prepare)(void *ctx);
    void *prepare_ctx;
} world_t;

/** Ends with name NULL. */
extern const world_scenario_t world_scenarios[];

const world_scenario_t *world_scenario(const char *name);

bool world_init(world_t *world, const world_dialect_t *dialect, const world_scenario_t *scenario);
void world_free(world_t *world);

void world_run(world_t *world, uint32_t seed, const world_fault_t *faults, unsigned count);

/** Prints the calls that the platform saw. */
void world_print_calls(const world_t *world);

#endif
