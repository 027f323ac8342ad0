/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_delta.c: differential packages that are nearly right.
 *
 *     fuzz_delta [--count N] [--seed S] [-v]
 *
 * Makes a package of random operations, and the image that they mean, by a model that shares no
 * code with the decoder. The package as it is must make that image. Then fields of its headers,
 * blocks and operations are changed, with every CRC repaired, so that the change reaches the code
 * behind them: whatever it says then, no byte outside of the old image is read, no more than
 * new_size bytes are made, and a decoder that says it is done has made exactly those. Memory of
 * exact size shows the sanitizer a byte beyond. Fed in random pieces; often begun at a random place
 * of a random record.
 *
 * Each case can be run again by its number: --seed S --count 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "bytes.h"
#include "fake_package.h"

#define OLD_MAX    6000u
#define NEW_MAX    60000u
#define BLOCKS_MAX 8u

typedef struct {
    uint32_t offset, position; /* in package and new image */
} place_t;

typedef struct {
    uint8_t old_bytes[OLD_MAX];
    uint32_t old_size;
    uint8_t image[NEW_MAX];
    uint32_t new_size;
    place_t blocks[BLOCKS_MAX];
    uint32_t block_count;
    fake_package_t package;
} scene_t;

static uint64_t random_state;
static uint32_t violations;
static uint32_t accepted;

static uint32_t random_bits(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33);
}

static uint32_t below(uint32_t limit)
{
    return limit > 0 ? random_bits() % limit : 0;
}

static void violate(const char *what)
{
    printf("  %s\n", what);
    violations++;
}

/* ---------------------------------------------------------------- a right package */

/* add bytes from the old cursor on, as tokens. */
static void make_add(scene_t *s, uint32_t old_pos, uint32_t add)
{
    for (uint32_t done = 0; done < add;) {
        uint32_t same = below(3) == 0 ? 0 : below(add - done + 1u);
        memcpy(s->image + s->new_size, s->old_bytes + old_pos + done, same);
        s->new_size += same;
        done += same;
        uint32_t changed = done < add ? 1u + below(below(2) ? 4u : add - done) : 0;
        changed = changed < add - done ? changed : add - done;
        fake_package_varint(&s->package, same << 2 | (changed == 0   ? below(4)
                                                      : changed < 4u ? changed - 1u
                                                                     : 3u));
        if (changed >= 4u) {
            fake_package_varint(&s->package, changed - 4u);
        }
        for (; changed > 0; changed--, done++) {
            uint8_t difference = (uint8_t)below(256);
            fake_package_bytes(&s->package, &difference, 1);
            s->image[s->new_size++] = (uint8_t)(s->old_bytes[old_pos + done] + difference);
        }
    }
}

static void make_extra(scene_t *s, uint32_t extra)
{
    for (; extra > 0; extra--) {
        uint8_t byte = (uint8_t)(below(3) * 85u);
        fake_package_bytes(&s->package, &byte, 1);
        s->image[s->new_size++] = byte;
    }
}

static void end_block(scene_t *s, uint32_t made, uint32_t old_pos)
{
    fake_package_t *p = &s->package;
    uint8_t packed[ONEOTA_DELTA_BLOCK_MAX];
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    int strategy = below(2) ? Z_FIXED : Z_DEFAULT_STRATEGY;
    if (deflateInit2(&stream, 1 + (int)below(9), Z_DEFLATED, -15, 9, strategy) != Z_OK) {
        abort();
    }
    stream.next_in = p->raw;
    stream.avail_in = p->raw_length;
    stream.next_out = packed;
    stream.avail_out = p->raw_length - 1u;
    bool shorter = below(4) > 0 && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    deflateEnd(&stream);
    s->blocks[s->block_count++] = (place_t){p->length, p->position};
    if (shorter) {
        fake_package_packed(p, made, old_pos, packed, (uint32_t)stream.total_out, p->raw_length);
    } else {
        fake_package_block(p, made, old_pos);
    }
}

