/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * One exchange from open to end, and every way in which it fails. Deadlines: test_exchange_time.c;
 * the connection that is kept: test_exchange_keep.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "exchange_rig.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static xrig_t rig;

static void assert_failed(oneota_reason_t reason, int32_t code)
{
    assert_int_equal(rig.x.reason, reason);
    assert_int_equal(rig.x.code, code);
    assert_true(rig.net.closes > 0);
    assert_false(rig.x.open);
}

static void assert_sent_once(void)
{
    assert_int_equal(rig.net.sent_length, strlen(XRIG_REQUEST));
    assert_memory_equal(rig.net.sent, XRIG_REQUEST, strlen(XRIG_REQUEST));
}

/* ---------------------------------------------------------------- all is well */

static void test_exchange_one_thing_at_a_time(void **state)
{
    (void)state;
    xrig_init(&rig, 0);
    script_net_say(&rig.net, SCRIPT_OPEN, ONEOTA_AGAIN, 1);
    script_net_hear(&rig.net, "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok");
    xrig_start(&rig, false);
    assert_int_equal(rig.net.total, 0);
    assert_int_equal(xrig_step(&rig), EXCHANGE_WAIT); /* not open yet */
    assert_int_equal(xrig_step(&rig), EXCHANGE_BUSY); /* open */
    assert_int_equal(xrig_step(&rig), EXCHANGE_BUSY); /* sent */
    assert_int_equal(xrig_step(&rig), EXCHANGE_HEAD); /* received */
    assert_int_equal(rig.x.http.head.status, 200);
    assert_int_equal(xrig_step(&rig), EXCHANGE_BODY);
    assert_int_equal(rig.body.length, 2);
    assert_memory_equal(rig.body.data, "ok", 2);
    assert_int_equal(xrig_step(&rig), EXCHANGE_BODY); /* nothing was taken */
    assert_int_equal(rig.body.length, 2);
    oneota_exchange_take(&rig.x, 2, 0);
    assert_int_equal(xrig_step(&rig), EXCHANGE_END);
    assert_string_equal(rig.net.address, "server");
    assert_string_equal(rig.net.server_name, "name");
    assert_int_equal(rig.net.tcp_port, 80);
    assert_int_equal(rig.net.closes, 0);
    assert_sent_once();
}

static void test_exchange_room_leaves_a_line_for_the_answer(void **state)
{
    size_t size = 0;
    (void)state;
    xrig_init(&rig, 0);
    char *room = oneota_exchange_room(&rig.x, &size);
    assert_ptr_equal(room, (char *)rig.work);
    assert_int_equal(size, EXCHANGE_WORK_MIN - ONEOTA_LINE_BYTES);
    memset(room, 'x', size);
    script_net_hear(&rig.net, "HTTP/1.1 200 \r\nContent-Length: 4\r\n\r\nbody");
    oneota_exchange_start(&rig.x, "server", 80, "name", (uint32_t)size, false, 0);
    assert_int_equal(xrig_step(&rig), EXCHANGE_BUSY);
    assert_int_equal(xrig_step(&rig), EXCHANGE_BUSY);
    assert_int_equal(xrig_step(&rig), EXCHANGE_HEAD);
    assert_int_equal(rig.net.room, ONEOTA_LINE_BYTES);
    assert_int_equal(xrig_go(&rig), EXCHANGE_END);
    assert_int_equal(rig.net.room, ONEOTA_LINE_BYTES); /* the request stays for the next range */
    assert_string_equal(rig.text, "body");
}

static void test_exchange_send_in_parts_goes_on_where_it_was(void **state)
{
    static const size_t parts[] = {1, 1, 5, 3};
    (void)state;
    xrig_init(&rig, 0);
    for (size_t n = 0; n < COUNT(parts); n++) {
        script_net_take(&rig.net, parts[n]);
        script_net_say(&rig.net, SCRIPT_SEND, ONEOTA_AGAIN, 2);
    }
    script_net_hear(&rig.net, XRIG_EMPTY);
    xrig_start(&rig, false);
    exchange_event_t event;
    uint32_t waits = 0;
    while ((event = xrig_go(&rig)) == EXCHANGE_WAIT) {
        waits++;
    }
    assert_int_equal(event, EXCHANGE_END);
    assert_int_equal(waits, 2u * COUNT(parts));
    assert_sent_once();
}

static void test_exchange_answer_byte_by_byte_is_the_same(void **state)
{
    static const char answer[] = "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello";
    static char letters[sizeof answer][2];
    (void)state;
    xrig_init(&rig, 0);
    for (size_t n = 0; n + 1u < sizeof answer; n++) {
        letters[n][0] = answer[n];
        script_net_hear(&rig.net, letters[n]);
    }
    xrig_start(&rig, false);
    assert_int_equal(xrig_go(&rig), EXCHANGE_END);
    assert_string_equal(rig.text, "hello");
    assert_int_equal(rig.heads, 1);
}

