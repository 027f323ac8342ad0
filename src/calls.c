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

#define VALUE_MAX 255u /* characters of a host, a prefix, an id */
#define BODY_MAX  80u  /* {"f_version":"<20>","s_version":"<20>"} is 71 */

/* The text, if it is there and within set and length; else NULL. */
static const char *text_in(const char *text, text_set_t set, size_t max)
{
    return text != NULL && text_is(text, strlen(text), set, 1, max) ? text : NULL;
}

static const char *image_value(const oneota_image_id_t *image, char letter)
{
    if (image == NULL || (image->type != ONEOTA_FOTA && image->type != ONEOTA_SOTA)) {
        return NULL;
    }
    const bool fota = image->type == ONEOTA_FOTA;
    switch (letter) {
    case 't':
        return fota ? "1" : "2";
    case 'v':
        return text_in(image->version, TEXT_VERSION, ONEOTA_VERSION_MAX);
    case 'm':
        return image->manuf != NULL ? image->manuf : fota ? "000" : "100";
    default: /* o */
        return image->model != NULL ? image->model : fota ? "00001" : "10001";
    }
}

static const char *request_value(const oneota_request_t *request, char letter)
{
    switch (letter) {
    case 'p':
        return request->identity->product;
    case 'd':
        return request->identity->device;
    case 'f':
        return text_in(request->f_version, TEXT_VERSION, ONEOTA_VERSION_MAX);
    case 's':
        return text_in(request->s_version, TEXT_VERSION, ONEOTA_VERSION_MAX);
    default:
        return image_value(request->image, letter);
    }
}

/* As it is. Neither blanks nor control characters: it cannot end the line that it stands in. */
static bool put_plain(text_t *text, const char *value, text_set_t set, size_t max)
{
    if (text_in(value, set, max) == NULL) {
        return false;
    }
    text_put(text, value);
    return true;
}

static bool put_value(text_t *text, char letter, const oneota_request_t *request)
{
    const char *value;

    switch (letter) {
    case 'A':
        return auth_write(text, request->identity, request->et_s) == ONEOTA_OK;
    case 'H':
        return put_plain(text, request->host, TEXT_VISIBLE, VALUE_MAX);
    case 'P':
        value = request->prefix;
        return value == NULL || *value == '\0' || put_plain(text, value, TEXT_VISIBLE, VALUE_MAX);
    case 'h':
        return put_plain(text, request->handle, TEXT_HANDLE, ONEOTA_HANDLE_MAX);
    case 'N':
        text_put_number(text, request->step);
        return true;
    case 'B':
        text_put_number(text, request->first);
        return true;
    case 'E':
        text_put_number(text, request->last);
        return true;
    default:
        value = text_in(request_value(request, letter), TEXT_PRINTABLE, VALUE_MAX);
        if (value == NULL) {
            return false;
        }
        text_put_url(text, value);
        return true;
    }
}

/* Writes a form, in which $ and a letter stand for a value: those of dialect.h, and $f $s versions,
 * $A Authorization, $H host, $P prefix, $N step, $B $E begin and end of the range.
 * false: a value is missing or wrong, or there is no form for what was asked. */
static bool put_form(text_t *text, const char *form, const oneota_request_t *request)
{
    if (form == NULL) {
        return false;
    }
    for (;;) {
        const char *run = form;
        while (*form != '$' && *form != '\0') {
            form++;
        }
        text_put_bytes(text, run, (size_t)(form - run));
        if (*form == '\0') {
            return true;
        }
        if (!put_value(text, form[1], request)) {
            return false;
        }
        form += 2;
    }
}

/* What follows the headers that all requests have, when there is no body. */
static const char *end_form(const oneota_request_t *request)
{
    if (request->call != ONEOTA_CALL_DOWNLOAD || request->range_form == ONEOTA_RANGE_NONE) {
        return "\r\n\r\n";
    }
    /* one byte may not be asked for: a body of one byte is an error code */
    if (request->range_form > ONEOTA_RANGE_NONE || request->first >= request->last) {
        return NULL;
    }
    return request->range_form == ONEOTA_RANGE_BARE ? "\r\nRange: $B-$E\r\n\r\n"
                                                    : "\r\nRange: bytes=$B-$E\r\n\r\n";
}

