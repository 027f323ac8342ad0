/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * load_signed.c: images that are started when a key of this board has signed them, and not
 * otherwise. What is proven is the copy that will run, not the slot: nobody can change it between
 * the proof and the jump.
 *
 * Proven are signature, vendor, class and digest, with the client's code (src/trailer.c). The
 * security counter is the client's matter, which takes nothing below its floor from the platform.
 * The floor stands in the journal: who can put an old image into a slot can erase it there, so that
 * to compare here would stop nobody, and would take the image away that is left when the newest one
 * is damaged. A product with a counter that flash does not hold (OTP, RPMB) puts it into
 * k_wanted.floor.
 */
#include <string.h>

#include "../bsp/bsp.h"
#include "../bsp/flash.h"
#include "../bsp/jump.h"
#include "image.h"
#include "keys.h"
#include "load.h"
#include "mbedtls/memory_buffer_alloc.h"
#include "oneota/proof.h"

#define HEAP_BYTES 4096u /* of which the curve takes 3.1 KB */
#define BLOCK      256u
#define NO_SLOT    0xFFu

static const char *const k_refused[] = {"boot: slot 0 cannot start", "boot: slot 1 cannot start"};

static const oneota_trust_t k_trust = {.keys = k_keys,
                                       .key_count = sizeof k_keys / sizeof k_keys[0],
                                       .vendor_id = IMAGE_VENDOR,
                                       .class_id = IMAGE_CLASS};
static const oneota_wanted_t k_wanted = {.type = ONEOTA_PACKAGE_FULL};

static uint64_t s_heap[HEAP_BYTES / sizeof(uint64_t)];
static image_check_t s_check;
static oneota_proof_t s_proof;
static uint8_t s_copied = NO_SLOT; /* the slot that s_proof is of */

/* ---------------------------------------------------------------- the copy, as a region */

static oneota_error_t read_copy(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    (void)ctx;
    memcpy(buffer, (const uint8_t *)IMAGE_LOAD + offset, length); /* s_proof keeps to its size */
    return ONEOTA_OK;
}

static uint32_t copy_size(void *ctx)
{
    (void)ctx;
    return FLASH_SLOT_BYTES;
}

static const oneota_flash_t k_copy = {.read = read_copy, .size = copy_size};

/* ---------------------------------------------------------------- proof */

static const char *why(uint8_t reason)
{
    switch (reason) {
    case ONEOTA_REASON_SIGNATURE:
        return "not signed by a key of this board";
    case ONEOTA_REASON_CLASS:
        return "signed for another vendor or class";
    case ONEOTA_REASON_DIGEST:
        return "damaged: its signed SHA-256 differs";
    default:
        return "signature cannot be checked";
    }
}

static bool is_proven(uint8_t slot, uint32_t size)
{
    static uint8_t s_block[BLOCK];
    oneota_error_t error;

    mbedtls_memory_buffer_alloc_init((unsigned char *)s_heap, sizeof s_heap);
    memcpy((void *)IMAGE_LOAD, flash_bytes(flash_slot(slot)), size);
    s_copied = slot;
    oneota_proof_begin(&s_proof, &k_trust, &k_wanted, &k_copy, NULL, size);
    do {
        error = oneota_proof_step(&s_proof, s_block, sizeof s_block);
    } while (error == ONEOTA_AGAIN);
    if (error != ONEOTA_OK) {
        s_check.why = why(s_proof.reason);
    }
    return error == ONEOTA_OK;
}

bool load_check(void *ctx, uint8_t slot)
{
    oneota_error_t error;

    (void)ctx;
    image_check_begin(&s_check, &flash_port, flash_slot(slot), 0);
    do {
        error = image_check(&s_check);
    } while (error == ONEOTA_AGAIN);
    if (error == ONEOTA_OK && is_proven(slot, s_check.image.length)) {
        return true;
    }
    bsp_log_text(ONEOTA_LOG_WARN, k_refused[slot], "why", s_check.why);
    return false;
}

/* What was asked about last is what has been copied, but where the control cannot be written. The
 * jump leads into the image if the proof's value is right, and else to nowhere: an instruction that
 * is skipped does not make the one of the other. */
void load_start(uint8_t slot, uint32_t length)
{
    (void)length;
    if (s_copied == slot || load_check(NULL, slot)) {
        const volatile uint32_t proven = oneota_proof_use(&s_proof);
        const uint32_t place = IMAGE_LOAD + IMAGE_HEADER_BYTES + (proven ^ ONEOTA_PROVEN);
        if (proven == ONEOTA_PROVEN) {
            bsp_jump((const bsp_vectors_t *)place);
        }
    }
    bsp_log_text(ONEOTA_LOG_ERROR, "boot: not proven; reset", NULL, NULL);
    bsp_reset();
}
