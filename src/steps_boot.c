/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The states around a restart, and those of rest: start, install, restart, trial, confirm, revert,
 * close, wait.
 */
#include <string.h>

#include "budget.h"
#include "dialect.h"
#include "exchange.h"
#include "journal.h"
#include "machine.h"
#include "trust.h"

enum { PHASE_SCAN = 0, PHASE_READ, PHASE_FIRST };

#define REMIND_MS 60000u

/* ---------------------------------------------------------------- start */

/* One record of the journal, whole. */
static bool read_part(oneota_t *m, uint8_t type, void *part, size_t size)
{
    size_t length = 0;
    return oneota_journal_read(&m->journal, type, part, size, &length) == ONEOTA_OK &&
           length == size;
}

/* The task, and how far it has come; nothing that does not belong together. */
static void read_record(oneota_t *m)
{
    oneota_record_t *record = &m->record;
    bool found = read_part(m, RECORD_ORDER, &record->order, sizeof record->order) &&
                 read_part(m, RECORD_PROGRESS, &record->at, sizeof record->at);
    if (!read_part(m, RECORD_MADE, &record->made, sizeof record->made) ||
        record->made.format != record->at.format || record->made.check != record->at.check) {
        record->made.size = 0; /* of another task */
    }
    if (!found || !oneota_record_is_sound(record) || record->order.image >= m->setup->image_count ||
        record->order.dialect != m->setup->dialect->id || record->at.stage == STAGE_NONE) {
        oneota_record_clear(record);
    }
    if (!read_part(m, RECORD_SPENT, &m->spent, sizeof m->spent) ||
        !oneota_budget_is_sound(&m->spent)) {
        oneota_budget_clear(&m->spent);
    }
}

static bool is_foreign(const oneota_t *m)
{
    return m->boot.condition == ONEOTA_BOOT_TRIAL || m->boot.condition == ONEOTA_BOOT_PENDING;
}

/* The task's image; without a task the first one that is on trial or marked, if there is one. */
static bool read_boot(oneota_t *m)
{
    m->image = m->record.order.image;
    do {
        if (!oneota_machine_query_boot(m)) {
            return false;
        }
    } while (m->record.at.stage == STAGE_NONE && !is_foreign(m) &&
             ++m->image < m->setup->image_count);
    if (m->image == m->setup->image_count) {
        m->image = 0;
    }
    return true;
}

/* What the journal says is a hint; what the boot control says decides. */
static void reconcile(oneota_t *m)
{
    oneota_record_t *record = &m->record;
    bool loading_failed =
        record->at.stage == STAGE_RESULT && record->at.result < ONEOTA_STEP_UPDATED;
    if ((record->at.stage < STAGE_MARKING || loading_failed) && is_foreign(m)) {
        oneota_record_clear(record); /* somebody else has installed something */
    }
    if (record->at.stage == STAGE_RESULT && record->at.result == ONEOTA_STEP_UPDATED) {
        record->at.stage = STAGE_TRIAL; /* 201 is said only of what is seen to run */
    }
}

static event_t started(const oneota_t *m)
{
    return m->setup->trust != NULL ? EV_ASIDE : EV_DONE;
}

static event_t begin(oneota_t *m)
{
    oneota_journal_t *journal = &m->journal;
    m->phase = PHASE_SCAN;
    read_record(m);
    if (oneota_journal_scan(journal) != ONEOTA_OK) { /* a torn one reads otherwise now */
        return EV_STAY;
    }
    bool again = journal->unread && m->failures < GLITCHES;
    if (again) { /* what cannot be read may be there all the same */
        (void)oneota_journal_init(journal, journal->flash, journal->flash_ctx, journal->scratch);
    }
    if (again || !read_boot(m)) {
        (void)oneota_machine_back_off(m, ONEOTA_REASON_STORAGE, 0);
        oneota_machine_begin_wait(m, m->later_ms);
        return EV_STAY;
    }
    m->failures = 0;
    reconcile(m);
    if (!m->setup->net->encrypts) {
        LOG_WARN(m, "start: credentials go over plain HTTP", NULL, NULL, 0);
        oneota_machine_tell(m, ONEOTA_EVENT_EXPOSED);
    }
    LOG_INFO(m, "start: packages", "proof",
             m->setup->trust != NULL ? "signature" : "integrity only", 0);
    LOG_INFO(m, "start: boot", "condition", NULL, m->boot.condition);
    LOG_INFO(m, "start: record", "stage", NULL, m->record.at.stage);
    if (m->record.at.stage != STAGE_NONE) {
        /* nothing is done on the word of a record that may be torn, and gone at the next start */
        m->dirty = true;
        m->dirty_made = m->record.made.size != 0;
        oneota_machine_tell(m, ONEOTA_EVENT_TASK);
        return started(m);
    }
    if (journal->unread) {
        oneota_machine_complain(m, ONEOTA_REASON_STORAGE, 0); /* there may have been a task */
    }
    m->check_due = true;
    oneota_machine_begin_wait(
        m, m->setup->check_at_once || is_foreign(m) ? 0u : oneota_machine_first_ms(m));
    m->phase = PHASE_FIRST;
    return EV_STAY;
}

