/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Deadlines of an exchange, to the millisecond, also across the wrap of the clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "exchange_rig.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LENGTH_9     "HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\n"

static xrig_t rig;

/* Up to a place where the peer falls silent. */
typedef struct {
    const char *name;
    bool stream;
    oneota_error_t open;
    uint32_t takes;   /* bytes of the request that are taken; 0: all */
    const char *hear; /* NULL: nothing */
    uint32_t deadline_ms;
} place_t;

static const place_t k_places[] = {
    {"open", false, ONEOTA_AGAIN, 0, NULL, ONEOTA_CONNECT_MS},
    {"send", false, ONEOTA_OK, 5, NULL, ONEOTA_SILENCE_MS},
    {"answer", false, ONEOTA_OK, 0, NULL, ONEOTA_ANSWER_MS},
    {"answer of a stream", true, ONEOTA_OK, 0, NULL, ONEOTA_ANSWER_MS},
    {"half a header", false, ONEOTA_OK, 0, "HTTP/1.1 200 \r\nCont", ONEOTA_ANSWER_MS},
    {"interim answer", false, ONEOTA_OK, 0, "HTTP/1.1 100 \r\n\r\n", ONEOTA_ANSWER_MS},
    {"body", false, ONEOTA_OK, 0, LENGTH_9, ONEOTA_ANSWER_MS},
    {"half a body", false, ONEOTA_OK, 0, LENGTH_9 "half", ONEOTA_ANSWER_MS},
    {"body of a stream", true, ONEOTA_OK, 0, LENGTH_9, ONEOTA_SILENCE_MS},
    {"half a body of a stream", true, ONEOTA_OK, 0, LENGTH_9 "half", ONEOTA_SILENCE_MS},
};

static const uint32_t k_starts[] = {
    0, 1, 0x7FFFFFF0u, UINT32_MAX, UINT32_MAX - 1000u, UINT32_MAX - 60000u};

static void go_to(const place_t *place, uint32_t start_ms)
{
    xrig_init(&rig, start_ms);
    if (place->open != ONEOTA_OK) {
        script_net_say(&rig.net, SCRIPT_OPEN, place->open, UINT32_MAX);
    }
    if (place->takes > 0) {
        script_net_take(&rig.net, place->takes);
        script_net_say(&rig.net, SCRIPT_SEND, ONEOTA_AGAIN, UINT32_MAX);
    }
    if (place->hear != NULL) {
        script_net_hear(&rig.net, place->hear);
    }
    xrig_start(&rig, place->stream);
    assert_int_equal(xrig_go(&rig), EXCHANGE_WAIT);
}

static void test_exchange_silence_fails_at_the_deadline_not_before(void **state)
{
    (void)state;
    for (size_t p = 0; p < COUNT(k_places); p++) {
        for (size_t s = 0; s < COUNT(k_starts); s++) {
            const place_t *place = &k_places[p];
            go_to(place, k_starts[s]);
            assert_int_equal(oneota_exchange_left_ms(&rig.x, rig.now_ms), place->deadline_ms);
            rig.now_ms += place->deadline_ms - 1u;
            if (xrig_step(&rig) != EXCHANGE_WAIT) {
                fail_msg("%s: too early", place->name);
            }
            assert_int_equal(oneota_exchange_left_ms(&rig.x, rig.now_ms), 1);
            rig.now_ms++;
            assert_int_equal(oneota_exchange_left_ms(&rig.x, rig.now_ms), 0);
            if (xrig_step(&rig) != EXCHANGE_FAILED) {
                fail_msg("%s: too late", place->name);
            }
            assert_int_equal(rig.x.reason, ONEOTA_REASON_TIMEOUT);
            assert_int_equal(rig.x.code, 0);
            assert_int_equal(rig.net.closes, 1);
        }
    }
}

/* A header that comes drop by drop is not waited for longer than a whole one. */
static void test_exchange_slow_header_does_not_move_its_deadline(void **state)
{
    (void)state;
    xrig_init(&rig, 0);
    xrig_start(&rig, true);
    assert_int_equal(xrig_go(&rig), EXCHANGE_WAIT);
    rig.now_ms = ONEOTA_ANSWER_MS - 1u;
    script_net_hear(&rig.net, "HTTP/1.1 ");
    assert_int_equal(xrig_go(&rig), EXCHANGE_WAIT);
    rig.now_ms++;
    assert_int_equal(xrig_go(&rig), EXCHANGE_FAILED);
    assert_int_equal(rig.x.reason, ONEOTA_REASON_TIMEOUT);
}

