/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The states that ask the platform something and read a JSON answer: version, check, token, progress,
 * downloaded, recheck, doubt, result.
 */
#include <string.h>

#include "dialect.h"
#include "exchange.h"
#include "machine.h"

enum { PHASE_REQUEST = 0, PHASE_ANSWER, PHASE_STORE };

/* ---------------------------------------------------------------- the call */

void machine_learn_time(oneota_t *m, uint64_t now_s)
{
    if (now_s != 0) {
        m->learned_s = now_s;
        m->learned_ms = m->now_ms;
    }
}

/* Now as far as it is known; before that the day of the build, which is earlier than now. What the
 * platform said wins: it is the one that judges `et`. */
static uint64_t unix_now(oneota_t *m)
{
    const oneota_setup_t *setup = m->setup;
    uint64_t seconds = 0;
    if (m->learned_s != 0) {
        uint32_t passed_s = (m->now_ms - m->learned_ms) / 1000u;
        m->learned_s += passed_s;
        m->learned_ms += passed_s * 1000u;
        return m->learned_s;
    }
    if (setup->clock->unix_s != NULL && setup->clock->unix_s(setup->clock_ctx, &seconds)) {
        return seconds;
    }
    return ONEOTA_BUILD_TIME_S;
}

/* The running version of the first image of a type; NULL: there is none. */
static const char *version_of(const oneota_setup_t *setup, uint8_t type)
{
    for (uint8_t n = 0; n < setup->image_count; n++) {
        if (setup->images[n].id.type == type) {
            return setup->images[n].id.version;
        }
    }
    return NULL;
}

void machine_request(oneota_t *m, oneota_call_t call, oneota_request_t *request)
{
    const oneota_setup_t *setup = m->setup;
    memset(request, 0, sizeof *request);
    request->call = (uint8_t)call;
    request->identity = &setup->identity;
    request->host = setup->host != NULL ? setup->host : setup->address;
    request->prefix = setup->prefix;
    request->et_s = unix_now(m) + ONEOTA_ET_S;
    request->f_version = version_of(setup, ONEOTA_FOTA);
    request->s_version = version_of(setup, ONEOTA_SOTA);
    request->image = &setup->images[m->image].id;
    request->handle = m->record.order.handle;
}

static event_t start_call(oneota_t *m, oneota_call_t call, uint8_t step)
{
    const oneota_setup_t *setup = m->setup;
    oneota_request_t request;
    size_t size = 0;
    size_t length = 0;
    machine_request(m, call, &request);
    request.step = step;
    char *room = exchange_room(&m->exchange, &size);
    if (oneota_request_write(setup->dialect, &request, room, size, &length) != ONEOTA_OK) {
        return machine_later(m, ONEOTA_REASON_CONFIG, 0, machine_poll_ms(m));
    }
    exchange_start(&m->exchange, setup->address, setup->port != 0 ? setup->port : 80u,
                   request.host, (uint32_t)length, false, m->now_ms);
    m->body_length = 0;
    m->phase = PHASE_ANSWER;
    return EV_STAY;
}

bool machine_collect(oneota_t *m, const http_body_t *body)
{
    if (body->length > ONEOTA_JSON_BYTES - (size_t)m->body_length) {
        return false;
    }
    memcpy(m->exchange.work + m->body_length, body->data, body->length);
    m->body_length = (uint16_t)(m->body_length + body->length);
    exchange_take(&m->exchange, body->length, m->now_ms);
    return true;
}

/* For the log: what does it look like, if it is not OneNET? Cuts the body short. */
static void log_stranger(oneota_t *m)
{
    char *text = (char *)m->exchange.work;
    size_t length = m->body_length < 48u ? m->body_length : 48u;
    for (size_t n = 0; n < length; n++) {
        text[n] = (text[n] >= 0x20 && text[n] <= 0x7E) ? text[n] : '.';
    }
    text[length] = '\0';
    LOG_ERROR(m, "call: not OneNET?", "body", text, 0);
}

