/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Ranges as the client asks for them, and servers that do not give what was asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES        (1u << ONEOTA_RANGE_BYTES)
#define BARE         (1u << ONEOTA_RANGE_BARE)

static kit_t kit;

static void assert_updated(void)
{
    assert_int_equal(kit.platform.tasks[0].result, 201);
    assert_string_equal(kit.board.runs[0]->version, "1.1");
    kit_judge(&kit);
}

/* ---------------------------------------------------------------- no range of one byte */

static void test_api_range_packages_of_any_small_size(void **state)
{
    (void)state;
    for (uint32_t size = 1; size <= 40u; size++) {
        const kit_options_t options = {.size = size, .program_unit = size % 2u == 0 ? 1 : 16};
        kit_init(&kit, &options);
        kit_start(&kit);
        kit_run(&kit);
        assert_updated();
        for (uint32_t n = 0; n < kit.call_count; n++) {
            const kit_call_t *call = &kit.calls[n];
            if (call->verb == FAKE_DOWNLOAD && size > 1u) {
                assert_int_equal(call->form, ONEOTA_RANGE_BYTES);
                assert_true(call->last > call->first);
            } else if (call->verb == FAKE_DOWNLOAD) {
                assert_int_equal(call->form, ONEOTA_RANGE_NONE);
            }
        }
        kit_free(&kit);
    }
}

/* Two attempts come to nothing, then all is well. */
static void test_api_range_halves_with_each_failure_and_doubles_when_it_comes(void **state)
{
    static const uint32_t lengths[] = {ONEOTA_RANGE_FIRST,      ONEOTA_RANGE_FIRST / 2u,
                                       ONEOTA_RANGE_FIRST / 4u, ONEOTA_RANGE_FIRST / 2u,
                                       ONEOTA_RANGE_FIRST,      ONEOTA_RANGE_FIRST * 2u};
    const kit_options_t options = {.size = 700000, .slot_size = 720896, .unit = 16384};
    (void)state;
    kit_init(&kit, &options);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->body = "<html>";
    rule->times = 2;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, COUNT(lengths));
    for (uint32_t n = 0, seen = 0; n < kit.call_count; n++) {
        if (kit.calls[n].verb == FAKE_DOWNLOAD) {
            assert_int_equal(kit.calls[n].last - kit.calls[n].first + 1u, lengths[seen++]);
        }
    }
    kit_free(&kit);
}

/* What comes in one long range is stored on the way. */
static void test_api_range_of_64_kib_cut_at_its_end_costs_a_store_of_16_kib(void **state)
{
    const kit_options_t options = {.size = 700000, .slot_size = 720896, .unit = 16384};
    const kit_call_t *call;
    (void)state;
    kit_init(&kit, &options);
    kit_start(&kit);
    do {
        kit_until_call(&kit, FAKE_DOWNLOAD, 0, kit_count_calls(&kit, FAKE_DOWNLOAD, 0) + 1u);
        call = kit_last_call(&kit, FAKE_DOWNLOAD);
    } while (call->last - call->first < 65535u);
    const uint32_t last = call->last;
    while (kit_last_event(&kit, ONEOTA_EVENT_PROGRESS)->bytes + 7000u <= last) { /* a percent */
        kit_poll(&kit);
    }
    const uint32_t there = kit_last_event(&kit, ONEOTA_EVENT_PROGRESS)->bytes;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, kit_count_calls(&kit, FAKE_DOWNLOAD, 0) + 1u);
    call = kit_last_call(&kit, FAKE_DOWNLOAD);
    assert_true(call->first + ONEOTA_STORE_BYTES + options.unit >= there);
    kit_free(&kit);
}

static void test_api_range_server_that_clips_gets_asked_for_the_rest(void **state)
{
    static const uint32_t clips[] = {2, 3, 7, 8, 100, 1000};
    (void)state;
    for (size_t n = 0; n < COUNT(clips); n++) {
        const kit_options_t options = {.size = 1000};
        kit_init(&kit, &options);
        kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
        rule->clip = clips[n];
        rule->times = KIT_ALWAYS;
        kit_start(&kit);
        kit_run(&kit);
        assert_updated();
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
        kit_free(&kit);
    }
}

/* --------------------------------------------------------- servers that do not know the form */

static void test_api_range_bare_form_where_bytes_is_ignored(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->forms = BYTES;
    rule->rangeless = true;
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_run(&kit);
    assert_updated();
    assert_int_equal(rule->skip, 0);
    unsigned bytes = 0, bare = 0;
    for (uint32_t n = 0; n < kit.call_count; n++) {
        bytes += kit.calls[n].verb == FAKE_DOWNLOAD && kit.calls[n].form == ONEOTA_RANGE_BYTES;
        bare += kit.calls[n].verb == FAKE_DOWNLOAD && kit.calls[n].form == ONEOTA_RANGE_BARE;
    }
    assert_int_equal(bytes, 1); /* tried once, and the other one is kept */
    assert_true(bare >= 10u);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    kit_free(&kit);
}

