/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * calls.c: requests and answers of the five calls, for every dialect. Pure: no I/O, no state.
 *
 *     GET /ota/south/check?dev_id=7&manuf=100&model=10001&type=2&version=1.2&cdn=false HTTP/1.1
 *     {"errno":0,"error":"succ","data":{"target":"1.3","token":"ota_...","size":22, ...}}
 */
#include "dialect.h"

#include <string.h>

#include "auth.h"
#include "crypto.h"
#include "json.h"

/* ---------------------------------------------------------------- requests */

/* A text that is missing, or not of its form, could end the line that it stands in. */
static void put_value(text_t *text, const char *value, text_form_t form)
{
    if (value == NULL || !oneota_text_is(value, strlen(value), form)) {
        text->error = ONEOTA_PARAM;
        return;
    }
    if (form == TEXT_VISIBLE) {
        oneota_text_put(text, value);
    } else {
        oneota_text_put_url(text, value);
    }
}

/* The letters of dialect.h and, in this file alone,
 * $f $s versions  $n step */
static void put_letter(text_t *text, char letter)
{
    const oneota_request_t *request = text->from;
    const oneota_image_id_t *image = request->image;
    text_form_t form = TEXT_PRINTABLE;
    const char *value;

    switch (letter) {
    case 'd':
        value = request->identity->device;
        break;
    case 'f':
        value = request->f_version;
        form = TEXT_VERSION;
        break;
    case 'h':
        value = request->handle;
        form = TEXT_HANDLE;
        break;
    case 'm':
        value = image->manuf;
        if (value == NULL) {
            value = image->type == ONEOTA_FOTA ? "000" : "100";
        }
        break;
    case 'n':
        oneota_text_put_number(text, request->step);
        return;
    case 'o':
        value = image->model;
        if (value == NULL) {
            value = image->type == ONEOTA_FOTA ? "00001" : "10001";
        }
        break;
    case 'p':
        value = request->identity->product;
        break;
    case 'w':
        value = request->host;
        form = TEXT_VISIBLE;
        break;
    case 'x':
        value = request->prefix;
        form = TEXT_VISIBLE;
        if (value == NULL || *value == '\0') {
            return;
        }
        break;
    case 's':
        value = request->s_version;
        form = TEXT_VERSION;
        break;
    case 't':
        oneota_text_put_number(text, image->type);
        return;
    default: /* v */
        value = image->version;
        form = TEXT_VERSION;
        break;
    }
    put_value(text, value, form);
}

static void put_range(text_t *text, const oneota_request_t *request)
{
    static const char begin[] = "Range: bytes=";
    const size_t unit = request->range_form == ONEOTA_RANGE_BARE ? sizeof "bytes=" - 1u : 0u;

    /* one byte may not be asked for: a body of one byte is an error code */
    if (request->range_form > ONEOTA_RANGE_NONE || request->first >= request->last) {
        text->error = ONEOTA_PARAM;
    }
    oneota_text_put_bytes(text, begin, sizeof begin - 1u - unit);
    oneota_text_put_number(text, request->first);
    oneota_text_put_bytes(text, "-", 1);
    oneota_text_put_number(text, request->last);
    oneota_text_put(text, "\r\n\r\n");
}

/* NULL: there is no such step */
static const char *body_form(const oneota_request_t *request)
{
    const unsigned step = request->step;

    if (request->call == ONEOTA_CALL_REPORT) {
        return step - 1u < 99u || step - 101u < 7u || step - 201u < 8u ? "{\"step\":$n}" : NULL;
    }
    if (request->f_version == NULL) {
        return "{\"s_version\":\"$s\"}";
    }
    return request->s_version == NULL ? "{\"f_version\":\"$f\"}"
                                      : "{\"f_version\":\"$f\",\"s_version\":\"$s\"}";
}

/* A body has 10 to 71 bytes: the two digits of its length are known when it has been written. */
static void put_body(text_t *text, const oneota_request_t *request)
{
    oneota_text_put(text, "Content-Length: 00\r\n\r\n");
    char *body = text->data + text->length;
    const size_t start = text->length;
    oneota_text_put_form(text, body_form(request));
    const size_t length = text->length - start;
    if (text->error == ONEOTA_OK) {
        body[-6] = (char)('0' + length / 10u);
        body[-5] = (char)('0' + length % 10u);
    }
}

