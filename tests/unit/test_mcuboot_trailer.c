/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * MCUboot's image trailer, byte by byte. A slot is 1000h bytes long here. docs/design.md draws the
 * end of a slot, from the end up (A = BOOT_MAX_ALIGN):
 *
 *     MAGIC        16 bytes, padded in front to A
 *     image ok     1 byte, padded behind to A; so are the next
 *     copy done
 *     swap info    bits 0-3 the swap type (2 test, 3 permanent, 4 revert), 4-7 the image's number
 *
 *     A =  8   magic 1000h-10h = FF0h   ok FF0h- 8h = FE8h   done FE8h- 8h = FE0h   info FD8h
 *     A = 16   magic 1000h-10h = FF0h   ok FF0h-10h = FE0h   done FE0h-10h = FD0h   info FC0h
 *     A = 32   magic 1000h-10h = FF0h   ok FE0h-20h = FC0h   done FC0h-20h = FA0h   info F80h
 *              and its padding from FE0h
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_flash.h"
#include "oneota_mcuboot.h"

#define SIZE 0x1000u
#define UNIT 0x400u

/* docs/design.md, "MAGIC": of A = 8; of any other, A and 14 fixed bytes. */
#define MAGIC_8 \
    0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80
#define MAGIC_TAIL \
    0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a

typedef struct {
    uint8_t align;
    uint16_t unit; /* write size */
    uint32_t info, done, ok;
    uint8_t magic[16]; /* at FF0h */
} layout_t;

static const layout_t k_layouts[] = {
    {8, 1, 0xFD8, 0xFE0, 0xFE8, {MAGIC_8}},
    {8, 2, 0xFD8, 0xFE0, 0xFE8, {MAGIC_8}},
    {8, 4, 0xFD8, 0xFE0, 0xFE8, {MAGIC_8}},
    {8, 8, 0xFD8, 0xFE0, 0xFE8, {MAGIC_8}},
    {16, 16, 0xFC0, 0xFD0, 0xFE0, {0x10, 0x00, MAGIC_TAIL}},
    {16, 4, 0xFC0, 0xFD0, 0xFE0, {0x10, 0x00, MAGIC_TAIL}},
    {32, 32, 0xF80, 0xFA0, 0xFC0, {0x20, 0x00, MAGIC_TAIL}},
    {32, 1, 0xF80, 0xFA0, 0xFC0, {0x20, 0x00, MAGIC_TAIL}},
};
#define LAYOUTS (sizeof k_layouts / sizeof k_layouts[0])
static const uint8_t k_erased[] = {0xFF, 0x00};
static const uint8_t k_modes[] = {ONEOTA_MCUBOOT_MOVE, ONEOTA_MCUBOOT_OFFSET,
                                  ONEOTA_MCUBOOT_SCRATCH};

static fake_flash_t flash[2];
static oneota_mcuboot_t boot;
static const layout_t *at;
static uint8_t erased;

static void begin_in_units(const layout_t *layout, uint8_t erased_value, uint8_t mode,
                           uint32_t erase_unit)
{
    at = layout;
    erased = erased_value;
    memset(&boot, 0, sizeof boot);
    boot.mode = mode;
    boot.max_align = layout->align;
    boot.max_sectors = 4;
    for (unsigned n = 0; n < 2u; n++) {
        const fake_flash_config_t config = {
            .size = SIZE, .unit = erase_unit, .program_unit = layout->unit, .erased = erased_value};
        assert_true(fake_flash_init(&flash[n], &config));
        fake_flash_erase_all(&flash[n]);
        boot.slot[n].raw = &flash[n].port;
        boot.slot[n].raw_ctx = &flash[n];
    }
    assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
}

static void begin(const layout_t *layout, uint8_t erased_value, uint8_t mode)
{
    begin_in_units(layout, erased_value, mode, UNIT);
}

static void end(void)
{
    for (unsigned n = 0; n < 2u; n++) {
        assert_null(flash[n].violation);
        fake_flash_free(&flash[n]);
    }
}

static void put(unsigned slot, uint32_t offset, uint8_t byte)
{
    fake_flash_put(&flash[slot], offset, &byte, 1);
}

