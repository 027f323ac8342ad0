/*
 * oneota-delta - SPDX-License-Identifier: Apache-2.0
 *
 * bsdiff40.c: the format, integers of 64 bits, little-endian, the highest bit a sign:
 *
 *     0 "BSDIFF40"  8 length of the control block  16 of the difference block  24 of the new image
 *     32 control block, difference block, extra block: bzip2 each
 *     control: times { bytes to add, bytes of extra, how far the old cursor moves then }
 */
#include "bsdiff40.h"

#include <bzlib.h>
#include <string.h>

#define HEADER_BYTES 32u
#define TRIPLE_BYTES 24u

static const char k_damaged[] = "it is damaged";

static int64_t get_i64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (unsigned i = 8; i > 0; i--) {
        value = value << 8 | bytes[i - 1u];
    }
    uint64_t size = value & INT64_MAX;
    return value > INT64_MAX ? -(int64_t)size : (int64_t)size;
}

/* One of the three blocks. limit: more than that is a lie */
static const char *decompress(const uint8_t *in, uint32_t length, uint32_t limit, bytes_t *out)
{
    char part[65536];
    bz_stream stream;
    int status;
    memset(&stream, 0, sizeof stream);
    if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) {
        return "out of memory";
    }
    /* The library takes what it reads as not constant, and leaves it alone. */
    memcpy(&stream.next_in, &in, sizeof in);
    stream.avail_in = length;
    do {
        stream.next_out = part;
        stream.avail_out = sizeof part;
        status = BZ2_bzDecompress(&stream);
        uint32_t got = (uint32_t)(sizeof part - stream.avail_out);
        if (got > limit - out->length || (status == BZ_OK && got == 0)) {
            status = BZ_DATA_ERROR;
            break;
        }
        tool_append(out, part, got);
    } while (status == BZ_OK);
    BZ2_bzDecompressEnd(&stream);
    return status == BZ_STREAM_END ? NULL : k_damaged;
}

/* ---------------------------------------------------------------- control */

typedef struct {
    const bytes_t *old;
    bytes_t control, difference, extra;
    uint32_t differences, extras; /* bytes of each that are used */
    int64_t cursor;
    bytes_t *new_image;
    pieces_t *pieces;
} reader_t;

static const uint8_t *old_byte(const reader_t *r, int64_t place)
{
    return place >= 0 && place < (int64_t)r->old->length ? r->old->bytes + place : NULL;
}

/* bsdiff may add to places outside of the old image, which count as zero: extra bytes to us. Such
 * places come in one stretch before the image or behind it. */
static void add_pieces(reader_t *r, uint32_t from, uint32_t add, uint32_t extra)
{
    piece_t piece = {from, 0, 0, 0};
    uint32_t outside = 0;
    while (outside < add && old_byte(r, r->cursor + outside) == NULL) {
        outside++;
    }
    piece.extra = outside;
    pieces_add(r->pieces, &piece);
    piece.new_pos += outside;
    piece.old_pos = outside < add ? (uint32_t)(r->cursor + outside) : 0u;
    while (outside + piece.add < add && old_byte(r, r->cursor + outside + piece.add) != NULL) {
        piece.add++;
    }
    piece.extra = add - outside - piece.add + extra;
    pieces_add(r->pieces, &piece);
}

static const char *take_triple(reader_t *r, const uint8_t *triple)
{
    int64_t add = get_i64(triple);
    int64_t extra = get_i64(triple + 8);
    int64_t seek = get_i64(triple + 16);
    uint32_t from = r->new_image->length;
    if (add < 0 || add > r->difference.length - r->differences || extra < 0 ||
        extra > r->extra.length - r->extras || seek > (int64_t)IMAGE_MAX * 2 ||
        seek < -(int64_t)IMAGE_MAX * 2 || r->cursor > (int64_t)IMAGE_MAX * 4 ||
        r->cursor < -(int64_t)IMAGE_MAX * 4 || (uint32_t)add + (uint32_t)extra > IMAGE_MAX - from) {
        return k_damaged;
    }
    tool_append(r->new_image, r->difference.bytes + r->differences, (uint32_t)add);
    for (uint32_t i = 0; i < (uint32_t)add; i++) {
        const uint8_t *byte = old_byte(r, r->cursor + i);
        uint8_t *to = &r->new_image->bytes[from + i];
        *to = (uint8_t)(*to + (byte != NULL ? *byte : 0u));
    }
    tool_append(r->new_image, r->extra.bytes + r->extras, (uint32_t)extra);
    add_pieces(r, from, (uint32_t)add, (uint32_t)extra);
    r->differences += (uint32_t)add;
    r->extras += (uint32_t)extra;
    r->cursor += add + seek;
    return NULL;
}

/* ---------------------------------------------------------------- patch */

static const char *unpack(reader_t *r, const bytes_t *patch, int64_t new_size)
{
    int64_t control = get_i64(patch->bytes + 8);
    int64_t difference = get_i64(patch->bytes + 16);
    uint32_t rest = patch->length - HEADER_BYTES;
    const uint8_t *at = patch->bytes + HEADER_BYTES;
    if (control < 0 || control > rest || difference < 0 || difference > rest - control) {
        return k_damaged;
    }
    rest -= (uint32_t)control + (uint32_t)difference;
    const char *wrong = decompress(at, (uint32_t)control, IMAGE_MAX, &r->control);
    at += control;
    if (wrong == NULL) {
        wrong = decompress(at, (uint32_t)difference, (uint32_t)new_size, &r->difference);
    }
    at += difference;
    if (wrong == NULL) {
        wrong = decompress(at, rest, (uint32_t)new_size, &r->extra);
    }
    for (uint32_t i = 0; wrong == NULL && r->new_image->length < new_size; i += TRIPLE_BYTES) {
        if (r->control.length - i < TRIPLE_BYTES) {
            return k_damaged;
        }
        wrong = take_triple(r, r->control.bytes + i);
    }
    return wrong == NULL && r->new_image->length != new_size ? k_damaged : wrong;
}

const char *bsdiff40_read(const bytes_t *old, const bytes_t *patch, bytes_t *new_image,
                          pieces_t *pieces)
{
    reader_t r = {.old = old, .new_image = new_image, .pieces = pieces};
    if (patch->length < HEADER_BYTES || memcmp(patch->bytes, "BSDIFF40", 8) != 0) {
        return "it is no patch of bsdiff 4: that begins with BSDIFF40";
    }
    int64_t new_size = get_i64(patch->bytes + 24);
    if (new_size < 0 || new_size > (int64_t)IMAGE_MAX) {
        return "its new image is larger than 1 GiB";
    }
    const char *wrong = unpack(&r, patch, new_size);
    tool_free(&r.control);
    tool_free(&r.difference);
    tool_free(&r.extra);
    return wrong;
}
