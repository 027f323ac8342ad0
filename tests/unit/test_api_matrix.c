/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Every call in every state: a defined result, and a wrong call changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

typedef oneota_error_t command_t(oneota_t *client);

typedef enum {
    CHECK_NOW = 0,
    PAUSE,
    RESUME,
    CANCEL,
    DEFER,
    ALLOW,
    CONFIRM,
    REJECT,
    FORGET,
    NOTIFY
} which_t;

static command_t *const k_commands[] = {
    oneota_check_now,     oneota_pause,   oneota_resume, oneota_cancel, oneota_defer_install,
    oneota_allow_install, oneota_confirm, oneota_reject, oneota_forget, oneota_notify,
};

/* What each says in each state: . OK, S STATE. In the order of which_t; there resume is wrong
 * because nothing is paused. */
static const struct {
    const char *state;
    const char *results;
    kit_trial_t trial;
} k_rows[] = {
    {"start", "..SS..SSS.", KIT_CONFIRM},    {"version", "..SS..SS..", KIT_CONFIRM},
    {"check", "..SS..SS..", KIT_CONFIRM},    {"gate", "..S...SS..", KIT_CONFIRM},
    {"token", "..S...SS..", KIT_CONFIRM},    {"prefix", "..S...SS..", KIT_CONFIRM},
    {"download", "..S...SS..", KIT_CONFIRM}, {"progress", "..S...SS..", KIT_CONFIRM},
    {"verify", "..S...SS..", KIT_CONFIRM},   {"downloaded", "..S...SS..", KIT_CONFIRM},
    {"recheck", "..S...SS..", KIT_CONFIRM},  {"doubt", "..S...SS..", KIT_CONFIRM},
    {"install", "..S...SS..", KIT_CONFIRM},  {"mark", "..SS..SSS.", KIT_CONFIRM},
    {"restart", "..SS..SSS.", KIT_CONFIRM},  {"trial", "..SS....S.", KIT_SILENT},
    {"confirm", "..SS..SSS.", KIT_CONFIRM},  {"revert", "..SS..SSS.", KIT_REJECT},
    {"return", "..SS..SSS.", KIT_REJECT},    {"identify", "..SS..SS..", KIT_CONFIRM},
    {"result", "..SS..SS..", KIT_REJECT},    {"close", "..SS..SS..", KIT_REJECT},
    {"wait", "..SS..SS..", KIT_CONFIRM},     {"floor", "..SS..SS..", KIT_CONFIRM},
    {"trailer", "..S...SS..", KIT_CONFIRM},
};

/* A new client in this state, or as good as. */
static void go_to(const char *state, kit_trial_t trial)
{
    const kit_options_t options = {.signs = strcmp(state, "floor") == 0 ||
                                            strcmp(state, "trailer") == 0};
    kit_init(&kit, &options);
    kit.trial = (uint8_t)trial;
    if (strcmp(state, "recheck") == 0) {
        kit_rule(&kit, FAKE_TOKEN)->code = 12;
    } else if (strcmp(state, "doubt") == 0) {
        kit_rule_t *rule = kit_rule(&kit, FAKE_REPORT);
        rule->step = 101;
        rule->code = 20;
    }
    kit_start(&kit);
    if (strcmp(state, "identify") == 0) { /* the boot loader goes back at once */
        kit.trial = KIT_CRASH;
    }
    kit_until_state(&kit, state);
}

/* The call says what it should; if it refuses, no byte has changed. */
static void expect(command_t *command, oneota_error_t wanted, const char *where, size_t which)
{
    static kit_ram_t before;
    before = kit.ram;
    oneota_error_t error = command(&kit.ram.client);
    if (error != wanted) {
        fail_msg("command %u in %s: %s", (unsigned)which, where, oneota_error_text(error));
    }
    if (error != ONEOTA_OK) {
        assert_memory_equal(&kit.ram, &before, sizeof before);
    }
}

static oneota_error_t result_of(char letter)
{
    return letter == 'S' ? ONEOTA_STATE : ONEOTA_OK;
}

static void test_api_each_call_in_each_state_has_its_result(void **state)
{
    (void)state;
    for (size_t n = 0; n < COUNT(k_rows); n++) {
        assert_int_equal(strlen(k_rows[n].results), COUNT(k_commands));
        for (size_t which = 0; which < COUNT(k_commands); which++) {
            go_to(k_rows[n].state, k_rows[n].trial);
            expect(k_commands[which], result_of(k_rows[n].results[which]), k_rows[n].state, which);
            oneota_deinit(&kit.ram.client);
            kit_free(&kit);
        }
    }
}

