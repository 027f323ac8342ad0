/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * json_line.h: one JSON object, one line.
 *
 *     json_line_t json = json_begin(stdout);
 *     json_text(&json, "event", "done");
 *     json_end(&json);                        {"event":"done"}
 */
#ifndef DEVICE_JSON_LINE_H
#define DEVICE_JSON_LINE_H

#include <stdint.h>
#include <stdio.h>

typedef struct {
    FILE *out;
    const char *separator;
} json_line_t;

json_line_t json_begin(FILE *out);

/** @param value  NULL: null. Bytes that are not ASCII become U+FFFD: they may be anything. */
void json_text(json_line_t *json, const char *name, const char *value);

void json_number(json_line_t *json, const char *name, int64_t value);
void json_null(json_line_t *json, const char *name);

/** 16 bytes as 32 hex digits. */
void json_md5(json_line_t *json, const char *name, const uint8_t *md5);

/** An object as a value; its members follow until json_close(). */
void json_open(json_line_t *json, const char *name);
void json_close(json_line_t *json);

/** Ends the line and flushes it. */
void json_end(json_line_t *json);

#endif
