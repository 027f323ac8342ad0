/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_md5.h"

#define FACTORY_SIZE      1500u
#define RAM_RUBBISH       0xA5
#define POLLS_MAX         3000000u
#define DAY_MS            86400000u
#define FAKE_PROGRAM_MOST 256u

enum { POWER_ON = 0, POWER_CUT, POWER_CRASH };

static void violate(world_t *world, const char *what)
{
    if (world->violation == NULL) {
        world->violation = what;
        if (world->verbose) {
            printf("%10.3f  VIOLATION %s\n", world->board.now_ms / 1000.0, what);
        }
    }
}

static const char *first_violation(const world_t *world)
{
    const char *const all[] = {world->board.journal.flash.violation,
                               world->board.slots[0][0].flash.violation,
                               world->board.slots[0][1].flash.violation,
                               world->board.violation,
                               world->net.violation,
                               world->platform.violation};
    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++) {
        if (all[n] != NULL) {
            return all[n];
        }
    }
    if (world->board.config.images > 1u) {
        return world->board.slots[1][1].flash.violation;
    }
    return NULL;
}

/* ---------------------------------------------------------------- what is true */

static unsigned image_of(const world_t *world, uint8_t type)
{
    for (unsigned n = 0; n < world->board.config.images; n++) {
        if (world->images[n].id.type == type) {
            return n;
        }
    }
    return FAKE_IMAGES_MAX;
}

static const char *truth_version(void *ctx, uint8_t type)
{
    const world_t *world = ctx;
    unsigned n = image_of(world, type);
    return n < FAKE_IMAGES_MAX && world->board.runs[n] != NULL ? world->board.runs[n]->version
                                                               : NULL;
}

static bool truth_runs(void *ctx, const fake_task_t *task)
{
    const world_t *world = ctx;
    const fake_known_t *runs = world->board.runs[image_of(world, task->type)];
    return runs != NULL && runs->bytes == task->package;
}

static bool truth_holds(void *ctx, const fake_task_t *task)
{
    const world_t *world = ctx;
    uint8_t n = (uint8_t)image_of(world, task->type);
    const fake_known_t *held = fake_board_content(&world->board, n, world->board.running[n] ^ 1u);
    return held != NULL && held->bytes == task->package;
}

static bool truth_settled(void *ctx)
{
    const world_t *world = ctx;
    return fake_board_settled(&world->board);
}

static uint64_t truth_unix_s(void *ctx)
{
    const world_t *world = ctx;
    return world->board.unix_s + world->board.now_ms / 1000u;
}

static const fake_truth_t k_truth = {truth_version, truth_runs, truth_holds, truth_settled,
                                     truth_unix_s};

/* ---------------------------------------------------------------- faults */

/* Two journal units ask for tears that read the same each time. */
static void set_torn(world_t *world, uint8_t torn)
{
    fake_board_t *board = &world->board;
    for (unsigned n = 0; n < board->config.images; n++) {
        board->slots[n][0].flash.torn = torn;
        board->slots[n][1].flash.torn = torn;
    }
    board->journal.flash.torn = torn == FAKE_TORN_UNREADABLE ? torn : (uint8_t)FAKE_TORN_STABLE;
}

static void arm_cut(world_t *world)
{
    world->board.cut_at = 0;
    world->net.cut_at = 0;
    while (world->next_cut < world->fault_count) {
        const world_fault_t *fault = &world->faults[world->next_cut++];
        if (fault->kind == WORLD_CUT) {
            world->board.cut_at = world->board.operations + fault->at;
            world->board.cut = fault->mode;
            set_torn(world, fault->call);
            return;
        }
        if (fault->kind == WORLD_CUT_NET) {
            world->net.cut_at = world->net.calls[FAKE_NET_ANY] + fault->at;
            return;
        }
    }
}

static void arm(world_t *world, const world_fault_t *fault)
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
        net->fault = fault->mode;
        net->fault_answer = fault->at;
        net->fault_at = fault->byte;
        break;
    case WORLD_NET_CALL:
        net->call = fault->call;
        net->call_end = fault->mode;
        net->call_at = fault->at;
        break;
    case WORLD_BOARD_CALL:
        world->board.fault_call = fault->call;
        world->board.fault = fault->mode;
        world->board.fault_at = fault->at;
        break;
    case WORLD_TAMPER:
        world->tamper = fault;
        break;
    case WORLD_SABOTAGE:
        world->sabotage = fault;
        break;
    default:
        break;
    }
}

