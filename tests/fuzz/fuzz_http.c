/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_http.c: an answer in pieces.
 *
 * Input: the lengths of eight pieces, which are gone through again and again; then the answer.
 * However it is cut, what is read of it must be the same as in one piece.
 */
#include "fuzz.h"
#include "http.h"

#define PIECES   8u
#define BODY_MAX 65536u

typedef struct {
    http_event_t event;
    unsigned heads;
    oneota_head_t head;
    size_t body_length;
    size_t used;
    uint8_t body[BODY_MAX];
} result_t;

typedef struct {
    oneota_http_t http;
    result_t *result;
} reader_t;

static void check_head(const oneota_head_t *head)
{
    const oneota_range_t *range = &head->range;
    FUZZ_CHECK(head->status >= 200u && head->status < 600u);
    FUZZ_CHECK(head->retry_after_s <= 86400u);
    FUZZ_CHECK(head->ota_errno >= -1);
    FUZZ_CHECK(range->total == 0 || (range->first <= range->last && range->last < range->total));
    FUZZ_CHECK((~head->said & (HTTP_CHUNKED | HTTP_LENGTH)) != 0);
}

static void take(reader_t *reader, const http_body_t *body, const uint8_t *end)
{
    result_t *result = reader->result;
    if (result->event == HTTP_HEAD) {
        result->heads++;
        result->head = reader->http.head;
        check_head(&result->head);
    } else if (result->event == HTTP_BODY) {
        FUZZ_CHECK(result->heads == 1 && body->length > 0);
        FUZZ_CHECK(body->data + body->length == end);
        FUZZ_CHECK(body->length <= BODY_MAX - result->body_length);
        memcpy(result->body + result->body_length, body->data, body->length);
        result->body_length += body->length;
    }
}

/* @return how many of length bytes were used; the last event is in the result */
static size_t feed(reader_t *reader, const uint8_t *data, size_t length)
{
    uint8_t *piece = fuzz_copy(data, length);
    size_t at = 0;
    do {
        http_body_t body = {NULL, 0};
        size_t used = SIZE_MAX;
        uint8_t *rest = fuzz_copy(piece + at, length - at);
        reader->result->event = oneota_http_feed(&reader->http, rest, length - at, &used, &body);
        FUZZ_CHECK(used <= length - at);
        take(reader, &body, rest + used);
        at += used;
        free(rest);
    } while (reader->result->event == HTTP_HEAD || reader->result->event == HTTP_BODY);
    FUZZ_CHECK(reader->result->event != HTTP_MORE || length - at < ONEOTA_LINE_BYTES);
    free(piece);
    return at;
}

static void read_all(const uint8_t *data, size_t size, const uint8_t *pieces, result_t *result)
{
    reader_t reader;
    memset(&reader.http, 0xA5, sizeof reader.http);
    memset(result, 0, offsetof(result_t, body));
    reader.result = result;
    oneota_http_begin(&reader.http);
    size_t shown = 0;
    for (unsigned n = 0; shown < size && result->event == HTTP_MORE; n++) {
        const size_t length = pieces == NULL ? size : 1u + pieces[n % PIECES];
        shown = length < size - shown ? shown + length : size;
        result->used += feed(&reader, data + result->used, shown - result->used);
    }
    if (result->event == HTTP_MORE) {
        result->event = oneota_http_closed(&reader.http);
    } else {
        FUZZ_CHECK(feed(&reader, (const uint8_t *)"x", 1) == 0); /* stays so */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static result_t whole, split;
    fuzz_input_t input = {data, size};
    uint8_t pieces[PIECES];
    fuzz_fill(&input, pieces, sizeof pieces);
    if (input.left > BODY_MAX) {
        return 0;
    }
    read_all(input.data, input.left, NULL, &whole);
    read_all(input.data, input.left, pieces, &split);
    FUZZ_CHECK(whole.event == HTTP_END || whole.event == HTTP_BAD);
    FUZZ_CHECK(whole.event == split.event && whole.heads == split.heads);
    FUZZ_CHECK(whole.event == HTTP_BAD || whole.heads == 1);
    FUZZ_CHECK(whole.event == HTTP_BAD || whole.used == split.used);
    FUZZ_CHECK(whole.heads == 0 || memcmp(&whole.head, &split.head, sizeof whole.head) == 0);
    FUZZ_CHECK(whole.body_length == split.body_length);
    FUZZ_CHECK(memcmp(whole.body, split.body, whole.body_length) == 0);
    return 0;
}
