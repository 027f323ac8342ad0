/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "fake_wire.h"

#include <string.h>

/* ---------------------------------------------------------------- reading */

bool wire_skip(fake_view_t *view, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(view->end - view->at) < length || memcmp(view->at, text, length) != 0) {
        return false;
    }
    view->at += length;
    return true;
}

bool wire_number(fake_view_t *view, uint64_t *value)
{
    const char *start = view->at;
    *value = 0;
    while (view->at < view->end && *view->at >= '0' && *view->at <= '9') {
        *value = *value * 10u + (uint64_t)(*view->at++ - '0');
    }
    return view->at > start && view->at - start < 19;
}

bool wire_word(fake_view_t *view, const char *stop, char *to, size_t size)
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

static void expect(fake_parse_t *parse, bool right, const char *what)
{
    if (!right) {
        fake_platform_violate(parse->platform, what);
    }
}

bool wire_type(fake_request_t *request, fake_view_t *line)
{
    if (line->at >= line->end || (*line->at != '1' && *line->at != '2')) {
        return false;
    }
    request->type = (uint8_t)(*line->at++ - '0');
    return true;
}

bool wire_version(fake_request_t *request, fake_view_t *line)
{
    char *version = request->versions[request->type];
    return wire_word(line, "& ", version, sizeof request->versions[0]);
}

/* version=2018-10-31&res=products%2F33704&et=..&method=sha1&sign=.. */
static bool read_authorization(const fake_wire_t *wire, fake_parse_t *parse, fake_view_t *line)
{
    char text[200];
    parse->authorizations++;
    parse->request.authorised = true;
    return wire_skip(line, wire->authorization) && wire_word(line, "&", text, sizeof text) &&
           strchr(text, '/') == NULL && wire_skip(line, "&et=") &&
           wire_number(line, &parse->request.et) && wire_skip(line, "&method=") &&
           wire_word(line, "&", text, sizeof text) && wire_skip(line, "&sign=") &&
           wire_word(line, "", text, sizeof text) && strpbrk(text, "+/=& ") == NULL;
}

static bool read_range(fake_parse_t *parse, fake_view_t *line)
{
    uint64_t first, last;
    parse->ranges++;
    parse->request.ranged = true;
    (void)wire_skip(line, "bytes=");
    if (!wire_number(line, &first) || !wire_skip(line, "-") || !wire_number(line, &last)) {
        return false;
    }
    parse->request.first = (uint32_t)first;
    parse->request.last = (uint32_t)last;
    return true;
}

static bool read_header(const fake_wire_t *wire, fake_parse_t *parse, fake_view_t *line)
{
    if (wire_skip(line, "Host: ")) {
        parse->hosts++;
        return wire_skip(line, wire->host);
    }
    if (wire_skip(line, "Content-Type: ")) {
        parse->types++;
        return wire_skip(line, "application/json");
    }
    if (wire_skip(line, "Content-Length: ")) {
        parse->lengths++;
        return wire_number(line, &parse->length);
    }
    if (wire_skip(line, "Authorization: ")) {
        return read_authorization(wire, parse, line);
    }
    return wire_skip(line, "Range: ") && read_range(parse, line);
}

/* {"f_version":"..","s_version":".."} or {"step":N} */
static bool read_body(fake_parse_t *parse, fake_view_t *body)
{
    fake_request_t *request = &parse->request;
    uint64_t step;
    if (request->verb == FAKE_REPORT) {
        bool right =
            wire_skip(body, "{\"step\":") && wire_number(body, &step) && wire_skip(body, "}");
        request->step = right && step <= 255u ? (uint32_t)step : 0u;
        return right && body->at == body->end;
    }
    bool module = wire_skip(body, "{\"f_version\":\"");
    if (module && !(wire_word(body, "\"", request->versions[1], sizeof request->versions[1]) &&
                    (wire_skip(body, "\",") || wire_skip(body, "\"}")))) {
        return false;
    }
    if (!module && !wire_skip(body, "{")) {
        return false;
    }
    if (body->at == body->end) {
        return module;
    }
    return wire_skip(body, "\"s_version\":\"") &&
           wire_word(body, "\"", request->versions[2], sizeof request->versions[2]) &&
           wire_skip(body, "\"}") && body->at == body->end;
}

/* Lines up to the blank one. @return where the body begins, NULL: not all is there yet */
static const char *read_head(const fake_wire_t *wire, fake_parse_t *parse, fake_view_t *input)
{
    bool first = true;
    for (;;) {
        const char *stop = memchr(input->at, '\n', (size_t)(input->end - input->at));
        if (stop == NULL) {
            return NULL;
        }
        expect(parse, stop > input->at && stop[-1] == '\r', "request: a line without CR");
        fake_view_t line = {input->at, stop - 1};
        input->at = stop + 1;
        if (line.at >= line.end) {
            return input->at;
        }
        if (first) {
            parse->post = wire_skip(&line, "POST ");
            bool right = (parse->post || wire_skip(&line, "GET ")) &&
                         wire->read_path(parse, &line) && wire_skip(&line, " HTTP/1.1");
            expect(parse, right && line.at == line.end, "request: the first line");
            first = false;
        } else {
            bool right = read_header(wire, parse, &line);
            expect(parse, right && line.at == line.end, "request: a header line");
        }
    }
}

