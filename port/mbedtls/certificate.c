/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * certificate.c: what is asked of a chain besides mbedTLS's own checks: dates, and pins.
 */
#include <string.h>

#include "mbedtls/sha256.h"
#include "mbedtls/version.h"
#include "parts.h"

#if MBEDTLS_VERSION_MAJOR < 3
#define sha256_of mbedtls_sha256_ret
#if !defined(MBEDTLS_X509_CHECK_KEY_USAGE) || !defined(MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE)
#error "mbedTLS 2.28 must be built with MBEDTLS_X509_CHECK_KEY_USAGE and _EXTENDED_KEY_USAGE"
#endif
#else
#define sha256_of mbedtls_sha256
#endif

#define DATE_FLAGS ((uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE))

bool oneota_mbedtls_digest(const void *data, size_t length, uint8_t *digest)
{
    return sha256_of(data, length, digest, 0) == 0;
}

/* ---------------------------------------------------------------- dates */

/* Days from 1970 to a day of the Gregorian calendar, from a year that begins in March, so that the
 * day that may be missing is its last. */
static uint64_t days_since_1970(uint64_t year, uint64_t month, uint64_t day)
{
    const uint64_t from_march = (month + 9u) % 12u;

    year -= from_march >= 10u ? 1u : 0u;
    return year * 365u + year / 4u - year / 100u + year / 400u + (from_march * 306u + 5u) / 10u +
           day - 1u - 719468u;
}

/* mbedTLS has checked the ranges. */
static uint64_t unix_s(const mbedtls_x509_time *time)
{
    if (time->year < 1970) {
        return 0;
    }
    return days_since_1970((uint64_t)time->year, (uint64_t)time->mon, (uint64_t)time->day) *
               86400u +
           (uint64_t)time->hour * 3600u + (uint64_t)time->min * 60u + (uint64_t)time->sec;
}

uint32_t oneota_mbedtls_date_flags(const oneota_mbedtls_t *tls, uint64_t begin_s, uint64_t end_s)
{
    uint32_t flags = 0;

    if (end_s < tls->now_s) {
        flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    }
    if (tls->now_known && begin_s > tls->now_s) {
        flags |= MBEDTLS_X509_BADCERT_FUTURE;
    }
    return flags;
}

/* mbedTLS's own opinion, where it has one, comes from a clock that may be anything. */
static uint32_t check_dates(oneota_mbedtls_t *tls, const mbedtls_x509_crt *crt)
{
    const uint64_t begin_s = unix_s(&crt->valid_from);
    const uint64_t end_s = unix_s(&crt->valid_to);

    if (begin_s > tls->begin_s) {
        tls->begin_s = begin_s;
    }
    if (end_s < tls->end_s) {
        tls->end_s = end_s;
    }
    return oneota_mbedtls_date_flags(tls, begin_s, end_s);
}

/* ---------------------------------------------------------------- pins */

static bool is_pinned(const oneota_mbedtls_setup_t *setup, const mbedtls_x509_crt *crt)
{
    uint8_t digest[ONEOTA_MBEDTLS_PIN_BYTES];

    if (setup->pin_count == 0 || !oneota_mbedtls_digest(crt->pk_raw.p, crt->pk_raw.len, digest)) {
        return false;
    }
    for (size_t i = 0; i < setup->pin_count; i++) {
        if (memcmp(setup->pins[i].sha256, digest, sizeof digest) == 0) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- the chain */

void oneota_mbedtls_chain_begin(oneota_mbedtls_t *tls)
{
    const oneota_mbedtls_setup_t *setup = tls->setup;
    uint64_t seconds = 0;

    tls->now_known = setup->clock != NULL && setup->clock->unix_s != NULL &&
                     setup->clock->unix_s(setup->clock_ctx, &seconds);
    tls->now_s = ONEOTA_BUILD_TIME_S;
    if (tls->now_known && seconds > tls->now_s) {
        tls->now_s = seconds;
    }
    tls->begin_s = 0;
    tls->end_s = UINT64_MAX;
    tls->verified = false;
    tls->pinned = false;
    tls->flags = 0;
}

int oneota_mbedtls_chain_verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    oneota_mbedtls_t *tls = ctx;

    *flags &= ~DATE_FLAGS;
    *flags |= check_dates(tls, crt);
    tls->pinned = tls->pinned || is_pinned(tls->setup, crt);
    if (depth == 0) {
        tls->verified = true;
        if (tls->setup->pin_count > 0 && !tls->pinned) {
            *flags |= MBEDTLS_X509_BADCERT_OTHER;
        }
    }
    return 0;
}
