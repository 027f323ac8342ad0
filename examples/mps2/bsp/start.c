/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * start.c: from the reset vector to main(), and the handlers that end in a reset.
 */
#include "board.h"
#include "bsp.h"
#include "uart.h"

#define PAINT 0xA5A5A5A5u

/* Of the linker script. */
extern uint32_t bsp_stack_limit[];
extern uint32_t bsp_data_start[], bsp_data_end[], bsp_bss_start[], bsp_bss_end[];
extern const uint32_t bsp_data_load[];

int main(void);

/* ---------------------------------------------------------------- start */

static void fill(uint32_t *from, const uint32_t *end, uint32_t value)
{
    for (volatile uint32_t *word = from; word < end; word++) {
        *word = value;
    }
}

void board_begin(void) __attribute__((noreturn, used));
void board_begin(void)
{
    volatile uint32_t *word = bsp_data_start;

    for (const uint32_t *load = bsp_data_load; word < bsp_data_end; load++) {
        *word++ = *load;
    }
    fill(bsp_bss_start, bsp_bss_end, 0);
    fill(bsp_stack_limit, (const uint32_t *)__builtin_frame_address(0) - 16, PAINT);
    board_init();
    bsp_exit((uint32_t)main());
}

/* Who jumped here may have left another stack; before the first function is entered coprocessors
 * are on, since the compiler may use their registers. */
__attribute__((naked)) void bsp_start(void)
{
    __asm__ volatile("ldr r0, =bsp_stack_top\n"
                     "msr msp, r0\n"
                     "ldr r0, =0xE000ED88\n"
                     "ldr r1, [r0]\n"
                     "orr r1, r1, #0xF00000\n"
                     "str r1, [r0]\n"
                     "dsb\n"
                     "isb\n"
                     "cpsie i\n"
                     "b board_begin\n");
}

/* ---------------------------------------------------------------- stack */

size_t bsp_stack_used(void)
{
    const uint32_t *word = bsp_stack_limit + GUARD_BYTES / sizeof *word;

    while (word < bsp_stack_top && *word == PAINT) {
        word++;
    }
    return (size_t)((uintptr_t)bsp_stack_top - (uintptr_t)word);
}

size_t bsp_stack_size(void)
{
    return (size_t)((uintptr_t)bsp_stack_top - (uintptr_t)bsp_stack_limit) - GUARD_BYTES;
}

/* ---------------------------------------------------------------- handlers */

#define CFSR_STACK_ERROR 0x00001010u /* registers could not be pushed: bits 4 and 12 */
#define CFSR_MMFAR_VALID 0x00000080u
#define CFSR_BFAR_VALID  0x00008000u

#define FRAME_LR 5
#define FRAME_PC 6

static bool is_overflow(uint32_t cfsr)
{
    return (cfsr & CFSR_STACK_ERROR) != 0 ||
           ((cfsr & CFSR_MMFAR_VALID) != 0 &&
            SCB_MMFAR - (uint32_t)(uintptr_t)bsp_stack_limit < GUARD_BYTES);
}

static const char *cause_of(uint32_t cfsr)
{
    static const struct {
        uint32_t mask;
        const char *text;
    } k_causes[] = {
        {0x00000082u, "data access"},
        {0x00000001u, "instruction access"},
        {0x0000FF00u, "bus"},
        {0x01000000u, "unaligned"},
        {0x02000000u, "division by zero"},
        {0x00010000u, "undefined instruction"},
        {0x00020000u, "jump without the Thumb bit"},
        {0x00080000u, "no coprocessor"},
    };

    if (is_overflow(cfsr)) {
        return "stack overflow";
    }
    for (size_t i = 0; i < sizeof k_causes / sizeof k_causes[0]; i++) {
        if ((cfsr & k_causes[i].mask) != 0) {
            return k_causes[i].text;
        }
    }
    return "unexpected exception";
}

static void print_place(const uint32_t *frame)
{
    uart_text(" pc=");
    uart_hex(frame[FRAME_PC]);
    uart_text(" lr=");
    uart_hex(frame[FRAME_LR]);
}

static void print_fault(const uint32_t *frame, uint32_t cfsr)
{
    uart_text("E fault: ");
    uart_text(cause_of(cfsr));
    if ((cfsr & CFSR_STACK_ERROR) == 0) {
        print_place(frame);
    }
    if ((cfsr & (CFSR_MMFAR_VALID | CFSR_BFAR_VALID)) != 0) {
        uart_text(" at=");
        uart_hex((cfsr & CFSR_MMFAR_VALID) != 0 ? SCB_MMFAR : SCB_BFAR);
    }
}

/* One line, and a reset. The frame is where the interrupted code's registers were pushed. */
void board_report(const uint32_t *frame, uint32_t cause) __attribute__((noreturn, used));
void board_report(const uint32_t *frame, uint32_t cause)
{
    uint32_t now = bsp_now_ms();

    uart_init();
    uart_text("\r\n");
    uart_number(now / 1000u);
    uart_put('.');
    uart_digits(now % 1000u, 3);
    uart_put(' ');
    if (cause == BSP_CAUSE_FAULT) {
        print_fault(frame, SCB_CFSR);
    } else {
        uart_text("E watchdog: not fed");
        print_place(frame);
    }
    uart_text("; reset\r\n");
    board_reset(cause);
}

/* A stack that ran over cannot carry the report: it then goes on at the top. Faults of all kinds
 * arrive here as hard faults, in which the MPU is off. */
#define REPORT(cause)                                   \
    __asm__ volatile("mrs r0, msp\n"                    \
                     "ldr r1, =bsp_stack_limit + 512\n" \
                     "cmp r0, r1\n"                     \
                     "bhs 1f\n"                         \
                     "ldr r1, =bsp_stack_top\n"         \
                     "msr msp, r1\n"                    \
                     "1:\n"                             \
                     "movs r1, %0\n"                    \
                     "b board_report\n" ::"i"(cause))

__attribute__((naked)) void bsp_on_fault(void)
{
    REPORT(BSP_CAUSE_FAULT);
}

__attribute__((naked)) void bsp_on_nmi(void)
{
    REPORT(BSP_CAUSE_WATCHDOG);
}
