/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_record.c: what a journal may hold of a task.
 *
 * Input: flags, the place of a byte that is changed afterwards, and the two records. With flag 1
 * they have the right format, with flag 2 the right check value, so that the input reaches what
 * stands behind these two.
 */
#include "fuzz_record.h"

static void check_text(const char *text, size_t size, const char *extra)
{
    const size_t length = strnlen(text, size);
    FUZZ_CHECK(length > 0 && length < size);
    for (size_t i = 0; i < length; i++) {
        const char c = text[i];
        FUZZ_CHECK((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                   strchr(extra, c) != NULL);
    }
}

static void check_sound(const oneota_record_t *record)
{
    const oneota_progress_t *at = &record->at;
    FUZZ_CHECK(record->order.format == 1u && at->format == 1u);
    FUZZ_CHECK(at->check == fuzz_check_of(&record->order));
    FUZZ_CHECK(at->stage < STAGE_COUNT && at->percent < 100u);
    FUZZ_CHECK(at->reason < ONEOTA_REASON_COUNT);
    FUZZ_CHECK(at->stage != STAGE_RESULT || (at->result >= 102u && at->result <= 107u) ||
               (at->result >= 201u && at->result <= 208u));
    check_text(record->order.task.target, sizeof record->order.task.target, "_-.");
    check_text(record->order.handle, sizeof record->order.handle, "_-");
    FUZZ_CHECK(oneota_record_same_task(&record->order.task, &record->order.task));
}

/* Progress is of one task: with any byte of it changed it counts no more. */
static void check_bound(oneota_record_t *record, uint8_t place)
{
    uint8_t *const parts[] = {
        &record->order.dialect, &record->order.image,     (uint8_t *)&record->order.task.size,
        record->order.task.md5, &record->order.task.type, (uint8_t *)record->order.task.target};
    static const uint8_t lengths[] = {1, 1, 4, 16, 1, ONEOTA_VERSION_MAX + 1};
    const unsigned part = place % (sizeof lengths);
    parts[part][place / sizeof lengths % lengths[part]] ^= (uint8_t)(1u + place / 43u);
    FUZZ_CHECK(!oneota_record_is_sound(record));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input_t input = {data, size};
    const uint8_t flags = fuzz_u8(&input);
    const uint8_t place = fuzz_u8(&input);
    oneota_record_t *record = malloc(sizeof *record);
    FUZZ_CHECK(record != NULL);
    fuzz_fill(&input, &record->order, sizeof record->order);
    fuzz_fill(&input, &record->at, sizeof record->at);
    if ((flags & 1u) != 0) {
        record->order.format = record->at.format = 1;
    }
    if ((flags & 2u) != 0) {
        record->at.check = fuzz_check_of(&record->order);
    }
    if (oneota_record_is_sound(record)) {
        check_sound(record);
        check_bound(record, place);
    }
    free(record);
    return 0;
}