static void put_magic(unsigned slot)
{
    fake_flash_put(&flash[slot], 0xFF0, at->magic, 16);
}

/* As MCUboot leaves slot 0 after a swap. ok: 0 is unset */
static void put_swapped(uint8_t type, uint8_t ok)
{
    put(0, at->info, type);
    put(0, at->done, 1);
    if (ok != 0) {
        put(0, at->ok, ok);
    }
    put_magic(0);
}

static oneota_boot_t query(void)
{
    oneota_boot_t answer = {9, 9, 9};
    assert_int_equal(oneota_mcuboot.query(&boot, 0, &answer), ONEOTA_OK);
    assert_int_equal(answer.slot, 0);
    assert_int_equal(answer.length, 0); /* there is no image in these tests */
    return answer;
}

static oneota_error_t finish(oneota_error_t (*call)(void *, uint8_t))
{
    oneota_error_t error;
    for (unsigned n = 0; (error = call(&boot, 0)) == ONEOTA_AGAIN; n++) {
        assert_true(n < 100u);
    }
    return error;
}

static oneota_error_t mark_size(uint32_t size)
{
    static const uint8_t digest[16];
    const oneota_boot_mark_t wanted = {1, size, "1.1", digest, sizeof digest};
    oneota_error_t error;
    for (unsigned n = 0; (error = oneota_mcuboot.mark(&boot, 0, &wanted)) == ONEOTA_AGAIN; n++) {
        assert_true(n < 100u);
    }
    return error;
}

static oneota_error_t mark(void)
{
    return mark_size(100);
}

static void assert_slot(unsigned slot, const uint8_t *wanted)
{
    assert_memory_equal(flash[slot].bytes, wanted, SIZE);
}

/* ---------------------------------------------------------------- the bytes */

static void each_layout(void (*test)(void))
{
    for (size_t n = 0; n < LAYOUTS; n++) {
        for (size_t e = 0; e < sizeof k_erased; e++) {
            for (size_t m = 0; m < sizeof k_modes; m++) {
                begin(&k_layouts[n], k_erased[e], k_modes[m]);
                test();
                end();
            }
        }
    }
}

/* Slot 1: swap info 02h, and the magic. All else is as it was. */
static void mark_writes(void)
{
    uint8_t wanted[SIZE];
    memset(wanted, erased, sizeof wanted);
    wanted[at->info] = 0x02;
    memcpy(wanted + 0xFF0, at->magic, 16);
    assert_int_equal(query().condition, ONEOTA_BOOT_CONFIRMED);
    assert_int_equal(mark(), ONEOTA_OK);
    assert_slot(1, wanted);
    assert_int_equal(query().condition, ONEOTA_BOOT_PENDING);
    uint32_t operations = flash[1].operations;
    assert_int_equal(mark(), ONEOTA_OK);
    assert_int_equal(flash[1].operations, operations);
    memset(wanted, erased, sizeof wanted);
    assert_slot(0, wanted);
}

static void test_mcuboot_mark_writes_swap_info_and_magic(void **state)
{
    (void)state;
    each_layout(mark_writes);
}

/* Slot 0 after a test swap: info 02h, done 01h, magic; then ok 01h, and nothing else. */
static void confirm_writes(void)
{
    uint8_t wanted[SIZE];
    put_swapped(0x02, 0);
    memcpy(wanted, flash[0].bytes, sizeof wanted);
    wanted[at->ok] = 0x01;
    assert_int_equal(query().condition, ONEOTA_BOOT_TRIAL);
    assert_int_equal(mark(), ONEOTA_STATE);
    assert_int_equal(finish(oneota_mcuboot.confirm), ONEOTA_OK);
    assert_slot(0, wanted);
    assert_int_equal(query().condition, ONEOTA_BOOT_CONFIRMED);
    assert_int_equal(finish(oneota_mcuboot.confirm), ONEOTA_OK);
    assert_slot(0, wanted);
    assert_int_equal(flash[0].operations, 1);
    assert_int_equal(flash[1].operations, 0);
}

static void test_mcuboot_confirm_writes_image_ok(void **state)
{
    (void)state;
    each_layout(confirm_writes);
}

