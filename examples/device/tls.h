/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * tls.h: TLS around the device's connection, and the files that say whom it trusts.
 */
#ifndef DEVICE_TLS_H
#define DEVICE_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "oneota_mbedtls.h"
#include "oneota_posix.h"
#include "options.h"

typedef struct {
    oneota_mbedtls_t port;
    oneota_mbedtls_setup_t setup;
    oneota_mbedtls_bytes_t ca[OPTIONS_CA_MAX]; /**< data is on the heap */
} tls_t;

/** Reads the files of --ca. @return false: error says what is wrong with which one */
bool tls_load(tls_t *tls, const options_t *options, char *error, size_t size);

/** TLS around net, from the beginning. @return false: error says why not */
bool tls_start(tls_t *tls, oneota_posix_net_t *net, char *error, size_t size);

void tls_stop(tls_t *tls);

/** Gives the files back. */
void tls_unload(tls_t *tls);

#endif
