/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "fake_signer.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "mbedtls/ecdsa.h"
#include "mbedtls/sha256.h"
#include "mbedtls/version.h"

#if MBEDTLS_VERSION_MAJOR < 3
#define sha256 mbedtls_sha256_ret
#else
#define sha256 mbedtls_sha256
#endif

static uint8_t keys[FAKE_SIGNERS][ONEOTA_PUBKEY_BYTES];

static void must(int error)
{
    if (error != 0) {
        abort();
    }
}

/* Blinds, where nothing is secret. */
static int no_random(void *ctx, unsigned char *bytes, size_t length)
{
    (void)ctx;
    memset(bytes, 0x5A, length);
    return 0;
}

static void private_key(mbedtls_mpi *d, unsigned signer)
{
    uint8_t bytes[32];
    memset(bytes, 0x11 * ((int)signer + 1), sizeof bytes);
    must(mbedtls_mpi_read_binary(d, bytes, sizeof bytes));
}

static void make_key(unsigned signer)
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi d;
    size_t length;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&d);
    must(mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1));
    private_key(&d, signer);
    must(mbedtls_ecp_mul(&group, &point, &d, &group.G, no_random, NULL));
    must(mbedtls_ecp_point_write_binary(&group, &point, MBEDTLS_ECP_PF_UNCOMPRESSED, &length,
                                        keys[signer], sizeof keys[signer]));
    mbedtls_mpi_free(&d);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
}

const uint8_t (*fake_signer_keys(void))[ONEOTA_PUBKEY_BYTES]
{
    for (unsigned n = 0; n < FAKE_SIGNERS && keys[n][0] == 0; n++) {
        make_key(n);
    }
    return (const uint8_t(*)[ONEOTA_PUBKEY_BYTES])keys;
}

oneota_trust_t fake_signer_trust(uint8_t key_count)
{
    const oneota_trust_t trust = {&oneota_ecdsa_p256, fake_signer_keys(), key_count,
                                  FAKE_VENDOR,        FAKE_CLASS,         0};
    return trust;
}

void fake_signer_fill(oneota_trailer_t *trailer, const void *payload, uint32_t length)
{
    memset(trailer, 0, sizeof *trailer);
    memcpy(trailer->magic, "OTRL", sizeof trailer->magic);
    trailer->format = 1;
    trailer->algorithm = 1;
    trailer->type = ONEOTA_PACKAGE_FULL;
    oneota_bytes_put_u32(trailer->payload_length, length);
    oneota_bytes_put_u32(trailer->vendor_id, FAKE_VENDOR);
    oneota_bytes_put_u32(trailer->class_id, FAKE_CLASS);
    oneota_bytes_put_u32(trailer->counter, FAKE_COUNTER);
    memcpy(trailer->version, FAKE_SIGNED_VERSION, sizeof FAKE_SIGNED_VERSION);
    fake_signer_sha256(payload, length, trailer->digest);
}

void fake_signer_sign_only(oneota_trailer_t *trailer, unsigned signer)
{
    mbedtls_ecp_group group;
    mbedtls_mpi d, r, s;
    uint8_t digest[ONEOTA_DIGEST_BYTES];
    mbedtls_ecp_group_init(&group);
    mbedtls_mpi_init(&d);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    must(mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1));
    private_key(&d, signer);
    fake_signer_sha256(trailer, ONEOTA_TRAILER_SIGNED, digest);
    must(mbedtls_ecdsa_sign_det_ext(&group, &r, &s, &d, digest, sizeof digest, MBEDTLS_MD_SHA256,
                                    no_random, NULL));
    must(mbedtls_mpi_write_binary(&r, trailer->signature, 32));
    must(mbedtls_mpi_write_binary(&s, trailer->signature + 32, 32));
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&d);
    mbedtls_ecp_group_free(&group);
}

void fake_signer_sign(oneota_trailer_t *trailer, unsigned signer)
{
    memcpy(trailer->key_id, fake_signer_keys()[signer] + 1, sizeof trailer->key_id);
    fake_signer_sign_only(trailer, signer);
}

void fake_signer_seal(uint8_t *package, uint32_t size, const char *version, uint32_t counter,
                      unsigned signer)
{
    oneota_trailer_t trailer;
    const uint32_t payload = size - ONEOTA_TRAILER_BYTES;
    fake_signer_fill(&trailer, package, payload);
    memset(trailer.version, 0, sizeof trailer.version);
    memcpy(trailer.version, version, strlen(version));
    oneota_bytes_put_u32(trailer.counter, counter);
    fake_signer_sign(&trailer, signer);
    memcpy(package + payload, &trailer, sizeof trailer);
}

uint32_t fake_signer_seal_patch(uint8_t *patch, uint32_t length, const char *version,
                                uint32_t counter, unsigned signer)
{
    oneota_trailer_t trailer;
    fake_signer_fill(&trailer, patch, length);
    trailer.type = ONEOTA_PACKAGE_DIFF;
    memset(trailer.version, 0, sizeof trailer.version);
    memcpy(trailer.version, version, strlen(version));
    oneota_bytes_put_u32(trailer.counter, counter);
    memcpy(trailer.base, patch + 28, sizeof trailer.base);
    memcpy(trailer.digest, patch + 60, sizeof trailer.digest);
    fake_signer_sign(&trailer, signer);
    memcpy(patch + length, &trailer, sizeof trailer);
    return length + (uint32_t)sizeof trailer;
}

void fake_signer_sha256(const void *data, size_t length, uint8_t digest[ONEOTA_DIGEST_BYTES])
{
    must(sha256(data, length, digest, 0));
}

void signer_read_hex(const char *hex, uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char digits[3] = {hex[2u * i], hex[2u * i + 1u], '\0'};
        bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}