/* On trial nothing is to be done: MCUboot goes back because ok is not there. */
static void revert_writes(void)
{
    uint8_t wanted[SIZE];
    memset(wanted, erased, sizeof wanted);
    assert_int_equal(mark(), ONEOTA_OK);
    assert_int_equal(finish(oneota_mcuboot.revert), ONEOTA_OK);
    assert_slot(1, wanted);
    assert_int_equal(query().condition, ONEOTA_BOOT_CONFIRMED);
    uint32_t operations = flash[1].operations;
    put_swapped(0x02, 0);
    assert_int_equal(finish(oneota_mcuboot.revert), ONEOTA_OK);
    assert_int_equal(query().condition, ONEOTA_BOOT_TRIAL);
    assert_int_equal(flash[0].operations, 0);
    assert_int_equal(flash[1].operations, operations);
}

static void test_mcuboot_revert_erases_a_mark_and_leaves_a_trial_to_the_restart(void **state)
{
    (void)state;
    each_layout(revert_writes);
}

/* Number 3: bits 4-7 of the swap info. */
static void test_mcuboot_mark_names_the_image(void **state)
{
    (void)state;
    begin(&k_layouts[3], 0xFF, ONEOTA_MCUBOOT_SCRATCH);
    boot.number = 3;
    assert_int_equal(mark(), ONEOTA_OK);
    assert_int_equal(flash[1].bytes[0xFD8], 0x32);
    end();
}

/* ---------------------------------------------------------------- what the trailers say */

enum { UNSET = 0, SET, BAD, ANY };
#define STATES 3u

typedef struct {
    uint8_t offset_only, magic0, ok0, done0, magic1, ok1, done1, condition;
} row_t;

/* docs/design.md, "New swaps", states I to IV in their order; V is all else. */
static const row_t k_rows[] = {
    {1, ANY, ANY, ANY, SET, UNSET, SET, ONEOTA_BOOT_TRIAL},
    {0, ANY, ANY, ANY, SET, UNSET, ANY, ONEOTA_BOOT_PENDING},
    {0, ANY, ANY, ANY, SET, SET, ANY, ONEOTA_BOOT_PENDING},
    {0, SET, UNSET, SET, ANY, ANY, ANY, ONEOTA_BOOT_TRIAL},
};

static bool is(uint8_t wanted, uint8_t state)
{
    return wanted == ANY || wanted == state;
}

static uint8_t expected(uint8_t mode, const uint8_t *s)
{
    for (size_t n = 0; n < sizeof k_rows / sizeof k_rows[0]; n++) {
        const row_t *row = &k_rows[n];
        if ((row->offset_only == 0 || mode == ONEOTA_MCUBOOT_OFFSET) && is(row->magic0, s[0]) &&
            is(row->ok0, s[1]) && is(row->done0, s[2]) && is(row->magic1, s[3]) &&
            is(row->ok1, s[4]) && is(row->done1, s[5])) {
            return row->condition;
        }
    }
    return ONEOTA_BOOT_CONFIRMED;
}

static void make(unsigned slot, const uint8_t *s)
{
    static const uint8_t bytes[STATES] = {0, 0x01, 0x41};
    if (s[0] != UNSET) {
        put_magic(slot);
    }
    if (s[0] == BAD) {
        put(slot, 0xFF7, 0x55);
    }
    if (s[1] != UNSET) {
        put(slot, at->ok, bytes[s[1]]);
    }
    if (s[2] != UNSET) {
        put(slot, at->done, bytes[s[2]]);
    }
}

static void every_state(void)
{
    for (unsigned n = 0; n < 729u; n++) {
        uint8_t s[6];
        for (unsigned i = 0, rest = n; i < 6u; i++, rest /= STATES) {
            s[i] = (uint8_t)(rest % STATES);
        }
        fake_flash_erase_all(&flash[0]);
        fake_flash_erase_all(&flash[1]);
        make(0, s);
        make(1, s + 3);
        assert_int_equal(query().condition, expected(boot.mode, s));
    }
}

