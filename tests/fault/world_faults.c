/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What goes wrong in a case.
 */
#include "world_parts.h"

#include <string.h>

#define FAKE_PROGRAM_MOST 256u
#define DAY_MS            86400000u

/* ---------------------------------------------------------------- the power */

/* In the journal, cells that change from one read or one power-on to the next are for the last cut
 * of a case: see the limits in journal.h. */
void world_set_torn(world_t *world, uint8_t torn)
{
    fake_board_t *board = &world->board;
    for (unsigned n = 0; n < board->config.images; n++) {
        board->slots[n][0].flash.torn = torn;
        board->slots[n][1].flash.torn = torn;
    }
    bool last = world->next_cut == world->fault_count;
    board->journal.flash.torn =
        torn < FAKE_TORN_UNSTABLE || last ? torn : (uint8_t)FAKE_TORN_STABLE;
}

void world_arm_cut(world_t *world)
{
    world->board.cut_at = 0;
    world->net.cut_at = 0;
    while (world->next_cut < world->fault_count) {
        const world_fault_t *fault = &world->faults[world->next_cut++];
        if (fault->kind == WORLD_CUT) {
            world->board.cut_at = world->board.operations + fault->at;
            world->board.cut = fault->mode;
            world_set_torn(world, fault->call);
            return;
        }
        if (fault->kind == WORLD_CUT_NET) {
            world->net.cut_at = world->net.calls[FAKE_NET_ANY] + fault->at;
            return;
        }
    }
}

/* ---------------------------------------------------------------- battery and signal */

/* How it ends, if nothing else goes wrong. */
static uint8_t code_of_low(const world_t *world, const world_fault_t *fault)
{
    bool used_up = world->dialect->advises && world->scenario->retry > 0 &&
                   fault->byte > world->scenario->retry;
    if (!used_up || fault->mode > 1u) { /* there are two gates, and two rounds */
        return 201;
    }
    if (fault->at > 1u) {
        return 202;
    }
    return fault->mode == 0 ? 105 : 106;
}

static void arm_low(world_t *world, const world_fault_t *fault)
{
    fake_board_t *board = &world->board;
    board->low_at = fault->at;
    board->low_count = fault->byte;
    board->low_signal = fault->mode % 2u != 0;
    board->low_toggles = fault->mode > 1u;
    world->codes[0] = code_of_low(world, fault);
    if (world->fault_count > 1u) { /* a reset looks once more, too */
        const uint8_t codes[] = {201, 105, 106, 202, 0};
        memcpy(world->codes, codes, sizeof codes);
    }
}

/* ---------------------------------------------------------------- the clock */

static void jump(void *ctx)
{
    static const uint64_t k_days[WORLD_JUMP_COUNT] = {0, 0, INT32_MAX, UINT32_MAX, 222000000u, 0};
    world_t *world = ctx;
    fake_board_t *board = &world->board;
    uint8_t mode = world->jump->mode;
    board->clock_known = mode != WORLD_JUMP_LOST;
    board->unix_s = k_days[mode];
    world->platform.ahead_s = board->unix_s > world->day_s ? board->unix_s - world->day_s : 0u;
}

static void arm_clock(world_t *world, const world_fault_t *fault)
{
    world->board.now_ms = fault->at;
    world->jump = fault;
    if (fault->mode != WORLD_JUMP_NONE) {
        world->platform.act_at = fault->byte;
        world->platform.act = jump;
        world->platform.act_ctx = world;
    }
}

/* ---------------------------------------------------------------- flash, and calls for ever */

void world_allow(world_t *world, uint8_t code)
{
    size_t count = strlen((const char *)world->codes);
    if (count + 1u < sizeof world->codes && strchr((const char *)world->codes, code) == NULL) {
        world->codes[count] = code;
    }
}

static void arm_worn(world_t *world, const world_fault_t *fault)
{
    fake_region_t *region = fault->mode == 0 ? &world->board.slots[0][1] : &world->board.journal;
    region->flash.worn[fault->at] = fault->call;
    region->flash.worn_at = fault->byte;
    if (fault->mode == 0) { /* what cannot be written; what is written wrong, twice */
        world_allow(world, fault->call == FAKE_WORN_SILENT ? 205 : 107);
    }
}

