/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 *
 * signature.h: an ECDSA signature in its two forms: DER, as openssl and most signers write it, and
 * raw, as it stands in a trailer.
 */
#ifndef IMAGE_SIGNATURE_H
#define IMAGE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_RAW_BYTES 64u

/** 30 len 02 len r 02 len s, and nothing behind. @return false: it is not that */
bool signature_from_der(const uint8_t *der, size_t length, uint8_t raw[SIGNATURE_RAW_BYTES]);

#endif