static void test_mcuboot_query_follows_the_table_of_swap_types(void **state)
{
    (void)state;
    each_layout(every_state);
}

/* Which swap was the last one stands in slot 0: 4 a revert. Only where no other swap is due, and
 * where it was done. */
static void reverted(void)
{
    static const struct {
        uint8_t info, ok, condition;
    } cases[] = {
        {0x04, 1, ONEOTA_BOOT_REVERTED},  {0x34, 1, ONEOTA_BOOT_REVERTED},
        {0x02, 1, ONEOTA_BOOT_CONFIRMED}, {0x03, 1, ONEOTA_BOOT_CONFIRMED},
        {0x05, 1, ONEOTA_BOOT_CONFIRMED}, {0x04, 0, ONEOTA_BOOT_TRIAL},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        fake_flash_erase_all(&flash[0]);
        put_swapped(cases[n].info, cases[n].ok);
        assert_int_equal(query().condition, cases[n].condition);
    }
    fake_flash_erase_all(&flash[0]);
    put_swapped(0x04, 1);
    assert_int_equal(mark(), ONEOTA_OK);
    assert_int_equal(query().condition, ONEOTA_BOOT_PENDING);
    assert_int_equal(finish(oneota_mcuboot.revert), ONEOTA_OK);
    assert_int_equal(query().condition, ONEOTA_BOOT_REVERTED);
    put(0, 0xFF0, 0x00);
    assert_int_equal(query().condition, ONEOTA_BOOT_CONFIRMED);
    put_magic(0);
    put(0, at->done, erased);
    assert_int_equal(query().condition, ONEOTA_BOOT_CONFIRMED);
}

static void test_mcuboot_query_reverted_by_the_last_swap(void **state)
{
    (void)state;
    each_layout(reverted);
}

/* Offset, state I: MCUboot is going back whatever slot 0 says. It never leaves that behind. */
static void test_mcuboot_confirm_that_cannot_hold_is_storage(void **state)
{
    (void)state;
    begin(&k_layouts[3], 0xFF, ONEOTA_MCUBOOT_OFFSET);
    put_swapped(0x02, 0);
    put_magic(1);
    put(1, at->done, 1);
    assert_int_equal(query().condition, ONEOTA_BOOT_TRIAL);
    assert_int_equal(finish(oneota_mcuboot.confirm), ONEOTA_STORAGE);
    assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK); /* the next start */
    assert_int_equal(finish(oneota_mcuboot.confirm), ONEOTA_STORAGE);
    assert_int_equal(flash[0].operations, 1);
    end();
}

/* ---------------------------------------------------------------- left over, torn, failing */

/* What is in the way is erased: each field of slot 1, whatever is in it. */
static void left_over(void)
{
    const uint32_t places[] = {at->info,    at->info + 1u, at->done, at->ok,
                               at->ok + 7u, 0xFF0,         0xFFF,    SIZE - at->align};
    uint8_t wanted[SIZE];
    memset(wanted, erased, sizeof wanted);
    wanted[at->info] = 0x02;
    memcpy(wanted + 0xFF0, at->magic, 16);
    for (size_t n = 0; n < sizeof places / sizeof places[0]; n++) {
        fake_flash_erase_all(&flash[1]);
        put(1, places[n], 0x01);
        assert_int_equal(mark(), ONEOTA_OK);
        assert_slot(1, wanted);
    }
}

static void test_mcuboot_mark_erases_what_is_left_over(void **state)
{
    (void)state;
    each_layout(left_over);
}

/* A = 32: the four fields take 128 bytes, two erase units of 64. */
static void test_mcuboot_mark_over_two_erase_units(void **state)
{
    uint8_t wanted[SIZE];
    (void)state;
    begin_in_units(&k_layouts[6], 0xFF, ONEOTA_MCUBOOT_SCRATCH, 64);
    fake_flash_fill(&flash[1], 0x11);
    memset(wanted, 0x11, sizeof wanted);
    memset(wanted + 0xF80, 0xFF, 128);
    wanted[0xF80] = 0x02;
    memcpy(wanted + 0xFF0, at->magic, 16);
    assert_int_equal(mark(), ONEOTA_OK);
    assert_slot(1, wanted);
    assert_int_equal(flash[1].calls[FAKE_ERASE], 2);
    end();
}

