/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * trust.c: public keys in PEM.
 */
#include "trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PEM_MAX 4096

static const char k_begin[] = "-----BEGIN PUBLIC KEY-----";
static const char k_end[] = "-----END PUBLIC KEY-----";

/* SubjectPublicKeyInfo of a point of P-256, up to the point (RFC 5480) */
static const uint8_t k_before_point[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                         0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                         0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

#define DER_BYTES (sizeof k_before_point + ONEOTA_PUBKEY_BYTES)

/* @return bytes, or 0: it is not base64 of so many bytes at most */
static size_t decode(const char *text, const char *end, uint8_t *out, size_t size)
{
    static const char k_digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned count = 0;
    size_t length = 0;

    for (; text < end && *text != '='; text++) {
        const char *digit = strchr(k_digits, *text);
        if (strchr(" \t\r\n", *text) != NULL) {
            continue;
        }
        if (digit == NULL) {
            return 0;
        }
        bits = bits << 6 | (uint32_t)(digit - k_digits);
        count += 6u;
        if (count >= 8u) {
            count -= 8u;
            if (length == size) {
                return 0;
            }
            out[length++] = (uint8_t)(bits >> count);
        }
    }
    return length;
}

/* @return NULL, or what is wrong */
static const char *take_key(const char *pem, uint8_t point[ONEOTA_PUBKEY_BYTES])
{
    uint8_t der[DER_BYTES];
    const char *begin = strstr(pem, k_begin);
    const char *end = begin != NULL ? strstr(begin, k_end) : NULL;

    if (begin == NULL && strstr(pem, "PRIVATE KEY-----") != NULL) {
        return "this is a private key: the device is given the public one alone "
               "(oneota-image keygen writes both)";
    }
    if (end == NULL) {
        return "this is not a public key in PEM (-----BEGIN PUBLIC KEY-----)";
    }
    if (decode(begin + sizeof k_begin - 1u, end, der, sizeof der) != sizeof der ||
        memcmp(der, k_before_point, sizeof k_before_point) != 0 ||
        der[sizeof k_before_point] != 0x04) {
        return "this is not a key of the curve P-256 (prime256v1)";
    }
    memcpy(point, der + sizeof k_before_point, ONEOTA_PUBKEY_BYTES);
    return NULL;
}

static const char *load_key(const char *path, uint8_t point[ONEOTA_PUBKEY_BYTES])
{
    char pem[PEM_MAX + 1];
    FILE *file = fopen(path, "rb");
    size_t length;

    if (file == NULL) {
        return strerror(errno);
    }
    length = fread(pem, 1, PEM_MAX, file);
    pem[length] = '\0';
    if (ferror(file)) {
        const char *wrong = strerror(errno);
        (void)fclose(file);
        return wrong;
    }
    (void)fclose(file);
    return take_key(pem, point);
}

bool trust_load(trust_t *trust, const options_t *options, char *error, size_t size)
{
    for (uint8_t n = 0; n < options->pubkey_count; n++) {
        const char *wrong = load_key(options->pubkey[n], trust->keys[n]);
        if (wrong != NULL) {
            (void)snprintf(error, size, "--pubkey %.200s: %s", options->pubkey[n], wrong);
            return false;
        }
    }
    trust->table.scheme = &oneota_ecdsa_p256;
    trust->table.keys = (const uint8_t(*)[ONEOTA_PUBKEY_BYTES])trust->keys;
    trust->table.key_count = options->pubkey_count;
    return true;
}
