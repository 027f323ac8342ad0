/*
 * oneota - over-the-air updates from OneNET
 * SPDX-License-Identifier: Apache-2.0
 *
 * config.h: every number that can be chosen when the library is built. Define one on the compiler's
 * command line, or all of them in a file named by ONEOTA_CONFIG_FILE, to change it. The library and
 * the application must be built with the same values. What may differ from device to device is
 * in oneota_setup_t instead.
 */
#ifndef ONEOTA_CONFIG_H
#define ONEOTA_CONFIG_H

#ifdef ONEOTA_CONFIG_FILE
#include ONEOTA_CONFIG_FILE
#endif

/* ---------------------------------------------------------------- time, in ms unless named */

/** From open() to a connection, name resolution and TLS included. Beyond: the attempt failed. */
#ifndef ONEOTA_CONNECT_MS
#define ONEOTA_CONNECT_MS 30000
#endif
#if ONEOTA_CONNECT_MS < 1000 || ONEOTA_CONNECT_MS > 600000
#error "ONEOTA_CONNECT_MS: 1000 to 600000"
#endif

/** From the last byte of a request to the end of the answer's header, and for the whole body of a
 *  control call. Beyond: the attempt failed. */
#ifndef ONEOTA_ANSWER_MS
#define ONEOTA_ANSWER_MS 30000
#endif
#if ONEOTA_ANSWER_MS < 1000 || ONEOTA_ANSWER_MS > 600000
#error "ONEOTA_ANSWER_MS: 1000 to 600000"
#endif

/** Longest silence within a downloaded body, or within a request. Beyond: the link is broken. */
#ifndef ONEOTA_SILENCE_MS
#define ONEOTA_SILENCE_MS 60000
#endif
#if ONEOTA_SILENCE_MS < 1000 || ONEOTA_SILENCE_MS > 600000
#error "ONEOTA_SILENCE_MS: 1000 to 600000"
#endif

/** Seconds that the download of one task may take, resets included. Beyond: 104. */
#ifndef ONEOTA_TASK_S
#define ONEOTA_TASK_S 86400
#endif
#if ONEOTA_TASK_S < 60 || ONEOTA_TASK_S > 2000000
#error "ONEOTA_TASK_S: 60 to 2000000"
#endif

/** Time that a new image has to call oneota_confirm(). Beyond: it is rejected, 206. */
#ifndef ONEOTA_TRIAL_MS
#define ONEOTA_TRIAL_MS 600000
#endif
#if ONEOTA_TRIAL_MS < 1000 || ONEOTA_TRIAL_MS > 86400000
#error "ONEOTA_TRIAL_MS: 1000 to 86400000"
#endif

/** Lifetime that an Authorization is given when the time is known, seconds. */
#ifndef ONEOTA_ET_S
#define ONEOTA_ET_S 3600
#endif
#if ONEOTA_ET_S < 60 || ONEOTA_ET_S > 86400
#error "ONEOTA_ET_S: 60 to 86400"
#endif

/** When this was built, Unix seconds: the `et` of a device that does not know the time is this and
 *  an hour. The build system sets it; the default is the day of the release. */
#ifndef ONEOTA_BUILD_TIME_S
#define ONEOTA_BUILD_TIME_S 1795305600
#endif
#if ONEOTA_BUILD_TIME_S < 1577836800
#error "ONEOTA_BUILD_TIME_S: not before 2020"
#endif

/* ---------------------------------------------------------------- patience */

/** Least time between two checks that oneota_notify() brings forward. */
#ifndef ONEOTA_NOTIFY_MS
#define ONEOTA_NOTIFY_MS 60000
#endif
#if ONEOTA_NOTIFY_MS < 1000 || ONEOTA_NOTIFY_MS > 3600000
#error "ONEOTA_NOTIFY_MS: 1000 to 3600000"
#endif

/** Attempts in a row that store no new byte; with the last of them the round has failed. */
#ifndef ONEOTA_ATTEMPTS
#define ONEOTA_ATTEMPTS 8
#endif
#if ONEOTA_ATTEMPTS < 1 || ONEOTA_ATTEMPTS > 100
#error "ONEOTA_ATTEMPTS: 1 to 100"
#endif

