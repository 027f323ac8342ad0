/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * cc.h: what lwIP wants to know of compiler and processor; newlib and gcc give the rest.
 */
#ifndef MPS2_ARCH_CC_H
#define MPS2_ARCH_CC_H

#include <stdint.h>

uint32_t bsp_random(void);

/* Ports, sequence numbers and DNS query ids: another row of them after each reset. */
#define LWIP_RAND() bsp_random()

#define LWIP_NO_CTYPE_H 1 /* newlib's table is larger than lwIP's comparisons */

/* The whole stack runs in the main loop: nothing to protect. */
#define SYS_ARCH_DECL_PROTECT(level)
#define SYS_ARCH_PROTECT(level)
#define SYS_ARCH_UNPROTECT(level)

#endif
