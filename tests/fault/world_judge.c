/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What is true of the device, and what a case may have cost when it is over.
 */
#include <string.h>

#include "world_parts.h"

/* ---------------------------------------------------------------- what is true */

static unsigned image_of(const world_t *world, uint8_t type)
{
    for (unsigned n = 0; n < world->board.config.images; n++) {
        if (world->images[n].id.type == type) {
            return n;
        }
    }
    return FAKE_IMAGES_MAX;
}

static const char *truth_version(void *ctx, uint8_t type)
{
    const world_t *world = ctx;
    unsigned n = image_of(world, type);
    return n < FAKE_IMAGES_MAX && world->board.runs[n] != NULL ? world->board.runs[n]->version
                                                               : NULL;
}

static bool truth_runs(void *ctx, const fake_task_t *task)
{
    const world_t *world = ctx;
    const fake_known_t *runs = world->board.runs[image_of(world, task->type)];
    return runs != NULL && runs->bytes == task->package;
}

static bool truth_holds(void *ctx, const fake_task_t *task)
{
    const world_t *world = ctx;
    uint8_t n = (uint8_t)image_of(world, task->type);
    const fake_known_t *held = fake_board_content(&world->board, n, world->board.running[n] ^ 1u);
    return held != NULL && held->bytes == task->package;
}

static bool truth_settled(void *ctx)
{
    const world_t *world = ctx;
    return fake_board_settled(&world->board);
}

static uint64_t truth_unix_s(void *ctx)
{
    const world_t *world = ctx; /* not the device's clock, which may be wrong */
    return world->day_s + world->board.now_ms / 1000u;
}

const fake_truth_t world_truth = {truth_version, truth_runs, truth_holds, truth_settled,
                                  truth_unix_s};

/* ---------------------------------------------------------------- at the end */

/* What a reset may throw away: what came since the last store, and what was still on its way. */
static uint32_t lost_by_cut(const world_t *world, const fake_task_t *task)
{
    uint32_t unit = world->scenario->unit;
    bool makes = world->patch != NULL && task->differential;
    uint32_t often = makes ? ONEOTA_DELTA_STORE_BYTES : ONEOTA_STORE_BYTES;
    uint32_t stored = (unit > often ? unit : often) + unit;
    if (makes) { /* of the package; its header, and a block */
        uint64_t part = (uint64_t)stored * world->patch->length / world->packages[0]->size;
        stored = (uint32_t)part + ONEOTA_DELTA_HEADER_BYTES + 1024u;
    }
    return stored + ONEOTA_WORK_BYTES;
}

/* Done although 201 was not taken: it was told with a token that is stale, or what ran had that
 * version when the task came. */
static bool done_otherwise(const world_t *world, const fake_task_t *task)
{
    const fake_known_t *runs = world->board.runs[image_of(world, task->type)];
    return (world->act != NULL || world->command != NULL) && task->state == FAKE_TASK_DONE &&
           task->result == 0 &&
           (task->attempted == 201u ||
            (task->delivered == 0 && strcmp(runs->version, task->target) == 0));
}

/* By another task, which was for the same package. */
static bool came_otherwise(const world_t *world, const fake_task_t *task)
{
    for (unsigned n = 0; n < world->platform.task_count; n++) {
        const fake_task_t *other = &world->platform.tasks[n];
        if (other != task && other->package == task->package && other->state == FAKE_TASK_DONE) {
            return true;
        }
    }
    return false;
}

/* A link that broke costs what was on its way: the work buffer at most. */
static void judge_traffic(world_t *world, const fake_task_t *task)
{
    world_cost_t cost = world_cost(world);
    if (task->downloads > 2u * task->size + 65536u + world->cuts * lost_by_cut(world, task)) {
        world_violate(world, "converge: too much traffic");
    }
    if (cost.unknown) {
        return;
    }
    if (!cost.silent && task->broken > cost.breaks) {
        world_violate(world, "traffic: an answer is not heard to its end");
    }
    uint32_t needed = (1u + cost.again) * task->size;
    needed += world->scenario->signs ? ONEOTA_TRAILER_BYTES : 0u;
    needed +=
        cost.losses * lost_by_cut(world, task) + (task->broken + cost.drops) * ONEOTA_WORK_BYTES;
    if (task->downloads > needed) {
        world_violate(world, "traffic: a fault costs more than it must");
    }
}

