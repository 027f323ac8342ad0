/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_lwip_net.c: the lwIP net port against a server on the same lwIP, over a wire that the test
 * holds in its hands. Built twice: with lwIP's pools, to use them up and to count them, and with
 * malloc(), so that the address sanitizer sees what was freed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lwip/dns.h"
#include "lwip/memp.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "peer.h"
#include "wire.h"

static err_t g_close_error; /* of the next tcp_close(), once */
static err_t g_write_error; /* of the next tcp_write(), once */
static unsigned g_aborts;

static err_t take(err_t *error)
{
    err_t taken = *error;

    *error = ERR_OK;
    return taken;
}

static err_t fake_close(struct tcp_pcb *pcb)
{
    err_t error = take(&g_close_error);

    return error != ERR_OK ? error : tcp_close(pcb);
}

static err_t fake_write(struct tcp_pcb *pcb, const void *data, u16_t length, u8_t flags)
{
    err_t error = take(&g_write_error);

    return error != ERR_OK ? error : tcp_write(pcb, data, length, flags);
}

static void fake_abort(struct tcp_pcb *pcb)
{
    g_aborts++;
    tcp_abort(pcb);
}

#undef fail /* cmocka has a macro of that name */
#define tcp_close fake_close
#define tcp_write fake_write
#define tcp_abort fake_abort
#include "../../port/lwip/net.c"
#undef tcp_close
#undef tcp_write
#undef tcp_abort

/* ---------------------------------------------------------------- helpers */

#define BULK_BYTES  70001u /* beyond what 16 bits count */
#define GIVE_UP_MS  600000u
#define CONNECTIONS 1000u

static oneota_lwip_net_t g_net;
static const oneota_net_t *const k_net = &oneota_lwip_net;
static uint8_t g_bulk[BULK_BYTES];

static int set_up(void **state)
{
    (void)state;
    wire_start();
    peer_start();
    oneota_lwip_net_init(&g_net);
    g_close_error = g_write_error = ERR_OK;
    g_aborts = 0;
    for (size_t n = 0; n < sizeof g_bulk; n++) {
        g_bulk[n] = (uint8_t)(n * 7u + (n >> 8));
    }
    return 0;
}

/* Each test: close, and nothing is missing from any pool. */
static int tear_down(void **state)
{
    (void)state;
    k_net->close(&g_net);
    wire_dns_release();
    peer_stop();
    const char *name = wire_missing();
    if (name != NULL) {
        printf("left behind: %s\n", name);
        return -1;
    }
    return 0;
}

static oneota_error_t open_to(const char *name)
{
    return k_net->open(&g_net, name, PEER_PORT, name);
}

/* Opens for as long as it takes. */
static oneota_error_t open_for(const char *name, uint32_t ms)
{
    uint32_t since = wire_now();
    oneota_error_t error = open_to(name);

    while (error == ONEOTA_AGAIN && wire_now() - since < ms) {
        wire_pass(10);
        error = open_to(name);
    }
    return error;
}

static void connect_it(void)
{
    assert_int_equal(open_for(WIRE_HERE, 1000), ONEOTA_OK);
    wire_run();
    assert_non_null(peer.pcb);
}

static oneota_error_t receive(uint8_t *to, size_t size, size_t *received)
{
    *received = 12345;
    oneota_error_t error = k_net->recv(&g_net, to, size, received);
    assert_true(error == ONEOTA_OK ? *received >= 1 && *received <= size : *received == 0);
    return error;
}

/* Receives all there is, up to size, in pieces of step. @return bytes */
static size_t receive_all(uint8_t *to, size_t size, size_t step)
{
    size_t done = 0;

    while (done < size) {
        size_t count;
        size_t room = size - done < step ? size - done : step;
        oneota_error_t error = receive(to + done, room, &count);
        done += count;
        wire_run();
        if (error == ONEOTA_AGAIN) {
            wire_pass(250);
            error = g_net.input == NULL ? error : ONEOTA_OK;
        }
        if (error != ONEOTA_OK) {
            break;
        }
    }
    return done;
}

/* The bulk, whole, whatever has to come again. */
static void assert_receive_bulk(size_t step)
{
    static uint8_t s_bytes[BULK_BYTES];
    uint32_t since = wire_now();

    memset(s_bytes, 0, sizeof s_bytes);
    for (size_t done = 0; done < BULK_BYTES && wire_now() - since < GIVE_UP_MS;) {
        done += receive_all(s_bytes + done, BULK_BYTES - done, step);
    }
    assert_memory_equal(s_bytes, g_bulk, BULK_BYTES);
}