/* boot_ctx is an array, in the order of the images. */
static void test_mcuboot_two_images_have_two_trailers(void **state)
{
    static oneota_mcuboot_t boots[2];
    oneota_boot_t answer;
    (void)state;
    begin(&k_layouts[0], 0xFF, ONEOTA_MCUBOOT_MOVE);
    boots[1] = boot;
    boots[0] = boot;
    boots[0].slot[1] = boot.slot[0]; /* erased, as if it were its own */
    assert_int_equal(mark(), ONEOTA_OK);
    assert_int_equal(oneota_mcuboot.query(boots, 1, &answer), ONEOTA_OK);
    assert_int_equal(answer.condition, ONEOTA_BOOT_PENDING);
    assert_int_equal(oneota_mcuboot.query(boots, 0, &answer), ONEOTA_OK);
    assert_int_equal(answer.condition, ONEOTA_BOOT_CONFIRMED);
    end();
}

/* A permanent swap that somebody else has asked for becomes one on trial. */
static void permanent(void)
{
    put_magic(1);
    put(1, at->ok, 1);
    assert_int_equal(query().condition, ONEOTA_BOOT_PENDING);
    assert_int_equal(mark(), ONEOTA_OK);
    assert_int_equal(flash[1].bytes[at->ok], erased);
    assert_int_equal(query().condition, ONEOTA_BOOT_PENDING);
    put(1, at->ok, 1);
    assert_int_equal(finish(oneota_mcuboot.revert), ONEOTA_OK);
    assert_int_equal(query().condition, ONEOTA_BOOT_CONFIRMED);
}

static void test_mcuboot_mark_over_a_permanent_one_is_a_test(void **state)
{
    (void)state;
    each_layout(permanent);
}

/* Every prefix of what mark() writes, in its order: nothing, until the last byte of the magic. */
static void torn(void)
{
    uint8_t wanted[SIZE];
    memset(wanted, erased, sizeof wanted);
    wanted[at->info] = 0x02;
    memcpy(wanted + 0xFF0, at->magic, 16);
    for (unsigned n = 0; n <= 17u; n++) {
        fake_flash_erase_all(&flash[1]);
        if (n > 0) {
            put(1, at->info, 0x02);
            fake_flash_put(&flash[1], 0xFF0, at->magic, n - 1u);
        }
        assert_int_equal(query().condition, n < 17u ? ONEOTA_BOOT_CONFIRMED : ONEOTA_BOOT_PENDING);
        assert_int_equal(mark(), ONEOTA_OK);
        assert_slot(1, wanted);
        assert_int_equal(query().condition, ONEOTA_BOOT_PENDING);
    }
}

static void test_mcuboot_mark_torn_at_any_byte_is_none_and_is_made_good(void **state)
{
    (void)state;
    each_layout(torn);
}

static void power_on(void)
{
    fake_flash_power_on(&flash[0]);
    fake_flash_power_on(&flash[1]);
    flash[0].cut_at = 0;
    flash[1].cut_at = 0;
    assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
}

/* Each operation cut in every way; what is torn reads stably, or not at all. */
static void cut(oneota_error_t (*call)(void), unsigned slot, uint8_t old, uint8_t next)
{
    for (uint8_t how = 0; how < FAKE_CUT_SILENT; how++) {
        for (uint8_t torn_reads = 0; torn_reads <= FAKE_TORN_UNREADABLE; torn_reads++) {
            uint32_t operation = 1;
            for (bool off = true; off; operation++) {
                fake_flash_erase_all(&flash[1]);
                if (old == ONEOTA_BOOT_PENDING) {
                    assert_int_equal(mark(), ONEOTA_OK);
                }
                flash[slot].cut_at = flash[slot].operations + operation;
                flash[slot].cut = how;
                flash[slot].torn = torn_reads;
                oneota_error_t error = call();
                off = flash[slot].off;
                assert_true(off || error == ONEOTA_OK);
                power_on();
                uint8_t now = query().condition;
                assert_true(now == old || now == next);
                assert_int_equal(call(), ONEOTA_OK);
                assert_int_equal(query().condition, next);
            }
            assert_true(operation > 2u);
        }
    }
}

