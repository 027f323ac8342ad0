/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The table says what follows, the steps do the work, advance() is the only function that assigns
 * a state. A state that must survive a reset has a stage; the journal has it before the state
 * begins.
 */
#include "machine.h"

#include <stddef.h>
#include <string.h>

#include "budget.h"
#include "exchange.h"
#include "journal.h"
#include "policy.h"
#include "text.h"

typedef struct {
    uint8_t stage;          /* recorded before the state is entered; KEEPS: as it is */
    uint8_t next[EV_ASIDE]; /* by event, from EV_DONE */
} rule_t;

#define KEEPS STAGE_COUNT

/* An event that the state's step does not return. Waiting is safe: the record says how to go on. */
#define NO ST_WAIT

/* What follows. LATER, FAIL and OVER lead to the same place from every state: see advance(). */
/* clang-format off */
static const rule_t k_rule[ST_COUNT] = {
    /*                              DONE         NONE        RECHECK   ASIDE */
    [ST_START]    = {KEEPS,         {ST_RESUME,   NO,         NO,       ST_FLOOR}},
    [ST_FLOOR]    = {KEEPS,         {ST_RESUME,   NO,         NO,       NO}},
    [ST_VERSION]  = {KEEPS,         {ST_CHECK,    ST_WAIT,    NO,       NO}},
    [ST_CHECK]    = {KEEPS,         {ST_GATE,     ST_WAIT,    NO,       ST_VERSION}},
    [ST_RENEW]    = {KEEPS,         {ST_RESUME,   NO,         NO,       NO}},
    [ST_GATE]     = {STAGE_TASK,    {ST_TOKEN,    NO,         NO,       NO}},
    [ST_TOKEN]    = {STAGE_TASK,    {ST_PREFIX,   NO,         ST_RENEW, ST_TRAILER}},
    [ST_TRAILER]  = {STAGE_TASK,    {ST_PREFIX,   NO,         ST_TOKEN, ST_PROGRESS}},
    [ST_PREFIX]   = {STAGE_TASK,    {ST_DOWNLOAD, NO,         NO,       NO}},
    [ST_DOWNLOAD] = {STAGE_TASK,    {ST_VERIFY,   ST_PREFIX,  ST_TOKEN, ST_PROGRESS}},
    [ST_PROGRESS] = {STAGE_TASK,    {ST_DOWNLOAD, ST_TRAILER,       NO,       NO}},
    [ST_VERIFY]   = {STAGE_TASK,    {ST_LOADED,   ST_PREFIX,  NO,       NO}},
    [ST_LOADED]   = {STAGE_LOADED,  {ST_INSTALL,  NO,         ST_RENEW, ST_DOUBT}},
    [ST_DOUBT]    = {KEEPS,         {ST_INSTALL,  NO,         NO,       NO}},
    [ST_INSTALL]  = {STAGE_ACKED,   {ST_MARK,     NO,         NO,       NO}},
    [ST_MARK]     = {STAGE_MARKING, {ST_RESTART,  NO,         NO,       NO}},
    [ST_RESTART]  = {STAGE_RESTART, {NO,          NO,         NO,       NO}},
    [ST_TRIAL]    = {STAGE_TRIAL,   {ST_CONFIRM,  NO,         NO,       NO}},
    [ST_CONFIRM]  = {KEEPS,         {ST_RESULT,   ST_VERSION, NO,       ST_FLOOR}},
    [ST_REVERT]   = {STAGE_RESULT,  {ST_RETURN,   NO,         NO,       NO}},
    [ST_RETURN]   = {KEEPS,         {NO,          NO,         NO,       NO}},
    [ST_IDENTIFY] = {KEEPS,         {ST_RESULT,   NO,         NO,       NO}},
    [ST_RESULT]   = {STAGE_RESULT,  {ST_CLOSE,    NO,         NO,       NO}},
    [ST_CLOSE]    = {STAGE_NONE,    {ST_VERSION,  NO,         NO,       NO}},
    [ST_WAIT]     = {KEEPS,         {ST_RESUME,   NO,         NO,       NO}},
};

