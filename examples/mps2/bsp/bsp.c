/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * bsp.c: clock, sleep, protection, reset, watchdog and log.
 */
#include "bsp.h"

#include <stdlib.h>

#include "board.h"
#include "semihost.h"
#include "uart.h"

#define MAGIC           0x4F544131u
#define IMAGES_START    0x00100000u /* below is the boot loader's */
#define WATCHDOG_KEY    0x1ACCE551u
#define RESET_REQUEST   0x05FA0004u
#define SLEEP_MAX_MS    0x7FFFFFFFu
#define TICKS_PER_MS    (CLOCK_HZ / 1000u)
#define WATCHDOG_MAX_MS (UINT32_MAX / TICKS_PER_MS)

extern uint32_t bsp_stack_limit[];

__attribute__((section(".shared"))) board_shared_t board_shared;

static volatile uint32_t s_now_ms;
static volatile bool s_awake;

/* ---------------------------------------------------------------- protection */

#define REGION_FLASH  0u
#define REGION_CODE   1u
#define REGION_GUARD  2u
#define REGION_MIRROR 3u
#define CODE_MIRROR   0x00400000u

#define RASR_ENABLE     1u
#define RASR_SIZE(log2) (((uint32_t)(log2)-1u) << 1)
#define RASR_NORMAL     (1u << 19)
#define RASR_READ_ONLY  (6u << 24)
#define RASR_READ_WRITE (3u << 24)
#define RASR_NO_EXECUTE (1u << 28)

#define MPU_ON_WITH_DEFAULT_MAP 5u

static void set_region(uint32_t region, uint32_t address, uint32_t attributes)
{
    MPU_RNR = region;
    MPU_RBAR = address;
    MPU_RASR = attributes | RASR_NORMAL | RASR_ENABLE;
    __asm__ volatile("dsb\nisb" ::: "memory");
}

void board_flash_writable(bool writable)
{
    set_region(REGION_FLASH, 0x21000000u,
               RASR_SIZE(24) | RASR_NO_EXECUTE | (writable ? RASR_READ_WRITE : RASR_READ_ONLY));
}

bool board_is_boot(void)
{
    return (uintptr_t)&bsp_vectors < IMAGES_START;
}

/* Code appears a second time at CODE_MIRROR. The boot loader protects itself, and writes the image
 * above. */
static void protect(void)
{
    MPU_CTRL = 0;
    board_flash_writable(false);
    set_region(REGION_CODE, 0, RASR_SIZE(board_is_boot() ? 20 : 22) | RASR_READ_ONLY);
    set_region(REGION_MIRROR, CODE_MIRROR,
               RASR_SIZE(board_is_boot() ? 20 : 22) | RASR_READ_ONLY | RASR_NO_EXECUTE);
    set_region(REGION_GUARD, (uint32_t)(uintptr_t)bsp_stack_limit, RASR_SIZE(8) | RASR_NO_EXECUTE);
    MPU_CTRL = MPU_ON_WITH_DEFAULT_MAP;
    __asm__ volatile("dsb\nisb" ::: "memory");
}

/* ---------------------------------------------------------------- start */

/* A reset that was not announced is taken for the watchdog's: that is the one that may not be able
 * to say so. */
static void begin_shared(void)
{
    if (board_shared.magic != MAGIC) {
        board_shared = (board_shared_t){.magic = MAGIC, .next_cause = BSP_CAUSE_POWER_ON};
    }
    board_shared.cause = board_shared.next_cause;
    board_shared.next_cause = BSP_CAUSE_WATCHDOG;
    board_shared.starts++;
    board_shared.handed_over = 0;
}

void board_init(void)
{
    SCB_VTOR = (uint32_t)(uintptr_t)&bsp_vectors;
    if (board_is_boot()) {
        begin_shared();
    }
    uart_init();
    protect();
    SYSTICK_LOAD = TICKS_PER_MS - 1u;
    SYSTICK_NOW = 0;
    SYSTICK_CTRL = 7;
}

/* ---------------------------------------------------------------- time and sleep */

void bsp_on_tick(void)
{
    s_now_ms++;
}

uint32_t bsp_now_ms(void)
{
    return s_now_ms;
}

void bsp_wake(void)
{
    s_awake = true;
}

/* WFI ends for an interrupt that is held back too, so none is lost between the look and the
 * sleep. The tick is one each millisecond. */
void bsp_sleep(uint32_t ms)
{
    uint32_t since = s_now_ms;

    for (bool done = false; !done;) {
        __asm__ volatile("cpsid i" ::: "memory");
        done = s_awake || s_now_ms - since >= ms;
        if (!done) {
            __asm__ volatile("dsb\nwfi" ::: "memory");
        }
        __asm__ volatile("cpsie i\nisb" ::: "memory");
    }
    s_awake = false;
}

