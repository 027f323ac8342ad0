/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Differential packages: what a power cut costs, in bytes of the package and in erases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bytes.h"
#include "kit.h"
#include "machine.h"

#define SIZE 60000u
#define UNIT 4096u

static kit_t kit;

static void make(uint32_t unit)
{
    const kit_options_t options = {
        .size = SIZE, .slot_size = 65536u, .unit = unit, .differential = true};
    kit_init(&kit, &options);
    kit.codes[0] = 201;
    kit_start(&kit);
}

static uint32_t operations(void)
{
    return kit.board.calls[FAKE_CALL_SLOT_ERASE] + kit.board.calls[FAKE_CALL_SLOT_PROGRAM];
}

/* How much of the package the client has taken. */
static uint32_t taken(void)
{
    const oneota_delta_state_t *d = kit.ram.client.delta;
    return d != NULL ? d->offset : 0;
}

/* Behind the header, and told where to go on. */
static bool is_on_its_way(void)
{
    const oneota_delta_state_t *d = kit.ram.client.delta;
    return d != NULL && kit.ram.client.live && d->stage > ONEOTA_DELTA_READY;
}

/* The most bytes of the package that it takes to make so many of the image, and a block more. */
static uint32_t worth(uint32_t length)
{
    uint32_t most = 0;
    for (uint32_t at = 128; at < kit.patch->length;) {
        uint32_t bytes = 0;
        uint32_t made = 0;
        uint32_t place = at;
        while (place < kit.patch->length && made < length) {
            bytes += 16u + oneota_bytes_get_u16(kit.patch->bytes + place);
            made += oneota_bytes_get_u32(kit.patch->bytes + place + 4);
            place += 16u + oneota_bytes_get_u16(kit.patch->bytes + place);
        }
        most = bytes > most ? bytes : most;
        at += 16u + oneota_bytes_get_u16(kit.patch->bytes + at);
    }
    return most;
}

/* The power goes behind so many operations of the slots. @return bytes of the package that are
 * fetched again, but for its header */
static uint32_t lose(uint32_t cut)
{
    while (operations() < cut) {
        kit_poll(&kit);
    }
    uint32_t had = taken();
    kit_start(&kit);
    while (!is_on_its_way()) {
        kit_poll(&kit);
    }
    assert_true(taken() <= had);
    return had - taken();
}

static void test_api_differential_cut_costs_a_block_and_an_erase(void **state)
{
    uint32_t sum = 0;
    (void)state;
    make(UNIT);
    kit_run(&kit);
    uint32_t all = operations();
    uint32_t erases = kit.board.calls[FAKE_CALL_SLOT_ERASE];
    uint32_t block = worth(1);
    uint32_t most = worth(UNIT) + block;
    assert_int_equal(erases, (SIZE + UNIT - 1u) / UNIT);
    kit_free(&kit);
    for (uint32_t cut = 1; cut < all; cut++) {
        make(UNIT);
        uint32_t lost = lose(cut);
        assert_in_range(lost, 0, most);
        sum += lost;
        kit_run(&kit);
        assert_int_equal(kit.platform.tasks[0].result, 201);
        assert_in_range(kit.board.calls[FAKE_CALL_SLOT_ERASE], erases, erases + 1u);
        assert_in_range(operations(), all, all + 1u + UNIT / ONEOTA_DELTA_PIECE_BYTES);
        kit_free(&kit);
    }
    assert_in_range(sum / (all - 1u), 1, most * 2u / 3u);
    print_message("a cut costs %u bytes of the package, %u at most; blocks have %u\n",
                  (unsigned)(sum / (all - 1u)), (unsigned)most, (unsigned)block);
}

/* Places are not stored more often than that. */
static void test_api_differential_small_erase_units_do_not_wear_the_journal(void **state)
{
    (void)state;
    uint32_t records[2];
    for (unsigned n = 0; n < 2u; n++) {
        make(n == 0 ? UNIT : UNIT / 4u);
        kit_run(&kit);
        records[n] = kit.board.calls[FAKE_CALL_JOURNAL_PROGRAM];
        kit_free(&kit);
    }
    assert_in_range(records[0], SIZE / UNIT, 3u * SIZE / UNIT);
    assert_in_range(records[1], 1, records[0]);
}

/* A bit of the flash changes while the image is made. */
static void test_api_differential_flash_that_changes_is_found_by_the_read_back(void **state)
{
    uint8_t byte = 0;
    (void)state;
    make(UNIT);
    kit_until_state(&kit, "verify");
    fake_flash_put(&kit.board.slots[0][1].flash, SIZE / 2u, &byte, 1);
    kit_run(&kit);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_DIGEST), 1);
    assert_int_equal(kit.platform.tasks[0].result, 201); /* the second time */
    assert_in_range(kit.platform.tasks[0].downloads, 2u * kit.patch->length,
                    2u * kit.patch->length);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_differential_cut_costs_a_block_and_an_erase),
        cmocka_unit_test(test_api_differential_small_erase_units_do_not_wear_the_journal),
        cmocka_unit_test(test_api_differential_flash_that_changes_is_found_by_the_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
