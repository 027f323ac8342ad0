/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * status.c: `oneota-device status` and `oneota-device image`: what is in a state directory. Nothing
 * in it is changed, and another process may be using it: the client that reads the journal gets
 * a copy of it in RAM, and no network.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "exit_code.h"
#include "json_line.h"
#include "oneota/oneota.h"
#include "oneota_posix.h"
#include "state_dir.h"

#define POLLS_MAX 1000000 /* to read journal and slot: each reads at least one block */

static int fail(const char *what)
{
    (void)fprintf(stderr, "oneota-device: %s\n", what);
    return EXIT_STATE_DIR;
}

/* @return 0: open */
static int look(state_dir_t *state, const options_t *options)
{
    int status = state_dir_look(state, options->state_dir);

    if (status == 0) {
        status = state_dir_start(state);
    }
    if (status != 0) {
        (void)fprintf(stderr, "oneota-device: %s\n", state->error);
        state_dir_close(state);
    }
    return status;
}

/* ---------------------------------------------------------------- ports that change nothing */

/* Flash in RAM. Its user keeps the rules of flash; here is nothing to break. */
static oneota_error_t ram_erase(void *ctx, uint32_t offset)
{
    memset((uint8_t *)ctx + offset, 0xFF, STATE_ERASE_BYTES);
    return ONEOTA_OK;
}

static oneota_error_t ram_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    memcpy((uint8_t *)ctx + offset, data, length);
    return ONEOTA_OK;
}

static oneota_error_t ram_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    memcpy(buffer, (const uint8_t *)ctx + offset, length);
    return ONEOTA_OK;
}

static oneota_erase_unit_t ram_erase_unit(void *ctx, uint32_t offset)
{
    oneota_erase_unit_t unit = {offset / STATE_ERASE_BYTES * STATE_ERASE_BYTES, STATE_ERASE_BYTES};

    (void)ctx;
    return unit;
}

static uint32_t ram_size(void *ctx)
{
    (void)ctx;
    return STATE_JOURNAL_BYTES;
}

static const oneota_flash_t k_ram = {ram_erase, ram_program,         ram_read, ram_erase_unit,
                                     ram_size,  STATE_PROGRAM_BYTES, 0xFF};

static oneota_error_t no_erase(void *ctx, uint32_t offset)
{
    (void)ctx;
    (void)offset;
    return ONEOTA_STORAGE;
}

static oneota_error_t no_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    (void)ctx;
    (void)offset;
    (void)data;
    (void)length;
    return ONEOTA_STORAGE;
}

static oneota_error_t no_mark(void *ctx, uint8_t image, const oneota_boot_mark_t *mark)
{
    (void)ctx;
    (void)image;
    (void)mark;
    return ONEOTA_AGAIN;
}

static oneota_error_t no_change(void *ctx, uint8_t image)
{
    (void)ctx;
    (void)image;
    return ONEOTA_AGAIN;
}

static oneota_error_t no_open(void *ctx, const char *address, uint16_t port,
                              const char *server_name)
{
    (void)ctx;
    (void)address;
    (void)port;
    (void)server_name;
    return ONEOTA_AGAIN;
}

static oneota_error_t no_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    (void)ctx;
    (void)data;
    (void)length;
    *sent = 0;
    return ONEOTA_AGAIN;
}

static oneota_error_t no_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    (void)ctx;
    (void)buffer;
    (void)size;
    *received = 0;
    return ONEOTA_AGAIN;
}

static void no_close(void *ctx)
{
    (void)ctx;
}

static int32_t no_error(void *ctx)
{
    (void)ctx;
    return 0;
}

static const oneota_net_t k_no_net = {no_open, no_send, no_recv, no_close, no_error, 50, false};

/* ---------------------------------------------------------------- status */

static bool load_journal(state_dir_t *state, uint8_t *journal)
{
    return state->journal.port.read(&state->journal, 0, journal, STATE_JOURNAL_BYTES) == ONEOTA_OK;
}

static bool is_state(const oneota_status_t *status, const char *name)
{
    return strcmp(oneota_state_text(status->state), name) == 0;
}

