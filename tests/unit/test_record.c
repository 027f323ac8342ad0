/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What is remembered of a task: no byte of it is believed that was not checked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "record.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static oneota_answer_t an_answer(void)
{
    oneota_answer_t answer;
    memset(&answer, 0, sizeof answer);
    answer.task.size = 22;
    answer.task.retry = 3;
    answer.task.interval_s = 60;
    answer.task.signal = 10;
    answer.task.power = 50;
    answer.task.type = 1;
    memset(answer.task.md5, 0x5A, sizeof answer.task.md5);
    memcpy(answer.task.target, "V1.0.1", 7);
    memcpy(answer.handle, "ota_YbDB8ANDSmPEM78DkHDT", 25);
    return answer;
}

static oneota_record_t a_record(void)
{
    oneota_answer_t answer = an_answer();
    oneota_record_t record;
    memset(&record, 0xA5, sizeof record);
    oneota_record_accept(&record, &answer, 1, 2);
    return record;
}

static void test_record_accept_takes_the_task_and_begins_at_its_first_byte(void **state)
{
    oneota_answer_t answer = an_answer();
    oneota_record_t record = a_record();
    (void)state;
    assert_int_equal(record.order.dialect, 1);
    assert_int_equal(record.order.image, 2);
    assert_memory_equal(&record.order.task, &answer.task, sizeof answer.task);
    assert_string_equal(record.order.handle, answer.handle);
    assert_int_equal(record.at.stage, STAGE_NONE);
    assert_int_equal(record.at.stored, 0);
    assert_int_equal(record.at.percent, 0);
    assert_int_equal(record.at.result, 0);
    assert_int_equal(record.at.rounds, 0);
    assert_int_equal(record.at.again, 0);
    assert_int_equal(record.at.spent_s, 0);
    assert_true(oneota_record_is_sound(&record));
}

static void test_record_clear_leaves_nothing(void **state)
{
    static const oneota_record_t nothing;
    oneota_record_t record = a_record();
    (void)state;
    oneota_record_clear(&record);
    assert_memory_equal(&record, &nothing, sizeof nothing);
    assert_false(oneota_record_is_sound(&record));
}

/* ---------------------------------------------------------------- the same task */

static void test_record_same_task_by_target_size_md5_and_type_alone(void **state)
{
    const oneota_task_t task = an_answer().task;
    oneota_task_t other = task;
    (void)state;
    assert_true(oneota_record_same_task(&task, &other));
    other.retry = 9;
    other.interval_s = 9;
    other.signal = 9;
    other.power = 9;
    assert_true(oneota_record_same_task(&task, &other));
    other.size++;
    assert_false(oneota_record_same_task(&task, &other));
    other = task;
    other.type = 2;
    assert_false(oneota_record_same_task(&task, &other));
    other = task;
    other.target[5] = '2';
    assert_false(oneota_record_same_task(&task, &other));
    other = task;
    other.target[5] = '\0';
    assert_false(oneota_record_same_task(&task, &other));
    for (size_t n = 0; n < sizeof other.md5; n++) {
        other = task;
        other.md5[n] ^= 1u;
        assert_false(oneota_record_same_task(&task, &other));
    }
}

/* ---------------------------------------------------------------- what is sound */

typedef void change_t(oneota_record_t *record);

static void order_format(oneota_record_t *record)
{
    record->order.format++;
}

static void progress_format(oneota_record_t *record)
{
    record->at.format++;
}

static void other_dialect(oneota_record_t *record)
{
    record->order.dialect = 2;
}

static void other_image(oneota_record_t *record)
{
    record->order.image = 0;
}

static void other_size(oneota_record_t *record)
{
    record->order.task.size = 23;
}

static void other_type(oneota_record_t *record)
{
    record->order.task.type = 2;
}

static void other_md5(oneota_record_t *record)
{
    record->order.task.md5[15] ^= 0x80u;
}

static void other_target(oneota_record_t *record)
{
    record->order.task.target[0] = 'W';
}

static void target_behind_its_end(oneota_record_t *record)
{
    record->order.task.target[ONEOTA_VERSION_MAX] = 'x';
}

static void other_check(oneota_record_t *record)
{
    record->at.check ^= 1u;
}

static void handle_without_end(oneota_record_t *record)
{
    memset(record->order.handle, 'a', sizeof record->order.handle);
}

static void handle_empty(oneota_record_t *record)
{
    record->order.handle[0] = '\0';
}

static void handle_with_slash(oneota_record_t *record)
{
    record->order.handle[3] = '/';
}

static void handle_with_newline(oneota_record_t *record)
{
    record->order.handle[3] = '\n';
}

static void stage_beyond(oneota_record_t *record)
{
    record->at.stage = STAGE_COUNT;
}

static void stage_far_beyond(oneota_record_t *record)
{
    record->at.stage = 255;
}

static void percent_100(oneota_record_t *record)
{
    record->at.percent = 100;
}

