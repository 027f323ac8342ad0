/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What the answers to the version report and the check bring, and how long is waited after each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define POLL_MS      3600000u

static kit_t kit;

static void assert_idle(oneota_reason_t reason, uint32_t least_ms, uint32_t most_ms)
{
    const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(idle->reason, reason);
    assert_in_range(idle->sleep_ms, least_ms, most_ms);
}

/* ---------------------------------------------------------------- codes of the check */

static void test_api_check_codes_and_the_wait_after_each(void **state)
{
    static const struct {
        int32_t code;
        oneota_reason_t reason;
        uint32_t least_ms, most_ms;
        uint32_t failed, ended;
        const char *story;
    } rows[] = {
        {11, ONEOTA_REASON_NONE, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u, 0, 0, "V C"},
        {13, ONEOTA_REASON_NONE, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u, 0, 0, "V C"},
        {10, ONEOTA_REASON_POSTPONED, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u, 1, 0, "V C"},
        {19, ONEOTA_REASON_POSTPONED, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u, 1, 0, "V C"},
        {1, ONEOTA_REASON_AUTH, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u, 1, 0, "V C C"},
        {2, ONEOTA_REASON_CONFIG, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u, 1, 0, "V C"},
        {26, ONEOTA_REASON_CONFIG, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u, 1, 0, "V C"},
        {27, ONEOTA_REASON_CONFIG, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u, 1, 0, "V C"},
        {5116, ONEOTA_REASON_QUOTA, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u, 1, 0, "V C"},
        {7, ONEOTA_REASON_SERVER, 0, 2000, 1, 0, "V C"},
        {999, ONEOTA_REASON_UNKNOWN, 0, 2000, 1, 0, "V C"},
        {-1, ONEOTA_REASON_UNKNOWN, 0, 2000, 1, 0, "V C"},
        {8, ONEOTA_REASON_NONE, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u, 1, 1, "V C"},
        {9, ONEOTA_REASON_NONE, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u, 1, 1, "V C"},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        kit_init(&kit, NULL);
        kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
        rule->code = rows[n].code;
        rule->times = KIT_ALWAYS;
        kit_start(&kit);
        assert_idle(rows[n].reason, rows[n].least_ms, rows[n].most_ms);
        assert_string_equal(kit_story(&kit), rows[n].story);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), rows[n].failed);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_ENDED), rows[n].ended);
        if (rows[n].ended > 0) {
            assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason,
                             ONEOTA_REASON_MISMATCH);
            assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->step, 0);
        }
        rule->times = 0;
        kit_run(&kit);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- unusable */

#define MD5 "\"md5\":\"ad2f4e4ea2a27eace7e4913139f8f01a\""
#define OK  "{\"errno\":0,\"error\":\"succ\",\"data\":{"

static void test_api_task_that_cannot_be_used_nothing_loaded_nothing_told(void **state)
{
    static const char *const bodies[] = {
        OK "}}",
        "{\"errno\":0}",
        OK "\"target\":\"\",\"token\":\"t\",\"size\":9," MD5 "}}",
        OK "\"target\":\"1 0\",\"token\":\"t\",\"size\":9," MD5 "}}",
        OK "\"target\":\"123456789012345678901\",\"token\":\"t\",\"size\":9," MD5 "}}",
        OK "\"target\":\"1.1\",\"size\":9," MD5 "}}",
        OK "\"target\":\"1.1\",\"token\":\"a/b\",\"size\":9," MD5 "}}",
        OK "\"target\":\"1.1\",\"token\":\"t\"," MD5 "}}",
        OK "\"target\":\"1.1\",\"token\":\"t\",\"size\":-1," MD5 "}}",
        OK "\"target\":\"1.1\",\"token\":\"t\",\"size\":9.5," MD5 "}}",
        OK "\"target\":\"1.1\",\"token\":\"t\",\"size\":9}}",
        OK "\"target\":\"1.1\",\"token\":\"t\",\"size\":9,\"md5\":\"12\"}}",
        OK "\"target\":\"1.1\",\"token\":\"t\",\"size\":9,\"md5\":"
           "\"zd2f4e4ea2a27eace7e4913139f8f01a\"}}",
        OK "\"target\":\"1.1\",\"token\":\"t\",\"size\":9,\"type\":\"x\"," MD5 "}}",
        OK "\"target\":\"1.1\",\"token\":\"t\",\"size\":9,\"type\":256," MD5 "}}",
    };
    (void)state;
    for (size_t n = 0; n < COUNT(bodies); n++) {
        kit_init(&kit, NULL);
        kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
        rule->body = bodies[n];
        rule->times = 3;
        kit_start(&kit);
        for (unsigned times = 0; times < 3u; times++) {
            assert_idle(ONEOTA_REASON_ANSWER, 0, 8000);
        }
        assert_string_equal(kit_story(&kit), "V C C C");
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_ANSWER), 3);
        kit_run(&kit); /* it is mended */
        assert_int_equal(kit.platform.tasks[0].result, 201);
        kit_free(&kit);
    }
}

