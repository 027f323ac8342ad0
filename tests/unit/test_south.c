/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_south.c: the dialect "OTA 2.0 south API": its requests byte for byte, its codes one by one.
 */
#include "dialect_rig.h"

/* ---------------------------------------------------------------- requests */

/* Keys and Authorization values of tests/samples/auth_vectors.json: P1, P2, D-md5. */
static const oneota_identity_t k_p1 = {.product = "245528",
                                       .device = "32981907",
                                       .key = "RePqKaM9eCTjyUVl7/QP/kzyDLkfMwZYvcthTqT0qC0="};
static const oneota_identity_t k_p2 = {.product = "238322",
                                       .device = "522747162",
                                       .device_name = "mqtts-test-device",
                                       .key = "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM=",
                                       .scope = ONEOTA_RES_DEVICE};
static const oneota_identity_t k_md5 = {.product = "123123",
                                        .device = "7",
                                        .key = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=",
                                        .sign = ONEOTA_SIGN_MD5};

#define AUTH_P1                                                                         \
    "Authorization: version=2018-10-31&res=products%2F245528&et=7559008892&method=sha1" \
    "&sign=TPllhakDDnUV90epLnOqpj6aWqI%3D\r\n"
#define AUTH_P2                                                                             \
    "Authorization: version=2018-10-31&res=products%2F238322%2Fdevices%2Fmqtts-test-device" \
    "&et=7557387130&method=sha1&sign=Rs0u%2FKnyoK5%2FMuKo5xKa0tW%2BWqY%3D\r\n"
#define AUTH_MD5                                                                       \
    "Authorization: version=2018-10-31&res=products%2F123123&et=1537255523&method=md5" \
    "&sign=M3jB6jcSNUuGcvW3dFcrWA%3D%3D\r\n"

#define HEADERS "Host: ota.heclouds.com\r\nContent-Type: application/json\r\n"

static const oneota_image_id_t k_sota = {.type = ONEOTA_SOTA, .version = "1.2"};
static const oneota_image_id_t k_fota = {.type = ONEOTA_FOTA, .version = "4.0"};
static const oneota_image_id_t k_gd32 = {
    .type = ONEOTA_SOTA, .version = "V1.0_a-b", .manuf = "103", .model = "10301"};

#define TOKEN "ota_YbDB8ANDSmPEM78DkHDT"

static const golden_t k_golden[] = {
    {{.call = ONEOTA_CALL_VERSION, .identity = &k_p1, .et_s = 7559008892u, .s_version = "1.2"},
     "POST /ota/device/version?dev_id=32981907 HTTP/1.1\r\n" HEADERS AUTH_P1
     "Content-Length: 19\r\n"
     "\r\n"
     "{\"s_version\":\"1.2\"}"},
    {{.call = ONEOTA_CALL_VERSION, .identity = &k_p1, .et_s = 7559008892u, .f_version = "4.0"},
     "POST /ota/device/version?dev_id=32981907 HTTP/1.1\r\n" HEADERS AUTH_P1
     "Content-Length: 19\r\n"
     "\r\n"
     "{\"f_version\":\"4.0\"}"},
    {{.call = ONEOTA_CALL_VERSION,
      .identity = &k_p1,
      .et_s = 7559008892u,
      .f_version = "4.0",
      .s_version = "1.2"},
     "POST /ota/device/version?dev_id=32981907 HTTP/1.1\r\n" HEADERS AUTH_P1
     "Content-Length: 37\r\n"
     "\r\n"
     "{\"f_version\":\"4.0\",\"s_version\":\"1.2\"}"},
    {{.call = ONEOTA_CALL_CHECK, .identity = &k_p1, .et_s = 7559008892u, .image = &k_sota},
     "GET /ota/south/check?dev_id=32981907&manuf=100&model=10001&type=2&version=1.2&cdn=false"
     " HTTP/1.1\r\n" HEADERS AUTH_P1 "\r\n"},
    {{.call = ONEOTA_CALL_CHECK, .identity = &k_p2, .et_s = 7557387130u, .image = &k_fota},
     "GET /ota/south/check?dev_id=522747162&manuf=000&model=00001&type=1&version=4.0&cdn=false"
     " HTTP/1.1\r\n" HEADERS AUTH_P2 "\r\n"},
    {{.call = ONEOTA_CALL_CHECK, .identity = &k_md5, .et_s = 1537255523u, .image = &k_gd32},
     "GET /ota/south/check?dev_id=7&manuf=103&model=10301&type=2&version=V1.0_a-b&cdn=false"
     " HTTP/1.1\r\n" HEADERS AUTH_MD5 "\r\n"},
    {{.call = ONEOTA_CALL_TOKEN, .identity = &k_p1, .et_s = 7559008892u, .handle = TOKEN},
     "GET /ota/south/download/" TOKEN "/check?dev_id=32981907 HTTP/1.1\r\n" HEADERS AUTH_P1 "\r\n"},
    {{.call = ONEOTA_CALL_DOWNLOAD, .identity = &k_p1, .handle = TOKEN, .first = 0, .last = 5},
     "GET /ota/south/download/" TOKEN " HTTP/1.1\r\n"
     "Host: ota.heclouds.com\r\n"
     "Range: bytes=0-5\r\n"
     "\r\n"},
    {{.call = ONEOTA_CALL_DOWNLOAD,
      .identity = &k_p1,
      .handle = TOKEN,
      .first = 16384,
      .last = 49151,
      .range_form = ONEOTA_RANGE_BARE},
     "GET /ota/south/download/" TOKEN " HTTP/1.1\r\n"
     "Host: ota.heclouds.com\r\n"
     "Range: 16384-49151\r\n"
     "\r\n"},
    {{.call = ONEOTA_CALL_DOWNLOAD,
      .identity = &k_p1,
      .handle = TOKEN,
      .range_form = ONEOTA_RANGE_NONE},
     "GET /ota/south/download/" TOKEN " HTTP/1.1\r\n"
     "Host: ota.heclouds.com\r\n"
     "\r\n"},
    {{.call = ONEOTA_CALL_REPORT,
      .identity = &k_p1,
      .et_s = 7559008892u,
      .handle = TOKEN,
      .step = ONEOTA_STEP_UPDATED},
     "POST /ota/south/device/download/" TOKEN
     "/progress?dev_id=32981907 HTTP/1.1\r\n" HEADERS AUTH_P1 "Content-Length: 12\r\n"
     "\r\n"
     "{\"step\":201}"},
};

