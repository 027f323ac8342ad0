/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * MCUboot's image header and TLV areas, by docs/design.md, "Image format"; how much of a slot an
 * image may use, by its "maximum-image-size"; and the port under the bring-up check.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_flash.h"
#include "oneota_check.h"
#include "oneota_mcuboot.h"

#define SIZE 0x2000u
#define UNIT 0x400u

/* A header of 20h bytes, 10h bytes of image, a protected area of 0Ch, one of 28h:
 * 20h + 10h + 0Ch + 28h = 64h = 100 bytes. Version 1.2.3+4. */
static const uint8_t k_image[100] = {
    0x3d, 0xb8, 0xf3, 0x96,                         /*  0 magic */
    0x00, 0x00, 0x00, 0x00,                         /*  4 load address */
    0x20, 0x00, 0x0c, 0x00,                         /*  8 header size, protected TLVs */
    0x10, 0x00, 0x00, 0x00,                         /* 12 image size */
    0x00, 0x00, 0x00, 0x00,                         /* 16 flags */
    0x01, 0x02, 0x03, 0x00, 0x04, 0x00, 0x00, 0x00, /* 20 version */
    0x00, 0x00, 0x00, 0x00,                         /* 28 */
    0x00, 0x00, 0x02, 0x20, 0x41, 0x01, 0x00, 0x08, /* 32 stack, reset vector 08000141h */
    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, /* 40 */
    0x08, 0x69, 0x0c, 0x00,                         /* 48 protected: 0Ch bytes */
    0x50, 0x00, 0x04, 0x00, 0x07, 0x00, 0x00, 0x00, /* 52 security counter, 4 bytes */
    0x07, 0x69, 0x28, 0x00,                         /* 60 the other: 28h bytes */
    0x10, 0x00, 0x20, 0x00,                         /* 64 SHA-256, 20h bytes */
};

static fake_flash_t flash[2];
static oneota_mcuboot_t boot;
static char version[ONEOTA_MCUBOOT_VERSION_BYTES];

static uint32_t erase_unit[2] = {UNIT, UNIT};

static void open_slots(uint8_t mode, uint32_t size0, uint32_t size1, uint16_t program_unit)
{
    const uint32_t sizes[2] = {size0, size1};
    memset(&boot, 0, sizeof boot);
    boot.mode = mode;
    for (unsigned n = 0; n < 2u; n++) {
        const fake_flash_config_t config = {
            .size = sizes[n], .unit = erase_unit[n], .program_unit = program_unit, .erased = 0xFF};
        assert_true(fake_flash_init(&flash[n], &config));
        fake_flash_erase_all(&flash[n]);
        boot.slot[n].raw = &flash[n].port;
        boot.slot[n].raw_ctx = &flash[n];
    }
}

static void begin(void)
{
    open_slots(ONEOTA_MCUBOOT_MOVE, SIZE, SIZE, 8);
    boot.max_sectors = 8;
    assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
}

static void end(void)
{
    for (unsigned n = 0; n < 2u; n++) {
        assert_null(flash[n].violation);
        fake_flash_free(&flash[n]);
    }
}

static oneota_error_t inspect(uint32_t size)
{
    oneota_error_t error;
    for (unsigned n = 0; (error = oneota_mcuboot.inspect(&boot, 0, 1, size)) == ONEOTA_AGAIN; n++) {
        assert_true(n < 10000u);
    }
    return error;
}

static void put(uint32_t offset, uint8_t byte)
{
    fake_flash_put(&flash[1], offset, &byte, 1);
}

static void put_image(void)
{
    fake_flash_erase_all(&flash[1]);
    fake_flash_put(&flash[1], boot.slot[1].first, k_image, sizeof k_image);
}

static uint32_t running_length(void)
{
    oneota_boot_t answer;
    assert_int_equal(oneota_mcuboot.query(&boot, 0, &answer), ONEOTA_OK);
    return answer.length;
}

