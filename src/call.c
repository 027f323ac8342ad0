/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * One call to the platform, from request to what its answer means for the state that asked.
 */
#include <string.h>

#include "budget.h"
#include "dialect.h"
#include "exchange.h"
#include "machine.h"
#include "text.h"

enum { PHASE_REQUEST = 0, PHASE_ANSWER };

/* No server makes this device sign for a time that is further away. */
#define LEARNED_MAX_S (ONEOTA_BUILD_TIME_S + 10u * 365u * 86400u)

/* ---------------------------------------------------------------- what an answer means */

enum {
    OFF = 0, /* no answer to the question: ask again later */
    GOOD,
    NONE,
    OVER,    /* the task is over */
    DOUBT,   /* the token is refused: once, see whether the task is still the same */
    ASIDE,   /* something else first */
    REFUSED, /* the file is refused: once, see whether the task is still ours; then 107 */
    FAILS,   /* the file cannot be had: 107 */
    ATTEMPT  /* one attempt came to nothing */
};

/* In the order of oneota_verdict_t: OK, no task, later, postponed, authorization, configuration,
 * mismatch, version first, expired, wrong state, over, foreign, cancelled, package, package
 * later, recheck, unusable, peer. A result counts as delivered when nobody waits for it any
 * more. */
/* clang-format off */
static const uint8_t k_means[ASK_COUNT][ONEOTA_VERDICT_COUNT] = {
    [ASK_VERSION]    = {GOOD},
    [ASK_CHECK]      = {GOOD, NONE, OFF, OFF, OFF, OFF, OVER, ASIDE},
    [ASK_RECHECK]    = {GOOD, OVER, OFF, OFF, OFF, OFF, OVER, OVER},
    [ASK_TOKEN]      = {GOOD, OVER, OFF, OFF, OFF, OFF, OVER, OFF, DOUBT, DOUBT, OVER, OVER,
                        OVER},
    [ASK_DOWNLOADED] = {GOOD, OVER, OFF, OFF, OFF, OFF, OFF, OFF, DOUBT, ASIDE, ASIDE, OVER,
                        OVER},
    [ASK_RESULT]     = {GOOD, GOOD, OFF, OFF, OFF, OFF, OFF, OFF, GOOD, GOOD, GOOD, GOOD, GOOD},
    [ASK_DOWNLOAD]   = {ATTEMPT, OVER, ATTEMPT, OFF, OFF, ATTEMPT, ATTEMPT, ATTEMPT, REFUSED,
                        REFUSED, OVER, OVER, OVER, FAILS, ATTEMPT, REFUSED, ATTEMPT, ATTEMPT},
};
/* clang-format on */

static event_t put_off(oneota_t *m, const oneota_answer_t *answer)
{
    uint32_t ms = answer->retry_after_s * 1000u;
    uint32_t least_ms;
    if (answer->verdict == ONEOTA_VERDICT_AUTH || answer->verdict == ONEOTA_VERDICT_CONFIG) {
        least_ms = oneota_machine_poll_ms(m);
    } else {
        least_ms = oneota_machine_backoff_ms(m);
        if (answer->verdict == ONEOTA_VERDICT_POSTPONED) {
            ms = m->record.at.stage == STAGE_NONE ? oneota_machine_poll_ms(m)
                                                  : oneota_machine_interval_ms(m);
        }
    }
    ms = ms > least_ms ? ms : least_ms; /* later, if it says so, but never sooner */
    return oneota_machine_later(m, (oneota_reason_t)answer->reason, answer->code, ms);
}

event_t oneota_machine_judge(oneota_t *m, ask_t who, const oneota_answer_t *answer)
{
    uint8_t means = k_means[who][answer->verdict];
    switch (means) {
    case GOOD:
        m->failures = 0;
        return EV_DONE;
    case NONE:
    case ATTEMPT:
        return EV_NONE;
    case ASIDE:
        return EV_ASIDE;
    case DOUBT:
        if (!m->rechecked) {
            return EV_RECHECK;
        }
        break;
    case REFUSED:
        if (!m->doubted) {
            m->doubted = true;
            return EV_RECHECK;
        }
        return oneota_machine_fail(m, ONEOTA_STEP_UNKNOWN, ONEOTA_REASON_PACKAGE, answer->code);
    case FAILS:
        return oneota_machine_fail(m, ONEOTA_STEP_UNKNOWN, ONEOTA_REASON_PACKAGE, answer->code);
    case OVER:
        break;
    default:
        return put_off(m, answer);
    }
    return oneota_machine_over(
        m,
        answer->reason == ONEOTA_REASON_NONE ? ONEOTA_REASON_OVER : (oneota_reason_t)answer->reason,
        answer->code);
}

