/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The trial of a new image, and how it ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

static void begin(kit_trial_t trial, uint8_t code)
{
    kit_init(&kit, NULL);
    kit.trial = (uint8_t)trial;
    kit.codes[0] = code;
    kit_start(&kit);
}

static void assert_ended(oneota_reason_t reason, uint8_t code)
{
    const oneota_event_t *ended = kit_last_event(&kit, ONEOTA_EVENT_ENDED);
    assert_int_equal(ended->reason, reason);
    assert_int_equal(ended->step, code);
    assert_int_equal(kit_count_failed(&kit, reason), 1);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_UPDATED), 0);
    assert_int_equal(kit.platform.tasks[0].result, code);
    assert_string_equal(kit.board.runs[0]->version, "1.0");
    assert_true(fake_board_settled(&kit.board));
    kit_judge(&kit);
}

static void test_api_trial_rejected_old_image_back_then_206(void **state)
{
    (void)state;
    begin(KIT_REJECT, 206);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | | 206 V");
    assert_ended(ONEOTA_REASON_REJECTED, 206);
    kit_free(&kit);
}

static void test_api_trial_crashing_old_image_back_then_206(void **state)
{
    (void)state;
    for (unsigned hides = 0; hides <= 1u; hides++) {
        const kit_options_t options = {.hides_revert = hides != 0};
        kit_init(&kit, &options);
        kit.trial = KIT_CRASH;
        kit.codes[0] = 206;
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T D 101 | | | | 206 V");
        assert_ended(ONEOTA_REASON_REVERTED, 206);
        kit_free(&kit);
    }
}

static void test_api_trial_unconfirmed_206_at_its_end_not_before(void **state)
{
    (void)state;
    begin(KIT_SILENT, 206);
    (void)kit_until_event(&kit, ONEOTA_EVENT_TRIAL);
    uint32_t start = kit.board.now_ms;
    kit_pass(&kit, ONEOTA_TRIAL_MS - 1u);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    assert_string_equal(oneota_state_text(kit.ram.client.state), "trial");
    kit_until_state(&kit, "revert");
    assert_int_equal(kit.board.now_ms - start, ONEOTA_TRIAL_MS);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | | 206 V");
    assert_ended(ONEOTA_REASON_UNCONFIRMED, 206);
    kit_free(&kit);
}

static void test_api_trial_across_the_wrap_of_the_clock(void **state)
{
    (void)state;
    begin(KIT_SILENT, 206);
    kit_until_state(&kit, "trial");
    kit.board.now_ms = UINT32_MAX - 1000u;
    (void)kit_until_event(&kit, ONEOTA_EVENT_TRIAL);
    kit_pass(&kit, ONEOTA_TRIAL_MS - 1u);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    kit_pass(&kit, 1);
    kit_until_state(&kit, "revert");
    kit_run(&kit);
    kit_free(&kit);
}

static void test_api_trial_confirmed_in_the_last_moment_stays(void **state)
{
    (void)state;
    begin(KIT_SILENT, 201);
    (void)kit_until_event(&kit, ONEOTA_EVENT_TRIAL);
    kit_pass(&kit, ONEOTA_TRIAL_MS - 1u);
    assert_int_equal(oneota_confirm(&kit.ram.client), ONEOTA_OK);
    kit.board.now_ms += 1000u;
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_trial_of_another_version_than_the_target_204(void **state)
{
    const kit_options_t options = {.label = "1.2"};
    (void)state;
    kit_init(&kit, &options);
    kit.codes[0] = 204;
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | | 204 V");
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_TRIAL), 0);
    assert_ended(ONEOTA_REASON_VERSION, 204);
    kit_free(&kit);
}

/* While the image is on trial nothing is said to the platform; the reset that it does itself
 * changes that as little. */
static void test_api_trial_nothing_is_told_while_it_lasts(void **state)
{
    (void)state;
    begin(KIT_SILENT, 201);
    (void)kit_until_event(&kit, ONEOTA_EVENT_TRIAL);
    uint32_t calls = kit.call_count;
    kit_pass(&kit, 1000);
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_TRIAL);
    kit_pass(&kit, ONEOTA_TRIAL_MS / 2u);
    assert_int_equal(kit.call_count, calls);
    assert_int_equal(oneota_confirm(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    kit_free(&kit);
}

static void test_api_trial_confirm_then_reject_the_first_counts(void **state)
{
    (void)state;
    begin(KIT_SILENT, 201);
    (void)kit_until_event(&kit, ONEOTA_EVENT_TRIAL);
    assert_int_equal(oneota_confirm(&kit.ram.client), ONEOTA_OK);
    assert_int_equal(oneota_reject(&kit.ram.client), ONEOTA_STATE);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- restart */

static void test_api_restart_is_asked_for_once_a_minute_until_it_comes(void **state)
{
    (void)state;
    begin(KIT_CONFIRM, 201);
    kit.stubborn = true;
    (void)kit_until_event(&kit, ONEOTA_EVENT_RESTART);
    assert_false(kit.net.open);
    uint32_t start = kit.board.now_ms;
    for (uint32_t n = 1; n <= 5u; n++) {
        (void)kit_until_event(&kit, ONEOTA_EVENT_RESTART);
        assert_in_range(kit.board.now_ms - start, n * 60000u, n * 60000u + 60000u);
    }
    kit.stubborn = false;
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- what somebody else installed */

static void mark_by_hand(void)
{
    const oneota_boot_mark_t mark = {1, 3000, "1.1", NULL, 0};
    const kit_options_t options = {.tasks = 8};
    kit_init(&kit, &options);
    fake_board_boot(&kit.board);
    fake_flash_put(&kit.board.slots[0][1].flash, 0, kit.packages[0]->bytes, 3000);
    assert_int_equal(fake_boot.mark(&kit.board, 0, &mark), ONEOTA_OK);
}

static void test_api_trial_of_what_somebody_else_installed_without_a_report(void **state)
{
    (void)state;
    mark_by_hand();
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C");
    assert_string_equal(kit.board.runs[0]->version, "1.1");
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_TRIAL), 1);
    assert_true(fake_board_settled(&kit.board));
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_trial_of_what_somebody_else_installed_rejected(void **state)
{
    (void)state;
    mark_by_hand();
    kit.trial = KIT_REJECT;
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "| V C");
    assert_string_equal(kit.board.runs[0]->version, "1.0");
    assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 0), 0);
    kit_judge(&kit);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- boot control that fails */

