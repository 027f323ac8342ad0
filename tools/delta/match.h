/*
 * oneota-delta - SPDX-License-Identifier: Apache-2.0
 *
 * match.h: what of a new image is in the old one, and where.
 */
#ifndef ONEOTA_DELTA_MATCH_H
#define ONEOTA_DELTA_MATCH_H

#include "tool.h"

/** A stretch of the new image: add bytes that resemble those of the old image from old_pos on, then
 * extra bytes that resemble nothing. Stretches follow each other without a gap. */
typedef struct {
    uint32_t new_pos;
    uint32_t old_pos;
    uint32_t add;
    uint32_t extra;
} piece_t;

typedef struct {
    piece_t *items;
    uint32_t count;
    uint32_t room;
} pieces_t;

void pieces_add(pieces_t *pieces, const piece_t *piece);
void pieces_free(pieces_t *pieces);

/** Cuts the new image into pieces. */
void match_images(const bytes_t *old, const bytes_t *new_image, pieces_t *pieces);

#endif