/* ---------------------------------------------------------------- inspect */

static void test_mcuboot_inspect_takes_an_image(void **state)
{
    (void)state;
    begin();
    put_image();
    assert_int_equal(inspect(sizeof k_image), ONEOTA_OK);
    for (uint32_t size = 0; size < sizeof k_image; size++) {
        assert_int_equal(inspect(size), ONEOTA_VERIFY);
        assert_non_null(boot.why);
    }
    assert_int_equal(oneota_mcuboot.inspect(&boot, 0, 2, sizeof k_image), ONEOTA_PARAM);
    end();
}

typedef struct {
    uint8_t offset, byte;
} change_t;

static void test_mcuboot_inspect_refuses(void **state)
{
    static const change_t k_bad[] = {
        {0, 0x3c},  {1, 0xb9},  {2, 0xf2},  {3, 0x97},  {8, 0x1f},  {8, 0x21},  {9, 0x01},
        {10, 0x00}, {10, 0x0b}, {11, 0x01}, {12, 0x0f}, {12, 0x11}, {12, 0x00}, {13, 0x01},
        {14, 0x01}, {15, 0x80}, {15, 0xff}, {16, 0x04}, {16, 0x08}, {16, 0x10}, {16, 0x20},
        {17, 0x02}, {17, 0x04}, {17, 0x08}, {48, 0x07}, {49, 0x68}, {50, 0x0d}, {50, 0x03},
        {51, 0x01}, {54, 0x05}, {54, 0x08}, {54, 0x2c}, {54, 0x01}, {55, 0x01}, {60, 0x08},
        {61, 0x6a}, {62, 0x29}, {62, 0x03}, {62, 0x00}, {62, 0x05}, {62, 0x27}, {63, 0x01},
        {66, 0x21}, {66, 0x1f}, {67, 0x01},
    };
    (void)state;
    begin();
    for (size_t n = 0; n < sizeof k_bad / sizeof k_bad[0]; n++) {
        put_image();
        put(k_bad[n].offset, k_bad[n].byte);
        boot.why = NULL;
        if (inspect(sizeof k_image) != ONEOTA_VERIFY || boot.why == NULL) {
            fail_msg("takes %02x at %d", k_bad[n].byte, k_bad[n].offset);
        }
    }
    end();
}

/* Load address, PIC, ROM-fixed, version, what is in the TLVs: not this port's matter. */
static void test_mcuboot_inspect_leaves_the_rest_to_mcuboot(void **state)
{
    static const change_t k_good[] = {{4, 0x55}, {16, 0x01}, {17, 0x01}, {20, 0xff},
                                      {28, 1},   {40, 0},    {52, 0xa0}, {64, 0x11}};
    (void)state;
    begin();
    for (size_t n = 0; n < sizeof k_good / sizeof k_good[0]; n++) {
        put_image();
        put(k_good[n].offset, k_good[n].byte);
        assert_int_equal(inspect(sizeof k_image), ONEOTA_OK);
    }
    end();
}

static void test_mcuboot_inspect_without_a_protected_area(void **state)
{
    (void)state;
    begin();
    fake_flash_put(&flash[1], 0, k_image, 48);
    put(10, 0);
    fake_flash_put(&flash[1], 48, k_image + 60, 40);
    assert_int_equal(inspect(88), ONEOTA_OK);
    assert_int_equal(inspect(87), ONEOTA_VERIFY);
    put(10, 0x0c);
    assert_int_equal(inspect(88), ONEOTA_VERIFY);
    put(10, 0);
    put(50, 4); /* no TLV in it */
    assert_int_equal(inspect(88), ONEOTA_OK);
    end();
}

