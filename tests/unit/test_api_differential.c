/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Differential packages: whole updates, what is refused and how it is told, and what a reset costs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "fake_md5.h"
#include "kit.h"
#include "machine.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SMALL        5000u
#define LARGE        60000u

static kit_t kit;

static void make(uint32_t size, uint8_t code)
{
    const kit_options_t options = {.size = size,
                                   .slot_size = size > 8192u ? 65536u : 8192u,
                                   .retry = 1,
                                   .interval = 60,
                                   .differential = true};
    kit_init(&kit, &options);
    kit.codes[0] = code;
}

static fake_task_t *task(void)
{
    return &kit.platform.tasks[0];
}

static uint32_t erases(void)
{
    return kit.board.calls[FAKE_CALL_SLOT_ERASE];
}

/* ---------------------------------------------------------------- whole updates */

static void test_api_differential_package_is_installed(void **state)
{
    static const uint32_t k_sizes[] = {1, 2, 599, 600, 601, 1024, SMALL, 8192, LARGE};
    (void)state;
    for (size_t n = 0; n < COUNT(k_sizes); n++) {
        make(k_sizes[n], 201);
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
        assert_int_equal(task()->result, 201);
        assert_int_equal(task()->downloads, kit.patch->length);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

/* Blocks end anywhere. */
static void test_api_differential_flash_is_programmed_in_whole_pieces(void **state)
{
    (void)state;
    make(LARGE, 201);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    assert_int_equal(kit.board.calls[FAKE_CALL_SLOT_PROGRAM],
                     (LARGE + ONEOTA_DELTA_PIECE_BYTES - 1u) / ONEOTA_DELTA_PIECE_BYTES);
    kit_free(&kit);
}

static void test_api_differential_header_comes_alone_and_first(void **state)
{
    const kit_call_t *first = NULL;
    (void)state;
    make(SMALL, 201);
    kit_start(&kit);
    kit_run(&kit);
    for (uint32_t n = kit.call_count; n-- > 0;) {
        first = kit.calls[n].verb == FAKE_DOWNLOAD ? &kit.calls[n] : first;
    }
    assert_non_null(first);
    assert_int_equal(first->first, 0);
    assert_int_equal(first->last, 127);
    kit_free(&kit);
}

/* From where the header says, in ranges as long as any. */
static void test_api_differential_ranges_behind_the_header_are_as_long_as_any(void **state)
{
    (void)state;
    make(LARGE, 201);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 2);
    const kit_call_t *second = kit_last_call(&kit, FAKE_DOWNLOAD);
    assert_int_equal(second->first, 128);
    uint32_t mark = (kit.patch->length + 9u) / 10u;
    assert_in_range(second->last + 1u, mark, mark + 8u);
    kit_run(&kit);
    kit_free(&kit);
}

static void test_api_differential_progress_is_of_package_bytes(void **state)
{
    oneota_status_t status;
    (void)state;
    make(LARGE, 201);
    kit_start(&kit);
    for (uint8_t step = 10; step <= 90; step = (uint8_t)(step + 10u)) {
        kit_until_call(&kit, FAKE_REPORT, step, 1);
        kit_status(&kit, &status);
        assert_in_range(status.percent, step, step + 1u);
        assert_in_range(kit_last_event(&kit, ONEOTA_EVENT_PROGRESS)->bytes, 1, kit.patch->length);
    }
    kit_until_call(&kit, FAKE_REPORT, 101, 1);
    kit_status(&kit, &status);
    assert_int_equal(status.percent, 100);
    kit_start(&kit);
    kit_until_state(&kit, "install");
    kit_status(&kit, &status);
    assert_int_equal(status.percent, 100);
    kit_run(&kit);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_differential_package_is_installed_where_ranges_are_ignored(void **state)
{
    oneota_status_t status;
    (void)state;
    make(LARGE, 201);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->rangeless = true;
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    do {
        kit_poll(&kit);
        kit_status(&kit, &status);
    } while (status.stored < LARGE / 2u);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- what is refused */

static void test_api_differential_package_without_delta_is_told_107(void **state)
{
    (void)state;
    make(SMALL, 107);
    kit.setup.delta = NULL;
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T 107");
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_TYPE), 1);
    kit_judge(&kit);
    kit_free(&kit);
}

/* A change to the package, and what comes of it. */
typedef struct {
    const char *name;
    uint32_t at;
    uint32_t value; /* u32 there; of a byte: below 256 with byte set */
    bool byte;
    uint8_t code;
    uint8_t reason;
} spoilt_t;

static void refuse(const spoilt_t *spoilt)
{
    make(SMALL, spoilt->code);
    if (spoilt->byte) {
        kit.patch->bytes[spoilt->at] = (uint8_t)spoilt->value;
    } else {
        oneota_bytes_put_u32(kit.patch->bytes + spoilt->at, spoilt->value);
    }
    fake_package_seal_header(kit.patch->bytes);
    kit_reseal(&kit);
    kit_start(&kit);
    kit_run(&kit);
    if (task()->result != spoilt->code ||
        kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason != spoilt->reason) {
        fail_msg("%s: %u, reason %u; story: %s", spoilt->name, task()->result,
                 kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, kit.story);
    }
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_FAILED)->code, 0);
    assert_int_equal(erases(), 0);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_differential_header_that_does_not_suit_erases_nothing(void **state)
{
    static const spoilt_t k_spoilt[] = {
        {"old digest", 28, 0x12345678, false, 204, ONEOTA_REASON_BASE},
        {"old size, larger", 12, 1501, false, 204, ONEOTA_REASON_BASE},
        {"old size, smaller", 12, 1499, false, 204, ONEOTA_REASON_BASE},
        {"old size, none", 12, 0, false, 204, ONEOTA_REASON_BASE},
        {"new size", 16, 8193, false, 102, ONEOTA_REASON_SPACE},
        {"new size, huge", 16, 0xFFFFFFFF, false, 102, ONEOTA_REASON_SPACE},
        {"new size, none", 16, 0, false, 205, ONEOTA_REASON_DIGEST},
        {"package size", 20, 77, false, 205, ONEOTA_REASON_DIGEST},
        {"magic", 0, 'X', true, 205, ONEOTA_REASON_DIGEST},
        {"block", 6, 11, true, 103, ONEOTA_REASON_MEMORY},
        {"version", 4, 2, true, 107, ONEOTA_REASON_TYPE},
        {"codec", 7, 2, true, 107, ONEOTA_REASON_TYPE},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(k_spoilt); n++) {
        refuse(&k_spoilt[n]);
    }
}

