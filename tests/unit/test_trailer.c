/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What the last bytes of a package prove, and what they must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "fake_signer.h"
#include "oneota/trailer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define PAYLOAD "a payload"
#define PACKAGE ((uint32_t)sizeof PAYLOAD + ONEOTA_TRAILER_BYTES)

static oneota_trailer_t filled(void)
{
    oneota_trailer_t trailer;
    fake_signer_fill(&trailer, PAYLOAD, sizeof PAYLOAD);
    return trailer;
}

static oneota_trailer_t signed_by(unsigned signer)
{
    oneota_trailer_t trailer = filled();
    fake_signer_sign(&trailer, signer);
    return trailer;
}

static oneota_wanted_t anything(void)
{
    const oneota_wanted_t wanted = {.type = ONEOTA_PACKAGE_FULL};
    return wanted;
}

static oneota_reason_t screen(const oneota_trailer_t *trailer, uint8_t key_count)
{
    const oneota_trust_t trust = fake_signer_trust(key_count);
    const oneota_wanted_t wanted = anything();
    return oneota_trailer_screen(trailer, PACKAGE, &trust, &wanted);
}

/* ---------------------------------------------------------------- trust */

static void test_trust_is_sound_needs_a_scheme_and_points(void **state)
{
    static const uint8_t k_bad[2][ONEOTA_PUBKEY_BYTES] = {{0x04}, {0x02}};
    (void)state;
    oneota_trust_t trust = fake_signer_trust(2);
    assert_true(oneota_trust_is_sound(&trust));
    trust.scheme = NULL;
    assert_false(oneota_trust_is_sound(&trust));
    trust = fake_signer_trust(0);
    assert_false(oneota_trust_is_sound(&trust));
    trust = fake_signer_trust(1);
    trust.keys = NULL;
    assert_false(oneota_trust_is_sound(&trust));
    trust.keys = k_bad;
    assert_true(oneota_trust_is_sound(&trust));
    trust.key_count = 2;
    assert_false(oneota_trust_is_sound(&trust));
}

/* No bit pattern near to the good one is another verdict. */
static void test_verdicts_are_far_apart(void **state)
{
    unsigned bits = 0;
    (void)state;
    for (uint32_t rest = ONEOTA_PROVEN ^ ONEOTA_PROVEN_NOT_NOW; rest != 0; rest &= rest - 1u) {
        bits++;
    }
    assert_true(bits >= 12u);
    assert_int_not_equal(ONEOTA_PROVEN_NOT_NOW, ~ONEOTA_PROVEN);
}

/* ---------------------------------------------------------------- the layout */

static void test_trailer_members_stand_where_the_header_says(void **state)
{
    (void)state;
    assert_int_equal(offsetof(oneota_trailer_t, format), 4);
    assert_int_equal(offsetof(oneota_trailer_t, algorithm), 5);
    assert_int_equal(offsetof(oneota_trailer_t, type), 6);
    assert_int_equal(offsetof(oneota_trailer_t, zero), 7);
    assert_int_equal(offsetof(oneota_trailer_t, payload_length), 8);
    assert_int_equal(offsetof(oneota_trailer_t, vendor_id), 12);
    assert_int_equal(offsetof(oneota_trailer_t, class_id), 16);
    assert_int_equal(offsetof(oneota_trailer_t, counter), 20);
    assert_int_equal(offsetof(oneota_trailer_t, key_id), 24);
    assert_int_equal(offsetof(oneota_trailer_t, version), 32);
    assert_int_equal(offsetof(oneota_trailer_t, zeros), 52);
    assert_int_equal(offsetof(oneota_trailer_t, base), 64);
    assert_int_equal(offsetof(oneota_trailer_t, digest), 96);
    assert_int_equal(offsetof(oneota_trailer_t, signature), 128);
    assert_int_equal(sizeof(oneota_trailer_t), 192);
}

