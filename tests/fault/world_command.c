/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What the application asks for in mid-update, and whether it gets that: no more, no less.
 */
#include "world_parts.h"

#define HOUR_MS 3600000u
#define LATE    UINT32_MAX /* it may be too late to defer */

enum { ASK_NOT = 0, ASK_GIVEN, ASK_SETTLED, ASK_OVER };

static bool is_idle(const world_t *world, const world_work_t *before)
{
    world_work_t now = world_work(world);
    return now.opens == before->opens && now.sends == before->sends &&
           now.operations == before->operations;
}

/* ---------------------------------------------------------------- to ask */

/* The task of the first image, or none. */
static bool works_on_first(const world_t *world)
{
    oneota_status_t status;
    oneota_status(&world->ram.client, &status);
    return status.image == 0;
}

static uint8_t cancel(world_t *world)
{
    const fake_task_t *task = &world->platform.tasks[0];
    if (!works_on_first(world) || oneota_cancel(&world->ram.client) != ONEOTA_OK ||
        task->state > FAKE_TASK_UPGRADING) {
        return ASK_OVER;
    }
    bool acked = task->acked || world->ready;
    bool loading = task->delivered < task->size;
    world->cancel_codes[0] = acked ? 206 : 107;
    world->cancel_codes[1] = acked || loading ? world->cancel_codes[0] : 206;
    world_allow(world, world->cancel_codes[0]);
    world_allow(world, world->cancel_codes[1]);
    world_allow(world, 201);
    world_replace(world, task, 0);
    return ASK_GIVEN;
}

/* The judge knows no more of the task than the device. */
static uint8_t forget(world_t *world)
{
    fake_task_t *task = &world->platform.tasks[0];
    if (!works_on_first(world) || oneota_forget(&world->ram.client) != ONEOTA_OK) {
        return ASK_OVER;
    }
    world->asked_calls = world->platform.calls;
    task->percent = 0;
    if (world->board.runs[0]->bytes == task->package) {
        task->delivered = 0;
    }
    world_allow(world, 201);
    return ASK_GIVEN;
}

static uint8_t ask(world_t *world)
{
    oneota_t *client = &world->ram.client;
    oneota_error_t error = ONEOTA_OK;
    switch (world->command->mode) {
    case WORLD_APP_CANCEL:
        return cancel(world);
    case WORLD_APP_FORGET:
        return forget(world);
    case WORLD_APP_PAUSE:
        error = oneota_pause(client);
        break;
    case WORLD_APP_DEFER:
        error = oneota_defer_install(client);
        world->asked_calls = world->ready ? LATE : world->board.calls[FAKE_CALL_MARK];
        break;
    case WORLD_APP_CHECK_NOW:
        error = oneota_check_now(client);
        break;
    default:
        error = oneota_notify(client);
        break;
    }
    if (error != ONEOTA_OK) {
        world_violate(world, "api: a command is refused");
    }
    return world->command->mode <= WORLD_APP_DEFER ? ASK_GIVEN : ASK_OVER;
}

/* ---------------------------------------------------------------- and to take it back */

static void go_on(world_t *world)
{
    oneota_t *client = &world->ram.client;
    bool pauses = world->command->mode == WORLD_APP_PAUSE;
    world->asked = ASK_OVER;
    if (pauses && !is_idle(world, &world->asked_work)) {
        world_violate(world, "application: a paused device works");
    }
    if (!pauses && world->asked_calls != LATE &&
        world->board.calls[FAKE_CALL_MARK] != world->asked_calls) {
        world_violate(world, "application: installed before that was allowed");
    }
    if ((pauses ? oneota_resume : oneota_allow_install)(client) != ONEOTA_OK) {
        world_violate(world, "api: a command is refused");
    }
}

/* Of a task that is upgrading nothing is heard any more by a platform that has its 101. */
static void give_up(world_t *world)
{
    fake_task_t *task = &world->platform.tasks[0];
    world->asked = ASK_OVER;
    if (task->state == FAKE_TASK_UPGRADING) {
        fake_platform_expire(task);
    }
}

/* The hour when what was asked for has come to be, and that when it is over. */
static uint64_t next_ms(const world_t *world)
{
    return world->asked_ms + (world->asked == ASK_GIVEN ? HOUR_MS : 2u * HOUR_MS);
}

static bool waits(const world_t *world)
{
    return (world->asked == ASK_GIVEN || world->asked == ASK_SETTLED) &&
           world->command->mode != WORLD_APP_CANCEL;
}

void world_command(world_t *world)
{
    if (world->command == NULL) {
        return;
    }
    if (world->asked == ASK_NOT && world->polls + 1u >= world->command->at) {
        world->asked_ms = world->slept_ms;
        world->asked = ask(world);
    }
    if (!waits(world) || world->slept_ms < next_ms(world)) {
        return;
    }
    if (world->asked == ASK_GIVEN) {
        world->asked = ASK_SETTLED;
        world->asked_work = world_work(world);
    } else if (world->command->mode == WORLD_APP_FORGET) {
        give_up(world);
    } else {
        go_on(world);
    }
}

uint32_t world_command_left(const world_t *world, uint32_t ms)
{
    if (!waits(world) || world->slept_ms >= next_ms(world)) {
        return ms;
    }
    uint64_t left = next_ms(world) - world->slept_ms;
    return left < ms ? (uint32_t)left : ms;
}

void world_command_lost(world_t *world)
{
    if (waits(world) && world->command->mode != WORLD_APP_FORGET) {
        world->asked = ASK_OVER;
    }
}

/* ---------------------------------------------------------------- at the end */

/* What was given up ends so; what comes behind it is another task. */
static void judge_cancel(world_t *world)
{
    const fake_task_t *task = &world->platform.tasks[0];
    const uint8_t *codes = world->cancel_codes;
    bool failed = task->result != 201u && task->result == world->scenario->codes[0];
    if (world->cuts == 0 && task->result != codes[0] && task->result != codes[1] && !failed) {
        world_violate(world, "application: a cancelled task ends in another way");
    }
    if (world->cuts == 0 && world->scenario->trial == WORLD_CONFIRM &&
        world->platform.tasks[world->platform.task_count - 1u].result != 201u) {
        world_violate(world, "application: the task behind a cancelled one is not installed");
    }
}

static void judge_forget(world_t *world)
{
    const fake_platform_t *platform = &world->platform;
    uint32_t next = world->asked_calls;
    if (world->cuts > 0 || platform->calls <= next || platform->calls - next > FAKE_CALLS_KEPT) {
        return;
    }
    if (platform->records[next % FAKE_CALLS_KEPT].verb > FAKE_CHECK) {
        world_violate(world, "application: what was forgotten goes on");
    }
}

void world_judge_command(world_t *world)
{
    if (world->command == NULL) {
        return;
    }
    if (world->command->mode == WORLD_APP_CANCEL && world->asked == ASK_GIVEN) {
        judge_cancel(world);
    } else if (world->command->mode == WORLD_APP_FORGET && world->asked_calls > 0) {
        judge_forget(world);
    }
}