static void make_block(scene_t *s)
{
    uint32_t before = s->new_size;
    uint32_t first = below(s->old_size + 1u);
    uint32_t cursor = first;
    for (uint32_t operations = 1u + below(12); operations > 0; operations--) {
        uint32_t limit = below(4) == 0 ? 700u : 40u;
        uint32_t rest = s->old_size - cursor;
        uint32_t add = below((rest < limit ? rest : limit) + 1u);
        uint32_t extra = add == 0 ? 1u + below(20) : below(20);
        uint32_t next = below(s->old_size + 1u);
        uint32_t length = 30u + add * 3u + extra; /* at most */
        if (s->package.raw_length + length > 4096u) {
            break;
        }
        fake_package_op(&s->package, add, extra, (int32_t)(next - (cursor + add)));
        make_add(s, cursor, add);
        make_extra(s, extra);
        cursor = next;
    }
    end_block(s, s->new_size - before, first);
}

static void make_package(scene_t *s)
{
    s->old_size = below(8) == 0 ? below(4) : below(OLD_MAX + 1u);
    for (uint32_t i = 0; i < s->old_size; i++) {
        s->old_bytes[i] = (uint8_t)below(256);
    }
    s->new_size = 0;
    s->block_count = 0;
    fake_package_begin(&s->package, s->old_size, 0);
    for (uint32_t blocks = 1u + below(BLOCKS_MAX); blocks > 0; blocks--) {
        make_block(s);
    }
    oneota_bytes_put_u32(s->package.bytes + 16, s->new_size);
    fake_package_end(&s->package);
}

/* ---------------------------------------------------------------- changes */

static uint32_t odd_number(uint32_t now)
{
    static const uint32_t numbers[] = {
        0, 1, 2, 3, 127, 128, 255, 4095, 4096, 4097, 65535, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu};
    switch (below(4)) {
    case 0:
        return now + 1u;
    case 1:
        return now - 1u;
    case 2:
        return now ^ (1u << below(32));
    default:
        return numbers[below(sizeof numbers / sizeof numbers[0])];
    }
}

static void change_header(scene_t *s)
{
    static const uint8_t fields[] = {12, 16, 20, 24, 8};
    uint8_t *bytes = s->package.bytes;
    if (below(3) == 0) {
        bytes[4u + below(4)] = (uint8_t)odd_number(bytes[6]);
    } else {
        uint32_t at = fields[below(sizeof fields)];
        oneota_bytes_put_u32(bytes + at, odd_number(oneota_bytes_get_u32(bytes + at)));
    }
}

static void change_block_header(uint8_t *block)
{
    uint32_t at = below(4);
    if (at < 2u) {
        uint32_t now = oneota_bytes_get_u16(block + at * 2u);
        oneota_bytes_put_u16(block + at * 2u, (uint16_t)odd_number(now));
    } else {
        oneota_bytes_put_u32(block + at * 4u - 4u,
                             odd_number(oneota_bytes_get_u32(block + at * 4u - 4u)));
    }
}

/* Operations of a stored block; a deflated one is inflated first, and stored changed. */
static void change_operations(scene_t *s, uint32_t n)
{
    uint8_t *block = s->package.bytes + s->blocks[n].offset;
    uint32_t packed = oneota_bytes_get_u16(block);
    uint32_t raw = oneota_bytes_get_u16(block + 2);
    uint8_t operations[ONEOTA_DELTA_BLOCK_MAX];
    uint32_t scratch[ONEOTA_INFLATE_BYTES / 4u];
    if (packed == 0 || packed > raw || raw > sizeof operations ||
        packed > s->package.length - s->blocks[n].offset - 16u) {
        return; /* changed before */
    }
    memcpy(operations, block + 16, packed);
    if (packed < raw && oneota_inflate(block + 16, packed, operations, raw, scratch) != ONEOTA_OK) {
        return;
    }
    uint32_t rest = s->package.length - s->blocks[n].offset - 16u - packed;
    if (s->package.length - packed + raw > FAKE_PACKAGE_MAX) {
        return;
    }
    for (uint32_t times = 1u + below(3); times > 0; times--) {
        operations[below(below(2) ? raw : raw < 12u ? raw : 12u)] = (uint8_t)odd_number(below(256));
    }
    memmove(block + 16 + raw, block + 16 + packed, rest);
    memcpy(block + 16, operations, raw);
    oneota_bytes_put_u16(block, (uint16_t)raw);
    s->package.length = s->package.length - packed + raw;
    for (uint32_t i = n + 1u; i < s->block_count; i++) {
        s->blocks[i].offset += raw - packed;
    }
}

