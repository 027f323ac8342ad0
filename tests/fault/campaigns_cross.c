/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Power cuts drawn from everything that can be combined: geometry x story x operation x tear x how
 * the tear reads x number of cuts, the later ones mostly within the recovery from the one before.
 */
#include <stdlib.h>

#include "campaigns.h"
#include "geometry.h"

#define CROSS_CASES  180000u
#define CROSS_GROUP  CAMPAIGN_BLOCK /* cases of one geometry */
#define CHAIN_MOST   8u
#define CHAIN_LONG   100u
#define CHAIN_CASES  4000u
#define CHAIN_GROUP  50u
#define CHAIN_OPS    4u  /* of these few starts come further */
#define CHAIN_CAME   60u /* percent of the cuts that are planned */
#define RECOVERY_OPS 12u

/* What follows from the seed and a number alone, whichever cases were run before it. */
static uint32_t random_of(const run_t *run, uint32_t salt, uint32_t number)
{
    uint32_t random = run->seed * 2654435761u ^ (number + salt) * 2246822519u;
    random ^= random >> 15;
    random *= 3266489917u;
    return random ^ random >> 13;
}

static world_fault_t draw_cut(uint32_t *random, uint32_t operations, uint32_t net_calls)
{
    world_fault_t fault = {.kind = WORLD_CUT};
    if (campaign_random(random, 8u) == 0) {
        fault.kind = WORLD_CUT_NET;
        fault.at = 1u + campaign_random(random, net_calls);
    } else {
        fault.mode = (uint8_t)campaign_random(random, FAKE_CUT_ALL);
        fault.call = (uint8_t)campaign_random(random, FAKE_TORN_COUNT);
        fault.at = 1u + campaign_random(random, operations);
    }
    return fault;
}

/* The first anywhere; a later one as likely right behind it as anywhere. In a long chain nearly all
 * are: an update is not so long that the power could go a hundred times anywhere in it. */
static void draw_chain(world_fault_t *cuts, unsigned count, uint32_t *random, const world_t *clean)
{
    uint32_t near = count > CHAIN_MOST ? 50u : 2u;
    for (unsigned n = 0; n < count; n++) {
        uint32_t operations = clean->outcome.operations;
        uint32_t net_calls = clean->outcome.net_calls;
        if (n > 0 && campaign_random(random, near) < near - 1u) {
            operations = count > CHAIN_MOST ? CHAIN_OPS : RECOVERY_OPS;
            net_calls = operations;
        }
        cuts[n] = draw_cut(random, operations, net_calls);
    }
}

static unsigned draw_count(uint32_t *random)
{
    uint32_t lot = campaign_random(random, 10u);
    if (lot < 6u) {
        return 1;
    }
    return lot < 9u ? 2u : 3u + campaign_random(random, CHAIN_MOST - 2u);
}

/* Is any case of the group to be run? */
static bool wanted(const run_t *run, uint32_t count)
{
    return (run->only < 0 && run->number / CAMPAIGN_BLOCK % run->parts == run->part) ||
           (run->only >= run->number && run->only < (int64_t)run->number + count);
}

static void run_group(run_t *run, uint32_t count, unsigned chain_least, unsigned chain_most)
{
    world_fault_t cuts[CHAIN_LONG];
    world_scenario_t scenario;
    uint32_t random = random_of(run, 7u, run->number);
    geometry_draw(&scenario, &random);
    world_t *world = malloc(sizeof *world);
    world_t *clean = malloc(sizeof *clean);
    if (world == NULL || clean == NULL || !world_init(world, run->dialect, &scenario)) {
        abort();
    }
    world_run(world, run->seed, NULL, 0);
    *clean = *world;
    for (uint32_t n = 0; n < count; n++) {
        random = random_of(run, 11u, run->number);
        unsigned length =
            chain_least == 0
                ? draw_count(&random)
                : chain_least + campaign_random(&random, chain_most - chain_least + 1u);
        draw_chain(cuts, length, &random, clean);
        campaign_try(run, world, cuts, length);
    }
    free(clean);
    campaign_leave(world);
}

static void run_groups(run_t *run, uint32_t cases, uint32_t group, unsigned least, unsigned most)
{
    while (run->number < cases) {
        uint32_t count = cases - run->number < group ? cases - run->number : group;
        if (wanted(run, count)) {
            run_group(run, count, least, most);
        } else {
            run->number += count;
        }
    }
}

void campaign_cross(run_t *run)
{
    run_groups(run, CROSS_CASES * run->scale, CROSS_GROUP, 0, 0);
    campaign_expect(run, run->resumed > 0, "no download was resumed");
}

void campaign_chain(run_t *run)
{
    run_groups(run, CHAIN_CASES * run->scale, CHAIN_GROUP, 3, CHAIN_LONG);
    campaign_expect(run, run->resumed > 0, "no download was resumed");
    campaign_expect(run, (uint64_t)run->cuts * 100u >= (uint64_t)run->planned * CHAIN_CAME,
                    "the updates ended before the power had gone so often");
}

/* ---------------------------------------------------------------- all pairs */

/* The second cut is counted from the first on, and comes in what the device does to recover, or in
 * what it still had to do. */
static void cut_in_pairs(run_t *run, const char *name, uint32_t stride)
{
    static const uint8_t k_modes[] = {FAKE_CUT_BEFORE, FAKE_CUT_BITS, FAKE_CUT_AFTER};
    world_t *world = campaign_rehearse(run, name);
    uint32_t operations = world->outcome.operations;
    for (uint32_t first = 1; first <= operations; first++) {
        for (uint32_t second = 1; second <= operations - first + RECOVERY_OPS; second += stride) {
            for (unsigned n = 0; n < sizeof k_modes * sizeof k_modes; n++) {
                const world_fault_t cuts[2] = {
                    {.kind = WORLD_CUT, .mode = k_modes[n % sizeof k_modes], .at = first},
                    {.kind = WORLD_CUT, .mode = k_modes[n / sizeof k_modes], .at = second}};
                campaign_try(run, world, cuts, 2);
            }
        }
    }
    campaign_leave(world);
}

/* Every pair of operations of an update into a slot of 16 KiB; and of one that is a little larger
 * than what is stored of it on the way. */
void campaign_pairs(run_t *run)
{
    cut_in_pairs(run, "sixteen", run->scale > 1u ? 1u : 3u);
    cut_in_pairs(run, "medium", run->scale > 1u ? 1u : 7u);
    campaign_expect(run, run->resumed > 0, "no download was resumed");
}
