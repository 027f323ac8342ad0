/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * chunk.c: an answer taken apart. From any state that the parser can be in within a body, it takes
 * no more than the body has, and comes to such a state again; so it does for a body of any length.
 * The size of a chunk is what its line says, and a Content-Range counts, with
 * the numbers that it has, if they are in order, and else not at all.
 */
#include "proof.h"

#include "http.c"
#include "text.c"

#define LINE  12u /* characters of a size line */
#define BODY  64u /* bytes of a body */
#define VALUE 7u  /* characters of a field's value */

static bool is_state(const oneota_http_t *http)
{
    return http->state <= IN_BAD && http->interim <= ONEOTA_INTERIM_MAX + 1u &&
           http->block_left <= ONEOTA_HEADER_BYTES &&
           (http->left > 0 || http->state < IN_CHUNK || http->state > IN_REST);
}

static void feed(oneota_http_t *http, const uint8_t *data, size_t length)
{
    http_body_t body = {NULL, 0};
    size_t used;
    const uint32_t left = http->left;
    const uint8_t before = http->state;
    const http_event_t event = oneota_http_feed(http, data, length, &used, &body);
    PROVE(used <= length && is_state(http));
    if (event == HTTP_BODY) {
        PROVE(body.length > 0 && body.data + body.length == data + used);
        PROVE(before <= IN_TRAILER || (body.length <= left && http->left == left - body.length));
    }
}

/* Behind the lines; each state by itself, so that there is less to look at. */
void prove_body(void)
{
    uint8_t data[BODY];
    for (uint8_t state = IN_CHUNK; state <= IN_BAD; state++) {
        oneota_http_t http;
        size_t length = nondet_u8();
        http.state = state;
        ASSUME(is_state(&http) && length <= BODY);
        feed(&http, data, length);
    }
}

/* c2;name=value: its digits are the size, and behind them a blank, a semicolon or nothing. */
void prove_size(void)
{
    oneota_http_t http;
    char line[LINE];
    size_t length = nondet_u8();
    size_t digits = 0;
    uint64_t size = 0;
    ASSUME(length <= LINE);
    __CPROVER_havoc_slice(line, sizeof line);
    for (; digits < length; digits++) {
        const char c = line[digits];
        const unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                               : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10u
                               : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10u
                                                      : 16u;
        if (digit > 15u) {
            break;
        }
        size = size << 4 | digit;
    }
    const char next = digits < length ? line[digits] : ';';
    const bool good = digits > 0 && size <= UINT32_MAX &&
                      (next == ';' || next == ' ' || next == '\t' || next == '\r');
    const uint8_t state = read_size(&http, line, length);
    PROVE(state == (!good ? IN_BAD : size > 0 ? IN_CHUNK : IN_TRAILER));
    PROVE(!good || http.left == size);
}

/* "a-b/c": what take_field() is to make of it. All numbers here have 32 bits. */
static oneota_range_t range_of(const char *text, size_t length)
{
    static const oneota_range_t none;
    uint32_t number[3] = {0, 0, 0};
    size_t at = 0;
    for (unsigned n = 0; n < 3u; n++) {
        const size_t first = at;
        for (; at < length && text[at] >= '0' && text[at] <= '9'; at++) {
            number[n] = number[n] * 10u + (uint32_t)(text[at] - '0');
        }
        if (at == first || (n < 2u ? at == length || text[at] != "-/"[n] : at != length)) {
            return none;
        }
        at++;
    }
    const oneota_range_t range = {number[0], number[1], number[2]};
    return number[0] <= number[1] && number[1] < number[2] ? range : none;
}

/* Whatever stands behind "Content-Range: bytes ". */
void prove_field(void)
{
    static const char k_unit[] = "bytes ";
    oneota_http_t http = {0};
    char value[LENGTH(k_unit) + VALUE];
    size_t length = nondet_u8();
    ASSUME(length <= VALUE);
    __CPROVER_havoc_slice(value, sizeof value);
    memcpy(value, k_unit, LENGTH(k_unit));
    const char *form = k_fields + k_place[RANGE - DATE] + RANGE + 1u;
    PROVE(take_field(&http, RANGE, form, value, LENGTH(k_unit) + length));
    const oneota_range_t *range = &http.head.range;
    const oneota_range_t wanted = range_of(value + LENGTH(k_unit), length);
    PROVE(range->first == wanted.first && range->last == wanted.last);
    PROVE(range->total == wanted.total);
    PROVE(!take_field(&http, RANGE, form, value, LENGTH(k_unit) + length));
}
