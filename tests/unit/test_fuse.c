/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_fuse.c: the dialect "fuse-ota": its requests byte for byte, its codes one by one.
 */
#include "dialect_rig.h"

/* ---------------------------------------------------------------- requests */

#define KEY "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw="
#define ET  1862515432u

/* What account and console give: a device's key, a user's, a product's, a project's. */
static const oneota_identity_t k_device = {.product = "123123",
                                           .device = "mydev",
                                           .key = KEY,
                                           .auth_version = "2022-05-01",
                                           .scope = ONEOTA_RES_DEVICE};
static const oneota_identity_t k_older = {.product = "123123",
                                          .device = "mydev",
                                          .key = KEY,
                                          .scope = ONEOTA_RES_DEVICE,
                                          .sign = ONEOTA_SIGN_MD5};
static const oneota_identity_t k_user = {.product = "123123",
                                         .device = "mydev",
                                         .key = KEY,
                                         .res = "userid/112",
                                         .auth_version = "2022-05-01",
                                         .sign = ONEOTA_SIGN_SHA256};
/* Blanks and slashes in ids, which are what the customer chose */
static const oneota_identity_t k_odd = {.product = "a/b",
                                        .device = "pump 7?",
                                        .device_name = "mydev",
                                        .key = KEY,
                                        .res = "products/123123/devices/mydev",
                                        .auth_version = "2022-05-01"};

#define AUTH_DEVICE                                                                           \
    "Authorization: version=2022-05-01&res=products%2F123123%2Fdevices%2Fmydev&et=1862515432" \
    "&method=sha1&sign=FdnXJoX7GC4eDQAAnhPp3tUvnhE%3D\r\n"
#define AUTH_OLDER                                                                            \
    "Authorization: version=2018-10-31&res=products%2F123123%2Fdevices%2Fmydev&et=1862515432" \
    "&method=md5&sign=VMynYQl4ah93RBSTuy7zHg%3D%3D\r\n"
#define AUTH_USER                                                                    \
    "Authorization: version=2022-05-01&res=userid%2F112&et=1862515432&method=sha256" \
    "&sign=N7Jd29r2SCNXtfgxbWcIt72a7kgiNSxWc5jqcxpKzmo%3D\r\n"

#define HOST    "iot-api.heclouds.com"
#define HEADERS "Host: " HOST "\r\nContent-Type: application/json\r\n"
#define ROOT    "/fuse-ota/123123/mydev/"

static const oneota_image_id_t k_sota = {.type = ONEOTA_SOTA, .version = "v2.0"};
static const oneota_image_id_t k_fota = {
    .type = ONEOTA_FOTA, .version = "4.0", .manuf = "103", .model = "10301"};

static const golden_t k_golden[] = {
    {{.call = ONEOTA_CALL_VERSION, .identity = &k_device, .et_s = ET, .s_version = "v2.0"},
     "POST " ROOT "version HTTP/1.1\r\n" HEADERS AUTH_DEVICE "Content-Length: 20\r\n"
     "\r\n"
     "{\"s_version\":\"v2.0\"}"},
    {{.call = ONEOTA_CALL_VERSION,
      .identity = &k_user,
      .et_s = ET,
      .f_version = "4.0",
      .s_version = "v2.0"},
     "POST " ROOT "version HTTP/1.1\r\n" HEADERS AUTH_USER "Content-Length: 38\r\n"
     "\r\n"
     "{\"f_version\":\"4.0\",\"s_version\":\"v2.0\"}"},
    {{.call = ONEOTA_CALL_CHECK, .identity = &k_device, .et_s = ET, .image = &k_sota},
     "GET " ROOT "check?type=2&version=v2.0 HTTP/1.1\r\n" HEADERS AUTH_DEVICE "\r\n"},
    {{.call = ONEOTA_CALL_CHECK, .identity = &k_older, .et_s = ET, .image = &k_fota},
     "GET " ROOT "check?type=1&version=4.0 HTTP/1.1\r\n" HEADERS AUTH_OLDER "\r\n"},
    {{.call = ONEOTA_CALL_CHECK, .identity = &k_odd, .et_s = ET, .image = &k_fota},
     "GET /fuse-ota/a%2Fb/pump%207%3F/check?type=1&version=4.0 HTTP/1.1\r\n" HEADERS AUTH_DEVICE
     "\r\n"},
    {{.call = ONEOTA_CALL_TOKEN, .identity = &k_device, .et_s = ET, .handle = "1317438"},
     "GET " ROOT "1317438/check HTTP/1.1\r\n" HEADERS AUTH_DEVICE "\r\n"},
    {{.call = ONEOTA_CALL_DOWNLOAD,
      .identity = &k_device,
      .et_s = ET,
      .handle = "1317438",
      .first = 65536,
      .last = 131071},
     "GET " ROOT "1317438/download HTTP/1.1\r\n"
     "Host: " HOST "\r\n" AUTH_DEVICE "Range: bytes=65536-131071\r\n"
     "\r\n"},
    {{.call = ONEOTA_CALL_DOWNLOAD,
      .identity = &k_user,
      .et_s = ET,
      .handle = "18446744073709551615",
      .last = 511,
      .range_form = ONEOTA_RANGE_BARE},
     "GET " ROOT "18446744073709551615/download HTTP/1.1\r\n"
     "Host: " HOST "\r\n" AUTH_USER "Range: 0-511\r\n"
     "\r\n"},
    {{.call = ONEOTA_CALL_DOWNLOAD,
      .identity = &k_older,
      .et_s = ET,
      .handle = "4643",
      .range_form = ONEOTA_RANGE_NONE},
     "GET " ROOT "4643/download HTTP/1.1\r\n"
     "Host: " HOST "\r\n" AUTH_OLDER "\r\n"},
    {{.call = ONEOTA_CALL_REPORT,
      .identity = &k_device,
      .et_s = ET,
      .handle = "1317438",
      .step = ONEOTA_STEP_DOWNLOADED},
     "POST " ROOT "1317438/status HTTP/1.1\r\n" HEADERS AUTH_DEVICE "Content-Length: 12\r\n"
     "\r\n"
     "{\"step\":101}"},
};

