/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * crypto_ecdsa.c: ECDSA on mbedTLS 2.28 and 3.6.
 */
#include "crypto_ecdsa.h"

#include <stdbool.h>

#include "mbedtls/ecdsa.h"
#include "mbedtls/md.h"

#include "oneota/trailer.h"

typedef struct {
    mbedtls_ecp_group group;
    mbedtls_ecp_point key;
    mbedtls_mpi r, s;
} check_t;

static int load(check_t *check, const uint8_t *key, const uint8_t *signature)
{
    int error = mbedtls_ecp_group_load(&check->group, MBEDTLS_ECP_DP_SECP256R1);
    if (error == 0) {
        error = mbedtls_ecp_point_read_binary(&check->group, &check->key, key, ONEOTA_PUBKEY_BYTES);
    }
    if (error == 0) {
        error = mbedtls_mpi_read_binary(&check->r, signature, 32);
    }
    return error != 0 ? error : mbedtls_mpi_read_binary(&check->s, signature + 32, 32);
}

static bool is_memory(int error)
{
    return error == MBEDTLS_ERR_MPI_ALLOC_FAILED || error == MBEDTLS_ERR_ECP_ALLOC_FAILED ||
           error == MBEDTLS_ERR_MD_ALLOC_FAILED; /* of the random numbers that 2.28 blinds with */
}

/* The answer is made of the error without a branch, and so that ONEOTA_PROVEN is in no register
 * before it is the answer: an instruction that is skipped leaves something else. mbedTLS checks the
 * ranges of r and s. */
uint32_t oneota_crypto_verify_p256(const uint8_t *key, const uint8_t *digest,
                                   const uint8_t *signature)
{
    check_t check;
    volatile uint32_t inverse = 0; /* of the error; until there is one, of one */

    mbedtls_ecp_group_init(&check.group);
    mbedtls_ecp_point_init(&check.key);
    mbedtls_mpi_init(&check.r);
    mbedtls_mpi_init(&check.s);
    const int unloaded = load(&check, key, signature);
    if (unloaded == 0) {
        inverse = ~(uint32_t)mbedtls_ecdsa_verify(&check.group, digest, ONEOTA_DIGEST_BYTES,
                                                  &check.key, &check.r, &check.s);
    }
    mbedtls_mpi_free(&check.s);
    mbedtls_mpi_free(&check.r);
    mbedtls_ecp_point_free(&check.key);
    mbedtls_ecp_group_free(&check.group);
    if (is_memory(unloaded) || is_memory((int)~inverse)) {
        return ONEOTA_PROVEN_NOT_NOW;
    }
    return ~ONEOTA_PROVEN ^ inverse;
}
