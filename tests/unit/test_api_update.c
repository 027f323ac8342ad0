/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The order of calls of an update, from each place where it may begin; what is told on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

/* ---------------------------------------------------------------- the order of calls */

static void test_api_update_whole_calls_in_order(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    assert_int_equal(kit.platform.tasks[0].result, 201);
    assert_string_equal(kit.board.runs[0]->version, "1.1");
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_update_no_task_version_then_check_then_rest(void **state)
{
    const kit_options_t options = {.tasks = 8};
    (void)state;
    kit_init(&kit, &options);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C");
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C C"); /* the version once a start */
    kit_judge(&kit);
    kit_free(&kit);
}

/* Power off when the client is in a state: how does the story go on? */
static void test_api_update_start_anywhere_goes_on_there(void **state)
{
    static const struct {
        const char *state;
        const char *story;
    } rows[] = {
        {"version", "V C T D 101 | 201 V"},
        {"check", "V C T D 101 | 201 V"},
        {"gate", "T D 101 | 201 V"},
        {"token", "T D 101 | 201 V"},
        {"prefix", "T D 101 | 201 V"},
        {"download", "T D 101 | 201 V"},
        {"progress", "T D 101 | 201 V"},
        {"downloaded", "101 | 201 V"},
        {"install", "| 201 V"},
        {"mark", "| 201 V"},
        {"restart", "201 V"},
        {"trial", "201 V"},
        {"confirm", "201 V"},
        {"result", "201 V"},
        {"close", "V C"},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        kit_init(&kit, NULL);
        kit_start(&kit);
        kit_until_state(&kit, rows[n].state);
        kit_new_page(&kit);
        kit_start(&kit);
        kit_run(&kit);
        if (strcmp(kit_story(&kit), rows[n].story) != 0) {
            fail_msg("%s: %s", rows[n].state, kit_story(&kit));
        }
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_update_failure_pending_is_told_before_the_version(void **state)
{
    const kit_options_t options = {.size = 9000}; /* larger than the slot */
    (void)state;
    kit_init(&kit, &options);
    kit.codes[0] = 102;
    kit_start(&kit);
    kit_until_state(&kit, "result");
    kit_new_page(&kit);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "102 V");
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_update_target_that_runs_version_and_nothing_else(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit.platform.tasks[0].target = "1.0";
    kit_rule(&kit, FAKE_VERSION); /* the platform in small would end the task at this */
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C V");
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_TASK), 0);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_IDLE)->reason, ONEOTA_REASON_NONE);
    kit_free(&kit);
}

/* 32: there is a task, but no package from the version that the platform knows. */
static void test_api_update_version_first_once_then_rest(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_rule(&kit, FAKE_CHECK)->code = 32;
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C V C T D 101 | 201 V");
    kit_free(&kit);

    kit_init(&kit, NULL);
    kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
    rule->code = 32;
    rule->times = 3;
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C V C");
    kit_run(&kit); /* at the next interval it is asked for once more */
    assert_string_equal(kit_story(&kit), "V C V C C V C T D 101 | 201 V");
    kit_free(&kit);
}

/* ---------------------------------------------------------------- progress */

static void test_api_update_progress_each_ten_percent_once_never_0_or_100(void **state)
{
    const kit_options_t options = {.size = 40000, .slot_size = 65536};
    (void)state;
    kit_init(&kit, &options);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 0), 11);
    for (uint8_t percent = 10; percent <= 90u; percent = (uint8_t)(percent + 10u)) {
        assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, percent), 1);
    }
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_update_progress_lost_or_refused_is_not_repeated_and_stops_nothing(void **state)
{
    static const int32_t codes[] = {1, 2, 7, 12, 17, 18, 19, 20, 21, 22, 24, 999};
    (void)state;
    for (size_t n = 0; n <= COUNT(codes); n++) {
        kit_init(&kit, NULL);
        kit_rule_t *rule = kit_rule(&kit, FAKE_REPORT);
        rule->step = 50;
        rule->times = KIT_ALWAYS;
        rule->silent = n == COUNT(codes);
        rule->code = n < COUNT(codes) ? codes[n] : 0;
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
        bool again = n < COUNT(codes) && codes[n] == 1; /* with a new Authorization */
        assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 50), again ? 2 : 1);
        assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 60), 1);
        kit_free(&kit);
    }
}

