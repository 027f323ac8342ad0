/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What a client with trust does beside the others: floor, trailer, and the proof of what is in the
 * slot. Nothing here decides by what the journal says alone: a trailer that was kept saves a
 * download, and the slot is proven from its own bytes.
 */
#include <stddef.h>
#include <string.h>

#include "crypto.h"
#include "download.h"
#include "exchange.h"
#include "journal.h"
#include "oneota/proof.h"
#include "slot.h"
#include "trust.h"

#define FORMAT 1u

/* The trailer that was fetched first, and the task that it is of: RECORD_TRAILER. */
typedef struct {
    uint8_t format;
    uint8_t zeros[3];
    uint32_t check; /* of the task, as in its progress */
    oneota_trailer_t trailer;
} kept_t;

/* By image: RECORD_FLOOR. */
typedef struct {
    uint8_t format;
    uint8_t zeros[3];
    oneota_floor_t floor[ONEOTA_IMAGES_MAX];
} floors_t;

/* Digests of images that failed their trial: RECORD_FAILED. */
typedef struct {
    uint8_t format;
    uint8_t next; /* the oldest, which the next one replaces */
    uint8_t zeros[2];
    uint8_t digest[4][ONEOTA_DIGEST_BYTES];
} failed_t;

/* The layout that release 1.0 fixes. */
typedef char kept_is_200_bytes[sizeof(kept_t) == 200u ? 1 : -1];
typedef char floors_are_148_bytes[sizeof(floors_t) == 148u ? 1 : -1];
typedef char failed_are_132_bytes[sizeof(failed_t) == 132u ? 1 : -1];

/* The front of the work buffer, while no exchange uses it; what is read goes behind. */
typedef struct {
    oneota_proof_t proof;
    oneota_wanted_t wanted;
    uint8_t image;                     /* whose floor is looked at */
    uint8_t base[ONEOTA_DIGEST_BYTES]; /* of what runs: for a differential package */
    floors_t floors;
    kept_t kept;
    failed_t failed;
} bench_t;

#define READ_MIN 256u
typedef char bench_fits[sizeof(bench_t) + READ_MIN <= EXCHANGE_WORK_MIN ? 1 : -1];

/* Of both states; the exchange's come first. */
enum { SCREEN = LOAD_OWN, BASE, KEEP, LOOK, PROVE, STORE };

static bench_t *bench_of(const oneota_t *m)
{
    return (bench_t *)(void *)m->exchange.work;
}

/* ---------------------------------------------------------------- records */

/* A record, or zeros where there is none of this format. @return false: the flash cannot tell */
static bool recall(oneota_t *m, uint8_t type, void *record, size_t size)
{
    uint8_t *format = record;
    size_t length = 0;
    oneota_error_t error = oneota_journal_read(&m->journal, type, record, size, &length);
    if (error == ONEOTA_STORAGE || error == ONEOTA_AGAIN) {
        m->dirty |= error == ONEOTA_AGAIN; /* to write is to scan again */
        return false;
    }
    if (error != ONEOTA_OK || length != size || *format != FORMAT) {
        memset(record, 0, size);
        *format = FORMAT;
    }
    return true;
}

static event_t write(oneota_t *m, uint8_t type, const void *record, size_t size)
{
    return oneota_machine_await(m, oneota_journal_write(&m->journal, type, record, size));
}

static bool is_of_task(const oneota_t *m, const kept_t *kept)
{
    return kept->check == m->record.at.check && kept->trailer.format != 0;
}

static bool recall_kept(oneota_t *m)
{
    kept_t *kept = &bench_of(m)->kept;
    return recall(m, RECORD_TRAILER, kept, sizeof *kept) && is_of_task(m, kept);
}

