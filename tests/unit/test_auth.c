/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_auth.c: the Authorization value against published and computed signatures.
 *
 * A computed one comes from
 *
 *     printf '%s\n%s\n%s\n%s' ET METHOD RES VERSION |
 *         openssl dgst -METHOD -mac HMAC -macopt hexkey:KEY -binary | base64
 *
 * where KEY is the hex of the access key: printf ACCESS_KEY | base64 -d | xxd -p -c 256
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define GUARD 0xA5

/* The documents' sample key: 2ae177353fe350127ad8b34107f03c5d903d0aa4b70aeefd07f00199f035502c */
#define DOCS_KEY "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw="

/* 00 01 02 00 00 00 04 05 00 ff 00; 64 and 65 bytes from 00 up; 128 from 7f down; one more */
#define KEY_WITH_ZEROS "AAECAAAABAUA/wA="
#define KEY_64 \
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="
#define KEY_65 \
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A="
#define KEY_128_START                                                                              \
    "f359fHt6eXh3dnV0c3JxcG9ubWxramloZ2ZlZGNiYWBfXl1cW1pZWFdWVVRTUlFQT05NTEtKSUhHRkVEQ0JBQD8+PTw7" \
    "Ojk4NzY1NDMyMTAvLi0sKyopKCcmJSQjIiEgHx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQ"
#define KEY_128 KEY_128_START "A="
#define KEY_129 KEY_128_START "AA"

/* ---------------------------------------------------------------- signatures */

typedef struct {
    const char *key;
    uint64_t et;
    const char *method;
    const char *res;
    const char *sign;
} vector_t;

