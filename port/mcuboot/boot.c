/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * boot.c: the boot port. What is to be written next follows from what stands in flash, so that a
 * call that was cut off, or is made twice, goes on where it was.
 */
#include <string.h>

#include "parts.h"

enum { JOB_NONE = 0, JOB_ERASE, JOB_PROGRAM };

/* The order in which jobs may follow one another in one call. None is done twice: what flash did
 * not keep is not programmed again before an erase. */
enum { STEP_FIRST = 1, STEP_CLEAN, STEP_FIELD };

oneota_error_t oneota_mcuboot_refuse(oneota_mcuboot_t *boot, oneota_error_t error, const char *why)
{
    boot->why = why;
    return error;
}

/* ---------------------------------------------------------------- jobs */

/* @return AGAIN; STORAGE it was done before, or what comes before it was not kept */
static oneota_error_t next_step(oneota_mcuboot_t *boot, uint8_t step)
{
    if (step < boot->step || (step == boot->step && step != STEP_CLEAN)) {
        return oneota_mcuboot_refuse(boot, ONEOTA_STORAGE, "trailer: flash does not keep it");
    }
    boot->step = step;
    return ONEOTA_AGAIN;
}

static oneota_error_t plan_erase(oneota_mcuboot_t *boot, uint32_t offset, uint8_t step)
{
    const oneota_mcuboot_slot_t *s = &boot->slot[1];
    boot->job = JOB_ERASE;
    boot->job_slot = 1;
    boot->job_offset = s->raw->erase_unit(s->raw_ctx, offset).start;
    return next_step(boot, step);
}

static oneota_error_t plan_program(oneota_mcuboot_t *boot, uint8_t slot, field_t field)
{
    uint32_t room;
    boot->job = JOB_PROGRAM;
    boot->job_slot = slot;
    boot->job_offset = oneota_mcuboot_field(boot, slot, field, &room);
    boot->job_length = (uint8_t)oneota_mcuboot_fill(boot, slot, field, boot->job_bytes);
    return next_step(boot, (uint8_t)(STEP_FIELD + (unsigned)field));
}

static oneota_error_t end_jobs(oneota_mcuboot_t *boot, oneota_error_t error)
{
    boot->job = JOB_NONE;
    boot->step = 0;
    boot->clean = boot->slot[1].size;
    return error;
}

/* Does the job. @return AGAIN: done or goes on, look again; STORAGE */
static oneota_error_t carry_out(oneota_mcuboot_t *boot)
{
    const oneota_mcuboot_slot_t *s = &boot->slot[boot->job_slot];
    oneota_error_t error =
        boot->job == JOB_ERASE
            ? s->raw->erase(s->raw_ctx, boot->job_offset)
            : s->raw->program(s->raw_ctx, boot->job_offset, boot->job_bytes, boot->job_length);
    if (error == ONEOTA_AGAIN) {
        return ONEOTA_AGAIN;
    }
    if (boot->step == STEP_CLEAN) {
        boot->clean = boot->job_offset;
    }
    boot->job = JOB_NONE;
    return error == ONEOTA_OK ? ONEOTA_AGAIN
                              : end_jobs(boot, oneota_mcuboot_refuse(boot, ONEOTA_STORAGE,
                                                                     "trailer: flash fails"));
}

/* What plan() says: OK nothing is left to do; AGAIN a job was planned. */
typedef oneota_error_t (*plan_t)(oneota_mcuboot_t *boot, const trailers_t *now, uint32_t size);

static oneota_error_t work(oneota_mcuboot_t *boot, plan_t plan, uint32_t size)
{
    trailers_t now;
    oneota_error_t error = ONEOTA_AGAIN;
    if (boot->job == JOB_NONE) {
        error = oneota_mcuboot_trailers(boot, &now);
        error = error == ONEOTA_OK
                    ? plan(boot, &now, size)
                    : oneota_mcuboot_refuse(boot, error, "trailer: slot 0's cannot be read");
    }
    return error == ONEOTA_AGAIN ? carry_out(boot) : end_jobs(boot, error);
}

