/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_lwip_update.c: whole updates of a client over lwIP, from the platform in small behind a TCP
 * server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"
#include "oneota_lwip.h"
#include "peer.h"
#include "wire.h"

#define PACKAGE_BYTES 60000u
#define HOUR_MS       3600000u
#define OUTAGE_MS     120000u /* a few attempts; a round has eight */

static kit_t g_kit;
static oneota_lwip_net_t g_net;
static uint8_t g_answer[PACKAGE_BYTES + 2048u];
static bool g_connected; /* the server's side of it to the platform */
static unsigned g_segments;

/* ---------------------------------------------------------------- the server */

/* What the client has sent goes to the platform, its answer back. */
static void serve(void)
{
    const oneota_net_t *platform = &g_kit.net.port;
    size_t count = 0, length = 0;

    if (!g_connected) {
        g_connected = platform->open(&g_kit, WIRE_HERE, PEER_PORT, WIRE_HERE) == ONEOTA_OK;
    }
    assert_int_equal(platform->send(&g_kit, peer.received, peer.received_bytes, &count), ONEOTA_OK);
    assert_int_equal(count, peer.received_bytes);
    peer.received_bytes = 0;
    while (platform->recv(&g_kit, g_answer + length, sizeof g_answer - length, &count) ==
           ONEOTA_OK) {
        length += count;
    }
    assert_true(length < sizeof g_answer);
    peer_send(g_answer, length, false);
}

/* A connection that is over is over for the platform too. */
static void follow(uint32_t *accepted)
{
    if (g_connected && (peer.accepted != *accepted || peer.pcb == NULL || peer.ended)) {
        g_kit.net.port.close(&g_kit);
        g_connected = false;
    }
    *accepted = peer.accepted;
}

/* ---------------------------------------------------------------- the device */

static void start(void)
{
    wire_start();
    peer_start();
    peer.on_data = serve;
    g_connected = false;
    oneota_lwip_net_init(&g_net);
    kit_init(&g_kit, &(kit_options_t){.size = PACKAGE_BYTES, .slot_size = 65536, .unit = 4096});
    g_kit.setup.net = &oneota_lwip_net;
    g_kit.setup.net_ctx = &g_net;
    g_kit.setup.address = "here.platform";
    g_kit.setup.host = "ota.heclouds.com";
    kit_start(&g_kit);
}

/* The main loop: lwIP, then the client. */
static void run_for(uint32_t ms)
{
    uint32_t accepted = peer.accepted;
    size_t restarts = 0;

    for (uint32_t passed = 0; passed < ms && kit_count_events(&g_kit, ONEOTA_EVENT_UPDATED) == 0;) {
        uint32_t before = g_kit.board.now_ms;
        kit_poll(&g_kit);
        uint32_t sleep_ms = g_kit.board.now_ms - before;
        uint32_t slept_ms = sleep_ms < 50 ? sleep_ms : 50;
        g_kit.board.now_ms = before + slept_ms; /* lwIP may have something before that */
        if (strchr(kit_story(&g_kit) + restarts, '|') != NULL) {
            restarts = strlen(kit_story(&g_kit));
            oneota_lwip_net.close(&g_net);
        }
        wire_pass(slept_ms);
        follow(&accepted);
        passed += slept_ms;
    }
}

static void stop(void)
{
    oneota_lwip_net.close(&g_net);
    peer_stop();
    assert_null(wire_missing());
    kit_free(&g_kit);
}

static void test_lwip_update_whole(void **state)
{
    (void)state;
    start();
    run_for(HOUR_MS);
    assert_int_equal(kit_count_events(&g_kit, ONEOTA_EVENT_UPDATED), 1);
    kit_judge(&g_kit);
    assert_true(wire.queries > 0);
    stop();
}

static bool lose_every_twentieth(const wire_segment_t *segment)
{
    (void)segment;
    return ++g_segments % 20 == 0;
}

static void test_lwip_update_over_a_lossy_link(void **state)
{
    (void)state;
    start();
    wire.lose = lose_every_twentieth;
    run_for(HOUR_MS);
    assert_int_equal(kit_count_events(&g_kit, ONEOTA_EVENT_UPDATED), 1);
    assert_true(g_segments > 100);
    stop();
}

static bool cut_in_mid_package(const wire_segment_t *segment)
{
    return segment->source == PEER_PORT && g_segments++ > 40;
}

static void test_lwip_update_after_a_link_lost_in_mid_download(void **state)
{
    (void)state;
    start();
    g_segments = 0;
    wire.lose = cut_in_mid_package;
    run_for(OUTAGE_MS);
    assert_int_equal(kit_count_events(&g_kit, ONEOTA_EVENT_UPDATED), 0);
    assert_true(kit_count_failed(&g_kit, ONEOTA_REASON_TIMEOUT) +
                    kit_count_failed(&g_kit, ONEOTA_REASON_NETWORK) >
                0);
    wire.lose = NULL;
    run_for(10 * HOUR_MS);
    assert_int_equal(kit_count_events(&g_kit, ONEOTA_EVENT_UPDATED), 1);
    stop();
}

int main(void)
{
    static const struct CMUnitTest k_tests[] = {
        cmocka_unit_test(test_lwip_update_whole),
        cmocka_unit_test(test_lwip_update_over_a_lossy_link),
        cmocka_unit_test(test_lwip_update_after_a_link_lost_in_mid_download),
    };

    return cmocka_run_group_tests(k_tests, NULL, NULL);
}
