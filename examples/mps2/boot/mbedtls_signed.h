/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * mbedtls_signed.h: likewise, and signatures of ECDSA on P-256, with little heap.
 */
#ifndef MPS2_BOOT_MBEDTLS_SIGNED_H
#define MPS2_BOOT_MBEDTLS_SIGNED_H

#include "mbedtls_config.h"

#define MBEDTLS_HAVE_ASM
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_PLATFORM_STD_CALLOC         NULL /* the pool alone */
#define MBEDTLS_PLATFORM_STD_FREE           NULL
#define MBEDTLS_PLATFORM_EXIT_MACRO(status) __builtin_trap()
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
#define MBEDTLS_MEMORY_ALIGN_MULTIPLE 8

#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_WINDOW_SIZE       2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C

#endif
