/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * south.c: the dialect "OTA 2.0 south API": ota.heclouds.com, errno/error/data, a token.
 */
#include "dialect.h"

/* clang-format off */
#define V(name) ONEOTA_VERDICT_##name
#define R(name) ONEOTA_REASON_##name

static const dialect_code_t k_codes[] = {
    /* authentication, also: no such device */
    { 1,    DIALECT_IN_CONTROL, V(AUTH), R(AUTH) },
    /* parameters; 24 result, 26 dev_id, 27 version */
    { 2,    DIALECT_IN_CONTROL, V(CONFIG), R(CONFIG) },
    { 24,   DIALECT_IN_REPORT, V(CONFIG), R(CONFIG) },
    { 26,   DIALECT_IN_VERSION | DIALECT_IN_CHECK, V(CONFIG), R(CONFIG) },
    { 27,   DIALECT_IN_VERSION | DIALECT_IN_CHECK, V(CONFIG), R(CONFIG) },
    /* licences used up */
    { 5116, DIALECT_IN_CHECK, V(CONFIG), R(QUOTA) },
    /* internal error */
    { 7,    DIALECT_IN_CONTROL, V(LATER), R(SERVER) },
    /* paused; 10 battery or signal too low */
    { 19,   DIALECT_IN_CHECK | DIALECT_IN_TASK, V(POSTPONED), R(POSTPONED) },
    { 10,   DIALECT_IN_CHECK, V(POSTPONED), R(POSTPONED) },

    /* the check: no task, 13 none in a state for it */
    { 11,   DIALECT_IN_CHECK, V(NO_TASK), R(NONE) },
    { 13,   DIALECT_IN_CHECK, V(NO_TASK), R(NONE) },
    /* manufacturer or model; version of a differential package */
    { 8,    DIALECT_IN_CHECK, V(MISMATCH), R(MISMATCH) },
    { 9,    DIALECT_IN_CHECK, V(MISMATCH), R(MISMATCH) },
    /* a task, but no package from this version: mostly of a device that never reported one */
    { 32,   DIALECT_IN_CHECK, V(VERSION_FIRST), R(NONE) },

    /* the token: too old; 15 not the newest; 4, 23 of another device */
    { 12,   DIALECT_IN_TASK, V(EXPIRED), R(OVER) },
    { 15,   DIALECT_IN_TOKEN, V(EXPIRED), R(OVER) },
    { 4,    DIALECT_IN_TOKEN, V(EXPIRED), R(OVER) },
    { 23,   DIALECT_IN_TOKEN, V(EXPIRED), R(OVER) },
    { 17,   DIALECT_IN_TASK, V(WRONG_STATE), R(OVER) },
    { 21,   DIALECT_IN_TASK, V(WRONG_STATE), R(OVER) },
    { 18,   DIALECT_IN_TASK, V(FOREIGN), R(OVER) },
    { 20,   DIALECT_IN_TASK, V(OVER), R(OVER) },
    { 22,   DIALECT_IN_TASK, V(CANCELLED), R(CANCELLED) },

    /* one-byte bodies: not found, size mismatch */
    { 1,    DIALECT_IN_DOWNLOAD, V(PACKAGE), R(PACKAGE) },
    { 2,    DIALECT_IN_DOWNLOAD, V(PACKAGE), R(PACKAGE) },
    /* token, request */
    { 3,    DIALECT_IN_DOWNLOAD, V(RECHECK), R(PACKAGE) },
    { 5,    DIALECT_IN_DOWNLOAD, V(RECHECK), R(PACKAGE) },
    /* cannot get it now, base station full */
    { 4,    DIALECT_IN_DOWNLOAD, V(PACKAGE_LATER), R(PACKAGE) },
    { 6,    DIALECT_IN_DOWNLOAD, V(PACKAGE_LATER), R(PACKAGE) },
    { 0,    0, V(LATER), R(UNKNOWN) }
};

const oneota_dialect_t oneota_south = {
    .name = "south",
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
    .handle_set = TEXT_HANDLE,
    .announce_state = 0,
};
/* clang-format on */
