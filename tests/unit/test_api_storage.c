/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Flash that fails, a slot that is not what it was, a boot loader that decides by itself; and
 * bodies that are not as long as their header says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"
#include "machine.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;

static void begin(uint8_t code)
{
    const kit_options_t options = {.size = 60000, .slot_size = 65536, .retry = 1, .interval = 60};
    kit_init(&kit, &options);
    kit.codes[0] = code;
    kit_start(&kit);
}

static fake_flash_t *slot_flash(void)
{
    return &kit.board.slots[0][1].flash;
}

/* From the next call of a kind on, so many fail. The board itself plans for one alone. */
static uint32_t faults_left;
static oneota_error_t (*inner_program)(void *, uint32_t, const void *, uint32_t);
static oneota_error_t (*inner_read)(void *, uint32_t, void *, uint32_t);

static bool fails(void)
{
    if (faults_left == 0) {
        return false;
    }
    faults_left--;
    return true;
}

static oneota_error_t bad_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    return fails() ? ONEOTA_STORAGE : inner_program(ctx, offset, data, length);
}

static oneota_error_t bad_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    return fails() ? ONEOTA_STORAGE : inner_read(ctx, offset, buffer, length);
}

static void break_program(fake_region_t *region, uint32_t count)
{
    inner_program = region->port.program;
    region->port.program = bad_program;
    faults_left = count;
}

static void break_read(fake_region_t *region, uint32_t count)
{
    inner_read = region->port.read;
    region->port.read = bad_read;
    faults_left = count;
}

static void flip(uint32_t at)
{
    uint8_t byte = slot_flash()->bytes[at] ^ 0x10u;
    fake_flash_put(slot_flash(), at, &byte, 1);
}

/* ---------------------------------------------------------------- the slot */

static void test_api_slot_that_fails_twice_is_written_again(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= 2u; count++) {
        begin(201);
        kit_until_call(&kit, FAKE_REPORT, 50, 1);
        break_program(&kit.board.slots[0][1], count);
        kit_run(&kit);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), count);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_slot_that_fails_three_times_107(void **state)
{
    (void)state;
    begin(107);
    kit_until_call(&kit, FAKE_REPORT, 50, 1);
    break_program(&kit.board.slots[0][1], 3);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 107);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_STORAGE);
    kit_free(&kit);
}

static void test_api_slot_whose_tail_fails_is_written_again(void **state)
{
    const kit_options_t options = {.size = 5};
    (void)state;
    kit_init(&kit, &options);
    kit_start(&kit);
    break_program(&kit.board.slots[0][1], 1);
    kit_run(&kit);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 1);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

static void test_api_prefix_that_cannot_be_read_is_downloaded_again(void **state)
{
    (void)state;
    begin(201);
    kit_until_call(&kit, FAKE_REPORT, 50, 1);
    kit_start(&kit);
    break_read(&kit.board.slots[0][1], 1);
    kit_until_state(&kit, "progress");
    uint32_t n = kit.call_count;
    while (kit.calls[n - 1u].verb == FAKE_DOWNLOAD) {
        n--;
    }
    assert_int_equal(kit.calls[n].first, 0);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

/* Another geometry than that of the firmware that stored it, or more than there is. */
static void test_api_prefix_that_ends_where_no_unit_begins_is_downloaded_again(void **state)
{
    static const uint32_t stored[] = {1, 16383, 16385, 59999, 60001, UINT32_MAX};
    (void)state;
    for (size_t n = 0; n < COUNT(stored); n++) {
        begin(201);
        kit_until_state(&kit, "token");
        kit.ram.client.record.at.stored = stored[n];
        kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
        assert_int_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->first, 0);
        kit_run(&kit);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

/* All of it was stored, but not proven yet: nothing is asked for again. */
static void test_api_prefix_that_is_all_of_it_is_proven_at_once(void **state)
{
    (void)state;
    begin(201);
    kit_until_state(&kit, "downloaded");
    kit.ram.client.record.at.stage = STAGE_TASK; /* as if the power had gone just before */
    kit.ram.client.dirty = true;
    kit.ram.client.next = kit.ram.client.state;
    while (kit.ram.client.next != ST_NONE) {
        kit_poll(&kit);
    }
    kit_new_page(&kit);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "T 101 | 201 V");
    kit_judge(&kit);
    kit_free(&kit);
}

/* What changed behind our back is found at the end, and downloaded once more. */
static void test_api_prefix_that_changed_is_found_by_the_digest(void **state)
{
    (void)state;
    begin(201);
    kit_until_call(&kit, FAKE_REPORT, 50, 1);
    flip(100);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), 1);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

