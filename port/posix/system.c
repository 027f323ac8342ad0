/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * system.c: clock and random numbers.
 */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "oneota_posix.h"

#define YEAR_2020_S 1577836800

static uint32_t clock_now_ms(void *ctx)
{
    struct timespec now = {0, 0};

    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

static bool clock_unix_s(void *ctx, uint64_t *seconds)
{
    struct timespec now = {0, 0};

    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec < YEAR_2020_S) {
        return false;
    }
    *seconds = (uint64_t)now.tv_sec;
    return true;
}

/* Where there is no /dev: differs from process to process, which is enough for jitter. */
static uint32_t weak_random(void)
{
    struct timespec now = {0, 0};

    clock_gettime(CLOCK_REALTIME, &now);
    uint32_t seed = (uint32_t)now.tv_nsec ^ (uint32_t)now.tv_sec ^ (uint32_t)getpid() << 16;
    return seed * 2654435761u;
}

uint32_t oneota_posix_random(void *ctx)
{
    uint32_t value = 0;
    ssize_t count = -1;
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

    (void)ctx;
    if (fd >= 0) {
        count = read(fd, &value, sizeof value);
        close(fd);
    }
    return count == (ssize_t)sizeof value ? value : weak_random();
}

const oneota_clock_t oneota_posix_clock = {clock_now_ms, clock_unix_s};
const oneota_device_t oneota_posix_device = {oneota_posix_random, NULL, NULL};
