/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * json.h: the seam to the JSON library. json.c is the only file that includes cJSON.
 *
 * A body is read by a table: which member, of what form, and where its value goes. Members that
 * the table does not name are ignored; one that stands twice counts the first time.
 */
#ifndef ONEOTA_SRC_JSON_H
#define ONEOTA_SRC_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oneota/config.h"
#include "oneota/error.h"
#include "text.h"

typedef enum {
    JSON_INTEGER, /**< a whole number from min to max, quoted or not, into an int64_t */
    JSON_TEXT     /**< a string of min to max characters out of set, into a char[max + 1];
                       with set TEXT_HANDLE also a whole number from 1 to 2^64-1, as its digits;
                       with set TEXT_DIGITS such a number alone, quoted or not */
} json_kind_t;

/** What became of a member. */
typedef enum {
    JSON_ABSENT = 0, /**< missing, or null */
    JSON_GOOD,
    JSON_WRONG /**< of another type, out of range, or with a character outside its set */
} json_state_t;

typedef struct {
    const char *parent; /**< name of the object in the top-level object that holds it; NULL: top */
    const char *name;
    uint8_t kind;       /**< json_kind_t */
    uint8_t set;        /**< text_set_t, JSON_TEXT */
    uint16_t offset;    /**< of the value in the caller's struct */
    int64_t min, max;
} json_field_t;

/**
 * Reads length bytes of text into *values by count fields; states[i] says what became of each.
 * A value whose state is not JSON_GOOD is not written. Depth, nodes and size are checked before the
 * library sees a byte; memory is the caller's alone.
 * @param work  for the tree; aligned as for a pointer; must not overlap text
 * @return OK; PEER it is not one JSON object within the limits; LIMIT work is too small for it
 */
oneota_error_t json_read(const char *text, size_t length, void *work, size_t work_bytes,
                         const json_field_t *fields, size_t count, void *values,
                         uint8_t *states);

#endif
