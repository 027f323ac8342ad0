/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOUTH_HOST "ota.heclouds.com"
#define FUSE_HOST  "iot-api.heclouds.com"
#define SOUTH_ID   "ota_YbDB8ANDSmPEM78DkHDT"
#define FUSE_ID    "1317438"
#define SOUTH_KIND "/ota/"
#define FUSE_KIND  "/fuse-ota/Xy12Zz34Aa/pump-7/"

#define PIECES   5u
#define PIECE_MS 10000u /* five of them are longer than the client waits for an answer ... */
#define POLL_MS  50u

static void accuse(server_t *server, bool guilty, const char *problem)
{
    if (guilty && server->problem == NULL) {
        server->problem = problem;
    }
}

/* ---------------------------------------------------------------- the request */

typedef struct {
    const char *text;
    row_call_t call;
    uint8_t step;
    bool ranged;
    uint32_t first, last;
} request_t;

static uint32_t number_after(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at == NULL ? 0u : (uint32_t)strtoul(at + strlen(key), NULL, 10);
}

static bool is_whole(const char *text)
{
    const char *body = strstr(text, "\r\n\r\n");
    return body != NULL && strlen(body + 4) >= number_after(text, "Content-Length: ");
}

static void read_request(request_t *request, const char *text)
{
    const char *range = strstr(text, "\r\nRange: ");
    const char *line = strchr(text, '\r');
    char path[200];
    (void)snprintf(path, sizeof path, "%.*s", (int)(line - text), text);
    request->text = text;
    request->ranged = range != NULL;
    request->step = 0;
    if (range != NULL) {
        range += strcspn(range, "0123456789");
        request->first = (uint32_t)strtoul(range, NULL, 10);
        request->last = number_after(range, "-");
    }
    if (strncmp(path, "POST ", 5) == 0 && strstr(path, "/version") != NULL) {
        request->call = ROW_VERSION;
    } else if (strncmp(path, "POST ", 5) == 0) {
        request->step = (uint8_t)number_after(text, "{\"step\":");
        request->call = request->step < 100u    ? ROW_PROGRESS
                        : request->step == 101u ? ROW_DOWNLOADED
                                                : ROW_RESULT;
    } else if (strstr(path, "type=") != NULL) {
        request->call = ROW_CHECK;
    } else {
        request->call = strstr(path, "/check") != NULL ? ROW_TOKEN : ROW_DOWNLOAD;
    }
}

/* ---------------------------------------------------------------- is it in order? */

/* That may be told next. A call that is refused for its Authorization is made once more; and a task
 * that ended, and is found again, begins anew. */
static uint8_t least_percent(server_t *server)
{
    uint32_t ended = kit_count_events(server->kit, ONEOTA_EVENT_ENDED);
    if (server->ended != ended) {
        server->ended = ended;
        server->percent = 0;
    }
    bool again =
        server->row->call == ROW_PROGRESS && server->row->always.reason == ONEOTA_REASON_AUTH;
    return (uint8_t)(server->percent + (again ? 0u : 1u));
}

static void judge_report(server_t *server, const request_t *request)
{
    const kit_t *kit = server->kit;
    const fake_board_t *board = &kit->board;
    const fake_known_t *held = fake_board_content(board, 0, board->running[0] ^ 1u);
    const bool first = server->fuse && request->step == 1u;
    if (request->step < 100u) {
        accuse(server, !first && request->step % 10u != 0, "an odd percentage");
        accuse(server, request->step < least_percent(server) && !first, "a percentage again");
        server->percent = request->step > server->percent ? request->step : server->percent;
        return;
    }
    accuse(server, request->step == 101u && held != kit->packages[0],
           "101, and the package is not in the slot");
    accuse(server,
           request->step == 201u &&
               (board->runs[0] != kit->packages[0] || !fake_board_settled(board)),
           "201, and the package does not run for good");
    if (server->end_count < SERVER_ENDS_MAX) {
        server->ends[server->end_count++] = request->step;
    }
    server->over = server->over || request->step > 101u;
}