/* All of version 2018-10-31. */
static const vector_t k_vectors[] = {
    /* printed in the documents of OneNET: OTA, simulated device; MQTT, connecting */
    {"RePqKaM9eCTjyUVl7/QP/kzyDLkfMwZYvcthTqT0qC0=", 7559008892u, "sha1", "products/245528",
     "TPllhakDDnUV90epLnOqpj6aWqI="},
    {"EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM=", 7557387130u, "sha1",
     "products/238322/devices/mqtts-test-device", "Rs0u/KnyoK5/MuKo5xKa0tW+WqY="},
    {DOCS_KEY, 1537255523, "md5", "products/123123", "M3jB6jcSNUuGcvW3dFcrWA=="},
    {DOCS_KEY, 1537255523, "sha1", "products/123123", "lsaPSiiGvEFFjXu5WU7a6IkScqE="},
    {DOCS_KEY, 1537255523, "sha256", "products/123123",
     "tuFMd8Cc5krZO+RiNaW4mad5tauSFq2J89Gd70MXQPI="},
    /* a MAC with 0x00 in the middle */
    {DOCS_KEY, 1537255538, "md5", "products/123123", "NNsM+TsAgjHBPa+wQjO3gA=="},
    {DOCS_KEY, 1537255524, "sha1", "products/123123", "MuAKh857ABenx2BhHrA8LLHEUWg="},
    {DOCS_KEY, 1537255531, "sha256", "products/123123",
     "VagRKoDGBQZL1iZETNJ7SJiDUsymAE+fm9cDhMrEAIM="},
    /* a MAC that begins with 0x00 */
    {DOCS_KEY, 1537255556, "md5", "products/123123", "AOweM6Osx+fqyXIons+mbg=="},
    {DOCS_KEY, 1537255693, "sha1", "products/123123", "ADtAmNQ5tbD3xXXQXGQoeYtH/Ws="},
    {DOCS_KEY, 1537255580, "sha256", "products/123123",
     "AD5JaXPn8dIudSNPVFNDQlQWjbl18HbwI39CutgulDk="},
    /* a MAC that ends with 0x00 */
    {DOCS_KEY, 1537256114, "md5", "products/123123", "YjMzLBdBnrb6GgOXreFtAA=="},
    {DOCS_KEY, 1537255557, "sha1", "products/123123", "ihfH/IPkdm5MmpkATfdCgbvUhgA="},
    {DOCS_KEY, 1537255642, "sha256", "products/123123",
     "nKjkOpkhwuCFpNI1AGXfsZbpv1ceu2+hmyXSCoSwIgA="},
    /* a sign that holds + and / and = */
    {DOCS_KEY, 1537255548, "md5", "products/123123", "lWP4/ZaqopwM8x2+PC1sBQ=="},
    {DOCS_KEY, 1537255531, "sha1", "products/123123", "Xkht5iZnowSm62MUbXPIMAt/+c8="},
    {DOCS_KEY, 1537255530, "sha256", "products/123123",
     "bKdpetuJx0vw6m9J7ygm3W7y5+dbxX1lC3ROltnG/SU="},
    /* a key that begins and ends with 0x00, and has it in the middle */
    {KEY_WITH_ZEROS, 1537255523, "md5", "products/123123", "O1F9AL3h4eg++Q4+c//cvQ=="},
    {KEY_WITH_ZEROS, 1537255523, "sha1", "products/123123", "9x2ma1xJTwDvd+eYUEz9rm+whF0="},
    {KEY_WITH_ZEROS, 1537255523, "sha256", "products/123123",
     "RctWm7dby5tw94hkTNFb1byHC3ORqPOGQ76tM2SmWZw="},
    /* a key of the HMAC block's length, a longer one, the longest */
    {KEY_64, 1537255523, "md5", "products/123123", "fUYmlN+xmypCrzgpDu2s/w=="},
    {KEY_64, 1537255523, "sha1", "products/123123", "zrfhe9q/xUKJEY3aTE6kUoxTbUE="},
    {KEY_64, 1537255523, "sha256", "products/123123",
     "PsFXgqGMTwEeccVUZO48+7GEmtrnOyqd8ykwoTq6Cn8="},
    {KEY_65, 1537255523, "md5", "products/123123", "oXENYKgxigmrD1fVLALfhQ=="},
    {KEY_65, 1537255523, "sha1", "products/123123", "BbRT2mo+tROgtRVzSRuJ/33Wvso="},
    {KEY_65, 1537255523, "sha256", "products/123123",
     "jy41Md1UP4P4T67Sgu/nRgt0NH3rbCazCVOErVzt4Ec="},
    {KEY_128, 1537255523, "md5", "products/123123", "uoHstgZ3ls3+WNfZ2P0vCg=="},
    {KEY_128, 1537255523, "sha1", "products/123123", "BjpCAe2vHlsjjpLwOeyuKOH7BoU="},
    {KEY_128, 1537255523, "sha256", "products/123123",
     "WjTVzf8Yo3Cfm8nwl1GcywMMCKg7RBzmZwSRhv+Ts3w="},
    /* a key without its padding: one '=', two */
    {"KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw", 1537255523, "sha1", "products/123123",
     "lsaPSiiGvEFFjXu5WU7a6IkScqE="},
    {"yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5g", 1537255523, "sha1", "products/123123",
     "LwjOKHJPCM5bc68EWhn5wuNDZRs="},
    {"yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5g==", 1537255523, "sha1", "products/123123",
     "LwjOKHJPCM5bc68EWhn5wuNDZRs="},
    /* et around 2^32, the largest, none */
    {DOCS_KEY, 4294967295u, "sha1", "products/123123", "Y/vs+3dBQbNBDONTiNoYLi2z3tw="},
    {DOCS_KEY, 4294967296u, "sha1", "products/123123", "v1RWSyPfSEQ9h56V0FhF4lr5ATw="},
    {DOCS_KEY, 4294967297u, "sha1", "products/123123", "KsazLORgF8LzWq11L7LCeXo8eQU="},
    {DOCS_KEY, UINT64_MAX, "sha1", "products/123123", "7jECOEW2geUVFLgqrf7mGN6X8YU="},
    {DOCS_KEY, 0, "sha1", "products/123123", "Xt85t+kJpVoykYdBlGp2aCblMwQ="},
    /* every character that the documents encode: signed as it is */
    {DOCS_KEY, 1537255523, "sha1", "products/123123/devices/a b+c?d%e#f&g=h",
     "sAvn3gESDVgkEUg+IawlIhG70MM="},
};