static void assert_receive(oneota_error_t expected)
{
    uint8_t byte;
    size_t count;

    assert_int_equal(receive(&byte, 1, &count), expected);
}

static void assert_broken(int32_t native)
{
    assert_receive(ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), native);
    assert_null(g_net.pcb);
    assert_null(g_net.input);
}

/* ---------------------------------------------------------------- bytes */

static void test_lwip_net_sends_in_any_split(void **state)
{
    static const size_t k_steps[] = {1, 2, 999, 1000, 1001, 4000};

    (void)state;
    for (size_t n = 0; n < sizeof k_steps / sizeof k_steps[0]; n++) {
        size_t length = k_steps[n] == 1 ? 500 : 5000;
        connect_it();
        for (size_t done = 0; done < length;) {
            size_t left = length - done < k_steps[n] ? length - done : k_steps[n];
            size_t sent = 12345;
            oneota_error_t error = k_net->send(&g_net, g_bulk + done, left, &sent);
            assert_true(error == ONEOTA_OK ? sent >= 1 && sent <= left : sent == 0);
            assert_true(error == ONEOTA_OK || error == ONEOTA_AGAIN);
            done += sent;
            if (error == ONEOTA_AGAIN) {
                wire_pass(10);
            }
        }
        wire_pass(1000);
        assert_int_equal(peer.received_bytes, length);
        assert_memory_equal(peer.received, g_bulk, length);
        k_net->close(&g_net);
        wire_run();
        assert_true(peer.ended);
    }
}

static void test_lwip_net_send_takes_what_fits(void **state)
{
    static const size_t k_expected[] = {TCP_MSS, 500, TCP_SND_BUF - TCP_MSS - 500, 0};
    static const size_t k_lengths[] = {3000, 500, 3000, 3000};

    (void)state;
    connect_it();
    for (size_t n = 0; n < sizeof k_lengths / sizeof k_lengths[0]; n++) {
        size_t sent = 1;
        oneota_error_t error = k_net->send(&g_net, g_bulk, k_lengths[n], &sent);
        assert_int_equal(error, k_expected[n] > 0 ? ONEOTA_OK : ONEOTA_AGAIN);
        assert_int_equal(sent, k_expected[n]);
    }
}

static bool lose_what_the_peer_sends(const wire_segment_t *segment)
{
    return segment->source == PEER_PORT;
}

static void test_lwip_net_send_does_not_wait_for_an_ack(void **state)
{
    size_t sent;

    (void)state;
    connect_it();
    wire.lose = lose_what_the_peer_sends;
    for (int n = 0; n < 3; n++) {
        assert_int_equal(k_net->send(&g_net, g_bulk, 10, &sent), ONEOTA_OK);
        wire_run();
    }
    assert_int_equal(peer.received_bytes, 30);
}

static void test_lwip_net_send_to_a_deaf_peer_says_again_and_goes_on(void **state)
{
    size_t done = 0, sent = 0;
    unsigned again = 0;

    (void)state;
    connect_it();
    peer.deaf = true;
    while (again < 50) {
        again += k_net->send(&g_net, g_bulk + done, 500, &sent) == ONEOTA_AGAIN;
        done += sent;
        wire_pass(10);
    }
    assert_true(done <= TCP_WND + TCP_SND_BUF);
    assert_true(done < PEER_RECEIVED_MAX);
    peer.deaf = false;
    wire_pass(60000);
    assert_int_equal(peer.received_bytes, done);
    assert_memory_equal(peer.received, g_bulk, done);
}

static void test_lwip_net_receives_in_any_split(void **state)
{
    static const size_t k_steps[] = {1, 3, 511, 512, 513, 1000, 100000};
    static uint8_t s_bytes[BULK_BYTES];

    (void)state;
    for (size_t n = 0; n < sizeof k_steps / sizeof k_steps[0]; n++) {
        size_t length = k_steps[n] == 1 ? 5000 : BULK_BYTES;
        memset(s_bytes, 0, sizeof s_bytes);
        connect_it();
        peer_send(g_bulk, length, true);
        wire_run();
        assert_int_equal(receive_all(s_bytes, length, k_steps[n]), length);
        assert_memory_equal(s_bytes, g_bulk, length);
        wire_pass(100);
        assert_receive(ONEOTA_CLOSED);
        k_net->close(&g_net);
    }
}

