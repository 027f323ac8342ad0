/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Forged packages, through the client: every bit of a trailer, signatures that are out of range,
 * every 4 KiB of a payload whose MD5 was made to fit; and what a client without trust says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "fake_md5.h"
#include "kit.h"

#define SIZE  3000u
#define LARGE 50000u

static kit_t kit;

static void begin(uint32_t size)
{
    const kit_options_t options = {.size = size, .slot_size = 65536, .unit = 4096, .signs = true};
    kit_init(&kit, &options);
    kit.codes[0] = 205;
}

static uint8_t *package(void)
{
    return kit.bytes + (kit.packages[0]->bytes - kit.bytes);
}

static oneota_trailer_t *trailer(void)
{
    return (oneota_trailer_t *)(void *)(package() + kit.packages[0]->size - ONEOTA_TRAILER_BYTES);
}

/* By one request, and nothing is erased. */
static void assert_refused_at_once(oneota_reason_t reason, uint8_t code)
{
    kit.codes[0] = code;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, code);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, reason);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 1);
    assert_int_equal(kit.board.calls[FAKE_CALL_SLOT_ERASE], 0);
}

static void test_api_trust_every_bit_of_a_trailer_is_signed(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < 8u * ONEOTA_TRAILER_BYTES; bit++) {
        begin(SIZE);
        ((uint8_t *)trailer())[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
        kit_changed(&kit, 0);
        assert_refused_at_once(ONEOTA_REASON_SIGNATURE, 205);
        kit_free(&kit);
    }
}

/* Signed as they are, by the right key: the build decides what they must be. */
static void test_api_trust_form_is_the_builds_not_the_packages(void **state)
{
    static const struct {
        uint8_t at, value;
    } k_others[] = {{0, 'X'}, {4, 0}, {4, 2}, {5, 0}, {5, 2}, {6, 0}, {6, 3}, {7, 1}, {52, 1}};
    (void)state;
    for (size_t n = 0; n < sizeof k_others / sizeof k_others[0]; n++) {
        begin(SIZE);
        ((uint8_t *)trailer())[k_others[n].at] = k_others[n].value;
        fake_signer_sign(trailer(), 0);
        kit_changed(&kit, 0);
        assert_refused_at_once(ONEOTA_REASON_SIGNATURE, 205);
        kit_free(&kit);
    }
}

static void test_api_trust_counter_of_zero_is_no_counter(void **state)
{
    (void)state;
    begin(SIZE);
    kit_sign(&kit, 0, "1.1", 0, 0);
    assert_refused_at_once(ONEOTA_REASON_SIGNATURE, 205);
    kit_free(&kit);
}

/* Where nothing was confirmed yet, there is no window: the first one may have any. */
static void test_api_trust_first_counter_may_be_the_highest(void **state)
{
    (void)state;
    begin(SIZE);
    kit_sign(&kit, 0, "1.1", UINT32_MAX, 0);
    kit.codes[0] = 201;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

static const uint8_t k_order[32] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};

static void spoil_signature(unsigned how)
{
    uint8_t r[32];
    uint8_t *signature = trailer()->signature;
    memcpy(r, signature, sizeof r);
    if (how == 4u) {
        memcpy(signature, signature + 32, 32);
        memcpy(signature + 32, r, 32);
        return;
    }
    uint8_t *part = signature + (how % 2u != 0 ? 32 : 0);
    if (how < 2u) {
        memset(part, 0, 32);
    } else {
        memcpy(part, k_order, 32);
    }
}

/* r or s of 0, of n; the two swapped. */
static void test_api_trust_signature_out_of_range_or_swapped_205(void **state)
{
    (void)state;
    for (unsigned how = 0; how <= 4u; how++) {
        begin(SIZE);
        spoil_signature(how);
        kit_changed(&kit, 0);
        assert_refused_at_once(ONEOTA_REASON_SIGNATURE, 205);
        kit_free(&kit);
    }
}

static uint8_t other[LARGE];

/* The signed trailer first; then bytes of which one was changed, with the MD5 that was announced.
 */
static void test_api_trust_payload_changed_in_any_4_kib_205(void **state)
{
    (void)state;
    for (uint32_t place = 0; place < LARGE - ONEOTA_TRAILER_BYTES; place += 4096u) {
        begin(LARGE);
        memcpy(other, package(), LARGE);
        other[place + place / 97u % 4096u] ^= 0x20u;
        fake_md5_hex(other, LARGE, kit.platform.tasks[0].md5);
        kit.platform.tasks[0].served = other;
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(kit.platform.tasks[0].result, 205);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), 2);
        assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 101), 0);
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- what is said */

static bool said_integrity, said_signature;

static void on_line(void *ctx, const oneota_log_line_t *line)
{
    (void)ctx;
    if (strcmp(line->what, "start: packages") == 0) {
        said_integrity = said_integrity || strcmp(line->text, "integrity only") == 0;
        said_signature = said_signature || strcmp(line->text, "signature") == 0;
    }
}

static void test_api_trust_log_says_what_proves_a_package(void **state)
{
    static const oneota_log_t log = {on_line};
    (void)state;
    for (unsigned trusts = 0; ONEOTA_LOG_LEVEL >= 3 && trusts <= 1u; trusts++) {
        const kit_options_t options = {.signs = trusts != 0};
        kit_init(&kit, &options);
        kit.setup.log = &log;
        said_integrity = false;
        said_signature = false;
        kit_start(&kit);
        kit_until_state(&kit, "check");
        assert_int_equal(said_integrity, trusts == 0);
        assert_int_equal(said_signature, trusts != 0);
        kit_free(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_trust_every_bit_of_a_trailer_is_signed),
        cmocka_unit_test(test_api_trust_form_is_the_builds_not_the_packages),
        cmocka_unit_test(test_api_trust_counter_of_zero_is_no_counter),
        cmocka_unit_test(test_api_trust_first_counter_may_be_the_highest),
        cmocka_unit_test(test_api_trust_signature_out_of_range_or_swapped_205),
        cmocka_unit_test(test_api_trust_payload_changed_in_any_4_kib_205),
        cmocka_unit_test(test_api_trust_log_says_what_proves_a_package),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
