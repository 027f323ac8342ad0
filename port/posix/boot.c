/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * boot.c: boot control in a file for each image, and a simulated boot loader. The file is file_t as
 * it lies in memory: it belongs to this machine.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "oneota_posix.h"

#define FILE_MAGIC 0x31544F42u /* "BOT1" */
#define PATH_BYTES 1024u

typedef struct {
    uint32_t magic;
    oneota_posix_boot_record_t record;
    uint32_t crc; /* of all before */
} file_t;

static oneota_error_t fail(oneota_posix_boot_t *boot, oneota_error_t error, const char *what,
                           const char *why)
{
    snprintf(boot->text, sizeof boot->text, "boot control: %s: %s", what, why);
    return error;
}

static uint32_t crc32(const void *data, size_t length)
{
    const uint8_t *bytes = data;
    uint32_t crc = 0xFFFFFFFFu;

    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1u) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
        }
    }
    return ~crc;
}

/* ---------------------------------------------------------------- file */

static int write_file(const char *path, const file_t *file)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return errno;
    }
    ssize_t count = write(fd, file, sizeof *file);
    int error = count < 0 ? errno : count != (ssize_t)sizeof *file ? ENOSPC : 0;
    if (close(fd) != 0 && error == 0) {
        error = errno;
    }
    return error;
}

/* Makes record the truth, in the file and then in memory. */
static oneota_error_t store(oneota_posix_boot_t *boot, uint8_t image,
                            const oneota_posix_boot_record_t *record)
{
    const char *path = boot->image[image].path;
    char fresh[PATH_BYTES];
    file_t file;

    int length = snprintf(fresh, sizeof fresh, "%s.new", path);
    if ((size_t)length >= sizeof fresh) {
        return fail(boot, ONEOTA_STORAGE, "write", strerror(ENAMETOOLONG));
    }
    memset(&file, 0, sizeof file);
    file.magic = FILE_MAGIC;
    file.record = *record;
    file.crc = crc32(&file, offsetof(file_t, crc));

    int error = write_file(fresh, &file);
    if (error == 0 && rename(fresh, path) != 0) {
        error = errno;
    }
    if (error != 0) {
        unlink(fresh);
        return fail(boot, ONEOTA_STORAGE, "write", strerror(error));
    }
    boot->image[image].record = *record;
    return ONEOTA_OK;
}

static bool is_slot(const oneota_posix_boot_slot_t *slot)
{
    bool is_digest =
        slot->digest_length == 0 || slot->digest_length == 16 || slot->digest_length == 32;

    return is_digest && memchr(slot->version, '\0', sizeof slot->version) != NULL;
}

static bool is_file(const file_t *file)
{
    const oneota_posix_boot_record_t *record = &file->record;

    return file->magic == FILE_MAGIC && file->crc == crc32(file, offsetof(file_t, crc)) &&
           record->running < 2 && record->condition < ONEOTA_BOOT_CONDITION_COUNT &&
           record->attempts <= ONEOTA_POSIX_TRIALS && is_slot(&record->slot[0]) &&
           is_slot(&record->slot[1]);
}

oneota_error_t oneota_posix_boot_open(oneota_posix_boot_t *boot, uint8_t image, const char *path,
                                      uint32_t slot_bytes)
{
    file_t file[2]; /* one more than there should be, to see a file that is too long */

    if (image >= ONEOTA_IMAGES_MAX) {
        return fail(boot, ONEOTA_PARAM, "open", "no such image");
    }
    boot->image[image].path = path;
    boot->image[image].slot_bytes = slot_bytes;
    boot->image[image].readable = false;

    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return fail(boot, errno == ENOENT ? ONEOTA_STATE : ONEOTA_STORAGE, "open", strerror(errno));
    }
    ssize_t count = read(fd, file, sizeof file);
    int error = errno;
    close(fd);
    if (count < 0) {
        return fail(boot, ONEOTA_STORAGE, "read", strerror(error));
    }
    if (count != (ssize_t)sizeof file[0] || !is_file(&file[0])) {
        return fail(boot, ONEOTA_STORAGE, "read", "the file is damaged");
    }
    boot->image[image].record = file[0].record;
    boot->image[image].readable = true;
    return ONEOTA_OK;
}

