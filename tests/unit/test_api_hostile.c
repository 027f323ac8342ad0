/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What a hostile server would gain: a download without end, a form of range that is a dead end, a
 * clock that is wrong for good, an Authorization; and an image of somebody else, reverted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAIN_HOST    "ota.heclouds.com"
#define BYTES        (1u << ONEOTA_RANGE_BYTES)
#define BARE         (1u << ONEOTA_RANGE_BARE)
#define WHOLE        (1u << ONEOTA_RANGE_NONE)

static kit_t kit;

static void assert_updated(void)
{
    assert_int_equal(kit.platform.tasks[0].result, 201);
    assert_string_equal(kit.board.runs[0]->version, "1.1");
    kit_judge(&kit);
}

/* ---------------------------------------------------------------- ranges */

/* The last byte is asked for with the one before it, and only that one comes, for ever. */
static void test_api_hostile_206_without_a_new_byte_ends_the_round(void **state)
{
    const kit_options_t options = {.size = 3};
    (void)state;
    kit_init(&kit, &options);
    kit.codes[0] = 104;
    kit_rule(&kit, FAKE_DOWNLOAD)->clip = 2;
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->status = 206;
    rule->headers = "Content-Range: bytes 1-1/3\r\n";
    rule->body = "x";
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->first, 1);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 1u + ONEOTA_ATTEMPTS);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_PEER), ONEOTA_ATTEMPTS);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_RETRIES), 1);
    assert_int_equal(kit.platform.tasks[0].result, 104);
    kit_judge(&kit);
    kit_free(&kit);
}

/* bytes= is answered with the whole file, as if it was not understood; the bare form not at all. */
static void begin_without_forms(uint32_t retry, uint16_t status, uint32_t times)
{
    const kit_options_t options = {.retry = retry};
    kit_init(&kit, &options);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->forms = BYTES;
    rule->rangeless = true;
    rule->times = times;
    rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->forms = BARE;
    rule->status = status;
    rule->body = "";
    rule->times = KIT_ALWAYS;
}

static void test_api_hostile_bare_form_refused_then_the_whole_file(void **state)
{
    static const uint16_t statuses[] = {400, 416};
    (void)state;
    for (size_t n = 0; n < COUNT(statuses); n++) {
        begin_without_forms(0, statuses[n], KIT_ALWAYS);
        kit_start(&kit);
        kit_run(&kit);
        assert_updated();
        assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 3);
        assert_int_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->form, ONEOTA_RANGE_NONE);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
        kit_free(&kit);
    }
}

static void test_api_hostile_each_round_begins_with_bytes(void **state)
{
    (void)state;
    begin_without_forms(1, 400, 1);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->forms = WHOLE;
    rule->status = 500;
    rule->body = "";
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_TOKEN, 0, 2);
    assert_int_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->form, ONEOTA_RANGE_NONE);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, kit_count_calls(&kit, FAKE_DOWNLOAD, 0) + 1u);
    assert_int_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->form, ONEOTA_RANGE_BYTES);
    kit_run(&kit);
    assert_updated();
    kit_free(&kit);
}

/* ---------------------------------------------------------------- the clock */

#define NOW_S    1800000000u /* of the device, and of the platform */
#define NEWER    "Date: Sun, 01 Jan 2034 00:00:00 GMT\r\n"
#define NEWER_S  2019686400u
#define BEYOND   "Date: Thu, 01 Jan 2105 00:00:00 GMT\r\n" /* more than ten years after the build */
#define MINUTE_S 60u

static void refuse_check(const char *date)
{
    kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
    rule->code = 1;
    rule->headers = date;
}

static void assert_signed_at(const kit_call_t *call, uint32_t now_s)
{
    assert_in_range(call->et, now_s + ONEOTA_ET_S, now_s + ONEOTA_ET_S + MINUTE_S);
}

/* Every call from this one on; downloads are not signed. */
static void assert_all_signed_at(uint32_t from, uint32_t now_s)
{
    assert_true(from < kit.call_count);
    for (uint32_t n = from; n < kit.call_count; n++) {
        if (kit.calls[n].verb != FAKE_DOWNLOAD) {
            assert_signed_at(&kit.calls[n], now_s);
        }
    }
}

static void test_api_hostile_date_is_used_for_one_repeat_where_there_is_a_clock(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    refuse_check(NEWER);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C C T D 101 | 201 V");
    assert_signed_at(&kit.calls[2], NEWER_S);
    assert_all_signed_at(3, NOW_S);
    assert_updated();
    kit_free(&kit);
}

/* Also when the repeat is not answered. */
static void test_api_hostile_date_is_not_kept_when_the_repeat_fails(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    refuse_check(NEWER);
    kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
    rule->silent = true;
    rule->close = true;
    rule->times = 2; /* a kept connection that is dead is opened again */
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_FAILED);
    assert_signed_at(kit_last_call(&kit, FAKE_CHECK), NEWER_S);
    rule->times = 0;
    uint32_t calls = kit.call_count;
    kit_until_call(&kit, FAKE_CHECK, 0, kit_count_calls(&kit, FAKE_CHECK, 0) + 1u);
    kit_run(&kit);
    assert_all_signed_at(calls, NOW_S);
    assert_updated();
    kit_free(&kit);
}