event_t oneota_step_start(oneota_t *m)
{
    switch (m->phase) {
    case PHASE_SCAN:
        if (oneota_journal_scan(&m->journal) == ONEOTA_OK) {
            m->phase = PHASE_READ;
        }
        return EV_STAY;
    case PHASE_READ:
        return begin(m);
    default:
        return started(m);
    }
}

/* The states that a client without trust never enters. */
event_t oneota_step_trust(oneota_t *m)
{
    const oneota_trust_t *trust = task_trust(m);
    return trust != NULL ? trust->scheme->step(m) : EV_DONE;
}

/* ---------------------------------------------------------------- install, restart */

event_t oneota_step_install(oneota_t *m)
{
    if (m->phase == 0) {
        return oneota_machine_open(m, ONEOTA_EVENT_READY, 0);
    }
    if (m->deferred) {
        return oneota_machine_later(m, ONEOTA_REASON_PAUSED, 0, WAIT_FOREVER_MS);
    }
    return oneota_machine_conditions(m, ONEOTA_STEP_INSTALL_BATTERY, ONEOTA_STEP_INSTALL_BATTERY);
}

/* Asks for the restart, and again once a minute until it happens. */
event_t oneota_step_restart(oneota_t *m)
{
    oneota_exchange_wipe(&m->exchange);
    return oneota_machine_open(m, ONEOTA_EVENT_RESTART, REMIND_MS);
}

/* ---------------------------------------------------------------- trial, confirm, revert */

static bool has_task(const oneota_t *m)
{
    return m->record.order.task.target[0] != '\0';
}

static event_t begin_trial(oneota_t *m)
{
    if (has_task(m) && strcmp(task_image(m)->id.version, m->record.order.task.target) != 0) {
        return oneota_machine_fail(m, ONEOTA_STEP_INSTALL_MISMATCH, ONEOTA_REASON_VERSION, 0);
    }
    return oneota_machine_open(m, ONEOTA_EVENT_TRIAL, ONEOTA_TRIAL_MS);
}

event_t oneota_step_trial(oneota_t *m)
{
    if (m->confirm) { /* also when confirming failed before */
        return EV_DONE;
    }
    if (m->phase == 0) {
        return begin_trial(m);
    }
    return oneota_machine_fail(m, ONEOTA_STEP_INSTALL_UNKNOWN,
                               m->reject ? ONEOTA_REASON_REJECTED : ONEOTA_REASON_UNCONFIRMED, 0);
}

static event_t confirmed(oneota_t *m)
{
    m->confirm = false;
    m->failures = 0;
    m->boot.condition = ONEOTA_BOOT_CONFIRMED;
    event_t event = EV_DONE;
    if (!has_task(m)) {
        oneota_record_clear(&m->record);
        event = EV_NONE;
    } else {
        m->record.at.result = ONEOTA_STEP_UPDATED;
        oneota_budget_clear(&m->spent); /* an update that was good costs nothing */
        m->dirty_spent = true;
    }
    return m->setup->trust != NULL ? EV_ASIDE : event;
}

/* Confirm, or revert. */
event_t oneota_step_settle(oneota_t *m)
{
    const oneota_boot_port_t *boot = m->setup->boot;
    bool stays = m->state == ST_CONFIRM;
    event_t event = oneota_machine_await(
        m, (stays ? boot->confirm : boot->revert)(m->setup->boot_ctx, m->image));
    if (event != EV_DONE) {
        return event;
    }
    m->reject = false;
    return stays ? confirmed(m) : EV_DONE;
}

/* ---------------------------------------------------------------- close, wait */

/* The journal has it: there is no task any more. */
event_t oneota_step_close(oneota_t *m)
{
    oneota_record_t *record = &m->record;
    if (record->at.result == ONEOTA_STEP_UPDATED) {
        m->updated = true;
    } else if (has_task(m)) {
        m->step = record->at.result;
        m->reason = record->at.reason;
        oneota_machine_tell(m, ONEOTA_EVENT_ENDED);
    }
    oneota_record_clear(record);
    m->live = false;
    m->cancel = false;
    return EV_DONE;
}

event_t oneota_step_wait(oneota_t *m)
{
    if (m->phase == 0) {
        oneota_exchange_wipe(&m->exchange);
        return oneota_machine_open(m, ONEOTA_EVENT_IDLE, m->cancel ? 0 : m->later_ms);
    }
    if (m->record.at.stage == STAGE_NONE) {
        m->check_due = true;
        m->version_first = false;
        m->replaced = false;
    }
    return EV_DONE;
}
