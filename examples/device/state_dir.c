/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * state_dir.c: the device's flash and boot control, as files in one directory.
 */
#define _POSIX_C_SOURCE 200809L

#include "state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit_code.h"

#define START_OVER "to start as a new device, move the directory away"

static const char *const k_slot_names[2] = {"slot0.flash", "slot1.flash"};
static const char k_journal_name[] = "journal.flash";
static const char k_boot_name[] = "boot.ctl";
static const char k_integrity_name[] = "integrity";
static const char k_signature[] = "signature\n";

#if defined(__GNUC__)
static int fail(state_dir_t *, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#endif

static int fail(state_dir_t *state, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(state->error, sizeof state->error, format, arguments);
    va_end(arguments);
    return status;
}

static int fail_file(state_dir_t *state, const char *name, const char *why, const char *what_to_do)
{
    return fail(state, EXIT_STATE_DIR, "%s/%s: %s: %s", state->dir, name, why, what_to_do);
}

static const char *path_of(state_dir_t *state, const char *name)
{
    (void)snprintf(state->file, sizeof state->file, "%s/%s", state->dir, name);
    return state->file;
}

static bool exists(state_dir_t *state, const char *name)
{
    struct stat file;

    return lstat(path_of(state, name), &file) == 0;
}

static int set_dir(state_dir_t *state, const char *dir)
{
    memset(state, 0, sizeof *state);
    state->lock = -1;
    state->slot[0].flash.fd = state->slot[1].flash.fd = state->journal.fd = -1;
    if (strlen(dir) >= sizeof state->dir) {
        return fail(state, EXIT_USAGE, "--state: the name is too long");
    }
    (void)snprintf(state->dir, sizeof state->dir, "%s", dir);
    (void)snprintf(state->boot_path, sizeof state->boot_path, "%s/%s", state->dir, k_boot_name);
    return 0;
}

/* ---------------------------------------------------------------- directory and lock */

static int make_dir(state_dir_t *state)
{
    for (char *c = state->dir + 1; *c != '\0'; c++) {
        if (*c == '/') {
            *c = '\0';
            (void)mkdir(state->dir, 0777); /* what is wrong shows at the last part */
            *c = '/';
        }
    }
    if (mkdir(state->dir, 0700) != 0 && errno != EEXIST) {
        return fail(state, EXIT_STATE_DIR, "%s: cannot be made: %s", state->dir, strerror(errno));
    }
    return 0;
}

static int take_lock(state_dir_t *state)
{
    struct flock lock = {0};

    state->lock = open(path_of(state, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (state->lock < 0) {
        return fail_file(state, "lock", strerror(errno), "the directory must be writable");
    }
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(state->lock, F_SETLK, &lock) == 0) {
        return 0;
    }
    if (errno == EACCES || errno == EAGAIN) {
        return fail(state, EXIT_STATE_DIR,
                    "%s: in use by another process: end it first, or "
                    "choose another --state",
                    state->dir);
    }
    return fail_file(state, "lock", strerror(errno), "it cannot be locked");
}

/* ---------------------------------------------------------------- geometry */

static int write_geometry(char *out, size_t size, uint8_t type, uint32_t slot_bytes)
{
    return snprintf(out, size, "oneota-device 1\ntype %s\nslot-size %lu\n",
                    type == ONEOTA_FOTA ? "fota" : "sota", (unsigned long)slot_bytes);
}

/* Written whole or not at all: what is read must be what would be written. */
static int read_geometry(state_dir_t *state)
{
    static const char damaged[] = "it is damaged";
    char text[128] = "", expected[128], type[5] = "";
    unsigned long slot_bytes = 0;
    FILE *file = fopen(path_of(state, "geometry"), "r");
    size_t length;

    if (file == NULL) {
        return fail_file(state, "geometry", strerror(errno), START_OVER);
    }
    length = fread(text, 1, sizeof text - 1u, file);
    text[length] = '\0';
    (void)fclose(file);
    /* NOLINTNEXTLINE(cert-err34-c): the whole text is compared below */
    if (sscanf(text, "oneota-device 1 type %4s slot-size %10lu", type, &slot_bytes) != 2) {
        return fail_file(state, "geometry", damaged, START_OVER);
    }
    state->type = strcmp(type, "fota") == 0 ? ONEOTA_FOTA : ONEOTA_SOTA;
    state->slot_bytes = (uint32_t)slot_bytes;
    (void)write_geometry(expected, sizeof expected, state->type, state->slot_bytes);
    if (strcmp(text, expected) != 0 || state->slot_bytes == 0 ||
        state->slot_bytes > OPTIONS_SLOT_BYTES_MAX ||
        state->slot_bytes % STATE_PROGRAM_BYTES != 0) {
        return fail_file(state, "geometry", damaged, START_OVER);
    }
    return 0;
}

static int check_geometry(state_dir_t *state, const options_t *options)
{
    int status = read_geometry(state);

    if (status != 0) {
        return status;
    }
    if (options->image.type != state->type) {
        return fail(state, EXIT_USAGE,
                    "--type: %s is the state of a %s device; use another "
                    "--state",
                    state->dir, state->type == ONEOTA_FOTA ? "fota" : "sota");
    }
    if (options->slot_bytes != 0 && options->slot_bytes != state->slot_bytes) {
        return fail(state, EXIT_USAGE,
                    "--slot-size: %s was made with %lu; leave it out, or use "
                    "another --state",
                    state->dir, (unsigned long)state->slot_bytes);
    }
    return 0;
}

/* ---------------------------------------------------------------- a new directory */

static oneota_posix_geometry_t flash_geometry(uint32_t bytes)
{
    oneota_posix_geometry_t geometry = {0, STATE_ERASE_BYTES, STATE_PROGRAM_BYTES, 0xFF};

    geometry.size = (bytes + STATE_ERASE_BYTES - 1u) / STATE_ERASE_BYTES * STATE_ERASE_BYTES;
    return geometry;
}

static int make_flash(state_dir_t *state, oneota_posix_flash_t *flash, const char *name,
                      uint32_t bytes)
{
    oneota_posix_geometry_t geometry = flash_geometry(bytes);
    const char *path = path_of(state, name);

    (void)unlink(path);
    if (oneota_posix_flash_open(flash, path, &geometry) != ONEOTA_OK) {
        return fail_file(state, name, oneota_posix_flash_error(flash),
                         "the directory must be writable and have room");
    }
    return 0;
}

/* The factory image, from a file into a slot. *size: bytes of it */
static int fill_slot(state_dir_t *state, oneota_posix_flash_t *flash, FILE *image, uint32_t *size)
{
    uint8_t block[STATE_ERASE_BYTES];
    size_t length;

    *size = 0;
    while ((length = fread(block, 1, sizeof block, image)) > 0) {
        uint32_t whole =
            ((uint32_t)length + STATE_PROGRAM_BYTES - 1u) & ~(STATE_PROGRAM_BYTES - 1u);
        if (length > state->slot_bytes - *size) {
            return fail(state, EXIT_USAGE, "--image: it is larger than the slot, %lu bytes",
                        (unsigned long)state->slot_bytes);
        }
        memset(block + length, 0xFF, whole - length);
        if (flash->port.program(flash, *size, block, whole) != ONEOTA_OK) {
            return fail_file(state, k_slot_names[0], oneota_posix_flash_error(flash),
                             "the disk must have room");
        }
        *size += (uint32_t)length;
    }
    return ferror(image) ? fail(state, EXIT_USAGE, "--image: it cannot be read") : 0;
}

static int make_slots(state_dir_t *state, FILE *image, uint32_t *size)
{
    oneota_posix_flash_t flash;
    int status = 0;

    *size = 0;
    for (int i = 0; i < 2 && status == 0; i++) {
        status = make_flash(state, &flash, k_slot_names[i], state->slot_bytes);
        if (status == 0 && i == 0 && image != NULL) {
            status = fill_slot(state, &flash, image, size);
        }
        oneota_posix_flash_close(&flash);
    }
    if (status == 0) {
        status = make_flash(state, &flash, k_journal_name, STATE_JOURNAL_BYTES);
        oneota_posix_flash_close(&flash);
    }
    return status;
}

static int put_geometry(state_dir_t *state)
{
    char text[128];
    int length = write_geometry(text, sizeof text, state->type, state->slot_bytes);
    FILE *file = fopen(path_of(state, "geometry.new"), "w");
    bool good;

    if (file == NULL) {
        return fail_file(state, "geometry.new", strerror(errno), "the directory must be writable");
    }
    good = fwrite(text, 1, (size_t)length, file) == (size_t)length;
    good = fclose(file) == 0 && good;
    return good ? 0 : fail_file(state, "geometry.new", strerror(errno), "the disk must have room");
}

static int make_all(state_dir_t *state, const options_t *options, FILE *image)
{
    char fresh[STATE_PATH_BYTES];
    uint32_t size;
    int status = put_geometry(state);

    if (status == 0) {
        status = make_slots(state, image, &size);
    }
    if (status != 0) {
        return status;
    }
    oneota_posix_boot_init(&state->boot);
    if (oneota_posix_boot_create(&state->boot, 0, state->boot_path, state->slot_bytes, size,
                                 options->image.version) != ONEOTA_OK) {
        return fail_file(state, k_boot_name, oneota_posix_boot_error(&state->boot),
                         "the directory must be writable and have room");
    }
    memcpy(fresh, path_of(state, "geometry.new"), sizeof fresh);
    if (rename(fresh, path_of(state, "geometry")) != 0) {
        return fail_file(state, "geometry", strerror(errno), "the directory must be writable");
    }
    return 0;
}

static int make_new(state_dir_t *state, const options_t *options)
{
    FILE *image = NULL;
    struct stat info;
    int status;

    state->type = options->image.type;
    state->slot_bytes = options->slot_bytes != 0 ? options->slot_bytes : STATE_SLOT_BYTES;
    if (options->image_file != NULL) {
        image = fopen(options->image_file, "rb");
        if (image == NULL || fstat(fileno(image), &info) != 0 || S_ISDIR(info.st_mode)) {
            int error = image == NULL ? errno : EISDIR;
            if (image != NULL) {
                (void)fclose(image);
            }
            return fail(state, EXIT_USAGE, "--image: cannot read %.200s: %s", options->image_file,
                        strerror(error));
        }
    }
    status = make_all(state, options, image);
    if (image != NULL) {
        (void)fclose(image);
    }
    return status;
}

/* ---------------------------------------------------------------- the calls */

static int check_new(state_dir_t *state)
{
    const char *const parts[] = {k_boot_name, k_slot_names[0], k_slot_names[1], k_journal_name};

    if (exists(state, "geometry.new")) {
        return 0; /* its making was cut off */
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (exists(state, parts[i])) {
            return fail_file(state, "geometry", "it is missing", START_OVER);
        }
    }
    return 0;
}

int state_dir_open(state_dir_t *state, const options_t *options)
{
    int status = set_dir(state, options->state_dir);

    if (status == 0) {
        status = make_dir(state);
    }
    if (status == 0) {
        status = take_lock(state);
    }
    if (status != 0) {
        return status;
    }
    if (exists(state, "geometry")) {
        return check_geometry(state, options);
    }
    status = check_new(state);
    return status != 0 ? status : make_new(state, options);
}

int state_dir_look(state_dir_t *state, const char *dir)
{
    int status = set_dir(state, dir);

    if (status != 0) {
        return status;
    }
    if (!exists(state, ".")) { /* there is no such directory */
        return fail(state, EXIT_STATE_DIR, "%s: %s: 'oneota-device run' makes it", dir,
                    strerror(errno));
    }
    return read_geometry(state);
}

static int open_flash(state_dir_t *state, oneota_posix_flash_t *flash, const char *name,
                      uint32_t bytes)
{
    oneota_posix_geometry_t geometry = flash_geometry(bytes);
    const char *path = path_of(state, name);
    struct stat info;

    if (stat(path, &info) != 0) {
        return fail_file(state, name, strerror(errno), START_OVER);
    }
    if (info.st_size != (off_t)geometry.size) {
        return fail_file(state, name, "it is damaged: it has another size", START_OVER);
    }
    if (oneota_posix_flash_open(flash, path, &geometry) != ONEOTA_OK) {
        return fail_file(state, name, oneota_posix_flash_error(flash),
                         "it must be readable and writable");
    }
    return 0;
}

static uint32_t usable_size(void *ctx)
{
    const state_slot_t *slot = ctx;

    return slot->usable;
}

static int open_slot(state_dir_t *state, int index)
{
    state_slot_t *slot = &state->slot[index];
    int status = open_flash(state, &slot->flash, k_slot_names[index], state->slot_bytes);

    slot->usable = state->slot_bytes;
    slot->port = slot->flash.port;
    slot->port.size = usable_size;
    return status;
}

int state_dir_start(state_dir_t *state)
{
    int status = open_slot(state, 0);

    state->running = true;
    if (status == 0) {
        status = open_slot(state, 1);
    }
    if (status == 0) {
        status = open_flash(state, &state->journal, k_journal_name, STATE_JOURNAL_BYTES);
    }
    if (status != 0) {
        return status;
    }
    oneota_posix_boot_init(&state->boot);
    if (oneota_posix_boot_open(&state->boot, 0, state->boot_path, state->slot_bytes) != ONEOTA_OK) {
        return fail_file(state, k_boot_name, oneota_posix_boot_error(&state->boot), START_OVER);
    }
    return 0;
}

int state_dir_boot(state_dir_t *state)
{
    if (oneota_posix_boot_start(&state->boot, 0, NULL, NULL) != ONEOTA_OK) {
        return fail_file(state, k_boot_name, oneota_posix_boot_error(&state->boot),
                         "the directory must be writable and have room");
    }
    return 0;
}

const char *state_dir_version(const state_dir_t *state)
{
    const oneota_posix_boot_slot_t *running = oneota_posix_boot_running(&state->boot, 0);

    return running != NULL ? running->version : "";
}

const char *state_dir_failure(state_dir_t *state)
{
    const struct {
        const char *name, *text;
    } parts[] = {
        {k_slot_names[0], oneota_posix_flash_error(&state->slot[0].flash)},
        {k_slot_names[1], oneota_posix_flash_error(&state->slot[1].flash)},
        {k_journal_name, oneota_posix_flash_error(&state->journal)},
        {k_boot_name, oneota_posix_boot_error(&state->boot)},
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].text[0] != '\0') {
            (void)fail_file(state, parts[i].name, parts[i].text,
                            "the file must be whole, and its disk have room");
            return state->error;
        }
    }
    (void)fail(state, EXIT_STATE_DIR, "%s: flash or boot control failed", state->dir);
    return state->error;
}

void state_dir_stop(state_dir_t *state)
{
    if (state->running) {
        oneota_posix_flash_close(&state->slot[0].flash);
        oneota_posix_flash_close(&state->slot[1].flash);
        oneota_posix_flash_close(&state->journal);
        state->running = false;
    }
}

void state_dir_close(state_dir_t *state)
{
    state_dir_stop(state);
    if (state->lock >= 0) {
        (void)close(state->lock);
        state->lock = -1;
    }
}

/* ---------------------------------------------------------------- integrity */

void state_dir_note_integrity(state_dir_t *state, bool is_signature)
{
    FILE *file = fopen(path_of(state, k_integrity_name), "w");

    if (file != NULL) { /* else status says what it said before */
        (void)fputs(is_signature ? k_signature : "md5\n", file);
        (void)fclose(file);
    }
}

bool state_dir_wants_signature(state_dir_t *state)
{
    char text[sizeof k_signature] = "";
    FILE *file = fopen(path_of(state, k_integrity_name), "r");

    if (file != NULL) {
        (void)!fgets(text, sizeof text, file);
        (void)fclose(file);
    }
    return strcmp(text, k_signature) == 0;
}
