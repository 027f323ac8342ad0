/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * report.c where an update through the API does not come: percentages of large packages, and more
 * rounds than are counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_board.h"
#include "machine.h"

static oneota_t client;
static fake_board_t board;

static uint8_t percent(uint32_t place, uint32_t size)
{
    memset(&client, 0, sizeof client);
    client.record.order.task.size = size;
    client.record.at.stage = STAGE_TASK;
    client.download.place = place;
    client.state = ST_DOWNLOAD;
    client.live = true;
    client.download.wanted = place;
    client.slot.position = place;
    client.record.at.stored = place;
    return oneota_machine_percent(&client);
}

/* Rounded down, or one less; all of it alone is 100. */
static void expect_percent(uint32_t place, uint32_t size)
{
    const uint64_t exact = (uint64_t)place * 100u / size;
    const uint8_t found = percent(place, size);
    assert_true(found == exact || (found + 1u == exact && place != size));
    assert_int_equal(found == 100u, place == size);
}

static void test_report_percent_of_any_size(void **state)
{
    static const uint32_t k_sizes[] = {1,        2,        3,          99,         100,       101,
                                       42949672, 42949673, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF};
    (void)state;
    assert_int_equal(percent(0, 0), 0);
    for (size_t n = 0; n < sizeof k_sizes / sizeof k_sizes[0]; n++) {
        const uint32_t size = k_sizes[n];
        for (uint32_t part = 0; part <= 200u; part++) {
            expect_percent((uint32_t)((uint64_t)size * part / 200u), size);
        }
        expect_percent(size - 1u, size);
    }
    assert_int_equal(percent(42949671, 42949672), 99);
    assert_int_equal(percent(21474836, 42949672), 50);
    assert_int_equal(percent(1, 100), 1);
}

/* The count of rounds is a byte: it does not begin again. */
static void test_report_round_255_is_the_last(void **state)
{
    static oneota_setup_t setup;
    const fake_board_config_t config = {.slot = {8192, 1024, NULL, 8, 0xFF, 1},
                                        .journal = {8192, 4096, NULL, 8, 0xFF, 2},
                                        .images = 1};
    (void)state;
    assert_true(fake_board_init(&board, &config));
    memset(&setup, 0, sizeof setup);
    setup.device = &fake_device;
    setup.device_ctx = &board;
    memset(&client, 0, sizeof client);
    client.setup = &setup;
    client.record.order.task.retry = 1000;
    client.record.at.rounds = 254;
    assert_int_equal(oneota_machine_round(&client, ONEOTA_REASON_RETRIES, 0, 104), EV_LATER);
    assert_int_equal(client.record.at.rounds, 255);
    assert_int_equal(oneota_machine_round(&client, ONEOTA_REASON_RETRIES, 0, 104), EV_FAIL);
    assert_int_equal(client.record.at.rounds, 255);
    assert_int_equal(client.record.at.result, 104);
    fake_board_free(&board);
}

static void test_report_back_off_counts_no_further_than_a_byte(void **state)
{
    static oneota_setup_t setup;
    const fake_board_config_t config = {.slot = {8192, 1024, NULL, 8, 0xFF, 1},
                                        .journal = {8192, 4096, NULL, 8, 0xFF, 2},
                                        .images = 1};
    (void)state;
    assert_true(fake_board_init(&board, &config));
    memset(&setup, 0, sizeof setup);
    setup.device = &fake_device;
    setup.device_ctx = &board;
    memset(&client, 0, sizeof client);
    client.setup = &setup;
    for (unsigned n = 1; n <= 300u; n++) {
        (void)oneota_machine_backoff_ms(&client);
        assert_int_equal(client.failures, n < 255u ? n : 255u);
    }
    fake_board_free(&board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_percent_of_any_size),
        cmocka_unit_test(test_report_round_255_is_the_last),
        cmocka_unit_test(test_report_back_off_counts_no_further_than_a_byte),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
