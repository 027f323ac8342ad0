/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * dialect.h: what a dialect is made of. A dialect is data: calls.c does the work for all of them.
 *
 * The same in every dialect, and therefore in calls.c: VERSION and REPORT are POSTs, the others
 * GETs; what the bodies of requests look like; code 0 is success; a task stands in the member
 * "data"; the names target, size, md5, type, status, signal, power, retry, interval, ipPort.
 */
#ifndef ONEOTA_SRC_DIALECT_H
#define ONEOTA_SRC_DIALECT_H

#include "oneota/calls.h"
#include "text.h"

/** Where a code has its meaning: a bit for each call that is answered in JSON, one for the states
 *  of a task, one for what else comes in place of a package. */
#define DIALECT_IN(call) (1u << (call))
enum {
    DIALECT_IN_VERSION = DIALECT_IN(ONEOTA_CALL_VERSION),
    DIALECT_IN_CHECK = DIALECT_IN(ONEOTA_CALL_CHECK),
    DIALECT_IN_TOKEN = DIALECT_IN(ONEOTA_CALL_TOKEN),
    DIALECT_IN_DOWNLOAD = DIALECT_IN(ONEOTA_CALL_DOWNLOAD),
    DIALECT_IN_REPORT = DIALECT_IN(ONEOTA_CALL_REPORT),
    DIALECT_IN_STATE = DIALECT_IN(ONEOTA_CALL_COUNT),         /**< {"data":{"status":N}} to TOKEN */
    DIALECT_IN_OTA_ERRNO = DIALECT_IN(ONEOTA_CALL_COUNT + 1), /**< header, or one-byte body */
    DIALECT_IN_TASK = DIALECT_IN_TOKEN | DIALECT_IN_DOWNLOAD | DIALECT_IN_REPORT,
    DIALECT_IN_CONTROL = DIALECT_IN_VERSION | DIALECT_IN_CHECK | DIALECT_IN_TASK
};

/** A code of the platform and what it means there. The first that fits counts. A table ends with
 *  calls 0: what a code means that is not in it (LATER, reason unknown). */
typedef struct {
    unsigned code : 15;
    unsigned verdict : 5; /**< oneota_verdict_t */
    unsigned reason : 5;  /**< oneota_reason_t */
    unsigned calls : 7;   /**< DIALECT_IN_* */
} dialect_code_t;

/** Members of an answer whose names differ. */
enum {
    DIALECT_CODE,   /**< "errno": holds the code */
    DIALECT_TEXT,   /**< "error": explains it */
    DIALECT_HANDLE, /**< "token", in data */
    DIALECT_NAMES
};

struct oneota_dialect {
    uint8_t id; /**< in the journal: never reused */
    bool signs_download;
    uint8_t handle_form; /**< text_form_t of a handle */
    /** The state in which step 1 starts the download. 0: TOKEN is answered by the code alone, and
     *  starts the download itself. */
    uint8_t announce_state;
    const char *root; /**< what all paths begin with */
    /** In root and paths, $ and a letter stand for a value, percent-encoded:
     *  $p product  $d device  $h handle; for CHECK $t image type  $v version  $m manuf  $o model */
    const char *paths[ONEOTA_CALL_COUNT];
    char names[DIALECT_NAMES][6];
    const dialect_code_t *codes;
};

#endif
