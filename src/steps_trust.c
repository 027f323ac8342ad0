/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What a client with trust does beside the others: floor, quarantine, and the proof of what is in
 * the slot; the trailer is steps_trailer.c's. Nothing decides by what the journal says alone: a
 * trailer that was kept saves a download, and the slot is proven from its own bytes.
 */
#include <stddef.h>
#include <string.h>

#include "crypto.h"
#include "exchange.h"
#include "journal.h"
#include "trust_bench.h"

/* The layout that release 1.0 fixes. */
typedef char kept_is_200_bytes[sizeof(kept_t) == 200u ? 1 : -1];
typedef char floors_are_148_bytes[sizeof(floors_t) == 148u ? 1 : -1];
typedef char failed_are_132_bytes[sizeof(failed_t) == 132u ? 1 : -1];

#define READ_MIN 256u
typedef char bench_fits[sizeof(bench_t) + READ_MIN <= EXCHANGE_WORK_MIN ? 1 : -1];

/* ---------------------------------------------------------------- records */

bool oneota_trust_recall(oneota_t *m, uint8_t type, void *record, size_t size)
{
    uint8_t *format = record;
    size_t length = 0;
    oneota_error_t error = oneota_journal_read(&m->journal, type, record, size, &length);
    if (error == ONEOTA_STORAGE || error == ONEOTA_AGAIN) {
        m->dirty |= error == ONEOTA_AGAIN; /* to write is to scan again */
        return false;
    }
    if (error != ONEOTA_OK || length != size || *format != TRUST_FORMAT) {
        memset(record, 0, size);
        *format = TRUST_FORMAT;
    }
    return true;
}

event_t oneota_trust_write(oneota_t *m, uint8_t type, const void *record, size_t size)
{
    return oneota_machine_await(m, oneota_journal_write(&m->journal, type, record, size));
}

static bool is_of_task(const oneota_t *m, const kept_t *kept)
{
    return kept->check == m->record.at.check && kept->trailer.format != 0;
}

bool oneota_trust_recall_kept(oneota_t *m)
{
    kept_t *kept = &bench_of(m)->kept;
    return oneota_trust_recall(m, RECORD_TRAILER, kept, sizeof *kept) && is_of_task(m, kept);
}

