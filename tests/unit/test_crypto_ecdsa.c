/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_crypto_ecdsa.c: the signature check against RFC 6979 A.2.5, and what must not pass it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto_ecdsa.h"
#include "fake_signer.h"
#include "oneota/trailer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* message "sample", SHA-256 */
#define KEY_X "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
#define KEY_Y "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
#define HASH  "AF2BDBE1AA9B6EC1E2ADE1D694F41FC71A831D0268E9891562113D8A62ADD1BF"
#define R     "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
#define S     "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
/* the order of the curve less S */
#define S_OTHER  "0834E36AD29A83BF2BC9385E491D6099C8FDF9D1ED67AA7EA5F51F93782857A9"
#define ORDER    "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"
#define ORDER_M1 "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550"
#define ORDER_P1 "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632552"
#define ZERO     "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE_     "0000000000000000000000000000000000000000000000000000000000000001"
#define ALL_ONES "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"

typedef struct {
    uint8_t key[65], hash[32], signature[64];
} vector_t;

static vector_t vector(const char *r, const char *s)
{
    vector_t v;
    v.key[0] = 0x04;
    signer_read_hex(KEY_X KEY_Y, v.key + 1, 64);
    signer_read_hex(HASH, v.hash, 32);
    signer_read_hex(r, v.signature, 32);
    signer_read_hex(s, v.signature + 32, 32);
    return v;
}

static uint32_t verify(const vector_t *v)
{
    return oneota_crypto_verify_p256(v->key, v->hash, v->signature);
}

static void assert_refused(const vector_t *v)
{
    uint32_t verdict = verify(v);
    assert_int_not_equal(verdict, ONEOTA_PROVEN);
    assert_int_not_equal(verdict, ONEOTA_PROVEN_NOT_NOW);
}

/* ---------------------------------------------------------------- memory that is not there */

/* Another allocator than a sanitizer's: there these tests pass without having failed anything. */
#if defined(__SANITIZE_ADDRESS__)
#define OWN_CALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_CALLOC 0
#endif
#endif
#ifndef OWN_CALLOC
#define OWN_CALLOC 1
#endif

static unsigned calls;
static unsigned fail_at; /* 0: never */

#if OWN_CALLOC
extern void *__libc_calloc(size_t count, size_t size);

void *calloc(size_t count, size_t size)
{
    return ++calls == fail_at ? NULL : __libc_calloc(count, size);
}
#endif

static void test_crypto_verify_without_memory_says_so(void **state)
{
    const vector_t v = vector(R, S);
    (void)state;
    fail_at = 0;
    calls = 0;
    assert_int_equal(verify(&v), ONEOTA_PROVEN);
    const unsigned total = calls;
    assert_true(total > 20u || !OWN_CALLOC);
    for (unsigned n = 1; n <= total; n += n < 64u ? 1u : 61u) {
        calls = 0;
        fail_at = n;
        const uint32_t verdict = verify(&v);
        fail_at = 0;
        assert_int_equal(verdict, ONEOTA_PROVEN_NOT_NOW);
    }
}

/* To be tried again, unlike a signature that is wrong. */
static void test_trailer_screen_without_memory_says_so(void **state)
{
    const oneota_trust_t trust = fake_signer_trust(1);
    const oneota_wanted_t wanted = {.type = ONEOTA_PACKAGE_FULL};
    oneota_trailer_t trailer;
    (void)state;
    fake_signer_fill(&trailer, "x", 1);
    fake_signer_sign(&trailer, 0);
    calls = 0;
    fail_at = 3;
    const oneota_reason_t reason = oneota_trailer_screen(&trailer, 193, &trust, &wanted);
    fail_at = 0;
    assert_int_equal(reason, OWN_CALLOC ? ONEOTA_REASON_MEMORY : ONEOTA_REASON_NONE);
}

/* ---------------------------------------------------------------- signatures */

static void test_crypto_verify_published_signature_is_proven(void **state)
{
    (void)state;
    const vector_t v = vector(R, S);
    assert_int_equal(verify(&v), ONEOTA_PROVEN);
}

/* Both are valid; nothing here takes a signature for a name. */
static void test_crypto_verify_high_and_low_s_are_proven(void **state)
{
    (void)state;
    const vector_t v = vector(R, S_OTHER);
    assert_int_equal(verify(&v), ONEOTA_PROVEN);
}

static void test_crypto_verify_r_and_s_out_of_range_or_wrong_are_refused(void **state)
{
    static const char *const values[] = {ZERO, ONE_, ORDER_M1, ORDER, ORDER_P1, ALL_ONES, S, R};
    (void)state;
    for (size_t n = 0; n < COUNT(values); n++) {
        for (size_t i = 0; i < COUNT(values); i++) {
            const vector_t v = vector(values[n], values[i]);
            if (strcmp(values[n], R) != 0 || strcmp(values[i], S) != 0) {
                assert_refused(&v);
            }
        }
    }
}

static void test_crypto_verify_any_bit_changed_is_refused(void **state)
{
    const vector_t good = vector(R, S);
    vector_t v = good;
    (void)state;
    for (size_t bit = 0; bit < 8u * sizeof v; bit++) {
        uint8_t *byte = (uint8_t *)&v + bit / 8u;
        *byte = (uint8_t)(*byte ^ (1u << (bit % 8u)));
        assert_refused(&v);
        v = good;
    }
}

static void test_crypto_verify_key_that_is_no_point_is_refused(void **state)
{
    (void)state;
    vector_t v = vector(R, S);
    memset(v.key + 1, 0, 64);
    assert_refused(&v);
    memset(v.key, 0, 65);
    assert_refused(&v);
    memset(v.key, 0xFF, 65);
    assert_refused(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crypto_verify_published_signature_is_proven),
        cmocka_unit_test(test_crypto_verify_high_and_low_s_are_proven),
        cmocka_unit_test(test_crypto_verify_r_and_s_out_of_range_or_wrong_are_refused),
        cmocka_unit_test(test_crypto_verify_any_bit_changed_is_refused),
        cmocka_unit_test(test_crypto_verify_key_that_is_no_point_is_refused),
        cmocka_unit_test(test_crypto_verify_without_memory_says_so),
        cmocka_unit_test(test_trailer_screen_without_memory_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
