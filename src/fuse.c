/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * fuse.c: the dialect "fuse-ota": iot-api.heclouds.com, code/msg/data, a number for each task.
 *
 *     GET /fuse-ota/Xy12Zz34Aa/pump-7/check?type=2&version=1.2 HTTP/1.1
 *     {"code":0,"msg":"succ","data":{"target":"1.3","tid":1317438,"size":8260, ...}, ...}
 */
#include "codes.h"

/* clang-format off */
#define ELSEWHERE (DIALECT_IN_CONTROL & ~DIALECT_IN_DOWNLOAD)

/* Only asked for a package does it say that there is none; otherwise: later */
#define FILE_ERROR(code) \
    CODES_ROW(code, DIALECT_IN_DOWNLOAD, PACKAGE_LATER, PACKAGE), \
    CODES_ROW(code, ELSEWHERE, LATER, SERVER)

static const dialect_code_t k_codes[] = {
    /* authentication: "request has expired:expire=1774137600,now=1774141200", or et too far off */
    CODES_ROW(10403, DIALECT_IN_CONTROL, AUTH, AUTH),
    /* other, internal */
    CODES_ROW(500,   DIALECT_IN_CONTROL, LATER, SERVER),
    CODES_ROW(10500, DIALECT_IN_CONTROL, LATER, SERVER),
    /* parameters */
    CODES_ROW(10001, DIALECT_IN_CONTROL, CONFIG, CONFIG),
    CODES_ROW(12001, DIALECT_IN_CONTROL, CONFIG, CONFIG),
    CODES_ROW(12004, DIALECT_IN_CONTROL, CONFIG, CONFIG),
    CODES_ROW(12015, DIALECT_IN_CONTROL, CONFIG, CONFIG),
    /* no such product, none of its devices, no such device */
    CODES_ROW(10408, DIALECT_IN_CONTROL, CONFIG, CONFIG),
    CODES_ROW(10409, DIALECT_IN_CONTROL, CONFIG, CONFIG),
    CODES_ROW(10410, DIALECT_IN_CONTROL, CONFIG, CONFIG),
    /* operation, not found, exists already, task type, start version, file too large */
    CODES_END(10407),
    CODES_END(12002),
    CODES_END(12003),
    CODES_END(12010),
    CODES_END(12011),
    CODES_END(12020),

    /* no task, or none of this number; succeeded already; expired */
    CODES_ROW(12012, DIALECT_IN_CHECK, NO_TASK, NONE),
    CODES_ROW(12012, DIALECT_IN_TASK, OVER, OVER),
    CODES_ROW(12013, DIALECT_IN_CHECK, NO_TASK, NONE),
    CODES_ROW(12013, DIALECT_IN_TASK, OVER, OVER),
    CODES_ROW(12014, DIALECT_IN_CHECK, NO_TASK, NONE),
    CODES_ROW(12014, DIALECT_IN_TASK, OVER, OVER),
    /* invalid step: also 101 for a task that has had 100 or 101 */
    CODES_ROW(12016, DIALECT_IN_REPORT, WRONG_STATE, OVER),
    /* the file */
    FILE_ERROR(10422),
    FILE_ERROR(10423),
    FILE_ERROR(10424),
    FILE_ERROR(10425),
    FILE_ERROR(10426),

    CODES_SMALL,
    CODES_STATES,
    CODES_OTA_ERRNO,
    CODES_UNKNOWN
};

const oneota_dialect_t oneota_fuse = {
    .root = "/fuse-ota/$p/$d/",
    .paths = {
        [ONEOTA_CALL_VERSION] = "version",
        [ONEOTA_CALL_CHECK] = "check?type=$t&version=$v",
        [ONEOTA_CALL_TOKEN] = "$h/check",
        [ONEOTA_CALL_DOWNLOAD] = "$h/download",
        [ONEOTA_CALL_REPORT] = "$h/status",
    },
    .names = {
        [DIALECT_CODE] = "code",
        [DIALECT_TEXT] = "msg",
        [DIALECT_HANDLE] = "tid",
    },
    .codes = k_codes,
    .id = 2,
    .signs_download = true,
    .handle_form = TEXT_TASK_ID,
    .announce_state = 1,
};
/* clang-format on */
