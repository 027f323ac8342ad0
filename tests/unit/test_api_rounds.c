/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Attempts, rounds, the time of a task, and the one download more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

static void begin(uint32_t retry, uint8_t code)
{
    const kit_options_t options = {
        .size = 60000, .slot_size = 65536, .retry = retry, .interval = 600};
    kit_init(&kit, &options);
    kit.codes[0] = code;
}

static kit_rule_t *refuse_downloads(const char *body)
{
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->body = body;
    rule->times = KIT_ALWAYS;
    return rule;
}

static uint8_t rounds(void)
{
    oneota_status_t status;
    kit_status(&kit, &status);
    return status.rounds;
}

/* ---------------------------------------------------------------- attempts and rounds */

static void test_api_attempts_without_a_byte_a_round_then_104(void **state)
{
    static const struct {
        const char *body;
        uint16_t status;
        oneota_reason_t reason;
    } rows[] = {
        {"<html>", 200, ONEOTA_REASON_PEER},
        {"not here", 404, ONEOTA_REASON_PEER},
        {"", 500, ONEOTA_REASON_SERVER},
        {"{\"errno\":7}", 200, ONEOTA_REASON_SERVER},
        {"{\"errno\":999}", 200, ONEOTA_REASON_UNKNOWN},
        {"{\"errno\":0}", 200, ONEOTA_REASON_ANSWER},
        {"9", 200, ONEOTA_REASON_UNKNOWN},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        for (uint32_t retry = 0; retry <= 2u; retry++) {
            begin(retry, 104);
            refuse_downloads(rows[n].body)->status = rows[n].status;
            kit_start(&kit);
            kit_run(&kit);
            assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0),
                             ONEOTA_ATTEMPTS * (retry + 1u));
            assert_int_equal(kit_count_calls(&kit, FAKE_TOKEN, 0), retry + 1u);
            assert_int_equal(kit_count_failed(&kit, rows[n].reason),
                             ONEOTA_ATTEMPTS * (retry + 1u));
            assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_RETRIES), retry + 1u);
            assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->step, 104);
            assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason,
                             ONEOTA_REASON_RETRIES);
            kit_judge(&kit);
            kit_free(&kit);
        }
    }
}

static void test_api_rounds_are_an_interval_apart(void **state)
{
    (void)state;
    begin(1, 104);
    refuse_downloads("<html>");
    kit_start(&kit);
    const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(idle->reason, ONEOTA_REASON_RETRIES);
    assert_int_equal(idle->sleep_ms, 600000);
    assert_int_equal(rounds(), 1);
    kit_run(&kit);
    kit_free(&kit);
}

static void test_api_rounds_survive_a_reset(void **state)
{
    (void)state;
    begin(2, 104);
    refuse_downloads("<html>");
    kit_start(&kit);
    for (uint8_t n = 1; n <= 2u; n++) {
        (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_int_equal(rounds(), n);
        kit_start(&kit);
    }
    kit_run(&kit);
    assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 104), 1);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 3u * ONEOTA_ATTEMPTS);
    kit_free(&kit);
}

