/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Dialect A on the wire, from the platform's side: "OTA 2.0 south API", as captured.
 */
#include <string.h>

#include "fake_platform.h"

#define DEVICE "527776559"
#define HOST   "ota.heclouds.com"

/* ---------------------------------------------------------------- reading */

typedef struct {
    const char *at;
    const char *end;
} view_t;

static bool skip(view_t *view, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(view->end - view->at) < length || memcmp(view->at, text, length) != 0) {
        return false;
    }
    view->at += length;
    return true;
}

static bool number(view_t *view, uint64_t *value)
{
    const char *start = view->at;
    *value = 0;
    while (view->at < view->end && *view->at >= '0' && *view->at <= '9') {
        *value = *value * 10u + (uint64_t)(*view->at++ - '0');
    }
    return view->at > start && view->at - start < 19;
}

static bool word(view_t *view, const char *stop, char *to, size_t size)
{
    size_t length = 0;
    while (view->at < view->end && strchr(stop, *view->at) == NULL) {
        if (length + 1u >= size) {
            return false;
        }
        to[length++] = *view->at++;
    }
    to[length] = '\0';
    return length > 0;
}

typedef struct {
    fake_platform_t *platform;
    fake_request_t request;
    bool post;
    unsigned hosts, lengths, types, authorizations, ranges;
    uint64_t length;
} parse_t;

static void expect(parse_t *parse, bool right, const char *what)
{
    if (!right) {
        fake_platform_violate(parse->platform, what);
    }
}

/* GET /ota/south/check?dev_id=..&manuf=..&model=..&type=..&version=..&cdn=false */
static bool read_check(parse_t *parse, view_t *line)
{
    fake_request_t *request = &parse->request;
    char version[FAKE_VERSION_MAX + 1] = {0};
    char code[16];
    request->verb = FAKE_CHECK;
    bool right = skip(line, DEVICE "&manuf=") && word(line, "& ", code, sizeof code) &&
                 skip(line, "&model=") && word(line, "& ", code, sizeof code) &&
                 skip(line, "&type=") && line->at < line->end &&
                 (*line->at == '1' || *line->at == '2');
    if (!right) {
        return false;
    }
    request->type = (uint8_t)(*line->at++ - '0');
    right = skip(line, "&version=") && word(line, "& ", version, sizeof version) &&
            skip(line, "&cdn=false");
    memcpy(request->versions[request->type], version, sizeof version);
    return right;
}

static bool read_path(parse_t *parse, view_t *line)
{
    fake_request_t *request = &parse->request;
    if (parse->post && skip(line, "/ota/device/version?dev_id=" DEVICE)) {
        request->verb = FAKE_VERSION;
        return true;
    }
    if (parse->post) {
        request->verb = FAKE_REPORT;
        return skip(line, "/ota/south/device/download/") &&
               word(line, "/? ", request->handle, sizeof request->handle) &&
               skip(line, "/progress?dev_id=" DEVICE);
    }
    if (skip(line, "/ota/south/check?dev_id=")) {
        return read_check(parse, line);
    }
    request->verb = FAKE_DOWNLOAD;
    if (!skip(line, "/ota/south/download/") ||
        !word(line, "/? ", request->handle, sizeof request->handle)) {
        return false;
    }
    if (skip(line, "/check?dev_id=" DEVICE)) {
        request->verb = FAKE_TOKEN;
    }
    return true;
}

/* version=2018-10-31&res=products%2F33704&et=..&method=sha1&sign=.. */
static bool read_authorization(parse_t *parse, view_t *line)
{
    char text[200];
    parse->authorizations++;
    parse->request.authorised = true;
    return skip(line, "version=2018-10-31&res=") && word(line, "&", text, sizeof text) &&
           strchr(text, '/') == NULL && skip(line, "&et=") && number(line, &parse->request.et) &&
           skip(line, "&method=") && word(line, "&", text, sizeof text) && skip(line, "&sign=") &&
           word(line, "", text, sizeof text) && strpbrk(text, "+/=& ") == NULL;
}

static bool read_range(parse_t *parse, view_t *line)
{
    uint64_t first, last;
    parse->ranges++;
    parse->request.ranged = true;
    (void)skip(line, "bytes=");
    if (!number(line, &first) || !skip(line, "-") || !number(line, &last)) {
        return false;
    }
    parse->request.first = (uint32_t)first;
    parse->request.last = (uint32_t)last;
    return true;
}

static bool read_header(parse_t *parse, view_t *line)
{
    if (skip(line, "Host: ")) {
        parse->hosts++;
        return skip(line, HOST);
    }
    if (skip(line, "Content-Type: ")) {
        parse->types++;
        return skip(line, "application/json");
    }
    if (skip(line, "Content-Length: ")) {
        parse->lengths++;
        return number(line, &parse->length);
    }
    if (skip(line, "Authorization: ")) {
        return read_authorization(parse, line);
    }
    return skip(line, "Range: ") && read_range(parse, line);
}