/* All but the range and the body. */
static void put_start(text_t *text, const oneota_dialect_t *dialect,
                      const oneota_request_t *request)
{
    const uint8_t call = request->call;
    const bool posts = call == ONEOTA_CALL_VERSION || call == ONEOTA_CALL_REPORT;
    const bool loads = call == ONEOTA_CALL_DOWNLOAD;

    if (call >= ONEOTA_CALL_COUNT || request->identity == NULL ||
        (call == ONEOTA_CALL_CHECK && (request->image == NULL || request->image->type - 1u > 1u))) {
        text->error = ONEOTA_PARAM;
        return;
    }
    oneota_text_put_form(text, posts ? "POST $x" : "GET $x");
    oneota_text_put_form(text, dialect->root);
    oneota_text_put_form(text, dialect->paths[call]);
    oneota_text_put_form(text, " HTTP/1.1\r\nHost: $w\r\n");
    if (!loads) {
        oneota_text_put(text, "Content-Type: application/json\r\n");
    }
    if (!loads || dialect->signs_download) {
        oneota_text_put(text, "Authorization: ");
        oneota_auth_write(text, request->identity, request->et_s);
        oneota_text_put(text, "\r\n");
    }
}

/* Back to where the last line, the range, begins. */
static void cut_range(text_t *text, size_t length)
{
    static const size_t longest = sizeof "Range: bytes=4294967295-4294967295\r\n\r\n" - 1u;
    size_t at = length - longest;

    if (length > longest && length <= text->size) {
        for (const char *r; (r = memchr(text->data + at, 'R', length - at)) != NULL; at++) {
            at = (size_t)(r - text->data);
            if (memcmp(r - 1, "\nRange:", 7) == 0) {
                text->length = at;
                return;
            }
        }
    }
    text->error = ONEOTA_PARAM;
}

oneota_error_t oneota_request_write(const oneota_dialect_t *dialect,
                                    const oneota_request_t *request, char *buffer, size_t size,
                                    size_t *length)
{
    text_t text = oneota_text_begin(buffer, size);

    text.put = put_letter;
    text.from = request;
    if (request->again && request->call == ONEOTA_CALL_DOWNLOAD && !dialect->signs_download) {
        cut_range(&text, *length);
    } else {
        put_start(&text, dialect, request);
    }
    if (request->call == ONEOTA_CALL_VERSION || request->call == ONEOTA_CALL_REPORT) {
        put_body(&text, request);
    } else if (request->call == ONEOTA_CALL_DOWNLOAD && request->range_form != ONEOTA_RANGE_NONE) {
        put_range(&text, request);
    } else {
        oneota_text_put(&text, "\r\n");
    }
    *length = text.length;
    if (text.error != ONEOTA_OK) {
        *length = 0;
        oneota_crypto_wipe(buffer, size);
    }
    return (oneota_error_t)text.error;
}

/* ---------------------------------------------------------------- answers */

/* Forms of numbers, besides the text_form_t: up to 32 bits, up to 255, below zero too. */
enum { A_NUMBER = TEXT_FORMS, A_BYTE, A_CODE };

/*
 * The members of a task. The upper ones decide what is written into flash, and are taken literally
 * or not at all: a differential package must not pass for an image because its type could not be
 * read. The lower ones are advice, and must not keep a device from its update. A number may be
 * quoted, and a text may be a number. One is whole and not below 0; UINT32_MAX stands for more.
 */
static const struct {
    char name[9];
    uint8_t form;   /* text_form_t, A_NUMBER, A_BYTE */
    uint8_t offset; /* in oneota_answer_t */
    uint8_t worst;  /* json_kind_t with which the task is still usable */
} k_members[] = {
    {"target", TEXT_VERSION, offsetof(oneota_answer_t, task.target), JSON_TEXT},
    {"md5", TEXT_MD5, offsetof(oneota_answer_t, task.md5), JSON_TEXT},
    {"size", A_NUMBER, offsetof(oneota_answer_t, task.size), JSON_TEXT},
    {"type", A_BYTE, offsetof(oneota_answer_t, task.type), JSON_NONE},
    {"signal", A_NUMBER, offsetof(oneota_answer_t, task.signal), JSON_OTHER},
    {"power", A_NUMBER, offsetof(oneota_answer_t, task.power), JSON_OTHER},
    {"retry", A_NUMBER, offsetof(oneota_answer_t, task.retry), JSON_OTHER},
    {"interval", A_NUMBER, offsetof(oneota_answer_t, task.interval_s), JSON_OTHER},
    {"ipPort", TEXT_ADDRESS, offsetof(oneota_answer_t, address), JSON_OTHER},
};

