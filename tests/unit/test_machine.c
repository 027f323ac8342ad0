/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The tables of the machine, read as they are: this file includes machine.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/machine.c" /* NOLINT: its tables are what is tested */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_machine_no_cell_of_the_state_table_is_empty(void **state)
{
    (void)state;
    for (unsigned from = ST_NONE + 1u; from < ST_COUNT; from++) {
        for (unsigned event = EV_DONE; event < EV_LATER; event++) {
            uint8_t to = k_rule[from].next[event - EV_DONE];
            assert_true(to != ST_NONE);
            assert_true(to < ST_COUNT || to == ST_RESUME);
        }
    }
    for (unsigned event = EV_DONE; event < EV_LATER; event++) {
        assert_int_equal(k_rule[ST_NONE].next[event - EV_DONE], ST_NONE); /* nobody is there */
    }
}

static uint8_t next_of(unsigned from, event_t event, uint8_t condition)
{
    static oneota_t m;
    m.state = (uint8_t)from;
    m.boot.condition = condition;
    return follows(&m, event);
}

static void test_machine_each_state_has_a_name_of_its_own_and_a_step(void **state)
{
    (void)state;
    assert_ptr_equal(k_step[ST_NONE], oneota_step_wait); /* where a forgotten cell would lead */
    for (unsigned n = ST_NONE + 1u; n < ST_COUNT; n++) {
        assert_non_null(k_step[n]);
        assert_true(oneota_machine_state_text((uint8_t)n)[0] != '\0');
        assert_true(k_rule[n].stage <= KEEPS);
        for (unsigned other = ST_NONE + 1u; other < n; other++) {
            assert_string_not_equal(oneota_machine_state_text((uint8_t)n),
                                    oneota_machine_state_text((uint8_t)other));
        }
    }
}

static void test_machine_text_of_a_state_out_of_range_is_a_question_mark(void **state)
{
    (void)state;
    assert_string_equal(oneota_machine_state_text(ST_DOWNLOAD), "download");
    assert_string_equal(oneota_machine_state_text(ST_WAIT), "wait");
    assert_string_equal(oneota_machine_state_text(ST_COUNT), "?");
    assert_string_equal(oneota_machine_state_text(ST_RESUME), "?");
    assert_string_equal(oneota_machine_state_text(255), "?");
}

static void visit(bool *seen, unsigned from)
{
    for (unsigned event = EV_DONE; event < EV_LATER; event++) {
        uint8_t to = k_rule[from].next[event - EV_DONE];
        if (to != ST_RESUME) {
            seen[to] = true;
            continue;
        }
        for (unsigned n = 0; n < sizeof k_resume; n++) {
            seen[(&k_resume[0][0])[n]] = true;
        }
    }
}

static void test_machine_every_state_can_be_reached(void **state)
{
    bool seen[ST_COUNT] = {false};
    (void)state;
    seen[ST_START] = true;
    for (unsigned round = 0; round < ST_COUNT; round++) {
        for (unsigned n = ST_NONE + 1u; n < ST_COUNT; n++) {
            if (seen[n]) {
                visit(seen, n);
            }
        }
    }
    assert_false(seen[ST_NONE]);
    for (unsigned n = ST_NONE + 1u; n < ST_COUNT; n++) {
        if (!seen[n]) {
            fail_msg("%s is never reached", oneota_machine_state_text((uint8_t)n));
        }
    }
}

/* A failure is told to the platform, after what is on trial was taken back. */
static void test_machine_failure_leads_to_its_report(void **state)
{
    (void)state;
    for (unsigned n = ST_NONE + 1u; n < ST_COUNT; n++) {
        assert_int_equal(next_of(n, EV_FAIL, ONEOTA_BOOT_CONFIRMED), ST_RESULT);
        assert_int_equal(next_of(n, EV_FAIL, ONEOTA_BOOT_REVERTED), ST_RESULT);
        assert_int_equal(next_of(n, EV_FAIL, ONEOTA_BOOT_TRIAL), ST_REVERT);
    }
}

