/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_port_check.c: the bring-up check over ports that are in order, and over ports that are
 * broken, each in one way, which it must name.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_flash.h"
#include "oneota_check.h"
#include "oneota_posix.h"

/* ---------------------------------------------------------------- the desk */

typedef enum {
    TIME_GOOD = 0,
    TIME_STILL,
    TIME_BACK,
    TIME_WRAPS, /* at 2^11 */
    TIME_US,
    TIME_SLOW,
    TIME_STOPS,
    TIME_DAY_BAD,
    TIME_DAY_STILL,
    TIME_DAY_LATER,
    TIME_DAY_BACK
} time_kind_t;

static struct {
    char lines[32768];
    size_t used;
    uint32_t longest_line;
    uint8_t time;
    uint32_t ticks; /* 8 are a millisecond */
    uint8_t random;
    uint32_t draws;
} g_desk;

static oneota_check_t g_check;
static uint8_t g_scratch[1024];

static void take_line(void *ctx, const char *text)
{
    size_t length = strlen(text);

    (void)ctx;
    assert_true(g_desk.used + length + 2u < sizeof g_desk.lines);
    memcpy(g_desk.lines + g_desk.used, text, length);
    g_desk.used += length;
    g_desk.lines[g_desk.used++] = '\n';
    g_desk.lines[g_desk.used] = '\0';
    g_desk.longest_line = length > g_desk.longest_line ? (uint32_t)length : g_desk.longest_line;
}

static uint32_t true_ms(void)
{
    return g_desk.ticks / 8u;
}

static uint32_t desk_ms(void *ctx)
{
    uint32_t ms = true_ms();

    (void)ctx;
    g_desk.ticks++;
    switch (g_desk.time) {
    case TIME_STILL:
        return 77;
    case TIME_BACK:
        return ms % 100u == 50u ? ms - 2u : ms;
    case TIME_WRAPS:
        return ms % 2048u;
    case TIME_US:
        return g_desk.ticks * 125u;
    case TIME_SLOW:
        return ms / 2u;
    case TIME_STOPS:
        return ms < 1000u ? ms : 1000u;
    default:
        return ms;
    }
}

static bool desk_unix_s(void *ctx, uint64_t *seconds)
{
    (void)ctx;
    *seconds = 1800000000u + true_ms() / 1000u;
    if (g_desk.time == TIME_DAY_BAD) {
        *seconds = true_ms() / 1000u;
    } else if (g_desk.time == TIME_DAY_STILL) {
        *seconds = 1800000000u;
    } else if (g_desk.time == TIME_DAY_BACK && true_ms() > 2000u) {
        *seconds -= 100u;
    }
    return g_desk.time != TIME_DAY_LATER;
}

static uint32_t desk_random(void *ctx)
{
    uint32_t x = ++g_desk.draws * 2654435761u;

    (void)ctx;
    x = (x ^ x >> 15) * 0x846CA68Bu;
    x ^= x >> 16;
    switch (g_desk.random) {
    case 1:
        return 4;
    case 2:
        return x & 0x7FFFu;
    case 3:
        return g_desk.draws;
    case 4:
        return g_desk.draws == 20u ? 5u : g_desk.draws == 21u ? 5u : x;
    default:
        return x;
    }
}

static const oneota_clock_t k_clock = {desk_ms, desk_unix_s};
static const oneota_device_t k_device = {desk_random, NULL, NULL};

static int set_up(void **state)
{
    (void)state;
    memset(&g_desk, 0, sizeof g_desk);
    memset(&g_check, 0, sizeof g_check);
    g_check.line = take_line;
    g_check.clock = &k_clock;
    g_check.scratch = g_scratch;
    g_check.scratch_bytes = 512;
    g_check.limit_ms = 2000;
    return 0;
}

static void expect_good(uint32_t failed)
{
    if (failed != 0 || strstr(g_desk.lines, "FAIL") != NULL) {
        fail_msg("a port in order failed:\n%s", g_desk.lines);
    }
    assert_int_equal(g_check.failed, 0);
    assert_in_range(g_desk.longest_line, 1, sizeof g_check.text - 2u);
}

/* The check says this, and counts it. */
static void expect_line(uint32_t failed, const char *line)
{
    if (strstr(g_desk.lines, line) == NULL) {
        fail_msg("not said: %s\n%s", line, g_desk.lines);
    }
    assert_int_equal(failed, g_check.failed);
    assert_int_equal(failed > 0, strstr(g_desk.lines, "FAIL") != NULL);
    assert_int_equal(g_check.warned > 0, strstr(g_desk.lines, "WARN") != NULL);
    assert_int_equal(failed > 0 || g_check.warned > 0, true);
    assert_in_range(g_desk.longest_line, 1, sizeof g_check.text - 2u);
}

/* ---------------------------------------------------------------- what the check itself needs */

static void test_check_needs(void **state)
{
    (void)state;
    g_check.clock = NULL;
    expect_line(oneota_check_clock(&g_check, NULL, NULL, 3),
                "FAIL clock: not checked: set check.c");

    set_up(NULL);
    g_check.scratch_bytes = 127;
    expect_line(oneota_check_flash(&g_check, NULL, NULL), "FAIL flash: not checked: set check.s");

    set_up(NULL);
    g_check.line = NULL;
    assert_int_equal(oneota_check_boot(&g_check, NULL, NULL, 0), 1);
    assert_int_equal(oneota_check_net(&g_check, NULL, NULL, "h", 80), 1);
    assert_int_equal(g_check.failed, 2);
}

/* ---------------------------------------------------------------- clock */

static void test_clock_in_order(void **state)
{
    (void)state;
    expect_good(oneota_check_clock(&g_check, &k_device, NULL, 5));
    assert_non_null(strstr(g_desk.lines, "clock: rate is right ms="));
    assert_non_null(strstr(g_desk.lines, "random: first=0x"));
    assert_non_null(strstr(g_desk.lines, "clock: done failed=0 warned=0"));
}

