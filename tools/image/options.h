/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 *
 * options.h: the command line.
 */
#ifndef IMAGE_OPTIONS_H
#define IMAGE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "package.h"

typedef struct {
    const char *out, *in, *key, *base, *signature, *message, *package;
    const char *pubkeys[PACKAGE_KEYS_MAX];
    size_t pubkey_count;
    const char *version;
    uint32_t counter, vendor_id, class_id;
    uint8_t type;
    bool force;
} options_t;

typedef struct {
    const char *name;
    int (*run)(const options_t *options);
    unsigned takes, needs;       /**< OPTION_* */
    const char *usage, *summary; /**< for --help */
} command_t;

enum {
    OPTION_OUT = 1u << 0,
    OPTION_IN = 1u << 1,
    OPTION_KEY = 1u << 2,
    OPTION_PUBKEY = 1u << 3, /* once; more often with OPTION_PUBKEYS */
    OPTION_PUBKEYS = 1u << 4,
    OPTION_VERSION = 1u << 5,
    OPTION_COUNTER = 1u << 6,
    OPTION_VENDOR = 1u << 7,
    OPTION_CLASS = 1u << 8,
    OPTION_TYPE = 1u << 9,
    OPTION_BASE = 1u << 10,
    OPTION_SIGNATURE = 1u << 11,
    OPTION_MESSAGE = 1u << 12,
    OPTION_FORCE = 1u << 13,
    OPTION_PACKAGE = 1u << 14 /* the one word without a name */
};

/** Reads what follows the command. @return EXIT_DONE, or EXIT_USAGE once it has been said */
int options_read(int count, char **words, const command_t *command, options_t *options);

#endif
