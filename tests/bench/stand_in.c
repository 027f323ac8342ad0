/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "stand_in.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"

void stand_in_init(stand_in_t *platform, uint32_t size)
{
    oneota_hash_t hash;
    uint8_t digest[CRYPTO_DIGEST_MAX];
    uint32_t random = 2463534242u;
    platform->size = size;
    platform->package = malloc(size);
    if (platform->package == NULL) {
        fputs("bench: no memory for the package\n", stderr);
        exit(1);
    }
    for (uint32_t n = 0; n < size; n++) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        platform->package[n] = (uint8_t)random;
    }
    oneota_crypto_hash_begin(&hash, CRYPTO_MD5);
    oneota_crypto_hash_add(&hash, platform->package, size);
    oneota_crypto_hash_end(&hash, digest);
    for (size_t n = 0; n < 16u; n++) {
        snprintf(platform->md5 + 2u * n, 3, "%02x", digest[n]);
    }
}

static void answer_json(stand_in_answer_t *answer, const char *json)
{
    answer->head_length = (uint32_t)snprintf(
        answer->head, sizeof answer->head,
        "HTTP/1.1 200 \r\nServer: nginx\r\nDate: Tue, 05 Nov 2019 02:16:28 GMT\r\n"
        "Content-Type: application/json;charset=UTF-8\r\nTransfer-Encoding: chunked\r\n"
        "Connection: keep-alive\r\nVary: Accept-Encoding\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
        (unsigned)strlen(json), json);
}

static void answer_task(const stand_in_t *platform, stand_in_answer_t *answer)
{
    char json[256];
    snprintf(json, sizeof json,
             "{\"errno\":0,\"error\":\"succ\",\"data\":{\"target\":\"V1.0.1\",\"token\":\"%s\","
             "\"size\":%lu,\"md5\":\"%s\",\"signal\":10,\"power\":50,\"retry\":0,\"interval\":0,"
             "\"type\":1}}",
             STAND_IN_TOKEN, (unsigned long)platform->size, platform->md5);
    answer_json(answer, json);
}

static void answer_range(const stand_in_t *platform, const char *range, stand_in_answer_t *answer)
{
    unsigned long first = 0;
    unsigned long last = 0;
    if (range == NULL || sscanf(range, "\r\nRange: bytes=%lu-%lu", &first, &last) != 2 ||
        first > last || last >= platform->size) {
        fputs("bench: a download that asks for no range of the package\n", stderr);
        exit(1);
    }
    answer->body = platform->package + first;
    answer->body_length = (uint32_t)(last - first + 1u);
    answer->head_length = (uint32_t)snprintf(
        answer->head, sizeof answer->head,
        "HTTP/1.1 206 \r\nServer: nginx\r\nDate: Tue, 05 Nov 2019 02:22:42 GMT\r\n"
        "Content-Type: application/octet-stream;charset=UTF-8\r\nContent-Length: %lu\r\n"
        "Connection: keep-alive\r\nContent-Disposition: attachment; filename=\"121.bin\"\r\n"
        "Content-Range: bytes %lu-%lu/%lu\r\n\r\n",
        last - first + 1u, first, last, (unsigned long)platform->size);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

size_t stand_in_serve(const stand_in_t *platform, const char *text, size_t length,
                      stand_in_answer_t *answer)
{
    static const char download[] = "GET /ota/south/download/" STAND_IN_TOKEN " ";
    char request[2048];
    if (length >= sizeof request) {
        fputs("bench: a request of more than 2 KiB\n", stderr);
        exit(1);
    }
    memcpy(request, text, length);
    request[length] = '\0';
    const char *end = strstr(request, "\r\n\r\n");
    const char *body = strstr(request, "\r\nContent-Length: ");
    if (end == NULL) {
        return 0;
    }
    size_t whole = (size_t)(end - request) + 4u;
    whole += body != NULL && body < end ? strtoul(body + 18, NULL, 10) : 0u;
    if (length < whole) {
        return 0;
    }
    answer->body_length = 0;
    if (begins(request, download)) {
        answer_range(platform, strstr(request, "\r\nRange: "), answer);
    } else if (begins(request, "GET /ota/south/check?")) {
        answer_task(platform, answer);
    } else {
        answer_json(answer, "{\"errno\":0,\"error\":\"succ\"}");
    }
    return whole;
}

size_t stand_in_request(char *text, size_t size, uint32_t first, uint32_t end)
{
    return (size_t)snprintf(text, size,
                            "GET /ota/south/download/" STAND_IN_TOKEN " HTTP/1.1\r\n"
                            "Host: " STAND_IN_HOST "\r\nRange: bytes=%lu-%lu\r\n\r\n",
                            (unsigned long)first, (unsigned long)end - 1u);
}
