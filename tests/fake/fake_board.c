/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "fake_board.h"

#include <string.h>

oneota_error_t fake_board_violate(fake_board_t *board, const char *what)
{
    if (board->violation == NULL) {
        board->violation = what;
    }
    return ONEOTA_STORAGE;
}

bool fake_board_planned(fake_board_t *board, fake_board_call_t call)
{
    board->calls[call]++;
    uint32_t count = board->fault_count > 0 ? board->fault_count : 1u;
    return board->fault_at != 0 && board->fault_call == (uint8_t)call &&
           board->calls[call] >= board->fault_at && board->calls[call] - board->fault_at < count &&
           (board->fault_every == 0 ||
            (board->calls[call] - board->fault_at) % board->fault_every == 0);
}

/* ---------------------------------------------------------------- flash */

static void judge_change(const fake_region_t *region)
{
    fake_board_t *board = region->board;
    if (region->image == FAKE_IMAGES_MAX) {
        return;
    }
    uint8_t condition = board->choices[region->image].condition;
    if (region->slot == board->running[region->image]) {
        fake_board_violate(board, "brick: the running slot is changed");
    } else if (condition != ONEOTA_BOOT_CONFIRMED && condition != ONEOTA_BOOT_REVERTED) {
        fake_board_violate(board, "brick: the other slot is changed while it counts");
    }
}

/* Nothing is done now, and the power goes in the next operation. Boot control is written by a
 * loader that is not what is tested here. */
static void plan_brown(fake_region_t *region)
{
    fake_board_t *board = region->board;
    if (board->cut != FAKE_CUT_SILENT) {
        return;
    }
    if (region == &board->control) {
        region->flash.cut = FAKE_CUT_BEFORE;
        return;
    }
    board->cut = FAKE_CUT_BEFORE;
    board->cut_at++;
}

void fake_board_hurry(fake_board_t *board)
{
    if (board->slow != NULL) {
        board->slow->flash.again = board->slow->again;
        board->slow = NULL;
        board->slow_at = 0;
    }
}

/* This operation takes its time, and what it takes is over for the next one. */
static void slow_down(fake_region_t *region, fake_kind_t kind, unsigned call)
{
    fake_board_t *board = region->board;
    fake_flash_t *flash = &region->flash;
    if (board->slow_at == 0 || board->slow_call != call) {
        return;
    }
    if (!flash->busy && board->calls[call] == board->slow_at) {
        board->slow = region;
        region->again = flash->again;
        flash->again = board->slow_count;
    }
    if (board->slow == region && board->slow_fails) {
        flash->fault_kind = (uint8_t)kind;
        flash->fault_at = flash->calls[kind] + 1u;
        flash->fault_count = 1;
        flash->fault = FAKE_FAULT_ERROR;
    }
}

/* The part of a call before the flash: its plan; after it: did the power go? */
static void before(fake_region_t *region, fake_kind_t kind)
{
    fake_board_t *board = region->board;
    fake_flash_t *flash = &region->flash;
    flash->fault_at = 0;
    if (region != &board->control) {
        unsigned call =
            (region == &board->journal ? FAKE_CALL_JOURNAL_ERASE : FAKE_CALL_SLOT_ERASE) +
            (unsigned)kind;
        if (fake_board_planned(board, (fake_board_call_t)call)) {
            flash->fault_kind = (uint8_t)kind;
            flash->fault_at = flash->calls[kind] + 1u;
            flash->fault_count = 1;
            flash->fault = board->fault;
        }
        slow_down(region, kind, call);
    }
    if (kind != FAKE_READ && board->operations + 1u == board->cut_at) {
        flash->cut_at = flash->operations + 1u;
        flash->cut = board->cut;
        plan_brown(region);
    }
}

static oneota_error_t after(fake_region_t *region, uint32_t operations, oneota_error_t error)
{
    fake_board_t *board = region->board;
    board->operations += region->flash.operations - operations;
    if (board->slow == region && error != ONEOTA_AGAIN) {
        fake_board_hurry(board);
    }
    if (region->flash.off) {
        board->power_off(board->power_ctx);
    }
    return error;
}

