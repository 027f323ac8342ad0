/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Dialect A on the wire, from the platform's side: "OTA 2.0 south API", as captured.
 */
#include "fake_wire.h"

#include <string.h>

#define DEVICE "527776559"

/* GET /ota/south/check?dev_id=..&manuf=..&model=..&type=..&version=..&cdn=false */
static bool read_check(fake_request_t *request, fake_view_t *line)
{
    char code[16];
    request->verb = FAKE_CHECK;
    return wire_skip(line, DEVICE "&manuf=") && wire_word(line, "& ", code, sizeof code) &&
           wire_skip(line, "&model=") && wire_word(line, "& ", code, sizeof code) &&
           wire_skip(line, "&type=") && wire_type(request, line) && wire_skip(line, "&version=") &&
           wire_version(request, line) && wire_skip(line, "&cdn=false");
}

static bool read_path(fake_parse_t *parse, fake_view_t *line)
{
    fake_request_t *request = &parse->request;
    if (parse->post && wire_skip(line, "/ota/device/version?dev_id=" DEVICE)) {
        request->verb = FAKE_VERSION;
        return true;
    }
    if (parse->post) {
        request->verb = FAKE_REPORT;
        return wire_skip(line, "/ota/south/device/download/") &&
               wire_word(line, "/? ", request->handle, sizeof request->handle) &&
               wire_skip(line, "/progress?dev_id=" DEVICE);
    }
    if (wire_skip(line, "/ota/south/check?dev_id=")) {
        return read_check(request, line);
    }
    request->verb = FAKE_DOWNLOAD;
    if (!wire_skip(line, "/ota/south/download/") ||
        !wire_word(line, "/? ", request->handle, sizeof request->handle)) {
        return false;
    }
    if (wire_skip(line, "/check?dev_id=" DEVICE)) {
        request->verb = FAKE_TOKEN;
    }
    return true;
}

static void put_task(fake_answer_t *answer, const fake_task_t *task)
{
    wire_put(answer, ",\"data\":{\"target\":\"");
    wire_put(answer, task->target);
    wire_put(answer, "\",\"token\":\"");
    wire_put(answer, task->token);
    wire_put(answer, "\",\"size\":");
    wire_put_number(answer, task->size, 10, 1);
    wire_put(answer, ",\"md5\":\"");
    wire_put(answer, task->md5);
    wire_put(answer, "\",\"signal\":");
    wire_put_number(answer, (uint64_t)task->signal, 10, 1);
    wire_put(answer, ",\"power\":");
    wire_put_number(answer, (uint64_t)task->power, 10, 1);
    wire_put(answer, ",\"retry\":");
    wire_put_number(answer, task->retry, 10, 1);
    wire_put(answer, ",\"interval\":");
    wire_put_number(answer, task->interval, 10, 1);
    wire_put(answer, task->differential ? ",\"type\":2}" : ",\"type\":1}");
}

/* One chunk, its length in front of it, then the last one. */
static void put_json(fake_answer_t *answer, const fake_reply_t *reply, bool check)
{
    fake_answer_t body = {.head_length = 0};
    wire_put(&body, "{\"errno\":");
    wire_put_number(&body, (uint64_t)reply->code, 10, 1);
    wire_put(&body, ",\"error\":\"");
    wire_put(&body, reply->text);
    wire_put(&body, "\"");
    if (check && reply->code == 0) {
        put_task(&body, reply->task);
    }
    wire_put(&body, "}");
    wire_put(answer,
             "Content-Type: application/json;charset=UTF-8\r\nTransfer-Encoding: chunked\r\n"
             "Connection: keep-alive\r\nVary: Accept-Encoding\r\n\r\n");
    wire_put_number(answer, body.head_length, 16, 1);
    wire_put(answer, "\r\n");
    memcpy(answer->head + answer->head_length, body.head, body.head_length);
    answer->head_length += body.head_length;
    wire_put(answer, "\r\n0\r\n\r\n");
}

/* A digit, without a length, in chunks. */
static void put_digit(fake_answer_t *answer, int32_t code)
{
    wire_put(answer, "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n1\r\n");
    wire_put_number(answer, (uint64_t)code, 10, 1);
    wire_put(answer, "\r\n0\r\n\r\n");
}

static void write(fake_answer_t *answer, const fake_request_t *request, const fake_reply_t *reply)
{
    bool package = request->verb == FAKE_DOWNLOAD && reply->code == 0;
    wire_put(answer, package && reply->ranged ? "HTTP/1.1 206 \r\nServer: nginx\r\n"
                                              : "HTTP/1.1 200 \r\nServer: nginx\r\n");
    wire_put_date(answer, reply->now_s);
    if (package) {
        wire_put_package(answer, reply, "121.bin");
    } else if (request->verb == FAKE_DOWNLOAD) {
        put_digit(answer, reply->code);
    } else {
        put_json(answer, reply, request->verb == FAKE_CHECK);
    }
}

static uint32_t serve(void *ctx, const char *request, uint32_t length, fake_answer_t *answer)
{
    static const fake_wire_t k_wire = {.host = "ota.heclouds.com",
                                       .authorization = "version=2018-10-31&res=",
                                       .signs_download = false,
                                       .read_path = read_path,
                                       .write = write};
    return fake_wire_serve(&k_wire, ctx, request, length, answer);
}

const fake_server_t fake_south = {serve, fake_platform_delivered};
