/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Signed packages, through the API: what is refused, when, and what is remembered of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "fake_md5.h"
#include "kit.h"
#include "trust_bench.h"

#define SIZE 3000u

static kit_t kit;

static void begin_with(uint8_t code, uint32_t retry)
{
    const kit_options_t options = {.signs = true, .retry = retry};
    kit_init(&kit, &options);
    kit.codes[0] = code;
}

static void begin(uint8_t code)
{
    begin_with(code, 0);
}

static uint8_t *package(void)
{
    return kit.bytes + (kit.packages[0]->bytes - kit.bytes);
}

static oneota_trailer_t *trailer(void)
{
    return (oneota_trailer_t *)(void *)(package() + SIZE - ONEOTA_TRAILER_BYTES);
}

/* Runs; the package is refused by its trailer alone: one small request, no flash. */
static void assert_refused_at_once(oneota_reason_t reason, uint8_t code)
{
    kit_start(&kit);
    uint32_t erases = kit.board.slots[0][1].flash.calls[FAKE_ERASE];
    kit_run(&kit);
    assert_int_equal(kit_count_failed(&kit, reason), 1);
    assert_int_equal(kit.platform.tasks[0].result, code);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 1);
    assert_int_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->first, SIZE - ONEOTA_TRAILER_BYTES);
    assert_int_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->last, SIZE - 1u);
    assert_int_equal(kit.board.slots[0][1].flash.calls[FAKE_ERASE], erases);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    assert_string_equal(kit.board.runs[0]->version, "1.0");
    kit_judge(&kit);
    kit_free(&kit);
}

/* The task once more, as an operator would offer it. */
static void offer_again(void)
{
    const fake_known_t *known = kit.packages[0];
    (void)fake_platform_add(&kit.platform, kit.images[0].id.type, "1.1", known->bytes, known->size,
                            kit.md5[0]);
}

/* ---------------------------------------------------------------- what is installed */