/* The table above is complete: it names each state that there is. */
static void test_api_matrix_names_every_state(void **state)
{
    unsigned count = 1;
    (void)state;
    while (strcmp(oneota_state_text((uint8_t)count), "?") != 0) {
        bool found = false;
        for (size_t n = 0; n < COUNT(k_rows); n++) {
            found = found || strcmp(k_rows[n].state, oneota_state_text((uint8_t)count)) == 0;
        }
        assert_true(found);
        count++;
    }
    assert_int_equal(count - 1u, COUNT(k_rows));
}

static void test_api_each_call_twice_in_each_state_has_its_result(void **state)
{
    /* the second of a kind: pause is paused already, a trial is judged already */
    static const char *const second = ".SS...SS..";
    (void)state;
    for (size_t n = 0; n < COUNT(k_rows); n++) {
        for (size_t which = 0; which < COUNT(k_commands); which++) {
            go_to(k_rows[n].state, k_rows[n].trial);
            if (k_commands[which](&kit.ram.client) == ONEOTA_OK) {
                expect(k_commands[which], result_of(second[which]), k_rows[n].state, which);
            } else {
                expect(k_commands[which], ONEOTA_STATE, k_rows[n].state, which);
            }
            oneota_deinit(&kit.ram.client);
            kit_free(&kit);
        }
    }
}

/* Whatever is called wherever, and twice: the client ends in order, and what is told is true. */
static void test_api_any_call_in_any_state_ends_in_order(void **state)
{
    (void)state;
    for (size_t n = 0; n < COUNT(k_rows); n++) {
        for (size_t which = 0; which < COUNT(k_commands); which++) {
            go_to(k_rows[n].state, k_rows[n].trial);
            kit.trial = k_rows[n].trial == KIT_REJECT ? KIT_REJECT : KIT_CONFIRM;
            (void)k_commands[which](&kit.ram.client);
            (void)k_commands[which](&kit.ram.client);
            for (unsigned polls = 0; polls < 20u; polls++) {
                kit_poll(&kit);
            }
            (void)oneota_resume(&kit.ram.client);
            (void)oneota_allow_install(&kit.ram.client);
            kit_run(&kit);
            assert_true(fake_board_settled(&kit.board));
            if (k_commands[which] != oneota_forget && strcmp(k_rows[n].state, "doubt") != 0) {
                kit_judge(
                    &kit); /* what was forgotten is told twice; a rule left it without its senses */
            }
            kit_free(&kit);
        }
    }
}

/* ---------------------------------------------------------------- from the callback */

static size_t called;

static void call_one(void *ctx, const oneota_event_t *event)
{
    (void)ctx;
    (void)event;
    (void)k_commands[called](&kit.ram.client);
}

static void test_api_each_call_from_each_event_ends_in_order(void **state)
{
    (void)state;
    for (called = 0; called < COUNT(k_commands); called++) {
        kit_init(&kit, NULL);
        kit.listen = call_one;
        kit_start(&kit);
        for (unsigned polls = 0; polls < 3000u; polls++) {
            kit_poll(&kit);
        }
        kit.listen = NULL;
        (void)oneota_resume(&kit.ram.client);
        (void)oneota_allow_install(&kit.ram.client);
        (void)oneota_check_now(&kit.ram.client);
        kit_run(&kit);
        assert_true(fake_board_settled(&kit.board));
        kit_free(&kit);
    }
}

static void poll_once(void *ctx, const oneota_event_t *event)
{
    oneota_status_t status;
    (void)ctx;
    oneota_status(&kit.ram.client, &status);
    assert_true(status.percent <= 100u);
    assert_int_equal(status.has_task && event->type == ONEOTA_EVENT_TASK ? status.task.size : 3000,
                     3000);
}

