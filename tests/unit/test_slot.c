/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * An image on its way into a slot, and back out of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_flash.h"
#include "fake_md5.h"
#include "slot.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SLOT_BYTES   8192u

typedef struct {
    fake_flash_t flash;
    oneota_slot_t slot;
    uint8_t carry[ONEOTA_PROGRAM_UNIT_MAX];
    uint8_t image[SLOT_BYTES];
} bench_t;

static bench_t bench;

static void begin(const fake_flash_config_t *config, uint32_t size)
{
    assert_true(fake_flash_init(&bench.flash, config));
    for (uint32_t n = 0; n < SLOT_BYTES; n++) {
        bench.image[n] = (uint8_t)(n * 7u + n / 251u);
    }
    memset(bench.carry, 0x77, sizeof bench.carry);
    oneota_slot_begin(&bench.slot, &bench.flash.port, &bench.flash, bench.carry, size);
}

static void end(void)
{
    assert_null(bench.flash.violation);
    fake_flash_free(&bench.flash);
}

/* All of the image, in pieces of piece bytes; each call does at most one operation. */
static void write_all(uint32_t size, uint32_t piece)
{
    for (uint32_t at = 0, calls = 0; at < size;) {
        uint32_t length = piece < size - at ? piece : size - at;
        uint32_t taken = 99;
        uint32_t operations = bench.flash.calls[FAKE_CHANGE];
        oneota_error_t error = oneota_slot_write(&bench.slot, bench.image + at, length, &taken);
        assert_true(error == ONEOTA_OK || (error == ONEOTA_AGAIN && taken == 0));
        assert_true(taken <= length);
        assert_true(bench.flash.calls[FAKE_CHANGE] - operations <= 1u);
        at += taken;
        assert_int_equal(oneota_slot_taken(&bench.slot), at);
        assert_true(++calls < 100000u);
    }
}

static void finish(void)
{
    oneota_error_t error;
    uint32_t calls = 0;
    do {
        error = oneota_slot_finish(&bench.slot);
        assert_true(error == ONEOTA_OK || error == ONEOTA_AGAIN);
        assert_true(++calls < 1000u);
    } while (error == ONEOTA_AGAIN);
    assert_int_equal(bench.slot.position, bench.slot.size);
    assert_int_equal(bench.slot.carried, 0);
}

static void assert_hash_is_of(uint32_t size)
{
    uint8_t digest[CRYPTO_DIGEST_MAX];
    char wanted[33], found[33];
    fake_md5_hex(bench.image, size, wanted);
    oneota_crypto_hash_end(&bench.slot.hash, digest);
    for (size_t n = 0; n < 16u; n++) {
        found[2u * n] = "0123456789abcdef"[digest[n] >> 4];
        found[2u * n + 1u] = "0123456789abcdef"[digest[n] & 15u];
    }
    found[32] = '\0';
    assert_string_equal(found, wanted);
}

static void assert_written(uint32_t size, uint16_t program_unit, uint8_t erased)
{
    uint32_t padded = (size + program_unit - 1u) / program_unit * program_unit;
    assert_memory_equal(bench.flash.bytes, bench.image, size);
    for (uint32_t n = size; n < padded; n++) {
        assert_int_equal(bench.flash.bytes[n], erased);
    }
}

/* ---------------------------------------------------------------- fits */

static void test_slot_fits_when_not_empty_and_within_when_padded(void **state)
{
    static const struct {
        uint32_t slot;
        uint16_t program_unit;
        uint32_t size;
        bool fits;
    } rows[] = {
        {4096, 8, 0, false},     {4096, 8, 1, true},       {4096, 8, 4095, true},
        {4096, 8, 4096, true},   {4096, 8, 4097, false},   {4096, 8, UINT32_MAX, false},
        {4000, 256, 3840, true}, {4000, 256, 3841, false}, {4000, 256, 4000, false},
        {4001, 1, 4001, true},   {4001, 2, 4001, false},   {4001, 2, 4000, true},
    };
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        const fake_flash_config_t config = {.size = rows[n].slot,
                                            .unit = 4096,
                                            .program_unit = rows[n].program_unit,
                                            .erased = 0xFF};
        begin(&config, rows[n].size);
        assert_int_equal(oneota_slot_fits(&bench.slot), rows[n].fits);
        end();
    }
}

