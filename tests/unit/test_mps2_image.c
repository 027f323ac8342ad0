/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_mps2_image.c: which images the example board starts: whole ones that were made for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../examples/mps2/boot/image.h"
#include "bytes.h"
#include "crypto.h"
#include "fake_flash.h"

#define SLOT_BYTES 32768u
#define PAYLOAD    10001u
#define PACKAGE    (IMAGE_HEADER_BYTES + PAYLOAD)

static fake_flash_t s_flash;
static uint8_t s_package[SLOT_BYTES + 4096u];

/* The digest over what is in the package now. */
static void seal(void)
{
    uint32_t length = oneota_bytes_get_u32(s_package + 16);
    oneota_hash_t hash;

    length = length < SLOT_BYTES ? length : SLOT_BYTES;
    oneota_crypto_hash_begin(&hash, CRYPTO_SHA256);
    oneota_crypto_hash_add(&hash, s_package, 224);
    oneota_crypto_hash_add(&hash, s_package + IMAGE_HEADER_BYTES, length);
    oneota_crypto_hash_end(&hash, s_package + 224);
}

static int set_up(void **state)
{
    fake_flash_config_t config = {
        .size = SLOT_BYTES, .unit = 4096, .program_unit = 16, .erased = 0xFF};

    (void)state;
    assert_true(fake_flash_init(&s_flash, &config));
    memset(s_package, 0, IMAGE_HEADER_BYTES);
    memcpy(s_package, "OTAI", 4);
    oneota_bytes_put_u32(s_package + 4, 256);
    oneota_bytes_put_u32(s_package + 8, 0x386);
    oneota_bytes_put_u32(s_package + 12, 0x00100000);
    oneota_bytes_put_u32(s_package + 16, PAYLOAD);
    strcpy((char *)s_package + 20, "1.2.3-rc_4");
    for (uint32_t i = IMAGE_HEADER_BYTES; i < sizeof s_package; i++) {
        s_package[i] = (uint8_t)(i * 7u + i / 251u);
    }
    oneota_bytes_put_u32(s_package + 256, 0x20010000);
    oneota_bytes_put_u32(s_package + 260, 0x00100205);
    seal();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_flash_free(&s_flash);
    return 0;
}

static oneota_error_t check(image_check_t *check, uint32_t size)
{
    oneota_error_t error = ONEOTA_AGAIN;

    fake_flash_put(&s_flash, 0, s_package, SLOT_BYTES);
    image_check_begin(check, &s_flash.port, &s_flash, size);
    for (unsigned i = 0; error == ONEOTA_AGAIN; i++) {
        assert_true(i < 20);
        error = image_check(check);
    }
    assert_int_equal(s_flash.violations, 0);
    return error;
}

static void expect_refused(uint32_t size, const char *why)
{
    image_check_t work;

    assert_int_equal(check(&work, size), ONEOTA_VERIFY);
    assert_string_equal(work.why, why);
}

/* ---------------------------------------------------------------- whole */

static void test_mps2_image_whole_is_taken(void **state)
{
    image_check_t work;

    (void)state;
    assert_int_equal(check(&work, PACKAGE), ONEOTA_OK);
    assert_int_equal(work.image.length, PACKAGE);
    assert_string_equal(work.image.version, "1.2.3-rc_4");
    assert_int_equal(check(&work, 0), ONEOTA_OK);
    assert_int_equal(work.image.length, PACKAGE);
}

static void test_mps2_image_check_goes_in_steps_of_4_kib(void **state)
{
    image_check_t work;
    unsigned steps = 1;

    (void)state;
    fake_flash_put(&s_flash, 0, s_package, SLOT_BYTES);
    image_check_begin(&work, &s_flash.port, &s_flash, PACKAGE);
    while (image_check(&work) == ONEOTA_AGAIN) {
        steps++;
    }
    assert_int_equal(steps, 1 + (PAYLOAD + 4095) / 4096);
}

static void test_mps2_image_that_fills_the_slot_is_taken(void **state)
{
    image_check_t work;

    (void)state;
    oneota_bytes_put_u32(s_package + 16, SLOT_BYTES - IMAGE_HEADER_BYTES);
    seal();
    assert_int_equal(check(&work, SLOT_BYTES), ONEOTA_OK);
}

/* ---------------------------------------------------------------- refused */

