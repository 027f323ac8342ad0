/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Battery and signal: checked before each round and before the installation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

static void begin(uint32_t retry, uint32_t interval)
{
    const kit_options_t options = {.retry = retry, .interval = interval};
    kit_init(&kit, &options); /* the task: battery 50, signal 10 */
    kit_start(&kit);
}

static void test_api_gate_levels_that_pass(void **state)
{
    static const struct {
        int32_t battery, signal, power_wanted, signal_wanted;
    } rows[] = {
        {50, 10, 50, 10}, {100, 99, 50, 10}, {-1, 10, 50, 10},
        {50, -1, 50, 10}, {-1, -1, 100, 99}, {0, 0, 0, 0},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        begin(0, 0);
        kit.board.battery = rows[n].battery;
        kit.board.signal = rows[n].signal;
        kit.platform.tasks[0].power = rows[n].power_wanted;
        kit.platform.tasks[0].signal = rows[n].signal_wanted;
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
        kit_free(&kit);
    }
}

static void test_api_gate_levels_nobody_measures_pass(void **state)
{
    oneota_device_t device = fake_device;
    (void)state;
    device.battery = NULL;
    device.signal = NULL;
    kit_init(&kit, NULL);
    kit.setup.device = &device;
    kit.platform.tasks[0].power = 100;
    kit.platform.tasks[0].signal = 1000;
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    kit_free(&kit);
}

static void test_api_gate_closed_with_retry_0_waits_for_ever(void **state)
{
    oneota_status_t status;
    (void)state;
    begin(0, 0);
    kit.board.battery = 49;
    for (unsigned n = 0; n < 20u; n++) {
        const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_int_equal(idle->reason, ONEOTA_REASON_BATTERY);
        assert_int_equal(idle->code, 49);
        assert_int_equal(idle->sleep_ms, 30000); /* the floor */
    }
    kit_status(&kit, &status);
    assert_int_equal(status.rounds, 0);
    assert_true(status.has_task);
    assert_string_equal(kit_story(&kit), "V C");
    kit.board.battery = 50;
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_gate_closed_with_retry_uses_rounds_then_105_or_106(void **state)
{
    (void)state;
    for (unsigned weak = 0; weak <= 1u; weak++) {
        oneota_reason_t reason = weak ? ONEOTA_REASON_SIGNAL : ONEOTA_REASON_BATTERY;
        begin(2, 60);
        kit.codes[0] = weak ? 106 : 105;
        kit.board.battery = weak ? 80 : 3;
        kit.board.signal = 4; /* both are low: the battery is named */
        uint32_t start = kit.board.now_ms;
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), weak ? "V C 106" : "V C 105");
        assert_int_equal(kit_count_failed(&kit, reason), 3);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 3);
        assert_in_range(kit.board.now_ms - start, 120000, 121000 + 3600000 * 11 / 10);
        const oneota_event_t *ended = kit_last_event(&kit, ONEOTA_EVENT_ENDED);
        assert_int_equal(ended->reason, reason);
        assert_int_equal(ended->step, weak ? 106 : 105);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_gate_rounds_survive_a_reset(void **state)
{
    oneota_status_t status;
    (void)state;
    begin(2, 60);
    kit.codes[0] = 105;
    kit.board.battery = 3;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    kit_status(&kit, &status);
    assert_int_equal(status.rounds, 1);
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    kit_status(&kit, &status);
    assert_int_equal(status.rounds, 2);
    kit_start(&kit);
    kit_new_page(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "105 V");
    kit_free(&kit);
}

static void test_api_gate_opens_in_time_download_goes_on(void **state)
{
    (void)state;
    begin(2, 60);
    kit.board.signal = 9;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    kit.board.signal = 10;
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    kit_judge(&kit);
    kit_free(&kit);
}