/** Ceiling of the task's retry interval, seconds. */
#ifndef ONEOTA_INTERVAL_MAX_S
#define ONEOTA_INTERVAL_MAX_S 86400
#endif
#if ONEOTA_INTERVAL_MAX_S < 60 || ONEOTA_INTERVAL_MAX_S > 2000000
#error "ONEOTA_INTERVAL_MAX_S: 60 to 2000000"
#endif

/* ---------------------------------------------------------------- the wire, in bytes */

/** Longest header line. A longer one: the answer is refused. */
#ifndef ONEOTA_LINE_BYTES
#define ONEOTA_LINE_BYTES 512
#endif
#if ONEOTA_LINE_BYTES < 128 || ONEOTA_LINE_BYTES > 8192
#error "ONEOTA_LINE_BYTES: 128 to 8192"
#endif

/** Longest header block, with the interim answers before it, and longest trailer block. A longer
 *  one: the answer is refused. */
#ifndef ONEOTA_HEADER_BYTES
#define ONEOTA_HEADER_BYTES 2048
#endif
#if ONEOTA_HEADER_BYTES < 256 || ONEOTA_HEADER_BYTES > 65535
#error "ONEOTA_HEADER_BYTES: 256 to 65535"
#endif

/** Interim (1xx) answers before the real one. One more: the answer is refused. */
#ifndef ONEOTA_INTERIM_MAX
#define ONEOTA_INTERIM_MAX 16
#endif
#if ONEOTA_INTERIM_MAX < 0 || ONEOTA_INTERIM_MAX > 255
#error "ONEOTA_INTERIM_MAX: 0 to 255"
#endif

/** Longest JSON body. It shares memory with the header line. A longer one: the answer is
 * refused. */
#ifndef ONEOTA_JSON_BYTES
#define ONEOTA_JSON_BYTES 512
#endif
#if ONEOTA_JSON_BYTES < 256 || ONEOTA_JSON_BYTES > 8192
#error "ONEOTA_JSON_BYTES: 256 to 8192"
#endif

/** Values (objects, arrays, strings, numbers) in a JSON body, and how deep they may nest. */
#ifndef ONEOTA_JSON_NODES
#define ONEOTA_JSON_NODES 32
#endif
#ifndef ONEOTA_JSON_DEPTH
#define ONEOTA_JSON_DEPTH 8
#endif
#if ONEOTA_JSON_NODES < 20 || ONEOTA_JSON_NODES > 1000
#error "ONEOTA_JSON_NODES: 20 to 1000"
#endif
#if ONEOTA_JSON_DEPTH < 2 || ONEOTA_JSON_DEPTH > 32
#error "ONEOTA_JSON_DEPTH: 2 to 32"
#endif

/* ---------------------------------------------------------------- the download, in bytes */

/** First range of a task, the least and the most it shrinks and grows to. RAM depends on none. */
#ifndef ONEOTA_RANGE_FIRST
#define ONEOTA_RANGE_FIRST 16384
#endif
#ifndef ONEOTA_RANGE_MIN
#define ONEOTA_RANGE_MIN 2048
#endif
#ifndef ONEOTA_RANGE_MAX
#define ONEOTA_RANGE_MAX 262144
#endif
#if ONEOTA_RANGE_MIN < 512 || ONEOTA_RANGE_MIN > ONEOTA_RANGE_FIRST
#error "ONEOTA_RANGE_MIN: 512 to ONEOTA_RANGE_FIRST"
#endif
#if ONEOTA_RANGE_FIRST > ONEOTA_RANGE_MAX || ONEOTA_RANGE_MAX > 1073741824
#error "ONEOTA_RANGE_MAX: ONEOTA_RANGE_FIRST to 2^30"
#endif

/** Progress is stored after this many bytes, or after an erase unit if that is larger. A reset
 *  costs at most this, and one erase unit, of download. Each is a record of the journal: for slots
 *  of more than 4 MiB let this be larger, or the journal have more units. */
#ifndef ONEOTA_STORE_BYTES
#define ONEOTA_STORE_BYTES 16384
#endif
#if ONEOTA_STORE_BYTES < 512 || ONEOTA_STORE_BYTES > 16777216
#error "ONEOTA_STORE_BYTES: 512 to 2^24"
#endif

/** Likewise of the image that a differential package makes, whose bytes are worth several of
 *  download each: a reset costs about a block of download and the erase of one unit. */
