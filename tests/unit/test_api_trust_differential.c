/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Signed differential packages: what their trailer must name, when each lie of it or of the body is
 * found, and what is remembered of an image that failed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "fake_md5.h"
#include "kit.h"

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
                                   .signs = true,
                                   .differential = true};
    kit_init(&kit, &options);
    kit.codes[0] = code;
}

static fake_task_t *task(void)
{
    return &kit.platform.tasks[0];
}

static oneota_trailer_t *trailer(void)
{
    return (oneota_trailer_t *)(void *)(kit.patch->bytes + kit.patch->length -
                                        ONEOTA_TRAILER_BYTES);
}

static void sign_trailer(void)
{
    fake_signer_sign(trailer(), 0);
    kit_reseal(&kit);
}

static void assert_refused(oneota_reason_t reason, uint8_t code, uint32_t downloads)
{
    kit_start(&kit);
    kit_run(&kit);
    if (task()->result != code || kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason != reason) {
        fail_msg("%u, reason %s; story: %s", task()->result,
                 oneota_reason_text(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason), kit.story);
    }
    assert_int_equal(kit_count_calls(&kit, FAKE_DOWNLOAD, 0), downloads);
    assert_int_equal(kit.board.calls[FAKE_CALL_SLOT_ERASE], 0);
    assert_string_equal(kit.board.runs[0]->version, "1.0");
    kit_judge(&kit);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- what is installed */

static void test_api_trust_differential_package_is_installed(void **state)
{
    static const uint32_t k_sizes[] = {193, 599, 600, 601, 1024, SMALL, 8192, LARGE};
    (void)state;
    for (size_t n = 0; n < COUNT(k_sizes); n++) {
        make(k_sizes[n], 201);
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
        uint32_t length = kit.patch->length;
        assert_int_equal(kit.calls[3].first, length - ONEOTA_TRAILER_BYTES);
        assert_int_equal(kit.calls[4].first, 0);
        assert_true(kit.calls[4].last <= 127u);
        assert_int_equal(task()->downloads, length + ONEOTA_TRAILER_BYTES);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 0);
        assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_PROGRESS)->bytes, length);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

static void test_api_trust_differential_reset_in_every_state_ends_well(void **state)
{
    static const char *const k_states[] = {"token",  "trailer",    "prefix", "download",
                                           "verify", "downloaded", "mark",   "restart",
                                           "trial",  "result"};
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

/* Whatever has come: the running image is proven again, and the trailer is not fetched again. */
static void test_api_trust_differential_download_goes_on_after_a_reset(void **state)
{
    (void)state;
    for (uint8_t step = 10; step <= 90; step = (uint8_t)(step + 20u)) {
        make(LARGE, 201);
        kit_start(&kit);
        kit_until_call(&kit, FAKE_REPORT, step, 1);
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(task()->result, 201);
        uint32_t fetched = 0;
        for (uint32_t n = 0; n < kit.call_count; n++) {
            fetched += kit.calls[n].verb == FAKE_DOWNLOAD &&
                               kit.calls[n].first == kit.patch->length - ONEOTA_TRAILER_BYTES
                           ? 1u
                           : 0u;
        }
        assert_int_equal(fetched, 1);
        kit_judge(&kit);
        kit_free(&kit);
    }
}

/* The platform asks for patience in the middle: what was begun goes on where it is. */
static void test_api_trust_differential_postponed_download_goes_on(void **state)
{
    (void)state;
    make(LARGE, 201);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->skip = 4;
    rule->code = 19;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_POSTPONED), 1);
    kit_judge(&kit);
    kit_free(&kit);
}