static void test_lwip_net_unread_input_stops_the_sender_at_the_window(void **state)
{
    (void)state;
    connect_it();
    peer_send(g_bulk, BULK_BYTES, true);
    wire_pass(120000);
    assert_int_equal(g_net.input->tot_len, TCP_WND);
    assert_int_equal(peer.acknowledged, TCP_WND);
    uint32_t packets = wire.packets;
    wire_pass(60000);
    assert_true(wire.packets - packets < 60); /* no more than it asks whether there is room */
    assert_receive_bulk(777);
    wire_pass(100);
    assert_receive(ONEOTA_CLOSED);
}

static unsigned g_segments;

static bool lose_every_seventh(const wire_segment_t *segment)
{
    (void)segment;
    return ++g_segments % 7 == 0;
}

static void test_lwip_net_lost_segments_come_again(void **state)
{
    (void)state;
    connect_it();
    wire.lose = lose_every_seventh;
    peer_send(g_bulk, BULK_BYTES, true);
    assert_receive_bulk(2000);
    assert_true(g_segments > 20);
}

static void test_lwip_net_more_than_16_bits_of_input_are_left_to_lwip(void **state)
{
    (void)state;
    connect_it();
    struct pbuf *most = pbuf_alloc(PBUF_RAW, 0xFFF0, PBUF_REF);
    struct pbuf *fits = pbuf_alloc(PBUF_RAW, 0x000F, PBUF_REF);
    struct pbuf *one = pbuf_alloc(PBUF_RAW, 1, PBUF_REF);
    assert_int_equal(on_received(&g_net, g_net.pcb, most, ERR_OK), ERR_OK);
    assert_int_equal(on_received(&g_net, g_net.pcb, fits, ERR_OK), ERR_OK);
    assert_int_equal(on_received(&g_net, g_net.pcb, one, ERR_OK), ERR_MEM);
    assert_int_equal(g_net.input->tot_len, 0xFFFF);
    pbuf_free(one);
}

/* ---------------------------------------------------------------- how a stream ends */

static void test_lwip_net_fin_behind_data_is_data_first(void **state)
{
    uint8_t bytes[100];

    (void)state;
    connect_it();
    peer_send(g_bulk, sizeof bytes, true);
    wire_pass(100);
    assert_int_equal(receive_all(bytes, sizeof bytes, 30), sizeof bytes);
    assert_memory_equal(bytes, g_bulk, sizeof bytes);
    assert_receive(ONEOTA_CLOSED);
    assert_receive(ONEOTA_CLOSED);
    assert_int_equal(wire.resets, 0);
    k_net->close(&g_net);
    connect_it();
    assert_receive(ONEOTA_AGAIN); /* the FIN was another connection's */
}

static void test_lwip_net_reset_behind_data_is_data_first_and_then_broken(void **state)
{
    uint8_t bytes[100];

    (void)state;
    connect_it();
    peer_send(g_bulk, sizeof bytes, false);
    wire_run();
    peer_reset();
    wire_run();
    assert_null(g_net.pcb);
    assert_int_equal(receive_all(bytes, sizeof bytes, 30), sizeof bytes);
    assert_memory_equal(bytes, g_bulk, sizeof bytes);
    assert_broken(ERR_RST);
}

static void test_lwip_net_reset_behind_fin_is_closed(void **state)
{
    size_t sent;

    (void)state;
    connect_it();
    peer_send(g_bulk, 1, true);
    wire_run();
    assert_int_equal(k_net->send(&g_net, g_bulk, 10, &sent), ONEOTA_OK);
    wire_run(); /* to a peer that has closed: it resets */
    assert_null(g_net.pcb);
    assert_receive(ONEOTA_OK);
    assert_receive(ONEOTA_CLOSED);
}

static void test_lwip_net_reset_ends_send_and_open_starts_anew(void **state)
{
    size_t sent = 1;

    (void)state;
    connect_it();
    peer_reset();
    wire_run();
    assert_int_equal(k_net->send(&g_net, g_bulk, 10, &sent), ONEOTA_BROKEN);
    assert_int_equal(sent, 0);
    assert_int_equal(k_net->last_error(&g_net), ERR_RST);
    connect_it();
    assert_int_equal(peer.accepted, 2);
}

