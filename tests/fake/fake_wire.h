/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fake_wire.h: what the wire formats of the platform share: reading requests, writing answers. A
 * format says how its paths look, what an Authorization begins with, and how replies become bytes.
 */
#ifndef ONEOTA_FAKE_WIRE_H
#define ONEOTA_FAKE_WIRE_H

#include "fake_platform.h"

/** The part of a request that is not read yet. */
typedef struct {
    const char *at;
    const char *end;
} fake_view_t;

typedef struct {
    fake_platform_t *platform;
    fake_request_t request;
    bool post;
    unsigned hosts, lengths, types, authorizations, ranges;
    uint64_t length;
} fake_parse_t;

typedef struct {
    const char *host;
    const char *authorization; /**< what its value begins with, up to the `res` */
    bool signs_download;
    uint32_t et_most_s; /**< how far ahead `et` may be; 0: any */
    /** The first line, from its path up to the blank behind it. @return false: not of this format
     * */
    bool (*read_path)(fake_parse_t *parse, fake_view_t *line);
    void (*write)(fake_answer_t *answer, const fake_request_t *request, const fake_reply_t *reply);
} fake_wire_t;

/** fake_server_t.serve, for a format. */
uint32_t fake_wire_serve(const fake_wire_t *wire, fake_platform_t *platform, const char *request,
                         uint32_t length, fake_answer_t *answer);

/** Goes past text. @return false: something else stands there */
bool wire_skip(fake_view_t *view, const char *text);

/** A number of up to 19 digits. */
bool wire_number(fake_view_t *view, uint64_t *value);

/** Characters up to one of stop, or to the end: at least one, and fewer than size. */
bool wire_word(fake_view_t *view, const char *stop, char *to, size_t size);

/** The type of a CHECK, and the version that runs, which belongs to it. */
bool wire_type(fake_request_t *request, fake_view_t *line);
bool wire_version(fake_request_t *request, fake_view_t *line);

void wire_put(fake_answer_t *answer, const char *text);
void wire_put_number(fake_answer_t *answer, uint64_t value, unsigned base, unsigned width);

/** Date: Tue, 05 Nov 2019 02:20:55 GMT */
void wire_put_date(fake_answer_t *answer, uint64_t now_s);

/** The headers of package bytes, the blank line, and the bytes. */
void wire_put_package(fake_answer_t *answer, const fake_reply_t *reply, const char *name);

#endif
