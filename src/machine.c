/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The table says what follows, the steps do the work, advance() is the only function that assigns
 * a state. A state that must survive a reset has a stage; the journal has it before the state
 * begins.
 */
#include "machine.h"

#include "exchange.h"
#include "policy.h"
#include "text.h"

/* An event that the state's step does not return. Waiting is safe: the record says how to go on. */
#define NO ST_WAIT

/* clang-format off */
/* By event, from EV_DONE. */
static const uint8_t k_next[ST_COUNT][EV_COUNT - 1] = {
    /*               DONE         NONE        LATER    FAIL       OVER      RECHECK   ASIDE */
    [ST_START]    = {ST_RESUME,   NO,         ST_WAIT, NO,        NO,       NO,       NO},
    [ST_VERSION]  = {ST_CHECK,    ST_WAIT,    ST_WAIT, NO,        NO,       NO,       NO},
    [ST_CHECK]    = {ST_GATE,     ST_WAIT,    ST_WAIT, NO,        NO,       NO,       ST_VERSION},
    [ST_GATE]     = {ST_TOKEN,    NO,         ST_WAIT, ST_RESULT, NO,       NO,       NO},
    [ST_TOKEN]    = {ST_PREFIX,   NO,         ST_WAIT, ST_RESULT, ST_CLOSE, ST_RENEW, NO},
    [ST_PREFIX]   = {ST_DOWNLOAD, NO,         ST_WAIT, ST_RESULT, NO,       NO,       NO},
    [ST_DOWNLOAD] = {ST_VERIFY,   ST_PREFIX,  ST_WAIT, ST_RESULT, ST_CLOSE, ST_TOKEN, ST_PROGRESS},
    [ST_PROGRESS] = {ST_DOWNLOAD, NO,         NO,      ST_RESULT, NO,       NO,       NO},
    [ST_VERIFY]   = {ST_LOADED,   ST_PREFIX,  ST_WAIT, ST_RESULT, NO,       NO,       NO},
    [ST_LOADED]   = {ST_INSTALL,  NO,         ST_WAIT, ST_RESULT, ST_CLOSE, ST_RENEW, ST_DOUBT},
    [ST_RENEW]    = {ST_RESUME,   NO,         ST_WAIT, ST_RESULT, ST_CLOSE, NO,       NO},
    [ST_DOUBT]    = {ST_INSTALL,  NO,         ST_WAIT, ST_RESULT, ST_CLOSE, NO,       NO},
    [ST_INSTALL]  = {ST_MARK,     NO,         ST_WAIT, ST_RESULT, NO,       NO,       NO},
    [ST_MARK]     = {ST_RESTART,  NO,         ST_WAIT, ST_RESULT, NO,       NO,       NO},
    [ST_RESTART]  = {NO,          NO,         NO,      NO,        NO,       NO,       NO},
    [ST_TRIAL]    = {ST_CONFIRM,  NO,         NO,      ST_REVERT, NO,       NO,       NO},
    [ST_CONFIRM]  = {ST_RESULT,   ST_VERSION, ST_WAIT, NO,        NO,       NO,       NO},
    [ST_REVERT]   = {ST_RETURN,   NO,         ST_WAIT, NO,        NO,       NO,       NO},
    [ST_RETURN]   = {NO,          NO,         NO,      NO,        NO,       NO,       NO},
    [ST_IDENTIFY] = {ST_RESULT,   NO,         ST_WAIT, ST_RESULT, NO,       NO,       NO},
    [ST_RESULT]   = {ST_CLOSE,    NO,         ST_WAIT, NO,        NO,       NO,       NO},
    [ST_CLOSE]    = {ST_VERSION,  NO,         NO,      NO,        NO,       NO,       NO},
    [ST_WAIT]     = {ST_RESUME,   NO,         NO,      NO,        NO,       NO,       NO},
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

enum {
    PAUSES = 1u << 0,   /* the application's pause stops it */
    CANCELS = 1u << 1,  /* the application's cancel ends the task here: 107 */
    BACKS = 1u << 2,    /* likewise, after 101 may have been taken: 206 */
    TIMED = 1u << 3,    /* its time counts as time of the download */
    KEEPS = STAGE_COUNT /* stage: as it is */
};

typedef struct {
    event_t (*step)(oneota_t *m);
    uint8_t stage; /* recorded before it is entered */
    uint8_t traits;
} state_info_t;

/* clang-format off */
static const state_info_t k_state[ST_COUNT] = {
    [ST_NONE]     = {oneota_step_wait,       KEEPS,         0},
    [ST_START]    = {oneota_step_start,      KEEPS,         0},
    [ST_VERSION]  = {oneota_step_version,    KEEPS,         PAUSES},
    [ST_CHECK]    = {oneota_step_check,      KEEPS,         PAUSES},
    [ST_GATE]     = {oneota_step_gate,       STAGE_TASK,    PAUSES | CANCELS},
    [ST_TOKEN]    = {oneota_step_token,      STAGE_TASK,    PAUSES | CANCELS | TIMED},
    [ST_PREFIX]   = {oneota_step_prefix,     STAGE_TASK,    PAUSES | CANCELS | TIMED},
    [ST_DOWNLOAD] = {oneota_step_download,   STAGE_TASK,    PAUSES | CANCELS | TIMED},
    [ST_PROGRESS] = {oneota_step_progress,   STAGE_TASK,    PAUSES | CANCELS | TIMED},
    [ST_VERIFY]   = {oneota_step_prove,      STAGE_TASK,    PAUSES | CANCELS},
    [ST_LOADED]   = {oneota_step_downloaded, STAGE_LOADED,  PAUSES | BACKS},
    [ST_RENEW]    = {oneota_step_recheck,    KEEPS,         PAUSES},
    [ST_DOUBT]    = {oneota_step_recheck,    KEEPS,         PAUSES | BACKS},
    [ST_INSTALL]  = {oneota_step_install,    STAGE_ACKED,   PAUSES | BACKS},
    [ST_MARK]     = {oneota_step_prove,      STAGE_MARKING, 0},
    [ST_RESTART]  = {oneota_step_restart,    STAGE_RESTART, 0},
    [ST_TRIAL]    = {oneota_step_trial,      STAGE_TRIAL,   0},
    [ST_CONFIRM]  = {oneota_step_settle,     KEEPS,         0},
    [ST_REVERT]   = {oneota_step_settle,     STAGE_RESULT,  0},
    [ST_RETURN]   = {oneota_step_restart,    KEEPS,         0},
    [ST_IDENTIFY] = {oneota_step_identify,   KEEPS,         0},
    [ST_RESULT]   = {oneota_step_result,     STAGE_RESULT,  0},
    [ST_CLOSE]    = {oneota_step_close,      STAGE_NONE,    0},
    [ST_WAIT]     = {oneota_step_wait,       KEEPS,         0},
};
/* clang-format on */

/* In the order of state_t, each with a zero behind it. */
static const char k_names[] = "?\0"
                              "start\0"
                              "version\0"
                              "check\0"
                              "gate\0"
                              "token\0"
                              "prefix\0"
                              "download\0"
                              "progress\0"
                              "verify\0"
                              "downloaded\0"
                              "recheck\0"
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

state_t oneota_machine_resume_state(uint8_t stage, uint8_t condition)
{
    return (state_t)k_resume[stage][condition];
}

/* Only time in the states of the download counts; a closed gate or a wait does not. */
void oneota_machine_count_time(oneota_t *m)
{
    uint32_t passed_s = (m->now_ms - m->spent_at_ms) / 1000u;
    m->spent_at_ms += passed_s * 1000u;
    if (k_state[m->state].traits & TIMED) {
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
    uint8_t stage = k_state[state].stage;
    oneota_machine_count_time(m);
    if (stage != KEEPS && stage != m->record.at.stage) {
        m->record.at.stage = stage;
        set(m, FLAG_DIRTY);
    }
    if (!has(m, FLAG_DIRTY)) {
        enter(m, state);
        return;
    }
    m->next = state;
    oneota_machine_begin_wait(m, 0);
}

static void advance(oneota_t *m, event_t event)
{
    uint8_t next = k_next[m->state][event - 1];
    if (next == ST_RESUME) {
        next = (uint8_t)oneota_machine_resume_state(m->record.at.stage, m->boot.condition);
    }
    go(m, next);
}

/* The journal first. While it cannot be written, the state is not entered. */
static void store_and_enter(oneota_t *m)
{
    if (oneota_machine_waits(m)) {
        return;
    }
    oneota_error_t error = oneota_machine_store_progress(m);
    if (error == ONEOTA_AGAIN) {
        return;
    }
    if (error != ONEOTA_OK) {
        oneota_machine_complain(m, ONEOTA_REASON_STORAGE, 0);
        oneota_machine_begin_wait(m, oneota_machine_backoff_ms(m));
        return;
    }
    clear(m, FLAG_DIRTY);
    enter(m, m->next);
}

static void forget(oneota_t *m)
{
    oneota_exchange_close(&m->exchange);
    clear(m, FLAG_FORGET | FLAG_LIVE | FLAG_UPDATED | FLAG_CANCEL);
    oneota_record_clear(&m->record);
    set(m, FLAG_DIRTY);
    go(m, ST_CLOSE);
}

/* What the application asked for since the last poll. @return true if that was this poll's work */
static bool take_commands(oneota_t *m)
{
    uint8_t traits = k_state[m->state].traits;
    if (m->busy) {
        return false;
    }
    if (has(m, FLAG_FORGET)) {
        forget(m);
        return true;
    }
    if (has(m, FLAG_CANCEL) && (traits & (CANCELS | BACKS)) != 0) {
        uint8_t result = (traits & BACKS) ? ONEOTA_STEP_INSTALL_UNKNOWN : ONEOTA_STEP_UNKNOWN;
        oneota_exchange_close(&m->exchange);
        clear(m, FLAG_CANCEL);
        advance(m, oneota_machine_fail(m, result, ONEOTA_REASON_DROPPED, 0));
        return true;
    }
    if (has(m, FLAG_PAUSED) && (traits & PAUSES) != 0) {
        oneota_exchange_close(&m->exchange);
        advance(m, oneota_machine_later(m, ONEOTA_REASON_PAUSED, 0, WAIT_FOREVER_MS));
        return true;
    }
    return false;
}

uint32_t oneota_machine_poll(oneota_t *m)
{
    m->sleep_ms = 0;
    m->now_ms = m->setup->clock->now_ms(m->setup->clock_ctx);
    if (m->next != ST_NONE) {
        store_and_enter(m);
        return m->sleep_ms;
    }
    if (take_commands(m)) {
        return 0;
    }
    event_t event = k_state[m->state].step(m);
    if (event == EV_STAY) {
        return m->sleep_ms;
    }
    advance(m, event);
    return 0;
}

void oneota_machine_init(oneota_t *m, const oneota_setup_t *setup)
{
    m->setup = setup;
    m->state = ST_START;
    m->flags = setup->ask_before_install ? (uint16_t)FLAG_DEFERRED : 0u;
}