/* What is left of the answer is not taken for that to the report. */
static void test_api_differential_refused_in_mid_answer_is_told_at_once(void **state)
{
    (void)state;
    make(LARGE, 204);
    kit.patch->bytes[28] ^= 1u;
    fake_package_seal_header(kit.patch->bytes);
    kit_reseal(&kit);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->rangeless = true;
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(task()->result, 204);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
    kit_free(&kit);
}

static void test_api_differential_package_shorter_than_its_header_is_told_205(void **state)
{
    static const uint32_t k_lengths[] = {1, 2, 3, 127, 128};
    (void)state;
    for (size_t n = 0; n < COUNT(k_lengths); n++) {
        make(SMALL, 205);
        kit.patch->length = k_lengths[n];
        kit_reseal(&kit);
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(task()->result, 205);
        assert_int_equal(erases(), 0);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_differential_package_that_is_damaged_is_fetched_twice(void **state)
{
    (void)state;
    make(SMALL, 205);
    kit.patch->bytes[kit.patch->length / 2u] ^= 1u;
    kit_reseal(&kit);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(task()->result, 205);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), 2);
    assert_in_range(task()->downloads, kit.patch->length, 2u * kit.patch->length);
    kit_judge(&kit);
    kit_free(&kit);
}

/* All blocks are right, and what they make is not what the header says. */
static void test_api_differential_image_that_is_another_is_told_205(void **state)
{
    (void)state;
    make(SMALL, 205);
    kit.patch->bytes[60] ^= 1u;
    fake_package_seal_header(kit.patch->bytes);
    kit_reseal(&kit);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(task()->result, 205);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), 2);
    kit_judge(&kit);
    kit_free(&kit);
}

/* All blocks are right, and make less than the header says. */
static void test_api_differential_package_that_ends_before_its_image_is_told_205(void **state)
{
    (void)state;
    make(SMALL, 205);
    oneota_bytes_put_u32(kit.patch->bytes + 16, SMALL + 1u);
    fake_package_seal_header(kit.patch->bytes);
    kit_reseal(&kit);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(task()->result, 205);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), 2);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 2);
    kit_judge(&kit);
    kit_free(&kit);
}

/* The image is right, and the package is not what was announced. */
static void test_api_differential_md5_counts_when_nothing_was_interrupted(void **state)
{
    (void)state;
    make(SMALL, 205);
    task()->md5[0] = task()->md5[0] == '0' ? '1' : '0';
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(task()->result, 205);
    kit_judge(&kit);
    kit_free(&kit);
}