static oneota_mcuboot_t *boot_of(void *ctx, uint8_t image)
{
    return (oneota_mcuboot_t *)ctx + image;
}

/* ---------------------------------------------------------------- query */

static uint8_t condition_of(const trailers_t *now)
{
    const trailer_t *primary = &now->slot[0];
    switch (now->next) {
    case SWAP_TEST:
    case SWAP_PERM:
        return ONEOTA_BOOT_PENDING;
    case SWAP_REVERT:
        return ONEOTA_BOOT_TRIAL;
    default:
        return primary->field[FIELD_MAGIC] == FIELD_SET &&
                       primary->field[FIELD_DONE] == FIELD_SET && primary->last == SWAP_REVERT
                   ? ONEOTA_BOOT_REVERTED
                   : ONEOTA_BOOT_CONFIRMED;
    }
}

static oneota_error_t boot_query(void *ctx, uint8_t image, oneota_boot_t *answer)
{
    oneota_mcuboot_t *boot = boot_of(ctx, image);
    trailers_t now;
    mcuboot_image_t running;
    if (oneota_mcuboot_trailers(boot, &now) != ONEOTA_OK) {
        return oneota_mcuboot_refuse(boot, ONEOTA_STORAGE, "trailer: slot 0's cannot be read");
    }
    answer->slot = 0;
    answer->condition = condition_of(&now);
    answer->length = 0;
    if (oneota_mcuboot_image(boot, 0, boot->slot[0].capacity, &running) == ONEOTA_OK) {
        answer->length = oneota_mcuboot_package(boot, 0, &running);
    }
    return ONEOTA_OK;
}

/* ---------------------------------------------------------------- inspect */

/* The sectors that MCUboot swaps end behind the last byte of the image. */
static bool swaps_all(const oneota_mcuboot_t *boot, uint32_t end, uint32_t size)
{
    return size <= oneota_mcuboot_sector_end(boot, 0, end - 1u) &&
           size <= oneota_mcuboot_sector_end(boot, 1, end - 1u);
}

static oneota_error_t boot_inspect(void *ctx, uint8_t image, uint8_t slot, uint32_t size)
{
    oneota_mcuboot_t *boot = boot_of(ctx, image);
    mcuboot_image_t found;
    uint32_t walk = boot->walk;
    boot->walk = 0;
    if (slot > 1u) {
        return oneota_mcuboot_refuse(boot, ONEOTA_PARAM, "inspect: no such slot");
    }
    oneota_error_t error = oneota_mcuboot_image(boot, slot, size, &found);
    if (error != ONEOTA_OK) {
        return error;
    }
    if (!swaps_all(boot, found.end, size)) {
        return oneota_mcuboot_refuse(boot, ONEOTA_VERIFY,
                                     "image: bytes behind it are in a sector that is not swapped");
    }
    boot->walk = walk >= found.tlvs && walk <= found.end
                     ? walk
                     : found.tlvs + (found.tlvs != found.unprotected ? 4u : 0u);
    error = oneota_mcuboot_walk(boot, slot, &found);
    if (error == ONEOTA_AGAIN) {
        return ONEOTA_AGAIN;
    }
    boot->walk = 0;
    return error == ONEOTA_OK ? oneota_mcuboot_address(boot, slot, &found) : error;
}

/* ---------------------------------------------------------------- mark */

/* With offset, an old image that begins in the first sector: MCUboot takes the new one for one that
 * was loaded to the wrong place. */
static bool has_old_header(const oneota_mcuboot_t *boot)
{
    static const uint8_t k_magic[4] = {0x3D, 0xB8, 0xF3, 0x96};
    uint8_t bytes[4];
    return boot->slot[1].first != 0 &&
           (oneota_mcuboot_read(boot, 1, 0, bytes, sizeof bytes) != ONEOTA_OK ||
            memcmp(bytes, k_magic, sizeof bytes) == 0);
}

/* Of what cannot be erased, because a part of the image is in the same erase unit: was it erased
 * with the image, and nothing written there since? */
