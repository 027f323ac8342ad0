/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * As tests/size has it for signed packages, and what it takes to sign some.
 */
#ifndef SKIP_MBEDTLS_CONFIG_H
#define SKIP_MBEDTLS_CONFIG_H

#include "../../size/mbedtls_signed.h"

#define MBEDTLS_ECDSA_DETERMINISTIC
#define MBEDTLS_HMAC_DRBG_C
#define MBEDTLS_MD_C

#endif
