/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * How long is waited: Retry-After, back-off, the first check, the poll interval.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

/* A device whose random numbers are all the same. */
static uint32_t the_number;

static uint32_t same_number(void *ctx)
{
    (void)ctx;
    return the_number;
}

static oneota_device_t a_device(uint32_t number)
{
    oneota_device_t device = fake_device;
    device.random = same_number;
    the_number = number;
    return device;
}

/* ---------------------------------------------------------------- Retry-After */

static void test_api_retry_after_is_honoured_and_clamped(void **state)
{
    static const struct {
        const char *headers;
        uint32_t sleep_ms;
    } rows[] = {
        {"Retry-After: 17\r\n", 17000},
        {"Retry-After: 1\r\n", 1000},
        {"Retry-After: 0\r\n", 1000},
        {"Retry-After: 86400\r\n", 86400000},
        {"Retry-After: 86401\r\n", 86400000},
        {"Retry-After: 4294967295\r\n", 86400000},
        {"Date: Tue, 05 Nov 2019 02:20:55 GMT\r\nRetry-After: Tue, 05 Nov 2019 02:21:55 GMT\r\n",
         60000},
    };
    static const uint16_t statuses[] = {429, 503};
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        for (size_t s = 0; s < COUNT(statuses); s++) {
            kit_init(&kit, NULL);
            kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
            rule->status = statuses[s];
            rule->headers = rows[n].headers;
            rule->body = "later";
            kit_start(&kit);
            const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
            assert_int_equal(idle->reason, ONEOTA_REASON_SERVER);
            if (idle->sleep_ms != rows[n].sleep_ms) {
                fail_msg("%s: %u", rows[n].headers, (unsigned)idle->sleep_ms);
            }
            kit_free(&kit);
        }
    }
}

/* It was not waited for where the wait is the poll interval in any case. */
static void test_api_retry_after_of_a_refused_authorization_is_waited(void **state)
{
    static const struct {
        const char *headers;
        uint32_t least_ms, most_ms;
    } rows[] = {{"Retry-After: 86400\r\n", 86400000, 86400000},
                {"Retry-After: 17\r\n", 6480000, 7920000}};
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        kit_init(&kit, NULL);
        kit.setup.poll_interval_s = 7200;
        kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
        rule->status = 401;
        rule->body = "no";
        rule->headers = rows[n].headers;
        rule->times = 2; /* the second with the platform's clock */
        kit_start(&kit);
        const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_int_equal(idle->reason, ONEOTA_REASON_AUTH);
        assert_in_range(idle->sleep_ms, rows[n].least_ms, rows[n].most_ms);
        kit_free(&kit);
    }
}

static void test_api_retry_after_of_a_download_is_waited_and_uses_an_attempt(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->status = 503;
    rule->headers = "Retry-After: 700\r\n";
    rule->body = "later";
    rule->times = 2;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    uint32_t start = kit.board.now_ms;
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 3);
    assert_in_range(kit.board.now_ms - start, 1400000, 1401000);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    kit_free(&kit);
}

/* ---------------------------------------------------------------- back-off */

/* Nor of a range: the wait is longer for it, never shorter. */
static void test_api_retry_after_of_a_range_is_no_sooner_than_the_back_off(void **state)
{
    static const uint32_t waits_ms[] = {10000, 10000, 10000, 16000, 32000};
    const oneota_device_t device = a_device(UINT32_MAX);
    (void)state;
    kit_init(&kit, NULL);
    kit.setup.device = &device;
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->status = 503;
    rule->headers = "Retry-After: 10\r\n";
    rule->times = COUNT(waits_ms);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, COUNT(waits_ms) + 1u);
    const kit_call_t *call = &kit.calls[kit.call_count - COUNT(waits_ms) - 1u];
    for (size_t n = 0; n < COUNT(waits_ms); n++) {
        assert_int_equal(call[n + 1u].at_ms - call[n].at_ms, waits_ms[n]);
    }
    kit_free(&kit);
}

static void back_off(uint32_t min_ms, uint32_t max_ms, const uint32_t *wanted, size_t count)
{
    oneota_device_t device = a_device(UINT32_MAX);
    kit_init(&kit, NULL);
    kit.setup.device = &device;
    kit.setup.backoff_min_ms = min_ms;
    kit.setup.backoff_max_ms = max_ms;
    kit.net.down = true;
    kit_start(&kit);
    for (size_t n = 0; n < count; n++) {
        const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_int_equal(idle->reason, ONEOTA_REASON_NETWORK);
        assert_int_equal(idle->code, 104);
        assert_int_equal(idle->sleep_ms, wanted[n]);
    }
    kit.net.down = false;
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    assert_int_equal(kit.ram.client.failures, 0);
    kit_free(&kit);
}

