/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 */
#include "package.h"

#include <string.h>

#include "mbedtls/sha256.h"
#include "mbedtls/version.h"

#include "oneota/proof.h"
#include "say.h"

#if MBEDTLS_VERSION_MAJOR < 3
#define sha256 mbedtls_sha256_ret
#else
#define sha256 mbedtls_sha256
#endif

void package_sha256(const void *data, size_t length, uint8_t digest[ONEOTA_DIGEST_BYTES])
{
    (void)sha256(data, length, digest, 0);
}

static uint32_t get(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put(uint8_t *bytes, uint32_t number)
{
    for (unsigned n = 0; n < 4u; n++) {
        bytes[n] = (uint8_t)(number >> (8u * n));
    }
}

/* ---------------------------------------------------------------- the end of a package */

const oneota_trailer_t *package_trailer(const bytes_t *package)
{
    if (package->length <= ONEOTA_TRAILER_BYTES || package->length > PACKAGE_BYTES_MAX) {
        return NULL;
    }
    const void *place = package->data + package->length - ONEOTA_TRAILER_BYTES;
    const oneota_trailer_t *trailer = place;
    return oneota_trailer_check(trailer, (uint32_t)package->length) == ONEOTA_REASON_NONE ? trailer
                                                                                          : NULL;
}

void package_strip(bytes_t *package)
{
    if (package_trailer(package) != NULL) {
        package->length -= ONEOTA_TRAILER_BYTES;
    }
}

/* ---------------------------------------------------------------- a differential payload */

/* ODP1: what its header of 128 bytes says of the two images */
enum { ODP1_OLD_SIZE = 12, ODP1_PATCH_SIZE = 20, ODP1_OLD = 28, ODP1_NEW = 60, ODP1_HEADER = 128 };

static const uint8_t *odp1(const uint8_t *payload, size_t length)
{
    return length >= ODP1_HEADER && memcmp(payload, "ODP1", 4) == 0 &&
                   get(payload + ODP1_PATCH_SIZE) == length
               ? payload
               : NULL;
}

static bool differs(const oneota_trailer_t *base, const oneota_trailer_t *trailer)
{
    return memcmp(base->vendor_id, trailer->vendor_id, sizeof base->vendor_id) != 0 ||
           memcmp(base->class_id, trailer->class_id, sizeof base->class_id) != 0;
}

static int check_base(const bytes_t *base, const char *path, const uint8_t *header,
                      const oneota_trailer_t *trailer)
{
    uint8_t digest[ONEOTA_DIGEST_BYTES];
    const oneota_trailer_t *old = package_trailer(base);
    if (old == NULL || old->type != ONEOTA_PACKAGE_FULL) {
        return say_fail(EXIT_REFUSED, "%s is not a signed full package", path);
    }
    package_sha256(base->data, base->length, digest);
    if (get(header + ODP1_OLD_SIZE) != base->length ||
        memcmp(digest, header + ODP1_OLD, sizeof digest) != 0) {
        return say_fail(EXIT_REFUSED, "the differential payload was not made from %s", path);
    }
    if (differs(old, trailer)) {
        return say_fail(EXIT_REFUSED, "%s is for vendor %lu, class %lu", path,
                        (unsigned long)get(old->vendor_id), (unsigned long)get(old->class_id));
    }
    if (get(old->counter) >= get(trailer->counter)) {
        return say_fail(EXIT_REFUSED, "--counter must be above %lu, that of %s",
                        (unsigned long)get(old->counter), path);
    }
    return EXIT_DONE;
}

static int describe_diff(const bytes_t *payload, const package_facts_t *facts,
                         oneota_trailer_t *trailer)
{
    bytes_t base;
    const uint8_t *header = odp1(payload->data, payload->length);
    if (header == NULL) {
        return say_fail(EXIT_INPUT, "%s is not a whole differential payload (ODP1)", facts->path);
    }
    memcpy(trailer->base, header + ODP1_OLD, sizeof trailer->base);
    memcpy(trailer->digest, header + ODP1_NEW, sizeof trailer->digest);
    if (!file_read(facts->base, PACKAGE_BYTES_MAX, &base)) {
        return EXIT_INPUT;
    }
    const int code = check_base(&base, facts->base, header, trailer);
    file_forget(&base);
    return code;
}

/* ---------------------------------------------------------------- make */

int package_describe(const bytes_t *payload, const package_facts_t *facts,
                     oneota_trailer_t *trailer)
{
    if (payload->length == 0) {
        return say_fail(EXIT_INPUT, "%s is empty", facts->path);
    }
    memset(trailer, 0, sizeof *trailer);
    memcpy(trailer->magic, "OTRL", sizeof trailer->magic);
    trailer->format = ONEOTA_TRAILER_FORMAT;
    trailer->algorithm = ONEOTA_TRAILER_ALGORITHM;
    trailer->type = facts->type;
    put(trailer->payload_length, (uint32_t)payload->length);
    put(trailer->vendor_id, facts->vendor_id);
    put(trailer->class_id, facts->class_id);
    put(trailer->counter, facts->counter);
    memcpy(trailer->key_id, facts->key_id + 1, sizeof trailer->key_id);
    memcpy(trailer->version, facts->version, strlen(facts->version));
    if (facts->type == ONEOTA_PACKAGE_DIFF) {
        return describe_diff(payload, facts, trailer);
    }
    package_sha256(payload->data, payload->length, trailer->digest);
    return EXIT_DONE;
}

void package_digest(const oneota_trailer_t *trailer, uint8_t digest[ONEOTA_DIGEST_BYTES])
{
    package_sha256(trailer, ONEOTA_TRAILER_SIGNED, digest);
}

/* ---------------------------------------------------------------- verify, as a device does */

static oneota_error_t read_memory(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    const bytes_t *package = ctx;
    if (offset > package->length || length > package->length - offset) {
        return ONEOTA_STORAGE;
    }
    memcpy(buffer, package->data + offset, length);
    return ONEOTA_OK;
}

static uint32_t size_of_memory(void *ctx)
{
    const bytes_t *package = ctx;
    return (uint32_t)package->length;
}

static const oneota_flash_t k_memory = {.read = read_memory, .size = size_of_memory};

static int verify_full(const bytes_t *package, const char *path, const oneota_trust_t *trust,
                       const oneota_wanted_t *wanted)
{
    static uint8_t buffer[65536];
    oneota_proof_t proof;
    oneota_error_t error;
    bytes_t memory = *package;
    oneota_proof_begin(&proof, trust, wanted, &k_memory, &memory, (uint32_t)package->length);
    do {
        error = oneota_proof_step(&proof, buffer, sizeof buffer);
    } while (error == ONEOTA_AGAIN);
    if (error != ONEOTA_OK || oneota_proof_use(&proof) != ONEOTA_PROVEN) {
        return say_fail(EXIT_REFUSED, "%s: the payload is not the one that was signed", path);
    }
    return EXIT_DONE;
}

bool package_signed_by(const oneota_trailer_t *trailer, const uint8_t (*keys)[ONEOTA_PUBKEY_BYTES],
                       size_t key_count)
{
    const oneota_trust_t trust = {
        .scheme = &oneota_ecdsa_p256, .keys = keys, .key_count = (uint8_t)key_count};
    return oneota_trailer_verify(trailer, &trust) == ONEOTA_PROVEN;
}

static bool key_is_known(const oneota_trailer_t *trailer,
                         const uint8_t (*keys)[ONEOTA_PUBKEY_BYTES], size_t key_count)
{
    for (size_t n = 0; n < key_count; n++) {
        if (memcmp(keys[n] + 1, trailer->key_id, sizeof trailer->key_id) == 0) {
            return true;
        }
    }
    return false;
}

int package_verify(const bytes_t *package, const char *path,
                   const uint8_t (*keys)[ONEOTA_PUBKEY_BYTES], size_t key_count)
{
    const oneota_trailer_t *trailer = package_trailer(package);
    if (trailer == NULL) {
        return say_fail(EXIT_REFUSED, "%s is not signed: it does not end in a trailer", path);
    }
    if (!package_signed_by(trailer, keys, key_count)) {
        return say_fail(EXIT_REFUSED, "%s: %s", path,
                        key_is_known(trailer, keys, key_count)
                            ? "the signature is wrong"
                            : "signed with another key than given");
    }
    const oneota_trust_t trust = {.scheme = &oneota_ecdsa_p256,
                                  .keys = keys,
                                  .key_count = (uint8_t)key_count,
                                  .vendor_id = get(trailer->vendor_id),
                                  .class_id = get(trailer->class_id),
                                  .counter_window = UINT32_MAX};
    const oneota_wanted_t wanted = {.type = ONEOTA_PACKAGE_FULL};
    if (trailer->type == ONEOTA_PACKAGE_FULL) {
        return verify_full(package, path, &trust, &wanted);
    }
    return package_matches(package)
               ? EXIT_DONE
               : say_fail(EXIT_REFUSED, "%s: the payload is for other images than were signed",
                          path);
}

bool package_matches(const bytes_t *package)
{
    uint8_t digest[ONEOTA_DIGEST_BYTES];
    const oneota_trailer_t *trailer = package_trailer(package);
    const size_t length = package->length - ONEOTA_TRAILER_BYTES;
    if (trailer == NULL) {
        return false;
    }
    if (trailer->type == ONEOTA_PACKAGE_DIFF) {
        const uint8_t *header = odp1(package->data, length);
        return header != NULL &&
               memcmp(header + ODP1_OLD, trailer->base, sizeof trailer->base) == 0 &&
               memcmp(header + ODP1_NEW, trailer->digest, sizeof trailer->digest) == 0;
    }
    package_sha256(package->data, length, digest);
    return memcmp(digest, trailer->digest, sizeof digest) == 0;
}
