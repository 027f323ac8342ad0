/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * report.h: what people and programs see: events on stdout (as JSON, as lines, or as a progress
 * bar), the log on stderr.
 */
#ifndef DEVICE_REPORT_H
#define DEVICE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "oneota/oneota.h"

typedef struct {
    bool json;
    bool terminal;      /**< stdout is one: progress is a bar */
    uint8_t log_level;  /**< lines beyond it would only spoil the bar */
    bool bar_shown;     /**< the cursor stands behind a bar */
    bool measuring;     /**< rate_*: of this task, in this process */
    uint32_t size;      /**< of the package */
    uint32_t rate_from; /**< bytes that were there at ... */
    uint64_t rate_since_ms;
    uint64_t drawn_ms; /**< when the bar was drawn last */
    char failure[400]; /**< the last one: what is wrong, and what to do */
} report_t;

void report_init(report_t *report, bool json);

/** @param native  text of the native error behind a failure, NULL = none */
void report_event(report_t *report, const oneota_event_t *event, const char *native);

/** One line of the program's own in the log: "device: what key=value". key NULL: no value */
void report_log(report_t *report, oneota_log_level_t level, const char *what, const char *key,
                const char *value);

/** Ends a bar that is shown: before anything else is printed, and at the end. */
void report_end_bar(report_t *report);

/** The library's log; ctx is a report_t. */
extern const oneota_log_t report_log_port;

/** Writes the bar as text of at most 79 columns.
 *  @param rate  bytes a second, 0 = unknown */
void report_write_bar(char *out, size_t size, uint8_t percent, uint32_t bytes, uint32_t total,
                      uint32_t rate);

#endif
