/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What the library uses of mbedTLS, and no more.
 */
#ifndef MBEDTLS_CONFIG_H
#define MBEDTLS_CONFIG_H

#define MBEDTLS_BASE64_C
#define MBEDTLS_MD5_C
#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA256_C

#endif