void machine_read_answer(oneota_t *m, oneota_call_t call, oneota_answer_t *answer)
{
    const oneota_head_t *head = &m->exchange.http.head;
    const oneota_reply_t reply = { head->status,        (const char *)m->exchange.work,
                                   m->body_length,      head->retry_after_s,
                                   head->ota_errno };
    uint8_t *arena = m->exchange.work + EXCHANGE_LINE_BYTES;
    size_t arena_bytes = m->exchange.work_bytes - EXCHANGE_LINE_BYTES;
    oneota_answer_read(m->setup->dialect, (uint8_t)call, &reply, arena, arena_bytes, answer);
    static const char *const k_log[ONEOTA_CALL_COUNT] = { "call: version", "call: check",
                                                         "call: token", "call: download",
                                                         "call: report" };
    LOG_INFO(m, k_log[call], "code", NULL, answer->code);
    if (answer->verdict == ONEOTA_VERDICT_PEER) {
        log_stranger(m);
    }
}

bool machine_authorize_again(oneota_t *m, const oneota_answer_t *answer)
{
    if (answer->verdict != ONEOTA_VERDICT_AUTH || has(m, FLAG_AUTH)) {
        clear(m, FLAG_AUTH);
        return false;
    }
    uint64_t date_s = m->exchange.http.head.date_s;
    machine_learn_time(m, answer->now_s != 0 ? answer->now_s : date_s);
    set(m, FLAG_AUTH);
    return true;
}

event_t machine_call(oneota_t *m, oneota_call_t call, uint8_t step, oneota_answer_t *answer)
{
    http_body_t body;
    if (m->phase == PHASE_REQUEST) {
        return start_call(m, call, step);
    }
    switch (exchange_step(&m->exchange, m->now_ms, &body)) {
    case EXCHANGE_WAIT:
        m->sleep_ms = exchange_left_ms(&m->exchange, m->now_ms);
        return EV_STAY;
    case EXCHANGE_BODY:
        if (machine_collect(m, &body)) {
            return EV_STAY;
        }
        exchange_close(&m->exchange);
        m->phase = PHASE_REQUEST;
        return machine_back_off(m, ONEOTA_REASON_PEER, m->exchange.http.head.status);
    case EXCHANGE_END:
        machine_read_answer(m, call, answer);
        m->phase = PHASE_REQUEST;
        return machine_authorize_again(m, answer) ? EV_STAY : EV_DONE;
    case EXCHANGE_FAILED:
        m->phase = PHASE_REQUEST;
        return machine_back_off(m, (oneota_reason_t)m->exchange.reason, m->exchange.code);
    default:
        return EV_STAY;
    }
}

event_t machine_put_off(oneota_t *m, const oneota_answer_t *answer)
{
    oneota_reason_t reason = (oneota_reason_t)answer->reason;
    switch (answer->verdict) {
    case ONEOTA_VERDICT_POSTPONED:
        return machine_later(m, reason, answer->code,
                             m->record.at.stage == STAGE_NONE ? machine_poll_ms(m)
                                                           : machine_interval_ms(m));
    case ONEOTA_VERDICT_AUTH:
    case ONEOTA_VERDICT_CONFIG:
        return machine_later(m, reason, answer->code, machine_poll_ms(m));
    default:
        (void)machine_back_off(m, reason, answer->code);
        if (answer->retry_after_s != 0) {
            m->later_ms = answer->retry_after_s * 1000u;
        }
        return EV_LATER;
    }
}

/* ---------------------------------------------------------------- version, check */

event_t step_version(oneota_t *m)
{
    oneota_answer_t answer;
    event_t event = EV_DONE;
    if (!has(m, FLAG_REPORTED)) {
        event = machine_call(m, ONEOTA_CALL_VERSION, 0, &answer);
        if (event != EV_DONE) {
            return event;
        }
        if (answer.verdict != ONEOTA_VERDICT_OK) {
            return machine_put_off(m, &answer);
        }
        m->failures = 0;
        set(m, FLAG_REPORTED);
    }
    if (has(m, FLAG_UPDATED)) {
        clear(m, FLAG_UPDATED);
        machine_tell(m, ONEOTA_EVENT_UPDATED);
    }
    return has(m, FLAG_CHECK) ? EV_DONE : machine_rest(m);
}

static event_t store_accepted(oneota_t *m)
{
    oneota_error_t error = machine_store_task(m);
    if (error == ONEOTA_AGAIN) {
        return EV_STAY;
    }
    if (error != ONEOTA_OK) {
        return machine_back_off(m, ONEOTA_REASON_STORAGE, 0);
    }
    return EV_DONE;
}

