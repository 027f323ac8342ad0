/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The server of a kit: writes the story, and answers by rule or lets the platform in small do it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

static uint32_t number_after(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at == NULL ? 0u : (uint32_t)strtoul(at + strlen(key), NULL, 10);
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void read_download(kit_call_t *call, const char *text)
{
    const char *range = strstr(text, "\r\nRange: ");
    call->verb = FAKE_DOWNLOAD;
    call->form = ONEOTA_RANGE_NONE;
    if (range != NULL) {
        range += 9;
        call->form = starts(range, "bytes=") ? ONEOTA_RANGE_BYTES : ONEOTA_RANGE_BARE;
        range += call->form == ONEOTA_RANGE_BYTES ? 6 : 0;
        call->first = (uint32_t)strtoul(range, NULL, 10);
        call->last = number_after(range, "-");
    }
}

static void read_handle(kit_call_t *call, const char *text)
{
    const char *at = strstr(text, "/download/");
    if (at != NULL) {
        size_t length = strcspn(at + 10, "/? ");
        memcpy(call->handle, at + 10, length < 64u ? length : 64u);
    }
}

static void read_call(kit_call_t *call, const char *text)
{
    const char *et = strstr(text, "&et=");
    memset(call, 0, sizeof *call);
    read_handle(call, text);
    call->et = et == NULL ? 0u : strtoull(et + 4, NULL, 10);
    if (starts(text, "POST /ota/device/version")) {
        call->verb = FAKE_VERSION;
    } else if (starts(text, "POST ")) {
        call->verb = FAKE_REPORT;
        call->step = (uint8_t)number_after(text, "{\"step\":");
    } else if (starts(text, "GET /ota/south/check")) {
        call->verb = FAKE_CHECK;
        call->type = (uint8_t)number_after(text, "&type=");
    } else if (strstr(text, "/check?dev_id=") != NULL) {
        call->verb = FAKE_TOKEN;
    } else {
        read_download(call, text);
    }
}

void kit_tell(kit_t *kit, const char *word)
{
    size_t length = strlen(kit->story);
    assert_true(length + strlen(word) + 2u < KIT_STORY_MAX);
    if (length > 0) {
        kit->story[length++] = ' ';
    }
    memcpy(kit->story + length, word, strlen(word) + 1u);
}

static void tell_call(kit_t *kit, const kit_call_t *call)
{
    static const char *const k_words[] = {"V", "C", "T", "D"};
    char word[8];
    size_t length = strlen(kit->story);
    if (call->verb == FAKE_REPORT && call->step <= 100u) {
        return;
    }
    if (call->verb == FAKE_REPORT) {
        (void)snprintf(word, sizeof word, "%u", call->step);
    } else if (call->verb == FAKE_CHECK && kit->setup.image_count > 1u) {
        (void)snprintf(word, sizeof word, "C%u", call->type);
    } else {
        (void)snprintf(word, sizeof word, "%s", k_words[call->verb]);
    }
    if (call->verb != FAKE_DOWNLOAD || length == 0 || kit->story[length - 1u] != 'D') {
        kit_tell(kit, word);
    }
}

static kit_rule_t *find_rule(kit_t *kit, const kit_call_t *call)
{
    for (uint32_t n = 0; n < kit->rule_count; n++) {
        kit_rule_t *rule = &kit->rules[n];
        if (rule->times == 0 || rule->verb != call->verb ||
            (rule->step != 0 && rule->step != call->step) ||
            (rule->type != 0 && rule->type != call->type) ||
            (rule->forms != 0 && (rule->forms & 1u << call->form) == 0)) {
            continue;
        }
        if (rule->skip > 0) {
            rule->skip--;
            continue;
        }
        rule->times -= rule->times == KIT_ALWAYS ? 0u : 1u;
        return rule;
    }
    return NULL;
}

static void answer_by_rule(const kit_rule_t *rule, fake_answer_t *answer)
{
    char json[64];
    const char *body = rule->body;
    if (rule->raw != NULL) {
        answer->head_length = (uint32_t)strlen(rule->raw);
        assert_true(answer->head_length < sizeof answer->head);
        memcpy(answer->head, rule->raw, answer->head_length);
        return;
    }
    if (body == NULL) {
        (void)snprintf(json, sizeof json, "{\"errno\":%d,\"error\":\"by rule\"}", (int)rule->code);
        body = json;
    }
    answer->close = rule->close;
    int length = snprintf(answer->head, sizeof answer->head,
                          "HTTP/1.1 %u \r\nContent-Type: application/json\r\n%s%s%u\r\n\r\n%s",
                          rule->status, rule->headers == NULL ? "" : rule->headers,
                          "Content-Length: ", (unsigned)strlen(body), body);
    assert_true(length > 0 && (size_t)length < sizeof answer->head);
    answer->head_length = rule->silent ? 0u : (uint32_t)length;
}

/* The request, once it is whole. */
static bool whole(const char *request, uint32_t length, char *text, size_t size)
{
    if (length >= size) {
        return false;
    }
    memcpy(text, request, length);
    text[length] = '\0';
    const char *body = strstr(text, "\r\n\r\n");
    return body != NULL && strlen(body + 4) >= number_after(text, "Content-Length: ");
}

/* The request with another Range, or none, to the platform. */
static void serve_other_range(kit_t *kit, const kit_rule_t *rule, const kit_call_t *call,
                              const char *text, fake_answer_t *answer)
{
    char other[sizeof kit->request];
    char range[64] = "";
    const char *at = strstr(text, "Range: ");
    size_t before = at == NULL ? strlen(text) - 2u : (size_t)(at - text);
    uint32_t last = call->first + rule->clip - 1u;
    last = rule->clip == 0 || last > call->last ? call->last : last;
    if (!rule->rangeless && at != NULL) {
        (void)snprintf(range, sizeof range, "Range: bytes=%u-%u\r\n", (unsigned)call->first,
                       (unsigned)last);
    }
    (void)snprintf(other, sizeof other, "%.*s%s\r\n", (int)before, text, range);
    (void)fake_south.serve(&kit->platform, other, (uint32_t)strlen(other), answer);
}

static uint32_t serve(void *ctx, const char *request, uint32_t length, fake_answer_t *answer)
{
    kit_t *kit = ctx;
    char text[sizeof kit->request];
    if (!whole(request, length, text, sizeof text)) {
        return 0;
    }
    assert_true(kit->call_count < KIT_CALLS_MAX);
    kit_call_t *call = &kit->calls[kit->call_count++];
    read_call(call, text);
    call->at_ms = kit->board.now_ms;
    call->port = kit->opened_port;
    memcpy(call->address, kit->opened, sizeof call->address);
    memcpy(kit->request, text, sizeof text);
    if (call->verb == FAKE_VERSION) {
        memcpy(kit->version_request, text, sizeof text);
    }
    tell_call(kit, call);
    const kit_rule_t *rule = find_rule(kit, call);
    kit->scripted = rule != NULL;
    if (rule == NULL) {
        return fake_south.serve(&kit->platform, request, length, answer);
    }
    if (rule->rangeless || rule->clip != 0) {
        kit->scripted = false;
        serve_other_range(kit, rule, call, text, answer);
    } else {
        answer_by_rule(rule, answer);
    }
    return length;
}

static void delivered(void *ctx, uint32_t body_bytes, bool all)
{
    kit_t *kit = ctx;
    if (!kit->scripted) {
        fake_south.delivered(&kit->platform, body_bytes, all);
    }
}

const fake_server_t kit_server = {serve, delivered};