static void test_api_trust_signed_package_is_installed(void **state)
{
    (void)state;
    begin(201);
    kit_start(&kit);
    oneota_status_t status;
    kit_status(&kit, &status);
    assert_true(status.requires_signature);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    assert_int_equal(kit.calls[3].first, SIZE - ONEOTA_TRAILER_BYTES);
    assert_int_equal(kit.calls[4].first, 0);
    assert_string_equal(kit.board.runs[0]->version, "1.1");
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_trust_next_key_is_as_good(void **state)
{
    (void)state;
    begin(201);
    kit_sign(&kit, 0, "1.1", FAKE_COUNTER, 1);
    kit.trust[0] = fake_signer_trust(2);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_trust_each_image_has_its_own_table(void **state)
{
    const kit_options_t options = {.signs = true, .second_size = 2000};
    (void)state;
    for (uint32_t right = 0; right <= 1u; right++) {
        kit_init(&kit, &options);
        kit.trust[1].class_id += 1u - right;
        kit.codes[0] = 201;
        kit.codes[1] = 204;
        kit_start(&kit);
        kit_run(&kit);
        kit_pass(&kit, 3700u * 1000u);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        assert_int_equal(kit.platform.tasks[1].result, right != 0 ? 201 : 204);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_trust_none_says_integrity_only(void **state)
{
    oneota_status_t status;
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    kit_status(&kit, &status);
    assert_false(status.requires_signature);
    kit_free(&kit);
}

static void test_api_trust_that_proves_nothing_is_refused_by_init(void **state)
{
    oneota_t client;
    (void)state;
    begin(201);
    kit.trust[0].scheme = NULL;
    assert_int_equal(oneota_init(&client, &kit.setup), ONEOTA_PARAM);
    kit.trust[0] = fake_signer_trust(0);
    assert_int_equal(oneota_init(&client, &kit.setup), ONEOTA_PARAM);
    kit.trust[0] = fake_signer_trust(1);
    kit_start(&kit);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- what is refused at once */

static void test_api_trust_unsigned_package_205(void **state)
{
    (void)state;
    begin(205);
    memset(trailer(), 0x5A, sizeof *trailer());
    kit_changed(&kit, 0);
    assert_refused_at_once(ONEOTA_REASON_SIGNATURE, 205);
}

static void test_api_trust_forged_package_205(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < ONEOTA_TRAILER_BYTES; n += 13u) {
        begin(205);
        ((uint8_t *)trailer())[n] ^= 0x10u;
        kit_changed(&kit, 0);
        assert_refused_at_once(ONEOTA_REASON_SIGNATURE, 205);
    }
}

static void test_api_trust_unknown_key_205(void **state)
{
    (void)state;
    begin(205);
    kit_sign(&kit, 0, "1.1", FAKE_COUNTER, 1);
    assert_refused_at_once(ONEOTA_REASON_SIGNATURE, 205);
}

static void test_api_trust_other_class_or_vendor_204(void **state)
{
    (void)state;
    begin(204);
    kit.trust[0].class_id++;
    assert_refused_at_once(ONEOTA_REASON_CLASS, 204);
    begin(204);
    kit.trust[0].vendor_id++;
    assert_refused_at_once(ONEOTA_REASON_CLASS, 204);
}

static void test_api_trust_other_version_than_the_target_204(void **state)
{
    (void)state;
    begin(204);
    kit_sign(&kit, 0, "1.2", FAKE_COUNTER, 0);
    assert_refused_at_once(ONEOTA_REASON_VERSION, 204);
}

/* A differential package that is offered as a full one. */
static void test_api_trust_other_type_107(void **state)
{
    (void)state;
    begin(107);
    trailer()->type = ONEOTA_PACKAGE_DIFF;
    fake_signer_sign(trailer(), 0);
    kit_changed(&kit, 0);
    assert_refused_at_once(ONEOTA_REASON_TYPE, 107);
}

static void test_api_trust_package_no_larger_than_a_trailer_205_without_download(void **state)
{
    const kit_options_t options = {.size = ONEOTA_TRAILER_BYTES};
    static oneota_trust_t trust;
    (void)state;
    kit_init(&kit, &options);
    trust = fake_signer_trust(1);
    kit.setup.trust = &trust;
    kit.codes[0] = 205;
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T 205");
    kit_free(&kit);
}

/* ---------------------------------------------------------------- replaced on the way */

static uint8_t other[SIZE];

/* What the platform sends once the trailer was fetched. */
static void replace_after_trailer(void)
{
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    kit_until_state(&kit, "download");
    kit.platform.tasks[0].served = other;
}

/* MD5 of what is sent is what was announced, as if somebody had made it collide. */
static void announce_other(void)
{
    memcpy(other, package(), SIZE);
    other[100] ^= 1u;
    fake_md5_hex(other, SIZE, kit.platform.tasks[0].md5);
}

static void test_api_trust_trailer_replaced_since_it_was_fetched_205(void **state)
{
    (void)state;
    begin(205);
    memcpy(other, package(), SIZE);
    fake_signer_seal(other, SIZE, "1.1", FAKE_COUNTER + 1u, 0);
    fake_md5_hex(other, SIZE, kit.platform.tasks[0].md5);
    replace_after_trailer();
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 205);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_SIGNATURE), 2);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    kit_free(&kit);
}

static void test_api_trust_payload_that_collides_in_md5_205(void **state)
{
    (void)state;
    begin(205);
    announce_other();
    replace_after_trailer();
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 205");
    assert_int_equal(kit.platform.tasks[0].result, 205);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), 2);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    kit_free(&kit);
}

/* Bytes of the slot change after 101: the last proof finds it, and nothing is marked. */
static void test_api_trust_slot_changed_before_the_mark_is_not_marked(void **state)
{
    static const uint32_t places[] = {0, SIZE / 2u, SIZE - 193u, SIZE - 192u, SIZE - 1u};
    (void)state;
    for (size_t n = 0; n < sizeof places / sizeof places[0]; n++) {
        begin(205);
        kit_start(&kit);
        (void)kit_until_event(&kit, ONEOTA_EVENT_READY);
        uint8_t byte = (uint8_t)(package()[places[n]] ^ 4u);
        fake_flash_put(&kit.board.slots[0][1].flash, places[n], &byte, 1);
        kit_run(&kit);
        assert_int_equal(kit.platform.tasks[0].result, 205);
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        kit_free(&kit);
    }
}

