/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * trailer.c: what the end of a package says, and whether what is in flash is what it says. Needs
 * crypto and flash alone: a boot loader shares it.
 */
#include <string.h>

#include "bytes.h"
#include "crypto.h"
#include "crypto_ecdsa.h"
#include "oneota/proof.h"

typedef char trailer_has_its_size[sizeof(oneota_trailer_t) == ONEOTA_TRAILER_BYTES ? 1 : -1];
typedef char
    signature_comes_last[offsetof(oneota_trailer_t, signature) == ONEOTA_TRAILER_SIGNED ? 1 : -1];

static uint32_t number(const uint8_t *bytes)
{
    return oneota_bytes_get_u32(bytes);
}

static bool equal(const uint8_t *a, const uint8_t *b)
{
    return oneota_crypto_equal(a, b, ONEOTA_DIGEST_BYTES);
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
    unsigned any = 0;
    while (length > 0) {
        any |= bytes[--length];
    }
    return any == 0;
}

/* ---------------------------------------------------------------- trust */

bool oneota_trust_is_sound(const oneota_trust_t *trust)
{
    if (trust->scheme == NULL || trust->keys == NULL) {
        return false;
    }
    for (unsigned n = 0; n < trust->key_count; n++) {
        if (trust->keys[n][0] != 0x04u) {
            return false;
        }
    }
    return trust->key_count > 0;
}

/* ---------------------------------------------------------------- the trailer alone */

oneota_reason_t oneota_trailer_check(const oneota_trailer_t *trailer, uint32_t package_bytes)
{
    static const uint8_t k_begin[] = {
        'O', 'T', 'R', 'L', ONEOTA_TRAILER_FORMAT, ONEOTA_TRAILER_ALGORITHM};
    /* a full package has no base */
    size_t zeros = sizeof trailer->zeros;
    if (trailer->type == ONEOTA_PACKAGE_FULL) {
        zeros += sizeof trailer->base;
    } else if (trailer->type != ONEOTA_PACKAGE_DIFF) {
        return ONEOTA_REASON_SIGNATURE;
    }
    if (package_bytes <= ONEOTA_TRAILER_BYTES ||
        number(trailer->payload_length) != package_bytes - ONEOTA_TRAILER_BYTES ||
        memcmp(trailer, k_begin, sizeof k_begin) != 0 || trailer->zero != 0 ||
        number(trailer->counter) == 0 || !is_zero(trailer->zeros, zeros)) {
        return ONEOTA_REASON_SIGNATURE;
    }
    return ONEOTA_REASON_NONE;
}

uint32_t oneota_trailer_verify(const oneota_trailer_t *trailer, const oneota_trust_t *trust)
{
    uint8_t digest[ONEOTA_DIGEST_BYTES] = {0}; /* not that of an earlier trailer */
    oneota_hash_t hash;

    oneota_crypto_hash_begin(&hash, CRYPTO_SHA256);
    oneota_crypto_hash_add(&hash, trailer, ONEOTA_TRAILER_SIGNED);
    oneota_crypto_hash_end(&hash, digest);
    for (unsigned n = 0; n < trust->key_count; n++) {
        const uint8_t *key = trust->keys[n];
        if (memcmp(key + 1, trailer->key_id, sizeof trailer->key_id) == 0) {
            return oneota_crypto_verify_p256(key, digest, trailer->signature);
        }
    }
    return ~ONEOTA_PROVEN;
}

static bool counter_suits(const oneota_trailer_t *trailer, uint32_t window,
                          const oneota_floor_t *floor)
{
    uint32_t counter = number(trailer->counter);
    if (counter == floor->counter) {
        return equal(trailer->digest, floor->digest);
    }
    return counter > floor->counter && (counter - floor->counter <= window || floor->counter == 0);
}

oneota_reason_t oneota_trailer_judge(const oneota_trailer_t *trailer, const oneota_trust_t *trust,
                                     const oneota_wanted_t *wanted)
{
    if (number(trailer->vendor_id) != trust->vendor_id ||
        number(trailer->class_id) != trust->class_id) {
        return ONEOTA_REASON_CLASS;
    }
    if (trailer->type != wanted->type) {
        return ONEOTA_REASON_TYPE;
    }
    if (wanted->version != NULL &&
        strncmp(trailer->version, wanted->version, sizeof trailer->version) != 0) {
        return ONEOTA_REASON_VERSION;
    }
    if (trailer->type == ONEOTA_PACKAGE_DIFF &&
        (wanted->base == NULL || !equal(trailer->base, wanted->base))) {
        return ONEOTA_REASON_BASE;
    }
    uint32_t window = trust->counter_window != 0 ? trust->counter_window : ONEOTA_COUNTER_WINDOW;
    return counter_suits(trailer, window, &wanted->floor) ? ONEOTA_REASON_NONE
                                                          : ONEOTA_REASON_COUNTER;
}