/* A new byte in each attempt: none of them counts, and no round is used. */
static void test_api_link_that_breaks_again_and_again_uses_no_round(void **state)
{
    (void)state;
    begin(0, 201);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    for (unsigned n = 0; n < 5u * ONEOTA_ATTEMPTS; n++) {
        kit.net.fault = FAKE_NET_RESET;
        kit.net.fault_answer = kit.net.answers;
        kit.net.fault_at = 500; /* 200 bytes and some of the package */
        kit_until_call(&kit, FAKE_DOWNLOAD, 0, kit_count_calls(&kit, FAKE_DOWNLOAD, 0) + 1u);
    }
    /* a range that ends before that byte came whole */
    assert_in_range(kit_count_failed(&kit, ONEOTA_REASON_NETWORK), 4u * ONEOTA_ATTEMPTS,
                    5u * ONEOTA_ATTEMPTS);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_RETRIES), 0);
    kit.net.fault = FAKE_NET_FINE;
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_attempts_are_counted_anew_after_a_byte(void **state)
{
    (void)state;
    begin(0, 104);
    kit_rule_t *rule = refuse_downloads("<html>");
    for (unsigned n = 0; n < 6u; n++) {
        rule->times = ONEOTA_ATTEMPTS - 1u;
        rule->skip = 1;
        if (n == 0) {
            kit_start(&kit);
        }
        kit_until_call(&kit, FAKE_DOWNLOAD, 0, (n + 1u) * ONEOTA_ATTEMPTS);
    }
    rule->times = 0;
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

/* A progress report that could not be told had used one up. */
static void test_api_attempts_are_those_of_the_download_alone(void **state)
{
    (void)state;
    begin(0, 104);
    kit_rule_t *rule = kit_rule(&kit, FAKE_REPORT);
    rule->step = 10;
    rule->status = 500;
    rule->body = "later";
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, 10, 1);
    refuse_downloads("<html>");
    const uint32_t downloads = kit_count_calls(&kit, FAKE_DOWNLOAD, 0);
    kit_run(&kit);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0) - downloads, ONEOTA_ATTEMPTS);
    assert_int_equal(kit.platform.tasks[0].result, 104);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- error codes of one byte */

/* Every download is answered with body: the story until 107 is told, after so many downloads. */
static void begin_refused(const char *body, uint32_t retry, const char *story, uint32_t downloads)
{
    begin(retry, 107);
    refuse_downloads(body);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), story);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), downloads);
}

static void test_api_file_that_cannot_be_had_107_at_once(void **state)
{
    static const char *const bodies[] = {"1", "2"};
    (void)state;
    for (size_t n = 0; n < COUNT(bodies); n++) {
        begin_refused(bodies[n], 3, "V C T D 107", 1);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_PACKAGE), 1);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
        kit_free(&kit);
    }
}

static void test_api_file_later_uses_rounds_then_107(void **state)
{
    static const char *const bodies[] = {"4", "6"};
    (void)state;
    for (size_t n = 0; n < COUNT(bodies); n++) {
        begin_refused(bodies[n], 1, "V C T D T D 107", 2u * ONEOTA_ATTEMPTS);
        kit_free(&kit);
    }
}

/* One attempt of eight that failed otherwise: it is not the file alone. */
static void test_api_file_later_and_a_bad_link_is_104(void **state)
{
    (void)state;
    begin(0, 104);
    kit_rule_t *rule = refuse_downloads("<html>");
    rule->skip = 3;
    rule->times = 1;
    refuse_downloads("4");
    rule = kit.rules;
    rule->skip = 0; /* the first attempt */
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 104);
    kit_free(&kit);
}

/* Those before a byte came are forgotten: what ends the round is the link. */
static void test_api_file_later_before_a_byte_is_forgotten_104(void **state)
{
    (void)state;
    begin(0, 104);
    kit_rule_t *rule = refuse_downloads("4");
    rule->times = ONEOTA_ATTEMPTS - 1u;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, ONEOTA_ATTEMPTS);
    rule->times = 1;
    refuse_downloads("<html>");
    kit_run(&kit);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 2u * ONEOTA_ATTEMPTS);
    assert_int_equal(kit.platform.tasks[0].result, 104);
    kit_free(&kit);
}

/* What the round before ended with says nothing of this one. */
static void test_api_file_later_in_a_round_and_a_bad_link_in_the_next_is_104(void **state)
{
    (void)state;
    begin(1, 104);
    refuse_downloads("4")->times = ONEOTA_ATTEMPTS;
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    refuse_downloads("<html>");
    kit_run(&kit);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 2u * ONEOTA_ATTEMPTS);
    assert_int_equal(kit.platform.tasks[0].result, 104);
    kit_free(&kit);
}

static void test_api_file_refused_token_checked_once_then_107(void **state)
{
    static const char *const bodies[] = {"3", "5", "{\"errno\":12}", "{\"errno\":17}"};
    (void)state;
    for (size_t n = 0; n < COUNT(bodies); n++) {
        begin_refused(bodies[n], 3, "V C T D T D 107", 2);
        kit_free(&kit);
    }
}