static void test_lwip_net_close_after_a_reset_frees_what_was_unread(void **state)
{
    (void)state;
    connect_it();
    peer_send(g_bulk, 3000, false);
    wire_run();
    peer_reset();
    wire_run();
    assert_non_null(g_net.input);
    k_net->close(&g_net);
    assert_null(g_net.input);
    assert_broken(ERR_CONN);
}

static void test_lwip_net_calls_without_a_connection_are_broken(void **state)
{
    size_t sent = 1;

    (void)state;
    assert_int_equal(k_net->last_error(&g_net), 0);
    assert_broken(ERR_CONN);
    assert_int_equal(k_net->send(&g_net, g_bulk, 1, &sent), ONEOTA_BROKEN);
    assert_int_equal(open_to(WIRE_HERE), ONEOTA_AGAIN);
    assert_broken(ERR_CONN);
    assert_int_equal(k_net->poll_ms, 0);
}

/* ---------------------------------------------------------------- open */

static void test_lwip_net_open_ipv6(void **state)
{
    (void)state;
    assert_int_equal(open_for(WIRE_HERE_6, 1000), ONEOTA_OK);
    assert_int_equal(wire.last_syn_to, 0);
    assert_int_equal(open_to(WIRE_HERE_6), ONEOTA_OK);
    assert_int_equal(peer.accepted, 1);
}

static void test_lwip_net_open_refused_is_broken(void **state)
{
    (void)state;
    assert_int_equal(k_net->open(&g_net, WIRE_HERE, PEER_PORT + 1, ""), ONEOTA_AGAIN);
    wire_run();
    assert_int_equal(k_net->open(&g_net, WIRE_HERE, PEER_PORT + 1, ""), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), ERR_RST);
    assert_non_null(strstr(oneota_lwip_net_error_text(ERR_RST), "refused"));
}

static void test_lwip_net_open_to_nobody_is_given_up_by_lwip(void **state)
{
    (void)state;
    assert_int_equal(open_for(WIRE_NOBODY, GIVE_UP_MS), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), ERR_ABRT);
    assert_true(wire.syns > 3);
}

static void test_lwip_net_open_without_a_route_is_broken(void **state)
{
    (void)state;
    netif_set_down(netif_default);
    oneota_error_t error = open_to(WIRE_NOBODY);
    netif_set_up(netif_default);
    assert_int_equal(error, ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), ERR_RTE);
    connect_it();
}

static void test_lwip_net_open_by_name(void **state)
{
    (void)state;
    assert_int_equal(open_for("here.one", 1000), ONEOTA_OK);
    assert_int_equal(wire.queries, 1);
    k_net->close(&g_net);
    assert_int_equal(open_for("here.one", 1000), ONEOTA_OK);
    wire_run();
    assert_int_equal(peer.accepted, 2);
}

static void test_lwip_net_open_by_a_name_of_ipv6(void **state)
{
    (void)state;
    assert_int_equal(open_for("six.one", 5000), ONEOTA_OK);
    assert_int_equal(wire.last_syn_to, 0);
}

static void test_lwip_net_open_by_a_name_that_is_not_is_broken(void **state)
{
    (void)state;
    wire.dns = WIRE_DNS_DENIES;
    assert_int_equal(open_for("here.denied", 5000), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), ONEOTA_LWIP_LOOKUP_ERROR);
    assert_int_equal(wire.syns, 0);
}

/* What a resolver says that blocks a name, or was lied to. */
static void test_lwip_net_open_by_a_name_of_this_host_is_broken(void **state)
{
    (void)state;
    assert_int_equal(open_for("zero.blocked", GIVE_UP_MS), ONEOTA_BROKEN);
    k_net->close(&g_net);
    assert_int_equal(open_for("loop.blocked", GIVE_UP_MS), ONEOTA_BROKEN);
    assert_int_equal(peer.accepted, 0);
}

static void test_lwip_net_open_by_a_name_that_has_moved_goes_there(void **state)
{
    (void)state;
    assert_int_equal(open_for("here.moves", 1000), ONEOTA_OK);
    k_net->close(&g_net);
    wire.dns = WIRE_DNS_MOVED;
    wire_pass(3000); /* what was said holds for a second */
    assert_int_equal(open_for("here.moves", 1000), ONEOTA_AGAIN);
    assert_int_equal(wire.last_syn_to, PP_HTONL(0x0A000009u));
    k_net->close(&g_net);
    wire.dns = WIRE_DNS_ANSWERS;
    wire_pass(3000);
    assert_int_equal(open_for("here.moves", 1000), ONEOTA_OK);
}

