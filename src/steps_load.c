/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The states that bring the package into the slot: gate, prefix, download.
 */
#include <string.h>

#include "budget.h"
#include "dialect.h"
#include "download.h"
#include "exchange.h"
#include "machine.h"
#include "oneota/differential.h"
#include "slot.h"
#include "text.h"

enum {
    PHASE_REQUEST = LOAD_REQUEST,
    PHASE_ANSWER = LOAD_ANSWER,
    PHASE_TEXT = LOAD_TEXT,
    PHASE_TAIL = LOAD_OWN,
    PHASE_AGAIN
};

#define FLASH_ERRORS_MAX 3u

static uint32_t package_size(const oneota_t *m)
{
    return m->record.order.task.size;
}

/* ---------------------------------------------------------------- gate */

event_t oneota_step_gate(oneota_t *m)
{
    event_t event = oneota_machine_conditions(m, ONEOTA_STEP_BATTERY, ONEOTA_STEP_SIGNAL);
    if (event == EV_DONE) { /* a new round */
        m->download.package_errors = 0;
        m->download.form_known = false;
        m->download.range_form = ONEOTA_RANGE_BYTES;
    }
    return event;
}

/* ---------------------------------------------------------------- prefix */

/* Progress that the journal holds is a hint: it counts where an erase unit starts, or for all of
 * it. */
static bool can_resume(const oneota_t *m)
{
    const oneota_flash_t *flash = m->slot.flash;
    uint32_t stored = m->record.at.stored;
    return stored < package_size(m) ? flash->erase_unit(m->slot.flash_ctx, stored).start == stored
                                    : stored == package_size(m);
}

static void begin_slot(oneota_t *m)
{
    oneota_machine_begin_slot(m, target_slot(m));
}

event_t oneota_load_suits(oneota_t *m)
{
    m->delta = NULL;
    begin_slot(m);
    if (is_differential(m) && m->setup->delta != NULL) {
        return EV_STAY; /* its header says how large the image will be */
    }
    if (!oneota_slot_fits(&m->slot)) {
        return oneota_machine_fail(m, ONEOTA_STEP_NO_SPACE, ONEOTA_REASON_SPACE, 0);
    }
    if (m->record.order.task.type != 1u) {
        return oneota_machine_fail(m, ONEOTA_STEP_UNKNOWN, ONEOTA_REASON_TYPE,
                                   m->record.order.task.type);
    }
    return EV_STAY;
}

static event_t begin_prefix(oneota_t *m)
{
    const oneota_differential_t *delta = m->setup->delta;
    event_t event = oneota_load_suits(m);
    if (event != EV_STAY) {
        return event;
    }
    if (is_differential(m) && delta != NULL) {
        return (event_t)delta->begin(m);
    }
    if (!can_resume(m)) {
        m->record.at.stored = 0;
    }
    m->phase = PHASE_ANSWER;
    return EV_STAY;
}

event_t oneota_step_prefix(oneota_t *m)
{
    if (m->live) {
        return EV_DONE;
    }
    if (m->phase == PHASE_REQUEST) {
        return begin_prefix(m);
    }
    if (m->record.at.stored > 0) {
        oneota_error_t error = oneota_machine_read_slot(m, m->record.at.stored);
        if (error == ONEOTA_AGAIN) {
            return EV_STAY;
        }
        if (error != ONEOTA_OK) { /* what cannot be read is downloaded again */
            m->record.at.stored = 0;
            begin_slot(m);
        }
    }
    LOG_INFO(m, "download: from", "byte", NULL, m->record.at.stored);
    m->live = true;
    return EV_DONE;
}

/* ---------------------------------------------------------------- where to download from */

/* The first two numbers of an address: 0/8, 10/8, 127/8, 169.254/16, 172.16/12, 192.168/16,
 * 100.64/10, and from 224/8 on, none of which is a host. */
static const struct {
    uint16_t mask, net;
} k_private[] = {{0xFF00, 0x0000}, {0xFF00, 0x0A00}, {0xFF00, 0x7F00}, {0xFFFF, 0xA9FE},
                 {0xFFF0, 0xAC10}, {0xFFFF, 0xC0A8}, {0xFFC0, 0x6440}, {0xE000, 0xE000}};

