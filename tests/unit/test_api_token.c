/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * A token that is refused: at the token check, at 101, at the result. What is done next is by what
 * the platform says of the task.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

/* Half of it is stored, the client starts anew, and its token check is refused. */
static void refuse_in_the_middle(int32_t code)
{
    const kit_options_t options = {.size = 60000, .slot_size = 65536};
    kit_init(&kit, &options);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, 50, 1);
    kit_until_state(&kit, "download");
    kit_new_page(&kit);
    kit_rule(&kit, FAKE_TOKEN)->code = code;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_TOKEN, 0, 2);
}

static void set_token(const char *token)
{
    (void)strcpy(kit.platform.tasks[0].token, token);
}

/* ---------------------------------------------------------------- token check */

static void test_api_token_refused_same_task_goes_on_with_new_token_and_stored_bytes(void **state)
{
    static const int32_t codes[] = {4, 12, 15, 17, 21, 23};
    (void)state;
    for (size_t n = 0; n < COUNT(codes); n++) {
        refuse_in_the_middle(codes[n]);
        set_token("ota_new_token_of_the_task");
        kit.platform.tasks[0].retry = 7; /* advice may change */
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "T C T D 101 | 201 V");
        const kit_call_t *download = NULL;
        for (uint32_t c = 0; c < kit.call_count; c++) {
            if (kit.calls[c].verb == FAKE_TOKEN) {
                download = &kit.calls[c + 1u];
            }
        }
        assert_non_null(download);
        assert_int_equal(download->verb, FAKE_DOWNLOAD);
        assert_string_equal(download->handle, "ota_new_token_of_the_task");
        assert_in_range(download->first, 16384, 33000); /* what was stored stays */
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_ENDED), 0);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

/* It is stored with whatever is stored next; a reset before that costs another look. */
static void test_api_token_new_one_survives_a_reset(void **state)
{
    (void)state;
    for (unsigned stored = 0; stored < 2u; stored++) {
        refuse_in_the_middle(12);
        set_token("ota_new_token_of_the_task");
        kit_until_call(&kit, FAKE_TOKEN, 0, 3);
        if (stored != 0) {
            kit_until_state(&kit, "progress");
        }
        kit_new_page(&kit);
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit),
                            stored != 0 ? "T D 101 | 201 V" : "T C T D 101 | 201 V");
        assert_string_equal(kit_last_call(&kit, FAKE_REPORT)->handle, "ota_new_token_of_the_task");
        kit_free(&kit);
    }
}

static void change_target(void)
{
    kit.platform.tasks[0].target = "1.3";
}

static void change_size(void)
{
    kit.platform.tasks[0].size--;
}

static void change_md5(void)
{
    kit.platform.tasks[0].md5[0] = kit.platform.tasks[0].md5[0] == '0' ? '1' : '0';
}

static void test_api_token_refused_another_task_begins_at_its_first_byte(void **state)
{
    void (*const changes[])(void) = {change_target, change_size, change_md5};
    (void)state;
    for (size_t n = 0; n < COUNT(changes); n++) {
        refuse_in_the_middle(12);
        changes[n]();
        kit_until_call(&kit, FAKE_TOKEN, 0, 3);
        kit_until_state(&kit, "download");
        kit_until_state(&kit, "progress");
        assert_string_equal(kit_story(&kit), "T C V C T D");
        assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_OVER);
        const kit_call_t *first = &kit.calls[kit.call_count - 1u];
        while (first[-1].verb == FAKE_DOWNLOAD) {
            first--;
        }
        assert_int_equal(first->first, 0);
        kit_free(&kit);
    }
}

static void test_api_token_refused_no_task_any_more_clears(void **state)
{
    oneota_status_t status;
    (void)state;
    refuse_in_the_middle(12);
    kit.platform.tasks[0].state = FAKE_TASK_CANCELLED;
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "T C V");
    kit_status(&kit, &status);
    assert_false(status.has_task);
    assert_int_equal(status.stored, 0);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->step, 0);
    kit_new_page(&kit);
    kit_start(&kit); /* also over a reset */
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C");
    kit_free(&kit);
}

static void test_api_token_refused_for_ever_one_check_then_over(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_rule_t *rule = kit_rule(&kit, FAKE_TOKEN);
    rule->code = 12;
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T C T");
    assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 0), 0);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_OVER);
    kit_free(&kit);
}