static void test_lwip_net_open_with_a_silent_dns_server_is_broken_in_the_end(void **state)
{
    (void)state;
    wire.dns = WIRE_DNS_SILENT;
    uint32_t since = wire_now();
    assert_int_equal(open_for("here.silent", GIVE_UP_MS), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), ONEOTA_LWIP_LOOKUP_ERROR);
    assert_in_range(wire_now() - since, 2000, 16000);
}

static void test_lwip_net_open_with_a_bad_name_is_broken(void **state)
{
    char name[DNS_MAX_NAME_LENGTH + 1];

    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(open_to(name), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), ERR_ARG);
    assert_int_equal(open_to(""), ONEOTA_BROKEN);
}

static void test_lwip_net_open_without_a_dns_server_is_broken(void **state)
{
    ip_addr_t server = *dns_getserver(0);

    (void)state;
    dns_setserver(0, NULL);
    oneota_error_t error = open_to("here.unset");
    dns_setserver(0, &server);
    assert_int_equal(error, ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), ERR_VAL);
}

static void test_lwip_net_dns_answer_after_close_is_dropped(void **state)
{
    (void)state;
    wire.dns = WIRE_DNS_HOLDS;
    assert_int_equal(open_for("here.late", 500), ONEOTA_AGAIN);
    k_net->close(&g_net);
    wire_dns_release();
    wire_pass(100);
    assert_null(g_net.pcb);
    assert_int_equal(wire.syns, 0);
    assert_int_equal(open_for("here.late", 1000), ONEOTA_OK);
}

static void test_lwip_net_dns_answer_after_reopen_with_another_name_is_dropped(void **state)
{
    (void)state;
    wire.dns = WIRE_DNS_HOLDS;
    assert_int_equal(open_for("there.before", 500), ONEOTA_AGAIN);
    k_net->close(&g_net);
    assert_int_equal(open_for("here.after", 500), ONEOTA_AGAIN);
    wire_dns_release(); /* the first name's */
    assert_int_equal(open_for("here.after", 2000), ONEOTA_OK);
    assert_int_equal(wire.syns, 2); /* there and back: nobody has connected to 10.0.0.9 */
    assert_int_equal(peer.accepted, 1);
}

static void test_lwip_net_reopen_while_the_old_name_is_never_answered(void **state)
{
    (void)state;
    wire.dns = WIRE_DNS_SILENT;
    assert_int_equal(open_for("there.never", 500), ONEOTA_AGAIN);
    k_net->close(&g_net);
    k_net->close(&g_net);
    assert_int_equal(open_for(WIRE_HERE, 500), ONEOTA_AGAIN);
    wire.dns = WIRE_DNS_ANSWERS;
    assert_int_equal(open_for(WIRE_HERE, 16000), ONEOTA_OK);
}

/* ---------------------------------------------------------------- close */

static void test_lwip_net_close_in_every_state(void **state)
{
    (void)state;
    k_net->close(&g_net); /* never opened */
    wire.dns = WIRE_DNS_HOLDS;
    assert_int_equal(open_to("here.closed"), ONEOTA_AGAIN);
    k_net->close(&g_net); /* name asked for */
    wire_dns_release();
    wire_pass(100);
    assert_int_equal(open_to(WIRE_HERE), ONEOTA_AGAIN);
    k_net->close(&g_net); /* SYN sent */
    wire_run();
    assert_int_equal(k_net->open(&g_net, WIRE_HERE, PEER_PORT + 1, ""), ONEOTA_AGAIN);
    wire_run();
    k_net->close(&g_net); /* failed, and nobody has asked why */
    connect_it();
    k_net->close(&g_net); /* open */
    wire_run();
    assert_true(peer.ended);
    connect_it();
    peer_close();
    wire_run();
    k_net->close(&g_net); /* the peer has ended it */
    wire_run();
    k_net->close(&g_net);
    assert_null(g_net.pcb);
    assert_int_equal(g_net.phase, PHASE_CLOSED);
}

