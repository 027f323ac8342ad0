/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * board.h: what the files of bsp/ share among themselves.
 */
#ifndef MPS2_BOARD_H
#define MPS2_BOARD_H

#include <stdbool.h>
#include <stdint.h>

/** The start of RAM: neither loaded nor cleared, the same in boot loader and application. */
typedef struct {
    uint32_t magic;
    uint32_t cause;            /**< bsp_cause_t of the last reset */
    uint32_t next_cause;       /**< what the next reset will be told to be */
    uint32_t starts;           /**< since power-on */
    uint32_t flash_operations; /**< since power-on */
    uint32_t handed_over;      /**< bsp_hand_over() */
} board_shared_t;

extern board_shared_t board_shared;

/** The boot loader and the application are told apart by where they are linked. */
bool board_is_boot(void);

/** Before anything else: shared RAM, UART, MPU, clock. */
void board_init(void);

/** Flash takes stores, or not. */
void board_flash_writable(bool writable);

/** Marks why, and resets. */
void board_reset(uint32_t cause) __attribute__((noreturn));

#define SCB_ICSR  (*(volatile uint32_t *)0xE000ED04u)
#define SCB_VTOR  (*(volatile uint32_t *)0xE000ED08u)
#define SCB_AIRCR (*(volatile uint32_t *)0xE000ED0Cu)
#define SCB_CFSR  (*(volatile uint32_t *)0xE000ED28u)
#define SCB_MMFAR (*(volatile uint32_t *)0xE000ED34u)
#define SCB_BFAR  (*(volatile uint32_t *)0xE000ED38u)
#define SCB_CPACR (*(volatile uint32_t *)0xE000ED88u)

#define ICSR_PENDSTCLR 0x02000000u

#define SYSTICK_CTRL (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_LOAD (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_NOW  (*(volatile uint32_t *)0xE000E018u)

#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RNR  (*(volatile uint32_t *)0xE000ED98u)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0u)

#define NVIC_ENABLE  (*(volatile uint32_t *)0xE000E100u)
#define NVIC_DISABLE (*(volatile uint32_t *)0xE000E180u)
#define NVIC_CLEAR   (*(volatile uint32_t *)0xE000E280u)

#define WATCHDOG_LOAD  (*(volatile uint32_t *)0x40008000u)
#define WATCHDOG_CTRL  (*(volatile uint32_t *)0x40008008u)
#define WATCHDOG_CLEAR (*(volatile uint32_t *)0x4000800Cu)
#define WATCHDOG_LOCK  (*(volatile uint32_t *)0x40008C00u)

#define CLOCK_HZ 25000000u

/** The last bytes of the stack, which nobody may touch: a stack that runs over is a fault. */
#define GUARD_BYTES 256u

#endif
