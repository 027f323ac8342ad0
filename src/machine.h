/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * machine.h: what happens next. machine.c has the table and the one function that assigns a state;
 * the steps_*.c files have what each state does. A step returns an event and never sets the state.
 */
#ifndef ONEOTA_SRC_MACHINE_H
#define ONEOTA_SRC_MACHINE_H

#include "exchange.h"
#include "oneota/state.h"
#include "record.h"
#include "slot.h"

/* ---------------------------------------------------------------- states and events */

/** In the order of an update, which what pauses, cancels and is timed goes by. */
typedef enum {
    ST_NONE = 0, /**< a forgotten cell of the table */
    ST_START,    /**< read journal and boot control */
    ST_FLOOR,    /**< what counter has been confirmed? (signed packages) */
    ST_VERSION,  /**< report the running versions */
    ST_CHECK,    /**< is there a task, for each image in turn? */
    ST_RENEW,    /**< the token was refused: is the task still the same? */
    ST_GATE,     /**< battery and signal for a round of download */
    ST_TOKEN,    /**< is the task still valid? */
    ST_TRAILER,  /**< is it worth a download? (signed packages) */
    ST_PREFIX,   /**< hash again what is stored */
    ST_DOWNLOAD, /**< ranges into the slot */
    ST_PROGRESS, /**< report the percentage */
    ST_VERIFY,   /**< read the slot back */
    ST_LOADED,   /**< report 101 */
    ST_DOUBT,    /**< 101 was refused: is the task still the same? */
    ST_INSTALL,  /**< consent, battery and signal for the installation */
    ST_MARK,     /**< last read-back, then mark for trial */
    ST_RESTART,  /**< the device is to restart into the new image */
    ST_TRIAL,    /**< the new image runs: confirm or reject */
    ST_CONFIRM,  /**< make it stay */
    ST_REVERT,   /**< take it back */
    ST_RETURN,   /**< the device is to restart into the old image */
    ST_IDENTIFY, /**< which image runs? */
    ST_RESULT,   /**< report how it ended */
    ST_CLOSE,    /**< the task is over */
    ST_WAIT,     /**< nothing to do for a while */
    ST_COUNT,
    ST_RESUME /**< not a state: where the record says that work goes on */
} state_t;

typedef enum {
    EV_STAY = 0, /**< the step goes on */
    EV_DONE,     /**< its work is done */
    EV_NONE,     /**< there was nothing to do, or nothing came of it */
    EV_RECHECK,  /**< the platform's word on the task is needed */
    EV_ASIDE,    /**< something else comes first */
    EV_LATER,    /**< failed for now: go on with it after a wait */
    EV_FAIL,     /**< the task failed: record.result is to be reported */
    EV_OVER,     /**< the task is over, no report */
    EV_COUNT
} event_t;

#define WAIT_FOREVER_MS 2000000000u

/** In a row, of flash or boot control, after which it is none. */
#define GLITCHES 3u

/** Failures in a row, with the back-off about a day and a half: it will not go away. */
#define LASTING 80u

/* ---------------------------------------------------------------- machine.c */

void oneota_machine_init(oneota_t *m, const oneota_setup_t *setup);
uint32_t oneota_machine_poll(oneota_t *m);
const char *oneota_machine_state_text(uint8_t state);

/* ---------------------------------------------------------------- for the steps: small ones */

/** The image that the task is for. */
static inline const oneota_image_t *task_image(const oneota_t *m)
{
    return &m->setup->images[m->record.order.image];
}

/** The slot of that image that does not run. */
static inline uint8_t target_slot(const oneota_t *m)
{
    return m->boot.slot ^ 1u;
}

static inline bool is_differential(const oneota_t *m)
{
    return m->record.order.task.type == TYPE_DIFFERENTIAL;
}

/** Bytes of the image that the task is about: of the package, or of what that makes. */
static inline uint32_t image_size(const oneota_t *m)
{
    return m->record.made.size != 0 ? m->record.made.size : m->record.order.task.size;
}

/* ---------------------------------------------------------------- for the steps: report.c */

/** Tells the application; the event's members are what the client's are at this moment. */
void oneota_machine_tell(const oneota_t *m, oneota_event_type_t type);

/** Bytes of the package that are done with, and what part of it they are. */
uint32_t oneota_machine_done_bytes(const oneota_t *m);
uint8_t oneota_machine_percent(const oneota_t *m);

/** Says once what went wrong: reason and code are kept, logged and told. */
void oneota_machine_complain(oneota_t *m, oneota_reason_t reason, int32_t code);

/** Complains; the wait that LATER brings is ms. */
event_t oneota_machine_later(oneota_t *m, oneota_reason_t reason, int32_t code, uint32_t ms);

/** Likewise, with the back-off for one more failure in a row. */
event_t oneota_machine_back_off(oneota_t *m, oneota_reason_t reason, int32_t code);