/* Beyond what the port says there is. */
static bool is_beyond(fake_region_t *region, uint32_t offset, uint32_t length)
{
    uint32_t size = region->port.size(region);
    return offset > size || length > size - offset;
}

/* A bit of what was programmed last in the journal is lost. */
static void rot(fake_region_t *region)
{
    fake_board_t *board = region->board;
    if (region == &board->journal && board->rot_at != 0 &&
        board->calls[FAKE_CALL_JOURNAL_ERASE] + 1u == board->rot_at &&
        board->rots(board->power_ctx)) {
        region->flash.bytes[board->journal_last + 5u] ^= 0x10u;
        region->flash.whole[board->journal_last + 5u] ^= 0x10u;
    }
}

static oneota_error_t region_erase(void *ctx, uint32_t offset)
{
    fake_region_t *region = ctx;
    uint32_t operations = region->flash.operations;
    rot(region);
    judge_change(region);
    if (is_beyond(region, offset, 1)) {
        return fake_board_violate(region->board, "flash: erases beyond its size");
    }
    if (region->image != FAKE_IMAGES_MAX) {
        region->board->now_ms += region->board->blocks_ms;
    }
    before(region, FAKE_ERASE);
    return after(region, operations, region->flash.port.erase(&region->flash, offset));
}

static oneota_error_t region_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    fake_region_t *region = ctx;
    uint32_t operations = region->flash.operations;
    judge_change(region);
    if (is_beyond(region, offset, length)) {
        return fake_board_violate(region->board, "flash: programs beyond its size");
    }
    if (region == &region->board->journal) {
        region->board->journal_last = offset;
    }
    before(region, FAKE_PROGRAM);
    return after(region, operations,
                 region->flash.port.program(&region->flash, offset, data, length));
}

static oneota_error_t region_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    fake_region_t *region = ctx;
    if (is_beyond(region, offset, length)) {
        return ONEOTA_STORAGE; /* what was there may be out of reach */
    }
    before(region, FAKE_READ);
    if (region == &region->board->journal) {
        region->board->journal_bytes += length;
    } else {
        region->board->slot_bytes += length;
    }
    return region->flash.port.read(&region->flash, offset, buffer, length);
}

static oneota_erase_unit_t region_unit(void *ctx, uint32_t offset)
{
    fake_region_t *region = ctx;
    return region->flash.port.erase_unit(&region->flash, offset);
}

static uint32_t region_size(void *ctx)
{
    const fake_region_t *region = ctx;
    bool runs =
        region->image != FAKE_IMAGES_MAX && region->board->running[region->image] == region->slot;
    return region->says != 0 && !runs ? region->says : region->flash.size;
}

static bool open_region(fake_board_t *board, fake_region_t *region, uint8_t image, uint8_t slot,
                        const fake_flash_config_t *config)
{
    region->board = board;
    region->image = image;
    region->slot = slot;
    if (!fake_flash_init(&region->flash, config)) {
        return false;
    }
    region->port = region->flash.port;
    region->port.erase = region_erase;
    region->port.program = region_program;
    region->port.read = region_read;
    region->port.erase_unit = region_unit;
    region->port.size = region_size;
    return true;
}

/* ---------------------------------------------------------------- clock and conditions */

static uint32_t clock_now_ms(void *ctx)
{
    const fake_board_t *board = ctx;
    return board->now_ms;
}

static bool clock_unix_s(void *ctx, uint64_t *seconds)
{
    const fake_board_t *board = ctx;
    *seconds = board->unix_s + board->now_ms / 1000u;
    return board->clock_known;
}

static uint32_t device_random(void *ctx)
{
    fake_board_t *board = ctx;
    board->random = board->random * 1664525u + 1013904223u;
    return board->random ^ board->random >> 16;
}

/* Both are asked each time, the battery first. */
static int32_t device_battery(void *ctx)
{
    fake_board_t *board = ctx;
    board->looks++;
    board->low = board->low_at != 0 && board->looks >= board->low_at &&
                 board->looks - board->low_at < board->low_count &&
                 (!board->low_toggles || (board->looks - board->low_at) % 2u == 0);
    return board->low && !board->low_signal ? 1 : board->battery;
}

