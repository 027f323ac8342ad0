/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The connection that is kept for the next exchange, and what is done when it has died meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "exchange_rig.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static xrig_t rig;

/* One exchange is over, and its connection is kept. */
static void keep_one(void)
{
    xrig_init(&rig, 0);
    script_net_hear(&rig.net, XRIG_EMPTY);
    xrig_start(&rig, false);
    assert_int_equal(xrig_go(&rig), EXCHANGE_END);
    assert_int_equal(rig.net.closes, 0);
    assert_true(rig.x.open);
    rig.net.sent_length = 0;
}

static void test_exchange_kept_connection_carries_the_next_one(void **state)
{
    (void)state;
    keep_one();
    for (unsigned n = 0; n < 5u; n++) {
        script_net_hear(&rig.net, "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok");
        xrig_start(&rig, n % 2u != 0);
        assert_int_equal(xrig_go(&rig), EXCHANGE_END);
        assert_string_equal(rig.text, "ok");
    }
    assert_int_equal(rig.net.calls[SCRIPT_OPEN], 1);
    assert_int_equal(rig.net.closes, 0);
    assert_int_equal(rig.net.sent_length, 5u * strlen(XRIG_REQUEST));
}

static void test_exchange_other_address_or_port_opens_anew(void **state)
{
    static const char other[] = "other";
    uint32_t length = (uint32_t)strlen(XRIG_REQUEST);
    (void)state;
    keep_one();
    script_net_hear(&rig.net, XRIG_EMPTY);
    oneota_exchange_start(&rig.x, other, 80, "name", length, false, 0);
    assert_int_equal(xrig_go(&rig), EXCHANGE_END);
    assert_int_equal(rig.net.closes, 1);
    assert_int_equal(rig.net.calls[SCRIPT_OPEN], 2);
    assert_string_equal(rig.net.address, "other");
    script_net_hear(&rig.net, XRIG_EMPTY);
    oneota_exchange_start(&rig.x, other, 8002, "name", length, false, 0);
    assert_int_equal(xrig_go(&rig), EXCHANGE_END);
    assert_int_equal(rig.net.closes, 2);
    assert_int_equal(rig.net.calls[SCRIPT_OPEN], 3);
    assert_int_equal(rig.net.tcp_port, 8002);
}

static void test_exchange_answer_that_ends_the_connection_is_not_kept(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 \r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok!", /* a byte too many */
        "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 \r\n\r\n",
        "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n\r\n",
    };
    (void)state;
    for (size_t n = 0; n < COUNT(answers); n++) {
        xrig_init(&rig, 0);
        script_net_hear(&rig.net, answers[n]);
        xrig_start(&rig, false);
        assert_int_equal(xrig_go(&rig), EXCHANGE_END);
        assert_int_equal(rig.net.closes, 1);
        assert_false(rig.x.open);
    }
}

/* ---------------------------------------------------------------- a kept one that has died */

static const struct {
    script_call_t call;
    oneota_error_t error;
} k_deaths[] = {
    {SCRIPT_SEND, ONEOTA_BROKEN},
    {SCRIPT_SEND, ONEOTA_CLOSED},
    {SCRIPT_RECV, ONEOTA_BROKEN},
    {SCRIPT_RECV, ONEOTA_CLOSED},
};

static void test_exchange_kept_connection_dead_opens_anew_and_sends_again(void **state)
{
    (void)state;
    for (size_t n = 0; n < COUNT(k_deaths); n++) {
        bool sent = k_deaths[n].call == SCRIPT_RECV;
        keep_one();
        script_net_say(&rig.net, k_deaths[n].call, k_deaths[n].error, 1);
        script_net_hear(&rig.net, "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok");
        xrig_start(&rig, false);
        assert_int_equal(xrig_go(&rig), EXCHANGE_END);
        assert_string_equal(rig.text, "ok");
        assert_int_equal(rig.heads, 1);
        assert_int_equal(rig.net.calls[SCRIPT_OPEN], 2);
        assert_int_equal(rig.net.closes, 1);
        assert_int_equal(rig.net.sent_length, (sent ? 2u : 1u) * strlen(XRIG_REQUEST));
        assert_memory_equal(rig.net.sent + rig.net.sent_length - strlen(XRIG_REQUEST), XRIG_REQUEST,
                            strlen(XRIG_REQUEST));
    }
}

static void test_exchange_kept_connection_dead_within_a_request_sends_all_of_it(void **state)
{
    size_t length = strlen(XRIG_REQUEST);
    (void)state;
    keep_one();
    script_net_take(&rig.net, 7);
    script_net_say(&rig.net, SCRIPT_SEND, ONEOTA_BROKEN, 1);
    script_net_hear(&rig.net, XRIG_EMPTY);
    xrig_start(&rig, false);
    assert_int_equal(xrig_go(&rig), EXCHANGE_END);
    assert_int_equal(rig.net.sent_length, 7u + length);
    assert_memory_equal(rig.net.sent + 7, XRIG_REQUEST, length);
}

