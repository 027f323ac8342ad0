/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * trust_bench.h: what steps_trailer.c and steps_trust.c share: the records of a client with trust,
 * and where it works on them.
 */
#ifndef ONEOTA_SRC_TRUST_BENCH_H
#define ONEOTA_SRC_TRUST_BENCH_H

#include "oneota/proof.h"
#include "trust.h"

#define TRUST_FORMAT 1u

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

/* The front of the work buffer, while no exchange uses it; what is read goes behind. */
typedef struct {
    oneota_proof_t proof; /* it and what it is made by come first */
    oneota_wanted_t wanted;
    uint8_t image;                     /* whose floor is looked at */
    uint8_t base[ONEOTA_DIGEST_BYTES]; /* of what runs: for a differential package */
    floors_t floors;
    kept_t kept;
    failed_t failed;
} bench_t;

static inline bench_t *bench_of(const oneota_t *m)
{
    return (bench_t *)(void *)m->exchange.work;
}

/** A record, or zeros where there is none of this format. @return false: the flash cannot tell */
bool oneota_trust_recall(oneota_t *m, uint8_t type, void *record, size_t size);

/** Writes one. @return as oneota_machine_await() */
event_t oneota_trust_write(oneota_t *m, uint8_t type, const void *record, size_t size);

/** The trailer that was kept of the task's package, to the bench. @return false: there is none */
bool oneota_trust_recall_kept(oneota_t *m);

/** Has the image of this trailer failed a trial? By the bench's list. */
bool oneota_trust_has_failed(const bench_t *bench, const oneota_trailer_t *trailer);

/** What the task's package is judged by, or the image in the slot; and the list, to the bench.
 *  @return false: the flash cannot tell */
bool oneota_trust_fill_wanted(oneota_t *m, uint8_t type);

/** The task failed, and what the platform is told of it. @return FAIL */
event_t oneota_trust_refuse(oneota_t *m, oneota_reason_t reason);

/** No memory for the check, no answer from the journal: the same again, later, within the state.
 *  From the wait the way leads over the platform, whose answers would end the back-off.
 *  @return STAY */
event_t oneota_trust_not_now(oneota_t *m, oneota_reason_t reason);

/** The state trailer. */
event_t oneota_step_trailer(oneota_t *m);

#endif
