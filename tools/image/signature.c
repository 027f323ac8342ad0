/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 */
#include "signature.h"

#include <string.h>

#include "mbedtls/asn1.h"

/* An INTEGER of at most 32 bytes, and a zero before them where the first has its high bit set. */
static bool take_integer(unsigned char **at, const unsigned char *end, uint8_t *raw)
{
    size_t length;
    if (mbedtls_asn1_get_tag(at, end, &length, MBEDTLS_ASN1_INTEGER) != 0 || length == 0) {
        return false;
    }
    unsigned char *digits = *at;
    *at += length;
    if ((digits[0] & 0x80u) != 0) { /* negative */
        return false;
    }
    if (digits[0] == 0) {
        digits++;
        length--;
    }
    if (length > 32u) {
        return false;
    }
    memset(raw, 0, 32u - length);
    memcpy(raw + 32u - length, digits, length);
    return true;
}

bool signature_from_der(const uint8_t *der, size_t length, uint8_t raw[SIGNATURE_RAW_BYTES])
{
    unsigned char copy[80];
    unsigned char *at = copy;
    size_t inside;

    if (length > sizeof copy) {
        return false;
    }
    memcpy(copy, der, length);
    const unsigned char *end = copy + length;
    return mbedtls_asn1_get_tag(&at, end, &inside,
                                MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) == 0 &&
           at + inside == end && take_integer(&at, end, raw) && take_integer(&at, end, raw + 32) &&
           at == end;
}
