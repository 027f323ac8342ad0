/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oneota/error.h"

enum { NAME, CALL, DIALECT, ONCE, ALWAYS, ANSWER, COLUMNS };

static void complain(const char *path, unsigned line, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", path, line, what);
    exit(2);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        complain(path, 0, "cannot be read");
    }
    long size = ftell(file);
    char *text = size < 0 ? NULL : malloc((size_t)size + 1u);
    rewind(file);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) {
        complain(path, 0, "cannot be read");
    }
    text[size] = '\0';
    (void)fclose(file);
    return text;
}

/* Without the blanks around it. */
static char *trim(char *text)
{
    size_t length;
    text += strspn(text, " ");
    length = strlen(text);
    while (length > 0 && text[length - 1u] == ' ') {
        text[--length] = '\0';
    }
    return text;
}

/* The next word, with an end put behind it; "" at the end. */
static char *next_word(char **text)
{
    char *word = *text + strspn(*text, " ");
    char *end = word + strcspn(word, " ");
    *text = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

/* download@2: from the second one on */
static bool read_call(row_t *row, char *text)
{
    static const char *const k_names[ROW_CALLS] = {"version",  "check", "token", "download",
                                                   "progress", "101",   "201"};
    char *at = strchr(text, '@');
    row->nth = 1;
    if (at != NULL) {
        *at = '\0';
        row->nth = (uint8_t)strtoul(at + 1, NULL, 10);
    }
    for (row->call = 0; row->call < ROW_CALLS; row->call++) {
        if (strcmp(text, k_names[row->call]) == 0) {
            return row->nth > 0;
        }
    }
    return false;
}

static bool read_dialect(row_t *row, const char *text)
{
    bool south = strcmp(text, "south") == 0;
    bool fuse = strcmp(text, "fuse") == 0;
    bool both = strcmp(text, "both") == 0;
    row->dialects = (uint8_t)((south || both ? ROW_SOUTH : 0u) | (fuse || both ? ROW_FUSE : 0u));
    return row->dialects != 0;
}

static bool read_reason(row_end_t *end, const char *word)
{
    for (unsigned reason = 1; reason < ONEOTA_REASON_COUNT; reason++) {
        if (strcmp(word, oneota_reason_text((oneota_reason_t)reason)) == 0) {
            end->reason = (uint8_t)reason;
            return true;
        }
    }
    return false;
}

/* recovers [REASON [after N]], refuses REASON, reports CODE REASON, ends REASON, idle */
static bool read_end(row_end_t *end, char *text)
{
    static const char *const k_kinds[] = {"recovers", "refuses", "reports", "ends", "idle"};
    const char *kind = next_word(&text);
    memset(end, 0, sizeof *end);
    while (end->kind <= END_IDLE && strcmp(kind, k_kinds[end->kind]) != 0) {
        end->kind++;
    }
    if (end->kind == END_REPORTS) {
        end->step = (uint8_t)strtoul(next_word(&text), NULL, 10);
    }
    const char *reason = next_word(&text);
    if (*reason == '\0') {
        return end->kind == END_RECOVERS || end->kind == END_IDLE;
    }
    if (end->kind > END_ENDS || !read_reason(end, reason)) {
        return false;
    }
    if (strcmp(next_word(&text), "after") == 0) {
        end->after_s = (uint32_t)strtoul(next_word(&text), NULL, 10);
    }
    return true;
}

static void read_row(row_t *row, char *line, const char *path)
{
    char *columns[COLUMNS];
    for (unsigned n = 0; n < ANSWER; n++) {
        char *end = strchr(line, '|');
        if (end == NULL) {
            complain(path, row->line, "six columns are needed");
        }
        *end = '\0';
        columns[n] = trim(line);
        line = end + 1;
    }
    row->name = columns[NAME];
    row->answer = trim(line);
    if (!read_call(row, columns[CALL])) {
        complain(path, row->line, "no such call");
    }
    if (!read_dialect(row, columns[DIALECT])) {
        complain(path, row->line, "dialect is south, fuse or both");
    }
    if (!read_end(&row->once, columns[ONCE]) || !read_end(&row->always, columns[ALWAYS])) {
        complain(path, row->line, "no such end");
    }
}

void row_read(table_t *table, const char *path)
{
    unsigned line = 1;
    table->text = read_file(path);
    table->count = 0;
    table->rows = NULL;
    for (char *at = table->text, *next; *at != '\0'; at = next, line++) {
        char *end = strchr(at, '\n');
        if (end == NULL) {
            complain(path, line, "a line without an end");
        }
        *end = '\0';
        next = end + 1;
        if (*at == '\0' || *at == '#') {
            continue;
        }
        table->rows = realloc(table->rows, (table->count + 1u) * sizeof table->rows[0]);
        if (table->rows == NULL) {
            complain(path, line, "no memory");
        }
        row_t *row = &table->rows[table->count++];
        row->line = line;
        read_row(row, at, path);
    }
}

void row_free(table_t *table)
{
    free(table->rows);
    free(table->text);
}