/* A block is dropped, or put in once more. */
static void change_order(scene_t *s, uint32_t n)
{
    fake_package_t *p = &s->package;
    uint32_t from = s->blocks[n].offset;
    uint32_t end = n + 1u < s->block_count ? s->blocks[n + 1u].offset : p->length;
    if (below(2)) {
        memmove(p->bytes + from, p->bytes + end, p->length - end);
        p->length -= end - from;
    } else if (p->length + (end - from) <= FAKE_PACKAGE_MAX) {
        memmove(p->bytes + end, p->bytes + from, p->length - from);
        p->length += end - from;
    }
    s->block_count = n; /* places behind it are no longer known */
}

static void change(scene_t *s)
{
    uint32_t n = below(s->block_count);
    uint8_t *block = s->package.bytes + s->blocks[n].offset;
    if (s->block_count == 0) {
        change_header(s);
        return;
    }
    switch (below(8)) {
    case 0:
        change_header(s);
        break;
    case 1:
    case 2:
        change_block_header(block);
        break;
    case 3: /* of a payload, as it is */
        block[16u + below(s->package.length - s->blocks[n].offset - 16u)] ^=
            (uint8_t)(1u << below(8));
        break;
    case 4:
        change_order(s, n);
        break;
    default:
        change_operations(s, n);
        break;
    }
}

static void repair(scene_t *s)
{
    fake_package_t *p = &s->package;
    for (uint32_t i = 0; i < s->block_count; i++) {
        fake_package_seal_block(p->bytes, p->length, s->blocks[i].offset, s->blocks[i].position);
    }
    if (below(8) > 0) {
        oneota_bytes_put_u32(p->bytes + 20, p->length);
    }
    fake_package_seal_header(p->bytes);
}

/* ---------------------------------------------------------------- a run */

typedef struct {
    oneota_delta_state_t *d;
    uint8_t *made; /* of exactly the size of the slot */
    uint32_t slot, length;
    oneota_reason_t reason;
} run_t;

static void drain(run_t *run)
{
    uint32_t produced = 0;
    do {
        uint32_t room = 1u + below(600);
        uint8_t *out = malloc(room);
        run->reason = oneota_delta.next(run->d, out, room, &produced);
        if (produced > room || produced > run->d->source.new_size - run->length ||
            run->length + produced > run->slot) {
            violate("made more than it may");
            produced = 0;
        }
        memcpy(run->made + run->length, out, produced);
        run->length += produced;
        free(out);
    } while (run->reason == ONEOTA_REASON_NONE && produced > 0);
}

static void feed_all(run_t *run, const scene_t *s, uint32_t at)
{
    while (run->reason == ONEOTA_REASON_NONE && !oneota_delta_is_done(run->d) &&
           at < s->package.length) {
        uint32_t used;
        uint32_t length = 1u + below(below(3) ? 3000 : 20);
        length = length < s->package.length - at ? length : s->package.length - at;
        uint8_t *piece = malloc(length);
        memcpy(piece, s->package.bytes + at, length);
        run->reason = oneota_delta.feed(run->d, piece, length, &used);
        free(piece);
        at += used;
        if (run->reason == ONEOTA_REASON_NONE) {
            drain(run);
        }
    }
}

