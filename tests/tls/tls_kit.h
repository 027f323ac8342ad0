/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * tls_kit.h: a device with TLS around the rig, for the tests.
 */
#ifndef ONEOTA_TLS_KIT_H
#define ONEOTA_TLS_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tls_rig.h"

#define NAME "ota.example"
#define DAY  1800000000u /* of the tests' clock, if it is set: in January 2027 */

/* Tests of any byte take each so manyth one: fewer under sanitizers, and with clang, where these
 * cannot be told here. */
#if defined(__SANITIZE_ADDRESS__) || defined(__has_feature)
#define STRIDE 29u
#else
#define STRIDE 3u
#endif

typedef struct {
    rig_t rig;
    oneota_mbedtls_t tls;
    oneota_mbedtls_setup_t setup;
    oneota_mbedtls_bytes_t ca[4];
    oneota_clock_t clock;
    uint64_t unix_s; /* 0: not known */
    uint8_t got[RIG_WIRE_BYTES];
    size_t got_length;
    uint32_t opens;  /* calls of open() for the last connection */
    uint32_t pauses; /* of these, with nothing to wait for */
} kit_t;

static kit_t g_kit;

static bool kit_unix_s(void *ctx, uint64_t *seconds)
{
    const kit_t *kit = ctx;

    *seconds = kit->unix_s;
    return kit->unix_s != 0;
}

static kit_t *kit_begin(const char *names)
{
    kit_t *kit = &g_kit;

    memset(kit, 0, sizeof *kit);
    rig_init(&kit->rig, names);
    kit->ca[0] = rig_der("ca");
    kit->clock.unix_s = kit_unix_s;
    kit->unix_s = DAY;
    kit->setup = (oneota_mbedtls_setup_t){.net = &kit->rig.port,
                                          .net_ctx = &kit->rig,
                                          .ca = kit->ca,
                                          .ca_count = 1,
                                          .clock = &kit->clock,
                                          .clock_ctx = kit,
                                          .random = rig_random};
    return kit;
}

static void kit_init(kit_t *kit)
{
    const oneota_error_t error = oneota_mbedtls_init(&kit->tls, &kit->setup);

    if (error != ONEOTA_OK) {
        print_error("%s\n", oneota_mbedtls_error_text(&kit->tls));
    }
    assert_int_equal(error, ONEOTA_OK);
}

static kit_t *kit_ready(const char *names)
{
    kit_t *kit = kit_begin(names);

    kit_init(kit);
    return kit;
}

static void kit_end(kit_t *kit)
{
    assert_null(kit->rig.violation);
    oneota_mbedtls_deinit(&kit->tls);
    rig_free(&kit->rig);
}

/* How far the wire has come. */
static size_t kit_moved(const kit_t *kit)
{
    return kit->rig.up.length + kit->rig.down.taken;
}

/* AGAIN with poll_ms 0 means that something must arrive first; when nothing does, it is stuck. */
static bool kit_waits(const kit_t *kit, oneota_error_t error, size_t moved, uint32_t *idle)
{
    const bool waits =
        error == ONEOTA_AGAIN && kit->tls.port.poll_ms == 0 && kit_moved(kit) == moved;

    *idle = waits ? *idle + 1u : 0u;
    return *idle < 3;
}

static oneota_error_t kit_open_to(kit_t *kit, const char *name)
{
    oneota_error_t error;
    uint32_t idle = 0;
    size_t moved;

    kit->opens = kit->pauses = 0;
    do {
        moved = kit_moved(kit);
        error = kit->tls.port.open(&kit->tls, "192.0.2.1", 443, name);
        kit->opens++;
        kit->pauses += kit->tls.port.poll_ms;
    } while (error == ONEOTA_AGAIN && kit_waits(kit, error, moved, &idle) && kit->opens < 100000);
    return error;
}

static oneota_error_t kit_open(kit_t *kit)
{
    return kit_open_to(kit, NAME);
}

static oneota_error_t kit_send(kit_t *kit, const char *text)
{
    const size_t length = strlen(text);
    oneota_error_t error = ONEOTA_OK;
    uint32_t idle = 0;

    for (size_t done = 0; done < length;) {
        const size_t moved = kit_moved(kit);
        size_t sent = 0;
        error = kit->tls.port.send(&kit->tls, text + done, length - done, &sent);
        if ((error != ONEOTA_OK && error != ONEOTA_AGAIN) || !kit_waits(kit, error, moved, &idle)) {
            return error;
        }
        done += sent;
    }
    return error;
}

/* Receives until count bytes are there, or it ends, or nothing comes. */
static oneota_error_t kit_recv(kit_t *kit, size_t count)
{
    oneota_error_t error = ONEOTA_OK;
    uint32_t idle = 0;

    kit->got_length = 0;
    while (kit->got_length < count) {
        const size_t moved = kit_moved(kit);
        size_t received = 0;
        error = kit->tls.port.recv(&kit->tls, kit->got + kit->got_length, count - kit->got_length,
                                   &received);
        kit->got_length += received;
        if ((error != ONEOTA_OK && error != ONEOTA_AGAIN) || !kit_waits(kit, error, moved, &idle)) {
            break;
        }
    }
    for (size_t i = 0; i < kit->got_length; i++) {
        if (kit->got[i] != rig_pattern(i)) {
            fail_msg("byte %u is not what the server sent", (unsigned)i);
        }
    }
    return error;
}

/* A whole exchange. @return how it ended; ONEOTA_OK: all that was asked for is there */
static oneota_error_t kit_get(kit_t *kit, size_t count)
{
    char request[32];

    (void)snprintf(request, sizeof request, "get %u\n", (unsigned)count);
    oneota_error_t error = kit_send(kit, request);
    if (error == ONEOTA_OK) {
        error = kit_recv(kit, count);
    }
    return error;
}

static void kit_close(kit_t *kit)
{
    kit->tls.port.close(&kit->tls);
    assert_false(kit->rig.open);
}

static void kit_works(kit_t *kit)
{
    assert_int_equal(kit_open(kit), ONEOTA_OK);
    assert_int_equal(kit_get(kit, 1000), ONEOTA_OK);
    assert_int_equal(kit->got_length, 1000);
    kit_close(kit);
}

static const char *kit_text(const kit_t *kit)
{
    return oneota_mbedtls_error_text(&kit->tls);
}

/* open() fails, for this reason. */
static void kit_refuses(kit_t *kit, const char *why)
{
    const oneota_error_t error = kit_open(kit);

    if (error != ONEOTA_BROKEN || strstr(kit_text(kit), why) == NULL) {
        fail_msg("open: %d, '%s', not '%s'", (int)error, kit_text(kit), why);
    }
    assert_int_not_equal(kit->tls.port.last_error(&kit->tls), 0);
    assert_false(kit->rig.open);
}

#endif