static event_t (*const k_step[ST_COUNT])(oneota_t *m) = {
    [ST_NONE]     = oneota_step_wait,
    [ST_START]    = oneota_step_start,
    [ST_FLOOR]    = oneota_step_trust,
    [ST_VERSION]  = oneota_step_version,
    [ST_CHECK]    = oneota_step_check,
    [ST_RENEW]    = oneota_step_recheck,
    [ST_GATE]     = oneota_step_gate,
    [ST_TOKEN]    = oneota_step_token,
    [ST_TRAILER]  = oneota_step_trust,
    [ST_PREFIX]   = oneota_step_prefix,
    [ST_DOWNLOAD] = oneota_step_download,
    [ST_PROGRESS] = oneota_step_progress,
    [ST_VERIFY]   = oneota_step_prove,
    [ST_LOADED]   = oneota_step_downloaded,
    [ST_DOUBT]    = oneota_step_recheck,
    [ST_INSTALL]  = oneota_step_install,
    [ST_MARK]     = oneota_step_prove,
    [ST_RESTART]  = oneota_step_restart,
    [ST_TRIAL]    = oneota_step_trial,
    [ST_CONFIRM]  = oneota_step_settle,
    [ST_REVERT]   = oneota_step_settle,
    [ST_RETURN]   = oneota_step_restart,
    [ST_IDENTIFY] = oneota_step_identify,
    [ST_RESULT]   = oneota_step_result,
    [ST_CLOSE]    = oneota_step_close,
    [ST_WAIT]     = oneota_step_wait,
};
/* clang-format on */

/* Where work goes on after a start or a wait: by what was recorded, and what the boot control
 * says. */
/* clang-format off */
static const uint8_t k_resume[STAGE_COUNT][ONEOTA_BOOT_CONDITION_COUNT] = {
    /*                 CONFIRMED    PENDING     TRIAL      REVERTED */
    [STAGE_NONE]    = {ST_VERSION,  ST_RESTART, ST_TRIAL,  ST_VERSION},
    [STAGE_TASK]    = {ST_GATE,     ST_RESTART, ST_TRIAL,  ST_GATE},
    [STAGE_LOADED]  = {ST_LOADED,   ST_RESTART, ST_TRIAL,  ST_LOADED},
    [STAGE_ACKED]   = {ST_INSTALL,  ST_RESTART, ST_TRIAL,  ST_INSTALL},
    [STAGE_MARKING] = {ST_MARK,     ST_RESTART, ST_TRIAL,  ST_MARK},
    [STAGE_RESTART] = {ST_IDENTIFY, ST_RESTART, ST_TRIAL,  ST_IDENTIFY},
    [STAGE_TRIAL]   = {ST_IDENTIFY, ST_RESTART, ST_TRIAL,  ST_IDENTIFY},
    [STAGE_RESULT]  = {ST_RESULT,   ST_REVERT,  ST_REVERT, ST_RESULT},
};
/* clang-format on */

/* In the order of state_t, each with a zero behind it. */
static const char k_names[] = "?\0"
                              "start\0"
                              "floor\0"
                              "version\0"
                              "check\0"
                              "recheck\0"
                              "gate\0"
                              "token\0"
                              "trailer\0"
                              "prefix\0"
                              "download\0"
                              "progress\0"
                              "verify\0"
                              "downloaded\0"
                              "doubt\0"
                              "install\0"
                              "mark\0"
                              "restart\0"
                              "trial\0"
                              "confirm\0"
                              "revert\0"
                              "return\0"
                              "identify\0"
                              "result\0"
                              "close\0"
                              "wait\0";

const char *oneota_machine_state_text(uint8_t state)
{
    return oneota_text_pick(k_names, ST_COUNT, state);
}

/* Only time in the states of the download counts; a closed gate or a wait does not. */
static void count_time(oneota_t *m)
{
    uint32_t passed_s = (m->now_ms - m->counted_ms) / 1000u;
    if (passed_s == 0) {
        return;
    }
    oneota_budget_refill(&m->spent, passed_s);
    m->counted_ms += passed_s * 1000u;
    if (m->clock_s != 0) {
        m->clock_s += passed_s;
    }
    if (m->state >= ST_TOKEN && m->state <= ST_PROGRESS) {
        m->record.at.spent_s += passed_s;
    }
}

static void enter(oneota_t *m, uint8_t state)
{
    m->next = state;
    oneota_machine_tell(m, ONEOTA_EVENT_STATE);
    LOG_INFO(m, "machine: state", "is", oneota_machine_state_text(state), 0);
    m->state = state;
    m->next = ST_NONE;
    m->phase = 0;
}

/* Straight into the state, or first its stage into the journal. */
static void go(oneota_t *m, uint8_t state)
{
    uint8_t stage = k_rule[state].stage;
    m->wait_ms = 0;
    if (stage != KEEPS && stage != m->record.at.stage) {
        m->record.at.stage = stage;
        m->dirty = true;
    }
    if (state > ST_PROGRESS && m->state <= ST_PROGRESS && m->state >= ST_TRAILER &&
        !(state == ST_WAIT && m->reason == ONEOTA_REASON_POSTPONED)) {
        m->dirty_spent = true;
        m->dirty = true;
    }
    if (!m->dirty) {
        enter(m, state);
        return;
    }
    m->next = state;
}

