/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * calls.h: the platform's five south-bound calls as pure functions: build the bytes of a request,
 * read the bytes of an answer. No I/O, no state, no memory but the caller's. The client in oneota.h
 * is made of these; an application that has an HTTP stack of its own can use them alone:
 *
 *     oneota_request_t request = {0};
 *     request.call = ONEOTA_CALL_CHECK;
 *     request.identity = &identity;
 *     request.host = "ota.heclouds.com";
 *     request.image = &image;
 *     request.et_s = now_s + 3600;
 *     if (oneota_request_write(&oneota_south, &request, buffer, sizeof buffer, &length) ==
 *     ONEOTA_OK)
 *         ... send length bytes, receive an answer, take its framing off ...
 *     oneota_reply_t reply = { .status = 200, .body = body, .body_length = n, .ota_errno = -1 };
 *     oneota_answer_read(&oneota_south, ONEOTA_CALL_CHECK, &reply, work, sizeof work, &answer);
 *     if (answer.verdict == ONEOTA_VERDICT_OK)
 *         ... answer.task says what to download ...
 *
 * Needs: about 1.5 KiB of stack, to read an answer. Any thread, but one at a time (see oneota.h,
 * "Threads").
 */
#ifndef ONEOTA_CALLS_H
#define ONEOTA_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oneota/config.h"
#include "oneota/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- dialects */

/** How one variant of the platform speaks: paths, field names, codes. Constant data. */
typedef struct oneota_dialect oneota_dialect_t;

/** "OTA 2.0 south API": ota.heclouds.com, errno/error, a token in the path. The download carries no
 *  Authorization; `device` is the numeric id. */
extern const oneota_dialect_t oneota_south;

/** "fuse-ota", the console of today: iot-api.heclouds.com, code/msg, a number for each task. The
 *  download carries an Authorization; `device` is the name; a task has no retry, interval, signal
 *  or power. `et_s` may be ten years ahead at most. */
extern const oneota_dialect_t oneota_fuse;

/** OneNET Studio of 2021, where fuse-ota comes from: studio-ota.heclouds.com, errno/error. */
extern const oneota_dialect_t oneota_studio;

/* ---------------------------------------------------------------- limits */

#define ONEOTA_VERSION_MAX 20  /**< characters of a version: A-Z a-z 0-9 _ - . */
#define ONEOTA_HANDLE_MAX  64  /**< characters of a token or a task id */
#define ONEOTA_ADDRESS_MAX 47  /**< characters of "host:port" in ipPort */
#define ONEOTA_KEY_MAX     172 /**< characters of an access key in base64: 128 bytes */

/* ---------------------------------------------------------------- who */

typedef enum {
    ONEOTA_SIGN_SHA1 = 0,
    ONEOTA_SIGN_MD5,
    ONEOTA_SIGN_SHA256,
    ONEOTA_SIGN_COUNT
} oneota_sign_t;

typedef enum {
    ONEOTA_RES_PRODUCT = 0, /**< products/{product}, signed with the product's key */
    ONEOTA_RES_DEVICE       /**< products/{product}/devices/{device_name}, with the device's key */
} oneota_res_t;

/** Who this device is to the platform. All text is borrowed for as long as this struct is used. */
typedef struct {
    const char *product;     /**< product id */
    const char *device;      /**< numeric id (south), or device name (fuse, studio) */
    const char *device_name; /**< name in `res`; NULL: same as device */
    const char *key;         /**< access key, base64, with or without '='; never logged or stored */
    const char *res;         /**< `res` as it is to be signed ("userid/7"); NULL: made by scope */
    const char *auth_version; /**< NULL: "2018-10-31"; fuse takes "2022-05-01" too */
    uint8_t scope;            /**< oneota_res_t, used when res is NULL */
    uint8_t sign;             /**< oneota_sign_t */
} oneota_identity_t;

typedef enum {
    ONEOTA_FOTA = 1, /**< the module's firmware: f_version */
    ONEOTA_SOTA = 2  /**< the application's: s_version */
} oneota_image_type_t;