static uint8_t sign_of(const char *method)
{
    return strcmp(method, "sha1") == 0  ? ONEOTA_SIGN_SHA1
           : strcmp(method, "md5") == 0 ? ONEOTA_SIGN_MD5
                                        : ONEOTA_SIGN_SHA256;
}

/* Replaces %XX. */
static void decode(char *text)
{
    static const char k_hex[] = "0123456789ABCDEF";
    char *to = text;

    while (*text != '\0') {
        if (*text == '%') {
            const char *high = strchr(k_hex, text[1]);
            const char *low = strchr(k_hex, text[2]);
            assert_true(text[1] != '\0' && text[2] != '\0' && high != NULL && low != NULL);
            *to++ = (char)((high - k_hex) * 16 + (low - k_hex));
            text += 3;
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
}

/* Takes name=value off the front of *rest, up to & or the end, and gives the decoded value. */
static const char *take_pair(char **rest, const char *name)
{
    char *value = *rest + strlen(name) + 1;
    char *end = value + strcspn(value, "&");

    assert_memory_equal(*rest, name, strlen(name));
    assert_int_equal(value[-1], '=');
    *rest = *end == '&' ? end + 1 : end;
    *end = '\0';
    decode(value);
    return value;
}

static void write_value(char *value, size_t size, const oneota_identity_t *identity, uint64_t et)
{
    text_t text = oneota_text_begin(value, size - 1);

    oneota_auth_write(&text, identity, et);
    assert_int_equal(text.error, ONEOTA_OK);
    value[text.length] = '\0';
}

static void assert_signed(const oneota_identity_t *identity, uint64_t et, const char *method,
                          const char *res, const char *version, const char *sign)
{
    char value[512];
    char number[21];
    char *rest = value;
    text_t digits = oneota_text_begin(number, 20);

    oneota_text_put_long(&digits, et);
    number[digits.length] = '\0';
    write_value(value, sizeof value, identity, et);
    assert_string_equal(take_pair(&rest, "version"), version);
    assert_string_equal(take_pair(&rest, "res"), res);
    assert_string_equal(take_pair(&rest, "et"), number);
    assert_string_equal(take_pair(&rest, "method"), method);
    assert_string_equal(take_pair(&rest, "sign"), sign);
    assert_string_equal(rest, "");
}

static void test_auth_vector_gives_its_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_vectors); i++) {
        const vector_t *vector = &k_vectors[i];
        oneota_identity_t identity = {.key = vector->key, .res = vector->res};
        identity.sign = sign_of(vector->method);
        assert_signed(&identity, vector->et, vector->method, vector->res, "2018-10-31",
                      vector->sign);
    }
}

/* Version 2022-05-01, as the newer console uses it. */
static void test_auth_vector_of_another_version_gives_its_signature(void **state)
{
    static const vector_t k_cases[] = {
        {DOCS_KEY, 1862515432, "md5", "userid/112", "iDFAFBBfffUrFNZw18rNUQ=="},
        {DOCS_KEY, 1862515432, "sha1", "userid/112", "DMEK7p1rOdWwyQiBpVfQNlBuEtI="},
        {DOCS_KEY, 1862515432, "sha256", "userid/112",
         "N7Jd29r2SCNXtfgxbWcIt72a7kgiNSxWc5jqcxpKzmo="},
        {DOCS_KEY, 1862515432, "sha1", "products/123123/devices/mydev",
         "FdnXJoX7GC4eDQAAnhPp3tUvnhE="},
        {DOCS_KEY, 1862515432, "sha256", "products/123123/devices/mydev",
         "VleuU/+3FZiS+SSkX2mBsi39rqkva7n3piEIaUyq3os="},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_cases); i++) {
        const vector_t *vector = &k_cases[i];
        oneota_identity_t identity = {.key = vector->key, .res = vector->res};
        identity.auth_version = "2022-05-01";
        identity.sign = sign_of(vector->method);
        assert_signed(&identity, vector->et, vector->method, vector->res, "2022-05-01",
                      vector->sign);
    }
}

/* ---------------------------------------------------------------- the bytes of the header */

typedef struct {
    oneota_identity_t identity;
    uint64_t et;
    const char *header;
} header_t;

