/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What is left of the access key and of a signature in memory once an Authorization was written: on
 * a stack that is the test's own, so that all of it can be looked at.
 */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

#include "auth.h"
#include "crypto.h"
#include "text.h"

#if defined(__SANITIZE_ADDRESS__)
#define OWN_STACK 0
#elif defined(__has_feature)
#define OWN_STACK !__has_feature(address_sanitizer)
#else
#define OWN_STACK 1
#endif

#define WINDOW 8u /* so many bytes of a secret in a row are found */

/* 32 bytes, and 72: more than a block of HMAC. No byte pair of them is there twice. */
#define SHORT_KEY "AQMHDx8/f/78+PDgwICCxIkTJ06cOHDhw4cOHTt37t0="
#define LONG_KEY                                            \
    "AQMHDx8/f/78+PDgwICCxIkTJ06cOHDhw4cOHTt37t0BAwcPHz9//" \
    "vz48ODAgILEiRMnTpw4cOHDhw4dO3fu3QEDBw8fP3"             \
    "/+"

static uint8_t stack[131072];
static ucontext_t here, there;
static oneota_identity_t identity;
static char value[512];
static size_t value_length;

static void write_value(void)
{
    text_t text = oneota_text_begin(value, sizeof value);
    oneota_auth_write(&text, &identity, 1700000000u);
    value_length = text.length;
    value[text.length] = '\0';
}

/* Once before, so that the dynamic linker, which saves registers there, has done its work. */
static void on_own_stack(void (*what)(void))
{
    what();
    memset(stack, 0xA5, sizeof stack);
    assert_int_equal(getcontext(&there), 0);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof stack;
    there.uc_link = &here;
    makecontext(&there, what, 0);
    assert_int_equal(swapcontext(&here, &there), 0);
}

static bool is_left(const uint8_t *secret, size_t length)
{
    for (size_t from = 0; from + WINDOW <= length; from++) {
        for (size_t at = 0; at + WINDOW <= sizeof stack; at++) {
            if (memcmp(stack + at, secret + from, WINDOW) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* As it is, as a hash sees it in words of this machine, and with each pad of HMAC. */
static void assert_not_left(const uint8_t *key, size_t length)
{
    static const uint8_t pads[] = {0, 0x36, 0x5C};
    for (size_t pad = 0; pad < sizeof pads; pad++) {
        uint8_t bytes[64], words[64];
        for (size_t n = 0; n < length; n++) {
            bytes[n] = (uint8_t)(key[n] ^ pads[pad]);
            words[n ^ 3u] = bytes[n];
        }
        assert_false(is_left(bytes, length));
        assert_false(is_left(words, length));
    }
}

static void begin(const char *key, unsigned sign)
{
    memset(&identity, 0, sizeof identity);
    identity.product = "33704";
    identity.key = key;
    identity.sign = (uint8_t)sign;
}

static const uint8_t k_key[32] = {0x01, 0x03, 0x07, 0x0F, 0x1F, 0x3F, 0x7F, 0xFE, 0xFC, 0xF8, 0xF0,
                                  0xE0, 0xC0, 0x80, 0x82, 0xC4, 0x89, 0x13, 0x27, 0x4E, 0x9C, 0x38,
                                  0x70, 0xE1, 0xC3, 0x87, 0x0E, 0x1D, 0x3B, 0x77, 0xEE, 0xDD};

static void leave_the_key(void)
{
    volatile uint8_t copy[1024]; /* so deep that the way back leaves it alone */
    for (size_t n = 0; n < sizeof k_key; n++) {
        copy[n] = k_key[n];
    }
    (void)copy[0];
}

static void test_secrets_the_look_finds_what_is_left(void **state)
{
    (void)state;
    if (OWN_STACK) {
        on_own_stack(leave_the_key);
        assert_true(is_left(k_key, sizeof k_key));
    }
}

static void test_secrets_nothing_of_the_key_is_left_on_the_stack(void **state)
{
    (void)state;
    for (unsigned sign = 0; OWN_STACK && sign < ONEOTA_SIGN_COUNT; sign++) {
        begin(SHORT_KEY, sign);
        on_own_stack(write_value);
        assert_true(value_length > 0);
        assert_not_left(k_key, sizeof k_key);
        assert_false(is_left((const uint8_t *)SHORT_KEY, strlen(SHORT_KEY)));
        begin(LONG_KEY, sign);
        on_own_stack(write_value);
        assert_true(value_length > 0);
        assert_not_left(k_key, sizeof k_key);
        assert_false(is_left((const uint8_t *)LONG_KEY, strlen(LONG_KEY)));
    }
}

/* What the value ends in is worth as much as the key, for an hour. */
static void test_secrets_nothing_of_the_signature_is_left_on_the_stack(void **state)
{
    (void)state;
    for (unsigned sign = 0; OWN_STACK && sign < ONEOTA_SIGN_COUNT; sign++) {
        uint8_t mac[CRYPTO_DIGEST_MAX + 3u];
        char text[CRYPTO_SIGN_MAX + 1u];
        begin(SHORT_KEY, sign);
        on_own_stack(write_value);
        const char *end = strstr(value, "&sign=");
        assert_non_null(end);
        size_t length = 0;
        for (end += 6; *end != '\0'; length++, end++) { /* %2B and its like */
            text[length] = *end;
            if (*end == '%') {
                text[length] = end[2] == 'B' ? '+' : end[2] == 'F' ? '/' : '=';
                end += 2;
            }
        }
        assert_false(is_left((const uint8_t *)text, length));
        uint32_t bits = 0;
        size_t bytes = 0;
        for (size_t n = 0; n < length && text[n] != '='; n++) {
            static const char digits[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            bits = bits << 6 | (uint32_t)(strchr(digits, text[n]) - digits);
            if (n % 4u == 3u) {
                mac[bytes++] = (uint8_t)(bits >> 16);
                mac[bytes++] = (uint8_t)(bits >> 8);
                mac[bytes++] = (uint8_t)bits;
            }
        }
        assert_true(bytes >= 12u);
        assert_false(is_left(mac, bytes));
    }
}

/* A key that cannot be used is not left either. */
static void test_secrets_nothing_of_a_refused_key_is_left_on_the_stack(void **state)
{
    static const char k_spoilt[] = "AQMHDx8/f/78+PDgwICCxIkTJ06cOHDhw4cOHTt37t!";
    (void)state;
    if (OWN_STACK) {
        begin(k_spoilt, ONEOTA_SIGN_SHA1);
        on_own_stack(write_value);
        assert_not_left(k_key, sizeof k_key);
        assert_false(is_left((const uint8_t *)k_spoilt, strlen(k_spoilt)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets_the_look_finds_what_is_left),
        cmocka_unit_test(test_secrets_nothing_of_the_key_is_left_on_the_stack),
        cmocka_unit_test(test_secrets_nothing_of_the_signature_is_left_on_the_stack),
        cmocka_unit_test(test_secrets_nothing_of_a_refused_key_is_left_on_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
