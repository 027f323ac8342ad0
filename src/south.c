/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * south.c: the dialect "OTA 2.0 south API": ota.heclouds.com, errno/error/data, a token.
 */
#include "codes.h"

/* clang-format off */
static const dialect_code_t k_codes[] = {
    CODES_SMALL,
    /* parameters: 24 result, 26 dev_id, 27 version */
    CODES_ROW(24,   DIALECT_IN_REPORT, CONFIG, CONFIG),
    CODES_ROW(26,   DIALECT_IN_VERSION | DIALECT_IN_CHECK, CONFIG, CONFIG),
    CODES_ROW(27,   DIALECT_IN_VERSION | DIALECT_IN_CHECK, CONFIG, CONFIG),
    /* licences used up */
    CODES_ROW(5116, DIALECT_IN_CHECK, CONFIG, QUOTA),

    /* the check: no task, 13 none in a state for it */
    CODES_ROW(11,   DIALECT_IN_CHECK, NO_TASK, NONE),
    CODES_ROW(13,   DIALECT_IN_CHECK, NO_TASK, NONE),
    /* battery or signal too low */
    CODES_ROW(10,   DIALECT_IN_CHECK, POSTPONED, POSTPONED),
    /* manufacturer or model; version of a differential package */
    CODES_ROW(8,    DIALECT_IN_CHECK, MISMATCH, MISMATCH),
    CODES_ROW(9,    DIALECT_IN_CHECK, MISMATCH, MISMATCH),
    /* a task, but no package from this version: mostly of a device that never reported one */
    CODES_ROW(32,   DIALECT_IN_CHECK, VERSION_FIRST, NONE),

    /* the token: 15 not the newest; 4, 23 of another device */
    CODES_ROW(15,   DIALECT_IN_TASK, EXPIRED, OVER),
    CODES_ROW(4,    DIALECT_IN_TOKEN | DIALECT_IN_DOWNLOAD, EXPIRED, OVER),
    CODES_ROW(23,   DIALECT_IN_TOKEN | DIALECT_IN_DOWNLOAD, EXPIRED, OVER),

    /* one-byte bodies: not found, size mismatch */
    CODES_ROW(1,    DIALECT_IN_OTA_ERRNO, PACKAGE, PACKAGE),
    CODES_ROW(2,    DIALECT_IN_OTA_ERRNO, PACKAGE, PACKAGE),
    /* token, request */
    CODES_ROW(3,    DIALECT_IN_OTA_ERRNO, RECHECK, PACKAGE),
    CODES_ROW(5,    DIALECT_IN_OTA_ERRNO, RECHECK, PACKAGE),
    /* cannot get it now, base station full */
    CODES_ROW(4,    DIALECT_IN_OTA_ERRNO, PACKAGE_LATER, PACKAGE),
    CODES_ROW(6,    DIALECT_IN_OTA_ERRNO, PACKAGE_LATER, PACKAGE),
    CODES_UNKNOWN
};

const oneota_dialect_t oneota_south = {
    .root = "/ota/",
    .paths = {
        [ONEOTA_CALL_VERSION] = "device/version?dev_id=$d",
        [ONEOTA_CALL_CHECK] =
            "south/check?dev_id=$d&manuf=$m&model=$o&type=$t&version=$v&cdn=false",
        [ONEOTA_CALL_TOKEN] = "south/download/$h/check?dev_id=$d",
        [ONEOTA_CALL_DOWNLOAD] = "south/download/$h",
        [ONEOTA_CALL_REPORT] = "south/device/download/$h/progress?dev_id=$d",
    },
    .names = {
        [DIALECT_CODE] = "errno",
        [DIALECT_TEXT] = "error",
        [DIALECT_HANDLE] = "token",
    },
    .codes = k_codes,
    .id = 1,
    .signs_download = false,
    .handle_form = TEXT_HANDLE,
    .announce_state = 0,
};
/* clang-format on */
