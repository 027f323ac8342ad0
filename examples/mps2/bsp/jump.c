/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * jump.c: leaves the processor as a reset does, but for the stack pointer and VTOR, which are the
 * image's.
 */
#include "jump.h"

#include "board.h"

void bsp_jump(const bsp_vectors_t *vectors)
{
    __asm__ volatile("cpsid i" ::: "memory");
    SYSTICK_CTRL = 0;
    NVIC_DISABLE = UINT32_MAX;
    NVIC_CLEAR = UINT32_MAX;
    SCB_ICSR = ICSR_PENDSTCLR; /* a tick that came with interrupts off is not the image's */
    MPU_CTRL = 0;
    SCB_VTOR = (uint32_t)(uintptr_t)vectors;
    __asm__ volatile("dsb\n"
                     "isb\n"
                     "msr msp, %0\n"
                     "bx %1\n" ::"r"(vectors->stack),
                     "r"(vectors->system[0])
                     : "memory");
    for (;;) {
    }
}