static void test_api_status_from_each_event(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit.listen = poll_once;
    kit_start(&kit);
    kit_run(&kit);
    assert_true(kit_count_events(&kit, ONEOTA_EVENT_UPDATED) == 1u);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- no client */

static void test_api_null_param(void **state)
{
    oneota_status_t status;
    (void)state;
    for (size_t which = 0; which < COUNT(k_commands); which++) {
        assert_int_equal(k_commands[which](NULL), ONEOTA_PARAM);
    }
    assert_int_equal(oneota_poll(NULL), 2000000000u);
    oneota_deinit(NULL);
    memset(&status, 0xA5, sizeof status);
    oneota_status(NULL, &status);
    assert_int_equal(status.state, 0);
    assert_false(status.has_task);
}

static void expect_dead(void)
{
    static const oneota_status_t nothing;
    oneota_status_t status;
    for (size_t which = 0; which < COUNT(k_commands); which++) {
        expect(k_commands[which], ONEOTA_PARAM, "dead", which);
    }
    uint32_t calls = kit.net.calls[FAKE_NET_ANY];
    assert_int_equal(oneota_poll(&kit.ram.client), 2000000000u);
    assert_int_equal(kit.net.calls[FAKE_NET_ANY], calls);
    memset(&status, 0xA5, sizeof status);
    oneota_status(&kit.ram.client, &status);
    assert_int_equal(status.state, nothing.state);
    assert_int_equal(status.has_task, nothing.has_task);
    oneota_deinit(&kit.ram.client);
}

static void test_api_before_init_param(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    memset(&kit.ram.client, 0, sizeof kit.ram.client);
    expect_dead();
    kit_free(&kit);
}

static void test_api_after_deinit_param_in_each_state(void **state)
{
    (void)state;
    for (size_t n = 0; n < COUNT(k_rows); n++) {
        go_to(k_rows[n].state, k_rows[n].trial);
        oneota_deinit(&kit.ram.client);
        expect_dead();
        kit_free(&kit);
    }
}

/* What was stored is there for the next init. */
static void test_api_deinit_and_init_goes_on(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit_until_state(&kit, "downloaded");
    oneota_deinit(&kit.ram.client);
    assert_false(kit.net.open);
    kit_new_page(&kit);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "101 | 201 V");
    kit_free(&kit);
}

/* ---------------------------------------------------------------- two of them */

static kit_t other;

static void begin_two(void)
{
    static const kit_options_t k_other = {.size = 5003, .unit = 512, .retry = 1, .interval = 60};
    kit_init(&kit, NULL);
    kit_init(&other, &k_other);
    kit_rule(&other, FAKE_TOKEN)->code = 7;
    other.trial = KIT_REJECT;
    kit_start(&kit);
    kit_start(&other);
}

/* Each has memory and ports of its own, and the arena of the JSON library within a call alone. */
static void test_api_two_clients_in_turn_each_as_if_alone(void **state)
{
    char story[2][KIT_STORY_MAX];
    uint32_t calls[2];
    (void)state;
    begin_two();
    kit_run(&kit);
    kit_run(&other);
    calls[0] = kit.call_count;
    calls[1] = other.call_count;
    memcpy(story[0], kit_story(&kit), sizeof story[0]);
    memcpy(story[1], kit_story(&other), sizeof story[1]);
    kit_free(&kit);
    kit_free(&other);
    assert_string_equal(story[0], "V C T D 101 | 201 V");
    assert_non_null(strstr(story[1], "101 | | 206"));

    begin_two();
    while (kit.call_count < calls[0] || other.call_count < calls[1]) {
        if (kit.call_count < calls[0]) {
            kit_poll(&kit);
        }
        if (other.call_count < calls[1]) {
            kit_poll(&other);
        }
    }
    assert_string_equal(kit_story(&kit), story[0]);
    assert_string_equal(kit_story(&other), story[1]);
    kit_free(&kit);
    kit_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_each_call_in_each_state_has_its_result),
        cmocka_unit_test(test_api_matrix_names_every_state),
        cmocka_unit_test(test_api_each_call_twice_in_each_state_has_its_result),
        cmocka_unit_test(test_api_any_call_in_any_state_ends_in_order),
        cmocka_unit_test(test_api_each_call_from_each_event_ends_in_order),
        cmocka_unit_test(test_api_status_from_each_event),
        cmocka_unit_test(test_api_null_param),
        cmocka_unit_test(test_api_before_init_param),
        cmocka_unit_test(test_api_after_deinit_param_in_each_state),
        cmocka_unit_test(test_api_deinit_and_init_goes_on),
        cmocka_unit_test(test_api_two_clients_in_turn_each_as_if_alone),
    };
    return cmocka_run_group_tests_name("api matrix", tests, NULL, NULL);
}