/* {"f_version":"..","s_version":".."} or {"step":N} */
static bool read_body(parse_t *parse, view_t *body)
{
    fake_request_t *request = &parse->request;
    uint64_t step;
    if (request->verb == FAKE_REPORT) {
        bool right = skip(body, "{\"step\":") && number(body, &step) && skip(body, "}");
        request->step = right && step <= 255u ? (uint32_t)step : 0u;
        return right && body->at == body->end;
    }
    bool module = skip(body, "{\"f_version\":\"");
    if (module && !(word(body, "\"", request->versions[1], sizeof request->versions[1]) &&
                    (skip(body, "\",") || skip(body, "\"}")))) {
        return false;
    }
    if (!module && !skip(body, "{")) {
        return false;
    }
    if (body->at == body->end) {
        return module;
    }
    return skip(body, "\"s_version\":\"") &&
           word(body, "\"", request->versions[2], sizeof request->versions[2]) &&
           skip(body, "\"}") && body->at == body->end;
}

/* Lines up to the blank one. @return where the body begins, NULL: not all is there yet */
static const char *read_head(parse_t *parse, view_t *input)
{
    bool first = true;
    for (;;) {
        const char *stop = memchr(input->at, '\n', (size_t)(input->end - input->at));
        if (stop == NULL) {
            return NULL;
        }
        expect(parse, stop > input->at && stop[-1] == '\r', "request: a line without CR");
        view_t line = {input->at, stop - 1};
        input->at = stop + 1;
        if (line.at >= line.end) {
            return input->at;
        }
        if (first) {
            parse->post = skip(&line, "POST ");
            bool right = (parse->post || skip(&line, "GET ")) && read_path(parse, &line) &&
                         skip(&line, " HTTP/1.1");
            expect(parse, right && line.at == line.end, "request: the first line");
            first = false;
        } else {
            bool right = read_header(parse, &line);
            expect(parse, right && line.at == line.end, "request: a header line");
        }
    }
}

static void judge_headers(parse_t *parse)
{
    bool download = parse->request.verb == FAKE_DOWNLOAD;
    expect(parse, parse->hosts == 1, "request: Host");
    expect(parse, parse->lengths == (parse->post ? 1u : 0u), "request: Content-Length");
    expect(parse, parse->types == (download ? 0u : 1u), "request: Content-Type");
    expect(parse, parse->authorizations == (download ? 0u : 1u),
           download ? "secrecy: Authorization on a download" : "request: no Authorization");
    expect(parse, parse->ranges <= (download ? 1u : 0u), "request: Range");
}

/* ---------------------------------------------------------------- writing */

static void put(fake_answer_t *answer, const char *text)
{
    size_t length = strlen(text);
    memcpy(answer->head + answer->head_length, text, length);
    answer->head_length += (uint32_t)length;
}