static void test_api_file_refused_and_the_task_is_over_no_report(void **state)
{
    (void)state;
    begin(3, 107);
    refuse_downloads("3");
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    kit.platform.tasks[0].state = FAKE_TASK_CANCELLED;
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D T");
    kit_free(&kit);
}

/* A task has a doubt of its own, whatever was thought of the one before. */
static void test_api_file_refused_the_next_task_is_checked_once_too(void **state)
{
    (void)state;
    begin(3, 107);
    kit_rule_t *rule = refuse_downloads("3");
    rule->times = 1;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    kit.platform.tasks[0].state = FAKE_TASK_CANCELLED;
    kit_run(&kit);
    const fake_known_t *known = kit.packages[0];
    (void)fake_platform_add(&kit.platform, kit.images[0].id.type, "1.1", known->bytes, known->size,
                            kit.md5[0]);
    rule->times = 1;
    kit_new_page(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "C T D T D 101 | 201 V");
    assert_int_equal(kit.platform.tasks[1].result, 201);
    kit_free(&kit);
}

static void test_api_download_that_says_cancelled_no_report(void **state)
{
    (void)state;
    begin(3, 107);
    refuse_downloads("{\"errno\":22}");
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D");
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_CANCELLED);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- the time of a task */

static void test_api_task_that_takes_too_long_104(void **state)
{
    (void)state;
    begin(9, 104);
    kit_start(&kit);
    kit.net.recv_max = 10;
    while (kit_count_failed(&kit, ONEOTA_REASON_DEADLINE) == 0) {
        kit_poll(&kit);
        kit.board.now_ms += 10000u;
    }
    kit.net.recv_max = 0;
    assert_true(kit_count_calls(&kit, FAKE_DOWNLOAD, 0) > 1u);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 104);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_DEADLINE);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DEADLINE), 1);
    kit_free(&kit);
}

/* A peer that sends a byte, waits for as long as it may, sends a byte: that is one range for
 * ever. */
static void test_api_range_that_never_ends_104(void **state)
{
    (void)state;
    begin(9, 104);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    kit.net.recv_max = 1;
    for (unsigned n = 0; n < 40000u && kit_count_failed(&kit, ONEOTA_REASON_DEADLINE) == 0; n++) {
        kit_poll(&kit);
        kit.board.now_ms += n > 1000u ? 20000u : 0u;
    }
    kit.net.recv_max = 0;
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 1);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 104);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 1);
    kit_free(&kit);
}

/* The time of a task was looked at when a back-off was over, up to an hour later. */
static void test_api_deadline_within_a_back_off_104_in_time(void **state)
{
    (void)state;
    begin(9, 104);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    kit.ram.client.record.at.spent_s = ONEOTA_TASK_S - 3600u;
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->status = 503;
    rule->headers = "Retry-After: 86400\r\n";
    uint32_t start = kit.board.now_ms;
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 104);
    assert_in_range(kit_last_call(&kit, FAKE_REPORT)->at_ms - start, 3599000u, 3602500u);
    kit_free(&kit);
}

/* Seconds that are cut into pieces count as well. */
static void test_api_task_time_adds_up_from_pieces_and_survives_a_reset(void **state)
{
    (void)state;
    begin(9, 104);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    uint32_t start = kit.board.now_ms;
    while (kit.platform.tasks[0].percent < 50u) {
        kit_poll(&kit);
        kit.board.now_ms += 700u;
    }
    uint32_t passed_s = (kit.board.now_ms - start) / 1000u;
    uint32_t spent_s = kit.ram.client.record.at.spent_s;
    assert_in_range(spent_s, passed_s - 3u, passed_s + 1u);
    kit_start(&kit);
    kit_until_state(&kit, "token");
    assert_in_range(kit.ram.client.record.at.spent_s, spent_s - 40u, spent_s + 1u);
    assert_true(kit.ram.client.record.at.spent_s > 10u);
    kit_run(&kit);
    kit_free(&kit);
}

