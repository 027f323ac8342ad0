/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fake_flash_parts.h: between fake_flash.c and fake_tear.c.
 */
#ifndef ONEOTA_FAKE_FLASH_PARTS_H
#define ONEOTA_FAKE_FLASH_PARTS_H

#include "fake_flash.h"

/** Of a program unit. */
enum {
    MARK_PROGRAMMED = 1,
    MARK_ERASED = 2,
    MARK_UNREADABLE = 4,
    MARK_UNSTABLE = 8,
    MARK_MOODY = 16
};

void fake_flash_mark(fake_flash_t *flash, uint32_t offset, uint32_t length, uint8_t value);

/** What becomes of a byte when this value is programmed over it. */
uint8_t fake_flash_programmed(const fake_flash_t *flash, uint32_t offset, uint8_t value);

void fake_tear_program(fake_flash_t *flash, uint32_t offset, const uint8_t *data, uint32_t length);
void fake_tear_erase(fake_flash_t *flash, uint32_t offset, uint32_t length);

#endif
