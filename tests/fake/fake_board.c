/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "fake_board.h"

#include <string.h>

#define CONTROL_UNIT  512u
#define CONTROL_BYTES 64u /* generation u32, 3 bytes for each image, sum u32 at the end */
#define RETURNING     ONEOTA_BOOT_CONDITION_COUNT /* a trial that was taken back; restart is to come */

static oneota_error_t violate(fake_board_t *board, const char *what)
{
    if (board->violation == NULL) {
        board->violation = what;
    }
    return ONEOTA_STORAGE;
}

/* Counts a call; is it the one that goes wrong? */
static bool planned(fake_board_t *board, fake_board_call_t call)
{
    board->calls[call]++;
    return board->fault_at != 0 && board->fault_call == (uint8_t)call &&
           board->calls[call] == board->fault_at;
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
        violate(board, "brick: the running slot is changed");
    } else if (condition != ONEOTA_BOOT_CONFIRMED && condition != ONEOTA_BOOT_REVERTED) {
        violate(board, "brick: the other slot is changed while it counts");
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
        if (planned(board, (fake_board_call_t)call)) {
            flash->fault_kind = (uint8_t)kind;
            flash->fault_at = flash->calls[kind] + 1u;
            flash->fault_count = 1;
            flash->fault = board->fault;
        }
    }
    if (kind != FAKE_READ && board->operations + 1u == board->cut_at) {
        flash->cut_at = flash->operations + 1u;
        flash->cut = board->cut;
    }
}

static oneota_error_t after(fake_region_t *region, uint32_t operations, oneota_error_t error)
{
    fake_board_t *board = region->board;
    board->operations += region->flash.operations - operations;
    if (region->flash.off) {
        board->power_off(board->power_ctx);
    }
    return error;
}

static oneota_error_t region_erase(void *ctx, uint32_t offset)
{
    fake_region_t *region = ctx;
    uint32_t operations = region->flash.operations;
    judge_change(region);
    before(region, FAKE_ERASE);
    return after(region, operations, region->flash.port.erase(&region->flash, offset));
}

static oneota_error_t region_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    fake_region_t *region = ctx;
    uint32_t operations = region->flash.operations;
    judge_change(region);
    before(region, FAKE_PROGRAM);
    return after(region, operations,
                 region->flash.port.program(&region->flash, offset, data, length));
}

static oneota_error_t region_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    fake_region_t *region = ctx;
    before(region, FAKE_READ);
    return region->flash.port.read(&region->flash, offset, buffer, length);
}

static oneota_erase_unit_t region_unit(void *ctx, uint32_t offset)
{
    fake_region_t *region = ctx;
    return region->flash.port.erase_unit(&region->flash, offset);
}

static uint32_t region_size(void *ctx)
{
    fake_region_t *region = ctx;
    return region->flash.size;
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
        const uint8_t *data = board->control.flash.bytes + copy * CONTROL_UNIT;
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
    (void)region_erase(&board->control, board->copy * CONTROL_UNIT);
    (void)region_program(&board->control, board->copy * CONTROL_UNIT, data, CONTROL_BYTES);
}

/* ---------------------------------------------------------------- the boot port */

typedef enum { GO = 0, FAILED, FAILED_DONE, NOT_YET } boot_fault_t;

static boot_fault_t boot_fault(fake_board_t *board, fake_board_call_t call)
{
    if (!planned(board, call)) {
        return GO;
    }
    switch (board->fault) {
    case FAKE_FAULT_ERROR:
        return FAILED;
    case FAKE_FAULT_ERROR_DONE:
        return FAILED_DONE;
    default:
        return NOT_YET;
    }
}

static oneota_error_t boot_end(boot_fault_t fault)
{
    return fault == FAILED_DONE ? ONEOTA_STORAGE : ONEOTA_OK;
}

static oneota_error_t boot_query(void *ctx, uint8_t image, oneota_boot_t *boot)
{
    fake_board_t *board = ctx;
    if (boot_fault(board, FAKE_CALL_QUERY) != GO) {
        return ONEOTA_STORAGE;
    }
    uint8_t condition = board->choices[image].condition;
    bool hidden = condition == ONEOTA_BOOT_REVERTED && board->config.hides_revert;
    boot->slot = board->running[image];
    boot->length = board->runs[image]->size;
    boot->condition = hidden ? (uint8_t)ONEOTA_BOOT_CONFIRMED : condition;
    if (condition == RETURNING) {
        boot->condition = ONEOTA_BOOT_TRIAL;
    }
    return ONEOTA_OK;
}