/* ---------------------------------------------------------------- write */

static const uint32_t mixed[] = {512, 2048, 512, 1024, 4096, 0};

static const fake_flash_config_t k_geometries[] = {
    {.size = SLOT_BYTES, .unit = 1024, .program_unit = 8, .erased = 0xFF},
    {.size = SLOT_BYTES, .unit = 512, .program_unit = 1, .erased = 0xFF},
    {.size = SLOT_BYTES, .unit = 4096, .program_unit = 256, .erased = 0x00},
    {.size = SLOT_BYTES, .unit = 256, .program_unit = 256, .erased = 0xFF},
    {.units = mixed, .program_unit = 32, .erased = 0x00},
};

static const uint32_t k_sizes[] = {1,   2,    7,    8,    9,    255,       256,
                                   257, 1023, 1024, 1025, 3000, SLOT_BYTES};
static const uint32_t k_pieces[] = {1, 3, 7, 8, 100, 256, 1000, SLOT_BYTES};

static void write_case(const fake_flash_config_t *config, uint32_t size, uint32_t piece,
                       uint32_t again)
{
    begin(config, size);
    bench.flash.again = again;
    write_all(size, piece);
    finish();
    assert_written(size, config->program_unit, config->erased);
    assert_hash_is_of(size);
    end();
}

static void test_slot_write_any_pieces_into_any_geometry_programs_all_once(void **state)
{
    (void)state;
    for (size_t g = 0; g < COUNT(k_geometries); g++) {
        for (size_t s = 0; s < COUNT(k_sizes); s++) {
            for (size_t p = 0; p < COUNT(k_pieces); p++) {
                write_case(&k_geometries[g], k_sizes[s], k_pieces[p], 0);
            }
        }
    }
}

static void test_slot_write_again_is_repeated_until_done(void **state)
{
    (void)state;
    for (size_t g = 0; g < COUNT(k_geometries); g++) {
        for (size_t s = 0; s < COUNT(k_sizes); s++) {
            write_case(&k_geometries[g], k_sizes[s], 100, 2);
        }
    }
}

static void test_slot_write_erases_each_unit_once_just_before_its_first_byte(void **state)
{
    uint32_t taken = 0;
    (void)state;
    begin(&k_geometries[0], 3000);
    assert_true(oneota_slot_at_unit(&bench.slot));
    assert_int_equal(oneota_slot_write(&bench.slot, bench.image, 1000, &taken), ONEOTA_OK);
    assert_int_equal(taken, 0);
    assert_int_equal(bench.flash.calls[FAKE_ERASE], 1);
    assert_false(oneota_slot_at_unit(&bench.slot));
    write_all(3000, 512);
    finish();
    assert_int_equal(bench.flash.calls[FAKE_ERASE], 3);
    for (uint32_t unit = 0; unit < 8u; unit++) {
        assert_int_equal(bench.flash.erases[unit], unit < 3u ? 1 : 0);
    }
    end();
}

static void test_slot_write_not_beyond_the_erased_unit(void **state)
{
    uint32_t taken = 0;
    (void)state;
    begin(&k_geometries[0], 3000);
    assert_int_equal(oneota_slot_write(&bench.slot, bench.image, 3000, &taken), ONEOTA_OK);
    assert_int_equal(oneota_slot_write(&bench.slot, bench.image, 3000, &taken), ONEOTA_OK);
    assert_int_equal(taken, 1024);
    assert_true(oneota_slot_at_unit(&bench.slot));
    end();
}

