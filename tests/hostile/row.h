/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * row.h: the table of lies as README.md describes it, read from its files.
 */
#ifndef ONEOTA_TEST_HOSTILE_ROW_H
#define ONEOTA_TEST_HOSTILE_ROW_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    ROW_VERSION = 0,
    ROW_CHECK,
    ROW_TOKEN,
    ROW_DOWNLOAD,
    ROW_PROGRESS,
    ROW_DOWNLOADED, /**< 101 */
    ROW_RESULT,     /**< 201 */
    ROW_CALLS
} row_call_t;

typedef enum { END_RECOVERS = 0, END_REFUSES, END_REPORTS, END_ENDS, END_IDLE } end_kind_t;

/** How it is to end. */
typedef struct {
    uint8_t kind;     /**< end_kind_t */
    uint8_t step;     /**< REPORTS */
    uint8_t reason;   /**< oneota_reason_t; NONE: nothing may be said */
    uint32_t after_s; /**< RECOVERS: so long after the lie comes the next request; 0: any */
} row_end_t;

#define ROW_SOUTH 1u
#define ROW_FUSE  2u

typedef struct {
    const char *name;
    uint8_t call;     /**< row_call_t */
    uint8_t nth;      /**< the first of these calls that is lied to, from 1 */
    uint8_t dialects; /**< bits */
    row_end_t once;
    row_end_t always;
    const char *answer;
    unsigned line;
} row_t;

typedef struct {
    row_t *rows;
    unsigned count;
    char *text; /**< that the rows point into */
} table_t;

/** Ends the program where the table is not as README.md describes it. */
void row_read(table_t *table, const char *path);
void row_free(table_t *table);

#endif