static void put_number(fake_answer_t *answer, uint64_t value, unsigned base, unsigned width)
{
    char digits[24];
    unsigned length = 0;
    do {
        digits[length++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0 || length < width);
    while (length > 0) {
        answer->head[answer->head_length++] = digits[--length];
    }
}

/* Date: Tue, 05 Nov 2019 02:20:55 GMT */
static void put_date(fake_answer_t *answer, uint64_t now_s)
{
    static const char *const k_months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char *const k_days[] = {"Thu, ", "Fri, ", "Sat, ", "Sun, ",
                                         "Mon, ", "Tue, ", "Wed, "};
    uint64_t days = now_s / 86400u;
    uint64_t era_days = days + 719468u; /* from 1 March of the year 0 */
    uint64_t era = era_days / 146097u;
    uint64_t day = era_days % 146097u;
    uint64_t year = (day - day / 1460u + day / 36524u - day / 146096u) / 365u;
    uint64_t rest = day - (365u * year + year / 4u - year / 100u);
    uint64_t month = (5u * rest + 2u) / 153u;
    put(answer, "Date: ");
    put(answer, k_days[days % 7u]);
    put_number(answer, rest - (153u * month + 2u) / 5u + 1u, 10, 2);
    put(answer, " ");
    put(answer, k_months[(month + 2u) % 12u]);
    put(answer, " ");
    put_number(answer, year + era * 400u + (month >= 10u ? 1u : 0u), 10, 4);
    put(answer, " ");
    put_number(answer, now_s / 3600u % 24u, 10, 2);
    put(answer, ":");
    put_number(answer, now_s / 60u % 60u, 10, 2);
    put(answer, ":");
    put_number(answer, now_s % 60u, 10, 2);
    put(answer, " GMT\r\n");
}

static void put_task(fake_answer_t *answer, const fake_task_t *task)
{
    put(answer, ",\"data\":{\"target\":\"");
    put(answer, task->target);
    put(answer, "\",\"token\":\"");
    put(answer, task->token);
    put(answer, "\",\"size\":");
    put_number(answer, task->size, 10, 1);
    put(answer, ",\"md5\":\"");
    put(answer, task->md5);
    put(answer, "\",\"signal\":");
    put_number(answer, (uint64_t)task->signal, 10, 1);
    put(answer, ",\"power\":");
    put_number(answer, (uint64_t)task->power, 10, 1);
    put(answer, ",\"retry\":");
    put_number(answer, task->retry, 10, 1);
    put(answer, ",\"interval\":");
    put_number(answer, task->interval, 10, 1);
    put(answer, ",\"type\":1}");
}

/* One chunk, its length in front of it, then the last one. */
static void put_json(fake_answer_t *answer, const fake_reply_t *reply, bool check)
{
    fake_answer_t body = {.head_length = 0};
    put(&body, "{\"errno\":");
    put_number(&body, (uint64_t)reply->code, 10, 1);
    put(&body, ",\"error\":\"");
    put(&body, reply->text);
    put(&body, "\"");
    if (check && reply->code == 0) {
        put_task(&body, reply->task);
    }
    put(&body, "}");
    put(answer, "Content-Type: application/json;charset=UTF-8\r\nTransfer-Encoding: chunked\r\n"
                "Connection: keep-alive\r\nVary: Accept-Encoding\r\n\r\n");
    put_number(answer, body.head_length, 16, 1);
    put(answer, "\r\n");
    memcpy(answer->head + answer->head_length, body.head, body.head_length);
    answer->head_length += body.head_length;
    put(answer, "\r\n0\r\n\r\n");
}

static void put_package(fake_answer_t *answer, const fake_reply_t *reply)
{
    put(answer, "Content-Type: application/octet-stream;charset=UTF-8\r\nContent-Length: ");
    put_number(answer, reply->last - reply->first + 1u, 10, 1);
    put(answer, "\r\nConnection: keep-alive\r\n"
                "Content-Disposition: attachment; filename=\"121.bin\"\r\n");
    if (reply->ranged) {
        put(answer, "Content-Range: bytes ");
        put_number(answer, reply->first, 10, 1);
        put(answer, "-");
        put_number(answer, reply->last, 10, 1);
        put(answer, "/");
        put_number(answer, reply->task->size, 10, 1);
        put(answer, "\r\n");
    }
    put(answer, "\r\n");
    answer->body = reply->task->served + reply->first;
    answer->body_length = reply->last - reply->first + 1u;
}

/* A digit, without a length, in chunks. */
static void put_digit(fake_answer_t *answer, int32_t code)
{
    put(answer, "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n1\r\n");
    put_number(answer, (uint64_t)code, 10, 1);
    put(answer, "\r\n0\r\n\r\n");
}

static void write_answer(fake_answer_t *answer, const fake_request_t *request,
                         const fake_reply_t *reply)
{
    bool package = request->verb == FAKE_DOWNLOAD && reply->code == 0;
    put(answer, package && reply->ranged ? "HTTP/1.1 206 \r\nServer: nginx\r\n"
                                         : "HTTP/1.1 200 \r\nServer: nginx\r\n");
    put_date(answer, reply->now_s);
    if (package) {
        put_package(answer, reply);
    } else if (request->verb == FAKE_DOWNLOAD) {
        put_digit(answer, reply->code);
    } else {
        put_json(answer, reply, request->verb == FAKE_CHECK);
    }
}

static uint32_t serve(void *ctx, const char *request, uint32_t length, fake_answer_t *answer)
{
    parse_t parse;
    memset(&parse, 0, sizeof parse);
    parse.platform = ctx;
    if (length < 4u ||
        (memcmp(request + length - 4, "\r\n\r\n", 4) != 0 && request[length - 1u] != '}')) {
        return 0; /* most requests that are not whole */
    }
    view_t input = {request, request + length};
    const char *body = read_head(&parse, &input);
    if (body == NULL || (uint64_t)(input.end - body) < parse.length) {
        return 0;
    }
    judge_headers(&parse);
    view_t content = {body, body + parse.length};
    if (parse.post) {
        expect(&parse, read_body(&parse, &content), "request: the body");
    }
    fake_reply_t reply;
    fake_platform_handle(parse.platform, &parse.request, &reply);
    write_answer(answer, &parse.request, &reply);
    return (uint32_t)(body + parse.length - request);
}

const fake_server_t fake_south = {serve, fake_platform_delivered};
