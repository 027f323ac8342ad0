/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * test_device_report.c: JSON lines, the progress bar, and reasons in words.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "json_line.h"
#include "reasons.h"
#include "report.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---------------------------------------------------------------- JSON */

static void write_text(FILE *file)
{
    json_line_t json = json_begin(file);

    json_text(&json, "a", "\"\\/\n\001\177\303\251");
    json_text(&json, "n", NULL);
    json_end(&json);
}

static void write_numbers(FILE *file)
{
    json_line_t json = json_begin(file);

    json_number(&json, "big", INT64_MIN);
    json_number(&json, "one", 1);
    json_end(&json);
}

static void write_object(FILE *file)
{
    static const uint8_t md5[16] = {0x00, 0x0F, 0xA0, 0xFF};
    json_line_t json = json_begin(file);

    json_open(&json, "o");
    json_md5(&json, "md5", md5);
    json_number(&json, "x", 0);
    json_close(&json);
    json_open(&json, "empty");
    json_close(&json);
    json_null(&json, "z");
    json_end(&json);
}

static void write_nothing(FILE *file)
{
    json_line_t json = json_begin(file);

    json_end(&json);
}

static void test_json_line_is_as_it_should_be(void **state)
{
    static const struct {
        void (*write)(FILE *);
        const char *text;
    } cases[] = {
        {write_text, "{\"a\":\"\\\"\\\\/\\u000a\\u0001\\u007f\\ufffd\\ufffd\",\"n\":null}\n"},
        {write_numbers, "{\"big\":-9223372036854775808,\"one\":1}\n"},
        {write_object, "{\"o\":{\"md5\":\"000fa0ff000000000000000000000000\",\"x\":0},"
                       "\"empty\":{},\"z\":null}\n"},
        {write_nothing, "{}\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = NULL;
        size_t length = 0;
        FILE *file = open_memstream(&text, &length);
        assert_non_null(file);
        cases[i].write(file);
        assert_string_equal(text, cases[i].text); /* it was flushed */
        assert_int_equal(fclose(file), 0);
        free(text);
    }
}

/* ---------------------------------------------------------------- events on stdout */

static char printed[1024];

/* What an event prints on stdout, which is a file meanwhile. stderr goes nowhere. */
static const char *print(report_t *report, const oneota_event_t *event, const char *native)
{
    FILE *file = tmpfile();
    FILE *nowhere = fopen("/dev/null", "w");
    int out = dup(STDOUT_FILENO);
    int log = dup(STDERR_FILENO);
    size_t length;

    assert_non_null(file);
    assert_non_null(nowhere);
    (void)fflush(stdout);
    assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
    assert_true(dup2(fileno(nowhere), STDERR_FILENO) >= 0);
    report_event(report, event, native);
    (void)fflush(stdout);
    assert_true(dup2(out, STDOUT_FILENO) >= 0);
    assert_true(dup2(log, STDERR_FILENO) >= 0);
    (void)close(out);
    (void)close(log);
    rewind(file);
    length = fread(printed, 1, sizeof printed - 1u, file);
    printed[length] = '\0';
    (void)fclose(file);
    (void)fclose(nowhere);
    return printed;
}

static const oneota_task_t task = {.target = "V2", .size = 1000, .type = 1, .md5 = {1}};

static const struct {
    oneota_event_t event;
    const char *native, *json, *line;
} events[] = {
    {{.type = ONEOTA_EVENT_TASK, .task = &task},
     NULL,
     "{\"event\":\"task\",\"target\":\"V2\",\"size\":1000,"
     "\"md5\":\"01000000000000000000000000000000\",\"type\":1}\n",
     "task: target V2, 1000 bytes, full package\n"},
    {{.type = ONEOTA_EVENT_PROGRESS, .percent = 10, .bytes = 100},
     NULL,
     "{\"event\":\"progress\",\"percent\":10,\"bytes\":100,\"size\":1000}\n",
     "progress: 10 %, 100 of 1000 bytes\n"},
    {{.type = ONEOTA_EVENT_REPORT, .step = 101, .code = 0},
     NULL,
     "{\"event\":\"report\",\"step\":101,\"code\":0}\n",
     "report: 101, answered 0\n"},
    {{.type = ONEOTA_EVENT_REPORT, .step = 10, .code = -1},
     NULL,
     "{\"event\":\"report\",\"step\":10,\"code\":-1}\n",
     "report: 10, no answer\n"},
    {{.type = ONEOTA_EVENT_FAILED, .reason = ONEOTA_REASON_NETWORK, .code = 111},
     "Connection refused",
     "{\"event\":\"error\",\"reason\":\"network\",\"code\":111,\"text\":\"no connection, or it "
     "broke "
     "(Connection refused); is the server up, and is --server right?\"}\n",
     "error: network: no connection, or it broke (Connection refused); is the server up, and is "
     "--server right?\n"},
    {{.type = ONEOTA_EVENT_FAILED, .reason = ONEOTA_REASON_CANCELLED, .code = 22},
     NULL,
     "{\"event\":\"error\",\"reason\":\"cancelled\",\"code\":22,"
     "\"text\":\"the operator cancelled the task (errno 22)\"}\n",
     "error: cancelled: the operator cancelled the task (errno 22)\n"},
    {{.type = ONEOTA_EVENT_READY},
     NULL,
     "{\"event\":\"ready\"}\n",
     "ready: the image is proven and will be installed\n"},
    {{.type = ONEOTA_EVENT_RESTART}, NULL, "{\"event\":\"restart\"}\n", "restart\n"},
    {{.type = ONEOTA_EVENT_TRIAL}, NULL, "{\"event\":\"trial\"}\n", "trial: the new image runs\n"},
    {{.type = ONEOTA_EVENT_UPDATED, .version = "V2"},
     NULL,
     "{\"event\":\"done\",\"version\":\"V2\"}\n",
     "done: version V2\n"},
    {{.type = ONEOTA_EVENT_ENDED, .reason = ONEOTA_REASON_DIGEST, .step = 205},
     NULL,
     "{\"event\":\"ended\",\"reason\":\"digest\",\"step\":205}\n",
     "ended: digest: the task ended without an update, reported 205\n"},
    {{.type = ONEOTA_EVENT_IDLE, .sleep_ms = 61000},
     NULL,
     "{\"event\":\"idle\",\"reason\":\"none\",\"sleep_ms\":61000}\n",
     "idle: none, for 61 s\n"},
};

static void test_report_event_prints_a_json_object(void **state)
{
    report_t report;

    (void)state;
    report_init(&report, true);
    for (size_t i = 0; i < COUNT(events); i++) {
        assert_string_equal(print(&report, &events[i].event, events[i].native), events[i].json);
    }
}

static void test_report_event_prints_a_line_without_a_terminal(void **state)
{
    report_t report;

    (void)state;
    report_init(&report, false);
    report.terminal = false;
    for (size_t i = 0; i < COUNT(events); i++) {
        assert_string_equal(print(&report, &events[i].event, events[i].native), events[i].line);
    }
}

static void test_report_state_prints_its_names(void **state)
{
    oneota_event_t event = {.type = ONEOTA_EVENT_STATE, .from = 2, .to = 3};
    char expected[128];
    report_t report;

    (void)state;
    report_init(&report, true);
    (void)snprintf(expected, sizeof expected,
                   "{\"event\":\"state\",\"from\":\"%s\",\"to\":\"%s\"}\n", oneota_state_text(2),
                   oneota_state_text(3));
    assert_string_equal(print(&report, &event, NULL), expected);
    report_init(&report, false);
    assert_string_equal(print(&report, &event, NULL), "");
}

static void test_report_terminal_shows_a_bar_in_place_of_lines(void **state)
{
    oneota_event_t progress = {.type = ONEOTA_EVENT_PROGRESS, .percent = 10, .bytes = 100};
    oneota_event_t percent = {.type = ONEOTA_EVENT_REPORT, .step = 10};
    oneota_event_t whole = {.type = ONEOTA_EVENT_PROGRESS, .percent = 100, .bytes = 1000};
    report_t report;

    (void)state;
    report_init(&report, false);
    report.terminal = true;
    assert_string_equal(print(&report, &events[0].event, NULL), events[0].line);
    assert_string_equal(print(&report, &progress, NULL),
                        "\r\033[K[##----------------------]  10 %  100 B of 1000 B");
    assert_string_equal(print(&report, &progress, NULL), ""); /* too soon */
    assert_string_equal(print(&report, &percent, NULL), "");
    assert_string_equal(print(&report, &whole, NULL),
                        "\r\033[K[########################] 100 %  1000 B of 1000 B");
    assert_string_equal(print(&report, &events[2].event, NULL), "\nreport: 101, answered 0\n");
}

/* ---------------------------------------------------------------- the bar */

static void test_bar_shows_what_is_known(void **state)
{
    static const struct {
        uint8_t percent;
        uint32_t bytes, total, rate;
        const char *text;
    } cases[] = {
        {0, 0, 1000, 0, "[------------------------]   0 %  0 B of 1000 B"},
        {50, 10240, 20480, 1024,
         "[############------------]  50 %  10 KiB of 20 KiB  1024 B/s  0:10 left"},
        {100, 20480, 20480, 20480,
         "[########################] 100 %  20 KiB of 20 KiB  20 KiB/s  0:00 left"},
        {255, 3, 2, 1, "[########################] 100 %  3 B of 2 B  1 B/s  0:00 left"},
    };
    char text[96];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        report_write_bar(text, sizeof text, cases[i].percent, cases[i].bytes, cases[i].total,
                         cases[i].rate);
        assert_string_equal(text, cases[i].text);
    }
    report_write_bar(text, sizeof text, 0, 1, UINT32_MAX, 1);
    assert_true(strlen(text) < 80);
}

