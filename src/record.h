/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * record.h: what the client remembers of its task, as the journal's records.
 *
 * Two records. TASK is written when a task is accepted, or its token changes. STATE is small and written
 * at each step; it holds a check value of the task it belongs to, and counts for no other. Formats are
 * fixed from release 1.0 on, because after a revert the old firmware reads what the new one wrote: a
 * record with another format number is not understood, and not touched.
 *
 *     TASK   format u8 | dialect u8 | image u8 | type u8 | size u32 | md5[16] | signal u32 | power u32 |
 *            retry u32 | interval u32 | target length u8 | target | handle length u8 | handle
 *     STATE  format u8 | stage u8 | percent u8 | result u8 | reason u8 | rounds u8 | flags u8 | 0 |
 *            task check u32 | stored u32 | package u32 | skip u32 | spent u32
 *
 * All integers little-endian; the task check is the CRC-32 of dialect, image, type, size, md5, target.
 */
#ifndef ONEOTA_SRC_RECORD_H
#define ONEOTA_SRC_RECORD_H

#include "oneota/state.h"

/** Record types in the journal. Never reused. */
enum { RECORD_TASK = 1, RECORD_STATE = 2 };

#define RECORD_TASK_BYTES_MAX (42u + ONEOTA_VERSION_MAX + ONEOTA_HANDLE_MAX)
#define RECORD_STATE_BYTES 28u

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

size_t record_task_encode(const oneota_record_t *record, uint8_t *data);
bool record_task_decode(oneota_record_t *record, const uint8_t *data, size_t length);
size_t record_state_encode(const oneota_record_t *record, uint8_t *data);

/** After record_task_decode(). @return false not understood, or of another task: record untouched */
bool record_state_decode(oneota_record_t *record, const uint8_t *data, size_t length);

/** Same target, size, MD5 and type: what is stored of one is good for the other. */
bool record_same_task(const oneota_task_t *a, const oneota_task_t *b);

/** Makes task the present one, from its first byte. */
void record_accept(oneota_record_t *record, const oneota_task_t *task, uint8_t dialect,
                   uint8_t image);

#endif