static void test_api_token_that_says_over_ends_without_a_report(void **state)
{
    static const struct {
        int32_t code;
        oneota_reason_t reason;
    } rows[] = {{18, ONEOTA_REASON_OVER}, {20, ONEOTA_REASON_OVER}, {22, ONEOTA_REASON_CANCELLED}};
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        kit_init(&kit, NULL);
        kit_rule(&kit, FAKE_TOKEN)->code = rows[n].code;
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T");
        const oneota_event_t *ended = kit_last_event(&kit, ONEOTA_EVENT_ENDED);
        assert_int_equal(ended->reason, rows[n].reason);
        assert_int_equal(ended->step, 0);
        assert_int_equal(kit_count_failed(&kit, rows[n].reason), 1);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- postponed */

static void test_api_postponed_waits_the_interval_and_uses_no_round(void **state)
{
    static const struct {
        fake_verb_t verb;
        uint8_t step;
        const char *story;
    } rows[] = {
        {FAKE_TOKEN, 0, "V C T T T D 101 | 201 V"},
        {FAKE_REPORT, 101, "V C T D 101 101 101 | 201 V"},
        {FAKE_REPORT, 201, "V C T D 101 | 201 201 201 V"},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        const kit_options_t options = {.retry = 1, .interval = 77};
        kit_init(&kit, &options);
        kit_rule_t *rule = kit_rule(&kit, rows[n].verb);
        rule->step = rows[n].step;
        rule->code = 19;
        rule->times = 2;
        kit_start(&kit);
        for (unsigned wait = 0; wait < 2u; wait++) {
            const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
            assert_int_equal(idle->reason, ONEOTA_REASON_POSTPONED);
            assert_int_equal(idle->sleep_ms, 77000);
            assert_int_equal(kit.ram.client.record.at.rounds, 0);
        }
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), rows[n].story);
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- 101 refused */

static kit_rule_t *refuse_101(int32_t code)
{
    kit_init(&kit, NULL);
    kit_rule_t *rule = kit_rule(&kit, FAKE_REPORT);
    rule->step = 101;
    rule->code = code;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, 101, 1);
    return rule;
}

static void test_api_101_refused_same_task_installs(void **state)
{
    static const int32_t codes[] = {17, 20, 21};
    (void)state;
    for (size_t n = 0; n < COUNT(codes); n++) {
        (void)refuse_101(codes[n]);
        kit.platform.tasks[0].state = FAKE_TASK_UPGRADING;
        set_token("ota_new_token_of_the_task");
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T D 101 C | 201 V");
        assert_string_equal(kit_last_call(&kit, FAKE_REPORT)->handle, "ota_new_token_of_the_task");
        kit_free(&kit);
    }
}

/* The way round over the recheck leads past neither the application nor the task's conditions. */
static void test_api_101_refused_same_task_still_asks_for_consent(void **state)
{
    (void)state;
    (void)refuse_101(17);
    kit.platform.tasks[0].state = FAKE_TASK_UPGRADING;
    assert_int_equal(oneota_defer_install(&kit.ram.client), ONEOTA_OK);
    kit_pass(&kit, 600000);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_READY), 1);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_RESTART), 0);
    assert_string_equal(kit_story(&kit), "V C T D 101 C");
    kit_free(&kit);
}

static void test_api_101_refused_other_task_or_none_never_installs(void **state)
{
    static const int32_t codes[] = {17, 20, 21};
    (void)state;
    for (size_t n = 0; n < COUNT(codes); n++) {
        (void)refuse_101(codes[n]);
        kit.platform.tasks[0].state = FAKE_TASK_FAILED;
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T D 101 C");
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        kit_free(&kit);

        (void)refuse_101(codes[n]);
        change_md5();
        kit_until_call(&kit, FAKE_TOKEN, 0, 2);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_IDLE), 0); /* asked for at once */
        assert_string_equal(kit_story(&kit), "V C T D 101 C C T");
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        kit_free(&kit);
    }
}

static void test_api_101_cancelled_never_installs_and_tells_nothing(void **state)
{
    (void)state;
    for (int32_t code = 18; code <= 22; code += 4) {
        (void)refuse_101(code);
        kit.platform.tasks[0].state = FAKE_TASK_CANCELLED;
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T D 101");
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->step, 0);
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        kit_free(&kit);
    }
}

static void test_api_101_token_expired_is_told_with_the_new_one(void **state)
{
    (void)state;
    (void)refuse_101(12);
    set_token("ota_new_token_of_the_task");
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 C 101 | 201 V");
    kit_free(&kit);
}

/* 7, an unknown one, no answer, no OneNET: not installed until it is known. */
static void test_api_101_unanswered_is_repeated_and_not_installed(void **state)
{
    static const int32_t codes[] = {2, 7, 24, 999};
    (void)state;
    for (size_t n = 0; n < COUNT(codes) + 2u; n++) {
        kit_init(&kit, NULL);
        kit_rule_t *rule = kit_rule(&kit, FAKE_REPORT);
        rule->step = 101;
        rule->times = 12;
        rule->silent = n == COUNT(codes);
        rule->body = n == COUNT(codes) + 1u ? "<html>" : NULL;
        rule->code = n < COUNT(codes) ? codes[n] : 0;
        kit_start(&kit);
        kit_until_call(&kit, FAKE_REPORT, 101, 12);
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        kit_run(&kit);
        assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 101), 13);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        kit_free(&kit);
    }
}

