/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What is refused, and for which reason: every limit of a package, each by a package that is right
 * but for it.
 */
#include "delta_rig.h"

static void expect(rig_t *rig, oneota_reason_t reason, const char *what)
{
    static const uint32_t pieces[] = {1, 7, 100000};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        uint32_t used, produced;
        oneota_reason_t got = rig_run(rig, pieces[i], 5);
        if (got != reason || (got != ONEOTA_REASON_NONE && oneota_delta_is_done(rig->d))) {
            fail_msg("%s: %s instead of %s", what, oneota_reason_text(got),
                     oneota_reason_text(reason));
        }
        assert_true(rig->made_length <= oneota_bytes_get_u32(rig->package.bytes + 16));
        if (reason != ONEOTA_REASON_NONE) { /* it stays so */
            assert_int_equal(oneota_delta.feed(rig->d, rig->package.bytes, 1, &used), reason);
            assert_int_equal(used, 0);
            assert_int_equal(oneota_delta.next(rig->d, rig->made, 1, &produced), reason);
            assert_int_equal(produced, 0);
        }
    }
}

/* ---------------------------------------------------------------- header */

static void test_delta_header_each_limit_its_reason(void **state)
{
    static const struct {
        const char *what;
        uint8_t at, width;
        uint32_t value;
        oneota_reason_t reason;
    } cases[] = {
        {"magic", 3, 1, '2', ONEOTA_REASON_DIGEST},
        {"version", 4, 1, 2, ONEOTA_REASON_TYPE},
        {"flags", 5, 1, 1, ONEOTA_REASON_TYPE},
        {"blocks of 512", 6, 1, 9, ONEOTA_REASON_TYPE},
        {"blocks of 8192", 6, 1, 13, ONEOTA_REASON_MEMORY},
        {"blocks of 2^31", 6, 1, 31, ONEOTA_REASON_MEMORY},
        {"blocks of 2^32", 6, 1, 32, ONEOTA_REASON_MEMORY},
        {"blocks of 2^255", 6, 1, 255, ONEOTA_REASON_MEMORY},
        {"codec", 7, 1, 2, ONEOTA_REASON_TYPE},
        {"codec none", 7, 1, 0, ONEOTA_REASON_NONE},
        {"header length", 8, 4, 132, ONEOTA_REASON_TYPE},
        {"old image as large as the running one", 12, 4, OLD_BYTES, ONEOTA_REASON_NONE},
        {"old image larger", 12, 4, OLD_BYTES + 1u, ONEOTA_REASON_BASE},
        {"old image of 4 GiB", 12, 4, UINT32_MAX, ONEOTA_REASON_BASE},
        {"old image too small for what is read", 12, 4, 251, ONEOTA_REASON_DIGEST},
        {"no new image", 16, 4, 0, ONEOTA_REASON_DIGEST},
        {"new image as large as the slot", 16, 4, NEW_MAX, ONEOTA_REASON_DIGEST},
        {"new image larger", 16, 4, NEW_MAX + 1u, ONEOTA_REASON_SPACE},
        {"new image of 4 GiB", 16, 4, UINT32_MAX, ONEOTA_REASON_SPACE},
        {"package shorter than announced", 20, 4, 175, ONEOTA_REASON_DIGEST},
        {"package longer than announced", 20, 4, 177, ONEOTA_REASON_DIGEST},
        {"reserved", 24, 4, 0x01000000u, ONEOTA_REASON_TYPE},
        {"what is not looked at", 92, 4, UINT32_MAX, ONEOTA_REASON_NONE},
    };
    rig_t rig;
    (void)state;
    rig_init(&rig);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig_small_package(&rig);
        assert_int_equal(rig.package.length, 176);
        if (cases[i].width == 1u) {
            rig.package.bytes[cases[i].at] = (uint8_t)cases[i].value;
        } else {
            oneota_bytes_put_u32(rig.package.bytes + cases[i].at, cases[i].value);
        }
        fake_package_seal_header(rig.package.bytes);
        expect(&rig, cases[i].reason, cases[i].what);
    }
    rig_free(&rig);
}

static void test_delta_any_bit_flipped_never_done(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig);
    rig_small_package(&rig);
    for (uint32_t bit = 0; bit < rig.package.length * 8u; bit++) {
        rig.package.bytes[bit >> 3] ^= (uint8_t)(1u << (bit & 7u));
        oneota_reason_t reason = rig_run(&rig, 50, 5);
        if (reason == ONEOTA_REASON_NONE && oneota_delta_is_done(rig.d)) {
            fail_msg("bit %u", (unsigned)bit);
        }
        rig.package.bytes[bit >> 3] ^= (uint8_t)(1u << (bit & 7u));
    }
    rig_free(&rig);
}