static void test_machine_later_waits_and_over_closes(void **state)
{
    (void)state;
    for (unsigned n = ST_NONE + 1u; n < ST_COUNT; n++) {
        assert_int_equal(next_of(n, EV_LATER, ONEOTA_BOOT_CONFIRMED), ST_WAIT);
        assert_int_equal(next_of(n, EV_OVER, ONEOTA_BOOT_CONFIRMED), ST_CLOSE);
    }
}

/* What can be paused, cancelled, or is timed: the order of the states says it. */
static void test_machine_order_of_states_is_that_of_an_update(void **state)
{
    static const state_t order[] = {ST_VERSION, ST_CHECK,  ST_RENEW,    ST_GATE,     ST_TOKEN,
                                    ST_TRAILER, ST_PREFIX, ST_DOWNLOAD, ST_PROGRESS, ST_VERIFY,
                                    ST_LOADED,  ST_DOUBT,  ST_INSTALL,  ST_MARK};
    (void)state;
    for (size_t n = 1; n < COUNT(order); n++) {
        assert_int_equal(order[n], order[n - 1u] + 1);
    }
}

/* ---------------------------------------------------------------- where work goes on */

static void test_machine_resume_by_stage_and_condition(void **state)
{
    static const struct {
        stage_t stage;
        const char *confirmed, *pending, *trial, *reverted;
    } rows[] = {
        {STAGE_NONE, "version", "restart", "trial", "version"},
        {STAGE_TASK, "gate", "restart", "trial", "gate"},
        {STAGE_LOADED, "downloaded", "restart", "trial", "downloaded"},
        {STAGE_ACKED, "install", "restart", "trial", "install"},
        {STAGE_MARKING, "mark", "restart", "trial", "mark"},
        {STAGE_RESTART, "identify", "restart", "trial", "identify"},
        {STAGE_TRIAL, "identify", "restart", "trial", "identify"},
        {STAGE_RESULT, "result", "revert", "revert", "result"},
    };
    (void)state;
    assert_int_equal(COUNT(rows), STAGE_COUNT);
    for (size_t n = 0; n < COUNT(rows); n++) {
        const char *const names[] = {rows[n].confirmed, rows[n].pending, rows[n].trial,
                                     rows[n].reverted};
        assert_int_equal(COUNT(names), ONEOTA_BOOT_CONDITION_COUNT);
        for (uint8_t condition = 0; condition < COUNT(names); condition++) {
            uint8_t to = k_resume[rows[n].stage][condition];
            assert_string_equal(oneota_machine_state_text(to), names[condition]);
        }
    }
}

/* The journal says it before the work begins: what the work is, a start finds by the stage. */
static void test_machine_stage_of_a_state_leads_back_to_it(void **state)
{
    static const struct {
        state_t state;
        stage_t stage;
    } rows[] = {
        {ST_GATE, STAGE_TASK},    {ST_LOADED, STAGE_LOADED}, {ST_INSTALL, STAGE_ACKED},
        {ST_MARK, STAGE_MARKING}, {ST_RESULT, STAGE_RESULT},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        assert_int_equal(k_rule[rows[n].state].stage, rows[n].stage);
        assert_int_equal(k_resume[rows[n].stage][ONEOTA_BOOT_CONFIRMED], rows[n].state);
    }
    assert_int_equal(k_rule[ST_RESTART].stage, STAGE_RESTART);
    assert_int_equal(k_rule[ST_TRIAL].stage, STAGE_TRIAL);
    assert_int_equal(k_rule[ST_REVERT].stage, STAGE_RESULT);
    assert_int_equal(k_rule[ST_CLOSE].stage, STAGE_NONE);
}

/* ---------------------------------------------------------------- what a poll does first */

static oneota_t client;
static uint32_t present_ms;

static uint32_t now_ms(void *ctx)
{
    (void)ctx;
    return present_ms;
}

