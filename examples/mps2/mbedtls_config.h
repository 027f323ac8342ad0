/*
 * oneota, mps2 example - SPDX-License-Identifier: Apache-2.0
 *
 * mbedtls_config.h: mbedTLS 3.6 for a microcontroller that is a TLS 1.2 client and nothing else:
 * ECDHE with P-256, AES-128-GCM, SHA-256. Each line costs flash: what is not here is not in the
 * image.
 *
 *     -DONEOTA_TLS_RSA=0   servers and CAs with ECDSA keys alone: saves 7 KB of flash
 */
#ifndef MPS2_MBEDTLS_CONFIG_H
#define MPS2_MBEDTLS_CONFIG_H

#ifndef ONEOTA_TLS_RSA
#define ONEOTA_TLS_RSA 1
#endif

#include <limits.h> /* mbedTLS 2.28 forgets it */

/* ---------------------------------------------------------------- the machine */

#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS                    /* neither malloc() nor printf() */
#define MBEDTLS_PLATFORM_EXIT_MACRO(status) __builtin_trap() /* the pool is damaged: a reset */

/* All memory comes from the pool that oneota_mbedtls_pool() was given. */
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
#define MBEDTLS_MEMORY_ALIGN_MULTIPLE 8

/* ---------------------------------------------------------------- numbers by chance */

#define MBEDTLS_ENTROPY_C
#define MBEDTLS_ENTROPY_FORCE_SHA256
#define MBEDTLS_ENTROPY_HARDWARE_ALT /* mbedtls_hardware_poll(): the board's own */
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_CTR_DRBG_C
#define MBEDTLS_CTR_DRBG_USE_128_BIT_KEY

/* ---------------------------------------------------------------- ciphers and hashes */

#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT /* GCM and CTR only encrypt */
#define MBEDTLS_GCM_C
#define MBEDTLS_CIPHER_C
#define MBEDTLS_MD_C
#define MBEDTLS_SHA224_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER /* 1 KB less, a third slower */
#define MBEDTLS_BASE64_C

/* For the Authorization and the digest of a package, not for TLS. */
#define MBEDTLS_MD5_C
#define MBEDTLS_SHA1_C

/* ---------------------------------------------------------------- keys */

#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_RESTARTABLE       /* see ecp_max_ops in oneota_mbedtls.h */
#define MBEDTLS_ECP_WINDOW_SIZE       2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_CHECK_KEY_USAGE          /* 3.6 always does */
#define MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE /* likewise */
#define MBEDTLS_X509_REMOVE_INFO

#if ONEOTA_TLS_RSA
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_MPI_MAX_SIZE 512 /* RSA-4096 */
#else
#define MBEDTLS_MPI_MAX_SIZE 64
#endif

/* ---------------------------------------------------------------- TLS */

#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_SESSION_TICKETS
#define MBEDTLS_SSL_ALL_ALERT_MESSAGES
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED

/* The largest record each way, and the largest handshake message: a server's chain must fit. The
 * server is asked to keep to it (max_fragment_length); one that does not is refused. */
#define MBEDTLS_SSL_IN_CONTENT_LEN  4096
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096

#endif