static void test_slot_write_more_than_size_limit_and_nothing_done(void **state)
{
    static const uint32_t sizes[] = {1, 8, 3000};
    (void)state;
    for (size_t n = 0; n < COUNT(sizes); n++) {
        uint32_t taken = 99;
        begin(&k_geometries[0], sizes[n]);
        assert_int_equal(oneota_slot_write(&bench.slot, bench.image, sizes[n] + 1u, &taken),
                         ONEOTA_LIMIT);
        assert_int_equal(taken, 0);
        write_all(sizes[n], 3);
        assert_int_equal(oneota_slot_write(&bench.slot, bench.image, 1, &taken), ONEOTA_LIMIT);
        assert_int_equal(taken, 0);
        finish();
        end();
    }
}

/* ---------------------------------------------------------------- failing flash */

static void test_slot_write_failing_flash_storage_and_nothing_counted(void **state)
{
    static const struct {
        uint8_t kind;
        uint32_t at, position;
    } rows[] = {
        {FAKE_ERASE, 1, 0}, {FAKE_PROGRAM, 1, 0}, {FAKE_ERASE, 2, 1024}, {FAKE_PROGRAM, 2, 1024}};
    (void)state;
    for (size_t n = 0; n < COUNT(rows); n++) {
        oneota_error_t error = ONEOTA_OK;
        uint32_t taken = 0;
        begin(&k_geometries[0], 3000);
        bench.flash.fault_kind = rows[n].kind;
        bench.flash.fault_at = rows[n].at;
        bench.flash.fault_count = 1;
        while (error == ONEOTA_OK) {
            uint32_t at = oneota_slot_taken(&bench.slot);
            error = oneota_slot_write(&bench.slot, bench.image + at, 3000u - at, &taken);
        }
        assert_int_equal(error, ONEOTA_STORAGE);
        assert_int_equal(taken, 0);
        assert_int_equal(bench.slot.position, rows[n].position);
        end();
    }
}

static void test_slot_finish_failing_flash_storage_and_carry_kept(void **state)
{
    (void)state;
    begin(&k_geometries[0], 5);
    write_all(5, 5);
    bench.flash.fault_kind = FAKE_PROGRAM;
    bench.flash.fault_at = 1;
    bench.flash.fault_count = 1;
    assert_int_equal(oneota_slot_finish(&bench.slot), ONEOTA_STORAGE);
    assert_int_equal(bench.slot.position, 0);
    assert_int_equal(bench.slot.carried, 5);
    end();
}

static oneota_erase_unit_t unit_of_nothing(void *ctx, uint32_t offset)
{
    oneota_erase_unit_t unit = {offset, 0};
    (void)ctx;
    return unit;
}

static oneota_erase_unit_t unit_that_began_before(void *ctx, uint32_t offset)
{
    oneota_erase_unit_t unit = {offset > 0 ? offset - 8u : 8u, 1024};
    (void)ctx;
    return unit;
}

static void test_slot_write_port_that_lies_about_units_storage_and_no_erase(void **state)
{
    oneota_erase_unit_t (*const lies[])(void *, uint32_t) = {unit_of_nothing,
                                                             unit_that_began_before};
    (void)state;
    for (size_t n = 0; n < COUNT(lies); n++) {
        uint32_t taken = 0;
        begin(&k_geometries[0], 3000);
        bench.flash.port.erase_unit = lies[n];
        assert_int_equal(oneota_slot_write(&bench.slot, bench.image, 3000, &taken), ONEOTA_STORAGE);
        assert_int_equal(taken, 0);
        assert_int_equal(bench.flash.calls[FAKE_ANY], 0);
        end();
    }
}

/* ---------------------------------------------------------------- finish, read */

static void test_slot_finish_nothing_in_carry_is_done_at_once(void **state)
{
    (void)state;
    begin(&k_geometries[0], 1024);
    write_all(1024, 1024);
    uint32_t calls = bench.flash.calls[FAKE_ANY];
    assert_int_equal(oneota_slot_finish(&bench.slot), ONEOTA_OK);
    assert_int_equal(bench.flash.calls[FAKE_ANY], calls);
    end();
}