/* The report's code is not the one behind the reason why the client waits. */
static void test_api_101_on_a_broken_link_waits_with_the_links_code(void **state)
{
    oneota_status_t status;
    (void)state;
    kit_init(&kit, NULL);
    kit_rule_t *rule = kit_rule(&kit, FAKE_REPORT);
    rule->step = 101;
    rule->silent = true;
    rule->close = true;
    rule->times = 2;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, 101, 1);
    const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_REPORT)->code, -1);
    assert_int_equal(idle->reason, ONEOTA_REASON_NETWORK);
    assert_int_equal(idle->code, kit_last_event(&kit, ONEOTA_EVENT_FAILED)->code);
    kit_status(&kit, &status);
    assert_int_equal(status.reason, ONEOTA_REASON_NETWORK);
    assert_int_equal(status.code, idle->code);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- the result */

static void test_api_result_these_answers_count_as_delivered(void **state)
{
    static const int32_t codes[] = {0, 12, 17, 18, 20, 21, 22};
    static const kit_trial_t trials[] = {KIT_CONFIRM, KIT_REJECT};
    (void)state;
    for (size_t n = 0; n < COUNT(codes); n++) {
        for (size_t t = 0; t < COUNT(trials); t++) {
            uint8_t code = trials[t] == KIT_CONFIRM ? 201 : 206;
            kit_init(&kit, NULL);
            kit.trial = (uint8_t)trials[t];
            kit_rule_t *rule = kit_rule(&kit, FAKE_REPORT);
            rule->step = code;
            rule->code = codes[n];
            kit_start(&kit);
            kit_until_call(&kit, FAKE_REPORT, code, 1);
            kit.platform.tasks[0].state = FAKE_TASK_FAILED;
            kit_run(&kit);
            assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, code), 1);
            assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_UPDATED), code == 201 ? 1 : 0);
            kit_start(&kit);
            kit_run(&kit);
            assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, code), 1);
            kit_free(&kit);
        }
    }
}

static void test_api_result_other_answers_are_repeated_also_after_a_reset(void **state)
{
    static const int32_t codes[] = {1, 2, 7, 19, 24, 999};
    (void)state;
    for (size_t n = 0; n < COUNT(codes) + 2u; n++) {
        kit_init(&kit, NULL);
        kit_rule_t *rule = kit_rule(&kit, FAKE_REPORT);
        rule->step = 201;
        rule->times = 20;
        rule->silent = n == COUNT(codes);
        rule->body = n == COUNT(codes) + 1u ? "<html>" : NULL;
        rule->code = n < COUNT(codes) ? codes[n] : 0;
        kit_start(&kit);
        kit_until_call(&kit, FAKE_REPORT, 201, 9);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_UPDATED), 0);
        kit_start(&kit);
        kit_until_call(&kit, FAKE_REPORT, 201, 20);
        kit_run(&kit);
        assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 201), 21);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_UPDATED), 1);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_token_refused_same_task_goes_on_with_new_token_and_stored_bytes),
        cmocka_unit_test(test_api_token_new_one_survives_a_reset),
        cmocka_unit_test(test_api_token_refused_another_task_begins_at_its_first_byte),
        cmocka_unit_test(test_api_token_refused_no_task_any_more_clears),
        cmocka_unit_test(test_api_token_refused_for_ever_one_check_then_over),
        cmocka_unit_test(test_api_token_that_says_over_ends_without_a_report),
        cmocka_unit_test(test_api_postponed_waits_the_interval_and_uses_no_round),
        cmocka_unit_test(test_api_101_refused_same_task_installs),
        cmocka_unit_test(test_api_101_refused_same_task_still_asks_for_consent),
        cmocka_unit_test(test_api_101_refused_other_task_or_none_never_installs),
        cmocka_unit_test(test_api_101_cancelled_never_installs_and_tells_nothing),
        cmocka_unit_test(test_api_101_token_expired_is_told_with_the_new_one),
        cmocka_unit_test(test_api_101_unanswered_is_repeated_and_not_installed),
        cmocka_unit_test(test_api_101_on_a_broken_link_waits_with_the_links_code),
        cmocka_unit_test(test_api_result_these_answers_count_as_delivered),
        cmocka_unit_test(test_api_result_other_answers_are_repeated_also_after_a_reset),
    };
    return cmocka_run_group_tests_name("api token", tests, NULL, NULL);
}