/* ---------------------------------------------------------------- the request */

/* Now as far as it is known; before that the day of the build, which is earlier than now. What the
 * platform said wins: it is the one that judges `et`. */
static uint64_t unix_now(oneota_t *m)
{
    const oneota_clock_t *clock = m->setup->clock;
    uint64_t seconds = 0;
    bool known = clock->unix_s != NULL && clock->unix_s(m->setup->clock_ctx, &seconds);
    if (m->clock_s != 0 && (!known || m->authorized_again)) {
        return m->clock_s;
    }
    return known ? seconds : ONEOTA_BUILD_TIME_S;
}

/* The running versions: of each type the first image's. */
static void fill_versions(const oneota_setup_t *setup, oneota_request_t *request)
{
    for (uint8_t n = setup->image_count; n > 0; n--) {
        const oneota_image_id_t *id = &setup->images[n - 1u].id;
        if (id->type == ONEOTA_FOTA) {
            request->f_version = id->version;
        } else {
            request->s_version = id->version;
        }
    }
}

void oneota_machine_request(oneota_t *m, oneota_call_t call, oneota_request_t *request)
{
    const oneota_setup_t *setup = m->setup;
    memset(request, 0, sizeof *request);
    request->call = (uint8_t)call;
    request->identity = &setup->identity;
    request->host = setup->host != NULL ? setup->host : setup->address;
    request->prefix = setup->prefix;
    if (call != ONEOTA_CALL_DOWNLOAD || setup->dialect->signs_download) {
        request->et_s = unix_now(m) + ONEOTA_ET_S;
    }
    if (call == ONEOTA_CALL_VERSION) {
        fill_versions(setup, request);
    }
    request->image = &setup->images[m->image].id;
    request->handle = m->record.order.handle;
}

event_t oneota_machine_ask(oneota_t *m, const oneota_request_t *request, const char *address,
                           uint16_t port)
{
    size_t size = 0;
    size_t length = m->exchange.request_length;
    char *room = oneota_exchange_room(&m->exchange, &size);
    if (oneota_request_write(m->setup->dialect, request, room, size, &length) != ONEOTA_OK) {
        return oneota_machine_later(m, ONEOTA_REASON_CONFIG, 0, oneota_machine_poll_ms(m));
    }
    const char *name = m->setup->server_name;
    oneota_exchange_start(&m->exchange, address, port, name != NULL ? name : m->setup->address,
                          (uint32_t)length, request->call == ONEOTA_CALL_DOWNLOAD, m->now_ms);
    m->phase = PHASE_ANSWER;
    return EV_STAY;
}

uint16_t oneota_machine_port(const oneota_t *m)
{
    return m->setup->port != 0 ? m->setup->port : 80u;
}

/* ---------------------------------------------------------------- the answer */

exchange_event_t oneota_machine_exchange(oneota_t *m, http_body_t *body)
{
    exchange_event_t event = oneota_exchange_step(&m->exchange, m->now_ms, body);
    if (event == EXCHANGE_WAIT) {
        m->sleep_ms = oneota_exchange_left_ms(&m->exchange, m->now_ms);
    }
    return event;
}

/* A body that is too long is not read to its end. It is no answer; its beginning tells whose it
 * is. */
exchange_event_t oneota_machine_read_text(oneota_t *m)
{
    http_body_t body;
    exchange_event_t event = oneota_machine_exchange(m, &body);
    if (event != EXCHANGE_BODY) {
        return event;
    }
    return oneota_exchange_keep(&m->exchange, &body, m->now_ms) ? event : EXCHANGE_END;
}

#if ONEOTA_LOG_LEVEL >= 1
#define SHOWN_MAX 48u /* bytes of a body in the log */
#define WORD_MAX  12u

