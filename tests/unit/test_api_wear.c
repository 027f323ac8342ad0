/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Servers that never let a device come to an end: how many requests of all kinds they get out of it
 * in a day, and how often each unit of its journal is erased.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY_MS       86400000u

static kit_t kit;
static fake_task_t offered; /* as it was when it was new */
static uint32_t results;    /* reports of how a task ended, in this day */

static fake_task_t *task(void)
{
    return &kit.platform.tasks[0];
}

static void begin(uint32_t size, uint32_t retry)
{
    const kit_options_t options = {.size = size, .slot_size = 65536, .retry = retry, .interval = 1};
    kit_init(&kit, &options);
}

static void start(void)
{
    offered = *task();
    kit_start(&kit);
}

/* The kit keeps what happened, but not of weeks. */
static void forget_the_past(void)
{
    kit.event_count = 0;
    kit.call_count = 0;
    kit_new_page(&kit);
}

/* A day of a server that has the task anew as soon as it has ended. @return requests */
static uint32_t pass_day(void (*each)(void))
{
    const uint32_t begun_ms = kit.board.now_ms;
    uint32_t calls = 0;
    results = 0;
    while (kit.board.now_ms - begun_ms < DAY_MS) {
        kit_poll(&kit);
        for (uint32_t n = 0; n < kit.call_count; n++) {
            results += kit.calls[n].step > 101u ? 1u : 0u;
        }
        calls += kit.call_count;
        if (task()->result != 0 && kit.call_count > 0) {
            *task() = offered;
        }
        if (each != NULL) {
            each();
        }
        forget_the_past();
    }
    return calls;
}

static void assert_little_wear(uint32_t days)
{
    for (uint32_t n = 0; n < kit.board.journal.flash.unit_count; n++) {
        assert_in_range(kit.board.journal.flash.erases[n], 0, days * 27u / 10u);
    }
}

/* ---------------------------------------------------------------- rounds */

/* It asks for more battery than there is, every half minute: with ever the same task, and with many
 * short ones. */
static void test_api_wear_of_rounds_that_never_begin_is_bounded(void **state)
{
    static const uint32_t k_retries[] = {255, 40, 12, 10, 8, 5, 2};
    static const uint32_t k_days = 60;
    (void)state;
    for (size_t n = 0; n < COUNT(k_retries); n++) {
        begin(3000, k_retries[n]);
        kit.codes[0] = 105;
        kit.board.battery = 50;
        task()->power = 100;
        start();
        for (uint32_t day = 0; day < k_days; day++) {
            (void)pass_day(NULL);
        }
        assert_little_wear(k_days);
        kit_free(&kit);
    }
}

/* Or it never has the file: at once, or after the first bytes. */
static void test_api_wear_of_rounds_that_fail_is_bounded(void **state)
{
    static const uint32_t k_days = 20;
    (void)state;
    for (unsigned says = 0; says < 3u; says++) {
        begin(60000, 255);
        kit.codes[0] = 104;
        kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
        rule->times = KIT_ALWAYS;
        rule->skip = says;
        rule->status = says != 0 ? 503 : 416;
        rule->headers = "Retry-After: 1\r\n";
        start();
        for (uint32_t day = 0; day < k_days; day++) {
            assert_in_range(pass_day(NULL), DAY_MS / 3600000u, 1000u);
        }
        assert_little_wear(k_days);
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- a little each time */

static void new_token(void)
{
    if (kit_count_calls(&kit, FAKE_DOWNLOAD, 0) > 0) {
        fake_platform_reissue(&kit.platform, task());
    }
}

/* A byte, and another token; and again. The budget of requests ends it each day. */
static void test_api_wear_of_tokens_that_change_with_each_byte_is_bounded(void **state)
{
    static const uint32_t k_days = 2; /* so many it takes for the whole package */
    (void)state;
    begin(60000, 0);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->clip = 1;
    rule->times = KIT_ALWAYS;
    start();
    for (uint32_t day = 0; day < k_days; day++) {
        assert_in_range(pass_day(new_token), ONEOTA_REQUESTS_DAY / 2u, ONEOTA_REQUESTS_DAY);
    }
    assert_little_wear(k_days);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- all that it may say */

static const uint8_t k_codes[] = {1, 2, 4, 7, 9, 10, 11, 12, 13, 15, 17, 18, 19, 20, 21, 22, 24};

static const struct {
    fake_verb_t verb;
    uint8_t step;
} k_calls[] = {{FAKE_VERSION, 0},  {FAKE_CHECK, 0},    {FAKE_TOKEN, 0},  {FAKE_DOWNLOAD, 0},
               {FAKE_REPORT, 101}, {FAKE_REPORT, 201}, {FAKE_REPORT, 40}};

/* One thing to one call for ever; each unit of the journal, and each day's requests. */
static void assert_bounded(uint32_t days)
{
    kit.codes[0] = 0; /* whatever it ends with */
    start();
    for (uint32_t day = 0; day < days; day++) {
        uint32_t calls = pass_day(NULL);
        assert_in_range(calls - results, 0, ONEOTA_REQUESTS_DAY);
        assert_in_range(results, 0, 200);
    }
    assert_little_wear(days);
    kit_free(&kit);
}

static void test_api_wear_is_bounded_whatever_one_call_is_answered(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(k_calls); c++) {
        for (size_t n = 0; n <= COUNT(k_codes); n++) {
            begin(3000, 255);
            kit_rule_t *rule = kit_rule(&kit, k_calls[c].verb);
            rule->step = k_calls[c].step;
            rule->times = KIT_ALWAYS;
            rule->code = n < COUNT(k_codes) ? k_codes[n] : 7;
            rule->status = n < COUNT(k_codes) ? 200 : 503;
            rule->headers = "Retry-After: 1\r\n";
            assert_bounded(4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_wear_of_rounds_that_never_begin_is_bounded),
        cmocka_unit_test(test_api_wear_of_rounds_that_fail_is_bounded),
        cmocka_unit_test(test_api_wear_of_tokens_that_change_with_each_byte_is_bounded),
        cmocka_unit_test(test_api_wear_is_bounded_whatever_one_call_is_answered),
    };
    return cmocka_run_group_tests_name("api wear", tests, NULL, NULL);
}
