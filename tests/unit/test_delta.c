/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What a package makes: by hand, in any pieces, from any place.
 */
#include "delta_rig.h"

#include <zlib.h>

static void test_delta_small_package_bytes_as_written_here(void **state)
{
    /* Both blocks of the package, byte by byte; the CRCs are zlib's. */
    static const uint8_t wanted[] = {12,   0, 12, 0,    10,   0,    0,   0,   10, 0,   0,
                                     0,    0, 0,  0,    0, /* stored, makes 10, from 10 */
                                     5,    2, 30, 0x08, 0x01, 0x08, 'X', 'Y', 3,  0,   0,
                                     0x0C, 4, 0,  4,    0,    2,    0,   0,   0,  250, 0,
                                     0,    0, 0,  0,    0,    0,    2,   0,   0,  0x08};
    uint8_t blocks[sizeof wanted];
    rig_t rig;
    (void)state;
    rig_init(&rig);
    rig_small_package(&rig);
    memcpy(blocks, wanted, sizeof wanted);
    oneota_bytes_put_u32(blocks + 12, (uint32_t)crc32(crc32(0, wanted, 12), wanted + 16, 12));
    oneota_bytes_put_u32(blocks + 40, (uint32_t)crc32(crc32(10, wanted + 28, 12), wanted + 44, 4));
    assert_int_equal(rig.package.length, 128u + sizeof wanted);
    assert_memory_equal(rig.package.bytes + 128, blocks, sizeof blocks);
    rig_free(&rig);
}

static void test_delta_any_split_and_any_output_same_image(void **state)
{
    rig_t rig;
    uint8_t image[12];
    (void)state;
    rig_init(&rig);
    rig_small_package(&rig);
    rig_small_image(&rig, image);
    for (uint32_t piece = 1; piece <= rig.package.length; piece++) {
        for (uint32_t size = 1; size <= 13u; size++) {
            assert_int_equal(rig_run(&rig, piece, size), ONEOTA_REASON_NONE);
            assert_true(oneota_delta_is_done(rig.d));
            assert_int_equal(rig.made_length, sizeof image);
            assert_memory_equal(rig.made, image, sizeof image);
        }
    }
    rig_free(&rig);
}

static void test_delta_one_read_of_old_image_for_an_operation(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig);
    rig_small_package(&rig);
    assert_int_equal(rig_run(&rig, 1000, 64), ONEOTA_REASON_NONE);
    assert_int_equal(rig.old.reads, 3);
    rig_free(&rig);
}

static void test_delta_header_digests_and_sizes_shown(void **state)
{
    rig_t rig;
    uint32_t used;
    (void)state;
    rig_init(&rig);
    rig_small_package(&rig);
    memset(rig.package.bytes + 28, 0x0A, 32);
    memset(rig.package.bytes + 60, 0x0B, 32);
    oneota_bytes_put_u32(rig.package.bytes + 12, 200);
    fake_package_seal_header(rig.package.bytes);
    rig_begin(&rig);
    assert_int_equal(oneota_delta.feed(rig.d, rig.package.bytes, rig.package.length, &used), 0);
    assert_int_equal(used, 128);
    assert_true(oneota_delta_has_header(rig.d));
    assert_memory_equal(oneota_delta_old_digest(rig.d), rig.package.bytes + 28, 32);
    assert_memory_equal(oneota_delta_new_digest(rig.d), rig.package.bytes + 60, 32);
    assert_int_equal(rig.d->source.old_size, 200);
    assert_int_equal(rig.d->source.new_size, 12);
    /* Nothing is taken, and nothing made, before start(). */
    assert_int_equal(oneota_delta.feed(rig.d, rig.package.bytes + 128, 1, &used), 0);
    assert_int_equal(used, 0);
    assert_int_equal(oneota_delta.next(rig.d, rig.made, 1, &used), 0);
    assert_int_equal(used, 0);
    rig_free(&rig);
}

/* A changed run of four bytes or more has its length behind the token; unchanged runs of any
 * length; the cursor may leave the image, as long as nothing is read there. */
