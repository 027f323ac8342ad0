/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * json.h: the seam to the JSON library. json.c is the only file that includes cJSON.
 *
 * cJSON checks the grammar and finds the members; a value is then read where it stands in the text:
 * a double would round a 64-bit task id, and not tell 1 from 1.0.
 */
#ifndef ONEOTA_SRC_JSON_H
#define ONEOTA_SRC_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "oneota/config.h"

/** What a member is: from what can be used to what cannot. */
typedef enum {
    JSON_TEXT = 0, /**< a string or a number */
    JSON_NONE,     /**< missing, or null */
    JSON_OTHER
} json_kind_t;

/** A value in a text; borrows the text and the memory that it was parsed in. */
typedef struct {
    const void *node; /**< the library's */
    const char *text; /**< as it stands there: with its escapes, a string without its quotes; after
                             it comes at least one more byte */
    size_t length;    /**< of a JSON_TEXT */
    const char *string; /**< a string without escapes, zero-terminated; "": it is none */
} json_value_t;

/**
 * Reads a text of one object. Its depth, nodes (an empty object or array counts as two) and length
 * are checked before the library sees a byte; memory is the caller's alone.
 * @param work  for the tree; must not overlap text
 * @return false: it is not one object within the limits of config.h, or work is too small for it
 */
bool oneota_json_parse(const char *text, size_t length, void *work, size_t work_bytes,
                       json_value_t *root);

/** The member of an object that has this name. One that stands twice counts the first time; what is
 *  no object has no members. *value is written but for the text of JSON_NONE. */
json_kind_t oneota_json_find(const json_value_t *object, const char *name, json_value_t *value);

#endif
