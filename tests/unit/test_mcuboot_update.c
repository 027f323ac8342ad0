/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Whole updates with MCUboot's trailers as boot control: the client, its port, and a boot loader
 * that reads raw flash. The power is cut at every erase and program of client and port.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_mcuboot.h"
#include "fake_md5.h"
#include "kit.h"
#include "oneota_mcuboot.h"

#define FACTORY_SIZE 1500u
#define SIZE         3000u
#define SECTORS      8u

typedef struct {
    uint8_t mode;
    uint8_t align;
    uint16_t unit;
    kit_trial_t trial;
    uint8_t code; /* that ends the task when nothing is cut */
    bool signs, forgets;
} story_t;

static kit_t kit;
static oneota_mcuboot_t boot;
static fake_mcuboot_t loader;
static uint8_t next[SIZE]; /* a second package */

static uint8_t *bytes_of(const fake_known_t *known)
{
    return kit.bytes + (known->bytes - kit.bytes);
}

/* The boot loader's turn; then the port begins anew, as after any start. */
static void restart(void)
{
    (void)fake_mcuboot_start(&loader);
    assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
}

/* What was not kept just before the power went (FAKE_CUT_SILENT) was noticed: it goes now. */
static void on_event(void *ctx, const oneota_event_t *event)
{
    (void)ctx;
    if (kit.board.cut_at != 0 && event->type == ONEOTA_EVENT_FAILED &&
        event->reason == ONEOTA_REASON_STORAGE) {
        kit.board.power_off(NULL);
    }
    if (kit.restart || kit.crash) {
        restart();
    }
}

/* Both images become MCUboot's; a signed one has its trailer behind them. */
static void make_images(const story_t *story)
{
    static const uint8_t k_versions[2][8] = {{1, 0}, {1, 1}};
    fake_known_t *factory = &kit.board.known[0];
    uint8_t *package = bytes_of(kit.packages[0]);
    fake_mcuboot_image(bytes_of(factory), FACTORY_SIZE, k_versions[0]);
    fake_flash_put(&kit.board.slots[0][0].flash, 0, factory->bytes, FACTORY_SIZE);
    fake_mcuboot_image(package, kit.packages[0]->size - (story->signs ? ONEOTA_TRAILER_BYTES : 0),
                       k_versions[1]);
    if (story->signs) {
        kit_sign(&kit, 0, "1.1", FAKE_COUNTER, 0);
    } else {
        kit_changed(&kit, 0);
    }
}

/* Slot 0's trailer is confirm()'s: not even the client may touch the image before it. */
static void make_boot(const story_t *story)
{
    memset(&boot, 0, sizeof boot);
    memset(&loader, 0, sizeof loader);
    boot.mode = story->mode;
    boot.max_align = story->align;
    boot.max_sectors = SECTORS;
    loader.align = story->align;
    loader.offset = story->mode == ONEOTA_MCUBOOT_OFFSET;
    loader.forgets = story->forgets;
    kit.board.slots[0][0].image = FAKE_IMAGES_MAX;
    for (unsigned n = 0; n < 2u; n++) {
        fake_region_t *region = &kit.board.slots[0][n];
        boot.slot[n].raw = &region->port;
        boot.slot[n].raw_ctx = region;
        loader.slot[n] = &region->flash;
        kit.images[0].slot[n] = &boot.slot[n].port;
        kit.images[0].slot_ctx[n] = &boot.slot[n];
    }
    assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
    kit.setup.boot = &oneota_mcuboot;
    kit.setup.boot_ctx = &boot;
}

static void begin_with(const story_t *story, const kit_options_t *options)
{
    kit_init(&kit, options);
    make_images(story);
    make_boot(story);
    kit.trial = (uint8_t)story->trial;
    kit.codes[0] = story->code;
    kit.listen = on_event;
}

static void begin(const story_t *story)
{
    const kit_options_t options = {
        .size = SIZE, .program_unit = story->unit, .signs = story->signs};
    begin_with(story, &options);
}

static oneota_boot_t query(void)
{
    oneota_boot_t answer;
    assert_int_equal(oneota_mcuboot.query(&boot, 0, &answer), ONEOTA_OK);
    return answer;
}

/* What runs, what was told, and what boot control says fit together. With offset the platform in
 * small does not find the package where it looks for it. */
static void judge(const story_t *story)
{
    uint8_t code = kit.platform.tasks[0].result;
    bool updated = code == 201;
    assert_true(updated || code == 206);
    assert_string_equal(kit.board.runs[0]->version, updated ? "1.1" : "1.0");
    assert_int_equal(query().length, updated ? SIZE : FACTORY_SIZE);
    assert_int_equal(query().condition,
                     updated || story->forgets ? ONEOTA_BOOT_CONFIRMED : ONEOTA_BOOT_REVERTED);
    assert_int_equal(loader.swaps, updated ? 1 : 2);
    assert_int_equal(fake_mcuboot_start(&loader), FAKE_MCUBOOT_NONE);
    assert_int_equal(loader.refused, 0);
    if (story->mode != ONEOTA_MCUBOOT_OFFSET) {
        kit_judge(&kit);
    }
    kit_free(&kit);
}