static void test_delta_tokens_seeks_and_long_runs(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig);
    fake_package_begin(&rig.package, OLD_BYTES, 219);
    fake_package_op(&rig.package, 206, 1, -1000);
    fake_package_varint(&rig.package, 200u << 2 | 3u);
    fake_package_varint(&rig.package, 2);
    fake_package_bytes(&rig.package, "\xFF\x00\x01\x02\x03\x04!", 7);
    fake_package_op(&rig.package, 0, 2, 2000);
    fake_package_bytes(&rig.package, "ab", 2);
    fake_package_op(&rig.package, 0, 1, -1206 + 20);
    fake_package_bytes(&rig.package, "c", 1);
    fake_package_op(&rig.package, 9, 0, 0);
    fake_package_bytes(&rig.package, "\x02\x01\x01\x01\x1B", 5); /* 3 changed, then 6 as they are */
    fake_package_block(&rig.package, 219, 0);
    fake_package_end(&rig.package);
    for (uint32_t size = 1; size < 230u; size += 19u) {
        assert_int_equal(rig_run(&rig, 37, size), ONEOTA_REASON_NONE);
        assert_int_equal(rig.made_length, 219);
        assert_memory_equal(rig.made, rig.old_bytes, 200);
        assert_int_equal(rig.made[200], (uint8_t)(rig.old_bytes[200] - 1));
        assert_int_equal(rig.made[205], (uint8_t)(rig.old_bytes[205] + 4));
        assert_memory_equal(rig.made + 206, "!abc", 4);
        assert_int_equal(rig.made[210], rig.old_bytes[20] + 1);
        assert_int_equal(rig.made[212], rig.old_bytes[22] + 1);
        assert_memory_equal(rig.made + 213, rig.old_bytes + 23, 6);
    }
    rig_free(&rig);
}

/* ---------------------------------------------------------------- deflate */

static oneota_error_t refuse(const uint8_t *in, uint32_t in_length, uint8_t *out,
                             uint32_t out_length, void *scratch)
{
    (void)in, (void)in_length, (void)out, (void)out_length, (void)scratch;
    return ONEOTA_VERIFY;
}

static void put_deflated(rig_t *rig, uint32_t made)
{
    uint8_t packed[4096];
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = rig->package.raw;
    stream.avail_in = rig->package.raw_length;
    stream.next_out = packed;
    stream.avail_out = sizeof packed;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    assert_true(stream.total_out < rig->package.raw_length);
    fake_package_packed(&rig->package, made, 0, packed, (uint32_t)stream.total_out,
                        rig->package.raw_length);
}

static void deflated_package(rig_t *rig)
{
    uint8_t zeros[4000] = {0};
    fake_package_begin(&rig->package, OLD_BYTES, 8000);
    for (unsigned block = 0; block < 2u; block++) {
        fake_package_op(&rig->package, 0, 4000, 0);
        zeros[0] = (uint8_t)block;
        fake_package_bytes(&rig->package, zeros, sizeof zeros);
        put_deflated(rig, 4000);
    }
    fake_package_end(&rig->package);
}

static void test_delta_deflated_blocks_inflated(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig);
    deflated_package(&rig);
    assert_int_equal(rig_run(&rig, 11, 100), ONEOTA_REASON_NONE);
    assert_int_equal(rig.made_length, 8000);
    assert_int_equal(rig.made[3999], 0);
    assert_int_equal(rig.made[4000], 1);
    assert_true(oneota_delta_is_done(rig.d));
    rig_free(&rig);
}

/* One byte more than the header allows, deflated and stored; the memory is for no more. */
static void test_delta_block_longer_than_blocks_of_the_package_refused(void **state)
{
    static const uint8_t zeros[4096];
    rig_t rig;
    (void)state;
    rig_init(&rig);
    for (unsigned way = 0; way < 4u; way++) {
        uint32_t extra = way < 2u ? 4092u : 4093u; /* behind 4 bytes of lengths */
        fake_package_begin(&rig.package, OLD_BYTES, extra);
        fake_package_op(&rig.package, 0, extra, 0);
        fake_package_bytes(&rig.package, zeros, extra);
        if (way % 2u == 0) {
            put_deflated(&rig, extra);
        } else {
            fake_package_block(&rig.package, extra, 0);
        }
        fake_package_end(&rig.package);
        rig.source.package_size = 0;
        assert_int_equal(rig_run(&rig, 5000, 500),
                         way < 2u ? ONEOTA_REASON_NONE : ONEOTA_REASON_DIGEST);
    }
    rig_free(&rig);
}

static void test_delta_inflate_of_ones_own_is_called(void **state)
{
    static const oneota_delta_t mine = ONEOTA_DELTA_WITH(refuse);
    rig_t rig;
    uint32_t used;
    (void)state;
    rig_init(&rig);
    deflated_package(&rig);
    rig_begin(&rig);
    rig.d = mine.begin(rig.memory, rig.memory_bytes, &rig.source, &mine);
    assert_int_equal(mine.feed(rig.d, rig.package.bytes, rig.package.length, &used), 0);
    assert_int_equal(mine.start(rig.d, 0, 0, 0), 0);
    assert_int_equal(mine.feed(rig.d, rig.package.bytes + used, rig.package.length - used, &used),
                     ONEOTA_REASON_DIGEST);
    rig_free(&rig);
}

/* ---------------------------------------------------------------- after a reset */