#ifndef ONEOTA_DELTA_STORE_BYTES
#define ONEOTA_DELTA_STORE_BYTES 4096
#endif
#if ONEOTA_DELTA_STORE_BYTES < 512 || ONEOTA_DELTA_STORE_BYTES > 16777216
#error "ONEOTA_DELTA_STORE_BYTES: 512 to 2^24"
#endif

/* ---------------------------------------------------------------- budgets
 *
 * What a server, or who poses as one, may cost the device: then the client waits, an hour at least
 * each time, with the reason `erases`, `requests` or `bytes`; a task that has rounds (`retry`) uses
 * one up each time, and ends with 206 when there are none left. A day is 24 hours in which the
 * client was polled, as far as the journal knows of them: a reset gives nothing back, and costs
 * what has passed since the last wait. An update that is confirmed gives back all that was spent.
 * What was spent is stored when a download rests, unless the platform has only said "later" (19).
 */

/** How often each erase unit of a slot may be erased: so often in a row, and so often a day on the
 *  average. With 2 a day, 10000 erases last 13 years. */
#ifndef ONEOTA_ERASES_MAX
#define ONEOTA_ERASES_MAX 64
#endif
#ifndef ONEOTA_ERASES_DAY
#define ONEOTA_ERASES_DAY 2
#endif
#if ONEOTA_ERASES_DAY < 1 || ONEOTA_ERASES_DAY > ONEOTA_ERASES_MAX
#error "ONEOTA_ERASES_DAY: 1 to ONEOTA_ERASES_MAX"
#endif
#if ONEOTA_ERASES_MAX > 1000000
#error "ONEOTA_ERASES_MAX: ONEOTA_ERASES_DAY to 1000000"
#endif

/** Requests of all kinds in a day: parts of packages and calls alike. Beyond, only reports go out:
 *  how a task ended, repeated after a back-off that reaches an hour; and progress, of bytes that
 *  have come. The checks of setup.poll_interval_s and oneota_notify() count, too: an interval below
 *  ten seconds for each image needs more. */
#ifndef ONEOTA_REQUESTS_DAY
#define ONEOTA_REQUESTS_DAY 10000
#endif
#if ONEOTA_REQUESTS_DAY < 10 || ONEOTA_REQUESTS_DAY > 1000000
#error "ONEOTA_REQUESTS_DAY: 10 to 1000000"
#endif

/** KiB of packages that may arrive in a day, each answer rounded up; and the rest of the last one.
 *  A metered link may want less: a few times the slot. */
#ifndef ONEOTA_KIB_DAY
#define ONEOTA_KIB_DAY 131072
#endif
#if ONEOTA_KIB_DAY < 64 || ONEOTA_KIB_DAY > 2000000000
#error "ONEOTA_KIB_DAY: 64 to 2000000000"
#endif

/* ---------------------------------------------------------------- signed packages */

/** 1: oneota_init() refuses a set-up without trust. 0: then MD5 and size alone decide, which come
 *  from where the package comes from. */
#ifndef ONEOTA_REQUIRE_SIGNATURE
#define ONEOTA_REQUIRE_SIGNATURE 0
#endif
#if ONEOTA_REQUIRE_SIGNATURE < 0 || ONEOTA_REQUIRE_SIGNATURE > 1
#error "ONEOTA_REQUIRE_SIGNATURE: 0 or 1"
#endif

/* ---------------------------------------------------------------- memory */

/** Largest program unit of any flash, bytes. */
#ifndef ONEOTA_PROGRAM_UNIT_MAX
#define ONEOTA_PROGRAM_UNIT_MAX 256
#endif
#if ONEOTA_PROGRAM_UNIT_MAX < 1 || ONEOTA_PROGRAM_UNIT_MAX > 4096
#error "ONEOTA_PROGRAM_UNIT_MAX: 1 to 4096"
#endif

/** Images that one client can serve. */
#define ONEOTA_IMAGES_MAX 4

/* ---------------------------------------------------------------- log */

/** Lines up to this oneota_log_level_t are compiled in; 0: none, and their text costs nothing. */
#ifndef ONEOTA_LOG_LEVEL
#define ONEOTA_LOG_LEVEL 0
#endif
#if ONEOTA_LOG_LEVEL < 0 || ONEOTA_LOG_LEVEL > 4
#error "ONEOTA_LOG_LEVEL: 0 to 4"
#endif

#endif