static void test_south_requests_are_as_documented(void **state)
{
    (void)state;
    assert_written(&oneota_south, "ota.heclouds.com", k_golden, COUNT(k_golden));
}

/* ---------------------------------------------------------------- answers */

static oneota_answer_t answer_to(uint8_t call, const char *body)
{
    return answer_with(&oneota_south, call, body, -1);
}

/* Bodies of tests/samples/A_check_task.http and another capture. */
static void test_south_captured_task_is_read(void **state)
{
    static const uint8_t k_md5_22[16] = {0xad, 0x2f, 0x4e, 0x4e, 0xa2, 0xa2, 0x7e, 0xac,
                                         0xe7, 0xe4, 0x91, 0x31, 0x39, 0xf8, 0xf0, 0x1a};
    oneota_answer_t answer = answer_to(
        ONEOTA_CALL_CHECK,
        "{\"errno\":0,\"error\":\"succ\",\"data\":{\"target\":\"V1.0.1\",\"token\":\"" TOKEN
        "\",\"size\":22,\"md5\":\"ad2f4e4ea2a27eace7e4913139f8f01a\",\"signal\":10,\"power\":50,"
        "\"retry\":0,\"interval\":0,\"type\":1}}");

    (void)state;
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_OK);
    assert_int_equal(answer.reason, ONEOTA_REASON_NONE);
    assert_int_equal(answer.code, 0);
    assert_false(answer.announce);
    assert_int_equal(answer.retry_after_s, 0);
    assert_int_equal(answer.now_s, 0);
    assert_string_equal(answer.task.target, "V1.0.1");
    assert_string_equal(answer.handle, TOKEN);
    assert_string_equal(answer.address, "");
    assert_memory_equal(answer.task.md5, k_md5_22, 16);
    assert_int_equal(answer.task.size, 22);
    assert_int_equal(answer.task.type, 1);
    assert_int_equal(answer.task.signal, 10);
    assert_int_equal(answer.task.power, 50);
    assert_int_equal(answer.task.retry, 0);
    assert_int_equal(answer.task.interval_s, 0);

    answer = answer_to(
        ONEOTA_CALL_CHECK,
        "{\"errno\":0,\"error\":\"succ\",\"data\":{\"target\":\"1.0\",\"token\":\"ota_e8J7tlNueb7R"
        "ICV8p5Ij\",\"size\":3868,\"md5\":\"2fcaf36d96f1bdbc849eb7c034957cf3\",\"signal\":10,"
        "\"power\":50,\"retry\":0,\"interval\":0,\"type\":1}}");
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_OK);
    assert_string_equal(answer.handle, "ota_e8J7tlNueb7RICV8p5Ij");
    assert_int_equal(answer.task.size, 3868);
}

static void test_south_captured_success_is_ok(void **state)
{
    static const uint8_t k_calls[] = {ONEOTA_CALL_VERSION, ONEOTA_CALL_TOKEN, ONEOTA_CALL_REPORT};

    (void)state;
    for (size_t i = 0; i < COUNT(k_calls); i++) {
        const oneota_answer_t answer = answer_to(k_calls[i], "{\"errno\":0,\"error\":\"succ\"}");
        assert_int_equal(answer.verdict, ONEOTA_VERDICT_OK);
        assert_int_equal(answer.reason, ONEOTA_REASON_NONE);
        assert_int_equal(answer.code, 0);
        assert_false(answer.announce);
    }
}

/* ---- codes */

