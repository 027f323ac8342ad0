/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * uart.c: CMSDK UART 0. Numbers by hand: printf would be larger than the whole boot loader.
 */
#include "uart.h"

#include <stddef.h>

#define UART_DATA    (*(volatile uint32_t *)0x40004000u)
#define UART_STATE   (*(volatile uint32_t *)0x40004004u)
#define UART_CTRL    (*(volatile uint32_t *)0x40004008u)
#define UART_BAUDDIV (*(volatile uint32_t *)0x40004010u)

#define STATE_TX_FULL 1u
#define CTRL_TX       1u
#define CLOCK_HZ      25000000u
#define BAUD          115200u

void uart_init(void)
{
    UART_BAUDDIV = CLOCK_HZ / BAUD;
    UART_CTRL = CTRL_TX;
}

void uart_put(char c)
{
    while ((UART_STATE & STATE_TX_FULL) != 0) {
    }
    UART_DATA = (uint8_t)c;
}

void uart_text(const char *text)
{
    while (*text != '\0') {
        uart_put(*text++);
    }
}

void uart_digits(uint32_t number, unsigned digits)
{
    char text[11];
    size_t at = sizeof text - 1u;

    text[at] = '\0';
    for (unsigned i = 0; i < digits && at > 0; i++) {
        text[--at] = (char)('0' + number % 10u);
        number /= 10u;
    }
    uart_text(text + at);
}

/* Divides by ten in 16 bits at a time: a division of 64 bits is a library function of 700 bytes. */
static unsigned take_digit(uint64_t *number)
{
    uint64_t quotient = 0;
    uint32_t rest = 0;

    for (unsigned shift = 64; shift > 0;) {
        shift -= 16u;
        rest = rest << 16 | (uint16_t)(*number >> shift);
        quotient |= (uint64_t)(rest / 10u) << shift;
        rest %= 10u;
    }
    *number = quotient;
    return rest;
}

void uart_number(int64_t number)
{
    uint64_t left = number < 0 ? 0u - (uint64_t)number : (uint64_t)number;
    char text[21];
    size_t at = sizeof text - 1u;

    text[at] = '\0';
    do {
        text[--at] = (char)('0' + take_digit(&left));
    } while (left != 0);
    if (number < 0) {
        uart_put('-');
    }
    uart_text(text + at);
}

void uart_hex(uint32_t number)
{
    uart_text("0x");
    for (unsigned shift = 32; shift > 0;) {
        shift -= 4u;
        uart_put("0123456789abcdef"[number >> shift & 15u]);
    }
}
