/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * load.h: from a slot to where the image is linked, and into it. One of two files is linked:
 * load_plain.c, where the digest in the header shows damage, or load_signed.c, where a signature
 * must prove the image besides. Which one is a matter of the build (ONEOTA_MPS2_PUBKEYS): a boot
 * loader that wants signatures cannot be told to do without.
 */
#ifndef MPS2_LOAD_H
#define MPS2_LOAD_H

#include <stdbool.h>
#include <stdint.h>

/** May what stands in this slot be started? If not, the log says why. For control_begin(). */
bool load_check(void *ctx, uint8_t slot);

/** Copies so many bytes of it, and starts them. */
void load_start(uint8_t slot, uint32_t length) __attribute__((noreturn));

#endif
