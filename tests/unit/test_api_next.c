/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * One task after another without a restart between them: nothing of the first is left for the
 * second.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fake_md5.h"
#include "kit.h"

static kit_t kit;

static void begin(void)
{
    const kit_options_t options = {
        .size = 60000, .slot_size = 65536, .unit = 4096, .retry = 1, .interval = 60};
    kit_init(&kit, &options);
    kit.codes[0] = 0;
    kit_start(&kit);
}

/* The same package, as another task. */
static void order(const char *target)
{
    const fake_known_t *known = kit.packages[0];
    kit_new_page(&kit);
    assert_non_null(fake_platform_add(&kit.platform, kit.images[0].id.type, target, known->bytes,
                                      known->size, kit.md5[0]));
}

static void assert_second_is_told(const char *story, uint8_t code)
{
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), story);
    assert_int_equal(kit.platform.tasks[1].result, code);
    kit_free(&kit);
}

static void cancel_in_the_middle(void)
{
    begin();
    kit_until_call(&kit, FAKE_REPORT, 50, 1);
    assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 107);
    order("1.1");
}

static void test_api_next_begins_at_its_first_byte(void **state)
{
    oneota_status_t status;
    (void)state;
    cancel_in_the_middle();
    kit_status(&kit, &status);
    assert_int_equal(status.percent, 0);
    kit_until_call(&kit, FAKE_TOKEN, 0, 2);
    const uint32_t downloads = kit_count_calls(&kit, FAKE_DOWNLOAD, 0);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, downloads + 1u);
    assert_int_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->first, 0);
    assert_second_is_told("C T D 101 | 201 V", 201);
}

/* In the middle of a piece, of a block, of the base that is hashed. */
static void test_api_next_differential_has_nothing_of_the_one_before(void **state)
{
    const kit_options_t options = {.size = 40000, .slot_size = 65536, .differential = true};
    (void)state;
    for (uint32_t polls = 1; polls <= 120u; polls += 7u) {
        kit_init(&kit, &options);
        kit.codes[0] = 0;
        kit_start(&kit);
        kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
        for (uint32_t n = 0; n < polls; n++) {
            kit_poll(&kit);
        }
        assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_OK);
        kit_run(&kit);
        assert_true(kit.platform.tasks[0].result != 201u);
        order("1.1");
        fake_task_t *task = &kit.platform.tasks[1];
        fake_md5_hex(kit.patch->bytes, kit.patch->length, task->md5);
        task->served = kit.patch->bytes;
        task->size = kit.patch->length;
        task->differential = true;
        assert_second_is_told("C T D 101 | 201 V", 201);
    }
}

static oneota_error_t (*inner_program)(void *ctx, uint32_t offset, const void *data,
                                       uint32_t length);
static uint32_t faults_left;
static bool slow;

/* Each failure is first a moment's work, where it is slow. */
static oneota_error_t bad_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    if (faults_left == 0) {
        return inner_program(ctx, offset, data, length);
    }
    if (slow) {
        slow = false;
        return ONEOTA_AGAIN;
    }
    faults_left--;
    return ONEOTA_STORAGE;
}

static void begin_on_bad_flash(void)
{
    begin();
    oneota_flash_t *port = &kit.board.slots[0][1].port;
    inner_program = port->program;
    port->program = bad_program;
    slow = false;
    faults_left = 0;
    kit_until_call(&kit, FAKE_REPORT, 50, 1);
}

/* Two errors of the flash are forgiven a task, the third ends it. */
static void test_api_next_has_its_own_errors_of_the_flash(void **state)
{
    (void)state;
    begin_on_bad_flash();
    faults_left = 2;
    kit_until_call(&kit, FAKE_REPORT, 60, 1);
    assert_int_equal(faults_left, 0);
    assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    order("1.1");
    faults_left = 2;
    kit_run(&kit);
    assert_int_equal(faults_left, 0);
    assert_int_equal(kit.platform.tasks[1].result, 201);
    kit_free(&kit);
}

/* The flash was busy with what then ended the task: the cancel came too late for this one, and is
 * not for the next. */
static void test_api_next_is_not_ended_by_a_cancel_that_came_late(void **state)
{
    (void)state;
    begin_on_bad_flash();
    faults_left = 3;
    while (faults_left > 1u) {
        kit_poll(&kit);
    }
    slow = true;
    while (slow) {
        kit_poll(&kit);
    }
    assert_int_equal(oneota_cancel(&kit.ram.client), ONEOTA_OK);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 107);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_STORAGE);
    order("1.1");
    assert_second_is_told("C T D 101 | 201 V", 201);
}

/* A token that is refused is looked up once a task. */
static void test_api_next_has_its_token_looked_up_too(void **state)
{
    (void)state;
    begin();
    kit_rule_t *rule = kit_rule(&kit, FAKE_TOKEN);
    rule->code = 12;
    kit_until_call(&kit, FAKE_CHECK, 0, 2);
    kit.platform.tasks[0].state = FAKE_TASK_CANCELLED;
    kit_run(&kit);
    order("1.1");
    rule->times = 1;
    assert_second_is_told("C T C T D 101 | 201 V", 201);
}

/* 201 was told, and no check after it is an update. */
static void test_api_next_check_does_not_say_updated_again(void **state)
{
    (void)state;
    begin();
    kit.codes[0] = 201;
    kit_run(&kit);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_UPDATED), 1);
    kit_pass(&kit, 4u * 3600000u);
    assert_true(kit_count_calls(&kit, FAKE_CHECK, 0) >= 3u);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_UPDATED), 1);
    kit_free(&kit);
}

/* The first is looked for at once, the second after a rest; and that counts as a new first. */
static void test_api_next_that_replaces_is_looked_for_at_once_after_each_rest(void **state)
{
    static const char *const targets[] = {"1.2", "1.3", "1.1"};
    static const bool at_once[] = {true, false, true};
    (void)state;
    begin();
    for (uint32_t n = 0; n < sizeof at_once / sizeof at_once[0]; n++) {
        kit_rule(&kit, FAKE_TOKEN)->code = 12;
        kit_until_call(&kit, FAKE_TOKEN, 0, n + 1u);
        kit.platform.tasks[n].state = FAKE_TASK_CANCELLED;
        order(targets[n]);
        const uint32_t checks = kit_count_calls(&kit, FAKE_CHECK, 0);
        kit_until_call(&kit, FAKE_CHECK, 0, checks + 1u); /* is it still this one? */
        const uint32_t start = kit.board.now_ms;
        kit_until_call(&kit, FAKE_CHECK, 0, checks + 2u);
        assert_true((kit.board.now_ms - start < 60000u) == at_once[n]);
    }
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[3].result, 201);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_next_begins_at_its_first_byte),
        cmocka_unit_test(test_api_next_differential_has_nothing_of_the_one_before),
        cmocka_unit_test(test_api_next_has_its_own_errors_of_the_flash),
        cmocka_unit_test(test_api_next_is_not_ended_by_a_cancel_that_came_late),
        cmocka_unit_test(test_api_next_has_its_token_looked_up_too),
        cmocka_unit_test(test_api_next_check_does_not_say_updated_again),
        cmocka_unit_test(test_api_next_that_replaces_is_looked_for_at_once_after_each_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