/* One of those, or a name that is not global. */
static bool is_private(const char *host)
{
    uint32_t first = 0;
    uint32_t second = 0;
    const char *dot = strchr(host, '.');
    if (dot == NULL || oneota_text_read(host, (size_t)(dot - host), 10, &first) == 0) {
        return dot == NULL;
    }
    (void)oneota_text_read(dot + 1, strlen(dot), 10, &second);
    for (size_t n = 0; n < sizeof k_private / sizeof k_private[0]; n++) {
        if (((first << 8 | second) & k_private[n].mask) == k_private[n].net) {
            return true;
        }
    }
    return false;
}

/* The task's own host is used when it names one and the application allows it, and never one that
 * would be handed an Authorization; else the main host. */
static bool uses_address(const oneota_t *m)
{
    const oneota_setup_t *setup = m->setup;
    return m->address[0] != '\0' && setup->use_address && !setup->dialect->signs_download &&
           (setup->use_private_address || !is_private(m->address));
}

/* Cuts the text "host:port" at the colon, the first time. */
static uint16_t cut_port(char *address)
{
    uint32_t port = 0;
    char *colon = strrchr(address, ':');
    if (colon != NULL) {
        *colon = '\0';
    }
    const char *digits = address + strlen(address) + 1u;
    (void)oneota_text_scan(digits, strlen(digits), "#", &port);
    return (uint16_t)port; /* calls.c has checked it */
}

/* ---------------------------------------------------------------- one range */

void oneota_load_received(oneota_t *m)
{
    oneota_budget_receive(&m->spent, m->download.place - m->download.first);
}

/* Of the package, from its first. */
static uint32_t taken_bytes(const oneota_t *m)
{
    return m->delta != NULL ? m->delta->offset : oneota_slot_taken(&m->slot);
}

event_t oneota_load_ask(oneota_t *m)
{
    const oneota_download_t *d = &m->download;
    event_t event = oneota_machine_over_budget(m, oneota_budget_request(&m->spent, true));
    if (event != EV_STAY) {
        return event;
    }
    oneota_request_t request;
    const char *host = m->setup->address;
    uint16_t port = oneota_machine_port(m);
    oneota_machine_request(m, ONEOTA_CALL_DOWNLOAD, &request);
    request.range_form = d->range_form;
    request.first = d->first;
    request.last = d->end - 1u;
    request.again = m->phase == PHASE_AGAIN;
    if (uses_address(m)) {
        host = m->address;
        port = cut_port(m->address);
    }
    LOG_DEBUG(m, "download: ask", "first", NULL, d->first);
    return oneota_machine_ask(m, &request, host, port);
}

/* What comes before the next range: the end, step 1, a progress report. */
static event_t next_range(oneota_t *m)
{
    uint32_t taken = taken_bytes(m);
    if (taken == package_size(m)) {
        oneota_exchange_forget(&m->exchange);
        m->phase = PHASE_TAIL;
        return EV_STAY;
    }
    if (m->announce) {
        m->announce = false;
        m->step = 1;
        return EV_ASIDE;
    }
    uint8_t percent = oneota_download_percent(taken, package_size(m), m->record.at.percent);
    if (percent != m->record.at.percent) {
        m->record.at.percent = percent; /* stored before it is sent: each is said once */
        m->step = percent;
        m->dirty = true;
        return EV_ASIDE;
    }
    oneota_download_plan(&m->download, taken, package_size(m), percent,
                         m->slot.flash->program_unit);
    return oneota_load_ask(m);
}

/* ---------------------------------------------------------------- an attempt that came to
 * nothing */

static event_t end_round(oneota_t *m)
{
    const oneota_download_t *d = &m->download;
    bool package = d->package_errors >= m->failures;
    return package ? oneota_machine_round(m, ONEOTA_REASON_PACKAGE, m->code, ONEOTA_STEP_UNKNOWN)
                   : oneota_machine_round(m, ONEOTA_REASON_RETRIES, m->code, ONEOTA_STEP_TIMEOUT);
}