static const story_t k_stories[] = {
    {ONEOTA_MCUBOOT_MOVE, 8, 8, KIT_CONFIRM, 201, false, false},
    {ONEOTA_MCUBOOT_OFFSET, 8, 4, KIT_CONFIRM, 201, false, false},
    {ONEOTA_MCUBOOT_SCRATCH, 16, 16, KIT_CONFIRM, 201, false, false},
    {ONEOTA_MCUBOOT_MOVE, 32, 32, KIT_CONFIRM, 201, true, false},
    {ONEOTA_MCUBOOT_OFFSET, 32, 1, KIT_CONFIRM, 201, true, false},
    {ONEOTA_MCUBOOT_MOVE, 8, 8, KIT_REJECT, 206, false, false},
    {ONEOTA_MCUBOOT_OFFSET, 16, 2, KIT_REJECT, 206, false, false},
    {ONEOTA_MCUBOOT_SCRATCH, 8, 8, KIT_CRASH, 206, true, false},
    {ONEOTA_MCUBOOT_OFFSET, 8, 8, KIT_SILENT, 206, false, false},
    {ONEOTA_MCUBOOT_MOVE, 8, 1, KIT_CRASH, 206, false, true},
    {ONEOTA_MCUBOOT_SCRATCH, 8, 4, KIT_REJECT, 206, false, true},
};
#define STORIES (sizeof k_stories / sizeof k_stories[0])

static void test_mcuboot_update_confirmed_or_reverted(void **state)
{
    (void)state;
    for (size_t n = 0; n < STORIES; n++) {
        begin(&k_stories[n]);
        kit_start(&kit);
        kit_run(&kit);
        assert_string_equal(kit_story(&kit), k_stories[n].code == 201 ? "V C T D 101 | 201 V"
                                                                      : "V C T D 101 | | 206 V");
        assert_int_equal(kit.platform.tasks[0].result, k_stories[n].code);
        judge(&k_stories[n]);
    }
}

/* ---------------------------------------------------------------- cut */

static jmp_buf socket_pulled;

static void power_off(void *ctx)
{
    (void)ctx;
    longjmp(socket_pulled, 1);
}

static void start_again(void)
{
    kit.board.cut_at = 0;
    kit.restart = false;
    kit.crash = false;
    restart();
    kit_tell(&kit, "|");
    kit_start(&kit);
    kit_run(&kit);
}

/* @return true: the update had so many operations */
static bool run_cut(const story_t *story, uint32_t operation, uint8_t how, uint8_t torn)
{
    begin(story);
    kit.board.cut_at = operation;
    kit.board.cut = how;
    kit.board.power_off = power_off;
    kit.board.slots[0][1].flash.torn = torn; /* an unreadable slot 0 is MCUboot's end, too */
    if (setjmp(socket_pulled) == 0) {
        kit_start(&kit);
        kit_run(&kit);
        judge(story);
        return false;
    }
    start_again();
    if (story->code == 206) {
        assert_int_equal(kit.platform.tasks[0].result, 206);
    }
    judge(story);
    return true;
}

static const struct {
    uint8_t how, torn;
} k_cuts[] = {
    {FAKE_CUT_TORN_RANDOM, FAKE_TORN_UNREADABLE},
    {FAKE_CUT_AFTER, FAKE_TORN_STABLE},
    {FAKE_CUT_BEFORE, FAKE_TORN_STABLE},
    {FAKE_CUT_TORN_PREFIX, FAKE_TORN_STABLE},
    {FAKE_CUT_BITS, FAKE_TORN_STABLE},
    {FAKE_CUT_SILENT, FAKE_TORN_STABLE},
};
#define CUTS        (sizeof k_cuts / sizeof k_cuts[0])
#define CUTS_SIGNED 1u /* a signature takes its time */

static void test_mcuboot_update_cut_at_every_operation(void **state)
{
    (void)state;
    for (size_t n = 0; n < STORIES; n++) {
        for (size_t c = 0; c < (k_stories[n].signs ? CUTS_SIGNED : CUTS); c++) {
            uint32_t operation = 1;
            while (run_cut(&k_stories[n], operation, k_cuts[c].how, k_cuts[c].torn)) {
                operation++;
            }
            assert_true(operation > 20u);
        }
    }
}

/* Two erase units of 4 KiB, and an image that reaches into the second: a mark torn there cannot be
 * made good, and the next task downloads anew. */