static void test_exchange_slow_body_of_a_call_does_not_move_its_deadline(void **state)
{
    (void)state;
    go_to(&k_places[6], 500);
    rig.now_ms += ONEOTA_ANSWER_MS - 1u;
    script_net_hear(&rig.net, "drop");
    assert_int_equal(xrig_go(&rig), EXCHANGE_WAIT);
    rig.now_ms++;
    assert_int_equal(xrig_go(&rig), EXCHANGE_FAILED);
    assert_int_equal(rig.x.reason, ONEOTA_REASON_TIMEOUT);
}

static void test_exchange_slow_stream_goes_on_as_long_as_it_comes(void **state)
{
    (void)state;
    go_to(&k_places[8], UINT32_MAX - 100000u);
    for (unsigned n = 0; n < 8u; n++) {
        rig.now_ms += ONEOTA_SILENCE_MS - 1u;
        script_net_hear(&rig.net, "x");
        assert_int_equal(xrig_go(&rig), EXCHANGE_WAIT);
        assert_int_equal(oneota_exchange_left_ms(&rig.x, rig.now_ms), ONEOTA_SILENCE_MS);
    }
    assert_int_equal(rig.text_length, 8);
}

/* What was received waits for a slow flash, however long; then the peer has all of its time. */
static void test_exchange_slow_reader_is_not_a_silent_peer(void **state)
{
    (void)state;
    xrig_init(&rig, 0);
    script_net_hear(&rig.net, LENGTH_9 "half");
    xrig_start(&rig, true);
    while (xrig_step(&rig) != EXCHANGE_BODY) {
    }
    rig.now_ms = 10u * ONEOTA_SILENCE_MS;
    assert_int_equal(xrig_step(&rig), EXCHANGE_BODY);
    oneota_exchange_take(&rig.x, 4, rig.now_ms);
    assert_int_equal(xrig_go(&rig), EXCHANGE_WAIT);
    assert_int_equal(oneota_exchange_left_ms(&rig.x, rig.now_ms), ONEOTA_SILENCE_MS);
}

static void test_exchange_each_part_of_a_request_has_the_whole_silence(void **state)
{
    (void)state;
    go_to(&k_places[1], 0);
    rig.now_ms = ONEOTA_SILENCE_MS - 1u;
    rig.net.written[SCRIPT_SEND] = rig.net.played[SCRIPT_SEND] = 0;
    script_net_take(&rig.net, 1);
    script_net_say(&rig.net, SCRIPT_SEND, ONEOTA_AGAIN, UINT32_MAX);
    assert_int_equal(xrig_go(&rig), EXCHANGE_WAIT);
    assert_int_equal(oneota_exchange_left_ms(&rig.x, rig.now_ms), ONEOTA_SILENCE_MS);
}

static void test_exchange_port_that_cannot_call_is_asked_every_poll_ms(void **state)
{
    (void)state;
    go_to(&k_places[2], 0);
    rig.net.port.poll_ms = 20;
    assert_int_equal(oneota_exchange_left_ms(&rig.x, 0), 20);
    assert_int_equal(oneota_exchange_left_ms(&rig.x, ONEOTA_ANSWER_MS - 20u), 20);
    assert_int_equal(oneota_exchange_left_ms(&rig.x, ONEOTA_ANSWER_MS - 19u), 19);
    assert_int_equal(oneota_exchange_left_ms(&rig.x, ONEOTA_ANSWER_MS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange_silence_fails_at_the_deadline_not_before),
        cmocka_unit_test(test_exchange_slow_header_does_not_move_its_deadline),
        cmocka_unit_test(test_exchange_slow_body_of_a_call_does_not_move_its_deadline),
        cmocka_unit_test(test_exchange_slow_stream_goes_on_as_long_as_it_comes),
        cmocka_unit_test(test_exchange_slow_reader_is_not_a_silent_peer),
        cmocka_unit_test(test_exchange_each_part_of_a_request_has_the_whole_silence),
        cmocka_unit_test(test_exchange_port_that_cannot_call_is_asked_every_poll_ms),
    };
    return cmocka_run_group_tests_name("exchange time", tests, NULL, NULL);
}