static void test_api_backoff_doubles_up_to_the_ceiling(void **state)
{
    static const uint32_t defaults[] = {2000,    4000,    8000,    16000,  32000,
                                        64000,   128000,  256000,  512000, 1024000,
                                        2048000, 3600000, 3600000, 3600000};
    static const uint32_t own[] = {100, 200, 400, 500, 500};
    (void)state;
    back_off(0, 0, defaults, COUNT(defaults));
    back_off(100, 500, own, COUNT(own));
}

static void test_api_backoff_stays_at_the_ceiling_however_many_failures(void **state)
{
    oneota_device_t device = a_device(UINT32_MAX);
    (void)state;
    kit_init(&kit, NULL);
    kit.setup.device = &device;
    kit.setup.log = NULL;
    kit.net.down = true;
    kit_start(&kit);
    for (unsigned n = 0; n < 300u; n++) {
        kit.event_count = 0;
        const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_true(n < 11u || idle->sleep_ms == 3600000u);
    }
    kit_free(&kit);
}

static void test_api_backoff_has_full_jitter(void **state)
{
    oneota_device_t device = a_device(0);
    (void)state;
    kit_init(&kit, NULL);
    kit.setup.device = &device;
    kit.net.down = true;
    kit_start(&kit);
    assert_int_equal(kit_until_event(&kit, ONEOTA_EVENT_IDLE)->sleep_ms, 0);
    the_number = 0x80000000u;
    assert_int_equal(kit_until_event(&kit, ONEOTA_EVENT_IDLE)->sleep_ms, 2000);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- the first check, the interval */

static void test_api_first_check_at_a_random_time_within_a_minute(void **state)
{
    static const struct {
        uint32_t number, interval_s, first_ms;
    } rows[] = {
        {0, 0, 0},
        {UINT32_MAX, 0, 60000},
        {0x80000000u, 0, 30000},
        {UINT32_MAX, 20, 20000},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        oneota_device_t device = a_device(rows[n].number);
        kit_init(&kit, NULL);
        kit.setup.device = &device;
        kit.setup.check_at_once = false;
        kit.setup.poll_interval_s = rows[n].interval_s;
        kit_start(&kit);
        uint32_t start = kit.board.now_ms;
        kit_until_call(&kit, FAKE_VERSION, 0, 1);
        assert_in_range(kit.calls[0].at_ms - start, rows[n].first_ms, rows[n].first_ms + 2u);
        kit_free(&kit);
    }
}

static void test_api_check_now_ends_the_wait_for_the_first_check(void **state)
{
    oneota_device_t device = a_device(UINT32_MAX);
    (void)state;
    kit_init(&kit, NULL);
    kit.setup.device = &device;
    kit.setup.check_at_once = false;
    kit_start(&kit);
    uint32_t start = kit.board.now_ms;
    for (unsigned n = 0; n < 50u && kit.slept_ms == 0; n++) {
        kit_poll(&kit);
    }
    assert_in_range(kit.slept_ms, 59000, 60000);
    kit.board.now_ms = start + 10u;
    assert_int_equal(oneota_check_now(&kit.ram.client), ONEOTA_OK);
    kit_until_call(&kit, FAKE_VERSION, 0, 1);
    assert_true(kit.calls[0].at_ms - start < 20u);
    kit_free(&kit);
}

/* A task that is there already does not wait for the first check. */
static void test_api_start_in_a_task_goes_on_at_once(void **state)
{
    oneota_device_t device = a_device(UINT32_MAX);
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit_until_state(&kit, "download");
    kit.setup.device = &device;
    kit.setup.check_at_once = false;
    uint32_t calls = kit.call_count;
    kit_start(&kit);
    uint32_t start = kit.board.now_ms;
    kit_until_call(&kit, FAKE_TOKEN, 0, 2);
    assert_true(kit.calls[calls].at_ms - start < 20u);
    kit_free(&kit);
}

static void test_api_poll_interval_give_or_take_a_tenth(void **state)
{
    static const struct {
        uint32_t number, interval_s, sleep_ms;
    } rows[] = {
        {0, 0, 3240000},         {UINT32_MAX, 0, 3960000}, {0, 10, 9000},
        {UINT32_MAX, 10, 11000}, {0, 2000000, 1800000000}, {UINT32_MAX, 2000000, 2200000000u},
    };
    const kit_options_t options = {.tasks = 8};
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        oneota_device_t device = a_device(rows[n].number);
        kit_init(&kit, &options);
        kit.setup.device = &device;
        kit.setup.poll_interval_s = rows[n].interval_s;
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(kit_idle_ms(&kit), rows[n].sleep_ms);
        uint32_t start = kit.board.now_ms;
        kit_until_call(&kit, FAKE_CHECK, 0, 2);
        assert_in_range(kit_last_call(&kit, FAKE_CHECK)->at_ms - start, rows[n].sleep_ms,
                        rows[n].sleep_ms + 2u);
        kit_free(&kit);
    }
}