static void test_clock_without_a_day(void **state)
{
    (void)state;
    g_desk.time = TIME_DAY_LATER;
    expect_good(oneota_check_clock(&g_check, NULL, NULL, 3));
    assert_non_null(strstr(g_desk.lines, "clock: rate not proven"));
    assert_null(strstr(g_desk.lines, "random"));
}

static void test_clock_broken(void **state)
{
    static const struct {
        uint8_t time;
        const char *line;
    } k_cases[] = {{TIME_STILL, "FAIL clock: stands still now_ms=77"},
                   {TIME_BACK, "FAIL clock: goes back from="},
                   {TIME_WRAPS, "FAIL clock: goes back from=2047 to=0"},
                   {TIME_US, "FAIL clock: not in milliseconds, or unix_s stands still"},
                   {TIME_SLOW, "FAIL clock: not in milliseconds ms="},
                   {TIME_STOPS, "FAIL clock: stops now_ms=1000"},
                   {TIME_DAY_BAD, "FAIL clock: unix_s is no day of this century unix_s=0"},
                   {TIME_DAY_STILL, "FAIL clock: not in milliseconds, or unix_s stands still"},
                   {TIME_DAY_BACK, "WARN clock: unix_s goes back"}};

    (void)state;
    for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
        set_up(NULL);
        g_desk.time = k_cases[i].time;
        expect_line(oneota_check_clock(&g_check, &k_device, NULL, 5), k_cases[i].line);
    }
}

static void test_random_broken(void **state)
{
    static const char *const k_lines[] = {"FAIL random: the same number twice in a row number=0x4",
                                          "FAIL random: bits that never change bits=0xffff8000",
                                          "FAIL random: bits that never change bits=0xffffff",
                                          "FAIL random: the same number twice in a row number=0x5"};
    static const oneota_device_t k_none = {NULL, NULL, NULL};

    (void)state;
    for (uint8_t i = 0; i < 4u; i++) {
        set_up(NULL);
        g_desk.random = (uint8_t)(i + 1u);
        expect_line(oneota_check_clock(&g_check, &k_device, NULL, 3), k_lines[i]);
    }
    set_up(NULL);
    expect_line(oneota_check_clock(&g_check, &k_none, NULL, 3), "FAIL random: missing");
}

/* ---------------------------------------------------------------- flash */

typedef enum {
    FLASH_GOOD = 0,
    FLASH_ERASES_NEXT,
    FLASH_ERASES_PREVIOUS,
    FLASH_ERASES_HALF,
    FLASH_ERASES_NOTHING,
    FLASH_ERASED_VALUE,
    FLASH_PROGRAM_OR,
    FLASH_PROGRAM_AND,
    FLASH_PROGRAM_MORE,
    FLASH_PROGRAM_NOTHING,
    FLASH_WANTS_ALIGNED_RAM,
    FLASH_WANTS_SHORT,
    FLASH_ADDRESS_LINE,
    FLASH_READ_MORE,
    FLASH_READ_ALIGNED,
    FLASH_READ_AGAIN,
    FLASH_SIZE_LARGE,
    FLASH_SIZE_NONE,
    FLASH_UNITS_OVERLAP,
    FLASH_UNITS_GAP,
    FLASH_UNIT_AT_OFFSET,
    FLASH_UNIT_EMPTY,
    FLASH_UNIT_ODD,
    FLASH_SIZE_CHANGES,
    FLASH_WORN,
    FLASH_TAKES_ALL
} flash_kind_t;

static fake_flash_t g_flash;
static uint8_t g_kind;

static void do_program(uint32_t offset, const uint8_t *data, uint32_t length)
{
    for (uint32_t i = 0; i < length && offset + i < g_flash.size; i++) {
        fake_flash_put(&g_flash, offset + i, &data[i], 1);
    }
}

static void do_erase(uint32_t start, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        fake_flash_put(&g_flash, start + i, &g_flash.port.erased_value, 1);
    }
}

static oneota_error_t broken_erase(void *ctx, uint32_t offset)
{
    const oneota_erase_unit_t *units = g_flash.units;
    uint32_t number = offset < g_flash.size ? fake_flash_unit(&g_flash, offset) : 0;

    if (g_kind == FLASH_TAKES_ALL && (offset >= g_flash.size || offset != units[number].start)) {
        return ONEOTA_OK;
    }
    if (g_kind == FLASH_ERASES_NOTHING) {
        return ONEOTA_OK;
    }
    if (g_kind == FLASH_ERASES_HALF) {
        do_erase(units[number].start, units[number].length / 2u);
        return ONEOTA_OK;
    }
    if (g_kind == FLASH_ERASES_NEXT && number + 1u < g_flash.unit_count) {
        do_erase(units[number + 1u].start, units[number + 1u].length);
    } else if (g_kind == FLASH_ERASES_PREVIOUS && number > 0) {
        do_erase(units[number - 1u].start, units[number - 1u].length);
    } else if (g_kind == FLASH_WORN && number == 3u) {
        return ONEOTA_STORAGE;
    }
    return g_flash.port.erase(ctx, offset);
}

static oneota_error_t broken_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    uint8_t bytes[1024];

    if (g_kind == FLASH_TAKES_ALL) {
        do_program(offset, data, length);
        return ONEOTA_OK;
    }
    if (g_kind == FLASH_PROGRAM_NOTHING) {
        return ONEOTA_OK;
    }
    if (g_kind == FLASH_WANTS_ALIGNED_RAM && (uintptr_t)data % 4u != 0) {
        return ONEOTA_STORAGE;
    }
    if (g_kind == FLASH_WANTS_SHORT && length > 256u) {
        length = 256u; /* a page at most, without a word */
    }
    memcpy(bytes, data, length);
    for (uint32_t i = 0; i < length; i++) {
        uint8_t old = g_flash.bytes[offset + i];
        bytes[i] = (uint8_t)(g_kind == FLASH_PROGRAM_OR ? bytes[i] | old : bytes[i]);
        bytes[i] = (uint8_t)(g_kind == FLASH_PROGRAM_AND ? bytes[i] & old : bytes[i]);
    }
    if (g_kind == FLASH_ADDRESS_LINE) {
        do_program(offset & ~0x1000u, bytes, length);
        return ONEOTA_OK;
    }
    if (g_kind == FLASH_PROGRAM_MORE) {
        do_program(offset + length, bytes, 1);
    }
    if (g_kind == FLASH_PROGRAM_MORE || g_kind == FLASH_ERASES_HALF ||
        g_kind == FLASH_ERASES_NOTHING) {
        do_program(offset, bytes, length);
        return ONEOTA_OK;
    }
    return g_flash.port.program(ctx, offset, bytes, length);
}