/* All is in order but one size. */
static void test_mcuboot_inspect_refuses_sizes_that_lead_elsewhere(void **state)
{
    (void)state;
    begin();
    put_image(); /* header of 16 and image of 32 bytes: the areas are where they were */
    put(8, 16);
    put(12, 32);
    assert_int_equal(inspect(sizeof k_image), ONEOTA_VERIFY);
    put_image(); /* header of 48, image of 0 */
    put(8, 48);
    put(12, 0);
    assert_int_equal(inspect(sizeof k_image), ONEOTA_VERIFY);
    put(8, 47);
    put(12, 1);
    assert_int_equal(inspect(sizeof k_image), ONEOTA_OK);
    put_image(); /* header of 120h: areas that are there, and not the image's */
    put(9, 0x01);
    fake_flash_put(&flash[1], 0x120 + 16, k_image + 48, 52);
    assert_int_equal(inspect(sizeof k_image), ONEOTA_VERIFY);
    assert_int_equal(inspect(0x120 + 16 + 52), ONEOTA_OK);
    end();
}

/* Scratch: an image of up to F70h bytes in a slot of 1000h. Header 20h, areas of 28h. */
static void test_mcuboot_inspect_image_that_fills_the_slot(void **state)
{
    static const uint8_t trailer[12] = {'O', 'T', 'R', 'L', 1, 1, 1, 0, 0x6F, 0x0F, 0, 0};
    (void)state;
    open_slots(ONEOTA_MCUBOOT_SCRATCH, 0x1000, 0x1000, 8);
    boot.max_sectors = 4;
    assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
    for (unsigned n = 0; n < 2u; n++) {
        static const uint8_t size[2] = {0x28, 0x0F}; /* F70h - 20h - 28h */
        static const uint8_t none[2] = {0, 0};
        fake_flash_put(&flash[n], 0, k_image, 48);
        fake_flash_put(&flash[n], 10, none, 2);
        fake_flash_put(&flash[n], 12, size, 2);
        fake_flash_put(&flash[n], 0xF70 - 0x28, k_image + 60, 40);
    }
    assert_int_equal(inspect(0xF70), ONEOTA_OK);
    assert_int_equal(inspect(0xF6F), ONEOTA_VERIFY);
    assert_int_equal(inspect(0xF71), ONEOTA_VERIFY);
    assert_int_equal(running_length(), 0xF70);
    fake_flash_put(&flash[0], 0xF70, trailer, sizeof trailer);
    fake_flash_put(&flash[0], 0xF78, "\x70\x0F", 2); /* there is no room for all of it */
    assert_int_equal(running_length(), 0xF70);
    end();
}

/* MCUboot swaps the sectors that hold the image: what follows it must end in the same one. */
static void test_mcuboot_inspect_bytes_behind_the_image_must_be_swapped_with_it(void **state)
{
    (void)state;
    for (unsigned offset = 0; offset <= 1u; offset++) {
        begin();
        boot.mode = offset != 0 ? ONEOTA_MCUBOOT_OFFSET : ONEOTA_MCUBOOT_MOVE;
        assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
        put_image();
        assert_int_equal(inspect(sizeof k_image + 192u), ONEOTA_OK);
        assert_int_equal(inspect(UNIT), ONEOTA_OK);
        assert_int_equal(inspect(UNIT + 1u), ONEOTA_VERIFY);
        boot.sector_bytes = UNIT / 2u;
        assert_int_equal(inspect(UNIT / 2u), ONEOTA_OK);
        assert_int_equal(inspect(UNIT / 2u + 1u), ONEOTA_VERIFY);
        end();
    }
}

/* The image ends with a sector: nothing may follow. The smaller of two sectors decides. */
static void test_mcuboot_inspect_smallest_sector_decides(void **state)
{
    (void)state;
    for (unsigned small = 0; small <= 1u; small++) {
        erase_unit[small] = 100;
        open_slots(ONEOTA_MCUBOOT_SCRATCH, 2000, 2000, 4);
        boot.max_sectors = 8;
        assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
        put_image();
        assert_int_equal(inspect(sizeof k_image), ONEOTA_OK);
        assert_int_equal(inspect(sizeof k_image + 1u), ONEOTA_VERIFY);
        end();
        erase_unit[small] = UNIT;
    }
}

