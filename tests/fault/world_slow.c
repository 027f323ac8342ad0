/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What takes its time, or takes none: flash, clock, application; and a slot that is smaller than it
 * was.
 */
#include "world_parts.h"

#define WATCHDOG_MS 20000u

/* ---------------------------------------------------------------- flash */

void world_arm_slow(world_t *world, const world_fault_t *fault)
{
    fake_board_t *board = &world->board;
    world->slow = fault;
    switch (fault->mode) {
    case WORLD_SLOW_ALL:
        board->slots[0][0].flash.again = fault->byte;
        board->slots[0][1].flash.again = fault->byte;
        break;
    case WORLD_SLOW_BLOCKS:
        board->blocks_ms = fault->byte;
        break;
    default:
        board->slow_call = fault->call;
        board->slow_at = fault->at;
        board->slow_fails = fault->mode == WORLD_SLOW_FAILS;
        board->slow_count = fault->mode == WORLD_SLOW_HANGS ? FAKE_FLASH_FOR_EVER : fault->byte;
        break;
    }
}

void world_shrink(world_t *world)
{
    if (world->smaller != NULL && world->board.boots >= world->smaller->at) {
        world->board.slots[0][0].says = world->smaller->byte;
        world->board.slots[0][1].says = world->smaller->byte;
    }
}

/* ---------------------------------------------------------------- clock */

static void tick(void *ctx)
{
    world_t *world = ctx;
    fake_board_t *board = &world->board;
    if (world->jump->mode == WORLD_TICK_STOPS) {
        world->stopped_ms = world->jump->byte;
        return;
    }
    uint64_t seconds = board->now_ms / 1000u;
    board->now_ms += world->jump->byte;
    seconds -= board->now_ms / 1000u; /* it is as late as it was */
    board->unix_s += seconds;
    world->day_s += seconds;
}

void world_arm_tick(world_t *world, const world_fault_t *fault)
{
    world->jump = fault;
    world->platform.act_at = fault->at;
    world->platform.act = tick;
    world->platform.act_ctx = world;
    if (fault->byte >= 86400000u) {
        world_allow(world, 104);
    }
}

bool world_pass(world_t *world, uint32_t ms)
{
    uint32_t stopped = ms < world->stopped_ms ? ms : world->stopped_ms;
    world->slept_ms += ms;
    world->stopped_ms -= stopped;
    world->board.now_ms += ms - stopped;
    bool hangs = world->board.slow != NULL && world->slow->mode == WORLD_SLOW_HANGS;
    world->hung_ms = hangs ? world->hung_ms + ms : 0u;
    return world->hung_ms < WATCHDOG_MS;
}

/* ---------------------------------------------------------------- the application */

void world_listen(world_t *world)
{
    world->events++;
    if (world->listen != NULL && world->events >= world->listen->at) {
        world->board.now_ms += world->listen->byte;
    }
}
