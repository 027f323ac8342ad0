/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_answer.c: every answer reader of every dialect.
 *
 * Input: dialect, call, status (2 bytes), Ota-Errno, Retry-After, memory that is missing; then the
 * body.
 */
#include "fuzz.h"
#include "oneota/calls.h"

#define WORK_BYTES ((ONEOTA_JSON_WORK_BYTES + 7u) & ~(size_t)7u)

static const oneota_dialect_t *const k_dialects[] = {&oneota_south, &oneota_fuse, &oneota_studio};

/* All of a text, and zeros behind it. */
static bool is_text(const char *text, size_t size, const char *extra)
{
    const size_t length = strnlen(text, size);
    for (size_t i = 0; i < size; i++) {
        const char c = text[i];
        const bool good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                          (c >= 'a' && c <= 'z') || (c != '\0' && strchr(extra, c) != NULL);
        if (i < length ? !good : c != '\0') {
            return false;
        }
    }
    return length < size;
}

/* Whatever else a body is, an MD5 is in it where a task has one. */
static bool has_md5(const char *body, size_t length)
{
    size_t run = 0;
    for (size_t i = 0; i < length && run < 32u; i++) {
        const char c = body[i];
        const bool digit =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        run = digit ? run + 1u : 0;
    }
    return run == 32u;
}

static void check_task(const oneota_reply_t *reply, const oneota_answer_t *answer)
{
    const oneota_task_t *task = &answer->task;
    FUZZ_CHECK(task->type == 1u || task->type == 2u);
    FUZZ_CHECK(has_md5(reply->body, reply->body_length));
    FUZZ_CHECK(task->power >= -1 && task->power <= 100);
    FUZZ_CHECK(task->target[0] != '\0' && is_text(task->target, sizeof task->target, "_-."));
    FUZZ_CHECK(answer->handle[0] != '\0' && is_text(answer->handle, sizeof answer->handle, "_-"));
    FUZZ_CHECK(is_text(answer->address, sizeof answer->address, "_-.:"));
    const char *port = strchr(answer->address, ':');
    FUZZ_CHECK(answer->address[0] == '\0' ||
               (port != NULL && atol(port + 1) > 0 && atol(port + 1) <= 65535));
}

static void check_answer(const oneota_dialect_t *dialect, uint8_t call, const oneota_reply_t *reply,
                         const oneota_answer_t *answer)
{
    static const oneota_task_t none;
    FUZZ_CHECK(answer->verdict < ONEOTA_VERDICT_COUNT && answer->reason < ONEOTA_REASON_COUNT);
    FUZZ_CHECK((answer->verdict == ONEOTA_VERDICT_OK) == (answer->reason == ONEOTA_REASON_NONE) ||
               answer->verdict == ONEOTA_VERDICT_NO_TASK);
    FUZZ_CHECK(answer->retry_after_s == reply->retry_after_s);
    FUZZ_CHECK(!answer->announce || (call == ONEOTA_CALL_TOKEN && dialect != &oneota_south));
    if (answer->verdict == ONEOTA_VERDICT_OK) {
        /* a body that has no byte says nothing, and a download is never OK by its text */
        FUZZ_CHECK(reply->body_length > 1u && call != ONEOTA_CALL_DOWNLOAD);
    }
    if (answer->verdict == ONEOTA_VERDICT_OK && call == ONEOTA_CALL_CHECK) {
        check_task(reply, answer);
    } else {
        FUZZ_CHECK(memcmp(&answer->task, &none, sizeof none) == 0);
        FUZZ_CHECK(answer->handle[0] == '\0' && answer->address[0] == '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input_t input = {data, size};
    const oneota_dialect_t *dialect = k_dialects[fuzz_u8(&input) % 3u];
    const uint8_t call = fuzz_u8(&input) % (ONEOTA_CALL_COUNT + 1u);
    oneota_reply_t reply = {.status = fuzz_u16(&input)};
    reply.ota_errno = (int32_t)fuzz_u8(&input) - 1;
    reply.retry_after_s = fuzz_u8(&input);
    const size_t work_bytes = WORK_BYTES - fuzz_u8(&input) * 16u % WORK_BYTES;
    if (input.left > 4096u) {
        return 0;
    }
    char *body = fuzz_copy(input.data, input.left);
    void *work = malloc(work_bytes);
    oneota_answer_t *answer = malloc(sizeof *answer);
    FUZZ_CHECK(work != NULL && answer != NULL);
    memset(answer, 0xA5, sizeof *answer);
    reply.body = body;
    reply.body_length = input.left;
    oneota_answer_read(dialect, call, &reply, work, work_bytes, answer);
    check_answer(dialect, call, &reply, answer);
    free(answer);
    free(work);
    free(body);
    return 0;
}