static bool is_failed(const failed_t *failed, const oneota_trailer_t *trailer)
{
    for (size_t n = 0; n < sizeof failed->digest / sizeof failed->digest[0]; n++) {
        if (oneota_crypto_equal(failed->digest[n], trailer->digest, sizeof trailer->digest)) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- what is refused */

static event_t refuse(oneota_t *m, oneota_reason_t reason)
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

/* No memory for the check, no answer from the journal: the same again, later, within the state. From
 * the wait the way leads over the platform, whose answers would end the back-off. */
static event_t not_now(oneota_t *m, oneota_reason_t reason)
{
    oneota_exchange_close(&m->exchange);
    oneota_machine_complain(m, reason, 0);
    oneota_machine_begin_wait(m, oneota_machine_backoff_ms(m));
    return EV_STAY;
}

/* What the task's package is judged by, or the image in the slot. */
static bool fill_wanted(oneota_t *m, uint8_t type)
{
    bench_t *bench = bench_of(m);
    if (!recall(m, RECORD_FLOOR, &bench->floors, sizeof bench->floors) ||
        !recall(m, RECORD_FAILED, &bench->failed, sizeof bench->failed)) {
        return false;
    }
    memset(&bench->wanted, 0, sizeof bench->wanted);
    bench->wanted.floor = bench->floors.floor[m->record.order.image];
    bench->wanted.version = m->record.order.task.target;
    bench->wanted.base = bench->base;
    bench->wanted.type = type;
    return true;
}

/* ---------------------------------------------------------------- trailer: fetched first */

/* Part of a trailer is not progress: who brings no more than that has failed. */
static event_t failed(oneota_t *m, oneota_reason_t reason, int32_t code)
{
    m->download.place = m->download.wanted;
    return oneota_load_failed(m, reason, code);
}

/* The journal's scratch is free between its calls, and holds a trailer. */
static event_t take_body(oneota_t *m, const http_body_t *body)
{
    oneota_download_t *d = &m->download;
    uint32_t end = d->place < d->wanted ? d->wanted : d->end;
    uint32_t length = end - d->place;
    length = body->length < length ? (uint32_t)body->length : length;
    if (length == 0) {
        return failed(m, ONEOTA_REASON_PEER, m->exchange.http.head.status);
    }
    if (d->place >= d->wanted) {
        memcpy(m->journal.scratch + (d->place - d->wanted), body->data, length);
    }
    d->place += length;
    oneota_exchange_take(&m->exchange, length, m->now_ms);
    return EV_STAY;
}

static event_t begin_screen(oneota_t *m)
{
    m->phase = SCREEN;
    if (is_differential(m)) {
        oneota_machine_begin_running(m, oneota_machine_running_size(m));
        m->phase = BASE;
    }
    return EV_STAY;
}

static event_t read_base(oneota_t *m)
{
    bench_t *bench = bench_of(m);
    switch (oneota_slot_read(&m->slot, m->slot.size, (uint8_t *)(bench + 1),
                             m->exchange.work_bytes - (uint32_t)sizeof *bench)) {
    case ONEOTA_OK:
        oneota_crypto_hash_end(&m->slot.hash, bench->base);
        m->phase = SCREEN;
        return EV_STAY;
    case ONEOTA_AGAIN:
        return EV_STAY;
    default:
        return oneota_machine_flash_failed(m);
    }
}

static event_t end_range(oneota_t *m)
{
    oneota_download_t *d = &m->download;
    bench_t *bench = bench_of(m);
    if (d->place != m->record.order.task.size) {
        return failed(m, ONEOTA_REASON_NETWORK, 0);
    }
    memset(&bench->kept, 0, sizeof bench->kept);
    memcpy(&bench->kept.trailer, m->journal.scratch, sizeof bench->kept.trailer);
    d->package_errors = 0;
    m->failures = 0;
    m->doubted = false;
    return begin_screen(m);
}

static event_t take_answer(oneota_t *m)
{
    http_body_t body;
    switch (oneota_machine_exchange(m, &body)) {
    case EXCHANGE_HEAD:
        return oneota_load_head(m);
    case EXCHANGE_BODY:
        return take_body(m, &body);
    case EXCHANGE_END:
        return end_range(m);
    case EXCHANGE_FAILED:
        return failed(m, (oneota_reason_t)m->exchange.reason, m->exchange.code);
    default:
        return EV_STAY;
    }
}

/* A known one was kept for this task: it was proven then, and is proven again in the slot. But it
 * may suit no longer: the same task comes again after its trial has failed. */
static event_t screen(oneota_t *m)
{
    bench_t *bench = bench_of(m);
    const bool known = bench->kept.format == FORMAT;
    const oneota_trailer_t *trailer = &bench->kept.trailer;
    const oneota_task_t *task = &m->record.order.task;
    if (!fill_wanted(m, (uint8_t)task->type)) {
        return not_now(m, ONEOTA_REASON_STORAGE);
    }
    oneota_reason_t reason =
        known ? oneota_trailer_judge(trailer, task_trust(m), &bench->wanted)
              : oneota_trailer_screen(trailer, task->size, task_trust(m), &bench->wanted);
    if (reason == ONEOTA_REASON_MEMORY) {
        return not_now(m, ONEOTA_REASON_MEMORY);
    }
    if (reason == ONEOTA_REASON_NONE && is_failed(&bench->failed, trailer)) {
        reason = ONEOTA_REASON_QUARANTINE;
    }
    if (reason != ONEOTA_REASON_NONE) {
        return refuse(m, reason);
    }
    if (known) {
        return EV_DONE;
    }
    bench->kept.format = FORMAT;
    bench->kept.check = m->record.at.check;
    m->phase = KEEP;
    return EV_STAY;
}

static event_t ask(oneota_t *m)
{
    oneota_download_t *d = &m->download;
    uint32_t size = m->record.order.task.size;
    if (m->announce) { /* and a refusal is heard only after it, too */
        m->announce = false;
        m->step = 1;
        return EV_ASIDE;
    }
    if (m->live) { /* it was screened, and the download has begun */
        return EV_DONE;
    }
    if (recall_kept(m)) {
        return begin_screen(m);
    }
    event_t event = oneota_load_suits(m);
    if (event != EV_STAY) {
        return event;
    }
    if (size <= ONEOTA_TRAILER_BYTES) {
        return refuse(m, ONEOTA_REASON_SIGNATURE);
    }
    m->live = false;
    d->wanted = size - ONEOTA_TRAILER_BYTES;
    d->place = d->wanted;
    d->first = d->range_form == ONEOTA_RANGE_NONE ? 0 : d->wanted;
    d->end = size;
    return oneota_load_ask(m);
}

static event_t keep(oneota_t *m)
{
    event_t event = write(m, RECORD_TRAILER, &bench_of(m)->kept, sizeof(kept_t));
    if (event == EV_LATER) {
        oneota_machine_begin_wait(m, m->later_ms);
        return EV_STAY;
    }
    return event;
}

static event_t step_trailer(oneota_t *m)
{
    if (m->phase == LOAD_TEXT || m->record.at.spent_s > ONEOTA_TASK_S) {
        return oneota_step_download(m); /* all the same there */
    }
    switch (m->phase) {
    case LOAD_REQUEST:
        return ask(m);
    case LOAD_ANSWER:
        return take_answer(m);
    case BASE:
        return read_base(m);
    case SCREEN:
        return screen(m);
    default:
        return keep(m);
    }
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
    return is_differential(m) || !recall_kept(m) ||
           oneota_crypto_equal((const uint8_t *)&bench->kept.trailer,
                               (const uint8_t *)&bench->proof.trailer, sizeof(oneota_trailer_t));
}

/* Called between two ranges: the request stands at the front of the work buffer. */
static oneota_reason_t names(oneota_t *m, const uint8_t *digests)
{
    kept_t kept;
    if (!recall(m, RECORD_TRAILER, &kept, sizeof kept)) {
        return ONEOTA_REASON_STORAGE;
    }
    const uint8_t *named = (const uint8_t *)&kept.trailer + offsetof(oneota_trailer_t, base);
    return kept.check == m->record.at.check &&
                   oneota_crypto_equal(digests, named, (size_t)2u * ONEOTA_DIGEST_BYTES)
               ? ONEOTA_REASON_NONE
               : ONEOTA_REASON_SIGNATURE;
}

/* The file was replaced since, or the flash is bad: as with any other mismatch. */
static event_t unproven(oneota_t *m)
{
    oneota_reason_t reason = (oneota_reason_t)bench_of(m)->proof.reason;
    if (reason == ONEOTA_REASON_MEMORY) {
        m->phase = 0;
        return not_now(m, ONEOTA_REASON_MEMORY);
    }
    if (!is_kept(m)) {
        return oneota_machine_unproven(m, ONEOTA_REASON_SIGNATURE);
    }
    return reason == ONEOTA_REASON_DIGEST ? oneota_machine_unproven(m, reason) : refuse(m, reason);
}

static event_t prove(oneota_t *m)
{
    if (m->phase <= PROVE_SIGNED) {
        if (!fill_wanted(m, ONEOTA_PACKAGE_FULL)) {
            return not_now(m, ONEOTA_REASON_STORAGE);
        }
        begin_proof(m, m->record.order.image, target_slot(m), image_size(m));
        m->phase = PROVE_SIGNED + 1u;
    }
    switch (step_proof(m)) {
    case ONEOTA_AGAIN:
        return EV_STAY;
    case ONEOTA_OK:
        m->phase = PROVE_ACT;
        if (is_failed(&bench_of(m)->failed, &bench_of(m)->proof.trailer)) {
            return refuse(m, ONEOTA_REASON_QUARANTINE);
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

static event_t next_floor(oneota_t *m)
{
    bench_of(m)->image++;
    m->failures = 0;
    m->phase = LOOK;
    return EV_STAY;
}

/* The trailer of an image that runs and was confirmed. It is not proven yet. */
static bool read_running(oneota_t *m, oneota_boot_t *boot, oneota_trailer_t *trailer)
{
    const oneota_setup_t *setup = m->setup;
    uint8_t n = bench_of(m)->image;
    memset(boot, 0, sizeof *boot);
    if (setup->boot->query(setup->boot_ctx, n, boot) != ONEOTA_OK || boot->slot > 1u ||
        (boot->condition != ONEOTA_BOOT_CONFIRMED && boot->condition != ONEOTA_BOOT_REVERTED)) {
        return false;
    }
    const oneota_flash_t *flash = setup->images[n].slot[boot->slot];
    void *ctx = setup->images[n].slot_ctx[boot->slot];
    return boot->length > ONEOTA_TRAILER_BYTES && boot->length <= flash->size(ctx) &&
           flash->read(ctx, boot->length - ONEOTA_TRAILER_BYTES, trailer, sizeof *trailer) ==
               ONEOTA_OK &&
           oneota_trailer_check(trailer, boot->length) == ONEOTA_REASON_NONE;
}

/* Reads the whole slot only where that may raise the floor. */
static event_t look(oneota_t *m)
{
    bench_t *bench = bench_of(m);
    oneota_boot_t boot;
    if (bench->image == m->setup->image_count) {
        return EV_DONE;
    }
    if (!recall(m, RECORD_FLOOR, &bench->floors, sizeof bench->floors)) {
        return m->failures < ONEOTA_ATTEMPTS ? not_now(m, ONEOTA_REASON_STORAGE) : next_floor(m);
    }
    oneota_floor_t floor = bench->floors.floor[bench->image];
    if (!read_running(m, &boot, &bench->kept.trailer) ||
        !oneota_floor_raise(&floor, &bench->kept.trailer)) {
        return next_floor(m);
    }
    memset(&bench->wanted, 0, sizeof bench->wanted); /* any version, any counter: it runs */
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
    if (error == ONEOTA_VERIFY && bench->proof.reason == ONEOTA_REASON_MEMORY &&
        m->failures < ONEOTA_ATTEMPTS) {
        m->phase = LOOK;
        return not_now(m, ONEOTA_REASON_MEMORY);
    }
    if (error != ONEOTA_OK || oneota_proof_use(&bench->proof) != ONEOTA_PROVEN ||
        !oneota_floor_raise(&bench->floors.floor[bench->image], &bench->proof.trailer)) {
        return next_floor(m);
    }
    m->phase = STORE;
    return EV_STAY;
}

static event_t step_floor(oneota_t *m)
{
    bench_t *bench = bench_of(m);
    event_t event;
    switch (m->phase) {
    case 0:
        bench->image = 0;
        m->phase = LOOK;
        return EV_STAY;
    case LOOK:
        return look(m);
    case PROVE:
        return prove_running(m);
    default:
        event = write(m, RECORD_FLOOR, &bench->floors, sizeof bench->floors);
        return event == EV_DONE ? next_floor(m) : event;
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
        if (!recall(m, RECORD_TRAILER, &bench->kept, sizeof bench->kept) ||
            !recall(m, RECORD_FAILED, list, sizeof *list)) {
            return m->failures < ONEOTA_ATTEMPTS ? not_now(m, ONEOTA_REASON_STORAGE) : EV_DONE;
        }
        if (!is_of_task(m, &bench->kept) || is_failed(list, &bench->kept.trailer)) {
            return EV_DONE;
        }
        remember(list, &bench->kept.trailer);
        if (read_failed(m, &bench->kept.trailer)) {
            remember(list, &bench->kept.trailer);
        }
    }
    return write(m, RECORD_FAILED, list, sizeof *list);
}

static event_t step(oneota_t *m)
{
    switch (m->state) {
    case ST_FLOOR:
        return step_floor(m);
    case ST_TRAILER:
        return step_trailer(m);
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
