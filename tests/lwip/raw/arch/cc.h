/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * cc.h: lwIP in a test program: what it asserts ends the test.
 */
#ifndef TEST_ARCH_CC_H
#define TEST_ARCH_CC_H

#include <stdio.h>
#include <stdlib.h>

unsigned wire_random(void);
#define LWIP_RAND() wire_random()

#define LWIP_PLATFORM_DIAG(x) printf x
#define LWIP_PLATFORM_ASSERT(x)                                      \
    do {                                                             \
        fprintf(stderr, "lwIP: %s, %s:%d\n", x, __FILE__, __LINE__); \
        abort();                                                     \
    } while (0)

#define SYS_ARCH_DECL_PROTECT(level)
#define SYS_ARCH_PROTECT(level)
#define SYS_ARCH_UNPROTECT(level)

#endif
