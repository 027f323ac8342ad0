/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * test_device_exit.c: when `run --once` ends, and with which exit status.
 *
 * A story is a text of one letter for each event:
 *
 *     d  into state download    t  into state token    w  into state wait
 *     k  task    p  progress    r  report answered 0    R  report answered 7    u  updated
 *     e  ended   f  failed: network    a  failed: auth    s  failed: storage
 *     i  idle, for the reason and with the pending report of the case
 *     n  idle: network    y  ready
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "exit_code.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint8_t state_named(const char *name)
{
    uint8_t state = 1;

    while (strcmp(oneota_state_text(state), name) != 0) {
        state++;
        assert_int_not_equal(state, 0); /* there is no such state */
    }
    return state;
}

static int tell(exit_code_t *seen, uint8_t *now, char letter, uint8_t reason,
                const oneota_status_t *status)
{
    static const char states[] = "dtw";
    static const char *const names[] = {"download", "token", "wait"};
    static const struct {
        char letter;
        uint8_t type, reason;
        int32_t code;
    } events[] = {
        {'k', ONEOTA_EVENT_TASK, 0, 0},
        {'p', ONEOTA_EVENT_PROGRESS, 0, 0},
        {'r', ONEOTA_EVENT_REPORT, 0, 0},
        {'R', ONEOTA_EVENT_REPORT, 0, 7},
        {'u', ONEOTA_EVENT_UPDATED, 0, 0},
        {'e', ONEOTA_EVENT_ENDED, ONEOTA_REASON_DIGEST, 0},
        {'f', ONEOTA_EVENT_FAILED, ONEOTA_REASON_NETWORK, 111},
        {'a', ONEOTA_EVENT_FAILED, ONEOTA_REASON_AUTH, 1},
        {'s', ONEOTA_EVENT_FAILED, ONEOTA_REASON_STORAGE, 0},
        {'n', ONEOTA_EVENT_IDLE, ONEOTA_REASON_NETWORK, 0},
        {'y', ONEOTA_EVENT_READY, 0, 0},
    };
    oneota_event_t event = {.type = ONEOTA_EVENT_IDLE, .reason = reason};
    const char *state = strchr(states, letter);

    if (state != NULL) {
        event.type = ONEOTA_EVENT_STATE;
        event.from = *now;
        event.to = *now = state_named(names[state - states]);
    }
    for (size_t i = 0; i < COUNT(events); i++) {
        if (events[i].letter == letter) {
            event.type = events[i].type;
            event.reason = events[i].reason;
            event.code = events[i].code;
        }
    }
    return exit_code_next(seen, &event, status);
}

/* The exit status of a story, which must come with its last letter. */
static int tell_story(const char *story, uint8_t reason, uint8_t pending)
{
    exit_code_t seen = {0};
    oneota_status_t client = {.pending = pending};
    uint8_t now = 1;
    int status = EXIT_GO_ON;

    for (const char *c = story; *c != '\0'; c++) {
        assert_int_equal(status, EXIT_GO_ON);
        client.has_task = client.has_task ? *c != 'u' && *c != 'e' : *c == 'k';
        status = tell(&seen, &now, *c, reason, &client);
    }
    return status;
}