/* A line is as long as the room for it, and comes in two pieces. */
static void test_exchange_longest_line_behind_the_longest_request_is_read(void **state)
{
    static char line[ONEOTA_LINE_BYTES + 1];
    size_t size = 0;
    (void)state;
    xrig_init(&rig, 0);
    memset(line, 'x', sizeof line - 1u);
    memcpy(line, "X: ", 3);
    memcpy(line + ONEOTA_LINE_BYTES - 2, "\r\n", 3);
    memset(oneota_exchange_room(&rig.x, &size), 'x', size);
    script_net_hear(&rig.net, "HTTP/1.1 200 \r\n");
    script_net_hear(&rig.net, "X");
    script_net_hear(&rig.net, line + 1);
    script_net_hear(&rig.net, "Content-Length: 4\r\n\r\nbody");
    oneota_exchange_start(&rig.x, "server", 80, "name", (uint32_t)size, false, 0);
    assert_int_equal(xrig_go(&rig), EXCHANGE_END);
    assert_string_equal(rig.text, "body");
}

static void test_exchange_body_taken_in_parts_loses_nothing(void **state)
{
    static const size_t parts[] = {1, 2, 7, 1000};
    (void)state;
    for (size_t n = 0; n < COUNT(parts); n++) {
        xrig_init(&rig, 0);
        rig.take_max = parts[n];
        script_net_hear(&rig.net, "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "6\r\nabcdef\r\n3\r\nghi\r\n");
        script_net_hear(&rig.net, "4\r\njk");
        script_net_hear(&rig.net, "lm\r\n0\r\n\r\n");
        xrig_start(&rig, true);
        assert_int_equal(xrig_go(&rig), EXCHANGE_END);
        assert_string_equal(rig.text, "abcdefghijklm");
    }
}

static void test_exchange_answer_ended_by_close_is_an_end(void **state)
{
    (void)state;
    xrig_init(&rig, 0);
    script_net_hear(&rig.net, "HTTP/1.1 200 \r\n\r\nall ");
    script_net_hear(&rig.net, "of it");
    script_net_say(&rig.net, SCRIPT_RECV, ONEOTA_CLOSED, 1);
    xrig_start(&rig, false);
    assert_int_equal(xrig_go(&rig), EXCHANGE_END);
    assert_string_equal(rig.text, "all of it");
    assert_int_equal(rig.net.closes, 1);
    assert_false(rig.x.open);
}

static void test_exchange_answer_without_body_ends_at_once(void **state)
{
    (void)state;
    xrig_init(&rig, 0);
    script_net_hear(&rig.net, "HTTP/1.1 204 \r\n\r\n");
    xrig_start(&rig, false);
    assert_int_equal(xrig_go(&rig), EXCHANGE_END);
    assert_int_equal(rig.heads, 1);
    assert_int_equal(rig.text_length, 0);
}

/* ---------------------------------------------------------------- the link fails */

static void test_exchange_first_connection_that_fails_network_and_native_code(void **state)
{
    static const struct {
        script_call_t call;
        oneota_error_t error;
    } rows[] = {
        {SCRIPT_OPEN, ONEOTA_BROKEN}, {SCRIPT_OPEN, ONEOTA_CLOSED}, {SCRIPT_OPEN, ONEOTA_PARAM},
        {SCRIPT_SEND, ONEOTA_BROKEN}, {SCRIPT_SEND, ONEOTA_CLOSED}, {SCRIPT_SEND, ONEOTA_STORAGE},
        {SCRIPT_RECV, ONEOTA_BROKEN}, {SCRIPT_RECV, ONEOTA_CLOSED}, {SCRIPT_RECV, ONEOTA_LIMIT},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        xrig_init(&rig, 0);
        rig.net.native = -111;
        script_net_say(&rig.net, rows[n].call, rows[n].error, 1);
        xrig_start(&rig, false);
        assert_int_equal(xrig_go(&rig), EXCHANGE_FAILED);
        assert_failed(ONEOTA_REASON_NETWORK, -111);
        assert_int_equal(rig.net.calls[SCRIPT_OPEN], 1);
    }
}

static void test_exchange_port_without_native_code_says_zero(void **state)
{
    (void)state;
    xrig_init(&rig, 0);
    rig.net.port.last_error = NULL;
    script_net_say(&rig.net, SCRIPT_OPEN, ONEOTA_BROKEN, 1);
    xrig_start(&rig, false);
    assert_int_equal(xrig_go(&rig), EXCHANGE_FAILED);
    assert_failed(ONEOTA_REASON_NETWORK, 0);
}

static void test_exchange_link_that_breaks_within_the_answer_network(void **state)
{
    static const char *const parts[] = {
        "H",
        "HTTP/1.1 200 \r\nContent-Le",
        "HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 100 \r\n\r\n",
    };
    static const oneota_error_t errors[] = {ONEOTA_BROKEN, ONEOTA_CLOSED};
    (void)state;
    for (size_t n = 0; n < COUNT(parts); n++) {
        for (size_t e = 0; e < COUNT(errors); e++) {
            xrig_init(&rig, 0);
            script_net_hear(&rig.net, parts[n]);
            script_net_say(&rig.net, SCRIPT_RECV, errors[e], 1);
            xrig_start(&rig, false);
            assert_int_equal(xrig_go(&rig), EXCHANGE_FAILED);
            assert_failed(ONEOTA_REASON_NETWORK, 0);
        }
    }
}

static void test_exchange_port_that_lies_about_a_count_network(void **state)
{
    static const struct {
        script_call_t call;
        size_t length;
    } rows[] = {
        {SCRIPT_SEND, 0}, {SCRIPT_SEND, sizeof XRIG_REQUEST}, {SCRIPT_SEND, SIZE_MAX},
        {SCRIPT_RECV, 0}, {SCRIPT_RECV, EXCHANGE_WORK_MIN},   {SCRIPT_RECV, SIZE_MAX},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        xrig_init(&rig, 0);
        script_net_lie(&rig.net, rows[n].call, rows[n].length);
        xrig_start(&rig, false);
        assert_int_equal(xrig_go(&rig), EXCHANGE_FAILED);
        assert_failed(ONEOTA_REASON_NETWORK, 0);
    }
}

static void test_exchange_answer_that_is_not_http_peer(void **state)
{
    static const struct {
        const char *answer;
        int32_t code;
    } rows[] = {
        {"SSH-2.0-OpenSSH_9.2\r\n", 0},
        {"HTTP/1.1 200 \r\nContent-Length: x\r\n\r\n", 200},
        {"HTTP/1.1 502 \r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 502},
        {"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 200},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        xrig_init(&rig, 0);
        script_net_hear(&rig.net, rows[n].answer);
        xrig_start(&rig, false);
        assert_int_equal(xrig_go(&rig), EXCHANGE_FAILED);
        assert_failed(ONEOTA_REASON_PEER, rows[n].code);
    }
}

/* ---------------------------------------------------------------- out of turn */

static void test_exchange_step_without_start_fails_and_touches_no_port(void **state)
{
    (void)state;
    xrig_init(&rig, 0);
    assert_int_equal(xrig_step(&rig), EXCHANGE_FAILED);
    assert_int_equal(rig.x.reason, ONEOTA_REASON_NETWORK);
    assert_int_equal(rig.net.total, 0);
    assert_int_equal(rig.net.closes, 0);
}

static void test_exchange_close_in_any_state_once(void **state)
{
    (void)state;
    xrig_init(&rig, 0);
    oneota_exchange_close(&rig.x);
    assert_int_equal(rig.net.closes, 0);
    for (unsigned steps = 0; steps < 6u; steps++) {
        xrig_init(&rig, 0);
        script_net_say(&rig.net, SCRIPT_OPEN, ONEOTA_AGAIN, 1);
        script_net_hear(&rig.net, "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok");
        xrig_start(&rig, false);
        for (unsigned n = 0; n < steps; n++) {
            (void)xrig_step(&rig);
        }
        oneota_exchange_close(&rig.x);
        oneota_exchange_close(&rig.x);
        assert_int_equal(rig.net.closes, 1);
        assert_false(rig.x.open);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange_one_thing_at_a_time),
        cmocka_unit_test(test_exchange_room_leaves_a_line_for_the_answer),
        cmocka_unit_test(test_exchange_send_in_parts_goes_on_where_it_was),
        cmocka_unit_test(test_exchange_answer_byte_by_byte_is_the_same),
        cmocka_unit_test(test_exchange_longest_line_behind_the_longest_request_is_read),
        cmocka_unit_test(test_exchange_body_taken_in_parts_loses_nothing),
        cmocka_unit_test(test_exchange_answer_ended_by_close_is_an_end),
        cmocka_unit_test(test_exchange_answer_without_body_ends_at_once),
        cmocka_unit_test(test_exchange_first_connection_that_fails_network_and_native_code),
        cmocka_unit_test(test_exchange_port_without_native_code_says_zero),
        cmocka_unit_test(test_exchange_link_that_breaks_within_the_answer_network),
        cmocka_unit_test(test_exchange_port_that_lies_about_a_count_network),
        cmocka_unit_test(test_exchange_answer_that_is_not_http_peer),
        cmocka_unit_test(test_exchange_step_without_start_fails_and_touches_no_port),
        cmocka_unit_test(test_exchange_close_in_any_state_once),
    };
    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
