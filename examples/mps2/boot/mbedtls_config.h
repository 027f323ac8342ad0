/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * mbedtls_config.h: mbedTLS for the boot loader: SHA-256, small rather than fast.
 */
#ifndef MPS2_BOOT_MBEDTLS_CONFIG_H
#define MPS2_BOOT_MBEDTLS_CONFIG_H

#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER

#endif