static void test_mcuboot_update_torn_mark_beside_the_image_207_then_201(void **state)
{
    static const kit_options_t options = {.size = 5000, .unit = 4096};
    static const story_t story = {ONEOTA_MCUBOOT_SCRATCH, 8, 8, KIT_CONFIRM, 207, false, false};
    (void)state;
    begin_with(&story, &options);
    kit.board.power_off = power_off;
    if (setjmp(socket_pulled) == 0) {
        kit_start(&kit);
        kit_until_state(&kit, "mark");
        kit.board.cut = FAKE_CUT_HALF;
        kit.board.cut_at = kit.board.operations + 2u; /* swap info, magic */
        kit_run(&kit);
    }
    start_again();
    assert_int_equal(kit.platform.tasks[0].result, 207);
    assert_string_equal(boot.why, "trailer: torn, and the image is in its erase unit");
    assert_string_equal(kit.board.runs[0]->version, "1.0");
    kit.codes[0] = 201;
    (void)fake_platform_add(&kit.platform, kit.images[0].id.type, "1.1", kit.packages[0]->bytes,
                            kit.packages[0]->size, kit.md5[0]);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[1].result, 201);
    assert_string_equal(kit.board.runs[0]->version, "1.1");
    kit_judge(&kit);
    kit_free(&kit);
}

/* ---------------------------------------------------------------- one after the other */

/* The old image is in slot 1 now, with offset in its first sector. */
static void test_mcuboot_update_after_an_update(void **state)
{
    static const uint8_t k_version[8] = {1, 2};
    static char md5[33];
    (void)state;
    for (size_t n = 0; n < 3u; n++) {
        begin(&k_stories[n]);
        kit_start(&kit);
        kit_run(&kit);
        memcpy(next, kit.packages[0]->bytes, SIZE);
        fake_mcuboot_image(next, SIZE, k_version);
        fake_md5_hex(next, SIZE, md5);
        (void)fake_board_know(&kit.board, 0, next, SIZE, "1.2");
        (void)fake_platform_add(&kit.platform, kit.images[0].id.type, "1.2", next, SIZE, md5);
        kit_start(&kit);
        kit_run(&kit);
        assert_int_equal(kit.platform.tasks[1].result, 201);
        assert_string_equal(kit.board.runs[0]->version, "1.2");
        assert_int_equal(loader.swaps, 2);
        assert_int_equal(loader.refused, 0);
        kit_free(&kit);
    }
}

/* What runs is found with its trailer: its counter is the floor. */
static void test_mcuboot_update_signed_raises_the_floor(void **state)
{
    static char md5[33];
    (void)state;
    begin(&k_stories[3]);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[0].result, 201);
    memcpy(next, kit.packages[0]->bytes, SIZE);
    fake_signer_seal(next, SIZE, "1.2", FAKE_COUNTER - 1u, 0);
    fake_md5_hex(next, SIZE, md5);
    kit.codes[0] = 206;
    (void)fake_platform_add(&kit.platform, kit.images[0].id.type, "1.2", next, SIZE, md5);
    kit_start(&kit);
    kit_run(&kit);
    assert_int_equal(kit.platform.tasks[1].result, 206);
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_COUNTER), 1);
    kit_free(&kit);
}

/* MCUboot refuses what was marked (another key, say), erases it, and starts the old one. */
static void test_mcuboot_update_refused_by_mcuboot_206(void **state)
{
    (void)state;
    for (size_t n = 0; n < 3u; n++) {
        begin(&k_stories[n]);
        kit.codes[0] = 206;
        kit_start(&kit);
        kit_until_state(&kit, "restart");
        uint8_t wrong = 0x11;
        fake_flash_put(&kit.board.slots[0][1].flash, boot.slot[1].first, &wrong, 1);
        kit_run(&kit);
        assert_int_equal(kit.platform.tasks[0].result, 206);
        assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_REVERTED), 1);
        assert_int_equal(loader.refused, 1);
        assert_string_equal(kit.board.runs[0]->version, "1.0");
        kit_free(&kit);
    }
}

static void test_mcuboot_update_that_is_no_image_204(void **state)
{
    (void)state;
    begin(&k_stories[0]);
    kit.codes[0] = 204;
    bytes_of(kit.packages[0])[0] ^= 1u;
    kit_changed(&kit, 0);
    kit_start(&kit);
    kit_run(&kit);
    assert_string_equal(kit_story(&kit), "V C T D 204");
    assert_int_equal(kit_count_failed(&kit, ONEOTA_REASON_IMAGE), 1);
    assert_string_equal(boot.why, "image: no header of MCUboot");
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mcuboot_update_confirmed_or_reverted),
        cmocka_unit_test(test_mcuboot_update_cut_at_every_operation),
        cmocka_unit_test(test_mcuboot_update_torn_mark_beside_the_image_207_then_201),
        cmocka_unit_test(test_mcuboot_update_after_an_update),
        cmocka_unit_test(test_mcuboot_update_signed_raises_the_floor),
        cmocka_unit_test(test_mcuboot_update_refused_by_mcuboot_206),
        cmocka_unit_test(test_mcuboot_update_that_is_no_image_204),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