static uint8_t follows(const oneota_t *m, event_t event)
{
    uint8_t stage = m->record.at.stage;
    uint8_t next = ST_RESUME;
    switch (event) {
    case EV_LATER:
        next = ST_WAIT;
        break;
    case EV_OVER:
        next = ST_CLOSE;
        break;
    case EV_FAIL: /* the report; what is on trial is taken back first */
        stage = STAGE_RESULT;
        break;
    default:
        next = k_rule[m->state].next[event - EV_DONE];
        break;
    }
    return next == ST_RESUME ? k_resume[stage][m->boot.condition] : next;
}

static void advance(oneota_t *m, event_t event)
{
    go(m, follows(m, event));
}

#define KEPT(flag, member, type)                                                               \
    {                                                                                          \
        offsetof(oneota_t, flag), offsetof(oneota_t, member), sizeof(((oneota_t *)0)->member), \
            type                                                                               \
    }

/* In the order in which they are stored: progress last, which says that the others count. */
static const struct {
    uint16_t flag, place;
    uint8_t length, type;
} k_kept[] = {
    KEPT(dirty_order, record.order, RECORD_ORDER),
    KEPT(dirty_made, record.made, RECORD_MADE),
    KEPT(dirty_spent, spent, RECORD_SPENT),
    KEPT(dirty, record.at, RECORD_PROGRESS),
};

/* What changed goes into the journal before anything else is done. While it cannot be written, no
 * state is entered. */
static void store(oneota_t *m)
{
    uint8_t *client = (uint8_t *)m;
    size_t n = 0;
    while (n < sizeof k_kept / sizeof k_kept[0] - 1u && client[k_kept[n].flag] == 0) {
        n++;
    }
    event_t event =
        oneota_machine_await(m, oneota_journal_write(&m->journal, k_kept[n].type,
                                                     client + k_kept[n].place, k_kept[n].length));
    if (event == EV_LATER) {
        oneota_machine_begin_wait(m, m->later_ms);
    }
    if (event != EV_DONE) {
        return;
    }
    client[k_kept[n].flag] = false;
    if (!m->dirty && m->next != ST_NONE) {
        enter(m, m->next);
    }
}

/* The task is gone, and nobody is told. */
static event_t forget(oneota_t *m)
{
    m->forget = false;
    m->live = false;
    m->updated = false;
    m->cancel = false;
    m->dirty = true;
    oneota_record_clear(&m->record);
    return EV_OVER;
}

/* What the application asked for since the last poll. @return what came of it; STAY: nothing */
static event_t take_commands(oneota_t *m)
{
    bool pausable = m->state >= ST_VERSION && m->state <= ST_INSTALL;
    if (m->forget) {
        return forget(m);
    }
    if (pausable && m->state >= ST_GATE && m->cancel) {
        uint8_t result =
            m->record.at.stage == STAGE_TASK ? ONEOTA_STEP_UNKNOWN : ONEOTA_STEP_INSTALL_UNKNOWN;
        m->cancel = false;
        return oneota_machine_fail(m, result, ONEOTA_REASON_DROPPED, 0);
    }
    if (pausable && m->paused) {
        return oneota_machine_later(m, ONEOTA_REASON_PAUSED, 0, WAIT_FOREVER_MS);
    }
    return EV_STAY;
}

static void work(oneota_t *m)
{
    event_t event = EV_STAY;
    if (m->next == ST_NONE && !m->busy) {
        event = take_commands(m);
    }
    if (event != EV_STAY) {
        oneota_exchange_close(&m->exchange);
    } else if (oneota_machine_waits(m)) {
        return;
    } else if (m->dirty) {
        store(m);
        return;
    } else {
        event = k_step[m->state](m);
    }
    if (event != EV_STAY) {
        advance(m, event);
        m->sleep_ms = 0;
    }
}

uint32_t oneota_machine_poll(oneota_t *m)
{
    m->now_ms = m->setup->clock->now_ms(m->setup->clock_ctx);
    if (!m->busy) { /* what is being written must not change */
        count_time(m);
    }
    work(m);
    return m->sleep_ms;
}

void oneota_machine_init(oneota_t *m, const oneota_setup_t *setup)
{
    memset(m, 0, sizeof *m);
    m->setup = setup;
    m->state = ST_START;
    m->deferred = setup->ask_before_install;
}
