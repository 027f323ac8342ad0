/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * world_parts.h: between world.c and the other world_*.c.
 */
#ifndef ONEOTA_WORLD_PARTS_H
#define ONEOTA_WORLD_PARTS_H

#include "world.h"

/* ---------------------------------------------------------------- world.c */

extern const oneota_log_t world_log;
void world_on_event(void *ctx, const oneota_event_t *event);
void world_violate(world_t *world, const char *what);

/* ---------------------------------------------------------------- world_poll.c */

/** One poll, judged. @return how long until the next one: what comes from the net comes before that
 */
uint32_t world_poll(world_t *world);

/* ---------------------------------------------------------------- world_judge.c */

extern const fake_truth_t world_truth;

/** Once a case has come to its end. */
void world_judge_end(world_t *world);

/* ---------------------------------------------------------------- world_faults.c */

/** How what is torn reads. */
void world_set_torn(world_t *world, uint8_t torn);

/** The next cut of the case, if there is one. */
void world_arm_cut(world_t *world);
void world_arm(world_t *world, const world_fault_t *fault);
bool world_sabotaged(const world_t *world, world_sabotage_t how);

/** A code with which the task may end, too. */
void world_allow(world_t *world, uint8_t code);

/** The image is proven, and not installed yet. */
void world_meddle(world_t *world, uint8_t image);

/* ---------------------------------------------------------------- world_cost.c */

/** What the faults of a case may cost each task, beyond one download. */
typedef struct {
    uint32_t breaks;  /**< answers that do not come to their end ... */
    bool silent;      /**< ... or any number of them */
    uint32_t drops;   /**< times that what has come is dropped before it is used */
    uint32_t losses;  /**< times that what came since the last store is lost */
    uint32_t again;   /**< whole downloads */
    uint32_t journal; /**< erases of it: a write that fails, or a look, ends in another unit */
    bool unknown;     /**< no such bound: what was heard was garbled, what was stored is lost */
} world_cost_t;

world_cost_t world_cost(const world_t *world);

/** How often the application asks the client to forget its task. */
uint32_t world_forgets(const world_t *world);

/* ---------------------------------------------------------------- world_operator.c */

void world_arm_act(world_t *world, const world_fault_t *fault);

/** Time has passed: is it over, what operator or peer did? */
void world_end_act(world_t *world);

/** What a device has done so far. */
world_work_t world_work(const world_t *world);

/** A new task for the same image, with one of the other packages. */
void world_replace(world_t *world, const fake_task_t *old, unsigned other);

/* ---------------------------------------------------------------- world_command.c */

/** Before a poll: is it time to ask for something, or to take it back? */
void world_command(world_t *world);

/** How long until then, at most so many ms. */
uint32_t world_command_left(const world_t *world, uint32_t ms);

/** The power was off: what was asked for in RAM is forgotten. */
void world_command_lost(world_t *world);

/** At the end. */
void world_judge_command(world_t *world);

/* ---------------------------------------------------------------- world_slow.c */

/** Flash, clock or application are not as they were. */
void world_arm_slow(world_t *world, const world_fault_t *fault);
void world_arm_tick(world_t *world, const world_fault_t *fault);

/** The board is on. */
void world_shrink(world_t *world);

/** An event is told. */
void world_listen(world_t *world);

/** So much time passes. @return false: an operation does not end, the watchdog restarts the device
 */
bool world_pass(world_t *world, uint32_t ms);

/* ---------------------------------------------------------------- world_wear.c */

/** At the end of a case in which nothing but the power went. */
void world_judge_wear(world_t *world);

#endif
