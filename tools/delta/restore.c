/*
 * oneota-delta - SPDX-License-Identifier: Apache-2.0
 */
#include "restore.h"

#include <string.h>

#include "bytes.h"
#include "oneota/delta.h"

/* The old image as a flash that nobody writes to. */
static oneota_error_t read_image(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    const bytes_t *image = ctx;
    if (offset > image->length || length > image->length - offset) {
        return ONEOTA_STORAGE;
    }
    memcpy(buffer, image->bytes + offset, length);
    return ONEOTA_OK;
}

static const oneota_flash_t k_image = {.read = read_image, .program_unit = 1};

static const char *reason_text(oneota_reason_t reason)
{
    switch (reason) {
    case ONEOTA_REASON_NONE:
        return NULL;
    case ONEOTA_REASON_BASE:
        return "it is for another old image: that is larger";
    case ONEOTA_REASON_SPACE:
        return "its new image is larger than 1 GiB";
    case ONEOTA_REASON_TYPE:
        return "it is of a version, or has options, that this program does not know";
    case ONEOTA_REASON_MEMORY:
        return "its blocks are larger than 8 KiB";
    default:
        return "it is damaged, or no such package at all";
    }
}

static oneota_delta_state_t *begin(void *memory, size_t size, bytes_t *old, uint32_t old_size,
                                   const bytes_t *package)
{
    const oneota_delta_source_t source = {&k_image, old, old_size, IMAGE_MAX, package->length};
    return oneota_delta.begin(memory, size, &source, &oneota_delta);
}

/* ---------------------------------------------------------------- what a package says */

static const char *walk_blocks(const bytes_t *package, package_info_t *info)
{
    uint32_t offset = ONEOTA_DELTA_HEADER_BYTES;
    while (offset < package->length) {
        const uint8_t *head = package->bytes + offset;
        uint32_t rest = package->length - offset;
        if (rest < ONEOTA_DELTA_BLOCK_BYTES ||
            oneota_bytes_get_u16(head) > rest - ONEOTA_DELTA_BLOCK_BYTES) {
            return reason_text(ONEOTA_REASON_DIGEST);
        }
        uint32_t made = oneota_bytes_get_u32(head + 4);
        info->blocks++;
        info->stored += oneota_bytes_get_u16(head) == oneota_bytes_get_u16(head + 2) ? 1u : 0u;
        info->longest = made > info->longest ? made : info->longest;
        offset += ONEOTA_DELTA_BLOCK_BYTES + oneota_bytes_get_u16(head);
    }
    return NULL;
}

const char *restore_info(const bytes_t *package, package_info_t *info)
{
    uint64_t memory[ONEOTA_DELTA_BYTES(ONEOTA_DELTA_BLOCK_MAX) / 8u];
    uint32_t used;
    oneota_delta_state_t *d = begin(memory, sizeof memory, NULL, UINT32_MAX, package);
    memset(info, 0, sizeof *info);
    oneota_reason_t reason = oneota_delta.feed(d, package->bytes, package->length, &used);
    if (reason != ONEOTA_REASON_NONE || !oneota_delta_has_header(d)) {
        return reason_text(reason != ONEOTA_REASON_NONE ? reason : ONEOTA_REASON_DIGEST);
    }
    info->old_size = d->source.old_size;
    info->new_size = d->source.new_size;
    info->block = (uint32_t)1 << package->bytes[6];
    info->old_digest = package->bytes + (oneota_delta_old_digest(d) - d->header);
    info->new_digest = package->bytes + (oneota_delta_new_digest(d) - d->header);
    return walk_blocks(package, info);
}

/* ---------------------------------------------------------------- the new image */

static bool has_digest(const uint8_t *bytes, uint32_t length, const uint8_t *wanted)
{
    uint8_t digest[32];
    tool_sha256(bytes, length, digest);
    return memcmp(digest, wanted, sizeof digest) == 0;
}

static const char *run(oneota_delta_state_t *d, const bytes_t *package, bytes_t *new_image)
{
    uint8_t out[4096];
    uint32_t fed = ONEOTA_DELTA_HEADER_BYTES;
    while (!oneota_delta_is_done(d)) {
        uint32_t produced;
        uint32_t used = 0;
        oneota_reason_t reason = oneota_delta.next(d, out, sizeof out, &produced);
        if (reason == ONEOTA_REASON_NONE && produced == 0) {
            reason = oneota_delta.feed(d, package->bytes + fed, package->length - fed, &used);
            fed += used;
        }
        if (reason != ONEOTA_REASON_NONE) {
            return reason_text(reason);
        }
        tool_append(new_image, out, produced);
        tool_progress("applying", new_image->length, d->source.new_size);
    }
    return NULL;
}

const char *restore_image(const bytes_t *old, const bytes_t *package, bytes_t *new_image)
{
    uint64_t memory[ONEOTA_DELTA_BYTES(ONEOTA_DELTA_BLOCK_MAX) / 8u];
    package_info_t info;
    bytes_t image = *old;
    uint32_t used;
    const char *wrong = restore_info(package, &info);
    if (wrong != NULL) {
        return wrong;
    }
    oneota_delta_state_t *d = begin(memory, sizeof memory, &image, old->length, package);
    oneota_reason_t reason = oneota_delta.feed(d, package->bytes, package->length, &used);
    if (reason != ONEOTA_REASON_NONE) {
        return reason_text(reason);
    }
    if (!has_digest(old->bytes, d->source.old_size, oneota_delta_old_digest(d))) {
        return "it is for another old image: the SHA-256 differs";
    }
    if (oneota_delta.start(d, 0, 0, 0) != ONEOTA_REASON_NONE) {
        return reason_text(ONEOTA_REASON_DIGEST);
    }
    wrong = run(d, package, new_image);
    if (wrong == NULL &&
        !has_digest(new_image->bytes, new_image->length, oneota_delta_new_digest(d))) {
        wrong = "the image that it makes has another SHA-256 than it says";
    }
    return wrong;
}
