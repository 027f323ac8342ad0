/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Calls that fail twice or for a day, erase units that are worn out, a record that goes bad.
 */
#include "campaigns.h"

/* ---------------------------------------------------------------- twice, for-ever */

static void fail_from(run_t *run, const char *name, uint32_t times, uint32_t places)
{
    world_t *world = campaign_rehearse(run, name);
    fake_board_t board = world->board;
    for (uint8_t call = 0; call < FAKE_CALL_COUNT; call++) {
        uint8_t modes = call < FAKE_CALL_QUERY ? (uint8_t)FAKE_FAULT_COUNT : 2u;
        uint32_t stride = 1u + board.calls[call] / places;
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

void campaign_twice(run_t *run)
{
    static const char *const k_names[] = {"small", "retry", "one", "rejected", "swap"};
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        fail_from(run, k_names[n], 2, UINT32_MAX);
    }
}

static void lose_net(run_t *run, const char *name)
{
    world_t *world = campaign_rehearse(run, name);
    fake_net_t net = world->net;
    for (uint8_t call = 0; call < FAKE_NET_ANY; call++) {
        for (uint32_t at = 1; at <= net.calls[call]; at++) {
            for (uint8_t mode = 0; mode < FAKE_NET_CALL_PARTLY; mode++) {
                const world_fault_t fault = {
                    .kind = WORLD_NET_CALL, .call = call, .mode = mode, .at = at, .byte = 1};
                campaign_try(run, world, &fault, 1);
            }
        }
    }
    campaign_leave(world);
}

void campaign_for_ever(run_t *run)
{
    static const char *const k_names[] = {"small", "retry", "rejected", "swap", "delta-small"};
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        fail_from(run, k_names[n], FAKE_FLASH_FOR_EVER, 40u * run->scale);
        lose_net(run, k_names[n]);
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