/* Of the journal, and then of the image that runs, if it may be a new one. */
static bool is_reading(const oneota_status_t *status)
{
    return is_state(status, "start") || is_state(status, "identify");
}

/* A client that knows what there is and has done nothing yet. Drops a task of another dialect. */
static bool read_as(const oneota_dialect_t *dialect, state_dir_t *state, uint8_t *journal,
                    oneota_status_t *status)
{
    static oneota_t client;
    static uint64_t work[ONEOTA_WORK_BYTES / sizeof(uint64_t)];
    oneota_flash_t slot = state->slot[0].port;
    oneota_boot_port_t boot = oneota_posix_boot;
    oneota_image_t image = {{state->type, state_dir_version(state), NULL, NULL},
                            {&slot, &slot},
                            {&state->slot[0], &state->slot[1]}};
    oneota_setup_t setup = {.dialect = dialect,
                            .identity = {.product = "-", .device = "0", .key = "AAAA"},
                            .address = "-",
                            .images = &image,
                            .image_count = 1,
                            .net = &k_no_net,
                            .boot = &boot,
                            .boot_ctx = &state->boot,
                            .journal = &k_ram,
                            .journal_ctx = journal,
                            .clock = &oneota_posix_clock,
                            .device = &oneota_posix_device,
                            .work = work,
                            .work_bytes = sizeof work};
    uint32_t sleep_ms;
    int polls = 0;

    slot.erase = no_erase;
    slot.program = no_program;
    boot.mark = no_mark;
    boot.confirm = boot.revert = no_change;
    if (oneota_init(&client, &setup) != ONEOTA_OK) {
        return false;
    }
    do {
        sleep_ms = oneota_poll(&client);
        oneota_status(&client, status);
    } while (sleep_ms <= 1u && is_reading(status) && ++polls < POLLS_MAX); /* 1: flash */
    oneota_deinit(&client);
    return polls < POLLS_MAX && status->reason != ONEOTA_REASON_STORAGE;
}

/* In the dialect of the task, if there is one; else in any. @return NULL, or what is wrong */
static const char *read_status(state_dir_t *state, oneota_status_t *status)
{
    static uint8_t journal[STATE_JOURNAL_BYTES];

    for (size_t i = 0; i < OPTIONS_DIALECTS; i++) {
        if (!load_journal(state, journal)) {
            return state_dir_failure(state);
        }
        if (!read_as(options_dialects[i].dialect, state, journal, status)) {
            return "the journal cannot be read: to start as a new device, move the state directory "
                   "away";
        }
        if (status->has_task || status->pending != 0) {
            break;
        }
    }
    return NULL;
}

/* A device with nothing to do waits for its next check; a client that was just made begins one. */
static const char *state_text(const oneota_status_t *status)
{
    return is_state(status, "start") || is_state(status, "version")
               ? "wait"
               : oneota_state_text(status->state);
}

static const char *condition_text(uint8_t condition)
{
    static const char *const names[ONEOTA_BOOT_CONDITION_COUNT] = {
        [ONEOTA_BOOT_CONFIRMED] = "confirmed",
        [ONEOTA_BOOT_PENDING] = "pending",
        [ONEOTA_BOOT_TRIAL] = "trial",
        [ONEOTA_BOOT_REVERTED] = "reverted"};

    return condition < ONEOTA_BOOT_CONDITION_COUNT ? names[condition] : "?";
}

static const char *integrity_text(state_dir_t *state)
{
    return state_dir_wants_signature(state) ? "signature" : "md5";
}

static void print_json(state_dir_t *state, const oneota_posix_boot_record_t *boot,
                       const oneota_status_t *status)
{
    json_line_t json = json_begin(stdout);

    json_text(&json, "version", state_dir_version(state));
    json_number(&json, "slot", boot->running);
    json_text(&json, "condition", condition_text(boot->condition));
    json_text(&json, "state", state_text(status));
    json_text(&json, "integrity", integrity_text(state));
    if (status->has_task) {
        json_open(&json, "task");
        json_text(&json, "target", status->task.target);
        json_number(&json, "size", status->task.size);
        json_md5(&json, "md5", status->task.md5);
        json_number(&json, "type", status->task.type);
        json_number(&json, "stored", status->stored);
        json_close(&json);
    } else {
        json_null(&json, "task");
    }
    if (status->pending != 0) {
        json_number(&json, "pending", status->pending);
    } else {
        json_null(&json, "pending");
    }
    json_number(&json, "attempts", status->rounds);
    json_end(&json);
}