/** Complains; the task failed, and result is what the platform is to be told. */
event_t oneota_machine_fail(oneota_t *m, uint8_t result, oneota_reason_t reason, int32_t code);

/** Complains; the task is over, and the platform is told nothing. */
event_t oneota_machine_over(oneota_t *m, oneota_reason_t reason, int32_t code);

/** Nothing is wrong and nothing to do until the next poll interval. @return NONE */
event_t oneota_machine_rest(oneota_t *m);

/** Complains; one more round of the task is used up. When it was the last: the task failed. */
event_t oneota_machine_round(oneota_t *m, oneota_reason_t reason, int32_t code, uint8_t result);

/** Battery and signal against the task's thresholds. @return DONE, or what
 * oneota_machine_round() says; low_battery and weak_signal are the codes for the end of all
 * rounds */
event_t oneota_machine_conditions(oneota_t *m, uint8_t low_battery, uint8_t weak_signal);

/** The step's first poll is over: tells the application, and what follows it waits for ms. */
event_t oneota_machine_open(oneota_t *m, oneota_event_type_t type, uint32_t ms);

/** What the budget says. @return STAY: nothing; else LATER, for an hour, or FAIL, complained */
event_t oneota_machine_over_budget(oneota_t *m, oneota_reason_t reason);

/** Starts a wait within the state: the step is called again when it is over. True while it
 *  lasts. */
void oneota_machine_begin_wait(oneota_t *m, uint32_t ms);
bool oneota_machine_waits(oneota_t *m);

/** Back-off after one more failure in a row; wait between rounds, between checks, before the
 * first. */
uint32_t oneota_machine_backoff_ms(oneota_t *m);
uint32_t oneota_machine_interval_ms(const oneota_t *m);
uint32_t oneota_machine_poll_ms(const oneota_t *m);
uint32_t oneota_machine_first_ms(const oneota_t *m);

/** Notes whether a flash operation goes on: then nothing else may come between, and the next
 * poll is soon. @return error */
oneota_error_t oneota_machine_flash(oneota_t *m, oneota_error_t error);

/** Likewise. @return DONE; STAY: it goes on; LATER: it failed, complained, with a back-off */
event_t oneota_machine_await(oneota_t *m, oneota_error_t error);

/** One line of log: "area: what key=value". Use the LOG macros. */
void oneota_machine_log(const oneota_t *m, oneota_log_level_t level, const char *what,
                        const char *key, const char *text, int64_t number);

/* ---------------------------------------------------------------- call.c */

/** Who asks: a row of the table of what an answer means. */
typedef enum {
    ASK_VERSION = 0,
    ASK_CHECK,
    ASK_RECHECK,
    ASK_TOKEN,
    ASK_DOWNLOADED,
    ASK_RESULT,
    ASK_DOWNLOAD,
    ASK_COUNT
} ask_t;

/** One control call, from request to what its answer means for who asks; step is read for a report.
 *  @return STAY it goes on; else *answer is filled, unless there was none (LATER, complained) */
event_t oneota_machine_call(oneota_t *m, oneota_call_t call, uint8_t step, ask_t who,
                            oneota_answer_t *answer);

/** What follows an answer, by who asked; complains where that is due. DOWNLOAD with NONE: this
 * attempt came to nothing. */
event_t oneota_machine_judge(oneota_t *m, ask_t who, const oneota_answer_t *answer);

/** Fills what every request needs. */
void oneota_machine_request(oneota_t *m, oneota_call_t call, oneota_request_t *request);

/** Writes the request and starts its exchange. @return STAY; LATER: it cannot be written */
event_t oneota_machine_ask(oneota_t *m, const oneota_request_t *request, const char *address,
                           uint16_t port);

/** The main host's port. */
uint16_t oneota_machine_port(const oneota_t *m);

/** One step of the exchange. While it waits, the next poll need not be sooner. */
exchange_event_t oneota_machine_exchange(oneota_t *m, http_body_t *body);

/** Likewise, of one whose body is text: END when it is whole, or too long to be an answer; then
 *  oneota_machine_read_answer() judges by the status. */
exchange_event_t oneota_machine_read_text(oneota_t *m);

/** Reads the text that was kept. @return false: the Authorization was made anew, ask again */
bool oneota_machine_read_answer(oneota_t *m, oneota_call_t call, oneota_answer_t *answer);

/* ---------------------------------------------------------------- steps_load.c */

/** Phases of what is downloaded; each state has its own behind these. */
enum { LOAD_REQUEST = 0, LOAD_ANSWER, LOAD_TEXT, LOAD_OWN };

/** Can this device take the task's package at all? @return STAY: it can; FAIL */
event_t oneota_load_suits(oneota_t *m);

/** Asks for m->download.first to .end; judges the head of the answer; ends an attempt that came to
 *  nothing, with a back-off. A text instead of bytes is oneota_step_download()'s. */
