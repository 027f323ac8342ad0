/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * package.c: differential packages. Whatever a header says, only sizes within the device's own are
 * taken; a varint is the number that it says, or is refused. From any state that the decoder can
 * be in, with any operations, each step reads the old image within its bounds and writes within
 * the output, and comes to such a state again; so it does for a package of any length.
 */
#include "proof.h"

#define oneota_bytes_crc32 crc32_of_bytes
#include "bytes.c"
#undef oneota_bytes_crc32
uint32_t oneota_bytes_crc32(uint32_t seed, const void *data, size_t length);

#include "delta.c"

#define OPS  5u /* bytes of operations that are left */
#define ROOM 3u /* bytes of output */

static oneota_delta_state_t state;
static uint32_t old_bytes; /* of the running image */

uint32_t oneota_bytes_crc32(uint32_t seed, const void *data, size_t length)
{
    (void)seed;
    PROVE(__CPROVER_r_ok(data, length));
    return nondet_u32();
}

oneota_error_t oneota_inflate(const uint8_t *in, uint32_t in_length, uint8_t *out,
                              uint32_t out_length, void *scratch)
{
    (void)scratch;
    PROVE(__CPROVER_r_ok(in, in_length) && __CPROVER_w_ok(out, out_length));
    return nondet_bool() ? ONEOTA_OK : ONEOTA_VERIFY;
}

static oneota_error_t read_old_bytes(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    (void)ctx;
    PROVE(length <= old_bytes && offset <= old_bytes - length);
    PROVE(__CPROVER_w_ok(buffer, length));
    __CPROVER_havoc_slice(buffer, length);
    return nondet_bool() ? ONEOTA_OK : ONEOTA_STORAGE;
}

/* ---------------------------------------------------------------- header */

void prove_header(void)
{
    const uint32_t old_size = nondet_u32();
    const uint32_t new_size = nondet_u32();
    const uint32_t package_size = nondet_u32();
    const uint32_t block = nondet_bool() ? ONEOTA_DELTA_BLOCK_MIN : ONEOTA_DELTA_BLOCK_MAX;
    oneota_delta_state_t *d = &state;
    d->source = (oneota_delta_source_t){NULL, NULL, old_size, new_size, package_size};
    d->block_bytes = block;
    __CPROVER_havoc_slice(d->header, sizeof d->header);
    const oneota_reason_t reason = judge_header(d);
    PROVE((reason == ONEOTA_REASON_NONE) == (d->stage == ONEOTA_DELTA_READY));
    PROVE((uint8_t)reason == d->reason);
    if (reason == ONEOTA_REASON_NONE) {
        PROVE(d->source.old_size <= old_size && d->source.new_size <= new_size);
        PROVE(d->source.new_size > 0 && d->source.package_size == package_size);
        PROVE(package_size > ONEOTA_DELTA_HEADER_BYTES);
        PROVE(d->block_bytes >= ONEOTA_DELTA_BLOCK_MIN && d->block_bytes <= block);
        PROVE((d->block_bytes & (d->block_bytes - 1u)) == 0 && d->codec <= CODEC_DEFLATE);
    }
}

void prove_block_header(void)
{
    oneota_delta_state_t *d = &state;
    __CPROVER_havoc_slice(d, sizeof *d);
    d->reason = ONEOTA_REASON_NONE;
    ASSUME(d->offset <= d->source.package_size && d->position < d->source.new_size);
    if (judge_head(d) == ONEOTA_REASON_NONE) {
        const uint32_t packed = packed_length(d);
        PROVE(packed > 0 && packed <= d->block_bytes);
        PROVE(packed <= d->source.package_size - d->offset);
        PROVE(d->block_end > d->position && d->block_end <= d->source.new_size);
        PROVE(packed <= oneota_bytes_get_u16(d->head + 2) &&
              oneota_bytes_get_u16(d->head + 2) <= d->block_bytes);
    }
}

/* ---------------------------------------------------------------- operations */