/* How a task may end when a call fails for a day. */
static void arm_stuck(world_t *world, const world_fault_t *fault)
{
    static const uint8_t k_codes[FAKE_CALL_COUNT] = {
        [FAKE_CALL_SLOT_ERASE] = 107, [FAKE_CALL_SLOT_PROGRAM] = 107, [FAKE_CALL_SLOT_READ] = 205,
        [FAKE_CALL_MARK] = 207,       [FAKE_CALL_CONFIRM] = 206,
    };
    world->stuck = fault;
    world->act_end_ms = DAY_MS;
    world->limit_ms += DAY_MS;
    world_allow(world, 104); /* the time of the task is over */
    if (fault->kind == WORLD_NET_CALL) {
        world_allow(world, 107);
        return;
    }
    /* a device that cannot read what it has written knows of no task */
    world->lenient = fault->call == FAKE_CALL_JOURNAL_READ;
    if (k_codes[fault->call] != 0) {
        world_allow(world, k_codes[fault->call]);
    }
    if (fault->call == FAKE_CALL_SLOT_READ && world->patch != NULL) {
        world_allow(world, 107);
        world_allow(world, 204); /* the running image is another one each time */
    }
    if (fault->call <= FAKE_CALL_SLOT_PROGRAM && fault->mode >= FAKE_FAULT_SILENT) {
        world_allow(world, 205); /* twice something else than what came is in the slot */
    }
}

/* How a task may end when a call fails again and again. */
static void arm_every(world_t *world, const world_fault_t *fault)
{
    world->board.fault_call = fault->call;
    world->board.fault = fault->mode;
    world->board.fault_at = fault->at;
    world->board.fault_count = FAKE_FLASH_FOR_EVER;
    world->board.fault_every = fault->byte;
    arm_stuck(world, fault);
    world->stuck = NULL;
    world->lenient = world->lenient && fault->byte < 3u; /* each record is read three times */
}

static void arm_answer(world_t *world, const world_fault_t *fault)
{
    fake_net_t *net = &world->net;
    net->fault = fault->mode;
    net->fault_answer = fault->at;
    net->fault_at = fault->byte;
    net->fault_bit = fault->call;
    net->fault_bytes = fault->call;
    net->now_ms = &world->board.now_ms;
    net->pause_ms = fault->call == 0 ? ONEOTA_ANSWER_MS - 1u : ONEOTA_SILENCE_MS + 1u;
}

/* So that what goes bad is no longer of use to anybody. */
static bool is_first_over(void *ctx)
{
    const fake_platform_t *platform = &((const world_t *)ctx)->platform;
    return platform->tasks[0].told && !platform->tasks[1].checked;
}

/* ---------------------------------------------------------------- all of them */

void world_arm(world_t *world, const world_fault_t *fault)
{
    fake_net_t *net = &world->net;
    switch (fault->kind) {
    case WORLD_SPLIT:
        net->split_answer = fault->at;
        net->split_at = fault->byte;
        break;
    case WORLD_DRIBBLE:
        net->recv_max = fault->at;
        net->send_max = fault->byte;
        break;
    case WORLD_ANSWER:
        /* one bit of "Ota-Errno: 0", and there is no file */
        if (world->dialect->announces && fault->byte < 80u &&
            (fault->mode == FAKE_NET_CORRUPT || fault->mode == FAKE_NET_TWICE)) {
            world_allow(world, 107);
        }
        arm_answer(world, fault);
        break;
    case WORLD_GARBLE:
        arm_answer(world, fault);
        net->fault = fault->mode != FAKE_NET_FINE ? fault->mode : (uint8_t)FAKE_NET_CORRUPT;
        world->lenient = true;
        world->board.lied_to = true;
        break;
    case WORLD_ROT:
        world->board.rot_at = fault->at;
        world->board.rots = is_first_over;
        break;
    case WORLD_NET_CALL:
        net->call = fault->call;
        net->call_end = fault->mode;
        net->call_at = fault->at;
        net->call_more = fault->byte;
        if (net->call_more == FAKE_NET_FOR_EVER) {
            arm_stuck(world, fault);
        }
        break;
    case WORLD_BOARD_CALL:
        world->board.fault_call = fault->call;
        world->board.fault = fault->mode;
        world->board.fault_at = fault->at;
        break;
    case WORLD_TAMPER:
        world->tamper = fault;
        break;
    case WORLD_EVERY:
        arm_every(world, fault);
        break;
    case WORLD_SLOW:
        world_arm_slow(world, fault);
        break;
    case WORLD_SMALLER:
        world->smaller = fault;
        if (fault->byte < world->scenario->size) {
            world_allow(world, 102);
            world_allow(world, 205); /* 101 was told before */
        }
        break;
    case WORLD_TICK:
        world_arm_tick(world, fault);
        break;
    case WORLD_LISTEN:
        world->listen = fault;
        break;
    case WORLD_COMMAND:
        world->command = fault;
        break;
    case WORLD_OPERATOR:
    case WORLD_PEER:
        world_arm_act(world, fault);
        break;
    case WORLD_LOW:
        arm_low(world, fault);
        break;
    case WORLD_CLOCK:
        arm_clock(world, fault);
        break;
    case WORLD_WORN:
        arm_worn(world, fault);
        break;
    case WORLD_STUCK:
        world->board.fault_call = fault->call;
        world->board.fault = fault->mode;
        world->board.fault_at = fault->at;
        world->board.fault_count = fault->byte;
        if (fault->byte == FAKE_FLASH_FOR_EVER) {
            arm_stuck(world, fault);
        } else if (fault->call == FAKE_CALL_SLOT_READ ||
                   (fault->call <= FAKE_CALL_SLOT_PROGRAM && fault->mode >= FAKE_FAULT_SILENT)) {
            world_allow(world, 205); /* neither of two downloads can be read back */
            if (world->patch != NULL) {
                world_allow(world, 204); /* nor the running image, of which they are made */
            }
        }
        break;
    case WORLD_SABOTAGE:
        world->sabotage = fault;
        break;
    default:
        break;
    }
}