/* What the journal is being given must stay what it is until it has it. */
static void test_api_task_time_passes_while_the_journal_is_busy(void **state)
{
    (void)state;
    begin(9, 201);
    kit.board.journal.flash.again = 3;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    while (kit.platform.tasks[0].percent < 90u) {
        kit_poll(&kit);
        kit.board.now_ms += 1500u;
    }
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

/* A gate that is closed for days, or a pause, is no time of the download. */
static void test_api_task_time_does_not_count_waits(void **state)
{
    (void)state;
    begin(0, 104);
    kit.board.battery = 3;
    kit_start(&kit);
    kit_pass(&kit, 4u * 86400u * 1000u);
    kit.board.battery = 80;
    kit_until_state(&kit, "download");
    (void)oneota_pause(&kit.ram.client);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    kit_pass(&kit, 10u * 86400u * 1000u);
    (void)oneota_resume(&kit.ram.client);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

/* ----------------------------------------------------- a file that is not what was announced */

static uint8_t spoilt[60000];

static void spoil(uint32_t at)
{
    memcpy(spoilt, kit.packages[0]->bytes, sizeof spoilt);
    spoilt[at] ^= 1u;
    kit.platform.tasks[0].served = spoilt;
}

static void test_api_digest_wrong_twice_205(void **state)
{
    static const uint32_t places[] = {0, 30000, 59999};
    (void)state;
    for (size_t n = 0; n < COUNT(places); n++) {
        begin(5, 205);
        spoil(places[n]);
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T D 205");
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), 2);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 2);
        assert_int_equal(kit.platform.tasks[0].downloads, 120000);
        assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_DIGEST);
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_digest_wrong_once_right_the_second_time(void **state)
{
    (void)state;
    begin(0, 201);
    spoil(100);
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_FAILED);
    kit.platform.tasks[0].served = kit.packages[0]->bytes;
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    kit_judge(&kit); /* no percentage twice */
    kit_free(&kit);
}

static void test_api_digest_second_download_is_the_last_also_after_a_reset(void **state)
{
    (void)state;
    begin(5, 205);
    spoil(100);
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_FAILED);
    kit_until_state(&kit, "prefix");
    kit_until_state(&kit, "download");
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D T D 205 V");
    assert_true(kit.platform.tasks[0].downloads <= 120000u);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_attempts_without_a_byte_a_round_then_104),
        cmocka_unit_test(test_api_rounds_are_an_interval_apart),
        cmocka_unit_test(test_api_rounds_survive_a_reset),
        cmocka_unit_test(test_api_link_that_breaks_again_and_again_uses_no_round),
        cmocka_unit_test(test_api_attempts_are_counted_anew_after_a_byte),
        cmocka_unit_test(test_api_attempts_are_those_of_the_download_alone),
        cmocka_unit_test(test_api_file_that_cannot_be_had_107_at_once),
        cmocka_unit_test(test_api_file_later_uses_rounds_then_107),
        cmocka_unit_test(test_api_file_later_and_a_bad_link_is_104),
        cmocka_unit_test(test_api_file_later_before_a_byte_is_forgotten_104),
        cmocka_unit_test(test_api_file_later_in_a_round_and_a_bad_link_in_the_next_is_104),
        cmocka_unit_test(test_api_file_refused_token_checked_once_then_107),
        cmocka_unit_test(test_api_file_refused_and_the_task_is_over_no_report),
        cmocka_unit_test(test_api_file_refused_the_next_task_is_checked_once_too),
        cmocka_unit_test(test_api_download_that_says_cancelled_no_report),
        cmocka_unit_test(test_api_task_that_takes_too_long_104),
        cmocka_unit_test(test_api_range_that_never_ends_104),
        cmocka_unit_test(test_api_deadline_within_a_back_off_104_in_time),
        cmocka_unit_test(test_api_task_time_adds_up_from_pieces_and_survives_a_reset),
        cmocka_unit_test(test_api_task_time_passes_while_the_journal_is_busy),
        cmocka_unit_test(test_api_task_time_does_not_count_waits),
        cmocka_unit_test(test_api_digest_wrong_twice_205),
        cmocka_unit_test(test_api_digest_wrong_once_right_the_second_time),
        cmocka_unit_test(test_api_digest_second_download_is_the_last_also_after_a_reset),
    };
    return cmocka_run_group_tests_name("api rounds", tests, NULL, NULL);
}
