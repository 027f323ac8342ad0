/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * trial.h: the self-test of a new image. It passes once the server was reached, over TLS where
 * there is TLS: an image that cannot do that cannot be repaired by a later one. It tries again for
 * as long as the trial lasts (ONEOTA_TRIAL_MS). A product adds what its own work needs.
 *
 * For tests of what happens when it does not pass, `mps2.py pack --behaviour NAME` patches one word
 * of the image:
 *
 *     good     as above
 *     crash    a fault at every start, before anything else: a store into the image
 *     mirror   likewise, where the same memory appears again
 *     scribble likewise, into flash
 *     late     a fault when the self-test begins: network and client have started
 *     hang     then the main loop stops, and the watchdog is not fed
 *     silent   the self-test never ends
 *     reject   the self-test fails
 */
#ifndef MPS2_TRIAL_H
#define MPS2_TRIAL_H

#include <stdint.h>

#include "oneota/setup.h"

typedef enum { TRIAL_GOES_ON = 0, TRIAL_PASSED, TRIAL_FAILED } trial_t;

/** First of all. */
void trial_start(void);

/** Again and again while the image is on trial, which the client spends without the net port: it is
 *  the test's. Does not block. */
trial_t trial_test(const oneota_setup_t *setup);

/** When to call it again, in ms at most, or as soon as something has arrived. */
uint32_t trial_poll_ms(const oneota_setup_t *setup);

/** The trial is over, whatever the test has said: gives the net port back. */
void trial_end(const oneota_setup_t *setup);

#endif
