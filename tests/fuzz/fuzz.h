/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz.h: what the harnesses share. A harness is a file with LLVMFuzzerTestOneInput(); it takes
 * choices from the front of the input, and what the code under test reads from the rest. What is
 * shown to that code lies in memory of its exact size, so that a sanitizer sees a byte beyond.
 */
#ifndef ONEOTA_FUZZ_H
#define ONEOTA_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what is wrong and crashes, which is what a fuzzer looks for. */
#define FUZZ_CHECK(condition)                                                              \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                       \
        }                                                                                  \
    } while (0)

typedef struct {
    const uint8_t *data;
    size_t left;
} fuzz_input_t;

/* An input that has come to its end gives zeros. */
static inline uint8_t fuzz_u8(fuzz_input_t *input)
{
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->data++;
}

static inline uint16_t fuzz_u16(fuzz_input_t *input)
{
    const unsigned low = fuzz_u8(input);
    return (uint16_t)(low | (unsigned)fuzz_u8(input) << 8);
}

static inline uint32_t fuzz_u32(fuzz_input_t *input)
{
    const uint32_t low = fuzz_u16(input);
    return low | (uint32_t)fuzz_u16(input) << 16;
}

/* Up to length bytes, in place. */
static inline const uint8_t *fuzz_take(fuzz_input_t *input, size_t wanted, size_t *length)
{
    const uint8_t *data = input->data;
    *length = wanted < input->left ? wanted : input->left;
    input->data += *length;
    input->left -= *length;
    return data;
}

/* Likewise into memory that has zeros behind them. */
static inline void fuzz_fill(fuzz_input_t *input, void *to, size_t size)
{
    size_t length;
    const uint8_t *data = fuzz_take(input, size, &length);
    memset(to, 0, size);
    if (length > 0) {
        memcpy(to, data, length);
    }
}

/* A copy of exactly this size, to be freed. */
static inline void *fuzz_copy(const void *data, size_t length)
{
    void *copy = malloc(length > 0 ? length : 1u);
    FUZZ_CHECK(copy != NULL);
    if (length > 0) {
        memcpy(copy, data, length);
    }
    return copy;
}

#endif