/* No more than eight TLVs are read in one call; 300 of them, in an area of 4 + 300 x 4 bytes. */
static void test_mcuboot_inspect_many_tlvs_takes_many_calls(void **state)
{
    uint32_t calls = 1;
    (void)state;
    begin();
    put_image();
    put(62, 0xb4);
    put(63, 0x04);
    for (uint32_t n = 0; n < 300u; n++) {
        static const uint8_t empty[4] = {0xa0, 0x00, 0x00, 0x00};
        fake_flash_put(&flash[1], 64u + 4u * n, empty, sizeof empty);
    }
    while (oneota_mcuboot.inspect(&boot, 0, 1, 64u + 1200u) == ONEOTA_AGAIN) {
        calls++;
    }
    assert_in_range(calls, 300u / 8u, 300u / 7u);
    assert_int_equal(inspect(64u + 1200u), ONEOTA_OK);
    for (uint32_t n = 0; n < 5u; n++) {
        assert_int_equal(oneota_mcuboot.inspect(&boot, 0, 1, 64u + 1200u), ONEOTA_AGAIN);
    }
    put_image(); /* another one in its place: the walk begins anew */
    assert_int_equal(inspect(sizeof k_image), ONEOTA_OK);
    end();
}

/* 08000141h: in the slot that begins at 08000000h, and no longer when it ends there. */
static void test_mcuboot_inspect_reset_vector(void **state)
{
    (void)state;
    begin();
    put_image();
    boot.address = 0x08000000u;
    assert_int_equal(inspect(sizeof k_image), ONEOTA_OK);
    boot.address = 0x08000141u;
    assert_int_equal(inspect(sizeof k_image), ONEOTA_OK);
    boot.address = 0x08000142u;
    assert_int_equal(inspect(sizeof k_image), ONEOTA_VERIFY);
    boot.address = 0x08000141u - SIZE;
    assert_int_equal(inspect(sizeof k_image), ONEOTA_VERIFY);
    boot.address = 0x08000142u - SIZE;
    assert_int_equal(inspect(sizeof k_image), ONEOTA_OK);
    put(10, 0); /* an image of 4 bytes: what follows is no vector */
    put(12, 4);
    fake_flash_put(&flash[1], 36, k_image + 60, 40);
    boot.address = 0x00286900u;
    assert_int_equal(inspect(76), ONEOTA_VERIFY);
    boot.address = 0;
    assert_int_equal(inspect(76), ONEOTA_OK);
    end();
}

static void test_mcuboot_inspect_unreadable_is_storage(void **state)
{
    (void)state;
    begin();
    put_image();
    boot.address = 0x08000000u;
    for (uint32_t nth = 1; nth <= 6u; nth++) { /* header, two areas, two TLVs, the vectors */
        flash[1].fault_kind = FAKE_READ;
        flash[1].fault = FAKE_FAULT_ERROR;
        flash[1].fault_at = flash[1].calls[FAKE_READ] + nth;
        flash[1].fault_count = 2;
        assert_int_equal(inspect(sizeof k_image), ONEOTA_OK);
        flash[1].fault_at = flash[1].calls[FAKE_READ] + nth;
        flash[1].fault_count = 3;
        assert_int_equal(inspect(sizeof k_image), ONEOTA_STORAGE);
    }
    end();
}

/* ---------------------------------------------------------------- what runs */