static void test_slot_read_hashes_what_is_in_flash_block_by_block(void **state)
{
    static const uint32_t blocks[] = {1, 100, 512, 3000, 8000};
    uint8_t buffer[8000];
    (void)state;
    for (size_t n = 0; n < COUNT(blocks); n++) {
        oneota_error_t error;
        uint32_t reads = 0;
        begin(&k_geometries[0], 3000);
        fake_flash_put(&bench.flash, 0, bench.image, 3000);
        do {
            error = oneota_slot_read(&bench.slot, 3000, buffer, blocks[n]);
            assert_int_equal(bench.flash.calls[FAKE_ANY], ++reads);
        } while (error == ONEOTA_AGAIN);
        assert_int_equal(error, ONEOTA_OK);
        assert_int_equal(reads, (3000u + blocks[n] - 1u) / blocks[n]);
        assert_int_equal(bench.slot.position, 3000);
        assert_hash_is_of(3000);
        end();
    }
}

/* After a reset: the stored prefix is read, then writing goes on where it ends. */
static void test_slot_read_then_write_goes_on_at_the_unit(void **state)
{
    uint8_t buffer[500];
    (void)state;
    begin(&k_geometries[0], 3000);
    fake_flash_put(&bench.flash, 0, bench.image, 2048);
    while (oneota_slot_read(&bench.slot, 2048, buffer, sizeof buffer) == ONEOTA_AGAIN) {
    }
    assert_true(oneota_slot_at_unit(&bench.slot));
    assert_int_equal(oneota_slot_taken(&bench.slot), 2048);
    for (uint32_t taken = 0, at = 2048; at < 3000; at += taken) {
        assert_int_equal(oneota_slot_write(&bench.slot, bench.image + at, 3000u - at, &taken),
                         ONEOTA_OK);
    }
    finish();
    assert_written(3000, 8, 0xFF);
    assert_hash_is_of(3000);
    assert_int_equal(bench.flash.calls[FAKE_ERASE], 1);
    end();
}

static void test_slot_read_that_fails_storage_and_position_kept(void **state)
{
    uint8_t buffer[500];
    (void)state;
    begin(&k_geometries[0], 3000);
    bench.flash.fault_kind = FAKE_READ;
    bench.flash.fault_at = 2;
    bench.flash.fault_count = 1;
    assert_int_equal(oneota_slot_read(&bench.slot, 3000, buffer, sizeof buffer), ONEOTA_AGAIN);
    assert_int_equal(oneota_slot_read(&bench.slot, 3000, buffer, sizeof buffer), ONEOTA_STORAGE);
    assert_int_equal(bench.slot.position, 500);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slot_fits_when_not_empty_and_within_when_padded),
        cmocka_unit_test(test_slot_write_any_pieces_into_any_geometry_programs_all_once),
        cmocka_unit_test(test_slot_write_again_is_repeated_until_done),
        cmocka_unit_test(test_slot_write_erases_each_unit_once_just_before_its_first_byte),
        cmocka_unit_test(test_slot_write_not_beyond_the_erased_unit),
        cmocka_unit_test(test_slot_write_more_than_size_limit_and_nothing_done),
        cmocka_unit_test(test_slot_write_failing_flash_storage_and_nothing_counted),
        cmocka_unit_test(test_slot_finish_failing_flash_storage_and_carry_kept),
        cmocka_unit_test(test_slot_write_port_that_lies_about_units_storage_and_no_erase),
        cmocka_unit_test(test_slot_finish_nothing_in_carry_is_done_at_once),
        cmocka_unit_test(test_slot_read_hashes_what_is_in_flash_block_by_block),
        cmocka_unit_test(test_slot_read_then_write_goes_on_at_the_unit),
        cmocka_unit_test(test_slot_read_that_fails_storage_and_position_kept),
    };
    return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
