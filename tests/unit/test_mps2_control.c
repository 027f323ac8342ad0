/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_mps2_control.c: the example board's boot control: every choice of the boot loader, the boot
 * port over it, and a power cut in every operation of both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../examples/mps2/boot/boot_port.h"
#include "bytes.h"
#include "crypto.h"
#include "fake_flash.h"

#define SLOT_BYTES 16384u
#define PACKAGE    300u

enum { CONFIRMED = ONEOTA_BOOT_CONFIRMED, PENDING, TRIAL, REVERTED };

/* ---------------------------------------------------------------- the choice */

typedef struct {
    bool whole[2];
    unsigned asked[2];
} slots_t;

static bool is_whole(void *ctx, uint8_t slot)
{
    slots_t *slots = ctx;

    slots->asked[slot]++;
    return slots->whole[slot];
}

/* Running slot 0 on the left; for slot 1 all is the other way round. */
static void test_mps2_control_choice_is_as_the_table_says(void **state)
{
    static const struct {
        uint8_t condition, attempts;
        bool running_whole, other_whole;
        bool starts;
        bool other_runs;
        uint8_t next_condition, next_attempts;
    } k_rows[] = {
        {CONFIRMED, 0, true, true, true, false, CONFIRMED, 0},
        {CONFIRMED, 0, true, false, true, false, CONFIRMED, 0},
        {CONFIRMED, 0, false, true, true, true, CONFIRMED, 0},
        {CONFIRMED, 0, false, false, false, false, CONFIRMED, 0},
        {REVERTED, 0, true, true, true, false, REVERTED, 0},
        {REVERTED, 0, false, true, true, true, CONFIRMED, 0},
        {REVERTED, 0, false, false, false, false, REVERTED, 0},
        {PENDING, 0, true, true, true, true, TRIAL, 3},
        {PENDING, 0, false, true, true, true, TRIAL, 3},
        {PENDING, 0, true, false, true, false, REVERTED, 0},
        {PENDING, 0, false, false, false, false, PENDING, 0},
        {TRIAL, 3, true, true, true, false, TRIAL, 2},
        {TRIAL, 2, true, false, true, false, TRIAL, 1},
        {TRIAL, 1, true, true, true, true, REVERTED, 0},
        {TRIAL, 0, true, true, true, true, REVERTED, 0},
        {TRIAL, 3, false, true, true, true, REVERTED, 0},
        {TRIAL, 1, true, false, true, false, CONFIRMED, 0},
        {TRIAL, 0, true, false, true, false, CONFIRMED, 0},
        {TRIAL, 2, false, false, false, false, TRIAL, 2},
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof k_rows / sizeof k_rows[0]; i++) {
        const size_t row = i / 2;
        const uint8_t running = i % 2;
        control_record_t record = {.running = running,
                                   .condition = k_rows[row].condition,
                                   .attempts = k_rows[row].attempts,
                                   .slot = {{100, "1"}, {200, "2"}}};
        control_record_t next;
        slots_t slots = {{false, false}, {0, 0}};
        slots.whole[running] = k_rows[row].running_whole;
        slots.whole[running ^ 1u] = k_rows[row].other_whole;
        bool starts = control_choose(&record, is_whole, &slots, &next);
        if (starts != k_rows[row].starts || next.condition != k_rows[row].next_condition ||
            next.attempts != k_rows[row].next_attempts ||
            (next.running != running) != k_rows[row].other_runs) {
            fail_msg("row %u: starts %d, condition %u, attempts %u", (unsigned)row, starts,
                     next.condition, next.attempts);
        }
        assert_true(!starts || slots.whole[next.running]);
        assert_memory_equal(next.slot, record.slot, sizeof next.slot);
    }
}

static void test_mps2_control_sound_start_proves_one_slot_once(void **state)
{
    static const uint8_t k_conditions[][2] = {{CONFIRMED, 0}, {REVERTED, 0}, {TRIAL, 3}};
    control_record_t next;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        control_record_t record = {.condition = k_conditions[i][0], .attempts = k_conditions[i][1]};
        slots_t slots = {{true, true}, {0, 0}};
        assert_true(control_choose(&record, is_whole, &slots, &next));
        assert_int_equal(slots.asked[0], 1);
        assert_int_equal(slots.asked[1], 0);
    }
}

/* ---------------------------------------------------------------- a board */

typedef struct {
    fake_flash_t control, slot[2];
    boot_port_t port;
    char log[400];
} board_t;

