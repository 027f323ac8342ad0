/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * studio.c: the dialect of OneNET Studio in 2021: studio-ota.heclouds.com. The calls are those of
 * fuse-ota under another root, the answers errno/error/data with small codes.
 */
#include "codes.h"

/* clang-format off */
static const dialect_code_t k_codes[] = {
    CODES_ROW(10, DIALECT_IN_CHECK, NO_TASK, NONE),
    CODES_SMALL,
    CODES_STATES,
    CODES_OTA_ERRNO,
    CODES_UNKNOWN
};

const oneota_dialect_t oneota_studio = {
    .root = "/ota/$p/$d/",
    .paths = {
        [ONEOTA_CALL_VERSION] = "version",
        [ONEOTA_CALL_CHECK] = "check?type=$t&version=$v",
        [ONEOTA_CALL_TOKEN] = "$h/check",
        [ONEOTA_CALL_DOWNLOAD] = "$h/download",
        [ONEOTA_CALL_REPORT] = "$h/status",
    },
    .names = {
        [DIALECT_CODE] = "errno",
        [DIALECT_TEXT] = "error",
        [DIALECT_HANDLE] = "tid",
    },
    .codes = k_codes,
    .id = 3,
    .signs_download = true,
    .handle_form = TEXT_TASK_ID,
    .announce_state = 1,
};
/* clang-format on */
