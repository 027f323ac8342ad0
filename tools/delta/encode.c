/*
 * oneota-delta - SPDX-License-Identifier: Apache-2.0
 *
 * encode.c: operations, blocks, header.
 *
 * Operations are written until a block is full, and cut there. Whether a short run of unchanged
 * bytes between changed ones is worth a token of its own, and whether changed bytes are better
 * written in pairs (instructions of Thumb are), depends on the images: each answer is tried over
 * all of them, and the one that makes the smallest package is taken. So is a package that uses
 * nothing of the old image, the refuge of images that have nothing in common.
 *
 * Blocks are packed by zlib, with codes of their own or with the fixed ones: over the pairs of
 * tests/bench/delta 0.4 % larger than what the slowest level of libdeflate makes of them.
 */
#include "encode.h"

#define ZLIB_CONST /* what it reads it leaves alone */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bytes.h"
#include "oneota/delta.h"

#define VARINT_MAX 5u
#define OP_MAX     (3u * VARINT_MAX)          /* of an operation, but for tokens and extra bytes */
#define TOKEN_MAX  (2u * VARINT_MAX)          /* of a token, but for its changed bytes */
#define ROOM_MIN   (OP_MAX + TOKEN_MAX + 16u) /* for less a block is not filled up */

#define CODEC_DEFLATE 1u
#define WINDOW        (-15) /* the largest, without a header of zlib's */
#define MEMORY_LEVEL  9

typedef struct {
    const bytes_t *old;
    const bytes_t *new_image;
    bytes_t *package;
    uint32_t block;      /* most bytes of operations in a block */
    uint32_t gap;        /* unchanged bytes that are written as changed ones between such */
    uint32_t align;      /* changed bytes begin and end at multiples of it */
    z_stream packers[2]; /* codes made for the block, and the fixed ones */
    uint8_t raw[ONEOTA_DELTA_BLOCK_MAX]; /* the block that is being filled */
    uint32_t used;                       /* bytes of it */
    uint32_t position;                   /* in the new image, of its first byte */
    uint32_t made;                       /* bytes of the new image that it yields */
    uint32_t cursor;                     /* in the old image, where it begins */
} encoder_t;

/* ---------------------------------------------------------------- deflate */

static void open_packer(z_stream *packer, int strategy)
{
    memset(packer, 0, sizeof *packer);
    if (deflateInit2(packer, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW, MEMORY_LEVEL, strategy) !=
        Z_OK) {
        exit(tool_say(EXIT_FAILED, "out of memory"));
    }
}

/* @return 0: it takes more than room */
static uint32_t pack(z_stream *packer, const uint8_t *in, uint32_t length, uint8_t *out,
                     uint32_t room)
{
    (void)deflateReset(packer);
    packer->next_in = in;
    packer->avail_in = length;
    packer->next_out = out;
    packer->avail_out = room;
    return deflate(packer, Z_FINISH) == Z_STREAM_END ? (uint32_t)packer->total_out : 0u;
}

/* ---------------------------------------------------------------- a block */

/* What the block holds, in as few bytes as can be. */
static uint32_t pack_block(encoder_t *e, uint8_t *payload)
{
    uint8_t other[ONEOTA_DELTA_BLOCK_MAX];
    uint32_t best = e->used; /* as it is */
    memcpy(payload, e->raw, e->used);
    for (size_t i = 0; i < sizeof e->packers / sizeof e->packers[0]; i++) {
        uint32_t length = pack(&e->packers[i], e->raw, e->used, other, best - 1u);
        if (length > 0) {
            memcpy(payload, other, length);
            best = length;
        }
    }
    return best;
}