static board_t s_board;

static void log_line(void *ctx, const oneota_log_line_t *line)
{
    (void)ctx;
    strncat(s_board.log, line->what, sizeof s_board.log - strlen(s_board.log) - 1u);
    strncat(s_board.log, ": ", sizeof s_board.log - strlen(s_board.log) - 1u);
    strncat(s_board.log, line->text, sizeof s_board.log - strlen(s_board.log) - 1u);
    strncat(s_board.log, "\n", sizeof s_board.log - strlen(s_board.log) - 1u);
}

static const oneota_log_t k_log = {log_line};

static void put_image(uint8_t slot, const char *version)
{
    uint8_t package[PACKAGE] = "OTAI";
    oneota_hash_t hash;

    oneota_bytes_put_u32(package + 4, 256);
    oneota_bytes_put_u32(package + 8, IMAGE_BOARD);
    oneota_bytes_put_u32(package + 12, IMAGE_LOAD);
    oneota_bytes_put_u32(package + 16, PACKAGE - 256);
    memcpy(package + 20, version, strlen(version));
    oneota_bytes_put_u32(package + 256, 0x20010000);
    oneota_bytes_put_u32(package + 260, 0x00100111);
    oneota_crypto_hash_begin(&hash, CRYPTO_SHA256);
    oneota_crypto_hash_add(&hash, package, 224);
    oneota_crypto_hash_add(&hash, package + 256, PACKAGE - 256);
    oneota_crypto_hash_end(&hash, package + 224);
    fake_flash_put(&s_board.slot[slot], 0, package, sizeof package);
}

static oneota_error_t open_port(void)
{
    s_board.log[0] = '\0';
    return boot_port_open(&s_board.port, &s_board.control.port, &s_board.control, &s_board.slot[0],
                          &s_board.slot[1], &k_log);
}