static oneota_error_t broken_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    uint8_t *to = buffer;

    if (g_kind == FLASH_TAKES_ALL && (offset >= g_flash.size || length > g_flash.size - offset)) {
        return ONEOTA_OK;
    }
    if (g_kind == FLASH_READ_MORE && length < 32u && length % 4u != 0) {
        to[length] = 0x11;
    }
    if (g_kind == FLASH_READ_AGAIN) {
        return ONEOTA_AGAIN;
    }
    if (g_kind == FLASH_ADDRESS_LINE) {
        for (uint32_t i = 0; i < length; i++) {
            to[i] = g_flash.bytes[(offset + i) & ~0x1000u];
        }
        return ONEOTA_OK;
    }
    if (g_kind == FLASH_ERASED_VALUE) {
        memcpy(buffer, g_flash.bytes + offset, length);
        return ONEOTA_OK;
    }
    return g_flash.port.read(ctx, g_kind == FLASH_READ_ALIGNED ? offset & ~1u : offset, buffer,
                             length);
}

static oneota_erase_unit_t broken_unit(void *ctx, uint32_t offset)
{
    oneota_erase_unit_t unit = {0, 0};

    unit = offset < g_flash.size ? g_flash.port.erase_unit(ctx, offset)
                                 : g_flash.units[g_flash.unit_count - 1u];
    if (g_kind == FLASH_UNITS_OVERLAP && offset >= 4096u) {
        unit.start -= 512u;
    } else if (g_kind == FLASH_UNITS_GAP && offset >= 4096u) {
        unit.start += 512u;
    } else if (g_kind == FLASH_UNIT_AT_OFFSET) {
        unit.start = offset;
    } else if (g_kind == FLASH_UNIT_EMPTY) {
        unit.length = 0;
    } else if (g_kind == FLASH_UNIT_ODD) {
        unit.length -= 1u;
    }
    return unit;
}

static uint32_t broken_size(void *ctx)
{
    uint32_t size = g_flash.port.size(ctx);

    if (g_kind == FLASH_SIZE_NONE) {
        return 0;
    }
    if (g_kind == FLASH_SIZE_CHANGES && g_flash.operations > 100u) {
        return size - 1024u;
    }
    return g_kind == FLASH_SIZE_LARGE ? size + 1024u : size;
}

static uint32_t check_broken(uint8_t kind, uint8_t erased)
{
    static const fake_flash_config_t k_config = {16384, 1024, NULL, 8, 0xFF, 7};
    fake_flash_config_t config = k_config;
    oneota_flash_t port = {broken_erase, broken_program, broken_read, broken_unit, broken_size, 8,
                           0xFF};

    set_up(NULL);
    g_check.provoke = kind == FLASH_TAKES_ALL;
    g_kind = kind;
    config.erased = erased;
    port.erased_value = kind == FLASH_ERASED_VALUE ? (uint8_t)~erased : erased;
    assert_true(fake_flash_init(&g_flash, &config));
    fake_flash_erase_all(&g_flash);
    uint32_t failed = oneota_check_flash(&g_check, &port, &g_flash);
    fake_flash_free(&g_flash);
    return failed;
}

static void test_flash_broken(void **state)
{
    static const struct {
        uint8_t kind, erased;
        const char *line;
    } k_cases[] = {
        {FLASH_ERASES_NEXT, 0xFF, "FAIL flash: erase changes another unit offset=1024 is=0xff"},
        {FLASH_ERASES_PREVIOUS, 0xFF, "FAIL flash: reads back wrong offset=0 is=0xff"},
        {FLASH_ERASES_HALF, 0xFF, "FAIL flash: erase leaves bytes as they were offset="},
        {FLASH_ERASES_NOTHING, 0, "FAIL flash: erase leaves bytes as they were offset="},
        {FLASH_ERASED_VALUE, 0xFF,
         "FAIL flash: erased bytes are not erased_value offset=0 is=0xff"},
        {FLASH_ERASED_VALUE, 0, "FAIL flash: erased bytes are not erased_value offset=0 is=0x0"},
        {FLASH_PROGRAM_OR, 0xFF, "FAIL flash: reads back wrong offset=0 is=0xff"},
        {FLASH_PROGRAM_AND, 0, "FAIL flash: reads back wrong offset=0 is=0x0"},
        {FLASH_PROGRAM_MORE, 0xFF, "FAIL flash: program changes erased bytes behind it offset=8"},
        {FLASH_PROGRAM_NOTHING, 0xFF, "FAIL flash: reads back wrong offset=0 is=0xff"},
        {FLASH_WANTS_ALIGNED_RAM, 0xFF, "FAIL flash: program fails offset=0 error=storage"},
        {FLASH_WANTS_SHORT, 0xFF, "FAIL flash: reads back wrong offset="},
        {FLASH_ADDRESS_LINE, 0xFF, "FAIL flash: reads back wrong offset=0"},
        {FLASH_READ_MORE, 0xFF, "FAIL flash: read writes beside the buffer offset=0 length=1"},
        {FLASH_READ_ALIGNED, 0xFF, "FAIL flash: reads back wrong offset=497"},
        {FLASH_READ_AGAIN, 0xFF, "FAIL flash: read fails offset=0 error=again"},
        {FLASH_SIZE_LARGE, 0xFF, "does size() reach beyond the units?"},
        {FLASH_SIZE_NONE, 0xFF, "FAIL flash: nothing can be used size=0"},
        {FLASH_UNITS_OVERLAP, 0xFF, "start=3584 length=1024: it overlaps the unit before it"},
        {FLASH_UNITS_GAP, 0xFF, "FAIL flash: erase_unit is wrong offset=4096 start=4608"},
        {FLASH_UNIT_AT_OFFSET, 0xFF, "FAIL flash: erase_unit differs within a unit offset=511"},
        {FLASH_UNIT_EMPTY, 0xFF, "FAIL flash: erase_unit is wrong offset=0 start=0 length=0"},
        {FLASH_UNIT_ODD, 0xFF, "length=1023: start and length must be multiples"},
        {FLASH_SIZE_CHANGES, 0xFF, "FAIL flash: geometry has changed size=15360"},
        {FLASH_WORN, 0xFF, "FAIL flash: erase fails offset=3072 error=storage"},
        {FLASH_TAKES_ALL, 0xFF, "WARN flash: not refused: program at an odd offset offset=1"},
        {FLASH_TAKES_ALL, 0xFF, "WARN flash: not refused: program of a part of a unit offset=0"},
        {FLASH_TAKES_ALL, 0xFF, "WARN flash: not refused: erase within a unit offset=1"},
        {FLASH_TAKES_ALL, 0xFF, "WARN flash: not refused: read outside offset=16384 length=1"},
        {FLASH_TAKES_ALL, 0xFF, "WARN flash: not refused: read across the end offset=16383"},
        {FLASH_TAKES_ALL, 0xFF, "WARN flash: not refused: read across 2^32 offset=4294967295"},
        {FLASH_TAKES_ALL, 0xFF, "WARN flash: not refused: program outside offset=16384"},
        {FLASH_TAKES_ALL, 0xFF, "WARN flash: not refused: erase outside offset=16384"}};

    (void)state;
    for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
        expect_line(check_broken(k_cases[i].kind, k_cases[i].erased), k_cases[i].line);
    }
    expect_good(check_broken(FLASH_GOOD, 0xFF));
    expect_good(check_broken(FLASH_GOOD, 0x00));
}