static void test_delta_memory_decides_on_the_largest_block(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig);
    rig_small_package(&rig);
    for (uint8_t log2 = 10; log2 <= 13u; log2++) {
        for (uint8_t has = 10; has <= 13u; has++) {
            rig.package.bytes[6] = log2;
            fake_package_seal_header(rig.package.bytes);
            rig.memory_bytes = (uint32_t)ONEOTA_DELTA_BYTES((uint32_t)1 << has);
            expect(&rig, log2 <= has ? ONEOTA_REASON_NONE : ONEOTA_REASON_MEMORY, "memory");
        }
    }
    rig.memory_bytes = (uint32_t)ONEOTA_DELTA_BYTES(1024) - 1u;
    assert_null(oneota_delta.begin(rig.memory, rig.memory_bytes, &rig.source, &oneota_delta));
    rig_free(&rig);
}

/* ---------------------------------------------------------------- blocks */

static void test_delta_block_header_each_limit_refused(void **state)
{
    static const struct {
        const char *what;
        uint8_t at, width;
        uint32_t value;
        oneota_reason_t reason;
    } cases[] = {
        {"nothing packed", 0, 2, 0, ONEOTA_REASON_DIGEST},
        {"packed longer than unpacked", 0, 2, 13, ONEOTA_REASON_DIGEST},
        {"packed longer than the package", 0, 4, 33u << 16 | 33u, ONEOTA_REASON_DIGEST},
        {"packed up to the last byte", 0, 4, 32u << 16 | 32u, ONEOTA_REASON_DIGEST},
        {"unpacked shorter than packed", 2, 2, 11, ONEOTA_REASON_DIGEST},
        {"unpacked longer than a block", 2, 2, 4097, ONEOTA_REASON_DIGEST},
        {"deflated, but is not", 2, 2, 13, ONEOTA_REASON_DIGEST},
        {"makes nothing", 4, 4, 0, ONEOTA_REASON_DIGEST},
        {"makes less than its operations", 4, 4, 9, ONEOTA_REASON_DIGEST},
        {"makes more than its operations", 4, 4, 11, ONEOTA_REASON_DIGEST},
        {"makes more than the image", 4, 4, 13, ONEOTA_REASON_DIGEST},
        {"makes 4 GiB", 4, 4, UINT32_MAX, ONEOTA_REASON_DIGEST},
        {"cursor at the last place", 8, 4, OLD_BYTES - 5u, ONEOTA_REASON_DIGEST}, /* then seeks */
        {"cursor beyond it", 8, 4, OLD_BYTES - 4u, ONEOTA_REASON_DIGEST},
        {"cursor before the image", 8, 4, UINT32_MAX, ONEOTA_REASON_DIGEST},
        {"cursor elsewhere", 8, 4, 200, ONEOTA_REASON_NONE},
    };
    rig_t rig;
    (void)state;
    rig_init(&rig);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig_small_package(&rig);
        uint8_t *block = rig.package.bytes + 128;
        if (cases[i].width == 2u) {
            oneota_bytes_put_u16(block + cases[i].at, (uint16_t)cases[i].value);
        } else {
            oneota_bytes_put_u32(block + cases[i].at, cases[i].value);
        }
        fake_package_seal_block(rig.package.bytes, rig.package.length, 128, 0);
        expect(&rig, cases[i].reason, cases[i].what);
    }
    rig_free(&rig);
}

/* Right with codec 1, so that nothing but the codec is wrong with it: 20 extra bytes, all zero. */
static void test_delta_deflated_block_with_codec_none_refused(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig);
    for (uint8_t codec = 0; codec <= 1u; codec++) {
        fake_package_begin(&rig.package, OLD_BYTES, 20);
        fake_package_packed(&rig.package, 20, 0, "\x63\x10\x61\xC0\x06\x00", 6, 23);
        rig.package.bytes[7] = codec;
        fake_package_end(&rig.package);
        expect(&rig, codec == 0 ? ONEOTA_REASON_DIGEST : ONEOTA_REASON_NONE, "codec");
        assert_int_equal(rig.made_length, codec == 0 ? 0 : 20);
    }
    rig_free(&rig);
}

/* Its operations are right, and in the first bytes of a payload that is longer than they are: that
 * length, not theirs, decides how much of the package goes into the buffer for a block. */
static void test_delta_block_packed_longer_than_unpacked_refused(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig);
    for (uint32_t more = 0; more <= 1u; more++) {
        fake_package_begin(&rig.package, OLD_BYTES, 8);
        fake_package_packed(&rig.package, 8, 0, "\x08\x00\x00\x20", 4u + more, 4);
        fake_package_end(&rig.package);
        rig.source.package_size = 0;
        expect(&rig, more == 0 ? ONEOTA_REASON_NONE : ONEOTA_REASON_DIGEST, "packed");
        assert_int_equal(rig.made_length, more == 0 ? 8 : 0);
    }
    rig_free(&rig);
}