static void print_text(state_dir_t *state, const oneota_posix_boot_record_t *boot,
                       const oneota_status_t *status)
{
    (void)printf("version    %s in slot %u, %lu bytes, %s\n", state_dir_version(state),
                 boot->running, (unsigned long)boot->slot[boot->running].size,
                 condition_text(boot->condition));
    (void)printf("state      %s\n", state_text(status));
    (void)printf("integrity  %s\n", integrity_text(state));
    if (status->has_task) {
        (void)printf("task       target %s, %lu of %lu bytes stored, %u rounds used up\n",
                     status->task.target, (unsigned long)status->stored,
                     (unsigned long)status->task.size, status->rounds);
    } else {
        (void)printf("task       none\n");
    }
    if (status->pending != 0) {
        (void)printf("pending    report %u is still to be delivered\n", status->pending);
    }
}

int status_run(const options_t *options)
{
    static state_dir_t state;
    oneota_status_t status = {0};
    int exit_status = look(&state, options);
    const char *wrong;

    if (exit_status != 0) {
        return exit_status;
    }
    wrong = read_status(&state, &status);
    if (wrong != NULL) {
        exit_status = fail(wrong);
    } else if (options->json) {
        print_json(&state, oneota_posix_boot_record(&state.boot, 0), &status);
    } else {
        print_text(&state, oneota_posix_boot_record(&state.boot, 0), &status);
    }
    state_dir_close(&state);
    return exit_status;
}

/* ---------------------------------------------------------------- image */

static int fail_out(const char *path, int error)
{
    (void)fprintf(stderr, "oneota-device: --out: cannot write %.400s: %s\n", path, strerror(error));
    return EXIT_USAGE;
}

/* @return 0, or the exit status */
static int copy_image(state_dir_t *state, FILE *out, const char *path)
{
    const oneota_posix_boot_record_t *boot = oneota_posix_boot_record(&state->boot, 0);
    state_slot_t *slot = &state->slot[boot->running];
    uint32_t size = boot->slot[boot->running].size;
    uint8_t block[STATE_ERASE_BYTES];

    for (uint32_t done = 0; done < size;) {
        uint32_t part = size - done < sizeof block ? size - done : (uint32_t)sizeof block;
        if (slot->port.read(slot, done, block, part) != ONEOTA_OK) {
            return fail(state_dir_failure(state));
        }
        if (fwrite(block, 1, part, out) != part) {
            return fail_out(path, errno);
        }
        done += part;
    }
    return fflush(out) == 0 ? 0 : fail_out(path, errno);
}

/* Straight into what is no regular file (a pipe); else beside it, and then in its place. */
static int write_image(state_dir_t *state, const char *path)
{
    struct stat info;
    bool direct = stat(path, &info) == 0 && !S_ISREG(info.st_mode);
    char fresh[STATE_PATH_BYTES];
    const char *name = direct ? path : fresh;
    FILE *out;
    int status;

    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
        return fail_out(path, ENAMETOOLONG);
    }
    out = fopen(name, "wb");
    if (out == NULL) {
        return fail_out(path, errno);
    }
    status = copy_image(state, out, path);
    if (fclose(out) != 0 && status == 0) {
        status = fail_out(path, errno);
    }
    if (!direct && status == 0 && rename(fresh, path) != 0) {
        status = fail_out(path, errno);
    }
    if (!direct && status != 0) {
        (void)unlink(fresh);
    }
    return status;
}

int image_run(const options_t *options)
{
    static state_dir_t state;
    int status = look(&state, options);

    if (status == 0) {
        status = write_image(&state, options->out_file);
        state_dir_close(&state);
    }
    return status;
}
