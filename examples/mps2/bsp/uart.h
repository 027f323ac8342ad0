/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * uart.h: UART 0, text out, polled. Usable from anywhere, fault handlers included; each call
 * returns when its last character was taken.
 */
#ifndef MPS2_UART_H
#define MPS2_UART_H

#include <stdint.h>

void uart_init(void);
void uart_put(char c);
void uart_text(const char *text);
void uart_number(int64_t number);                   /**< decimal */
void uart_digits(uint32_t number, unsigned digits); /**< decimal, as many digits, 1 to 10 */
void uart_hex(uint32_t number);                     /**< 0x and eight digits */

#endif
