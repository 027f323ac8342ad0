/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "answer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOW_NEVER SIZE_MAX

/* ---------------------------------------------------------------- bytes */

static void complain(const char *what, const char *row)
{
    fprintf(stderr, "hostile: %s: %s\n", what, row);
    exit(2);
}

static void put(answer_t *answer, const void *data, size_t length)
{
    if (answer->room - answer->length < length) {
        answer->room = (answer->length + length) * 2u;
        answer->data = realloc(answer->data, answer->room);
        if (answer->data == NULL) {
            complain("no memory", "");
        }
    }
    if (length > 0) {
        memcpy(answer->data + answer->length, data, length);
    }
    answer->length += length;
}

static void put_text(answer_t *answer, const char *text)
{
    put(answer, text, strlen(text));
}

static void put_number(answer_t *answer, long long number, const char *form)
{
    char text[64];
    (void)snprintf(text, sizeof text, form, number);
    put_text(answer, text);
}

static void begin(answer_t *answer)
{
    answer->length = 0;
    answer->close = false;
    answer->slow_from = SLOW_NEVER;
}

void answer_free(answer_t *answer)
{
    free(answer->data);
    memset(answer, 0, sizeof *answer);
}

/* ---------------------------------------------------------------- the honest parts */

/* The reason phrase is empty in dialect A. */
static void put_status(answer_t *answer, const honest_t *honest)
{
    put_text(answer, honest->status == 206u ? "HTTP/1.1 206 " : "HTTP/1.1 200 ");
    if (honest->fuse) {
        put_text(answer, honest->status == 206u ? "Partial Content" : "OK");
    }
}

static void put_range(answer_t *answer, const honest_t *honest)
{
    if (honest->ranged) {
        put_number(answer, honest->first, "Content-Range: bytes %lld-");
        put_number(answer, honest->last, "%lld/");
        put_number(answer, honest->size, "%lld\r\n");
    }
}

static void put_length(answer_t *answer, size_t length)
{
    put_number(answer, (long long)length, "Content-Length: %lld\r\n");
}

void answer_tell_truth(answer_t *answer, const honest_t *honest)
{
    begin(answer);
    put_status(answer, honest);
    put_text(answer, "\r\nServer: nginx\r\nConnection: keep-alive\r\n");
    put_range(answer, honest);
    if (honest->fuse || honest->first <= honest->last) {
        put_length(answer, honest->length);
        put_text(answer, "\r\n");
        put(answer, honest->body, honest->length);
        return;
    }
    put_number(answer, honest->length, "Transfer-Encoding: chunked\r\n\r\n%llx\r\n");
    put(answer, honest->body, honest->length);
    put_text(answer, "\r\n0\r\n\r\n");
}

/* ---------------------------------------------------------------- $name */

static bool put_number_named(answer_t *answer, const honest_t *honest, const char *name, long more)
{
    const uint32_t front = honest->length / 2u;
    const struct {
        const char *name;
        uint32_t value;
        const char *form;
    } k_numbers[] = {
        {"length", honest->length, "%lld"}, {"hex", honest->length, "%llx"},
        {"hexfront", front, "%llx"},        {"hexback", honest->length - front, "%llx"},
        {"first", honest->first, "%lld"},   {"last", honest->last, "%lld"},
        {"size", honest->size, "%lld"},     {"slot", honest->slot, "%lld"},
    };
    for (size_t n = 0; n < sizeof k_numbers / sizeof k_numbers[0]; n++) {
        if (strcmp(name, k_numbers[n].name) == 0) {
            put_number(answer, (long long)k_numbers[n].value + more, k_numbers[n].form);
            return true;
        }
    }
    return false;
}

static bool put_text_named(answer_t *answer, const honest_t *honest, const char *name)
{
    char upper[33];
    for (size_t n = 0; n < sizeof upper; n++) {
        upper[n] = (char)toupper((unsigned char)honest->md5[n]);
    }
    const struct {
        const char *name;
        const char *text;
    } k_texts[] = {
        {"md5", honest->md5},
        {"upper", upper},
        {"target", honest->target},
        {"version", honest->version},
        {"id", honest->id},
        {"code", honest->fuse ? "code" : "errno"},
        {"text", honest->fuse ? "msg" : "error"},
        {"handle", honest->fuse ? "tid" : "token"},
    };
    for (size_t n = 0; n < sizeof k_texts / sizeof k_texts[0]; n++) {
        if (strcmp(name, k_texts[n].name) == 0) {
            put_text(answer, k_texts[n].text);
            return true;
        }
    }
    return false;
}

