/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Differential packages on boards with little memory, a flash that takes its time or fails at the
 * last, and a boot control that does not know how long the running image is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"
#include "machine.h"

#define SIZE 5003u /* no multiple of the program unit: the tail is programmed at the end */

static kit_t kit;

static void begin(uint8_t code)
{
    const kit_options_t options = {.size = SIZE, .differential = true};
    kit_init(&kit, &options);
    kit.codes[0] = code;
}

static void run_to(uint8_t code)
{
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, code);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- boot control */

static uint32_t told_length;

static oneota_error_t tell_length(void *ctx, uint8_t image, oneota_boot_t *boot)
{
    oneota_error_t error = fake_boot.query(ctx, image, boot);
    boot->length = told_length;
    return error;
}

/* 0 is "unknown", and no image is longer than its slot: then all of the slot may be read, and the
 * package says how much of it is the base. */
static void test_api_differential_base_of_unknown_length_is_what_the_package_says(void **state)
{
    static const uint32_t k_lengths[] = {0, 1500, 8193, UINT32_MAX};
    oneota_boot_port_t boot = fake_boot;
    (void)state;
    boot.query = tell_length;
    for (size_t n = 0; n < sizeof k_lengths / sizeof k_lengths[0]; n++) {
        begin(201);
        kit.setup.boot = &boot;
        told_length = k_lengths[n];
        kit_start(&kit);
        kit_until_state(&kit, "download");
        const oneota_delta_state_t *delta = kit.ram.client.delta;
        assert_int_equal(delta->source.old_size, k_lengths[n] == 1500u ? 1500 : 8192);
        kit.setup.boot = &fake_boot;
        kit_free(&kit);
    }
}

static oneota_error_t tell_slot_1(void *ctx, uint8_t image, oneota_boot_t *boot)
{
    oneota_error_t error = fake_boot.query(ctx, image, boot);
    boot->slot = 1;
    return error;
}

static uint32_t odd_size(void *ctx)
{
    assert_ptr_equal(ctx, kit.images[0].slot_ctx[0]);
    return 6151;
}

/* The new image may have what the other slot holds in whole program units. */
static void test_api_differential_capacity_is_that_of_the_other_slot(void **state)
{
    oneota_boot_port_t boot = fake_boot;
    (void)state;
    boot.query = tell_slot_1;
    begin(201);
    kit.setup.boot = &boot;
    kit.board.slots[0][0].port.size = odd_size;
    kit_start(&kit);
    kit_until_state(&kit, "download");
    const oneota_delta_source_t *source = &kit.ram.client.delta->source;
    assert_ptr_equal(source->old_ctx, kit.images[0].slot_ctx[1]);
    assert_int_equal(source->new_size, 6144);
    kit.setup.boot = &fake_boot;
    kit_free(&kit);
}

static void test_api_differential_base_that_cannot_be_read_107(void **state)
{
    (void)state;
    begin(107);
    kit.board.fault_call = FAKE_CALL_SLOT_READ;
    kit.board.fault = FAKE_FAULT_ERROR;
    kit.board.fault_at = 1;
    kit.board.fault_count = FAKE_FLASH_FOR_EVER;
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 107);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 3);
    assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), 3);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- memory */

static oneota_delta_state_t *begin_without_memory(void *memory, size_t memory_bytes,
                                                  const oneota_delta_source_t *source,
                                                  const oneota_delta_t *decoder)
{
    (void)memory;
    (void)memory_bytes;
    (void)source;
    (void)decoder;
    return NULL;
}

static void test_api_differential_decoder_without_memory_103(void **state)
{
    oneota_delta_t decoder = oneota_delta;
    (void)state;
    decoder.begin = begin_without_memory;
    const oneota_differential_t differential = ONEOTA_DIFFERENTIAL_WITH(&decoder);
    begin(103);
    kit.setup.delta = &differential;
    run_to(103);
}

static void test_api_differential_package_of_no_bytes_102(void **state)
{
    (void)state;
    begin(102);
    kit.platform.tasks[0].size = 0;
    run_to(102);
}

/* ---------------------------------------------------------------- the tail */

static oneota_error_t tail_error;
static uint32_t tail_times;
static uint32_t tail_from; /* what ends behind it is of the tail */

static oneota_error_t program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    fake_region_t *region = ctx;
    if (offset + length > tail_from && tail_times > 0) {
        tail_times--;
        return tail_error;
    }
    return fake_board_slot(region->board, 0, 0)->port.program(ctx, offset, data, length);
}

static void test_api_differential_tail_that_takes_its_time_or_fails_is_written(void **state)
{
    static const struct {
        oneota_error_t error;
        uint32_t times;
        uint32_t from;
        uint32_t failed;
        uint8_t code;
    } k_rows[] = {
        {ONEOTA_AGAIN, 5, SIZE, 0, 201},
        {ONEOTA_STORAGE, 1, SIZE, 1, 201},
        {ONEOTA_STORAGE, UINT32_MAX, SIZE, 3, 107},
        {ONEOTA_AGAIN, 5, 0, 0, 201},      /* and so does what comes before it */
        {ONEOTA_AGAIN, 120000, 0, 0, 201}, /* longer than a peer may be silent */
        {ONEOTA_STORAGE, 1, 0, 1, 201},
    };
    (void)state;
    for (size_t n = 0; n < sizeof k_rows / sizeof k_rows[0]; n++) {
        begin(k_rows[n].code);
        kit.board.slots[0][1].port.program = program;
        tail_error = k_rows[n].error;
        tail_times = k_rows[n].times;
        tail_from = k_rows[n].from;
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(tail_times > 0, k_rows[n].times == UINT32_MAX);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), k_rows[n].failed);
        assert_int_equal(kit_count_events(&kit, ONEOTA_EVENT_FAILED), k_rows[n].failed);
        assert_int_equal(kit.platform.tasks[0].result, k_rows[n].code);
        kit_free(&kit);
    }
}

/* One read of the base that went wrong is a glitch, each time that it is read. */
static void test_api_differential_base_is_doubted_again_after_a_failure(void **state)
{
    (void)state;
    begin(201);
    kit.board.fault_call = FAKE_CALL_SLOT_READ;
    kit.board.fault = FAKE_FAULT_FLIP;
    kit.board.fault_at = 1;
    kit_start(&kit);
    kit_until_call(&kit, FAKE_DOWNLOAD, 0, 2);
    kit.board.fault_call = FAKE_CALL_SLOT_PROGRAM;
    kit.board.fault = FAKE_FAULT_ERROR;
    kit.board.fault_at = kit.board.calls[FAKE_CALL_SLOT_PROGRAM] + 1u;
    kit_until_state(&kit, "wait");
    kit.board.fault_call = FAKE_CALL_SLOT_READ;
    kit.board.fault = FAKE_FAULT_FLIP;
    kit.board.fault_at = kit.board.calls[FAKE_CALL_SLOT_READ] + 1u;
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_STORAGE), 1);
    kit_judge(&kit);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_differential_base_of_unknown_length_is_what_the_package_says),
        cmocka_unit_test(test_api_differential_capacity_is_that_of_the_other_slot),
        cmocka_unit_test(test_api_differential_base_that_cannot_be_read_107),
        cmocka_unit_test(test_api_differential_decoder_without_memory_103),
        cmocka_unit_test(test_api_differential_package_of_no_bytes_102),
        cmocka_unit_test(test_api_differential_tail_that_takes_its_time_or_fails_is_written),
        cmocka_unit_test(test_api_differential_base_is_doubted_again_after_a_failure),
    };
    return cmocka_run_group_tests_name("api differential slot", tests, NULL, NULL);
}