/* Refused before a byte of what lies behind the operations is used, not after it. */
static void test_delta_bytes_behind_the_operations_make_nothing(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig);
    fake_package_begin(&rig.package, OLD_BYTES, 8);
    fake_package_bytes(&rig.package, "\x00\x08\x00", 3);
    fake_package_bytes(&rig.package, "abc", 3);
    fake_package_block(&rig.package, 8, 0);
    fake_package_end(&rig.package);
    assert_int_equal(rig_run(&rig, 1000, 64), ONEOTA_REASON_DIGEST);
    assert_int_equal(rig.made_length, 0);
    rig_free(&rig);
}

/* Two blocks alike but for their place, so that nothing but the CRC's seed tells them apart. */
static void test_delta_blocks_dropped_repeated_swapped_refused(void **state)
{
    static const struct {
        const char *what;
        const char *order;
        oneota_reason_t reason;
    } cases[] = {
        {"as made", "012", ONEOTA_REASON_NONE},
        {"dropped first", "12", ONEOTA_REASON_DIGEST},
        {"dropped last", "01", ONEOTA_REASON_DIGEST},
        {"dropped middle", "02", ONEOTA_REASON_DIGEST},
        {"repeated", "0122", ONEOTA_REASON_DIGEST},
        {"in place of", "011", ONEOTA_REASON_DIGEST},
        {"swapped", "021", ONEOTA_REASON_DIGEST},
        {"none", "", ONEOTA_REASON_DIGEST},
    };
    rig_t rig;
    uint8_t blocks[3][20];
    (void)state;
    rig_init(&rig);
    fake_package_begin(&rig.package, OLD_BYTES, 12);
    for (unsigned i = 0; i < 3u; i++) {
        fake_package_op(&rig.package, 4, 0, 0);
        fake_package_bytes(&rig.package, "\x10", 1);
        fake_package_block(&rig.package, 4, 9);
        memcpy(blocks[i], rig.package.bytes + rig.package.length - 20, 20);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_package_begin(&rig.package, OLD_BYTES, 12);
        for (const char *c = cases[i].order; *c != '\0'; c++) {
            memcpy(rig.package.bytes + rig.package.length, blocks[*c - '0'], 20);
            rig.package.length += 20;
        }
        fake_package_end(&rig.package);
        rig.source.package_size = rig.package.length;
        expect(&rig, cases[i].reason, cases[i].what);
        rig.source.package_size = 0;
    }
    rig_free(&rig);
}

/* The package ends within the header of its last block; the rest of that is fed all the same, as by
 * a caller with something behind the package. No byte comes out of it. */
static void test_delta_block_header_across_the_end_of_the_package_refused(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig);
    for (uint32_t begun = 0; begun <= 17u; begun++) {
        rig_small_package(&rig); /* its last block begins at 156 */
        rig.source.package_size = 156u + begun;
        oneota_bytes_put_u32(rig.package.bytes + 20, rig.source.package_size);
        fake_package_seal_header(rig.package.bytes);
        expect(&rig, ONEOTA_REASON_DIGEST, "across the end");
        assert_int_equal(rig.made_length, 10);
        rig.source.package_size = 128u + begun;
        oneota_bytes_put_u32(rig.package.bytes + 20, rig.source.package_size);
        fake_package_seal_header(rig.package.bytes);
        expect(&rig, ONEOTA_REASON_DIGEST, "no block at all");
        assert_int_equal(rig.made_length, 0);
    }
    rig_free(&rig);
}

/* ---------------------------------------------------------------- operations */