static void test_fuse_requests_are_as_documented(void **state)
{
    (void)state;
    assert_written(&oneota_fuse, HOST, k_golden, COUNT(k_golden));
}

/* The key signs the whole of it: without one there is no download either. */
static void test_fuse_download_without_a_key_is_refused(void **state)
{
    oneota_identity_t identity = k_device;
    const oneota_request_t request = {.call = ONEOTA_CALL_DOWNLOAD,
                                      .identity = &identity,
                                      .host = HOST,
                                      .handle = "1317438",
                                      .last = 99};
    char buffer[640];
    size_t length = 0;

    (void)state;
    identity.key = NULL;
    assert_int_equal(oneota_request_write(&oneota_fuse, &request, buffer, sizeof buffer, &length),
                     ONEOTA_PARAM);
    identity = k_device;
    identity.product = NULL;
    assert_int_equal(oneota_request_write(&oneota_fuse, &request, buffer, sizeof buffer, &length),
                     ONEOTA_PARAM);
}

/* What account and console give goes together with the method: those that B.5 of the platform's
 * documents computes, and the others by openssl. */
static void test_fuse_authorization_in_every_form_is_signed(void **state)
{
    static const struct {
        const char *version, *res;
        const char *signs[ONEOTA_SIGN_COUNT];
    } k_forms[] = {
        {"2018-10-31",
         NULL,
         {"mXuulHAApKHrDJxNsWUaMHq4Yfg%3D", "VMynYQl4ah93RBSTuy7zHg%3D%3D",
          "I4BuLY0Nngex7qHz4IqQcwFQKREjYPnYvJBxkUmuGFU%3D"}},
        {"2022-05-01",
         NULL,
         {"FdnXJoX7GC4eDQAAnhPp3tUvnhE%3D", "rSWvCXsh5CBdPgIb5weAeA%3D%3D",
          "VleuU%2F%2B3FZiS%2BSSkX2mBsi39rqkva7n3piEIaUyq3os%3D"}},
        {"2022-05-01",
         "userid/112",
         {"DMEK7p1rOdWwyQiBpVfQNlBuEtI%3D", "iDFAFBBfffUrFNZw18rNUQ%3D%3D",
          "N7Jd29r2SCNXtfgxbWcIt72a7kgiNSxWc5jqcxpKzmo%3D"}},
        {"2022-05-01",
         "projectid/p1",
         {"nB3QRpgM7j5f6B5WLOUbL1zXc7M%3D", "lu%2BrMeNJ2dRHYSZO%2FWYpCQ%3D%3D",
          "VRPsIsmZowasJszZ8ROjjqz%2F5uVQd4JqqNRGO1QPh0g%3D"}},
        {"2022-05-01",
         "projectid/p1/groupid/g2",
         {"QoM%2BXOpd%2F0S5K0TZVMKE%2B4tSIIw%3D", "GETFlwv%2BLjjF6FZGNNwV8w%3D%3D",
          "9zav5nQwqRqnCj1kxpsoZ0M6vDaOkp3FODwt6MJZS%2B4%3D"}},
    };
    oneota_identity_t identity = k_device;
    const oneota_request_t request = {.call = ONEOTA_CALL_TOKEN,
                                      .identity = &identity,
                                      .host = HOST,
                                      .et_s = ET,
                                      .handle = "1317438"};

    (void)state;
    for (size_t i = 0; i < COUNT(k_forms); i++) {
        identity.auth_version = k_forms[i].version;
        identity.res = k_forms[i].res;
        for (uint8_t sign = 0; sign < ONEOTA_SIGN_COUNT; sign++) {
            char buffer[640];
            char end[80];
            size_t length = 0;
            identity.sign = sign;
            memset(buffer, 0, sizeof buffer);
            assert_int_equal(
                oneota_request_write(&oneota_fuse, &request, buffer, sizeof buffer, &length),
                ONEOTA_OK);
            (void)snprintf(end, sizeof end, "&sign=%s\r\n\r\n", k_forms[i].signs[sign]);
            assert_string_equal(strstr(buffer, "&sign="), end);
            (void)snprintf(end, sizeof end, "Authorization: version=%s&res=", k_forms[i].version);
            assert_non_null(strstr(buffer, end));
        }
    }
}

