/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * tls.c: TLS around the device's connection, and the files that say whom it trusts.
 */
#define _POSIX_C_SOURCE 200809L

#include "tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX      4000000 /* the system's file of all CAs has 200 KB */
#define RANDOM_FAILED (-0x0034)
#define DER_BEGIN     0x30

/* ---------------------------------------------------------------- the files */

/* With a '\0' behind it, as PEM wants it. @return NULL, or what is wrong */
static const char *read_file(const char *path, oneota_mbedtls_bytes_t *bytes)
{
    FILE *file = fopen(path, "rb");
    char *data = malloc(FILE_MAX);
    const char *wrong = NULL;

    if (file == NULL || data == NULL) {
        wrong = strerror(errno);
    } else {
        bytes->length = fread(data, 1, FILE_MAX - 1u, file);
        if (ferror(file)) {
            wrong = strerror(errno);
        } else if (bytes->length == 0) {
            wrong = "it is empty";
        } else if (bytes->length == FILE_MAX - 1u) {
            wrong = "it is too large for a file of certificates";
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (wrong != NULL || data == NULL) {
        free(data);
        return wrong;
    }
    data[bytes->length] = '\0';
    bytes->length += data[0] == DER_BEGIN ? 0u : 1u;
    bytes->data = data;
    return NULL;
}

/* Reads the file's certificates and drops them again: which file is bad is known now. */
static const char *check_file(tls_t *tls, const oneota_mbedtls_bytes_t *bytes)
{
    oneota_mbedtls_setup_t setup = tls->setup;

    setup.ca = bytes;
    setup.ca_count = 1;
    if (oneota_mbedtls_init(&tls->port, &setup) == ONEOTA_OK) {
        oneota_mbedtls_deinit(&tls->port);
        return NULL;
    }
    const char *text = oneota_mbedtls_error_text(&tls->port);
    const char *colon = strstr(text, ": "); /* "CA 1: what" */
    return colon != NULL ? colon + 2 : text;
}

/* ---------------------------------------------------------------- the port */

static int fill_random(void *ctx, unsigned char *out, size_t length)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    size_t done = 0;

    (void)ctx;
    while (fd >= 0 && done < length) {
        const ssize_t count = read(fd, out + done, length - done);
        if (count > 0) {
            done += (size_t)count;
        } else if (count == 0 || errno != EINTR) {
            break;
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return done == length ? 0 : RANDOM_FAILED;
}

bool tls_load(tls_t *tls, const options_t *options, char *error, size_t size)
{
    memset(tls, 0, sizeof *tls);
    tls->setup.net = &oneota_posix_net;
    tls->setup.clock = &oneota_posix_clock;
    tls->setup.random = fill_random;
    tls->setup.ca = tls->ca;
    for (size_t i = 0; i < options->ca_count; i++) {
        const char *wrong = read_file(options->ca[i], &tls->ca[i]);
        if (wrong == NULL) {
            tls->setup.ca_count++;
            wrong = check_file(tls, &tls->ca[i]);
        }
        if (wrong != NULL) {
            (void)snprintf(error, size, "--ca %.200s: %s (a file of certificates, PEM or DER)",
                           options->ca[i], wrong);
            return false;
        }
    }
    return true;
}

bool tls_start(tls_t *tls, oneota_posix_net_t *net, char *error, size_t size)
{
    tls->setup.net_ctx = net;
    if (oneota_mbedtls_init(&tls->port, &tls->setup) == ONEOTA_OK) {
        return true;
    }
    (void)snprintf(error, size, "TLS: %s", oneota_mbedtls_error_text(&tls->port));
    return false;
}

void tls_stop(tls_t *tls)
{
    oneota_mbedtls_deinit(&tls->port);
}

void tls_unload(tls_t *tls)
{
    for (size_t i = 0; i < tls->setup.ca_count; i++) {
        free((void *)(uintptr_t)tls->ca[i].data);
    }
    tls->setup.ca_count = 0;
}
