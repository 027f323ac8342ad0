/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * control.c: one record in a journal, and the choice at every start.
 */
#include "control.h"

#include <string.h>

#include "bytes.h"
#include "journal.h"

#define RECORD_TYPE   1u
#define FORMAT        1u
#define SLOT_PLACE    4u
#define VERSION_BYTES 24u
#define SLOT_BYTES    (4u + VERSION_BYTES)
#define RECORD_BYTES  (SLOT_PLACE + 2u * SLOT_BYTES)
#define READ_TRIES    16u
#define STARTED_MARK  0x5Au /* the last byte of what control_pack() gives */

/* ---------------------------------------------------------------- record */

static void encode(const control_record_t *record, uint8_t bytes[RECORD_BYTES])
{
    memset(bytes, 0, RECORD_BYTES);
    bytes[0] = FORMAT;
    bytes[1] = record->running;
    bytes[2] = record->condition;
    bytes[3] = record->attempts;
    for (unsigned i = 0; i < 2u; i++) {
        uint8_t *slot = bytes + SLOT_PLACE + i * SLOT_BYTES;
        oneota_bytes_put_u32(slot, record->slot[i].size);
        memcpy(slot + 4, record->slot[i].version, sizeof record->slot[i].version);
    }
}

static bool decode(const uint8_t bytes[RECORD_BYTES], control_record_t *record)
{
    if (bytes[0] != FORMAT || bytes[1] > 1u || bytes[2] >= ONEOTA_BOOT_CONDITION_COUNT ||
        bytes[3] > CONTROL_TRIALS) {
        return false;
    }
    record->running = bytes[1];
    record->condition = bytes[2];
    record->attempts = bytes[3];
    for (unsigned i = 0; i < 2u; i++) {
        const uint8_t *slot = bytes + SLOT_PLACE + i * SLOT_BYTES;
        record->slot[i].size = oneota_bytes_get_u32(slot);
        memcpy(record->slot[i].version, slot + 4, ONEOTA_VERSION_MAX);
        record->slot[i].version[ONEOTA_VERSION_MAX] = '\0';
    }
    return true;
}

oneota_error_t control_open(control_t *control, const oneota_flash_t *flash, void *flash_ctx)
{
    uint8_t bytes[RECORD_BYTES];
    size_t length = 0;

    memset(control, 0, sizeof *control);
    oneota_error_t error =
        oneota_journal_init(&control->journal, flash, flash_ctx, control->scratch);
    if (error != ONEOTA_OK) {
        return error;
    }
    for (unsigned tries = 0; tries < READ_TRIES; tries++) { /* a torn one may read otherwise */
        while (oneota_journal_scan(&control->journal) == ONEOTA_AGAIN) {
        }
        error = oneota_journal_read(&control->journal, RECORD_TYPE, bytes, sizeof bytes, &length);
        if (error != ONEOTA_AGAIN) {
            break;
        }
    }
    if (error == ONEOTA_STATE) {
        return ONEOTA_OK;
    }
    if (error != ONEOTA_OK || length != sizeof bytes || !decode(bytes, &control->record)) {
        return ONEOTA_STORAGE;
    }
    return ONEOTA_OK;
}

oneota_error_t control_write(control_t *control, const control_record_t *record)
{
    uint8_t bytes[RECORD_BYTES];

    encode(record, bytes);
    oneota_error_t error =
        oneota_journal_write(&control->journal, RECORD_TYPE, bytes, RECORD_BYTES);
    if (error == ONEOTA_OK) {
        control->record = *record;
    }
    return error;
}

/* ---------------------------------------------------------------- choice */

static void run(control_record_t *record, uint8_t slot, oneota_boot_condition_t condition,
                uint8_t attempts)
{
    record->running = slot;
    record->condition = (uint8_t)condition;
    record->attempts = attempts;
}

bool control_choose(const control_record_t *record, control_whole_t whole, void *ctx,
                    control_record_t *next)
{
    const uint8_t running = record->running;
    const uint8_t other = running ^ 1u;

    *next = *record;
    if (record->condition == ONEOTA_BOOT_PENDING) {
        if (whole(ctx, other)) {
            run(next, other, ONEOTA_BOOT_TRIAL, CONTROL_TRIALS);
            return true;
        }
        run(next, running, ONEOTA_BOOT_REVERTED, 0);
    } else if (record->condition == ONEOTA_BOOT_TRIAL) {
        if (record->attempts > 1 && whole(ctx, running)) {
            next->attempts--;
            return true;
        }
        run(next, other, ONEOTA_BOOT_REVERTED, 0);
    }
    if (whole(ctx, next->running)) {
        return true;
    }
    /* What was to run is damaged. The other one, even with its trial used up, is all there is. */
    run(next, next->running ^ 1u, ONEOTA_BOOT_CONFIRMED, 0);
    if (whole(ctx, next->running)) {
        return true;
    }
    *next = *record;
    return false;
}

/* ---------------------------------------------------------------- start */

static oneota_error_t write_all(control_t *control, const control_record_t *next)
{
    oneota_error_t error = ONEOTA_OK;

    if (memcmp(next, &control->record, sizeof *next) != 0) {
        do {
            error = control_write(control, next);
        } while (error == ONEOTA_AGAIN);
    }
    return error;
}

oneota_error_t control_begin(control_t *control, control_whole_t whole, void *ctx,
                             control_record_t *started)
{
    if (!control_choose(&control->record, whole, ctx, started)) {
        return ONEOTA_STATE;
    }
    oneota_error_t error = write_all(control, started);
    if (error == ONEOTA_OK || started->condition != ONEOTA_BOOT_TRIAL) {
        return error;
    }
    if (whole(ctx, started->running ^ 1u)) {
        run(started, started->running ^ 1u, ONEOTA_BOOT_REVERTED, 0);
    } else {
        run(started, started->running, ONEOTA_BOOT_CONFIRMED, 0); /* it is all there is */
    }
    (void)write_all(control, started); /* or the trial begins anew when flash works again */
    return error;
}

uint32_t control_pack(const control_record_t *started)
{
    return (uint32_t)STARTED_MARK << 24 | (uint32_t)started->attempts << 16 |
           (uint32_t)started->condition << 8 | started->running;
}

bool control_unpack(uint32_t word, control_record_t *started)
{
    const uint32_t attempts = word >> 16 & 0xFFu;
    const uint32_t condition = word >> 8 & 0xFFu;
    const uint32_t running = word & 0xFFu;

    if (word >> 24 != STARTED_MARK || attempts > CONTROL_TRIALS ||
        condition >= ONEOTA_BOOT_CONDITION_COUNT || running > 1u) {
        return false;
    }
    run(started, (uint8_t)running, (oneota_boot_condition_t)condition, (uint8_t)attempts);
    return true;
}