/* ---------------------------------------------------------------- answers */

static oneota_answer_t answer_to(uint8_t call, const char *body)
{
    return answer_with(&oneota_fuse, call, body, -1);
}

/* Bodies of tests/samples/B_*.json. */
static void test_fuse_captured_task_is_read(void **state)
{
    static const uint8_t k_md5[16] = {0xb5, 0x48, 0x09, 0x18, 0x6a, 0x2d, 0xd7, 0x20,
                                      0xe8, 0x02, 0x65, 0x40, 0x2e, 0x8c, 0xb1, 0x68};
    const oneota_answer_t answer = answer_to(
        ONEOTA_CALL_CHECK,
        "{\"code\":0,\"msg\":\"succ\",\"data\":{\"target\":\"v3.0\",\"tid\":1317438,\"size\":8260,"
        "\"md5\":\"b54809186a2dd720e80265402e8cb168\",\"status\":1,\"type\":1},"
        "\"request_id\":\"8b9b21aff5f84af7ad9595c368613e16\"}");

    (void)state;
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_OK);
    assert_int_equal(answer.reason, ONEOTA_REASON_NONE);
    assert_int_equal(answer.code, 0);
    assert_false(answer.announce);
    assert_string_equal(answer.task.target, "v3.0");
    assert_string_equal(answer.handle, "1317438");
    assert_string_equal(answer.address, "");
    assert_memory_equal(answer.task.md5, k_md5, 16);
    assert_int_equal(answer.task.size, 8260);
    assert_int_equal(answer.task.type, 1);
    assert_int_equal(answer.task.signal, -1);
    assert_int_equal(answer.task.power, -1);
    assert_int_equal(answer.task.retry, 0);
    assert_int_equal(answer.task.interval_s, 0);
}

static void test_fuse_captured_success_is_ok(void **state)
{
    static const uint8_t k_calls[] = {ONEOTA_CALL_VERSION, ONEOTA_CALL_REPORT};

    (void)state;
    for (size_t i = 0; i < COUNT(k_calls); i++) {
        const oneota_answer_t answer = answer_to(
            k_calls[i],
            "{\"code\":0,\"msg\":\"succ\",\"request_id\":\"399527bd39274e4e8f881e4714911a19\"}");
        assert_int_equal(answer.verdict, ONEOTA_VERDICT_OK);
        assert_int_equal(answer.reason, ONEOTA_REASON_NONE);
        assert_int_equal(answer.code, 0);
        assert_false(answer.announce);
    }
}

static void test_fuse_captured_end_of_a_task_is_over(void **state)
{
    oneota_answer_t answer =
        answer_to(ONEOTA_CALL_TOKEN, "{\"code\":0,\"msg\":\"succ\",\"data\":{\"status\":5},"
                                     "\"request_id\":\"bdc6376c84564d20ab37676c0fbf9ff3\"}");

    (void)state;
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_OVER);
    assert_int_equal(answer.reason, ONEOTA_REASON_OVER);
    answer = answer_to(ONEOTA_CALL_REPORT, "{\"code\":20,\"msg\":\"task finish\","
                                           "\"request_id\":\"03e88f9bc9394c12ba59ea741c6a817a\"}");
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_OVER);
    assert_int_equal(answer.reason, ONEOTA_REASON_OVER);
    assert_int_equal(answer.code, 20);
}

