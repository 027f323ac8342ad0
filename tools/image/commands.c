/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "say.h"
#include "signature.h"

/* ---------------------------------------------------------------- keys */

/* KEY.pem -> KEY.pub */
static char *public_path(const char *path)
{
    const size_t length = strlen(path);
    char *made = malloc(length + sizeof ".pub");
    if (made != NULL) {
        const bool ends = length > 4u && strcmp(path + length - 4u, ".pem") == 0;
        (void)sprintf(made, "%.*s.pub", (int)(ends ? length - 4u : length), path);
    }
    return made;
}

int command_keygen(const options_t *options)
{
    char *other = public_path(options->out);
    if (other == NULL) {
        return say_fail(EXIT_INPUT, "out of memory");
    }
    const bool good = key_generate(options->out, other);
    if (good) {
        (void)printf("private key: %s (keep it secret, and keep a copy)\npublic key: %s\n",
                     options->out, other);
    }
    free(other);
    return good ? EXIT_DONE : EXIT_INPUT;
}

typedef uint8_t keys_t[PACKAGE_KEYS_MAX][ONEOTA_PUBKEY_BYTES];

static bool read_keys(const options_t *options, keys_t keys)
{
    for (size_t n = 0; n < options->pubkey_count; n++) {
        if (!key_read_public(options->pubkeys[n], keys[n])) {
            return false;
        }
    }
    return true;
}

int command_key(const options_t *options)
{
    keys_t keys;
    if (!read_keys(options, keys)) {
        return EXIT_INPUT;
    }
    (void)printf("static const uint8_t keys[][ONEOTA_PUBKEY_BYTES] = {\n");
    for (size_t n = 0; n < options->pubkey_count; n++) {
        (void)printf("    {");
        for (size_t i = 0; i < ONEOTA_PUBKEY_BYTES; i++) {
            const char *between = i == 0 ? "" : i % 13u == 0 ? ",\n     " : ", ";
            (void)printf("%s0x%02X", between, keys[n][i]);
        }
        (void)printf("},\n");
    }
    (void)printf("};\n");
    return EXIT_DONE;
}

/* ---------------------------------------------------------------- sign */

/* The payload, and the trailer that is to be signed with the key of this point. */
static int prepare(const options_t *options, const uint8_t *point, bytes_t *payload,
                   oneota_trailer_t *trailer)
{
    const package_facts_t facts = {.version = options->version,
                                   .counter = options->counter,
                                   .vendor_id = options->vendor_id,
                                   .class_id = options->class_id,
                                   .type = options->type,
                                   .base = options->base,
                                   .path = options->in,
                                   .key_id = point};
    if (!file_read(options->in, PACKAGE_PAYLOAD_MAX, payload)) {
        return EXIT_INPUT;
    }
    int code = EXIT_DONE;
    if (package_trailer(payload) != NULL && !options->force) {
        code = say_fail(EXIT_INPUT, "%s is signed already; --force puts a new trailer in its place",
                        options->in);
    }
    package_strip(payload);
    if (code == EXIT_DONE) {
        code = package_describe(payload, &facts, trailer);
    }
    if (code != EXIT_DONE) {
        file_forget(payload);
    }
    return code;
}

/* What has been written is read again and verified before it gets its name. */
static int write_package(const char *path, const bytes_t *package, keys_t keys)
{
    char *temporary;
    bytes_t written;
    if (!file_begin(path, package->data, package->length, &temporary)) {
        return EXIT_INPUT;
    }
    int code = EXIT_INPUT;
    if (file_read(temporary, PACKAGE_BYTES_MAX, &written)) {
        code = package_verify(&written, temporary, (const uint8_t(*)[ONEOTA_PUBKEY_BYTES])keys, 1);
        file_forget(&written);
    }
    if (code != EXIT_DONE) {
        file_drop(temporary);
        return code;
    }
    return file_keep(temporary, path) ? EXIT_DONE : EXIT_INPUT;
}

static int finish(const options_t *options, const bytes_t *payload, const oneota_trailer_t *trailer,
                  keys_t keys)
{
    bytes_t package;
    if (file_same(options->in, options->out)) {
        return say_fail(EXIT_INPUT, "--in and --out are the same file");
    }
    if (!file_room(&package, payload->length + sizeof *trailer)) {
        return EXIT_INPUT;
    }
    memcpy(package.data, payload->data, payload->length);
    memcpy(package.data + payload->length, trailer, sizeof *trailer);
    const int code = write_package(options->out, &package, keys);
    if (code == EXIT_DONE) {
        (void)printf("%s: %zu bytes, version %s, counter %lu\n", options->out, package.length,
                     options->version, (unsigned long)options->counter);
    }
    file_forget(&package);
    return code;
}

int command_sign(const options_t *options)
{
    keys_t keys;
    bytes_t payload;
    oneota_trailer_t trailer;
    uint8_t digest[ONEOTA_DIGEST_BYTES];
    if (!key_read_private(options->key, keys[0])) {
        return EXIT_INPUT;
    }
    int code = prepare(options, keys[0], &payload, &trailer);
    if (code != EXIT_DONE) {
        return code;
    }
    package_digest(&trailer, digest);
    code = key_sign(options->key, digest, trailer.signature)
               ? finish(options, &payload, &trailer, keys)
               : EXIT_INPUT;
    file_forget(&payload);
    return code;
}

/* ---------------------------------------------------------------- a signer elsewhere */