static void test_trailer_check_length_equation_holds_at_every_edge(void **state)
{
    static const struct {
        uint32_t payload, package;
        bool good;
    } rows[] = {
        {0, 192, false},
        {0, 0, false},
        {1, 193, true},
        {1, 192, false},
        {1, 194, false},
        {2, 193, false},
        {0, 191, false},
        {UINT32_MAX, 191, false}, /* 191 - 192 in 32 bits */
        {0xFFFFFF40u, 0, false},
        {0xFFFFFF41u, 1, false},
        {UINT32_MAX - 192u, UINT32_MAX, true},
        {UINT32_MAX - 191u, UINT32_MAX, false},
        {UINT32_MAX, UINT32_MAX, false},
        {4096, 4096, false},
        {4096, 4288, true},
    };
    oneota_trailer_t trailer = filled();
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        oneota_bytes_put_u32(trailer.payload_length, rows[n].payload);
        assert_int_equal(oneota_trailer_check(&trailer, rows[n].package),
                         rows[n].good ? ONEOTA_REASON_NONE : ONEOTA_REASON_SIGNATURE);
    }
}

/* Each is signed, so that nothing but the check can refuse it. */
static void test_trailer_check_foreign_form_is_refused_even_when_signed(void **state)
{
    static const struct {
        uint8_t offset, value;
    } rows[] = {{0, 'o'},  {3, 'M'}, {4, 0},  {4, 2},  {5, 0},  {5, 2},  {6, 0}, {6, 3},
                {6, 0xFF}, {7, 1},   {52, 1}, {63, 1}, {64, 1}, {95, 1}, {20, 0}};
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        oneota_trailer_t trailer = filled();
        ((uint8_t *)&trailer)[rows[n].offset] = rows[n].value;
        fake_signer_sign(&trailer, 0);
        assert_int_equal(screen(&trailer, 1), ONEOTA_REASON_SIGNATURE);
    }
}

static void test_trailer_check_a_differential_package_may_name_a_base(void **state)
{
    oneota_trailer_t trailer = filled();
    (void)state;
    memset(trailer.base, 0xAB, sizeof trailer.base);
    assert_int_equal(oneota_trailer_check(&trailer, PACKAGE), ONEOTA_REASON_SIGNATURE);
    trailer.type = ONEOTA_PACKAGE_DIFF;
    assert_int_equal(oneota_trailer_check(&trailer, PACKAGE), ONEOTA_REASON_NONE);
    trailer.zeros[11] = 1;
    assert_int_equal(oneota_trailer_check(&trailer, PACKAGE), ONEOTA_REASON_SIGNATURE);
}

/* ---------------------------------------------------------------- the signature */

/* The example of oneota/trailer.h. */
static void test_trailer_example_of_the_header_is_proven(void **state)
{
    static const char k_key[] = "049de803ed3eacd429bab8d5750ecea55c0746d17b393d4fc9fd8fa87dc61985e3"
                                "40f0f600ce6fbdd86265e272a8df9caa271807309439ce2a3cce3b3711c41afc";
    static const char k_trailer[] =
        "4f54524c01010100070000000700000003000000050000009de803ed3eacd429"
        "312e322e33000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000"
        "3adb271809244c163818097e6c21bde949283f73a5ea09963c18b1e24ae21e98"
        "3060381890ea721c5ac36c243eb1b0c34e1ee9deabc59d809bcc1e0313dc1db1"
        "0b52792cbc9473dbedd2590bef589ab4b89a045074a1ff753cc242b7490e5aca";
    uint8_t keys[1][ONEOTA_PUBKEY_BYTES];
    oneota_trailer_t trailer;
    const oneota_trust_t trust = {
        &oneota_ecdsa_p256, (const uint8_t(*)[ONEOTA_PUBKEY_BYTES])keys, 1, 7, 3, 0};
    oneota_wanted_t wanted = anything();
    (void)state;
    signer_read_hex(k_key, keys[0], sizeof keys[0]);
    signer_read_hex(k_trailer, (uint8_t *)&trailer, sizeof trailer);
    wanted.version = "1.2.3";
    assert_int_equal(oneota_trailer_screen(&trailer, 7 + 192, &trust, &wanted), ONEOTA_REASON_NONE);
}