static const char *body_form(const oneota_request_t *request)
{
    /* 1 to 99, 101 to 107, 201 to 208 */
    static const uint8_t k_last[] = {99, 7, 8};

    if (request->call == ONEOTA_CALL_REPORT) {
        return request->step % 100u - 1u < k_last[request->step / 100u] ? "{\"step\":$N}" : NULL;
    }
    if (request->f_version == NULL) {
        return "{\"s_version\":\"$s\"}";
    }
    return request->s_version == NULL ? "{\"f_version\":\"$f\"}"
                                      : "{\"f_version\":\"$f\",\"s_version\":\"$s\"}";
}

static bool put_body(text_t *text, const oneota_request_t *request)
{
    char data[BODY_MAX];
    text_t body = text_begin(data, sizeof data);

    if (!put_form(&body, body_form(request), request)) {
        return false;
    }
    text_put(text, "\r\nContent-Length: ");
    text_put_number(text, body.length);
    text_put(text, "\r\n\r\n");
    text_put_bytes(text, data, body.length);
    return true;
}

/* false: something is missing, or of a wrong form */
static bool put_request(text_t *text, const oneota_dialect_t *dialect,
                        const oneota_request_t *request)
{
    const uint8_t call = request->call;
    const bool posts = call == ONEOTA_CALL_VERSION || call == ONEOTA_CALL_REPORT;
    const bool loads = call == ONEOTA_CALL_DOWNLOAD;

    if (call >= ONEOTA_CALL_COUNT || request->identity == NULL) {
        return false;
    }
    const char *const forms[] = {
        posts ? "POST $P" : "GET $P",
        dialect->root,
        dialect->paths[call],
        " HTTP/1.1\r\nHost: $H",
        loads ? "" : "\r\nContent-Type: application/json",
        loads && !dialect->signs_download ? "" : "\r\nAuthorization: $A",
        posts ? "" : end_form(request),
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (!put_form(text, forms[i], request)) {
            return false;
        }
    }
    return !posts || put_body(text, request);
}

oneota_error_t oneota_request_write(const oneota_dialect_t *dialect,
                                    const oneota_request_t *request, char *buffer, size_t size,
                                    size_t *length)
{
    if (dialect == NULL || request == NULL || buffer == NULL || length == NULL) {
        return ONEOTA_PARAM;
    }
    text_t text = text_begin(buffer, size);
    const bool sound = put_request(&text, dialect, request);
    if (sound && !text.overflow) {
        *length = text.length;
        return ONEOTA_OK;
    }
    crypto_wipe(buffer, size);
    *length = 0;
    return sound ? ONEOTA_LIMIT : ONEOTA_PARAM;
}

/* ---------------------------------------------------------------- answers */

/*
 * What is made of a member of a task that is not as it should be:
 *
 *     member           missing, null   type, character or length    number out of range
 *     target, handle   unusable        unusable                     -
 *     md5              unusable        unusable                     -
 *     size             unusable        unusable, as is a fraction   < 0 unusable; > 2^32-1 2^32-1
 *     type             1, full         unusable                     < 0, > 255 unusable
 *     signal           none given      none given                   < 0, > 2^31-1 none given
 *     power            none given      none given                   < 0, > 100 none given
 *     retry, interval  0               0                            < 0 0; > 2^32-1 2^32-1
 *     ipPort           none            none                         a port not in 1 to 65535: none
 *
 * A number may be quoted; "1e3" and "1.0" are none; from 2^63 on, it is as one of another type.
 * The upper half decides what is written into flash, and is taken literally or not at all: a
 * differential package must not pass for an image because its type could not be read. The lower
 * half is advice, and must not keep a device from its update.
 */
enum {
    FIELD_CODE = DIALECT_CODE,
    FIELD_TEXT = DIALECT_TEXT,
    FIELD_HANDLE = DIALECT_HANDLE,
    FIELD_TARGET,
    FIELD_MD5,
    FIELD_SIZE,
    FIELD_TYPE,
    FIELD_STATUS,
    FIELD_SIGNAL,
    FIELD_POWER,
    FIELD_RETRY,
    FIELD_INTERVAL,
    FIELD_ADDRESS,
    FIELD_COUNT
};

