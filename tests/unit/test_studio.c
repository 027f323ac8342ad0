/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_studio.c: the dialect of OneNET Studio in 2021: fuse-ota's calls in another envelope.
 */
#include "dialect_rig.h"

/* ---------------------------------------------------------------- requests */

#define ET 1862515432u

static const oneota_identity_t k_device = {.product = "123123",
                                           .device = "mydev",
                                           .key = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=",
                                           .scope = ONEOTA_RES_DEVICE};

#define AUTH                                                                                  \
    "Authorization: version=2018-10-31&res=products%2F123123%2Fdevices%2Fmydev&et=1862515432" \
    "&method=sha1&sign=mXuulHAApKHrDJxNsWUaMHq4Yfg%3D\r\n"
#define HOST    "studio-ota.heclouds.com"
#define HEADERS "Host: " HOST "\r\nContent-Type: application/json\r\n"
#define ROOT    "/ota/123123/mydev/"

static const oneota_image_id_t k_fota = {.type = ONEOTA_FOTA, .version = "1.00"};

static const golden_t k_golden[] = {
    {{.call = ONEOTA_CALL_VERSION, .identity = &k_device, .et_s = ET, .f_version = "1.00"},
     "POST " ROOT "version HTTP/1.1\r\n" HEADERS AUTH "Content-Length: 20\r\n"
     "\r\n"
     "{\"f_version\":\"1.00\"}"},
    {{.call = ONEOTA_CALL_CHECK, .identity = &k_device, .et_s = ET, .image = &k_fota},
     "GET " ROOT "check?type=1&version=1.00 HTTP/1.1\r\n" HEADERS AUTH "\r\n"},
    {{.call = ONEOTA_CALL_TOKEN, .identity = &k_device, .et_s = ET, .handle = "4643"},
     "GET " ROOT "4643/check HTTP/1.1\r\n" HEADERS AUTH "\r\n"},
    {{.call = ONEOTA_CALL_DOWNLOAD,
      .identity = &k_device,
      .et_s = ET,
      .handle = "4643",
      .last = 559},
     "GET " ROOT "4643/download HTTP/1.1\r\n"
     "Host: " HOST "\r\n" AUTH "Range: bytes=0-559\r\n"
     "\r\n"},
    {{.call = ONEOTA_CALL_REPORT, .identity = &k_device, .et_s = ET, .handle = "4643", .step = 10},
     "POST " ROOT "4643/status HTTP/1.1\r\n" HEADERS AUTH "Content-Length: 11\r\n"
     "\r\n"
     "{\"step\":10}"},
};

static void test_studio_requests_are_as_documented(void **state)
{
    (void)state;
    assert_written(&oneota_studio, HOST, k_golden, COUNT(k_golden));
}

/* ---------------------------------------------------------------- answers */

static void test_studio_captured_task_is_read(void **state)
{
    const oneota_answer_t answer = answer_with(
        &oneota_studio, ONEOTA_CALL_CHECK,
        "{\"errno\":0,\"error\":\"succ\",\"data\":{\"target\":\"2.00\",\"tid\":4643,\"size\":560,"
        "\"md5\":\"ba115dde8371551ab9aa5b49d8a5ebce\",\"status\":1,\"type\":1}}",
        -1);

    (void)state;
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_OK);
    assert_string_equal(answer.handle, "4643");
    assert_string_equal(answer.task.target, "2.00");
    assert_int_equal(answer.task.size, 560);
    assert_int_equal(answer.task.type, 1);
    assert_int_equal(answer.task.retry, 0);
}

static void test_studio_envelope_of_fuse_is_none(void **state)
{
    const oneota_answer_t answer =
        answer_with(&oneota_studio, ONEOTA_CALL_VERSION, "{\"code\":0,\"msg\":\"succ\"}", -1);

    (void)state;
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_PEER);
}

static const meaning_t k_version[] = {
    {1, V(AUTH), R(AUTH)}, {2, V(CONFIG), R(CONFIG)}, {7, V(LATER), R(SERVER)}, OTHERS};

static const meaning_t k_check[] = {
    {1, V(AUTH), R(AUTH)},     {2, V(CONFIG), R(CONFIG)},        {7, V(LATER), R(SERVER)},
    {10, V(NO_TASK), R(NONE)}, {19, V(POSTPONED), R(POSTPONED)}, OTHERS};

static const meaning_t k_task[] = {{1, V(AUTH), R(AUTH)},
                                   {2, V(CONFIG), R(CONFIG)},
                                   {7, V(LATER), R(SERVER)},
                                   {12, V(EXPIRED), R(OVER)},
                                   {17, V(WRONG_STATE), R(OVER)},
                                   {18, V(FOREIGN), R(OVER)},
                                   {19, V(POSTPONED), R(POSTPONED)},
                                   {20, V(OVER), R(OVER)},
                                   {21, V(WRONG_STATE), R(OVER)},
                                   {22, V(CANCELLED), R(CANCELLED)},
                                   OTHERS};

static void test_studio_codes_of_every_call(void **state)
{
    (void)state;
    assert_codes(&oneota_studio, ONEOTA_CALL_VERSION, k_version);
    assert_codes(&oneota_studio, ONEOTA_CALL_CHECK, k_check);
    assert_codes(&oneota_studio, ONEOTA_CALL_TOKEN, k_task);
    assert_codes(&oneota_studio, ONEOTA_CALL_DOWNLOAD, k_task);
    assert_codes(&oneota_studio, ONEOTA_CALL_REPORT, k_task);
}

static void test_studio_states_of_a_task(void **state)
{
    static const meaning_t k_states[] = {{1, V(OK), R(NONE)},
                                         {2, V(OK), R(NONE)},
                                         {3, V(WRONG_STATE), R(OVER)},
                                         {4, V(OVER), R(OVER)},
                                         {5, V(OVER), R(OVER)},
                                         {6, V(CANCELLED), R(CANCELLED)},
                                         OTHERS};

    (void)state;
    for (int32_t number = 0; number <= 99; number++) {
        const oneota_answer_t answer = answer_state(&oneota_studio, number);
        assert_means(k_states, &answer, number);
        assert_int_equal(answer.announce, number == 1);
    }
}

static void test_studio_download_errors_of_the_header(void **state)
{
    static const meaning_t k_errors[] = {{1, V(PACKAGE), R(PACKAGE)},
                                         {2, V(PACKAGE), R(PACKAGE)},
                                         {3, V(PACKAGE), R(PACKAGE)},
                                         {4, V(PACKAGE_LATER), R(PACKAGE)},
                                         {5, V(RECHECK), R(PACKAGE)},
                                         {6, V(AUTH), R(AUTH)},
                                         OTHERS};

    (void)state;
    for (int32_t number = 1; number <= 99; number++) {
        const oneota_answer_t answer =
            answer_with(&oneota_studio, ONEOTA_CALL_DOWNLOAD, "", number);
        assert_means(k_errors, &answer, number);
    }
}

/* It is in the journal of devices in the field. */
static void test_studio_has_its_number_in_the_journal(void **state)
{
    (void)state;
    assert_int_equal(oneota_studio.id, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_studio_requests_are_as_documented),
        cmocka_unit_test(test_studio_captured_task_is_read),
        cmocka_unit_test(test_studio_envelope_of_fuse_is_none),
        cmocka_unit_test(test_studio_codes_of_every_call),
        cmocka_unit_test(test_studio_states_of_a_task),
        cmocka_unit_test(test_studio_download_errors_of_the_header),
        cmocka_unit_test(test_studio_has_its_number_in_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