static void test_lwip_net_close_with_all_read_is_a_fin(void **state)
{
    uint8_t bytes[3000];

    (void)state;
    connect_it();
    peer_send(g_bulk, sizeof bytes, false);
    assert_int_equal(receive_all(bytes, sizeof bytes, 700), sizeof bytes);
    k_net->close(&g_net);
    wire_pass(100);
    assert_true(peer.ended);
    assert_int_equal(peer.error, 0);
    assert_int_equal(wire.resets, 0);
}

static void test_lwip_net_close_with_data_unread_resets(void **state)
{
    (void)state;
    connect_it();
    peer_send(g_bulk, BULK_BYTES, false);
    wire_pass(100);
    k_net->close(&g_net);
    wire_run();
    assert_int_equal(peer.error, ERR_RST);
    uint32_t packets = wire.packets;
    wire_pass(10000);
    assert_int_equal(wire.packets, packets); /* the sender has stopped */
}

static void test_lwip_net_close_sends_what_is_queued(void **state)
{
    size_t sent;

    (void)state;
    connect_it();
    assert_int_equal(k_net->send(&g_net, g_bulk, 800, &sent), ONEOTA_OK);
    k_net->close(&g_net);
    wire_pass(1000);
    assert_int_equal(peer.received_bytes, 800);
    assert_true(peer.ended);
}

static void test_lwip_net_close_that_fails_aborts(void **state)
{
    (void)state;
    connect_it();
    g_close_error = ERR_MEM;
    k_net->close(&g_net);
    assert_int_equal(g_aborts, 1);
    wire_run();
    assert_int_equal(peer.error, ERR_RST);
}

static void close_it(void)
{
    k_net->close(&g_net);
}

static void test_lwip_net_close_in_a_callback_of_another_connection(void **state)
{
    size_t sent;

    (void)state;
    for (int aborts = 0; aborts < 2; aborts++) {
        connect_it();
        peer.on_data = close_it;
        g_close_error = aborts ? ERR_MEM : ERR_OK;
        assert_int_equal(k_net->send(&g_net, g_bulk, 10, &sent), ONEOTA_OK);
        wire_pass(1000);
        assert_null(g_net.pcb);
        assert_true(aborts ? peer.error == ERR_RST : peer.ended);
        peer.on_data = NULL;
    }
}

static err_t on_other_poll(void *arg, struct tcp_pcb *pcb)
{
    (void)arg;
    (void)pcb;
    close_it();
    return ERR_OK;
}

static void on_other_name(const char *name, const ip_addr_t *address, void *arg)
{
    (void)name;
    (void)address;
    *(bool *)arg = true;
    close_it();
}

static void on_timer(void *arg)
{
    *(bool *)arg = true;
    close_it();
}

static void test_lwip_net_close_in_a_timer_a_poll_and_a_dns_callback(void **state)
{
    bool called = false;
    ip_addr_t address;

    (void)state;
    connect_it();
    sys_timeout(100, on_timer, &called);
    wire_pass(200);
    assert_true(called);
    assert_null(g_net.pcb);

    connect_it();
    g_close_error = ERR_MEM; /* the PCB goes while lwIP walks through the list it is in */
    tcp_poll(peer.pcb, on_other_poll, 1);
    wire_pass(1500);
    assert_null(g_net.pcb);
    assert_int_equal(g_aborts, 1);

    called = false;
    connect_it();
    assert_int_equal(dns_gethostbyname("here.other", &address, on_other_name, &called),
                     ERR_INPROGRESS);
    wire_pass(100);
    assert_true(called);
    assert_null(g_net.pcb);
}

static void test_lwip_net_segments_after_close_touch_nothing(void **state)
{
    (void)state;
    connect_it();
    peer_send(g_bulk, 3000, false); /* under way, and the client closes */
    k_net->close(&g_net);
    memset(&g_net, 0xA5, sizeof g_net);
    wire_pass(5000);
    for (size_t n = 0; n < sizeof g_net; n++) {
        assert_int_equal(((uint8_t *)&g_net)[n], 0xA5);
    }
    oneota_lwip_net_init(&g_net);
}

static void test_lwip_net_thousand_connections_leave_nothing(void **state)
{
    uint8_t bytes[64];
    size_t sent;

    (void)state;
    for (unsigned n = 0; n < CONNECTIONS; n++) {
        connect_it();
        assert_int_equal(k_net->send(&g_net, g_bulk, 10, &sent), ONEOTA_OK);
        peer_send(g_bulk, sizeof bytes, n % 3 == 0);
        wire_run();
        if (n % 2 == 0) {
            assert_int_equal(receive_all(bytes, sizeof bytes, 50), sizeof bytes);
        }
        k_net->close(&g_net);
        wire_run();
    }
    assert_int_equal(peer.accepted, CONNECTIONS);
}