event_t oneota_load_ask(oneota_t *m);
event_t oneota_load_head(oneota_t *m);
event_t oneota_load_failed(oneota_t *m, oneota_reason_t reason, int32_t code);

/** What oneota_slot_write() has said, if not OK or AGAIN: the budget is asked, or the flash has
 *  failed. */
event_t oneota_load_refused(oneota_t *m, oneota_error_t error);

/** The range that was asked for is here. */
void oneota_load_received(oneota_t *m);

/* ---------------------------------------------------------------- steps_prove.c */

/** Phases of verify and mark: the slot is proven; its signature is to be proven. */
#define PROVE_ACT    2
#define PROVE_SIGNED 3

/** Asks the boot control about m->image. @return false: it cannot tell; m->boot is as it was */
bool oneota_machine_query_boot(oneota_t *m);

/** Begins at the first byte of a slot of the task's image; and reads on, as far as end.
 *  @return OK; AGAIN; STORAGE */
void oneota_machine_begin_slot(oneota_t *m, uint8_t slot);
oneota_error_t oneota_machine_read_slot(oneota_t *m, uint32_t end);

/** How much of the slot that runs its image takes. */
uint32_t oneota_machine_running_size(const oneota_t *m);

/** Begins SHA-256 over so many bytes of the image that runs. */
void oneota_machine_begin_running(oneota_t *m, uint32_t size);

/** Ends the hash over what was read or written. @return it is the task's digest */
bool oneota_machine_proves(oneota_t *m);

/** What is in flash, or what arrived, is not what was announced: one more download, then 205.
 *  @return NONE or FAIL */
event_t oneota_machine_mismatch(oneota_t *m, oneota_reason_t reason);

/** Likewise, of the slot that is to be marked: after 101, a glitch may be the reason. */
event_t oneota_machine_unproven(oneota_t *m, oneota_reason_t reason);

/* ---------------------------------------------------------------- steps_load.c */

/** The slot does not take it, or cannot be read. @return LATER or FAIL */
event_t oneota_machine_flash_failed(oneota_t *m);

/** Between erase units, where a reset may find its way back, and so far behind the last such
 * place. */
static inline bool store_due(const oneota_t *m, uint32_t bytes)
{
    uint32_t stored = m->record.at.stored;
    return oneota_slot_at_unit(&m->slot) && m->slot.position > stored &&
           m->slot.position - stored >= bytes;
}

/* ---------------------------------------------------------------- steps_*.c */

event_t oneota_step_start(oneota_t *m);
event_t oneota_step_version(oneota_t *m);
event_t oneota_step_check(oneota_t *m);
event_t oneota_step_gate(oneota_t *m);
event_t oneota_step_token(oneota_t *m);
event_t oneota_step_prefix(oneota_t *m);
event_t oneota_step_download(oneota_t *m);
event_t oneota_step_progress(oneota_t *m);
event_t oneota_step_prove(oneota_t *m);
event_t oneota_step_downloaded(oneota_t *m);
event_t oneota_step_recheck(oneota_t *m);
event_t oneota_step_install(oneota_t *m);
event_t oneota_step_restart(oneota_t *m);
event_t oneota_step_trial(oneota_t *m);
event_t oneota_step_settle(oneota_t *m);
event_t oneota_step_identify(oneota_t *m);
event_t oneota_step_result(oneota_t *m);
event_t oneota_step_close(oneota_t *m);
event_t oneota_step_wait(oneota_t *m);
event_t oneota_step_trust(oneota_t *m);

/* ---------------------------------------------------------------- log */

/* Compiled in up to ONEOTA_LOG_LEVEL; text NULL: the value is number. */

#if ONEOTA_LOG_LEVEL >= 1
#define LOG_ERROR(m, what, key, text, number) \
    oneota_machine_log(m, ONEOTA_LOG_ERROR, what, key, text, number)
#else
#define LOG_ERROR(m, what, key, text, number) ((void)0)
#endif
#if ONEOTA_LOG_LEVEL >= 2
#define LOG_WARN(m, what, key, text, number) \
    oneota_machine_log(m, ONEOTA_LOG_WARN, what, key, text, number)
#else
#define LOG_WARN(m, what, key, text, number) ((void)0)
#endif
#if ONEOTA_LOG_LEVEL >= 3
#define LOG_INFO(m, what, key, text, number) \
    oneota_machine_log(m, ONEOTA_LOG_INFO, what, key, text, number)
#else
#define LOG_INFO(m, what, key, text, number) ((void)0)
#endif
#if ONEOTA_LOG_LEVEL >= 4
#define LOG_DEBUG(m, what, key, text, number) \
    oneota_machine_log(m, ONEOTA_LOG_DEBUG, what, key, text, number)
#else
#define LOG_DEBUG(m, what, key, text, number) ((void)0)
#endif

#endif
