/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * http_reader.h: feeds an answer to http.c in one piece, byte by byte, in steps, and split in two
 * at every byte, and asserts that the result is the same. A piece lies in
 * memory of its exact size, behind what is left of those before.
 */
#ifndef HTTP_READER_H
#define HTTP_READER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SAID         (HTTP_CLOSE | HTTP_LENGTH | HTTP_CHUNKED)
#define LENGTH(text) (sizeof(text) - 1u)
#define ANSWER_MAX   20000u
#define OK           "HTTP/1.1 200 OK\r\n"
#define END          "Content-Length: 0\r\n\r\n"
#define RANGE_206    "HTTP/1.1 206 \r\nContent-Length: 6\r\n"

typedef struct {
    http_event_t event; /* END, BAD, or MORE: not complete */
    size_t used;        /* of all the bytes, or waiting; not compared with BAD */
    unsigned heads;
    oneota_head_t head;
    size_t body_length;
    uint8_t body[ANSWER_MAX];
} result_t;

typedef struct {
    oneota_http_t http;
    result_t *result;
    size_t rest_length; /* of an unfinished line */
    char rest[ONEOTA_LINE_BYTES];
} reader_t;

static void reader_begin(reader_t *reader, result_t *result)
{
    memset(&reader->http, 0xA5, sizeof reader->http);
    memset(result, 0, offsetof(result_t, body));
    reader->result = result;
    reader->rest_length = 0;
    oneota_http_begin(&reader->http);
}

static void reader_take_head(reader_t *reader)
{
    reader->result->heads++;
    reader->result->head = reader->http.head;
}

static void reader_take_body(result_t *result, const http_body_t *body, const uint8_t *piece,
                             size_t used)
{
    assert_true(body->length > 0);
    assert_ptr_equal(body->data + body->length, piece + used);
    assert_true(body->data >= piece);
    assert_true(result->body_length + body->length <= ANSWER_MAX);
    memcpy(result->body + result->body_length, body->data, body->length);
    result->body_length += body->length;
}

/* What waits for its line's end, for the next piece. */
static void reader_keep_rest(reader_t *reader, const uint8_t *rest, size_t length)
{
    if (reader->result->event == HTTP_MORE) {
        assert_true(length < sizeof reader->rest);
        memcpy(reader->rest, rest, length);
        reader->rest_length = length;
        reader->result->used += length;
    }
}

/* @return true: go on */
static bool reader_feed(reader_t *reader, const char *data, size_t length)
{
    result_t *result = reader->result;
    const size_t rest = reader->rest_length;
    uint8_t *piece = malloc(rest + length > 0 ? rest + length : 1);
    size_t at = 0;
    assert_non_null(piece);
    memcpy(piece, reader->rest, rest);
    memcpy(piece + rest, data, length);
    result->used -= rest;
    length += rest;
    do {
        http_body_t body = {NULL, 0};
        size_t used = ANSWER_MAX;
        result->event = oneota_http_feed(&reader->http, piece + at, length - at, &used, &body);
        assert_true(used <= length - at);
        at += used;
        if (result->event == HTTP_HEAD) {
            reader_take_head(reader);
        } else if (result->event == HTTP_BODY) {
            assert_int_equal(result->heads, 1);
            reader_take_body(result, &body, piece, at);
        }
    } while (result->event == HTTP_HEAD || result->event == HTTP_BODY);
    result->used += at;
    reader_keep_rest(reader, piece + at, length - at);
    free(piece);
    return result->event == HTTP_MORE;
}

/* In pieces of first, then of step bytes. */
static void read_split(const char *answer, size_t length, size_t first, size_t step,
                       result_t *result)
{
    reader_t reader;
    reader_begin(&reader, result);
    size_t at = 0;
    size_t piece = first < length ? first : length;
    while (reader_feed(&reader, answer + at, piece) && at + piece < length) {
        at += piece;
        piece = step < length - at ? step : length - at;
    }
}

static void assert_same_head(const oneota_head_t *a, const oneota_head_t *b)
{
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->said, b->said);
    assert_int_equal(a->content_length, b->content_length);
    assert_memory_equal(&a->range, &b->range, sizeof a->range);
    assert_true(a->date_s == b->date_s && a->retry_after_s == b->retry_after_s);
    assert_int_equal(a->ota_errno, b->ota_errno);
}

static void assert_same_result(const result_t *a, const result_t *b)
{
    assert_int_equal(a->event, b->event);
    assert_int_equal(a->heads, b->heads);
    assert_same_head(&a->head, &b->head);
    if (a->event != HTTP_BAD) {
        assert_int_equal(a->used, b->used);
    }
    assert_int_equal(a->body_length, b->body_length);
    assert_memory_equal(a->body, b->body, a->body_length);
}

/* In one piece; then asserts that no other way of cutting changes the result. */
static const result_t *read_answer(const char *answer, size_t length)
{
    static result_t whole, split;
    read_split(answer, length, length, 1, &whole);
    read_split(answer, length, 1, 1, &split);
    assert_same_result(&whole, &split);
    for (size_t step = 2; step < 20u; step++) {
        read_split(answer, length, step, step, &split);
        assert_same_result(&whole, &split);
    }
    for (size_t first = 0; first < length && length < 1000u; first++) {
        read_split(answer, length, first, length, &split);
        assert_same_result(&whole, &split);
    }
    return &whole;
}

static const result_t *read_text(const char *answer)
{
    return read_answer(answer, strlen(answer));
}

static void assert_body(const result_t *result, const char *expected)
{
    assert_int_equal(result->body_length, strlen(expected));
    assert_memory_equal(result->body, expected, strlen(expected));
}

#endif
