/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Neither key, token nor Authorization in a log line, an event, the status or the journal (the
 * token alone is in the journal); what a stranger says is printable in the log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialect.h"
#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

/* What kit_free() looks at is worth something. */
static void test_api_secrecy_the_check_finds_a_secret(void **state)
{
    static const char *const secrets[] = {KIT_KEY, "x ota_YbDB8ANDSmPEM78Dk001 y", "&sign=abc",
                                          "Authorization: x"};
    (void)state;
    for (size_t n = 0; n < COUNT(secrets); n++) {
        oneota_log_line_t line = {ONEOTA_LOG_WARN, "a: b", "c", secrets[n], 0};
        kit_init(&kit, NULL);
        kit_start(&kit);
        kit.setup.log->line(kit.setup.log_ctx, &line);
        assert_true(kit.leaked);
        kit.leaked = false;
        kit_free(&kit);
    }
}

static void test_api_secrecy_no_secret_whatever_goes_wrong(void **state)
{
    static const int32_t codes[] = {0, 1, 2, 7, 12, 17, 19, 20, 22, 24, 999};
    static const struct {
        fake_verb_t verb;
        uint8_t step;
    } calls[] = {{FAKE_VERSION, 0},  {FAKE_CHECK, 0},    {FAKE_TOKEN, 0},
                 {FAKE_DOWNLOAD, 0}, {FAKE_REPORT, 101}, {FAKE_REPORT, 201}};
    (void)state;
    for (size_t c = 0; c < COUNT(calls); c++) {
        for (size_t n = 0; n < COUNT(codes); n++) {
            kit_init(&kit, NULL);
            kit_rule_t *rule = kit_rule(&kit, calls[c].verb);
            rule->step = calls[c].step;
            rule->code = codes[n];
            kit_start(&kit);
            kit_run(&kit);
            assert_false(kit.leaked);
            assert_true(ONEOTA_LOG_LEVEL == 0 || kit.lines > 0);
            kit_free(&kit);
        }
    }
}

static bool holds(const void *memory, size_t size, const char *text)
{
    size_t length = strlen(text);
    for (size_t n = 0; n + length <= size; n++) {
        if (memcmp((const uint8_t *)memory + n, text, length) == 0) {
            return true;
        }
    }
    return false;
}

static void test_api_secrecy_key_and_authorization_are_never_stored(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit_until_state(&kit, "download");
    const fake_flash_t *journal = &kit.board.journal.flash;
    assert_true(holds(journal->bytes, journal->size, kit.platform.tasks[0].token));
    kit_run(&kit);
    assert_false(holds(journal->bytes, journal->size, KIT_KEY));
    assert_false(holds(journal->bytes, journal->size, "\x2A\xE1\x77\x35\x3F\xE3"));
    assert_false(holds(journal->bytes, journal->size, "sign="));
    kit_free(&kit);
}

static void test_api_secrecy_nothing_of_a_request_is_left_after_a_refused_init(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit.images[0].id.version = "not a version";
    assert_int_equal(oneota_init(&kit.ram.client, &kit.setup), ONEOTA_PARAM);
    assert_false(holds(kit.ram.work, sizeof kit.ram.work, "sign"));
    kit.images[0].id.version = "1.0";
    assert_int_equal(oneota_init(&kit.ram.client, &kit.setup), ONEOTA_OK);
    assert_false(holds(kit.ram.work, sizeof kit.ram.work, "sign"));
    kit_free(&kit);
}

/* Asleep, or shut down: what was sent is not in RAM any more. */
static void test_api_secrecy_nothing_of_a_request_is_left_asleep(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_TOKEN, 0, 1);
    assert_true(holds(kit.ram.work, kit.setup.work_bytes, "sign="));
    oneota_deinit(&kit.ram.client);
    assert_false(holds(kit.ram.work, kit.setup.work_bytes, "sign="));
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_RESTART);
    kit_run(&kit);
    assert_false(holds(kit.ram.work, kit.setup.work_bytes, "sign="));
    assert_false(holds(kit.ram.work, kit.setup.work_bytes, "et="));
    kit_free(&kit);
}

/* Nor while it waits for another try, wherever a call has failed: of an answer, or without one. A
 * package of a few bytes covers nothing. */
