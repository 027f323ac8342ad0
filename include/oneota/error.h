/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * error.h: what a call returns, and why an update did not happen.
 *
 * Two enumerations, for two readers. oneota_error_t is for code: each value says what the caller
 * does next. oneota_reason_t is for people: each value has one name, the same in logs, events,
 * `oneota-device --json` and the README's table "My device does not update".
 *
 * A count never shares a return value with an error: it goes through a pointer.
 */
#ifndef ONEOTA_ERROR_H
#define ONEOTA_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/** What to do next. */
typedef enum {
    ONEOTA_OK = 0,  /**< done */
    ONEOTA_AGAIN,   /**< not finished: repeat the same call with the same arguments */
    ONEOTA_CLOSED,  /**< net: the peer ended the stream in order (FIN, close_notify) */
    ONEOTA_BROKEN,  /**< net: the link failed, last_error() has the native code; open it again */
    ONEOTA_PARAM,   /**< an argument is wrong: fix the code; nothing has changed */
    ONEOTA_STATE,   /**< not allowed in this state; nothing has changed */
    ONEOTA_PEER,    /**< the peer sent what cannot be used: ask again later */
    ONEOTA_LIMIT,   /**< larger than a limit of config.h or than the memory that was given */
    ONEOTA_STORAGE, /**< flash failed, or cannot be read at this place */
    ONEOTA_VERIFY,  /**< proof failed: never use these bytes */
    ONEOTA_UNSUPPORTED, /**< the feature that this needs is not linked */
    ONEOTA_ERROR_COUNT
} oneota_error_t;

/** Why a task ended, or why the client waits. The text of each is the name in lower case. */
typedef enum {
    ONEOTA_REASON_NONE = 0, /**< nothing is wrong: up to date, or updated */
    /* the way to the server */
    ONEOTA_REASON_NETWORK, /**< no connection, or it broke; code: the net port's native error */
    ONEOTA_REASON_TIMEOUT, /**< the peer was silent for longer than config.h allows */
    ONEOTA_REASON_PEER,    /**< it answers, but not as OneNET does; code: the HTTP status */
    ONEOTA_REASON_SERVER,  /**< 429 or 5xx, or the platform's own "internal error" */
    ONEOTA_REASON_ANSWER,  /**< errno 0, but a field of the answer cannot be used */
    ONEOTA_REASON_UNKNOWN, /**< an errno that no document names; code: the errno */
    /* the account */
    ONEOTA_REASON_AUTH,   /**< key, res, device or clock is wrong */
    ONEOTA_REASON_CONFIG, /**< the platform refuses a parameter: fix the set-up */
    ONEOTA_REASON_QUOTA,  /**< the platform's licences are used up */
    /* the task */
    ONEOTA_REASON_MISMATCH,  /**< not the task's manufacturer, model or version; it failed there */
    ONEOTA_REASON_POSTPONED, /**< the platform says later: paused, or conditions not met */
    ONEOTA_REASON_CANCELLED, /**< cancelled by the operator */
    ONEOTA_REASON_OVER,      /**< finished, expired, or no longer this device's */
    ONEOTA_REASON_DROPPED,   /**< cancelled by the application: oneota_cancel() */
    /* this device's conditions */
    ONEOTA_REASON_PAUSED,   /**< the application paused, or deferred the installation */
    ONEOTA_REASON_BATTERY,  /**< battery below the task's threshold */
    ONEOTA_REASON_SIGNAL,   /**< signal below the task's threshold */
    ONEOTA_REASON_ERASES,   /**< the budget of erases a day is used up: ONEOTA_ERASES_MAX */
    ONEOTA_REASON_REQUESTS, /**< likewise that of requests: ONEOTA_REQUESTS_DAY */
    ONEOTA_REASON_BYTES,    /**< likewise that of bytes: ONEOTA_KIB_DAY */
    /* the download */
    ONEOTA_REASON_RETRIES,  /**< all rounds that the task allows are used up */
    ONEOTA_REASON_PACKAGE,  /**< the platform cannot deliver the file; code: its download error */
    ONEOTA_REASON_SPACE,    /**< size 0, or larger than the slot */
    ONEOTA_REASON_MEMORY,   /**< the package needs more RAM than this build has */
    ONEOTA_REASON_DEADLINE, /**< the whole task took longer than config.h allows */
    ONEOTA_REASON_TYPE,     /**< a package type that this build does not take */
    /* the proof */
    ONEOTA_REASON_DIGEST,     /**< MD5 or SHA-256 of what is in flash is not the announced one */
    ONEOTA_REASON_SIGNATURE,  /**< no signature, or one that does not verify */
    ONEOTA_REASON_BASE,       /**< the differential package is for another running image */
    ONEOTA_REASON_CLASS,      /**< the signed package is for another vendor or class */
    ONEOTA_REASON_COUNTER,    /**< the signed security counter goes back, or jumps too far */
    ONEOTA_REASON_QUARANTINE, /**< this image has failed a trial on this device before */
    ONEOTA_REASON_IMAGE,      /**< the boot port's inspect() refuses it: not for this board */
    /* the trial */
    ONEOTA_REASON_VERSION,     /**< the new image names another version than the task's target */
    ONEOTA_REASON_REJECTED,    /**< the new image's self-test failed: oneota_reject() */
    ONEOTA_REASON_UNCONFIRMED, /**< the new image was not confirmed in time */
    ONEOTA_REASON_REVERTED,    /**< the boot loader went back to the old image */
    /* this device */
    ONEOTA_REASON_STORAGE, /**< flash or boot control failed */
    ONEOTA_REASON_COUNT
} oneota_reason_t;

/** Name of an error ("again"), "?" for a value out of range. Static text; any context. */
const char *oneota_error_text(oneota_error_t error);

/** Name of a reason ("battery"), "?" for a value out of range. Static text; any context. */
const char *oneota_reason_text(oneota_reason_t reason);

#ifdef __cplusplus
}
#endif
#endif