static bool write_whole(const char *path, const void *data, size_t length)
{
    char *temporary;
    return path == NULL ||
           (file_begin(path, data, length, &temporary) && file_keep(temporary, path));
}

int command_digest(const options_t *options)
{
    keys_t keys;
    bytes_t payload;
    oneota_trailer_t trailer;
    uint8_t digest[ONEOTA_DIGEST_BYTES];
    char hex[2u * ONEOTA_DIGEST_BYTES + 1u];
    if (!read_keys(options, keys)) {
        return EXIT_INPUT;
    }
    const int code = prepare(options, keys[0], &payload, &trailer);
    if (code != EXIT_DONE) {
        return code;
    }
    file_forget(&payload);
    package_digest(&trailer, digest);
    if (!write_whole(options->out, digest, sizeof digest) ||
        !write_whole(options->message, &trailer, ONEOTA_TRAILER_SIGNED)) {
        return EXIT_INPUT;
    }
    (void)printf("%s\n", say_hex(hex, digest, sizeof digest));
    return EXIT_DONE;
}

/* 64 bytes may be either form, by a rare chance: the right one verifies. */
static int take_signature(const options_t *options, oneota_trailer_t *trailer, keys_t keys)
{
    bytes_t file;
    if (!file_read(options->signature, 1024, &file)) {
        return EXIT_INPUT;
    }
    const uint8_t(*key)[ONEOTA_PUBKEY_BYTES] = (const uint8_t(*)[ONEOTA_PUBKEY_BYTES])keys;
    const bool raw = file.length == SIGNATURE_RAW_BYTES;
    if (raw) {
        memcpy(trailer->signature, file.data, SIGNATURE_RAW_BYTES);
    }
    bool good = raw && package_signed_by(trailer, key, 1);
    bool known = raw;
    if (!good && signature_from_der(file.data, file.length, trailer->signature)) {
        known = true;
        good = package_signed_by(trailer, key, 1);
    }
    file_forget(&file);
    if (good) {
        return EXIT_DONE;
    }
    return say_fail(known ? EXIT_REFUSED : EXIT_INPUT,
                    known ? "%s is not the signature of this digest by this key"
                          : "%s is neither 64 bytes r and s nor an ECDSA signature in DER",
                    options->signature);
}

int command_attach(const options_t *options)
{
    keys_t keys;
    bytes_t payload;
    oneota_trailer_t trailer;
    if (!read_keys(options, keys)) {
        return EXIT_INPUT;
    }
    int code = prepare(options, keys[0], &payload, &trailer);
    if (code != EXIT_DONE) {
        return code;
    }
    code = take_signature(options, &trailer, keys);
    if (code == EXIT_DONE) {
        code = finish(options, &payload, &trailer, keys);
    }
    file_forget(&payload);
    return code;
}

/* ---------------------------------------------------------------- look */

int command_verify(const options_t *options)
{
    keys_t keys;
    bytes_t package;
    if (!read_keys(options, keys) || !file_read(options->package, PACKAGE_BYTES_MAX, &package)) {
        return EXIT_INPUT;
    }
    const int code =
        package_verify(&package, options->package, (const uint8_t(*)[ONEOTA_PUBKEY_BYTES])keys,
                       options->pubkey_count);
    file_forget(&package);
    if (code == EXIT_DONE) {
        (void)printf("%s: signed, and whole\n", options->package);
    }
    return code;
}

static void show_number(const char *name, const uint8_t *bytes)
{
    (void)printf("%s: %lu\n", name,
                 (unsigned long)bytes[0] | (unsigned long)bytes[1] << 8 |
                     (unsigned long)bytes[2] << 16 | (unsigned long)bytes[3] << 24);
}

static void show_bytes(const char *name, const uint8_t *bytes, size_t length, const char *behind)
{
    char hex[129];
    (void)printf("%s: %s%s\n", name, say_hex(hex, bytes, length), behind);
}

/* A version of a foreign file may hold anything. */
static void show_version(const oneota_trailer_t *trailer)
{
    char version[ONEOTA_VERSION_MAX + 1] = {0};
    memcpy(version, trailer->version, sizeof trailer->version);
    for (char *at = version; *at != '\0'; at++) {
        *at = (char)(*at > ' ' && *at < 0x7F ? *at : '?');
    }
    (void)printf("version: %s\n", version);
}

int command_info(const options_t *options)
{
    bytes_t package;
    if (!file_read(options->package, PACKAGE_BYTES_MAX, &package)) {
        return EXIT_INPUT;
    }
    const oneota_trailer_t *trailer = package_trailer(&package);
    if (trailer == NULL) {
        file_forget(&package);
        return say_fail(EXIT_REFUSED, "%s is not signed: it does not end in a trailer",
                        options->package);
    }
    const bool diff = trailer->type == ONEOTA_PACKAGE_DIFF;
    (void)printf("type: %s\n", diff ? "diff" : "full");
    show_version(trailer);
    show_number("counter", trailer->counter);
    show_number("vendor", trailer->vendor_id);
    show_number("class", trailer->class_id);
    show_number("payload bytes", trailer->payload_length);
    show_bytes("digest", trailer->digest, sizeof trailer->digest,
               package_matches(&package) ? "" : " (NOT that of the payload)");
    if (diff) {
        show_bytes("base", trailer->base, sizeof trailer->base, "");
    }
    show_bytes("key id", trailer->key_id, sizeof trailer->key_id, "");
    show_bytes("signature", trailer->signature, sizeof trailer->signature,
               " (not checked: see verify)");
    file_forget(&package);
    return EXIT_DONE;
}
