/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * json.c: bodies read with cJSON, in the caller's memory.
 *
 * A scan without recursion goes first. It checks the limits and computes the memory that cJSON
 * will take, to the byte; the grammar is left to cJSON. Nodes lie at the bottom of the memory in
 * the order of the text, so that after cJSON a second scan can note in each where its value stands.
 * Numbers are read from there: a double would round a 64-bit task id, and not tell 1 from 1.0.
 */
#include "json.h"

#include <string.h>

#include "cJSON.h"

/* Newer versions of cJSON copy a number for strtod(), older ones into 64 bytes. */
#define SCALAR_MAX 63u

struct node_place {
    char before;
    cJSON node;
};

#define ALIGNMENT offsetof(struct node_place, node)

/* ---------------------------------------------------------------- scan */

typedef struct {
    const char *text;
    size_t length;
    size_t at;        /* next byte */
    size_t depth;     /* open objects and arrays */
    size_t nodes;     /* values so far */
    size_t slots;     /* allocations of a node's size so far */
    size_t used;      /* bytes of all allocations so far */
    size_t peak;      /* the most, with the copy of a number */
    size_t slot;      /* node of the latest token, */
    size_t token;     /* which begins here */
    bool after_colon; /* the next token is the value of a node that its key began */
} scan_t;

static size_t scalar_length(const char *text, size_t length)
{
    size_t count = 0;

    while (count < length && (unsigned char)text[count] > ' ' &&
           strchr(",:[]{}\"", text[count]) == NULL) {
        count++;
    }
    return count;
}

static void scan_need(scan_t *scan, size_t bytes)
{
    if (scan->used + bytes > scan->peak) {
        scan->peak = scan->used + bytes;
    }
}

static void scan_take(scan_t *scan, size_t bytes)
{
    scan_need(scan, bytes);
    scan->used += bytes;
    scan->slots += bytes == sizeof(cJSON);
}

static bool scan_begin(scan_t *scan)
{
    scan->token = scan->at;
    if (scan->after_colon) {
        scan->after_colon = false;
        return true;
    }
    scan->slot = scan->slots;
    scan_take(scan, sizeof(cJSON));
    return ++scan->nodes <= ONEOTA_JSON_NODES;
}

/* cJSON would take "\u12g4" for a zero byte. */
static bool is_bad_escape(const char *escape, size_t length)
{
    return length > 1 && escape[1] == 'u' &&
           (length < 6 || !text_is(escape + 2, 4, TEXT_HEX, 4, 4));
}

static bool scan_string(scan_t *scan)
{
    size_t bytes = 2; /* cJSON allocates one more than it needs */
    size_t at = scan->at + 1;

    while (at < scan->length && scan->text[at] != '"') {
        const char *next = scan->text + at;
        bool escape = *next == '\\';
        if ((unsigned char)*next < ' ' || (escape && is_bad_escape(next, scan->length - at))) {
            return false;
        }
        at += escape ? 2 : 1;
        bytes++;
    }
    scan->at = at + 1;
    scan_take(scan, bytes);
    return at < scan->length;
}

static bool scan_scalar(scan_t *scan)
{
    size_t length = scalar_length(scan->text + scan->at, scan->length - scan->at);

    scan->at += length;
    scan_need(scan, length + 1);
    return length > 0 && length <= SCALAR_MAX;
}

static bool scan_step(scan_t *scan)
{
    switch (scan->text[scan->at]) {
    case '{':
    case '[':
        if (!scan_begin(scan)) {
            return false;
        }
        scan->at++;
        return ++scan->depth <= ONEOTA_JSON_DEPTH;
    case '}':
    case ']':
        scan->depth--;
        scan->at++;
        return true;
    case '"':
        return scan_begin(scan) && scan_string(scan);
    case ':':
        scan->after_colon = true;
        scan->at++;
        return true;
    case ',':
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        scan->at++;
        return true;
    default:
        return scan_begin(scan) && scan_scalar(scan);
    }
}

static size_t skip_blanks(const char *text, size_t at, size_t length)
{
    while (at < length && text[at] != '\0' && strchr(" \t\r\n", text[at]) != NULL) {
        at++;
    }
    return at;
}

static bool scan_object(scan_t *scan)
{
    scan->at = skip_blanks(scan->text, 0, scan->length);
    if (scan->at == scan->length || scan->text[scan->at] != '{') {
        return false;
    }
    do {
        if (!scan_step(scan)) {
            return false;
        }
    } while (scan->depth > 0 && scan->at < scan->length);
    return scan->depth == 0 && skip_blanks(scan->text, scan->at, scan->length) == scan->length;
}

/* ---------------------------------------------------------------- parse */

/* Nodes from the bottom; strings, which need no alignment, from the top. A string of just a node's
 * size goes to the bottom too, where the scan counts it as a slot. */
typedef struct {
    uint8_t *bottom, *top;
    uint8_t *latest;
    size_t latest_bytes;
} arena_t;

/* The arena of the call in progress: cJSON's hooks have no argument for it. */
static arena_t *s_arena;

static void *arena_take(size_t bytes)
{
    arena_t *arena = s_arena;

    if (bytes > (size_t)(arena->top - arena->bottom)) {
        return NULL;
    }
    if (bytes == sizeof(cJSON)) {
        arena->latest = arena->bottom;
        arena->bottom += bytes;
    } else {
        arena->top -= bytes;
        arena->latest = arena->top;
    }
    arena->latest_bytes = bytes;
    return arena->latest;
}