/* What a server has left in the work buffer is no proof to begin with. */
static void test_api_trust_answer_is_not_taken_for_a_proof(void **state)
{
    static const uint8_t k_nothing[sizeof(oneota_proof_t)];
    const bench_t *bench;
    (void)state;
    begin(201);
    kit_start(&kit);
    bench = bench_of(&kit.ram.client);
    kit_until_state(&kit, "mark");
    memset(kit.ram.work, 0xA5, sizeof *bench);
    assert_true(oneota_trust_fill_wanted(&kit.ram.client, ONEOTA_PACKAGE_FULL));
    assert_memory_equal(&bench->proof, k_nothing, sizeof bench->proof);
    assert_string_equal(bench->wanted.version, kit.platform.tasks[0].target);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- the floor */

/* What was confirmed with FAKE_COUNTER runs; another package of this counter is offered. */
static void update_then_offer(uint32_t counter, uint8_t code)
{
    const fake_known_t *known = kit.packages[0];
    static char md5[33];
    begin(201);
    kit_start(&kit);
    kit_run(&kit);
    memcpy(other, package(), SIZE);
    other[0] = 0x33;
    fake_signer_seal(other, SIZE, "1.2", counter, 0);
    fake_md5_hex(other, SIZE, md5);
    (void)fake_board_know(&kit.board, 0, other, SIZE, "1.2");
    kit.codes[0] = code;
    (void)fake_platform_add(&kit.platform, kit.images[0].id.type, "1.2", other, known->size, md5);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[1].result, code);
    assert_string_equal(kit.board.runs[0]->version, code == 201 ? "1.2" : "1.1");
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_trust_counter_at_each_edge_of_the_floor(void **state)
{
    (void)state;
    update_then_offer(FAKE_COUNTER - 1u, 206);
    update_then_offer(FAKE_COUNTER, 206);
    update_then_offer(FAKE_COUNTER + 1u, 201);
    update_then_offer(FAKE_COUNTER + ONEOTA_COUNTER_WINDOW, 201);
    update_then_offer(FAKE_COUNTER + ONEOTA_COUNTER_WINDOW + 1u, 206);
    update_then_offer(UINT32_MAX, 206);
}

/* A trial that fails leaves the floor where it was: what is older than that image still goes. */
static void test_api_trust_floor_is_not_raised_by_a_trial(void **state)
{
    static char md5[33];
    (void)state;
    begin(206);
    kit.trial = KIT_REJECT;
    kit_start(&kit);
    kit_run(&kit);
    memcpy(other, package(), SIZE);
    other[0] = 0x33;
    fake_signer_seal(other, SIZE, "1.2", FAKE_COUNTER - 1u, 0);
    fake_md5_hex(other, SIZE, md5);
    (void)fake_board_know(&kit.board, 0, other, SIZE, "1.2");
    (void)fake_platform_add(&kit.platform, kit.images[0].id.type, "1.2", other, SIZE, md5);
    kit.trial = KIT_CONFIRM;
    kit.codes[0] = 201;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[1].result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

/* The journal is lost: the floor is that of what runs. */
static void test_api_trust_floor_without_a_journal_is_of_what_runs(void **state)
{
    static uint8_t blank[8192];
    static char md5[33];
    (void)state;
    begin(201);
    kit_start(&kit);
    kit_run(&kit);
    memset(blank, 0xFF, sizeof blank);
    fake_flash_put(&kit.board.journal.flash, 0, blank, sizeof blank);
    memcpy(other, package(), SIZE);
    fake_signer_seal(other, SIZE, "1.2", FAKE_COUNTER - 1u, 0);
    fake_md5_hex(other, SIZE, md5);
    (void)fake_platform_add(&kit.platform, kit.images[0].id.type, "1.2", other, SIZE, md5);
    kit.codes[0] = 206;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[1].result, 206);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_COUNTER), 1);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- quarantine */

static void test_api_trust_image_that_failed_its_trial_is_not_tried_again(void **state)
{
    static const kit_trial_t trials[] = {KIT_REJECT, KIT_SILENT, KIT_CRASH};
    (void)state;
    for (size_t n = 0; n < sizeof trials / sizeof trials[0]; n++) {
        begin(206);
        kit.trial = (uint8_t)trials[n];
        kit_start(&kit);
        kit_run(&kit);
        offer_again();
        kit_new_page(&kit);
        uint32_t erases = kit.board.slots[0][1].flash.calls[FAKE_ERASE];
        kit.trial = KIT_CONFIRM;
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T 206");
        assert_int_equal(kit.platform.tasks[1].result, 206);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_QUARANTINE), 1);
        assert_int_equal(kit.board.slots[0][1].flash.calls[FAKE_ERASE], erases);
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- the way of the trailer */