/* The verdict is volatile: a compiler that knows what it was compared with would store that, and a
 * skipped branch would prove what nobody has signed. */
static oneota_reason_t screen(const oneota_trailer_t *trailer, uint32_t package_bytes,
                              const oneota_trust_t *trust, const oneota_wanted_t *wanted,
                              volatile uint32_t *verdict)
{
    oneota_reason_t reason = oneota_trailer_check(trailer, package_bytes);
    if (reason != ONEOTA_REASON_NONE) {
        return reason;
    }
    *verdict = oneota_trailer_verify(trailer, trust);
    const uint32_t seen = *verdict;
    if (seen != ONEOTA_PROVEN) {
        return seen == ONEOTA_PROVEN_NOT_NOW ? ONEOTA_REASON_MEMORY : ONEOTA_REASON_SIGNATURE;
    }
    return oneota_trailer_judge(trailer, trust, wanted);
}

oneota_reason_t oneota_trailer_screen(const oneota_trailer_t *trailer, uint32_t package_bytes,
                                      const oneota_trust_t *trust, const oneota_wanted_t *wanted)
{
    volatile uint32_t verdict;
    return screen(trailer, package_bytes, trust, wanted, &verdict);
}

bool oneota_floor_raise(oneota_floor_t *floor, const oneota_trailer_t *trailer)
{
    if (number(trailer->counter) <= floor->counter) {
        return false;
    }
    floor->counter = number(trailer->counter);
    memcpy(floor->digest, trailer->digest, sizeof floor->digest);
    return true;
}

/* ---------------------------------------------------------------- what is in flash */

void oneota_proof_begin(oneota_proof_t *proof, const oneota_trust_t *trust,
                        const oneota_wanted_t *wanted, const oneota_flash_t *flash, void *flash_ctx,
                        uint32_t size)
{
    memset(proof, 0, sizeof *proof);
    proof->trust = trust;
    proof->wanted = wanted;
    proof->flash = flash;
    proof->flash_ctx = flash_ctx;
    proof->size = size;
    oneota_crypto_hash_begin(&proof->hash, CRYPTO_SHA256);
}

static oneota_error_t refuse(oneota_proof_t *proof, oneota_reason_t reason)
{
    proof->reason = (uint8_t)reason;
    return ONEOTA_VERIFY;
}

static oneota_error_t examine(oneota_proof_t *proof)
{
    volatile uint32_t verdict = 0;
    if (proof->size <= ONEOTA_TRAILER_BYTES || proof->size > proof->flash->size(proof->flash_ctx)) {
        return refuse(proof, ONEOTA_REASON_SIGNATURE);
    }
    if (proof->flash->read(proof->flash_ctx, proof->size - ONEOTA_TRAILER_BYTES, &proof->trailer,
                           ONEOTA_TRAILER_BYTES) != ONEOTA_OK) {
        return ONEOTA_STORAGE;
    }
    oneota_reason_t reason =
        screen(&proof->trailer, proof->size, proof->trust, proof->wanted, &verdict);
    if (reason != ONEOTA_REASON_NONE) {
        return refuse(proof, reason);
    }
    proof->verdict = verdict;
    return ONEOTA_AGAIN;
}

static oneota_error_t conclude(oneota_proof_t *proof)
{
    oneota_crypto_hash_end(&proof->hash, proof->found);
    return equal(proof->found, proof->trailer.digest) ? ONEOTA_OK
                                                      : refuse(proof, ONEOTA_REASON_DIGEST);
}

oneota_error_t oneota_proof_step(oneota_proof_t *proof, void *buffer, uint32_t buffer_bytes)
{
    if (proof->verdict != ONEOTA_PROVEN) {
        return examine(proof);
    }
    uint32_t length = proof->size - ONEOTA_TRAILER_BYTES - proof->position;
    if (length == 0) {
        return conclude(proof);
    }
    length = length < buffer_bytes ? length : buffer_bytes;
    if (proof->flash->read(proof->flash_ctx, proof->position, buffer, length) != ONEOTA_OK) {
        return ONEOTA_STORAGE;
    }
    oneota_crypto_hash_add(&proof->hash, buffer, length);
    proof->position += length;
    return ONEOTA_AGAIN;
}

/* Ends it first: a proof that is left over must be of no use to whoever fails to begin his own. */
uint32_t oneota_proof_use(oneota_proof_t *proof)
{
    const uint32_t verdict = proof->verdict;
    proof->verdict = 0;
    proof->size = 0;
    if (oneota_trailer_check(&proof->trailer, proof->position + ONEOTA_TRAILER_BYTES) !=
            ONEOTA_REASON_NONE ||
        oneota_trailer_judge(&proof->trailer, proof->trust, proof->wanted) != ONEOTA_REASON_NONE ||
        !equal(proof->found, proof->trailer.digest)) {
        return ~ONEOTA_PROVEN;
    }
    return verdict;
}