/* Only the copy of a number is freed in time to matter, and that is always the latest. */
static void arena_give(void *memory)
{
    arena_t *arena = s_arena;

    if (memory != arena->latest) {
        return;
    }
    if (arena->latest == arena->top) {
        arena->top += arena->latest_bytes;
    } else {
        arena->bottom = arena->latest;
    }
}

/* Lets valueint of each node say where in the text its value begins. */
static void note_places(cJSON *nodes, const char *text, size_t length)
{
    scan_t scan = {.text = text, .length = length};

    while (scan.at < length) {
        (void)scan_step(&scan);
        nodes[scan.slot].valueint = (int)scan.token;
    }
}

/* cJSON does not tell which hooks were set before: an application with its own sets them again. */
static cJSON *parse(const char *text, size_t length, uint8_t *memory, size_t bytes)
{
    cJSON_Hooks hooks = {arena_take, arena_give};
    arena_t arena = {.bottom = memory, .top = memory + bytes};
    cJSON *root;

    s_arena = &arena;
    cJSON_InitHooks(&hooks);
    root = cJSON_ParseWithLength(text, length);
    cJSON_InitHooks(NULL);
    s_arena = NULL;
    if (root != NULL) {
        note_places(root, text, length);
    }
    return root;
}

/* ---------------------------------------------------------------- fields */

typedef struct {
    const char *text; /* of a number, or of a string without its quotes and escapes */
    size_t length;
    bool number;
} value_t;

/* "\u0000" decodes to a zero byte, which cuts the string short. */
static bool has_zero(const char *quoted)
{
    while (*++quoted != '"') {
        if (*quoted == '\\' && strncmp(++quoted, "u0000", 5) == 0) {
            return true;
        }
    }
    return false;
}

static json_state_t find_value(const json_field_t *field, const cJSON *root, const char *text,
                               size_t length, value_t *value)
{
    const cJSON *object = root;
    const cJSON *item;
    size_t place;

    if (field->parent != NULL) {
        object = cJSON_GetObjectItemCaseSensitive(root, field->parent);
    }
    item = cJSON_GetObjectItemCaseSensitive(object, field->name);
    if (item == NULL || cJSON_IsNull(item)) {
        return JSON_ABSENT;
    }
    place = (size_t)item->valueint;
    value->number = cJSON_IsNumber(item);
    if (value->number) {
        value->text = text + place;
        value->length = scalar_length(value->text, length - place);
        return JSON_GOOD;
    }
    if (!cJSON_IsString(item) || has_zero(text + place)) {
        return JSON_WRONG;
    }
    value->text = item->valuestring;
    value->length = strlen(value->text);
    return JSON_GOOD;
}

static json_state_t read_integer(const json_field_t *field, const value_t *value, char *to)
{
    size_t sign = value->length > 0 && value->text[0] == '-';
    uint64_t magnitude;
    int64_t number;

    if (!text_to_u64(value->text + sign, value->length - sign, &magnitude) ||
        magnitude > INT64_MAX) {
        return JSON_WRONG;
    }
    number = sign != 0 ? -(int64_t)magnitude : (int64_t)magnitude;
    if (number < field->min || number > field->max) {
        return JSON_WRONG;
    }
    memcpy(to, &number, sizeof number);
    return JSON_GOOD;
}

static json_state_t read_text(const json_field_t *field, const value_t *value, char *to)
{
    const text_set_t set = (text_set_t)field->set;
    uint64_t number;

    if (value->number && set != TEXT_DIGITS && set != TEXT_HANDLE) {
        return JSON_WRONG;
    }
    if ((value->number || set == TEXT_DIGITS) &&
        (value->text[0] == '0' || !text_to_u64(value->text, value->length, &number))) {
        return JSON_WRONG;
    }
    if (!text_is(value->text, value->length, set, (size_t)field->min, (size_t)field->max)) {
        return JSON_WRONG;
    }
    memcpy(to, value->text, value->length);
    to[value->length] = '\0';
    return JSON_GOOD;
}

oneota_error_t json_read(const char *text, size_t length, void *work, size_t work_bytes,
                         const json_field_t *fields, size_t count, void *values, uint8_t *states)
{
    scan_t scan = {.text = text, .length = length};
    size_t padding = (size_t)(-(uintptr_t)work) & (ALIGNMENT - 1);
    const cJSON *root;

    memset(states, JSON_ABSENT, count);
    if (length > ONEOTA_JSON_BYTES || !scan_object(&scan)) {
        return ONEOTA_PEER;
    }
    if (padding + scan.peak > work_bytes) {
        return ONEOTA_LIMIT;
    }
    root = parse(text, length, (uint8_t *)work + padding, scan.peak);
    if (root == NULL) {
        return ONEOTA_PEER;
    }
    for (size_t i = 0; i < count; i++) {
        char *to = (char *)values + fields[i].offset;
        value_t value;
        json_state_t state = find_value(&fields[i], root, text, length, &value);
        if (state == JSON_GOOD) {
            state = fields[i].kind == JSON_INTEGER ? read_integer(&fields[i], &value, to)
                                                   : read_text(&fields[i], &value, to);
        }
        states[i] = (uint8_t)state;
    }
    return ONEOTA_OK;
}
