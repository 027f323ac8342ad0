/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Calls that fail twice, every so often or for a day, or take their time; erase units that are worn
 * out, a record that goes bad, a slot that is smaller than it was.
 */
#include "campaigns.h"

/* ---------------------------------------------------------------- twice, for-ever */

static void fail_from(run_t *run, const char *name, uint32_t times, uint32_t places)
{
    world_t *world = campaign_rehearse(run, name);
    fake_board_t board = world->board;
    for (uint8_t call = 0; call < FAKE_CALL_COUNT; call++) {
        uint8_t modes = call < FAKE_CALL_QUERY ? (uint8_t)FAKE_FAULT_COUNT : 2u;
        uint32_t stride = campaign_stride(run, world, 11u) + board.calls[call] / places;
        for (uint32_t at = 1; at <= board.calls[call]; at += stride) {
            for (uint8_t mode = 0; mode < modes; mode++) {
                const world_fault_t fault = {
                    .kind = WORLD_STUCK, .mode = mode, .call = call, .at = at, .byte = times};
                campaign_try(run, world, &fault, 1);
            }
        }
    }
    campaign_leave(world);
}

static void lose_net(run_t *run, const char *name, uint32_t more)
{
    world_t *world = campaign_rehearse(run, name);
    fake_net_t net = world->net;
    uint32_t stride = campaign_stride(run, world, 11u);
    for (uint8_t call = 0; call < FAKE_NET_ANY; call++) {
        for (uint32_t at = 1; at <= net.calls[call]; at += stride) {
            for (uint8_t mode = 0; mode < FAKE_NET_CALL_PARTLY; mode++) {
                const world_fault_t fault = {
                    .kind = WORLD_NET_CALL, .call = call, .mode = mode, .at = at, .byte = more};
                campaign_try(run, world, &fault, 1);
            }
        }
    }
    campaign_leave(world);
}

void campaign_twice(run_t *run)
{
    static const char *const k_names[] = {"small", "retry", "one",    "rejected",
                                          "swap",  "signed", "delta-small"};
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        fail_from(run, k_names[n], 2, UINT32_MAX);
        lose_net(run, k_names[n], 1);
    }
}

void campaign_for_ever(run_t *run)
{
    static const char *const k_names[] = {"small", "retry", "rejected", "swap", "delta-small"};
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        fail_from(run, k_names[n], FAKE_FLASH_FOR_EVER, 40u * run->scale);
        lose_net(run, k_names[n], FAKE_NET_FOR_EVER);
    }
}

/* ---------------------------------------------------------------- worn */

/* From each operation of that flash on, in each unit of the slot, and of a journal that has one to
 * spare. */
static void wear_out(run_t *run, const char *name, uint8_t region)
{
    world_t *world = campaign_rehearse(run, name);
    const fake_flash_t *flash =
        region == 0 ? &world->board.slots[0][1].flash : &world->board.journal.flash;
    uint32_t units = flash->unit_count;
    uint32_t operations = flash->operations;
    for (uint32_t unit = 0; unit < units; unit++) {
        for (uint32_t from = 0; from <= operations; from++) {
            for (uint8_t how = FAKE_WORN_ERASE; how <= FAKE_WORN_SILENT; how++) {
                const world_fault_t fault = {
                    .kind = WORLD_WORN, .mode = region, .call = how, .at = unit, .byte = from};
                campaign_try(run, world, &fault, 1);
            }
        }
    }
    campaign_leave(world);
}

void campaign_worn(run_t *run)
{
    wear_out(run, "small", 0);
    wear_out(run, "seventeen", 0);
    wear_out(run, "delta-small", 0);
    wear_out(run, "roomy", 1);
}

/* ---------------------------------------------------------------- rot */

/* A task is replaced; the power goes, and again while the new one is being recorded, just when the
 * record that the old one is over has gone bad. */
void campaign_rot(run_t *run)
{
    world_t *world = campaign_rehearse(run, "seventeen");
    uint32_t calls = world->platform.calls;
    uint32_t net_calls = world->outcome.net_calls;
    for (uint32_t call = 4; call <= calls; call++) {
        for (uint32_t net = 2u * call; net <= net_calls + 12u; net++) {
            for (uint32_t cut = 1; cut <= 6u; cut++) {
                const world_fault_t faults[] = {
                    {.kind = WORLD_OPERATOR, .mode = WORLD_REPLACE, .at = call},
                    {.kind = WORLD_ROT, .at = 2},
                    {.kind = WORLD_CUT_NET, .at = net},
                    {.kind = WORLD_CUT, .mode = FAKE_CUT_AFTER, .at = cut}};
                campaign_try(run, world, faults, 4);
            }
        }
    }
    campaign_leave(world);
}

/* ---------------------------------------------------------------- blind, every, odd */

static const char *const k_stories[] = {"small", "rejected", "swap", "seventeen", "signed"};
#define STORIES (sizeof k_stories / sizeof k_stories[0])