static void test_delta_operations_each_limit_refused(void **state)
{
    /* In a block that makes 8 bytes from the old cursor 100. */
    static const struct {
        const char *what;
        const char *raw;
        uint8_t length;
        oneota_reason_t reason;
    } cases[] = {
        {"add 8", "\x08\x00\x00\x20", 4, ONEOTA_REASON_NONE},
        {"extra 8",
         "\x00\x08\x00"
         "abcdefgh",
         11, ONEOTA_REASON_NONE},
        {"add 8, extra 1",
         "\x08\x01\x00\x20"
         "a",
         5, ONEOTA_REASON_DIGEST},
        {"add 9", "\x09\x00\x00\x24", 4, ONEOTA_REASON_DIGEST},
        {"extra 9",
         "\x00\x09\x00"
         "abcdefghi",
         12, ONEOTA_REASON_DIGEST},
        {"lengths whose sum wraps", "\xFF\xFF\xFF\xFF\x0F\x09\x00\x20", 8, ONEOTA_REASON_DIGEST},
        {"an empty operation", "\x00\x00\x00\x08\x00\x00\x20", 7, ONEOTA_REASON_DIGEST},
        {"too little", "\x07\x00\x00\x1C", 4, ONEOTA_REASON_DIGEST},
        {"something behind the end", "\x08\x00\x00\x20\x00", 5, ONEOTA_REASON_DIGEST},
        {"run longer than add", "\x08\x00\x00\x24", 4, ONEOTA_REASON_DIGEST},
        {"changes behind add", "\x08\x00\x00\x1D\x01\x01", 6, ONEOTA_REASON_DIGEST},
        {"changes up to the end", "\x08\x00\x00\x19\x01\x01", 6, ONEOTA_REASON_NONE},
        {"many changes", "\x08\x00\x00\x03\x04\x01\x01\x01\x01\x01\x01\x01\x01", 13,
         ONEOTA_REASON_NONE},
        {"too many changes", "\x08\x00\x00\x03\x05\x01\x01\x01\x01\x01\x01\x01\x01\x01", 14,
         ONEOTA_REASON_DIGEST},
        {"changes whose sum wraps", "\x08\x00\x00\x03\xFF\xFF\xFF\xFF\x0F\x01", 10,
         ONEOTA_REASON_DIGEST},
        {"changes that are not there", "\x08\x00\x00\x03\x04\x01\x01", 7, ONEOTA_REASON_DIGEST},
        {"extra that is not there",
         "\x00\x08\x00"
         "abc",
         6, ONEOTA_REASON_DIGEST},
        {"number cut", "\x08\x00\x80", 3, ONEOTA_REASON_DIGEST},
        {"number of 5 bytes", "\x88\x80\x80\x80\x00\x00\x00\x20", 8, ONEOTA_REASON_NONE},
        {"number of 6 bytes", "\x88\x80\x80\x80\x80\x00\x00\x00\x20", 9, ONEOTA_REASON_DIGEST},
        {"number of 33 bits", "\x08\x00\xFF\xFF\xFF\xFF\x1F\x20", 8, ONEOTA_REASON_DIGEST},
        {"seek far beyond and back",
         "\x04\x00\xFE\xFF\xFF\xFF\x0F\x10\x00\x01\xFD\xFF\xFF\xFF\x0F"
         "a\x03\x00\x00\x0C",
         20, ONEOTA_REASON_NONE},
        {"seek beyond", "\x04\x00\xFE\xFF\xFF\xFF\x0F\x10\x04\x00\x00\x10", 12,
         ONEOTA_REASON_DIGEST},
        {"seek to the end", "\x04\x00\xA8\x02\x10\x04\x00\x00\x10", 9, ONEOTA_REASON_NONE},
        {"seek to one before it", "\x04\x00\xAA\x02\x10\x04\x00\x00\x10", 9, ONEOTA_REASON_DIGEST},
        {"seek to the beginning", "\x04\x00\xCF\x01\x10\x04\x00\x00\x10", 9, ONEOTA_REASON_NONE},
        {"seek before it", "\x04\x00\xD1\x01\x10\x04\x00\x00\x10", 9, ONEOTA_REASON_DIGEST},
    };
    rig_t rig;
    (void)state;
    rig_init(&rig);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig.source.package_size = 0;
        fake_package_begin(&rig.package, 256, 8);
        fake_package_bytes(&rig.package, cases[i].raw, cases[i].length);
        fake_package_block(&rig.package, 8, 100);
        fake_package_end(&rig.package);
        rig.source.package_size = rig.package.length;
        expect(&rig, cases[i].reason, cases[i].what);
    }
    rig_free(&rig);
}

static void test_delta_old_image_fails_to_be_read_storage(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig);
    rig_small_package(&rig);
    for (uint32_t read = 1; read <= 3u; read++) {
        rig.old.reads = 0;
        rig.old.fail_at = read;
        assert_int_equal(rig_run(&rig, 1000, 64), ONEOTA_REASON_STORAGE);
        assert_true(rig.made_length <= 10u);
    }
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delta_header_each_limit_its_reason),
        cmocka_unit_test(test_delta_any_bit_flipped_never_done),
        cmocka_unit_test(test_delta_memory_decides_on_the_largest_block),
        cmocka_unit_test(test_delta_block_header_each_limit_refused),
        cmocka_unit_test(test_delta_deflated_block_with_codec_none_refused),
        cmocka_unit_test(test_delta_block_packed_longer_than_unpacked_refused),
        cmocka_unit_test(test_delta_bytes_behind_the_operations_make_nothing),
        cmocka_unit_test(test_delta_blocks_dropped_repeated_swapped_refused),
        cmocka_unit_test(test_delta_block_header_across_the_end_of_the_package_refused),
        cmocka_unit_test(test_delta_operations_each_limit_refused),
        cmocka_unit_test(test_delta_old_image_fails_to_be_read_storage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
