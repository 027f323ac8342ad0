/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * inflate.c: one raw DEFLATE stream (RFC 1951) from memory to memory. Codes are read bit by bit
 * from counts and sorted symbols: small tables, small code.
 */
#include <string.h>

#include "oneota/delta.h"

#define BITS_MAX    15u
#define LITERALS    288u /* with the two that stand for nothing */
#define DISTANCES   32u  /* likewise */
#define END_SYMBOL  256u
#define LENGTH_LAST 28u /* 258 bytes, without extra bits */

/* A canonical code: how many symbols have each length, and the symbols in order of their codes. */
typedef struct {
    uint16_t count[BITS_MAX + 1u];
    uint16_t symbol[LITERALS];
} literals_t;

typedef struct {
    uint16_t count[BITS_MAX + 1u];
    uint16_t symbol[DISTANCES];
} distances_t;

typedef struct {
    literals_t literal;
    distances_t distance;
    uint8_t lengths[LITERALS + DISTANCES];
} tables_t;

/* Does not compile when the tables do not fit into what the caller gives. */
typedef char tables_fit_the_scratch[sizeof(tables_t) <= ONEOTA_INFLATE_BYTES ? 1 : -1];

typedef struct {
    const uint8_t *in, *in_end;
    uint8_t *out, *out_end;
    const uint8_t *out_begin;
    uint32_t hold; /* bits taken from in, the next one lowest */
    uint32_t held;
    tables_t *tables;
    bool bad; /* what is decoded from here on counts for nothing */
} stream_t;

/* ---------------------------------------------------------------- bits */

static void refill(stream_t *s)
{
    while (s->held <= 24u && s->in < s->in_end) {
        s->hold |= (uint32_t)*s->in++ << s->held;
        s->held += 8u;
    }
}

/* At most 16 bits. */
static uint32_t bits(stream_t *s, uint32_t count)
{
    refill(s);
    if (count > s->held) {
        s->bad = true;
        return 0;
    }
    uint32_t value = s->hold & ((1u << count) - 1u);
    s->hold >>= count;
    s->held -= count;
    return value;
}

/* The next symbol of a code. */
static uint32_t symbol(stream_t *s, const uint16_t *count, const uint16_t *symbols)
{
    uint32_t code = 0;
    refill(s);
    uint32_t hold = s->hold;
    uint32_t held = s->held;
    for (uint32_t length = 1; length <= BITS_MAX && held > 0; length++) {
        code = code << 1 | (hold & 1u);
        hold >>= 1;
        held--;
        if (code < count[length]) {
            s->hold = hold;
            s->held = held;
            return symbols[code];
        }
        code -= count[length];
        symbols += count[length];
    }
    s->bad = true;
    return END_SYMBOL;
}

/* ---------------------------------------------------------------- codes */

/* From the length of each symbol's code. Refused: more codes than the bits can tell apart; fewer,
 * but for a code of one symbol, or of none, where the caller allows it. */
static bool build(uint16_t *count, uint16_t *symbols, const uint8_t *lengths, uint32_t size,
                  bool few)
{
    uint16_t place[BITS_MAX + 2u];
    uint32_t room = 1;

    memset(count, 0, (BITS_MAX + 1u) * sizeof *count);
    for (uint32_t i = 0; i < size; i++) {
        count[lengths[i]]++;
    }
    few = few && count[0] + 1u >= size && count[0] + count[1] == size;
    place[1] = 0;
    for (uint32_t length = 1; length <= BITS_MAX; length++) {
        room <<= 1;
        if (count[length] > room) {
            return false;
        }
        room -= count[length];
        place[length + 1u] = (uint16_t)(place[length] + count[length]);
    }
    for (uint32_t i = 0; i < size; i++) {
        if (lengths[i] != 0) {
            symbols[place[lengths[i]]++] = (uint16_t)i;
        }
    }
    return room == 0 || few;
}

static bool build_both(tables_t *t, uint32_t literals, uint32_t distances)
{
    return build(t->literal.count, t->literal.symbol, t->lengths, literals, true) &&
           build(t->distance.count, t->distance.symbol, t->lengths + literals, distances, true);
}

static bool fixed_codes(stream_t *s)
{
    uint8_t *lengths = s->tables->lengths;
    memset(lengths, 8, LITERALS);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + LITERALS, 5, DISTANCES);
    return build_both(s->tables, LITERALS, DISTANCES);
}