static void test_trailer_any_bit_changed_is_refused(void **state)
{
    const oneota_trailer_t good = signed_by(0);
    oneota_trailer_t trailer = good;
    (void)state;
    assert_int_equal(screen(&trailer, 1), ONEOTA_REASON_NONE);
    for (size_t bit = 0; bit < 8u * sizeof trailer; bit++) {
        uint8_t *byte = (uint8_t *)&trailer + bit / 8u;
        *byte = (uint8_t)(*byte ^ (1u << (bit % 8u)));
        assert_int_equal(screen(&trailer, 2), ONEOTA_REASON_SIGNATURE);
        trailer = good;
    }
}

static void test_trailer_key_of_the_table_is_taken_and_no_other(void **state)
{
    (void)state;
    for (unsigned signer = 0; signer < FAKE_SIGNERS; signer++) {
        const oneota_trailer_t trailer = signed_by(signer);
        for (uint8_t keys = 0; keys <= FAKE_SIGNERS; keys++) {
            assert_int_equal(screen(&trailer, keys),
                             signer < keys ? ONEOTA_REASON_NONE : ONEOTA_REASON_SIGNATURE);
        }
        const oneota_trust_t nobodys = fake_signer_trust(0);
        assert_int_equal(oneota_trailer_verify(&trailer, &nobodys), ~ONEOTA_PROVEN);
    }
}

static void test_trailer_key_of_another_name_is_refused(void **state)
{
    oneota_trailer_t trailer = signed_by(1);
    (void)state;
    fake_signer_sign_only(&trailer, 0);
    assert_int_equal(screen(&trailer, 2), ONEOTA_REASON_SIGNATURE);
}

static void test_trailer_r_and_s_swapped_or_zero_are_refused(void **state)
{
    const oneota_trailer_t good = signed_by(0);
    oneota_trailer_t trailer = good;
    (void)state;
    memcpy(trailer.signature, good.signature + 32, 32);
    memcpy(trailer.signature + 32, good.signature, 32);
    assert_int_equal(screen(&trailer, 1), ONEOTA_REASON_SIGNATURE);
    memset(trailer.signature, 0, 64);
    assert_int_equal(screen(&trailer, 1), ONEOTA_REASON_SIGNATURE);
}

static void test_trailer_of_erased_or_random_flash_is_refused(void **state)
{
    oneota_trailer_t trailer;
    (void)state;
    for (int value = 0; value < 256; value++) {
        memset(&trailer, value, sizeof trailer);
        assert_int_equal(screen(&trailer, 1), ONEOTA_REASON_SIGNATURE);
    }
}

/* ---------------------------------------------------------------- what suits */

static oneota_reason_t judge(const oneota_trailer_t *trailer, const oneota_wanted_t *wanted,
                             uint32_t window)
{
    oneota_trust_t trust = fake_signer_trust(1);
    trust.counter_window = window;
    return oneota_trailer_judge(trailer, &trust, wanted);
}

static void test_trailer_judge_other_vendor_or_class_is_refused(void **state)
{
    const oneota_wanted_t wanted = anything();
    oneota_trailer_t trailer = filled();
    (void)state;
    assert_int_equal(judge(&trailer, &wanted, 0), ONEOTA_REASON_NONE);
    for (size_t n = 0; n < 4u; n++) {
        trailer = filled();
        trailer.vendor_id[n] ^= 1u;
        assert_int_equal(judge(&trailer, &wanted, 0), ONEOTA_REASON_CLASS);
        trailer = filled();
        trailer.class_id[n] ^= 0x80u;
        assert_int_equal(judge(&trailer, &wanted, 0), ONEOTA_REASON_CLASS);
    }
}