static void test_api_check_now_ends_the_wait_for_the_next_check(void **state)
{
    const kit_options_t options = {.tasks = 8};
    (void)state;
    kit_init(&kit, &options);
    kit_start(&kit);
    kit_run(&kit);
    uint32_t start = kit.board.now_ms;
    assert_int_equal(oneota_check_now(&kit.ram.client), ONEOTA_OK);
    kit_until_call(&kit, FAKE_CHECK, 0, 2);
    assert_true(kit_last_call(&kit, FAKE_CHECK)->at_ms - start < 10u);
    kit_free(&kit);
}

/* A hint that there may be a task: a minute after the last check at the earliest. */
static void test_api_notify_brings_the_next_check_forward(void **state)
{
    static const uint32_t passed_ms[] = {0, 30000, 59999, 60000, 1000000};
    const kit_options_t options = {.tasks = 8};
    (void)state;
    for (size_t n = 0; n < COUNT(passed_ms); n++) {
        kit_init(&kit, &options);
        kit_start(&kit);
        kit_run(&kit);
        uint32_t start = kit.board.now_ms;
        kit.board.now_ms += passed_ms[n];
        assert_int_equal(oneota_notify(&kit.ram.client), ONEOTA_OK);
        kit_until_call(&kit, FAKE_CHECK, 0, 2);
        uint32_t least = passed_ms[n] > 60000u ? passed_ms[n] : 60000u;
        assert_in_range(kit_last_call(&kit, FAKE_CHECK)->at_ms - start, least, least + 10u);
        kit_free(&kit);
    }
}

static void test_api_notify_does_not_end_another_wait(void **state)
{
    const kit_options_t options = {.interval = 86400};
    (void)state;
    kit_init(&kit, &options);
    kit.board.battery = 3;
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(oneota_notify(&kit.ram.client), ONEOTA_OK);
    uint32_t start = kit.board.now_ms;
    (void)kit_until_event(&kit, ONEOTA_EVENT_FAILED);
    assert_int_equal(kit.board.now_ms - start, 86400000);
    kit_free(&kit);

    kit_init(&kit, NULL);
    kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
    rule->status = 503;
    rule->headers = "Retry-After: 7000\r\n";
    kit_start(&kit);
    rule->body = "later";
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(oneota_notify(&kit.ram.client), ONEOTA_OK);
    start = kit.board.now_ms;
    kit_until_call(&kit, FAKE_CHECK, 0, 2);
    assert_in_range(kit_last_call(&kit, FAKE_CHECK)->at_ms - start, 7000000, 7000010);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- what a poll says */

static void test_api_poll_says_how_long_nothing_needs_to_be_done(void **state)
{
    const kit_options_t options = {.tasks = 8};
    (void)state;
    kit_init(&kit, &options);
    kit_rule(&kit, FAKE_CHECK)->silent = true;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_CHECK, 0, 1);
    for (unsigned n = 0; n < 3u; n++) { /* may always be called sooner */
        uint32_t sleep_ms = oneota_poll(&kit.ram.client);
        sleep_ms = sleep_ms == 0 ? oneota_poll(&kit.ram.client) : sleep_ms;
        assert_int_equal(sleep_ms, ONEOTA_ANSWER_MS - 1000u * n);
        kit.board.now_ms += 1000u;
    }
    kit.net.port.poll_ms = 20;
    assert_int_equal(oneota_poll(&kit.ram.client), 20);
    kit.net.port.poll_ms = 0;
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_retry_after_is_honoured_and_clamped),
        cmocka_unit_test(test_api_retry_after_of_a_refused_authorization_is_waited),
        cmocka_unit_test(test_api_retry_after_of_a_download_is_waited_and_uses_an_attempt),
        cmocka_unit_test(test_api_retry_after_of_a_range_is_no_sooner_than_the_back_off),
        cmocka_unit_test(test_api_backoff_doubles_up_to_the_ceiling),
        cmocka_unit_test(test_api_backoff_stays_at_the_ceiling_however_many_failures),
        cmocka_unit_test(test_api_backoff_has_full_jitter),
        cmocka_unit_test(test_api_first_check_at_a_random_time_within_a_minute),
        cmocka_unit_test(test_api_check_now_ends_the_wait_for_the_first_check),
        cmocka_unit_test(test_api_start_in_a_task_goes_on_at_once),
        cmocka_unit_test(test_api_poll_interval_give_or_take_a_tenth),
        cmocka_unit_test(test_api_check_now_ends_the_wait_for_the_next_check),
        cmocka_unit_test(test_api_notify_brings_the_next_check_forward),
        cmocka_unit_test(test_api_notify_does_not_end_another_wait),
        cmocka_unit_test(test_api_poll_says_how_long_nothing_needs_to_be_done),
    };
    return cmocka_run_group_tests_name("api waits", tests, NULL, NULL);
}
