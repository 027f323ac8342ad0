/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * A signed package in a slot: what is proven, and what is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "fake_flash.h"
#include "fake_signer.h"
#include "oneota/proof.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SLOT_BYTES 65536u
#define PAYLOAD    (5u * 4096u + 77u)
#define PACKAGE    (PAYLOAD + ONEOTA_TRAILER_BYTES)

static const fake_flash_config_t k_config = {
    .size = SLOT_BYTES, .unit = 4096, .program_unit = 8, .erased = 0xFF};

typedef struct {
    fake_flash_t flash;
    uint8_t payload[PAYLOAD];
    oneota_trailer_t trailer;
    oneota_trust_t trust;
    oneota_wanted_t wanted;
    oneota_proof_t proof;
} bench_t;

static bench_t bench;

static void put(void)
{
    fake_flash_put(&bench.flash, 0, bench.payload, PAYLOAD);
    fake_flash_put(&bench.flash, PAYLOAD, &bench.trailer, ONEOTA_TRAILER_BYTES);
}

static int set_up(void **state)
{
    (void)state;
    if (!fake_flash_init(&bench.flash, &k_config)) {
        return 1;
    }
    for (uint32_t n = 0; n < PAYLOAD; n++) {
        bench.payload[n] = (uint8_t)(n * 11u + n / 253u);
    }
    fake_signer_fill(&bench.trailer, bench.payload, PAYLOAD);
    fake_signer_sign(&bench.trailer, 0);
    put();
    bench.trust = fake_signer_trust(2);
    memset(&bench.wanted, 0, sizeof bench.wanted);
    bench.wanted.type = ONEOTA_PACKAGE_FULL;
    bench.wanted.version = FAKE_SIGNED_VERSION;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_flash_free(&bench.flash);
    return 0;
}

static void begin(uint32_t size)
{
    memset(&bench.proof, 0xA5, sizeof bench.proof);
    oneota_proof_begin(&bench.proof, &bench.trust, &bench.wanted, &bench.flash.port, &bench.flash,
                       size);
}

/* Of the proof as it stands, which goes on. */
static uint32_t verdict(void)
{
    oneota_proof_t proof = bench.proof;
    return oneota_proof_use(&proof);
}

/* Each step reads flash once at most, and changes nothing there. */
static oneota_error_t step(uint32_t buffer_bytes)
{
    uint8_t buffer[8192];
    const uint32_t reads = bench.flash.calls[FAKE_READ];
    memset(buffer, 0x5A, sizeof buffer);
    const oneota_error_t error = oneota_proof_step(&bench.proof, buffer, buffer_bytes);
    assert_true(bench.flash.calls[FAKE_READ] - reads <= 1u);
    assert_int_equal(bench.flash.calls[FAKE_CHANGE], 0);
    for (uint32_t n = buffer_bytes; n < sizeof buffer; n++) {
        assert_int_equal(buffer[n], 0x5A);
    }
    return error;
}

static oneota_error_t run(uint32_t buffer_bytes)
{
    oneota_error_t error;
    uint32_t steps = 0;
    do {
        error = step(buffer_bytes);
        assert_true(++steps <= PACKAGE + 3u);
    } while (error == ONEOTA_AGAIN);
    return error;
}

static oneota_error_t prove(uint32_t size)
{
    begin(size);
    return run(1000);
}

static void assert_refused(uint32_t size, oneota_reason_t reason)
{
    assert_int_equal(prove(size), ONEOTA_VERIFY);
    assert_int_equal(bench.proof.reason, reason);
    assert_int_not_equal(verdict(), ONEOTA_PROVEN);
}

/* ---------------------------------------------------------------- good */

