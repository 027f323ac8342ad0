/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What the client finds at a start, in the journal and in the boot control, and what it tells the
 * boot control.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "dialect.h"
#include "fake_md5.h"
#include "journal.h"
#include "kit.h"
#include "machine.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

/* ---------------------------------------------------------------- a boot control that lies */

static oneota_boot_t told; /* what query() says */
static oneota_error_t told_error;
static uint32_t told_times; /* then it is the board's again */
static uint32_t mark_failures;
static bool marks_all_the_same;
static oneota_boot_mark_t marked;
static uint8_t marked_digest[32];

static oneota_error_t lie(void *ctx, uint8_t image, oneota_boot_t *boot)
{
    if (told_times == 0) {
        return fake_boot.query(ctx, image, boot);
    }
    told_times--;
    *boot = told;
    return told_error;
}

static oneota_error_t note_mark(void *ctx, uint8_t image, const oneota_boot_mark_t *mark)
{
    marked = *mark;
    memcpy(marked_digest, mark->digest, mark->digest_length);
    if (mark_failures == 0) {
        return fake_boot.mark(ctx, image, mark);
    }
    mark_failures--;
    if (marks_all_the_same) {
        (void)fake_boot.mark(ctx, image, mark);
    }
    return ONEOTA_STORAGE;
}

static void begin(const kit_options_t *options)
{
    static oneota_boot_port_t port;
    port = fake_boot;
    port.query = lie;
    port.mark = note_mark;
    told_error = ONEOTA_OK;
    told_times = 0;
    mark_failures = 0;
    marks_all_the_same = false;
    kit_init(&kit, options);
    kit.setup.boot = &port;
}

static void test_api_start_waits_for_a_boot_control_that_makes_sense(void **state)
{
    static const struct {
        oneota_error_t error;
        oneota_boot_t boot;
        uint32_t failures;
    } k_rows[] = {
        {ONEOTA_STORAGE, {0, 1500, ONEOTA_BOOT_CONFIRMED}, 3},
        {ONEOTA_OK, {2, 1500, ONEOTA_BOOT_CONFIRMED}, 3},
        {ONEOTA_OK, {255, 1500, ONEOTA_BOOT_CONFIRMED}, 3},
        {ONEOTA_OK, {0, 1500, ONEOTA_BOOT_CONDITION_COUNT}, 3},
        {ONEOTA_OK, {0, 1500, 255}, 3},
        {ONEOTA_OK, {1, 1500, ONEOTA_BOOT_REVERTED}, 0},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(k_rows); n++) {
        begin(NULL);
        told = k_rows[n].boot;
        told_error = k_rows[n].error;
        told_times = 3;
        kit_start(&kit);
        kit_until_state(&kit, "version");
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), k_rows[n].failures);
        assert_int_equal(kit.call_count, 0);
        assert_int_equal(kit.ram.client.boot.slot, k_rows[n].failures > 0 ? 0 : 1);
        kit_free(&kit);
    }
}

/* Its task is known then, and cannot be ended by a command. */
static void test_api_start_that_waits_for_the_boot_control_takes_no_cancel(void **state)
{
    (void)state;
    begin(NULL);
    kit_start(&kit);
    kit_until_state(&kit, "download");
    kit_start(&kit);
    told_error = ONEOTA_STORAGE;
    told_times = 1;
    (void)kit_until_event(&kit, ONEOTA_EVENT_FAILED);
    assert_int_equal(kit.ram.client.record.at.stage, STAGE_TASK);
    assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_STATE);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

/* Without a task of its own it restarts into, confirms or takes back what another has marked; not
 * after the wait for the first check. */
static void test_api_start_on_somebody_elses_trial_does_not_wait(void **state)
{
    static const uint8_t k_conditions[] = {ONEOTA_BOOT_PENDING, ONEOTA_BOOT_TRIAL};
    (void)state;
    for (size_t n = 0; n < COUNT(k_conditions); n++) {
        begin(NULL);
        kit.setup.check_at_once = false;
        told = (oneota_boot_t){0, 1500, k_conditions[n]};
        told_times = 1;
        kit_start(&kit);
        uint32_t began = kit.board.now_ms;
        kit_until_state(&kit, n == 0 ? "restart" : "trial");
        assert_in_range(kit.board.now_ms - began, 0, 10);
        kit_free(&kit);
    }
}

static void test_api_start_at_random_within_the_first_minute(void **state)
{
    (void)state;
    begin(NULL);
    kit.setup.check_at_once = false;
    kit_start(&kit);
    uint32_t began = kit.board.now_ms;
    kit_until_state(&kit, "version");
    assert_in_range(kit.board.now_ms - began, 1, 60000);
    kit_free(&kit);
}