/** One image as the platform knows it. Text is borrowed. */
typedef struct {
    uint8_t type;        /**< oneota_image_type_t */
    const char *version; /**< of the running image: 1 to 20 of A-Z a-z 0-9 _ - . */
    const char *manuf;   /**< vendor code, leading zeros count; NULL: "000" FOTA, "100" SOTA */
    const char *model;   /**< model code; NULL: "00001" FOTA, "10001" SOTA */
} oneota_image_id_t;

/* ---------------------------------------------------------------- requests */

typedef enum {
    ONEOTA_CALL_VERSION = 0, /**< report the running versions */
    ONEOTA_CALL_CHECK,       /**< is there a task? */
    ONEOTA_CALL_TOKEN,       /**< is the task still valid? starts the download there */
    ONEOTA_CALL_DOWNLOAD,    /**< bytes of the package */
    ONEOTA_CALL_REPORT,      /**< progress, downloaded, result */
    ONEOTA_CALL_COUNT
} oneota_call_t;

/** Codes of a report (protocol of the platform, "step"). 1 to 99 are percent. */
enum {
    ONEOTA_STEP_DOWNLOADED = 101,
    ONEOTA_STEP_NO_SPACE = 102,
    ONEOTA_STEP_MEMORY = 103,
    ONEOTA_STEP_TIMEOUT = 104,
    ONEOTA_STEP_BATTERY = 105,
    ONEOTA_STEP_SIGNAL = 106,
    ONEOTA_STEP_UNKNOWN = 107,
    ONEOTA_STEP_UPDATED = 201,
    ONEOTA_STEP_INSTALL_BATTERY = 202,
    ONEOTA_STEP_INSTALL_MEMORY = 203,
    ONEOTA_STEP_INSTALL_MISMATCH = 204,
    ONEOTA_STEP_INSTALL_DIGEST = 205,
    ONEOTA_STEP_INSTALL_UNKNOWN = 206,
    ONEOTA_STEP_INSTALL_RETRIES = 207,
    ONEOTA_STEP_INSTALL_EXPIRED = 208
};

typedef enum {
    ONEOTA_RANGE_BYTES = 0, /**< Range: bytes=a-b */
    ONEOTA_RANGE_BARE,      /**< Range: a-b */
    ONEOTA_RANGE_NONE       /**< no Range header: the whole file */
} oneota_range_form_t;

/** One request. Members that the call does not use are not read. Text is borrowed. */
typedef struct {
    uint8_t call;                      /**< oneota_call_t */
    uint8_t step;                      /**< REPORT */
    uint8_t range_form;                /**< DOWNLOAD: oneota_range_form_t */
    bool again;                        /**< DOWNLOAD: the buffer holds this request with another
                                            range, of *length bytes; only the range is written */
    const oneota_identity_t *identity; /**< all calls */
    const char *host;                  /**< value of the Host header */
    const char *prefix;                /**< put before the path; NULL: none */
    uint64_t et_s;                     /**< end of the Authorization's life, Unix seconds */
    const char *f_version;             /**< VERSION: of the module; NULL: not reported */
    const char *s_version;             /**< VERSION: of the application; NULL: not reported */
    const oneota_image_id_t *image;    /**< CHECK */
    const char *handle;                /**< TOKEN, DOWNLOAD, REPORT: the task's token or id */
    uint32_t first, last;              /**< DOWNLOAD: both inclusive, first < last */
} oneota_request_t;

/**
 * Writes a whole HTTP/1.1 request: line, headers, body.
 * No argument may be NULL.
 * @param buffer  size bytes; zeroised where an error is returned (an Authorization may be half
 * there)
 * @param length  bytes written
 * @return OK; LIMIT buffer too small; PARAM something missing or of a wrong form (a key that is not
 *         base64, a handle that would not be safe in a URL, first >= last)
 */
oneota_error_t oneota_request_write(const oneota_dialect_t *dialect,
                                    const oneota_request_t *request, char *buffer, size_t size,
                                    size_t *length);

/* ---------------------------------------------------------------- answers */

