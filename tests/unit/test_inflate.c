/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The library's inflate against zlib's: same verdict, same bytes, on good streams, damaged ones,
 * and noise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "oneota/delta.h"

#define OUT_MAX 8192u

static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static bool zlib_takes(const uint8_t *in, uint32_t in_length, uint8_t *out, uint32_t out_length)
{
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    assert_int_equal(inflateInit2(&stream, -15), Z_OK);
    memcpy(&stream.next_in, &in, sizeof in);
    stream.avail_in = in_length;
    stream.next_out = out;
    stream.avail_out = out_length;
    bool good =
        inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 0;
    inflateEnd(&stream);
    return good;
}

/* In memory of the exact size, so that the sanitizer sees a byte beyond. */
static bool ours_takes(const uint8_t *in, uint32_t in_length, uint8_t *out, uint32_t out_length)
{
    uint8_t *copy = malloc(in_length > 0 ? in_length : 1u);
    uint8_t *made = malloc(out_length > 0 ? out_length : 1u);
    void *scratch = malloc(ONEOTA_INFLATE_BYTES);
    memcpy(copy, in, in_length);
    memset(scratch, 0xA5, ONEOTA_INFLATE_BYTES);
    oneota_error_t error = oneota_inflate(copy, in_length, made, out_length, scratch);
    assert_true(error == ONEOTA_OK || error == ONEOTA_VERIFY);
    memcpy(out, made, out_length);
    free(copy);
    free(made);
    free(scratch);
    return error == ONEOTA_OK;
}

/* @return both take it */
static bool compare(const uint8_t *in, uint32_t in_length, uint32_t out_length)
{
    static uint8_t ours[OUT_MAX], theirs[OUT_MAX];
    bool taken = ours_takes(in, in_length, ours, out_length);
    assert_int_equal(taken, zlib_takes(in, in_length, theirs, out_length));
    if (taken) {
        assert_memory_equal(ours, theirs, out_length);
    }
    return taken;
}

/* Text with repetitions, of a kind that changes. */
static uint32_t make_text(uint8_t *text)
{
    static const uint32_t alphabets[] = {1, 2, 5, 40, 256};
    uint32_t length = random_below(4) == 0 ? random_below(20) : random_below(OUT_MAX);
    uint32_t alphabet = alphabets[random_below(5)];
    for (uint32_t i = 0; i < length;) {
        uint32_t run = 1u + random_below(40);
        uint32_t from = i > 0 ? random_below(i) : 0;
        bool copy = i > 0 && random_below(3) > 0;
        for (; run > 0 && i < length; run--, i++, from++) {
            text[i] = copy ? text[from] : (uint8_t)(random_below(alphabet) * 7u);
        }
    }
    return length;
}

static uint32_t compress_text(uint8_t *text, uint32_t length, uint8_t *out, uint32_t room)
{
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE,
                                     Z_FIXED};
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    assert_int_equal(deflateInit2(&stream, (int)random_below(10), Z_DEFLATED, -15,
                                  1 + (int)random_below(9), strategies[random_below(5)]),
                     Z_OK);
    stream.next_in = text;
    stream.next_out = out;
    stream.avail_out = room;
    stream.avail_in = random_below(length + 1u);
    uint32_t rest = length - stream.avail_in;
    /* Several blocks, of several kinds, some of them empty. */
    assert_int_equal(deflate(&stream, random_below(2) ? Z_SYNC_FLUSH : Z_PARTIAL_FLUSH), Z_OK);
    stream.avail_in += rest;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return (uint32_t)stream.total_out;
}

static void damage(uint8_t *bytes, uint32_t *length)
{
    for (uint32_t times = 1u + random_below(3); times > 0 && *length > 0; times--) {
        uint32_t at = random_below(random_below(2) ? *length : *length < 90u ? *length : 90u);
        switch (random_below(4)) {
        case 0:
            bytes[at] = (uint8_t)random_below(256);
            break;
        case 1:
            *length = at;
            break;
        case 2:
            bytes[(*length)++] = (uint8_t)random_below(256);
            break;
        default:
            bytes[at] ^= (uint8_t)(1u << random_below(8));
            break;
        }
    }
}

static void test_inflate_streams_of_zlib_and_damaged_ones_as_zlib(void **state)
{
    static uint8_t text[OUT_MAX], packed[3u * OUT_MAX];
    uint32_t taken = 0, refused = 0;
    (void)state;
    random_state = 0x0DEF1A7Eu;
    for (uint32_t i = 0; i < 2000u; i++) {
        uint32_t length = make_text(text);
        uint32_t packed_length = compress_text(text, length, packed, sizeof packed - 8u);
        assert_true(compare(packed, packed_length, length));
        assert_false(compare(packed, packed_length, length > 0 ? length - 1u : 1u));
        assert_false(compare(packed, packed_length, length < OUT_MAX ? length + 1u : 0u));
        damage(packed, &packed_length);
        if (compare(packed, packed_length, length)) {
            taken++;
        } else {
            refused++;
        }
    }
    assert_true(taken > 20u); /* damage of literals alone */
    assert_true(refused > 500u);
}

static void test_inflate_noise_as_zlib(void **state)
{
    uint8_t noise[96];
    (void)state;
    random_state = 0x5EEDu;
    for (uint32_t i = 0; i < 20000u; i++) {
        uint32_t length = random_below(sizeof noise);
        for (uint32_t j = 0; j < length; j++) {
            noise[j] = (uint8_t)random_below(256);
        }
        if (length > 0) { /* the kinds of block alike */
            noise[0] = (uint8_t)((noise[0] & 0xF8u) | (i & 7u));
        }
        (void)compare(noise, length, random_below(300));
    }
}

