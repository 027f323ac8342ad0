/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_trailer.c: signed packages that are nearly right, in a slot.
 *
 * Input: what is wanted (WANT_*), size of a read, size of the package that the platform announced,
 * less than it is (2 bytes), floor of the counter (4), steps that fail; then pairs of a place (2)
 * and by what the byte there is changed.
 *
 * Nothing but the package as it was signed may be proven, and that only where it is what was
 * wanted. Places count from the end of the package: most are of its trailer.
 */
#include "fake_signer.h"
#include "fuzz.h"
#include "oneota/proof.h"

#define PACKAGE_SIZE 300u

enum { WANT_OTHER_VERSION = 1, WANT_DIFFERENTIAL = 2, WANT_OTHER_CLASS = 4, WANT_BASE = 8 };

typedef struct {
    uint8_t *bytes; /* of the slot, exactly */
    uint32_t size;
    uint8_t failures; /* reads that fail, from the first */
} slot_t;

static uint32_t size_of(void *ctx)
{
    return ((const slot_t *)ctx)->size;
}

static oneota_error_t read_slot(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    slot_t *slot = ctx;
    FUZZ_CHECK(length <= slot->size && offset <= slot->size - length);
    if (slot->failures > 0) {
        slot->failures--;
        return ONEOTA_STORAGE;
    }
    memcpy(buffer, slot->bytes + offset, length);
    return ONEOTA_OK;
}

static const oneota_flash_t k_flash = {.read = read_slot, .size = size_of, .program_unit = 1};

/* Signed once: that takes long. */
static const uint8_t *genuine(void)
{
    static uint8_t package[PACKAGE_SIZE];
    if (package[0] == 0) {
        memset(package, 0x3C, sizeof package);
        fake_signer_seal(package, PACKAGE_SIZE, "1.1", FAKE_COUNTER, 0);
    }
    return package;
}

static oneota_error_t prove(oneota_proof_t *proof, uint32_t buffer_bytes)
{
    uint8_t *buffer = malloc(buffer_bytes);
    oneota_error_t error = ONEOTA_AGAIN;
    FUZZ_CHECK(buffer != NULL);
    for (uint32_t n = 0; (error == ONEOTA_AGAIN || error == ONEOTA_STORAGE) && n < 1000u; n++) {
        error = oneota_proof_step(proof, buffer, buffer_bytes);
    }
    free(buffer);
    return error;
}

static void check(oneota_proof_t *proof, const slot_t *slot, uint8_t want,
                  const oneota_wanted_t *wanted, oneota_error_t error)
{
    const uint8_t not_it = WANT_OTHER_VERSION | WANT_DIFFERENTIAL | WANT_OTHER_CLASS;
    const bool same = slot->size == PACKAGE_SIZE && proof->size == PACKAGE_SIZE &&
                      memcmp(slot->bytes, genuine(), PACKAGE_SIZE) == 0;
    const bool suits = (want & not_it) == 0 && wanted->floor.counter < FAKE_COUNTER &&
                       (wanted->floor.counter == 0 ||
                        FAKE_COUNTER - wanted->floor.counter <= ONEOTA_COUNTER_WINDOW);
    FUZZ_CHECK(error == ONEOTA_OK || error == ONEOTA_VERIFY);
    FUZZ_CHECK((error == ONEOTA_OK) == (same && suits));
    FUZZ_CHECK((error == ONEOTA_OK) == (proof->reason == ONEOTA_REASON_NONE));
    FUZZ_CHECK((oneota_proof_use(proof) == ONEOTA_PROVEN) == (error == ONEOTA_OK));
    FUZZ_CHECK(oneota_proof_use(proof) != ONEOTA_PROVEN); /* once */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t k_base[ONEOTA_DIGEST_BYTES] = {1};
    fuzz_input_t input = {data, size};
    const uint8_t want = fuzz_u8(&input);
    const uint32_t buffer_bytes = fuzz_u8(&input) + 1u;
    slot_t slot = {.size = PACKAGE_SIZE};
    oneota_wanted_t wanted = {0};
    oneota_proof_t proof;
    oneota_trust_t trust = fake_signer_trust(2);
    const uint32_t announced = PACKAGE_SIZE - fuzz_u16(&input);
    wanted.floor.counter = fuzz_u32(&input);
    slot.failures = fuzz_u8(&input) & 7u;
    wanted.version = (want & WANT_OTHER_VERSION) != 0 ? "1.2" : "1.1";
    wanted.type = (want & WANT_DIFFERENTIAL) != 0 ? ONEOTA_PACKAGE_DIFF : ONEOTA_PACKAGE_FULL;
    wanted.base = (want & WANT_BASE) != 0 ? k_base : NULL;
    trust.class_id += (want & WANT_OTHER_CLASS) != 0 ? 1u : 0u;
    slot.bytes = fuzz_copy(genuine(), PACKAGE_SIZE);
    while (input.left >= 3u) {
        const uint32_t place = fuzz_u16(&input) % PACKAGE_SIZE;
        slot.bytes[PACKAGE_SIZE - 1u - place] ^= fuzz_u8(&input);
    }
    oneota_proof_begin(&proof, &trust, &wanted, &k_flash, &slot, announced);
    check(&proof, &slot, want, &wanted, prove(&proof, buffer_bytes));
    free(slot.bytes);
    return 0;
}