static void test_api_verify_by_what_is_in_flash(void **state)
{
    (void)state;
    for (unsigned unreadable = 0; unreadable <= 1u; unreadable++) {
        begin(201);
        kit_until_state(&kit, "verify");
        if (unreadable) {
            break_read(&kit.board.slots[0][1], 1);
        } else {
            flip(30000);
        }
        kit_run(&kit);
        assert_int_equal(
            kit_count_failed(&kit, unreadable ? ONEOTA_REASON_STORAGE : ONEOTA_REASON_DIGEST), 1);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- after 101 */

static void test_api_mark_needs_a_last_proof_else_205(void **state)
{
    (void)state;
    begin(205);
    kit_until_state(&kit, "install");
    flip(30000);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 205");
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), 4); /* three may be a glitch */
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_mark_a_read_that_fails_is_a_glitch(void **state)
{
    (void)state;
    begin(201);
    kit_until_state(&kit, "mark");
    break_read(&kit.board.slots[0][1], 2);
    kit_run(&kit);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 2);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

static oneota_error_t bad_mark(void *ctx, uint8_t image, const oneota_boot_mark_t *mark)
{
    return fails() ? ONEOTA_STORAGE : fake_boot.mark(ctx, image, mark);
}

static void test_api_mark_that_fails_uses_rounds_then_207(void **state)
{
    oneota_boot_port_t boot = fake_boot;
    const kit_options_t options = {.retry = 1, .interval = 60};
    (void)state;
    boot.mark = bad_mark;
    kit_init(&kit, &options);
    kit.codes[0] = 207;
    kit.setup.boot = &boot;
    faults_left = UINT32_MAX;
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 207");
    assert_int_equal(UINT32_MAX - faults_left, 3 + 2); /* glitches, as many rounds as there are */
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_STORAGE);
    kit_free(&kit);
}

/* ------------------------------------------------------ a boot loader that decides by itself */

/* The restart is wanted; the boot loader makes what was marked the running one for good. */
static void confirmed_by_the_boot_loader(const char *label, uint8_t code)
{
    const kit_options_t options = {.label = label};
    kit_init(&kit, &options);
    kit.stubborn = true;
    kit.codes[0] = code;
    kit_start(&kit);
    (void)kit_until_event(&kit, ONEOTA_EVENT_RESTART);
    kit.stubborn = false;
    fake_board_boot(&kit.board);
    assert_int_equal(fake_boot.confirm(&kit.board, 0), ONEOTA_OK);
    kit_start(&kit);
}

static void test_api_boot_loader_that_confirms_201_by_the_digest(void **state)
{
    (void)state;
    confirmed_by_the_boot_loader(NULL, 201);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 201 V");
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_boot_loader_that_confirms_another_version_204(void **state)
{
    (void)state;
    confirmed_by_the_boot_loader("1.2", 204);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 204 V");
    kit_free(&kit);
}

static void test_api_running_image_that_cannot_be_read_is_asked_again(void **state)
{
    (void)state;
    confirmed_by_the_boot_loader(NULL, 201);
    break_read(&kit.board.slots[0][1], 2);
    kit_run(&kit);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 2);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

/* It was asked again for ever, and no task was looked for any more. */
static void test_api_running_image_that_can_never_be_read_stops_no_later_update(void **state)
{
    (void)state;
    confirmed_by_the_boot_loader(NULL, 201);
    break_read(&kit.board.slots[0][1], UINT32_MAX);
    kit_until_call(&kit, FAKE_VERSION, 0, 2);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, ONEOTA_REASON_STORAGE);
    assert_int_equal(kit.platform.tasks[0].state, FAKE_TASK_DONE); /* by the version, not by 201 */
    kit_pass(&kit, 7200000);
    assert_string_equal(kit_story(&kit), "V C T D 101 V C");
    kit_free(&kit);
}

