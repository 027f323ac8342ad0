/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * mbedtls_config.h: the microcontroller's mbedTLS, and a server to test it with.
 */
#ifndef TLS_MBEDTLS_CONFIG_H
#define TLS_MBEDTLS_CONFIG_H

#include "../../examples/mps2/mbedtls_config.h"

/* Without a linker that drops what nobody calls, printf is there. */
#undef MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#undef MBEDTLS_PLATFORM_EXIT_MACRO

#define MBEDTLS_SSL_SRV_C
#define MBEDTLS_SSL_TICKET_C

#endif
