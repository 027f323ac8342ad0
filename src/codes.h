/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * codes.h: rows of the dialects' tables of codes, and those that several dialects have.
 */
#ifndef ONEOTA_SRC_CODES_H
#define ONEOTA_SRC_CODES_H

#include "dialect.h"

/* clang-format off */
#define CODES_ROW(number, where, what, why) \
    { .code = number, .verdict = ONEOTA_VERDICT_##what, .reason = ONEOTA_REASON_##why, \
      .calls = where }

/** A code that means CONFIG for the device, and OVER for a task that it is told of. */
#define CODES_END(code) \
    CODES_ROW(code, DIALECT_IN_VERSION | DIALECT_IN_CHECK, CONFIG, CONFIG), \
    CODES_ROW(code, DIALECT_IN_TASK, OVER, OVER)

/** The small codes of the oldest dialect. They show through in the younger ones.
 *  1 authentication, also: no such device; 2 parameters; 7 internal error; 19 paused;
 *  12 the handle is too old; 17, 21 wrong state; 18 wrong handle; 20 over; 22 cancelled */
#define CODES_SMALL \
    CODES_ROW(1, DIALECT_IN_CONTROL, AUTH, AUTH), \
    CODES_ROW(2, DIALECT_IN_CONTROL, CONFIG, CONFIG), \
    CODES_ROW(7, DIALECT_IN_CONTROL, LATER, SERVER), \
    CODES_ROW(19, DIALECT_IN_CHECK | DIALECT_IN_TASK, POSTPONED, POSTPONED), \
    CODES_ROW(12, DIALECT_IN_TASK, EXPIRED, OVER), \
    CODES_ROW(17, DIALECT_IN_TASK, WRONG_STATE, OVER), \
    CODES_ROW(21, DIALECT_IN_TASK, WRONG_STATE, OVER), \
    CODES_ROW(18, DIALECT_IN_TASK, FOREIGN, OVER), \
    CODES_ROW(20, DIALECT_IN_TASK, OVER, OVER), \
    CODES_ROW(22, DIALECT_IN_TASK, CANCELLED, CANCELLED)

/** The states of a task: 1 waiting, 2 downloading, 3 upgrading, 4 done, 5 failed, 6 cancelled. */
#define CODES_STATES \
    CODES_ROW(1, DIALECT_IN_STATE, OK, NONE), \
    CODES_ROW(2, DIALECT_IN_STATE, OK, NONE), \
    CODES_ROW(3, DIALECT_IN_STATE, WRONG_STATE, OVER), \
    CODES_ROW(4, DIALECT_IN_STATE, OVER, OVER), \
    CODES_ROW(5, DIALECT_IN_STATE, OVER, OVER), \
    CODES_ROW(6, DIALECT_IN_STATE, CANCELLED, CANCELLED)

/** Ota-Errno: 1 no such device; 2 no such file; 3 not in the store; 4 cannot get it now;
 *  5 parameters, or the task is over; 6 authentication */
#define CODES_OTA_ERRNO \
    CODES_ROW(1, DIALECT_IN_OTA_ERRNO, PACKAGE, PACKAGE), \
    CODES_ROW(2, DIALECT_IN_OTA_ERRNO, PACKAGE, PACKAGE), \
    CODES_ROW(3, DIALECT_IN_OTA_ERRNO, PACKAGE, PACKAGE), \
    CODES_ROW(4, DIALECT_IN_OTA_ERRNO, PACKAGE_LATER, PACKAGE), \
    CODES_ROW(5, DIALECT_IN_OTA_ERRNO, RECHECK, PACKAGE), \
    CODES_ROW(6, DIALECT_IN_OTA_ERRNO, AUTH, AUTH)

/** The end of a table: what a code means that is in no row. */
#define CODES_UNKNOWN CODES_ROW(0, 0, LATER, UNKNOWN)
/* clang-format on */

#endif