static bool looks_clean(const trailer_t *trailer)
{
    return (trailer->room[FIELD_INFO] == ROOM_FREE || trailer->room[FIELD_INFO] == ROOM_WRITTEN) &&
           trailer->room[FIELD_DONE] == ROOM_FREE && trailer->room[FIELD_OK] == ROOM_FREE &&
           trailer->room[FIELD_MAGIC] == ROOM_FREE;
}

/* Erases from the end of the slot down: bytes that look erased may have been torn. */
static oneota_error_t plan_cleaning(oneota_mcuboot_t *boot, const trailer_t *trailer, uint32_t size)
{
    const oneota_mcuboot_slot_t *s = &boot->slot[1];
    uint32_t start = s->raw->erase_unit(s->raw_ctx, boot->clean - 1u).start;
    if (start >= s->first + size) {
        return plan_erase(boot, start, STEP_CLEAN);
    }
    boot->clean = 0;
    return looks_clean(trailer)
               ? ONEOTA_OK
               : oneota_mcuboot_refuse(boot, ONEOTA_STORAGE,
                                       "trailer: torn, and the image is in its erase unit");
}

static oneota_error_t plan_mark(oneota_mcuboot_t *boot, const trailers_t *now, uint32_t size)
{
    const trailer_t *trailer = &now->slot[1];
    uint32_t length;
    if (now->next == SWAP_REVERT) {
        return oneota_mcuboot_refuse(boot, ONEOTA_STATE, "mark: the running image is on trial");
    }
    if (now->next == SWAP_TEST && trailer->room[FIELD_INFO] == ROOM_WRITTEN) {
        return ONEOTA_OK;
    }
    if (has_old_header(boot)) {
        return plan_erase(boot, 0, STEP_FIRST);
    }
    if (boot->clean > oneota_mcuboot_field(boot, 1, FIELD_INFO, &length)) {
        oneota_error_t error = plan_cleaning(boot, trailer, size);
        if (error != ONEOTA_OK) {
            return error;
        }
    }
    return plan_program(boot, 1, trailer->room[FIELD_INFO] == ROOM_FREE ? FIELD_INFO : FIELD_MAGIC);
}

static oneota_error_t boot_mark(void *ctx, uint8_t image, const oneota_boot_mark_t *mark)
{
    oneota_mcuboot_t *boot = boot_of(ctx, image);
    if (mark->slot != 1u || mark->size == 0 || mark->size > boot->slot[1].capacity) {
        return oneota_mcuboot_refuse(boot, ONEOTA_PARAM, "mark: not slot 1, or larger than it");
    }
    return work(boot, plan_mark, mark->size);
}

/* ---------------------------------------------------------------- confirm, revert */

/* A word that was programmed twice may be one that MCUboot cannot read any more, and it needs this
 * one: once a start, and then a restart goes back. */
static oneota_error_t plan_confirm(oneota_mcuboot_t *boot, const trailers_t *now, uint32_t size)
{
    (void)size;
    if (now->next != SWAP_REVERT) {
        return ONEOTA_OK;
    }
    if (now->slot[0].field[FIELD_OK] != FIELD_UNSET || boot->tried) {
        return oneota_mcuboot_refuse(boot, ONEOTA_STORAGE, "confirm: image ok is not kept");
    }
    boot->tried = true;
    return plan_program(boot, 0, FIELD_OK);
}

static oneota_error_t boot_confirm(void *ctx, uint8_t image)
{
    return work(boot_of(ctx, image), plan_confirm, 0);
}

/* A restart alone ends a trial that was not confirmed. */
static oneota_error_t plan_revert(oneota_mcuboot_t *boot, const trailers_t *now, uint32_t size)
{
    uint32_t length;
    (void)size;
    if (now->next != SWAP_TEST && now->next != SWAP_PERM) {
        return ONEOTA_OK;
    }
    return plan_erase(boot, oneota_mcuboot_field(boot, 1, FIELD_MAGIC, &length), STEP_FIRST);
}

static oneota_error_t boot_revert(void *ctx, uint8_t image)
{
    return work(boot_of(ctx, image), plan_revert, 0);
}

const oneota_boot_port_t oneota_mcuboot = {boot_query, boot_inspect, boot_mark, boot_confirm,
                                           boot_revert};