static void test_api_old_image_that_can_never_be_read_206(void **state)
{
    const kit_options_t options = {.hides_revert = true};
    (void)state;
    kit_init(&kit, &options);
    kit.trial = KIT_CRASH;
    kit.codes[0] = 206;
    break_read(&kit.board.slots[0][0], UINT32_MAX);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, 206, 1);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_FAILED)->reason, ONEOTA_REASON_STORAGE);
    assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 201), 0);
    kit_judge(&kit);
    kit_free(&kit);
}

/* One read that was wrong told 206 of an image that runs. */
static void test_api_running_image_read_wrong_three_times_is_the_update(void **state)
{
    (void)state;
    for (uint32_t times = 1; times <= 3u; times++) {
        confirmed_by_the_boot_loader(NULL, 201);
        flip(2000);
        while (kit_count_failed(&kit, ONEOTA_REASON_DIGEST) < times) {
            kit_poll(&kit);
        }
        flip(2000);
        kit_run(&kit);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        kit_free(&kit);
    }
}

/* It says it is the target, and its bytes are not: never 201. */
static void test_api_running_image_of_other_bytes_is_not_the_update(void **state)
{
    (void)state;
    confirmed_by_the_boot_loader(NULL, 206);
    flip(2000);
    kit_until_call(&kit, FAKE_REPORT, 206, 1);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), 3);
    assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 201), 0);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_REVERTED), 1);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- the journal */

