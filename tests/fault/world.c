/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "world_parts.h"

#include <stdio.h>
#include <string.h>

#define RAM_RUBBISH 0xA5
#define POLLS_MAX   3000000u
#define DAY_MS      86400000u

enum { POWER_ON = 0, POWER_CUT, POWER_CRASH };

void world_violate(world_t *world, const char *what)
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
                               world->lenient ? world->platform.lie : world->platform.violation};
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
            world_violate(world, "api: confirm on trial");
        }
        world->judged = true;
        break;
    case WORLD_REJECT:
        if (oneota_reject(&world->ram.client) != (world->judged ? ONEOTA_STATE : ONEOTA_OK)) {
            world_violate(world, "api: reject on trial");
        }
        world->judged = true;
        break;
    case WORLD_CRASH:
        longjmp(world->power, POWER_CRASH);
    default:
        break;
    }
}

static bool runs_a_package(const world_t *world, uint8_t image)
{
    const fake_known_t *runs = world->board.runs[image];
    return runs == world->packages[image] ||
           (image == 0 && (runs == world->others[0] || runs == world->others[1]));
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

static void on_line(void *ctx, const oneota_log_line_t *line)
{
    world_t *world = ctx;
    if (line->text != NULL && (strstr(line->text, "sign=") != NULL ||
                               strstr(line->text, world->dialect->identity.key) != NULL)) {
        world_violate(world, "secrecy: a line of log");
    }
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

void world_on_event(void *ctx, const oneota_event_t *event)
{
    world_t *world = ctx;
    world_listen(world);
    switch (event->type) {
    case ONEOTA_EVENT_TRIAL:
        try_out(world);
        break;
    case ONEOTA_EVENT_READY:
        world->ready = true;
        world_meddle(world, event->image);
        if (world_sabotaged(world, WORLD_SABOTAGE_LOG)) {
            const oneota_log_line_t line = {.what = "sabotage",
                                            .text = world->dialect->identity.key};
            on_line(world, &line);
        }
        break;
    case ONEOTA_EVENT_RESTART:
        world->restart = !world_sabotaged(world, WORLD_SABOTAGE_RESTART);
        break;
    case ONEOTA_EVENT_UPDATED:
        if (!runs_a_package(world, event->image)) {
            world_violate(world, "truth: \"updated\", and the old image runs");
        }
        break;
    case ONEOTA_EVENT_ENDED:
        world->endings++;
        if (event->reason == ONEOTA_REASON_NONE) {
            world_violate(world, "silence: a task that ended without a reason");
        }
        if (world->board.runs[event->image]->bytes == world->packages[event->image]->bytes) {
            world_violate(world, "truth: \"ended\", and the new image runs");
        }
        break;
    case ONEOTA_EVENT_IDLE:
        world->done = ended(world);
        break;
    default:
        break;
    }
}

const oneota_log_t world_log = {on_line};

/* ---------------------------------------------------------------- one boot */

static void start_client(world_t *world)
{
    memset(&world->ram, RAM_RUBBISH, sizeof world->ram);
    world->restart = false;
    world->judged = false;
    world->ready = false;
    world_command_lost(world);
    for (unsigned n = 0; n < world->board.config.images; n++) {
        world->images[n].id.version = world->board.runs[n]->version;
        for (uint8_t slot = 0; slot < 2u; slot++) {
            fake_region_t *region = fake_board_slot(&world->board, (uint8_t)n, slot);
            world->images[n].slot[slot] = &region->port;
            world->images[n].slot_ctx[slot] = region;
        }
    }
    if (world_sabotaged(world, WORLD_SABOTAGE_VERSION)) {
        world->images[0].id.version = "0.9";
    }
    if (oneota_init(&world->ram.client, &world->setup) != ONEOTA_OK) {
        world_violate(world, "api: init refused");
        world->done = true;
    }
}

static bool guards_hold(const world_t *world)
{
    const world_ram_t *ram = &world->ram;
    for (size_t n = world->setup.work_bytes; n < sizeof ram->work; n++) {
        if (((const uint8_t *)ram->work)[n] != RAM_RUBBISH) {
            return false;
        }
    }
    for (size_t n = 0; n < WORLD_GUARD; n++) {
        if (ram->before[n] != RAM_RUBBISH || ram->between[n] != RAM_RUBBISH ||
            ram->behind[n] != RAM_RUBBISH) {
            return false;
        }
    }
    return true;
}

/* A wrong bit in the answer may raise a threshold of the task, and the device waits as it was told.
 * It gets what it waits for, and one day more. */
static bool relents(world_t *world)
{
    fake_board_t *board = &world->board;
    oneota_status_t status;
    oneota_status(&world->ram.client, &status);
    bool waits = status.reason == ONEOTA_REASON_BATTERY || status.reason == ONEOTA_REASON_SIGNAL;
    if (!board->lied_to || !waits || board->signal == INT32_MAX) {
        return false;
    }
    board->battery = 100;
    board->signal = INT32_MAX;
    world->limit_ms += world->limit_ms;
    return true;
}

static bool over_budget(world_t *world)
{
    if (world->polls > POLLS_MAX) {
        world_violate(world, "converge: too many polls");
    } else if (world->slept_ms > world->limit_ms && !relents(world)) {
        world_violate(world, "converge: longer than a day");
    } else if (world->board.boots > 12u + 4u * world->cuts) {
        world_violate(world, "converge: too many boots");
    }
    return world->violation != NULL;
}

static void poll_on(world_t *world)
{
    while (!world->done && !world->restart && !over_budget(world)) {
        world_command(world);
        uint32_t sleep_ms = world_command_left(world, world_poll(world));
        if (world->restart) {
            break;
        }
        if (!world_pass(world, sleep_ms)) {
            longjmp(world->power, POWER_CUT);
        }
        world_end_act(world);
    }
    if (!guards_hold(world)) {
        world_violate(world, "memory: a guard was overwritten");
    }
}

/* A trial that the power ends so many times was a trial all the same: the loader goes back, and
 * that is to be told. */
static void count_trial_cut(world_t *world)
{
    world->trial_cuts += world->tried || !fake_board_settled(&world->board) ? 1u : 0u;
    size_t count = strlen((const char *)world->codes);
    if (world->trial_cuts >= FAKE_TRIALS - 1u && count + 1u < sizeof world->codes &&
        strchr((const char *)world->codes, 206) == NULL) {
        world->codes[count] = 206;
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
            count_trial_cut(world);
            world_arm_cut(world);
        }
        return;
    }
    fake_net_drop(&world->net);
    world->tried = false;
    fake_board_boot(&world->board);
    world->tried = !fake_board_settled(&world->board);
    if (world->board.violation != NULL) {
        return;
    }
    if (world->scenario->trial == WORLD_DEAD && !fake_board_settled(&world->board)) {
        longjmp(world->power, POWER_CRASH);
    }
    world_shrink(world);
    start_client(world);
    poll_on(world);
}

/* ---------------------------------------------------------------- one case */

static void begin(world_t *world, uint32_t seed)
{
    const world_scenario_t *scenario = world->scenario;
    fake_board_t *board = &world->board;
    fake_board_reset(board, seed);
    world->day_s = board->unix_s;
    fake_net_init(&world->net, world->dialect->server, &world->platform);
    fake_platform_init(&world->platform, &world_truth, world);
    world->platform.handles = world->dialect->handles;
    world->platform.announces = world->dialect->announces;
    world->platform.trailers = scenario->signs;
    world->platform.losses = &world->net.losses;
    world->net.late = &world->platform.late;
    world->net.power_off = power_off;
    world->net.power_ctx = world;
    board->power_off = power_off;
    board->power_ctx = world;
    board->clock_known = !scenario->clock_unknown;
    board->inspects = scenario->unfit ? ONEOTA_VERIFY : ONEOTA_OK;
    board->journal.flash.again = scenario->again;
    world_set_torn(world, FAKE_TORN_STABLE);
    memset(world->codes, 0, sizeof world->codes);
    memcpy(world->codes, scenario->codes, sizeof scenario->codes);
    world->platform.codes = world->codes;
    for (unsigned n = 0; n < board->config.images; n++) {
        const fake_known_t *package = world->packages[n];
        board->slots[n][0].flash.again = scenario->again;
        board->slots[n][1].flash.again = scenario->again;
        fake_task_t *task =
            fake_platform_add(&world->platform, world->images[n].id.type, world->targets[n],
                              package->bytes, package->size, world->md5[n]);
        task->served = scenario->spoiled ? world->spoilt : package->bytes;
        if (n == 0 && world->patch != NULL) {
            task->served = world->patch->bytes;
            task->size = world->patch->length;
            task->differential = true;
        }
        task->retry = scenario->retry;
        task->interval = scenario->interval;
    }
    world->cuts = 0;
    world->crashes = 0;
    world->trial_cuts = 0;
    world->polls = 0;
    world->slept_ms = 0;
    world->violation = NULL;
    world->tamper = NULL;
    world->sabotage = NULL;
    world->act = NULL;
    world->stuck = NULL;
    world->slow = NULL;
    world->smaller = NULL;
    world->listen = NULL;
    world->command = NULL;
    world->asked = 0;
    world->asked_ms = 0;
    world->asked_calls = 0;
    world->events = 0;
    world->acts = 0;
    world->stopped_ms = 0;
    world->hung_ms = 0;
    world->lenient = false;
    world->endings = 0;
    world->longest_ms = 0;
    memset(&world->before, 0, sizeof world->before);
    world->delivered_before = 0;
    world->act_end_ms = 0;
    world->limit_ms = DAY_MS;
    memset(&world->outcome, 0, sizeof world->outcome);
    world->done = false;
}

/* Once more from power-on: nothing is downloaded or told again; but the end may be, or the task
 * looked up, when the record of the end was torn and reads otherwise now. */
static void live_afterwards(world_t *world)
{
    uint32_t counts[FAKE_CALL_KINDS];
    memcpy(counts, world->platform.counts, sizeof counts);
    world->done = false;
    live(world);
    bool fades = world->cuts > 0 && world->board.journal.flash.torn >= FAKE_TORN_UNSTABLE;
    uint32_t again = fades ? 2u : 0u; /* once refused for its clock */
    world->platform.counts[FAKE_DOWNLOAD] += world_sabotaged(world, WORLD_SABOTAGE_AGAIN) ? 1u : 0u;
    if (world->platform.counts[FAKE_DOWNLOAD] != counts[FAKE_DOWNLOAD] ||
        world->platform.counts[FAKE_TOKEN] > counts[FAKE_TOKEN] + again ||
        world->platform.counts[FAKE_REPORT] > counts[FAKE_REPORT] + again) {
        world_violate(world, "idempotence: something happened after the end");
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
        world_arm(world, &faults[n]);
    }
    world_arm_cut(world);
    if (world->prepare != NULL) {
        world->prepare(world->prepare_ctx);
    }
    while (!world->done && world->violation == NULL && world->board.violation == NULL) {
        live(world);
    }
    conclude(world);
    if (world->outcome.violation == NULL && !world->stop_at_cut) {
        world_judge_end(world);
        world->board.cut_at = 0;
        world->net.cut_at = 0;
        live_afterwards(world);
        const char *inner = first_violation(world);
        world->outcome.violation = inner != NULL ? inner : world->violation;
    }
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