static bool put_part(answer_t *answer, const honest_t *honest, const char *name, long more)
{
    const uint32_t front = honest->length / 2u;
    if (strcmp(name, "body") == 0) {
        put(answer, honest->body, honest->length - (more < 0 ? (uint32_t)-more : 0u));
    } else if (strcmp(name, "package") == 0) {
        put(answer, honest->package, honest->size);
    } else if (strcmp(name, "front") == 0) {
        put(answer, honest->body, front);
    } else if (strcmp(name, "back") == 0) {
        put(answer, honest->body + front, honest->length - front);
    } else if (strcmp(name, "status") == 0) {
        put_status(answer, honest);
    } else if (strcmp(name, "range") == 0) {
        put_range(answer, honest);
    } else if (strcmp(name, "close") == 0) {
        answer->close = true;
    } else if (strcmp(name, "slow") == 0) {
        answer->slow_from = answer->length;
    } else {
        return false;
    }
    return true;
}

/* ---------------------------------------------------------------- text with $ and \ in it */

static void put_form(answer_t *answer, const honest_t *honest, const char *form, size_t length,
                     const char *row);

/* \r \n \t \\ \xHH @return the bytes of the row that it takes */
static size_t put_escape(answer_t *answer, const char *at, const char *row)
{
    static const char k_letters[] = "rnt\\";
    static const char k_bytes[] = "\r\n\t\\";
    const char *known = at[1] == '\0' ? NULL : strchr(k_letters, at[1]);
    if (known != NULL) {
        put(answer, &k_bytes[known - k_letters], 1);
        return 2;
    }
    if (at[1] != 'x' || strlen(at) < 4u) {
        complain("no such escape", row);
    }
    char hex[3] = {at[2], at[3], '\0'};
    uint8_t byte = (uint8_t)strtoul(hex, NULL, 16);
    put(answer, &byte, 1);
    return 4;
}

/* name, name+N, name-N, N*text */
static void put_named(answer_t *answer, const honest_t *honest, const char *at, size_t length,
                      const char *row)
{
    char name[24];
    long more = 0;
    size_t letters = 0;
    if (at[0] >= '0' && at[0] <= '9') {
        char *text;
        unsigned long times = strtoul(at, &text, 10);
        while (times-- > 0) {
            put_form(answer, honest, text + 1, length - (size_t)(text + 1 - at), row);
        }
        return;
    }
    while (letters < length && letters + 1u < sizeof name && at[letters] >= '0') {
        name[letters] = at[letters];
        letters++;
    }
    name[letters] = '\0';
    if (letters < length) {
        more = strtol(at + letters, NULL, 10);
    }
    if (!put_number_named(answer, honest, name, more) && !put_text_named(answer, honest, name) &&
        !put_part(answer, honest, name, more)) {
        complain("no such name", row);
    }
}

/* $name or ${...} @return the bytes of the row that it takes */
static size_t put_dollar(answer_t *answer, const honest_t *honest, const char *at, const char *row)
{
    if (at[1] == '{') {
        const char *end = strchr(at, '}');
        if (end == NULL) {
            complain("no end of ${", row);
        }
        put_named(answer, honest, at + 2, (size_t)(end - at) - 2u, row);
        return (size_t)(end - at) + 1u;
    }
    size_t letters = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz5");
    put_named(answer, honest, at + 1, letters, row);
    return letters + 1u;
}

static void put_form(answer_t *answer, const honest_t *honest, const char *form, size_t length,
                     const char *row)
{
    const char *end = form + length;
    while (form < end) {
        if (*form == '\\') {
            form += put_escape(answer, form, row);
        } else if (*form == '$') {
            form += put_dollar(answer, honest, form, row);
        } else {
            put(answer, form++, 1);
        }
    }
}

/* ---------------------------------------------------------------- set MEMBER [VALUE] */

/* The end of the value that begins here, in a body that is honest. */
static const char *value_end(const char *at)
{
    if (*at == '"') {
        return strchr(at + 1, '"') + 1;
    }
    return *at == '{' ? strchr(at, '}') + 1 : at + strcspn(at, ",}");
}

