/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fake_md5.h: MD5 once more (RFC 1321), so that what the platform announces was not made by the
 * code that checks it.
 */
#ifndef ONEOTA_FAKE_MD5_H
#define ONEOTA_FAKE_MD5_H

#include <stdint.h>

/** 32 lower-case hex digits and a zero. */
void fake_md5_hex(const uint8_t *data, uint32_t length, char hex[33]);

#endif