static void test_trailer_judge_version_must_be_the_targets(void **state)
{
    static const struct {
        const char *signed_version, *target;
        bool good;
    } rows[] = {
        {"1.2.3", "1.2.3", true},
        {"1.2.3", "1.2.4", false},
        {"1.2.3", "1.2", false},
        {"1.2", "1.2.3", false},
        {"1.2.3", "", false},
        {"", "1.2.3", false},
        {"1.2.3", NULL, true},
        {"abcdefghijklmnopqrst", "abcdefghijklmnopqrst", true},
        {"abcdefghijklmnopqrst", "abcdefghijklmnopqrs", false},
        {"abcdefghijklmnopqrs", "abcdefghijklmnopqrst", false},
        {"abcdefghijklmnopqrst", "abcdefghijklmnopqrsT", false},
    };
    oneota_wanted_t wanted = anything();
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        oneota_trailer_t trailer = filled();
        memset(trailer.version, 0, sizeof trailer.version);
        memcpy(trailer.version, rows[n].signed_version, strlen(rows[n].signed_version));
        wanted.version = rows[n].target;
        assert_int_equal(judge(&trailer, &wanted, 0),
                         rows[n].good ? ONEOTA_REASON_NONE : ONEOTA_REASON_VERSION);
    }
}

static void test_trailer_judge_type_must_be_the_tasks(void **state)
{
    uint8_t base[ONEOTA_DIGEST_BYTES] = {0};
    oneota_wanted_t wanted = anything();
    oneota_trailer_t trailer = filled();
    (void)state;
    wanted.base = base;
    wanted.type = ONEOTA_PACKAGE_DIFF;
    assert_int_equal(judge(&trailer, &wanted, 0), ONEOTA_REASON_TYPE);
    trailer.type = ONEOTA_PACKAGE_DIFF;
    assert_int_equal(judge(&trailer, &wanted, 0), ONEOTA_REASON_NONE);
    wanted.type = ONEOTA_PACKAGE_FULL;
    assert_int_equal(judge(&trailer, &wanted, 0), ONEOTA_REASON_TYPE);
}

static void test_trailer_judge_base_must_be_what_runs(void **state)
{
    uint8_t base[ONEOTA_DIGEST_BYTES];
    oneota_wanted_t wanted = {.type = ONEOTA_PACKAGE_DIFF};
    oneota_trailer_t trailer = filled();
    (void)state;
    trailer.type = ONEOTA_PACKAGE_DIFF;
    memset(trailer.base, 0xC3, sizeof trailer.base);
    assert_int_equal(judge(&trailer, &wanted, 0), ONEOTA_REASON_BASE);
    wanted.base = base;
    memset(base, 0xC3, sizeof base);
    assert_int_equal(judge(&trailer, &wanted, 0), ONEOTA_REASON_NONE);
    for (size_t n = 0; n < sizeof base; n++) {
        base[n] ^= 1u;
        assert_int_equal(judge(&trailer, &wanted, 0), ONEOTA_REASON_BASE);
        base[n] ^= 1u;
    }
}

static void test_trailer_judge_counter_is_held_at_every_edge(void **state)
{
    static const struct {
        uint32_t floor, counter, window;
        bool same, good;
    } rows[] = {
        /* the window, as it is by default and as it is given */
        {1, 2, 0, false, true},
        {1, 1001, 0, false, true},
        {1, 1002, 0, false, false},
        {50, 51, 0, false, true},
        {50, 1050, 0, false, true},
        {50, 1051, 0, false, false},
        {50, 51, 1, false, true},
        {50, 52, 1, false, false},
        /* back */
        {50, 49, 0, false, false},
        {50, 49, 0, true, false},
        {50, 1, UINT32_MAX, true, false},
        {50, 0, 0, true, false},
        /* equal: the same image again, and no other */
        {50, 50, 0, true, true},
        {50, 50, 0, false, false},
        {50, 50, 1, true, true},
        /* fast-forward */
        {50, UINT32_MAX, 0, false, false},
        {50, UINT32_MAX, UINT32_MAX, false, true},
        {1, UINT32_MAX, UINT32_MAX, false, true},
        /* a device that has confirmed none yet */
        {0, 1, 0, false, true},
        {0, 1001, 1, false, true},
        {0, UINT32_MAX, 0, false, true},
        /* the end of the counter */
        {UINT32_MAX - 1u, UINT32_MAX, 0, false, true},
        {UINT32_MAX, UINT32_MAX, 0, true, true},
        {UINT32_MAX, UINT32_MAX, 0, false, false},
        {UINT32_MAX, 1, 0, false, false}, /* 1 - UINT32_MAX is 2 in 32 bits */
        {UINT32_MAX, 0, 0, true, false},
        {UINT32_MAX - 10u, 5, 0, false, false},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        oneota_trailer_t trailer = filled();
        oneota_wanted_t wanted = anything();
        oneota_bytes_put_u32(trailer.counter, rows[n].counter);
        wanted.floor.counter = rows[n].floor;
        memcpy(wanted.floor.digest, trailer.digest, ONEOTA_DIGEST_BYTES);
        wanted.floor.digest[31] ^= (uint8_t)(rows[n].same ? 0 : 1);
        assert_int_equal(judge(&trailer, &wanted, rows[n].window),
                         rows[n].good ? ONEOTA_REASON_NONE : ONEOTA_REASON_COUNTER);
    }
}