#define TEXT_MAX   95u /* request has expired:expire=1537255523,now=1700000000 */
#define MD5_DIGITS 32u

typedef struct {
    oneota_task_t task;
    char handle[ONEOTA_HANDLE_MAX + 1];
    char address[ONEOTA_ADDRESS_MAX + 1];
    int64_t code, size, type, status, signal, power, retry, interval;
    char text[TEXT_MAX + 1];
    char md5[MD5_DIGITS + 1];
    uint8_t states[FIELD_COUNT]; /* json_state_t */
} values_t;

typedef struct {
    const char *name; /* NULL: the dialect's */
    uint16_t offset;  /* in values_t */
    uint8_t max;      /* characters of a text; 0: a whole number */
    uint8_t set;      /* text_set_t */
} field_t;

static const field_t k_fields[FIELD_COUNT] = {
    [FIELD_CODE] = {NULL, offsetof(values_t, code), 0, 0},
    [FIELD_TEXT] = {NULL, offsetof(values_t, text), TEXT_MAX, TEXT_PRINTABLE},
    [FIELD_HANDLE] = {NULL, offsetof(values_t, handle), ONEOTA_HANDLE_MAX, TEXT_HANDLE},
    [FIELD_TARGET] = {"target", offsetof(values_t, task.target), ONEOTA_VERSION_MAX, TEXT_VERSION},
    [FIELD_MD5] = {"md5", offsetof(values_t, md5), MD5_DIGITS, TEXT_HEX},
    [FIELD_SIZE] = {"size", offsetof(values_t, size), 0, 0},
    [FIELD_TYPE] = {"type", offsetof(values_t, type), 0, 0},
    [FIELD_STATUS] = {"status", offsetof(values_t, status), 0, 0},
    [FIELD_SIGNAL] = {"signal", offsetof(values_t, signal), 0, 0},
    [FIELD_POWER] = {"power", offsetof(values_t, power), 0, 0},
    [FIELD_RETRY] = {"retry", offsetof(values_t, retry), 0, 0},
    [FIELD_INTERVAL] = {"interval", offsetof(values_t, interval), 0, 0},
    [FIELD_ADDRESS] = {"ipPort", offsetof(values_t, address), ONEOTA_ADDRESS_MAX, TEXT_HOST},
};

/* false: not JSON, or no code in it */
static bool read_values(const oneota_dialect_t *dialect, const oneota_reply_t *reply, void *work,
                        size_t work_bytes, values_t *values)
{
    json_field_t fields[FIELD_COUNT];

    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const field_t *from = &k_fields[i];
        const bool number = from->max == 0;
        json_field_t *to = &fields[i];
        to->parent = "data";
        to->name = from->name;
        to->kind = number ? JSON_INTEGER : JSON_TEXT;
        to->set = from->set;
        to->offset = from->offset;
        to->min = number ? 0 : 1;
        to->max = number ? INT64_MAX : from->max;
    }
    for (size_t i = 0; i < DIALECT_NAMES; i++) {
        fields[i].name = dialect->names[i];
    }
    fields[FIELD_CODE].parent = NULL;
    fields[FIELD_CODE].min = INT64_MIN;
    fields[FIELD_TEXT].parent = NULL;
    fields[FIELD_HANDLE].set = dialect->handle_set;
    memset(values, 0, sizeof *values);
    values->type = 1;
    values->signal = -1;
    values->power = -1;
    return json_read(reply->body, reply->body_length, work, work_bytes, fields, FIELD_COUNT, values,
                     values->states) == ONEOTA_OK &&
           values->states[FIELD_CODE] == JSON_GOOD;
}

/* 172.19.3.3 or 172.19.3.3:8002 or name:8002; a port that is missing is added. A name whose last
 * label does not begin with a letter is none: "127.1", "0x7f000001" and "2130706433" are addresses
 * to many resolvers, and would pass by a look at what is private. */
static bool settle_address(char *address)
{
    char *at = address;
    size_t length;
    uint64_t number;
    unsigned labels = 0;
    bool numbers = true, name;

    do {
        length = strcspn(at, ".:");
        numbers = numbers && text_to_u64(at, length, &number) && number <= UINT8_MAX &&
                  (length == 1 || *at != '0');
        name = (*at | 0x20) >= 'a' && (*at | 0x20) <= 'z';
        labels++;
        at += length;
    } while (*at++ == '.');

    numbers = numbers && labels == 4;
    if (at[-1] == '\0') {
        memcpy(at - 1, ":80", numbers ? sizeof ":80" : 0); /* an IPv4 address leaves room */
        return numbers;
    }
    return (numbers || name) && text_to_u64(at, strlen(at), &number) && number >= 1 &&
           number <= UINT16_MAX;
}

