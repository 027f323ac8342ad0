/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What the library uses of mbedTLS where packages are signed.
 */
#ifndef MBEDTLS_SIGNED_H
#define MBEDTLS_SIGNED_H

#include "mbedtls_config.h"

#define MBEDTLS_HAVE_ASM
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C

/* Less heap, for some more time. */
#define MBEDTLS_ECP_WINDOW_SIZE       2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0

#endif
