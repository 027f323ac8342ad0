/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Differential packages: blocks of each length, deflated by zlib, and inflated by the library or by
 * another function, here zlib's; and what comes behind a package that was refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "bytes.h"
#include "fake_md5.h"
#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SIZE         20000u

static kit_t kit;
static unsigned inflated;

static oneota_error_t inflate_with_zlib(const uint8_t *in, uint32_t in_length, uint8_t *out,
                                        uint32_t out_length, void *scratch)
{
    z_stream stream;
    (void)scratch;
    inflated++;
    memset(&stream, 0, sizeof stream);
    assert_int_equal(inflateInit2(&stream, -15), Z_OK);
    stream.next_in = (uint8_t *)(uintptr_t)in;
    stream.avail_in = in_length;
    stream.next_out = out;
    stream.avail_out = out_length;
    int status = inflate(&stream, Z_FINISH);
    (void)inflateEnd(&stream);
    return status == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 0 ? ONEOTA_OK
                                                                                   : ONEOTA_VERIFY;
}

static oneota_error_t inflate_nothing(const uint8_t *in, uint32_t in_length, uint8_t *out,
                                      uint32_t out_length, void *scratch)
{
    (void)in, (void)in_length, (void)out, (void)out_length, (void)scratch;
    return ONEOTA_VERIFY;
}

static const oneota_delta_t k_zlib = ONEOTA_DELTA_WITH(inflate_with_zlib);
static const oneota_differential_t k_with_zlib = ONEOTA_DIFFERENTIAL_WITH(&k_zlib);
static const oneota_delta_t k_none = ONEOTA_DELTA_WITH(inflate_nothing);
static const oneota_differential_t k_with_none = ONEOTA_DIFFERENTIAL_WITH(&k_none);

static fake_task_t *task(void)
{
    return &kit.platform.tasks[0];
}

/* ---------------------------------------------------------------- packages */

static uint32_t deflated(const uint8_t *raw, uint32_t length, uint8_t *packed)
{
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (uint8_t *)(uintptr_t)raw;
    stream.avail_in = length;
    stream.next_out = packed;
    stream.avail_out = length - 1u;
    int status = deflate(&stream, Z_FINISH);
    (void)deflateEnd(&stream);
    return status == Z_STREAM_END ? (uint32_t)stream.total_out : 0;
}

/* The operations of a package with stored blocks, as many blocks in one as there is room for: they
 * seek by nothing, so that a block that goes on elsewhere needs an operation that gets there. */
static void merge(fake_package_t *to, const fake_package_t *from, uint32_t block)
{
    uint8_t packed[ONEOTA_DELTA_BLOCK_MAX];
    uint32_t at = 128;
    while (at < from->length) {
        uint32_t made = oneota_bytes_get_u32(from->bytes + at + 4);
        uint32_t old_pos = oneota_bytes_get_u32(from->bytes + at + 8);
        fake_package_bytes(to, from->bytes + at + 16, oneota_bytes_get_u16(from->bytes + at));
        at += 16u + oneota_bytes_get_u16(from->bytes + at);
        /* extra bytes of the next ones, as far as there is room: what they make is known */
        while (at < from->length) {
            uint32_t more = oneota_bytes_get_u32(from->bytes + at + 4);
            if (to->raw_length + more + 8u > block) {
                break;
            }
            fake_package_op(to, 0, more, 0);
            fake_package_bytes(to, kit.packages[0]->bytes + to->position + made, more);
            made += more;
            at += 16u + oneota_bytes_get_u16(from->bytes + at);
        }
        uint32_t length = deflated(to->raw, to->raw_length, packed);
        if (length > 0) {
            fake_package_packed(to, made, old_pos, packed, length, to->raw_length);
        } else {
            fake_package_block(to, made, old_pos);
        }
    }
}

/* The kit's package with blocks of up to block bytes, each deflated; a client that takes blocks of
 * up to most. */