static int set_up(void **state)
{
    fake_flash_config_t control = {
        .size = 3 * 4096, .unit = 4096, .program_unit = 16, .erased = 0xFF};
    fake_flash_config_t slot = {
        .size = SLOT_BYTES, .unit = 4096, .program_unit = 16, .erased = 0xFF};

    (void)state;
    memset(&s_board, 0, sizeof s_board);
    assert_true(fake_flash_init(&s_board.control, &control));
    assert_true(fake_flash_init(&s_board.slot[0], &slot));
    assert_true(fake_flash_init(&s_board.slot[1], &slot));
    fake_flash_erase_all(&s_board.control);
    put_image(0, "1.0");
    put_image(1, "2.0");
    assert_int_equal(open_port(), ONEOTA_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(s_board.control.violations, 0);
    fake_flash_free(&s_board.control);
    fake_flash_free(&s_board.slot[0]);
    fake_flash_free(&s_board.slot[1]);
    return 0;
}

/* Is there an image in this slot? As the boot loader asks. */
static bool slot_is_whole(void *ctx, uint8_t slot)
{
    image_check_t check;
    oneota_error_t error;

    (void)ctx;
    image_check_begin(&check, &s_board.slot[slot].port, &s_board.slot[slot], 0);
    do {
        error = image_check(&check);
    } while (error == ONEOTA_AGAIN);
    return error == ONEOTA_OK;
}

/* The boot loader, and then the application's port. @return OK; STORAGE: not written */
static oneota_error_t start(void)
{
    control_t control;
    control_record_t started;

    assert_int_equal(control_open(&control, &s_board.control.port, &s_board.control), ONEOTA_OK);
    oneota_error_t error = control_begin(&control, slot_is_whole, NULL, &started);
    assert_int_not_equal(error, ONEOTA_STATE);
    if (!s_board.control.off) {
        assert_int_equal(open_port(), ONEOTA_OK);
        boot_port_started(&s_board.port, control_pack(&started));
    }
    return error;
}

static oneota_error_t mark(uint8_t slot, uint32_t size, const char *version)
{
    static const uint8_t k_digest[16] = {1};
    const oneota_boot_mark_t mark = {slot, size, version, k_digest, 16};
    oneota_error_t error;

    do {
        error = boot_port.mark(&s_board.port, 0, &mark);
    } while (error == ONEOTA_AGAIN);
    return error;
}

static oneota_error_t call(oneota_error_t (*function)(void *, uint8_t))
{
    oneota_error_t error;

    do {
        error = function(&s_board.port, 0);
    } while (error == ONEOTA_AGAIN);
    return error;
}

static oneota_error_t inspect(uint8_t slot, uint32_t size)
{
    oneota_error_t error;

    do {
        error = boot_port.inspect(&s_board.port, 0, slot, size);
    } while (error == ONEOTA_AGAIN);
    return error;
}

static void expect(uint8_t slot, uint8_t condition)
{
    oneota_boot_t boot;

    assert_int_equal(boot_port.query(&s_board.port, 0, &boot), ONEOTA_OK);
    assert_int_equal(boot.slot, slot);
    assert_int_equal(boot.condition, condition);
    assert_int_equal(boot.length, PACKAGE);
}

/* ---------------------------------------------------------------- boot port */

static void test_mps2_boot_fresh_board_runs_slot_0_of_known_size(void **state)
{
    (void)state;
    expect(0, CONFIRMED);
    assert_string_equal(s_board.port.control.record.slot[0].version, "1.0");
    assert_int_equal(s_board.control.operations, 0);
}

static void test_mps2_boot_trial_confirmed_stays(void **state)
{
    (void)state;
    assert_int_equal(inspect(1, PACKAGE), ONEOTA_OK);
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    expect(0, PENDING);
    assert_int_equal(start(), ONEOTA_OK);
    expect(1, TRIAL);
    assert_int_equal(s_board.port.control.record.attempts, CONTROL_TRIALS);
    assert_string_equal(s_board.port.control.record.slot[1].version, "2.0");
    assert_int_equal(call(boot_port.confirm), ONEOTA_OK);
    assert_int_equal(call(boot_port.confirm), ONEOTA_OK);
    expect(1, CONFIRMED);
    assert_int_equal(start(), ONEOTA_OK);
    expect(1, CONFIRMED);
    assert_int_equal(mark(0, PACKAGE, "1.0"), ONEOTA_OK);
    assert_int_equal(start(), ONEOTA_OK);
    expect(0, TRIAL);
}

static void test_mps2_boot_trial_never_confirmed_is_reverted_after_three_starts(void **state)
{
    (void)state;
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    for (unsigned i = 0; i < CONTROL_TRIALS; i++) {
        assert_int_equal(start(), ONEOTA_OK);
        expect(1, TRIAL);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(start(), ONEOTA_OK);
        expect(0, REVERTED);
    }
    assert_int_equal(call(boot_port.confirm), ONEOTA_OK);
    expect(0, REVERTED);
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    expect(0, PENDING);
}

static void test_mps2_boot_revert_takes_back_trial_and_pending(void **state)
{
    (void)state;
    assert_int_equal(call(boot_port.revert), ONEOTA_OK);
    expect(0, CONFIRMED);
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    assert_int_equal(call(boot_port.revert), ONEOTA_OK);
    expect(0, CONFIRMED);
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    assert_int_equal(start(), ONEOTA_OK);
    assert_int_equal(call(boot_port.revert), ONEOTA_OK);
    uint32_t operations = s_board.control.operations;
    assert_int_equal(call(boot_port.revert), ONEOTA_OK);
    assert_int_equal(s_board.control.operations, operations);
    expect(1, TRIAL);
    assert_int_equal(start(), ONEOTA_OK);
    expect(0, REVERTED);
}

static void test_mps2_boot_pending_image_damaged_is_not_started(void **state)
{
    (void)state;
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    s_board.slot[1].bytes[270] ^= 1u;
    s_board.slot[1].whole[270] ^= 1u;
    assert_int_equal(start(), ONEOTA_OK);
    expect(0, REVERTED);
}

static void test_mps2_boot_marks_that_cannot_be_are_refused(void **state)
{
    (void)state;
    assert_int_equal(mark(0, PACKAGE, "2.0"), ONEOTA_PARAM);
    assert_int_equal(mark(2, PACKAGE, "2.0"), ONEOTA_PARAM);
    assert_int_equal(mark(1, 0, "2.0"), ONEOTA_PARAM);
    assert_int_equal(mark(1, SLOT_BYTES + 1, "2.0"), ONEOTA_PARAM);
    assert_int_equal(mark(1, PACKAGE, "123456789012345678901"), ONEOTA_LIMIT);
    expect(0, CONFIRMED);
    assert_int_equal(s_board.control.operations, 0);
    assert_int_equal(mark(1, PACKAGE, "12345678901234567890"), ONEOTA_OK);
    assert_int_equal(start(), ONEOTA_OK);
    assert_string_equal(s_board.port.control.record.slot[1].version, "12345678901234567890");
    assert_int_equal(mark(0, PACKAGE, "1.0"), ONEOTA_STATE);
}

static void test_mps2_boot_inspect_says_why_in_the_log(void **state)
{
    (void)state;
    assert_int_equal(inspect(1, PACKAGE), ONEOTA_OK);
    assert_string_equal(s_board.log, "");
    assert_int_equal(inspect(1, PACKAGE - 1), ONEOTA_VERIFY);
    assert_int_equal(inspect(1, 0), ONEOTA_VERIFY);
    assert_int_equal(inspect(2, PACKAGE), ONEOTA_PARAM);
    s_board.slot[1].bytes[8] ^= 1u;
    s_board.slot[1].whole[8] ^= 1u;
    assert_int_equal(inspect(1, PACKAGE), ONEOTA_VERIFY);
    assert_string_equal(s_board.log, "boot: image refused: truncated\n"
                                     "boot: image refused: empty\n"
                                     "boot: image refused: no such slot\n"
                                     "boot: image refused: for another board\n");
    assert_int_equal(s_board.control.operations, 0);
}

static void test_mps2_boot_other_image_is_refused(void **state)
{
    oneota_boot_t boot;

    (void)state;
    assert_int_equal(boot_port.query(&s_board.port, 1, &boot), ONEOTA_PARAM);
    assert_int_equal(boot_port.inspect(&s_board.port, 1, 1, PACKAGE), ONEOTA_PARAM);
    assert_int_equal(boot_port.confirm(&s_board.port, 1), ONEOTA_PARAM);
    assert_int_equal(boot_port.revert(&s_board.port, 1), ONEOTA_PARAM);
}

/* ---------------------------------------------------------------- what is in flash */

static void test_mps2_control_record_has_this_layout(void **state)
{
    static const uint8_t k_record[] = {
        0xA5, 1,    60,      0,                   /* journal: type 1, 60 bytes */
        1,    0,    PENDING, 0,                   /* format, running, condition, attempts */
        0x2C, 0x01, 0,       0, '1', '.', '0', 0, /* slot 0 */
    };
    static const uint8_t k_slot_1[] = {0x2C, 0x01, 0, 0, '2', '.', '0', 0};

    (void)state;
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    /* the first write of all goes to the second unit, or the first: wherever it is found */
    const uint8_t *record = s_board.control.bytes;
    while (memcmp(record, k_record, sizeof k_record) != 0) {
        record += 4096;
        assert_true(record < s_board.control.bytes + 3 * 4096);
    }
    assert_memory_equal(record + 4 + 32, k_slot_1, sizeof k_slot_1);
}

static void test_mps2_control_of_another_format_is_unusable_but_boots(void **state)
{
    oneota_boot_t boot;
    control_t control;

    (void)state;
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    for (uint32_t unit = 0; unit < 3 * 4096; unit += 4096) {
        uint8_t *record = s_board.control.bytes + unit;
        if (record[0] == 0xA5) {
            record[4] = 2;
            oneota_bytes_put_u32(record + 64, oneota_bytes_crc32(0, record, 64));
            memcpy(s_board.control.whole + unit, record, 80);
        }
    }
    assert_int_equal(open_port(), ONEOTA_STORAGE);
    assert_int_equal(boot_port.query(&s_board.port, 0, &boot), ONEOTA_STORAGE);
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_STORAGE);
    assert_non_null(strstr(s_board.log, "boot: control unusable"));
    assert_int_equal(control_open(&control, &s_board.control.port, &s_board.control),
                     ONEOTA_STORAGE);
    assert_int_equal(control.record.running, 0);
    assert_int_equal(control.record.condition, CONFIRMED);
}

