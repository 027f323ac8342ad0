/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * restore.c: takes a package as a device does, for an instruction counter: pieces as TCP brings
 * them, output into a buffer of 512 bytes, old image in memory.
 *
 *     restore OLD PACKAGE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oneota/delta.h"

#define SEGMENT 1460u

typedef struct {
    uint8_t *bytes;
    uint32_t length;
} file_t;

static uint64_t memory[ONEOTA_DELTA_BYTES(ONEOTA_DELTA_BLOCK_MAX) / 8u];
static uint8_t out[512];

static file_t load(const char *path)
{
    file_t file = {malloc(16u << 20), 0};
    FILE *stream = fopen(path, "rb");
    if (file.bytes == NULL || stream == NULL) {
        fprintf(stderr, "restore: %s cannot be read\n", path);
        exit(1);
    }
    file.length = (uint32_t)fread(file.bytes, 1, 16u << 20, stream);
    fclose(stream);
    return file;
}

static oneota_error_t read_old(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    const file_t *old = ctx;
    memcpy(buffer, old->bytes + offset, length);
    return ONEOTA_OK;
}

int main(int argc, char **argv)
{
    static const oneota_flash_t flash = {.read = read_old, .program_unit = 1};
    file_t old = load(argc == 3 ? argv[1] : "");
    file_t package = load(argv[2]);
    const oneota_delta_source_t source = {&flash, &old, old.length, UINT32_MAX, package.length};
    oneota_delta_state_t *d = oneota_delta_begin(memory, sizeof memory, &source, &oneota_delta);
    oneota_reason_t reason = ONEOTA_REASON_NONE;
    uint32_t at = 0;
    while (reason == ONEOTA_REASON_NONE && !oneota_delta_is_done(d)) {
        uint32_t used, produced;
        uint32_t rest = package.length - at;
        reason = oneota_delta_feed(d, package.bytes + at, rest < SEGMENT ? rest : SEGMENT, &used);
        at += used;
        if (oneota_delta_has_header(d)) {
            reason = oneota_delta_start(d, 0, 0, 0);
        }
        do {
            reason = oneota_delta_next(d, out, sizeof out, &produced);
        } while (reason == ONEOTA_REASON_NONE && produced > 0);
    }
    return reason == ONEOTA_REASON_NONE ? 0 : 1;
}