static void judge_task(world_t *world, const fake_task_t *task)
{
    bool runs = truth_runs(world, task) && !came_otherwise(world, task);
    if (world->lenient) { /* who was told what may be anything, but what runs */
        if (task->result != 0 && runs != (task->result == 201u)) {
            world_violate(world, "truth: what runs at the end");
        }
        return;
    }
    if (task->state == FAKE_TASK_CANCELLED || task->expired) {
        if (task->result != 0 || (runs && !task->acked)) {
            world_violate(world, "truth: a task that was over was installed");
        }
    } else if (!done_otherwise(world, task)) {
        if (task->result == 0) {
            world_violate(world, "truth: no result was told");
        }
        if (runs != (task->result == 201u)) {
            world_violate(world, "truth: what runs at the end");
        }
    }
    judge_traffic(world, task);
}

/* Each reset may look once more, but rounds that were used up stay used up. */
static void judge_rounds(world_t *world)
{
    const fake_board_t *board = &world->board;
    uint8_t result = world->platform.tasks[0].result;
    bool ended = result == 105u || result == 106u || result == 202u;
    uint32_t each = board->low_toggles ? 2u : 1u;
    uint32_t first =
        board->low_at > 0 ? board->low_at : 1u; /* or a wrong bit has raised what is asked for */
    if (ended && board->looks > first + each * (world->scenario->retry + world->cuts)) {
        world_violate(world, "budget: a reset gives rounds back");
    }
}

static bool holds(const fake_flash_t *flash, const char *text)
{
    size_t length = strlen(text);
    const uint8_t *at = flash->bytes;
    const uint8_t *end = at + flash->size - length;
    while (at < end && (at = memchr(at, text[0], (size_t)(end - at))) != NULL) {
        if (memcmp(at, text, length) == 0) {
            return true;
        }
        at++;
    }
    return false;
}

/* To the device it was, by what it was told or, when its token was refused, by what else it was
 * offered. */
static bool may_be_over(const fake_task_t *task)
{
    return task->told || task->expired || task->state == FAKE_TASK_CANCELLED ||
           task->stale[0] != '\0';
}

/* Each task that failed is told once to the application, with its reason; a reset may repeat it. */
static void judge_events(world_t *world)
{
    uint32_t failed = 0;
    uint32_t over = 0;
    uint32_t untold = world->cuts + world_forgets(world);
    for (unsigned n = 0; n < world->platform.task_count; n++) {
        failed +=
            world->platform.tasks[n].result > 201u || (world->platform.tasks[n].result > 101u &&
                                                       world->platform.tasks[n].result < 108u)
                ? 1u
                : 0u;
        const fake_task_t *task = &world->platform.tasks[n];
        over += may_be_over(task) ? 1u + task->refused : 0u;
    }
    if (!world->lenient &&
        (world->endings > failed + over + world->cuts || world->endings + untold < failed)) {
        world_violate(world, "silence: a failure is told to the application once");
    }
    if (holds(&world->board.journal.flash, world->dialect->identity.key)) {
        world_violate(world, "secrecy: the key is in the journal");
    }
}

void world_judge_end(world_t *world)
{
    const fake_board_t *board = &world->board;
    uint32_t tasks = world->platform.task_count;
    uint32_t again = world->act != NULL || world->command != NULL
                         ? 1u
                         : 0u; /* a task that went wrong may come once more */
    for (unsigned n = 0; n < tasks; n++) {
        judge_task(world, &world->platform.tasks[n]);
    }
    judge_rounds(world);
    world_judge_command(world);
    judge_events(world);
    world_judge_wear(world);
    /* a cut between the mark and its record may cost one more trial */
    if (board->boots > world->cuts + 2u + tasks + 2u * again + world->crashes ||
        world->crashes > FAKE_TRIALS * (1u + world->cuts + again)) {
        world_violate(world, "converge: too many boots");
    }
    if (!fake_board_settled(board)) {
        world_violate(world, "boot: not settled at the end");
    }
}
