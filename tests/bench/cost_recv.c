/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * cost_recv.c: the least that downloads by ranges: a blocking socket, a request made of a
 * template, a header that is looked through for its end and its Content-Length alone. Proves
 * nothing, recovers from nothing.
 *
 *     cost_recv SIZE FILE
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "crypto.h"
#include "stand_in.h"
#include "store.h"

#define RANGE 4096u

typedef struct {
    int fd;
    store_t store;
    oneota_hash_t hash;
    uint32_t place;
} job_t;

static void need(bool right, const char *what)
{
    if (!right) {
        fprintf(stderr, "bench: cost_recv: %s\n", what);
        exit(1);
    }
}

static void take(job_t *job, const char *data, size_t length)
{
    oneota_crypto_hash_add(&job->hash, (const uint8_t *)data, length);
    need(store_program(&job->store, job->place, data, (uint32_t)length) == ONEOTA_OK, "write");
    job->place += (uint32_t)length;
}

static size_t receive(job_t *job, char *buffer, size_t size)
{
    ssize_t count = recv(job->fd, buffer, size, 0);
    need(count > 0, "recv");
    return (size_t)count;
}

static void get_range(job_t *job, uint32_t end)
{
    static const char field[] = "\r\nContent-Length: ";
    char buffer[2560];
    size_t length = stand_in_request(buffer, sizeof buffer, job->place, end);
    need(send(job->fd, buffer, length, 0) == (ssize_t)length, "send");
    length = receive(job, buffer, sizeof buffer - 1u); /* the server sends it all at once */
    buffer[length] = '\0';
    const char *body = strstr(buffer, "\r\n\r\n");
    const char *number = strstr(buffer, field);
    need(strncmp(buffer, "HTTP/1.1 206 ", 13) == 0 && body != NULL && number != NULL, "header");
    need(strtoul(number + sizeof field - 1u, NULL, 10) == end - job->place, "length");
    body += 4;
    take(job, body, length - (size_t)(body - buffer));
    while (job->place < end) {
        take(job, buffer, receive(job, buffer, sizeof buffer));
    }
}

int main(int argc, char **argv)
{
    job_t job = { 0 };
    struct sockaddr_in address = { 0 };
    if (argc != 3) {
        return 2;
    }
    uint32_t size = (uint32_t)strtoul(argv[1], NULL, 10);
    store_open(&job.store, argv[2], size);
    oneota_crypto_hash_begin(&job.hash, CRYPTO_MD5);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)strtoul(getenv("BENCH_PORT"), NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    job.fd = socket(AF_INET, SOCK_STREAM, 0);
    need(connect(job.fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    while (job.place < size) {
        get_range(&job, job.place + RANGE);
    }
    return 0;
}
