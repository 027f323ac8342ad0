/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The power goes: in every operation of a flash, after every call of the net, twice.
 */
#include "campaigns.h"

#define DOUBLE_CUTS 6000u

/* ---------------------------------------------------------------- power-cut, revert */

static void cut_all(run_t *run, const char *name)
{
    world_t *world = campaign_rehearse(run, name);
    uint32_t operations = world->outcome.operations;
    uint32_t net_calls = world->outcome.net_calls;
    uint32_t stride = campaign_stride(run, world, 5u);
    for (uint32_t at = 1; at <= operations; at += stride) {
        for (uint8_t mode = 0; mode < FAKE_CUT_COUNT; mode++) {
            bool torn = mode == FAKE_CUT_TORN_PREFIX || mode == FAKE_CUT_TORN_RANDOM;
            uint8_t reads = torn ? (uint8_t)FAKE_TORN_COUNT : 1u;
            for (uint8_t read = 0; read < reads; read++) {
                const world_fault_t fault = {
                    .kind = WORLD_CUT, .mode = mode, .call = read, .at = at};
                campaign_try(run, world, &fault, 1);
            }
        }
    }
    for (uint32_t at = 1; at <= net_calls; at += stride) {
        const world_fault_t fault = {.kind = WORLD_CUT_NET, .at = at};
        campaign_try(run, world, &fault, 1);
    }
    campaign_leave(world);
}

void campaign_power_cut(run_t *run)
{
    static const char *const k_names[] = {
        "small",     "retry",         "medium",     "large",      "one",         "two",
        "seventeen", "full",          "busy",       "clockless",  "pair",        "unfit",
        "spoiled",   "large-package", "swap",       "signed",     "signed-pair", "signed-swap",
        "delta",     "delta-small",   "delta-busy", "delta-pair", "signed-delta"};
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        cut_all(run, k_names[n]);
    }
}

void campaign_revert(run_t *run)
{
    static const char *const k_names[] = {
        "rejected",        "crashing",    "silent",         "hidden",          "dead",
        "dead-hidden",     "mislabelled", "swap-rejected",  "swap-crashing",   "swap-dead",
        "signed-rejected", "signed-dead", "delta-rejected", "delta-swap-dead", "signed-delta-dead"};
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        cut_all(run, k_names[n]);
    }
}

/* ---------------------------------------------------------------- double-cut */

void campaign_double_cut(run_t *run)
{
    static const char *const k_names[] = {
        "small",  "retry",       "large",   "seventeen", "pair",        "rejected", "silent",
        "hidden", "mislabelled", "spoiled", "signed",    "signed-dead", "delta",    "delta-small"};
    uint32_t random = run->seed;
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        world_t *world = campaign_rehearse(run, k_names[n]);
        uint32_t operations = world->outcome.operations;
        uint32_t net_calls = world->outcome.net_calls;
        for (uint32_t pair = 0; pair < DOUBLE_CUTS / (sizeof k_names / sizeof k_names[0]); pair++) {
            world_fault_t faults[2];
            faults[0] = campaign_random_cut(&random, operations, net_calls);
            faults[1] = campaign_random_cut(&random, pair % 2u == 0 ? 8u : operations, net_calls);
            campaign_try(run, world, faults, 2);
        }
        campaign_leave(world);
    }
}