static void test_api_secrecy_nothing_of_a_request_is_left_in_a_back_off(void **state)
{
    static const fake_verb_t verbs[] = {FAKE_VERSION, FAKE_CHECK, FAKE_TOKEN, FAKE_DOWNLOAD,
                                        FAKE_REPORT};
    (void)state;
    for (unsigned n = 0; n < 3u * COUNT(verbs); n++) {
        const kit_options_t options = {.size = 40};
        uint32_t waits = 0;
        kit_init(&kit, &options);
        oneota_dialect_t signs = oneota_south;
        signs.signs_download = true;
        kit.setup.dialect = &signs;
        kit_rule_t *rule = kit_rule(&kit, verbs[n / 3u]);
        rule->status = 503;
        rule->silent = n % 3u == 1u;
        rule->close = n % 3u != 0;
        rule->times = 3;
        kit_start(&kit);
        while (kit.platform.tasks[0].result == 0) {
            kit_poll(&kit);
            if (kit.ram.client.exchange.state == 0 && kit.slept_ms > 0) {
                waits++;
                assert_false(holds(kit.ram.work, kit.setup.work_bytes, "sign="));
            }
        }
        assert_in_range(waits, verbs[n / 3u] == FAKE_REPORT ? 0 : 3, 100);
        kit_free(&kit);
    }
}

/* Once the last byte is here, it is not needed either. */
static void test_api_secrecy_nothing_of_a_request_is_left_when_it_was_answered(void **state)
{
    static const char *const states[] = {"verify", "install", "mark"};
    (void)state;
    for (unsigned n = 0; n < 2u * COUNT(states); n++) {
        const kit_options_t options = {.size = n % 2u != 0 ? 232 : 40, .signs = n % 2u != 0};
        kit_init(&kit, &options);
        oneota_dialect_t signs = oneota_south;
        signs.signs_download = true;
        kit.setup.dialect = &signs;
        kit_start(&kit);
        kit_until_state(&kit, states[n / 2u]);
        assert_false(holds(kit.ram.work, kit.setup.work_bytes, "sign="));
        kit_free(&kit);
    }
}

static void test_api_secrecy_plain_http_is_told_once_a_start(void **state)
{
    (void)state;
    for (unsigned encrypts = 0; encrypts <= 1u; encrypts++) {
        kit_init(&kit, NULL);
        kit.net.port.encrypts = encrypts != 0;
        kit_start(&kit);
        kit_run(&kit); /* with one restart */
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_EXPOSED), encrypts != 0 ? 0 : 2);
        kit_free(&kit);
    }
}

/* on_line() of the kit fails on a byte that is not printable. */
static void test_api_secrecy_what_a_stranger_says_is_printable(void **state)
{
    static const char *const bodies[] = {"\x01\x02\x1B[2J\xFF", "\r\n\r\nnext line: x",
                                         "\xE4\xBD\xA0\xE5\xA5\xBD", ""};
    (void)state;
    for (size_t n = 0; n < COUNT(bodies); n++) {
        kit_init(&kit, NULL);
        kit_rule(&kit, FAKE_CHECK)->body = bodies[n];
        kit_start(&kit);
        (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        kit_free(&kit);
    }
}

/* An answer of the platform that is cut off, or a page that says what was asked for; also where the
 * log cuts the word off. */
static void test_api_secrecy_token_said_by_a_stranger_is_not_logged(void **state)
{
    static const char *const bodies[] = {",\"token\":\"%s\",\"size\":3000}",
                                         "%s",
                                         "<p>no page /ota/south/download/%s/check</p>",
                                         "<p>0123 5678 0123 5678 0123 5678 0123 56 %s",
                                         "sign=%s",
                                         "<p>a=1&et=1800003600&sign=lsaPSiiGvEFFjX%%3D"};
    char body[120];
    (void)state;
    for (size_t n = 0; n < COUNT(bodies); n++) {
        kit_init(&kit, NULL);
        (void)snprintf(body, sizeof body, bodies[n], kit.platform.tasks[0].token);
        kit_rule(&kit, FAKE_CHECK)->body = body;
        kit_start(&kit);
        (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_PEER), 1);
        assert_false(kit.leaked);
        kit_free(&kit);
    }
}

static char shown[80];

static void on_line(void *ctx, const oneota_log_line_t *line)
{
    (void)ctx;
    if (line->text != NULL && strcmp(line->what, "call: not OneNET?") == 0) {
        (void)snprintf(shown, sizeof shown, "%s", line->text);
    }
}