/* A token or a signature is a long word. Whoever is not OneNET may say back what it was asked; and
 * an answer of OneNET that was cut off is not OneNET's any more. */
static void hide_words(char *text, size_t length)
{
    size_t start = 0;
    for (size_t n = 0; n < length; n++) {
        if (!oneota_text_is(text + n, 1, TEXT_HANDLE) && strchr("+/=%", text[n]) == NULL) {
            start = n + 1u;
        } else if (n - start >= WORD_MAX || n + 1u == SHOWN_MAX) {
            memset(text + start, '*', n + 1u - start);
        }
    }
}

/* What does it look like, if it is not OneNET? Cuts the body short. */
static void log_stranger(oneota_t *m)
{
    char *text = (char *)m->exchange.work;
    size_t length = m->exchange.text_length < SHOWN_MAX ? m->exchange.text_length : SHOWN_MAX;
    for (size_t n = 0; n < length; n++) {
        text[n] = (text[n] >= 0x20 && text[n] <= 0x7E) ? text[n] : '.';
    }
    hide_words(text, length);
    text[length] = '\0';
    LOG_ERROR(m, "call: not OneNET?", "body", text, 0);
}

static void log_answer(oneota_t *m, oneota_call_t call, const oneota_answer_t *answer)
{
    static const char *const k_what[ONEOTA_CALL_COUNT] = {
        "call: version", "call: check", "call: token", "call: download", "call: report"};
    oneota_machine_log(m, ONEOTA_LOG_INFO, k_what[call], "code", NULL, answer->code);
    if (answer->verdict == ONEOTA_VERDICT_PEER) {
        log_stranger(m);
    }
}
#else
#define log_answer(m, call, answer) ((void)0)
#endif

/* A refused Authorization is made anew once, with the platform's own clock. */
static bool authorize_again(oneota_t *m, const oneota_answer_t *answer)
{
    uint64_t now_s = answer->now_s != 0 ? answer->now_s : m->exchange.http.head.date_s;
    if (answer->verdict != ONEOTA_VERDICT_AUTH || m->authorized_again) {
        m->authorized_again = false;
        return false;
    }
    if (now_s != 0 && now_s < LEARNED_MAX_S) {
        m->clock_s = (uint32_t)now_s;
    }
    m->authorized_again = true;
    return true;
}

bool oneota_machine_read_answer(oneota_t *m, oneota_call_t call, oneota_answer_t *answer)
{
    const oneota_head_t *head = &m->exchange.http.head;
    uint8_t *work = m->exchange.work;
    oneota_reply_t reply;
    oneota_exchange_forget(&m->exchange);
    reply.status = head->status;
    reply.body = (const char *)work;
    reply.body_length = m->exchange.text_length;
    reply.retry_after_s = head->retry_after_s;
    reply.ota_errno = head->ota_errno;
    oneota_answer_read(m->setup->dialect, (uint8_t)call, &reply, work + ONEOTA_JSON_BYTES,
                       m->exchange.work_bytes - ONEOTA_JSON_BYTES, answer);
    log_answer(m, call, answer);
    m->phase = PHASE_REQUEST;
    return !authorize_again(m, answer);
}

event_t oneota_machine_call(oneota_t *m, oneota_call_t call, uint8_t step, ask_t who,
                            oneota_answer_t *answer)
{
    if (m->phase == PHASE_REQUEST) {
        oneota_request_t request;
        oneota_reason_t reason = oneota_budget_request(&m->spent, false);
        if (reason != ONEOTA_REASON_NONE &&
            who != ASK_RESULT) { /* what ended is told; and what came */
            return oneota_machine_over_budget(m, reason);
        }
        oneota_machine_request(m, call, &request);
        request.step = step;
        return oneota_machine_ask(m, &request, m->setup->address, oneota_machine_port(m));
    }
    switch (oneota_machine_read_text(m)) {
    case EXCHANGE_END:
        return oneota_machine_read_answer(m, call, answer) ? oneota_machine_judge(m, who, answer)
                                                           : EV_STAY;
    case EXCHANGE_FAILED:
        m->authorized_again = false;
        return oneota_machine_back_off(m, (oneota_reason_t)m->exchange.reason, m->exchange.code);
    default:
        return EV_STAY;
    }
}
