/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * error.c: the names of errors and reasons.
 */
#include "oneota/error.h"

/* Names stand in the tables themselves: as small as the text, and nothing to relocate. */
#define NAME_BYTES 12

static const char k_errors[][NAME_BYTES] = {
    [ONEOTA_OK] = "ok",
    [ONEOTA_AGAIN] = "again",
    [ONEOTA_CLOSED] = "closed",
    [ONEOTA_BROKEN] = "broken",
    [ONEOTA_PARAM] = "param",
    [ONEOTA_STATE] = "state",
    [ONEOTA_PEER] = "peer",
    [ONEOTA_LIMIT] = "limit",
    [ONEOTA_STORAGE] = "storage",
    [ONEOTA_VERIFY] = "verify",
    [ONEOTA_UNSUPPORTED] = "unsupported",
};

static const char k_reasons[][NAME_BYTES] = {
    [ONEOTA_REASON_NONE] = "none",
    [ONEOTA_REASON_NETWORK] = "network",
    [ONEOTA_REASON_TIMEOUT] = "timeout",
    [ONEOTA_REASON_PEER] = "peer",
    [ONEOTA_REASON_SERVER] = "server",
    [ONEOTA_REASON_ANSWER] = "answer",
    [ONEOTA_REASON_UNKNOWN] = "unknown",
    [ONEOTA_REASON_AUTH] = "auth",
    [ONEOTA_REASON_CONFIG] = "config",
    [ONEOTA_REASON_QUOTA] = "quota",
    [ONEOTA_REASON_MISMATCH] = "mismatch",
    [ONEOTA_REASON_POSTPONED] = "postponed",
    [ONEOTA_REASON_CANCELLED] = "cancelled",
    [ONEOTA_REASON_OVER] = "over",
    [ONEOTA_REASON_DROPPED] = "dropped",
    [ONEOTA_REASON_BATTERY] = "battery",
    [ONEOTA_REASON_SIGNAL] = "signal",
    [ONEOTA_REASON_PAUSED] = "paused",
    [ONEOTA_REASON_SPACE] = "space",
    [ONEOTA_REASON_MEMORY] = "memory",
    [ONEOTA_REASON_RETRIES] = "retries",
    [ONEOTA_REASON_DEADLINE] = "deadline",
    [ONEOTA_REASON_PACKAGE] = "package",
    [ONEOTA_REASON_TYPE] = "type",
    [ONEOTA_REASON_BUDGET] = "budget",
    [ONEOTA_REASON_DIGEST] = "digest",
    [ONEOTA_REASON_SIGNATURE] = "signature",
    [ONEOTA_REASON_BASE] = "base",
    [ONEOTA_REASON_CLASS] = "class",
    [ONEOTA_REASON_COUNTER] = "counter",
    [ONEOTA_REASON_QUARANTINE] = "quarantine",
    [ONEOTA_REASON_IMAGE] = "image",
    [ONEOTA_REASON_VERSION] = "version",
    [ONEOTA_REASON_REJECTED] = "rejected",
    [ONEOTA_REASON_UNCONFIRMED] = "unconfirmed",
    [ONEOTA_REASON_REVERTED] = "reverted",
    [ONEOTA_REASON_STORAGE] = "storage",
};

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

/* Does not compile when a value was added at the end and not named here. */
typedef char every_error_has_a_name[ROWS(k_errors) == ONEOTA_ERROR_COUNT ? 1 : -1];
typedef char every_reason_has_a_name[ROWS(k_reasons) == ONEOTA_REASON_COUNT ? 1 : -1];

const char *oneota_error_text(oneota_error_t error)
{
    return (unsigned)error < ROWS(k_errors) ? k_errors[error] : "?";
}

const char *oneota_reason_text(oneota_reason_t reason)
{
    return (unsigned)reason < ROWS(k_reasons) ? k_reasons[reason] : "?";
}