static const oneota_clock_t k_clock = {.now_ms = now_ms};
static const oneota_setup_t k_setup = {.clock = &k_clock};

static oneota_t *client_in(unsigned in)
{
    memset(&client, 0, sizeof client);
    client.setup = &k_setup;
    client.state = (uint8_t)in;
    present_ms = 0;
    return &client;
}

static bool is_one_of(const state_t *states, size_t count, unsigned wanted)
{
    for (size_t n = 0; n < count; n++) {
        if (states[n] == wanted) {
            return true;
        }
    }
    return false;
}

static void test_machine_time_of_the_download_counts_for_the_task(void **state)
{
    static const state_t k_counted[] = {ST_TOKEN, ST_TRAILER, ST_PREFIX, ST_DOWNLOAD, ST_PROGRESS};
    (void)state;
    for (unsigned n = ST_NONE + 1u; n < ST_COUNT; n++) {
        oneota_t *m = client_in(n);
        m->now_ms = 5000;
        count_time(m);
        assert_int_equal(m->spent.seconds, 5);
        assert_int_equal(m->record.at.spent_s, is_one_of(k_counted, COUNT(k_counted), n) ? 5 : 0);
    }
}

/* What is left of a second is counted with the next one. */
static void test_machine_time_is_counted_in_whole_seconds(void **state)
{
    oneota_t *m = client_in(ST_DOWNLOAD);
    (void)state;
    m->counted_ms = m->now_ms = 0xFFFFFF00u;
    m->clock_s = 1000;
    for (unsigned n = 0; n < 100000u; n++) {
        m->now_ms += 999u;
        count_time(m);
    }
    assert_int_equal(m->record.at.spent_s, 99900);
    assert_int_equal(m->clock_s, 1000 + 99900);
    assert_int_equal(m->counted_ms, m->now_ms);
    m->now_ms += 2000000000u;
    count_time(m);
    assert_int_equal(m->record.at.spent_s, 2099900);
    oneota_t before = *m;
    m->now_ms += 999u;
    before.now_ms = m->now_ms;
    count_time(m);
    assert_memory_equal(m, &before, sizeof before);
}

static void test_machine_clock_that_is_not_known_does_not_run(void **state)
{
    oneota_t *m = client_in(ST_WAIT);
    (void)state;
    m->now_ms = 60000;
    count_time(m);
    assert_int_equal(m->clock_s, 0);
}

/* The journal reads it from where it stands, until it is written. */
static void test_machine_busy_changes_nothing_that_is_being_written(void **state)
{
    oneota_t *m = client_in(ST_WAIT);
    (void)state;
    m->phase = 1;
    m->wait_ms = 60000;
    m->busy = true;
    m->forget = true;
    m->record.at.stage = STAGE_TASK;
    present_ms = 5000;
    (void)oneota_machine_poll(m);
    assert_int_equal(m->spent.seconds, 0);
    assert_int_equal(m->record.at.stage, STAGE_TASK);
    assert_true(m->forget);
    m->busy = false;
    m->next = ST_GATE; /* it waits for the journal */
    (void)oneota_machine_poll(m);
    assert_int_equal(m->spent.seconds, 5);
    assert_true(m->forget);
    m->next = ST_NONE;
    assert_int_equal(oneota_machine_poll(m), 0); /* the wait is over */
    assert_false(m->forget);
    assert_int_equal(m->record.at.stage, STAGE_NONE);
    assert_int_equal(m->next, ST_CLOSE);
}

/* From version to install, but for the proof of the download; a task can be cancelled once there is
 * one. */
