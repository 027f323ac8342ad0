/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * exit_code.h: when `run --once` ends, and with which exit status.
 */
#ifndef DEVICE_EXIT_CODE_H
#define DEVICE_EXIT_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "oneota/oneota.h"

enum {
    EXIT_GO_ON = -1,
    EXIT_DONE = 0,      /**< nothing to do, or updated, and the platform knows */
    EXIT_USAGE = 2,     /**< the command line is wrong */
    EXIT_ENDED = 3,     /**< the task ended without an update, and the platform knows */
    EXIT_NO_ANSWER = 4, /**< not reachable, refused, or a result could not be delivered */
    EXIT_POSTPONED = 5, /**< conditions, or the platform, say later */
    EXIT_STATE_DIR = 6, /**< the state directory cannot be used */
    EXIT_SIGNAL = 128   /**< and the signal's number */
};

#define EXIT_TRIES 5 /**< attempts in a row that come to nothing */

/** What has been seen so far; all zero at the start. Lives through restarts of the client. */
typedef struct {
    uint8_t tries;    /**< attempts in a row that came to nothing */
    bool downloading; /**< the last state that worked was the download: broken ranges are its own */
    bool counted;     /**< a failure was, so the wait after it is not an attempt of its own */
    uint8_t outcome;  /**< of the last task, see exit_code.c */
} exit_code_t;

/**
 * Takes one event of the client.
 * @param status  of the client at this event: is there a task, or a result to be delivered?
 * @return EXIT_GO_ON, or the exit status
 */
int exit_code_next(exit_code_t *exit_code, const oneota_event_t *event,
                   const oneota_status_t *status);

#endif
