/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * url.h: the server's URL, http(s)://host[:port][/prefix], taken apart strictly.
 */
#ifndef DEVICE_URL_H
#define DEVICE_URL_H

#include <stdbool.h>
#include <stdint.h>

#define URL_HOST_MAX   253 /**< characters of a host name */
#define URL_PREFIX_MAX 255

typedef struct {
    bool tls;                          /**< https */
    uint16_t port;                     /**< the scheme's, where the URL names none */
    char address[URL_HOST_MAX + 1];    /**< name or IP to connect to; IPv6 without brackets */
    char authority[URL_HOST_MAX + 10]; /**< host[:port] as it was written */
    char prefix[URL_PREFIX_MAX + 1];   /**< "" or "/path" without a final '/' */
} url_t;

/** @return NULL, or what is wrong with it; static text */
const char *url_parse(url_t *url, const char *text);

/** host[:port] alone, as for a Host header; *url gets address, authority, and port if it is there.
 *  @return NULL, or what is wrong with it; static text */
const char *url_parse_authority(url_t *url, const char *text);

#endif
