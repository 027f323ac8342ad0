/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The clock of milliseconds starts anywhere around its wrap, the day jumps; erase units that are
 * worn out, and calls that fail twice.
 */
#include "campaigns.h"

/* ---------------------------------------------------------------- time */

static void try_starts(run_t *run, const char *name)
{
    static const uint32_t k_before[] = {0,     1,     10,    1000,  29999,  30000,  30001,
                                        59999, 60000, 60001, 61000, 600000, 3600000};
    world_t *world = campaign_rehearse(run, name);
    uint32_t calls = world->platform.calls;
    uint32_t operations = world->outcome.operations;
    for (uint32_t at = 0; at <= calls; at++) {
        for (size_t n = 0; n < 2u * sizeof k_before / sizeof k_before[0]; n++) {
            uint32_t wrap = n % 2u == 0 ? 0u : 0x80000000u;
            world_fault_t faults[3] = {{.kind = WORLD_CLOCK, .at = wrap - k_before[n / 2u]}};
            faults[0].byte = at;
            faults[0].mode = at == 0 ? WORLD_JUMP_NONE : (uint8_t)(n % WORLD_JUMP_COUNT);
            if (run->dialect
                    ->announces) { /* the judge has no step 1 that was refused and repeated */
                faults[0].mode = WORLD_JUMP_NONE;
            }
            faults[1].kind = WORLD_ANSWER;
            faults[1].mode = FAKE_NET_STALL;
            faults[1].at = 1u + at;
            faults[1].byte = (uint32_t)n * 20u;
            faults[2].kind = WORLD_CUT;
            faults[2].at = 1u + ((uint32_t)n * 31u + at) % operations;
            campaign_try(run, world, faults, 1u + (unsigned)n % 3u);
        }
    }
    campaign_leave(world);
}

void campaign_time(run_t *run)
{
    static const char *const k_names[] = {"small", "retry",  "seventeen", "busy",
                                          "pair",  "silent", "rejected",  "clockless"};
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        try_starts(run, k_names[n]);
    }
}

/* ---------------------------------------------------------------- twice */

void campaign_twice(run_t *run)
{
    static const char *const k_names[] = {"small", "retry", "one", "rejected", "swap"};
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        world_t *world = campaign_rehearse(run, k_names[n]);
        uint32_t calls[FAKE_CALL_COUNT];
        for (unsigned call = 0; call < FAKE_CALL_COUNT; call++) {
            calls[call] = world->board.calls[call];
        }
        for (uint8_t call = 0; call < FAKE_CALL_COUNT; call++) {
            for (uint32_t at = 1; at <= calls[call]; at++) {
                const world_fault_t fault = {.kind = WORLD_STUCK,
                                             .mode = FAKE_FAULT_ERROR,
                                             .call = call,
                                             .at = at,
                                             .byte = 2};
                campaign_try(run, world, &fault, 1);
            }
        }
        campaign_leave(world);
    }
}
