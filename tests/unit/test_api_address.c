/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Where to: the main host, and the host that a task names (ipPort).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAIN_HOST    "ota.heclouds.com"

static kit_t kit;
static char body[400];

/* A task that names a host. */
static void begin(const char *address)
{
    kit_init(&kit, NULL);
    const fake_task_t *task = &kit.platform.tasks[0];
    (void)snprintf(body, sizeof body,
                   "{\"errno\":0,\"data\":{\"target\":\"1.1\",\"token\":\"%s\",\"size\":3000,"
                   "\"md5\":\"%s\",\"type\":1,\"ipPort\":\"%s\"}}",
                   task->token, task->md5, address);
    kit_rule(&kit, FAKE_CHECK)->body = body;
}

/* Every download went there, and everything else to the main host. */
static void assert_downloads_from(const char *address, uint16_t port)
{
    for (uint32_t n = 0; n < kit.call_count; n++) {
        const kit_call_t *call = &kit.calls[n];
        bool download = call->verb == FAKE_DOWNLOAD;
        assert_string_equal(call->address, download ? address : MAIN_HOST);
        assert_int_equal(call->port, download ? port : 80);
    }
    assert_int_equal(kit.platform.tasks[0].result, 201);
    kit_judge(&kit); /* Host is the main one's, always */
}

static void test_api_address_is_told_and_not_used_unless_allowed(void **state)
{
    (void)state;
    begin("203.0.113.5:8002");
    kit.setup.use_private_address = true; /* alone it allows nothing */
    kit_start(&kit);
    const oneota_event_t *task = kit_until_event(&kit, ONEOTA_EVENT_TASK);
    assert_string_equal(task->address, "203.0.113.5:8002");
    kit_run(&kit);
    assert_downloads_from(MAIN_HOST, 80);
    kit_free(&kit);
}

static void test_api_address_allowed_downloads_from_there(void **state)
{
    static const struct {
        const char *text, *address;
        uint16_t port;
    } rows[] = {
        {"203.0.113.5:8002", "203.0.113.5", 8002},
        {"203.0.113.5", "203.0.113.5", 80},
        {"203.0.113.5:65535", "203.0.113.5", 65535},
        {"cdn.example.com:81", "cdn.example.com", 81},
        {"Archive.example.com:81", "Archive.example.com", 81},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        begin(rows[n].text);
        kit.setup.use_address = true;
        kit_start(&kit);
        kit_run(&kit);
        assert_downloads_from(rows[n].address, rows[n].port);
        kit_free(&kit);
    }
}

static void test_api_address_that_is_none_is_not_used(void **state)
{
    static const char *const texts[] = {"",       "203.0.113.5:0", "203.0.113.5:65536",
                                        "a b:80", "::1",           "203.0.113.5:",
                                        ":80",    "203.0.113:80",  "2130706433:80"};
    (void)state;
    for (size_t n = 0; n < COUNT(texts); n++) {
        begin(texts[n]);
        kit.setup.use_address = true;
        kit.setup.use_private_address = true;
        kit_start(&kit);
        kit_run(&kit);
        assert_downloads_from(MAIN_HOST, 80);
        kit_free(&kit);
    }
}

static void test_api_address_private_needs_its_own_permission(void **state)
{
    static const struct {
        const char *address;
        bool is_private;
    } rows[] = {
        {"0.1.2.3", true},      {"10.0.0.1", true},        {"10.255.255.255", true},
        {"127.0.0.1", true},    {"169.254.1.1", true},     {"172.16.0.1", true},
        {"127.1.2.3", true},    {"172.31.255.1", true},    {"192.168.0.1", true},
        {"nas", true},          {"localhost", true},       {"9.255.255.255", false},
        {"11.0.0.1", false},    {"126.0.0.1", false},      {"128.0.0.1", false},
        {"169.253.1.1", false}, {"169.255.1.1", false},    {"172.15.255.1", false},
        {"172.32.0.1", false},  {"192.167.0.1", false},    {"192.169.0.1", false},
        {"a.example", false},   {"100.64.0.1", true},      {"100.127.1.1", true},
        {"100.63.1.1", false},  {"100.128.1.1", false},    {"223.255.1.1", false},
        {"224.0.0.1", true},    {"255.255.255.255", true},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        for (unsigned allowed = 0; allowed <= 1u; allowed++) {
            char text[64];
            (void)snprintf(text, sizeof text, "%s:8080", rows[n].address);
            begin(text);
            kit.setup.use_address = true;
            kit.setup.use_private_address = allowed != 0;
            kit_start(&kit);
            kit_run(&kit);
            bool used = allowed != 0 || !rows[n].is_private;
            assert_downloads_from(used ? rows[n].address : MAIN_HOST, used ? 8080 : 80);
            kit_free(&kit);
        }
    }
}