static void cut_mark(void)
{
    cut(mark, 1, ONEOTA_BOOT_CONFIRMED, ONEOTA_BOOT_PENDING);
}

static oneota_error_t take_back(void)
{
    return finish(oneota_mcuboot.revert);
}

static void cut_revert(void)
{
    cut(take_back, 1, ONEOTA_BOOT_PENDING, ONEOTA_BOOT_CONFIRMED);
}

static void test_mcuboot_mark_cut_anywhere_is_the_old_or_the_new_choice(void **state)
{
    (void)state;
    each_layout(cut_mark);
}

static void test_mcuboot_revert_of_a_mark_cut_anywhere_is_the_old_or_the_new_choice(void **state)
{
    (void)state;
    each_layout(cut_revert);
}

/* AGAIN from flash goes on with the same call; nothing else is asked of it in between. */
static void slow(void)
{
    flash[0].again = 2;
    flash[1].again = 2;
    assert_int_equal(mark(), ONEOTA_OK);
    assert_int_equal(take_back(), ONEOTA_OK);
    put_swapped(0x02, 0);
    assert_int_equal(finish(oneota_mcuboot.confirm), ONEOTA_OK);
    assert_int_equal(query().condition, ONEOTA_BOOT_CONFIRMED);
}

static void test_mcuboot_flash_that_takes_its_time(void **state)
{
    (void)state;
    each_layout(slow);
}

static void fail_at(uint8_t kind, uint8_t fault, uint32_t nth, uint32_t count)
{
    flash[1].fault_kind = kind;
    flash[1].fault = fault;
    flash[1].fault_at = flash[1].calls[kind] + nth;
    flash[1].fault_count = count;
}

/* An error says STORAGE, and the same call again makes it good. */
static void failing(void)
{
    for (uint32_t nth = 1; nth <= 3u; nth++) {
        fake_flash_erase_all(&flash[1]);
        fail_at(FAKE_CHANGE, FAKE_FAULT_ERROR, nth, 1);
        assert_int_equal(mark(), ONEOTA_STORAGE);
        assert_non_null(boot.why);
        assert_int_equal(mark(), ONEOTA_OK);
        assert_int_equal(query().condition, ONEOTA_BOOT_PENDING);
    }
    assert_int_equal(flash[1].calls[FAKE_ERASE], 6);
}

static void test_mcuboot_mark_flash_error_is_storage_and_then_made_good(void **state)
{
    (void)state;
    each_layout(failing);
}

/* It is programmed once. Was it done all the same? */
static void failing_confirm(void)
{
    static const uint8_t faults[] = {FAKE_FAULT_ERROR, FAKE_FAULT_SILENT, FAKE_FAULT_ERROR_DONE};
    for (size_t n = 0; n < sizeof faults; n++) {
        bool done = faults[n] == FAKE_FAULT_ERROR_DONE;
        fake_flash_erase_all(&flash[0]);
        assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
        put_swapped(0x02, 0);
        flash[0].fault_kind = FAKE_PROGRAM;
        flash[0].fault = faults[n];
        flash[0].fault_at = flash[0].calls[FAKE_PROGRAM] + 1u;
        flash[0].fault_count = 1;
        assert_int_equal(finish(oneota_mcuboot.confirm), ONEOTA_STORAGE);
        for (unsigned again = 0; again < 3u; again++) {
            assert_int_equal(finish(oneota_mcuboot.confirm), done ? ONEOTA_OK : ONEOTA_STORAGE);
        }
        assert_int_equal(query().condition, done ? ONEOTA_BOOT_CONFIRMED : ONEOTA_BOOT_TRIAL);
        assert_int_equal(flash[0].calls[FAKE_PROGRAM], n + 1u);
    }
}

static void test_mcuboot_confirm_flash_error_is_not_programmed_again(void **state)
{
    (void)state;
    each_layout(failing_confirm);
}

