/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * stand_in.h: the platform's side of a benchmark: one package, and the answers of dialect A with
 * the headers as they were captured. Judges nothing.
 */
#ifndef ONEOTA_BENCH_STAND_IN_H
#define ONEOTA_BENCH_STAND_IN_H

#include <stddef.h>
#include <stdint.h>

#define STAND_IN_TOKEN "ota_YbDB8ANDSmPEM78DkHDT"
#define STAND_IN_HOST "ota.heclouds.com"

typedef struct {
    uint8_t *package;
    uint32_t size;
    char md5[33];
} stand_in_t;

typedef struct {
    char head[512];
    uint32_t head_length;
    const uint8_t *body; /**< of the package; borrowed */
    uint32_t body_length;
} stand_in_answer_t;

/** A package of size bytes that is the same every time. Ends the program if there is no memory. */
void stand_in_init(stand_in_t *platform, uint32_t size);

/** Answers the request that text begins with. @return its bytes, 0: it is not whole yet */
size_t stand_in_serve(const stand_in_t *platform, const char *text, size_t length,
                      stand_in_answer_t *answer);

/** A GET of [first, end) as a small device would write it. @return its bytes */
size_t stand_in_request(char *text, size_t size, uint32_t first, uint32_t end);

#endif