static void test_exchange_dead_twice_network(void **state)
{
    static const script_call_t calls[] = {SCRIPT_OPEN, SCRIPT_SEND, SCRIPT_RECV};
    (void)state;
    for (size_t n = 0; n < COUNT(k_deaths); n++) {
        for (size_t c = 0; c < COUNT(calls); c++) {
            keep_one();
            rig.net.native = 104;
            script_net_say(&rig.net, k_deaths[n].call, k_deaths[n].error, 1);
            script_net_say(&rig.net, calls[c], ONEOTA_BROKEN, 1);
            xrig_start(&rig, false);
            assert_int_equal(xrig_go(&rig), EXCHANGE_FAILED);
            assert_int_equal(rig.x.reason, ONEOTA_REASON_NETWORK);
            assert_int_equal(rig.x.code, 104);
            assert_int_equal(rig.net.calls[SCRIPT_OPEN], 2);
            assert_int_equal(rig.net.closes, 2);
        }
    }
}

/* The request may have been carried out: its answer had begun. */
static void test_exchange_kept_connection_dead_within_an_answer_network(void **state)
{
    static const char *const parts[] = {"H", "HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\n"};
    (void)state;
    for (size_t n = 0; n < COUNT(parts); n++) {
        keep_one();
        script_net_hear(&rig.net, parts[n]);
        script_net_say(&rig.net, SCRIPT_RECV, ONEOTA_BROKEN, 1);
        xrig_start(&rig, false);
        assert_int_equal(xrig_go(&rig), EXCHANGE_FAILED);
        assert_int_equal(rig.net.calls[SCRIPT_OPEN], 1);
    }
}

/* Silence is not a dead connection: the request may still be on its way. */
static void test_exchange_kept_connection_silent_timeout_not_again(void **state)
{
    (void)state;
    keep_one();
    xrig_start(&rig, false);
    assert_int_equal(xrig_go(&rig), EXCHANGE_WAIT);
    rig.now_ms += ONEOTA_ANSWER_MS;
    assert_int_equal(xrig_step(&rig), EXCHANGE_FAILED);
    assert_int_equal(rig.x.reason, ONEOTA_REASON_TIMEOUT);
    assert_int_equal(rig.net.calls[SCRIPT_OPEN], 1);
}

static void test_exchange_opened_anew_has_all_the_time_to_connect(void **state)
{
    (void)state;
    keep_one();
    xrig_start(&rig, false);
    assert_int_equal(xrig_go(&rig), EXCHANGE_WAIT);
    rig.now_ms = ONEOTA_ANSWER_MS - 1u;
    script_net_say(&rig.net, SCRIPT_RECV, ONEOTA_CLOSED, 1);
    script_net_say(&rig.net, SCRIPT_OPEN, ONEOTA_AGAIN, UINT32_MAX);
    assert_int_equal(xrig_go(&rig), EXCHANGE_WAIT);
    assert_int_equal(oneota_exchange_left_ms(&rig.x, rig.now_ms), ONEOTA_CONNECT_MS);
}

static void test_exchange_closed_by_caller_opens_anew(void **state)
{
    (void)state;
    keep_one();
    oneota_exchange_close(&rig.x);
    assert_int_equal(rig.net.closes, 1);
    script_net_hear(&rig.net, XRIG_EMPTY);
    xrig_start(&rig, false);
    assert_int_equal(xrig_go(&rig), EXCHANGE_END);
    assert_int_equal(rig.net.calls[SCRIPT_OPEN], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange_kept_connection_carries_the_next_one),
        cmocka_unit_test(test_exchange_other_address_or_port_opens_anew),
        cmocka_unit_test(test_exchange_answer_that_ends_the_connection_is_not_kept),
        cmocka_unit_test(test_exchange_kept_connection_dead_opens_anew_and_sends_again),
        cmocka_unit_test(test_exchange_kept_connection_dead_within_a_request_sends_all_of_it),
        cmocka_unit_test(test_exchange_dead_twice_network),
        cmocka_unit_test(test_exchange_kept_connection_dead_within_an_answer_network),
        cmocka_unit_test(test_exchange_kept_connection_silent_timeout_not_again),
        cmocka_unit_test(test_exchange_opened_anew_has_all_the_time_to_connect),
        cmocka_unit_test(test_exchange_closed_by_caller_opens_anew),
    };
    return cmocka_run_group_tests_name("exchange keep", tests, NULL, NULL);
}