/* A record that is torn is whole when it is looked for, and bad when it is read. */
static uint32_t fading_at;
static unsigned fading_reads;

static oneota_error_t fading_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    oneota_error_t error = s_board.control.port.read(ctx, offset, buffer, length);
    bool hit = offset <= fading_at && fading_at - offset < length;
    if (hit && fading_reads > 0) {
        fading_reads--;
    } else if (hit) {
        ((uint8_t *)buffer)[fading_at - offset] ^= 4u;
    }
    return error;
}

static void
test_mps2_control_record_that_fades_while_it_is_read_is_not_an_empty_control(void **state)
{
    oneota_flash_t flash = s_board.control.port;
    control_t control;

    (void)state;
    flash.read = fading_read;
    assert_int_equal(mark(1, PACKAGE, "1.9"), ONEOTA_OK);
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    fading_at = s_board.port.control.journal.newest[0] + 20u;
    fading_reads = 1;
    assert_int_equal(control_open(&control, &flash, &s_board.control), ONEOTA_OK);
    assert_int_equal(fading_reads, 0);
    assert_int_equal(control.record.condition, PENDING);
    assert_string_equal(control.record.slot[1].version, "1.9");
}

static void test_mps2_control_region_of_one_unit_is_refused(void **state)
{
    fake_flash_config_t config = {.size = 4096, .unit = 4096, .program_unit = 16, .erased = 0xFF};
    fake_flash_t flash;
    control_t control;

    (void)state;
    assert_true(fake_flash_init(&flash, &config));
    assert_int_equal(control_open(&control, &flash.port, &flash), ONEOTA_PARAM);
    fake_flash_free(&flash);
}