/* A task for this image. A target that runs already is nothing to do: the platform needs the version. */
static event_t take_task(oneota_t *m, const oneota_answer_t *answer)
{
    const oneota_setup_t *setup = m->setup;
    if (strcmp(answer->task.target, setup->images[m->image].id.version) == 0) {
        clear(m, FLAG_REPORTED);
        return EV_NONE;
    }
    record_accept(&m->record, answer, setup->dialect->id, m->image);
    memcpy(m->address, answer->address, sizeof m->address);
    clear(m, FLAG_LIVE | FLAG_RECHECKED | FLAG_DOUBTED | FLAG_ANNOUNCE);
    memset(&m->download, 0, sizeof m->download);
    if (setup->boot->query(setup->boot_ctx, m->image, &m->boot) == ONEOTA_OK) {
        return EV_DONE;
    }
    return machine_back_off(m, ONEOTA_REASON_STORAGE, 0);
}

/* An answer for one image. @return DONE: there is a task; NONE: ask for the next image; LATER */
static event_t judge_check(oneota_t *m, const oneota_answer_t *answer)
{
    switch (answer->verdict) {
    case ONEOTA_VERDICT_OK:
        return take_task(m, answer);
    case ONEOTA_VERDICT_NO_TASK:
        return EV_NONE;
    case ONEOTA_VERDICT_VERSION_FIRST:
        if (!has(m, FLAG_VERSION_FIRST)) {
            set(m, FLAG_VERSION_FIRST | FLAG_CHECK);
            clear(m, FLAG_REPORTED);
        }
        return EV_NONE;
    case ONEOTA_VERDICT_MISMATCH:
        machine_complain(m, (oneota_reason_t)answer->reason, answer->code);
        m->step = 0;
        machine_tell(m, ONEOTA_EVENT_ENDED);
        return EV_NONE;
    default:
        return machine_put_off(m, answer);
    }
}

/* Every image was asked for. */
static event_t end_check(oneota_t *m)
{
    m->image = 0;
    if (!has(m, FLAG_REPORTED)) {
        return EV_ASIDE;
    }
    if (m->later_ms != 0) {
        return EV_LATER;
    }
    m->failures = 0;
    return machine_rest(m);
}

event_t step_check(oneota_t *m)
{
    oneota_answer_t answer;
    if (m->phase == PHASE_STORE) {
        event_t stored = store_accepted(m);
        if (stored == EV_DONE) {
            machine_tell(m, ONEOTA_EVENT_TASK);
        }
        return stored;
    }
    if (has(m, FLAG_CHECK)) {
        clear(m, FLAG_CHECK);
        m->image = 0;
        m->later_ms = 0;
    }
    event_t event = machine_call(m, ONEOTA_CALL_CHECK, 0, &answer);
    if (event != EV_DONE) {
        return event;
    }
    event = judge_check(m, &answer);
    if (event == EV_DONE) {
        m->failures = 0;
        m->phase = PHASE_STORE;
        return EV_STAY;
    }
    m->image++;
    return m->image < m->setup->image_count ? EV_STAY : end_check(m);
}

/* ---------------------------------------------------------------- token, recheck, doubt */

/* The platform does not take the token: ask once whether the task is still the same. */
static event_t doubt_token(oneota_t *m, const oneota_answer_t *answer)
{
    if (has(m, FLAG_RECHECKED)) {
        return machine_over(m, ONEOTA_REASON_OVER, answer->code);
    }
    return EV_RECHECK;
}

event_t step_token(oneota_t *m)
{
    oneota_answer_t answer;
    event_t event = machine_call(m, ONEOTA_CALL_TOKEN, 0, &answer);
    if (event != EV_DONE) {
        return event;
    }
    switch (answer.verdict) {
    case ONEOTA_VERDICT_OK:
        m->failures = 0;
        clear(m, FLAG_RECHECKED);
        if (answer.announce) {
            set(m, FLAG_ANNOUNCE);
        }
        return EV_DONE;
    case ONEOTA_VERDICT_EXPIRED:
    case ONEOTA_VERDICT_WRONG_STATE:
        return doubt_token(m, &answer);
    case ONEOTA_VERDICT_OVER:
    case ONEOTA_VERDICT_FOREIGN:
    case ONEOTA_VERDICT_NO_TASK:
    case ONEOTA_VERDICT_MISMATCH:
        return machine_over(m, ONEOTA_REASON_OVER, answer.code);
    case ONEOTA_VERDICT_CANCELLED:
        return machine_over(m, ONEOTA_REASON_CANCELLED, answer.code);
    default:
        return machine_put_off(m, &answer);
    }
}