oneota_error_t oneota_posix_boot_create(oneota_posix_boot_t *boot, uint8_t image, const char *path,
                                        uint32_t slot_bytes, uint32_t size, const char *version)
{
    oneota_posix_boot_record_t record;

    if (image >= ONEOTA_IMAGES_MAX || size > slot_bytes) {
        return fail(boot, ONEOTA_PARAM, "create", "no such image, or larger than the slot");
    }
    if (strlen(version) > ONEOTA_VERSION_MAX) {
        return fail(boot, ONEOTA_LIMIT, "create", "the version is too long");
    }
    memset(&record, 0, sizeof record);
    record.slot[0].size = size;
    strcpy(record.slot[0].version, version);

    boot->image[image].path = path;
    boot->image[image].slot_bytes = slot_bytes;
    oneota_error_t error = store(boot, image, &record);
    boot->image[image].readable = error == ONEOTA_OK;
    return error;
}

/* ---------------------------------------------------------------- boot loader */

static oneota_error_t take(oneota_posix_boot_t *boot, uint8_t image,
                           oneota_posix_boot_record_t *record)
{
    if (image >= ONEOTA_IMAGES_MAX) {
        return fail(boot, ONEOTA_PARAM, "use", "no such image");
    }
    if (!boot->image[image].readable) {
        return fail(boot, ONEOTA_STORAGE, "use", "there is none, or it is damaged");
    }
    *record = boot->image[image].record;
    return ONEOTA_OK;
}

static void go_back(oneota_posix_boot_record_t *record)
{
    record->condition = ONEOTA_BOOT_REVERTED;
    record->attempts = 0;
    record->running ^= 1u;
}

oneota_error_t oneota_posix_boot_start(oneota_posix_boot_t *boot, uint8_t image,
                                       oneota_posix_proven_t proven, void *ctx)
{
    oneota_posix_boot_record_t record;
    oneota_error_t error = take(boot, image, &record);

    if (error != ONEOTA_OK) {
        return error;
    }
    if (record.condition == ONEOTA_BOOT_PENDING) {
        record.condition = ONEOTA_BOOT_TRIAL;
        record.attempts = ONEOTA_POSIX_TRIALS;
        record.running ^= 1u;
        const oneota_posix_boot_slot_t *slot = &record.slot[record.running];
        if (proven != NULL &&
            !proven(ctx, image, record.running, slot->size, slot->digest, slot->digest_length)) {
            go_back(&record);
        }
        return store(boot, image, &record);
    }
    if (record.condition == ONEOTA_BOOT_TRIAL) {
        if (record.attempts > 1) {
            record.attempts--;
        } else {
            go_back(&record);
        }
        return store(boot, image, &record);
    }
    return ONEOTA_OK;
}

/* ---------------------------------------------------------------- table */

static oneota_error_t boot_query(void *ctx, uint8_t image, oneota_boot_t *answer)
{
    oneota_posix_boot_record_t record;
    oneota_error_t error = take(ctx, image, &record);

    if (error == ONEOTA_OK) {
        answer->slot = record.running;
        answer->length = record.slot[record.running].size;
        answer->condition = record.condition;
    }
    return error;
}

static oneota_error_t boot_inspect(void *ctx, uint8_t image, uint8_t slot, uint32_t size)
{
    oneota_posix_boot_t *boot = ctx;
    oneota_posix_boot_record_t record;
    oneota_error_t error = take(boot, image, &record);

    if (error != ONEOTA_OK) {
        return error;
    }
    if (slot > 1) {
        return fail(boot, ONEOTA_PARAM, "inspect", "no such slot");
    }
    if (size == 0 || size > boot->image[image].slot_bytes) {
        return fail(boot, ONEOTA_VERIFY, "inspect", "the slot cannot hold an image of this size");
    }
    return ONEOTA_OK;
}