static const header_t k_headers[] = {
    {{.product = "245528",
      .key = "RePqKaM9eCTjyUVl7/QP/kzyDLkfMwZYvcthTqT0qC0="}, /* as the documents print it */
     7559008892u,
     "version=2018-10-31&res=products%2F245528&et=7559008892&method=sha1"
     "&sign=TPllhakDDnUV90epLnOqpj6aWqI%3D"},
    {{.product = "238322",
      .device = "42",
      .device_name = "mqtts-test-device",
      .scope = ONEOTA_RES_DEVICE,
      .key = "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM="},
     7557387130u,
     "version=2018-10-31&res=products%2F238322%2Fdevices%2Fmqtts-test-device&et=7557387130"
     "&method=sha1&sign=Rs0u%2FKnyoK5%2FMuKo5xKa0tW%2BWqY%3D"},
    {{.product = "123123", .sign = ONEOTA_SIGN_MD5, .key = DOCS_KEY},
     1537255523,
     "version=2018-10-31&res=products%2F123123&et=1537255523&method=md5"
     "&sign=M3jB6jcSNUuGcvW3dFcrWA%3D%3D"},
    {{.product = "123123", .sign = ONEOTA_SIGN_SHA1, .key = DOCS_KEY},
     1537255523,
     "version=2018-10-31&res=products%2F123123&et=1537255523&method=sha1"
     "&sign=lsaPSiiGvEFFjXu5WU7a6IkScqE%3D"},
    {{.product = "123123", .sign = ONEOTA_SIGN_SHA256, .key = DOCS_KEY},
     1537255523,
     "version=2018-10-31&res=products%2F123123&et=1537255523&method=sha256"
     "&sign=tuFMd8Cc5krZO%2BRiNaW4mad5tauSFq2J89Gd70MXQPI%3D"},
    /* without a device name: the device */
    {{.product = "123123", .device = "42", .scope = ONEOTA_RES_DEVICE, .key = DOCS_KEY},
     1537255523,
     "version=2018-10-31&res=products%2F123123%2Fdevices%2F42&et=1537255523&method=sha1"
     "&sign=P%2FYRR9dWCu4POrNEGuazvlRAmGA%3D"},
    /* a device and its name do not matter to the product's scope */
    {{.product = "123123", .device = "42", .device_name = "name", .key = DOCS_KEY},
     1537255523,
     "version=2018-10-31&res=products%2F123123&et=1537255523&method=sha1"
     "&sign=lsaPSiiGvEFFjXu5WU7a6IkScqE%3D"},
    /* a res that is given goes before what scope would make */
    {{.product = "1",
      .device = "2",
      .scope = ONEOTA_RES_DEVICE,
      .res = "products/123123",
      .key = DOCS_KEY},
     1537255523,
     "version=2018-10-31&res=products%2F123123&et=1537255523&method=sha1"
     "&sign=lsaPSiiGvEFFjXu5WU7a6IkScqE%3D"},
    /* all that the documents name: + space / ? % # & = */
    {{.res = "products/123123/devices/a b+c?d%e#f&g=h", .key = DOCS_KEY},
     1537255523,
     "version=2018-10-31&res=products%2F123123%2Fdevices%2Fa%20b%2Bc%3Fd%25e%23f%26g%3Dh"
     "&et=1537255523&method=sha1&sign=sAvn3gESDVgkEUg%2BIawlIhG70MM%3D"},
};

static void test_auth_identity_gives_the_header_byte_for_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(k_headers); i++) {
        char value[512];
        write_value(value, sizeof value, &k_headers[i].identity, k_headers[i].et);
        assert_string_equal(value, k_headers[i].header);
    }
}

static void test_auth_res_with_line_ends_cannot_leave_the_header(void **state)
{
    const oneota_identity_t identity = {.res = "a\r\nb\x01\x7f\xe5", .key = DOCS_KEY};
    char value[512];

    (void)state;
    write_value(value, sizeof value, &identity, 1537255523);
    assert_non_null(strstr(value, "&res=a%0D%0Ab%01%7F%E5&et="));
}