bool world_sabotaged(const world_t *world, world_sabotage_t how)
{
    return world->sabotage != NULL && world->sabotage->mode == (uint8_t)how;
}

/* In the books of the judges. */
static void falsify(world_t *world, fake_region_t *other)
{
    fake_flash_t *journal = &world->board.journal.flash;
    fake_task_t *task = &world->platform.tasks[0];
    const char *key = world->dialect->identity.key;
    uint32_t length = (uint32_t)strlen(key);
    switch (world->sabotage == NULL ? WORLD_SABOTAGE_COUNT : world->sabotage->mode) {
    case WORLD_SABOTAGE_KEY:
        for (uint32_t end = world->scenario->journal_unit; end <= journal->size;
             end += world->scenario->journal_unit) {
            fake_flash_put(journal, end - length, key, length);
        }
        break;
    case WORLD_SABOTAGE_POLL:
        world->net.calls[FAKE_NET_ANY] += 3u;
        break;
    case WORLD_SABOTAGE_SLOT:
        other->flash.erases[0] += 1u;
        break;
    case WORLD_SABOTAGE_JOURNAL:
        journal->erases[0] += 100u;
        break;
    case WORLD_SABOTAGE_BYTES:
        task->downloads += 4096u;
        break;
    case WORLD_SABOTAGE_TRAFFIC:
        task->downloads += 65536u + 2u * task->size;
        break;
    case WORLD_SABOTAGE_BROKEN:
        task->broken += 1u;
        break;
    case WORLD_SABOTAGE_ENDING:
        world->endings += 1u;
        break;
    case WORLD_SABOTAGE_BOOTS:
        world->board.boots += 9u;
        break;
    default:
        break;
    }
}

/* The image is proven, and not installed yet. */
void world_meddle(world_t *world, uint8_t image)
{
    static const uint8_t zeros[FAKE_PROGRAM_MOST];
    fake_board_t *board = &world->board;
    fake_region_t *running = &board->slots[image][board->running[image]];
    fake_region_t *other = &board->slots[image][board->running[image] ^ 1u];
    if (world->tamper != NULL) {
        uint8_t byte = other->flash.bytes[world->tamper->at] ^ 0x04u;
        fake_flash_put(&other->flash, world->tamper->at, &byte, 1);
        world->tamper = NULL;
        world->codes[0] = 205;
    }
    if (world_sabotaged(world, WORLD_SABOTAGE_CODES)) {
        world->codes[0] = 107;
    } else if (world_sabotaged(world, WORLD_SABOTAGE_GUARD)) {
        world->ram.between[WORLD_GUARD / 2u] ^= 1u;
    } else if (world_sabotaged(world, WORLD_SABOTAGE_RUNNING)) {
        (void)running->port.erase(running, 0);
    } else if (world_sabotaged(world, WORLD_SABOTAGE_TWICE)) {
        (void)other->port.program(other, 0, zeros, world->scenario->program_unit);
    }
    falsify(world, other);
}