/* Resets and refused tokens: it is fetched once. */
static void test_api_trust_trailer_is_fetched_once_a_task(void **state)
{
    (void)state;
    begin(201);
    kit_start(&kit);
    kit_until_state(&kit, "download");
    kit_start(&kit);
    kit_run(&kit);
    uint32_t fetched = 0;
    for (uint32_t n = 0; n < kit.call_count; n++) {
        fetched +=
            kit.calls[n].verb == FAKE_DOWNLOAD && kit.calls[n].first == SIZE - ONEOTA_TRAILER_BYTES
                ? 1u
                : 0u;
    }
    assert_int_equal(fetched, 1);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

/* Where the token check asks for step 1, that comes before the first byte: the trailer's. */
static void test_api_trust_trailer_is_fetched_after_step_1(void **state)
{
    (void)state;
    begin(201);
    kit_start(&kit);
    kit_until_state(&kit, "trailer");
    kit.ram.client.announce = true; /* as dialect B's token check does */
    kit_until_call(&kit, FAKE_REPORT, 1, 1);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), 0);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 1);
    assert_int_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->first, SIZE - ONEOTA_TRAILER_BYTES);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

/* A server that takes no Range: the whole file, for its end. */
static void test_api_trust_trailer_of_a_server_without_ranges(void **state)
{
    (void)state;
    begin(201);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->rangeless = true;
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_free(&kit);
}

/* A part of the trailer each time is no progress: the round ends. */
static void test_api_trust_trailer_that_never_comes_whole_104(void **state)
{
    (void)state;
    begin(104);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->clip = 100;
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 104);
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), ONEOTA_ATTEMPTS);
    assert_int_equal(kit.calls[3].verb, FAKE_DOWNLOAD);
    assert_true(kit_last_call(&kit, FAKE_DOWNLOAD)->at_ms - kit.calls[3].at_ms > 5000u);
    kit_free(&kit);
}

/* Errors instead of it are what they are in any download. */
static void test_api_trust_trailer_answered_by_an_error(void **state)
{
    (void)state;
    begin(201);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->status = 500;
    rule->body = "no";
    rule->times = 3;
    kit_rule_t *stale = kit_rule(&kit, FAKE_DOWNLOAD);
    stale->silent = true;
    stale->close = true;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_judge(&kit);
    kit_free(&kit);
}

/* The platform doubts the token when the trailer is asked for: the token is checked before the
 * trailer is asked for again, as in the download. */
static void test_api_trust_trailer_refused_checks_the_token_first(void **state)
{
    (void)state;
    begin(201);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->code = 17;
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D T D 101 | 201 V");
    kit_judge(&kit);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_trust_signed_package_is_installed),
        cmocka_unit_test(test_api_trust_next_key_is_as_good),
        cmocka_unit_test(test_api_trust_each_image_has_its_own_table),
        cmocka_unit_test(test_api_trust_none_says_integrity_only),
        cmocka_unit_test(test_api_trust_that_proves_nothing_is_refused_by_init),
        cmocka_unit_test(test_api_trust_unsigned_package_205),
        cmocka_unit_test(test_api_trust_forged_package_205),
        cmocka_unit_test(test_api_trust_unknown_key_205),
        cmocka_unit_test(test_api_trust_other_class_or_vendor_204),
        cmocka_unit_test(test_api_trust_other_version_than_the_target_204),
        cmocka_unit_test(test_api_trust_other_type_107),
        cmocka_unit_test(test_api_trust_package_no_larger_than_a_trailer_205_without_download),
        cmocka_unit_test(test_api_trust_trailer_replaced_since_it_was_fetched_205),
        cmocka_unit_test(test_api_trust_payload_that_collides_in_md5_205),
        cmocka_unit_test(test_api_trust_slot_changed_before_the_mark_is_not_marked),
        cmocka_unit_test(test_api_trust_answer_is_not_taken_for_a_proof),
        cmocka_unit_test(test_api_trust_counter_at_each_edge_of_the_floor),
        cmocka_unit_test(test_api_trust_floor_is_not_raised_by_a_trial),
        cmocka_unit_test(test_api_trust_floor_without_a_journal_is_of_what_runs),
        cmocka_unit_test(test_api_trust_image_that_failed_its_trial_is_not_tried_again),
        cmocka_unit_test(test_api_trust_trailer_is_fetched_once_a_task),
        cmocka_unit_test(test_api_trust_trailer_is_fetched_after_step_1),
        cmocka_unit_test(test_api_trust_trailer_of_a_server_without_ranges),
        cmocka_unit_test(test_api_trust_trailer_that_never_comes_whole_104),
        cmocka_unit_test(test_api_trust_trailer_answered_by_an_error),
        cmocka_unit_test(test_api_trust_trailer_refused_checks_the_token_first),
    };
    return cmocka_run_group_tests_name("api trust", tests, NULL, NULL);
}
