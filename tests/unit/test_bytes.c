/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"

static void test_bytes_get_any_alignment_little_endian(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x78, 0x56, 0x34, 0x12, 0xFE, 0xFF, 0xFF, 0xFF};
    (void)state;
    assert_int_equal(oneota_bytes_get_u16(bytes), 0x7800);
    assert_int_equal(oneota_bytes_get_u16(bytes + 1), 0x5678);
    assert_int_equal(oneota_bytes_get_u16(bytes + 5), 0xFFFE);
    assert_int_equal(oneota_bytes_get_u32(bytes + 1), 0x12345678);
    assert_true(oneota_bytes_get_u32(bytes + 5) == 0xFFFFFFFEu);
}

static void test_bytes_put_any_alignment_little_endian_and_no_more(void **state)
{
    static const uint8_t wanted[] = {0xEE, 0xFE, 0xCA, 0x78, 0x56, 0x34, 0xF2, 0xEE};
    uint8_t bytes[8];
    (void)state;
    memset(bytes, 0xEE, sizeof bytes);
    oneota_bytes_put_u16(bytes + 1, 0xCAFE);
    oneota_bytes_put_u32(bytes + 3, 0xF2345678u);
    assert_memory_equal(bytes, wanted, sizeof wanted);
}

static void test_bytes_put_then_get_same_value(void **state)
{
    uint8_t bytes[4];
    (void)state;
    for (unsigned bit = 0; bit < 32u; bit++) {
        uint32_t value = (uint32_t)1 << bit;
        oneota_bytes_put_u32(bytes, value);
        assert_true(oneota_bytes_get_u32(bytes) == value);
        oneota_bytes_put_u16(bytes, (uint16_t)(value >> 16));
        assert_int_equal(oneota_bytes_get_u16(bytes), value >> 16);
    }
}

static void test_bytes_crc32_known_text_known_value(void **state)
{
    static const struct {
        const char *text;
        uint32_t crc;
    } cases[] = {
        {"", 0u},
        {"a", 0xE8B7BE43u},
        {"123456789", 0xCBF43926u}, /* the check value of CRC-32/ISO-HDLC */
        {"The quick brown fox jumps over the lazy dog", 0x414FA339u},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(oneota_bytes_crc32(0, cases[i].text, strlen(cases[i].text)) == cases[i].crc);
    }
}

static void test_bytes_crc32_in_pieces_as_in_one(void **state)
{
    static const char text[] = "123456789";
    (void)state;
    for (size_t cut = 0; cut <= 9u; cut++) {
        uint32_t crc = oneota_bytes_crc32(0, text, cut);
        assert_true(oneota_bytes_crc32(crc, text + cut, 9u - cut) == 0xCBF43926u);
    }
}

static void test_bytes_crc32_no_data_seed_unchanged(void **state)
{
    (void)state;
    assert_true(oneota_bytes_crc32(0x12345678u, NULL, 0) == 0x12345678u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_get_any_alignment_little_endian),
        cmocka_unit_test(test_bytes_put_any_alignment_little_endian_and_no_more),
        cmocka_unit_test(test_bytes_put_then_get_same_value),
        cmocka_unit_test(test_bytes_crc32_known_text_known_value),
        cmocka_unit_test(test_bytes_crc32_in_pieces_as_in_one),
        cmocka_unit_test(test_bytes_crc32_no_data_seed_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