/* The honest body with another value, without the member, or with one that it does not have. */
static void put_set(answer_t *body, const honest_t *honest, const char *row)
{
    char text[600], quoted[32];
    answer_t name = {0};
    size_t letters = strcspn(row, " ");
    const char *value = row + letters + strspn(row + letters, " ");
    put_form(&name, honest, row, letters, row);
    (void)snprintf(quoted, sizeof quoted, "\"%.*s\":", (int)name.length, (const char *)name.data);
    answer_free(&name);
    (void)snprintf(text, sizeof text, "%.*s", (int)honest->length, (const char *)honest->body);
    const char *member = strstr(text, quoted);
    if (member == NULL) {
        const char *data = strstr(text, "\"data\":{");
        if (data == NULL || *value == '\0') {
            complain("no such member", row);
        }
        put(body, text, (size_t)(data + 8 - text));
        put_text(body, quoted);
        put_form(body, honest, value, strlen(value), row);
        put_text(body, ",");
        put_text(body, data + 8);
        return;
    }
    const char *rest = value_end(member + strlen(quoted));
    if (*value != '\0') {
        put(body, text, (size_t)(member + strlen(quoted) - text));
        put_form(body, honest, value, strlen(value), row);
    } else if (*rest == ',') {
        put(body, text, (size_t)(member - text));
        rest++;
    } else {
        put(body, text, (size_t)(member - text) - (member[-1] == ',' ? 1u : 0u));
    }
    put_text(body, rest);
}

/* ---------------------------------------------------------------- the lie */

static void put_whole(answer_t *answer, const honest_t *honest, const void *body, size_t length)
{
    put_text(answer, "HTTP/1.1 200 OK\r\n");
    put_length(answer, length);
    put_text(answer, "\r\n");
    put(answer, body, length);
    (void)honest;
}

/* body TEXT, set MEMBER VALUE, error CODE TEXT: the body is a lie */
static bool put_body(answer_t *answer, const honest_t *honest, const char *form, const char *rest)
{
    answer_t body = {0};
    if (strcmp(form, "body") == 0) {
        put_form(&body, honest, rest, strlen(rest), rest);
    } else if (strcmp(form, "set") == 0) {
        put_set(&body, honest, rest);
    } else if (strcmp(form, "error") == 0) {
        size_t digits = strcspn(rest, " ");
        put_text(&body, honest->fuse ? "{\"code\":" : "{\"errno\":");
        put(&body, rest, digits);
        put_text(&body, honest->fuse ? ",\"msg\":\"" : ",\"error\":\"");
        put_form(&body, honest, rest + digits, strlen(rest + digits), rest);
        put_text(&body, "\"}");
    } else {
        return false;
    }
    put_whole(answer, honest, body.data, body.length);
    answer->close = body.close;
    answer_free(&body);
    return true;
}

/* status LINE, line FIELD, raw TEXT: the header is */
static bool put_header(answer_t *answer, const honest_t *honest, const char *form, const char *rest)
{
    if (strcmp(form, "raw") == 0) {
        put_form(answer, honest, rest, strlen(rest), rest);
        return true;
    }
    if (strcmp(form, "status") == 0) {
        put_form(answer, honest, rest, strlen(rest), rest);
        put_text(answer, "\r\n");
    } else if (strcmp(form, "line") == 0) {
        put_status(answer, honest);
        put_text(answer, "\r\n");
        put_form(answer, honest, rest, strlen(rest), rest);
        put_text(answer, "\r\n");
    } else {
        return false;
    }
    put_range(answer, honest);
    put_length(answer, honest->length);
    put_text(answer, "\r\n");
    put(answer, honest->body, honest->length);
    return true;
}

void answer_tell_lie(answer_t *answer, const honest_t *honest, const char *row)
{
    char form[8];
    size_t letters = strcspn(row, " ");
    const char *rest = row + letters + strspn(row + letters, " ");
    (void)snprintf(form, sizeof form, "%.*s", (int)letters, row);
    begin(answer);
    if (!put_body(answer, honest, form, rest) && !put_header(answer, honest, form, rest)) {
        complain("an answer begins with raw, status, line, body, set or error", row);
    }
}
