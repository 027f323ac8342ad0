/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What the steps share: telling the application, counting failures and rounds, waiting, storing.
 */
#include "machine.h"
#include "policy.h"

#define FLASH_BUSY_MS  1u       /* until a flash operation is asked about again */
#define OVER_BUDGET_MS 3600000u /* between two looks at a budget that is used up */

void oneota_machine_tell(const oneota_t *m, oneota_event_type_t type)
{
    oneota_event_t event;
    if (m->setup->event == NULL) {
        return;
    }
    event.type = (uint8_t)type;
    event.image = m->image;
    event.from = m->state;
    event.to = m->next;
    event.percent = m->shown;
    event.step = m->step;
    event.reason = m->reason;
    event.code = m->code;
    event.bytes = oneota_machine_done_bytes(m);
    event.sleep_ms = m->later_ms;
    event.version = m->setup->images[m->image].id.version;
    event.address = m->address;
    event.task = &m->record.order.task;
    m->setup->event(m->setup->event_ctx, &event);
}

uint32_t oneota_machine_done_bytes(const oneota_t *m)
{
    bool differential = is_differential(m);
    if (m->live) {
        return differential ? m->delta->offset : m->slot.position;
    }
    return differential ? m->record.at.package : m->record.at.stored;
}

uint8_t oneota_machine_percent(const oneota_t *m)
{
    uint32_t size = m->record.order.task.size;
    uint32_t bytes = oneota_machine_done_bytes(m);
    if (size <= UINT32_MAX / 100u) {
        return (uint8_t)(size == 0 ? 0u : bytes * 100u / size);
    }
    return (uint8_t)(bytes == size ? 100u
                                   : bytes / (size / 100u + 1u)); /* rounded down, or one less */
}

void oneota_machine_log(const oneota_t *m, oneota_log_level_t level, const char *what,
                        const char *key, const char *text, int64_t number)
{
    if (m->setup->log != NULL) {
        oneota_log_line_t line = {level, what, key, text, number};
        m->setup->log->line(m->setup->log_ctx, &line);
    }
}

void oneota_machine_complain(oneota_t *m, oneota_reason_t reason, int32_t code)
{
    m->reason = (uint8_t)reason;
    m->code = code;
    LOG_WARN(m, "machine: failed", "reason", oneota_reason_text(reason), 0);
    LOG_WARN(m, "machine: failed", "code", NULL, code);
    oneota_machine_tell(m, ONEOTA_EVENT_FAILED);
}

void oneota_machine_begin_wait(oneota_t *m, uint32_t ms)
{
    m->since_ms = m->now_ms;
    m->wait_ms = ms;
}

event_t oneota_machine_open(oneota_t *m, oneota_event_type_t type, uint32_t ms)
{
    m->phase = 1;
    oneota_machine_begin_wait(m, ms);
    oneota_machine_tell(m, type);
    return EV_STAY;
}

bool oneota_machine_waits(oneota_t *m)
{
    m->sleep_ms = oneota_policy_left_ms(m->now_ms, m->since_ms, m->wait_ms);
    return m->sleep_ms > 0;
}

/* At random, so that devices that failed together do not try again together. */
static uint32_t between(const oneota_t *m, uint32_t least_ms, uint32_t most_ms)
{
    uint32_t random = m->setup->device->random(m->setup->device_ctx);
    return oneota_policy_between(least_ms, most_ms, random);
}

static uint32_t ceiling_ms(const oneota_t *m, uint32_t failures)
{
    const oneota_setup_t *setup = m->setup;
    uint32_t min_ms = setup->backoff_min_ms > 0 ? setup->backoff_min_ms : 2000u;
    uint32_t max_ms = setup->backoff_max_ms > 0 ? setup->backoff_max_ms : 3600000u;
    return oneota_policy_backoff_ms(failures, min_ms, max_ms);
}

uint32_t oneota_machine_backoff_ms(oneota_t *m)
{
    if (m->failures < UINT8_MAX) {
        m->failures++;
    }
    return between(m, 0, ceiling_ms(m, m->failures));
}

uint32_t oneota_machine_interval_ms(const oneota_t *m)
{
    uint32_t floor_ms = m->setup->retry_floor_ms > 0 ? m->setup->retry_floor_ms : 30000u;
    return oneota_policy_interval_ms(m->record.order.task.interval_s, floor_ms);
}

static uint32_t poll_interval_ms(const oneota_t *m)
{
    return (m->setup->poll_interval_s > 0 ? m->setup->poll_interval_s : 3600u) * 1000u;
}

