/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_crypto.c: hashes and signatures against published vectors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define GUARD 0xA5

static const char *to_hex(const uint8_t *bytes, size_t length)
{
    static char hex[2 * CRYPTO_DIGEST_MAX + 1];

    for (size_t i = 0; i < length; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
    return hex;
}

static void assert_zero(const void *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(((const uint8_t *)data)[i], 0);
    }
}

static const crypto_hash_kind_t k_kinds[] = {CRYPTO_MD5, CRYPTO_SHA1, CRYPTO_SHA256};

/* ---------------------------------------------------------------- hashes */

#define DIGITS_40  "1234567890123456789012345678901234567890"
#define DIGITS_80  DIGITS_40 DIGITS_40
#define LETTERS_56 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
#define ALPHABET   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

typedef struct {
    crypto_hash_kind_t kind;
    const char *unit; /* the message is this, */
    size_t repeats;   /* so many times */
    const char *digest;
} hash_vector_t;

/* RFC 1321 A.5, RFC 3174 7.3, FIPS 180-2 A and B; the others: printf abc | openssl dgst -sha1 */
static const hash_vector_t k_hashes[] = {
    {CRYPTO_MD5, "", 1, "d41d8cd98f00b204e9800998ecf8427e"},
    {CRYPTO_MD5, "a", 1, "0cc175b9c0f1b6a831c399e269772661"},
    {CRYPTO_MD5, "abc", 1, "900150983cd24fb0d6963f7d28e17f72"},
    {CRYPTO_MD5, "message digest", 1, "f96b697d7cb7938d525a2f31aaf161d0"},
    {CRYPTO_MD5, "abcdefghijklmnopqrstuvwxyz", 1, "c3fcd3d76192e4007dfb496cca67e13b"},
    {CRYPTO_MD5, ALPHABET, 1, "d174ab98d277d9f5a5611c2c9f419d9f"},
    {CRYPTO_MD5, DIGITS_80, 1, "57edf4a22be3c955ac49da2e2107b67a"},
    {CRYPTO_MD5, "a", 1000000, "7707d6ae4e027c70eea2a935c2296f21"},
    {CRYPTO_SHA1, "", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {CRYPTO_SHA1, "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {CRYPTO_SHA1, LETTERS_56, 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {CRYPTO_SHA1, "a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
    {CRYPTO_SHA1, "01234567", 80, "dea356a2cddd90c7a7ecedc5ebb563934f460452"},
    {CRYPTO_SHA256, "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {CRYPTO_SHA256, "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {CRYPTO_SHA256, LETTERS_56, 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {CRYPTO_SHA256, "a", 1000000,
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void test_crypto_hash_published_message_gives_its_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_hashes); i++) {
        const hash_vector_t *vector = &k_hashes[i];
        oneota_hash_t hash;
        uint8_t digest[CRYPTO_DIGEST_MAX];
        oneota_crypto_hash_begin(&hash, vector->kind);
        for (size_t n = 0; n < vector->repeats; n++) {
            oneota_crypto_hash_add(&hash, vector->unit, strlen(vector->unit));
        }
        oneota_crypto_hash_end(&hash, digest);
        assert_string_equal(to_hex(digest, vector->kind), vector->digest);
    }
}

static void test_crypto_hash_split_anywhere_gives_the_same_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_hashes); i++) {
        const hash_vector_t *vector = &k_hashes[i];
        size_t length = strlen(vector->unit);
        for (size_t split = 0; vector->repeats == 1 && split <= length; split++) {
            oneota_hash_t hash;
            uint8_t digest[CRYPTO_DIGEST_MAX];
            oneota_crypto_hash_begin(&hash, vector->kind);
            oneota_crypto_hash_add(&hash, vector->unit, split);
            oneota_crypto_hash_add(&hash, vector->unit + split, length - split);
            oneota_crypto_hash_end(&hash, digest);
            assert_string_equal(to_hex(digest, vector->kind), vector->digest);
        }
    }
}

static void test_crypto_hash_copied_half_way_both_go_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_hashes); i++) {
        const hash_vector_t *vector = &k_hashes[i];
        size_t half = strlen(vector->unit) / 2;
        oneota_hash_t hash;
        oneota_hash_t copy;
        uint8_t digest[CRYPTO_DIGEST_MAX];
        if (vector->repeats != 1) {
            continue;
        }
        oneota_crypto_hash_begin(&hash, vector->kind);
        oneota_crypto_hash_add(&hash, vector->unit, half);
        copy = hash;
        oneota_crypto_hash_add(&hash, "something else", 14);
        oneota_crypto_hash_end(&hash, digest);
        oneota_crypto_hash_add(&copy, vector->unit + half, strlen(vector->unit) - half);
        oneota_crypto_hash_end(&copy, digest);
        assert_string_equal(to_hex(digest, vector->kind), vector->digest);
    }
}