static void test_api_answer_of_a_stranger_is_asked_again_later(void **state)
{
    static const struct {
        uint16_t status;
        const char *body;
        oneota_reason_t reason;
        int32_t code;
    } rows[] = {
        {200, "<html>log in</html>", ONEOTA_REASON_PEER, 200},
        {200, "", ONEOTA_REASON_PEER, 200},
        {200, "{}", ONEOTA_REASON_PEER, 200},
        {200, "[0]", ONEOTA_REASON_PEER, 200},
        {301, "{\"errno\":0}", ONEOTA_REASON_PEER, 301},
        {302, "", ONEOTA_REASON_PEER, 302},
        {404, "not here", ONEOTA_REASON_PEER, 404},
        {429, "slow", ONEOTA_REASON_SERVER, 429},
        {500, "", ONEOTA_REASON_SERVER, 500},
        {502, "<html>", ONEOTA_REASON_SERVER, 502},
        {599, "", ONEOTA_REASON_SERVER, 599},
        {600, "", ONEOTA_REASON_PEER, 600},
        {500, "{\"errno\":7}", ONEOTA_REASON_SERVER, 7},
        {404, "{\"errno\":27}", ONEOTA_REASON_CONFIG, 27},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        for (unsigned verb = FAKE_VERSION; verb <= (unsigned)FAKE_CHECK; verb++) {
            kit_init(&kit, NULL);
            kit_rule_t *rule = kit_rule(&kit, (fake_verb_t)verb);
            rule->status = rows[n].status;
            rule->body = rows[n].body;
            kit_start(&kit);
            const oneota_event_t *failed = kit_until_event(&kit, ONEOTA_EVENT_FAILED);
            assert_int_equal(failed->reason, rows[n].reason);
            assert_int_equal(failed->code, rows[n].code);
            (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
            kit_run(&kit);
            assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
            assert_int_equal(kit.platform.tasks[0].result, 201);
            kit_free(&kit);
        }
    }
}

/* JSON with errno 0 wins over the HTTP status. */
static void test_api_answer_errno_0_wins_over_a_status_of_failure(void **state)
{
    static const uint16_t statuses[] = {400, 404, 500, 503};
    (void)state;
    for (size_t n = 0; n < COUNT(statuses); n++) {
        kit_init(&kit, NULL);
        kit_rule(&kit, FAKE_VERSION)->status = statuses[n];
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
        kit_free(&kit);
    }
}

static void test_api_answer_longer_than_the_limit_is_a_stranger(void **state)
{
    static char body[ONEOTA_JSON_BYTES + 2u];
    (void)state;
    memset(body, ' ', sizeof body - 1u);
    memcpy(body, "{\"errno\":11}", 12);
    for (size_t more = 0; more <= 1u; more++) {
        body[ONEOTA_JSON_BYTES + more] = '\0';
        kit_init(&kit, NULL);
        kit_rule(&kit, FAKE_CHECK)->body = body;
        kit_start(&kit);
        (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_PEER), more);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), more);
        kit_free(&kit);
        body[ONEOTA_JSON_BYTES + more] = ' ';
    }
}

/* ---------------------------------------------------------------- authorization */

#define NEWER   "Date: Sun, 01 Jan 2034 00:00:00 GMT\r\n"
#define NEWER_S 2019686400u

static uint32_t said, strangers;
static int64_t said_number;

static void on_line(void *ctx, const oneota_log_line_t *line)
{
    (void)ctx;
    if (strcmp(line->what, "call: check") == 0) {
        said++;
        said_number = line->number;
    } else if (strcmp(line->what, "call: not OneNET?") == 0) {
        strangers++;
    }
}

static void test_api_answer_is_in_the_log_with_its_code(void **state)
{
    static const oneota_log_t k_log = {on_line};
    (void)state;
    kit_init(&kit, NULL);
    kit.setup.log = &k_log;
    kit_rule(&kit, FAKE_CHECK)->code = 26;
    said = 0;
    strangers = 0;
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(said, ONEOTA_LOG_LEVEL > 0 ? 1 : 0);
    assert_int_equal(said_number, ONEOTA_LOG_LEVEL > 0 ? 26 : 0);
    assert_int_equal(strangers, 0);
    kit_free(&kit);
}