/* As much as tells whose page it is. */
static void test_api_secrecy_what_the_log_shows_of_a_stranger(void **state)
{
    static const oneota_log_t k_log = {on_line};
    static const struct {
        const char *body, *shown;
    } rows[] = {
        {"12: 0123456789ab, 13: 0123456789abc, end", "12: 0123456789ab, 13: *************, end"},
        {" 0123456789abc", " *************"},
        {"0123456789ab", "0123456789ab"}, /* what stood behind it in the buffer does not count */
        {"0123456789abc 13", "************* 13"},
        {"+/=%+/=%+/=%_-", "**************"},
        {"\x1F\x20~\x7F", ". ~."},
        {"forty-seven and more 67890 2345678 0123 56 8 abc", /* 48, and the last word may go on */
         "forty-seven and more 67890 2345678 0123 56 8 ***"},
        {"forty-seven and more 67890 2345678 0123 56 8 ab",
         "forty-seven and more 67890 2345678 0123 56 8 ab"},
        {"one byte more than is shown 90 2345678 0123 56 8a", /* 49 */
         "one byte more than is shown 90 2345678 0123 56 *"},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows) && ONEOTA_LOG_LEVEL > 0; n++) {
        kit_init(&kit, NULL);
        kit.setup.log = &k_log;
        kit_rule(&kit, FAKE_CHECK)->body = rows[n].body;
        shown[0] = '\0';
        kit_start(&kit);
        (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_string_equal(shown, rows[n].shown);
        kit_free(&kit);
    }
}

/* Each rejection: one event with its reason; see also what the other tests count. */
static void test_api_each_rejection_is_told_exactly_once(void **state)
{
    static const struct {
        fake_verb_t verb;
        uint8_t step;
        int32_t code;
        oneota_reason_t reason;
    } rows[] = {
        {FAKE_VERSION, 0, 2, ONEOTA_REASON_CONFIG},
        {FAKE_VERSION, 0, 7, ONEOTA_REASON_SERVER},
        {FAKE_CHECK, 0, 8, ONEOTA_REASON_MISMATCH},
        {FAKE_CHECK, 0, 5116, ONEOTA_REASON_QUOTA},
        {FAKE_CHECK, 0, 19, ONEOTA_REASON_POSTPONED},
        {FAKE_TOKEN, 0, 7, ONEOTA_REASON_SERVER},
        {FAKE_TOKEN, 0, 18, ONEOTA_REASON_OVER},
        {FAKE_TOKEN, 0, 20, ONEOTA_REASON_OVER},
        {FAKE_TOKEN, 0, 22, ONEOTA_REASON_CANCELLED},
        {FAKE_TOKEN, 0, 999, ONEOTA_REASON_UNKNOWN},
        {FAKE_REPORT, 101, 22, ONEOTA_REASON_CANCELLED},
        {FAKE_REPORT, 101, 7, ONEOTA_REASON_SERVER},
        {FAKE_REPORT, 201, 7, ONEOTA_REASON_SERVER},
        {FAKE_REPORT, 201, 24, ONEOTA_REASON_CONFIG},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        kit_init(&kit, NULL);
        kit_rule_t *rule = kit_rule(&kit, rows[n].verb);
        rule->step = rows[n].step;
        rule->code = rows[n].code;
        kit_start(&kit);
        const oneota_event_t *failed = kit_until_event(&kit, ONEOTA_EVENT_FAILED);
        assert_int_equal(failed->reason, rows[n].reason);
        assert_int_equal(failed->code, rows[n].code);
        (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
        kit_free(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_secrecy_the_check_finds_a_secret),
        cmocka_unit_test(test_api_secrecy_no_secret_whatever_goes_wrong),
        cmocka_unit_test(test_api_secrecy_key_and_authorization_are_never_stored),
        cmocka_unit_test(test_api_secrecy_nothing_of_a_request_is_left_after_a_refused_init),
        cmocka_unit_test(test_api_secrecy_nothing_of_a_request_is_left_asleep),
        cmocka_unit_test(test_api_secrecy_nothing_of_a_request_is_left_in_a_back_off),
        cmocka_unit_test(test_api_secrecy_nothing_of_a_request_is_left_when_it_was_answered),
        cmocka_unit_test(test_api_secrecy_plain_http_is_told_once_a_start),
        cmocka_unit_test(test_api_secrecy_what_a_stranger_says_is_printable),
        cmocka_unit_test(test_api_secrecy_token_said_by_a_stranger_is_not_logged),
        cmocka_unit_test(test_api_secrecy_what_the_log_shows_of_a_stranger),
        cmocka_unit_test(test_api_each_rejection_is_told_exactly_once),
    };
    return cmocka_run_group_tests_name("api secrecy", tests, NULL, NULL);
}