/* Backs off, or waits for longer. */
static event_t attempt_failed(oneota_t *m, oneota_reason_t reason, int32_t code, uint32_t wait_ms)
{
    oneota_download_t *d = &m->download;
    oneota_exchange_wipe(&m->exchange);
    oneota_load_received(m);
    oneota_download_shrink(d);
    m->authorized_again = false;
    m->address[0] = '\0'; /* from the main host, then */
    if (d->range_form == ONEOTA_RANGE_BARE && !d->form_known) {
        oneota_download_next_form(d);
    }
    oneota_machine_complain(m, reason, code);
    uint32_t backoff_ms = oneota_machine_backoff_ms(m);
    if (d->place > d->wanted) { /* it has brought new bytes */
        m->failures = 0;
    }
    if (m->failures >= ONEOTA_ATTEMPTS) {
        return end_round(m);
    }
    uint32_t left_ms = (ONEOTA_TASK_S + 1u - m->record.at.spent_s) * 1000u;
    wait_ms = wait_ms > backoff_ms ? wait_ms : backoff_ms;
    oneota_machine_begin_wait(m, wait_ms < left_ms ? wait_ms : left_ms);
    m->phase = PHASE_REQUEST;
    return EV_STAY;
}

event_t oneota_load_failed(oneota_t *m, oneota_reason_t reason, int32_t code)
{
    return attempt_failed(m, reason, code, 0);
}

static event_t exchange_failed(oneota_t *m)
{
    return attempt_failed(m, (oneota_reason_t)m->exchange.reason, m->exchange.code, 0);
}

/* The slot does not take it. What is stored is read again, and the unit erased again, next time. */
event_t oneota_machine_flash_failed(oneota_t *m)
{
    oneota_exchange_close(&m->exchange);
    m->live = false;
    m->download.flash_errors++;
    if (m->download.flash_errors >= FLASH_ERRORS_MAX) {
        return oneota_machine_fail(m, ONEOTA_STEP_UNKNOWN, ONEOTA_REASON_STORAGE, 0);
    }
    return oneota_machine_await(m, ONEOTA_STORAGE);
}

/* The first unit is erased once the journal has it that this was spent. */
event_t oneota_load_refused(oneota_t *m, oneota_error_t error)
{
    if (error != ONEOTA_STATE) {
        return oneota_machine_flash_failed(m);
    }
    oneota_reason_t reason = oneota_budget_erase(&m->spent);
    oneota_slot_guard(&m->slot, reason != ONEOTA_REASON_NONE);
    m->dirty_spent = true;
    m->dirty = true;
    return oneota_machine_over_budget(m, reason);
}

/* ---------------------------------------------------------------- the answer: a text instead of
 * bytes */

static event_t judge_text(oneota_t *m)
{
    oneota_answer_t answer;
    if (!oneota_machine_read_answer(m, ONEOTA_CALL_DOWNLOAD, &answer)) {
        return EV_STAY;
    }
    event_t event = oneota_machine_judge(m, ASK_DOWNLOAD, &answer);
    if (event != EV_NONE) {
        return event;
    }
    if (answer.verdict == ONEOTA_VERDICT_PACKAGE_LATER) {
        m->download.package_errors++;
    }
    return attempt_failed(m, (oneota_reason_t)answer.reason, answer.code,
                          answer.retry_after_s * 1000u);
}

static event_t take_text(oneota_t *m)
{
    switch (oneota_machine_read_text(m)) {
    case EXCHANGE_END:
        return judge_text(m);
    case EXCHANGE_FAILED:
        return exchange_failed(m);
    default:
        return EV_STAY;
    }
}

/* ---------------------------------------------------------------- the answer: package bytes */

static void tell_progress(oneota_t *m)
{
    uint8_t percent = oneota_machine_percent(m);
    if (percent != m->shown) {
        m->shown = percent;
        oneota_machine_tell(m, ONEOTA_EVENT_PROGRESS);
    }
}

/* Full packages are the image; the others make it. */
static event_t use_body(oneota_t *m, const uint8_t *data, uint32_t length, uint32_t *taken)
{
    if (m->delta != NULL) {
        return (event_t)m->setup->delta->take(m, data, length, taken);
    }
    if (store_due(m, ONEOTA_STORE_BYTES)) {
        m->record.at.stored = m->slot.position;
        m->dirty = true;
        return EV_STAY;
    }
    oneota_error_t error =
        oneota_machine_flash(m, oneota_slot_write(&m->slot, data, length, taken));
    return error == ONEOTA_OK || error == ONEOTA_AGAIN ? EV_STAY : oneota_load_refused(m, error);
}