static void judge_request(server_t *server, const request_t *request)
{
    const bool signed_call = request->call != ROW_DOWNLOAD || server->fuse;
    const char *host = server->fuse ? FUSE_HOST : SOUTH_HOST;
    const char *line =
        server->fuse ? "\r\nHost: " FUSE_HOST "\r\n" : "\r\nHost: " SOUTH_HOST "\r\n";
    const char *kind = strchr(request->text, ' ');
    accuse(server, strstr(request->text, line) == NULL, "another Host");
    accuse(server, strcmp(server->kit->opened, host) != 0, "a connection to another host");
    accuse(server, server->kit->opened_port != 80u, "a connection to another port");
    accuse(server,
           strncmp(kind + 1, server->fuse ? FUSE_KIND : SOUTH_KIND,
                   strlen(server->fuse ? FUSE_KIND : SOUTH_KIND)) != 0,
           "another path");
    accuse(server, (strstr(request->text, "\r\nAuthorization: ") != NULL) != signed_call,
           "an Authorization too many, or none");
    accuse(server, request->call > ROW_CHECK && strstr(kind, server->honest.id) == NULL,
           "another handle");
    accuse(server,
           request->call == ROW_DOWNLOAD && request->ranged &&
               (request->first >= request->last || request->last >= server->honest.size),
           "a range beyond the package");
    server->requests++;
    if (request->step != 0) {
        judge_report(server, request);
    }
}

/* ---------------------------------------------------------------- the truth */

static void write_task(const server_t *server, char *to, size_t size)
{
    const honest_t *h = &server->honest;
    if (h->fuse) {
        (void)snprintf(to, size,
                       ",\"data\":{\"target\":\"%s\",\"tid\":%s,\"size\":%u,\"md5\":\"%s\","
                       "\"status\":%u,\"type\":1}",
                       h->target, h->id, (unsigned)h->size, h->md5, server->percent > 0 ? 2u : 1u);
    } else {
        (void)snprintf(to, size,
                       ",\"data\":{\"target\":\"%s\",\"token\":\"%s\",\"size\":%u,\"md5\":\"%s\","
                       "\"signal\":10,\"power\":50,\"retry\":0,\"interval\":0,\"type\":1}",
                       h->target, h->id, (unsigned)h->size, h->md5);
    }
}

static bool has_task(const server_t *server)
{
    const char *runs = server->kit->board.runs[0]->version;
    return !server->over && strcmp(runs, server->honest.target) != 0;
}

static void write_json(server_t *server, const request_t *request)
{
    char data[300] = "";
    bool none = request->call == ROW_CHECK && !has_task(server);
    unsigned code = !none ? 0u : server->fuse ? 12012u : 11u;
    if (request->call == ROW_CHECK && !none) {
        write_task(server, data, sizeof data);
    } else if (request->call == ROW_TOKEN && server->fuse) {
        (void)snprintf(data, sizeof data, ",\"data\":{\"status\":%u}",
                       server->percent > 0 ? 2u : 1u);
    }
    (void)snprintf(server->body, sizeof server->body,
                   server->fuse ? "{\"code\":%u,\"msg\":\"%s\"%s,\"request_id\":\"399527bd\"}"
                                : "{\"errno\":%u,\"error\":\"%s\"%s}",
                   code, none ? "none" : "succ", data);
}

static void write_honest(server_t *server, const request_t *request)
{
    honest_t *honest = &server->honest;
    honest->status = 200;
    honest->ranged = false;
    if (request->call != ROW_DOWNLOAD) {
        write_json(server, request);
        honest->first = 1;
        honest->last = 0;
        honest->body = (const uint8_t *)server->body;
        honest->length = (uint32_t)strlen(server->body);
        return;
    }
    honest->first = request->ranged ? request->first : 0u;
    honest->last = request->ranged ? request->last : honest->size - 1u;
    honest->ranged = request->ranged;
    honest->status = request->ranged ? 206u : 200u;
    honest->body = honest->package + honest->first;
    honest->length = honest->last - honest->first + 1u;
}

/* ---------------------------------------------------------------- the server */

static bool is_turn(server_t *server, const request_t *request)
{
    const row_t *row = server->row;
    return ++server->seen[request->call] >= row->nth && request->call == row->call &&
           (server->always || server->lies == 0) && (row->call != ROW_CHECK || has_task(server));
}

