/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What the application may ask for on the way: pause, resume, cancel, defer, allow, forget.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

static void begin(void)
{
    const kit_options_t options = {.size = 40000, .slot_size = 65536, .retry = 1, .interval = 60};
    kit_init(&kit, &options);
    kit_start(&kit);
}

static void pause_in(const char *state)
{
    kit_until_state(&kit, state);
    assert_int_equal(oneota_pause(&kit.ram.client), ONEOTA_OK);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
}

/* ---------------------------------------------------------------- pause, resume */

static void test_api_pause_stops_keeps_and_uses_no_round(void **state)
{
    oneota_status_t status;
    (void)state;
    begin();
    kit_until_call(&kit, FAKE_REPORT, 50, 1);
    kit_until_state(&kit, "download");
    assert_int_equal(oneota_pause(&kit.ram.client), ONEOTA_OK);
    const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(idle->reason, ONEOTA_REASON_PAUSED);
    assert_false(kit.net.open);
    kit_status(&kit, &status);
    assert_true(status.paused);
    assert_int_equal(status.rounds, 0);
    assert_true(status.percent >= 50u);
    uint32_t calls = kit.call_count;
    kit_pass(&kit, 900000000); /* ten days */
    assert_int_equal(kit.call_count, calls);

    assert_int_equal(oneota_resume(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D T D 101 | 201 V");
    assert_true(kit.platform.tasks[0].downloads < 40000u + 4096u);
    kit_status(&kit, &status);
    assert_false(status.paused);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_pause_in_each_state_of_a_task_then_resume(void **state)
{
    static const char *const states[] = {"version",  "check",    "gate",   "token",      "prefix",
                                         "download", "progress", "verify", "downloaded", "install"};
    (void)state;
    for (size_t n = 0; n < COUNT(states); n++) {
        begin();
        pause_in(states[n]);
        assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_IDLE)->reason, ONEOTA_REASON_PAUSED);
        assert_int_equal(oneota_resume(&kit.ram.client), ONEOTA_OK);
        kit_run(&kit);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_PAUSED), 1);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_pause_before_the_proof_costs_no_second_download(void **state)
{
    (void)state;
    begin();
    pause_in("verify");
    assert_int_equal(oneota_resume(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    assert_int_equal(kit.platform.tasks[0].downloads, 40000);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_pause_does_not_outlive_a_reset(void **state)
{
    (void)state;
    begin();
    pause_in("download");
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

static void test_api_pause_a_result_that_is_due_is_told(void **state)
{
    (void)state;
    begin();
    kit.trial = KIT_REJECT;
    kit_until_state(&kit, "result");
    assert_int_equal(oneota_pause(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 206);
    kit_free(&kit);
}

static void test_api_pause_while_idle_no_more_checks(void **state)
{
    const kit_options_t options = {.tasks = 8};
    (void)state;
    kit_init(&kit, &options);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(oneota_pause(&kit.ram.client), ONEOTA_OK);
    kit_pass(&kit, 40000000);
    assert_string_equal(kit_story(&kit), "V C");
    assert_int_equal(oneota_resume(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C C");
    kit_free(&kit);
}

/* ---------------------------------------------------------------- cancel */

static void test_api_cancel_before_101_is_107_after_it_206(void **state)
{
    static const struct {
        const char *state;
        uint8_t code;
        const char *story;
    } rows[] = {
        {"gate", 107, "V C 107"},           {"token", 107, "V C 107"},
        {"prefix", 107, "V C T 107"},       {"download", 107, "V C T 107"},
        {"progress", 107, "V C T D 107"},   {"verify", 107, "V C T D 107"},
        {"downloaded", 206, "V C T D 206"}, {"install", 206, "V C T D 101 206"},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        begin();
        kit_until_state(&kit, rows[n].state);
        assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_OK);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), rows[n].story);
        assert_int_equal(kit.platform.tasks[0].result, rows[n].code);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DROPPED), 1);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
        const oneota_event_t *ended = kit_last_event(&kit, ONEOTA_EVENT_ENDED);
        assert_int_equal(ended->reason, ONEOTA_REASON_DROPPED);
        assert_int_equal(ended->step, rows[n].code);
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

/* What is left of an answer is not taken for the answer to the report. */
static void test_api_cancel_within_an_answer_is_told_over_another_connection(void **state)
{
    (void)state;
    begin();
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    kit.net.recv_max = 100;
    for (unsigned n = 0; n < 10u; n++) {
        kit_poll(&kit);
    }
    assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_OK);
    kit_poll(&kit);
    assert_false(kit.net.open);
    kit.net.recv_max = 0;
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 107");
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_cancel_while_it_waits_ends_the_wait(void **state)
{
    (void)state;
    begin();
    kit.board.battery = 3;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    uint32_t start = kit.board.now_ms;
    assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_OK);
    kit_until_call(&kit, FAKE_REPORT, 107, 1);
    assert_true(kit.board.now_ms - start < 1000u);
    kit_run(&kit);
    kit_free(&kit);
}

static void test_api_cancel_while_paused_is_told(void **state)
{
    (void)state;
    begin();
    pause_in("download");
    assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 107);
    kit_free(&kit);
}

/* The way back begins with the mark: from there on it is too late. */
static void test_api_cancel_during_installation_state(void **state)
{
    static const char *const states[] = {"mark", "restart", "trial", "confirm", "result", "wait"};
    (void)state;
    for (size_t n = 0; n < COUNT(states); n++) {
        begin();
        kit_until_state(&kit, states[n]);
        assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_STATE);
        kit_run(&kit);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- defer, allow */

static void test_api_defer_waits_for_consent_and_asks_again_after_a_reset(void **state)
{
    (void)state;
    begin();
    kit.setup.ask_before_install = true;
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_READY);
    assert_int_equal(kit_until_event(&kit, ONEOTA_EVENT_IDLE)->reason, ONEOTA_REASON_PAUSED);
    kit_pass(&kit, 900000000);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_READY);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_READY), 2);
    assert_int_equal(oneota_allow_install(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    kit_judge(&kit);
    kit_free(&kit);
}

static void defer_at_ready(void *ctx, const oneota_event_t *event)
{
    (void)ctx;
    if (event->type == ONEOTA_EVENT_READY) {
        assert_int_equal(oneota_defer_install(&kit.ram.client), ONEOTA_OK);
    }
}

static void test_api_defer_from_the_ready_event_is_in_time(void **state)
{
    (void)state;
    begin();
    kit.listen = defer_at_ready;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    kit.listen = NULL;
    assert_int_equal(oneota_allow_install(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

static void test_api_deferred_can_be_cancelled(void **state)
{
    (void)state;
    begin();
    (void)oneota_defer_install(&kit.ram.client);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 206");
    kit_free(&kit);
}

/* ---------------------------------------------------------------- forget */

static void test_api_forget_nothing_is_left_also_after_a_reset(void **state)
{
    static const char *const states[] = {"gate",    "token",  "download", "downloaded",
                                         "install", "result", "wait"};
    oneota_status_t status;
    (void)state;
    for (size_t n = 0; n < COUNT(states); n++) {
        begin();
        kit.trial = KIT_REJECT;
        kit_until_state(&kit, states[n]);
        assert_int_equal(oneota_forget(&kit.ram.client), ONEOTA_OK);
        kit_run(&kit);
        kit_status(&kit, &status);
        assert_false(status.has_task);
        assert_int_equal(status.pending, 0);
        assert_int_equal(status.stored, 0);
        kit.platform.task_count = 0;
        kit_new_page(&kit);
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C");
        kit_free(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_pause_stops_keeps_and_uses_no_round),
        cmocka_unit_test(test_api_pause_in_each_state_of_a_task_then_resume),
        cmocka_unit_test(test_api_pause_before_the_proof_costs_no_second_download),
        cmocka_unit_test(test_api_pause_does_not_outlive_a_reset),
        cmocka_unit_test(test_api_pause_a_result_that_is_due_is_told),
        cmocka_unit_test(test_api_pause_while_idle_no_more_checks),
        cmocka_unit_test(test_api_cancel_before_101_is_107_after_it_206),
        cmocka_unit_test(test_api_cancel_within_an_answer_is_told_over_another_connection),
        cmocka_unit_test(test_api_cancel_while_it_waits_ends_the_wait),
        cmocka_unit_test(test_api_cancel_while_paused_is_told),
        cmocka_unit_test(test_api_cancel_during_installation_state),
        cmocka_unit_test(test_api_defer_waits_for_consent_and_asks_again_after_a_reset),
        cmocka_unit_test(test_api_defer_from_the_ready_event_is_in_time),
        cmocka_unit_test(test_api_deferred_can_be_cancelled),
        cmocka_unit_test(test_api_forget_nothing_is_left_also_after_a_reset),
    };
    return cmocka_run_group_tests_name("api commands", tests, NULL, NULL);
}