static void test_proof_signed_package_holds_with_any_buffer(void **state)
{
    static const uint32_t sizes[] = {1, 7, 64, 256, 1000, 4096, 8192};
    (void)state;
    for (size_t n = 0; n < COUNT(sizes); n++) {
        begin(PACKAGE);
        assert_int_not_equal(verdict(), ONEOTA_PROVEN);
        assert_int_equal(run(sizes[n]), ONEOTA_OK);
        assert_int_equal(verdict(), ONEOTA_PROVEN);
        assert_int_equal(bench.proof.reason, ONEOTA_REASON_NONE);
        assert_memory_equal(&bench.proof.trailer, &bench.trailer, ONEOTA_TRAILER_BYTES);
    }
}

static void test_proof_holds_at_the_end_and_not_before(void **state)
{
    (void)state;
    begin(PACKAGE);
    while (step(512) == ONEOTA_AGAIN) {
        assert_int_not_equal(verdict(), ONEOTA_PROVEN);
    }
    assert_int_equal(verdict(), ONEOTA_PROVEN);
}

static void test_proof_can_be_used_once(void **state)
{
    (void)state;
    assert_int_equal(prove(PACKAGE), ONEOTA_OK);
    assert_int_equal(oneota_proof_use(&bench.proof), ONEOTA_PROVEN);
    assert_memory_equal(&bench.proof.trailer, &bench.trailer, ONEOTA_TRAILER_BYTES);
    assert_int_not_equal(oneota_proof_use(&bench.proof), ONEOTA_PROVEN);
    assert_int_equal(step(1000), ONEOTA_VERIFY);
    assert_int_not_equal(oneota_proof_use(&bench.proof), ONEOTA_PROVEN);
}

static void test_proof_package_may_fill_the_slot_or_have_one_byte(void **state)
{
    static uint8_t payload[SLOT_BYTES];
    static const uint32_t lengths[] = {1, SLOT_BYTES - ONEOTA_TRAILER_BYTES};
    (void)state;
    for (size_t n = 0; n < COUNT(lengths); n++) {
        fake_signer_fill(&bench.trailer, payload, lengths[n]);
        fake_signer_sign(&bench.trailer, 1);
        fake_flash_put(&bench.flash, 0, payload, lengths[n]);
        fake_flash_put(&bench.flash, lengths[n], &bench.trailer, ONEOTA_TRAILER_BYTES);
        assert_int_equal(prove(lengths[n] + ONEOTA_TRAILER_BYTES), ONEOTA_OK);
        assert_int_equal(verdict(), ONEOTA_PROVEN);
    }
}

/* ---------------------------------------------------------------- the payload, the trailer */

static void test_proof_payload_changed_in_any_4_kib_is_refused(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < PAYLOAD; at += 4096u) {
        const uint32_t places[] = {at, at + 31u, at + 4095u < PAYLOAD ? at + 4095u : PAYLOAD - 1u};
        for (size_t n = 0; n < COUNT(places); n++) {
            const uint8_t changed = (uint8_t)(bench.payload[places[n]] ^ 0x10u);
            fake_flash_put(&bench.flash, places[n], &changed, 1);
            assert_refused(PACKAGE, ONEOTA_REASON_DIGEST);
            put();
        }
    }
    assert_int_equal(prove(PACKAGE), ONEOTA_OK);
}

static void test_proof_any_byte_of_the_trailer_changed_is_refused(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < ONEOTA_TRAILER_BYTES; n++) {
        const uint8_t changed = (uint8_t)(((const uint8_t *)&bench.trailer)[n] ^ 0x01u);
        fake_flash_put(&bench.flash, PAYLOAD + n, &changed, 1);
        assert_refused(PACKAGE, ONEOTA_REASON_SIGNATURE);
        put();
    }
}