static void make(uint32_t block, uint32_t most, uint8_t code)
{
    static fake_package_t made;
    const kit_options_t options = {.size = SIZE, .slot_size = 32768u, .differential = true};
    kit_init(&kit, &options);
    uint8_t *image = (uint8_t *)(uintptr_t)kit.packages[0]->bytes;
    for (uint32_t n = 0; n < SIZE; n++) { /* can be deflated */
        image[n] = n < 8 ? image[n] : (uint8_t)((n * n >> 7) % 11u);
    }
    kit_changed(&kit, 0);
    fake_package_make(kit.patch, kit.board.known[0].bytes, kit.board.known[0].size, image, SIZE);
    fake_package_begin(&made, kit.board.known[0].size, SIZE);
    memcpy(made.bytes + 28, kit.patch->bytes + 28, 64);
    for (made.bytes[6] = 10; 1u << made.bytes[6] < block;) {
        made.bytes[6]++;
    }
    merge(&made, kit.patch, block);
    fake_package_end(&made);
    *kit.patch = made;
    kit_reseal(&kit);
    kit.setup.work_bytes = ONEOTA_WORK_DELTA_BYTES(most);
    kit.codes[0] = code;
}

/* ---------------------------------------------------------------- tests */

static void test_api_delta_each_block_fits_where_the_work_buffer_is_for_it(void **state)
{
    (void)state;
    for (uint32_t block = 1024; block <= 8192u; block *= 2u) {
        for (uint32_t most = 1024; most <= 8192u; most *= 2u) {
            uint8_t code = block <= most ? 201 : 103;
            make(block, most, code);
            kit_start(&kit);
            kit_run(&kit);
            assert_int_equal(task()->result, code);
            if (code == 103) {
                assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_MEMORY), 1);
                assert_int_equal(kit.board.calls[FAKE_CALL_SLOT_ERASE], 0);
                assert_int_equal(task()->downloads, 128);
            }
            kit_judge(&kit);
            kit_free(&kit);
        }
    }
}

static void test_api_delta_inflate_of_the_setup_is_the_one_that_is_used(void **state)
{
    const oneota_differential_t *const others[] = {&oneota_differential, &k_with_zlib};
    (void)state;
    for (size_t n = 0; n < COUNT(others); n++) {
        make(4096, 4096, 201);
        kit.setup.delta = others[n];
        inflated = 0;
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(task()->result, 201);
        assert_int_equal(inflated > 1u, n == 1u);
        kit_judge(&kit);
        kit_free(&kit);
    }
    make(4096, 4096, 205);
    kit.setup.delta = &k_with_none;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(task()->result, 205);
    kit_judge(&kit);
    kit_free(&kit);
}

/* What is wrong with a package, and what the platform hears. */
typedef struct {
    uint8_t at, value, code, reason;
} refusal_t;

static void test_api_delta_full_package_follows_whatever_was_refused(void **state)
{
    static const refusal_t k_refusals[] = {{28, 'X', 204, ONEOTA_REASON_BASE},
                                           {60, 'X', 205, ONEOTA_REASON_DIGEST},
                                           {19, 1, 102, ONEOTA_REASON_SPACE},
                                           {6, 13, 103, ONEOTA_REASON_MEMORY},
                                           {4, 2, 107, ONEOTA_REASON_TYPE}};
    char md5[33];
    (void)state;
    for (size_t n = 0; n < COUNT(k_refusals); n++) {
        const refusal_t *refusal = &k_refusals[n];
        make(4096, 4096, refusal->code);
        kit.patch->bytes[refusal->at] = refusal->value;
        fake_package_seal_header(kit.patch->bytes);
        kit_reseal(&kit);
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(task()->result, refusal->code);
        assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, refusal->reason);
        kit.codes[0] = 201;
        fake_md5_hex(kit.packages[0]->bytes, kit.packages[0]->size, md5);
        fake_task_t *full = fake_platform_add(&kit.platform, ONEOTA_SOTA, "1.1",
                                              kit.packages[0]->bytes, kit.packages[0]->size, md5);
        kit_new_page(&kit);
        (void)oneota_check_now(&kit.ram.client);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "C T D 101 | 201 V");
        assert_int_equal(full->result, 201);
        kit_free(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_delta_each_block_fits_where_the_work_buffer_is_for_it),
        cmocka_unit_test(test_api_delta_inflate_of_the_setup_is_the_one_that_is_used),
        cmocka_unit_test(test_api_delta_full_package_follows_whatever_was_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