static void serve_request(server_t *server, const request_t *request)
{
    if (server->lies == 1u && server->next_ms == 0) {
        server->next_ms = server->kit->board.now_ms;
    }
    judge_request(server, request);
    write_honest(server, request);
    if (is_turn(server, request)) {
        server->lies++;
        server->piece_ms = server->kit->board.now_ms;
        server->lie_ms = server->lies == 1u ? server->kit->board.now_ms : server->lie_ms;
        answer_tell_lie(&server->answer, &server->honest, server->row->answer);
    } else {
        answer_tell_truth(&server->answer, &server->honest);
    }
}

static uint32_t serve(void *ctx, const char *data, uint32_t length, fake_answer_t *answer)
{
    server_t *server = ctx;
    char text[1024];
    request_t request;
    if (length >= sizeof text) {
        accuse(server, true, "a request without end");
        return length;
    }
    memcpy(text, data, length);
    text[length] = '\0';
    if (!is_whole(text)) {
        return 0;
    }
    memset(&request, 0, sizeof request);
    read_request(&request, text);
    serve_request(server, &request);
    answer->body = server->answer.data;
    answer->body_length = (uint32_t)server->answer.length;
    answer->close = server->answer.close;
    return length;
}

static void delivered(void *ctx, uint32_t body_bytes, bool whole)
{
    (void)ctx;
    (void)body_bytes;
    (void)whole;
}

static const fake_server_t k_server = {serve, delivered};

/* ---------------------------------------------------------------- slowly */

static oneota_error_t (*receive_inner)(void *, void *, size_t, size_t *);

/* What is slow comes in pieces, each some time after the one before it. */
static oneota_error_t receive_slowly(void *ctx, void *buffer, size_t size, size_t *received)
{
    kit_t *kit = ctx;
    server_t *server = kit->net.server_ctx;
    const answer_t *answer = &server->answer;
    uint32_t place = kit->net.place;
    kit->net.recv_max = 0;
    if (!kit->net.answering || answer->slow_from == SIZE_MAX) {
        return receive_inner(ctx, buffer, size, received);
    }
    if (place < answer->slow_from) {
        kit->net.recv_max = (uint32_t)answer->slow_from - place;
    } else if (kit->board.now_ms - server->piece_ms < PIECE_MS) {
        *received = 0;
        return ONEOTA_AGAIN;
    } else {
        kit->net.recv_max = (uint32_t)(answer->length - answer->slow_from) / PIECES + 1u;
    }
    server->piece_ms = kit->board.now_ms;
    return receive_inner(ctx, buffer, size, received);
}

static void speak_fuse(kit_t *kit)
{
    kit->setup.dialect = &oneota_fuse;
    kit->setup.identity.product = "Xy12Zz34Aa";
    kit->setup.identity.device = "pump-7";
    kit->setup.identity.scope = ONEOTA_RES_DEVICE;
    kit->setup.address = FUSE_HOST;
}

void server_init(server_t *server, kit_t *kit, const row_t *row, bool fuse, bool always)
{
    memset(server, 0, sizeof *server);
    server->kit = kit;
    server->row = row;
    server->fuse = fuse;
    server->always = always;
    server->honest.fuse = fuse;
    server->honest.package = kit->packages[0]->bytes;
    server->honest.size = kit->packages[0]->size;
    server->honest.slot = kit->board.config.slot.size;
    server->honest.md5 = kit->md5[0];
    server->honest.target = kit->packages[0]->version;
    server->honest.version = kit->board.known[0].version;
    server->honest.id = fuse ? FUSE_ID : SOUTH_ID;
    if (fuse) {
        speak_fuse(kit);
    }
    (void)snprintf(kit->platform.tasks[0].token, sizeof kit->platform.tasks[0].token, "%s",
                   server->honest.id); /* which the kit looks for in all that the client says */
    kit->net.server = &k_server;
    kit->net.server_ctx = server;
    receive_inner = kit->net.port.recv;
    kit->net.port.recv = receive_slowly;
    kit->net.port.poll_ms = POLL_MS;
}

void server_free(server_t *server)
{
    answer_free(&server->answer);
}
