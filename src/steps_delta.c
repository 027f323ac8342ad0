/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What a differential package does otherwise than a full one, from the header that is fetched first
 * to the last byte that it makes. Reached through setup.delta alone.
 *
 * Work buffer, behind what is used without it: [ oneota_delta_client_t | decoder ].
 */
#include <string.h>

#include "oneota/differential.h"

#include "exchange.h"
#include "journal.h"
#include "machine.h"
#include "slot.h"
#include "trust.h"

static oneota_delta_client_t *part_of(const oneota_t *m)
{
    return (void *)(m->journal.scratch + JOURNAL_RECORD_MAX(m->setup->journal->program_unit));
}

#define MORE ONEOTA_REASON_COUNT /* none of them */

/* The client's code for each reason why a package is not for this device. */
static int refuse(oneota_t *m, oneota_reason_t reason)
{
    oneota_exchange_close(&m->exchange);
    m->live = false;
    switch (reason) {
    case ONEOTA_REASON_BASE:
        return (int)oneota_machine_fail(m, ONEOTA_STEP_INSTALL_MISMATCH, reason, 0);
    case ONEOTA_REASON_SPACE:
        return (int)oneota_machine_fail(m, ONEOTA_STEP_NO_SPACE, reason, 0);
    case ONEOTA_REASON_MEMORY:
        return (int)oneota_machine_fail(m, ONEOTA_STEP_MEMORY, reason, 0);
    case ONEOTA_REASON_TYPE:
        return (int)oneota_machine_fail(m, ONEOTA_STEP_UNKNOWN, reason, 0);
    case ONEOTA_REASON_STORAGE:
        return (int)oneota_machine_flash_failed(m);
    default:
        return (int)oneota_machine_mismatch(m, reason);
    }
}

/* ---------------------------------------------------------------- begin */

static uint32_t capacity_of(const oneota_flash_t *flash, void *ctx)
{
    return flash->size(ctx) & ~(uint32_t)(flash->program_unit - 1u);
}

int oneota_differential_begin(oneota_t *m)
{
    const oneota_image_t *image = task_image(m);
    const uint8_t slot = m->boot.slot;
    oneota_delta_client_t *part = part_of(m);
    uint8_t *memory = (uint8_t *)part + ((sizeof *part + 7u) & ~(size_t)7u);
    uint8_t *end = (uint8_t *)m->setup->work + m->setup->work_bytes;
    oneota_delta_source_t source = {
        image->slot[slot], image->slot_ctx[slot], oneota_machine_running_size(m),
        capacity_of(image->slot[slot ^ 1u], image->slot_ctx[slot ^ 1u]), m->record.order.task.size};
    if (task_trust(m) != NULL) {
        source.package_size -= ONEOTA_TRAILER_BYTES; /* which the trailer's fetch was larger than */
    }
    m->delta = m->setup->delta->decoder->begin(memory, (size_t)(end - memory), &source,
                                               m->setup->delta->decoder);
    if (m->delta == NULL || source.package_size == 0) {
        return refuse(m, m->delta == NULL ? ONEOTA_REASON_MEMORY : ONEOTA_REASON_SPACE);
    }
    memset(part, 0, sizeof *part);
    oneota_crypto_hash_begin(&part->md5, CRYPTO_MD5);
    /* the header alone comes first: what it names is hashed between two ranges */
    m->download.range_bytes = ONEOTA_DELTA_HEADER_BYTES;
    m->live = true;
    return (int)EV_DONE;
}

/* ---------------------------------------------------------------- the header is there */

/* Where the record says that the image goes on, if it is the same image; else at its beginning. A
 * place is believed as little as a package: the decoder checks it, and the read-back proves. */
static void start(oneota_t *m)
{
    const oneota_differential_t *delta = m->setup->delta;
    oneota_progress_t *at = &m->record.at;
    oneota_delta_client_t *part = part_of(m);
    oneota_slot_t *slot = &m->slot;
    bool goes_on;
    oneota_machine_begin_slot(m, target_slot(m));
    slot->hash.kind = 0; /* what is written is read back */
    goes_on =
        at->stored > 0 && at->stored <= slot->size &&
        (at->stored == slot->size ||
         slot->flash->erase_unit(slot->flash_ctx, at->stored).start == at->stored) &&
        delta->decoder->start(m->delta, at->package, at->skip, at->stored) == ONEOTA_REASON_NONE;
    if (!goes_on) {
        at->stored = 0;
        (void)delta->decoder->start(m->delta, 0, 0, 0);
    }
    part->whole = !goes_on;
    slot->position = at->stored;
    slot->erased_end = at->stored;
    m->download.wanted = m->delta->offset;
    m->download.range_bytes = ONEOTA_RANGE_FIRST;
    LOG_INFO(m, "delta: from", "byte", NULL, m->delta->offset);
}

/* Reads the running image, some of it each call. @return MORE; NONE; BASE; STORAGE */
static oneota_reason_t prove_base(oneota_t *m, const oneota_delta_state_t *d)
{
    oneota_delta_client_t *part = part_of(m);
    if (!part->hashing) {
        oneota_machine_begin_running(m, d->source.old_size);
        part->hashing = true;
    }
    oneota_error_t error = ONEOTA_OK;
    if (d->source.old_size > 0) {
        error = oneota_slot_read(&m->slot, d->source.old_size, d->packed, ONEOTA_DELTA_BLOCK_MIN);
    }
    if (error != ONEOTA_OK) {
        return error == ONEOTA_AGAIN ? MORE : ONEOTA_REASON_STORAGE;
    }
    return oneota_crypto_hash_is(&m->slot.hash, oneota_delta_old_digest(d)) ? ONEOTA_REASON_NONE
                                                                            : ONEOTA_REASON_BASE;
}