static void test_crypto_hash_end_wipes_context_and_writes_no_more_than_the_digest(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(k_kinds); k++) {
        const crypto_hash_kind_t kind = k_kinds[k];
        oneota_hash_t hash;
        uint8_t digest[CRYPTO_DIGEST_MAX + 4];
        memset(&hash, GUARD, sizeof hash);
        memset(digest, GUARD, sizeof digest);
        oneota_crypto_hash_begin(&hash, kind);
        oneota_crypto_hash_add(&hash, "secret", 6);
        oneota_crypto_hash_end(&hash, digest);
        assert_zero(&hash, sizeof hash);
        for (size_t i = kind; i < sizeof digest; i++) {
            assert_int_equal(digest[i], GUARD);
        }
    }
}

static void test_crypto_hash_of_no_kind_writes_nothing(void **state)
{
    oneota_hash_t hash;
    uint8_t digest[CRYPTO_DIGEST_MAX];

    (void)state;
    memset(&hash, 0, sizeof hash);
    memset(digest, GUARD, sizeof digest);
    oneota_crypto_hash_begin(&hash, (crypto_hash_kind_t)0);
    oneota_crypto_hash_add(&hash, "abc", 3);
    assert_zero(&hash, sizeof hash);
    oneota_crypto_hash_end(&hash, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        assert_int_equal(digest[i], GUARD);
    }
}

/* ---------------------------------------------------------------- signatures */

typedef struct {
    crypto_hash_kind_t kind;
    int key_byte; /* the key is this byte key_length times; COUNTED: 1, 2, 3 ...; TEXT: "Jefe" */
    size_t key_length;
    const char *data;
    const char *mac; /* as far as it is published */
} hmac_vector_t;

#define COUNTED (-1)
#define TEXT    (-2)

#define FIFTY_DD                                                                                   \
    "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd" \
    "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd" \
    "\xdd\xdd\xdd\xdd"
#define FIFTY_CD                                                                                   \
    "\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd" \
    "\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd" \
    "\xcd\xcd\xcd\xcd"
#define QUESTION  "what do ya want for nothing?"
#define HASH_KEY  "Test Using Larger Than Block-Size Key - Hash Key First"
#define LONG_DATA "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"