static oneota_error_t boot_inspect(void *ctx, uint8_t image, uint8_t slot, uint32_t size)
{
    fake_board_t *board = ctx;
    boot_fault_t fault = boot_fault(board, FAKE_CALL_INSPECT);
    if (slot == board->running[image]) {
        violate(board, "boot: inspects the running slot");
    }
    if (fault != GO) {
        return fault == NOT_YET ? ONEOTA_AGAIN : ONEOTA_STORAGE;
    }
    const fake_known_t *known = fake_board_content(board, image, slot);
    if (known == NULL || known->size != size) {
        violate(board, "boot: inspects what was not proven");
    }
    return board->inspects;
}

static oneota_error_t boot_mark(void *ctx, uint8_t image, const oneota_boot_mark_t *mark)
{
    fake_board_t *board = ctx;
    fake_choice_t *choice = &board->choices[image];
    boot_fault_t fault = boot_fault(board, FAKE_CALL_MARK);
    const fake_known_t *known = fake_board_content(board, image, mark->slot);
    if (mark->slot == board->running[image] || known == NULL || known->size != mark->size) {
        return violate(board, "boot: marks what is not proven");
    }
    if (choice->condition == ONEOTA_BOOT_TRIAL || choice->condition == RETURNING) {
        return violate(board, "boot: marks while on trial");
    }
    if (fault == FAILED || fault == NOT_YET) {
        return fault == NOT_YET ? ONEOTA_AGAIN : ONEOTA_STORAGE;
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
        return violate(board, "boot: confirms what does not run on trial");
    }
    if (fault == FAILED || fault == NOT_YET) {
        return fault == NOT_YET ? ONEOTA_AGAIN : ONEOTA_STORAGE;
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
    if (fault == FAILED || fault == NOT_YET) {
        return fault == NOT_YET ? ONEOTA_AGAIN : ONEOTA_STORAGE;
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
    for (uint8_t n = 0; n < board->config.images; n++) {
        fake_flash_power_on(&board->slots[n][0].flash);
        fake_flash_power_on(&board->slots[n][1].flash);
    }
    fake_flash_power_on(&board->journal.flash);
    fake_flash_power_on(&board->control.flash);
    if (!load_control(board)) {
        violate(board, "brick: no boot control");
        return;
    }
    for (uint8_t n = 0; n < board->config.images; n++) {
        changed = choose(board, n) || changed;
        board->runs[n] = fake_board_content(board, n, board->running[n]);
        if (board->runs[n] == NULL) {
            violate(board, "brick: nothing to boot");
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

static int32_t device_battery(void *ctx)
{
    const fake_board_t *board = ctx;
    return board->battery;
}

static int32_t device_signal(void *ctx)
{
    const fake_board_t *board = ctx;
    return board->signal;
}

const oneota_clock_t fake_clock = {clock_now_ms, clock_unix_s};
const oneota_device_t fake_device = {device_random, device_battery, device_signal};

/* ---------------------------------------------------------------- the test's side */

bool fake_board_init(fake_board_t *board, const fake_board_config_t *config)
{
    const fake_flash_config_t control = {
        .size = 2u * CONTROL_UNIT, .unit = CONTROL_UNIT, .program_unit = 8, .erased = 0xFF};
    memset(board, 0, sizeof *board);
    board->config = *config;
    bool opened = open_region(board, &board->journal, FAKE_IMAGES_MAX, 0, &config->journal) &&
                  open_region(board, &board->control, FAKE_IMAGES_MAX, 0, &control);
    for (uint8_t n = 0; opened && n < config->images; n++) {
        opened = open_region(board, &board->slots[n][0], n, 0, &config->slot) &&
                 open_region(board, &board->slots[n][1], n, 1, &config->slot);
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
}

void fake_board_reset(fake_board_t *board, uint32_t seed)
{
    uint8_t control[CONTROL_BYTES];
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
    memset(board->choices, 0, sizeof board->choices);
    memset(board->calls, 0, sizeof board->calls);
    board->generation = 1;
    board->copy = 0;
    make_control(board, control);
    fake_flash_put(&board->control.flash, 0, control, CONTROL_BYTES);
    board->now_ms = seed * 977u;
    board->unix_s = 1800000000u;
    board->clock_known = true;
    board->battery = 80;
    board->signal = 20;
    board->random = seed;
    board->inspects = ONEOTA_OK;
    board->boots = 0;
    board->operations = 0;
    board->violation = NULL;
    board->cut_at = 0;
    board->fault_at = 0;
}