static void test_flash_table(void **state)
{
    static const fake_flash_config_t k_config = {8192, 1024, NULL, 8, 0xFF, 7};
    oneota_flash_t port;

    (void)state;
    assert_true(fake_flash_init(&g_flash, &k_config));
    port = g_flash.port;
    port.program_unit = 24;
    expect_line(oneota_check_flash(&g_check, &port, &g_flash),
                "FAIL flash: program unit cannot be used program_unit=24");
    set_up(NULL);
    port.program_unit = 512;
    expect_line(oneota_check_flash(&g_check, &port, &g_flash), "program_unit=512");
    set_up(NULL);
    port.program_unit = 256;
    g_check.scratch_bytes = 527;
    expect_line(oneota_check_flash(&g_check, &port, &g_flash),
                "FAIL flash: not checked scratch_bytes=528");
    set_up(NULL);
    port = g_flash.port;
    port.erased_value = 0xAA;
    expect_line(oneota_check_flash(&g_check, &port, &g_flash), "erased_value=0xaa");
    set_up(NULL);
    port = g_flash.port;
    port.read = NULL;
    expect_line(oneota_check_flash(&g_check, &port, &g_flash), "FAIL flash: a function is missing");
    set_up(NULL);
    g_flash.again = UINT32_MAX;
    expect_line(oneota_check_flash(&g_check, &g_flash.port, &g_flash),
                "FAIL flash: erase fails offset=0 error=again: AGAIN without an end");
    assert_int_equal(g_flash.operations, 0);
    fake_flash_free(&g_flash);
}

/* What a flash may be: no line of warning, and no rule of the fake flash broken. */
static void test_flash_in_order(void **state)
{
    static const uint32_t k_mixed[] = {512, 512, 2048, 8192, 1024, 256, 0};
    static const uint32_t k_two[] = {4096, 4096, 0};
    static const fake_flash_config_t k_configs[] = {
        {16384, 1024, NULL, 1, 0xFF, 1}, {16384, 1024, NULL, 16, 0x00, 2},
        {0, 0, k_mixed, 256, 0xFF, 3},   {0, 0, k_mixed, 4, 0x00, 4},
        {6000, 0, k_two, 8, 0xFF, 5},    {4096, 4096, NULL, 32, 0xFF, 6},
        {96, 32, NULL, 32, 0xFF, 7},     {64, 1, NULL, 1, 0xFF, 8},
        {65536, 4096, NULL, 2, 0xFF, 9}};

    (void)state;
    for (size_t i = 0; i < 2u * sizeof k_configs / sizeof k_configs[0]; i++) {
        set_up(NULL);
        assert_true(fake_flash_init(&g_flash, &k_configs[i / 2u]));
        g_flash.again = i % 2u == 0 ? 0 : 3u;
        g_check.scratch = g_scratch + i % 2u;
        g_check.scratch_bytes = i % 2u == 0 ? 528u : 1023u;
        expect_good(oneota_check_flash(&g_check, &g_flash.port, &g_flash));
        assert_int_equal(g_check.warned, 0);
        assert_int_equal(g_flash.violations, 0);
        for (uint32_t at = 0; at < g_flash.units[0].length; at++) {
            assert_int_equal(g_flash.bytes[at], g_flash.port.erased_value);
        }
        fake_flash_free(&g_flash);
    }
}

/* Erased bytes that cannot be read, or read as anything, are no fault. */
static void test_flash_erased_unreadable(void **state)
{
    static const fake_flash_config_t k_config = {16384, 1024, NULL, 8, 0xFF, 7};

    (void)state;
    assert_true(fake_flash_init(&g_flash, &k_config));
    g_flash.erased_read = FAKE_ERASED_ERROR;
    expect_good(oneota_check_flash(&g_check, &g_flash.port, &g_flash));
    assert_int_equal(g_check.warned, 0);
    assert_non_null(strstr(g_desk.lines, "flash: erased bytes cannot be read offset=0"));
    set_up(NULL);
    g_flash.erased_read = FAKE_ERASED_RANDOM;
    expect_line(oneota_check_flash(&g_check, &g_flash.port, &g_flash),
                "WARN flash: erased bytes read as anything offset=0");
    assert_int_equal(g_check.failed, 0);
    assert_int_equal(g_flash.violations, 0);
    fake_flash_free(&g_flash);
}

