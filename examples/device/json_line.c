/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * json_line.c: one JSON object, one line.
 */
#include "json_line.h"

static void put_string(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            (void)fprintf(out, "\\%c", c);
        } else if (c < 0x20 || c == 0x7F) {
            (void)fprintf(out, "\\u%04x", c);
        } else if (c > 0x7F) {
            (void)fputs("\\ufffd", out);
        } else {
            (void)fputc(c, out);
        }
    }
    (void)fputc('"', out);
}

static void put_name(json_line_t *json, const char *name)
{
    (void)fputs(json->separator, json->out);
    json->separator = ",";
    put_string(json->out, name);
    (void)fputc(':', json->out);
}

json_line_t json_begin(FILE *out)
{
    json_line_t json = {out, "{"};

    return json;
}

void json_text(json_line_t *json, const char *name, const char *value)
{
    if (value == NULL) {
        json_null(json, name);
        return;
    }
    put_name(json, name);
    put_string(json->out, value);
}

void json_number(json_line_t *json, const char *name, int64_t value)
{
    put_name(json, name);
    (void)fprintf(json->out, "%lld", (long long)value);
}

void json_null(json_line_t *json, const char *name)
{
    put_name(json, name);
    (void)fputs("null", json->out);
}

void json_md5(json_line_t *json, const char *name, const uint8_t *md5)
{
    put_name(json, name);
    (void)fputc('"', json->out);
    for (int i = 0; i < 16; i++) {
        (void)fprintf(json->out, "%02x", md5[i]);
    }
    (void)fputc('"', json->out);
}

void json_open(json_line_t *json, const char *name)
{
    put_name(json, name);
    json->separator = "{";
}

void json_close(json_line_t *json)
{
    (void)fputs(json->separator[0] == '{' ? "{}" : "}", json->out);
    json->separator = ",";
}

void json_end(json_line_t *json)
{
    (void)fputs(json->separator[0] == '{' ? "{}\n" : "}\n", json->out);
    (void)fflush(json->out);
}
