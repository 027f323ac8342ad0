/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * delta.c: takes differential packages apart, block by block. The format, integers little-endian:
 *
 *     header   0 "ODP1"  4 version 1  5 flags 0  6 log2 of the largest block  7 codec
 *              8 length of this header, 128  12 size of old image  16 of new image  20 of package
 *              24 zero   28 SHA-256 of old image   60 of new image   92 not looked at
 *              124 CRC-32 of what comes before
 *     blocks   0 u16 packed length   2 u16 unpacked length   4 u32 bytes of the new image
 *              8 u32 cursor in the old image   12 u32 CRC-32, seeded with the position in the new
 *              image, of bytes 0 to 11 and what follows
 *              16 operations: raw DEFLATE (codec 1), or as they are where both lengths are equal
 *     operations, varint = LEB128 of 32 bits:
 *              varint add, varint extra, varint zigzag seek
 *              tokens, until add bytes are made: varint t: t >> 2 bytes of the old image as they
 *              are; then, if that was not the last of them, (t & 3) + 1 bytes, of 4 as many more as
 *              a varint says, each the sum of an old byte and one that follows
 *              extra bytes of the new image; then the cursor moves by seek
 */
#include "oneota/delta.h"

#include <string.h>

#include "bytes.h"

#define CODEC_DEFLATE 1u

/* What the operations say next. */
enum { OP_BEGIN = 0, OP_TOKEN, OP_LITERAL, OP_EXTRA, OP_END };

static oneota_reason_t fail(oneota_delta_state_t *d, oneota_reason_t reason)
{
    d->reason = (uint8_t)reason;
    return reason;
}

static oneota_reason_t damaged(oneota_delta_state_t *d)
{
    return fail(d, ONEOTA_REASON_DIGEST);
}

oneota_delta_state_t *oneota_delta_begin(void *memory, size_t bytes,
                                         const oneota_delta_source_t *source,
                                         const oneota_delta_t *delta)
{
    oneota_delta_state_t *d = memory;
    uint32_t block = ONEOTA_DELTA_BLOCK_MAX;
    while (bytes < ONEOTA_DELTA_BYTES(block)) {
        block >>= 1;
        if (block < ONEOTA_DELTA_BLOCK_MIN) {
            return NULL;
        }
    }
    memset(d, 0, sizeof *d);
    d->source = *source;
    d->inflate = delta->inflate;
    d->scratch = (uint8_t *)(d + 1);
    d->packed = d->scratch + ONEOTA_INFLATE_BYTES;
    d->unpacked = d->packed + block;
    d->block_bytes = block;
    return d;
}

/* ---------------------------------------------------------------- header */

/* For its header and a byte at least: what is left behind the header is never below zero, whatever
 * is fed behind the package. */
static bool has_room_for_block(const oneota_delta_state_t *d, uint32_t offset)
{
    return offset < d->source.package_size &&
           d->source.package_size - offset > ONEOTA_DELTA_BLOCK_BYTES;
}

static oneota_reason_t judge_sizes(oneota_delta_state_t *d, uint32_t old_size, uint32_t new_size)
{
    if (old_size > d->source.old_size) {
        return fail(d, ONEOTA_REASON_BASE);
    }
    if (new_size > d->source.new_size) {
        return fail(d, ONEOTA_REASON_SPACE);
    }
    if (new_size == 0 || !has_room_for_block(d, ONEOTA_DELTA_HEADER_BYTES) ||
        oneota_bytes_get_u32(d->header + 20) != d->source.package_size) {
        return damaged(d);
    }
    d->source.old_size = old_size;
    d->source.new_size = new_size;
    d->stage = ONEOTA_DELTA_READY;
    return ONEOTA_REASON_NONE;
}

static oneota_reason_t judge_header(oneota_delta_state_t *d)
{
    const uint8_t *h = d->header;
    uint32_t block_log2 = h[6];
    /* the CRC is there in every version: a bit that changed on the way makes no other one */
    if (memcmp(h, "ODP1", 4) != 0 ||
        oneota_bytes_get_u32(h + 124) != oneota_bytes_crc32(0, h, 124)) {
        return damaged(d);
    }
    if (h[4] != 1u || h[5] != 0 || h[7] > CODEC_DEFLATE || block_log2 < 10u ||
        oneota_bytes_get_u32(h + 8) != ONEOTA_DELTA_HEADER_BYTES ||
        oneota_bytes_get_u32(h + 24) != 0) {
        return fail(d, ONEOTA_REASON_TYPE);
    }
    if (block_log2 > 31u || (uint32_t)1 << block_log2 > d->block_bytes) {
        return fail(d, ONEOTA_REASON_MEMORY);
    }
    d->block_bytes = (uint32_t)1 << block_log2;
    d->codec = h[7];
    return judge_sizes(d, oneota_bytes_get_u32(h + 12), oneota_bytes_get_u32(h + 16));
}

/* ---------------------------------------------------------------- between blocks */