/* Begins as a record of the journal says: at a block, at a random place, or at the beginning. */
static uint32_t begin_at(run_t *run, const scene_t *s, bool right, uint32_t *skip)
{
    place_t place = {0, 0};
    uint32_t kind = below(6);
    if (kind < 2u && s->block_count > 0) {
        place = s->blocks[below(s->block_count)];
    } else if (kind == 2u && !right) {
        place.offset = below(s->package.length + 10u);
        place.position = below(s->new_size + 10u);
    }
    *skip = below(3) == 0 ? place.position + below(s->new_size) : place.position;
    run->reason = oneota_delta.start(run->d, place.offset, place.position, *skip);
    if (run->reason != ONEOTA_REASON_NONE) {
        *skip = 0;
        place.offset = 0;
        run->reason = oneota_delta.start(run->d, 0, 0, 0);
    }
    run->length = *skip < run->d->source.new_size ? *skip : run->d->source.new_size;
    return place.offset > 0 ? place.offset : ONEOTA_DELTA_HEADER_BYTES;
}

static void apply(const scene_t *s, bool right)
{
    run_t run = {0};
    uint32_t used, skip = 0;
    uint8_t *old_bytes = malloc(s->old_size > 0 ? s->old_size : 1u);
    memcpy(old_bytes, s->old_bytes, s->old_size);
    fake_old_t old = {old_bytes, s->old_size, 0, 0, false};
    run.slot = right ? s->new_size : s->new_size + below(3);
    run.made = malloc(run.slot > 0 ? run.slot : 1u);
    const oneota_delta_source_t source = {&fake_old_flash, &old, s->old_size, run.slot,
                                          s->package.length};
    size_t bytes = ONEOTA_DELTA_BYTES((uint32_t)1024 << below(4));
    bytes = right ? ONEOTA_DELTA_BYTES(4096) : bytes;
    void *memory = malloc(bytes);
    memset(memory, 0xA5, bytes);
    run.d = oneota_delta.begin(memory, bytes, &source, &oneota_delta);
    run.reason = oneota_delta.feed(run.d, s->package.bytes, s->package.length, &used);
    if (run.reason == ONEOTA_REASON_NONE && oneota_delta_has_header(run.d)) {
        uint32_t from = begin_at(&run, s, right, &skip);
        feed_all(&run, s, from);
    }
    bool done = run.reason == ONEOTA_REASON_NONE && oneota_delta_is_done(run.d);
    accepted += done ? 1u : 0u;
    if (old.outside) {
        violate("read outside of the old image");
    }
    if (done && run.length != run.d->source.new_size) {
        violate("done, but has not made the whole image");
    }
    if (right && (!done || memcmp(run.made + skip, s->image + skip, s->new_size - skip) != 0)) {
        violate("a right package does not make its image");
    }
    free(memory);
    free(run.made);
    free(old_bytes);
}

/* ---------------------------------------------------------------- cases */

static void run_case(uint32_t seed)
{
    static scene_t s;
    random_state = seed * 0x9E3779B97F4A7C15u + 1u;
    make_package(&s);
    apply(&s, true);
    for (uint32_t round = 0; round < 4u; round++) {
        change(&s);
        repair(&s);
        apply(&s, false);
    }
}

int main(int argc, char **argv)
{
    uint32_t count = 2000;
    uint32_t seed = 1;
    bool talks = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--count") == 0 && i + 1 < argc) {
            count = (uint32_t)strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            seed = (uint32_t)strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "-v") == 0) {
            talks = true;
        } else {
            fprintf(stderr, "usage: fuzz_delta [--count N] [--seed S] [-v]\n");
            return 2;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t before = violations;
        run_case(seed + i);
        if (violations > before) {
            printf("violated: --seed %u --count 1\n", (unsigned)(seed + i));
        }
    }
    if (talks) {
        printf("%u of %u packages were taken\n", (unsigned)accepted, (unsigned)(count * 5u));
    }
    printf("all %u cases %u violations\n", (unsigned)count, (unsigned)violations);
    return violations > 0 || accepted < count ? 1 : 0;
}