static void test_delta_place_while_writing_then_start_there_same_rest(void **state)
{
    rig_t rig;
    uint8_t image[12];
    (void)state;
    rig_init(&rig);
    rig_small_package(&rig);
    rig_small_image(&rig, image);
    for (uint32_t skip = 0; skip <= sizeof image; skip++) {
        for (uint32_t block = 0; block < 2u; block++) {
            if (block == 1u && skip < 10u) {
                continue; /* a place is never beyond what was written */
            }
            rig.offset = block == 0 ? 0u : 128u + 28u;
            rig.position = block == 0 ? 0u : 10u;
            rig.skip = skip;
            assert_int_equal(rig_run(&rig, 200, 3), ONEOTA_REASON_NONE);
            assert_true(oneota_delta_is_done(rig.d));
            assert_int_equal(rig.made_length, sizeof image - skip);
            assert_memory_equal(rig.made, image + skip, sizeof image - skip);
        }
    }
    rig_free(&rig);
}

static void test_delta_skipped_bytes_are_not_read(void **state)
{
    rig_t rig;
    (void)state;
    rig_init(&rig);
    rig_small_package(&rig);
    rig.skip = 12;
    assert_int_equal(rig_run(&rig, 200, 64), ONEOTA_REASON_NONE);
    assert_int_equal(rig.old.reads, 0);
    rig_free(&rig);
}

static void test_delta_place_is_the_block_of_the_bytes_given_last(void **state)
{
    rig_t rig;
    uint32_t used, produced, offset, position;
    (void)state;
    rig_init(&rig);
    rig_small_package(&rig);
    rig_begin(&rig);
    const uint8_t *bytes = rig.package.bytes;
    (void)oneota_delta.feed(rig.d, bytes, 128, &used);
    assert_int_equal(oneota_delta.start(rig.d, 0, 0, 0), 0);
    (void)oneota_delta.feed(rig.d, bytes + 128, rig.package.length - 128u, &used);
    assert_int_equal(used, 28);
    for (uint32_t made = 1; made < 10u; made++) {
        assert_int_equal(oneota_delta.next(rig.d, rig.made, 1, &produced), 0);
        oneota_delta_place(rig.d, &offset, &position);
        assert_int_equal(offset, 128);
        assert_int_equal(position, 0);
    }
    assert_int_equal(oneota_delta.next(rig.d, rig.made, 5, &produced), 0);
    assert_int_equal(produced, 1); /* a call ends where a block does */
    assert_int_equal(oneota_delta.next(rig.d, rig.made, 5, &produced), 0);
    assert_int_equal(produced, 0);
    oneota_delta_place(rig.d, &offset, &position);
    assert_int_equal(offset, 128 + 28);
    assert_int_equal(position, 10);
    rig_free(&rig);
}

static void test_delta_start_from_impossible_place_refused_then_from_zero(void **state)
{
    static const uint32_t places[][3] = {
        {127, 1, 1},           {128, 1, 1},  {129, 0, 0},   {172 + 4, 10, 10},
        {156, 12, 12},         {156, 10, 9}, {156, 10, 13}, {UINT32_MAX, 1, 1},
        {156, UINT32_MAX, 12}, {0, 0, 13},   {160, 10, 10},
    };
    rig_t rig;
    uint32_t used;
    (void)state;
    rig_init(&rig);
    rig_small_package(&rig);
    rig_begin(&rig);
    assert_int_equal(oneota_delta.start(rig.d, 0, 0, 0), ONEOTA_REASON_DIGEST);
    (void)oneota_delta.feed(rig.d, rig.package.bytes, 128, &used);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        assert_int_equal(oneota_delta.start(rig.d, places[i][0], places[i][1], places[i][2]),
                         ONEOTA_REASON_DIGEST);
        assert_int_equal(rig.d->reason, ONEOTA_REASON_NONE); /* the package is as good as it was */
    }
    rig.d->reason = ONEOTA_REASON_TYPE;
    assert_int_equal(oneota_delta.start(rig.d, 0, 0, 0), ONEOTA_REASON_DIGEST);
    rig.d->reason = ONEOTA_REASON_NONE;
    assert_int_equal(oneota_delta.start(rig.d, 0, 0, 0), ONEOTA_REASON_NONE);
    assert_int_equal(oneota_delta.start(rig.d, 0, 0, 0), ONEOTA_REASON_DIGEST);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delta_small_package_bytes_as_written_here),
        cmocka_unit_test(test_delta_any_split_and_any_output_same_image),
        cmocka_unit_test(test_delta_one_read_of_old_image_for_an_operation),
        cmocka_unit_test(test_delta_header_digests_and_sizes_shown),
        cmocka_unit_test(test_delta_tokens_seeks_and_long_runs),
        cmocka_unit_test(test_delta_deflated_blocks_inflated),
        cmocka_unit_test(test_delta_block_longer_than_blocks_of_the_package_refused),
        cmocka_unit_test(test_delta_inflate_of_ones_own_is_called),
        cmocka_unit_test(test_delta_place_while_writing_then_start_there_same_rest),
        cmocka_unit_test(test_delta_skipped_bytes_are_not_read),
        cmocka_unit_test(test_delta_place_is_the_block_of_the_bytes_given_last),
        cmocka_unit_test(test_delta_start_from_impossible_place_refused_then_from_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