static void end_block(encoder_t *e)
{
    uint8_t head[ONEOTA_DELTA_BLOCK_BYTES];
    uint8_t payload[ONEOTA_DELTA_BLOCK_MAX];
    if (e->used == 0) {
        return;
    }
    uint32_t length = pack_block(e, payload);
    oneota_bytes_put_u16(head, (uint16_t)length);
    oneota_bytes_put_u16(head + 2, (uint16_t)e->used);
    oneota_bytes_put_u32(head + 4, e->made);
    oneota_bytes_put_u32(head + 8, e->cursor);
    uint32_t crc = oneota_bytes_crc32(e->position, head, 12);
    oneota_bytes_put_u32(head + 12, oneota_bytes_crc32(crc, payload, length));
    tool_append(e->package, head, sizeof head);
    tool_append(e->package, payload, length);
    e->position += e->made;
    e->made = 0;
    e->used = 0;
}

/* ---------------------------------------------------------------- operations */

static uint32_t put_varint(uint8_t *to, uint32_t value)
{
    uint32_t length = 0;
    for (; value >= 0x80u; value >>= 7) {
        to[length++] = (uint8_t)(value | 0x80u);
    }
    to[length++] = (uint8_t)value;
    return length;
}

/* What of the piece, from its byte from on, is unchanged, and then changed; short runs of unchanged
 * bytes between changed ones count as such. */
static uint32_t next_run(const encoder_t *e, const piece_t *piece, uint32_t from, uint32_t *same)
{
    const uint8_t *old = e->old->bytes + piece->old_pos;
    const uint8_t *now = e->new_image->bytes + piece->new_pos;
    uint32_t begin = from;
    while (begin < piece->add && old[begin] == now[begin]) {
        begin++;
    }
    uint32_t end = begin;
    for (uint32_t i = begin; i < piece->add && i <= end + e->gap; i++) {
        end = old[i] != now[i] ? i + 1u : end;
    }
    if (begin < end) {
        uint32_t odd = (piece->new_pos + begin) % e->align;
        begin -= odd <= begin - from ? odd : 0u;
        while ((piece->new_pos + end) % e->align != 0 && end < piece->add) {
            end++;
        }
    }
    *same = begin - from;
    return end - begin;
}

/* Tokens for the bytes that the piece adds, as many as fit into room. @return bytes they make */
static uint32_t put_tokens(const encoder_t *e, const piece_t *piece, uint8_t *to, uint32_t room,
                           uint32_t *used)
{
    const uint8_t *old = e->old->bytes + piece->old_pos;
    const uint8_t *now = e->new_image->bytes + piece->new_pos;
    uint32_t done = 0;
    *used = 0;
    while (done < piece->add && room - *used > TOKEN_MAX) {
        uint32_t same;
        uint32_t changed = next_run(e, piece, done, &same);
        uint32_t fits = room - *used - TOKEN_MAX;
        changed = changed < fits ? changed : fits;
        uint32_t code = changed >= 4u ? 3u : changed > 0 ? changed - 1u : 0u;
        done += same;
        *used += put_varint(to + *used, same << 2 | code);
        if (changed >= 4u) {
            *used += put_varint(to + *used, changed - 4u);
        }
        for (uint32_t i = 0; i < changed; i++, done++) {
            to[(*used)++] = (uint8_t)(now[done] - old[done]);
        }
    }
    return done;
}

/* As much of the piece as the block takes; the piece becomes what is left of it. */
static void put_operation(encoder_t *e, piece_t *piece, uint32_t next_old)
{
    uint8_t tokens[ONEOTA_DELTA_BLOCK_MAX];
    uint8_t *to = e->raw + e->used;
    uint32_t room = e->block - e->used - OP_MAX;
    uint32_t used = 0;
    uint32_t add = put_tokens(e, piece, tokens, room, &used);
    uint32_t extra = 0;
    if (add == piece->add) {
        extra = piece->extra < room - used ? piece->extra : room - used;
    }
    uint32_t seek = extra == piece->extra ? next_old - (piece->old_pos + add) : 0u;
    to += put_varint(to, add);
    to += put_varint(to, extra);
    to += put_varint(to, seek << 1 ^ (0u - (seek >> 31)));
    memcpy(to, tokens, used);
    to += used;
    memcpy(to, e->new_image->bytes + piece->new_pos + add, extra);
    to += extra;
    e->used = (uint32_t)(to - e->raw);
    e->made += add + extra;
    piece->new_pos += add + extra;
    piece->old_pos += add;
    piece->add -= add;
    piece->extra -= extra;
}