static bool sabotaged(const world_t *world, world_sabotage_t how)
{
    return world->sabotage != NULL && world->sabotage->mode == (uint8_t)how;
}

/* The image is proven, and not installed yet. */
static void meddle(world_t *world, uint8_t image)
{
    static const uint8_t zeros[FAKE_PROGRAM_MOST];
    fake_board_t *board = &world->board;
    fake_region_t *running = &board->slots[image][board->running[image]];
    fake_region_t *other = &board->slots[image][board->running[image] ^ 1u];
    if (world->tamper != NULL) {
        uint8_t byte = other->flash.bytes[world->tamper->at] ^ 0x04u;
        fake_flash_put(&other->flash, world->tamper->at, &byte, 1);
        world->tamper = NULL;
    }
    if (sabotaged(world, WORLD_SABOTAGE_CODES)) {
        world->codes[0] = 107;
    } else if (sabotaged(world, WORLD_SABOTAGE_GUARD)) {
        world->ram.between[WORLD_GUARD / 2u] ^= 1u;
    } else if (sabotaged(world, WORLD_SABOTAGE_RUNNING)) {
        (void)running->port.erase(running, 0);
    } else if (sabotaged(world, WORLD_SABOTAGE_TWICE)) {
        (void)other->port.program(other, 0, zeros, world->scenario->program_unit);
    }
}

static void power_off(void *ctx)
{
    world_t *world = ctx;
    longjmp(world->power, POWER_CUT);
}

/* ---------------------------------------------------------------- the application */

static void try_out(world_t *world)
{
    switch (world->scenario->trial) {
    case WORLD_CONFIRM:
        if (oneota_confirm(&world->ram.client) != (world->judged ? ONEOTA_STATE : ONEOTA_OK)) {
            violate(world, "api: confirm on trial");
        }
        world->judged = true;
        break;
    case WORLD_REJECT:
        if (oneota_reject(&world->ram.client) != (world->judged ? ONEOTA_STATE : ONEOTA_OK)) {
            violate(world, "api: reject on trial");
        }
        world->judged = true;
        break;
    case WORLD_CRASH:
        longjmp(world->power, POWER_CRASH);
    default:
        break;
    }
}

/* Is this the end, with nothing left to do on either side? */
static bool ended(world_t *world)
{
    oneota_status_t status;
    oneota_status(&world->ram.client, &status);
    if (status.has_task || status.pending != 0 || !fake_platform_idle(&world->platform)) {
        return false;
    }
    for (unsigned n = 0; n < world->board.config.images; n++) {
        const fake_known_t *runs = world->board.runs[n];
        if (runs == NULL ||
            strcmp(world->platform.versions[world->images[n].id.type], runs->version) != 0) {
            return false;
        }
    }
    return true;
}

static void on_event(void *ctx, const oneota_event_t *event)
{
    world_t *world = ctx;
    switch (event->type) {
    case ONEOTA_EVENT_TRIAL:
        try_out(world);
        break;
    case ONEOTA_EVENT_READY:
        meddle(world, event->image);
        break;
    case ONEOTA_EVENT_RESTART:
        world->restart = !sabotaged(world, WORLD_SABOTAGE_RESTART);
        break;
    case ONEOTA_EVENT_UPDATED:
        if (world->board.runs[event->image]->bytes != world->packages[event->image]->bytes) {
            violate(world, "truth: \"updated\", and the old image runs");
        }
        break;
    case ONEOTA_EVENT_ENDED:
        if (world->board.runs[event->image]->bytes == world->packages[event->image]->bytes) {
            violate(world, "truth: \"ended\", and the new image runs");
        }
        break;
    case ONEOTA_EVENT_IDLE:
        world->done = ended(world);
        break;
    default:
        break;
    }
}

static void on_line(void *ctx, const oneota_log_line_t *line)
{
    const world_t *world = ctx;
    if (!world->verbose) {
        return;
    }
    printf("%10.3f  %s", world->board.now_ms / 1000.0, line->what);
    if (line->key != NULL && line->text != NULL) {
        printf(" %s=%s", line->key, line->text);
    } else if (line->key != NULL) {
        printf(" %s=%lld", line->key, (long long)line->number);
    }
    printf("  [op %u net %u]\n", (unsigned)world->board.operations,
           (unsigned)world->net.calls[FAKE_NET_ANY]);
}

static const oneota_log_t k_log = {on_line};