void bsp_interrupt_enable(unsigned irq)
{
    NVIC_ENABLE = 1u << (irq & 31u);
}

/* N, +N or -N. */
bool bsp_unix_s(uint64_t *seconds)
{
    const char *text = bsp_arg("clock");
    uint64_t base = 0;
    uint64_t number = 0;

    if (text == NULL || *text == '+' || *text == '-') {
        base = semihost_time();
    }
    if (text == NULL) {
        *seconds = base;
        return true;
    }
    const bool back = *text == '-';
    const char *digit = text + (back || *text == '+' ? 1 : 0);
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        number = number * 10u + (unsigned)(*digit - '0');
    }
    if (*digit != '\0' || (back && number > base)) {
        return false;
    }
    *seconds = back ? base - number : base + number;
    *seconds += *text >= '0' && *text <= '9' ? s_now_ms / 1000u : 0u;
    return true;
}

/* ---------------------------------------------------------------- reset and watchdog */

bsp_cause_t bsp_reset_cause(void)
{
    return (bsp_cause_t)board_shared.cause;
}

const char *bsp_reset_cause_text(void)
{
    static const char *const k_texts[] = {"power-on", "soft", "watchdog", "fault"};

    return board_shared.cause < sizeof k_texts / sizeof k_texts[0] ? k_texts[board_shared.cause]
                                                                   : "?";
}

void board_reset(uint32_t cause)
{
    board_shared.next_cause = cause;
    __asm__ volatile("dsb" ::: "memory");
    SCB_AIRCR = RESET_REQUEST;
    for (;;) {
    }
}

void bsp_hand_over(uint32_t word)
{
    board_shared.handed_over = word;
}

uint32_t bsp_handed_over(void)
{
    return board_shared.handed_over;
}

void bsp_reset(void)
{
    board_reset(BSP_CAUSE_SOFT);
}

/* libc's, for code that gives up. mbedTLS does not come here: it traps, see mbedtls_config.h. */
void exit(int code)
{
    bsp_log_number(ONEOTA_LOG_ERROR, "fault: exit() was called", "code", code);
    board_reset(BSP_CAUSE_FAULT);
}

void bsp_watchdog_start(uint32_t ms)
{
    WATCHDOG_LOCK = WATCHDOG_KEY;
    WATCHDOG_LOAD = (ms < WATCHDOG_MAX_MS ? ms : WATCHDOG_MAX_MS) * TICKS_PER_MS;
    WATCHDOG_CTRL = 3;
    WATCHDOG_LOCK = 0;
}

void bsp_watchdog_feed(void)
{
    WATCHDOG_LOCK = WATCHDOG_KEY;
    WATCHDOG_CLEAR = 1;
    WATCHDOG_LOCK = 0;
}

void bsp_exit(uint32_t code)
{
    uart_text("bsp: exit code=");
    uart_number(code);
    uart_text(" flash=");
    uart_number(board_shared.flash_operations);
    uart_text("\r\n");
    semihost_exit(code);
}

/* ---------------------------------------------------------------- log, ports */

void bsp_log_line(void *ctx, const oneota_log_line_t *line)
{
    uint32_t now = s_now_ms;

    (void)ctx;
    uart_number(now / 1000u);
    uart_put('.');
    uart_digits(now % 1000u, 3);
    uart_put(' ');
    uart_put(line->level <= ONEOTA_LOG_DEBUG ? "?EWID"[line->level] : '?');
    uart_put(' ');
    uart_text(line->what);
    if (line->key != NULL) {
        uart_put(' ');
        uart_text(line->key);
        uart_put('=');
        if (line->text != NULL) {
            uart_text(line->text);
        } else {
            uart_number(line->number);
        }
    }
    uart_text("\r\n");
}

void bsp_log_text(oneota_log_level_t level, const char *what, const char *key, const char *text)
{
    oneota_log_line_t line = {level, what, key, text, 0};

    bsp_log_line(NULL, &line);
}

void bsp_log_number(oneota_log_level_t level, const char *what, const char *key, int64_t number)
{
    oneota_log_line_t line = {level, what, key, NULL, number};

    bsp_log_line(NULL, &line);
}

static uint32_t clock_now_ms(void *ctx)
{
    (void)ctx;
    return bsp_now_ms();
}

static bool clock_unix_s(void *ctx, uint64_t *seconds)
{
    (void)ctx;
    return bsp_unix_s(seconds);
}

static uint32_t device_random(void *ctx)
{
    (void)ctx;
    return bsp_random();
}

const oneota_clock_t bsp_clock = {clock_now_ms, clock_unix_s};
const oneota_device_t bsp_device = {device_random, NULL, NULL};
const oneota_log_t bsp_log = {bsp_log_line};
