/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * trust.h: whose signatures the device takes: the files of --pubkey.
 */
#ifndef DEVICE_TRUST_H
#define DEVICE_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "oneota/trailer.h"
#include "options.h"

typedef struct {
    uint8_t keys[OPTIONS_PUBKEY_MAX][ONEOTA_PUBKEY_BYTES];
    oneota_trust_t table;
} trust_t;

/** Reads public keys of P-256 in PEM, as openssl and oneota-image write them. Vendor and class are
 *  0, as oneota-image signs them without --vendor and --class.
 *  @return false: error says what is wrong with which file */
bool trust_load(trust_t *trust, const options_t *options, char *error, size_t size);

#endif