/* ---------------------------------------------------------------- memory */

static void test_lwip_net_write_without_memory_says_again(void **state)
{
    size_t sent = 1;

    (void)state;
    connect_it();
    g_write_error = ERR_MEM;
    assert_int_equal(k_net->send(&g_net, g_bulk, 10, &sent), ONEOTA_AGAIN);
    assert_int_equal(sent, 0);
    g_write_error = ERR_CONN;
    assert_int_equal(k_net->send(&g_net, g_bulk, 10, &sent), ONEOTA_BROKEN);
    assert_int_equal(k_net->last_error(&g_net), ERR_CONN);
    assert_null(g_net.pcb);
}

#ifndef WIRE_MALLOC

static void test_lwip_net_heap_used_up_says_again_until_there_is_room(void **state)
{
    void *blocks[64];
    unsigned count = 0;
    size_t sent = 1;

    (void)state;
    connect_it();
    wire_pass(1000);
    for (mem_size_t size = 2048; size >= 16; size = (mem_size_t)(size / 2)) {
        while (count < 64 && (blocks[count] = mem_malloc(size)) != NULL) {
            count++;
        }
    }
    assert_int_equal(k_net->send(&g_net, g_bulk, 700, &sent), ONEOTA_AGAIN);
    assert_int_equal(sent, 0);
    while (count > 0) {
        mem_free(blocks[--count]);
    }
    assert_int_equal(k_net->send(&g_net, g_bulk, 700, &sent), ONEOTA_OK);
    wire_pass(1000);
    assert_int_equal(peer.received_bytes, 700);
}

static void test_lwip_net_pbuf_pool_used_up_loses_nothing(void **state)
{
    (void)state;
    connect_it();
    struct pbuf *all = pbuf_alloc(PBUF_RAW, (PBUF_POOL_SIZE - 4) * PBUF_POOL_BUFSIZE, PBUF_POOL);
    assert_non_null(all);
    peer_send(g_bulk, BULK_BYTES, true);
    wire_pass(3000);
    assert_true(wire.pool_empty > 0);
    pbuf_free(all);
    assert_receive_bulk(4000);
}

static void test_lwip_net_no_pcb_is_broken(void **state)
{
    struct tcp_pcb *pcbs[MEMP_NUM_TCP_PCB];
    unsigned count = 0;

    (void)state;
    while (count < MEMP_NUM_TCP_PCB && (pcbs[count] = tcp_new()) != NULL) {
        count++;
    }
    oneota_error_t error = open_to(WIRE_HERE);
    int32_t native = k_net->last_error(&g_net);
    while (count > 0) {
        tcp_abort(pcbs[--count]);
    }
    assert_int_equal(error, ONEOTA_BROKEN);
    assert_int_equal(native, ERR_MEM);
}

static void test_lwip_net_no_segment_for_the_syn_is_broken(void **state)
{
    void *segments[MEMP_NUM_TCP_SEG];
    unsigned count = 0;

    (void)state;
    while (count < MEMP_NUM_TCP_SEG && (segments[count] = memp_malloc(MEMP_TCP_SEG)) != NULL) {
        count++;
    }
    oneota_error_t error = open_to(WIRE_HERE);
    int32_t native = k_net->last_error(&g_net);
    while (count > 0) {
        memp_free(MEMP_TCP_SEG, segments[--count]);
    }
    assert_int_equal(error, ONEOTA_BROKEN);
    assert_int_equal(native, ERR_MEM);
}

/* Peers that fall silent leave closing connections behind, which lwIP keeps for half an hour. */
static void test_lwip_net_closed_connections_make_room_for_a_new_one(void **state)
{
    size_t sent;

    (void)state;
    for (unsigned n = 0; n < 4 * MEMP_NUM_TCP_PCB; n++) {
        wire.cut = false;
        connect_it();
        wire.cut = true;
        assert_int_equal(k_net->send(&g_net, g_bulk, 10, &sent), ONEOTA_OK);
        wire_run();
        k_net->close(&g_net);
        peer_reset();
        wire_pass(1000);
    }
    assert_int_equal(peer.accepted, 4 * MEMP_NUM_TCP_PCB);
}

#endif