static void test_api_auth_refused_once_repeated_with_the_learned_date(void **state)
{
    static const struct {
        int32_t code;
        uint16_t status;
        const char *body;
    } rows[] = {{1, 200, NULL}, {0, 401, "no"}, {0, 403, ""}};
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        kit_init(&kit, NULL);
        kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
        rule->code = rows[n].code;
        rule->status = rows[n].status;
        rule->body = rows[n].body;
        rule->headers = NEWER;
        kit_start(&kit);
        kit_until_call(&kit, FAKE_CHECK, 0, 2);
        assert_in_range(kit.calls[1].et, 1800003600, 1800003700); /* by the device's clock */
        assert_in_range(kit.calls[2].et, NEWER_S + 3600u, NEWER_S + 3660u);
        assert_int_equal(kit.calls[2].at_ms, kit.calls[1].at_ms);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C C T D 101 | 201 V");
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
        kit_free(&kit);
    }
}

static void test_api_auth_now_in_the_text_wins_over_the_date(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_rule_t *rule = kit_rule(&kit, FAKE_VERSION);
    rule->body = "{\"errno\":1,\"error\":\"request has expired:expire=1,now=1900000000\"}";
    rule->headers = NEWER;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_VERSION, 0, 2);
    assert_in_range(kit.calls[1].et, 1900003600, 1900003610);
    kit_free(&kit);
}

static void test_api_auth_without_a_clock_begins_with_the_build_and_learns(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit.board.clock_known = false;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.calls[0].et, (uint64_t)ONEOTA_BUILD_TIME_S + ONEOTA_ET_S);
    assert_string_equal(kit_story(&kit), "V V C T D 101 | 201 201 V");
    assert_in_range(kit_last_call(&kit, FAKE_VERSION)->et, 1800003600, 1800003700);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    kit_judge(&kit);
    kit_free(&kit);
}

/* The clock that was learned goes on, over days, and across the wrap of the milliseconds. */
static void test_api_auth_learned_clock_goes_on(void **state)
{
    const kit_options_t options = {.tasks = 8};
    (void)state;
    kit_init(&kit, &options);
    kit.board.clock_known = false;
    kit.setup.poll_interval_s = 1000000;
    kit.board.now_ms = UINT32_MAX - 5000u;
    kit.board.unix_s = 1800000000u - kit.board.now_ms / 1000u;
    kit_start(&kit);
    kit_run(&kit);
    uint64_t et = kit_last_call(&kit, FAKE_CHECK)->et;
    uint64_t passed_ms = 0;
    for (unsigned n = 0; n < 8u; n++) {
        passed_ms += kit_idle_ms(&kit);
        kit_run(&kit);
        assert_in_range(kit_last_call(&kit, FAKE_CHECK)->et, et + passed_ms / 1000u - 2u,
                        et + passed_ms / 1000u + 2u);
    }
    kit_free(&kit);
}

static void test_api_auth_refused_for_ever_two_calls_an_interval(void **state)
{
    static const fake_verb_t verbs[] = {FAKE_VERSION, FAKE_CHECK, FAKE_TOKEN, FAKE_REPORT};
    (void)state;
    for (size_t n = 0; n < COUNT(verbs); n++) {
        kit_init(&kit, NULL);
        kit_rule_t *rule = kit_rule(&kit, verbs[n]);
        rule->step = verbs[n] == FAKE_REPORT ? 101 : 0;
        rule->code = 1;
        rule->times = KIT_ALWAYS;
        kit_start(&kit);
        for (uint32_t times = 1; times <= 4u; times++) {
            assert_idle(ONEOTA_REASON_AUTH, POLL_MS / 10u * 9u, POLL_MS / 10u * 11u);
            assert_int_equal(kit_count_calls(&kit, verbs[n], rule->step), 2u * times);
            assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_AUTH), times);
        }
        assert_int_equal(kit.ram.client.record.at.rounds, 0);
        kit_free(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_check_codes_and_the_wait_after_each),
        cmocka_unit_test(test_api_task_that_cannot_be_used_nothing_loaded_nothing_told),
        cmocka_unit_test(test_api_answer_of_a_stranger_is_asked_again_later),
        cmocka_unit_test(test_api_answer_errno_0_wins_over_a_status_of_failure),
        cmocka_unit_test(test_api_answer_longer_than_the_limit_is_a_stranger),
        cmocka_unit_test(test_api_answer_is_in_the_log_with_its_code),
        cmocka_unit_test(test_api_auth_refused_once_repeated_with_the_learned_date),
        cmocka_unit_test(test_api_auth_now_in_the_text_wins_over_the_date),
        cmocka_unit_test(test_api_auth_without_a_clock_begins_with_the_build_and_learns),
        cmocka_unit_test(test_api_auth_learned_clock_goes_on),
        cmocka_unit_test(test_api_auth_refused_for_ever_two_calls_an_interval),
    };
    return cmocka_run_group_tests_name("api answers", tests, NULL, NULL);
}
