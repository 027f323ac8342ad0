/*
 * oneota-delta - SPDX-License-Identifier: Apache-2.0
 *
 * encode.h: pieces of a new image as a package (format: src/delta.c).
 */
#ifndef ONEOTA_DELTA_ENCODE_H
#define ONEOTA_DELTA_ENCODE_H

#include "match.h"

#define BLOCK_DEFAULT 4096u

/** The smallest package that says what the pieces say. block: 1024 to 8192, a power of two */
void encode_package(const bytes_t *old, const bytes_t *new_image, const pieces_t *pieces,
                    uint32_t block, bytes_t *package);

/** Length of a full image, deflated. */
uint32_t encode_deflated_length(const bytes_t *image);

#endif