/* With trust, the trailer has named both images, and the running one is proven to be that. */
int oneota_differential_prove(oneota_t *m)
{
    const oneota_delta_state_t *d = m->delta;
    const oneota_trust_t *trust = task_trust(m);
    oneota_delta_client_t *part = part_of(m);
    oneota_reason_t reason =
        trust != NULL ? trust->scheme->names(m, oneota_delta_old_digest(d)) : prove_base(m, d);
    if (reason == MORE) {
        return (int)EV_STAY;
    }
    if (reason == ONEOTA_REASON_BASE && !part->doubted) { /* of what was read, first */
        part->doubted = true;
        part->hashing = false;
        return (int)EV_STAY;
    }
    if (reason != ONEOTA_REASON_NONE) {
        return refuse(m, reason);
    }
    if (oneota_record_make(&m->record, d->source.new_size, oneota_delta_new_digest(d))) {
        m->record.at.stored = 0;
        m->dirty_made = true;
        m->dirty = true;
    }
    start(m);
    return (int)EV_STAY;
}

/* ---------------------------------------------------------------- the body */

/* Goes on with the piece, or with the next one when it is written. The place is that before its
 * first byte: at its last one, the decoder may be in another block. */
static oneota_reason_t make(oneota_t *m, oneota_delta_client_t *part)
{
    uint32_t made = 0;
    if (part->begin == part->end) {
        part->begin = 0;
        part->end = 0;
        oneota_delta_place(m->delta, &part->package, &part->skip);
    }
    if (part->end == sizeof part->piece) {
        return ONEOTA_REASON_NONE;
    }
    oneota_reason_t reason = m->setup->delta->decoder->next(m->delta, part->piece + part->end,
                                                            sizeof part->piece - part->end, &made);
    part->end += made;
    return reason;
}

/* Whole pieces alone go to the flash, but for the last. */
static bool is_whole(const oneota_t *m, const oneota_delta_client_t *part)
{
    return part->end == sizeof part->piece || (part->end > 0 && oneota_delta_is_done(m->delta));
}

/* What was made, into the slot; before a unit is erased, where a reset finds its way back. */
static int write(oneota_t *m, oneota_delta_client_t *part)
{
    oneota_progress_t *at = &m->record.at;
    uint32_t taken = 0;
    if (store_due(m, ONEOTA_DELTA_STORE_BYTES)) {
        at->package = part->package;
        at->skip = part->skip;
        at->stored = m->slot.position;
        m->dirty = true;
        return (int)EV_STAY;
    }
    oneota_error_t error = oneota_machine_flash(
        m, oneota_slot_write(&m->slot, part->piece + part->begin, part->end - part->begin, &taken));
    if (error != ONEOTA_OK && error != ONEOTA_AGAIN) {
        return (int)oneota_load_refused(m, error);
    }
    part->begin += taken;
    return (int)EV_STAY;
}

int oneota_differential_take(oneota_t *m, const uint8_t *data, uint32_t length, uint32_t *used)
{
    oneota_delta_client_t *part = part_of(m);
    oneota_reason_t reason = make(m, part);
    if (reason == ONEOTA_REASON_NONE && is_whole(m, part)) {
        oneota_exchange_take(&m->exchange, 0, m->now_ms); /* a slow flash is not a silent peer */
        return write(m, part);
    }
    if (reason == ONEOTA_REASON_NONE && m->delta->offset >= m->delta->source.package_size) {
        m->delta->offset += length; /* the package's trailer, which was there first */
        *used = length;
    } else if (reason == ONEOTA_REASON_NONE) {
        reason = m->setup->delta->decoder->feed(m->delta, data, length, used);
    }
    if (reason != ONEOTA_REASON_NONE) {
        *used = 0;
        return refuse(m, reason);
    }
    oneota_crypto_hash_add(&part->md5, data, *used);
    return (int)EV_STAY;
}

/* The whole package was taken: make the last of it. @return DONE all is in flash */
int oneota_differential_finish(oneota_t *m)
{
    oneota_delta_client_t *part = part_of(m);
    oneota_reason_t reason = make(m, part);
    if (reason != ONEOTA_REASON_NONE) {
        return refuse(m, reason);
    }
    if (is_whole(m, part)) {
        return write(m, part);
    }
    if (!oneota_delta_is_done(m->delta)) {
        return refuse(m, ONEOTA_REASON_DIGEST);
    }
    oneota_error_t error = oneota_machine_flash(m, oneota_slot_finish(&m->slot));
    if (error == ONEOTA_AGAIN) {
        return (int)EV_STAY;
    }
    if (error != ONEOTA_OK) {
        return refuse(m, ONEOTA_REASON_STORAGE);
    }
    if (part->whole && !oneota_crypto_hash_is(&part->md5, m->record.order.task.md5)) {
        return refuse(m, ONEOTA_REASON_DIGEST);
    }
    m->live = false;
    return (int)EV_DONE;
}

const oneota_differential_t oneota_differential = ONEOTA_DIFFERENTIAL_WITH(&oneota_delta);