/* ---------------------------------------------------------------- one boot */

static void start_client(world_t *world)
{
    memset(&world->ram, RAM_RUBBISH, sizeof world->ram);
    world->restart = false;
    world->judged = false;
    for (unsigned n = 0; n < world->board.config.images; n++) {
        world->images[n].id.version = world->board.runs[n]->version;
    }
    if (sabotaged(world, WORLD_SABOTAGE_VERSION)) {
        world->images[0].id.version = "0.9";
    }
    if (oneota_init(&world->ram.client, &world->setup) != ONEOTA_OK) {
        violate(world, "api: init refused");
        world->done = true;
    }
}

static bool guards_hold(const world_ram_t *ram)
{
    for (size_t n = 0; n < WORLD_GUARD; n++) {
        if (ram->before[n] != RAM_RUBBISH || ram->between[n] != RAM_RUBBISH ||
            ram->behind[n] != RAM_RUBBISH) {
            return false;
        }
    }
    return true;
}

static bool over_budget(world_t *world)
{
    if (world->polls > POLLS_MAX) {
        violate(world, "converge: too many polls");
    } else if (world->slept_ms > DAY_MS) {
        violate(world, "converge: longer than a day");
    } else if (world->board.boots > 12u + 4u * world->cuts) {
        violate(world, "converge: too many boots");
    }
    return world->violation != NULL;
}

static void poll_on(world_t *world)
{
    while (!world->done && !world->restart && !over_budget(world)) {
        uint32_t sleep_ms = oneota_poll(&world->ram.client);
        world->polls++;
        if (world->restart) {
            break;
        }
        world->slept_ms += sleep_ms;
        world->board.now_ms += sleep_ms;
    }
    if (!guards_hold(&world->ram)) {
        violate(world, "memory: a guard was overwritten");
    }
}

/* From power-on until the next one, or to the end. */
static void live(world_t *world)
{
    int power = setjmp(world->power);
    if (power != POWER_ON) {
        if (world->verbose) {
            printf("%10.3f  --- %s\n", world->board.now_ms / 1000.0,
                   power == POWER_CUT ? "power cut" : "crash");
        }
        world->cuts += power == POWER_CUT ? 1u : 0u;
        world->crashes += power == POWER_CRASH ? 1u : 0u;
        world->done = power == POWER_CUT && world->stop_at_cut;
        if (power == POWER_CUT) {
            arm_cut(world);
        }
        return;
    }
    fake_net_drop(&world->net);
    fake_board_boot(&world->board);
    if (world->board.violation != NULL) {
        return;
    }
    if (world->scenario->trial == WORLD_DEAD && !fake_board_settled(&world->board)) {
        longjmp(world->power, POWER_CRASH);
    }
    start_client(world);
    poll_on(world);
}

/* ---------------------------------------------------------------- one case */

static void begin(world_t *world, uint32_t seed)
{
    const world_scenario_t *scenario = world->scenario;
    fake_board_t *board = &world->board;
    fake_board_reset(board, seed);
    fake_net_init(&world->net, &fake_south, &world->platform);
    fake_platform_init(&world->platform, &k_truth, world);
    world->net.power_off = power_off;
    world->net.power_ctx = world;
    board->power_off = power_off;
    board->power_ctx = world;
    board->clock_known = !scenario->clock_unknown;
    board->inspects = scenario->unfit ? ONEOTA_VERIFY : ONEOTA_OK;
    board->journal.flash.again = scenario->again;
    set_torn(world, FAKE_TORN_STABLE);
    memcpy(world->codes, scenario->codes, sizeof world->codes);
    world->platform.codes = world->codes;
    for (unsigned n = 0; n < board->config.images; n++) {
        const fake_known_t *package = world->packages[n];
        board->slots[n][0].flash.again = scenario->again;
        board->slots[n][1].flash.again = scenario->again;
        fake_task_t *task =
            fake_platform_add(&world->platform, world->images[n].id.type, world->targets[n],
                              package->bytes, package->size, world->md5[n]);
        task->served = scenario->spoiled ? world->spoilt : package->bytes;
        task->retry = scenario->retry;
        task->interval = scenario->interval;
    }
    world->cuts = 0;
    world->crashes = 0;
    world->polls = 0;
    world->slept_ms = 0;
    world->violation = NULL;
    world->tamper = NULL;
    world->sabotage = NULL;
    world->done = false;
}