bool oneota_trust_has_failed(const bench_t *bench, const oneota_trailer_t *trailer)
{
    const failed_t *failed = &bench->failed;
    for (size_t n = 0; n < sizeof failed->digest / sizeof failed->digest[0]; n++) {
        if (oneota_crypto_equal(failed->digest[n], trailer->digest, sizeof trailer->digest)) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- what is refused */

event_t oneota_trust_refuse(oneota_t *m, oneota_reason_t reason)
{
    uint8_t result;
    switch (reason) {
    case ONEOTA_REASON_SIGNATURE:
    case ONEOTA_REASON_DIGEST:
        result = ONEOTA_STEP_INSTALL_DIGEST;
        break;
    case ONEOTA_REASON_CLASS:
    case ONEOTA_REASON_VERSION:
    case ONEOTA_REASON_BASE:
        result = ONEOTA_STEP_INSTALL_MISMATCH;
        break;
    case ONEOTA_REASON_TYPE:
        result = ONEOTA_STEP_UNKNOWN;
        break;
    default: /* counter, quarantine */
        result = ONEOTA_STEP_INSTALL_UNKNOWN;
        break;
    }
    return oneota_machine_fail(m, result, reason, 0);
}

event_t oneota_trust_not_now(oneota_t *m, oneota_reason_t reason)
{
    oneota_exchange_close(&m->exchange);
    oneota_machine_complain(m, reason, 0);
    oneota_machine_begin_wait(m, oneota_machine_backoff_ms(m));
    return EV_STAY;
}

/* The last answer may still be where they stand: whoever sent it could else write a proof that only
 * waits for a beginning that is skipped. */
static void clear_proof(bench_t *bench)
{
    memset(bench, 0, offsetof(bench_t, image));
}

bool oneota_trust_fill_wanted(oneota_t *m, uint8_t type)
{
    bench_t *bench = bench_of(m);
    if (!oneota_trust_recall(m, RECORD_FLOOR, &bench->floors, sizeof bench->floors) ||
        !oneota_trust_recall(m, RECORD_FAILED, &bench->failed, sizeof bench->failed)) {
        return false;
    }
    clear_proof(bench);
    bench->wanted.floor = bench->floors.floor[m->record.order.image];
    bench->wanted.version = m->record.order.task.target;
    bench->wanted.base = bench->base;
    bench->wanted.type = type;
    return true;
}

/* ---------------------------------------------------------------- the slot */

static oneota_error_t step_proof(oneota_t *m)
{
    return oneota_proof_step(&bench_of(m)->proof, m->exchange.work + sizeof(bench_t),
                             m->exchange.work_bytes - (uint32_t)sizeof(bench_t));
}

static void begin_proof(oneota_t *m, uint8_t n, uint8_t slot, uint32_t size)
{
    bench_t *bench = bench_of(m);
    const oneota_image_t *image = &m->setup->images[n];
    oneota_proof_begin(&bench->proof, &m->setup->trust[n], &bench->wanted, image->slot[slot],
                       image->slot_ctx[slot], size);
}

/* Is the trailer in the slot the one that was fetched first? Where that is not known (another
 * firmware has accepted the task), the proof alone counts; and that of a differential package names
 * the image with its trailer, which has that digest. */
static bool is_kept(oneota_t *m)
{
    const bench_t *bench = bench_of(m);
    return is_differential(m) || !oneota_trust_recall_kept(m) ||
           oneota_crypto_equal((const uint8_t *)&bench->kept.trailer,
                               (const uint8_t *)&bench->proof.trailer, sizeof(oneota_trailer_t));
}

/* Called between two ranges: the request stands at the front of the work buffer. */
static oneota_reason_t names(oneota_t *m, const uint8_t *digests)
{
    kept_t kept;
    if (!oneota_trust_recall(m, RECORD_TRAILER, &kept, sizeof kept)) {
        return ONEOTA_REASON_STORAGE;
    }
    const uint8_t *named = (const uint8_t *)&kept.trailer + offsetof(oneota_trailer_t, base);
    return oneota_crypto_equal(digests, named, (size_t)2u * ONEOTA_DIGEST_BYTES)
               ? ONEOTA_REASON_NONE
               : ONEOTA_REASON_SIGNATURE;
}

/* The file was replaced since, or the flash is bad: as with any other mismatch. */
static event_t unproven(oneota_t *m)
{
    oneota_reason_t reason = (oneota_reason_t)bench_of(m)->proof.reason;
    if (reason == ONEOTA_REASON_MEMORY) {
        m->phase = 0;
        return oneota_trust_not_now(m, ONEOTA_REASON_MEMORY);
    }
    if (!is_kept(m)) {
        return oneota_machine_unproven(m, ONEOTA_REASON_SIGNATURE);
    }
    return reason == ONEOTA_REASON_DIGEST ? oneota_machine_unproven(m, reason)
                                          : oneota_trust_refuse(m, reason);
}

static event_t prove(oneota_t *m)
{
    if (m->phase <= PROVE_SIGNED) {
        if (!oneota_trust_fill_wanted(m, ONEOTA_PACKAGE_FULL)) {
            return oneota_trust_not_now(m, ONEOTA_REASON_STORAGE);
        }
        begin_proof(m, m->record.order.image, target_slot(m), image_size(m));
        m->phase = PROVE_SIGNED + 1u;
    }
    switch (step_proof(m)) {
    case ONEOTA_AGAIN:
        return EV_STAY;
    case ONEOTA_OK:
        m->phase = PROVE_ACT;
        if (oneota_trust_has_failed(bench_of(m), &bench_of(m)->proof.trailer)) {
            return oneota_trust_refuse(m, ONEOTA_REASON_QUARANTINE);
        }
        return is_kept(m) ? EV_STAY : oneota_machine_unproven(m, ONEOTA_REASON_SIGNATURE);
    case ONEOTA_VERIFY:
        return unproven(m);
    default:
        return oneota_machine_unproven(m, ONEOTA_REASON_STORAGE);
    }
}

static uint32_t use(oneota_t *m)
{
    return oneota_proof_use(&bench_of(m)->proof);
}

/* ---------------------------------------------------------------- floor */

enum { LOOK = 1, PROVE, STORE };

static event_t next_floor(oneota_t *m)
{
    bench_of(m)->image++;
    m->failures = 0;
    m->phase = LOOK;
    return EV_STAY;
}

/* The trailer of an image that runs and was confirmed. It is not proven yet.
 * @return OK; STORAGE; else there is none */
static oneota_error_t read_running(oneota_t *m, oneota_boot_t *boot, oneota_trailer_t *trailer)
{
    const oneota_setup_t *setup = m->setup;
    uint8_t n = bench_of(m)->image;
    memset(boot, 0, sizeof *boot);
    if (setup->boot->query(setup->boot_ctx, n, boot) != ONEOTA_OK) {
        return ONEOTA_STORAGE;
    }
    if (boot->slot > 1u ||
        (boot->condition != ONEOTA_BOOT_CONFIRMED && boot->condition != ONEOTA_BOOT_REVERTED)) {
        return ONEOTA_STATE;
    }
    const oneota_flash_t *flash = setup->images[n].slot[boot->slot];
    void *ctx = setup->images[n].slot_ctx[boot->slot];
    if (boot->length - 1u >= flash->size(ctx)) { /* and what is older would be taken, unnoticed */
        LOG_ERROR(m, "floor: how long is what runs?", "image", NULL, n);
        oneota_machine_complain(m, ONEOTA_REASON_STORAGE, 0);
        return ONEOTA_STATE;
    }
    if (boot->length <= ONEOTA_TRAILER_BYTES) {
        return ONEOTA_STATE;
    }
    if (flash->read(ctx, boot->length - ONEOTA_TRAILER_BYTES, trailer, sizeof *trailer) !=
        ONEOTA_OK) {
        return ONEOTA_STORAGE;
    }
    return oneota_trailer_check(trailer, boot->length) == ONEOTA_REASON_NONE ? ONEOTA_OK
                                                                             : ONEOTA_VERIFY;
}

/* Within the state, as all that goes wrong here: whoever leaves it does not come back before the
 * next start, and an older image would be taken until then. */
static event_t floor_failed(oneota_t *m, oneota_reason_t reason)
{
    if (m->failures >= ONEOTA_ATTEMPTS) {
        return next_floor(m);
    }
    m->phase = LOOK;
    return oneota_trust_not_now(m, reason);
}

/* Reads the whole slot only where that may raise the floor. */
static event_t look(oneota_t *m)
{
    bench_t *bench = bench_of(m);
    oneota_boot_t boot;
    if (bench->image == m->setup->image_count) {
        return EV_DONE;
    }
    if (!oneota_trust_recall(m, RECORD_FLOOR, &bench->floors, sizeof bench->floors)) {
        return floor_failed(m, ONEOTA_REASON_STORAGE);
    }
    oneota_floor_t floor = bench->floors.floor[bench->image];
    oneota_error_t error = read_running(m, &boot, &bench->kept.trailer);
    if (error == ONEOTA_STORAGE) {
        return floor_failed(m, ONEOTA_REASON_STORAGE);
    }
    if (error != ONEOTA_OK || !oneota_floor_raise(&floor, &bench->kept.trailer)) {
        return next_floor(m);
    }
    clear_proof(bench); /* any version, any counter: it runs */
    bench->wanted.type = ONEOTA_PACKAGE_FULL;
    begin_proof(m, bench->image, boot.slot, boot.length);
    m->phase = PROVE;
    return EV_STAY;
}

static event_t prove_running(oneota_t *m)
{
    bench_t *bench = bench_of(m);
    oneota_error_t error = step_proof(m);
    if (error == ONEOTA_AGAIN) {
        return EV_STAY;
    }
    if (error == ONEOTA_STORAGE) {
        return floor_failed(m, ONEOTA_REASON_STORAGE);
    }
    if (error == ONEOTA_VERIFY && bench->proof.reason == ONEOTA_REASON_MEMORY) {
        return floor_failed(m, ONEOTA_REASON_MEMORY);
    }
    if (error != ONEOTA_OK || oneota_proof_use(&bench->proof) != ONEOTA_PROVEN ||
        !oneota_floor_raise(&bench->floors.floor[bench->image], &bench->proof.trailer)) {
        return next_floor(m);
    }
    m->phase = STORE;
    return EV_STAY;
}

static event_t store_floor(oneota_t *m)
{
    bench_t *bench = bench_of(m);
    event_t event = oneota_trust_write(m, RECORD_FLOOR, &bench->floors, sizeof bench->floors);
    if (event == EV_LATER && m->failures < ONEOTA_ATTEMPTS) {
        oneota_machine_begin_wait(m, m->later_ms);
        return EV_STAY;
    }
    return event == EV_STAY ? event : next_floor(m);
}

static event_t step_floor(oneota_t *m)
{
    switch (m->phase) {
    case 0:
        bench_of(m)->image = 0;
        m->phase = LOOK;
        return EV_STAY;
    case LOOK:
        return look(m);
    case PROVE:
        return prove_running(m);
    default:
        return store_floor(m);
    }
}

/* ---------------------------------------------------------------- quarantine */

/* The reasons of the trial stand together in error.h. */
static bool has_failed_trial(const oneota_t *m)
{
    return m->record.at.reason >= ONEOTA_REASON_VERSION &&
           m->record.at.reason <= ONEOTA_REASON_REVERTED;
}

static void remember(failed_t *list, const oneota_trailer_t *trailer)
{
    uint8_t next = list->next % (sizeof list->digest / sizeof list->digest[0]);
    memcpy(list->digest[next], trailer->digest, sizeof list->digest[next]);
    list->next = (uint8_t)(next + 1u);
}

/* The trailer of the image that a differential package has made, so that it is not tried again when
 * a full package brings it. */
static bool read_failed(const oneota_t *m, oneota_trailer_t *trailer)
{
    const oneota_image_t *image = task_image(m);
    const uint8_t slot = target_slot(m);
    const uint32_t size = m->record.made.size;
    return size > ONEOTA_TRAILER_BYTES &&
           image->slot[slot]->read(image->slot_ctx[slot], size - ONEOTA_TRAILER_BYTES, trailer,
                                   sizeof *trailer) == ONEOTA_OK;
}

/* Durable before the result is told; a trailer that was refused was never kept. */
static event_t condemn(oneota_t *m)
{
    bench_t *bench = bench_of(m);
    failed_t *list = &bench->failed;
    if (!m->busy) {
        if (!has_failed_trial(m)) {
            return EV_DONE;
        }
        if (!oneota_trust_recall(m, RECORD_TRAILER, &bench->kept, sizeof bench->kept) ||
            !oneota_trust_recall(m, RECORD_FAILED, list, sizeof *list)) {
            return m->failures < ONEOTA_ATTEMPTS ? oneota_trust_not_now(m, ONEOTA_REASON_STORAGE)
                                                 : EV_DONE;
        }
        if (!is_of_task(m, &bench->kept) || oneota_trust_has_failed(bench, &bench->kept.trailer)) {
            return EV_DONE;
        }
        remember(list, &bench->kept.trailer);
        if (read_failed(m, &bench->kept.trailer)) {
            remember(list, &bench->kept.trailer);
        }
    }
    return oneota_trust_write(m, RECORD_FAILED, list, sizeof *list);
}

static event_t step(oneota_t *m)
{
    switch (m->state) {
    case ST_FLOOR:
        return step_floor(m);
    case ST_TRAILER:
        return oneota_step_trailer(m);
    default:
        return condemn(m);
    }
}

static bool are_sound(const oneota_setup_t *setup)
{
    for (unsigned n = 0; n < setup->image_count && n < ONEOTA_IMAGES_MAX; n++) {
        if (!oneota_trust_is_sound(&setup->trust[n])) {
            return false;
        }
    }
    return true;
}

const oneota_scheme_t oneota_ecdsa_p256 = {are_sound, step, names, prove, use};