static void test_mps2_control_flash_worn_out_keeps_the_old_record(void **state)
{
    (void)state;
    memset(s_board.control.worn, 1, sizeof s_board.control.worn);
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_STORAGE);
    assert_non_null(strstr(s_board.log, "boot: control not written: flash failed"));
    expect(0, CONFIRMED);
    assert_int_equal(start(), ONEOTA_OK);
    expect(0, CONFIRMED);
}

static void wear_out(void)
{
    memset(s_board.control.worn, 1, sizeof s_board.control.worn);
}

/* Flash says PENDING, and cannot be changed: the old image runs, and is told that it is back. It
 * would restart for ever if it were told PENDING. */
static void test_mps2_control_trial_that_cannot_be_written_is_told_as_reverted(void **state)
{
    (void)state;
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    wear_out();
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(start(), ONEOTA_STORAGE);
        expect(0, REVERTED);
        assert_string_equal(s_board.port.control.record.slot[0].version, "1.0");
    }
}

/* Likewise when the first start was counted and a later one cannot be. */
static void test_mps2_control_trial_that_cannot_be_counted_on_is_told_as_reverted(void **state)
{
    (void)state;
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    assert_int_equal(start(), ONEOTA_OK);
    expect(1, TRIAL);
    wear_out();
    assert_int_equal(start(), ONEOTA_STORAGE);
    expect(0, REVERTED);
    assert_int_equal(call(boot_port.confirm), ONEOTA_OK); /* nothing is on trial */
    expect(0, REVERTED);
}

/* The old image is gone: the new one is all there is, and no trial could ever end. */
static void test_mps2_control_trial_that_cannot_be_counted_runs_where_it_is_alone(void **state)
{
    static const uint8_t k_nothing[PACKAGE] = {0};

    (void)state;
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    wear_out();
    fake_flash_put(&s_board.slot[0], 0, k_nothing, sizeof k_nothing);
    assert_int_equal(start(), ONEOTA_STORAGE);
    expect(1, CONFIRMED);
}

static void test_mps2_control_word_of_nobody_changes_nothing(void **state)
{
    control_record_t record = {.running = 1, .condition = TRIAL, .attempts = 2};
    const uint32_t word = control_pack(&record);
    static const uint32_t k_wrong[] = {0, 1, 0x5A000002u, 0x5A000400u, 0x5A040000u, UINT32_MAX};

    (void)state;
    assert_int_equal(mark(1, PACKAGE, "2.0"), ONEOTA_OK);
    for (size_t i = 0; i < sizeof k_wrong / sizeof k_wrong[0]; i++) {
        boot_port_started(&s_board.port, k_wrong[i]);
        expect(0, PENDING);
    }
    boot_port_started(&s_board.port, word);
    expect(1, TRIAL);
    assert_int_equal(s_board.port.control.record.attempts, 2);
}

/* ---------------------------------------------------------------- power cuts */

/* The story of an update; each step is one write. @return STORAGE: the power went in this step */
static oneota_error_t step(unsigned number)
{
    switch (number) {
    case 0:
        return mark(1, PACKAGE, "2.0");
    case 1:
    case 2:
        return start();
    case 3:
        return call(boot_port.confirm);
    case 4:
        return mark(0, PACKAGE, "1.0");
    case 5:
        return start();
    case 6:
        return call(boot_port.revert);
    default:
        return start();
    }
}

#define STEPS 8u

/* Slot, condition and attempts before step n; the last is the end of the story. */
static const uint8_t k_story[STEPS + 1u][3] = {
    {0, CONFIRMED, 0}, {0, PENDING, 0}, {1, TRIAL, 3}, {1, TRIAL, 2},   {1, CONFIRMED, 0},
    {1, PENDING, 0},   {0, TRIAL, 3},   {0, TRIAL, 0}, {1, REVERTED, 0}};