static void test_mps2_image_of_wrong_size_is_refused(void **state)
{
    static const struct {
        uint32_t size;
        const char *why;
    } k_rows[] = {{1, "truncated"},
                  {255, "truncated"},
                  {256, "truncated"},
                  {PACKAGE - 1, "truncated"},
                  {PACKAGE + 1, "bytes behind its end"},
                  {SLOT_BYTES, "bytes behind its end"},
                  {SLOT_BYTES + 1, "larger than the slot"},
                  {UINT32_MAX, "larger than the slot"}};

    (void)state;
    for (size_t i = 0; i < sizeof k_rows / sizeof k_rows[0]; i++) {
        expect_refused(k_rows[i].size, k_rows[i].why);
    }
}

static void test_mps2_image_with_wrong_number_is_refused(void **state)
{
    static const struct {
        uint32_t place, value;
        const char *why;
    } k_rows[] = {
        {0, 0xFFFFFFFF, "not an image"},
        {0, 0x464C457F, "not an image"},
        {4, 64, "header of an unknown format"},
        {4, 512, "header of an unknown format"},
        {8, 0x385, "for another board"},
        {12, 0x00200000, "for another load address"},
        {16, 0, "length out of range"},
        {16, 7, "length out of range"},
        {16, UINT32_MAX, "length out of range"},
        {16, UINT32_MAX - 255, "length out of range"},
        {16, UINT32_MAX - 256, "larger than the slot"},
        {16, SLOT_BYTES - 255, "larger than the slot"},
        {256, 0x20000000, "vector table points outside"},
        {256, 0x20010008, "vector table points outside"},
        {256, 0x20008004, "vector table points outside"},
        {260, 0x00100204, "vector table points outside"},
        {260, 0x001000FF, "vector table points outside"},
        {260, IMAGE_LOAD + PACKAGE + 1, "vector table points outside"},
        {260, 0xFFFFFFFF, "vector table points outside"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof k_rows / sizeof k_rows[0]; i++) {
        uint32_t old = oneota_bytes_get_u32(s_package + k_rows[i].place);
        oneota_bytes_put_u32(s_package + k_rows[i].place, k_rows[i].value);
        seal();
        expect_refused(0, k_rows[i].why);
        oneota_bytes_put_u32(s_package + k_rows[i].place, old);
        seal();
    }
}

static void test_mps2_image_with_wrong_version_is_refused(void **state)
{
    static const char *const k_versions[] = {
        "", "1 0", "1.0\n", "123456789012345678901", "1.0\xC3\xA9", "%s"};

    (void)state;
    for (size_t i = 0; i < sizeof k_versions / sizeof k_versions[0]; i++) {
        memset(s_package + 20, 0, 32);
        memcpy(s_package + 20, k_versions[i], strlen(k_versions[i]));
        seal();
        expect_refused(PACKAGE, "version out of range");
    }
    memset(s_package + 20, 'v', 204);
    seal();
    expect_refused(PACKAGE, "version out of range");
    memset(s_package + 20, 0, 32);
    memset(s_package + 20, 'v', 20);
    seal();
    image_check_t work;
    assert_int_equal(check(&work, PACKAGE), ONEOTA_OK);
}

/* The magic, the numbers and the payload: nothing escapes the digest. */
static void test_mps2_image_with_any_bit_flipped_is_refused(void **state)
{
    image_check_t work;

    (void)state;
    for (uint32_t at = 0; at < PACKAGE; at += at < 280 ? 1 : 97) {
        s_package[at] ^= 0x10;
        assert_int_equal(check(&work, PACKAGE), ONEOTA_VERIFY);
        assert_non_null(work.why);
        s_package[at] ^= 0x10;
    }
    s_package[PACKAGE] ^= 0x10;
    assert_int_equal(check(&work, PACKAGE), ONEOTA_OK);
}

static void test_mps2_image_unreadable_is_storage(void **state)
{
    image_check_t work;

    (void)state;
    for (uint32_t call = 1; call <= 3; call++) {
        s_flash.fault_at = s_flash.calls[FAKE_READ] + call;
        s_flash.fault_count = 1;
        s_flash.fault_kind = FAKE_READ;
        assert_int_equal(check(&work, PACKAGE), ONEOTA_STORAGE);
        assert_string_equal(work.why, "cannot be read");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mps2_image_whole_is_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mps2_image_check_goes_in_steps_of_4_kib, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_mps2_image_that_fills_the_slot_is_taken, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_mps2_image_of_wrong_size_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_mps2_image_with_wrong_number_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_mps2_image_with_wrong_version_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_mps2_image_with_any_bit_flipped_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_mps2_image_unreadable_is_storage, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
