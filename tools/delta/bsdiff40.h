/*
 * oneota-delta - SPDX-License-Identifier: Apache-2.0
 *
 * bsdiff40.h: the patches of the packaged bsdiff.
 */
#ifndef ONEOTA_DELTA_BSDIFF40_H
#define ONEOTA_DELTA_BSDIFF40_H

#include "match.h"

/** The new image that a patch makes, and the pieces it is made of.
 *  @return NULL, or what is wrong */
const char *bsdiff40_read(const bytes_t *old, const bytes_t *patch, bytes_t *new_image,
                          pieces_t *pieces);

#endif