static void test_api_boot_call_that_fails_once_is_repeated(void **state)
{
    static const fake_board_call_t calls[] = {FAKE_CALL_QUERY, FAKE_CALL_INSPECT, FAKE_CALL_MARK,
                                              FAKE_CALL_CONFIRM, FAKE_CALL_REVERT};
    static const fake_fault_t faults[] = {FAKE_FAULT_ERROR, FAKE_FAULT_ERROR_DONE,
                                          FAKE_FAULT_SILENT};
    (void)state;
    for (size_t c = 0; c < COUNT(calls); c++) {
        for (size_t f = 0; f < COUNT(faults); f++) {
            bool reverts = calls[c] == FAKE_CALL_REVERT;
            begin(reverts ? KIT_REJECT : KIT_CONFIRM, reverts ? 206 : 201);
            kit.board.fault_call = (uint8_t)calls[c];
            kit.board.fault = (uint8_t)faults[f];
            kit.board.fault_at = 1;
            kit_run(&kit);
            assert_int_equal(kit.platform.tasks[0].result, reverts ? 206 : 201);
            kit_judge(&kit);
            kit_free(&kit);
        }
    }
}

/* It began the trial anew, and was confirmed ten minutes later. */
static void test_api_confirm_that_failed_once_is_not_asked_for_again(void **state)
{
    (void)state;
    begin(KIT_CONFIRM, 201);
    kit.board.fault_call = FAKE_CALL_CONFIRM;
    kit.board.fault = FAKE_FAULT_ERROR;
    kit.board.fault_at = 1;
    kit_until_event(&kit, ONEOTA_EVENT_TRIAL);
    kit_pass(&kit, 10000);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_TRIAL), 1);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_image_that_cannot_start_here_204_and_nothing_marked(void **state)
{
    (void)state;
    begin(KIT_CONFIRM, 204);
    kit.board.inspects = ONEOTA_VERIFY;
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 204");
    assert_ended(ONEOTA_REASON_IMAGE, 204);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    kit_free(&kit);
}

/* Confirmed, and gone back to the old image all the same before the platform was told: 201 is said
 * only of what is seen to run. */
static void test_api_trial_confirmed_image_that_no_longer_runs_is_no_201(void **state)
{
    static uint8_t control[65536];
    (void)state;
    begin(KIT_CONFIRM, 206);
    const oneota_flash_t *port = &kit.board.control.port;
    uint32_t size = port->size(&kit.board.control);
    assert_in_range(size, 1, sizeof control);
    assert_int_equal(port->read(&kit.board.control, 0, control, size), ONEOTA_OK);
    kit_until_state(&kit, "result");
    assert_string_equal(kit.board.runs[0]->version, "1.1");
    fake_flash_put(&kit.board.control.flash, 0, control, size);
    kit_start(&kit);
    assert_string_equal(kit.board.runs[0]->version, "1.0");
    kit_run(&kit);
    assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 201), 0);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_UPDATED), 0);
    assert_int_equal(kit.platform.tasks[0].result, 206);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_trial_rejected_old_image_back_then_206),
        cmocka_unit_test(test_api_trial_crashing_old_image_back_then_206),
        cmocka_unit_test(test_api_trial_unconfirmed_206_at_its_end_not_before),
        cmocka_unit_test(test_api_trial_across_the_wrap_of_the_clock),
        cmocka_unit_test(test_api_trial_confirmed_in_the_last_moment_stays),
        cmocka_unit_test(test_api_trial_of_another_version_than_the_target_204),
        cmocka_unit_test(test_api_trial_nothing_is_told_while_it_lasts),
        cmocka_unit_test(test_api_trial_confirm_then_reject_the_first_counts),
        cmocka_unit_test(test_api_restart_is_asked_for_once_a_minute_until_it_comes),
        cmocka_unit_test(test_api_trial_of_what_somebody_else_installed_without_a_report),
        cmocka_unit_test(test_api_trial_of_what_somebody_else_installed_rejected),
        cmocka_unit_test(test_api_boot_call_that_fails_once_is_repeated),
        cmocka_unit_test(test_api_confirm_that_failed_once_is_not_asked_for_again),
        cmocka_unit_test(test_api_image_that_cannot_start_here_204_and_nothing_marked),
        cmocka_unit_test(test_api_trial_confirmed_image_that_no_longer_runs_is_no_201),
    };
    return cmocka_run_group_tests_name("api trial", tests, NULL, NULL);
}