/* The journal cannot be read for a while, which is no empty journal. */
void campaign_blind(run_t *run)
{
    static const uint32_t k_times[] = {3, 4, 5, 6, 7, 9, 12, 15, 18};
    for (size_t n = 0; n < STORIES; n++) {
        world_t *world = campaign_rehearse(run, k_stories[n]);
        uint32_t reads = world->board.calls[FAKE_CALL_JOURNAL_READ];
        uint32_t stride = campaign_stride(run, world, 11u);
        for (uint32_t at = 1; at <= reads; at += stride) {
            for (size_t k = 0; k < sizeof k_times / sizeof k_times[0]; k++) {
                const world_fault_t fault = {.kind = WORLD_STUCK,
                                             .call = FAKE_CALL_JOURNAL_READ,
                                             .at = at,
                                             .byte = k_times[k]};
                campaign_try(run, world, &fault, 1);
            }
        }
        campaign_leave(world);
    }
}

static void fail_every(run_t *run, world_t *world, uint8_t call, uint32_t every)
{
    uint8_t modes = call < FAKE_CALL_QUERY ? (uint8_t)FAKE_FAULT_COUNT : 2u;
    for (uint8_t mode = 0; mode < modes; mode++) {
        for (uint32_t at = 1; at <= every; at++) {
            const world_fault_t fault = {
                .kind = WORLD_EVERY, .mode = mode, .call = call, .at = at, .byte = every};
            campaign_try(run, world, &fault, 1);
        }
    }
}

void campaign_every(run_t *run)
{
    for (size_t n = 0; n < STORIES; n++) {
        world_t *world = campaign_rehearse(run, k_stories[n]);
        bool most = campaign_stride(run, world, 11u) == 1u;
        for (uint8_t call = 0; call < FAKE_CALL_COUNT; call++) {
            fail_every(run, world, call, 2);
            for (uint32_t every = 3; every <= 7u && most; every += 2u) {
                fail_every(run, world, call, every);
            }
        }
        campaign_leave(world);
    }
}

/* Each call of a port says once what it may not say. */
void campaign_odd(run_t *run)
{
    for (size_t n = 0; n < STORIES; n++) {
        world_t *world = campaign_rehearse(run, k_stories[n]);
        fake_net_t net = world->net;
        fake_board_t board = world->board;
        uint32_t stride = campaign_stride(run, world, 11u);
        world_fault_t fault = {.kind = WORLD_NET_CALL, .mode = FAKE_NET_CALL_ODD};
        for (fault.call = 0; fault.call < FAKE_NET_ANY; fault.call++) {
            for (fault.at = 1; fault.at <= net.calls[fault.call]; fault.at += stride) {
                campaign_try(run, world, &fault, 1);
            }
        }
        fault.kind = WORLD_BOARD_CALL;
        fault.mode = FAKE_FAULT_ODD;
        for (fault.call = 0; fault.call < FAKE_CALL_COUNT; fault.call++) {
            for (fault.at = 1; fault.at <= board.calls[fault.call]; fault.at += stride) {
                campaign_try(run, world, &fault, 1);
            }
        }
        campaign_leave(world);
    }
}

/* ---------------------------------------------------------------- slow, smaller */

/* An erase of 300 ms that is asked about 300 times; one that blocks up to 35 s. */
static void slow_down(run_t *run, const char *name)
{
    static const uint32_t k_blocks[] = {300, 5000, 35000, 61000};
    world_t *world = campaign_rehearse(run, name);
    fake_board_t board = world->board;
    world_fault_t fault = {.kind = WORLD_SLOW, .mode = WORLD_SLOW_ALL, .byte = 300};
    campaign_try(run, world, &fault, 1);
    fault.mode = WORLD_SLOW_BLOCKS;
    for (size_t n = 0; n < sizeof k_blocks / sizeof k_blocks[0]; n++) {
        fault.byte = k_blocks[n];
        campaign_try(run, world, &fault, 1);
    }
    fault.byte = 300;
    for (uint8_t call = 0; call < FAKE_CALL_QUERY; call++) {
        bool reads = call == FAKE_CALL_SLOT_READ || call == FAKE_CALL_JOURNAL_READ;
        fault.call = call;
        for (fault.at = 1; !reads && fault.at <= board.calls[call]; fault.at++) {
            for (fault.mode = WORLD_SLOW_DONE; fault.mode <= WORLD_SLOW_HANGS; fault.mode++) {
                campaign_try(run, world, &fault, 1);
            }
        }
    }
    campaign_leave(world);
}

void campaign_slow(run_t *run)
{
    slow_down(run, "small");
    slow_down(run, "retry");
    slow_down(run, "rejected");
    slow_down(run, "delta-small");
}

/* From the first start on, or from one within the update. */
void campaign_smaller(run_t *run)
{
    static const uint32_t k_sizes[] = {1024, 4096, 4999, 5000, 5001};
    world_t *world = campaign_rehearse(run, "small");
    uint32_t net_calls = world->outcome.net_calls;
    for (size_t n = 0; n < sizeof k_sizes / sizeof k_sizes[0]; n++) {
        for (uint32_t at = 0; at <= net_calls; at++) {
            const world_fault_t faults[2] = {
                {.kind = WORLD_SMALLER, .at = at == 0 ? 1u : 2u, .byte = k_sizes[n]},
                {.kind = WORLD_CUT_NET, .at = at}};
            campaign_try(run, world, faults, at == 0 ? 1u : 2u);
        }
    }
    campaign_leave(world);
}