/* Flash that says OK and keeps nothing: no unit is programmed twice, and each call has an end. */
static void test_mcuboot_flash_that_keeps_nothing_is_storage(void **state)
{
    (void)state;
    begin(&k_layouts[3], 0xFF, ONEOTA_MCUBOOT_MOVE);
    fail_at(FAKE_PROGRAM, FAKE_FAULT_SILENT, 1, FAKE_FLASH_FOR_EVER);
    assert_int_equal(mark(), ONEOTA_STORAGE);
    assert_int_equal(flash[1].calls[FAKE_PROGRAM], 1);
    assert_int_equal(query().condition, ONEOTA_BOOT_CONFIRMED);
    fail_at(FAKE_ERASE, FAKE_FAULT_SILENT, 1, FAKE_FLASH_FOR_EVER);
    put_magic(1);
    assert_int_equal(take_back(), ONEOTA_STORAGE);
    assert_int_equal(query().condition, ONEOTA_BOOT_PENDING);
    end();
}

/* What was there when the magic was written, and is not any more, is not programmed again. */
static void test_mcuboot_mark_field_that_is_lost_again_is_storage(void **state)
{
    static const uint8_t digest[16];
    const oneota_boot_mark_t wanted = {1, 100, "1.1", digest, sizeof digest};
    (void)state;
    begin(&k_layouts[3], 0xFF, ONEOTA_MCUBOOT_MOVE);
    while (flash[1].calls[FAKE_PROGRAM] < 2u) {
        assert_int_equal(oneota_mcuboot.mark(&boot, 0, &wanted), ONEOTA_AGAIN);
    }
    put(1, at->info, 0xFF);
    assert_int_equal(oneota_mcuboot.mark(&boot, 0, &wanted), ONEOTA_STORAGE);
    assert_int_equal(flash[1].calls[FAKE_PROGRAM], 2);
    assert_int_equal(mark(), ONEOTA_OK);
    end();
}

/* A slot 1 that cannot be read is no mark, as MCUboot has it; one bad moment is overcome. Of slot 0
 * nothing can be said then. */
static void test_mcuboot_query_unreadable_trailers(void **state)
{
    oneota_boot_t answer;
    (void)state;
    begin(&k_layouts[3], 0xFF, ONEOTA_MCUBOOT_MOVE);
    assert_int_equal(mark(), ONEOTA_OK);
    fail_at(FAKE_READ, FAKE_FAULT_ERROR, 1, 2);
    assert_int_equal(query().condition, ONEOTA_BOOT_PENDING);
    fail_at(FAKE_READ, FAKE_FAULT_ERROR, 1, FAKE_FLASH_FOR_EVER);
    assert_int_equal(query().condition, ONEOTA_BOOT_CONFIRMED);
    flash[0].fault_kind = FAKE_READ;
    flash[0].fault = FAKE_FAULT_ERROR;
    flash[0].fault_at = 1;
    flash[0].fault_count = FAKE_FLASH_FOR_EVER;
    assert_int_equal(oneota_mcuboot.query(&boot, 0, &answer), ONEOTA_STORAGE);
    assert_int_equal(finish(oneota_mcuboot.confirm), ONEOTA_STORAGE);
    end();
}

/* The image reaches into the trailer's erase unit (scratch): the unit stays as it is, and is good
 * for one mark. Slot: 1000h; trailer 4 x 3 x 8 + 4 x 8 + 16 = 144; an image of up to F70h. */
static void test_mcuboot_mark_beside_the_image_erases_nothing(void **state)
{
    (void)state;
    begin(&k_layouts[3], 0xFF, ONEOTA_MCUBOOT_SCRATCH);
    put(1, 0xC00, 0x77);
    assert_int_equal(mark_size(0xC01), ONEOTA_OK);
    assert_int_equal(flash[1].calls[FAKE_ERASE], 0);
    assert_int_equal(query().condition, ONEOTA_BOOT_PENDING);
    put(1, 0xFF3, 0x00);
    assert_int_equal(mark_size(0xC01), ONEOTA_STORAGE);
    assert_int_equal(flash[1].bytes[0xC00], 0x77);
    assert_int_equal(mark_size(0xC00), ONEOTA_OK);
    assert_int_equal(flash[1].calls[FAKE_ERASE], 1);
    end();
}

