/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What an operator does to the task, a platform that is no use for a day, and when that is over.
 */
#include "world_parts.h"

#define HOUR_MS    3600000u
#define DAY_MS     86400000u
#define ALTERNATES 3u

/* ---------------------------------------------------------------- the operator */

void world_replace(world_t *world, const fake_task_t *old, unsigned other)
{
    const fake_known_t *package = world->others[other];
    fake_task_t *task = fake_platform_add(&world->platform, old->type, package->version,
                                          package->bytes, package->size, world->other_md5[other]);
    task->retry = old->retry;
    task->interval = old->interval;
}

static void reissue(world_t *world, fake_task_t *task, uint8_t code)
{
    world->platform.stale_code = world->dialect->advises ? code : 12u;
    fake_platform_reissue(&world->platform, task);
    world->act_end_ms = world->slept_ms + DAY_MS / 2u;
}

/* A new one that nothing can become of. */
static void replace_by_none(world_t *world, const fake_task_t *old)
{
    const fake_known_t *package = world->others[0];
    bool large = world->act->mode == WORLD_REPLACE_LARGER;
    fake_task_t *task = fake_platform_add(
        &world->platform, old->type, package->version, large ? world->large : package->bytes,
        large ? world->scenario->slot_size + 1u : package->size, world->other_md5[0]);
    task->differential = !large;
    world_allow(world, large ? 102 : 107);
}

/* The one for the next version, then the first again, and so on. */
static void alternate(world_t *world, fake_task_t *old)
{
    const fake_known_t *package = world->acts % 2u == 0 ? world->packages[0] : world->others[1];
    fake_platform_cancel(old);
    fake_platform_add(&world->platform, old->type, package->version, package->bytes, package->size,
                      world->acts % 2u == 0 ? world->md5[0] : world->other_md5[1]);
    world->acts--;
    world->platform.act_at += world->acts > 0 ? 2u : 0u;
}

static void operate(world_t *world, fake_task_t *task)
{
    uint8_t mode = world->act->mode;
    switch (mode) {
    case WORLD_ALTERNATE:
        alternate(world, task);
        return;
    case WORLD_REFILE:
        task->served = task->served == task->package ? world->spoilt : task->package;
        world_allow(world, 205);
        world->platform.act_at += task->served == task->package ? 0u : 2u;
        return;
    case WORLD_REPLACE_LARGER:
    case WORLD_REPLACE_TYPE:
        fake_platform_cancel(task);
        replace_by_none(world, task);
        return;
    case WORLD_PAUSE:
        fake_platform_pause(task);
        world->act_end_ms = world->slept_ms + 2u * HOUR_MS;
        return;
    case WORLD_REISSUE:
    case WORLD_REISSUE_OLD:
        reissue(world, task, mode == WORLD_REISSUE ? 12 : 15);
        return;
    case WORLD_EXPIRE:
    case WORLD_EXPIRE_REPLACE:
        fake_platform_expire(task);
        break;
    case WORLD_REPLACE_STALE:
        fake_platform_reissue(&world->platform, task);
        fake_platform_cancel(task);
        break;
    default:
        fake_platform_cancel(task);
        break;
    }
    if (mode != WORLD_CANCEL && mode != WORLD_EXPIRE) {
        world_replace(world, task, mode == WORLD_REPLACE_SMALLER ? 1u : 0u);
    }
}

world_work_t world_work(const world_t *world)
{
    const world_work_t work = {world->net.calls[FAKE_NET_OPEN], world->net.calls[FAKE_NET_SEND],
                               world->board.operations, world->polls};
    return work;
}

/* From this call on, for a day. */
static void spoil_peer(world_t *world)
{
    fake_net_t *net = &world->net;
    world->act_end_ms = world->slept_ms + DAY_MS;
    world->limit_ms += DAY_MS;
    world->before = world_work(world);
    world->delivered_before = world->platform.tasks[0].delivered;
    if (world->act->mode < FAKE_PEER_COUNT) {
        world->platform.peer = world->act->mode;
        return;
    }
    net->fault = (uint8_t)(FAKE_NET_CLOSE + world->act->mode - FAKE_PEER_COUNT);
    net->fault_answer = net->answers + 1u;
    net->fault_at = world->act->byte;
    net->fault_stays = true;
}

