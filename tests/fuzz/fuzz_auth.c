/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_auth.c: requests, and the Authorization in them, from values that nobody checked.
 *
 * Input: dialect, call, size of the buffer (2 bytes), et (8), flags, step, range (1 + 4 + 4); then
 * lines, each of which is a value. No value may begin a line of the request, or end one.
 */
#include "fuzz.h"
#include "oneota/calls.h"

#define VALUES     14u
#define BUFFER_MAX 1024u

static const oneota_dialect_t *const k_dialects[] = {&oneota_south, &oneota_fuse, &oneota_studio};

typedef struct {
    oneota_identity_t identity;
    oneota_image_id_t image;
    oneota_request_t request;
    char *text; /* its lines end in zero */
} scene_t;

/* The next line, or NULL for an empty one that stands for none. */
static const char *next_value(char **at, char *end)
{
    char *value = *at;
    if (value == end) {
        return NULL;
    }
    char *line_end = memchr(value, '\n', (size_t)(end - value));
    line_end = line_end == NULL ? end : line_end;
    *line_end = '\0';
    *at = line_end < end ? line_end + 1 : end;
    return line_end == value ? NULL : value;
}

static void read_values(scene_t *s, fuzz_input_t *input)
{
    const size_t length = input->left;
    s->text = malloc(length + 1u);
    FUZZ_CHECK(s->text != NULL);
    memcpy(s->text, input->data, length);
    s->text[length] = '\0';
    char *at = s->text;
    const char **values[VALUES] = {
        &s->identity.product,  &s->identity.device, &s->identity.device_name,
        &s->identity.key,      &s->identity.res,    &s->identity.auth_version,
        &s->request.host,      &s->request.prefix,  &s->request.f_version,
        &s->request.s_version, &s->request.handle,  &s->image.version,
        &s->image.manuf,       &s->image.model};
    for (size_t i = 0; i < VALUES; i++) {
        *values[i] = next_value(&at, s->text + length);
    }
}

static void read_scene(scene_t *s, fuzz_input_t *input)
{
    oneota_request_t *request = &s->request;
    request->et_s = fuzz_u32(input);
    request->et_s = request->et_s << 32 | fuzz_u32(input);
    const uint8_t flags = fuzz_u8(input);
    s->identity.sign = flags & 3u;
    s->identity.scope = flags >> 2 & 1u;
    s->image.type = flags >> 3 & 3u;
    request->image = (flags & 0x20u) != 0 ? NULL : &s->image;
    request->identity = (flags & 0x40u) != 0 ? NULL : &s->identity;
    request->step = fuzz_u8(input);
    request->range_form = fuzz_u8(input) & 3u;
    request->first = fuzz_u32(input);
    request->last = fuzz_u32(input);
    read_values(s, input);
}

/* Lines end in CR LF, no other control character is there, and of each header there is one. */
static void check_request(const oneota_request_t *request, const char *text, size_t length)
{
    static const char *const k_posts[] = {"POST ", "GET "};
    const bool posts = request->call == ONEOTA_CALL_VERSION || request->call == ONEOTA_CALL_REPORT;
    const char *first = k_posts[posts ? 0 : 1];
    unsigned lines = 0;
    FUZZ_CHECK(length > 20u && memcmp(text, first, strlen(first)) == 0);
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '\r') {
            FUZZ_CHECK(i + 1u < length && text[i + 1u] == '\n');
            lines++;
        } else if (c == '\n') {
            FUZZ_CHECK(i > 0 && text[i - 1u] == '\r');
        } else {
            FUZZ_CHECK(c >= 0x20u && c < 0x7Fu);
        }
    }
    FUZZ_CHECK(lines >= 3u && lines <= 6u);
    const char *line_end = memchr(text, '\r', length);
    FUZZ_CHECK(memcmp(line_end - 9, " HTTP/1.1", 9) == 0);
    FUZZ_CHECK(memchr(text + strlen(first), ' ', (size_t)(line_end - 9 - text) - strlen(first)) ==
               NULL);
}

static void write_again(const oneota_dialect_t *dialect, scene_t *s, char *buffer, size_t size,
                        size_t length)
{
    if (s->request.call != ONEOTA_CALL_DOWNLOAD || s->request.range_form > ONEOTA_RANGE_BARE) {
        return;
    }
    s->request.again = true;
    s->request.first /= 2u;
    if (oneota_request_write(dialect, &s->request, buffer, size, &length) == ONEOTA_OK) {
        check_request(&s->request, buffer, length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input_t input = {data, size};
    scene_t scene = {0};
    const oneota_dialect_t *dialect = k_dialects[fuzz_u8(&input) % 3u];
    scene.request.call = fuzz_u8(&input) % (ONEOTA_CALL_COUNT + 1u);
    const size_t room = fuzz_u16(&input) % BUFFER_MAX + 1u;
    read_scene(&scene, &input);
    char *buffer = malloc(room);
    FUZZ_CHECK(buffer != NULL);
    memset(buffer, 0x5A, room);
    size_t length = SIZE_MAX;
    oneota_error_t error = oneota_request_write(dialect, &scene.request, buffer, room, &length);
    if (error == ONEOTA_OK) {
        FUZZ_CHECK(length <= room);
        check_request(&scene.request, buffer, length);
        write_again(dialect, &scene, buffer, room, length);
    } else {
        FUZZ_CHECK((error == ONEOTA_LIMIT || error == ONEOTA_PARAM) && length == 0);
        for (size_t i = 0; i < room; i++) {
            FUZZ_CHECK(buffer[i] == 0);
        }
    }
    free(buffer);
    free(scene.text);
    return 0;
}
