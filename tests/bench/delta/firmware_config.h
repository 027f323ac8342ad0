/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * mbedTLS as a firmware without an operating system has it.
 */
#ifndef ONEOTA_FIRMWARE_CONFIG_H
#define ONEOTA_FIRMWARE_CONFIG_H

#include "mbedtls/mbedtls_config.h"

#undef MBEDTLS_NET_C
#undef MBEDTLS_TIMING_C
#undef MBEDTLS_PSA_ITS_FILE_C
#undef MBEDTLS_PSA_CRYPTO_STORAGE_C
#undef MBEDTLS_FS_IO
#undef MBEDTLS_HAVE_TIME
#undef MBEDTLS_HAVE_TIME_DATE
#define MBEDTLS_NO_PLATFORM_ENTROPY

#endif