static void test_exit_idle_reason_decides(void **state)
{
    static const struct {
        uint8_t reason;
        int status;
    } cases[] = {
        {ONEOTA_REASON_NONE, 0},      {ONEOTA_REASON_NETWORK, -1}, {ONEOTA_REASON_TIMEOUT, -1},
        {ONEOTA_REASON_PEER, -1},     {ONEOTA_REASON_SERVER, -1},  {ONEOTA_REASON_ANSWER, -1},
        {ONEOTA_REASON_UNKNOWN, -1},  {ONEOTA_REASON_AUTH, 4},     {ONEOTA_REASON_CONFIG, 4},
        {ONEOTA_REASON_QUOTA, 4},     {ONEOTA_REASON_MISMATCH, 3}, {ONEOTA_REASON_POSTPONED, 5},
        {ONEOTA_REASON_CANCELLED, 3}, {ONEOTA_REASON_OVER, 3},     {ONEOTA_REASON_DROPPED, 3},
        {ONEOTA_REASON_BATTERY, 5},   {ONEOTA_REASON_SIGNAL, 5},   {ONEOTA_REASON_PAUSED, 5},
        {ONEOTA_REASON_SPACE, 3},     {ONEOTA_REASON_RETRIES, 3},  {ONEOTA_REASON_DIGEST, 3},
        {ONEOTA_REASON_REVERTED, 3},  {ONEOTA_REASON_STORAGE, 6},  {ONEOTA_REASON_COUNT, -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(tell_story("wi", cases[i].reason, 0), cases[i].status);
    }
}

static void test_exit_every_reason_has_a_class(void **state)
{
    (void)state;
    for (uint8_t reason = 0; reason < ONEOTA_REASON_COUNT; reason++) {
        bool at_once = tell_story("i", reason, 0) != EXIT_GO_ON;
        int status = tell_story(at_once ? "i" : "iiiii", reason, 0);
        assert_true(status >= EXIT_DONE && status <= EXIT_STATE_DIR);
    }
}

static void test_exit_stories_end_as_told(void **state)
{
    static const struct {
        const char *story;
        uint8_t reason, pending;
        int status;
    } cases[] = {
        /* five attempts, each a failure and its wait */
        {"fwntfwntfwntfwnt", 0, 0, -1},
        {"fwntfwntfwntfwntfwn", 0, 0, 4},
        {"nnnnn", 0, 0, 4},
        {"fffffn", 0, 0, 4},
        {"ffffffffffn", 0, 0, 4},
        /* what is stored, or answered, starts the count again */
        {"fwntfwntfwntfwntdptfwn", 0, 0, -1},
        {"fnfnfnfnrfn", 0, 0, -1},
        {"fnfnfnfnRfn", 0, 0, 4},
        {"fnfnfnfnkytfn", 0, 0, 4},
        /* broken ranges, and the wait after a round, are the download's own */
        {"dffffffffwn", 0, 0, -1},
        {"dffffffffwntdffffffffwntfwnt", 0, 0, -1},
        {"dffffffffwntfwntfwntfwntfwntfwn", 0, 0, 4},
        /* a round is over, its task is not */
        {"kwi", ONEOTA_REASON_RETRIES, 0, -1},
        {"kwiiiiii", ONEOTA_REASON_RETRIES, 0, -1},
        /* ended: once the platform knows */
        {"kdpewi", ONEOTA_REASON_NONE, 0, 3},
        {"kewn", 0, 0, 3},
        {"kewi", ONEOTA_REASON_POSTPONED, 0, 3},
        {"kufwi", ONEOTA_REASON_NONE, 0, 0},
        {"kufwn", 0, 0, 0},
        {"kekuwi", ONEOTA_REASON_NONE, 0, 0},
        {"kukewi", ONEOTA_REASON_NONE, 0, 3},
        {"kukwi", ONEOTA_REASON_BATTERY, 0, 5},
        /* a result that cannot be delivered */
        {"nnnn", 0, 206, -1},
        {"nnnnn", 0, 206, 4},
        {"enn", 0, 201, -1},
        {"i", ONEOTA_REASON_AUTH, 206, 4},
        {"i", ONEOTA_REASON_POSTPONED, 101, 5},
        {"i", ONEOTA_REASON_NONE, 206, -1},
        {"i", ONEOTA_REASON_DIGEST, 205, -1},
        {"iiiii", ONEOTA_REASON_DIGEST, 205, 4},
        /* refused: with the wait, so that a second try with a new Authorization can be made */
        {"a", 0, 0, -1},
        {"ai", ONEOTA_REASON_AUTH, 0, 4},
        /* storage: at once, whatever else is due */
        {"ks", 0, 0, 6},
        {"ds", 0, 206, 6},
        {"i", ONEOTA_REASON_STORAGE, 206, 6},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = tell_story(cases[i].story, cases[i].reason, cases[i].pending);
        if (status != cases[i].status) {
            fail_msg("%s: %d, not %d", cases[i].story, status, cases[i].status);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_idle_reason_decides),
        cmocka_unit_test(test_exit_every_reason_has_a_class),
        cmocka_unit_test(test_exit_stories_end_as_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