/* What is taken back is nobody's task. */
static void test_api_start_on_somebody_elses_trial_has_no_task_when_it_is_rejected(void **state)
{
    oneota_status_t status;
    (void)state;
    begin(NULL);
    told = (oneota_boot_t){0, 1500, ONEOTA_BOOT_TRIAL};
    told_times = 1;
    kit_start(&kit);
    kit.trial = KIT_REJECT;
    kit_until_state(&kit, "revert");
    assert_int_equal(kit.ram.client.record.at.stage, STAGE_RESULT);
    kit_status(&kit, &status);
    assert_false(status.has_task);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- mark */

static void test_api_mark_is_told_size_version_and_digest(void **state)
{
    uint8_t digest[32];
    (void)state;
    for (unsigned differential = 0; differential <= 1u; differential++) {
        const kit_options_t options = {.size = 5000, .differential = differential != 0};
        begin(&options);
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(marked.slot, 1);
        assert_int_equal(marked.size, 5000);
        assert_string_equal(kit.platform.tasks[0].target, "1.1");
        assert_int_equal(marked.digest_length, differential ? 32 : 16);
        if (differential) {
            fake_signer_sha256(kit.board.runs[0]->bytes, 5000, digest);
        } else {
            signer_read_hex(kit.md5[0], digest, 16);
        }
        assert_memory_equal(marked_digest, digest, marked.digest_length);
        kit_free(&kit);
    }
}

/* It failed, and nobody knows whether it was done. */
static void test_api_mark_that_failed_is_made_again(void **state)
{
    (void)state;
    for (unsigned unknown = 0; unknown <= 1u; unknown++) {
        begin(NULL);
        kit_start(&kit);
        kit_until_state(&kit, "mark");
        mark_failures = 2;
        told = (oneota_boot_t){1, 3000, ONEOTA_BOOT_PENDING};
        told_error = ONEOTA_STORAGE;
        told_times = unknown;
        kit_run(&kit);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 2);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_mark_that_failed_but_was_done_is_not_made_again(void **state)
{
    (void)state;
    begin(NULL);
    mark_failures = 1;
    marks_all_the_same = true;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 1);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    kit_judge(&kit);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- the journal */

static void write_record(uint8_t type, const void *record, size_t size)
{
    oneota_error_t error;
    do {
        error = oneota_journal_write(&kit.ram.client.journal, type, record, size);
    } while (error == ONEOTA_AGAIN);
    assert_int_equal(error, ONEOTA_OK);
}

typedef void change_t(oneota_record_t *record, size_t *order, size_t *progress);

static void shorter_order(oneota_record_t *record, size_t *order, size_t *progress)
{
    (void)record;
    (void)progress;
    *order -= 1u;
}

static void shorter_progress(oneota_record_t *record, size_t *order, size_t *progress)
{
    (void)record;
    (void)order;
    *progress -= 1u;
}

static void no_stage(oneota_record_t *record, size_t *order, size_t *progress)
{
    (void)order;
    (void)progress;
    record->at.stage = STAGE_NONE;
}

/* The same task, as another device would have stored it. */
static void accept_as(oneota_record_t *record, uint8_t dialect, uint8_t image)
{
    oneota_answer_t answer;
    memset(&answer, 0, sizeof answer);
    answer.task = record->order.task;
    memcpy(answer.handle, record->order.handle, sizeof answer.handle);
    oneota_record_accept(record, &answer, dialect, image);
    record->at.stage = STAGE_TASK;
}

static void other_dialect(oneota_record_t *record, size_t *order, size_t *progress)
{
    (void)order;
    (void)progress;
    accept_as(record, (uint8_t)(kit.setup.dialect->id ^ 1u), 0);
}

static void image_that_is_not(oneota_record_t *record, size_t *order, size_t *progress)
{
    (void)order;
    (void)progress;
    accept_as(record, kit.setup.dialect->id, 1);
}

static void the_same(oneota_record_t *record, size_t *order, size_t *progress)
{
    (void)order;
    (void)progress;
    accept_as(record, kit.setup.dialect->id, 0);
}

static void test_api_start_goes_on_with_no_record_that_does_not_suit(void **state)
{
    static change_t *const k_changes[] = {shorter_order, shorter_progress,  no_stage,
                                          other_dialect, image_that_is_not, the_same};
    (void)state;
    for (size_t n = 0; n < COUNT(k_changes); n++) {
        begin(NULL);
        kit_start(&kit);
        kit_until_state(&kit, "download");
        oneota_record_t record = kit.ram.client.record;
        size_t order = sizeof record.order;
        size_t progress = sizeof record.at;
        k_changes[n](&record, &order, &progress);
        write_record(RECORD_ORDER, &record.order, order);
        write_record(RECORD_PROGRESS, &record.at, progress);
        kit_new_page(&kit);
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit),
                            k_changes[n] == the_same ? "T D 101 | 201 V" : "V C T D 101 | 201 V");
        kit_free(&kit);
    }
}

/* The image that another package made is not this one's. */
static void test_api_start_takes_what_was_made_of_its_own_task_alone(void **state)
{
    const kit_options_t options = {.size = 5000, .differential = true};
    (void)state;
    for (unsigned wrong = 0; wrong < 4u; wrong++) {
        begin(&options);
        kit_start(&kit);
        kit_until_state(&kit, "downloaded");
        assert_int_equal(kit.ram.client.record.made.size, 5000);
        oneota_made_t made = kit.ram.client.record.made;
        made.format ^= wrong == 1u ? 1u : 0u;
        made.check ^= wrong == 2u ? 1u : 0u;
        write_record(RECORD_MADE, &made, sizeof made - (wrong == 3u ? 1u : 0u));
        kit_new_page(&kit);
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), wrong == 0 ? "101 | 201 V" : "V C T D 101 | 201 V");
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- commands */

