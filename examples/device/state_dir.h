/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * state_dir.h: the device's flash and boot control, as files in one directory.
 *
 *     slot0.flash, slot1.flash   the two slots (sparse)
 *     journal.flash              the client's journal
 *     boot.ctl                   boot control: which slot runs, and what each holds
 *     geometry                   text: type and slot size; written last when the directory is made
 *     integrity                  text: what the last run asked of packages; for status alone
 *     lock                       locked by the process that uses the directory
 *
 * Killing the process at any instant is a power cut. A directory whose making was cut off has
 * geometry.new, but no geometry: it is made again.
 */
#ifndef DEVICE_STATE_DIR_H
#define DEVICE_STATE_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "oneota_posix.h"
#include "options.h"

#define STATE_SLOT_BYTES    16777216u /**< default */
#define STATE_ERASE_BYTES   4096u
#define STATE_PROGRAM_BYTES 16u
#define STATE_JOURNAL_BYTES (4u * STATE_ERASE_BYTES)
#define STATE_DIR_BYTES     960
#define STATE_PATH_BYTES    1000

/** A slot: a file of whole erase units, of which an image may use a part. */
typedef struct {
    oneota_posix_flash_t flash; /**< first: the flash port's ctx */
    uint32_t usable;
    oneota_flash_t port; /**< the table to be used; its ctx is this object */
} state_slot_t;

typedef struct {
    char dir[STATE_DIR_BYTES];
    char boot_path[STATE_PATH_BYTES];
    char file[STATE_PATH_BYTES]; /**< scratch for the path of one file */
    int lock;
    bool running; /**< flash and boot control are open */
    uint8_t type; /**< oneota_image_type_t */
    uint32_t slot_bytes;
    state_slot_t slot[2];
    oneota_posix_flash_t journal;
    oneota_posix_boot_t boot;
    char error[STATE_PATH_BYTES + 256]; /**< which file, what is wrong, what to do: one line */
} state_dir_t;

/** Makes the directory if it is new, locks it and checks it; starts nothing.
 *  @return 0, or the exit status; state->error says why */
int state_dir_open(state_dir_t *state, const options_t *options);

/** Checks an existing directory that another process may be using; no lock, nothing is changed. */
int state_dir_look(state_dir_t *state, const char *dir);

/** Opens the files. @return as state_dir_open() */
int state_dir_start(state_dir_t *state);

/** The (simulated) boot loader: which image runs now? After state_dir_start().
 *  @return as state_dir_open() */
int state_dir_boot(state_dir_t *state);

/** The version of the running image; after state_dir_start(). */
const char *state_dir_version(const state_dir_t *state);

/** The failure of flash or boot control, with the name of the file; it is state->error, too. */
const char *state_dir_failure(state_dir_t *state);

/** What packages are proven by, since the last run: a signature, or MD5 alone. After
 *  state_dir_open() or _look(). */
void state_dir_note_integrity(state_dir_t *state, bool is_signature);
bool state_dir_wants_signature(state_dir_t *state);

/** Closes the files. */
void state_dir_stop(state_dir_t *state);

/** Closes the files and gives up the lock. */
void state_dir_close(state_dir_t *state);

#endif
