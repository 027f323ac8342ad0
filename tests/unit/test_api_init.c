/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What oneota_init() refuses: each member that is missing, each number out of its range, too
 * little memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exchange.h"
#include "journal.h"
#include "kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static kit_t kit;
static oneota_setup_t setup;
static oneota_image_t images[5];
static oneota_net_t net;
static oneota_boot_port_t boot;
static oneota_clock_t a_clock;
static oneota_device_t device;
static oneota_flash_t journal;
static oneota_flash_t slot;
static oneota_log_t a_log;
static uint32_t log_lines;

static void on_line(void *ctx, const oneota_log_line_t *line)
{
    (void)ctx;
    assert_int_equal(line->level, ONEOTA_LOG_ERROR);
    assert_non_null(line->text);
    log_lines++;
}

/* A set-up that is right, of parts that may be changed one by one. */
static void fresh(void)
{
    setup = kit.setup;
    net = *setup.net;
    boot = *setup.boot;
    a_clock = *setup.clock;
    device = *setup.device;
    journal = *setup.journal;
    slot = *kit.images[0].slot[1];
    a_log.line = on_line;
    for (size_t n = 0; n < COUNT(images); n++) {
        images[n] = kit.images[0];
        images[n].id.version = "1.0";
        images[n].slot[1] = &slot;
    }
    setup.net = &net;
    setup.boot = &boot;
    setup.clock = &a_clock;
    setup.device = &device;
    setup.journal = &journal;
    setup.images = images;
    setup.log = &a_log;
    log_lines = 0;
}

static void expect(oneota_error_t wanted, const char *what)
{
    oneota_error_t error = oneota_init(&kit.ram.client, &setup);
    if (error != wanted) {
        fail_msg("%s: %s", what, oneota_error_text(error));
    }
    if (error == ONEOTA_OK) {
        oneota_deinit(&kit.ram.client);
        return;
    }
    assert_int_equal(oneota_poll(&kit.ram.client), 2000000000u);
    assert_int_equal(oneota_check_now(&kit.ram.client), ONEOTA_PARAM);
}

static int set_up(void **state)
{
    (void)state;
    kit_init(&kit, NULL);
    kit_start(&kit);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kit_free(&kit);
    return 0;
}

/* ---------------------------------------------------------------- members */

#define MEMBER(object, member)                                          \
    {                                                                   \
#object "." #member, &object, offsetof(typeof_##object, member) \
    }
typedef oneota_setup_t typeof_setup;
typedef oneota_net_t typeof_net;
typedef oneota_boot_port_t typeof_boot;
typedef oneota_clock_t typeof_a_clock;
typedef oneota_device_t typeof_device;
typedef oneota_flash_t typeof_journal;
typedef oneota_flash_t typeof_slot;
typedef oneota_log_t typeof_a_log;

typedef struct {
    const char *name;
    void *object;
    size_t offset;
} member_t;

/* Any pointer, as its bytes: on all that this runs on, the null pointer is zeros. */
static void clear_member(const member_t *member)
{
    memset((uint8_t *)member->object + member->offset, 0, sizeof(void *));
}

static void test_api_init_each_required_member_missing_param(void **state)
{
    static const member_t members[] = {
        MEMBER(setup, dialect),
        MEMBER(setup, address),
        MEMBER(setup, work),
        MEMBER(setup, images),
        MEMBER(setup, net),
        MEMBER(setup, boot),
        MEMBER(setup, journal),
        MEMBER(setup, clock),
        MEMBER(setup, device),
        MEMBER(setup, identity.product),
        MEMBER(setup, identity.device),
        MEMBER(setup, identity.key),
        MEMBER(net, open),
        MEMBER(net, send),
        MEMBER(net, recv),
        MEMBER(net, close),
        MEMBER(boot, query),
        MEMBER(boot, inspect),
        MEMBER(boot, mark),
        MEMBER(boot, confirm),
        MEMBER(boot, revert),
        MEMBER(a_clock, now_ms),
        MEMBER(device, random),
        MEMBER(journal, erase),
        MEMBER(journal, program),
        MEMBER(journal, read),
        MEMBER(journal, erase_unit),
        MEMBER(journal, size),
        MEMBER(slot, erase),
        MEMBER(slot, program),
        MEMBER(slot, read),
        MEMBER(slot, erase_unit),
        MEMBER(slot, size),
    };
    (void)state;
    for (size_t n = 0; n < COUNT(members); n++) {
        fresh();
        clear_member(&members[n]);
        expect(ONEOTA_PARAM, members[n].name);
        assert_int_equal(log_lines, 1);
    }
    fresh();
    a_log.line = NULL;
    expect(ONEOTA_PARAM, "log.line");
    fresh();
    setup.log = NULL;
    setup.net = NULL;
    expect(ONEOTA_PARAM, "net, and nobody to tell");
    for (unsigned n = 0; n < 2u; n++) {
        fresh();
        images[0].slot[n] = NULL;
        expect(ONEOTA_PARAM, "slot");
        fresh();
        setup.image_count = 4;
        images[3].slot[n] = NULL;
        expect(ONEOTA_PARAM, "slot of the last image");
    }
}