/* The envelope of the other dialects is none here. */
static void test_fuse_errno_is_no_code(void **state)
{
    const oneota_answer_t answer =
        answer_to(ONEOTA_CALL_VERSION, "{\"errno\":0,\"error\":\"succ\"}");

    (void)state;
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_PEER);
}

/* ---- the task's number */

static oneota_answer_t check_with(const char *tid)
{
    char body[320];

    (void)snprintf(body, sizeof body,
                   "{\"code\":0,\"msg\":\"succ\",\"data\":{\"target\":\"v3.0\"%s%s,\"size\":8260,"
                   "\"md5\":\"b54809186a2dd720e80265402e8cb168\",\"status\":1,\"type\":1},"
                   "\"request_id\":\"8b9b21aff5f84af7ad9595c368613e16\"}",
                   tid[0] != '\0' ? ",\"tid\":" : "", tid);
    return answer_to(ONEOTA_CALL_CHECK, body);
}

static void test_fuse_task_number_of_64_bits_is_kept_to_the_digit(void **state)
{
    static const char *const k_numbers[] = {"1",
                                            "4643",
                                            "65536",
                                            "1317438",
                                            "4294967296",
                                            "9007199254740993", /* 2^53 + 1 */
                                            "9223372036854775808",
                                            "18446744073709551615"};

    (void)state;
    for (size_t i = 0; i < COUNT(k_numbers); i++) {
        char quoted[32];
        oneota_answer_t answer = check_with(k_numbers[i]);
        assert_int_equal(answer.verdict, ONEOTA_VERDICT_OK);
        assert_string_equal(answer.handle, k_numbers[i]);
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", k_numbers[i]);
        answer = check_with(quoted);
        assert_int_equal(answer.verdict, ONEOTA_VERDICT_OK);
        assert_string_equal(answer.handle, k_numbers[i]);
    }
}

static void test_fuse_task_number_that_is_none_is_unusable(void **state)
{
    static const char *const k_numbers[] = {"",
                                            "null",
                                            "0",
                                            "-1",
                                            "007",
                                            "1.0",
                                            "1317438.5",
                                            "1e3",
                                            "1E3",
                                            "true",
                                            "[1]",
                                            "{}",
                                            "\"\"",
                                            "\"0\"",
                                            "\"-1\"",
                                            "\"007\"",
                                            "\"1.0\"",
                                            "\"1e3\"",
                                            "\" 1\"",
                                            "\"1 \"",
                                            "\"+1\"",
                                            "\"0x1F\"",
                                            "\"ota_1\"",
                                            "\"1/..\"",
                                            "\"1\\u00002\"",
                                            "\"1\\r\\nX: y\"",
                                            "18446744073709551616", /* 2^64 */
                                            "\"18446744073709551616\"",
                                            "36893488147419103233", /* 2^65 + 1 */
                                            "99999999999999999999",
                                            "100000000000000000000",
                                            "-9223372036854775808"};

    (void)state;
    for (size_t i = 0; i < COUNT(k_numbers); i++) {
        const oneota_answer_t answer = check_with(k_numbers[i]);
        if (answer.verdict != ONEOTA_VERDICT_UNUSABLE || answer.reason != ONEOTA_REASON_ANSWER ||
            answer.handle[0] != '\0') {
            fail_msg("tid %s: verdict %d, handle %s", k_numbers[i], answer.verdict, answer.handle);
        }
    }
}

/* ---- codes */

#define SMALL_ANYWHERE                                \
    {1, V(AUTH), R(AUTH)}, {2, V(CONFIG), R(CONFIG)}, \
    {                                                 \
        7, V(LATER), R(SERVER)                        \
    }

#define SMALL_IN_TASK                                                                        \
    SMALL_ANYWHERE, {12, V(EXPIRED), R(OVER)}, {17, V(WRONG_STATE), R(OVER)},                \
        {18, V(FOREIGN), R(OVER)}, {19, V(POSTPONED), R(POSTPONED)}, {20, V(OVER), R(OVER)}, \
        {21, V(WRONG_STATE), R(OVER)},                                                       \
    {                                                                                        \
        22, V(CANCELLED), R(CANCELLED)                                                       \
    }

