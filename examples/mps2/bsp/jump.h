/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * jump.h: from the boot loader into an image.
 */
#ifndef MPS2_JUMP_H
#define MPS2_JUMP_H

#include "bsp.h"

/** Takes clock, interrupts and protection back, and starts what the vector table names. The
 *  watchdog goes on. */
void bsp_jump(const bsp_vectors_t *vectors) __attribute__((noreturn));

#endif