static void test_trailer_screen_judges_what_is_signed_alone(void **state)
{
    oneota_trailer_t trailer = filled();
    (void)state;
    trailer.class_id[0] ^= 1u;
    fake_signer_sign(&trailer, 0);
    assert_int_equal(screen(&trailer, 1), ONEOTA_REASON_CLASS);
    trailer.signature[0] ^= 1u;
    assert_int_equal(screen(&trailer, 1), ONEOTA_REASON_SIGNATURE);
}

static void test_floor_raise_only_goes_up(void **state)
{
    oneota_floor_t floor = {0};
    oneota_trailer_t trailer = filled();
    (void)state;
    assert_true(oneota_floor_raise(&floor, &trailer));
    assert_int_equal(floor.counter, FAKE_COUNTER);
    assert_memory_equal(floor.digest, trailer.digest, ONEOTA_DIGEST_BYTES);
    const oneota_floor_t kept = floor;
    memset(trailer.digest, 0, sizeof trailer.digest);
    assert_false(oneota_floor_raise(&floor, &trailer));
    oneota_bytes_put_u32(trailer.counter, FAKE_COUNTER - 1u);
    assert_false(oneota_floor_raise(&floor, &trailer));
    assert_memory_equal(&floor, &kept, sizeof floor);
    oneota_bytes_put_u32(trailer.counter, UINT32_MAX);
    assert_true(oneota_floor_raise(&floor, &trailer));
    assert_int_equal(floor.counter, UINT32_MAX);
    assert_false(oneota_floor_raise(&floor, &trailer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trust_is_sound_needs_a_scheme_and_points),
        cmocka_unit_test(test_verdicts_are_far_apart),
        cmocka_unit_test(test_trailer_members_stand_where_the_header_says),
        cmocka_unit_test(test_trailer_check_length_equation_holds_at_every_edge),
        cmocka_unit_test(test_trailer_check_foreign_form_is_refused_even_when_signed),
        cmocka_unit_test(test_trailer_check_a_differential_package_may_name_a_base),
        cmocka_unit_test(test_trailer_example_of_the_header_is_proven),
        cmocka_unit_test(test_trailer_any_bit_changed_is_refused),
        cmocka_unit_test(test_trailer_key_of_the_table_is_taken_and_no_other),
        cmocka_unit_test(test_trailer_key_of_another_name_is_refused),
        cmocka_unit_test(test_trailer_r_and_s_swapped_or_zero_are_refused),
        cmocka_unit_test(test_trailer_of_erased_or_random_flash_is_refused),
        cmocka_unit_test(test_trailer_judge_other_vendor_or_class_is_refused),
        cmocka_unit_test(test_trailer_judge_version_must_be_the_targets),
        cmocka_unit_test(test_trailer_judge_type_must_be_the_tasks),
        cmocka_unit_test(test_trailer_judge_base_must_be_what_runs),
        cmocka_unit_test(test_trailer_judge_counter_is_held_at_every_edge),
        cmocka_unit_test(test_trailer_screen_judges_what_is_signed_alone),
        cmocka_unit_test(test_floor_raise_only_goes_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