static bool is_at(const control_record_t *record, unsigned number)
{
    return record->running == k_story[number][0] && record->condition == k_story[number][1] &&
           record->attempts == k_story[number][2];
}

/* @return false: the story ended before the cut */
static bool cut_at(uint32_t operation, uint8_t cut, uint8_t torn)
{
    control_t control;
    unsigned number = 0;

    fake_flash_erase_all(&s_board.control);
    s_board.control.cut_at = s_board.control.operations + operation;
    s_board.control.cut = cut;
    s_board.control.torn = torn;
    assert_int_equal(open_port(), ONEOTA_OK);
    while (number < STEPS && step(number) == ONEOTA_OK) {
        number++;
        assert_true(is_at(&s_board.port.control.record, number));
    }
    if (number == STEPS) {
        return false;
    }
    assert_true(s_board.control.off);
    fake_flash_power_on(&s_board.control);
    assert_int_equal(control_open(&control, &s_board.control.port, &s_board.control), ONEOTA_OK);
    if (!is_at(&control.record, number) && !is_at(&control.record, number + 1u)) {
        fail_msg("operation %u, cut %u, torn %u: running %u, condition %u, attempts %u",
                 (unsigned)operation, cut, torn, control.record.running, control.record.condition,
                 control.record.attempts);
    }
    /* and whatever it was, the board starts and can be written */
    assert_int_equal(start(), ONEOTA_OK);
    (void)call(boot_port.confirm);
    assert_int_equal(start(), ONEOTA_OK);
    return true;
}

static void test_mps2_control_cut_anywhere_is_old_or_new(void **state)
{
    static const uint8_t k_variants[][2] = {
        {FAKE_CUT_BEFORE, FAKE_TORN_STABLE},          {FAKE_CUT_TORN_PREFIX, FAKE_TORN_STABLE},
        {FAKE_CUT_TORN_RANDOM, FAKE_TORN_STABLE},     {FAKE_CUT_AFTER, FAKE_TORN_STABLE},
        {FAKE_CUT_TORN_PREFIX, FAKE_TORN_UNREADABLE}, {FAKE_CUT_TORN_RANDOM, FAKE_TORN_UNREADABLE},
        {FAKE_CUT_TORN_RANDOM, FAKE_TORN_MOODY},
    };
    uint32_t cuts = 0;

    (void)state;
    for (size_t i = 0; i < sizeof k_variants / sizeof k_variants[0]; i++) {
        for (uint32_t operation = 1; cut_at(operation, k_variants[i][0], k_variants[i][1]);
             operation++) {
            cuts++;
        }
        fake_flash_power_on(&s_board.control);
        s_board.control.cut_at = 0;
    }
    assert_in_range(cuts, 100, 400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mps2_control_choice_is_as_the_table_says),
        cmocka_unit_test(test_mps2_control_sound_start_proves_one_slot_once),
        TEST(test_mps2_boot_fresh_board_runs_slot_0_of_known_size),
        TEST(test_mps2_boot_trial_confirmed_stays),
        TEST(test_mps2_boot_trial_never_confirmed_is_reverted_after_three_starts),
        TEST(test_mps2_boot_revert_takes_back_trial_and_pending),
        TEST(test_mps2_boot_pending_image_damaged_is_not_started),
        TEST(test_mps2_boot_marks_that_cannot_be_are_refused),
        TEST(test_mps2_boot_inspect_says_why_in_the_log),
        TEST(test_mps2_boot_other_image_is_refused),
        TEST(test_mps2_control_record_has_this_layout),
        TEST(test_mps2_control_of_another_format_is_unusable_but_boots),
        TEST(test_mps2_control_record_that_fades_while_it_is_read_is_not_an_empty_control),
        TEST(test_mps2_control_region_of_one_unit_is_refused),
        TEST(test_mps2_control_flash_worn_out_keeps_the_old_record),
        TEST(test_mps2_control_trial_that_cannot_be_written_is_told_as_reverted),
        TEST(test_mps2_control_trial_that_cannot_be_counted_on_is_told_as_reverted),
        TEST(test_mps2_control_trial_that_cannot_be_counted_runs_where_it_is_alone),
        TEST(test_mps2_control_word_of_nobody_changes_nothing),
        TEST(test_mps2_control_cut_anywhere_is_old_or_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