static void cancel_at_failure(void *ctx, const oneota_event_t *event)
{
    (void)ctx;
    if (event->type == ONEOTA_EVENT_FAILED && event->reason != ONEOTA_REASON_DROPPED) {
        assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_OK);
    }
}

/* From inside the event that says so: the wait that would follow is none. */
static void test_api_cancel_at_a_failure_does_not_wait_first(void **state)
{
    (void)state;
    begin(NULL);
    kit.codes[0] = 107;
    kit.setup.backoff_min_ms = 100000;
    kit.setup.backoff_max_ms = 100000;
    kit.board.random = UINT32_MAX;
    kit.listen = cancel_at_failure;
    kit_rule_t *rule = kit_rule(&kit, FAKE_TOKEN);
    rule->status = 500;
    rule->body = "no";
    kit_start(&kit);
    uint32_t began = kit.board.now_ms;
    kit_until_call(&kit, FAKE_REPORT, 107, 1);
    assert_in_range(kit.board.now_ms - began, 0, 1000);
    kit.listen = NULL;
    kit_free(&kit);
}

/* The texts of the setup are borrowed: what has become of them is looked at with each request. */
static void test_api_identity_that_cannot_be_sent_any_more_is_said(void **state)
{
    (void)state;
    begin(NULL);
    kit_start(&kit);
    kit_until_state(&kit, "check");
    kit.setup.identity.device = "a b\r\n";
    (void)kit_until_event(&kit, ONEOTA_EVENT_FAILED);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_FAILED)->reason, ONEOTA_REASON_CONFIG);
    assert_int_equal(kit_count_calls(&kit, FAKE_CHECK, 0), 0);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_in_range(kit_last_event(&kit, ONEOTA_EVENT_IDLE)->sleep_ms, 3240000, 3960000);
    kit_free(&kit);
}

/* Each round begun uses one up: only the interval ends such a wait. */
static void test_api_check_now_does_not_shorten_the_wait_between_rounds(void **state)
{
    (void)state;
    begin(NULL);
    kit_start(&kit);
    kit_run(&kit);
    for (unsigned reason = 0; reason < ONEOTA_REASON_COUNT; reason++) {
        bool round = reason == ONEOTA_REASON_BATTERY || reason == ONEOTA_REASON_SIGNAL ||
                     reason == ONEOTA_REASON_RETRIES || reason == ONEOTA_REASON_PACKAGE;
        kit.ram.client.reason = (uint8_t)reason;
        kit.ram.client.wait_ms = 1000;
        kit.ram.client.later_ms = 1000;
        assert_int_equal(oneota_check_now(&kit.ram.client), ONEOTA_OK);
        assert_int_equal(kit.ram.client.wait_ms, round ? 1000 : 0);
        assert_int_equal(kit.ram.client.later_ms, round ? 1000 : 0);
    }
    kit_free(&kit);
}

/* Flags of one task, or of a pause, do not end up in the next. */
static void test_api_forget_takes_back_cancel_and_what_was_updated(void **state)
{
    (void)state;
    begin(NULL);
    kit_start(&kit);
    kit_until_state(&kit, "download");
    assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_OK);
    kit.ram.client.updated = true;
    assert_int_equal(oneota_forget(&kit.ram.client), ONEOTA_OK);
    kit_poll(&kit);
    assert_false(kit.ram.client.cancel);
    assert_false(kit.ram.client.updated);
    assert_false(kit.ram.client.live);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_start_waits_for_a_boot_control_that_makes_sense),
        cmocka_unit_test(test_api_start_that_waits_for_the_boot_control_takes_no_cancel),
        cmocka_unit_test(test_api_start_on_somebody_elses_trial_does_not_wait),
        cmocka_unit_test(test_api_start_at_random_within_the_first_minute),
        cmocka_unit_test(test_api_start_on_somebody_elses_trial_has_no_task_when_it_is_rejected),
        cmocka_unit_test(test_api_mark_is_told_size_version_and_digest),
        cmocka_unit_test(test_api_mark_that_failed_is_made_again),
        cmocka_unit_test(test_api_mark_that_failed_but_was_done_is_not_made_again),
        cmocka_unit_test(test_api_start_goes_on_with_no_record_that_does_not_suit),
        cmocka_unit_test(test_api_start_takes_what_was_made_of_its_own_task_alone),
        cmocka_unit_test(test_api_cancel_at_a_failure_does_not_wait_first),
        cmocka_unit_test(test_api_identity_that_cannot_be_sent_any_more_is_said),
        cmocka_unit_test(test_api_check_now_does_not_shorten_the_wait_between_rounds),
        cmocka_unit_test(test_api_forget_takes_back_cancel_and_what_was_updated),
    };
    return cmocka_run_group_tests_name("api boot", tests, NULL, NULL);
}