static void test_api_trust_differential_package_of_a_server_without_ranges(void **state)
{
    (void)state;
    make(LARGE, 201);
    kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
    rule->rangeless = true;
    rule->times = KIT_ALWAYS;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(task()->result, 201);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- refused by the trailer */

static void test_api_trust_differential_package_without_a_trailer_205(void **state)
{
    (void)state;
    make(SMALL, 205);
    kit.patch->length -= ONEOTA_TRAILER_BYTES;
    kit_reseal(&kit);
    assert_refused(ONEOTA_REASON_SIGNATURE, 205, 1);
}

static void test_api_trust_differential_trailer_that_was_changed_205(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < ONEOTA_TRAILER_BYTES; n += 11u) {
        make(SMALL, 205);
        ((uint8_t *)trailer())[n] ^= 0x04u;
        kit_reseal(&kit);
        assert_refused(ONEOTA_REASON_SIGNATURE, 205, 1);
    }
}

static void test_api_trust_differential_package_for_another_base_204(void **state)
{
    (void)state;
    make(SMALL, 204);
    trailer()->base[31] ^= 1u;
    sign_trailer();
    assert_refused(ONEOTA_REASON_BASE, 204, 1);
}

static void test_api_trust_differential_trailer_of_another_type_107(void **state)
{
    (void)state;
    make(SMALL, 107);
    trailer()->type = ONEOTA_PACKAGE_FULL;
    memset(trailer()->base, 0, sizeof trailer()->base);
    sign_trailer();
    assert_refused(ONEOTA_REASON_TYPE, 107, 1);
}

static void test_api_trust_differential_package_without_delta_107(void **state)
{
    (void)state;
    make(SMALL, 107);
    kit.setup.delta = NULL;
    assert_refused(ONEOTA_REASON_TYPE, 107, 0);
}

