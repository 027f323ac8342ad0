/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What the steps share: telling the application, counting failures and rounds, waiting, storing.
 */
#include <string.h>

#include "journal.h"
#include "machine.h"
#include "policy.h"

oneota_event_t machine_event(const oneota_t *m, oneota_event_type_t type)
{
    oneota_event_t event = { 0 };
    event.type = (uint8_t)type;
    event.image = m->image;
    return event;
}

void machine_emit(const oneota_t *m, const oneota_event_t *event)
{
    if (m->setup->event != NULL) {
        m->setup->event(m->setup->event_ctx, event);
    }
}

void machine_tell_task(const oneota_t *m)
{
    oneota_task_t task = m->record.task;
    oneota_event_t event = machine_event(m, ONEOTA_EVENT_TASK);
    memset(task.handle, 0, sizeof task.handle);
    event.task = &task;
    machine_emit(m, &event);
}

void machine_log(const oneota_t *m, oneota_log_level_t level, const char *what, const char *key,
                 const char *text, int64_t number)
{
    if (m->setup->log != NULL) {
        oneota_log_line_t line = { level, what, key, text, number };
        m->setup->log->line(m->setup->log_ctx, &line);
    }
}

void machine_complain(oneota_t *m, oneota_reason_t reason, int32_t code)
{
    oneota_event_t event = machine_event(m, ONEOTA_EVENT_FAILED);
    event.reason = (uint8_t)reason;
    event.code = code;
    m->reason = (uint8_t)reason;
    m->code = code;
    LOG_WARN(m, "machine: failed", "reason", oneota_reason_text(reason), 0);
    LOG_WARN(m, "machine: failed", "code", NULL, code);
    machine_emit(m, &event);
}

void machine_begin_wait(oneota_t *m, uint32_t ms)
{
    m->since_ms = now_ms(m);
    m->wait_ms = ms;
}

bool machine_waits(oneota_t *m)
{
    m->sleep_ms = policy_left_ms(now_ms(m), m->since_ms, m->wait_ms);
    return m->sleep_ms > 0;
}

uint32_t machine_backoff_ms(oneota_t *m)
{
    const oneota_setup_t *setup = m->setup;
    uint32_t min_ms = setup->backoff_min_ms > 0 ? setup->backoff_min_ms : 2000u;
    uint32_t max_ms = setup->backoff_max_ms > 0 ? setup->backoff_max_ms : 3600000u;
    if (m->failures < UINT8_MAX) {
        m->failures++;
    }
    return policy_backoff_ms(m->failures, min_ms, max_ms, random_bits(m));
}

uint32_t machine_interval_ms(const oneota_t *m)
{
    uint32_t floor_ms = m->setup->retry_floor_ms > 0 ? m->setup->retry_floor_ms : 30000u;
    return policy_interval_ms(m->record.task.interval_s, floor_ms);
}

uint32_t machine_poll_ms(const oneota_t *m)
{
    uint32_t interval_s = m->setup->poll_interval_s > 0 ? m->setup->poll_interval_s : 3600u;
    return policy_poll_ms(interval_s, random_bits(m));
}

event_t machine_later(oneota_t *m, oneota_reason_t reason, int32_t code, uint32_t ms)
{
    machine_complain(m, reason, code);
    m->later_ms = ms;
    return EV_LATER;
}

event_t machine_back_off(oneota_t *m, oneota_reason_t reason, int32_t code)
{
    return machine_later(m, reason, code, machine_backoff_ms(m));
}

event_t machine_fail(oneota_t *m, uint8_t result, oneota_reason_t reason, int32_t code)
{
    machine_complain(m, reason, code);
    m->record.result = result;
    m->record.reason = (uint8_t)reason;
    m->failures = 0;
    return EV_FAIL;
}

event_t machine_over(oneota_t *m, oneota_reason_t reason, int32_t code)
{
    (void)machine_fail(m, 0, reason, code);
    return EV_OVER;
}

event_t machine_rest(oneota_t *m)
{
    m->reason = ONEOTA_REASON_NONE;
    m->code = 0;
    m->later_ms = machine_poll_ms(m);
    return EV_NONE;
}

event_t machine_round(oneota_t *m, oneota_reason_t reason, int32_t code, uint8_t result)
{
    if (m->record.rounds >= m->record.task.retry || m->record.rounds == UINT8_MAX) {
        return machine_fail(m, result, reason, code);
    }
    m->record.rounds++;
    set(m, FLAG_DIRTY);
    return machine_later(m, reason, code, machine_interval_ms(m));
}

event_t machine_conditions(oneota_t *m, uint8_t low_battery, uint8_t weak_signal)
{
    const oneota_device_t *device = m->setup->device;
    int32_t battery = device->battery == NULL ? -1 : device->battery(m->setup->device_ctx);
    int32_t signal = device->signal == NULL ? -1 : device->signal(m->setup->device_ctx);
    bool powered = policy_passes(battery, m->record.task.power);
    if (powered && policy_passes(signal, m->record.task.signal)) {
        return EV_DONE;
    }
    oneota_reason_t reason = powered ? ONEOTA_REASON_SIGNAL : ONEOTA_REASON_BATTERY;
    if (m->record.task.retry == 0) {
        return machine_later(m, reason, powered ? signal : battery, machine_interval_ms(m));
    }
    return machine_round(m, reason, powered ? signal : battery,
                         powered ? weak_signal : low_battery);
}

oneota_error_t machine_store_task(oneota_t *m)
{
    uint8_t data[RECORD_TASK_BYTES_MAX];
    size_t length = record_task_encode(&m->record, data);
    oneota_error_t error = journal_write(&m->journal, RECORD_TASK, data, length);
    m->busy = error == ONEOTA_AGAIN;
    return error;
}

oneota_error_t machine_store_state(oneota_t *m)
{
    uint8_t data[RECORD_STATE_BYTES];
    size_t length = record_state_encode(&m->record, data);
    oneota_error_t error = journal_write(&m->journal, RECORD_STATE, data, length);
    m->busy = error == ONEOTA_AGAIN;
    return error;
}