static void test_proof_any_other_size_is_refused(void **state)
{
    static const uint32_t sizes[] = {0,
                                     1,
                                     191,
                                     192,
                                     193,
                                     PAYLOAD,
                                     PACKAGE - 1u,
                                     PACKAGE + 1u,
                                     SLOT_BYTES,
                                     SLOT_BYTES + 1u,
                                     SLOT_BYTES + PACKAGE,
                                     UINT32_MAX - 191u,
                                     UINT32_MAX};
    (void)state;
    for (size_t n = 0; n < COUNT(sizes); n++) {
        assert_refused(sizes[n], ONEOTA_REASON_SIGNATURE);
    }
    assert_null(bench.flash.violation);
}

/* A signed package within a longer one proves nothing of the longer one. */
static void test_proof_trailer_inside_the_payload_does_not_count(void **state)
{
    uint8_t more[300];
    (void)state;
    memset(more, 0x33, sizeof more);
    fake_flash_put(&bench.flash, PACKAGE, more, sizeof more);
    assert_refused(PACKAGE + sizeof more, ONEOTA_REASON_SIGNATURE);
    /* not even when the longer one ends in the same trailer */
    fake_flash_put(&bench.flash, PACKAGE, &bench.trailer, ONEOTA_TRAILER_BYTES);
    assert_refused(PACKAGE + ONEOTA_TRAILER_BYTES, ONEOTA_REASON_SIGNATURE);
    /* but what was signed with one inside is a package like any other */
    fake_signer_fill(&bench.trailer, bench.flash.bytes, PACKAGE);
    fake_signer_sign(&bench.trailer, 0);
    fake_flash_put(&bench.flash, PACKAGE, &bench.trailer, ONEOTA_TRAILER_BYTES);
    assert_int_equal(prove(PACKAGE + ONEOTA_TRAILER_BYTES), ONEOTA_OK);
}

static void test_proof_differential_package_in_a_slot_is_refused(void **state)
{
    (void)state;
    bench.trailer.type = ONEOTA_PACKAGE_DIFF;
    fake_signer_sign(&bench.trailer, 0);
    put();
    assert_refused(PACKAGE, ONEOTA_REASON_TYPE);
}

static void test_proof_what_does_not_suit_is_refused_before_the_payload_is_read(void **state)
{
    (void)state;
    bench.wanted.version = "1.2.4";
    assert_refused(PACKAGE, ONEOTA_REASON_VERSION);
    bench.wanted.version = NULL;
    bench.wanted.floor.counter = FAKE_COUNTER + 1u;
    assert_refused(PACKAGE, ONEOTA_REASON_COUNTER);
    bench.trust.class_id++;
    assert_refused(PACKAGE, ONEOTA_REASON_CLASS);
    assert_int_equal(bench.flash.calls[FAKE_READ], 3);
}

static void test_proof_step_after_a_refusal_is_a_refusal(void **state)
{
    (void)state;
    bench.wanted.version = "1.2.4";
    begin(PACKAGE);
    for (unsigned n = 0; n < 100u; n++) {
        assert_int_equal(step(1000), ONEOTA_VERIFY);
    }
    bench.wanted.version = NULL;
    fake_flash_put(&bench.flash, 0, "x", 1);
    begin(PACKAGE);
    assert_int_equal(run(1000), ONEOTA_VERIFY);
    for (unsigned n = 0; n < 100u; n++) {
        assert_int_equal(step(1000), ONEOTA_VERIFY);
    }
}

/* ---------------------------------------------------------------- flash */

static void test_proof_flash_that_cannot_be_read_once_delays_and_does_not_change_it(void **state)
{
    (void)state;
    assert_int_equal(prove(PACKAGE), ONEOTA_OK);
    const uint32_t reads = bench.flash.calls[FAKE_READ];
    for (uint32_t n = 1; n <= reads; n++) {
        memset(bench.flash.calls, 0, sizeof bench.flash.calls);
        bench.flash.fault_kind = FAKE_READ;
        bench.flash.fault = FAKE_FAULT_ERROR;
        bench.flash.fault_count = 1;
        bench.flash.fault_at = n;
        assert_int_equal(prove(PACKAGE), ONEOTA_STORAGE);
        assert_int_not_equal(verdict(), ONEOTA_PROVEN);
        assert_int_equal(run(1000), ONEOTA_OK);
        assert_int_equal(verdict(), ONEOTA_PROVEN);
    }
}

