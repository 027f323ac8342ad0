/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * start.c: a boot loader's decision, as oneota/proof.h shows it, in the memory of a Cortex-M4 that
 * skip.py runs. Everything that skip.py puts there or reads has a name here.
 */
#include <stdlib.h>
#include <string.h>

#include "mbedtls/platform.h"

#include "oneota/proof.h"

#define SLOT_BYTES 4096u

/* Without the second decision skip.py must find something. */
#ifdef SKIP_WEAK
#define DECIDES_AGAIN true
#else
#define DECIDES_AGAIN (oneota_proof_use(&proof) == ONEOTA_PROVEN)
#endif

uint8_t oneota_skip_slot[SLOT_BYTES];
uint8_t oneota_skip_key[1][ONEOTA_PUBKEY_BYTES];
uint32_t oneota_skip_size;
volatile uint32_t oneota_skip_started; /* what starts an image writes here */
uint32_t oneota_skip_heap, oneota_skip_heap_peak;

static oneota_proof_t proof;

/* ---------------------------------------------------------------- heap, measured */

typedef union {
    size_t size;
    uint64_t aligned;
} header_t;

static void *take(size_t count, size_t size)
{
    header_t *header = calloc(1, sizeof *header + count * size);
    if (header == NULL) {
        return NULL;
    }
    header->size = count * size;
    oneota_skip_heap += (uint32_t)header->size;
    if (oneota_skip_heap > oneota_skip_heap_peak) {
        oneota_skip_heap_peak = oneota_skip_heap;
    }
    return header + 1;
}

static void give(void *memory)
{
    if (memory != NULL) {
        header_t *header = (header_t *)memory - 1;
        oneota_skip_heap -= (uint32_t)header->size;
        free(header);
    }
}

/* ---------------------------------------------------------------- flash */

static oneota_error_t read_slot(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    (void)ctx;
    if (offset > SLOT_BYTES || length > SLOT_BYTES - offset) {
        return ONEOTA_STORAGE;
    }
    memcpy(buffer, oneota_skip_slot + offset, length);
    return ONEOTA_OK;
}

static uint32_t size_of_slot(void *ctx)
{
    (void)ctx;
    return SLOT_BYTES;
}

static const oneota_flash_t k_flash = {.read = read_slot, .size = size_of_slot};

/* ---------------------------------------------------------------- the decision */

static const oneota_trust_t k_trust = {.keys =
                                           (const uint8_t (*)[ONEOTA_PUBKEY_BYTES])oneota_skip_key,
                                       .key_count = 1,
                                       .vendor_id = 7,
                                       .class_id = 3};
static const oneota_wanted_t k_wanted = {.type = ONEOTA_PACKAGE_FULL, .floor = {.counter = 10}};

__attribute__((noinline)) void oneota_skip_start(void)
{
    oneota_skip_started = 0x57A27EDu;
}

__attribute__((noinline)) void oneota_skip_decide(void)
{
    uint8_t buffer[64];
    oneota_error_t error;
    oneota_proof_begin(&proof, &k_trust, &k_wanted, &k_flash, NULL, oneota_skip_size);
    do {
        error = oneota_proof_step(&proof, buffer, sizeof buffer);
    } while (error == ONEOTA_AGAIN);
    if (error == ONEOTA_OK && DECIDES_AGAIN) {
        oneota_skip_start();
    }
}

void oneota_skip_prepare(void)
{
    (void)mbedtls_platform_set_calloc_free(take, give);
}

int main(void)
{
    oneota_skip_prepare();
    oneota_skip_decide();
    return 0;
}