static void test_api_hostile_date_ten_years_after_the_build_is_not_used(void **state)
{
    (void)state;
    for (unsigned known = 0; known <= 1u; known++) {
        kit_init(&kit, NULL);
        kit.board.clock_known = known != 0;
        refuse_check(BEYOND);
        kit_start(&kit);
        kit_until_call(&kit, FAKE_CHECK, 0, 2);
        assert_all_signed_at(known ? 0 : 1, NOW_S); /* 0: the first, by the build, is refused */
        kit_run(&kit);
        assert_signed_at(kit_last_call(&kit, FAKE_VERSION), NOW_S);
        assert_updated();
        kit_free(&kit);
    }
}

static void test_api_hostile_date_is_kept_where_there_is_no_clock(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit.board.clock_known = false;
    refuse_check(NEWER);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, 101, 1);
    assert_string_equal(kit_story(&kit), "V V C C T D 101");
    assert_all_signed_at(3, NEWER_S);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- the Authorization */

/* To the kit's server, which speaks another dialect, all that is asked for is a download. */
static void fuse_answer(uint8_t forms, const char *body)
{
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->forms = forms;
    rule->body = body;
}

static void test_api_hostile_address_is_not_handed_an_authorization(void **state)
{
    static char task[300];
    (void)state;
    kit_init(&kit, NULL);
    kit.setup.dialect = &oneota_fuse;
    kit.setup.use_address = true;
    kit_rule_t *rule = kit_rule(&kit, FAKE_REPORT); /* of the version, too */
    rule->body = "{\"code\":0,\"msg\":\"succ\"}";
    rule->times = KIT_ALWAYS;
    (void)snprintf(task, sizeof task,
                   "{\"code\":0,\"msg\":\"succ\",\"data\":{\"target\":\"1.1\",\"tid\":7,"
                   "\"size\":3000,\"md5\":\"%s\",\"status\":1,\"type\":1,"
                   "\"ipPort\":\"203.0.113.5:8002\"}}",
                   kit.md5[0]);
    fuse_answer(WHOLE, task);
    fuse_answer(WHOLE, "{\"code\":0,\"msg\":\"succ\",\"data\":{\"status\":2}}");
    fuse_answer(BYTES, "<html>");
    kit_start(&kit);
    const oneota_event_t *event = kit_until_event(&kit, ONEOTA_EVENT_TASK);
    assert_string_equal(event->address, "203.0.113.5:8002");
    (void)kit_until_event(&kit, ONEOTA_EVENT_FAILED);
    const kit_call_t *call = kit_last_call(&kit, FAKE_DOWNLOAD);
    assert_int_equal(call->form, ONEOTA_RANGE_BYTES);
    assert_non_null(strstr(kit.request, "/7/download"));
    assert_non_null(strstr(kit.request, "uthorization: "));
    assert_string_equal(call->address, MAIN_HOST);
    assert_int_equal(call->port, 80);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- somebody else's image */

/* A result that is not told yet; meanwhile somebody else installs something. */
static void begin_foreign(uint8_t result)
{
    static const uint8_t foreign[100] = {0x33};
    const oneota_boot_mark_t mark = {.slot = 1, .size = sizeof foreign};
    kit_init(&kit, NULL);
    kit.codes[0] = result;
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->body = result == 107u ? "1" : "<html>";
    rule->times = KIT_ALWAYS;
    rule = kit_rule(&kit, FAKE_REPORT);
    rule->step = result;
    rule->silent = true;
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, result, 1);
    rule->times = 0;
    (void)fake_board_know(&kit.board, 0, foreign, sizeof foreign, "9.9");
    fake_flash_put(&kit.board.slots[0][1].flash, 0, foreign, sizeof foreign);
    assert_int_equal(fake_boot.mark(&kit.board, 0, &mark), ONEOTA_OK);
}

static void test_api_hostile_result_that_is_due_reverts_no_foreign_image(void **state)
{
    static const uint8_t results[] = {104, 107};
    (void)state;
    for (size_t n = 0; n < COUNT(results); n++) {
        for (unsigned marked = 0; marked <= 1u; marked++) {
            begin_foreign(results[n]);
            if (marked != 0) { /* the client starts anew, but not the board */
                assert_int_equal(oneota_init(&kit.ram.client, &kit.setup), ONEOTA_OK);
            } else {
                kit_start(&kit);
            }
            (void)kit_until_event(&kit, ONEOTA_EVENT_TRIAL);
            kit_until_state(&kit, "version");
            assert_int_equal(kit.board.calls[FAKE_CALL_REVERT], 0);
            assert_string_equal(kit.board.runs[0]->version, "9.9");
            assert_true(fake_board_settled(&kit.board));
            kit_free(&kit);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_hostile_206_without_a_new_byte_ends_the_round),
        cmocka_unit_test(test_api_hostile_bare_form_refused_then_the_whole_file),
        cmocka_unit_test(test_api_hostile_each_round_begins_with_bytes),
        cmocka_unit_test(test_api_hostile_date_is_used_for_one_repeat_where_there_is_a_clock),
        cmocka_unit_test(test_api_hostile_date_is_not_kept_when_the_repeat_fails),
        cmocka_unit_test(test_api_hostile_date_ten_years_after_the_build_is_not_used),
        cmocka_unit_test(test_api_hostile_date_is_kept_where_there_is_no_clock),
        cmocka_unit_test(test_api_hostile_address_is_not_handed_an_authorization),
        cmocka_unit_test(test_api_hostile_result_that_is_due_reverts_no_foreign_image),
    };
    return cmocka_run_group_tests_name("api hostile", tests, NULL, NULL);
}
