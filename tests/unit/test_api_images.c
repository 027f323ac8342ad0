/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Two images in one client: an application (image 0, type 2) and a module (image 1, type 1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

static void begin(uint32_t tasks)
{
    const kit_options_t options = {.second_size = 2500, .tasks = tasks};
    kit_init(&kit, &options);
}

static void test_api_images_both_versions_in_one_report(void **state)
{
    (void)state;
    begin(8);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C2 C1");
    assert_non_null(strstr(kit.version_request, "{\"f_version\":\"7.0\",\"s_version\":\"1.0\"}"));
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_images_one_alone_reports_its_own_version(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit_until_state(&kit, "check");
    assert_non_null(strstr(kit.version_request, "{\"s_version\":\"1.0\"}"));
    kit_free(&kit);
}

static void test_api_images_task_for_the_second(void **state)
{
    (void)state;
    begin(2);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C2 C1 T D 101 | 201 V");
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_TRIAL)->image, 1);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_TASK)->image, 1);
    assert_string_equal(kit.board.runs[1]->version, "7.5");
    assert_string_equal(kit.board.runs[0]->version, "1.0");
    assert_non_null(strstr(kit.version_request, "{\"f_version\":\"7.5\",\"s_version\":\"1.0\"}"));
    assert_int_equal(kit.board.slots[0][1].flash.operations, 0);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_images_one_task_at_a_time_in_their_order(void **state)
{
    (void)state;
    begin(3);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C2 T D 101 | 201 V");
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C2 T D 101 | 201 V C2 C1 T D 101 | 201 V");
    assert_string_equal(kit.board.runs[0]->version, "1.1");
    assert_string_equal(kit.board.runs[1]->version, "7.5");
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_images_first_check_that_fails_does_not_starve_the_second(void **state)
{
    static const int32_t codes[] = {1, 2, 7, 8, 9, 10, 11, 13, 19, 26, 27, 999, 5116};
    (void)state;
    for (size_t n = 0; n < COUNT(codes) + 2u; n++) {
        begin(2);
        kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
        rule->type = 2;
        rule->times = KIT_ALWAYS;
        rule->code = n < COUNT(codes) ? codes[n] : 0;
        rule->body = n == COUNT(codes) ? "<html>" : NULL; /* or errno 0, and no task in it */
        kit_start(&kit);
        kit_run(&kit);
        const char *story =
            rule->code == 1 ? "V C2 C2 C1 T D 101 | 201 V" : "V C2 C1 T D 101 | 201 V";
        assert_string_equal(kit_story(&kit), story);
        kit_free(&kit);
    }
}

/* Both are asked for, and what failed is why it waits, and asks again. */
static void test_api_images_one_check_that_fails_is_asked_again_soon(void **state)
{
    (void)state;
    for (uint8_t type = 1; type <= 2u; type++) {
        begin(8);
        kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
        rule->type = type;
        rule->code = 7;
        kit_start(&kit);
        const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_int_equal(idle->reason, ONEOTA_REASON_SERVER);
        assert_true(idle->sleep_ms <= 4000u);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C2 C1 C2 C1");
        assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_IDLE)->reason, ONEOTA_REASON_NONE);
        kit_free(&kit);
    }
}

static void test_api_images_target_that_runs_then_the_second(void **state)
{
    (void)state;
    begin(3);
    kit.platform.tasks[0].target = "1.0";
    kit_rule(&kit, FAKE_VERSION); /* the platform in small would end the task at this */
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C2 C1 T D 101 | 201 V");
    kit_free(&kit);
}

static void test_api_images_version_first_for_either(void **state)
{
    (void)state;
    for (uint8_t type = 1; type <= 2u; type++) {
        begin(8);
        kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
        rule->type = type;
        rule->code = 32;
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), type == 2u ? "V C2 V C2 C1" : "V C2 C1 V C2 C1");
        kit_free(&kit);
    }
}

static void test_api_images_pending_result_of_the_second_before_any_check(void **state)
{
    (void)state;
    begin(2);
    kit.trial = KIT_REJECT;
    kit_start(&kit);
    kit_until_state(&kit, "result");
    kit_new_page(&kit);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "206 V");
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->image, 1);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_images_second_on_trial_without_a_task(void **state)
{
    const oneota_boot_mark_t mark = {1, 2500, "7.5", NULL, 0};
    (void)state;
    begin(8);
    fake_board_boot(&kit.board);
    fake_flash_put(&kit.board.slots[1][1].flash, 0, kit.packages[1]->bytes, 2500);
    assert_int_equal(fake_boot.mark(&kit.board, 1, &mark), ONEOTA_OK);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_TRIAL)->image, 1);
    assert_string_equal(kit_story(&kit), "V C2 C1");
    assert_true(fake_board_settled(&kit.board));
    assert_string_equal(kit.board.runs[1]->version, "7.5");
    kit_judge(&kit);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_images_both_versions_in_one_report),
        cmocka_unit_test(test_api_images_one_alone_reports_its_own_version),
        cmocka_unit_test(test_api_images_task_for_the_second),
        cmocka_unit_test(test_api_images_one_task_at_a_time_in_their_order),
        cmocka_unit_test(test_api_images_first_check_that_fails_does_not_starve_the_second),
        cmocka_unit_test(test_api_images_one_check_that_fails_is_asked_again_soon),
        cmocka_unit_test(test_api_images_target_that_runs_then_the_second),
        cmocka_unit_test(test_api_images_version_first_for_either),
        cmocka_unit_test(test_api_images_pending_result_of_the_second_before_any_check),
        cmocka_unit_test(test_api_images_second_on_trial_without_a_task),
    };
    return cmocka_run_group_tests_name("api images", tests, NULL, NULL);
}