static void test_api_init_each_optional_member_missing_ok(void **state)
{
    static const member_t members[] = {
        MEMBER(setup, host),
        MEMBER(setup, server_name),
        MEMBER(setup, prefix),
        MEMBER(setup, log),
        MEMBER(setup, event),
        MEMBER(setup, event_ctx),
        MEMBER(setup, log_ctx),
        MEMBER(setup, net_ctx),
        MEMBER(setup, identity.device_name),
        MEMBER(setup, identity.res),
        MEMBER(setup, identity.auth_version),
        MEMBER(net, last_error),
        MEMBER(a_clock, unix_s),
        MEMBER(device, battery),
        MEMBER(device, signal),
    };
    (void)state;
    for (size_t n = 0; n < COUNT(members); n++) {
        fresh();
        clear_member(&members[n]);
        expect(ONEOTA_OK, members[n].name);
        assert_int_equal(log_lines, 0);
    }
}

static void test_api_init_null_param(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(oneota_init(NULL, &setup), ONEOTA_PARAM);
    assert_int_equal(oneota_init(&kit.ram.client, NULL), ONEOTA_PARAM);
    assert_int_equal(oneota_init(NULL, NULL), ONEOTA_PARAM);
}

/* ---------------------------------------------------------------- numbers */

static void test_api_init_each_number_out_of_range_param(void **state)
{
    static const struct {
        uint32_t *number;
        uint32_t most;
        const char *name;
    } rows[] = {
        {&setup.poll_interval_s, 2000000, "poll_interval_s"},
        {&setup.retry_floor_ms, 2000000000, "retry_floor_ms"},
        {&setup.backoff_min_ms, 2000000000, "backoff_min_ms"},
        {&setup.backoff_max_ms, 2000000000, "backoff_max_ms"},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        fresh();
        *rows[n].number = rows[n].most;
        expect(ONEOTA_OK, rows[n].name);
        fresh();
        *rows[n].number = rows[n].most + 1u;
        expect(ONEOTA_PARAM, rows[n].name);
        fresh();
        *rows[n].number = UINT32_MAX;
        expect(ONEOTA_PARAM, rows[n].name);
    }
    fresh();
    net.poll_ms = 50;
    expect(ONEOTA_OK, "poll_ms");
    net.poll_ms = 51;
    expect(ONEOTA_PARAM, "poll_ms");
}

static void test_api_init_image_count_1_to_4(void **state)
{
    (void)state;
    for (unsigned count = 0; count <= 5u; count++) {
        fresh();
        setup.image_count = (uint8_t)count;
        expect(count >= 1u && count <= 4u ? ONEOTA_OK : ONEOTA_PARAM, "image_count");
    }
    fresh();
    setup.image_count = 255;
    expect(ONEOTA_PARAM, "image_count 255");
}