static event_t write_body(oneota_t *m, const uint8_t *data, uint32_t length)
{
    uint32_t taken = 0;
    event_t event = use_body(m, data, length, &taken);
    if (taken > 0) {
        oneota_exchange_take(&m->exchange, taken, m->now_ms);
        m->download.place += taken;
        m->download.package_errors = 0;
        m->failures = 0;
        m->doubted = false;
        tell_progress(m);
    }
    return event;
}

static event_t take_body(oneota_t *m, const http_body_t *body)
{
    oneota_download_t *d = &m->download;
    uint32_t left = d->end - d->place;
    uint32_t length = body->length < left ? (uint32_t)body->length : left;
    if (length == 0) { /* more than the header said */
        return attempt_failed(m, ONEOTA_REASON_PEER, m->exchange.http.head.status, 0);
    }
    if (d->place < d->wanted) { /* asked for only to make the range two bytes long */
        uint32_t known = d->wanted - d->place;
        length = length < known ? length : known;
        d->place += length;
        oneota_exchange_take(&m->exchange, length, m->now_ms);
        return EV_STAY;
    }
    return write_body(m, body->data, length);
}

event_t oneota_load_head(oneota_t *m)
{
    oneota_download_t *d = &m->download;
    switch (oneota_download_judge(d, &m->exchange.http.head, package_size(m))) {
    case DOWNLOAD_BODY:
        return EV_STAY;
    case DOWNLOAD_TEXT:
        m->phase = PHASE_TEXT;
        return EV_STAY;
    case DOWNLOAD_RANGELESS:
        LOG_WARN(m, "download: range ignored", "form", NULL, d->range_form);
        oneota_exchange_close(&m->exchange);
        oneota_download_next_form(d);
        m->phase = PHASE_REQUEST;
        return EV_STAY;
    default:
        return attempt_failed(m, ONEOTA_REASON_PEER, m->exchange.http.head.status, 0);
    }
}

static event_t end_range(oneota_t *m)
{
    oneota_download_t *d = &m->download;
    if (d->place < d->end) {
        return attempt_failed(m, ONEOTA_REASON_NETWORK, 0, 0);
    }
    oneota_load_received(m);
    oneota_download_grow(d);
    m->phase = PHASE_AGAIN;
    return EV_STAY;
}

static event_t take_answer(oneota_t *m)
{
    http_body_t body;
    switch (oneota_machine_exchange(m, &body)) {
    case EXCHANGE_HEAD:
        return oneota_load_head(m);
    case EXCHANGE_BODY:
        return take_body(m, &body);
    case EXCHANGE_END:
        return end_range(m);
    case EXCHANGE_FAILED:
        return exchange_failed(m);
    default:
        return EV_STAY;
    }
}

/* ---------------------------------------------------------------- download */

/* All bytes were taken: program the last of them, and see whether they are what was announced. */
static event_t finish(oneota_t *m)
{
    if (m->delta != NULL) {
        return (event_t)m->setup->delta->finish(m);
    }
    oneota_error_t error = oneota_machine_flash(m, oneota_slot_finish(&m->slot));
    if (error == ONEOTA_AGAIN) {
        return EV_STAY;
    }
    if (error != ONEOTA_OK) {
        return oneota_machine_flash_failed(m);
    }
    tell_progress(m);
    m->live = false;
    return oneota_machine_proves(m) ? EV_DONE : oneota_machine_mismatch(m, ONEOTA_REASON_DIGEST);
}

event_t oneota_step_download(oneota_t *m)
{
    if (m->record.at.spent_s > ONEOTA_TASK_S) { /* within a range, too */
        oneota_exchange_close(&m->exchange);
        return oneota_machine_fail(m, ONEOTA_STEP_TIMEOUT, ONEOTA_REASON_DEADLINE, 0);
    }
    if (m->delta != NULL && oneota_delta_has_header(m->delta)) {
        return (event_t)m->setup->delta->prove(m);
    }
    switch (m->phase) {
    case PHASE_REQUEST:
    case PHASE_AGAIN: /* the request stands in the work buffer still */
        return next_range(m);
    case PHASE_TEXT:
        return take_text(m);
    case PHASE_TAIL:
        return finish(m);
    default:
        return take_answer(m);
    }
}