/* RFC 2202 2 and 3; RFC 4231 4.2 to 4.6 */
static const hmac_vector_t k_hmacs[] = {
    {CRYPTO_MD5, 0x0b, 16, "Hi There", "9294727a3638bb1c13f48ef8158bfc9d"},
    {CRYPTO_MD5, TEXT, 4, QUESTION, "750c783e6ab0b503eaa86e310a5db738"},
    {CRYPTO_MD5, 0xaa, 16, FIFTY_DD, "56be34521d144c88dbb8c733f0e8b3f6"},
    {CRYPTO_MD5, COUNTED, 25, FIFTY_CD, "697eaf0aca3a3aea3a75164746ffaa79"},
    {CRYPTO_MD5, 0x0c, 16, "Test With Truncation", "56461ef2342edc00f9bab995690efd4c"},
    {CRYPTO_MD5, 0xaa, 80, HASH_KEY, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
    {CRYPTO_MD5, 0xaa, 80, LONG_DATA, "6f630fad67cda0ee1fb1f562db3aa53e"},
    {CRYPTO_SHA1, 0x0b, 20, "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"},
    {CRYPTO_SHA1, TEXT, 4, QUESTION, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {CRYPTO_SHA1, 0xaa, 20, FIFTY_DD, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    {CRYPTO_SHA1, COUNTED, 25, FIFTY_CD, "4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
    {CRYPTO_SHA1, 0x0c, 20, "Test With Truncation", "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
    {CRYPTO_SHA1, 0xaa, 80, HASH_KEY, "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {CRYPTO_SHA1, 0xaa, 80, LONG_DATA, "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
    {CRYPTO_SHA256, 0x0b, 20, "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {CRYPTO_SHA256, TEXT, 4, QUESTION,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {CRYPTO_SHA256, 0xaa, 20, FIFTY_DD,
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {CRYPTO_SHA256, COUNTED, 25, FIFTY_CD,
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {CRYPTO_SHA256, 0x0c, 20, "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"},
};

static void fill_key(uint8_t *key, const hmac_vector_t *vector)
{
    for (size_t i = 0; i < vector->key_length; i++) {
        key[i] = (uint8_t)(vector->key_byte == COUNTED ? (int)i + 1
                           : vector->key_byte == TEXT  ? "Jefe"[i]
                                                       : vector->key_byte);
    }
}

static const char k_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* With its padding. */
static void to_base64(const uint8_t *bytes, size_t length, char *text)
{
    for (size_t i = 0; i < length; i += 3) {
        unsigned long group = (unsigned long)bytes[i] << 16;
        group |= i + 1 < length ? (unsigned long)bytes[i + 1] << 8 : 0;
        group |= i + 2 < length ? bytes[i + 2] : 0;
        *text++ = k_digits[group >> 18];
        *text++ = k_digits[group >> 12 & 63];
        *text++ = (char)(i + 1 < length ? k_digits[group >> 6 & 63] : '=');
        *text++ = (char)(i + 2 < length ? k_digits[group & 63] : '=');
    }
    *text = '\0';
}

/* The signature is base64 of this MAC; of no more than its published part, if it is cut. */
static void assert_mac(crypto_hash_kind_t kind, const uint8_t *key, size_t key_length,
                       const char *data, const char *mac)
{
    char key_text[180];
    char sign[CRYPTO_SIGN_MAX + 2];
    uint8_t bytes[CRYPTO_DIGEST_MAX];
    char expected[CRYPTO_SIGN_MAX + 1];
    const size_t length = strlen(mac) / 2;

    for (size_t i = 0; i < length; i++) {
        unsigned byte;
        assert_int_equal(sscanf(mac + 2 * i, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
    }
    to_base64(bytes, length, expected);
    to_base64(key, key_length, key_text);
    memset(sign, GUARD, sizeof sign);
    assert_true(oneota_crypto_sign(kind, key_text, data, strlen(data), sign));
    if (length == kind) {
        assert_string_equal(sign, expected);
    } else {
        assert_memory_equal(sign, expected, length / 3 * 4);
    }
    assert_int_equal(strlen(sign), (kind + 2) / 3 * 4);
    assert_int_equal((uint8_t)sign[CRYPTO_SIGN_MAX + 1], GUARD);
}

static void test_crypto_sign_published_message_gives_its_mac(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_hmacs); i++) {
        const hmac_vector_t *vector = &k_hmacs[i];
        uint8_t key[128];
        fill_key(key, vector);
        assert_mac(vector->kind, key, vector->key_length, vector->data, vector->mac);
    }
}

/* Keys of the bytes 0, 1, 2 ... around the block's 64 bytes. The MAC of "oneota", here for 3 bytes:
 * printf oneota | openssl dgst -sha1 -mac HMAC -macopt hexkey:000102 */
static void test_crypto_sign_key_around_the_block_length_gives_its_mac(void **state)
{
    static const struct {
        crypto_hash_kind_t kind;
        size_t key_length;
        const char *mac;
    } k_cases[] = {
        {CRYPTO_MD5, 63, "7f95a168dc4ff7cf1f81fe0ad41cb2ab"},
        {CRYPTO_MD5, 64, "5f641d8b07ca7d0a45a166caf2fe847e"},
        {CRYPTO_MD5, 65, "e4b8eae8dc82ea36f5cf93b3c0592ce6"},
        {CRYPTO_SHA1, 63, "70fc440307dde33607cc29825e7dce589dd16715"},
        {CRYPTO_SHA1, 64, "5e23e218753b11bfaba87fca2090b68311c4e39d"},
        {CRYPTO_SHA1, 65, "9f492531364b48399b5ca36fd61ca4a16c9c6d67"},
        {CRYPTO_SHA256, 63, "b31f53bbf93caa9608f645ae1d08c5a35d0f797d5d840bbd58025224bc51cb49"},
        {CRYPTO_SHA256, 64, "3e01b7d23c34b0eed9c424371ae2ef2e095e104ea10ecd86cccef60abf6e791a"},
        {CRYPTO_SHA256, 65, "35b8f4c88a96b1c17f24ddb163545ae7558711154b19c5deaadc9da7849e6008"},
    };
    uint8_t key[65];

    (void)state;
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < COUNT(k_cases); i++) {
        assert_mac(k_cases[i].kind, key, k_cases[i].key_length, "oneota", k_cases[i].mac);
    }
}

/* ---------------------------------------------------------------- keys */

/* Every length, so every padding, with it and without. */
static void test_crypto_sign_key_with_and_without_padding_is_the_same(void **state)
{
    uint8_t key[128];

    (void)state;
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(i * 167 + 13);
    }
    for (size_t length = 1; length <= sizeof key; length++) {
        char text[180];
        char with[CRYPTO_SIGN_MAX + 1];
        char without[CRYPTO_SIGN_MAX + 1];
        char shorter[CRYPTO_SIGN_MAX + 1];
        to_base64(key, length, text);
        assert_true(oneota_crypto_sign(CRYPTO_SHA1, text, "x", 1, with));
        text[strcspn(text, "=")] = '\0';
        assert_true(oneota_crypto_sign(CRYPTO_SHA1, text, "x", 1, without));
        assert_string_equal(with, without);
        key[length - 1] ^= 1;
        to_base64(key, length, text);
        assert_true(oneota_crypto_sign(CRYPTO_SHA1, text, "x", 1, shorter));
        assert_string_not_equal(with, shorter);
        key[length - 1] ^= 1;
    }
}

static void test_crypto_sign_key_that_is_none_is_refused(void **state)
{
    static const char *const k_texts[] = {
        "",       "=",        "====",     "A",      "A===",  "AAAAA",        "Z=9v",     "=Zg=",
        "Zm=v",   "Zg==Zg==", "Zg =",     "Zm9v ",  " Zm9v", "Zm 9",         "Zm9v\n",   "Zm9v\r\n",
        "Zm\n9v", "    ",     "\n\n\n\n", "Zg\r\n", "Zg\n=", "Zg=\n",        "Zm9-",     "Zm9_",
        "Zm9v.",  "Zm9\x80",  "\xff\xff", "Zm9*",   "Zm,v",  "Zm9v    Zm9v", "Z m 9 v ",
    };
    char sign[CRYPTO_SIGN_MAX + 1];

    (void)state;
    for (size_t i = 0; i < COUNT(k_texts); i++) {
        if (oneota_crypto_sign(CRYPTO_MD5, k_texts[i], "x", 1, sign)) {
            fail_msg("\"%s\" was taken for a key", k_texts[i]);
        }
    }
}

static void test_crypto_sign_key_of_more_than_128_bytes_is_refused(void **state)
{
    char text[700];
    char sign[CRYPTO_SIGN_MAX + 1];

    (void)state;
    for (size_t length = 1; length < sizeof text; length++) {
        memset(text, 'A', length);
        text[length] = '\0';
        const size_t bytes = length * 3 / 4;
        assert_int_equal(oneota_crypto_sign(CRYPTO_SHA256, text, "x", 1, sign),
                         length % 4 != 1 && bytes <= 128);
    }
}

/* ---------------------------------------------------------------- memory */

static void test_crypto_hash_is_sees_every_bit(void **state)
{
    static const crypto_hash_kind_t kinds[] = {CRYPTO_MD5, CRYPTO_SHA1, CRYPTO_SHA256};

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const size_t bits = 8u * (size_t)kinds[i];
        uint8_t expected[CRYPTO_DIGEST_MAX];
        oneota_hash_t hash;
        oneota_crypto_hash_begin(&hash, kinds[i]);
        oneota_crypto_hash_end(&hash, expected);
        for (size_t bit = 0; bit <= bits; bit++) { /* the last one is none of the digest's */
            const uint8_t change = (uint8_t)(bit < bits ? 1u << bit % 8u : 0u);
            const size_t place = bit < bits ? bit / 8u : 0u;
            expected[place] ^= change;
            oneota_crypto_hash_begin(&hash, kinds[i]);
            assert_int_equal(oneota_crypto_hash_is(&hash, expected), bit == bits);
            expected[place] ^= change;
        }
    }
}

static void test_crypto_equal_two_differences_do_not_cancel_out(void **state)
{
    (void)state;
    assert_true(oneota_crypto_equal((const uint8_t *)"\x01\x01", (const uint8_t *)"\x01\x01", 2));
    assert_false(oneota_crypto_equal((const uint8_t *)"\x01\x01", (const uint8_t *)"\x02\x02", 2));
}

static void test_crypto_wipe_zeroises_these_bytes_alone(void **state)
{
    uint8_t bytes[10];

    (void)state;
    memset(bytes, GUARD, sizeof bytes);
    oneota_crypto_wipe(bytes + 1, 8);
    assert_int_equal(bytes[0], GUARD);
    assert_zero(bytes + 1, 8);
    assert_int_equal(bytes[9], GUARD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crypto_hash_published_message_gives_its_digest),
        cmocka_unit_test(test_crypto_hash_split_anywhere_gives_the_same_digest),
        cmocka_unit_test(test_crypto_hash_copied_half_way_both_go_on),
        cmocka_unit_test(test_crypto_hash_end_wipes_context_and_writes_no_more_than_the_digest),
        cmocka_unit_test(test_crypto_hash_of_no_kind_writes_nothing),
        cmocka_unit_test(test_crypto_sign_published_message_gives_its_mac),
        cmocka_unit_test(test_crypto_sign_key_around_the_block_length_gives_its_mac),
        cmocka_unit_test(test_crypto_sign_key_with_and_without_padding_is_the_same),
        cmocka_unit_test(test_crypto_sign_key_that_is_none_is_refused),
        cmocka_unit_test(test_crypto_sign_key_of_more_than_128_bytes_is_refused),
        cmocka_unit_test(test_crypto_hash_is_sees_every_bit),
        cmocka_unit_test(test_crypto_equal_two_differences_do_not_cancel_out),
        cmocka_unit_test(test_crypto_wipe_zeroises_these_bytes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
