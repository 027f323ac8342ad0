/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * semihost.c: a breakpoint that QEMU answers; r0 is the call, r1 its argument.
 */
#include "semihost.h"

#include <string.h>

#define SYS_OPEN          0x01u
#define SYS_CLOSE         0x02u
#define SYS_READ          0x06u
#define SYS_TIME          0x11u
#define SYS_GET_CMDLINE   0x15u
#define SYS_EXIT_EXTENDED 0x20u

#define MODE_RB          1u
#define APPLICATION_EXIT 0x20026u

static uint32_t call(uint32_t number, void *argument)
{
    register uint32_t r0 __asm__("r0") = number;
    register void *r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void semihost_exit(uint32_t code)
{
    uint32_t block[2] = {APPLICATION_EXIT, code};

    for (;;) {
        (void)call(SYS_EXIT_EXTENDED, block);
    }
}

bool semihost_command_line(char *text, size_t size)
{
    uint32_t block[2] = {(uint32_t)(uintptr_t)text, (uint32_t)size};

    return call(SYS_GET_CMDLINE, block) == 0;
}

uint32_t semihost_time(void)
{
    return call(SYS_TIME, NULL);
}

bool semihost_read_file(const char *path, void *data, size_t length)
{
    uint32_t block[3] = {(uint32_t)(uintptr_t)path, MODE_RB, (uint32_t)strlen(path)};
    uint32_t file = call(SYS_OPEN, block);

    if (file == UINT32_MAX) {
        return false;
    }
    block[0] = file;
    block[1] = (uint32_t)(uintptr_t)data;
    block[2] = (uint32_t)length;
    const bool good = call(SYS_READ, block) == 0; /* bytes that it did not read */
    block[0] = file;
    (void)call(SYS_CLOSE, block);
    return good;
}