static void test_proof_flash_that_reads_wrong_once_is_refused(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 22u; n++) {
        memset(bench.flash.calls, 0, sizeof bench.flash.calls);
        bench.flash.fault_kind = FAKE_READ;
        bench.flash.fault = n % 2u != 0 ? FAKE_FAULT_SILENT : FAKE_FAULT_FLIP;
        bench.flash.fault_count = 1;
        bench.flash.fault_at = n;
        assert_refused(PACKAGE, n == 1 ? ONEOTA_REASON_SIGNATURE : ONEOTA_REASON_DIGEST);
    }
}

/* ---------------------------------------------------------------- decided twice */

/* As if the branch that refuses had been skipped: the steps go on, and the second decision stands
 * alone. */
static void assert_second_decision_refuses(uint32_t size)
{
    begin(size);
    (void)step(1000);
    memcpy(&bench.proof.trailer, bench.flash.bytes + size - ONEOTA_TRAILER_BYTES,
           ONEOTA_TRAILER_BYTES);
    bench.proof.verdict = ONEOTA_PROVEN;
    for (unsigned n = 0; n < 50u; n++) {
        (void)step(1000);
    }
    assert_int_equal(verdict(), ~ONEOTA_PROVEN); /* no bit in common: no few flips make it one */
}

static void test_proof_second_decision_refuses_what_the_first_let_pass(void **state)
{
    (void)state;
    bench.wanted.version = "1.2.4";
    assert_second_decision_refuses(PACKAGE);
    bench.wanted.version = NULL;
    bench.wanted.floor.counter = FAKE_COUNTER;
    assert_second_decision_refuses(PACKAGE);
    bench.wanted.floor.counter = 0;
    bench.trust.vendor_id++;
    assert_second_decision_refuses(PACKAGE);
    bench.trust.vendor_id--;
    bench.payload[100] ^= 1u;
    put();
    assert_second_decision_refuses(PACKAGE);
    bench.payload[100] ^= 1u;
    bench.trailer.zeros[3] = 1;
    put();
    assert_second_decision_refuses(PACKAGE);
    bench.trailer.zeros[3] = 0;
    put();
    assert_int_equal(prove(PACKAGE), ONEOTA_OK);
    assert_int_equal(verdict(), ONEOTA_PROVEN);
    bench.proof.verdict ^= 1u;
    assert_int_not_equal(verdict(), ONEOTA_PROVEN);
}

#define WITH_SLOT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SLOT(test_proof_signed_package_holds_with_any_buffer),
        WITH_SLOT(test_proof_holds_at_the_end_and_not_before),
        WITH_SLOT(test_proof_can_be_used_once),
        WITH_SLOT(test_proof_package_may_fill_the_slot_or_have_one_byte),
        WITH_SLOT(test_proof_payload_changed_in_any_4_kib_is_refused),
        WITH_SLOT(test_proof_any_byte_of_the_trailer_changed_is_refused),
        WITH_SLOT(test_proof_any_other_size_is_refused),
        WITH_SLOT(test_proof_trailer_inside_the_payload_does_not_count),
        WITH_SLOT(test_proof_differential_package_in_a_slot_is_refused),
        WITH_SLOT(test_proof_what_does_not_suit_is_refused_before_the_payload_is_read),
        WITH_SLOT(test_proof_step_after_a_refusal_is_a_refusal),
        WITH_SLOT(test_proof_flash_that_cannot_be_read_once_delays_and_does_not_change_it),
        WITH_SLOT(test_proof_flash_that_reads_wrong_once_is_refused),
        WITH_SLOT(test_proof_second_decision_refuses_what_the_first_let_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