/* Any one program that goes wrong is found, also one that says OK. */
static void test_flash_faults(void **state)
{
    static const fake_flash_config_t k_config = {16384, 1024, NULL, 8, 0xFF, 7};
    static const uint8_t k_faults[] = {FAKE_FAULT_ERROR, FAKE_FAULT_FLIP};

    (void)state;
    for (uint32_t at = 1; at < 80u; at += 3u) {
        for (size_t i = 0; i < 2u; i++) {
            set_up(NULL);
            assert_true(fake_flash_init(&g_flash, &k_config));
            g_flash.fault = k_faults[i];
            g_flash.fault_kind = FAKE_PROGRAM;
            g_flash.fault_at = at;
            g_flash.fault_count = 1;
            assert_int_equal(oneota_check_flash(&g_check, &g_flash.port, &g_flash), 1);
            fake_flash_free(&g_flash);
        }
    }
}

static const oneota_posix_geometry_t k_posix_geometry = {65536, 4096, 16, 0xFF};

static void test_flash_posix(void **state)
{
    char folder[] = "/tmp/oneota-check-XXXXXX";
    char path[64];
    oneota_posix_flash_t flash;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/slot", folder);
    assert_int_equal(oneota_posix_flash_open(&flash, path, &k_posix_geometry), ONEOTA_OK);
    g_check.provoke = true;
    expect_good(oneota_check_flash(&g_check, &flash.port, &flash));
    assert_int_equal(g_check.warned, 0);
    assert_non_null(strstr(g_desk.lines, "flash: geometry size=65536 units=16 shortest=4096 "));
    assert_non_null(strstr(g_desk.lines, "flash: erase took ms="));
    oneota_posix_flash_close(&flash);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* ---------------------------------------------------------------- net */

typedef enum {
    NET_GOOD = 0,
    NET_REFUSED_IS_CLOSED,
    NET_NO_NATIVE,
    NET_END_IS_BROKEN,
    NET_OK_WITHOUT_BYTES,
    NET_RECEIVED_LEFT,
    NET_OVERRUN,
    NET_END_FIRST,
    NET_CLOSE_FORGETS,
    NET_CLOSE_KEEPS_INPUT,
    NET_BUSY_AFTER_CLOSE,
    NET_BROKEN_STAYS,
    NET_OPEN_WAITS,
    NET_SENT_TOO_MUCH,
    NET_SENT_LEFT,
    NET_SEND_NOTHING,
    NET_SEND_BROKEN,
    NET_DEAF,
    NET_MUTE,
    NET_POLL_MS,
    NET_LOSES_BYTES,
    NET_FIREWALL,
    NET_NO_HTTP,
    NET_KIND_COUNT
} net_kind_t;

#define ANSWER_BYTES 300u
#define ANSWER_MS    20u /* until it arrives */
#define END_MS       60u

/* A server and the port to it, in RAM. */
static struct {
    uint8_t kind;
    uint32_t agains; /* of this open() */
    bool opening, opened, stuck, broken;
    char request[128];
    size_t requested;
    uint32_t asked_ms;
    bool asked;
    uint32_t taken;
    uint32_t sends;
    int32_t native;
} g_net;

static oneota_error_t net_open(void *ctx, const char *address, uint16_t port, const char *name)
{
    (void)ctx;
    assert_string_equal(address, "server");
    assert_string_equal(name, "server");
    if (g_net.kind == NET_OPEN_WAITS) {
        g_desk.ticks += 3000u * 8u;
    }
    if (g_net.opened) {
        return ONEOTA_OK;
    }
    if (g_net.stuck || (g_net.kind == NET_FIREWALL && port == 1)) {
        return ONEOTA_AGAIN;
    }
    g_net.opening = true;
    if (++g_net.agains % 4u != 0) {
        return ONEOTA_AGAIN;
    }
    if (port == 1 || g_net.broken) {
        g_net.opening = false;
        g_net.broken = g_net.kind == NET_BROKEN_STAYS;
        g_net.native = g_net.kind == NET_NO_NATIVE ? 0 : -14;
        return g_net.kind == NET_REFUSED_IS_CLOSED ? ONEOTA_CLOSED : ONEOTA_BROKEN;
    }
    g_net.opening = false;
    g_net.opened = true;
    return ONEOTA_OK;
}

static oneota_error_t net_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    (void)ctx;
    assert_true(g_net.opened && length > 0);
    g_net.sends++;
    if (g_net.kind == NET_SEND_BROKEN) {
        *sent = 0;
        g_net.native = 104;
        return ONEOTA_BROKEN;
    }
    if (g_net.sends % 3u == 0) {
        *sent = g_net.kind == NET_SENT_LEFT ? 1u : 0;
        return ONEOTA_AGAIN;
    }
    size_t part = length > 5u ? 5u : length;
    assert_true(g_net.requested + part < sizeof g_net.request);
    memcpy(g_net.request + g_net.requested, data, part);
    g_net.requested += part;
    g_net.request[g_net.requested] = '\0';
    if (strstr(g_net.request, "\r\n\r\n") != NULL) {
        assert_string_equal(g_net.request,
                            "GET / HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n");
        g_net.asked = true;
        g_net.asked_ms = true_ms();
    }
    *sent = g_net.kind == NET_SENT_TOO_MUCH ? length + 1u : part;
    *sent = g_net.kind == NET_SEND_NOTHING ? 0 : *sent;
    return ONEOTA_OK;
}

static oneota_error_t net_end(size_t *received)
{
    *received = 0;
    if (g_net.kind == NET_END_IS_BROKEN) {
        g_net.native = 104;
        return ONEOTA_BROKEN;
    }
    return ONEOTA_CLOSED;
}

