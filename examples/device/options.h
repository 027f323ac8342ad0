/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * options.h: the command line, checked before anything starts.
 */
#ifndef DEVICE_OPTIONS_H
#define DEVICE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "oneota/calls.h"
#include "url.h"

#define OPTIONS_SLOT_BYTES_MAX 1073741824
#define OPTIONS_BATTERY_MIN    (-1) /**< unknown */
#define OPTIONS_BATTERY_MAX    100
#define OPTIONS_SIGNAL_MIN     (-1000)
#define OPTIONS_SIGNAL_MAX     1000
#define OPTIONS_CA_MAX         8
#define OPTIONS_PUBKEY_MAX     4

/** The system's CAs, in one file of PEM: for https without --ca. */
#define OPTIONS_SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

typedef enum {
    COMMAND_RUN = 0,
    COMMAND_STATUS,
    COMMAND_IMAGE,
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_COUNT
} command_t;

/** A dialect by its name. */
typedef struct {
    const char *name;
    const oneota_dialect_t *dialect;
    uint8_t scope; /**< default of --res */
} options_dialect_t;

#define OPTIONS_DIALECTS 3
extern const options_dialect_t options_dialects[OPTIONS_DIALECTS];

/** What the new image's self-test does. */
typedef enum { TRIAL_PASS = 0, TRIAL_FAIL, TRIAL_CRASH } trial_t;

/** A battery or an antenna: a number, or a file that holds one and is read each time. */
typedef struct {
    const char *file; /**< NULL: number counts */
    int32_t number;   /**< -1 = unknown */
} gauge_t;

/** Text is borrowed from the command line. */
typedef struct {
    command_t command;
    url_t server;
    const char *host;               /**< Host header */
    const char *ca[OPTIONS_CA_MAX]; /**< files: whom https trusts */
    uint8_t ca_count;
    const char *pubkey[OPTIONS_PUBKEY_MAX]; /**< files: whose signatures count; none: MD5 alone */
    uint8_t pubkey_count;
    const oneota_dialect_t *dialect;
    oneota_identity_t identity;
    oneota_image_id_t image; /**< version: the factory version */
    char key[ONEOTA_KEY_MAX + 1];

    const char *state_dir;
    const char *image_file; /**< NULL: an empty image */
    const char *out_file;
    uint32_t slot_bytes; /**< 0 = not given */

    gauge_t battery, signal;
    uint8_t trial; /**< trial_t */
    uint32_t poll_interval_s;
    uint32_t retry_floor_ms;
    uint32_t backoff_min_ms, backoff_max_ms;
    bool once;
    bool json;

    uint32_t given;  /**< bit i: flag i of the table in options.c */
    char error[320]; /**< what is wrong and what to do: one line; never holds the key */
} options_t;

/** Reads argv[1] to argv[argc - 1] and, for the key, the environment.
 *  @return false: options->error says what is wrong */
bool options_parse(options_t *options, int argc, char *const argv[]);

#endif
