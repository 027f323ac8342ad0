/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * oneota.h: the client.
 *
 * Purpose
 *     Keeps the images of a device up to date from China Mobile's OneNET platform: reports the
 *     running version, finds a task, downloads in ranges, proves what is in flash, installs on
 *     trial,
 *     confirms or reverts, and tells the platform what really happened; whatever the power, the
 *     link
 *     and the server do meanwhile.
 *
 * Needs
 *     RAM       sizeof(oneota_t) (at most 1 KiB on 32 bits) and a work buffer of ONEOTA_WORK_BYTES;
 *               both are the caller's. No heap.
 *     stack     1.5 KiB for the deepest call on a Cortex-M4, mbedTLS and cJSON counted, ports and
 *               the event callback not (scripts/stack.py adds it up).
 *     ports     see port.h.
 *     time      nothing blocks. The longest poll is one erase or program of the flash port, or one
 *               step of the net port (a TLS handshake step).
 *
 * Use
 *     static oneota_t client;
 *     static uint64_t work[ONEOTA_WORK_BYTES / 8];
 *     static const oneota_setup_t setup = { .dialect = &oneota_south, ..., .work = work,
 *                                           .work_bytes = sizeof work, .event = on_event };
 *     if (oneota_init(&client, &setup) != ONEOTA_OK) { ... the set-up is wrong: fix it ... }
 *     for (;;) {
 *         uint32_t idle_ms = oneota_poll(&client);
 *         ... the application's own work; feed the watchdog; sleep at most idle_ms,
 *             or until the network interrupt ...
 *     }
 *
 *     on_event: ONEOTA_EVENT_RESTART - finish your work and restart the device;
 *               ONEOTA_EVENT_TRIAL   - test the new image, then oneota_confirm() or
 *               oneota_reject().
 *
 * Threads
 *     All calls come from one thread or context at a time, never from an ISR. The event callback
 *     runs inside oneota_poll() and may call the commands marked "flag" below, and no others.
 *     Clients
 *     of one process share the JSON library's allocation hook: poll them from one thread or under
 *     one lock.
 *
 * Every call has a defined result in every state. A wrong one changes nothing and says so.
 */
#ifndef ONEOTA_ONEOTA_H
#define ONEOTA_ONEOTA_H

#include "oneota/calls.h"
#include "oneota/config.h"
#include "oneota/error.h"
#include "oneota/port.h"
#include "oneota/setup.h"
#include "oneota/state.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ONEOTA_VERSION_TEXT "0.1.0"

/** Enough work buffer for every program unit up to 256 bytes, without differential packages. */
#define ONEOTA_WORK_BYTES (sizeof(void *) > 4u ? 3072u : 2048u)

/* ---------------------------------------------------------------- calls, in the order of use */

/**
 * Checks the set-up and makes the client ready to poll; touches no port but for constants.
 * @param setup  kept until oneota_deinit()
 * @return OK; PARAM something required is missing or out of its range (the log, if there is one,
 *         names it); LIMIT work_bytes is too small, or beyond 65536
 */
oneota_error_t oneota_init(oneota_t *client, const oneota_setup_t *setup);

/**
 * Does one bounded piece of work: at most one receive, one flash erase or program, or one block of
 * hashing.
 * @return how long nothing needs to be done if nothing arrives, in ms; 0: poll again at once. It
 * may
 *         always be called sooner.
 */
uint32_t oneota_poll(oneota_t *client);

/** Checks for a task now instead of at the next poll interval; while a task is worked on, goes
 *  on with it now instead of after the wait. Rounds of the task stay their interval apart: waits
 *  for battery, signal or the next round go on. Flag. @return OK; PARAM client not initialised */
oneota_error_t oneota_check_now(oneota_t *client);

/**
 * The platform hints that there is something to check: brings the next check forward, but never to
 * less than ONEOTA_NOTIFY_MS after the last one. Changes nothing while a task is worked on, or
 * while a failed call waits for its next try. Flag; also right from an MQTT client's callback, if
 * that runs in the context that polls.
 *
 * For an application that is connected to OneNET by MQTT anyway (protocol of the platform, B.7):
 *
 *     topic    $sys/{product}/{device}/ota/inform
 *     payload  {"id":"...","version":"...","params":{...}}: says no more than "go and check"
 *     reply    on $sys/{product}/{device}/ota/inform_reply, at once, with the same id:
 *              {"id":"...","code":200,"msg":"success","data":{}}
 *
 * The hint may come late or never: polling goes on beside it.
 * @return OK; PARAM client not initialised
 */
oneota_error_t oneota_notify(oneota_t *client);

/** Stops after the present piece of work, of which the proof of a download is one; the connection
 *  is closed, what is stored stays. A result that is due is still reported. Flag. @return OK; STATE
 *  paused already */
oneota_error_t oneota_pause(oneota_t *client);

/** Goes on. Flag. @return OK; STATE not paused */
oneota_error_t oneota_resume(oneota_t *client);

/** Gives the task up, before its installation begins: nothing is installed, the platform is told
 * 107 (206 after 101). Flag. @return OK; STATE there is no task, or it is too late */
oneota_error_t oneota_cancel(oneota_t *client);

/** Keeps a proven image from being installed until oneota_allow_install(). Flag. @return OK */
oneota_error_t oneota_defer_install(oneota_t *client);
oneota_error_t oneota_allow_install(oneota_t *client);

/** The running image on trial has passed its self-test: it stays. Flag; done by the next polls.
 *  @return OK; STATE nothing is on trial */
oneota_error_t oneota_confirm(oneota_t *client);

/** The running image on trial has failed its self-test: the old one comes back with the restart
 *  that an event asks for. Flag. @return OK; STATE nothing is on trial */
oneota_error_t oneota_reject(oneota_t *client);

/** Forgets task, progress and pending result (factory reset). Writes flash, waits for it.
 *  Flag; done by the next polls. @return OK; STATE an image is on trial or marked for it */
oneota_error_t oneota_forget(oneota_t *client);

/** What oneota_status() tells. */
typedef struct {
    uint8_t state;   /**< see oneota_state_text() */
    uint8_t image;   /**< the one that is worked on */
    uint8_t percent; /**< of the task, 0 to 100 */
    uint8_t pending; /**< report that is still to be delivered, 0 = none */
    uint8_t reason;  /**< last failure, oneota_reason_t */
    uint8_t rounds;  /**< rounds of the task that are used up */
    int32_t code;    /**< behind the reason */
    uint32_t stored; /**< bytes of the image in flash that survive a reset */
    bool has_task;
    bool paused;
    bool requires_signature; /**< false: integrity only */
    oneota_task_t task;      /**< when has_task */
} oneota_status_t;

/** Copies the state of things. Any state; also from the event callback. */
void oneota_status(const oneota_t *client, oneota_status_t *status);

/** Name of a state ("download"), "?" out of range. Static text; any context. */
const char *oneota_state_text(uint8_t state);

/** Closes the connection. What is stored stays; oneota_init() starts again. */
void oneota_deinit(oneota_t *client);

#ifdef __cplusplus
}
#endif
#endif