/* The trailer of a signed package counts where it says that it belongs to this image. */
static void test_mcuboot_query_length_of_the_package(void **state)
{
    uint8_t trailer[12] = {'O', 'T', 'R', 'L', 1, 1, 1, 0, sizeof k_image, 0, 0, 0};
    (void)state;
    begin();
    assert_int_equal(running_length(), 0);
    fake_flash_put(&flash[0], 0, k_image, sizeof k_image);
    assert_int_equal(running_length(), sizeof k_image);
    fake_flash_put(&flash[0], sizeof k_image, trailer, sizeof trailer);
    assert_int_equal(running_length(), sizeof k_image + 192u);
    trailer[8]++;
    fake_flash_put(&flash[0], sizeof k_image, trailer, sizeof trailer);
    assert_int_equal(running_length(), sizeof k_image);
    trailer[8]--;
    trailer[0] = 'o';
    fake_flash_put(&flash[0], sizeof k_image, trailer, sizeof trailer);
    assert_int_equal(running_length(), sizeof k_image);
    end();
}

static void test_mcuboot_version_of_an_image(void **state)
{
    static const struct {
        uint8_t bytes[8];
        const char *text;
    } cases[] = {
        {{1, 2, 3, 0, 4, 0, 0, 0}, "1.2.3.4"},
        {{0, 0, 0, 0, 0, 0, 0, 0}, "0.0.0"},
        {{10, 0, 0xE8, 0x03, 0, 0, 0, 0}, "10.0.1000"},
        {{255, 255, 255, 255, 255, 255, 255, 255}, "255.255.65535.4294967295"},
    };
    (void)state;
    begin();
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        put_image();
        fake_flash_put(&flash[1], 20, cases[n].bytes, 8);
        assert_int_equal(oneota_mcuboot_version(&boot, 1, version), ONEOTA_OK);
        assert_string_equal(version, cases[n].text);
        assert_true(strlen(cases[n].text) < sizeof version);
    }
    assert_int_equal(oneota_mcuboot_version(&boot, 0, version), ONEOTA_VERIFY);
    assert_string_equal(version, "");
    end();
}

/* ---------------------------------------------------------------- set-up */

static uint32_t capacity(void)
{
    assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
    uint32_t size = boot.slot[1].port.size(&boot.slot[1]);
    assert_int_equal(boot.slot[0].port.size(&boot.slot[0]), size);
    return size;
}

/* "(N-1) * slot-sector-size - image-trailer-sectors-size" of the primary; sectors of 400h. */
static void test_mcuboot_size_move(void **state)
{
    (void)state;
    /* status 16 x 3 x 4 = 192, 4 x 8 and 16 more: 240, one sector. 16 - 1 - 1 = 14 sectors, and of
     * 15 in the secondary 15 - 1 = 14, too */
    open_slots(ONEOTA_MCUBOOT_MOVE, 16u * UNIT, 15u * UNIT, 4);
    boot.max_sectors = 16;
    assert_int_equal(capacity(), 14u * UNIT);
    /* 128 sectors by default: status 1536, all 1584, two sectors. 16 - 1 - 2 = 13, and 15 - 2 */
    boot.max_sectors = 0;
    assert_int_equal(capacity(), 13u * UNIT);
    /* sectors of 800h: 8 - 1 - 1 = 6 of them, 7 - 1 = 6 */
    boot.sector_bytes = 2u * UNIT;
    assert_int_equal(capacity(), 12u * UNIT);
    end();
    /* equal slots: 16 - 1 - 1 = 14 in the primary, 15 in the secondary */
    open_slots(ONEOTA_MCUBOOT_MOVE, 16u * UNIT, 16u * UNIT, 4);
    boot.max_sectors = 16;
    assert_int_equal(capacity(), 14u * UNIT);
    end();
}

