/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Servers that would wear out the flash or use up a data plan: what they get, in a day and in many,
 * over resets; and that an honest one never notices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fake_md5.h"
#include "kit.h"

#define HOUR_MS 3600000u
#define DAY     24u

static kit_t kit;
static fake_task_t offered; /* as it was when it was new */
static uint8_t forged[3000];

static fake_task_t *task(void)
{
    return &kit.platform.tasks[0];
}

static void begin_with(uint32_t retry, bool differential)
{
    const kit_options_t options = {.retry = retry, .interval = 60, .differential = differential};
    kit_init(&kit, &options);
}

static void begin(void)
{
    begin_with(0, false);
}

static const fake_flash_t *slot(void)
{
    return &kit.board.slots[0][1].flash;
}

static oneota_spent_t *spent(void)
{
    return &kit.ram.client.spent;
}

/* The platform sends something else than it has announced, whenever it is asked. */
static void spoil(void)
{
    memcpy(forged, kit.packages[0]->bytes, sizeof forged);
    forged[sizeof forged - 1u] ^= 1u;
    task()->served = forged;
    kit.codes[0] = 205;
}

/* The kit keeps what happened, but not of weeks. */
static void forget_the_past(void)
{
    kit.call_count = 0;
    kit.event_count = 0;
    kit_new_page(&kit);
}

/* Hours with the same task for ever new: as soon as it has failed. */
static void offer_for_ever(uint32_t hours)
{
    for (uint32_t hour = 0; hour < hours; hour++) {
        forget_the_past();
        if (task()->result != 0) {
            *task() = offered;
        }
        kit_pass(&kit, HOUR_MS);
    }
}

static uint32_t last_reason(void)
{
    oneota_status_t status;
    kit_status(&kit, &status);
    return status.reason;
}

/* ---------------------------------------------------------------- erases */

static void test_api_budget_of_erases_holds_against_a_hostile_server(void **state)
{
    static const uint32_t k_days = 60;
    (void)state;
    for (unsigned differential = 0; differential < 2u; differential++) {
        begin_with(0, differential != 0);
        if (differential != 0) {
            kit.patch->bytes[kit.patch->length - 1u] ^= 1u;
            kit_reseal(&kit);
            kit.codes[0] = 205;
        } else {
            spoil();
        }
        offered = *task();
        kit_start(&kit);
        offer_for_ever(k_days * DAY);
        assert_in_range(slot()->erases[0], ONEOTA_ERASES_MAX + (k_days - 2u) * ONEOTA_ERASES_DAY,
                        ONEOTA_ERASES_MAX + k_days * ONEOTA_ERASES_DAY);
        assert_int_equal(last_reason(), ONEOTA_REASON_ERASES);
        for (uint32_t n = 0; n < kit.board.journal.flash.unit_count; n++) {
            assert_in_range(kit.board.journal.flash.erases[n], 0, k_days * 27u / 10u);
        }
        kit_free(&kit);
    }
}

