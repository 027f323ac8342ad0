/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * trial.h: the self-test of a new image. It passes once there is an address: without a network no
 * later image could repair this one. A product tests what its own updates and its own work need.
 *
 * For tests of what happens when it does not pass, `mps2.py pack --behaviour NAME` patches one word
 * of the image:
 *
 *     good     as above
 *     crash    a fault at every start, before anything else
 *     late     a fault when the self-test begins: network and client have started
 *     hang     then the main loop stops, and the watchdog is not fed
 *     silent   the self-test never ends
 *     reject   the self-test fails
 */
#ifndef MPS2_TRIAL_H
#define MPS2_TRIAL_H

typedef enum { TRIAL_GOES_ON = 0, TRIAL_PASSED, TRIAL_FAILED } trial_t;

/** First of all. */
void trial_start(void);

/** Again and again while the image is on trial. */
trial_t trial_test(void);

#endif