static void test_machine_commands_count_in_these_states_alone(void **state)
{
    static const state_t k_heard[] = {ST_VERSION, ST_CHECK,  ST_RENEW,    ST_GATE,     ST_TOKEN,
                                      ST_TRAILER, ST_PREFIX, ST_DOWNLOAD, ST_PROGRESS, ST_VERIFY,
                                      ST_LOADED,  ST_DOUBT,  ST_INSTALL};
    (void)state;
    for (unsigned n = ST_NONE + 1u; n < ST_COUNT; n++) {
        const bool pauses = is_one_of(k_heard, COUNT(k_heard), n) && n != ST_VERIFY;
        const bool cancels = is_one_of(k_heard + 3, COUNT(k_heard) - 3u, n);
        oneota_t *m = client_in(n);
        m->paused = true;
        m->record.at.stage = STAGE_TASK;
        assert_int_equal(take_commands(m), pauses ? EV_LATER : EV_STAY);
        assert_int_equal(m->later_ms, pauses ? 2000000000 : 0);
        m->cancel = true;
        assert_int_equal(take_commands(m), cancels ? EV_FAIL : pauses ? EV_LATER : EV_STAY);
        assert_int_equal(m->cancel, !cancels); /* done once */
        assert_int_equal(m->record.at.result, cancels ? 107 : 0);
    }
}

/* What the download has spent is recorded when it is left, by whatever way. */
static void test_machine_budget_is_recorded_when_the_download_is_left(void **state)
{
    static const state_t k_download[] = {ST_TRAILER, ST_PREFIX, ST_DOWNLOAD, ST_PROGRESS};
    static const state_t k_behind[] = {ST_VERIFY, ST_RESULT, ST_CLOSE, ST_WAIT};
    static const state_t k_before[] = {ST_RENEW, ST_GATE, ST_TOKEN, ST_TRAILER, ST_PROGRESS};
    (void)state;
    for (unsigned from = ST_NONE + 1u; from < ST_COUNT; from++) {
        const bool loads = is_one_of(k_download, COUNT(k_download), from);
        for (size_t n = 0; n < COUNT(k_behind); n++) {
            oneota_t *m = client_in(from);
            m->record.at.stage = k_rule[k_behind[n]].stage;
            go(m, (uint8_t)k_behind[n]);
            assert_int_equal(m->dirty_spent, loads);
            assert_int_equal(m->dirty, loads);
            assert_int_equal(m->next, loads ? k_behind[n] : ST_NONE);
        }
        for (size_t n = 0; n < COUNT(k_before); n++) {
            oneota_t *m = client_in(from);
            go(m, (uint8_t)k_before[n]);
            assert_false(m->dirty_spent);
        }
    }
}

/* Else it would come back with the wrap of the clock. */
static void test_machine_wait_ends_with_its_state(void **state)
{
    oneota_t *m = client_in(ST_WAIT);
    (void)state;
    m->wait_ms = 60000;
    advance(m, EV_DONE);
    assert_int_equal(m->state, ST_VERSION);
    assert_int_equal(m->wait_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_no_cell_of_the_state_table_is_empty),
        cmocka_unit_test(test_machine_each_state_has_a_name_of_its_own_and_a_step),
        cmocka_unit_test(test_machine_text_of_a_state_out_of_range_is_a_question_mark),
        cmocka_unit_test(test_machine_every_state_can_be_reached),
        cmocka_unit_test(test_machine_failure_leads_to_its_report),
        cmocka_unit_test(test_machine_later_waits_and_over_closes),
        cmocka_unit_test(test_machine_order_of_states_is_that_of_an_update),
        cmocka_unit_test(test_machine_resume_by_stage_and_condition),
        cmocka_unit_test(test_machine_stage_of_a_state_leads_back_to_it),
        cmocka_unit_test(test_machine_time_of_the_download_counts_for_the_task),
        cmocka_unit_test(test_machine_time_is_counted_in_whole_seconds),
        cmocka_unit_test(test_machine_clock_that_is_not_known_does_not_run),
        cmocka_unit_test(test_machine_busy_changes_nothing_that_is_being_written),
        cmocka_unit_test(test_machine_commands_count_in_these_states_alone),
        cmocka_unit_test(test_machine_budget_is_recorded_when_the_download_is_left),
        cmocka_unit_test(test_machine_wait_ends_with_its_state),
    };
    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
