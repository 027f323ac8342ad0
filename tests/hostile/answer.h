/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * answer.h: the bytes of an answer: the honest one, or what the last column of a row makes of it.
 */
#ifndef ONEOTA_TEST_HOSTILE_ANSWER_H
#define ONEOTA_TEST_HOSTILE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What an honest server says, and what a row may name of it. */
typedef struct {
    bool fuse;
    bool ranged; /**< package bytes as asked for by a Range */
    uint16_t status;
    const uint8_t *body;
    uint32_t length;
    uint32_t first, last; /**< of the package */
    const uint8_t *package;
    uint32_t size;
    uint32_t slot; /**< bytes that it may have */
    const char *md5;
    const char *target;
    const char *version; /**< that runs */
    const char *id;      /**< the task's token or number */
} honest_t;

typedef struct {
    uint8_t *data;
    size_t length;
    size_t room;
    bool close;       /**< the connection ends behind it */
    size_t slow_from; /**< from here on it comes in pieces; SIZE_MAX: it does not */
} answer_t;

/** Framed as captured: chunks in dialect A, a length in dialect B, a length for package bytes. */
void answer_tell_truth(answer_t *answer, const honest_t *honest);

/** As the row says; ends the program where it names what there is not. */
void answer_tell_lie(answer_t *answer, const honest_t *honest, const char *row);

void answer_free(answer_t *answer);

#endif
