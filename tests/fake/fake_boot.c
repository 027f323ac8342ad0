/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * Boot control, the boot port and the boot loader of a fake_board_t.
 */
#include "fake_board.h"

#include <string.h>

#define CONTROL_BYTES 64u /* generation u32, 3 bytes for each image, sum u32 at the end */

/* A trial that was taken back; the restart is to come. */
#define RETURNING ONEOTA_BOOT_CONDITION_COUNT

/* ---------------------------------------------------------------- boot control */

static uint32_t sum_of(const uint8_t *data, uint32_t length)
{
    uint32_t sum = 2166136261u;
    for (uint32_t n = 0; n < length; n++) {
        sum = (sum ^ data[n]) * 16777619u;
    }
    return sum;
}

static void put_u32(uint8_t *data, uint32_t value)
{
    for (unsigned n = 0; n < 4u; n++) {
        data[n] = (uint8_t)(value >> (8u * n));
    }
}

static uint32_t get_u32(const uint8_t *data)
{
    return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

/* Raw flash, no port in between: @return false: no copy is whole */
static bool load_control(fake_board_t *board)
{
    bool found = false;
    for (uint8_t copy = 0; copy < 2u; copy++) {
        const uint8_t *data = board->control.flash.bytes + copy * FAKE_CONTROL_UNIT;
        if (sum_of(data, CONTROL_BYTES - 4u) != get_u32(data + CONTROL_BYTES - 4u) ||
            (found && get_u32(data) < board->generation)) {
            continue;
        }
        found = true;
        board->generation = get_u32(data);
        board->copy = copy;
        for (unsigned n = 0; n < FAKE_IMAGES_MAX; n++) {
            board->choices[n].slot = data[4u + 3u * n];
            board->choices[n].condition = data[5u + 3u * n];
            board->choices[n].attempts = data[6u + 3u * n];
        }
    }
    return found;
}

static void make_control(const fake_board_t *board, uint8_t *data)
{
    memset(data, 0x5A, CONTROL_BYTES);
    put_u32(data, board->generation);
    for (unsigned n = 0; n < FAKE_IMAGES_MAX; n++) {
        data[4u + 3u * n] = board->choices[n].slot;
        data[5u + 3u * n] = board->choices[n].condition;
        data[6u + 3u * n] = board->choices[n].attempts;
    }
    put_u32(data + CONTROL_BYTES - 4u, sum_of(data, CONTROL_BYTES - 4u));
}

static void store_control(fake_board_t *board)
{
    uint8_t data[CONTROL_BYTES];
    board->generation++;
    board->copy ^= 1u;
    make_control(board, data);
    (void)board->control.port.erase(&board->control, board->copy * FAKE_CONTROL_UNIT);
    (void)board->control.port.program(&board->control, board->copy * FAKE_CONTROL_UNIT, data,
                                      CONTROL_BYTES);
}

/* ---------------------------------------------------------------- the boot port */

/* The slot that the client calls so: where images are swapped into place, slot 0 is what runs. */
static uint8_t own_slot(const fake_board_t *board, uint8_t image, uint8_t slot)
{
    return board->config.swaps ? (uint8_t)(slot ^ board->running[image]) : slot;
}

fake_region_t *fake_board_slot(fake_board_t *board, uint8_t image, uint8_t slot)
{
    return &board->slots[image][own_slot(board, image, slot)];
}

typedef enum { GO = 0, FAILED, FAILED_DONE, NOT_YET, ODD } boot_fault_t;

static boot_fault_t boot_fault(fake_board_t *board, fake_board_call_t call)
{
    if (!fake_board_planned(board, call)) {
        return GO;
    }
    switch (board->fault) {
    case FAKE_FAULT_ERROR:
        return FAILED;
    case FAKE_FAULT_ERROR_DONE:
        return FAILED_DONE;
    case FAKE_FAULT_ODD:
        return ODD;
    default:
        return NOT_YET;
    }
}

static oneota_error_t boot_end(boot_fault_t fault)
{
    return fault == FAILED_DONE ? ONEOTA_STORAGE : ONEOTA_OK;
}

/* Nothing was done. */
static oneota_error_t boot_not_done(boot_fault_t fault)
{
    if (fault == ODD) {
        return FAKE_ODD_CODE;
    }
    return fault == NOT_YET ? ONEOTA_AGAIN : ONEOTA_STORAGE;
}

static oneota_error_t boot_query(void *ctx, uint8_t image, oneota_boot_t *boot)
{
    fake_board_t *board = ctx;
    boot_fault_t fault = boot_fault(board, FAKE_CALL_QUERY);
    if (fault != GO) {
        return fault == ODD ? FAKE_ODD_CODE : ONEOTA_STORAGE;
    }
    uint8_t condition = board->choices[image].condition;
    bool hidden = condition == ONEOTA_BOOT_REVERTED && board->config.hides_revert;
    boot->slot = own_slot(board, image, board->running[image]);
    boot->length = board->runs[image]->size;
    boot->condition = hidden ? (uint8_t)ONEOTA_BOOT_CONFIRMED : condition;
    if (condition == RETURNING) {
        boot->condition = ONEOTA_BOOT_TRIAL;
    }
    return ONEOTA_OK;
}

static oneota_error_t boot_inspect(void *ctx, uint8_t image, uint8_t named, uint32_t size)
{
    fake_board_t *board = ctx;
    uint8_t slot = own_slot(board, image, named);
    boot_fault_t fault = boot_fault(board, FAKE_CALL_INSPECT);
    if (slot == board->running[image]) {
        fake_board_violate(board, "boot: inspects the running slot");
    }
    if (fault != GO) {
        return boot_not_done(fault);
    }
    const fake_known_t *known = fake_board_content(board, image, slot);
    if ((known == NULL || known->size != size) && board->lied_to) {
        return ONEOTA_VERIFY; /* a patch, called an image */
    }
    if (known == NULL || known->size != size) {
        fake_board_violate(board, "boot: inspects what was not proven");
    }
    return board->inspects;
}

static oneota_error_t boot_mark(void *ctx, uint8_t image, const oneota_boot_mark_t *mark)
{
    fake_board_t *board = ctx;
    fake_choice_t *choice = &board->choices[image];
    boot_fault_t fault = boot_fault(board, FAKE_CALL_MARK);
    uint8_t slot = own_slot(board, image, mark->slot);
    const fake_known_t *known = fake_board_content(board, image, slot);
    if (slot == board->running[image] || known == NULL || known->size != mark->size) {
        return fake_board_violate(board, "boot: marks what is not proven");
    }
    if (choice->condition == ONEOTA_BOOT_TRIAL || choice->condition == RETURNING) {
        return fake_board_violate(board, "boot: marks while on trial");
    }
    if (fault != GO && fault != FAILED_DONE) {
        return boot_not_done(fault);
    }
    choice->condition = ONEOTA_BOOT_PENDING;
    choice->attempts = 0;
    store_control(board);
    return boot_end(fault);
}

static oneota_error_t boot_confirm(void *ctx, uint8_t image)
{
    fake_board_t *board = ctx;
    fake_choice_t *choice = &board->choices[image];
    boot_fault_t fault = boot_fault(board, FAKE_CALL_CONFIRM);
    if (choice->condition == ONEOTA_BOOT_PENDING || choice->condition == RETURNING) {
        return fake_board_violate(board, "boot: confirms what does not run on trial");
    }
    if (fault != GO && fault != FAILED_DONE) {
        return boot_not_done(fault);
    }
    if (choice->condition == ONEOTA_BOOT_TRIAL) {
        choice->slot = board->running[image];
        choice->condition = ONEOTA_BOOT_CONFIRMED;
        store_control(board);
    }
    return boot_end(fault);
}

static oneota_error_t boot_revert(void *ctx, uint8_t image)
{
    fake_board_t *board = ctx;
    fake_choice_t *choice = &board->choices[image];
    boot_fault_t fault = boot_fault(board, FAKE_CALL_REVERT);
    if (fault != GO && fault != FAILED_DONE) {
        return boot_not_done(fault);
    }
    if (choice->condition == ONEOTA_BOOT_TRIAL || choice->condition == ONEOTA_BOOT_PENDING) {
        choice->condition = choice->condition == ONEOTA_BOOT_TRIAL ? (uint8_t)RETURNING
                                                                   : (uint8_t)ONEOTA_BOOT_CONFIRMED;
        store_control(board);
    }
    return boot_end(fault);
}

const oneota_boot_port_t fake_boot = {boot_query, boot_inspect, boot_mark, boot_confirm,
                                      boot_revert};

/* ---------------------------------------------------------------- the boot loader */

/* @return true: the choice has changed */
static bool choose(fake_board_t *board, uint8_t image)
{
    fake_choice_t *choice = &board->choices[image];
    fake_choice_t old = *choice;
    board->running[image] = choice->slot;
    if (choice->condition == ONEOTA_BOOT_PENDING ||
        (choice->condition == ONEOTA_BOOT_TRIAL && choice->attempts < FAKE_TRIALS)) {
        board->running[image] = choice->slot ^ 1u;
        choice->condition = ONEOTA_BOOT_TRIAL;
        choice->attempts++;
    } else if (choice->condition == ONEOTA_BOOT_TRIAL || choice->condition == RETURNING) {
        choice->condition = ONEOTA_BOOT_REVERTED;
    }
    return choice->condition != old.condition || choice->attempts != old.attempts;
}

const fake_known_t *fake_board_content(const fake_board_t *board, uint8_t image, uint8_t slot)
{
    const uint8_t *bytes = board->slots[image][slot].flash.bytes;
    for (uint8_t n = 0; n < board->known_count; n++) {
        const fake_known_t *known = &board->known[n];
        if (known->image == image && known->size <= board->config.slot.size &&
            memcmp(known->bytes, bytes, known->size) == 0) {
            return known;
        }
    }
    return NULL;
}

void fake_board_boot(fake_board_t *board)
{
    bool changed = false;
    board->boots++;
    fake_board_hurry(board);
    for (uint8_t n = 0; n < board->config.images; n++) {
        fake_flash_power_on(&board->slots[n][0].flash);
        fake_flash_power_on(&board->slots[n][1].flash);
    }
    fake_flash_power_on(&board->journal.flash);
    fake_flash_power_on(&board->control.flash);
    if (!load_control(board)) {
        fake_board_violate(board, "brick: no boot control");
        return;
    }
    for (uint8_t n = 0; n < board->config.images; n++) {
        changed = choose(board, n) || changed;
        board->runs[n] = fake_board_content(board, n, board->running[n]);
        if (board->runs[n] == NULL) {
            fake_board_violate(board, "brick: nothing to boot");
        }
    }
    if (changed) {
        store_control(board);
    }
}

bool fake_board_settled(const fake_board_t *board)
{
    for (uint8_t n = 0; n < board->config.images; n++) {
        uint8_t condition = board->choices[n].condition;
        if (condition != ONEOTA_BOOT_CONFIRMED && condition != ONEOTA_BOOT_REVERTED) {
            return false;
        }
    }
    return true;
}

void fake_boot_reset(fake_board_t *board)
{
    uint8_t control[CONTROL_BYTES];
    memset(board->choices, 0, sizeof board->choices);
    memset(board->running, 0, sizeof board->running);
    board->generation = 1;
    board->copy = 0;
    make_control(board, control);
    fake_flash_put(&board->control.flash, 0, control, CONTROL_BYTES);
}