/* The next block, or the end: of package and image at once. */
static oneota_reason_t enter_block(oneota_delta_state_t *d)
{
    bool ends = d->position == d->source.new_size;
    if (ends ? d->offset != d->source.package_size : !has_room_for_block(d, d->offset)) {
        return damaged(d);
    }
    d->gathered = 0;
    d->block_offset = d->offset;
    d->block_start = d->position;
    d->stage = ends ? ONEOTA_DELTA_DONE : ONEOTA_DELTA_HEAD;
    return ONEOTA_REASON_NONE;
}

oneota_reason_t oneota_delta_start(oneota_delta_state_t *d, uint32_t offset, uint32_t position,
                                   uint32_t skip)
{
    if (offset == 0) {
        offset = ONEOTA_DELTA_HEADER_BYTES;
    }
    if (d->stage != ONEOTA_DELTA_READY || d->reason != ONEOTA_REASON_NONE ||
        offset < ONEOTA_DELTA_HEADER_BYTES || !has_room_for_block(d, offset) ||
        position >= d->source.new_size || position > skip || skip > d->source.new_size ||
        (offset == ONEOTA_DELTA_HEADER_BYTES) != (position == 0)) {
        return ONEOTA_REASON_DIGEST;
    }
    d->offset = offset;
    d->position = position;
    d->skip = skip;
    return enter_block(d);
}

/* ---------------------------------------------------------------- block */

static uint32_t packed_length(const oneota_delta_state_t *d)
{
    return oneota_bytes_get_u16(d->head);
}

static oneota_reason_t judge_head(oneota_delta_state_t *d)
{
    uint32_t packed = packed_length(d);
    uint32_t unpacked = oneota_bytes_get_u16(d->head + 2);
    uint32_t made = oneota_bytes_get_u32(d->head + 4);
    if (packed == 0 || packed > unpacked || unpacked > d->block_bytes ||
        packed > d->source.package_size - d->offset || made == 0 ||
        made > d->source.new_size - d->position || (packed < unpacked && d->codec == 0)) {
        return damaged(d);
    }
    d->block_end = d->position + made;
    d->cursor = oneota_bytes_get_u32(d->head + 8);
    d->gathered = 0;
    d->stage = ONEOTA_DELTA_PAYLOAD;
    return ONEOTA_REASON_NONE;
}

static oneota_reason_t unpack(oneota_delta_state_t *d)
{
    uint32_t packed = packed_length(d);
    uint32_t unpacked = oneota_bytes_get_u16(d->head + 2);
    uint32_t crc = oneota_bytes_crc32(d->position, d->head, 12);
    if (oneota_bytes_crc32(crc, d->packed, packed) != oneota_bytes_get_u32(d->head + 12)) {
        return damaged(d);
    }
    d->ops = d->packed;
    if (packed < unpacked) {
        d->ops = d->unpacked;
        if (d->inflate(d->packed, packed, d->unpacked, unpacked, d->scratch) != ONEOTA_OK) {
            return damaged(d);
        }
    }
    d->ops_end = d->ops + unpacked;
    d->op = OP_BEGIN;
    d->stage = ONEOTA_DELTA_BLOCK;
    return ONEOTA_REASON_NONE;
}

/* Where bytes go now, and how many of them are wanted there; each with what is done when they are
 * complete. */
static uint8_t *room(oneota_delta_state_t *d, uint32_t *wanted,
                     oneota_reason_t (**complete)(oneota_delta_state_t *d))
{
    switch (d->stage) {
    case ONEOTA_DELTA_HEADER:
        *wanted = ONEOTA_DELTA_HEADER_BYTES;
        *complete = judge_header;
        return d->header;
    case ONEOTA_DELTA_HEAD:
        *wanted = ONEOTA_DELTA_BLOCK_BYTES;
        *complete = judge_head;
        return d->head;
    case ONEOTA_DELTA_PAYLOAD:
        *wanted = packed_length(d);
        *complete = unpack;
        return d->packed;
    default:
        return NULL;
    }
}

oneota_reason_t oneota_delta_feed(oneota_delta_state_t *d, const uint8_t *data, uint32_t length,
                                  uint32_t *used)
{
    oneota_reason_t (*complete)(oneota_delta_state_t *);
    uint32_t wanted;
    *used = 0;
    while (d->reason == ONEOTA_REASON_NONE && *used < length) {
        uint8_t *to = room(d, &wanted, &complete);
        if (to == NULL) {
            break;
        }
        uint32_t part = wanted - d->gathered;
        part = part < length - *used ? part : length - *used;
        memcpy(to + d->gathered, data + *used, part);
        *used += part;
        d->offset += part;
        d->gathered += part;
        if (d->gathered == wanted) {
            (void)complete(d);
        }
    }
    return (oneota_reason_t)d->reason;
}

/* ---------------------------------------------------------------- operations */

/* false: no number of 32 bits. */
static bool get_varint(oneota_delta_state_t *d, uint32_t *value)
{
    *value = 0;
    for (uint32_t shift = 0; shift < 35u && d->ops < d->ops_end; shift += 7u) {
        uint32_t byte = *d->ops++;
        uint32_t digit = byte & 0x7Fu;
        if (shift == 28u && digit > 0x0Fu) {
            return false;
        }
        *value |= digit << shift;
        if (byte < 0x80u) {
            return true;
        }
    }
    return false;
}