/* UINT32_MAX stands for more, too. false: it is no such number, and *to stays */
static bool read_number(const json_value_t *value, uint8_t form, void *to)
{
    const size_t sign = form == A_CODE && *value->text == '-';
    uint32_t number;

    if (!oneota_text_scan(value->text + sign, value->length - sign, "#", &number)) {
        if (!oneota_text_is(value->text + sign, value->length - sign, TEXT_TASK_ID)) {
            return false;
        }
        number = UINT32_MAX;
    }
    if (form == A_BYTE) {
        if (number > UINT8_MAX) {
            return false;
        }
        *(uint8_t *)to = (uint8_t)number;
        return true;
    }
    if (form == A_CODE && number > INT32_MAX) {
        number = INT32_MAX;
    }
    *(uint32_t *)to = sign != 0 ? 0u - number : number;
    return true;
}

/* Up to 20 digits: from 1 to 2^64-1, and without leading zeros? */
static bool is_u64(const char *digits, size_t length)
{
    return *digits != '0' && (length < 20 || memcmp(digits, "18446744073709551615", 20) <= 0);
}

/* *to is written with JSON_TEXT alone. What is not of the form is JSON_OTHER. */
static json_kind_t read_member(const json_value_t *object, const char *name, uint8_t form, void *to)
{
    json_value_t value;
    const json_kind_t kind = oneota_json_find(object, name, &value);

    if (kind != JSON_TEXT) {
        return kind;
    }
    if (form >= A_NUMBER) {
        return read_number(&value, form, to) ? JSON_TEXT : JSON_OTHER;
    }
    /* a task id may be a number or a string; what else is text, is a string */
    const bool fits =
        form == TEXT_TASK_ID ? is_u64(value.text, value.length) : *value.string != '\0';
    if (!fits || !oneota_text_is(value.text, value.length, (text_form_t)form)) {
        return JSON_OTHER;
    }
    if (form == TEXT_MD5) {
        for (size_t i = 0; i < 16; i++) {
            uint32_t byte;
            (void)oneota_text_read(value.text + 2 * i, 2, 16, &byte);
            ((uint8_t *)to)[i] = (uint8_t)byte;
        }
    } else {
        memcpy(to, value.text, value.length);
    }
    return JSON_TEXT;
}

/* 172.19.3.3 or 172.19.3.3:8002 or name:8002; a port that is missing is added. A name begins with a
 * letter: "127.1", "0x7f000001" and "2130706433" are addresses to many resolvers, and would pass by
 * a look at what is private. */
static bool settle_address(char *address)
{
    char *at = address;
    uint32_t number;

    if (*at >= 'A') { /* in an address, none but letters come after '9' and ':' */
        at += strcspn(at, ":");
    } else {
        for (unsigned part = 0; part < 4u; part++) {
            const size_t digits = oneota_text_read(at, SIZE_MAX, 10, &number);
            if (digits == 0 || number > UINT8_MAX || (digits > 1u && *at == '0')) {
                return false;
            }
            at += digits;
            if (part < 3u && *at++ != '.') {
                return false;
            }
        }
        if (*at == '\0') {
            memcpy(at, ":80", sizeof ":80"); /* such an address leaves room */
            return true;
        }
    }
    return *at++ == ':' && oneota_text_scan(at, strlen(at), "#", &number) &&
           number - 1u < UINT16_MAX;
}

static bool read_task(const json_value_t *data, const oneota_dialect_t *dialect,
                      oneota_answer_t *answer)
{
    oneota_task_t *task = &answer->task;

    task->type = 1;
    task->signal = task->power = -1;
    for (size_t i = 0; i < sizeof k_members / sizeof k_members[0]; i++) {
        if (read_member(data, k_members[i].name, k_members[i].form,
                        (char *)answer + k_members[i].offset) > k_members[i].worst) {
            return false;
        }
    }
    if (task->type != 1u && task->type != 2u) {
        return false;
    }
    if ((uint32_t)task->power > 100u) {
        task->power = -1;
    }
    if (!settle_address(answer->address)) {
        memset(answer->address, 0, sizeof answer->address);
    }
    return read_member(data, dialect->names[DIALECT_HANDLE], dialect->handle_form,
                       answer->handle) == JSON_TEXT;
}

static void conclude(oneota_answer_t *answer, uint8_t verdict, uint8_t reason, int32_t code)
{
    answer->verdict = verdict;
    answer->reason = reason;
    answer->code = code;
}

static void look_up(const oneota_dialect_t *dialect, unsigned in, int32_t code,
                    oneota_answer_t *answer)
{
    const dialect_code_t *known = dialect->codes;

    while (known->calls != 0 && ((int32_t)known->code != code || (known->calls & in) == 0)) {
        known++;
    }
    conclude(answer, known->verdict, known->reason, code);
}

