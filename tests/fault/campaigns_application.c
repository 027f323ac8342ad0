/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The application asks for something: before each poll of an update, or every so many-th; and then
 * the power goes.
 */
#include "campaigns.h"

#define CUTS 3u

static void ask(run_t *run, const char *name, uint32_t stride)
{
    world_t *world = campaign_rehearse(run, name);
    uint32_t polls = world->outcome.polls;
    uint32_t operations = world->outcome.operations;
    uint32_t net_calls = world->outcome.net_calls;
    uint32_t random = run->seed;
    for (uint8_t mode = 0; mode < WORLD_APP_COUNT; mode++) {
        for (uint32_t at = 1; at <= polls; at += stride) {
            world_fault_t faults[2] = {{.kind = WORLD_COMMAND, .mode = mode, .at = at}};
            campaign_try(run, world, faults, 1);
            for (unsigned n = 0; n < CUTS; n++) {
                faults[1] = campaign_random_cut(&random, operations, net_calls);
                campaign_try(run, world, faults, 2);
            }
        }
    }
    campaign_leave(world);
}

void campaign_application(run_t *run)
{
    ask(run, "golden", 1);
    ask(run, "seventeen", 1);
    ask(run, "rejected", 5);
    ask(run, "pair", 11);
    ask(run, "delta-small", 7);
    ask(run, "spoiled-busy", 1); /* between the polls of one operation, too */
}
