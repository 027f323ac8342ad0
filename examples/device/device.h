/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * device.h: the device: `oneota-device run`.
 */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include "options.h"

/** Runs until there is nothing more to do (--once) or a signal ends it. @return exit status */
int device_run(const options_t *options);

/** `oneota-device status`. @return exit status */
int status_run(const options_t *options);

/** `oneota-device image`. @return exit status */
int image_run(const options_t *options);

#endif
