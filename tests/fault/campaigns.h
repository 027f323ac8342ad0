/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * campaigns.h: families of cases. A case has a number within its campaign, by which it can be run again.
 */
#ifndef ONEOTA_CAMPAIGNS_H
#define ONEOTA_CAMPAIGNS_H

#include "world.h"

typedef struct {
    const char *campaign;
    uint32_t seed;
    uint32_t slice; /**< runs every so many-th case */
    int64_t only;   /**< runs this case alone; -1: all */
    bool verbose;
    uint32_t number; /**< of the next case */
    uint32_t cases;
    uint32_t violations;
    uint32_t repeats; /**< cases in which a progress report came twice */
} run_t;

typedef struct {
    const char *name;
    void (*go)(run_t *run);
} campaign_t;

/** Ends with name NULL. */
extern const campaign_t campaigns[];

/** Runs one case if it is its turn. */
void campaign_try(run_t *run, world_t *world, const world_fault_t *faults, unsigned count);

#endif