void prove_varint(void)
{
    uint8_t ops[OPS];
    const size_t length = nondet_u8();
    size_t used = 0;
    uint64_t number = 0;
    uint32_t value;
    ASSUME(length <= OPS);
    __CPROVER_havoc_slice(ops, sizeof ops);
    state.ops = ops;
    state.ops_end = ops + length;
    bool ends = false;
    while (used < length && used < 5u && !ends) {
        number |= (uint64_t)(ops[used] & 0x7Fu) << (7u * used);
        ends = ops[used] < 0x80u;
        used++;
    }
    const bool good = get_varint(&state, &value);
    PROVE(good == (ends && number <= UINT32_MAX));
    PROVE(!good || (value == number && state.ops == ops + used));
    PROVE(state.ops <= state.ops_end);
}

/* Bytes that the operation has still to make. */
static uint64_t pending(const oneota_delta_state_t *d)
{
    const uint64_t extra =
        d->op == OP_TOKEN || d->op == OP_LITERAL || d->op == OP_EXTRA ? d->extra_left : 0;
    return extra + d->run + d->literal + (d->op == OP_BEGIN ? 0 : d->add_left);
}

/* Of them, those that are made of old bytes. */
static uint32_t pending_old(const oneota_delta_state_t *d)
{
    return (d->run_old ? d->run : 0u) + d->literal + (d->op == OP_BEGIN ? 0u : d->add_left);
}

static bool is_state(const oneota_delta_state_t *d, const uint8_t *ops, uint32_t room_left)
{
    return d->ops >= ops && d->ops <= d->ops_end && d->ops_end <= ops + OPS && d->op <= OP_END &&
           d->position <= d->block_end && d->block_end <= d->source.new_size &&
           d->source.old_size <= old_bytes && d->skip <= d->source.new_size &&
           pending(d) <= d->block_end - d->position &&
           (d->op == OP_TOKEN || d->op == OP_LITERAL || d->add_left == 0) &&
           (d->op == OP_LITERAL || d->literal == 0) && (d->op != OP_BEGIN || d->run == 0) &&
           (d->op != OP_LITERAL || (d->run_old && d->literal > 0)) &&
           (d->run == 0 || d->run_old == (d->op != OP_END)) &&
           (d->ahead == 0 ||
            (d->position >= d->skip &&
             d->ahead == (pending_old(d) < room_left ? pending_old(d) : room_left)));
}

void prove_step(void)
{
    uint8_t ops[OPS];
    uint8_t out[ROOM];
    const uint32_t room_left = nondet_u8();
    uint32_t made = 0;
    oneota_flash_t flash;
    oneota_delta_state_t *d = &state;
    __CPROVER_havoc_slice(d, sizeof *d);
    __CPROVER_havoc_slice(ops, sizeof ops);
    flash.read = read_old_bytes;
    d->source.old = &flash;
    d->run_old = nondet_bool();
    d->run_ops = nondet_bool();
    d->reason = ONEOTA_REASON_NONE;
    d->stage = ONEOTA_DELTA_BLOCK;
    old_bytes = nondet_u32();
    const size_t from = nondet_u8();
    const size_t to = nondet_u8();
    ASSUME(from <= to && to <= OPS && room_left > 0 && room_left <= ROOM);
    d->ops = ops + from;
    d->ops_end = ops + to;
    ASSUME(is_state(d, ops, room_left));
    const uint32_t position = d->position;
    const uint32_t skip = d->skip;
    const oneota_reason_t reason = go_on(d, out + (ROOM - room_left), room_left, &made);
    PROVE((uint8_t)reason == d->reason);
    if (reason == ONEOTA_REASON_NONE) {
        PROVE(made <= room_left && d->position - position <= d->source.new_size - position);
        PROVE(made == 0 || (d->position - position == made && position >= skip));
        PROVE(d->stage != ONEOTA_DELTA_BLOCK || is_state(d, ops, room_left - made));
    }
}
