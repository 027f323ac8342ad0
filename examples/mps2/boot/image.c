/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * image.c: the header first, then the digest over all of it.
 */
#include "image.h"

#include <string.h>

#include "bytes.h"
#include "crypto.h"

#define STEP_BYTES    4096u
#define DIGEST_PLACE  224u
#define DIGEST_BYTES  32u
#define VERSION_PLACE 20u
#define RAM_START     0x20000000u
#define RAM_END       0x20010000u

/* ---------------------------------------------------------------- header */

static bool is_version(const char *text)
{
    static const char k_charset[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    size_t length = strspn(text, k_charset);

    return length > 0 && text[length] == '\0';
}

const char *image_decode(const uint8_t header[IMAGE_HEADER_BYTES], image_t *image)
{
    uint32_t length = oneota_bytes_get_u32(header + 16);

    if (oneota_bytes_get_u32(header) != IMAGE_MAGIC) {
        return "not an image";
    }
    if (oneota_bytes_get_u32(header + 4) != IMAGE_HEADER_BYTES) {
        return "header of an unknown format";
    }
    if (oneota_bytes_get_u32(header + 8) != IMAGE_BOARD) {
        return "for another board";
    }
    if (oneota_bytes_get_u32(header + 12) != IMAGE_LOAD) {
        return "for another load address";
    }
    if (length < 8u || length > UINT32_MAX - IMAGE_HEADER_BYTES - IMAGE_TRAILER_BYTES) {
        return "length out of range";
    }
    memcpy(image->version, header + VERSION_PLACE, sizeof image->version);
    image->version[sizeof image->version - 1u] = '\0';
    if (header[VERSION_PLACE + ONEOTA_VERSION_MAX] != 0 || !is_version(image->version)) {
        return "version out of range";
    }
    image->length = IMAGE_HEADER_BYTES + length + IMAGE_TRAILER_BYTES;
    return NULL;
}

static const char *check_size(const image_check_t *check)
{
    uint32_t slot = check->flash->size(check->flash_ctx);

    if (check->size > slot || check->image.length > slot) {
        return "larger than the slot";
    }
    if (check->size != 0 && check->size < check->image.length) {
        return "truncated";
    }
    if (check->size > check->image.length) {
        return "bytes behind its end";
    }
    return NULL;
}

/* The first two words of the payload: the stack, and where to start. */
static const char *check_vectors(const uint8_t *words, const image_t *image)
{
    uint32_t stack = oneota_bytes_get_u32(words);
    uint32_t start = oneota_bytes_get_u32(words + 4);

    if (stack <= RAM_START || stack > RAM_END || stack % 8u != 0 || start % 2u == 0 ||
        start < IMAGE_LOAD + IMAGE_HEADER_BYTES ||
        start >= IMAGE_LOAD + image->length - IMAGE_TRAILER_BYTES) {
        return "vector table points outside";
    }
    return NULL;
}

/* ---------------------------------------------------------------- steps */

static oneota_error_t refuse(image_check_t *check, const char *why)
{
    check->why = why;
    return why != NULL ? ONEOTA_VERIFY : ONEOTA_AGAIN;
}

/* The next part of the package, as much as the buffer holds. */
static uint32_t fetch(image_check_t *check, uint32_t end)
{
    uint32_t count = end - check->done;
    count = count < sizeof check->buffer ? count : (uint32_t)sizeof check->buffer;

    if (check->flash->read(check->flash_ctx, check->done, check->buffer, count) != ONEOTA_OK) {
        check->why = "cannot be read";
        return 0;
    }
    check->done += count;
    return count;
}

static oneota_error_t check_header(image_check_t *check)
{
    if (check->size != 0 && check->size < IMAGE_HEADER_BYTES) {
        return refuse(check, "truncated");
    }
    if (fetch(check, IMAGE_HEADER_BYTES) == 0) {
        return ONEOTA_STORAGE;
    }
    const char *why = image_decode(check->buffer, &check->image);
    why = why != NULL ? why : check_size(check);
    memcpy(check->digest, check->buffer + DIGEST_PLACE, DIGEST_BYTES);
    oneota_crypto_hash_begin(&check->hash, CRYPTO_SHA256);
    oneota_crypto_hash_add(&check->hash, check->buffer, DIGEST_PLACE);
    return refuse(check, why);
}

static oneota_error_t check_digest(image_check_t *check)
{
    uint8_t digest[DIGEST_BYTES];

    oneota_crypto_hash_end(&check->hash, digest);
    if (!oneota_crypto_equal(digest, check->digest, sizeof digest)) {
        return refuse(check, "damaged: its SHA-256 differs");
    }
    return ONEOTA_OK;
}

static oneota_error_t check_payload(image_check_t *check)
{
    const uint32_t end = check->image.length - IMAGE_TRAILER_BYTES;

    for (uint32_t step = 0; step < STEP_BYTES && check->done < end;) {
        const bool first = check->done == IMAGE_HEADER_BYTES;
        const uint32_t count = fetch(check, end);
        if (count == 0) {
            return ONEOTA_STORAGE;
        }
        if (first && refuse(check, check_vectors(check->buffer, &check->image)) == ONEOTA_VERIFY) {
            return ONEOTA_VERIFY;
        }
        oneota_crypto_hash_add(&check->hash, check->buffer, count);
        step += count;
    }
    return check->done < end ? ONEOTA_AGAIN : check_digest(check);
}

void image_check_begin(image_check_t *check, const oneota_flash_t *flash, void *flash_ctx,
                       uint32_t size)
{
    memset(check, 0, sizeof *check);
    check->flash = flash;
    check->flash_ctx = flash_ctx;
    check->size = size;
}

oneota_error_t image_check(image_check_t *check)
{
    return check->done == 0 ? check_header(check) : check_payload(check);
}