/* ---------------------------------------------------------------- codes */

typedef struct {
    uint8_t bytes[1024];
    uint32_t bits;
} writer_t;

static void put(writer_t *w, uint32_t value, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++, w->bits++) {
        w->bytes[w->bits >> 3] |= (uint8_t)((value >> i & 1u) << (w->bits & 7u));
    }
}

/* A dynamic block whose list of lengths is written with codes of 4 or 5 bits each, then noise. */
static void put_dynamic(writer_t *w, const uint8_t *lengths, uint32_t literals, uint32_t distances)
{
    /* Code lengths 0 to 15 with 4-bit codes; 16 to 18 are not used. */
    static const uint8_t order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};
    put(w, 5, 3); /* last, dynamic */
    put(w, literals - 257u, 5);
    put(w, distances - 1u, 5);
    put(w, 15, 4);
    for (uint32_t i = 0; i < sizeof order; i++) {
        put(w, order[i] < 16u ? 4 : 0, 3);
    }
    for (uint32_t i = 0; i < literals + distances; i++) {
        uint32_t code = lengths[i]; /* Huffman codes begin with the highest bit */
        put(w, (code & 1u) << 3 | (code & 2u) << 1 | (code & 4u) >> 1 | (code & 8u) >> 3, 4);
    }
}

/* Random lengths that are often a whole code, sometimes one too many or too few. */
static void random_code(uint8_t *lengths, uint32_t size)
{
    uint32_t leaves = 1u + random_below(12);
    uint32_t depth[20];
    memset(lengths, 0, size);
    depth[0] = 0;
    for (uint32_t n = 1; n < leaves; n++) { /* splits a leaf */
        uint32_t split = random_below(n);
        depth[split] += depth[split] < 15u ? 1u : 0u;
        depth[n] = depth[split];
    }
    if (leaves == 1u) {
        depth[0] = random_below(3);
    }
    for (uint32_t n = 0; n < leaves; n++) {
        lengths[random_below(size)] = (uint8_t)depth[n];
    }
    if (random_below(4) == 0) {
        lengths[random_below(size)] = (uint8_t)random_below(16);
    }
}

static void test_inflate_random_codes_as_zlib(void **state)
{
    uint32_t taken = 0;
    (void)state;
    random_state = 0xC0DE5u;
    for (uint32_t i = 0; i < 20000u; i++) {
        writer_t w = {{0}, 0};
        uint8_t lengths[320];
        uint32_t literals = 257u + random_below(random_below(20) == 0 ? 32 : 30);
        uint32_t distances = 1u + random_below(random_below(20) == 0 ? 32 : 30);
        random_code(lengths, literals);
        if (lengths[256] == 0 && random_below(8) > 0) { /* the end of the block takes a leaf */
            for (uint32_t j = 0; j < 256u; j++) {
                if (lengths[j] != 0) {
                    lengths[256] = lengths[j];
                    lengths[j] = 0;
                    break;
                }
            }
        }
        random_code(lengths + literals, distances);
        put_dynamic(&w, lengths, literals, distances);
        put(&w, random_below(0x10000u), 16);
        uint32_t length = (w.bits + 7u) >> 3;
        for (uint32_t made = 0; made < 5u; made++) {
            taken += compare(w.bytes, length - random_below(3), made) ? 1u : 0u;
        }
    }
    assert_true(taken > 100u);
}

/* ---------------------------------------------------------------- by hand */

static void test_inflate_by_hand_verdicts(void **state)
{
    static const struct {
        const char *what;
        uint8_t in[12];
        uint8_t in_length, out_length;
        bool good;
    } cases[] = {
        {"empty fixed block", {0x03, 0x00}, 2, 0, true},
        {"nothing at all", {0}, 0, 0, false},
        {"stored", {0x01, 2, 0, 0xFD, 0xFF, 'h', 'i'}, 7, 2, true},
        {"stored, lengths disagree", {0x01, 2, 0, 0xFD, 0xFE, 'h', 'i'}, 7, 2, false},
        {"stored, cut", {0x01, 2, 0, 0xFD, 0xFF, 'h'}, 6, 2, false},
        {"stored, no last block", {0x00, 2, 0, 0xFD, 0xFF, 'h', 'i'}, 7, 2, false},
        {"a byte behind the end", {0x03, 0x00, 0x00}, 3, 0, false},
        {"kind 3", {0x07, 0x00}, 2, 0, false},
        {"fixed 'a'", {0x4B, 0x04, 0x00}, 3, 1, true},
        {"fixed 'a' and a copy of 3 from 1 before", {0x4B, 0x04, 0x02, 0x00}, 4, 4, true},
        {"the same, from 2 before: nothing is there", {0x4B, 0x04, 0x06, 0x00}, 4, 4, false},
        {"more than the output holds", {0x4B, 0x04, 0x02, 0x00}, 4, 3, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool good = compare(cases[i].in, cases[i].in_length, cases[i].out_length);
        if (good != cases[i].good) {
            fail_msg("%s", cases[i].what);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inflate_by_hand_verdicts),
        cmocka_unit_test(test_inflate_streams_of_zlib_and_damaged_ones_as_zlib),
        cmocka_unit_test(test_inflate_noise_as_zlib),
        cmocka_unit_test(test_inflate_random_codes_as_zlib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
