/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The other side: an operator changes the task, the platform is no use for a day, battery or
 * signal is low.
 */
#include "campaigns.h"

#define OPERATOR_CUTS 4u
#define LOW_CUTS      20u
#define LOW_MOST      40u

/* ---------------------------------------------------------------- operator */

/* Before every call of the update; and the power goes some time. */
static void operate(run_t *run, const char *name, uint32_t *random)
{
    world_t *world = campaign_rehearse(run, name);
    uint32_t calls = world->platform.calls;
    uint32_t operations = world->outcome.operations;
    uint32_t net_calls = world->outcome.net_calls;
    for (uint8_t mode = 0; mode < WORLD_OPERATOR_COUNT; mode++) {
        for (uint32_t at = 1; at <= calls; at++) {
            world_fault_t faults[2] = {{.kind = WORLD_OPERATOR, .mode = mode, .at = at}};
            campaign_try(run, world, faults, 1);
            for (unsigned n = 0; n < OPERATOR_CUTS; n++) {
                faults[1] = campaign_random_cut(random, operations, net_calls);
                campaign_try(run, world, faults, 2);
            }
        }
    }
    campaign_leave(world);
}

void campaign_operator(run_t *run)
{
    static const char *const k_names[] = {"small", "retry", "large",    "seventeen", "clockless",
                                          "busy",  "pair",  "rejected", "hidden",    "swap"};
    uint32_t random = run->seed;
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        operate(run, k_names[n], &random);
    }
}

/* ---------------------------------------------------------------- peer */

/* From every call of the update on; what breaks an answer, at its beginning and within it. */
static void lose_peer(run_t *run, const char *name)
{
    static const uint32_t k_places[] = {0, 20, 150, 300};
    world_t *world = campaign_rehearse(run, name);
    uint32_t calls = world->platform.calls;
    for (uint32_t at = 1; at <= calls; at++) {
        for (uint8_t mode = FAKE_PEER_500; mode < FAKE_PEER_COUNT + 3u; mode++) {
            unsigned places = mode < FAKE_PEER_COUNT ? 1u : 4u;
            for (unsigned n = 0; n < places; n++) {
                const world_fault_t fault = {
                    .kind = WORLD_PEER, .mode = mode, .at = at, .byte = k_places[n]};
                campaign_try(run, world, &fault, 1);
            }
        }
    }
    campaign_leave(world);
}

void campaign_peer(run_t *run)
{
    lose_peer(run, "lonely");
    lose_peer(run, "lonely-retry");
}

/* ---------------------------------------------------------------- low */

/* Without rounds the device waits; with two of them it waits twice, then says so. */
static void run_low(run_t *run, const char *name, uint32_t *random)
{
    world_t *world = campaign_rehearse(run, name);
    uint32_t looks = world->board.looks;
    uint32_t operations = world->outcome.operations;
    uint32_t net_calls = world->outcome.net_calls;
    for (uint32_t at = 1; at <= looks; at++) {
        for (uint32_t times = 1; times <= LOW_MOST; times++) {
            for (uint8_t mode = 0; mode < 4u; mode++) {
                world_fault_t faults[2] = {
                    {.kind = WORLD_LOW, .mode = mode, .at = at, .byte = times}};
                campaign_try(run, world, faults, 1);
                for (unsigned n = 0; n < LOW_CUTS && times <= 8u; n++) { /* half of them early */
                    faults[1] =
                        campaign_random_cut(random, n % 2u == 0 ? 12u : operations, net_calls);
                    campaign_try(run, world, faults, 2);
                }
            }
        }
    }
    campaign_leave(world);
}

void campaign_low(run_t *run)
{
    uint32_t random = run->seed;
    run_low(run, "small", &random);
    run_low(run, "retry", &random);
}
