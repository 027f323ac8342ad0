/*
 * oneota-delta - SPDX-License-Identifier: Apache-2.0
 *
 * restore.h: applies packages with the decoder of the device.
 */
#ifndef ONEOTA_DELTA_RESTORE_H
#define ONEOTA_DELTA_RESTORE_H

#include "tool.h"

/** What a package says of itself. */
typedef struct {
    uint32_t old_size, new_size;
    uint32_t block;
    const uint8_t *old_digest, *new_digest; /**< within the package */
    uint32_t blocks, stored;                /**< blocks, and those of them that are not deflated */
    uint32_t longest;                       /**< bytes of the new image that one block makes */
} package_info_t;

/** Looks at the header and walks over the blocks, without an old image.
 *  @return NULL, or what is wrong */
const char *restore_info(const bytes_t *package, package_info_t *info);

/** The new image. @return NULL, or what is wrong */
const char *restore_image(const bytes_t *old, const bytes_t *package, bytes_t *new_image);

#endif
