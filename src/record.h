/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * record.h: what the client remembers of its task, as the journal's records.
 *
 * Records, in the journal as they are in memory (state.h): oneota_order_t is written when a task is
 * accepted, or its token changes; oneota_progress_t is small and written at each step;
 * oneota_made_t once the header of a differential package is known. The latter two hold a check
 * value of the task they belong to, and count for no other. Each begins with a format number, and
 * their layout is fixed from release 1.0 on, because after a revert the old firmware reads what the
 * new one wrote: a record of another format is not understood, and not touched.
 */
#ifndef ONEOTA_SRC_RECORD_H
#define ONEOTA_SRC_RECORD_H

#include "oneota/state.h"

/** Record types in the journal. Never reused. */
enum {
    RECORD_ORDER = 1,
    RECORD_PROGRESS = 2,
    RECORD_MADE = 3,  /**< of steps_delta.c: the image that the package makes */
    RECORD_SPENT = 4, /**< of budget.c */
    /* of steps_trust.c */
    RECORD_FLOOR = 6,   /**< what was confirmed */
    RECORD_TRAILER = 7, /**< of the task's package */
    RECORD_FAILED = 8   /**< digests that failed their trial */
};

/** oneota_task_t.type of a package that makes the image from the running one. */
#define TYPE_DIFFERENTIAL 2u

/** How far the task has come, durably. Each is recorded before the work that it names begins. */
typedef enum {
    STAGE_NONE = 0, /**< there is no task */
    STAGE_TASK,     /**< accepted: download it */
    STAGE_LOADED,   /**< proven: tell the platform 101 */
    STAGE_ACKED,    /**< 101 was taken: install when conditions allow */
    STAGE_MARKING,  /**< about to be marked for trial: may be done again */
    STAGE_RESTART,  /**< marked; the restart is wanted */
    STAGE_TRIAL,    /**< the new image has been seen running */
    STAGE_RESULT,   /**< result is to be delivered (and, if it is on trial, to be reverted first) */
    STAGE_COUNT
} stage_t;

/** Same target (and nothing but zeros behind it), size, MD5 and type: what is stored of one is good
 *  for the other. */
bool oneota_record_same_task(const oneota_task_t *a, const oneota_task_t *b);

/** Makes the task of an answer the present one, from its first byte. */
void oneota_record_accept(oneota_record_t *record, const oneota_answer_t *answer, uint8_t dialect,
                          uint8_t image);

/** Likewise goes on with it, when it is the same task: another token, other conditions. */
void oneota_record_renew(oneota_record_t *record, const oneota_answer_t *answer);

/** Is what was read from the journal a task, and progress of that task, that this firmware can
 * go on with? Every member is checked. */
bool oneota_record_is_sound(const oneota_record_t *record);

/** Notes the image that the task's package makes. @return false: it is known already */
bool oneota_record_make(oneota_record_t *record, uint32_t size, const uint8_t *sha256);

/** Forgets the task. */
void oneota_record_clear(oneota_record_t *record);

#endif