static void judge_headers(const fake_wire_t *wire, fake_parse_t *parse)
{
    bool download = parse->request.verb == FAKE_DOWNLOAD;
    expect(parse, parse->hosts == 1, "request: Host");
    expect(parse, parse->lengths == (parse->post ? 1u : 0u), "request: Content-Length");
    expect(parse, parse->types == (download ? 0u : 1u), "request: Content-Type");
    bool open = download && !wire->signs_download;
    expect(parse, parse->authorizations == (open ? 0u : 1u),
           open ? "secrecy: Authorization on a download" : "request: no Authorization");
    expect(parse, parse->ranges <= (download ? 1u : 0u), "request: Range");
}

/* ---------------------------------------------------------------- writing */

void wire_put(fake_answer_t *answer, const char *text)
{
    size_t length = strlen(text);
    memcpy(answer->head + answer->head_length, text, length);
    answer->head_length += (uint32_t)length;
}

void wire_put_number(fake_answer_t *answer, uint64_t value, unsigned base, unsigned width)
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
void wire_put_date(fake_answer_t *answer, uint64_t now_s)
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
    wire_put(answer, "Date: ");
    wire_put(answer, k_days[days % 7u]);
    wire_put_number(answer, rest - (153u * month + 2u) / 5u + 1u, 10, 2);
    wire_put(answer, " ");
    wire_put(answer, k_months[(month + 2u) % 12u]);
    wire_put(answer, " ");
    wire_put_number(answer, year + era * 400u + (month >= 10u ? 1u : 0u), 10, 4);
    wire_put(answer, " ");
    wire_put_number(answer, now_s / 3600u % 24u, 10, 2);
    wire_put(answer, ":");
    wire_put_number(answer, now_s / 60u % 60u, 10, 2);
    wire_put(answer, ":");
    wire_put_number(answer, now_s % 60u, 10, 2);
    wire_put(answer, " GMT\r\n");
}

void wire_put_package(fake_answer_t *answer, const fake_reply_t *reply, const char *name)
{
    wire_put(answer, "Content-Type: application/octet-stream;charset=UTF-8\r\nContent-Length: ");
    wire_put_number(answer, reply->last - reply->first + 1u, 10, 1);
    wire_put(answer, "\r\nConnection: keep-alive\r\n"
                     "Content-Disposition: attachment; filename=\"");
    wire_put(answer, name);
    wire_put(answer, "\"\r\n");
    if (reply->ranged) {
        wire_put(answer, "Content-Range: bytes ");
        wire_put_number(answer, reply->first, 10, 1);
        wire_put(answer, "-");
        wire_put_number(answer, reply->last, 10, 1);
        wire_put(answer, "/");
        wire_put_number(answer, reply->task->size, 10, 1);
        wire_put(answer, "\r\n");
    }
    wire_put(answer, "\r\n");
    answer->body = reply->task->served + reply->first;
    answer->body_length = reply->last - reply->first + 1u;
}

/* Some other server answers, or ours is not well. */
/* By fake_peer_t. */
static const char *const k_strangers[FAKE_PEER_COUNT] = {
    [FAKE_PEER_500] = "HTTP/1.1 500 \r\n",
    [FAKE_PEER_502] = "HTTP/1.1 502 Bad Gateway\r\n",
    [FAKE_PEER_503] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7200\r\n",
    [FAKE_PEER_504] = "HTTP/1.1 504 Gateway Timeout\r\n",
    [FAKE_PEER_429] = "HTTP/1.1 429 Too Many Requests\r\n",
    [FAKE_PEER_401] = "HTTP/1.1 401 Unauthorized\r\n",
    [FAKE_PEER_403] = "HTTP/1.1 403 Forbidden\r\n",
    [FAKE_PEER_STRANGER] = "HTTP/1.1 200 OK\r\n",
};

static void write_stranger(fake_answer_t *answer, const char *status)
{
    static const char k_page[] = "<html><body>Sorry.</body></html>";
    wire_put(answer, status);
    wire_put(answer, "Content-Type: text/html\r\nContent-Length: ");
    wire_put_number(answer, sizeof k_page - 1u, 10, 1);
    wire_put(answer, "\r\n\r\n");
    wire_put(answer, k_page);
}

uint32_t fake_wire_serve(const fake_wire_t *wire, fake_platform_t *platform, const char *request,
                         uint32_t length, fake_answer_t *answer)
{
    fake_parse_t parse;
    memset(&parse, 0, sizeof parse);
    parse.platform = platform;
    if (length < 4u ||
        (memcmp(request + length - 4, "\r\n\r\n", 4) != 0 && request[length - 1u] != '}')) {
        return 0; /* most requests that are not whole */
    }
    fake_view_t input = {request, request + length};
    const char *body = read_head(wire, &parse, &input);
    if (body == NULL || (uint64_t)(input.end - body) < parse.length) {
        return 0;
    }
    judge_headers(wire, &parse);
    fake_view_t content = {body, body + parse.length};
    if (parse.post) {
        expect(&parse, read_body(&parse, &content), "request: the body");
    }
    fake_reply_t reply;
    fake_platform_handle(platform, &parse.request, &reply);
    uint64_t et_most = reply.now_s + platform->ahead_s + wire->et_most_s;
    expect(&parse, wire->et_most_s == 0 || parse.request.et <= et_most,
           "request: an Authorization that lasts too long");
    if (reply.stranger) {
        write_stranger(answer, k_strangers[platform->peer]);
    } else {
        wire->write(answer, &parse.request, &reply);
    }
    return (uint32_t)(body + parse.length - request);
}