static void put_piece(encoder_t *e, piece_t piece, uint32_t next_old)
{
    while (piece.add > 0 || piece.extra > 0) {
        if (e->used == 0) {
            e->cursor = piece.old_pos;
        }
        put_operation(e, &piece, next_old);
        if (e->block - e->used < ROOM_MIN) {
            end_block(e);
        }
    }
}

static void put_pieces(encoder_t *e, const pieces_t *pieces)
{
    for (uint32_t i = 0; i < pieces->count; i++) {
        bool last = i + 1u == pieces->count;
        const piece_t *piece = &pieces->items[i];
        tool_progress("packing", piece->new_pos, e->new_image->length);
        put_piece(e, *piece, last ? piece->old_pos + piece->add : pieces->items[i + 1u].old_pos);
    }
    end_block(e);
}

/* ---------------------------------------------------------------- a package */

static void put_header(const encoder_t *e, uint8_t *header)
{
    memset(header, 0, ONEOTA_DELTA_HEADER_BYTES);
    memcpy(header, "ODP1", 4); /* NOLINT(bugprone-not-null-terminated-result) */
    header[4] = 1;
    for (uint32_t block = e->block; block > 1u; block >>= 1) {
        header[6]++;
    }
    header[7] = CODEC_DEFLATE;
    oneota_bytes_put_u32(header + 8, ONEOTA_DELTA_HEADER_BYTES);
    oneota_bytes_put_u32(header + 12, e->old->length);
    oneota_bytes_put_u32(header + 16, e->new_image->length);
    oneota_bytes_put_u32(header + 20, e->package->length);
    tool_sha256(e->old->bytes, e->old->length, header + 28);
    tool_sha256(e->new_image->bytes, e->new_image->length, header + 60);
    oneota_bytes_put_u32(header + 124, oneota_bytes_crc32(0, header, 124));
}

static void try_package(encoder_t *e, const pieces_t *pieces, bytes_t *package)
{
    static const uint8_t header[ONEOTA_DELTA_HEADER_BYTES];
    e->package = package;
    e->used = 0;
    e->made = 0;
    e->position = 0;
    package->length = 0;
    tool_append(package, header, sizeof header);
    put_pieces(e, pieces);
}

static void keep_smaller(bytes_t *best, bytes_t *other)
{
    if (best->length == 0 || other->length < best->length) {
        bytes_t smaller = *other;
        *other = *best;
        *best = smaller;
    }
}

void encode_package(const bytes_t *old, const bytes_t *new_image, const pieces_t *pieces,
                    uint32_t block, bytes_t *package)
{
    static encoder_t e;
    piece_t all = {0, 0, 0, new_image->length};
    const pieces_t nothing_old = {&all, 1, 1};
    bytes_t other = {0};

    memset(&e, 0, sizeof e);
    e.old = old;
    e.new_image = new_image;
    e.block = block;
    open_packer(&e.packers[0], Z_DEFAULT_STRATEGY);
    open_packer(&e.packers[1], Z_FIXED);
    package->length = 0;
    for (e.align = 1; e.align <= 2u; e.align++) {
        for (e.gap = 0; e.gap <= 2u; e.gap++) {
            try_package(&e, pieces, &other);
            keep_smaller(package, &other);
        }
    }
    if (package->length > new_image->length / 2u) {
        try_package(&e, &nothing_old, &other);
        keep_smaller(package, &other);
    }
    e.package = package;
    put_header(&e, package->bytes);
    tool_free(&other);
    (void)deflateEnd(&e.packers[0]);
    (void)deflateEnd(&e.packers[1]);
}

uint32_t encode_deflated_length(const bytes_t *image)
{
    z_stream packer;
    open_packer(&packer, Z_DEFAULT_STRATEGY);
    uint32_t room = (uint32_t)deflateBound(&packer, image->length);
    uint8_t *out = tool_alloc(room);
    uint32_t length = pack(&packer, image->bytes, image->length, out, room);
    free(out);
    (void)deflateEnd(&packer);
    return length;
}
