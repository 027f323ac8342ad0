/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What follows an answer, by who asked and what the answer says: each cell, and the waits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

static oneota_t client;
static oneota_setup_t setup;

static uint32_t most(void *ctx)
{
    (void)ctx;
    return UINT32_MAX;
}

static const oneota_device_t k_device = {.random = most};

static void begin(void)
{
    memset(&client, 0, sizeof client);
    memset(&setup, 0, sizeof setup);
    setup.device = &k_device;
    setup.poll_interval_s = 1000;
    setup.backoff_min_ms = 3000;
    setup.backoff_max_ms = 50000;
    setup.retry_floor_ms = 1000;
    client.setup = &setup;
    client.record.order.task.interval_s = 77;
    client.failures = 1;
}

static oneota_answer_t an_answer(unsigned verdict)
{
    oneota_answer_t answer;
    memset(&answer, 0, sizeof answer);
    answer.verdict = (uint8_t)verdict;
    answer.reason = ONEOTA_REASON_PEER;
    answer.code = 42;
    return answer;
}

/* In the order of oneota_verdict_t: Done, None, Aside, Recheck, Later, Over, Fail. */
static const char *const k_first[ASK_COUNT] = {
    [ASK_VERSION] = "DLLLLLLLLLLLLLLLLL",    [ASK_CHECK] = "DNLLLLOALLLLLLLLLL",
    [ASK_RECHECK] = "DOLLLLOOLLLLLLLLLL",    [ASK_TOKEN] = "DOLLLLOLRROOOLLLLL",
    [ASK_DOWNLOADED] = "DOLLLLLLRAAOOLLLLL", [ASK_RESULT] = "DDLLLLLLDDDDDLLLLL",
    [ASK_DOWNLOAD] = "NONLLNNNRROOOFNRNN",
};

static event_t meant(char letter)
{
    static const char k_letters[] = "DNRALFO";
    static const event_t k_events[] = {EV_DONE,  EV_NONE, EV_RECHECK, EV_ASIDE,
                                       EV_LATER, EV_FAIL, EV_OVER};
    return k_events[strchr(k_letters, letter) - k_letters];
}

static void test_judge_each_verdict_by_who_asks(void **state)
{
    (void)state;
    for (unsigned who = 0; who < ASK_COUNT; who++) {
        for (unsigned verdict = 0; verdict < ONEOTA_VERDICT_COUNT; verdict++) {
            oneota_answer_t answer = an_answer(verdict);
            char letter = k_first[who][verdict];
            begin();
            assert_int_equal(oneota_machine_judge(&client, (ask_t)who, &answer), meant(letter));
            assert_int_equal(client.doubted, who == ASK_DOWNLOAD && letter == 'R');
            if (letter == 'D') {
                assert_int_equal(client.failures, 0);
            }
            if (letter == 'O' || letter == 'F' || letter == 'L') {
                assert_int_equal(client.code, 42);
                assert_int_equal(client.reason,
                                 letter == 'F' ? ONEOTA_REASON_PACKAGE : ONEOTA_REASON_PEER);
            }
        }
    }
}

/* What was rechecked, and is refused again, is over; a file that is, has failed. */
static void test_judge_what_was_doubted_once_is_not_doubted_again(void **state)
{
    (void)state;
    for (unsigned who = 0; who < ASK_COUNT; who++) {
        for (unsigned verdict = 0; verdict < ONEOTA_VERDICT_COUNT; verdict++) {
            oneota_answer_t answer = an_answer(verdict);
            char letter = k_first[who][verdict];
            begin();
            client.rechecked = true;
            client.doubted = true;
            if (letter == 'R') {
                letter = who == ASK_DOWNLOAD ? 'F' : 'O';
            }
            assert_int_equal(oneota_machine_judge(&client, (ask_t)who, &answer), meant(letter));
            if (letter == 'F') {
                assert_int_equal(client.record.at.result, 107);
            }
        }
    }
}

static uint32_t wait_after(unsigned verdict, uint32_t retry_after_s, uint8_t stage)
{
    oneota_answer_t answer = an_answer(verdict);
    begin();
    answer.retry_after_s = retry_after_s;
    client.record.at.stage = stage;
    assert_int_equal(oneota_machine_judge(&client, ASK_CHECK, &answer), EV_LATER);
    return client.later_ms;
}

static void test_judge_later_is_as_late_as_the_answer_says(void **state)
{
    (void)state;
    assert_in_range(wait_after(ONEOTA_VERDICT_AUTH, 5, STAGE_NONE), 1099000, 1100000);
    assert_in_range(wait_after(ONEOTA_VERDICT_CONFIG, 5, STAGE_NONE), 1099000, 1100000);
    assert_in_range(wait_after(ONEOTA_VERDICT_POSTPONED, 5, STAGE_NONE), 1099000, 1100000);
    assert_int_equal(wait_after(ONEOTA_VERDICT_POSTPONED, 5, STAGE_TASK), 77000);
    assert_int_equal(wait_after(ONEOTA_VERDICT_LATER, 7, STAGE_NONE), 7000);
    assert_in_range(wait_after(ONEOTA_VERDICT_LATER, 5, STAGE_NONE), 5999, 6000); /* not sooner */
    assert_in_range(wait_after(ONEOTA_VERDICT_LATER, 0, STAGE_NONE), 5999, 6000);
}

/* An answer without a reason of its own. */
static void test_judge_over_without_a_reason_says_over(void **state)
{
    oneota_answer_t answer = an_answer(ONEOTA_VERDICT_NO_TASK);
    (void)state;
    begin();
    answer.reason = ONEOTA_REASON_NONE;
    assert_int_equal(oneota_machine_judge(&client, ASK_TOKEN, &answer), EV_OVER);
    assert_int_equal(client.reason, ONEOTA_REASON_OVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_each_verdict_by_who_asks),
        cmocka_unit_test(test_judge_what_was_doubted_once_is_not_doubted_again),
        cmocka_unit_test(test_judge_later_is_as_late_as_the_answer_says),
        cmocka_unit_test(test_judge_over_without_a_reason_says_over),
    };
    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