/* The task failed with 204 by one read that went wrong. */
static void test_api_differential_one_wrong_read_of_the_base_is_a_glitch(void **state)
{
    (void)state;
    const kit_options_t options = {.differential = true};
    kit_init(&kit, &options);
    kit.board.fault_call = FAKE_CALL_SLOT_READ;
    kit.board.fault = FAKE_FAULT_FLIP;
    kit.board.fault_at = 1;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_differential_full_package_follows_one_for_another_base(void **state)
{
    (void)state;
    make(SMALL, 204);
    kit.patch->bytes[28] ^= 1u;
    fake_package_seal_header(kit.patch->bytes);
    kit_reseal(&kit);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 204");
    kit.codes[0] = 201;
    char md5[33];
    fake_md5_hex(kit.packages[0]->bytes, kit.packages[0]->size, md5);
    fake_task_t *full = fake_platform_add(&kit.platform, ONEOTA_SOTA, "1.1", kit.packages[0]->bytes,
                                          kit.packages[0]->size, md5);
    kit_new_page(&kit);
    (void)oneota_check_now(&kit.ram.client);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "C T D 101 | 201 V");
    assert_int_equal(full->result, 201);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- resets */

static void test_api_differential_download_goes_on_after_a_reset(void **state)
{
    (void)state;
    for (uint8_t step = 10; step <= 90; step = (uint8_t)(step + 10u)) {
        make(LARGE, 201);
        kit_start(&kit);
        kit_until_call(&kit, FAKE_REPORT, step, 1);
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(task()->result, 201);
        /* what came since the last store, a block, the header */
        uint32_t stored = ONEOTA_DELTA_STORE_BYTES + 1024u + 600u;
        uint32_t most = (uint32_t)((uint64_t)kit.patch->length * stored / LARGE) + 1200u;
        assert_in_range(task()->downloads, kit.patch->length, kit.patch->length + most);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_differential_reset_in_every_state_ends_well(void **state)
{
    static const char *const k_states[] = {"token", "prefix",  "download", "verify", "downloaded",
                                           "mark",  "restart", "trial",    "result"};
    (void)state;
    for (size_t n = 0; n < COUNT(k_states); n++) {
        make(LARGE, 201);
        kit_start(&kit);
        kit_until_state(&kit, k_states[n]);
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(task()->result, 201);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

/* The client of the new image may have been built without. */
static void test_api_differential_update_is_confirmed_by_a_client_without_delta(void **state)
{
    (void)state;
    make(SMALL, 201);
    kit_start(&kit);
    kit_until_state(&kit, "restart");
    kit.setup.delta = NULL;
    kit.setup.work_bytes = ONEOTA_WORK_BYTES;
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

static void
test_api_differential_image_that_a_boot_loader_hides_is_known_by_its_digest(void **state)
{
    (void)state;
    for (unsigned confirms = 0; confirms < 2u; confirms++) {
        const kit_options_t options = {.size = SMALL, .hides_revert = true, .differential = true};
        kit_init(&kit, &options);
        kit.codes[0] = confirms != 0 ? 201 : 206;
        kit.trial = confirms != 0 ? KIT_CONFIRM : KIT_CRASH;
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(task()->result, kit.codes[0]);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

/* As after a reset, with the record as it is in RAM. */
static void begin_again(void)
{
    oneota_exchange_close(&kit.ram.client.exchange);
    kit.ram.client.live = false;
    kit.ram.client.state = ST_PREFIX;
    kit.ram.client.phase = 0;
}

/* Places that a damaged or hostile journal may hold. */
static void test_api_differential_place_that_cannot_be_begins_anew(void **state)
{
    static const uint32_t k_places[][3] = {
        {1, 0, 16384},       {127, 0, 16384}, {128, 1, 16384},        {0xFFFFFFFF, 0, 16384},
        {200, 20000, 16384}, {200, 100, 1},   {200, 100, 0xFFFFFC00}, {200, 100, LARGE}};
    (void)state;
    for (size_t n = 0; n < COUNT(k_places); n++) {
        make(LARGE, 201);
        kit_start(&kit);
        kit_until_call(&kit, FAKE_REPORT, 60, 1);
        kit.ram.client.record.at.package = k_places[n][0];
        kit.ram.client.record.at.skip = k_places[n][1];
        kit.ram.client.record.at.stored = k_places[n][2];
        begin_again();
        kit_run(&kit);
        assert_int_equal(task()->result, 201);
        kit_free(&kit);
    }
}

/* All of the image is there: its last blocks are fetched, and nothing is written. */
static void test_api_differential_place_behind_the_last_byte_goes_on(void **state)
{
    (void)state;
    make(LARGE, 201);
    kit_start(&kit);
    kit_until_state(&kit, "verify");
    kit.ram.client.record.at.stored = LARGE;
    uint32_t rest = kit.patch->length - kit.ram.client.record.at.package;
    uint32_t programs = kit.board.calls[FAKE_CALL_SLOT_PROGRAM];
    begin_again();
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    assert_int_equal(task()->downloads, kit.patch->length + 128u + rest);
    assert_int_equal(kit.board.calls[FAKE_CALL_SLOT_PROGRAM], programs);
    kit_free(&kit);
}

/* All of the place is right but for where the image goes on: in the middle of an erase unit. */
static void test_api_differential_place_within_an_erase_unit_begins_anew(void **state)
{
    (void)state;
    make(LARGE, 201);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, 60, 1);
    assert_true(kit.ram.client.record.at.stored > 0);
    kit.ram.client.record.at.stored += 256u;
    begin_again();
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    assert_true(task()->downloads > kit.patch->length * 3u / 2u);
    kit_free(&kit);
}

static void test_api_differential_other_package_of_the_same_name_begins_anew(void **state)
{
    (void)state;
    make(LARGE, 201);
    kit_start(&kit);
    kit_until_call(&kit, FAKE_REPORT, 60, 1);
    kit.ram.client.record.made.sha256[5] ^= 1u;
    begin_again();
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
    assert_true(task()->downloads > kit.patch->length * 3u / 2u);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- set-up, storage */

static void test_api_differential_work_buffer_is_checked(void **state)
{
    (void)state;
    make(SMALL, 201);
    kit_start(&kit);
    kit.setup.work_bytes = ONEOTA_WORK_DELTA_BYTES(1024) - 1u;
    assert_int_equal(oneota_init(&kit.ram.client, &kit.setup), ONEOTA_LIMIT);
    kit.setup.work_bytes = ONEOTA_WORK_BYTES;
    assert_int_equal(oneota_init(&kit.ram.client, &kit.setup), ONEOTA_LIMIT);
    kit.setup.work_bytes = ONEOTA_WORK_DELTA_BYTES(1024);
    assert_int_equal(oneota_init(&kit.ram.client, &kit.setup), ONEOTA_OK);
    oneota_deinit(&kit.ram.client);
    kit_start(&kit);
    kit_run(&kit);
    kit_free(&kit);
}

static void test_api_differential_slot_call_that_fails_once_is_made_again(void **state)
{
    static const uint8_t k_calls[] = {FAKE_CALL_SLOT_ERASE, FAKE_CALL_SLOT_PROGRAM,
                                      FAKE_CALL_SLOT_READ};
    (void)state;
    for (size_t call = 0; call < COUNT(k_calls); call++) {
        bool came = true;
        for (uint32_t at = 1; came; at++) {
            make(SMALL, 201);
            kit_start(&kit);
            kit.board.fault_call = k_calls[call];
            kit.board.fault = FAKE_FAULT_ERROR;
            kit.board.fault_at = at;
            kit_run(&kit);
            came = kit.board.calls[k_calls[call]] >= at;
            assert_int_equal(task()->result, 201);
            kit_free(&kit);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_differential_package_is_installed),
        cmocka_unit_test(test_api_differential_flash_is_programmed_in_whole_pieces),
        cmocka_unit_test(test_api_differential_header_comes_alone_and_first),
        cmocka_unit_test(test_api_differential_ranges_behind_the_header_are_as_long_as_any),
        cmocka_unit_test(test_api_differential_progress_is_of_package_bytes),
        cmocka_unit_test(test_api_differential_package_is_installed_where_ranges_are_ignored),
        cmocka_unit_test(test_api_differential_package_without_delta_is_told_107),
        cmocka_unit_test(test_api_differential_header_that_does_not_suit_erases_nothing),
        cmocka_unit_test(test_api_differential_refused_in_mid_answer_is_told_at_once),
        cmocka_unit_test(test_api_differential_package_shorter_than_its_header_is_told_205),
        cmocka_unit_test(test_api_differential_package_that_is_damaged_is_fetched_twice),
        cmocka_unit_test(test_api_differential_image_that_is_another_is_told_205),
        cmocka_unit_test(test_api_differential_package_that_ends_before_its_image_is_told_205),
        cmocka_unit_test(test_api_differential_md5_counts_when_nothing_was_interrupted),
        cmocka_unit_test(test_api_differential_one_wrong_read_of_the_base_is_a_glitch),
        cmocka_unit_test(test_api_differential_full_package_follows_one_for_another_base),
        cmocka_unit_test(test_api_differential_download_goes_on_after_a_reset),
        cmocka_unit_test(test_api_differential_reset_in_every_state_ends_well),
        cmocka_unit_test(test_api_differential_update_is_confirmed_by_a_client_without_delta),
        cmocka_unit_test(
            test_api_differential_image_that_a_boot_loader_hides_is_known_by_its_digest),
        cmocka_unit_test(test_api_differential_place_that_cannot_be_begins_anew),
        cmocka_unit_test(test_api_differential_place_behind_the_last_byte_goes_on),
        cmocka_unit_test(test_api_differential_place_within_an_erase_unit_begins_anew),
        cmocka_unit_test(test_api_differential_other_package_of_the_same_name_begins_anew),
        cmocka_unit_test(test_api_differential_work_buffer_is_checked),
        cmocka_unit_test(test_api_differential_slot_call_that_fails_once_is_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