static void test_api_journal_that_fails_delays_and_loses_nothing(void **state)
{
    static const char *const states[] = {"check",      "gate",    "download", "verify",
                                         "downloaded", "install", "trial",    "result"};
    (void)state;
    for (size_t n = 0; n < COUNT(states); n++) {
        begin(201);
        kit_until_state(&kit, states[n]);
        break_program(&kit.board.journal, 40);
        for (unsigned run = 0; run < 60u && kit.platform.tasks[0].result == 0; run++) {
            (void)kit_until_event(&kit, ONEOTA_EVENT_STATE);
        }
        kit_run(&kit);
        assert_true(faults_left < 40u);
        assert_true(kit_count_failed(&kit, ONEOTA_REASON_STORAGE) > 0);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

/* What could not be read was taken for an empty journal: the task was forgotten, and 201 never
 * told. Each scan reads both units three times in vain; the fourth is the last. */
static void test_api_journal_unreadable_at_a_start_the_task_was_forgotten(void **state)
{
    static const uint32_t counts[] = {3, 6, 7, 12, 18};
    (void)state;
    for (size_t n = 0; n < COUNT(counts); n++) {
        begin(201);
        (void)kit_until_event(&kit, ONEOTA_EVENT_RESTART);
        break_read(&kit.board.journal, counts[n]);
        kit_run(&kit);
        assert_int_equal(faults_left, 0);
        assert_in_range(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 1, 3);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_journal_unreadable_for_ever_is_told_and_the_device_checks(void **state)
{
    (void)state;
    begin(201);
    break_read(&kit.board.journal, UINT32_MAX);
    kit_until_call(&kit, FAKE_CHECK, 0, 1);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 4);
    faults_left = 0;
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

/* Asked to check at once, again and again, it took three looks within a moment for all it had. */
static void test_api_journal_unreadable_at_a_start_check_now_hurries_no_look(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit.setup.check_at_once = true;
    kit_start(&kit);
    uint32_t start = kit.board.now_ms;
    break_read(&kit.board.journal, UINT32_MAX);
    while (kit.call_count == 0) {
        assert_int_equal(oneota_check_now(&kit.ram.client), ONEOTA_OK);
        kit_poll(&kit);
    }
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 4);
    assert_true(kit.calls[0].at_ms - start >= 3000u);
    faults_left = 0;
    kit_run(&kit);
    kit_free(&kit);
}

/* A torn record read as if it were whole, was acted upon, and was gone at the next start: progress
 * was told twice. */
static void test_api_record_found_at_a_start_is_written_again_before_a_call(void **state)
{
    (void)state;
    begin(201);
    kit_until_call(&kit, FAKE_REPORT, 50, 1);
    kit_start(&kit);
    uint32_t erased = kit.board.calls[FAKE_CALL_JOURNAL_ERASE];
    uint32_t opened = kit.net.calls[FAKE_NET_OPEN];
    while (kit.board.calls[FAKE_CALL_JOURNAL_ERASE] == erased) {
        kit_poll(&kit);
        assert_int_equal(kit.net.calls[FAKE_NET_OPEN], opened);
    }
    kit_run(&kit);
    kit_judge(&kit);
    kit_free(&kit);
}

/* The call after it fails once, too: it backs off as after a first failure. */
static void test_api_boot_control_that_failed_makes_no_call_back_off_longer(void **state)
{
    static const struct {
        uint8_t call, verb, step;
    } rows[] = {{FAKE_CALL_QUERY, FAKE_VERSION, 0}, {FAKE_CALL_CONFIRM, FAKE_REPORT, 201}};
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        begin(201);
        kit.board.fault_call = rows[n].call;
        kit.board.fault = FAKE_FAULT_ERROR;
        kit.board.fault_at = 1;
        kit.board.fault_count = 3;
        kit_rule_t *rule = kit_rule(&kit, (fake_verb_t)rows[n].verb);
        rule->step = rows[n].step;
        rule->status = 500;
        rule->body = "later";
        kit_until_call(&kit, (fake_verb_t)rows[n].verb, rows[n].step, 1);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 3);
        uint32_t start = kit.board.now_ms;
        kit_until_call(&kit, (fake_verb_t)rows[n].verb, rows[n].step, 2);
        assert_in_range(kit.board.now_ms - start, 1000, 3000);
        kit_run(&kit);
        kit_free(&kit);
    }
}

static void test_api_boot_control_that_cannot_be_asked_at_a_task_later(void **state)
{
    (void)state;
    begin(201);
    kit_until_call(&kit, FAKE_CHECK, 0, 1);
    kit.board.fault_call = FAKE_CALL_QUERY;
    kit.board.fault = FAKE_FAULT_ERROR;
    kit.board.fault_at = kit.board.calls[FAKE_CALL_QUERY] + 1u;
    const oneota_event_t *idle = kit_until_event(&kit, ONEOTA_EVENT_IDLE);
    assert_int_equal(idle->reason, ONEOTA_REASON_STORAGE);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C C T D 101 | 201 V");
    kit_free(&kit);
}

static void fail_for_a_day(fake_board_call_t call)
{
    begin(201);
    kit.board.fault_call = (uint8_t)call;
    kit.board.fault = FAKE_FAULT_ERROR;
    kit.board.fault_at = call == FAKE_CALL_QUERY ? 2 : 1;
    kit.board.fault_count = FAKE_FLASH_FOR_EVER;
    kit_pass(&kit, 86400000u);
}

/* The platform was asked every second: each of its answers began the back-off anew. */
static void test_api_boot_control_that_fails_all_day_one_check_an_hour(void **state)
{
    (void)state;
    fail_for_a_day(FAKE_CALL_QUERY);
    assert_in_range(kit_count_calls(&kit, FAKE_CHECK, 0), 10, 40);
    kit_free(&kit);
}

/* The package was downloaded again for every call that failed. */
static void test_api_inspect_that_fails_all_day_one_download(void **state)
{
    (void)state;
    fail_for_a_day(FAKE_CALL_INSPECT);
    assert_in_range(kit.board.calls[FAKE_CALL_INSPECT], 10, 200);
    assert_int_equal(kit.platform.tasks[0].downloads, 60000);
    kit.board.fault_at = 0;
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

/* The task never ended, and with it no other one began. */
static void test_api_inspect_that_never_works_207(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit.codes[0] = 207;
    kit.board.inspects = ONEOTA_STORAGE;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, 207, 1);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    kit_judge(&kit);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- bodies of another length */

#define PART \
    "HTTP/1.1 206 \r\nContent-Range: bytes 0-303/3000\r\nTransfer-Encoding: chunked\r\n\r\n"
#define X100                                                                                 \
    "64\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxxxxxxxxxxxxxxxxxx\r\n"

static void test_api_body_shorter_or_longer_than_its_range_is_a_failed_attempt(void **state)
{
    static const struct {
        const char *raw;
        oneota_reason_t reason;
    } rows[] = {
        {PART X100 X100 "0\r\n\r\n", ONEOTA_REASON_NETWORK},
        {PART X100 X100 X100 X100 "0\r\n\r\n", ONEOTA_REASON_PEER},
        {PART "0\r\n\r\n", ONEOTA_REASON_NETWORK},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        kit_init(&kit, NULL);
        kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
        rule->raw = rows[n].raw;
        kit_start(&kit);
        assert_int_equal(kit_until_event(&kit, ONEOTA_EVENT_FAILED)->reason, rows[n].reason);
        kit_run(&kit);
        assert_int_equal(kit.platform.tasks[0].result, 201); /* the digest has found the rest */
        kit_free(&kit);
    }
}

static void test_api_download_that_falls_silent_is_a_failed_attempt(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_rule(&kit, FAKE_DOWNLOAD)->silent = true;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    uint32_t start = kit.board.now_ms;
    assert_int_equal(kit_until_event(&kit, ONEOTA_EVENT_FAILED)->reason, ONEOTA_REASON_TIMEOUT);
    assert_int_equal(kit.board.now_ms - start, ONEOTA_ANSWER_MS);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

/* Nobody listens, and nobody reads the log. */
static void test_api_without_event_and_log_updates(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit.setup.log = NULL;
    kit.setup.event = NULL;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, 101, 1);
    for (unsigned n = 0; n < 2000u && kit.board.calls[FAKE_CALL_MARK] == 0; n++) {
        kit_poll(&kit);
    }
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 1);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_slot_that_fails_twice_is_written_again),
        cmocka_unit_test(test_api_slot_that_fails_three_times_107),
        cmocka_unit_test(test_api_slot_whose_tail_fails_is_written_again),
        cmocka_unit_test(test_api_prefix_that_cannot_be_read_is_downloaded_again),
        cmocka_unit_test(test_api_prefix_that_ends_where_no_unit_begins_is_downloaded_again),
        cmocka_unit_test(test_api_prefix_that_is_all_of_it_is_proven_at_once),
        cmocka_unit_test(test_api_prefix_that_changed_is_found_by_the_digest),
        cmocka_unit_test(test_api_verify_by_what_is_in_flash),
        cmocka_unit_test(test_api_mark_needs_a_last_proof_else_205),
        cmocka_unit_test(test_api_mark_a_read_that_fails_is_a_glitch),
        cmocka_unit_test(test_api_mark_that_fails_uses_rounds_then_207),
        cmocka_unit_test(test_api_boot_loader_that_confirms_201_by_the_digest),
        cmocka_unit_test(test_api_boot_loader_that_confirms_another_version_204),
        cmocka_unit_test(test_api_running_image_that_cannot_be_read_is_asked_again),
        cmocka_unit_test(test_api_running_image_that_can_never_be_read_stops_no_later_update),
        cmocka_unit_test(test_api_old_image_that_can_never_be_read_206),
        cmocka_unit_test(test_api_running_image_read_wrong_three_times_is_the_update),
        cmocka_unit_test(test_api_running_image_of_other_bytes_is_not_the_update),
        cmocka_unit_test(test_api_journal_that_fails_delays_and_loses_nothing),
        cmocka_unit_test(test_api_journal_unreadable_at_a_start_the_task_was_forgotten),
        cmocka_unit_test(test_api_journal_unreadable_for_ever_is_told_and_the_device_checks),
        cmocka_unit_test(test_api_journal_unreadable_at_a_start_check_now_hurries_no_look),
        cmocka_unit_test(test_api_record_found_at_a_start_is_written_again_before_a_call),
        cmocka_unit_test(test_api_boot_control_that_failed_makes_no_call_back_off_longer),
        cmocka_unit_test(test_api_boot_control_that_cannot_be_asked_at_a_task_later),
        cmocka_unit_test(test_api_boot_control_that_fails_all_day_one_check_an_hour),
        cmocka_unit_test(test_api_inspect_that_fails_all_day_one_download),
        cmocka_unit_test(test_api_inspect_that_never_works_207),
        cmocka_unit_test(test_api_body_shorter_or_longer_than_its_range_is_a_failed_attempt),
        cmocka_unit_test(test_api_download_that_falls_silent_is_a_failed_attempt),
        cmocka_unit_test(test_api_without_event_and_log_updates),
    };
    return cmocka_run_group_tests_name("api storage", tests, NULL, NULL);
}
