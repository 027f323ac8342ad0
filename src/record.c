/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "record.h"

#include <string.h>

#include "bytes.h"
#include "text.h"

#define FORMAT 1u
#define FLAG_AGAIN 1u

/* dialect .. md5: the fixed part that the task check covers */
#define IDENTITY_AT 1u
#define IDENTITY_BYTES 23u
#define FIXED_BYTES 40u

static size_t put_text(uint8_t *data, const char *text)
{
    size_t length = strlen(text);
    data[0] = (uint8_t)length;
    memcpy(data + 1, text, length);
    return length + 1u;
}

static void put_fixed(const oneota_record_t *record, uint8_t *data)
{
    const oneota_task_t *task = &record->task;
    data[0] = FORMAT;
    data[1] = record->dialect;
    data[2] = record->image;
    data[3] = task->type;
    bytes_put_u32(data + 4, task->size);
    memcpy(data + 8, task->md5, sizeof task->md5);
    bytes_put_u32(data + 24, (uint32_t)task->signal);
    bytes_put_u32(data + 28, (uint32_t)task->power);
    bytes_put_u32(data + 32, task->retry);
    bytes_put_u32(data + 36, task->interval_s);
}

static uint32_t task_check(const oneota_record_t *record)
{
    uint8_t data[FIXED_BYTES];
    put_fixed(record, data);
    uint32_t crc = bytes_crc32(0, data + IDENTITY_AT, IDENTITY_BYTES);
    return bytes_crc32(crc, record->task.target, strlen(record->task.target));
}

size_t record_task_encode(const oneota_record_t *record, uint8_t *data)
{
    put_fixed(record, data);
    size_t length = FIXED_BYTES;
    length += put_text(data + length, record->task.target);
    length += put_text(data + length, record->task.handle);
    return length;
}

/* A length byte and that many characters of a set, into a text of max + 1 bytes. */
static bool get_text(const uint8_t **data, const uint8_t *end, text_set_t set, size_t max,
                     char *text)
{
    if (*data == end) {
        return false;
    }
    size_t length = **data;
    const char *start = (const char *)*data + 1;
    if (length >= (size_t)(end - *data) || !text_is(start, length, set, 1, max)) {
        return false;
    }
    memcpy(text, start, length);
    text[length] = '\0';
    *data += length + 1u;
    return true;
}

bool record_task_decode(oneota_record_t *record, const uint8_t *data, size_t length)
{
    oneota_task_t task = { 0 };
    const uint8_t *end = data + length;
    if (length < FIXED_BYTES || data[0] != FORMAT || data[2] >= ONEOTA_IMAGES_MAX) {
        return false;
    }
    task.type = data[3];
    task.size = bytes_get_u32(data + 4);
    memcpy(task.md5, data + 8, sizeof task.md5);
    task.signal = (int32_t)bytes_get_u32(data + 24);
    task.power = (int32_t)bytes_get_u32(data + 28);
    task.retry = bytes_get_u32(data + 32);
    task.interval_s = bytes_get_u32(data + 36);
    const uint8_t *at = data + FIXED_BYTES;
    if (!get_text(&at, end, TEXT_VERSION, ONEOTA_VERSION_MAX, task.target) ||
        !get_text(&at, end, TEXT_HANDLE, ONEOTA_HANDLE_MAX, task.handle)) {
        return false;
    }
    record_accept(record, &task, data[1], data[2]);
    return true;
}

size_t record_state_encode(const oneota_record_t *record, uint8_t *data)
{
    data[0] = FORMAT;
    data[1] = record->stage;
    data[2] = record->percent;
    data[3] = record->result;
    data[4] = record->reason;
    data[5] = record->rounds;
    data[6] = record->again ? FLAG_AGAIN : 0u;
    data[7] = 0;
    bytes_put_u32(data + 8, task_check(record));
    bytes_put_u32(data + 12, record->stored);
    bytes_put_u32(data + 16, record->package);
    bytes_put_u32(data + 20, record->skip);
    bytes_put_u32(data + 24, record->spent_s);
    return RECORD_STATE_BYTES;
}

/* Terminal codes are the only ones that may be pending. */
static bool is_result(uint8_t code)
{
    return (code > ONEOTA_STEP_DOWNLOADED && code <= ONEOTA_STEP_UNKNOWN) ||
           (code >= ONEOTA_STEP_UPDATED && code <= ONEOTA_STEP_INSTALL_EXPIRED);
}

bool record_state_decode(oneota_record_t *record, const uint8_t *data, size_t length)
{
    if (length != RECORD_STATE_BYTES || data[0] != FORMAT || data[1] >= STAGE_COUNT ||
        data[2] > 99u || bytes_get_u32(data + 8) != task_check(record)) {
        return false;
    }
    if (data[1] == STAGE_RESULT && !is_result(data[3])) {
        return false;
    }
    record->stage = data[1];
    record->percent = data[2];
    record->result = data[3];
    record->reason = data[4] < ONEOTA_REASON_COUNT ? data[4] : (uint8_t)ONEOTA_REASON_NONE;
    record->rounds = data[5];
    record->again = (data[6] & FLAG_AGAIN) != 0;
    record->stored = bytes_get_u32(data + 12);
    record->package = bytes_get_u32(data + 16);
    record->skip = bytes_get_u32(data + 20);
    record->spent_s = bytes_get_u32(data + 24);
    return true;
}

bool record_same_task(const oneota_task_t *a, const oneota_task_t *b)
{
    return a->size == b->size && a->type == b->type && strcmp(a->target, b->target) == 0 &&
           memcmp(a->md5, b->md5, sizeof a->md5) == 0;
}

void record_accept(oneota_record_t *record, const oneota_task_t *task, uint8_t dialect,
                   uint8_t image)
{
    *record = (oneota_record_t){ 0 };
    record->task = *task;
    record->dialect = dialect;
    record->image = image;
}