/* A level that falls while a round goes on does not stop it. */
static void test_api_gate_is_not_asked_within_a_round(void **state)
{
    (void)state;
    begin(0, 0);
    kit_until_state(&kit, "download");
    kit.board.battery = 1;
    kit_until_state(&kit, "downloaded");
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    kit.board.battery = 50;
    kit_run(&kit);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- before the installation */

static void test_api_install_gate_closed_with_retry_uses_rounds_then_202(void **state)
{
    (void)state;
    for (unsigned weak = 0; weak <= 1u; weak++) {
        oneota_reason_t reason = weak ? ONEOTA_REASON_SIGNAL : ONEOTA_REASON_BATTERY;
        begin(2, 60);
        kit.codes[0] = 202;
        kit_until_state(&kit, "install");
        kit.board.battery = weak ? 80 : 49;
        kit.board.signal = weak ? 9 : 20;
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T D 101 202");
        assert_int_equal(kit_count_failed(&kit, reason), 3);
        assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, reason);
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_install_gate_closed_with_retry_0_waits(void **state)
{
    (void)state;
    begin(0, 90);
    kit_until_state(&kit, "install");
    kit.board.battery = 49;
    for (unsigned n = 0; n < 10u; n++) {
        assert_int_equal(kit_until_event(&kit, ONEOTA_EVENT_IDLE)->sleep_ms, 90000);
    }
    assert_string_equal(kit_story(&kit), "V C T D 101");
    kit_start(&kit); /* also over a reset */
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    kit.board.battery = 51;
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    kit_judge(&kit);
    kit_free(&kit);
}

/* Rounds of the download and of the installation come out of one budget. */
static void test_api_rounds_are_one_budget_for_download_and_installation(void **state)
{
    (void)state;
    begin(2, 60);
    kit.codes[0] = 202;
    kit.board.battery = 3;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    kit.board.battery = 80;
    kit_until_state(&kit, "install");
    kit.board.battery = 3;
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 202");
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 3);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- how long between rounds */

static void test_api_interval_is_held_between_floor_and_a_day(void **state)
{
    static const struct {
        uint32_t interval, floor_ms, sleep_ms;
    } rows[] = {
        {0, 0, 30000},        {29, 0, 30000},       {31, 0, 31000},
        {86400, 0, 86400000}, {86401, 0, 86400000}, {4294967295u, 0, 86400000},
        {0, 250, 250},        {0, 90000, 90000},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        const kit_options_t options = {.interval = rows[n].interval};
        kit_init(&kit, &options);
        kit.setup.retry_floor_ms = rows[n].floor_ms;
        kit.board.battery = 0;
        kit_start(&kit);
        assert_int_equal(kit_until_event(&kit, ONEOTA_EVENT_IDLE)->sleep_ms, rows[n].sleep_ms);
        kit_free(&kit);
    }
}

/* Each round that is begun uses one up: the application cannot make them come faster. */
static void test_api_check_now_does_not_end_the_wait_between_rounds(void **state)
{
    (void)state;
    begin(3, 86400);
    kit.board.battery = 3;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    uint32_t start = kit.board.now_ms;
    assert_int_equal(oneota_check_now(&kit.ram.client), ONEOTA_OK);
    (void)kit_until_event(&kit, ONEOTA_EVENT_FAILED);
    assert_int_equal(kit.board.now_ms - start, 86400000);
    kit_free(&kit);
}

static void test_api_check_now_ends_the_wait_of_what_was_postponed(void **state)
{
    (void)state;
    begin(3, 86400);
    kit_rule(&kit, FAKE_TOKEN)->code = 19;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    uint32_t start = kit.board.now_ms;
    assert_int_equal(oneota_check_now(&kit.ram.client), ONEOTA_OK);
    kit_until_state(&kit, "restart");
    assert_true(kit.board.now_ms - start < 60000u);
    kit_run(&kit);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_gate_levels_that_pass),
        cmocka_unit_test(test_api_gate_levels_nobody_measures_pass),
        cmocka_unit_test(test_api_gate_closed_with_retry_0_waits_for_ever),
        cmocka_unit_test(test_api_gate_closed_with_retry_uses_rounds_then_105_or_106),
        cmocka_unit_test(test_api_gate_rounds_survive_a_reset),
        cmocka_unit_test(test_api_gate_opens_in_time_download_goes_on),
        cmocka_unit_test(test_api_gate_is_not_asked_within_a_round),
        cmocka_unit_test(test_api_install_gate_closed_with_retry_uses_rounds_then_202),
        cmocka_unit_test(test_api_install_gate_closed_with_retry_0_waits),
        cmocka_unit_test(test_api_rounds_are_one_budget_for_download_and_installation),
        cmocka_unit_test(test_api_interval_is_held_between_floor_and_a_day),
        cmocka_unit_test(test_api_check_now_does_not_end_the_wait_between_rounds),
        cmocka_unit_test(test_api_check_now_ends_the_wait_of_what_was_postponed),
    };
    return cmocka_run_group_tests_name("api conditions", tests, NULL, NULL);
}
