/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * parts.h: what the files of this port tell each other.
 */
#ifndef ONEOTA_MBEDTLS_PARTS_H
#define ONEOTA_MBEDTLS_PARTS_H

#include "oneota_mbedtls.h"

/* ---------------------------------------------------------------- certificate.c */

/** Notes what day it is, and that no certificate has been seen yet. */
void oneota_mbedtls_chain_begin(oneota_mbedtls_t *tls);

/** mbedTLS's verify callback: from the CA down to the server, which has depth 0. */
int oneota_mbedtls_chain_verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags);

/** Is today within these dates, as far as today is known? @return 0, or the flags that say no */
uint32_t oneota_mbedtls_date_flags(const oneota_mbedtls_t *tls, uint64_t begin_s, uint64_t end_s);

/** SHA-256. @return false: it failed */
bool oneota_mbedtls_digest(const void *data, size_t length, uint8_t *digest);

/* ---------------------------------------------------------------- session.c */

/** Offers the kept session, if it is for this name and its certificates are still valid. */
void oneota_mbedtls_session_offer(oneota_mbedtls_t *tls);

/** Keeps the present one in its place. */
void oneota_mbedtls_session_keep(oneota_mbedtls_t *tls);

void oneota_mbedtls_session_forget(oneota_mbedtls_t *tls);

/* ---------------------------------------------------------------- error_text.c */

/** Writes tls->text for a code of mbedTLS, with tls->flags; or, if tls->below, of the net below. */
void oneota_mbedtls_describe(oneota_mbedtls_t *tls, int32_t code);

/** Writes tls->text: "CA 2: what (-0x2180)". number 0: none, likewise code. */
void oneota_mbedtls_describe_setup(oneota_mbedtls_t *tls, const char *what, size_t ca,
                                   int32_t code);

#endif
