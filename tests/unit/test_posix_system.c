/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * test_posix_system.c: clock and random numbers of the POSIX port.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct timespec g_now;
static bool g_fake_clock;
static const char *g_random_path = "/dev/urandom";

static int fake_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (g_fake_clock) {
        *now = g_now;
        return 0;
    }
    return clock_gettime(clock, now);
}

static int fake_open(const char *path, int flags)
{
    assert_string_equal(path, "/dev/urandom");
    return open(g_random_path, flags);
}

#define clock_gettime     fake_clock_gettime
#define open(path, flags) fake_open(path, flags)
#include "../../port/posix/system.c"
#undef clock_gettime
#undef open

static int set_up(void **state)
{
    (void)state;
    g_fake_clock = false;
    g_random_path = "/dev/urandom";
    return 0;
}

static void test_posix_system_milliseconds_go_on(void **state)
{
    struct timespec pause = {0, 20000000};
    uint32_t start = oneota_posix_clock.now_ms(NULL);

    (void)state;
    nanosleep(&pause, NULL);
    uint32_t gone = oneota_posix_clock.now_ms(NULL) - start;
    assert_in_range(gone, 19, 60000);
}

static void test_posix_system_milliseconds_wrap(void **state)
{
    (void)state;
    g_fake_clock = true;
    g_now.tv_sec = 4294967;
    g_now.tv_nsec = 295999999;
    assert_int_equal(oneota_posix_clock.now_ms(NULL), UINT32_MAX);
    g_now.tv_nsec = 296000000;
    assert_int_equal(oneota_posix_clock.now_ms(NULL), 0);
}

static void test_posix_system_seconds_are_known_from_2020_on(void **state)
{
    uint64_t seconds = 7;

    (void)state;
    g_fake_clock = true;
    g_now.tv_sec = 1577836799;
    assert_false(oneota_posix_clock.unix_s(NULL, &seconds));
    assert_int_equal(seconds, 7);
    g_now.tv_sec = 1577836800;
    assert_true(oneota_posix_clock.unix_s(NULL, &seconds));
    assert_int_equal(seconds, 1577836800);
}

static void test_posix_system_random_differs(void **state)
{
    uint32_t set = 0, clear = 0;

    (void)state;
    for (int i = 0; i < 64; i++) { /* a bit that never changes: 32 in 2^63 */
        uint32_t value = oneota_posix_device.random(NULL);
        set |= value;
        clear |= ~value;
    }
    assert_int_equal(set, UINT32_MAX);
    assert_int_equal(clear, UINT32_MAX);
    assert_null(oneota_posix_device.battery);
    assert_null(oneota_posix_device.signal);
}

static void test_posix_system_no_random_device_still_differs(void **state)
{
    static const char *const k_paths[] = {"/dev/null", "/dev/null/none"};

    (void)state;
    g_fake_clock = true;
    for (int i = 0; i < 2; i++) {
        g_random_path = k_paths[i];
        g_now.tv_nsec = 1000;
        uint32_t first = oneota_posix_random(NULL);
        g_now.tv_nsec = 2000;
        assert_int_not_equal(oneota_posix_random(NULL), first);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    static const struct CMUnitTest k_tests[] = {
        TEST(test_posix_system_milliseconds_go_on),
        TEST(test_posix_system_milliseconds_wrap),
        TEST(test_posix_system_seconds_are_known_from_2020_on),
        TEST(test_posix_system_random_differs),
        TEST(test_posix_system_no_random_device_still_differs),
    };

    return cmocka_run_group_tests_name("posix_system", k_tests, NULL, NULL);
}