/* ---------------------------------------------------------------- reasons */

static void test_reasons_each_has_words(void **state)
{
    (void)state;
    for (uint8_t reason = 0; reason < ONEOTA_REASON_COUNT; reason++) {
        assert_non_null(reasons_text(reason));
        assert_true(strlen(reasons_text(reason)) > 5);
        assert_non_null(reasons_hint(reason));
    }
    assert_string_equal(reasons_text(ONEOTA_REASON_COUNT), "?");
    assert_string_equal(reasons_hint(ONEOTA_REASON_COUNT), "");
}

static void test_reasons_code_is_put_into_words(void **state)
{
    static const struct {
        uint8_t reason;
        int32_t code;
        const char *native, *text;
    } cases[] = {
        {ONEOTA_REASON_NETWORK, 111, "Connection refused", "Connection refused"},
        {ONEOTA_REASON_NETWORK, 0, NULL, "closed by the server"},
        {ONEOTA_REASON_NETWORK, 5, NULL, ""},
        {ONEOTA_REASON_STORAGE, 0, "slot0.flash: full", "slot0.flash: full"},
        {ONEOTA_REASON_STORAGE, 0, NULL, ""},
        {ONEOTA_REASON_PEER, 404, NULL, "HTTP status 404"},
        {ONEOTA_REASON_SERVER, 503, NULL, "HTTP status 503"},
        {ONEOTA_REASON_SERVER, 7, NULL, "errno 7"},
        {ONEOTA_REASON_UNKNOWN, 404, NULL, "errno 404"},
        {ONEOTA_REASON_QUOTA, 5116, NULL, "errno 5116"},
        {ONEOTA_REASON_PACKAGE, 3, NULL, "download error 3"},
        {ONEOTA_REASON_BATTERY, 20, NULL, "it is 20"},
        {ONEOTA_REASON_SIGNAL, 0, NULL, "it is 0"},
        {ONEOTA_REASON_DIGEST, 0, NULL, ""},
        {ONEOTA_REASON_TIMEOUT, -1, NULL, ""},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        reasons_code_text(cases[i].reason, cases[i].code, cases[i].native, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_line_is_as_it_should_be),
        cmocka_unit_test(test_report_event_prints_a_json_object),
        cmocka_unit_test(test_report_event_prints_a_line_without_a_terminal),
        cmocka_unit_test(test_report_state_prints_its_names),
        cmocka_unit_test(test_report_terminal_shows_a_bar_in_place_of_lines),
        cmocka_unit_test(test_bar_shows_what_is_known),
        cmocka_unit_test(test_reasons_each_has_words),
        cmocka_unit_test(test_reasons_code_is_put_into_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