/* What is known of the server is not doubted for a link that broke. */
static void test_api_range_bare_form_is_kept_when_the_link_breaks(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->forms = BYTES;
    rule->rangeless = true;
    rule->times = KIT_ALWAYS;
    kit_rule_t *broken = kit_rule(&kit, FAKE_DOWNLOAD);
    broken->forms = BARE;
    broken->skip = 3;
    broken->times = 2; /* of which the first is made up for by a new connection */
    broken->silent = true;
    broken->close = true;
    kit_start(&kit);
    kit_run(&kit);
    assert_updated();
    unsigned bytes = 0;
    for (uint32_t n = 0; n < kit.call_count; n++) {
        bytes += kit.calls[n].verb == FAKE_DOWNLOAD && kit.calls[n].form == ONEOTA_RANGE_BYTES;
        assert_true(kit.calls[n].verb != FAKE_DOWNLOAD || kit.calls[n].form != ONEOTA_RANGE_NONE);
    }
    assert_int_equal(bytes, 1);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
    kit_free(&kit);
}

static void test_api_range_whole_file_where_every_form_is_ignored(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->forms = BYTES | BARE;
    rule->rangeless = true;
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_run(&kit);
    assert_updated();
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 3);
    assert_int_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->form, ONEOTA_RANGE_NONE);
    kit_free(&kit);
}

/* The link breaks in the middle of a whole file: it comes again from 0, what is there is passed
 * over. */
static void test_api_range_whole_file_again_after_the_link_broke(void **state)
{
    const kit_options_t options = {.size = 60000, .slot_size = 65536};
    (void)state;
    kit_init(&kit, &options);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->rangeless = true;
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 3);
    kit.net.fault = FAKE_NET_RESET;
    kit.net.fault_answer = kit.net.answers;
    kit.net.fault_at = 35000;
    kit_run(&kit);
    assert_updated();
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 4);
    assert_int_equal(kit.board.slots[0][1].flash.violations, 0);
    kit_free(&kit);
}

static void test_api_range_whole_file_all_of_a_sudden_is_not_used(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->rangeless = true;
    rule->skip = 3;
    kit_start(&kit);
    kit_run(&kit);
    assert_updated();
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_PEER), 1);
    assert_int_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->form, ONEOTA_RANGE_BYTES);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- lies */

/* A round is hours after the one before: the server may be another one. */
static void test_api_range_form_is_found_anew_in_each_round(void **state)
{
    const kit_options_t options = {.size = 60000, .slot_size = 65536, .retry = 1};
    (void)state;
    kit_init(&kit, &options);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 2); /* the first one came: "bytes=" is understood */
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->body = "<html>";
    rule->times = KIT_ALWAYS;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    rule->times = 0;
    rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->forms = BYTES;
    rule->rangeless = true;
    rule->times = KIT_ALWAYS;
    kit_run(&kit);
    assert_updated();
    kit_free(&kit);
}