static void test_api_init_program_unit_a_power_of_two_up_to_256(void **state)
{
    static const uint16_t right[] = {1, 2, 8, 32, 256};
    static const uint16_t wrong[] = {0, 3, 12, 255, 257, 512, 65535};
    (void)state;
    for (size_t n = 0; n < COUNT(right); n++) {
        fresh();
        slot.program_unit = right[n];
        journal.program_unit = right[n];
        expect(ONEOTA_OK, "program_unit");
    }
    for (size_t n = 0; n < COUNT(wrong); n++) {
        fresh();
        slot.program_unit = wrong[n];
        expect(ONEOTA_PARAM, "program_unit of a slot");
        fresh();
        journal.program_unit = wrong[n];
        expect(ONEOTA_PARAM, "program_unit of the journal");
    }
}

static uint32_t one_unit(void *ctx)
{
    (void)ctx;
    return 4096;
}

static void test_api_init_journal_of_one_unit_param(void **state)
{
    (void)state;
    fresh();
    journal.size = one_unit;
    expect(ONEOTA_PARAM, "journal");
    assert_int_equal(log_lines, 1);
}

/* ---------------------------------------------------------------- text */

static void test_api_init_identity_that_cannot_be_sent_param(void **state)
{
    static const struct {
        const char *name;
        const char **text;
        const char *wrong[6];
    } rows[] = {
        {"version",
         &images[0].id.version,
         {"", "123456789012345678901", "1 0", "1/0", "\xE4", "1\n"}},
        {"manuf", &images[0].id.manuf, {"", "\r\n", "1\x7F"}},
        {"model", &images[0].id.model, {"", "\r\n"}},
        {"key",
         &setup.identity.key,
         {"", "no base64!", "KuF3NT/jUBJ62LNBB_A8XZA9CqS3Cu79B/ABmfA1UCw="}},
        {"device", &setup.identity.device, {"", "1\n"}},
        {"host", &setup.host, {"", "a b", "a\r\nX: y"}},
        {"prefix", &setup.prefix, {"/a b", "/\r\n"}},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        for (size_t w = 0; w < 6u && rows[n].wrong[w] != NULL; w++) {
            fresh();
            *rows[n].text = rows[n].wrong[w];
            expect(ONEOTA_PARAM, rows[n].name);
        }
    }
    fresh();
    images[0].id.version = NULL;
    expect(ONEOTA_PARAM, "version NULL");
    fresh();
    setup.identity.sign = ONEOTA_SIGN_COUNT;
    expect(ONEOTA_PARAM, "sign");
    fresh();
    setup.image_count = 2;
    images[1].id.version = "bad version";
    expect(ONEOTA_PARAM, "version of the second image");
}

static void test_api_init_image_type_fota_or_sota(void **state)
{
    (void)state;
    for (unsigned type = 0; type <= 4u; type++) {
        fresh();
        images[0].id.type = (uint8_t)type;
        expect(type == 1u || type == 2u ? ONEOTA_OK : ONEOTA_PARAM, "type");
    }
}

/* ---------------------------------------------------------------- memory */

static void test_api_init_work_out_of_place_limit(void **state)
{
    static uint64_t large[65544u / 8u];
    (void)state;
    fresh();
    setup.work = (uint8_t *)setup.work + 4;
    expect(ONEOTA_LIMIT, "not aligned");
    fresh();
    setup.work_bytes = 0;
    expect(ONEOTA_LIMIT, "none");
    fresh();
    setup.work = large;
    setup.work_bytes = 65536;
    expect(ONEOTA_OK, "as much as can be counted");
    setup.work_bytes = 65537;
    expect(ONEOTA_LIMIT, "more than can be counted");
}

/* The kit looks at the bytes behind what it was given. */
static void update_with(size_t work_bytes, uint16_t program_unit, bool enough)
{
    static kit_t other;
    const kit_options_t options = {.size = 3000, .unit = 4096, .program_unit = program_unit};
    kit_init(&other, &options);
    other.setup.work_bytes = work_bytes;
    if (enough) {
        kit_start(&other);
        kit_run(&other);
        assert_string_equal(kit_story(&other), "V C T D 101 | 201 V");
        kit_judge(&other);
    } else {
        fake_board_boot(&other.board);
        other.images[0].id.version = "1.0";
        memset(&other.ram, 0xA5, sizeof other.ram);
        assert_int_equal(oneota_init(&other.ram.client, &other.setup), ONEOTA_LIMIT);
    }
    kit_free(&other);
}