/* "N * slot-sector-size - image-trailer-sectors-size", and the secondary's first sector. */
static void test_mcuboot_size_offset(void **state)
{
    (void)state;
    /* status 16 x 2 x 4 = 128, 5 x 8 and 16 more: 184, one sector. 15 - 1 = 14; 16 - 1 - 1 = 14 */
    open_slots(ONEOTA_MCUBOOT_OFFSET, 15u * UNIT, 16u * UNIT, 4);
    boot.max_sectors = 16;
    assert_int_equal(capacity(), 14u * UNIT);
    assert_int_equal(boot.slot[1].first, UNIT);
    /* status 121 x 2 x 4 = 968, and 56: 1024, one sector; 122 x 2 x 4 = 976, and 56: two */
    boot.max_sectors = 121;
    assert_int_equal(capacity(), 14u * UNIT);
    boot.max_sectors = 122;
    assert_int_equal(capacity(), 13u * UNIT);
    /* equal slots: 16 - 1 = 15; 16 - 1 - 1 = 14 */
    end();
    open_slots(ONEOTA_MCUBOOT_OFFSET, 16u * UNIT, 16u * UNIT, 4);
    boot.max_sectors = 16;
    assert_int_equal(capacity(), 14u * UNIT);
    end();
}

/* "image-slot-size - image-trailer-size", less what the trailer in the scratch area needs. */
static void test_mcuboot_size_scratch(void **state)
{
    (void)state;
    /* status 4 x 3 x 8 = 96, 4 x 8 and 16 more: 144 */
    open_slots(ONEOTA_MCUBOOT_SCRATCH, 0x1000, 0x1000, 8);
    boot.max_sectors = 4;
    assert_int_equal(capacity(), 0x1000 - 144);
    end();
    /* status 43 x 3 x 8 = 1032, all 1080: 56 bytes in the sector where it begins. In the scratch
     * area it needs 3 x 8 + 48 = 72: 16 bytes more */
    open_slots(ONEOTA_MCUBOOT_SCRATCH, 0x4000, 0x4000, 8);
    boot.max_sectors = 43;
    assert_int_equal(capacity(), 0x4000 - 1080 - 16);
    /* A = 32: 1032 + 4 x 32 + 32 = 1192: 168 bytes in that sector; 24 + 160 = 184 */
    boot.max_align = 32;
    assert_int_equal(capacity(), 0x4000 - 1192 - 16);
    end();
}

static void refused(const char *why)
{
    assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_PARAM);
    assert_string_equal(boot.why, why);
    boot.mode = ONEOTA_MCUBOOT_MOVE;
    boot.max_align = 8;
    boot.max_sectors = 8;
    boot.number = 0;
}

static void test_mcuboot_init_refuses(void **state)
{
    (void)state;
    begin();
    boot.mode = 0;
    refused("mode: none of the three");
    boot.mode = 4;
    refused("mode: none of the three");
    boot.max_align = 4;
    refused("max_align: not 8, 16 or 32");
    boot.max_align = 64;
    refused("max_align: not 8, 16 or 32");
    boot.number = 15;
    refused("number: more than 14");
    boot.max_sectors = 400; /* 400 x 3 x 8: more than the slot has */
    refused("slot: no room before the trailer");
    assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
    end();
    open_slots(ONEOTA_MCUBOOT_MOVE, SIZE, SIZE, 16);
    refused("max_align: less than the program unit of a slot");
    flash[1].port.erased_value = 0x55;
    boot.max_align = 16;
    refused("erased_value: neither 0xFF nor 0x00");
    end();
    open_slots(ONEOTA_MCUBOOT_SCRATCH, SIZE, SIZE - UNIT, 8);
    refused("slot: with scratch, both have one size");
    end();
    open_slots(ONEOTA_MCUBOOT_OFFSET, SIZE, SIZE, 8);
    boot.sector_bytes = UNIT / 2u; /* the image would begin within an erase unit */
    boot.max_sectors = 8;
    refused("slot: no room before the trailer");
    end();
}

