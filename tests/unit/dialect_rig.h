/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * dialect_rig.h: a dialect's requests against their bytes, and each of its codes against what it is
 * to mean.
 */
#ifndef DIALECT_RIG_H
#define DIALECT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialect.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HIGHEST_CODE 13000 /* beyond all that are known */

/* ---------------------------------------------------------------- requests */

typedef struct {
    oneota_request_t request;
    const char *text;
} golden_t;

/* host: of all of them */
static inline void assert_written(const oneota_dialect_t *dialect, const char *host,
                                  const golden_t *golden, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        oneota_request_t request = golden[i].request;
        char buffer[640];
        size_t length = 0;
        memset(buffer, 0, sizeof buffer);
        request.host = host;
        assert_int_equal(oneota_request_write(dialect, &request, buffer, sizeof buffer, &length),
                         ONEOTA_OK);
        assert_string_equal(buffer, golden[i].text);
        assert_int_equal(length, strlen(golden[i].text));
    }
}

/* ---------------------------------------------------------------- answers */

static inline oneota_answer_t answer_with(const oneota_dialect_t *dialect, uint8_t call,
                                          const char *body, int32_t ota_errno)
{
    static uint64_t work[(ONEOTA_JSON_WORK_BYTES + 7) / 8];
    const oneota_reply_t reply = {
        .status = 200, .body = body, .body_length = strlen(body), .ota_errno = ota_errno};
    oneota_answer_t answer;

    memset(&answer, 0xFF, sizeof answer);
    oneota_answer_read(dialect, call, &reply, work, sizeof work, &answer);
    return answer;
}

/* The last one has the code -1, and stands for all others. */
typedef struct {
    int32_t code;
    uint8_t verdict, reason;
} meaning_t;

#define V(name) ONEOTA_VERDICT_##name
#define R(name) ONEOTA_REASON_##name
#define OTHERS                   \
    {                            \
        -1, V(LATER), R(UNKNOWN) \
    }

static inline void assert_means(const meaning_t *known, const oneota_answer_t *answer, int32_t code)
{
    while (known->code != code && known->code != -1) {
        known++;
    }
    if (answer->verdict != known->verdict || answer->reason != known->reason) {
        fail_msg("code %d: verdict %d, reason %d", (int)code, answer->verdict, answer->reason);
    }
    assert_int_equal(answer->code, code);
}

static inline void assert_code(const oneota_dialect_t *dialect, uint8_t call,
                               const meaning_t *known, int32_t code)
{
    static const oneota_task_t k_none;
    char body[64];

    (void)snprintf(body, sizeof body, "{\"%s\":%d,\"%s\":\"some text\"}",
                   dialect->names[DIALECT_CODE], (int)code, dialect->names[DIALECT_TEXT]);
    const oneota_answer_t answer = answer_with(dialect, call, body, -1);
    assert_means(known, &answer, code);
    assert_memory_equal(&answer.task, &k_none, sizeof k_none);
    assert_string_equal(answer.handle, "");
    assert_false(answer.announce);
    assert_int_equal(answer.now_s, 0);
}

static inline void assert_codes(const oneota_dialect_t *dialect, uint8_t call,
                                const meaning_t *known)
{
    /* as many bits as a table keeps, and one more */
    static const int32_t k_far[] = {20 + 32768, 20 + 65536, 12012 + 65536, INT32_MAX, -20};

    for (int32_t code = 1; code <= HIGHEST_CODE; code++) {
        assert_code(dialect, call, known, code);
    }
    for (size_t i = 0; i < COUNT(k_far); i++) {
        assert_code(dialect, call, known, k_far[i]);
    }
}

/* {"data":{"status":N}} */
static inline oneota_answer_t answer_state(const oneota_dialect_t *dialect, int32_t number)
{
    char body[96];

    (void)snprintf(body, sizeof body, "{\"%s\":0,\"%s\":\"succ\",\"data\":{\"status\":%d}}",
                   dialect->names[DIALECT_CODE], dialect->names[DIALECT_TEXT], (int)number);
    return answer_with(dialect, ONEOTA_CALL_TOKEN, body, -1);
}

#endif
