/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * led.h: what the product's one lamp says of the update. Here it is a line on the UART for each
 * change: "0.012 I led: fast blink".
 */
#ifndef MPS2_LED_H
#define MPS2_LED_H

#include "oneota/setup.h"

/** From the client's events: on - all is well; slow blink - it speaks with the platform; fast
 *  blink - an update goes on; double blink - a new image is on trial; flash - something is wrong,
 *  it waits. */
void led_show(const oneota_event_t *event);

#endif