static uint32_t saturate(int64_t number)
{
    return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

/* 0 to max, or -1: none is given, or none that means anything. */
static int32_t within(int64_t number, uint32_t max)
{
    const uint32_t announced = saturate(number);
    return announced > max ? -1 : (int32_t)announced;
}

static bool take_task(values_t *values, oneota_answer_t *to)
{
    oneota_task_t *task = &values->task;

    for (size_t i = FIELD_HANDLE; i <= FIELD_SIZE; i++) {
        if (values->states[i] != JSON_GOOD) {
            return false;
        }
    }
    /* a shorter one ends in zeros, which are no digits */
    if (values->states[FIELD_TYPE] == JSON_WRONG || values->type > UINT8_MAX ||
        !text_to_bytes(values->md5, MD5_DIGITS, task->md5, sizeof task->md5)) {
        return false;
    }
    if (settle_address(values->address)) {
        memcpy(to->address, values->address, sizeof to->address);
    }
    task->size = saturate(values->size);
    task->type = (uint8_t)values->type;
    task->signal = within(values->signal, INT32_MAX);
    task->power = within(values->power, 100);
    task->retry = saturate(values->retry);
    task->interval_s = saturate(values->interval);
    to->task = *task;
    memcpy(to->handle, values->handle, sizeof to->handle);
    return true;
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
static void judge_code(const oneota_dialect_t *dialect, uint8_t call, const values_t *values,
                       oneota_answer_t *answer)
{
    const bool fits = values->code >= INT32_MIN && values->code <= INT32_MAX;
    const char *now = strstr(values->text, "now=");

    look_up(dialect, DIALECT_IN(call), fits ? (int32_t)values->code : INT32_MAX, answer);
    /* no document has a number for this refusal of a report, only its text */
    if (call == ONEOTA_CALL_REPORT && answer->reason == ONEOTA_REASON_UNKNOWN &&
        strstr(values->text, "invalid state") != NULL) {
        answer->verdict = ONEOTA_VERDICT_WRONG_STATE;
        answer->reason = ONEOTA_REASON_OVER;
    }
    if (now != NULL) {
        now += 4;
        (void)text_to_u64(now, strspn(now, "0123456789"), &answer->now_s);
    }
}

/* {"errno":0,"error":"succ","data":{...}} */
static void judge_success(const oneota_dialect_t *dialect, uint8_t call, values_t *values,
                          oneota_answer_t *answer)
{
    bool usable = call != ONEOTA_CALL_DOWNLOAD;

    if (call == ONEOTA_CALL_CHECK) {
        usable = take_task(values, answer);
    } else if (call == ONEOTA_CALL_TOKEN && dialect->announce_state != 0) {
        usable = values->states[FIELD_STATUS] == JSON_GOOD;
        look_up(dialect, DIALECT_IN_STATE, within(values->status, INT32_MAX), answer);
        answer->announce = values->status == dialect->announce_state;
    }
    if (!usable) {
        conclude(answer, ONEOTA_VERDICT_UNUSABLE, ONEOTA_REASON_ANSWER, 0);
    }
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
    values_t values;

    memset(answer, 0, sizeof *answer);
    answer->retry_after_s = reply->retry_after_s;
    if (call >= ONEOTA_CALL_COUNT || (hundreds != 2 && hundreds != 4 && hundreds != 5)) {
        judge_status(reply->status, answer);
    } else if (call == ONEOTA_CALL_DOWNLOAD && download_code(reply) >= 0) {
        look_up(dialect, DIALECT_IN_OTA_ERRNO, download_code(reply), answer);
    } else if (!read_values(dialect, reply, work, work_bytes, &values)) {
        judge_status(reply->status, answer);
    } else if (values.code != 0) {
        judge_code(dialect, call, &values, answer);
    } else {
        judge_success(dialect, call, &values, answer);
    }
}
