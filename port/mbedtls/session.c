/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * session.c: the last session, for the next connection to the same name. Without one, or when
 * memory is short, the handshake is a whole one.
 */
#include <string.h>

#include "parts.h"

void oneota_mbedtls_session_forget(oneota_mbedtls_t *tls)
{
    if (tls->session_kept) {
        mbedtls_ssl_session_free(&tls->session);
    }
    tls->session_kept = false;
}

void oneota_mbedtls_session_offer(oneota_mbedtls_t *tls)
{
    tls->session_offered = false;
    if (!tls->session_kept || memcmp(tls->name, tls->session_name, sizeof tls->name) != 0) {
        return;
    }
    if (oneota_mbedtls_date_flags(tls, tls->session_begin_s, tls->session_end_s) != 0) {
        oneota_mbedtls_session_forget(tls);
        return;
    }
    tls->session_offered = mbedtls_ssl_set_session(&tls->ssl, &tls->session) == 0;
}

void oneota_mbedtls_session_keep(oneota_mbedtls_t *tls)
{
    oneota_mbedtls_session_forget(tls);
    mbedtls_ssl_session_init(&tls->session);
    tls->session_kept = mbedtls_ssl_get_session(&tls->ssl, &tls->session) == 0;
    if (!tls->session_kept) {
        mbedtls_ssl_session_free(&tls->session);
        return;
    }
    if (!tls->resumed) { /* else no certificate was seen */
        tls->session_begin_s = tls->begin_s;
        tls->session_end_s = tls->end_s;
    }
    memcpy(tls->session_name, tls->name, sizeof tls->name);
}