static oneota_error_t check_mark(oneota_posix_boot_t *boot, uint8_t image,
                                 const oneota_posix_boot_record_t *record,
                                 const oneota_boot_mark_t *mark)
{
    if (record->condition == ONEOTA_BOOT_TRIAL) {
        return fail(boot, ONEOTA_STATE, "mark", "the running image is on trial");
    }
    if (mark->slot > 1 || mark->slot == record->running) {
        return fail(boot, ONEOTA_PARAM, "mark", "the slot runs, or there is no such slot");
    }
    if (mark->size == 0 || mark->size > boot->image[image].slot_bytes) {
        return fail(boot, ONEOTA_PARAM, "mark", "the slot cannot hold an image of this size");
    }
    if (mark->digest_length != 16 && mark->digest_length != 32) {
        return fail(boot, ONEOTA_PARAM, "mark", "the digest is neither MD5 nor SHA-256");
    }
    if (strlen(mark->version) > ONEOTA_VERSION_MAX) {
        return fail(boot, ONEOTA_LIMIT, "mark", "the version is too long");
    }
    return ONEOTA_OK;
}

static oneota_error_t boot_mark(void *ctx, uint8_t image, const oneota_boot_mark_t *mark)
{
    oneota_posix_boot_record_t record;
    oneota_error_t error = take(ctx, image, &record);

    if (error == ONEOTA_OK) {
        error = check_mark(ctx, image, &record, mark);
    }
    if (error != ONEOTA_OK) {
        return error;
    }
    oneota_posix_boot_slot_t *slot = &record.slot[mark->slot];
    memset(slot, 0, sizeof *slot);
    slot->size = mark->size;
    slot->digest_length = mark->digest_length;
    memcpy(slot->digest, mark->digest, mark->digest_length);
    strcpy(slot->version, mark->version);
    record.condition = ONEOTA_BOOT_PENDING;
    return store(ctx, image, &record);
}

static oneota_error_t boot_confirm(void *ctx, uint8_t image)
{
    oneota_posix_boot_record_t record;
    oneota_error_t error = take(ctx, image, &record);

    if (error != ONEOTA_OK || record.condition != ONEOTA_BOOT_TRIAL) {
        return error;
    }
    record.condition = ONEOTA_BOOT_CONFIRMED;
    record.attempts = 0;
    return store(ctx, image, &record);
}

static oneota_error_t boot_revert(void *ctx, uint8_t image)
{
    oneota_posix_boot_record_t record;
    oneota_error_t error = take(ctx, image, &record);

    if (error != ONEOTA_OK) {
        return error;
    }
    if (record.condition == ONEOTA_BOOT_PENDING) {
        record.condition = ONEOTA_BOOT_CONFIRMED;
        return store(ctx, image, &record);
    }
    if (record.condition == ONEOTA_BOOT_TRIAL && record.attempts > 0) {
        record.attempts = 0;
        return store(ctx, image, &record);
    }
    return ONEOTA_OK;
}

const oneota_boot_port_t oneota_posix_boot = {boot_query, boot_inspect, boot_mark, boot_confirm,
                                              boot_revert};

/* ---------------------------------------------------------------- beside the table */

void oneota_posix_boot_init(oneota_posix_boot_t *boot)
{
    memset(boot, 0, sizeof *boot);
}

const oneota_posix_boot_record_t *oneota_posix_boot_record(const oneota_posix_boot_t *boot,
                                                           uint8_t image)
{
    if (image >= ONEOTA_IMAGES_MAX || !boot->image[image].readable) {
        return NULL;
    }
    return &boot->image[image].record;
}

const oneota_posix_boot_slot_t *oneota_posix_boot_running(const oneota_posix_boot_t *boot,
                                                          uint8_t image)
{
    const oneota_posix_boot_record_t *record = oneota_posix_boot_record(boot, image);

    return record != NULL ? &record->slot[record->running] : NULL;
}

const char *oneota_posix_boot_error(const oneota_posix_boot_t *boot)
{
    return boot->text;
}