/* One item of the list of lengths: a length, or the last one or zero, several times. */
static uint32_t read_lengths(stream_t *s, uint32_t at, uint32_t end)
{
    uint8_t *lengths = s->tables->lengths;
    uint32_t value = symbol(s, s->tables->literal.count, s->tables->literal.symbol);
    uint32_t times = 1;
    if (value == 16u) {
        times = 3u + bits(s, 2);
        s->bad = s->bad || at == 0;
        value = at > 0 ? lengths[at - 1u] : 0u;
    } else if (value > 16u) {
        times = value == 17u ? 3u + bits(s, 3) : 11u + bits(s, 7);
        value = 0;
    }
    if (s->bad || times > end - at) {
        s->bad = true;
        return end;
    }
    memset(lengths + at, (int)value, times);
    return at + times;
}

static bool dynamic_codes(stream_t *s)
{
    static const uint8_t k_order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                        11, 4,  12, 3, 13, 2, 14, 1, 15};
    tables_t *t = s->tables;
    uint32_t literals = 257u + bits(s, 5);
    uint32_t distances = 1u + bits(s, 5);
    uint32_t listed = 4u + bits(s, 4);
    if (literals > 286u || distances > 30u) {
        return false;
    }
    memset(t->lengths, 0, sizeof k_order);
    for (uint32_t i = 0; i < listed; i++) {
        t->lengths[k_order[i]] = (uint8_t)bits(s, 3);
    }
    if (!build(t->literal.count, t->literal.symbol, t->lengths, sizeof k_order, false)) {
        return false;
    }
    for (uint32_t at = 0; at < literals + distances;) {
        at = read_lengths(s, at, literals + distances);
    }
    return !s->bad && t->lengths[END_SYMBOL] != 0 && build_both(t, literals, distances);
}

/* ---------------------------------------------------------------- the three kinds of data */

static void copy_stored(stream_t *s)
{
    (void)bits(s, s->held & 7u);
    uint32_t length = bits(s, 16);
    uint32_t inverse = bits(s, 16);
    s->in -= s->held >> 3; /* whole bytes again */
    s->held = 0;
    s->hold = 0;
    if (s->bad || (length ^ inverse) != 0xFFFFu || length > (uint32_t)(s->in_end - s->in) ||
        length > (uint32_t)(s->out_end - s->out)) {
        s->bad = true;
        return;
    }
    memcpy(s->out, s->in, length);
    s->in += length;
    s->out += length;
}

/* The value that a symbol and its extra bits stand for: 2^shift symbols with each number of
 * extra bits. */
static uint32_t extended(stream_t *s, uint32_t code, uint32_t shift)
{
    uint32_t extra = code >> shift;
    if (extra <= 1u) {
        return code;
    }
    extra--;
    code -= extra << shift;
    return (code << extra) + bits(s, extra);
}

static void copy_match(stream_t *s, uint32_t code)
{
    uint32_t length = code == LENGTH_LAST ? 258u : 3u + extended(s, code, 2);
    code = symbol(s, s->tables->distance.count, s->tables->distance.symbol);
    uint32_t distance = code < 30u ? 1u + extended(s, code, 1) : UINT32_MAX;
    if (s->bad || distance > (uint32_t)(s->out - s->out_begin) ||
        length > (uint32_t)(s->out_end - s->out)) {
        s->bad = true;
        return;
    }
    for (; length > 0; length--, s->out++) {
        *s->out = *(s->out - distance);
    }
}

static void expand(stream_t *s)
{
    while (!s->bad) {
        uint32_t code = symbol(s, s->tables->literal.count, s->tables->literal.symbol);
        if (code == END_SYMBOL) {
            return;
        }
        if (code > END_SYMBOL + 1u + LENGTH_LAST) {
            s->bad = true;
        } else if (code > END_SYMBOL) {
            copy_match(s, code - END_SYMBOL - 1u);
        } else if (s->out < s->out_end) {
            *s->out++ = (uint8_t)code;
        } else {
            s->bad = true;
        }
    }
}

oneota_error_t oneota_inflate(const uint8_t *in, uint32_t in_length, uint8_t *out,
                              uint32_t out_length, void *scratch)
{
    stream_t s = {in, in + in_length, out, out + out_length, out, 0, 0, scratch, false};
    uint32_t last;
    do {
        last = bits(&s, 1);
        uint32_t kind = bits(&s, 2);
        if (kind == 0) {
            copy_stored(&s);
        } else if (kind == 1u ? fixed_codes(&s) : kind == 2u && dynamic_codes(&s)) {
            expand(&s);
        } else {
            s.bad = true;
        }
    } while (last == 0 && !s.bad);
    return !s.bad && s.in == s.in_end && s.held < 8u && s.out == s.out_end ? ONEOTA_OK
                                                                           : ONEOTA_VERIFY;
}