/** A task as the platform offers it; every field has been checked. */
typedef struct {
    uint32_t size;       /**< bytes; 0 as announced; UINT32_MAX also for more */
    uint32_t retry;      /**< further rounds the task allows; 0 = none */
    uint32_t interval_s; /**< between rounds, as announced */
    int32_t signal;      /**< run only at or above this; below 0 = none given */
    int32_t power;       /**< likewise, battery percent; below 0 = none given */
    uint8_t md5[16];     /**< of the package */
    uint8_t type;        /**< 1 full, 2 differential, else as announced, up to 255 */
    char target[ONEOTA_VERSION_MAX + 1]; /**< version it leads to; charset of a version */
} oneota_task_t;

/** What an answer means for the device, whatever the dialect's number for it was. */
typedef enum {
    ONEOTA_VERDICT_OK = 0,
    ONEOTA_VERDICT_NO_TASK,       /**< nothing to do */
    ONEOTA_VERDICT_LATER,         /**< ask again later: internal error, overload, unknown code */
    ONEOTA_VERDICT_POSTPONED,     /**< ask again after the interval; uses no retry */
    ONEOTA_VERDICT_AUTH,          /**< new Authorization once, then a long wait */
    ONEOTA_VERDICT_CONFIG,        /**< a parameter is refused: a long wait, tell people */
    ONEOTA_VERDICT_MISMATCH,      /**< the platform has failed the task; no report */
    ONEOTA_VERDICT_VERSION_FIRST, /**< report the version, then check again */
    ONEOTA_VERDICT_EXPIRED,       /**< the token is old: check the task again */
    ONEOTA_VERDICT_WRONG_STATE,   /**< not allowed in the task's present state */
    ONEOTA_VERDICT_OVER,          /**< the task is finished or expired */
    ONEOTA_VERDICT_FOREIGN,       /**< not this device's token */
    ONEOTA_VERDICT_CANCELLED,     /**< the operator cancelled the task */
    ONEOTA_VERDICT_PACKAGE,       /**< download: the file cannot be had: 107 */
    ONEOTA_VERDICT_PACKAGE_LATER, /**< download: try again; if it stays so, 107 */
    ONEOTA_VERDICT_RECHECK,       /**< download: ask whether the task still stands */
    ONEOTA_VERDICT_UNUSABLE,      /**< errno 0, but a field is missing or out of its range */
    ONEOTA_VERDICT_PEER,          /**< this is not OneNET */
    ONEOTA_VERDICT_COUNT
} oneota_verdict_t;

/** An HTTP answer with its framing taken off. */
typedef struct {
    uint16_t status;        /**< HTTP status */
    const char *body;       /**< whole body; borrowed; need not end in zero */
    size_t body_length;     /**< bytes */
    uint32_t retry_after_s; /**< from Retry-After, 0 = none */
    int32_t ota_errno;      /**< from the Ota-Errno header, -1 = none */
} oneota_reply_t;

typedef struct {
    uint8_t verdict;        /**< oneota_verdict_t */
    uint8_t reason;         /**< oneota_reason_t that belongs to it */
    bool announce;          /**< TOKEN: report step 1 before the first byte */
    int32_t code;           /**< the platform's number; the HTTP status where the answer has none */
    uint32_t retry_after_s; /**< 0 = none */
    uint64_t now_s;         /**< the platform's clock, when the answer tells it, else 0 */
    oneota_task_t task;     /**< CHECK with verdict OK; likewise the next two */
    char
        handle[ONEOTA_HANDLE_MAX + 1]; /**< token or task id: [A-Za-z0-9_-]; a secret of the task */
    char address[ONEOTA_ADDRESS_MAX + 1]; /**< ipPort as "host:port", "" = none */
} oneota_answer_t;

/**
 * Reads an answer. Never fails: what cannot be understood is a verdict too. For a download this is
 * for the answers that carry no package bytes (error bodies, Ota-Errno).
 * @param work  for the JSON parser; at least ONEOTA_JSON_WORK_BYTES, aligned as for a pointer
 */
void oneota_answer_read(const oneota_dialect_t *dialect, uint8_t call, const oneota_reply_t *reply,
                        void *work, size_t work_bytes, oneota_answer_t *answer);

/** Enough for any JSON body within the limits of config.h, on 32 bits and on 64. */
#define ONEOTA_JSON_WORK_BYTES \
    ((size_t)ONEOTA_JSON_NODES * (sizeof(void *) * 4u + 32u) + ONEOTA_JSON_BYTES)

#ifdef __cplusplus
}
#endif
#endif