/* Offset: an old image's header in the first sector goes, that of the new one stays. */
static void test_mcuboot_mark_offset_erases_the_old_header(void **state)
{
    static const uint8_t magic[] = {0x3d, 0xb8, 0xf3, 0x96};
    (void)state;
    begin(&k_layouts[3], 0xFF, ONEOTA_MCUBOOT_OFFSET);
    fake_flash_put(&flash[1], 0, magic, sizeof magic);
    fake_flash_put(&flash[1], UNIT, magic, sizeof magic);
    assert_int_equal(mark(), ONEOTA_OK);
    assert_int_equal(flash[1].bytes[0], 0xFF);
    assert_memory_equal(flash[1].bytes + UNIT, magic, sizeof magic);
    end();
    begin(&k_layouts[3], 0xFF, ONEOTA_MCUBOOT_MOVE);
    fake_flash_put(&flash[1], 0, magic, sizeof magic);
    assert_int_equal(mark(), ONEOTA_OK);
    assert_memory_equal(flash[1].bytes, magic, sizeof magic);
    end();
}

static void test_mcuboot_mark_wrong_arguments(void **state)
{
    static const uint8_t digest[16];
    oneota_boot_mark_t wanted = {0, 100, "1.1", digest, sizeof digest};
    (void)state;
    begin(&k_layouts[3], 0xFF, ONEOTA_MCUBOOT_MOVE);
    assert_int_equal(oneota_mcuboot.mark(&boot, 0, &wanted), ONEOTA_PARAM);
    wanted.slot = 1;
    wanted.size = 0;
    assert_int_equal(oneota_mcuboot.mark(&boot, 0, &wanted), ONEOTA_PARAM);
    wanted.size = boot.slot[1].port.size(&boot.slot[1]) + 1u;
    assert_int_equal(oneota_mcuboot.mark(&boot, 0, &wanted), ONEOTA_PARAM);
    assert_int_equal(flash[1].operations, 0);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mcuboot_mark_writes_swap_info_and_magic),
        cmocka_unit_test(test_mcuboot_confirm_writes_image_ok),
        cmocka_unit_test(test_mcuboot_revert_erases_a_mark_and_leaves_a_trial_to_the_restart),
        cmocka_unit_test(test_mcuboot_mark_names_the_image),
        cmocka_unit_test(test_mcuboot_query_follows_the_table_of_swap_types),
        cmocka_unit_test(test_mcuboot_query_reverted_by_the_last_swap),
        cmocka_unit_test(test_mcuboot_confirm_that_cannot_hold_is_storage),
        cmocka_unit_test(test_mcuboot_mark_erases_what_is_left_over),
        cmocka_unit_test(test_mcuboot_mark_over_two_erase_units),
        cmocka_unit_test(test_mcuboot_two_images_have_two_trailers),
        cmocka_unit_test(test_mcuboot_mark_over_a_permanent_one_is_a_test),
        cmocka_unit_test(test_mcuboot_mark_torn_at_any_byte_is_none_and_is_made_good),
        cmocka_unit_test(test_mcuboot_mark_cut_anywhere_is_the_old_or_the_new_choice),
        cmocka_unit_test(test_mcuboot_revert_of_a_mark_cut_anywhere_is_the_old_or_the_new_choice),
        cmocka_unit_test(test_mcuboot_flash_that_takes_its_time),
        cmocka_unit_test(test_mcuboot_mark_flash_error_is_storage_and_then_made_good),
        cmocka_unit_test(test_mcuboot_confirm_flash_error_is_not_programmed_again),
        cmocka_unit_test(test_mcuboot_flash_that_keeps_nothing_is_storage),
        cmocka_unit_test(test_mcuboot_mark_field_that_is_lost_again_is_storage),
        cmocka_unit_test(test_mcuboot_query_unreadable_trailers),
        cmocka_unit_test(test_mcuboot_mark_beside_the_image_erases_nothing),
        cmocka_unit_test(test_mcuboot_mark_offset_erases_the_old_header),
        cmocka_unit_test(test_mcuboot_mark_wrong_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
