/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * exit_code.c: when `run --once` ends, and with which exit status. The client tells why it waits;
 * the table says what that means for the program.
 */
#include "exit_code.h"

#include <string.h>

typedef enum {
    CLASS_DONE = 1, /* nothing is left to do: 0 */
    CLASS_TRY,      /* may be better the next time: 4 after EXIT_TRIES */
    CLASS_REFUSED,  /* will not be better by itself: 4 */
    CLASS_LATER,    /* 5 */
    CLASS_ENDED,    /* the task is over: 3 */
    CLASS_STORAGE   /* 6 */
} class_t;

enum { OUTCOME_NONE = 0, OUTCOME_UPDATED, OUTCOME_ENDED };

/* clang-format off: a table */
static const uint8_t k_class[ONEOTA_REASON_COUNT] = {
    [ONEOTA_REASON_NONE] = CLASS_DONE,         [ONEOTA_REASON_NETWORK] = CLASS_TRY,
    [ONEOTA_REASON_TIMEOUT] = CLASS_TRY,       [ONEOTA_REASON_PEER] = CLASS_TRY,
    [ONEOTA_REASON_SERVER] = CLASS_TRY,        [ONEOTA_REASON_ANSWER] = CLASS_TRY,
    [ONEOTA_REASON_UNKNOWN] = CLASS_TRY,       [ONEOTA_REASON_AUTH] = CLASS_REFUSED,
    [ONEOTA_REASON_CONFIG] = CLASS_REFUSED,    [ONEOTA_REASON_QUOTA] = CLASS_REFUSED,
    [ONEOTA_REASON_MISMATCH] = CLASS_ENDED,    [ONEOTA_REASON_POSTPONED] = CLASS_LATER,
    [ONEOTA_REASON_CANCELLED] = CLASS_ENDED,   [ONEOTA_REASON_OVER] = CLASS_ENDED,
    [ONEOTA_REASON_DROPPED] = CLASS_ENDED,     [ONEOTA_REASON_BATTERY] = CLASS_LATER,
    [ONEOTA_REASON_SIGNAL] = CLASS_LATER,      [ONEOTA_REASON_PAUSED] = CLASS_LATER,
    [ONEOTA_REASON_SPACE] = CLASS_ENDED,       [ONEOTA_REASON_MEMORY] = CLASS_ENDED,
    [ONEOTA_REASON_RETRIES] = CLASS_ENDED,     [ONEOTA_REASON_DEADLINE] = CLASS_ENDED,
    [ONEOTA_REASON_PACKAGE] = CLASS_ENDED,     [ONEOTA_REASON_TYPE] = CLASS_ENDED,
    [ONEOTA_REASON_ERASES] = CLASS_LATER,      [ONEOTA_REASON_REQUESTS] = CLASS_LATER,
    [ONEOTA_REASON_BYTES] = CLASS_LATER,       [ONEOTA_REASON_DIGEST] = CLASS_ENDED,
    [ONEOTA_REASON_SIGNATURE] = CLASS_ENDED,   [ONEOTA_REASON_BASE] = CLASS_ENDED,
    [ONEOTA_REASON_CLASS] = CLASS_ENDED,       [ONEOTA_REASON_COUNTER] = CLASS_ENDED,
    [ONEOTA_REASON_QUARANTINE] = CLASS_ENDED,  [ONEOTA_REASON_IMAGE] = CLASS_ENDED,
    [ONEOTA_REASON_VERSION] = CLASS_ENDED,     [ONEOTA_REASON_REJECTED] = CLASS_ENDED,
    [ONEOTA_REASON_UNCONFIRMED] = CLASS_ENDED, [ONEOTA_REASON_REVERTED] = CLASS_ENDED,
    [ONEOTA_REASON_STORAGE] = CLASS_STORAGE,
};
/* clang-format on */

static class_t class_of(uint8_t reason)
{
    return reason < ONEOTA_REASON_COUNT ? (class_t)k_class[reason] : CLASS_TRY;
}

static bool is_state(uint8_t state, const char *name)
{
    return strcmp(oneota_state_text(state), name) == 0;
}

static void see_state(exit_code_t *seen, const oneota_event_t *event)
{
    uint8_t state = event->to;

    if (is_state(state, "wait")) {
        state = event->from; /* a wait belongs to what waits */
    }
    seen->downloading = is_state(state, "download") || is_state(state, "progress");
}

/* Broken ranges are the download's own: it has its rounds. */
static void count_attempt(exit_code_t *seen)
{
    if (!seen->downloading && seen->tries < EXIT_TRIES) {
        seen->tries++;
    }
}

static int see_failure(exit_code_t *seen, class_t class)
{
    if (class == CLASS_STORAGE) {
        return EXIT_STATE_DIR;
    }
    if (class == CLASS_TRY) {
        count_attempt(seen);
        seen->counted = true;
    }
    return EXIT_GO_ON;
}

/* The wait after an attempt that came to nothing. */
static int see_vain(exit_code_t *seen)
{
    if (!seen->counted) {
        count_attempt(seen);
    }
    seen->counted = false;
    return seen->tries >= EXIT_TRIES ? EXIT_NO_ANSWER : EXIT_GO_ON;
}

/* An end that does not end the task is the end of a round of it: the next one follows. */
static int see_idle(exit_code_t *seen, class_t class, const oneota_status_t *status)
{
    bool pending = status->pending != 0;

    if (!pending && seen->outcome == OUTCOME_ENDED) {
        return EXIT_ENDED;
    }
    if (!pending && seen->outcome == OUTCOME_UPDATED) {
        return EXIT_DONE;
    }
    switch (class) {
    case CLASS_DONE:
        return pending ? see_vain(seen) : EXIT_DONE;
    case CLASS_ENDED:
        return pending ? see_vain(seen) : status->has_task ? EXIT_GO_ON : EXIT_ENDED;
    case CLASS_REFUSED:
        return EXIT_NO_ANSWER;
    case CLASS_LATER:
        return EXIT_POSTPONED;
    case CLASS_STORAGE:
        return EXIT_STATE_DIR;
    default:
        return see_vain(seen);
    }
}

static void see_success(exit_code_t *seen)
{
    seen->tries = 0;
    seen->counted = false;
}

static void see_outcome(exit_code_t *seen, uint8_t outcome)
{
    see_success(seen);
    seen->outcome = outcome;
}

int exit_code_next(exit_code_t *exit_code, const oneota_event_t *event,
                   const oneota_status_t *status)
{
    switch (event->type) {
    case ONEOTA_EVENT_STATE:
        see_state(exit_code, event);
        break;
    case ONEOTA_EVENT_TASK:
        exit_code->outcome = OUTCOME_NONE; /* the last task decides */
        break;
    case ONEOTA_EVENT_PROGRESS:
        see_success(exit_code);
        break;
    case ONEOTA_EVENT_REPORT:
        if (event->code == 0) {
            see_success(exit_code);
        }
        break;
    case ONEOTA_EVENT_UPDATED:
        see_outcome(exit_code, OUTCOME_UPDATED);
        break;
    case ONEOTA_EVENT_ENDED:
        see_outcome(exit_code, OUTCOME_ENDED);
        break;
    case ONEOTA_EVENT_FAILED:
        return see_failure(exit_code, class_of(event->reason));
    case ONEOTA_EVENT_IDLE:
        return see_idle(exit_code, class_of(event->reason), status);
    default:
        break;
    }
    return EXIT_GO_ON;
}