static void reason_beyond(oneota_record_t *record)
{
    record->at.reason = ONEOTA_REASON_COUNT;
}

static void test_record_any_member_out_of_place_is_not_sound(void **state)
{
    static change_t *const changes[] = {
        order_format,       progress_format,
        other_dialect,      other_image,
        other_size,         other_type,
        other_md5,          other_target,
        other_check,        target_behind_its_end,
        handle_without_end, handle_empty,
        handle_with_slash,  handle_with_newline,
        stage_beyond,       stage_far_beyond,
        percent_100,        reason_beyond,
    };
    (void)state;
    for (size_t n = 0; n < COUNT(changes); n++) {
        oneota_record_t record = a_record();
        changes[n](&record);
        if (oneota_record_is_sound(&record)) {
            fail_msg("change %u is taken", (unsigned)n);
        }
    }
}

/* Another task of the same sort, whose check value is right: what it says is still looked at. */
static void expect_target(const char *target, size_t length, bool sound)
{
    oneota_answer_t answer = an_answer();
    oneota_record_t record;
    memset(answer.task.target, 0, sizeof answer.task.target);
    memcpy(answer.task.target, target, length);
    oneota_record_accept(&record, &answer, 1, 0);
    assert_int_equal(oneota_record_is_sound(&record), sound);
}

static void test_record_target_is_a_version_that_ends(void **state)
{
    (void)state;
    expect_target("1", 1, true);
    expect_target("A-z_0.9", 7, true);
    expect_target("12345678901234567890", 20, true);
    expect_target("123456789012345678901", 21, false); /* does not end */
    expect_target("", 0, false);
    expect_target("1 0", 3, false);
    expect_target("1/0", 3, false);
    expect_target("\xC3\xA9", 2, false);
}

/* Beyond its download, a differential package has made an image; unless it failed. */
static void test_record_differential_beyond_its_download_has_made_something(void **state)
{
    (void)state;
    for (unsigned stage = STAGE_NONE; stage < STAGE_COUNT; stage++) {
        oneota_answer_t answer = an_answer();
        oneota_record_t record;
        answer.task.type = TYPE_DIFFERENTIAL;
        oneota_record_accept(&record, &answer, 1, 2);
        record.at.stage = (uint8_t)stage;
        record.at.result = ONEOTA_STEP_NO_SPACE;
        assert_int_equal(oneota_record_is_sound(&record),
                         stage <= STAGE_TASK || stage == STAGE_RESULT);
        record.made.size = 1;
        assert_true(oneota_record_is_sound(&record));
    }
}

static void test_record_handle_of_full_length_is_sound(void **state)
{
    oneota_record_t record = a_record();
    (void)state;
    memset(record.order.handle, 'a', ONEOTA_HANDLE_MAX);
    record.order.handle[ONEOTA_HANDLE_MAX] = '\0';
    assert_true(oneota_record_is_sound(&record));
}

static void test_record_result_is_terminal_or_the_record_is_not_sound(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= 255u; code++) {
        oneota_record_t record = a_record();
        bool terminal = (code >= 102u && code <= 107u) || (code >= 201u && code <= 208u);
        record.at.result = (uint8_t)code;
        record.at.stage = STAGE_TASK;
        assert_true(oneota_record_is_sound(&record));
        record.at.stage = STAGE_RESULT;
        assert_int_equal(oneota_record_is_sound(&record), terminal);
    }
}

/* What the journal gives back after a flip of any bit (its CRC aside) is refused, or harmless:
 * nothing that the task is known by has changed. */
static void test_record_flip_of_any_bit_never_names_another_task(void **state)
{
    const oneota_record_t whole = a_record();
    (void)state;
    for (size_t bit = 0; bit < 8u * sizeof whole; bit++) {
        oneota_record_t record = whole;
        ((uint8_t *)&record)[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
        if (oneota_record_is_sound(&record)) {
            assert_true(oneota_record_same_task(&record.order.task, &whole.order.task));
            assert_int_equal(record.order.dialect, whole.order.dialect);
            assert_int_equal(record.order.image, whole.order.image);
            assert_true(record.at.stage < STAGE_COUNT);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_accept_takes_the_task_and_begins_at_its_first_byte),
        cmocka_unit_test(test_record_clear_leaves_nothing),
        cmocka_unit_test(test_record_same_task_by_target_size_md5_and_type_alone),
        cmocka_unit_test(test_record_any_member_out_of_place_is_not_sound),
        cmocka_unit_test(test_record_target_is_a_version_that_ends),
        cmocka_unit_test(test_record_differential_beyond_its_download_has_made_something),
        cmocka_unit_test(test_record_handle_of_full_length_is_sound),
        cmocka_unit_test(test_record_result_is_terminal_or_the_record_is_not_sound),
        cmocka_unit_test(test_record_flip_of_any_bit_never_names_another_task),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