/* Neither the journal of before, nor a reset each time, buys one erase more. */
static void test_api_budget_of_erases_is_not_given_back_by_resets(void **state)
{
    (void)state;
    begin();
    spoil();
    offered = *task();
    kit_start(&kit);
    do {
        offer_for_ever(1);
    } while (last_reason() != ONEOTA_REASON_ERASES);
    uint32_t erases = slot()->erases[0];
    for (unsigned n = 0; n < 100u; n++) {
        kit_start(&kit);
        (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_int_equal(last_reason(), ONEOTA_REASON_ERASES);
        forget_the_past();
    }
    assert_int_equal(slot()->erases[0], erases);
    kit_free(&kit);
}

/* Each time it is asked, the platform has another task, and refuses the token of the one before:
 * nothing is downloaded, but each of them is recorded. */
static void replace_task(void *ctx, const oneota_event_t *event)
{
    char *digit = &task()->md5[31];
    (void)ctx;
    if (event->type == ONEOTA_EVENT_TASK) {
        *digit = *digit == '0' ? '1' : '0';
    }
}

static void test_api_budget_is_not_needed_for_tasks_that_are_replaced_for_ever(void **state)
{
    static const uint32_t k_days = 60;
    (void)state;
    begin();
    kit_rule_t *rule = kit_rule(&kit, FAKE_TOKEN);
    rule->code = 12;
    rule->times = KIT_ALWAYS;
    kit.listen = replace_task;
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_string_equal(kit_story(&kit), "V C T C C T C");
    for (uint32_t hour = 0; hour < k_days * DAY; hour++) {
        forget_the_past();
        kit_pass(&kit, HOUR_MS);
        assert_in_range(kit.call_count, 0, 12u);
    }
    for (uint32_t n = 0; n < kit.board.journal.flash.unit_count; n++) {
        assert_in_range(kit.board.journal.flash.erases[n], 0, k_days * 27u / 10u);
    }
    kit_free(&kit);
}

/* It is in the journal before the first unit is erased: who cuts the power then gains nothing. */
static void test_api_budget_is_spent_before_the_first_erase(void **state)
{
    (void)state;
    begin();
    kit_start(&kit);
    for (uint32_t cuts = 1; cuts <= 5u; cuts++) {
        while (slot()->erases[0] < cuts) {
            kit_poll(&kit);
        }
        kit_start(&kit);
        kit_until_state(&kit, "gate");
        assert_int_equal(spent()->erases, cuts);
    }
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

/* What was asked for and what came is stored when the download rests, in whatever way. */
static void test_api_budget_of_a_download_that_rests_is_kept_over_a_reset(void **state)
{
    (void)state;
    begin();
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    spent()->requests = ONEOTA_REQUESTS_DAY;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    assert_int_equal(spent()->requests, ONEOTA_REQUESTS_DAY);
    kit_free(&kit);
    begin();
    kit_start(&kit);
    kit_until_state(&kit, "verify");
    oneota_spent_t before = *spent();
    assert_true(before.requests > 1u && before.kib > 1u);
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    assert_memory_equal(spent(), &before, sizeof before);
    kit_free(&kit);
}

/* What goes on after a reset erases one unit anew, and not the slot. */
static void test_api_budget_of_erases_is_not_spent_by_going_on(void **state)
{
    const kit_options_t options = {.size = 60000, .slot_size = 65536};
    (void)state;
    kit_init(&kit, &options);
    kit_start(&kit);
    for (uint8_t step = 40; step <= 80; step = (uint8_t)(step + 20u)) {
        kit_until_call(&kit, FAKE_REPORT, step, 1);
        kit_start(&kit);
    }
    kit_until_state(&kit, "verify");
    assert_int_equal(spent()->erases, 1);
    assert_int_equal(slot()->erases[0], 1);
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

/* Time that has passed counts, as far as it was stored: each hour while there is nothing left. */
static void test_api_budget_comes_back_over_resets(void **state)
{
    uint32_t hours = 0;
    (void)state;
    begin();
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    spent()->erases = ONEOTA_ERASES_MAX;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    while (task()->result == 0) {
        assert_true(hours < 3u * DAY);
        forget_the_past();
        kit_pass(&kit, 3u * HOUR_MS / 2u); /* of which the last half hour is lost */
        hours++;
        if (task()->result == 0 && strcmp(oneota_state_text(kit.ram.client.state), "wait") == 0) {
            kit_start(&kit);
        }
    }
    assert_int_equal(task()->result, 201);
    assert_in_range(hours, DAY, DAY + 2u);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- requests, bytes */

/* Goes on where it was a day later; in between the platform is asked so often whether the task is
 * still meant. */
static void assert_waits_a_day(oneota_reason_t reason, uint32_t trailer, uint32_t asked)
{
    const oneota_event_t *failed = kit_until_event(&kit, ONEOTA_EVENT_FAILED);
    assert_int_equal(failed->reason, reason);
    uint32_t downloads = kit_count_calls(&kit, FAKE_DOWNLOAD, 0);
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(kit_idle_ms(&kit), HOUR_MS);
    uint32_t tokens = kit_count_calls(&kit, FAKE_TOKEN, 0);
    kit_pass(&kit, (DAY - 1u) * HOUR_MS);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), downloads);
    assert_in_range(kit_count_calls(&kit, FAKE_TOKEN, 0), tokens + asked - asked / 12u,
                    tokens + asked);
    assert_int_equal(task()->result, 0);
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    assert_int_equal(task()->downloads, task()->size + trailer);
    assert_int_equal(slot()->erases[0], 1);
    kit_judge(&kit);
    kit_free(&kit);
}

/* A few bytes each time. */
static void test_api_budget_of_requests_ends_the_day_of_a_server_that_dribbles(void **state)
{
    (void)state;
    begin();
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->clip = 40;
    rule->times = 20;
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    spent()->requests = ONEOTA_REQUESTS_DAY - 23u; /* the token's, too, and two reports */
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 20);
    assert_waits_a_day(ONEOTA_REASON_REQUESTS, 0, 0);
}

/* The platform hears how it ended, whatever is left. */
static void test_api_budget_of_requests_leaves_the_result_alone(void **state)
{
    (void)state;
    begin();
    kit_start(&kit);
    kit_until_state(&kit, "result");
    spent()->requests = ONEOTA_REQUESTS_DAY;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(task()->result, 201);
    assert_int_equal(last_reason(), ONEOTA_REASON_REQUESTS); /* of the version, which has time */
    assert_int_equal(kit_idle_ms(&kit), HOUR_MS);
    kit_pass(&kit, (DAY + 1u) * HOUR_MS);
    assert_int_equal(kit_last_call(&kit, FAKE_VERSION)->at_ms / HOUR_MS, DAY);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_budget_of_bytes_ends_the_day(void **state)
{
    (void)state;
    begin();
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->clip = 1500;
    rule->times = 1;
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    spent()->kib = ONEOTA_KIB_DAY - 1u;
    assert_waits_a_day(ONEOTA_REASON_BYTES, 0, DAY);
}

/* The same bytes over and over, from a server without ranges on a link that breaks. */
static void test_api_budget_of_bytes_counts_what_is_thrown_away(void **state)
{
    (void)state;
    begin();
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->rangeless = true;
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_until_state(&kit, "prefix");
    kit.net.fault = FAKE_NET_RESET;
    kit.net.fault_at = 2700;
    kit.net.fault_answer = kit.net.answers + 1u;
    kit.net.fault_stays = true;
    for (unsigned n = 0; n < 3u; n++) {
        uint32_t kib = spent()->kib;
        (void)kit_until_event(&kit, ONEOTA_EVENT_FAILED);
        assert_in_range(spent()->kib, kib + 3u, kib + 4u);
    }
    kit_free(&kit);
}

static void test_api_budget_counts_the_trailer_too(void **state)
{
    const kit_options_t options = {.signs = true};
    (void)state;
    kit_init(&kit, &options);
    kit_start(&kit);
    kit_until_state(&kit, "prefix");
    assert_int_equal(spent()->requests, 4); /* behind version, check and token */
    assert_int_equal(spent()->kib, 1);
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    spent()->requests = ONEOTA_REQUESTS_DAY;
    assert_waits_a_day(ONEOTA_REASON_REQUESTS, ONEOTA_TRAILER_BYTES, 0);
}

/* Who says "in a second" each time is asked as seldom as who says nothing. */
static void test_api_budget_is_not_needed_for_a_server_that_is_never_ready(void **state)
{
    uint32_t calls = 0;
    (void)state;
    begin();
    kit_rule_t *rule = kit_rule(&kit, FAKE_CHECK);
    rule->status = 503;
    rule->headers = "Retry-After: 1\r\n";
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    for (uint32_t minute = 0; minute < DAY * 60u; minute++) {
        forget_the_past();
        kit_pass(&kit, 60000);
        calls += kit.call_count;
    }
    assert_in_range(calls, DAY, 10u * DAY);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- what the platform is told */

static void test_api_budget_uses_up_rounds_and_ends_with_206(void **state)
{
    (void)state;
    begin_with(2, false);
    kit.codes[0] = 206;
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    spent()->erases = ONEOTA_ERASES_MAX;
    for (unsigned n = 0; n < 2u; n++) {
        (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_int_equal(kit_idle_ms(&kit), HOUR_MS);
        assert_int_equal(oneota_check_now(&kit.ram.client), ONEOTA_OK); /* uses up no round */
        assert_int_equal(task()->result, 0);
    }
    kit_run(&kit);
    assert_int_equal(task()->result, 206);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_ERASES);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_ERASES), 3);
    assert_int_equal(slot()->erases[0], 0);
    assert_in_range(kit.board.now_ms, 2u * HOUR_MS, 3u * HOUR_MS);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_budget_wait_ends_with_the_task(void **state)
{
    (void)state;
    begin();
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    spent()->erases = ONEOTA_ERASES_MAX;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    fake_platform_cancel(task());
    kit_run(&kit);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_CANCELLED);
    assert_int_equal(task()->result, 0);
    kit_judge(&kit);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- an honest one */

static void test_api_budget_is_given_back_by_a_confirmed_update(void **state)
{
    (void)state;
    for (unsigned fails = 0; fails < 2u; fails++) {
        begin();
        kit.codes[0] = fails != 0 ? 206 : 201;
        kit.trial = fails != 0 ? KIT_REJECT : KIT_CONFIRM;
        kit_start(&kit);
        kit_until_state(&kit, "gate");
        spent()->erases = 7;
        kit_run(&kit);
        kit_start(&kit);
        (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
        assert_int_equal(spent()->erases, fails != 0 ? 8 : 0);
        assert_int_equal(spent()->requests == 2, fails == 0); /* version and check since then */
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_budget_is_stored_after_a_download_that_was_once_put_off(void **state)
{
    (void)state;
    begin();
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    kit.ram.client.reason = ONEOTA_REASON_POSTPONED; /* as a 19 of the token leaves it */
    kit_until_state(&kit, "verify");
    uint32_t kib = spent()->kib;
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    assert_int_equal(spent()->kib, kib);
    kit_free(&kit);
}

/* What another release has written is not taken for what this one spends. */
static void test_api_budget_of_another_format_is_begun_afresh(void **state)
{
    (void)state;
    begin();
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    spent()->requests = ONEOTA_REQUESTS_DAY;
    spent()->format++;
    (void)kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    kit_start(&kit);
    kit_until_state(&kit, "gate");
    assert_int_equal(spent()->requests, 0);
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

/* Nothing is written for what was not spent. */
static void test_api_budget_costs_an_idle_device_nothing(void **state)
{
    const kit_options_t options = {.tasks = 8};
    (void)state;
    kit_init(&kit, &options);
    kit_start(&kit);
    for (uint32_t hour = 0; hour < 10u * DAY; hour++) {
        forget_the_past();
        kit_pass(&kit, HOUR_MS);
    }
    assert_int_equal(kit.board.calls[FAKE_CALL_JOURNAL_PROGRAM], 0);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_budget_of_erases_holds_against_a_hostile_server),
        cmocka_unit_test(test_api_budget_of_erases_is_not_given_back_by_resets),
        cmocka_unit_test(test_api_budget_is_not_needed_for_tasks_that_are_replaced_for_ever),
        cmocka_unit_test(test_api_budget_is_spent_before_the_first_erase),
        cmocka_unit_test(test_api_budget_of_a_download_that_rests_is_kept_over_a_reset),
        cmocka_unit_test(test_api_budget_of_another_format_is_begun_afresh),
        cmocka_unit_test(test_api_budget_of_erases_is_not_spent_by_going_on),
        cmocka_unit_test(test_api_budget_comes_back_over_resets),
        cmocka_unit_test(test_api_budget_of_requests_ends_the_day_of_a_server_that_dribbles),
        cmocka_unit_test(test_api_budget_of_requests_leaves_the_result_alone),
        cmocka_unit_test(test_api_budget_is_stored_after_a_download_that_was_once_put_off),
        cmocka_unit_test(test_api_budget_of_bytes_ends_the_day),
        cmocka_unit_test(test_api_budget_of_bytes_counts_what_is_thrown_away),
        cmocka_unit_test(test_api_budget_counts_the_trailer_too),
        cmocka_unit_test(test_api_budget_is_not_needed_for_a_server_that_is_never_ready),
        cmocka_unit_test(test_api_budget_uses_up_rounds_and_ends_with_206),
        cmocka_unit_test(test_api_budget_wait_ends_with_the_task),
        cmocka_unit_test(test_api_budget_is_given_back_by_a_confirmed_update),
        cmocka_unit_test(test_api_budget_costs_an_idle_device_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