static void test_api_range_answer_of_another_place_writes_nothing(void **state)
{
    static char body[400];
    static const struct {
        const char *headers;
        size_t length;
        uint16_t status;
    } rows[] = {
        /* 0-303 of 3000 is asked for */
        {"Content-Range: bytes 1-303/3000\r\n", 303, 206},
        {"Content-Range: bytes 0-304/3000\r\n", 305, 206},
        {"Content-Range: bytes 0-303/3001\r\n", 304, 206},
        {"Content-Range: bytes 0-303/2999\r\n", 304, 206},
        {"Content-Range: bytes 0-303/*\r\n", 304, 206},
        {"Content-Range: bytes 0-303/3000\r\n", 303, 206},
        {"Content-Range: bytes 0-303/3000\r\n", 305, 206},
        {"Content-Range: bytes 4294967296-4294967599/3000\r\n", 304, 206},
        {"Content-Range: bytes 0-303/4294970296\r\n", 304, 206},
        {"Content-Range: bytes 304-607/3000\r\n", 304, 206},
        {"Content-Range: lines 0-303/3000\r\n", 304, 206},
        {"Content-Range: bytes 0-303/3000\r\nContent-Range: bytes 0-303/3000\r\n", 304, 206},
        {"Content-Range: bytes 0-303/3000\r\nOta-Errno: 6\r\n", 304, 206},
        {"", 304, 206},
        {"", 304, 200},
        {"Content-Range: bytes 0-303/3000\r\n", 304, 200},
        {"Content-Range: bytes 0-303/3000\r\n", 304, 404},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        memset(body, 0, sizeof body);
        memset(body, 'x', rows[n].length);
        kit_init(&kit, NULL);
        kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
        rule->status = rows[n].status;
        rule->headers = rows[n].headers;
        rule->body = body;
        kit_start(&kit);
        const oneota_event_t *failed = kit_until_event(&kit, ONEOTA_EVENT_FAILED);
        assert_true(failed->reason == ONEOTA_REASON_PEER ||
                    failed->reason == ONEOTA_REASON_PACKAGE);
        if (kit.board.calls[FAKE_CALL_SLOT_PROGRAM] + kit.board.calls[FAKE_CALL_SLOT_ERASE] != 0) {
            fail_msg("row %u was written", (unsigned)n);
        }
        kit_run(&kit);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
        assert_updated();
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- size and type of a task */

static void test_api_package_that_does_not_fit_102_after_the_token_check(void **state)
{
    static const struct {
        uint32_t size;
        bool fits;
    } rows[] = {{0, false}, {8192, true}, {8193, false}, {UINT32_MAX, false}};
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        const kit_options_t options = {.size = rows[n].fits ? rows[n].size : 3000u};
        kit_init(&kit, &options);
        kit.codes[0] = rows[n].fits ? 201 : 102;
        kit.platform.tasks[0].size = rows[n].size;
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), rows[n].fits ? "V C T D 101 | 201 V" : "V C T 102");
        if (!rows[n].fits) {
            const oneota_event_t *ended = kit_last_event(&kit, ONEOTA_EVENT_ENDED);
            assert_int_equal(ended->reason, ONEOTA_REASON_SPACE);
            assert_int_equal(ended->step, 102);
        }
        kit_free(&kit);
    }
}

static void answer_with_type(char *body, size_t size, const char *type)
{
    const fake_task_t *task = &kit.platform.tasks[0];
    (void)snprintf(body, size,
                   "{\"errno\":0,\"data\":{\"target\":\"1.1\",\"token\":\"%s\",\"size\":3000,"
                   "\"md5\":\"%s\"%s}}",
                   task->token, task->md5, type);
    kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
    rule->body = body;
}

static void test_api_package_type_absent_is_full_2_is_107_others_unusable(void **state)
{
    static const struct {
        const char *type;
        const char *story;
    } rows[] = {
        {"", "V C T D 101 | 201 V"},
        {",\"type\":null", "V C T D 101 | 201 V"},
        {",\"type\":1", "V C T D 101 | 201 V"},
        {",\"type\":2", "V C T 107"},
        {",\"type\":0", "V C"},
        {",\"type\":3", "V C"},
        {",\"type\":255", "V C"},
    };
    char body[300];
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        kit_init(&kit, NULL);
        answer_with_type(body, sizeof body, rows[n].type);
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), rows[n].story);
        if (n == 3u) {
            assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_TYPE);
        } else {
            assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_ANSWER), n > 3u ? 1 : 0);
        }
        kit_free(&kit);
    }
}

static void test_api_md5_in_any_case(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    for (char *at = kit.platform.tasks[0].md5; *at != '\0'; at++) {
        *at = *at >= 'a' ? (char)(*at - 32) : *at;
    }
    kit_start(&kit);
    kit_run(&kit);
    assert_updated();
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_range_packages_of_any_small_size),
        cmocka_unit_test(test_api_range_halves_with_each_failure_and_doubles_when_it_comes),
        cmocka_unit_test(test_api_range_of_64_kib_cut_at_its_end_costs_a_store_of_16_kib),
        cmocka_unit_test(test_api_range_server_that_clips_gets_asked_for_the_rest),
        cmocka_unit_test(test_api_range_bare_form_where_bytes_is_ignored),
        cmocka_unit_test(test_api_range_bare_form_is_kept_when_the_link_breaks),
        cmocka_unit_test(test_api_range_whole_file_where_every_form_is_ignored),
        cmocka_unit_test(test_api_range_whole_file_again_after_the_link_broke),
        cmocka_unit_test(test_api_range_whole_file_all_of_a_sudden_is_not_used),
        cmocka_unit_test(test_api_range_form_is_found_anew_in_each_round),
        cmocka_unit_test(test_api_range_answer_of_another_place_writes_nothing),
        cmocka_unit_test(test_api_package_that_does_not_fit_102_after_the_token_check),
        cmocka_unit_test(test_api_package_type_absent_is_full_2_is_107_others_unusable),
        cmocka_unit_test(test_api_md5_in_any_case),
    };
    return cmocka_run_group_tests_name("api range", tests, NULL, NULL);
}