/* Of the first image. */
static fake_task_t *newest(world_t *world)
{
    fake_platform_t *platform = &world->platform;
    fake_task_t *task = &platform->tasks[0];
    for (uint8_t n = 1; n < platform->task_count; n++) {
        task = platform->tasks[n].type == task->type ? &platform->tasks[n] : task;
    }
    return task;
}

static void act(void *ctx)
{
    world_t *world = ctx;
    fake_task_t *task = &world->platform.tasks[0];
    if (world->act->mode == WORLD_ALTERNATE && world->act->kind == WORLD_OPERATOR) {
        task = newest(world);
    }
    if (world->act->kind == WORLD_PEER) {
        spoil_peer(world);
    } else if (task->state <= FAKE_TASK_UPGRADING) {
        operate(world, task);
    }
}

/* A request that brings new bytes is not in vain. */
static void judge_work(world_t *world)
{
    const world_work_t *before = &world->before;
    world_work_t work = world_work(world);
    uint32_t brought = world->platform.tasks[0].delivered - world->delivered_before;
    work.opens -= before->opens;
    work.sends -= before->sends;
    work.operations -= before->operations;
    work.polls -= before->polls;
    world->outcome.work = work;
    if (world->stuck != NULL && world->longest_ms < WORLD_BACKOFF_MS) {
        world_violate(world, "bounded: no back-off to an hour");
    }
    uint32_t each = world->stuck != NULL ? 2u : 1u; /* a try is an erase and some programs */
    if (work.opens > WORLD_OPENS_A_DAY + brought || work.sends > WORLD_SENDS_A_DAY + brought ||
        work.operations > each * WORLD_OPERATIONS_A_DAY + brought ||
        work.polls > WORLD_POLLS_A_DAY + 10u * brought) {
        world_violate(world, "bounded: too much work for a day without a platform");
    }
}

/* Of a task that the platform believes to be upgrading nothing but its end is heard. When the
 * device has none of its bytes any more, or its failure was told with a stale token, only time
 * closes it. */
static void end_operation(world_t *world)
{
    fake_task_t *task = &world->platform.tasks[0];
    if (task->state == FAKE_TASK_PAUSED) {
        fake_platform_resume(task);
        world->act_end_ms = world->slept_ms + HOUR_MS * 10u;
    } else if (task->attempted > 201u || (world->act->mode == WORLD_PAUSE && task->acked)) {
        fake_platform_expire(task);
    }
}

/* What a device has forgotten, time alone closes. */
static void end_stuck(world_t *world)
{
    world->board.fault_at = 0;
    world->net.call_at = 0;
    world->net.call_more = 0;
    world->stuck = NULL;
    if (world->lenient) {
        fake_platform_expire(&world->platform.tasks[0]);
    }
}

void world_end_act(world_t *world)
{
    if (world->act_end_ms == 0 || world->slept_ms < world->act_end_ms) {
        return;
    }
    world->act_end_ms = 0;
    if (world->board.fault_every != 0) {
        world->board.fault_at = 0;
        world->board.fault_every = 0;
    } else if (world->stuck != NULL) {
        judge_work(world);
        end_stuck(world);
    } else if (world->act->kind == WORLD_PEER) {
        judge_work(world);
        world->platform.peer = FAKE_PEER_FINE;
        world->net.fault = FAKE_NET_FINE;
    } else {
        end_operation(world);
    }
}

void world_arm_act(world_t *world, const world_fault_t *fault)
{
    world->act = fault;
    world->acts = ALTERNATES;
    world->platform.act_at = fault->at;
    world->platform.act = act;
    world->platform.act_ctx = world;
}