static bool begin_op(oneota_delta_state_t *d)
{
    uint32_t left = d->block_end - d->position;
    if (!get_varint(d, &d->add_left) || !get_varint(d, &d->extra_left) ||
        !get_varint(d, &d->seek) || d->add_left > left || d->extra_left > left - d->add_left) {
        return false;
    }
    d->op = OP_TOKEN;
    return (d->add_left | d->extra_left) != 0;
}

static bool begin_token(oneota_delta_state_t *d)
{
    uint32_t token;
    uint32_t more = 0;
    if (d->add_left == 0) {
        d->op = OP_EXTRA;
        return true;
    }
    if (!get_varint(d, &token) || token >> 2 > d->add_left) {
        return false;
    }
    d->run = token >> 2;
    d->run_old = true;
    d->run_ops = false;
    d->add_left -= d->run;
    if (d->add_left == 0) {
        return true;
    }
    d->literal = (token & 3u) + 1u;
    if (d->literal == 4u && !get_varint(d, &more)) {
        return false;
    }
    if (d->literal > d->add_left || more > d->add_left - d->literal) {
        return false;
    }
    d->literal += more;
    d->add_left -= d->literal;
    d->op = OP_LITERAL;
    return true;
}

/* What comes behind a run that is at its end. @return false: the block is damaged */
static bool advance(oneota_delta_state_t *d)
{
    switch (d->op) {
    case OP_BEGIN:
        return begin_op(d);
    case OP_TOKEN:
        return begin_token(d);
    case OP_LITERAL:
        d->run = d->literal;
        d->literal = 0;
        d->run_ops = true;
        d->op = OP_TOKEN;
        return true;
    case OP_EXTRA:
        d->run = d->extra_left;
        d->run_old = false;
        d->run_ops = true;
        d->op = OP_END;
        return true;
    default:
        d->cursor += (d->seek >> 1) ^ (0u - (d->seek & 1u));
        d->op = OP_BEGIN;
        return true;
    }
}

/* Old bytes for all that the operation still adds, as far as there is room, where the output will
 * be. */
static oneota_reason_t read_old(oneota_delta_state_t *d, uint8_t *out, uint32_t room_left)
{
    const oneota_delta_source_t *s = &d->source;
    uint32_t length = d->run + d->literal + d->add_left;
    length = length < room_left ? length : room_left;
    if (length > s->old_size || d->cursor > s->old_size - length) {
        return damaged(d);
    }
    if (s->old->read(s->old_ctx, d->cursor, out, length) != ONEOTA_OK) {
        return fail(d, ONEOTA_REASON_STORAGE);
    }
    d->ahead = length;
    return ONEOTA_REASON_NONE;
}

/* length bytes of the run; out NULL: for nobody. */
static oneota_reason_t make(oneota_delta_state_t *d, uint8_t *out, uint32_t length)
{
    if (d->run_ops && length > (uint32_t)(d->ops_end - d->ops)) {
        return damaged(d);
    }
    for (uint32_t i = 0; out != NULL && d->run_ops && i < length; i++) {
        out[i] = (uint8_t)((d->run_old ? out[i] : 0u) + d->ops[i]);
    }
    if (d->run_old) {
        d->cursor += length;
        d->ahead -= out != NULL ? length : 0u;
    }
    d->ops += d->run_ops ? length : 0u;
    d->run -= length;
    d->position += length;
    return ONEOTA_REASON_NONE;
}

/* One part of the present run, or what comes behind it. */
static oneota_reason_t go_on(oneota_delta_state_t *d, uint8_t *out, uint32_t room_left,
                             uint32_t *made)
{
    *made = 0;
    if (d->run == 0 && d->op == OP_BEGIN && d->ops == d->ops_end) {
        return d->position == d->block_end ? enter_block(d) : damaged(d);
    }
    if (d->run == 0) {
        return advance(d) ? ONEOTA_REASON_NONE : damaged(d);
    }
    if (d->position < d->skip) {
        uint32_t known = d->skip - d->position;
        return make(d, NULL, d->run < known ? d->run : known);
    }
    if (d->run_old && d->ahead == 0 && read_old(d, out, room_left) != ONEOTA_REASON_NONE) {
        return (oneota_reason_t)d->reason;
    }
    *made = d->run < room_left ? d->run : room_left;
    return make(d, out, *made);
}

oneota_reason_t oneota_delta_next(oneota_delta_state_t *d, uint8_t *out, uint32_t size,
                                  uint32_t *produced)
{
    uint32_t made;
    *produced = 0;
    d->ahead = 0; /* that was another output */
    while (d->reason == ONEOTA_REASON_NONE && d->stage == ONEOTA_DELTA_BLOCK && *produced < size) {
        if (go_on(d, out + *produced, size - *produced, &made) != ONEOTA_REASON_NONE) {
            break;
        }
        *produced += made;
    }
    return (oneota_reason_t)d->reason;
}

const oneota_delta_t oneota_delta = ONEOTA_DELTA_WITH(oneota_inflate);
