/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * trust.h: what the client calls through setup.trust[image].scheme. The machine names nothing of
 * steps_trust.c itself, so that a link without trust has none of it, nor of trailer.c.
 */
#ifndef ONEOTA_SRC_TRUST_H
#define ONEOTA_SRC_TRUST_H

#include "machine.h"
#include "oneota/trailer.h"

struct oneota_scheme {
    /** The tables of all images. */
    bool (*are_sound)(const oneota_setup_t *setup);

    /** The states floor and trailer; and, before a result is told, the quarantine: DONE. */
    event_t (*step)(oneota_t *m);

    /** Are these the digests, of the running image and of the new one, that the package's trailer
     *  has named? @return NONE; SIGNATURE they are not; STORAGE */
    oneota_reason_t (*names)(oneota_t *m, const uint8_t *digests);

    /** Reads back the slot that is to be marked, from phase PROVE_SIGNED on. @return STAY, in phase
     *  PROVE_ACT: it is proven; else what follows */
    event_t (*prove)(oneota_t *m);

    /** Decides again, directly before the mark. @return ONEOTA_PROVEN, or anything else */
    uint32_t (*use)(oneota_t *m);
};

/** Of the task's image; NULL: integrity only. */
static inline const oneota_trust_t *task_trust(const oneota_t *m)
{
    const oneota_trust_t *trust = m->setup->trust;
    return trust != NULL ? &trust[m->record.order.image] : NULL;
}

#endif