static const meaning_t k_version[] = {{1, V(AUTH), R(AUTH)},      {2, V(CONFIG), R(CONFIG)},
                                      {7, V(LATER), R(SERVER)},   {26, V(CONFIG), R(CONFIG)},
                                      {27, V(CONFIG), R(CONFIG)}, OTHERS};

static const meaning_t k_check[] = {{1, V(AUTH), R(AUTH)},
                                    {2, V(CONFIG), R(CONFIG)},
                                    {7, V(LATER), R(SERVER)},
                                    {8, V(MISMATCH), R(MISMATCH)},
                                    {9, V(MISMATCH), R(MISMATCH)},
                                    {10, V(POSTPONED), R(POSTPONED)},
                                    {11, V(NO_TASK), R(NONE)},
                                    {13, V(NO_TASK), R(NONE)},
                                    {19, V(POSTPONED), R(POSTPONED)},
                                    {26, V(CONFIG), R(CONFIG)},
                                    {27, V(CONFIG), R(CONFIG)},
                                    {32, V(VERSION_FIRST), R(NONE)},
                                    {5116, V(CONFIG), R(QUOTA)},
                                    OTHERS};

static const meaning_t k_token[] = {{1, V(AUTH), R(AUTH)},
                                    {2, V(CONFIG), R(CONFIG)},
                                    {4, V(EXPIRED), R(OVER)},
                                    {7, V(LATER), R(SERVER)},
                                    {12, V(EXPIRED), R(OVER)},
                                    {15, V(EXPIRED), R(OVER)},
                                    {17, V(WRONG_STATE), R(OVER)},
                                    {18, V(FOREIGN), R(OVER)},
                                    {19, V(POSTPONED), R(POSTPONED)},
                                    {20, V(OVER), R(OVER)},
                                    {21, V(WRONG_STATE), R(OVER)},
                                    {22, V(CANCELLED), R(CANCELLED)},
                                    {23, V(EXPIRED), R(OVER)},
                                    OTHERS};

static const meaning_t k_report[] = {{1, V(AUTH), R(AUTH)},
                                     {2, V(CONFIG), R(CONFIG)},
                                     {7, V(LATER), R(SERVER)},
                                     {12, V(EXPIRED), R(OVER)},
                                     {15, V(EXPIRED), R(OVER)},
                                     {17, V(WRONG_STATE), R(OVER)},
                                     {18, V(FOREIGN), R(OVER)},
                                     {19, V(POSTPONED), R(POSTPONED)},
                                     {20, V(OVER), R(OVER)},
                                     {21, V(WRONG_STATE), R(OVER)},
                                     {22, V(CANCELLED), R(CANCELLED)},
                                     {24, V(CONFIG), R(CONFIG)},
                                     OTHERS};

static const meaning_t k_digits[] = {{1, V(PACKAGE), R(PACKAGE)},
                                     {2, V(PACKAGE), R(PACKAGE)},
                                     {3, V(RECHECK), R(PACKAGE)},
                                     {4, V(PACKAGE_LATER), R(PACKAGE)},
                                     {5, V(RECHECK), R(PACKAGE)},
                                     {6, V(PACKAGE_LATER), R(PACKAGE)},
                                     OTHERS};

static void test_south_codes_of_version(void **state)
{
    (void)state;
    assert_codes(&oneota_south, ONEOTA_CALL_VERSION, k_version);
}

static void test_south_codes_of_check(void **state)
{
    (void)state;
    assert_codes(&oneota_south, ONEOTA_CALL_CHECK, k_check);
}

static void test_south_codes_of_token(void **state)
{
    (void)state;
    assert_codes(&oneota_south, ONEOTA_CALL_TOKEN, k_token);
}

static void test_south_codes_of_report(void **state)
{
    (void)state;
    assert_codes(&oneota_south, ONEOTA_CALL_REPORT, k_report);
}

static void test_south_json_codes_of_download_are_those_of_token(void **state)
{
    (void)state;
    assert_codes(&oneota_south, ONEOTA_CALL_DOWNLOAD, k_token);
}

static void test_south_one_byte_codes_of_download(void **state)
{
    (void)state;
    for (char digit = '0'; digit <= '9'; digit++) {
        const char body[] = {digit, '\0'};
        const oneota_answer_t answer = answer_to(ONEOTA_CALL_DOWNLOAD, body);
        assert_means(k_digits, &answer, digit - '0');
    }
}

/* It is in the journal of devices in the field. */
static void test_south_has_its_number_in_the_journal(void **state)
{
    (void)state;
    assert_int_equal(oneota_south.id, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_south_requests_are_as_documented),
        cmocka_unit_test(test_south_captured_task_is_read),
        cmocka_unit_test(test_south_captured_success_is_ok),
        cmocka_unit_test(test_south_codes_of_version),
        cmocka_unit_test(test_south_codes_of_check),
        cmocka_unit_test(test_south_codes_of_token),
        cmocka_unit_test(test_south_codes_of_report),
        cmocka_unit_test(test_south_json_codes_of_download_are_those_of_token),
        cmocka_unit_test(test_south_one_byte_codes_of_download),
        cmocka_unit_test(test_south_has_its_number_in_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