/* ---------------------------------------------------------------- texts */

static void test_lwip_net_error_texts_say_what_it_was(void **state)
{
    static const int32_t k_codes[] = {0,       ONEOTA_LWIP_LOOKUP_ERROR,
                                      ERR_MEM, ERR_RTE,
                                      ERR_VAL, ERR_ARG,
                                      ERR_BUF, ERR_ABRT,
                                      ERR_RST, ERR_CONN,
                                      -1000};
    const size_t count = sizeof k_codes / sizeof k_codes[0];

    (void)state;
    for (size_t n = 0; n < count; n++) {
        for (size_t other = n + 1; other < count; other++) {
            assert_string_not_equal(oneota_lwip_net_error_text(k_codes[n]),
                                    oneota_lwip_net_error_text(k_codes[other]));
        }
    }
    assert_string_equal(oneota_lwip_net_error_text(0), "no error");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest k_tests[] = {
        TEST(test_lwip_net_sends_in_any_split),
        TEST(test_lwip_net_send_takes_what_fits),
        TEST(test_lwip_net_send_does_not_wait_for_an_ack),
        TEST(test_lwip_net_send_to_a_deaf_peer_says_again_and_goes_on),
        TEST(test_lwip_net_receives_in_any_split),
        TEST(test_lwip_net_unread_input_stops_the_sender_at_the_window),
        TEST(test_lwip_net_lost_segments_come_again),
        TEST(test_lwip_net_more_than_16_bits_of_input_are_left_to_lwip),
        TEST(test_lwip_net_fin_behind_data_is_data_first),
        TEST(test_lwip_net_reset_behind_data_is_data_first_and_then_broken),
        TEST(test_lwip_net_reset_behind_fin_is_closed),
        TEST(test_lwip_net_reset_ends_send_and_open_starts_anew),
        TEST(test_lwip_net_close_after_a_reset_frees_what_was_unread),
        TEST(test_lwip_net_calls_without_a_connection_are_broken),
        TEST(test_lwip_net_open_ipv6),
        TEST(test_lwip_net_open_refused_is_broken),
        TEST(test_lwip_net_open_to_nobody_is_given_up_by_lwip),
        TEST(test_lwip_net_open_without_a_route_is_broken),
        TEST(test_lwip_net_open_by_name),
        TEST(test_lwip_net_open_by_a_name_of_ipv6),
        TEST(test_lwip_net_open_by_a_name_that_is_not_is_broken),
        TEST(test_lwip_net_open_by_a_name_of_this_host_is_broken),
        TEST(test_lwip_net_open_by_a_name_that_has_moved_goes_there),
        TEST(test_lwip_net_open_with_a_silent_dns_server_is_broken_in_the_end),
        TEST(test_lwip_net_open_with_a_bad_name_is_broken),
        TEST(test_lwip_net_open_without_a_dns_server_is_broken),
        TEST(test_lwip_net_dns_answer_after_close_is_dropped),
        TEST(test_lwip_net_dns_answer_after_reopen_with_another_name_is_dropped),
        TEST(test_lwip_net_reopen_while_the_old_name_is_never_answered),
        TEST(test_lwip_net_close_in_every_state),
        TEST(test_lwip_net_close_with_all_read_is_a_fin),
        TEST(test_lwip_net_close_with_data_unread_resets),
        TEST(test_lwip_net_close_sends_what_is_queued),
        TEST(test_lwip_net_close_that_fails_aborts),
        TEST(test_lwip_net_close_in_a_callback_of_another_connection),
        TEST(test_lwip_net_close_in_a_timer_a_poll_and_a_dns_callback),
        TEST(test_lwip_net_segments_after_close_touch_nothing),
        TEST(test_lwip_net_thousand_connections_leave_nothing),
        TEST(test_lwip_net_write_without_memory_says_again),
#ifndef WIRE_MALLOC
        TEST(test_lwip_net_heap_used_up_says_again_until_there_is_room),
        TEST(test_lwip_net_pbuf_pool_used_up_loses_nothing),
        TEST(test_lwip_net_no_pcb_is_broken),
        TEST(test_lwip_net_no_segment_for_the_syn_is_broken),
        TEST(test_lwip_net_closed_connections_make_room_for_a_new_one),
#endif
        TEST(test_lwip_net_error_texts_say_what_it_was),
    };

    return cmocka_run_group_tests(k_tests, NULL, NULL);
}