static bool only_cuts(const world_t *world)
{
    for (unsigned n = 0; n < world->fault_count; n++) {
        if (world->faults[n].kind < WORLD_CUT && world->faults[n].kind > WORLD_DRIBBLE) {
            return false;
        }
    }
    return true;
}

/* What a reset may throw away: what came since the last store, and what was still on its way. */
static uint32_t lost_by_cut(const world_t *world)
{
    uint32_t unit = world->scenario->unit;
    return (unit > ONEOTA_STORE_BYTES ? unit : ONEOTA_STORE_BYTES) + unit + ONEOTA_WORK_BYTES;
}

static void judge_end(world_t *world)
{
    const world_scenario_t *scenario = world->scenario;
    const fake_board_t *board = &world->board;
    uint32_t tasks = world->platform.task_count;
    for (unsigned n = 0; n < tasks; n++) {
        const fake_task_t *task = &world->platform.tasks[n];
        bool updated = board->runs[n] == world->packages[n];
        if (task->result == 0) {
            violate(world, "truth: no result was told");
        }
        if (updated != (task->result == 201u)) {
            violate(world, "truth: what runs at the end");
        }
        if (task->downloads > 2u * task->size + 65536u) {
            violate(world, "converge: too much traffic");
        }
        uint32_t needed = scenario->spoiled ? 2u * task->size : task->size;
        if (only_cuts(world) && task->downloads > needed + world->cuts * lost_by_cut(world)) {
            violate(world, "traffic: a cut costs more than one store interval");
        }
    }
    /* a cut between the mark and its record may cost one more trial */
    if (board->boots > world->cuts + 2u + tasks + world->crashes ||
        world->crashes > FAKE_TRIALS * (1u + world->cuts)) {
        violate(world, "converge: too many boots");
    }
    if (!fake_board_settled(board)) {
        violate(world, "boot: not settled at the end");
    }
}

/* Once more from power-on: nothing is downloaded or told again. */
static void live_afterwards(world_t *world)
{
    uint32_t counts[FAKE_CALL_KINDS];
    memcpy(counts, world->platform.counts, sizeof counts);
    world->done = false;
    live(world);
    if (world->platform.counts[FAKE_DOWNLOAD] != counts[FAKE_DOWNLOAD] ||
        world->platform.counts[FAKE_TOKEN] != counts[FAKE_TOKEN] ||
        world->platform.counts[FAKE_REPORT] != counts[FAKE_REPORT]) {
        violate(world, "idempotence: something happened after the end");
    }
}

static void conclude(world_t *world)
{
    world_outcome_t *outcome = &world->outcome;
    const char *inner = first_violation(world);
    outcome->violation = inner != NULL ? inner : world->violation;
    outcome->boots = world->board.boots;
    outcome->cuts = world->cuts;
    outcome->polls = world->polls;
    outcome->minutes = (uint32_t)(world->slept_ms / 60000u);
    outcome->operations = world->board.operations;
    outcome->net_calls = world->net.calls[FAKE_NET_ANY];
    outcome->bytes_down = world->net.bytes_down;
    for (unsigned n = 0; n < FAKE_TASKS_MAX; n++) {
        outcome->results[n] = world->platform.tasks[n].result;
    }
}

void world_run(world_t *world, uint32_t seed, const world_fault_t *faults, unsigned count)
{
    begin(world, seed);
    world->faults = faults;
    world->fault_count = count;
    world->next_cut = 0;
    for (unsigned n = 0; n < count; n++) {
        arm(world, &faults[n]);
    }
    arm_cut(world);
    if (world->prepare != NULL) {
        world->prepare(world->prepare_ctx);
    }
    while (!world->done && world->violation == NULL && world->board.violation == NULL) {
        live(world);
    }
    conclude(world);
    if (world->outcome.violation == NULL && !world->stop_at_cut) {
        judge_end(world);
        world->board.cut_at = 0;
        world->net.cut_at = 0;
        live_afterwards(world);
        const char *inner = first_violation(world);
        world->outcome.violation = inner != NULL ? inner : world->violation;
    }
}

/* ---------------------------------------------------------------- set-up */

static void fill(uint8_t *bytes, uint32_t size, uint32_t seed)
{
    for (uint32_t n = 0; n < size; n++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[n] = (uint8_t)(seed >> 24);
    }
}

