/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What the faults of a case may cost in bytes of a package and erases of a slot.
 */
#include "world_parts.h"

#define FLASH_TRIES   3u                     /* then the task has failed */
#define JOURNAL_TIMES WORLD_OPERATIONS_A_DAY /* if it fails for one */

/* Of a slot: the bytes since the last store, or, when what is there is wrong, all of them. */
static void add_flash(world_cost_t *cost, uint8_t call, uint8_t mode, uint32_t times)
{
    if (call >= FAKE_CALL_JOURNAL_ERASE && call <= FAKE_CALL_JOURNAL_READ) {
        cost->journal += times < JOURNAL_TIMES ? times : JOURNAL_TIMES;
        return;
    }
    if (call > FAKE_CALL_SLOT_READ) {
        cost->again += call >= FAKE_CALL_INSPECT ? 1u : 0u; /* maybe what is there is at fault */
        return;
    }
    times = times < FLASH_TRIES ? times : FLASH_TRIES;
    cost->losses += times;
    cost->again += call == FAKE_CALL_SLOT_READ || mode >= FAKE_FAULT_SILENT ? 1u : 0u;
}

static void add_answer(world_cost_t *cost, uint8_t mode)
{
    cost->breaks += 1u;
    cost->again += mode == FAKE_NET_CORRUPT || mode == FAKE_NET_TWICE ? 1u : 0u;
}

static void add(world_cost_t *cost, const world_fault_t *fault)
{
    switch (fault->kind) {
    case WORLD_ANSWER:
        add_answer(cost, fault->mode);
        break;
    case WORLD_NET_CALL:
        cost->breaks += 1u + (fault->byte == FAKE_NET_FOR_EVER ? 0u : fault->byte);
        cost->silent |= fault->byte == FAKE_NET_FOR_EVER;
        break;
    case WORLD_BOARD_CALL:
        add_flash(cost, fault->call, fault->mode, 1);
        break;
    case WORLD_STUCK:
        add_flash(cost, fault->call, fault->mode, fault->byte);
        break;
    case WORLD_TAMPER:
        cost->again += 1u;
        break;
    case WORLD_PEER: /* of any number of them */
    case WORLD_TICK:
    case WORLD_LISTEN:
        cost->silent = true;
        break;
    case WORLD_COMMAND: /* the connection is closed */
        cost->breaks += 1u;
        cost->drops += 1u;
        break;
    case WORLD_OPERATOR:
        cost->breaks += 1u;
        cost->again += fault->mode == WORLD_REFILE ? 1u : 0u;
        break;
    case WORLD_WORN:
        cost->losses += fault->mode == 0 ? FLASH_TRIES : 0u;
        cost->again += fault->call == FAKE_WORN_SILENT ? 1u : 0u;
        break;
    case WORLD_SLOW:
        cost->silent = true;
        cost->losses += 1u;
        break;
    case WORLD_GARBLE:
    case WORLD_EVERY:
    case WORLD_ROT:
    case WORLD_SMALLER:
        cost->unknown = true;
        break;
    default:
        break;
    }
}

uint32_t world_forgets(const world_t *world)
{
    return world->command != NULL && world->command->mode == WORLD_APP_FORGET ? 1u : 0u;
}

world_cost_t world_cost(const world_t *world)
{
    world_cost_t cost = {.again = world->scenario->spoiled ? 1u : 0u};
    for (unsigned n = 0; n < world->fault_count; n++) {
        add(&cost, &world->faults[n]);
    }
    cost.again = cost.again > 1u ? 1u : cost.again;         /* a mismatch is forgiven once */
    cost.again += world_forgets(world) * (1u + cost.again); /* from the first byte again */
    cost.losses += world->cuts;
    cost.breaks += cost.losses;
    return cost;
}