static void test_api_trust_differential_running_slot_that_cannot_be_read_is_read_again(void **state)
{
    bool came = true;
    (void)state;
    for (uint32_t at = 1; came; at++) {
        make(SMALL, 201);
        kit_start(&kit);
        kit.board.fault_call = FAKE_CALL_SLOT_READ;
        kit.board.fault = FAKE_FAULT_ERROR;
        kit.board.fault_at = at;
        kit_run(&kit);
        came = kit.board.calls[FAKE_CALL_SLOT_READ] >= at;
        assert_int_equal(task()->result, 201);
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- refused by what follows it */

/* The header is not what the trailer has named: nothing is erased. */
static void test_api_trust_differential_header_that_names_others_205(void **state)
{
    static const uint32_t k_places[] = {28, 59, 60, 91};
    (void)state;
    for (size_t n = 0; n < COUNT(k_places); n++) {
        make(SMALL, 205);
        kit.patch->bytes[k_places[n]] ^= 1u;
        fake_package_seal_header(kit.patch->bytes);
        kit_reseal(&kit);
        assert_refused(ONEOTA_REASON_SIGNATURE, 205, 3);
    }
}

/* Its size is that of the package without the trailer. */
static void test_api_trust_differential_header_that_counts_the_trailer_205(void **state)
{
    (void)state;
    make(SMALL, 205);
    oneota_bytes_put_u32(kit.patch->bytes + 20, kit.patch->length);
    fake_package_seal_header(kit.patch->bytes);
    kit_reseal(&kit);
    assert_refused(ONEOTA_REASON_DIGEST, 205, 3);
}

static void refused_by_its_image(oneota_reason_t reason, uint8_t code)
{
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(task()->result, code);
    assert_int_equal(kit_last_event(&kit, ONEOTA_EVENT_ENDED)->reason, reason);
    assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
    assert_int_equal(kit_count_calls(&kit, FAKE_REPORT, 101), 0);
    kit_judge(&kit);
    kit_free(&kit);
}

static uint8_t *image(void)
{
    return kit.bytes + (kit.packages[0]->bytes - kit.bytes);
}

/* The package again, from the image as it is now; its trailer as it should be. */
static void make_patch_again(void)
{
    const fake_known_t *factory = &kit.board.known[0];
    fake_package_make(kit.patch, factory->bytes, factory->size, image(), kit.packages[0]->size);
    kit.patch->length =
        fake_signer_seal_patch(kit.patch->bytes, kit.patch->length, "1.1", FAKE_COUNTER, 0);
    kit_reseal(&kit);
}

/* The base is the package that runs, whole: not its payload alone, though that is what all is made
 * of. */
static void test_api_trust_differential_base_is_the_running_package_whole(void **state)
{
    const fake_known_t *factory = &kit.board.known[0];
    (void)state;
    make(SMALL, 204);
    fake_package_make(kit.patch, factory->bytes, factory->size - ONEOTA_TRAILER_BYTES, image(),
                      SMALL);
    kit.patch->length =
        fake_signer_seal_patch(kit.patch->bytes, kit.patch->length, "1.1", FAKE_COUNTER, 0);
    kit_reseal(&kit);
    assert_refused(ONEOTA_REASON_BASE, 204, 1);
}

static oneota_trailer_t *image_trailer(void)
{
    return (oneota_trailer_t *)(void *)(image() + kit.packages[0]->size - ONEOTA_TRAILER_BYTES);
}

/* A package that is signed, of an image that is not. */
static void test_api_trust_differential_image_must_be_signed_itself(void **state)
{
    (void)state;
    make(SMALL, 205);
    memset(image_trailer(), 0x5A, ONEOTA_TRAILER_BYTES);
    make_patch_again();
    refused_by_its_image(ONEOTA_REASON_SIGNATURE, 205);
    make(SMALL, 205);
    image()[100] ^= 1u;
    make_patch_again();
    refused_by_its_image(ONEOTA_REASON_DIGEST, 205);
    make(SMALL, 204);
    kit_sign(&kit, 0, "1.2", FAKE_COUNTER, 0);
    make_patch_again();
    refused_by_its_image(ONEOTA_REASON_VERSION, 204);
    make(SMALL, 206);
    kit_sign(&kit, 0, "1.1", FAKE_COUNTER - 2u, 0);
    make_patch_again();
    refused_by_its_image(ONEOTA_REASON_COUNTER, 206);
    make(SMALL, 107); /* a differential package where an image must be */
    image_trailer()->type = ONEOTA_PACKAGE_DIFF;
    fake_signer_sign(image_trailer(), 0);
    make_patch_again();
    refused_by_its_image(ONEOTA_REASON_TYPE, 107);
}

/* The body makes another image that is signed as well: not what the trailer has named. */
static void test_api_trust_differential_other_signed_image_205(void **state)
{
    uint8_t named[64];
    (void)state;
    make(SMALL, 205);
    oneota_trailer_t right = *trailer();
    memcpy(named, kit.patch->bytes + 28, sizeof named);
    image()[100] ^= 1u;
    kit_sign(&kit, 0, "1.1", FAKE_COUNTER + 1u, 0);
    make_patch_again();
    memcpy(kit.patch->bytes + 28, named, sizeof named);
    fake_package_seal_header(kit.patch->bytes);
    oneota_bytes_put_u32(right.payload_length, kit.patch->length - ONEOTA_TRAILER_BYTES);
    *trailer() = right;
    sign_trailer();
    refused_by_its_image(ONEOTA_REASON_DIGEST, 205);
}

static void test_api_trust_differential_trailer_behind_the_body_counts_in_md5(void **state)
{
    static uint8_t other[FAKE_PACKAGE_MAX];
    (void)state;
    make(SMALL, 205);
    kit_start(&kit);
    kit_until_state(&kit, "download");
    memcpy(other, kit.patch->bytes, kit.patch->length);
    other[kit.patch->length - 1u] ^= 1u;
    task()->served = other;
    refused_by_its_image(ONEOTA_REASON_DIGEST, 205);
}

/* ---------------------------------------------------------------- the slot is proven */

static void test_api_trust_differential_slot_changed_before_the_mark_is_not_marked(void **state)
{
    static const uint32_t places[] = {0, SMALL / 2u, SMALL - 193u, SMALL - 192u, SMALL - 1u};
    (void)state;
    for (size_t n = 0; n < COUNT(places); n++) {
        make(SMALL, 205);
        kit_start(&kit);
        (void)kit_until_event(&kit, ONEOTA_EVENT_READY);
        uint8_t byte = (uint8_t)(image()[places[n]] ^ 4u);
        fake_flash_put(&kit.board.slots[0][1].flash, places[n], &byte, 1);
        kit_run(&kit);
        assert_int_equal(task()->result, 205);
        assert_int_equal(kit.board.calls[FAKE_CALL_MARK], 0);
        kit_free(&kit);
    }
}

/* ---------------------------------------------------------------- quarantine */

/* As the same package, as a full one, and the other way round. */
static void test_api_trust_differential_image_that_failed_is_not_tried_again(void **state)
{
    static char md5[33];
    (void)state;
    for (unsigned first = 0; first < 2u; first++) {
        for (unsigned second = 0; second < 2u; second++) {
            make(SMALL, 206);
            fake_md5_hex(image(), SMALL, md5);
            fake_task_t *tasks[2] = {task(), NULL};
            if (first == 1u) {
                task()->differential = false;
                task()->served = image();
                task()->size = SMALL;
                memcpy(task()->md5, md5, sizeof md5);
            }
            kit.trial = KIT_REJECT;
            kit_start(&kit);
            kit_run(&kit);
            assert_int_equal(task()->result, 206);
            tasks[1] = fake_platform_add(&kit.platform, ONEOTA_SOTA, "1.1", image(), SMALL, md5);
            if (second == 0) {
                tasks[1]->differential = true;
                tasks[1]->served = kit.patch->bytes;
                tasks[1]->size = kit.patch->length;
                fake_md5_hex(kit.patch->bytes, kit.patch->length, tasks[1]->md5);
            }
            uint32_t marks = kit.board.calls[FAKE_CALL_MARK];
            uint32_t erases = kit.board.calls[FAKE_CALL_SLOT_ERASE];
            kit.trial = KIT_CONFIRM;
            kit_start(&kit);
            kit_run(&kit);
            assert_int_equal(tasks[1]->result, 206);
            assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_QUARANTINE), 1);
            assert_int_equal(kit.board.calls[FAKE_CALL_MARK], marks);
            if (first == 0 || second == 1u) { /* what the trailer names is in the list */
                assert_int_equal(kit.board.calls[FAKE_CALL_SLOT_ERASE], erases);
            }
            kit_judge(&kit);
            kit_free(&kit);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_trust_differential_package_is_installed),
        cmocka_unit_test(test_api_trust_differential_reset_in_every_state_ends_well),
        cmocka_unit_test(test_api_trust_differential_download_goes_on_after_a_reset),
        cmocka_unit_test(test_api_trust_differential_postponed_download_goes_on),
        cmocka_unit_test(test_api_trust_differential_package_of_a_server_without_ranges),
        cmocka_unit_test(test_api_trust_differential_package_without_a_trailer_205),
        cmocka_unit_test(test_api_trust_differential_trailer_that_was_changed_205),
        cmocka_unit_test(test_api_trust_differential_package_for_another_base_204),
        cmocka_unit_test(test_api_trust_differential_base_is_the_running_package_whole),
        cmocka_unit_test(test_api_trust_differential_trailer_of_another_type_107),
        cmocka_unit_test(test_api_trust_differential_package_without_delta_107),
        cmocka_unit_test(
            test_api_trust_differential_running_slot_that_cannot_be_read_is_read_again),
        cmocka_unit_test(test_api_trust_differential_header_that_names_others_205),
        cmocka_unit_test(test_api_trust_differential_header_that_counts_the_trailer_205),
        cmocka_unit_test(test_api_trust_differential_image_must_be_signed_itself),
        cmocka_unit_test(test_api_trust_differential_other_signed_image_205),
        cmocka_unit_test(test_api_trust_differential_trailer_behind_the_body_counts_in_md5),
        cmocka_unit_test(test_api_trust_differential_slot_changed_before_the_mark_is_not_marked),
        cmocka_unit_test(test_api_trust_differential_image_that_failed_is_not_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