static oneota_error_t net_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    uint32_t waited = true_ms() - g_net.asked_ms;
    uint32_t answer = g_net.kind == NET_LOSES_BYTES && waited > 200u ? 200u : ANSWER_BYTES;

    (void)ctx;
    assert_true(g_net.opened && size > 0);
    if (!g_net.asked || waited < ANSWER_MS || g_net.kind == NET_DEAF) {
        *received = g_net.kind == NET_RECEIVED_LEFT ? *received : 0;
        return g_net.kind == NET_OK_WITHOUT_BYTES ? ONEOTA_OK : ONEOTA_AGAIN;
    }
    if (g_net.kind == NET_MUTE || (g_net.kind == NET_END_FIRST && waited > END_MS)) {
        return net_end(received);
    }
    if (g_net.taken >= answer) {
        *received = 0;
        return waited < END_MS ? ONEOTA_AGAIN : net_end(received);
    }
    size_t part = size < answer - g_net.taken ? size : answer - g_net.taken;
    for (size_t i = 0; i < part; i++) {
        static const char k_head[] = "HTTP/1.1 200 ";
        size_t at = g_net.taken + i;
        ((char *)buffer)[i] = at < sizeof k_head - 1u ? k_head[at] : 'x';
    }
    if (g_net.kind == NET_NO_HTTP) {
        memset(buffer, 'S', part);
    }
    if (g_net.kind == NET_OVERRUN) {
        ((char *)buffer)[part] = '\0'; /* ends it as a string */
    }
    g_net.taken += (uint32_t)part;
    *received = part;
    return ONEOTA_OK;
}

static void net_close(void *ctx)
{
    (void)ctx;
    if (g_net.kind == NET_CLOSE_FORGETS) {
        return;
    }
    if (g_net.kind == NET_BUSY_AFTER_CLOSE && g_net.opening) {
        g_net.stuck = true;
    }
    g_net.opening = g_net.opened = false;
    g_net.requested = 0;
    if (g_net.kind != NET_CLOSE_KEEPS_INPUT || g_net.taken == ANSWER_BYTES) {
        g_net.asked = false;
        g_net.taken = 0;
    }
    g_net.agains = 0;
}

static int32_t net_last_error(void *ctx)
{
    (void)ctx;
    return g_net.native;
}

static uint32_t check_net(uint8_t kind)
{
    oneota_net_t port = {net_open, net_send, net_recv, net_close, net_last_error, 10, false};

    set_up(NULL);
    memset(&g_net, 0, sizeof g_net);
    g_net.kind = kind;
    port.poll_ms = kind == NET_POLL_MS ? 51u : 50u;
    return oneota_check_net(&g_check, &port, NULL, "server", 80);
}

static void test_net_broken(void **state)
{
    static const char *const k_lines[NET_KIND_COUNT] = {
        NULL,
        "FAIL net: open cannot end like this error=closed",
        "FAIL net: BROKEN without a native error error=broken native=0",
        "FAIL net: the end of the answer is not CLOSED error=broken native=104",
        "FAIL net: recv has a wrong *received error=ok",
        "FAIL net: recv leaves *received other than 0 error=again",
        "FAIL net: recv writes behind the buffer error=ok",
        "FAIL net: CLOSED before the answer was read error=closed",
        "FAIL net: a new stream is not quiet error=closed",
        "FAIL net: a new stream is not quiet error=ok",
        "FAIL net: open after a close while opening fails error=again",
        "FAIL net: open after BROKEN fails error=broken native=-14",
        "WARN net: a call waits open ms=3000",
        "FAIL net: send has a wrong *sent error=ok",
        "FAIL net: send leaves *sent other than 0 error=again",
        "FAIL net: send has a wrong *sent error=ok",
        "FAIL net: send fails error=broken native=104",
        "FAIL net: nothing arrives error=again",
        "FAIL net: CLOSED before the answer was read error=closed",
        "FAIL net: poll_ms is out of range poll_ms=51",
        "WARN net: other bytes when read late bytes=200",
        "WARN net: port 1 does not refuse error=again",
        "FAIL net: the answer does not begin with HTTP/ error=ok"};

    (void)state;
    for (uint8_t kind = 1; kind < NET_KIND_COUNT; kind++) {
        expect_line(check_net(kind), k_lines[kind]);
    }
    expect_good(check_net(NET_GOOD));
    assert_int_equal(g_check.warned, 0);
    assert_non_null(strstr(g_desk.lines, "net: answer bytes=300"));
    assert_non_null(strstr(g_desk.lines, "net: refused native=-14"));
}

static void test_net_needs(void **state)
{
    static const oneota_net_t k_none = {0};
    static const oneota_net_t k_port = {
        net_open, net_send, net_recv, net_close, net_last_error, 0, false};
    char address[128];

    (void)state;
    expect_line(oneota_check_net(&g_check, &k_none, NULL, "server", 80),
                "FAIL net: a function is missing");
    set_up(NULL);
    memset(address, 'a', sizeof address);
    address[80] = '\0';
    g_check.scratch_bytes = 128;
    expect_line(oneota_check_net(&g_check, &k_port, NULL, address, 80),
                "FAIL net: not checked scratch_bytes=128");
}

/* An HTTP server on the loopback, one connection at a time. */
typedef struct {
    int fd;
    uint16_t port;
    pthread_t thread;
} server_t;

static void serve_one(int fd)
{
    static char answer[6000] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    char request[512];
    size_t length = 0;

    while (length < sizeof request - 1u) {
        ssize_t count = recv(fd, request + length, sizeof request - 1u - length, 0);
        if (count <= 0) {
            return;
        }
        length += (size_t)count;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL) {
            (void)send(fd, answer, sizeof answer, MSG_NOSIGNAL);
            return;
        }
    }
}

