/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "record.h"

#include <string.h>

#include "bytes.h"
#include "text.h"

#define FORMAT 1u

/* The layout that release 1.0 fixes. */
typedef char order_is_132_bytes[sizeof(oneota_order_t) == 132u ? 1 : -1];
typedef char progress_is_28_bytes[sizeof(oneota_progress_t) == 28u ? 1 : -1];
typedef char made_is_44_bytes[sizeof(oneota_made_t) == 44u ? 1 : -1];

/* What makes a task the same one, beside its size: MD5, type and target stand together. */
#define SAME_BYTES                                                          \
    (offsetof(oneota_task_t, target) + sizeof((oneota_task_t *)0)->target - \
     offsetof(oneota_task_t, md5))

/* Over dialect, image, and what oneota_record_same_task() compares. */
static uint32_t check_of(const oneota_order_t *order)
{
    uint32_t crc = oneota_bytes_crc32(0, &order->dialect, 2u * sizeof order->dialect);
    crc = oneota_bytes_crc32(crc, &order->task.size, sizeof order->task.size);
    return oneota_bytes_crc32(crc, order->task.md5, SAME_BYTES);
}

bool oneota_record_same_task(const oneota_task_t *a, const oneota_task_t *b)
{
    return a->size == b->size && memcmp(a->md5, b->md5, SAME_BYTES) == 0;
}

void oneota_record_clear(oneota_record_t *record)
{
    memset(record, 0, sizeof *record);
}

void oneota_record_renew(oneota_record_t *record, const oneota_answer_t *answer)
{
    record->order.task = answer->task;
    memcpy(record->order.handle, answer->handle, sizeof record->order.handle);
}

void oneota_record_accept(oneota_record_t *record, const oneota_answer_t *answer, uint8_t dialect,
                          uint8_t image)
{
    oneota_record_clear(record);
    record->order.format = FORMAT;
    record->order.dialect = dialect;
    record->order.image = image;
    oneota_record_renew(record, answer);
    record->at.format = FORMAT;
    record->at.check = check_of(&record->order);
}

bool oneota_record_make(oneota_record_t *record, uint32_t size, const uint8_t *sha256)
{
    oneota_made_t made = {FORMAT, {0}, record->at.check, size, {0}};
    memcpy(made.sha256, sha256, sizeof made.sha256);
    if (memcmp(&made, &record->made, sizeof made) == 0) {
        return false;
    }
    record->made = made;
    return true;
}

/* Terminal codes are the only ones that may be pending. */
static bool is_result(uint8_t code)
{
    return (code > ONEOTA_STEP_DOWNLOADED && code <= ONEOTA_STEP_UNKNOWN) ||
           (code >= ONEOTA_STEP_UPDATED && code <= ONEOTA_STEP_INSTALL_EXPIRED);
}

/* A text that ends within its array. */
static bool is_text(const char *text, size_t max, text_form_t form)
{
    const char *end = memchr(text, 0, max + 1u);
    return end != NULL && oneota_text_is(text, (size_t)(end - text), form);
}

bool oneota_record_is_sound(const oneota_record_t *record)
{
    const oneota_order_t *order = &record->order;
    const oneota_progress_t *at = &record->at;
    return order->format == FORMAT && at->format == FORMAT && at->check == check_of(order) &&
           is_text(order->task.target, ONEOTA_VERSION_MAX, TEXT_VERSION) &&
           is_text(order->handle, ONEOTA_HANDLE_MAX, TEXT_HANDLE) && at->stage < STAGE_COUNT &&
           at->percent < 100u && at->reason < ONEOTA_REASON_COUNT &&
           (at->stage != STAGE_RESULT || is_result(at->result)) &&
           (order->task.type != TYPE_DIFFERENTIAL || at->stage <= STAGE_TASK ||
            at->stage == STAGE_RESULT || record->made.size != 0);
}
