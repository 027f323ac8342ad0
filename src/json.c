/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * json.c: bodies read with cJSON, in the caller's memory.
 *
 * A scan without recursion goes first and checks the limits; the grammar is left to cJSON. A second
 * scan goes along with the members that cJSON found, to where the text of one stands.
 */
#include "json.h"

#include <stdint.h>
#include <string.h>

#include "cJSON.h"

struct node_place {
    char before;
    cJSON node;
};

#define ALIGNMENT offsetof(struct node_place, node)

/* ---------------------------------------------------------------- scan */

typedef struct {
    const char *text;
    size_t length;
    size_t at;    /* next byte */
    size_t depth; /* open objects and arrays */
    size_t nodes; /* values, at most */
} scan_t;

/* Past a string, or past one byte of anything else. */
static void scan_step(scan_t *scan)
{
    switch (scan->text[scan->at++]) {
    case '"':
        while (scan->at < scan->length && scan->text[scan->at] != '"') {
            scan->at += scan->text[scan->at] == '\\' ? 2 : 1;
        }
        scan->at++;
        break;
    case '{':
    case '[':
        scan->depth++;
        scan->nodes++;
        break;
    case '}':
    case ']':
        scan->depth--;
        break;
    case ',':
        scan->nodes++;
        break;
    }
}

/* What cJSON takes for a blank. */
static void scan_blanks(scan_t *scan)
{
    while (scan->at < scan->length && (unsigned char)scan->text[scan->at] <= ' ') {
        scan->at++;
    }
}

static bool is_object(const char *text, size_t length)
{
    scan_t scan = {.text = text, .length = length, .nodes = 1};

    scan_blanks(&scan);
    if (length > ONEOTA_JSON_BYTES || scan.at == length || text[scan.at] != '{') {
        return false;
    }
    do {
        scan_step(&scan);
        if (scan.depth > ONEOTA_JSON_DEPTH || scan.nodes > ONEOTA_JSON_NODES) {
            return false;
        }
    } while (scan.depth > 0 && scan.at < length);
    scan_blanks(&scan);
    return scan.depth == 0 && scan.at == length;
}

/* Where the value of a member begins. */
static const char *locate(const json_value_t *object, const cJSON *wanted)
{
    scan_t scan = {.text = object->text, .length = SIZE_MAX};
    const cJSON *member = ((const cJSON *)object->node)->child;
    char last;

    do {
        last = scan.text[scan.at];
        scan_step(&scan);
        if (last == ',' && scan.depth == 1) {
            member = member->next;
        }
    } while (last != ':' || scan.depth != 1 || member != wanted);
    scan_blanks(&scan);
    return scan.text + scan.at;
}

/* ---------------------------------------------------------------- parse */

/* Nodes from the bottom; strings, which need no alignment, from the top. */
typedef struct {
    uintptr_t bottom, top;
} arena_t;

/* The arena of the call in progress: cJSON's hooks have no argument for it. */
static arena_t *s_arena;

static void *arena_take(size_t bytes)
{
    arena_t *arena = s_arena;

    if (arena->bottom + bytes > arena->top) {
        return NULL;
    }
    if (bytes == sizeof(cJSON)) {
        arena->bottom += bytes;
        return (void *)(arena->bottom - bytes);
    }
    arena->top -= bytes;
    return (void *)arena->top;
}

static void arena_give(void *memory)
{
    (void)memory;
}

/* cJSON does not tell which hooks were set before: an application with its own sets them again. */
bool oneota_json_parse(const char *text, size_t length, void *work, size_t work_bytes,
                       json_value_t *root)
{
    cJSON_Hooks hooks = {arena_take, arena_give};
    arena_t arena = {(uintptr_t)work, (uintptr_t)work + work_bytes};

    if (!is_object(text, length)) {
        return false;
    }
    arena.bottom += -arena.bottom & (ALIGNMENT - 1);
    s_arena = &arena;
    cJSON_InitHooks(&hooks);
    root->node = cJSON_ParseWithLength(text, length);
    cJSON_InitHooks(NULL);
    s_arena = NULL;
    root->text = text;
    return root->node != NULL;
}

json_kind_t oneota_json_find(const json_value_t *object, const char *name, json_value_t *value)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object->node, name);

    value->node = item;
    value->string = "";
    if (item == NULL || item->type == cJSON_NULL) {
        return JSON_NONE;
    }
    value->text = locate(object, item);
    if (item->type == cJSON_String) {
        value->string = item->valuestring;
        scan_t scan = {.text = value->text, .length = SIZE_MAX};
        scan_step(&scan);
        value->text++;
        value->length = scan.at - 2;
    } else {
        value->length = 0; /* up to what ends it, at the latest the last brace */
        while (strchr(",}] \t\r\n", value->text[value->length]) == NULL) {
            value->length++;
        }
    }
    return item->type == cJSON_String || item->type == cJSON_Number ? JSON_TEXT : JSON_OTHER;
}