static void *serve(void *argument)
{
    const server_t *server = argument;

    for (;;) {
        int fd = accept(server->fd, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        serve_one(fd);
        close(fd);
    }
}

static void start_server(server_t *server)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(server->fd >= 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(server->fd, 16), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &length), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop_server(server_t *server)
{
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
}

static void sleep_1ms(void *ctx)
{
    (void)ctx;
    (void)poll(NULL, 0, 1);
}

static void check_posix_net(const char *address)
{
    oneota_posix_net_t net;
    server_t server;

    set_up(NULL);
    g_check.clock = &oneota_posix_clock;
    g_check.poll = sleep_1ms;
    g_check.limit_ms = 60000;
    oneota_posix_net_init(&net);
    start_server(&server);
    uint32_t failed = oneota_check_net(&g_check, &oneota_posix_net, &net, address, server.port);
    stop_server(&server);
    expect_good(failed);
    assert_non_null(strstr(g_desk.lines, "net: answer bytes=6000"));
    assert_non_null(strstr(g_desk.lines, "net: refused native="));
    assert_null(strstr(g_desk.lines, "WARN net: other bytes"));
}

static void test_net_posix(void **state)
{
    (void)state;
    check_posix_net("127.0.0.1");
    check_posix_net("localhost");
}

/* Nobody listens: it ends, and says why. */
static void test_net_posix_no_server(void **state)
{
    oneota_posix_net_t net;
    server_t server;

    (void)state;
    start_server(&server);
    stop_server(&server);
    g_check.clock = &oneota_posix_clock;
    g_check.poll = sleep_1ms;
    oneota_posix_net_init(&net);
    expect_line(oneota_check_net(&g_check, &oneota_posix_net, &net, "127.0.0.1", server.port),
                "FAIL net: open fails error=broken native=");
}

static void test_clock_posix(void **state)
{
    (void)state;
    g_check.clock = &oneota_posix_clock;
    g_check.poll = sleep_1ms;
    expect_good(oneota_check_clock(&g_check, &oneota_posix_device, NULL, 3));
    assert_non_null(strstr(g_desk.lines, "clock: rate is right"));
}

/* ---------------------------------------------------------------- boot */

typedef enum {
    BOOT_GOOD = 0,
    BOOT_QUERY_FAILS,
    BOOT_QUERY_LEAVES,
    BOOT_QUERY_RANGE,
    BOOT_CONFIRM_ONCE,
    BOOT_CONFIRM_CHANGES,
    BOOT_REVERT_STATE,
    BOOT_REVERT_CHANGES,
    BOOT_TAKES_ERASED,
    BOOT_TAKES_ANY_SIZE,
    BOOT_INSPECT_STORAGE,
    BOOT_REFUSES_ITSELF,
    BOOT_MARK_HIDDEN,
    BOOT_MARK_SWITCHES,
    BOOT_MARK_REFUSES,
    BOOT_MARK_ENDLESS,
    BOOT_REVERT_LEAVES,
    BOOT_KIND_COUNT
} boot_kind_t;

static struct {
    uint8_t kind;
    oneota_boot_t now;
    uint32_t calls, confirms;
    uint32_t marks;
} g_boot;

static bool boot_again(void)
{
    return g_boot.calls++ % 3u != 2u;
}

static oneota_error_t boot_query(void *ctx, uint8_t image, oneota_boot_t *boot)
{
    (void)ctx;
    assert_int_equal(image, 2);
    boot->slot = g_boot.kind == BOOT_QUERY_RANGE ? 2u : g_boot.now.slot;
    boot->condition = g_boot.now.condition;
    if (g_boot.kind != BOOT_QUERY_LEAVES) {
        boot->length = g_boot.now.length;
    }
    return g_boot.kind == BOOT_QUERY_FAILS ? ONEOTA_STORAGE : ONEOTA_OK;
}

static oneota_error_t boot_inspect(void *ctx, uint8_t image, uint8_t slot, uint32_t size)
{
    (void)ctx;
    (void)image;
    if (boot_again()) {
        return ONEOTA_AGAIN;
    }
    if (slot == g_boot.now.slot) {
        return g_boot.kind == BOOT_REFUSES_ITSELF ? ONEOTA_VERIFY : ONEOTA_OK;
    }
    if (g_boot.kind == BOOT_INSPECT_STORAGE) {
        return ONEOTA_STORAGE;
    }
    bool takes =
        size == UINT32_MAX ? g_boot.kind == BOOT_TAKES_ANY_SIZE : g_boot.kind == BOOT_TAKES_ERASED;
    return takes ? ONEOTA_OK : ONEOTA_VERIFY;
}

static oneota_error_t boot_mark(void *ctx, uint8_t image, const oneota_boot_mark_t *mark)
{
    (void)ctx;
    (void)image;
    assert_int_not_equal(mark->slot, g_boot.now.slot);
    assert_int_equal(mark->digest_length, 16);
    if (boot_again() || g_boot.kind == BOOT_MARK_ENDLESS) {
        return ONEOTA_AGAIN;
    }
    g_boot.marks++;
    if (g_boot.kind == BOOT_MARK_REFUSES) {
        return ONEOTA_STORAGE;
    }
    g_boot.now.condition =
        g_boot.kind == BOOT_MARK_HIDDEN ? ONEOTA_BOOT_CONFIRMED : ONEOTA_BOOT_PENDING;
    g_boot.now.slot ^= g_boot.kind == BOOT_MARK_SWITCHES ? 1u : 0u;
    return ONEOTA_OK;
}

static oneota_error_t boot_confirm(void *ctx, uint8_t image)
{
    (void)ctx;
    (void)image;
    if (boot_again()) {
        return ONEOTA_AGAIN;
    }
    if (g_boot.now.condition == ONEOTA_BOOT_TRIAL || g_boot.kind == BOOT_CONFIRM_CHANGES) {
        g_boot.now.condition = ONEOTA_BOOT_CONFIRMED;
    }
    return g_boot.kind == BOOT_CONFIRM_ONCE && ++g_boot.confirms > 1u ? ONEOTA_STATE : ONEOTA_OK;
}

static oneota_error_t boot_revert(void *ctx, uint8_t image)
{
    (void)ctx;
    (void)image;
    if (boot_again()) {
        return ONEOTA_AGAIN;
    }
    if (g_boot.kind == BOOT_REVERT_CHANGES) {
        g_boot.now.slot ^= 1u;
    }
    if (g_boot.now.condition == ONEOTA_BOOT_PENDING && g_boot.kind != BOOT_REVERT_LEAVES) {
        g_boot.now.condition = ONEOTA_BOOT_CONFIRMED;
    }
    return g_boot.kind == BOOT_REVERT_STATE ? ONEOTA_STATE : ONEOTA_OK;
}

static uint32_t check_boot(uint8_t kind, uint8_t condition, uint32_t length)
{
    static const oneota_boot_port_t k_port = {boot_query, boot_inspect, boot_mark, boot_confirm,
                                              boot_revert};

    set_up(NULL);
    memset(&g_boot, 0, sizeof g_boot);
    g_boot.kind = kind;
    g_boot.now.condition = condition;
    g_boot.now.length = length;
    return oneota_check_boot(&g_check, &k_port, NULL, 2);
}

static void test_boot_broken(void **state)
{
    static const char *const k_lines[BOOT_KIND_COUNT] = {
        NULL,
        "FAIL boot: query fails error=storage",
        "FAIL boot: query leaves a field as it was",
        "FAIL boot: query is out of range slot=2 condition=3",
        "FAIL boot: confirm fails error=state: a second time it must be OK",
        "FAIL boot: confirm changes a confirmed image condition=confirmed wanted=reverted",
        "FAIL boot: revert fails error=state: with nothing to do it must be OK",
        NULL, /* twice is back again; see below */
        "FAIL boot: inspect takes the other slot error=ok",
        "FAIL boot: inspect takes any size error=ok",
        "WARN boot: inspect says STORAGE of an erased slot",
        "WARN boot: inspect refuses what runs error=verify",
        "FAIL boot: mark does not show condition=confirmed wanted=pending",
        "FAIL boot: mark does not show condition=pending wanted=pending slot=1",
        "WARN boot: mark refuses an empty slot error=storage",
        "FAIL boot: mark never ends error=again",
        "FAIL boot: revert leaves the mark condition=pending wanted=confirmed"};

    (void)state;
    for (uint8_t kind = 1; kind < BOOT_KIND_COUNT; kind++) {
        if (k_lines[kind] != NULL) {
            expect_line(check_boot(kind, ONEOTA_BOOT_REVERTED, 5000), k_lines[kind]);
        }
    }
}

static void test_boot_in_order(void **state)
{
    static const oneota_boot_port_t k_none = {0};

    (void)state;
    for (uint8_t condition = 0; condition < ONEOTA_BOOT_CONDITION_COUNT; condition++) {
        expect_good(check_boot(BOOT_GOOD, condition, condition * 1000u));
        assert_int_equal(g_check.warned, 0);
        assert_int_equal(g_boot.marks, 1);
        assert_int_equal(g_boot.now.condition, ONEOTA_BOOT_CONFIRMED);
        assert_non_null(strstr(g_desk.lines, "boot: [ ] confirm, restart twice"));
    }
    expect_line(check_boot(BOOT_REVERT_LEAVES, ONEOTA_BOOT_PENDING, 0),
                "FAIL boot: revert leaves the mark condition=pending");
    set_up(NULL);
    expect_line(oneota_check_boot(&g_check, &k_none, NULL, 0), "FAIL boot: a function is missing");
}

static oneota_error_t refuse_all(void *ctx, uint8_t image, uint8_t slot, uint32_t size)
{
    (void)ctx;
    (void)image;
    (void)size;
    return slot == 0 ? ONEOTA_OK : ONEOTA_VERIFY;
}

/* The simulation takes any bytes for an image, which no board may: that is the one fault of it. */
static void test_boot_posix(void **state)
{
    char folder[] = "/tmp/oneota-check-XXXXXX";
    char path[64];
    oneota_boot_port_t port = oneota_posix_boot;
    oneota_posix_boot_t boot;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/boot", folder);
    oneota_posix_boot_init(&boot);
    assert_int_equal(oneota_posix_boot_create(&boot, 0, path, 65536, 0, "1.0"), ONEOTA_OK);
    expect_line(oneota_check_boot(&g_check, &port, &boot, 0), "FAIL boot: inspect takes the other");
    assert_int_equal(g_check.failed, 1);

    set_up(NULL);
    port.inspect = refuse_all;
    expect_good(oneota_check_boot(&g_check, &port, &boot, 0));
    assert_int_equal(g_check.warned, 0);
    assert_int_equal(oneota_posix_boot_record(&boot, 0)->condition, ONEOTA_BOOT_CONFIRMED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_check_needs, set_up),
        cmocka_unit_test_setup(test_clock_in_order, set_up),
        cmocka_unit_test_setup(test_clock_without_a_day, set_up),
        cmocka_unit_test_setup(test_clock_broken, set_up),
        cmocka_unit_test_setup(test_clock_posix, set_up),
        cmocka_unit_test_setup(test_random_broken, set_up),
        cmocka_unit_test_setup(test_flash_broken, set_up),
        cmocka_unit_test_setup(test_flash_table, set_up),
        cmocka_unit_test_setup(test_flash_in_order, set_up),
        cmocka_unit_test_setup(test_flash_erased_unreadable, set_up),
        cmocka_unit_test_setup(test_flash_faults, set_up),
        cmocka_unit_test_setup(test_flash_posix, set_up),
        cmocka_unit_test_setup(test_net_broken, set_up),
        cmocka_unit_test_setup(test_net_needs, set_up),
        cmocka_unit_test_setup(test_net_posix, set_up),
        cmocka_unit_test_setup(test_net_posix_no_server, set_up),
        cmocka_unit_test_setup(test_boot_broken, set_up),
        cmocka_unit_test_setup(test_boot_in_order, set_up),
        cmocka_unit_test_setup(test_boot_posix, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