static void test_api_init_work_one_byte_less_limit_exactly_enough_updates(void **state)
{
    static const uint16_t units[] = {1, 8, 64, 256};
    (void)state;
    for (size_t n = 0; n < COUNT(units); n++) {
        size_t enough = EXCHANGE_WORK_MIN + units[n] + JOURNAL_RECORD_MAX(units[n]);
        update_with(enough - 1u, units[n], false);
        update_with(enough, units[n], true);
        assert_true(enough <= ONEOTA_WORK_BYTES);
    }
}

/* It named the one behind the last, until the journal had been read. */
static void test_api_init_status_before_the_first_poll_names_an_image(void **state)
{
    static kit_t other;
    oneota_status_t status;
    (void)state;
    kit_init(&other, NULL);
    kit_start(&other);
    kit_status(&other, &status);
    assert_int_equal(status.image, 0);
    kit_free(&other);
}

/* All that a task may hold, in the least memory: token of 64, target of 20, address of 47
 * characters. */
static void test_api_init_longest_task_is_read_in_the_least_memory(void **state)
{
    static kit_t other;
    (void)state;
    kit_init(&other, NULL);
    other.setup.work_bytes = EXCHANGE_WORK_MIN + 8u + JOURNAL_RECORD_MAX(8u);
    kit_rule(&other, FAKE_CHECK)->body =
        "{\"errno\":0,\"error\":\"succ\",\"data\":{\"target\":\"12345678901234567890\",\"token\":"
        "\"ota_567890123456789012345678901234567890123456789012345678901234\","
        "\"size\":4294967295,\"md5\":\"ad2f4e4ea2a27eace7e4913139f8f01a\",\"signal\":2147483647,"
        "\"power\":100,\"retry\":4294967295,\"interval\":4294967295,\"type\":1,"
        "\"ipPort\":\"a.2345678901234567890123456789012345.example:65535\"}}";
    kit_start(&other);
    const oneota_event_t *task = kit_until_event(&other, ONEOTA_EVENT_TASK);
    assert_int_equal(task->task->size, UINT32_MAX);
    assert_int_equal(strlen(task->task->target), ONEOTA_VERSION_MAX);
    kit_free(&other);
}

/* One image without a key that proves, and its packages would be taken unsigned. */
static void test_api_init_each_image_has_a_table_of_trust_that_proves(void **state)
{
    oneota_trust_t trust[ONEOTA_IMAGES_MAX];
    const oneota_trust_t none = fake_signer_trust(0);
    (void)state;
    for (unsigned images_used = 1; images_used <= ONEOTA_IMAGES_MAX; images_used++) {
        for (unsigned bad = 0; bad <= ONEOTA_IMAGES_MAX; bad++) {
            for (unsigned n = 0; n < ONEOTA_IMAGES_MAX; n++) {
                trust[n] = n == bad ? none : fake_signer_trust(1);
            }
            fresh();
            setup.image_count = (uint8_t)images_used;
            setup.trust = trust;
            expect(bad < images_used ? ONEOTA_PARAM : ONEOTA_OK, "trust");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_init_null_param),
        cmocka_unit_test(test_api_init_each_required_member_missing_param),
        cmocka_unit_test(test_api_init_each_optional_member_missing_ok),
        cmocka_unit_test(test_api_init_each_number_out_of_range_param),
        cmocka_unit_test(test_api_init_image_count_1_to_4),
        cmocka_unit_test(test_api_init_each_image_has_a_table_of_trust_that_proves),
        cmocka_unit_test(test_api_init_program_unit_a_power_of_two_up_to_256),
        cmocka_unit_test(test_api_init_journal_of_one_unit_param),
        cmocka_unit_test(test_api_init_identity_that_cannot_be_sent_param),
        cmocka_unit_test(test_api_init_image_type_fota_or_sota),
        cmocka_unit_test(test_api_init_work_out_of_place_limit),
        cmocka_unit_test(test_api_init_work_one_byte_less_limit_exactly_enough_updates),
        cmocka_unit_test(test_api_init_status_before_the_first_poll_names_an_image),
        cmocka_unit_test(test_api_init_longest_task_is_read_in_the_least_memory),
    };
    return cmocka_run_group_tests_name("api init", tests, set_up, tear_down);
}