static void test_api_update_progress_not_told_again_after_a_reset(void **state)
{
    const kit_options_t options = {.size = 60000, .slot_size = 65536};
    (void)state;
    kit_init(&kit, &options);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, 50, 1);
    kit_until_state(&kit, "download");
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D T D 101 | 201 V");
    for (uint8_t percent = 10; percent <= 90u; percent = (uint8_t)(percent + 10u)) {
        assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, percent), 1);
    }
    assert_true(kit.platform.tasks[0].downloads <= 60000u + ONEOTA_STORE_BYTES + 1024u);
    kit_judge(&kit);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- events */

static void test_api_update_events_tell_the_story(void **state)
{
    static const uint8_t wanted[] = {ONEOTA_EVENT_EXPOSED, ONEOTA_EVENT_TASK,    ONEOTA_EVENT_READY,
                                     ONEOTA_EVENT_RESTART, ONEOTA_EVENT_EXPOSED, ONEOTA_EVENT_TASK,
                                     ONEOTA_EVENT_TRIAL,   ONEOTA_EVENT_UPDATED, ONEOTA_EVENT_IDLE};
    size_t next = 0;
    uint8_t percent = 0;
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit_run(&kit);
    for (uint32_t n = 0; n < kit.event_count; n++) {
        const oneota_event_t *event = &kit.events[n];
        if (event->type == ONEOTA_EVENT_PROGRESS) {
            assert_true(event->percent > percent || percent == 0);
            percent = event->percent;
        } else if (event->type == ONEOTA_EVENT_STATE) {
            assert_true(event->from != event->to);
        } else if (event->type != ONEOTA_EVENT_REPORT) {
            assert_true(next < COUNT(wanted));
            assert_int_equal(event->type, wanted[next++]);
        }
    }
    assert_int_equal(next, COUNT(wanted));
    assert_int_equal(percent, 100);
    assert_true(kit_count_events(&kit, ONEOTA_EVENT_PROGRESS) >= 10u);
    assert_string_equal(kit_last_event(&kit, ONEOTA_EVENT_UPDATED)->version, "1.1");
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_REPORT)->step, 201);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_REPORT)->code, 0);
    kit_free(&kit);
}

/* Each state begins where the one before it ended. */
static void test_api_update_state_events_are_a_chain(void **state)
{
    uint8_t at = 0;
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit_run(&kit);
    for (uint32_t n = 0; n < kit.event_count; n++) {
        const oneota_event_t *event = &kit.events[n];
        if (event->type == ONEOTA_EVENT_STATE) {
            bool starts = strcmp(oneota_state_text(event->from), "start") == 0;
            assert_true(starts || event->from == at);
            at = event->to;
        }
    }
    kit_free(&kit);
}

static void test_api_update_status_says_what_is(void **state)
{
    oneota_status_t status;
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit_until_state(&kit, "download");
    kit_status(&kit, &status);
    assert_true(status.has_task);
    assert_int_equal(status.task.size, 3000);
    assert_string_equal(status.task.target, "1.1");
    assert_int_equal(status.pending, 0);
    assert_int_equal(status.percent, 0);
    kit_until_call(&kit, FAKE_REPORT, 50, 1);
    kit_status(&kit, &status);
    assert_in_range(status.percent, 50, 60);
    kit_until_state(&kit, "downloaded");
    kit_status(&kit, &status);
    assert_int_equal(status.pending, 101);
    assert_int_equal(status.percent, 100);
    assert_int_equal(status.stored, 3000);
    kit_until_state(&kit, "result");
    kit_status(&kit, &status);
    assert_int_equal(status.pending, 201);
    kit_run(&kit);
    kit_status(&kit, &status);
    assert_false(status.has_task);
    assert_int_equal(status.pending, 0);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_update_whole_calls_in_order),
        cmocka_unit_test(test_api_update_no_task_version_then_check_then_rest),
        cmocka_unit_test(test_api_update_start_anywhere_goes_on_there),
        cmocka_unit_test(test_api_update_failure_pending_is_told_before_the_version),
        cmocka_unit_test(test_api_update_target_that_runs_version_and_nothing_else),
        cmocka_unit_test(test_api_update_version_first_once_then_rest),
        cmocka_unit_test(test_api_update_progress_each_ten_percent_once_never_0_or_100),
        cmocka_unit_test(
            test_api_update_progress_lost_or_refused_is_not_repeated_and_stops_nothing),
        cmocka_unit_test(test_api_update_progress_not_told_again_after_a_reset),
        cmocka_unit_test(test_api_update_events_tell_the_story),
        cmocka_unit_test(test_api_update_state_events_are_a_chain),
        cmocka_unit_test(test_api_update_status_says_what_is),
    };
    return cmocka_run_group_tests_name("api update", tests, NULL, NULL);
}
