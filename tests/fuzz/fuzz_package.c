/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_package.c: differential packages of any bytes, with every CRC right, so that they reach the
 * code behind them; and DEFLATE streams of any bytes.
 *
 * Input: flags (1: a stream, else a package; 2: as it is, CRCs too), bytes a feed may take and a
 * piece may make, size of the stream's output (2), then the package from its sizes on: its header
 * is made up (block 1 KiB, both codecs by flag 4), and bytes behind it are the blocks.
 *
 * fuzz_delta.c has the other half: packages that mean something, by a model.
 */
#include "bytes.h"
#include "fake_package.h"
#include "fuzz.h"

#define OLD_BYTES 500u
#define NEW_MAX   3000u

enum { FLAG_STREAM = 1, FLAG_RAW = 2, FLAG_STORED = 4 };

static void try_stream(fuzz_input_t *input, uint32_t out_length)
{
    uint8_t *in = fuzz_copy(input->data, input->left);
    uint8_t *out = malloc(out_length + 1u);
    uint32_t *scratch = malloc(ONEOTA_INFLATE_BYTES);
    FUZZ_CHECK(out != NULL && scratch != NULL);
    out[out_length] = 0xA5;
    const oneota_error_t error =
        oneota_inflate(in, (uint32_t)input->left, out, out_length, scratch);
    FUZZ_CHECK(error == ONEOTA_OK || error == ONEOTA_VERIFY);
    FUZZ_CHECK(out[out_length] == 0xA5);
    free(scratch);
    free(out);
    free(in);
}

/* The header is one that is taken; sizes are the input's. */
static uint8_t *make_package(fuzz_input_t *input, uint8_t flags, uint32_t *size)
{
    *size = ONEOTA_DELTA_HEADER_BYTES + (uint32_t)(input->left > 4u ? input->left - 4u : 0);
    uint8_t *bytes = calloc(1, *size);
    FUZZ_CHECK(bytes != NULL);
    memcpy(bytes, "ODP1\1", 5);
    bytes[6] = 10;
    bytes[7] = (flags & FLAG_STORED) != 0 ? 0 : 1;
    oneota_bytes_put_u32(bytes + 8, ONEOTA_DELTA_HEADER_BYTES);
    oneota_bytes_put_u32(bytes + 12, fuzz_u16(input) % (OLD_BYTES + 2u));
    oneota_bytes_put_u32(bytes + 16, fuzz_u16(input) % (NEW_MAX + 2u));
    oneota_bytes_put_u32(bytes + 20, *size);
    memcpy(bytes + ONEOTA_DELTA_HEADER_BYTES, input->data, input->left);
    fake_package_seal_header(bytes);
    return bytes;
}

static void seal_blocks(uint8_t *bytes, uint32_t size)
{
    uint32_t position = 0;
    for (uint32_t at = ONEOTA_DELTA_HEADER_BYTES; at < size && size - at >= 16u;) {
        fake_package_seal_block(bytes, size, at, position);
        position += oneota_bytes_get_u32(bytes + at + 4);
        at += 16u + oneota_bytes_get_u16(bytes + at);
    }
}

/* All that can be made of what was fed. @return false: that is the end */
static bool make_all(oneota_delta_state_t *d, uint32_t piece, uint32_t *made)
{
    uint32_t produced;
    do {
        uint8_t *out = malloc(piece);
        FUZZ_CHECK(out != NULL);
        const oneota_reason_t reason = oneota_delta.next(d, out, piece, &produced);
        free(out);
        FUZZ_CHECK(produced <= piece);
        *made += produced;
        FUZZ_CHECK(*made <= d->source.new_size);
        if (reason != ONEOTA_REASON_NONE) {
            return false;
        }
    } while (produced > 0);
    return !oneota_delta_is_done(d);
}

static void feed_all(oneota_delta_state_t *d, const uint8_t *bytes, uint32_t size, uint32_t step,
                     uint32_t piece)
{
    uint32_t made = 0;
    bool goes_on = true;
    for (uint32_t at = 0; at < size && goes_on;) {
        uint32_t used;
        uint8_t *part = fuzz_copy(bytes + at, step < size - at ? step : size - at);
        const oneota_reason_t reason =
            oneota_delta.feed(d, part, step < size - at ? step : size - at, &used);
        free(part);
        at += used;
        goes_on = reason == ONEOTA_REASON_NONE;
        if (goes_on && oneota_delta_has_header(d)) {
            FUZZ_CHECK(d->source.new_size <= NEW_MAX && d->source.old_size <= OLD_BYTES);
            FUZZ_CHECK(oneota_delta.start(d, 0, 0, 0) == ONEOTA_REASON_NONE);
        } else if (goes_on) {
            goes_on = make_all(d, piece, &made);
        }
    }
    FUZZ_CHECK(!oneota_delta_is_done(d) || (made == d->source.new_size && d->offset == size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t old_bytes[OLD_BYTES];
    fuzz_input_t input = {data, size};
    fake_old_t old = {.bytes = old_bytes, .size = OLD_BYTES};
    const uint8_t flags = fuzz_u8(&input);
    const uint32_t step = fuzz_u8(&input) + 1u;
    const uint32_t piece = fuzz_u8(&input) + 1u;
    const uint32_t out_length = fuzz_u16(&input) % 4096u;
    if ((flags & FLAG_STREAM) != 0) {
        try_stream(&input, out_length);
        return 0;
    }
    uint32_t package_size;
    uint8_t *bytes = make_package(&input, flags, &package_size);
    if ((flags & FLAG_RAW) == 0) {
        seal_blocks(bytes, package_size);
    }
    uint64_t *memory = malloc(ONEOTA_DELTA_BYTES(1024));
    FUZZ_CHECK(memory != NULL);
    const oneota_delta_source_t source = {&fake_old_flash, &old, OLD_BYTES, NEW_MAX, package_size};
    oneota_delta_state_t *d =
        oneota_delta.begin(memory, ONEOTA_DELTA_BYTES(1024), &source, &oneota_delta);
    FUZZ_CHECK(d != NULL);
    feed_all(d, bytes, package_size, step, piece);
    FUZZ_CHECK(!old.outside);
    free(memory);
    free(bytes);
    return 0;
}