static int32_t device_signal(void *ctx)
{
    const fake_board_t *board = ctx;
    return board->low && board->low_signal ? 1 : board->signal;
}

const oneota_clock_t fake_clock = {clock_now_ms, clock_unix_s};
const oneota_device_t fake_device = {device_random, device_battery, device_signal};

/* ---------------------------------------------------------------- the test's side */

bool fake_board_init(fake_board_t *board, const fake_board_config_t *config)
{
    const fake_flash_config_t control = {.size = 2u * FAKE_CONTROL_UNIT,
                                         .unit = FAKE_CONTROL_UNIT,
                                         .program_unit = 8,
                                         .erased = 0xFF};
    memset(board, 0, sizeof *board);
    board->config = *config;
    bool opened = open_region(board, &board->journal, FAKE_IMAGES_MAX, 0, &config->journal) &&
                  open_region(board, &board->control, FAKE_IMAGES_MAX, 0, &control);
    for (uint8_t n = 0; opened && n < config->images; n++) {
        opened = open_region(board, &board->slots[n][0], n, 0, &config->slot) &&
                 open_region(board, &board->slots[n][1], n, 1,
                             config->other.size != 0 ? &config->other : &config->slot);
    }
    if (!opened) {
        fake_board_free(board);
    }
    return opened;
}

void fake_board_free(fake_board_t *board)
{
    for (uint8_t n = 0; n < board->config.images; n++) {
        fake_flash_free(&board->slots[n][0].flash);
        fake_flash_free(&board->slots[n][1].flash);
    }
    fake_flash_free(&board->journal.flash);
    fake_flash_free(&board->control.flash);
}

const fake_known_t *fake_board_know(fake_board_t *board, uint8_t image, const uint8_t *bytes,
                                    uint32_t size, const char *version)
{
    fake_known_t *known = &board->known[board->known_count++];
    known->image = image;
    known->bytes = bytes;
    known->size = size;
    known->version = version;
    return known;
}

static void reset_region(fake_region_t *region, uint32_t seed)
{
    fake_flash_t *flash = &region->flash;
    fake_flash_erase_all(flash);
    flash->operations = 0;
    flash->cut_at = 0;
    flash->fault_at = 0;
    flash->busy = false;
    flash->off = false;
    flash->violation = NULL;
    flash->violations = 0;
    flash->random = seed * 2u + 1u;
    memset(flash->calls, 0, sizeof flash->calls);
    memset(flash->erases, 0, sizeof flash->erases);
    memset(flash->worn, 0, sizeof flash->worn);
    flash->worn_at = 0;
    region->says = 0;
}

void fake_board_reset(fake_board_t *board, uint32_t seed)
{
    for (uint8_t n = 0; n < board->config.images; n++) {
        reset_region(&board->slots[n][0], seed + n);
        reset_region(&board->slots[n][1], seed + n);
        for (uint8_t k = board->known_count; k-- > 0;) {
            if (board->known[k].image == n) {
                board->runs[n] = &board->known[k];
            }
        }
        fake_flash_put(&board->slots[n][0].flash, 0, board->runs[n]->bytes, board->runs[n]->size);
        fake_flash_fill(&board->slots[n][1].flash, 0xC3);
    }
    reset_region(&board->journal, seed);
    reset_region(&board->control, seed);
    if (seed % 2u != 0) {
        fake_flash_fill(&board->journal.flash, 0xC3); /* as an earlier firmware left it */
    }
    memset(board->calls, 0, sizeof board->calls);
    fake_boot_reset(board);
    board->now_ms = seed * 977u;
    board->unix_s = 1800000000u;
    board->clock_known = true;
    board->battery = 80;
    board->signal = 20;
    board->random = seed;
    board->inspects = ONEOTA_OK;
    board->lied_to = false;
    board->boots = 0;
    board->operations = 0;
    board->violation = NULL;
    board->cut_at = 0;
    board->fault_at = 0;
    board->fault_count = 0;
    board->fault_every = 0;
    board->blocks_ms = 0;
    board->slow_at = 0;
    board->slow = NULL;
    board->low_at = 0;
    board->low_toggles = false;
    board->rot_at = 0;
    board->looks = 0;
}