static void test_auth_text_before_it_is_kept(void **state)
{
    char value[512];
    text_t text = oneota_text_begin(value, sizeof value);

    (void)state;
    oneota_text_put(&text, "Authorization: ");
    oneota_auth_write(&text, &k_headers[0].identity, k_headers[0].et);
    assert_int_equal(text.error, ONEOTA_OK);
    value[text.length] = '\0';
    assert_memory_equal(value, "Authorization: ", 15);
    assert_string_equal(value + 15, k_headers[0].header);
}

static void test_auth_too_little_room_overflows_within_it(void **state)
{
    size_t needed = strlen(k_headers[0].header);
    uint8_t value[256];

    (void)state;
    for (size_t size = 0; size <= needed; size++) {
        text_t text = oneota_text_begin((char *)value, size);
        memset(value, GUARD, sizeof value);
        oneota_auth_write(&text, &k_headers[0].identity, k_headers[0].et);
        assert_int_equal(text.error, size < needed ? ONEOTA_LIMIT : ONEOTA_OK);
        for (size_t i = size; i < sizeof value; i++) {
            assert_int_equal(value[i], GUARD);
        }
    }
}

/* ---------------------------------------------------------------- what is missing or wrong */

static void test_auth_incomplete_identity_is_param(void **state)
{
    static const oneota_identity_t k_identities[] = {
        {.product = "1"},
        {.product = "1", .key = ""},
        {.key = DOCS_KEY},
        {.product = "", .key = DOCS_KEY},
        {.product = "1", .res = "", .key = DOCS_KEY},
        {.product = "1", .scope = ONEOTA_RES_DEVICE, .key = DOCS_KEY},
        {.product = "1", .device = "", .scope = ONEOTA_RES_DEVICE, .key = DOCS_KEY},
        {.product = "1",
         .device = "2",
         .device_name = "",
         .scope = ONEOTA_RES_DEVICE,
         .key = DOCS_KEY},
        {.device = "2", .scope = ONEOTA_RES_DEVICE, .key = DOCS_KEY},
        {.product = "", .device = "2", .scope = ONEOTA_RES_DEVICE, .key = DOCS_KEY},
        {.product = "1", .sign = ONEOTA_SIGN_COUNT, .key = DOCS_KEY},
        {.product = "1", .sign = 255, .key = DOCS_KEY},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_identities); i++) {
        char value[512];
        text_t text = oneota_text_begin(value, sizeof value);
        oneota_auth_write(&text, &k_identities[i], 1537255523);
        assert_int_equal(text.error, ONEOTA_PARAM);
    }
}

static void test_auth_key_that_is_no_base64_or_too_long_is_param(void **state)
{
    static const char *const k_keys[] = {
        "=",    "====",  "A",      "A===", "AAA=A", "=AAA",         "AAAAA",
        "AA A", "AAAA ", "AAAA\n", "AA-A", KEY_129, KEY_128 "AAAA", KEY_128_START KEY_128_START,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_keys); i++) {
        oneota_identity_t identity = {.product = "1", .key = k_keys[i]};
        char value[512];
        text_t text = oneota_text_begin(value, sizeof value);
        oneota_auth_write(&text, &identity, 1537255523);
        assert_int_equal(text.error, ONEOTA_PARAM);
    }
}

static void test_auth_longest_key_has_the_announced_number_of_characters(void **state)
{
    (void)state;
    assert_int_equal(strlen(KEY_128), ONEOTA_KEY_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_auth_vector_gives_its_signature),
        cmocka_unit_test(test_auth_vector_of_another_version_gives_its_signature),
        cmocka_unit_test(test_auth_identity_gives_the_header_byte_for_byte),
        cmocka_unit_test(test_auth_res_with_line_ends_cannot_leave_the_header),
        cmocka_unit_test(test_auth_text_before_it_is_kept),
        cmocka_unit_test(test_auth_too_little_room_overflows_within_it),
        cmocka_unit_test(test_auth_incomplete_identity_is_param),
        cmocka_unit_test(test_auth_key_that_is_no_base64_or_too_long_is_param),
        cmocka_unit_test(test_auth_longest_key_has_the_announced_number_of_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