#define ANYWHERE                                                                         \
    {500, V(LATER), R(SERVER)}, {10500, V(LATER), R(SERVER)}, {10403, V(AUTH), R(AUTH)}, \
        {10001, V(CONFIG), R(CONFIG)}, {12001, V(CONFIG), R(CONFIG)},                    \
        {12004, V(CONFIG), R(CONFIG)}, {12015, V(CONFIG), R(CONFIG)},                    \
        {10408, V(CONFIG), R(CONFIG)}, {10409, V(CONFIG), R(CONFIG)},                    \
    {                                                                                    \
        10410, V(CONFIG), R(CONFIG)                                                      \
    }

#define THE_END(name)                                                                \
    {10407, V(name), R(name)}, {12002, V(name), R(name)}, {12003, V(name), R(name)}, \
        {12010, V(name), R(name)}, {12011, V(name), R(name)},                        \
    {                                                                                \
        12020, V(name), R(name)                                                      \
    }

#define FILES(verdict, reason)                                          \
    {10422, V(verdict), R(reason)}, {10423, V(verdict), R(reason)},     \
        {10424, V(verdict), R(reason)}, {10425, V(verdict), R(reason)}, \
    {                                                                   \
        10426, V(verdict), R(reason)                                    \
    }

#define TASK_IS_GONE                                      \
    {12012, V(OVER), R(OVER)}, {12013, V(OVER), R(OVER)}, \
    {                                                     \
        12014, V(OVER), R(OVER)                           \
    }

static const meaning_t k_version[] = {SMALL_ANYWHERE, ANYWHERE, THE_END(CONFIG),
                                      FILES(LATER, SERVER), OTHERS};

static const meaning_t k_check[] = {SMALL_ANYWHERE,
                                    ANYWHERE,
                                    THE_END(CONFIG),
                                    FILES(LATER, SERVER),
                                    {19, V(POSTPONED), R(POSTPONED)},
                                    {12012, V(NO_TASK), R(NONE)},
                                    {12013, V(NO_TASK), R(NONE)},
                                    {12014, V(NO_TASK), R(NONE)},
                                    OTHERS};

static const meaning_t k_token[] = {SMALL_IN_TASK,        ANYWHERE,     THE_END(OVER),
                                    FILES(LATER, SERVER), TASK_IS_GONE, OTHERS};

static const meaning_t k_download[] = {
    SMALL_IN_TASK, ANYWHERE, THE_END(OVER), FILES(PACKAGE_LATER, PACKAGE), TASK_IS_GONE, OTHERS};

static const meaning_t k_report[] = {SMALL_IN_TASK, ANYWHERE,
                                     THE_END(OVER), FILES(LATER, SERVER),
                                     TASK_IS_GONE,  {12016, V(WRONG_STATE), R(OVER)},
                                     OTHERS};

static void test_fuse_codes_of_version(void **state)
{
    (void)state;
    assert_codes(&oneota_fuse, ONEOTA_CALL_VERSION, k_version);
}

static void test_fuse_codes_of_check(void **state)
{
    (void)state;
    assert_codes(&oneota_fuse, ONEOTA_CALL_CHECK, k_check);
}

static void test_fuse_codes_of_token(void **state)
{
    (void)state;
    assert_codes(&oneota_fuse, ONEOTA_CALL_TOKEN, k_token);
}

static void test_fuse_json_codes_of_download(void **state)
{
    (void)state;
    assert_codes(&oneota_fuse, ONEOTA_CALL_DOWNLOAD, k_download);
}

static void test_fuse_codes_of_report(void **state)
{
    (void)state;
    assert_codes(&oneota_fuse, ONEOTA_CALL_REPORT, k_report);
}

static void test_fuse_states_of_a_task(void **state)
{
    static const meaning_t k_states[] = {{1, V(OK), R(NONE)},
                                         {2, V(OK), R(NONE)},
                                         {3, V(WRONG_STATE), R(OVER)},
                                         {4, V(OVER), R(OVER)},
                                         {5, V(OVER), R(OVER)},
                                         {6, V(CANCELLED), R(CANCELLED)},
                                         OTHERS};

    (void)state;
    for (int32_t number = 0; number <= HIGHEST_CODE; number++) {
        const oneota_answer_t answer = answer_state(&oneota_fuse, number);
        assert_means(k_states, &answer, number);
        assert_int_equal(answer.announce, number == 1); /* step 1 starts the download */
    }
}

