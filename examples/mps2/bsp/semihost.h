/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * semihost.h: the few calls to the host that this board stands on. Without
 * `-semihosting-config enable=on` each of them ends QEMU with a register dump.
 */
#ifndef MPS2_SEMIHOST_H
#define MPS2_SEMIHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void semihost_exit(uint32_t code) __attribute__((noreturn));

/** All `arg=` of QEMU's command line, with blanks between. @return false: longer than size - 1 */
bool semihost_command_line(char *text, size_t size);

/** Seconds since 1970. */
uint32_t semihost_time(void);

/** The first bytes of a file of the host. @return false: cannot be read, or is shorter */
bool semihost_read_file(const char *path, void *data, size_t length);

#endif
