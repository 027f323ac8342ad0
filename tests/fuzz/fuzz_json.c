/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_json.c: a text that should be one object.
 *
 * Input: memory that is missing; then the text. What is found must stand in the text.
 */
#include "fuzz.h"
#include "json.h"
#include "oneota/calls.h"

#define WORK_BYTES ((ONEOTA_JSON_WORK_BYTES + 7u) & ~(size_t)7u)

static const char *const k_names[] = {"errno", "error",  "code",   "msg",      "data",
                                      "size",  "target", "status", "interval", "a"};
#define NAMES (sizeof k_names / sizeof k_names[0])

static void check_value(const char *text, size_t length, json_kind_t kind,
                        const json_value_t *value)
{
    if (kind == JSON_NONE) {
        FUZZ_CHECK(value->string[0] == '\0');
        return;
    }
    FUZZ_CHECK(value->text > text && value->text < text + length);
    FUZZ_CHECK(value->text[-1] != '\\');
    if (kind == JSON_TEXT) {
        FUZZ_CHECK(value->length < (size_t)(text + length - value->text));
        FUZZ_CHECK(strlen(value->string) <= value->length);
    }
}

/* A look at the limits that is made in another way: nothing is deeper than the limit, and a text
 * without strings cannot have more values than commas and brackets. */
static void check_limits(const char *text, size_t length)
{
    size_t depth = 0;
    size_t deepest = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"') {
            quoted = !quoted;
        } else if (quoted && text[i] == '\\') {
            i++;
        } else if (!quoted && (text[i] == '{' || text[i] == '[')) {
            depth++;
            deepest = depth > deepest ? depth : deepest;
        } else if (!quoted && (text[i] == '}' || text[i] == ']')) {
            FUZZ_CHECK(depth > 0);
            depth--;
        }
    }
    FUZZ_CHECK(length <= ONEOTA_JSON_BYTES && depth == 0 && !quoted);
    FUZZ_CHECK(deepest <= ONEOTA_JSON_DEPTH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input_t input = {data, size};
    const size_t work_bytes = WORK_BYTES - fuzz_u8(&input) * 16u % WORK_BYTES;
    if (input.left > 4096u) {
        return 0;
    }
    const size_t length = input.left;
    char *text = fuzz_copy(input.data, length);
    void *work = malloc(work_bytes);
    FUZZ_CHECK(work != NULL);
    json_value_t root, member, inner;
    if (oneota_json_parse(text, length, work, work_bytes, &root)) {
        check_limits(text, length);
        for (size_t n = 0; n < NAMES; n++) {
            json_kind_t kind = oneota_json_find(&root, k_names[n], &member);
            check_value(text, length, kind, &member);
            for (size_t k = 0; kind != JSON_NONE && k < NAMES; k++) {
                check_value(text, length, oneota_json_find(&member, k_names[k], &inner), &inner);
            }
        }
    }
    free(work);
    free(text);
    return 0;
}