/* The same task goes on with its new token; another one, or none, ends this one. */
static event_t judge_recheck(oneota_t *m, const oneota_answer_t *answer)
{
    switch (answer->verdict) {
    case ONEOTA_VERDICT_OK:
        if (record_same_task(&answer->task, &m->record.order.task)) {
            m->record.order.task = answer->task;
            memcpy(m->record.order.handle, answer->handle, sizeof answer->handle);
            memcpy(m->address, answer->address, sizeof m->address);
            set(m, FLAG_RECHECKED);
            m->phase = PHASE_STORE;
            return EV_STAY;
        }
        set(m, FLAG_CHECK);
        return machine_over(m, ONEOTA_REASON_OVER, answer->code);
    case ONEOTA_VERDICT_NO_TASK:
    case ONEOTA_VERDICT_VERSION_FIRST:
    case ONEOTA_VERDICT_MISMATCH:
        return machine_over(m, ONEOTA_REASON_OVER, answer->code);
    default:
        return machine_put_off(m, answer);
    }
}

event_t step_recheck(oneota_t *m)
{
    oneota_answer_t answer;
    if (m->phase == PHASE_STORE) {
        return store_accepted(m);
    }
    event_t event = machine_call(m, ONEOTA_CALL_CHECK, 0, &answer);
    return event == EV_DONE ? judge_recheck(m, &answer) : event;
}

/* ---------------------------------------------------------------- progress, downloaded, result */

static event_t report(oneota_t *m, uint8_t step, oneota_answer_t *answer)
{
    event_t event = machine_call(m, ONEOTA_CALL_REPORT, step, answer);
    if (event == EV_STAY) {
        return event;
    }
    m->step = step;
    m->code = event == EV_DONE ? answer->code : -1;
    machine_tell(m, ONEOTA_EVENT_REPORT);
    return event;
}

/* Whatever comes of it: a progress report is not repeated, and stops nothing. */
event_t step_progress(oneota_t *m)
{
    oneota_answer_t answer;
    return report(m, m->step, &answer) == EV_STAY ? EV_STAY : EV_DONE;
}

event_t step_downloaded(oneota_t *m)
{
    oneota_answer_t answer;
    event_t event = report(m, ONEOTA_STEP_DOWNLOADED, &answer);
    if (event != EV_DONE) {
        return event;
    }
    switch (answer.verdict) {
    case ONEOTA_VERDICT_OK:
        m->failures = 0;
        clear(m, FLAG_RECHECKED);
        return EV_DONE;
    case ONEOTA_VERDICT_EXPIRED:
        return doubt_token(m, &answer);
    case ONEOTA_VERDICT_WRONG_STATE:
    case ONEOTA_VERDICT_OVER:
        return EV_ASIDE;
    case ONEOTA_VERDICT_FOREIGN:
    case ONEOTA_VERDICT_NO_TASK:
        return machine_over(m, ONEOTA_REASON_OVER, answer.code);
    case ONEOTA_VERDICT_CANCELLED:
        return machine_over(m, ONEOTA_REASON_CANCELLED, answer.code);
    default:
        return machine_put_off(m, &answer);
    }
}

event_t step_result(oneota_t *m)
{
    oneota_answer_t answer;
    event_t event = report(m, m->record.at.result, &answer);
    if (event != EV_DONE) {
        return event;
    }
    switch (answer.verdict) {
    case ONEOTA_VERDICT_OK:
    case ONEOTA_VERDICT_EXPIRED:
    case ONEOTA_VERDICT_WRONG_STATE:
    case ONEOTA_VERDICT_OVER:
    case ONEOTA_VERDICT_FOREIGN:
    case ONEOTA_VERDICT_NO_TASK:
    case ONEOTA_VERDICT_CANCELLED:
        m->failures = 0;
        return EV_DONE; /* delivered, or nobody waits for it any more */
    default:
        return machine_put_off(m, &answer);
    }
}
