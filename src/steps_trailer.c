/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The state trailer: the end of a signed package is fetched first, and decides whether the rest is
 * worth a download.
 */
#include <string.h>

#include "crypto.h"
#include "download.h"
#include "exchange.h"
#include "slot.h"
#include "trust_bench.h"

/* The exchange's come first. */
enum { SCREEN = LOAD_OWN, BASE, KEEP };

/* Part of a trailer is not progress: who brings no more than that has failed. */
static event_t failed(oneota_t *m, oneota_reason_t reason, int32_t code)
{
    oneota_download_t *d = &m->download;
    d->first += d->wanted - d->place;
    d->place = d->wanted;
    return oneota_load_failed(m, reason, code);
}

/* The journal's scratch is free between its calls, and holds a trailer. */
static event_t take_body(oneota_t *m, const http_body_t *body)
{
    oneota_download_t *d = &m->download;
    uint32_t end = d->place < d->wanted ? d->wanted : d->end;
    uint32_t length = end - d->place;
    length = body->length < length ? (uint32_t)body->length : length;
    if (length == 0) {
        return failed(m, ONEOTA_REASON_PEER, m->exchange.http.head.status);
    }
    if (d->place >= d->wanted) {
        memcpy(m->journal.scratch + (d->place - d->wanted), body->data, length);
    }
    d->place += length;
    oneota_exchange_take(&m->exchange, length, m->now_ms);
    return EV_STAY;
}

static event_t begin_screen(oneota_t *m)
{
    m->phase = SCREEN;
    if (is_differential(m)) {
        oneota_machine_begin_running(m, oneota_machine_running_size(m));
        m->phase = BASE;
    }
    return EV_STAY;
}

static event_t read_base(oneota_t *m)
{
    bench_t *bench = bench_of(m);
    switch (oneota_slot_read(&m->slot, m->slot.size, (uint8_t *)(bench + 1),
                             m->exchange.work_bytes - (uint32_t)sizeof *bench)) {
    case ONEOTA_OK:
        oneota_crypto_hash_end(&m->slot.hash, bench->base);
        m->phase = SCREEN;
        return EV_STAY;
    case ONEOTA_AGAIN:
        return EV_STAY;
    default:
        return oneota_machine_flash_failed(m);
    }
}

static event_t end_range(oneota_t *m)
{
    oneota_download_t *d = &m->download;
    bench_t *bench = bench_of(m);
    if (d->place != m->record.order.task.size) {
        return failed(m, ONEOTA_REASON_NETWORK, 0);
    }
    oneota_load_received(m);
    oneota_exchange_forget(&m->exchange);
    memcpy(&bench->kept.trailer, m->journal.scratch, sizeof bench->kept.trailer);
    d->package_errors = 0;
    m->failures = 0;
    m->doubted = false;
    return begin_screen(m);
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
        return failed(m, (oneota_reason_t)m->exchange.reason, m->exchange.code);
    default:
        return EV_STAY;
    }
}

/* A known one was kept for this task: it was proven then, and is proven again in the slot. But it
 * may suit no longer: the same task comes again after its trial has failed. */
static event_t screen(oneota_t *m)
{
    bench_t *bench = bench_of(m);
    const bool known = bench->kept.format == TRUST_FORMAT;
    const oneota_trailer_t *trailer = &bench->kept.trailer;
    const oneota_task_t *task = &m->record.order.task;
    if (!oneota_trust_fill_wanted(m, (uint8_t)task->type)) {
        return oneota_trust_not_now(m, ONEOTA_REASON_STORAGE);
    }
    oneota_reason_t reason =
        known ? oneota_trailer_judge(trailer, task_trust(m), &bench->wanted)
              : oneota_trailer_screen(trailer, task->size, task_trust(m), &bench->wanted);
    if (reason == ONEOTA_REASON_MEMORY) {
        return oneota_trust_not_now(m, ONEOTA_REASON_MEMORY);
    }
    if (reason == ONEOTA_REASON_NONE && oneota_trust_has_failed(bench, trailer)) {
        reason = ONEOTA_REASON_QUARANTINE;
    }
    if (reason != ONEOTA_REASON_NONE) {
        return oneota_trust_refuse(m, reason);
    }
    if (known) {
        return EV_DONE;
    }
    bench->kept.format = TRUST_FORMAT;
    bench->kept.check = m->record.at.check;
    m->phase = KEEP;
    return EV_STAY;
}

static event_t ask(oneota_t *m)
{
    oneota_download_t *d = &m->download;
    uint32_t size = m->record.order.task.size;
    if (m->announce) { /* and a refusal is heard only after it, too */
        m->announce = false;
        m->step = 1;
        return EV_ASIDE;
    }
    if (m->live) { /* it was screened, and the download has begun */
        return EV_DONE;
    }
    if (oneota_trust_recall_kept(m)) {
        return begin_screen(m);
    }
    event_t event = oneota_load_suits(m);
    if (event != EV_STAY) {
        return event;
    }
    if (size <= ONEOTA_TRAILER_BYTES) {
        return oneota_trust_refuse(m, ONEOTA_REASON_SIGNATURE);
    }
    m->live = false;
    d->wanted = size - ONEOTA_TRAILER_BYTES;
    d->place = d->wanted;
    d->first = d->range_form == ONEOTA_RANGE_NONE ? 0 : d->wanted;
    d->end = size;
    return oneota_load_ask(m);
}

static event_t keep(oneota_t *m)
{
    event_t event = oneota_trust_write(m, RECORD_TRAILER, &bench_of(m)->kept, sizeof(kept_t));
    if (event == EV_LATER) {
        oneota_machine_begin_wait(m, m->later_ms);
        return EV_STAY;
    }
    return event;
}

event_t oneota_step_trailer(oneota_t *m)
{
    if (m->phase == LOAD_TEXT || m->record.at.spent_s > ONEOTA_TASK_S) {
        return oneota_step_download(m); /* all the same there */
    }
    switch (m->phase) {
    case LOAD_REQUEST:
        return ask(m);
    case LOAD_ANSWER:
        return take_answer(m);
    case BASE:
        return read_base(m);
    case SCREEN:
        return screen(m);
    default:
        return keep(m);
    }
}
