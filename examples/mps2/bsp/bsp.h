/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * bsp.h: the board, QEMU's mps2-an386 (Cortex-M4F, 25 MHz): start-up, clock, sleep, reset,
 * watchdog, parameters, random numbers, log. flash.h and uart.h beside it are its other parts.
 *
 * Purpose
 *     What a board gives to a firmware, and no more. The boot loader and the application link the
 *     same files; each has a vector table of its own (BSP_VECTORS).
 *
 * Needs
 *     RAM       about 900 bytes, most of them for the command line; 64 at the start of RAM are
 *               never initialised and outlive every reset
 *     threads   none. An interrupt handler may call bsp_wake() and bsp_now_ms(), nothing else here
 *     blocking  bsp_sleep() alone
 *     QEMU      -semihosting-config enable=on,target=native: exit code, parameters, random numbers
 *               and the time of day come from there. A real board has a TRNG, settings in flash and
 *               an RTC instead: those functions are what to replace
 *
 * Use
 *     int main(void)                           start-up has called bsp_init()
 *     {
 *         const char *server = bsp_arg("server");
 *         bsp_interrupt_enable(BSP_IRQ_ETHERNET);
 *         for (;;) {
 *             bsp_watchdog_feed();
 *             bsp_sleep(work());               until the next thing to do, or an interrupt
 *         }
 *     }
 *
 * A fault, and a watchdog that was not fed, print one line with the place and reset the board:
 *
 *     3.002 E fault: data access pc=0x001012a6 lr=0x00101299 at=0x21100000; reset
 *     9.412 E watchdog: not fed pc=0x001013e0 lr=0x001013d5; reset
 *
 * 0x00000000 to 0x007FFFFF, code and its mirror, is read-only for the application, flash is for
 * both: a store through a null pointer is a fault, and so is one past the end of the stack.
 */
#ifndef MPS2_BSP_H
#define MPS2_BSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oneota/port.h"

/* ---------------------------------------------------------------- time and sleep */

/** Milliseconds since this program started; wraps at 2^32. */
uint32_t bsp_now_ms(void);

/** Sleeps (WFI) for ms, or until bsp_wake() was called, also when that was before this call. */
void bsp_sleep(uint32_t ms);

/** For interrupt handlers: ends the sleep, or the next one if there is none. */
void bsp_wake(void);

/** Seconds since 1970, UTC, from the host.
 *  arg=clock=none: unknown; clock=N: it was N when this program started; clock=+N, clock=-N: the
 *  host's time and so many seconds. @return false: not known */
bool bsp_unix_s(uint64_t *seconds);

/* ---------------------------------------------------------------- interrupts */

#define BSP_IRQ_ETHERNET 13u

/** Lets an external interrupt (0 to 31) through. Its handler stands in the vector table. */
void bsp_interrupt_enable(unsigned irq);

typedef void (*bsp_handler_t)(void);
typedef struct {
    const void *stack;
    bsp_handler_t system[15];
    bsp_handler_t irq[32];
} bsp_vectors_t;

/** Defines the program's vector table; `irq13` is its handler for the LAN9118, NULL: none.
 *  Use it once in each program, outside of any function. */
#define BSP_VECTORS(irq13)                                                                    \
    __attribute__((section(".vectors"), used)) const bsp_vectors_t bsp_vectors = {            \
        bsp_stack_top,                                                                        \
        {bsp_start, bsp_on_nmi, bsp_on_fault, bsp_on_fault, bsp_on_fault, bsp_on_fault, NULL, \
         NULL, NULL, NULL, bsp_on_fault, bsp_on_fault, NULL, bsp_on_fault, bsp_on_tick},      \
        {[BSP_IRQ_ETHERNET] = (irq13)}}

extern const uint32_t bsp_stack_top[];
extern const bsp_vectors_t bsp_vectors;
void bsp_start(void);
void bsp_on_nmi(void);
void bsp_on_fault(void);
void bsp_on_tick(void);

/* ---------------------------------------------------------------- reset and watchdog */

typedef enum {
    BSP_CAUSE_POWER_ON = 0,
    BSP_CAUSE_SOFT,     /**< bsp_reset() */
    BSP_CAUSE_WATCHDOG, /**< also a reset that nobody announced */
    BSP_CAUSE_FAULT
} bsp_cause_t;

/** Why the board was reset last; "power-on", "soft", "watchdog" or "fault". */
bsp_cause_t bsp_reset_cause(void);
const char *bsp_reset_cause_text(void);

/** A word from the boot loader to what it starts; 0 if there is none. */
void bsp_hand_over(uint32_t word);
uint32_t bsp_handed_over(void);

/** Resets processor and devices; RAM and flash stay. */
void bsp_reset(void) __attribute__((noreturn));

/** Once started it cannot be stopped but by a reset, also not by who is started next.
 *  @param ms  1 to 170000. Not fed for as long: one line with the place, and a reset */
void bsp_watchdog_start(uint32_t ms);
void bsp_watchdog_feed(void);

/** Ends QEMU with this exit status, after a line that says so and how many flash operations there
 *  were since power-on: "bsp: exit code=0 flash=159". */
void bsp_exit(uint32_t code) __attribute__((noreturn));

/* ---------------------------------------------------------------- parameters */

/** The value of a parameter: for `-semihosting-config ...,arg=server=10.0.2.2` bsp_arg("server") is
 *  "10.0.2.2". This board's stand-in for settings in flash. All together have 767 characters; a
 *  value holds no blank.
 *  @return NULL: there is none. Valid for ever */
const char *bsp_arg(const char *name);

/** Likewise, as a number; preset when there is none, or it is not one. */
uint32_t bsp_arg_number(const char *name, uint32_t preset);

/* ---------------------------------------------------------------- random numbers */

/** 32 random bits, different at every start. */
uint32_t bsp_random(void);

/** Random bytes fit for keys: SHA-256 in counter mode, seeded once at every start with 32 bytes of
 *  the host's /dev/urandom. This board has no true random number generator; this is the stand-in.
 *  arg=seed=TEXT: seeded with that and the number of starts since power-on instead: repeatable,
 *  for tests alone. @return false: no seed was to be had */
bool bsp_entropy(void *data, size_t length);

/* ---------------------------------------------------------------- stack */

/** Bytes of stack used so far at most, and what there is, without the guard at its end. Start-up
 *  paints the stack. */
size_t bsp_stack_used(void);
size_t bsp_stack_size(void);

/* ---------------------------------------------------------------- log, ports */

/** One line on the UART: "12.345 I http: answer status=200", seconds since the program started and
 *  E, W, I or D. For oneota_log_t. */
void bsp_log_line(void *ctx, const oneota_log_line_t *line);

/** The same with less to write. key NULL: no value. */
void bsp_log_text(oneota_log_level_t level, const char *what, const char *key, const char *text);
void bsp_log_number(oneota_log_level_t level, const char *what, const char *key, int64_t number);

/** Ports of the client, made of the above; ctx is not used. */
extern const oneota_clock_t bsp_clock;
extern const oneota_device_t bsp_device;
extern const oneota_log_t bsp_log;

#endif
