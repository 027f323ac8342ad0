/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * led.c: one pattern at a time. A product blinks them in its timer.
 */
#include "led.h"

#include "../bsp/bsp.h"

static const char k_on[] = "led: on", k_slow[] = "led: slow blink", k_fast[] = "led: fast blink",
                  k_double[] = "led: double blink", k_flash[] = "led: flash";

static const char *s_shown;

/* @return NULL: as it is */
static const char *pattern(const oneota_event_t *event)
{
    switch (event->type) {
    case ONEOTA_EVENT_STATE:
        return s_shown == k_on || s_shown == k_flash || s_shown == NULL ? k_slow : NULL;
    case ONEOTA_EVENT_TASK:
        return k_fast;
    case ONEOTA_EVENT_TRIAL:
        return k_double;
    case ONEOTA_EVENT_IDLE:
        return event->reason == ONEOTA_REASON_NONE ? k_on : k_flash;
    default:
        return NULL;
    }
}

void led_show(const oneota_event_t *event)
{
    const char *next = pattern(event);

    if (next != NULL && next != s_shown) {
        s_shown = next;
        bsp_log_text(ONEOTA_LOG_INFO, next, NULL, NULL);
    }
}