uint32_t oneota_machine_poll_ms(const oneota_t *m)
{
    uint32_t ms = poll_interval_ms(m);
    return between(m, ms - ms / 10u, ms + ms / 10u);
}

uint32_t oneota_machine_first_ms(const oneota_t *m)
{
    uint32_t ms = poll_interval_ms(m);
    return between(m, 0, ms < 60000u ? ms : 60000u);
}

event_t oneota_machine_later(oneota_t *m, oneota_reason_t reason, int32_t code, uint32_t ms)
{
    oneota_machine_complain(m, reason, code);
    m->later_ms = ms;
    return EV_LATER;
}

event_t oneota_machine_back_off(oneota_t *m, oneota_reason_t reason, int32_t code)
{
    return oneota_machine_later(m, reason, code, oneota_machine_backoff_ms(m));
}

event_t oneota_machine_fail(oneota_t *m, uint8_t result, oneota_reason_t reason, int32_t code)
{
    oneota_machine_complain(m, reason, code);
    m->record.at.result = result;
    m->record.at.reason = (uint8_t)reason;
    m->failures = 0;
    return EV_FAIL;
}

event_t oneota_machine_over(oneota_t *m, oneota_reason_t reason, int32_t code)
{
    (void)oneota_machine_fail(m, 0, reason, code);
    return EV_OVER;
}

event_t oneota_machine_rest(oneota_t *m)
{
    m->reason = ONEOTA_REASON_NONE;
    m->code = 0;
    m->later_ms = oneota_machine_poll_ms(m);
    return EV_NONE;
}

event_t oneota_machine_round(oneota_t *m, oneota_reason_t reason, int32_t code, uint8_t result)
{
    if (m->record.at.rounds >= m->record.order.task.retry || m->record.at.rounds == UINT8_MAX) {
        return oneota_machine_fail(m, result, reason, code);
    }
    m->record.at.rounds++;
    m->dirty = true;
    uint32_t ms = oneota_machine_interval_ms(m);
    uint32_t least_ms = ceiling_ms(m, m->record.at.rounds); /* each is a record of the journal */
    return oneota_machine_later(m, reason, code, ms > least_ms ? ms : least_ms);
}

/* One more round of the task is used up, if it has any: for what is no fault of the platform's. */
static event_t put_off(oneota_t *m, oneota_reason_t reason, int32_t code, uint8_t result)
{
    return m->record.order.task.retry == 0
               ? oneota_machine_later(m, reason, code, oneota_machine_interval_ms(m))
               : oneota_machine_round(m, reason, code, result);
}

event_t oneota_machine_conditions(oneota_t *m, uint8_t low_battery, uint8_t weak_signal)
{
    const oneota_device_t *device = m->setup->device;
    const oneota_task_t *task = &m->record.order.task;
    oneota_reason_t reason = ONEOTA_REASON_BATTERY;
    uint8_t result = low_battery;
    int32_t level = device->battery == NULL ? -1 : device->battery(m->setup->device_ctx);
    if (oneota_policy_passes(level, task->power)) {
        reason = ONEOTA_REASON_SIGNAL;
        result = weak_signal;
        level = device->signal == NULL ? -1 : device->signal(m->setup->device_ctx);
        if (oneota_policy_passes(level, task->signal)) {
            return EV_DONE;
        }
    }
    return put_off(m, reason, level, result);
}

event_t oneota_machine_over_budget(oneota_t *m, oneota_reason_t reason)
{
    if (reason == ONEOTA_REASON_NONE) {
        return EV_STAY;
    }
    oneota_exchange_close(&m->exchange);
    m->dirty_spent = true; /* the time that passes, too */
    m->dirty = true;
    event_t event = put_off(m, reason, 0, ONEOTA_STEP_INSTALL_UNKNOWN);
    m->later_ms = OVER_BUDGET_MS;
    return event;
}

oneota_error_t oneota_machine_flash(oneota_t *m, oneota_error_t error)
{
    m->busy = error == ONEOTA_AGAIN;
    m->sleep_ms = m->busy ? FLASH_BUSY_MS : 0u;
    return error;
}

event_t oneota_machine_await(oneota_t *m, oneota_error_t error)
{
    switch (oneota_machine_flash(m, error)) {
    case ONEOTA_OK:
        return EV_DONE;
    case ONEOTA_AGAIN:
        return EV_STAY;
    default:
        return oneota_machine_back_off(m, ONEOTA_REASON_STORAGE, 0);
    }
}
