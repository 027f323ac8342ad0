/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * campaigns.h: families of cases. A case has a number within its campaign, by which it can be run
 * again.
 */
#ifndef ONEOTA_CAMPAIGNS_H
#define ONEOTA_CAMPAIGNS_H

#include "world.h"

typedef struct {
    const world_dialect_t *dialect;
    const char *program; /**< name of this one */
    const char *campaign;
    uint32_t seed;
    uint32_t slice;       /**< runs every so many-th case */
    uint32_t scale;       /**< so many times cross and chain, and above 1 others whole; 1 */
    uint32_t part, parts; /**< runs blocks part, part + parts, ... of the cases; 0, 1: all */
    int64_t only;         /**< runs this case alone; -1: all */
    bool verbose;
    uint32_t number; /**< of the next case */
    uint32_t cases;
    uint32_t violations;
    uint32_t repeats; /**< cases in which a progress report came twice */
    uint32_t late;    /**< cases in which a request came behind the next one */
    uint32_t resumed; /**< cases in which a download went on where a restart had left it */
    uint32_t cut;     /**< cases in which the power went */
    uint32_t cuts;    /**< power cuts that came, of those that were planned */
    uint32_t planned;
} run_t;

typedef struct {
    const char *name;
    void (*go)(run_t *run);
} campaign_t;

/** Ends with name NULL. */
extern const campaign_t campaigns[];

/** Is a case with this number to be run? Those of one block are of the same part. */
#define CAMPAIGN_BLOCK 200u
bool campaign_turn(const run_t *run, uint32_t number);

/** Runs one case if it is its turn. */
void campaign_try(run_t *run, world_t *world, const world_fault_t *faults, unsigned count);

/** Signatures take their time: the short form has each stride-th of these cases. */
uint32_t campaign_stride(const run_t *run, const world_t *world, uint32_t stride);

/** A campaign that tried something else than it is there for is worth nothing: a violation, where
 *  all of it was run. */
void campaign_expect(run_t *run, bool holds, const char *what);

/** A world in which one case went well: its counters say what there is to break. */
world_t *campaign_rehearse(const run_t *run, const char *name);
void campaign_leave(world_t *world);

/** The next random number, from 0 to end - 1; a power cut somewhere. */
uint32_t campaign_random(uint32_t *random, uint32_t end);
world_fault_t campaign_random_cut(uint32_t *random, uint32_t operations, uint32_t net_calls);

/* campaigns_net.c, campaigns_flash.c */
void campaign_split(run_t *run);
void campaign_net_byte(run_t *run);
void campaign_doubled(run_t *run);
void campaign_for_ever(run_t *run);
void campaign_worn(run_t *run);
void campaign_rot(run_t *run);
void campaign_twice(run_t *run);
void campaign_blind(run_t *run);
void campaign_every(run_t *run);
void campaign_odd(run_t *run);
void campaign_slow(run_t *run);
void campaign_smaller(run_t *run);
/* campaigns_cross.c, campaigns_power.c, campaigns_platform.c */
void campaign_cross(run_t *run);
void campaign_chain(run_t *run);
void campaign_pairs(run_t *run);
void campaign_power_cut(run_t *run);
void campaign_revert(run_t *run);
void campaign_double_cut(run_t *run);
/* campaigns_application.c */
void campaign_application(run_t *run);
/* campaigns_time.c */
void campaign_time(run_t *run);
void campaign_wrap(run_t *run);
void campaign_tick(run_t *run);
void campaign_operator(run_t *run);
void campaign_peer(run_t *run);
void campaign_low(run_t *run);

#endif