static void make_setup(world_t *world)
{
    oneota_setup_t *setup = &world->setup;
    fake_board_t *board = &world->board;
    setup->dialect = &oneota_south;
    setup->identity.product = "33704";
    setup->identity.device = "527776559";
    setup->identity.key = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";
    setup->address = "ota.heclouds.com";
    setup->images = world->images;
    setup->image_count = board->config.images;
    setup->net = &world->net.port;
    setup->net_ctx = &world->net;
    setup->boot = &fake_boot;
    setup->boot_ctx = board;
    setup->journal = &board->journal.port;
    setup->journal_ctx = &board->journal;
    setup->clock = &fake_clock;
    setup->clock_ctx = board;
    setup->device = &fake_device;
    setup->device_ctx = board;
    setup->log = &k_log;
    setup->log_ctx = world;
    setup->check_at_once = true;
    setup->work = world->ram.work;
    setup->work_bytes = sizeof world->ram.work;
    setup->event = on_event;
    setup->event_ctx = world;
}

/* A factory image and a package for it, which differ in the first byte. */
static void make_image(world_t *world, unsigned n, uint32_t size, uint8_t **room)
{
    fake_board_t *board = &world->board;
    uint8_t image = (uint8_t)n;
    uint8_t *factory = *room;
    uint8_t *package = factory + FACTORY_SIZE;
    *room = package + size;
    fill(factory, FACTORY_SIZE, n);
    fill(package, size, 77u + n);
    factory[0] = 0x11;
    package[0] = 0x22;
    (void)fake_board_know(board, image, factory, FACTORY_SIZE, n == 0 ? "1.0" : "7.0");
    world->targets[n] = n == 0 ? "1.1" : "7.5";
    const char *label = world->scenario->label != NULL ? world->scenario->label : world->targets[n];
    world->packages[n] = fake_board_know(board, image, package, size, label);
    fake_md5_hex(package, size, world->md5[n]);
    world->images[n].id.type = n == 0 ? ONEOTA_SOTA : ONEOTA_FOTA;
    for (unsigned slot = 0; slot < 2u; slot++) {
        world->images[n].slot[slot] = &board->slots[n][slot].port;
        world->images[n].slot_ctx[slot] = &board->slots[n][slot];
    }
}

bool world_init(world_t *world, const world_scenario_t *scenario)
{
    fake_board_config_t config = {.hides_revert = scenario->hides_revert};
    memset(world, 0, sizeof *world);
    world->scenario = scenario;
    config.images = scenario->second_size > 0 ? 2u : 1u;
    config.slot.size = scenario->slot_size;
    config.slot.unit = scenario->unit;
    config.slot.program_unit = scenario->program_unit;
    config.slot.erased = scenario->erased;
    config.journal = config.slot;
    config.journal.size = 2u * scenario->journal_unit;
    config.journal.unit = scenario->journal_unit;
    world->bytes = malloc(2u * FACTORY_SIZE + scenario->size + scenario->second_size);
    world->spoilt = malloc(scenario->size);
    if (world->bytes == NULL || world->spoilt == NULL || !fake_board_init(&world->board, &config)) {
        free(world->bytes);
        free(world->spoilt);
        return false;
    }
    uint8_t *room = world->bytes;
    make_image(world, 0, scenario->size, &room);
    memcpy(world->spoilt, world->packages[0]->bytes, scenario->size);
    world->spoilt[scenario->size / 2u] ^= 0x10u;
    if (scenario->second_size > 0) {
        make_image(world, 1, scenario->second_size, &room);
    }
    make_setup(world);
    return true;
}

void world_free(world_t *world)
{
    fake_board_free(&world->board);
    free(world->bytes);
    free(world->spoilt);
}

void world_print_calls(const world_t *world)
{
    static const char *const k_verbs[] = {"version", "check", "token", "download", "report"};
    const fake_platform_t *platform = &world->platform;
    uint32_t from = platform->calls > FAKE_CALLS_KEPT ? platform->calls - FAKE_CALLS_KEPT : 0u;
    for (uint32_t n = from; n < platform->calls; n++) {
        const fake_record_t *record = &platform->records[n % FAKE_CALLS_KEPT];
        printf("  call %u: %s", (unsigned)n + 1u, k_verbs[record->verb]);
        if (record->verb == FAKE_REPORT) {
            printf(" %u", record->step);
        } else if (record->verb == FAKE_DOWNLOAD) {
            printf(" %u-%u", (unsigned)record->first, (unsigned)record->last);
        }
        printf(" -> %d\n", (int)record->code);
    }
}