/* {"errno":12,"error":"..."} */
static void judge_text(uint8_t call, const char *text, oneota_answer_t *answer)
{
    const char *now = strstr(text, "now=");
    uint32_t now_s = 0;

    if (now != NULL) {
        (void)oneota_text_read(now + 4, SIZE_MAX, 10, &now_s);
        answer->now_s = now_s;
    }
    /* no document has a number for this refusal of a report, only its text */
    if (call == ONEOTA_CALL_REPORT && answer->reason == ONEOTA_REASON_UNKNOWN &&
        strstr(text, "invalid state") != NULL) {
        answer->verdict = ONEOTA_VERDICT_WRONG_STATE;
        answer->reason = ONEOTA_REASON_OVER;
    }
}

/* {"errno":0,"error":"succ","data":{...}} */
static bool read_data(const oneota_dialect_t *dialect, uint8_t call, const json_value_t *data,
                      oneota_answer_t *answer)
{
    uint32_t status;

    if (call == ONEOTA_CALL_CHECK) {
        return read_task(data, dialect, answer);
    }
    if (call == ONEOTA_CALL_TOKEN && dialect->announce_state != 0) {
        if (read_member(data, "status", A_NUMBER, &status) != JSON_TEXT) {
            return false;
        }
        look_up(dialect, DIALECT_IN_STATE, (int32_t)status, answer);
        answer->announce = status == dialect->announce_state;
    }
    return call != ONEOTA_CALL_DOWNLOAD;
}

/* false: this is not what OneNET says */
static bool judge_body(const oneota_dialect_t *dialect, uint8_t call, const json_value_t *root,
                       oneota_answer_t *answer)
{
    json_value_t member;
    int32_t code;

    if (read_member(root, dialect->names[DIALECT_CODE], A_CODE, &code) != JSON_TEXT) {
        return false;
    }
    if (code != 0) {
        look_up(dialect, DIALECT_IN(call), code, answer);
        (void)oneota_json_find(root, dialect->names[DIALECT_TEXT], &member);
        judge_text(call, member.string, answer);
        return true;
    }
    (void)oneota_json_find(root, "data", &member);
    if (!read_data(dialect, call, &member, answer)) {
        memset((char *)answer + offsetof(oneota_answer_t, task), 0,
               sizeof *answer - offsetof(oneota_answer_t, task));
        conclude(answer, ONEOTA_VERDICT_UNUSABLE, ONEOTA_REASON_ANSWER, 0);
    }
    return true;
}

/* No code in the answer: all there is is the HTTP status. */
static void judge_status(uint16_t status, oneota_answer_t *answer)
{
    if (status == 401 || status == 403) {
        conclude(answer, ONEOTA_VERDICT_AUTH, ONEOTA_REASON_AUTH, status);
    } else if (status == 429 || (status >= 500 && status <= 599)) {
        conclude(answer, ONEOTA_VERDICT_LATER, ONEOTA_REASON_SERVER, status);
    } else {
        conclude(answer, ONEOTA_VERDICT_PEER, ONEOTA_REASON_PEER, status);
    }
}

/* The Ota-Errno header, or a body of one digit; else -1. */
static int32_t download_code(const oneota_reply_t *reply)
{
    if (reply->ota_errno > 0) {
        return reply->ota_errno;
    }
    return reply->body_length == 1 && reply->body[0] >= '0' && reply->body[0] <= '9'
               ? reply->body[0] - '0'
               : -1;
}

void oneota_answer_read(const oneota_dialect_t *dialect, uint8_t call, const oneota_reply_t *reply,
                        void *work, size_t work_bytes, oneota_answer_t *answer)
{
    const unsigned hundreds = reply->status / 100u;
    json_value_t root;

    memset(answer, 0, sizeof *answer);
    answer->retry_after_s = reply->retry_after_s;
    if (call >= ONEOTA_CALL_COUNT || (hundreds != 2 && hundreds != 4 && hundreds != 5)) {
        judge_status(reply->status, answer);
    } else if (call == ONEOTA_CALL_DOWNLOAD && download_code(reply) >= 0) {
        look_up(dialect, DIALECT_IN_OTA_ERRNO, download_code(reply), answer);
    } else if (!oneota_json_parse(reply->body, reply->body_length, work, work_bytes, &root) ||
               !judge_body(dialect, call, &root, answer)) {
        judge_status(reply->status, answer);
    }
}
