/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * five_calls.c: the platform's calls as pure functions, under an HTTP of the program's own: one
 * blocking socket for each request. Takes a whole package and reports that it runs.
 *
 *     five-calls PORT FILE      of this machine; where the package goes
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "oneota/calls.h"

#define RANGE_BYTES 4096u

static const oneota_identity_t k_identity = {
    .product = "100001",
    .device = "10000001",
    .key = "b25lb3RhLWRlbW8tcHJvZHVjdC1rZXk=",
};
static const oneota_image_id_t k_image = {.type = ONEOTA_SOTA, .version = "1.0.0"};

static uint16_t s_port;
static char s_input[RANGE_BYTES + 2048];
static uint64_t s_work[(ONEOTA_JSON_WORK_BYTES + 7) / 8];

static void die(const char *what, int number)
{
    (void)fprintf(stderr, "five-calls: %s %d\n", what, number);
    exit(1);
}

/* ---------------------------------------------------------------- an HTTP of its own */

static int connect_here(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(s_port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        die("cannot connect to port", s_port);
    }
    return fd;
}

/* The value of a header field of the text in s_input, or NULL. */
static const char *field(const char *name)
{
    for (const char *line = strstr(s_input, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, strlen(name)) == 0) {
            return line + strlen(name) + 1;
        }
    }
    return NULL;
}

/* Takes the chunks' frames off. @return bytes of the body, or -1: not all is here */
static long join_chunks(char *body, size_t length)
{
    char *end = body + length, *out = body;
    for (;;) {
        char *line = strstr(body, "\r\n");
        size_t bytes = line != NULL ? strtoul(body, NULL, 16) : 0;
        if (line == NULL || bytes + 4 > (size_t)(end - line)) {
            return -1;
        }
        memmove(out, line + 2, bytes);
        out += bytes;
        body = line + 2 + bytes + 2;
        if (bytes == 0) {
            return (long)(out - s_input) - (long)(strstr(s_input, "\r\n\r\n") + 4 - s_input);
        }
    }
}

/* @return bytes of the body, or -1: not all is here */
static long body_length(char *body, size_t length)
{
    const char *announced = field("Content-Length");
    char copy[sizeof s_input];
    if (announced != NULL) {
        return (size_t)atol(announced) <= length ? atol(announced) : -1;
    }
    memcpy(copy, body, length + 1); /* until all is here, nothing is changed */
    if (strstr(copy, "\r\n0\r\n\r\n") == NULL) {
        return -1;
    }
    return join_chunks(body, length);
}

static oneota_reply_t exchange(const char *request, size_t length)
{
    oneota_reply_t reply = {.ota_errno = -1};
    size_t have = 0;
    int fd = connect_here();
    if (write(fd, request, length) != (ssize_t)length) {
        die("cannot send", 0);
    }
    for (long bytes = -1; bytes < 0;) {
        ssize_t got = read(fd, s_input + have, sizeof s_input - 1 - have);
        if (got <= 0) {
            die("the answer broke off after", (int)have);
        }
        have += (size_t)got;
        s_input[have] = '\0';
        char *body = strstr(s_input, "\r\n\r\n");
        if (body != NULL) {
            body += 4;
            bytes = body_length(body, have - (size_t)(body - s_input));
            reply.body = body;
            reply.body_length = (size_t)bytes;
        }
    }
    (void)close(fd);
    reply.status = (uint16_t)atoi(s_input + strlen("HTTP/1.1 "));
    return reply;
}

/* ---------------------------------------------------------------- the calls */

static oneota_reply_t call(oneota_request_t *request, oneota_call_t what)
{
    char buffer[1024];
    size_t length;
    request->call = (uint8_t)what;
    request->identity = &k_identity;
    request->host = "ota.heclouds.com";
    request->image = &k_image;
    request->et_s = 4102444800u; /* the year 2100 */
    oneota_error_t error =
        oneota_request_write(&oneota_south, request, buffer, sizeof buffer, &length);
    if (error != ONEOTA_OK) {
        die("request", (int)error);
    }
    return exchange(buffer, length);
}

static oneota_answer_t ask(oneota_request_t *request, oneota_call_t what)
{
    oneota_answer_t answer;
    oneota_reply_t reply = call(request, what);
    oneota_answer_read(&oneota_south, (uint8_t)what, &reply, s_work, sizeof s_work, &answer);
    if (answer.verdict != ONEOTA_VERDICT_OK) {
        die("refused with", answer.code);
    }
    return answer;
}

static void report(const oneota_answer_t *offer, uint8_t step)
{
    oneota_request_t request = {.handle = offer->handle, .step = step};
    (void)ask(&request, ONEOTA_CALL_REPORT);
}

static void download(const oneota_answer_t *offer, FILE *file)
{
    for (uint32_t first = 0; first < offer->task.size; first += RANGE_BYTES) {
        uint32_t left = offer->task.size - first;
        uint32_t bytes = left < RANGE_BYTES ? left : RANGE_BYTES;
        oneota_request_t request = {.handle = offer->handle, .first = first};
        request.last = first + bytes - 1;
        oneota_reply_t reply = call(&request, ONEOTA_CALL_DOWNLOAD);
        if (reply.status != 206 || reply.body_length != bytes ||
            fwrite(reply.body, 1, bytes, file) != bytes) {
            die("download answered with", reply.status);
        }
    }
}

int main(int argc, char **argv)
{
    oneota_request_t version = {.s_version = k_image.version}, check = {0}, token = {0};
    FILE *file = argc == 3 ? fopen(argv[2], "wb") : NULL;
    if (file == NULL) {
        die("usage: five-calls PORT FILE", 0);
    }
    s_port = (uint16_t)atoi(argv[1]);
    (void)ask(&version, ONEOTA_CALL_VERSION);
    oneota_answer_t offer = ask(&check, ONEOTA_CALL_CHECK);
    token.handle = offer.handle;
    (void)ask(&token, ONEOTA_CALL_TOKEN);
    download(&offer, file);
    (void)fclose(file);
    report(&offer, ONEOTA_STEP_DOWNLOADED);
    report(&offer, ONEOTA_STEP_UPDATED);
    version.s_version = offer.task.target;
    (void)ask(&version, ONEOTA_CALL_VERSION);
    return 0;
}