/* The one that runs is not written, nor anything behind what an image may use. */
static void test_mcuboot_ports_keep_their_bounds(void **state)
{
    uint8_t byte8[8] = {0};
    (void)state;
    begin();
    uint32_t size = capacity();
    const oneota_flash_t *port = &boot.slot[1].port;
    assert_int_equal(boot.slot[0].port.erase(&boot.slot[0], 0), ONEOTA_STORAGE);
    assert_int_equal(boot.slot[0].port.program(&boot.slot[0], 0, byte8, 8), ONEOTA_STORAGE);
    assert_int_equal(boot.slot[0].port.read(&boot.slot[0], size - 8u, byte8, 8), ONEOTA_OK);
    assert_int_equal(port->erase(&boot.slot[1], size), ONEOTA_STORAGE);
    assert_int_equal(port->program(&boot.slot[1], size - 8u, byte8, 8), ONEOTA_OK);
    assert_int_equal(port->program(&boot.slot[1], size, byte8, 8), ONEOTA_STORAGE);
    assert_int_equal(port->program(&boot.slot[1], UINT32_MAX - 7u, byte8, 8), ONEOTA_STORAGE);
    assert_int_equal(port->read(&boot.slot[1], size - 7u, byte8, 8), ONEOTA_STORAGE);
    end();
}

/* ---------------------------------------------------------------- the bring-up check */

static uint32_t clock_ms(void *ctx)
{
    uint32_t *ms = ctx;
    return ++*ms;
}

static void judge_line(void *ctx, const char *text)
{
    (void)ctx;
    assert_true(strncmp(text, "FAIL", 4) != 0 && strncmp(text, "WARN", 4) != 0);
}

static void test_mcuboot_passes_the_bring_up_check(void **state)
{
    static const oneota_clock_t clock = {clock_ms, NULL};
    static uint8_t scratch[512];
    uint32_t ms = 0;
    (void)state;
    for (uint8_t mode = ONEOTA_MCUBOOT_MOVE; mode <= ONEOTA_MCUBOOT_SCRATCH; mode++) {
        oneota_check_t check = {.line = judge_line,
                                .clock = &clock,
                                .clock_ctx = &ms,
                                .scratch = scratch,
                                .scratch_bytes = sizeof scratch,
                                .provoke = true};
        open_slots(mode, SIZE, SIZE, 8);
        boot.max_sectors = 8;
        assert_int_equal(oneota_mcuboot_init(&boot), ONEOTA_OK);
        fake_flash_put(&flash[0], 0, k_image, sizeof k_image);
        assert_int_equal(oneota_check_flash(&check, &boot.slot[1].port, &boot.slot[1]), 0);
        assert_int_equal(oneota_check_boot(&check, &oneota_mcuboot, &boot, 0), 0);
        flash[1].violation = NULL; /* it was provoked */
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mcuboot_inspect_takes_an_image),
        cmocka_unit_test(test_mcuboot_inspect_refuses),
        cmocka_unit_test(test_mcuboot_inspect_leaves_the_rest_to_mcuboot),
        cmocka_unit_test(test_mcuboot_inspect_without_a_protected_area),
        cmocka_unit_test(test_mcuboot_inspect_refuses_sizes_that_lead_elsewhere),
        cmocka_unit_test(test_mcuboot_inspect_image_that_fills_the_slot),
        cmocka_unit_test(test_mcuboot_inspect_bytes_behind_the_image_must_be_swapped_with_it),
        cmocka_unit_test(test_mcuboot_inspect_smallest_sector_decides),
        cmocka_unit_test(test_mcuboot_inspect_many_tlvs_takes_many_calls),
        cmocka_unit_test(test_mcuboot_inspect_reset_vector),
        cmocka_unit_test(test_mcuboot_inspect_unreadable_is_storage),
        cmocka_unit_test(test_mcuboot_query_length_of_the_package),
        cmocka_unit_test(test_mcuboot_version_of_an_image),
        cmocka_unit_test(test_mcuboot_size_move),
        cmocka_unit_test(test_mcuboot_size_offset),
        cmocka_unit_test(test_mcuboot_size_scratch),
        cmocka_unit_test(test_mcuboot_init_refuses),
        cmocka_unit_test(test_mcuboot_ports_keep_their_bounds),
        cmocka_unit_test(test_mcuboot_passes_the_bring_up_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
