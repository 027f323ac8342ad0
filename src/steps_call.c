/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The states that ask the platform something and read a JSON answer: version, check, token,
 * progress, downloaded, recheck, doubt, result.
 */
#include <string.h>

#include "dialect.h"
#include "machine.h"

/* ---------------------------------------------------------------- version, check */

event_t oneota_step_version(oneota_t *m)
{
    if (!m->reported) {
        oneota_answer_t answer;
        event_t event = oneota_machine_call(m, ONEOTA_CALL_VERSION, 0, ASK_VERSION, &answer);
        if (event != EV_DONE) {
            return event;
        }
        m->reported = true;
    }
    if (m->updated) {
        m->updated = false;
        oneota_machine_tell(m, ONEOTA_EVENT_UPDATED);
    }
    return m->check_due ? EV_DONE : oneota_machine_rest(m);
}

/* A task for this image. A target that runs already is nothing to do: the platform needs the
 * version. */
static event_t take_task(oneota_t *m, const oneota_answer_t *answer)
{
    const oneota_setup_t *setup = m->setup;
    if (strcmp(answer->task.target, setup->images[m->image].id.version) == 0) {
        m->reported = false;
        return EV_NONE;
    }
    if (!oneota_machine_query_boot(m)) {
        return oneota_machine_later(m, ONEOTA_REASON_STORAGE, 0, oneota_machine_poll_ms(m));
    }
    oneota_record_accept(&m->record, answer, setup->dialect->id, m->image);
    memset(&m->download, 0, sizeof m->download);
    m->rechecked = false;
    m->doubted = false;
    memcpy(m->address, answer->address, sizeof m->address);
    m->dirty_order = true;
    oneota_machine_tell(m, ONEOTA_EVENT_TASK);
    return EV_DONE;
}

/* No task for this image: on to the next one, or an end. */
static event_t next_image(oneota_t *m)
{
    m->image++;
    if (m->image < m->setup->image_count) {
        return EV_STAY;
    }
    m->image = 0;
    if (!m->reported) {
        return EV_ASIDE;
    }
    return m->reason != ONEOTA_REASON_NONE ? EV_LATER : oneota_machine_rest(m);
}

event_t oneota_step_check(oneota_t *m)
{
    oneota_answer_t answer;
    if (m->check_due) {
        m->check_due = false;
        m->image = 0;
        m->reason = ONEOTA_REASON_NONE;
    }
    event_t event = oneota_machine_call(m, ONEOTA_CALL_CHECK, 0, ASK_CHECK, &answer);
    if (event == EV_STAY) {
        return event;
    }
    if (event == EV_DONE) {
        event = take_task(m, &answer);
    } else if (event == EV_ASIDE && !m->version_first) {
        m->version_first = true;
        m->check_due = true;
        m->reported = false;
        return event; /* and then from the first image on */
    } else if (event == EV_OVER) {
        m->step = 0;
        oneota_machine_tell(m, ONEOTA_EVENT_ENDED);
        m->reason = ONEOTA_REASON_NONE;
    }
    return event == EV_DONE ? event : next_image(m);
}

/* ---------------------------------------------------------------- token, recheck, doubt */

event_t oneota_step_token(oneota_t *m)
{
    oneota_answer_t answer;
    event_t event = oneota_machine_call(m, ONEOTA_CALL_TOKEN, 0, ASK_TOKEN, &answer);
    if (event == EV_DONE) {
        m->rechecked = false;
        m->announce = answer.announce;
        event = m->setup->trust != NULL ? EV_ASIDE : EV_DONE;
    }
    return event;
}

/* The same task goes on with its new token; another one, or none, ends this one. The other one is
 * fetched at once the first time: each is recorded, and a server may have ever new ones. */
event_t oneota_step_recheck(oneota_t *m)
{
    oneota_answer_t answer;
    event_t event = oneota_machine_call(m, ONEOTA_CALL_CHECK, 0, ASK_RECHECK, &answer);
    if (event != EV_DONE) {
        return event;
    }
    if (!oneota_record_same_task(&answer.task, &m->record.order.task)) {
        m->check_due = !m->replaced;
        m->replaced = true;
        return oneota_machine_over(m, ONEOTA_REASON_OVER, 0);
    }
    oneota_record_renew(&m->record, &answer);
    memcpy(m->address, answer.address, sizeof m->address);
    m->rechecked = true;
    m->dirty_order = true;
    return EV_DONE;
}

/* ---------------------------------------------------------------- progress, downloaded, result */

static event_t report(oneota_t *m, uint8_t step, ask_t who)
{
    oneota_answer_t answer;
    answer.code = -1;
    event_t event = oneota_machine_call(m, ONEOTA_CALL_REPORT, step, who, &answer);
    if (event != EV_STAY) {
        int32_t code = m->code; /* behind the reason, of which the wait tells yet */
        m->step = step;
        m->code = answer.code;
        oneota_machine_tell(m, ONEOTA_EVENT_REPORT);
        m->code = code;
    }
    return event;
}

/* Whatever comes of it: a progress report is not repeated, and stops nothing. */
event_t oneota_step_progress(oneota_t *m)
{
    if (report(m, m->step, ASK_RESULT) == EV_STAY) {
        return EV_STAY;
    }
    m->failures = 0;
    return m->live ? EV_DONE : EV_NONE; /* or before the first byte of a trailer */
}

event_t oneota_step_downloaded(oneota_t *m)
{
    return report(m, ONEOTA_STEP_DOWNLOADED, ASK_DOWNLOADED);
}

event_t oneota_step_result(oneota_t *m)
{
    event_t event = m->phase == 0 ? oneota_step_trust(m) : EV_DONE;
    if (event != EV_DONE) {
        return event;
    }
    return report(m, m->record.at.result, ASK_RESULT);
}
