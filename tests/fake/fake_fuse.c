/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Dialect B on the wire, from the platform's side: "fuse-ota", as captured.
 */
#include "fake_wire.h"

#include <string.h>

#define ROOT        "/fuse-ota/Xy12Zz34Aa/pump-7/"
#define TEN_YEARS_S 315360000u

/* ---------------------------------------------------------------- reading */

/* check?type=2&version=1.0, or {tid}/check, {tid}/download */
static bool read_get(fake_request_t *request, fake_view_t *line)
{
    if (wire_skip(line, "check?type=")) {
        request->verb = FAKE_CHECK;
        return wire_type(request, line) && wire_skip(line, "&version=") &&
               wire_version(request, line);
    }
    if (!wire_word(line, "/? ", request->handle, sizeof request->handle)) {
        return false;
    }
    request->verb = wire_skip(line, "/check") ? (uint8_t)FAKE_TOKEN : (uint8_t)FAKE_DOWNLOAD;
    return request->verb == FAKE_TOKEN || wire_skip(line, "/download");
}

static bool read_path(fake_parse_t *parse, fake_view_t *line)
{
    fake_request_t *request = &parse->request;
    if (!wire_skip(line, ROOT)) {
        return false;
    }
    if (!parse->post) {
        return read_get(request, line);
    }
    if (wire_skip(line, "version")) {
        request->verb = FAKE_VERSION;
        return true;
    }
    request->verb = FAKE_REPORT;
    return wire_word(line, "/? ", request->handle, sizeof request->handle) &&
           wire_skip(line, "/status");
}

/* ---------------------------------------------------------------- writing */

typedef struct {
    int32_t code;  /* of the task model */
    int32_t state; /* that the task is in, -1: any */
    int32_t fuse;
    const char *text;
} code_t;

/* Small codes show through: 12, 18, 19, 20. */
static const code_t k_codes[] = {
    {0, -1, 0, "succ"},
    {4, -1, 12012, "task not exist"},
    {7, -1, 10500, "internal error"},
    {11, -1, 12012, "task not exist"},
    {12, -1, 12, "token expired"},
    {17, -1, 12016, "invalid step"},
    {19, -1, 19, "task paused"},
    {20, FAKE_TASK_DONE, 12013, "task success"},
    {20, -1, 20, "task finish"},
    {22, -1, 12012, "task not exist"},
};

/* The states that {tid}/check tells, by fake_task_state_t. */
static const uint8_t k_states[] = {1, 2, 3, 4, 5, 6};

static void put_code(fake_answer_t *body, int32_t code, const char *text)
{
    wire_put(body, "{\"code\":");
    wire_put_number(body, (uint64_t)code, 10, 1);
    wire_put(body, ",\"msg\":\"");
    wire_put(body, text);
}

/* {"code":10403,"msg":"request has expired:expire=..,now=..","request_id":".."} */
static void put_refusal(fake_answer_t *body, const fake_request_t *request,
                        const fake_reply_t *reply)
{
    put_code(body, 10403, "request has expired:expire=");
    wire_put_number(body, request->et, 10, 1);
    wire_put(body, ",now=");
    wire_put_number(body, reply->now_s, 10, 1);
}

/* {"code":0,"msg":"succ */
static void put_result(fake_answer_t *body, const fake_reply_t *reply)
{
    for (size_t n = 0; n < sizeof k_codes / sizeof k_codes[0]; n++) {
        const code_t *code = &k_codes[n];
        if (code->code == reply->code && (code->state < 0 || code->state == reply->state)) {
            put_code(body, code->fuse, code->text);
            return;
        }
    }
    put_code(body, 500, "other error");
}

/* A number, or, as some deployments have it, one in quotes. */
static void put_task(fake_answer_t *body, const fake_task_t *task)
{
    const char *quote = (task->token[strlen(task->token) - 1u] & 1) == 0 ? "\"" : "";
    wire_put(body, ",\"data\":{\"target\":\"");
    wire_put(body, task->target);
    wire_put(body, "\",\"tid\":");
    wire_put(body, quote);
    wire_put(body, task->token);
    wire_put(body, quote);
    wire_put(body, ",\"size\":");
    wire_put_number(body, task->size, 10, 1);
    wire_put(body, ",\"md5\":\"");
    wire_put(body, task->md5);
    wire_put(body, "\",\"status\":");
    wire_put_number(body, k_states[task->state], 10, 1);
    wire_put(body, task->differential ? ",\"type\":2}" : ",\"type\":1}");
}

static void put_state(fake_answer_t *body, uint8_t state)
{
    wire_put(body, ",\"data\":{\"status\":");
    wire_put_number(body, k_states[state], 10, 1);
    wire_put(body, "}");
}

static void put_json(fake_answer_t *answer, const fake_request_t *request,
                     const fake_reply_t *reply)
{
    fake_answer_t body = {.head_length = 0};
    if (reply->code == 1) {
        put_refusal(&body, request, reply);
    } else {
        put_result(&body, reply);
    }
    wire_put(&body, "\"");
    if (reply->code == 0 && request->verb == FAKE_CHECK) {
        put_task(&body, reply->task);
    } else if (reply->code == 0 && request->verb == FAKE_TOKEN) {
        put_state(&body, reply->state);
    }
    wire_put(&body, ",\"request_id\":\"399527bd39274e4e8f881e4714911a19\"}");
    wire_put(answer, "Content-Type: application/json;charset=UTF-8\r\nContent-Length: ");
    wire_put_number(answer, body.head_length, 10, 1);
    wire_put(answer, "\r\nConnection: keep-alive\r\nAccess-Control-Allow-Headers: *\r\n"
                     "Access-Control-Allow-Origin: *\r\nServer: nginx\r\nPragma: no-cache\r\n\r\n");
    memcpy(answer->head + answer->head_length, body.head, body.head_length);
    answer->head_length += body.head_length;
}

static void put_download(fake_answer_t *answer, const fake_reply_t *reply)
{
    wire_put(answer, "Ota-Errno: ");
    wire_put_number(answer, reply->code == 1 ? 6u : (uint64_t)reply->code, 10, 1);
    wire_put(answer, "\r\n");
    if (reply->code == 0) {
        wire_put_package(answer, reply, "ry");
    } else {
        wire_put(answer, "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n");
    }
}

static void write(fake_answer_t *answer, const fake_request_t *request, const fake_reply_t *reply)
{
    bool download = request->verb == FAKE_DOWNLOAD;
    wire_put(answer, download && reply->code == 0 && reply->ranged
                         ? "HTTP/1.1 206 Partial Content\r\n"
                         : "HTTP/1.1 200 OK\r\n");
    wire_put_date(answer, reply->now_s);
    if (download) {
        put_download(answer, reply);
    } else {
        put_json(answer, request, reply);
    }
}

static uint32_t serve(void *ctx, const char *request, uint32_t length, fake_answer_t *answer)
{
    static const fake_wire_t k_wire = {
        .host = "iot-api.heclouds.com",
        .authorization = "version=2022-05-01&res=products%2FXy12Zz34Aa%2Fdevices%2F",
        .signs_download = true,
        .et_most_s = TEN_YEARS_S,
        .read_path = read_path,
        .write = write};
    return fake_wire_serve(&k_wire, ctx, request, length, answer);
}

const fake_server_t fake_fuse = {serve, fake_platform_delivered};
