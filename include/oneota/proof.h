/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * proof.h: is what stands in this slot an image that may run? Asked by the client before it marks
 * one, and by a boot loader before it starts one, with the same code:
 *
 *     static const oneota_wanted_t wanted = { .type = ONEOTA_PACKAGE_FULL, .floor = ... };
 *     oneota_proof_t proof;
 *     oneota_error_t error;
 *     oneota_proof_begin(&proof, &trust, &wanted, &flash, ctx, size);
 *     while ((error = oneota_proof_step(&proof, buffer, sizeof buffer)) == ONEOTA_AGAIN)
 *         feed_the_watchdog();
 *     if (error == ONEOTA_OK && oneota_proof_use(&proof) == ONEOTA_PROVEN)
 *         start();
 *
 * Both conditions are needed: oneota_proof_use() decides again from what was read, so that one
 * instruction that is skipped (a glitch of the supply) starts nothing that was not proven. It does
 * so once: what a proof is used for, another needs a proof of its own.
 *
 * Needs: sizeof(oneota_proof_t), about 400 bytes; a step does one read of flash, or the signature
 * check (oneota/trailer.h, "Needs").
 */
#ifndef ONEOTA_PROOF_H
#define ONEOTA_PROOF_H

#include <stdint.h>

#include "oneota/port.h"
#include "oneota/state.h"
#include "oneota/trailer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A proof in progress. */
typedef struct {
    const oneota_trust_t *trust;
    const oneota_wanted_t *wanted;
    const oneota_flash_t *flash;
    void *flash_ctx;
    uint32_t size;                      /**< of the package */
    uint32_t position;                  /**< bytes of the payload that were hashed */
    uint32_t verdict;                   /**< of the signature */
    uint8_t reason;                     /**< after VERIFY: oneota_reason_t. Public */
    uint8_t found[ONEOTA_DIGEST_BYTES]; /**< of what was read */
    oneota_trailer_t trailer;           /**< as it stands in flash. Public, once proven */
    oneota_hash_t hash;
} oneota_proof_t;

/** Starts. Everything but proof is borrowed until the proof is no longer used.
 *  @param size  bytes of the package in flash, its trailer included; any value */
void oneota_proof_begin(oneota_proof_t *proof, const oneota_trust_t *trust,
                        const oneota_wanted_t *wanted, const oneota_flash_t *flash, void *flash_ctx,
                        uint32_t size);

/**
 * The next step. The buffer (any size from 1; 256 bytes and more are quick) holds nothing in
 * between.
 * @return AGAIN; OK proven; VERIFY see proof->reason; STORAGE cannot be read: the same step again,
 *         or never
 */
oneota_error_t oneota_proof_step(oneota_proof_t *proof, void *buffer, uint32_t buffer_bytes);

/** Decides again, from what the steps have read, and ends the proof: proof->trailer alone stays.
 *  @return ONEOTA_PROVEN, or anything else */
uint32_t oneota_proof_use(oneota_proof_t *proof);

#ifdef __cplusplus
}
#endif
#endif