static void test_fuse_success_without_a_state_is_unusable(void **state)
{
    static const char *const k_bodies[] = {
        "{\"code\":0,\"msg\":\"succ\",\"request_id\":\"0\"}",
        "{\"code\":0,\"msg\":\"succ\",\"data\":null}",
        "{\"code\":0,\"msg\":\"succ\",\"data\":{}}",
        "{\"code\":0,\"msg\":\"succ\",\"data\":{\"status\":\"x\"}}",
        "{\"code\":0,\"msg\":\"succ\",\"data\":{\"status\":1.5}}",
        "{\"code\":0,\"msg\":\"succ\",\"data\":{\"status\":-1}}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(k_bodies); i++) {
        const oneota_answer_t answer = answer_to(ONEOTA_CALL_TOKEN, k_bodies[i]);
        assert_int_equal(answer.verdict, ONEOTA_VERDICT_UNUSABLE);
        assert_false(answer.announce);
    }
}

static void test_fuse_download_errors_of_the_header(void **state)
{
    static const meaning_t k_errors[] = {{1, V(PACKAGE), R(PACKAGE)},
                                         {2, V(PACKAGE), R(PACKAGE)},
                                         {3, V(PACKAGE), R(PACKAGE)},
                                         {4, V(PACKAGE_LATER), R(PACKAGE)},
                                         {5, V(RECHECK), R(PACKAGE)},
                                         {6, V(AUTH), R(AUTH)},
                                         OTHERS};
    /* with and without something in the body */
    static const char *const k_bodies[] = {"", "9", "error", "{\"code\":0,\"msg\":\"succ\"}"};

    (void)state;
    for (size_t i = 0; i < COUNT(k_bodies); i++) {
        for (int32_t number = 1; number <= HIGHEST_CODE; number++) {
            const oneota_answer_t answer =
                answer_with(&oneota_fuse, ONEOTA_CALL_DOWNLOAD, k_bodies[i], number);
            assert_means(k_errors, &answer, number);
        }
    }
}

/* ---- clock */

static void test_fuse_expired_authorization_tells_the_time(void **state)
{
    oneota_answer_t answer =
        answer_to(ONEOTA_CALL_CHECK, "{\"code\":10403,\"msg\":\"request has expired:expire="
                                     "1537255523,now=1774165234\",\"request_id\":\"0\"}");

    (void)state;
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_AUTH);
    assert_int_equal(answer.now_s, 1774165234);
    answer = answer_to(ONEOTA_CALL_CHECK, "{\"code\":10403,\"msg\":\"token expire is too long,max "
                                          "expire limit 10 years\",\"request_id\":\"0\"}");
    assert_int_equal(answer.verdict, ONEOTA_VERDICT_AUTH);
    assert_int_equal(answer.now_s, 0);
}

/* It is in the journal of devices in the field. */
static void test_fuse_has_its_number_in_the_journal(void **state)
{
    (void)state;
    assert_int_equal(oneota_fuse.id, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fuse_requests_are_as_documented),
        cmocka_unit_test(test_fuse_download_without_a_key_is_refused),
        cmocka_unit_test(test_fuse_authorization_in_every_form_is_signed),
        cmocka_unit_test(test_fuse_captured_task_is_read),
        cmocka_unit_test(test_fuse_captured_success_is_ok),
        cmocka_unit_test(test_fuse_captured_end_of_a_task_is_over),
        cmocka_unit_test(test_fuse_errno_is_no_code),
        cmocka_unit_test(test_fuse_task_number_of_64_bits_is_kept_to_the_digit),
        cmocka_unit_test(test_fuse_task_number_that_is_none_is_unusable),
        cmocka_unit_test(test_fuse_codes_of_version),
        cmocka_unit_test(test_fuse_codes_of_check),
        cmocka_unit_test(test_fuse_codes_of_token),
        cmocka_unit_test(test_fuse_json_codes_of_download),
        cmocka_unit_test(test_fuse_codes_of_report),
        cmocka_unit_test(test_fuse_states_of_a_task),
        cmocka_unit_test(test_fuse_success_without_a_state_is_unusable),
        cmocka_unit_test(test_fuse_download_errors_of_the_header),
        cmocka_unit_test(test_fuse_expired_authorization_tells_the_time),
        cmocka_unit_test(test_fuse_has_its_number_in_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
