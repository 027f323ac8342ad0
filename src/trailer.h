/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * trailer.h: what a client calls through the scheme of a trust table. It names nothing of trailer.c
 * itself, so that a link without trust has none of it. A boot loader calls the functions.
 */
#ifndef ONEOTA_SRC_TRAILER_H
#define ONEOTA_SRC_TRAILER_H

#include "oneota/proof.h"

struct oneota_scheme {
    bool (*is_sound)(const oneota_trust_t *trust);
    oneota_reason_t (*screen)(const oneota_trailer_t *trailer, uint32_t package_bytes,
                              const oneota_trust_t *trust, const oneota_wanted_t *wanted);
    void (*begin)(oneota_proof_t *proof, const oneota_trust_t *trust, const oneota_wanted_t *wanted,
                  const oneota_flash_t *flash, void *flash_ctx, uint32_t size);
    oneota_error_t (*step)(oneota_proof_t *proof, void *buffer, uint32_t buffer_bytes);
    uint32_t (*use)(oneota_proof_t *proof);
    bool (*raise)(oneota_floor_t *floor, const oneota_trailer_t *trailer);
};

#endif