/* ---------------------------------------------------------------- the way back to the main host */

static void assert_falls_back(void)
{
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 101 | 201 V");
    assert_string_equal(kit_last_call(&kit, FAKE_DOWNLOAD)->address, MAIN_HOST);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 1);
    assert_int_equal(kit.platform.tasks[0].result, 201);
}

static void test_api_address_where_nobody_is_then_the_main_host(void **state)
{
    (void)state;
    begin("203.0.113.5:8002");
    kit.setup.use_address = true;
    kit.dead = "203.0.113.5";
    kit_start(&kit);
    assert_falls_back();
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_NETWORK), 1);
    kit_free(&kit);
}

static void test_api_address_that_answers_otherwise_then_the_main_host(void **state)
{
    static const struct {
        uint16_t status;
        const char *body;
    } rows[] = {{404, "not here"}, {200, "<html>"}, {302, ""}, {206, "xx"}, {503, ""}};
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        begin("203.0.113.5:8002");
        kit.setup.use_address = true;
        kit_rule_t *rule = kit_rule(&kit, FAKE_DOWNLOAD);
        rule->status = rows[n].status;
        rule->body = rows[n].body;
        kit_start(&kit);
        assert_falls_back();
        kit_free(&kit);
    }
}

static void test_api_address_is_not_kept_over_a_reset(void **state)
{
    (void)state;
    begin("203.0.113.5:8002");
    kit.setup.use_address = true;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 2);
    uint32_t calls = kit.call_count;
    kit_start(&kit);
    kit_run(&kit);
    for (uint32_t n = calls; n < kit.call_count; n++) {
        assert_string_equal(kit.calls[n].address, MAIN_HOST);
    }
    kit_free(&kit);
}

/* ---------------------------------------------------------------- the main host */

static const char *opened_name;
static oneota_error_t (*open_inner)(void *, const char *, uint16_t, const char *);

static oneota_error_t open_noted(void *ctx, const char *address, uint16_t port, const char *name)
{
    opened_name = name;
    return open_inner(ctx, address, port, name);
}

static void test_api_main_host_port_and_name(void **state)
{
    (void)state;
    for (unsigned named = 0; named <= 1u; named++) {
        const kit_options_t options = {.tasks = 8};
        kit_init(&kit, &options);
        open_inner = kit.net.port.open;
        kit.net.port.open = open_noted;
        kit.setup.address = "183.230.40.50";
        kit.setup.host = MAIN_HOST;
        kit.setup.server_name = named ? "certificate.example" : NULL;
        kit.setup.port = 8443;
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_last_call(&kit, FAKE_CHECK)->address, "183.230.40.50");
        assert_int_equal(kit_last_call(&kit, FAKE_CHECK)->port, 8443);
        assert_string_equal(opened_name, named ? "certificate.example" : "183.230.40.50");
        assert_non_null(strstr(kit.request, "\r\nHost: " MAIN_HOST "\r\n"));
        kit_judge(&kit);
        kit_free(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_address_is_told_and_not_used_unless_allowed),
        cmocka_unit_test(test_api_address_allowed_downloads_from_there),
        cmocka_unit_test(test_api_address_that_is_none_is_not_used),
        cmocka_unit_test(test_api_address_private_needs_its_own_permission),
        cmocka_unit_test(test_api_address_where_nobody_is_then_the_main_host),
        cmocka_unit_test(test_api_address_that_answers_otherwise_then_the_main_host),
        cmocka_unit_test(test_api_address_is_not_kept_over_a_reset),
        cmocka_unit_test(test_api_main_host_port_and_name),
    };
    return cmocka_run_group_tests_name("api address", tests, NULL, NULL);
}
