/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * delta_rig.h: a decoder on the desk, with an old image of 256 bytes and a package made by hand.
 */
#ifndef ONEOTA_DELTA_RIG_H
#define ONEOTA_DELTA_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "fake_package.h"

#define OLD_BYTES 256u
#define NEW_MAX   8192u

typedef struct {
    uint8_t old_bytes[OLD_BYTES];
    fake_old_t old;
    fake_package_t package;
    oneota_delta_source_t source;
    uint32_t memory_bytes;
    uint8_t *memory;
    oneota_delta_state_t *d;
    uint8_t made[NEW_MAX];
    uint32_t made_length;
    uint32_t offset, position, skip; /* where it is started */
} rig_t;

static inline void rig_init(rig_t *rig)
{
    memset(rig, 0, sizeof *rig);
    for (uint32_t i = 0; i < OLD_BYTES; i++) {
        rig->old_bytes[i] = (uint8_t)(i * 7u + 1u);
    }
    rig->old.bytes = rig->old_bytes;
    rig->old.size = OLD_BYTES;
    rig->source.old = &fake_old_flash;
    rig->source.old_ctx = &rig->old;
    rig->source.old_size = OLD_BYTES;
    rig->source.new_size = NEW_MAX;
    rig->memory_bytes = ONEOTA_DELTA_BYTES(4096);
}

/* Twelve bytes in two blocks: 5 old ones from 10 on, the third of them 1 more, then "XY" and a
 * seek to 30; behind that 3 from there. Then 2 from 250 on. */
static inline void rig_small_package(rig_t *rig)
{
    fake_package_t *p = &rig->package;
    fake_package_begin(p, OLD_BYTES, 12);
    fake_package_op(p, 5, 2, 15);
    fake_package_bytes(p, "\x08\x01\x08XY", 5);
    fake_package_op(p, 3, 0, 0);
    fake_package_bytes(p, "\x0C", 1);
    fake_package_block(p, 10, 10);
    fake_package_op(p, 2, 0, 0);
    fake_package_bytes(p, "\x08", 1);
    fake_package_block(p, 2, 250);
    fake_package_end(p);
}

static inline void rig_small_image(const rig_t *rig, uint8_t *image)
{
    memcpy(image, rig->old_bytes + 10, 5);
    image[2]++;
    memcpy(image + 5, "XY", 2);
    memcpy(image + 7, rig->old_bytes + 30, 3);
    memcpy(image + 10, rig->old_bytes + 250, 2);
}

static inline void rig_begin(rig_t *rig)
{
    free(rig->memory);
    rig->memory = malloc(rig->memory_bytes);
    memset(rig->memory, 0xA5, rig->memory_bytes);
    rig->source.package_size =
        rig->source.package_size > 0 ? rig->source.package_size : rig->package.length;
    rig->made_length = 0;
    rig->d = oneota_delta.begin(rig->memory, rig->memory_bytes, &rig->source, &oneota_delta);
    assert_non_null(rig->d);
}

/* Takes what next() gives, up to size bytes at a time. */
static inline oneota_reason_t rig_drain(rig_t *rig, uint32_t size)
{
    uint32_t produced;
    oneota_reason_t reason;
    do {
        uint8_t *out = malloc(size);
        reason = oneota_delta.next(rig->d, out, size, &produced);
        assert_true(produced <= size);
        assert_true(produced <= sizeof rig->made - rig->made_length);
        memcpy(rig->made + rig->made_length, out, produced);
        rig->made_length += produced;
        free(out);
    } while (reason == ONEOTA_REASON_NONE && produced > 0);
    return reason;
}

/* The whole package in pieces of length bytes. */
static inline oneota_reason_t rig_run(rig_t *rig, uint32_t piece, uint32_t size)
{
    uint32_t at = 0;
    oneota_reason_t reason = ONEOTA_REASON_NONE;
    rig_begin(rig);
    while (reason == ONEOTA_REASON_NONE && at < rig->package.length) {
        uint32_t rest = rig->package.length - at;
        uint32_t used;
        uint8_t *copy = malloc(piece);
        uint32_t length = piece < rest ? piece : rest;
        memcpy(copy, rig->package.bytes + at, length);
        reason = oneota_delta.feed(rig->d, copy, length, &used);
        free(copy);
        at += used;
        if (reason == ONEOTA_REASON_NONE && oneota_delta_has_header(rig->d)) {
            reason = oneota_delta.start(rig->d, rig->offset, rig->position, rig->skip);
            at = rig->offset > 0 ? rig->offset : at;
        }
        if (reason == ONEOTA_REASON_NONE) {
            reason = rig_drain(rig, size);
        }
        if (used == 0 && oneota_delta_is_done(rig->d)) {
            break;
        }
    }
    return reason;
}

static inline void rig_free(rig_t *rig)
{
    free(rig->memory);
    assert_false(rig->old.outside);
}

#endif
