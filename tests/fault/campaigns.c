/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "campaigns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX    10u
#define SHOWN_FAULTS 6u
#define MIXED_CASES  24000u

static const char *const k_kinds[WORLD_FAULT_KINDS] = {
    "fine",  "split", "dribble",  "answer", "net-call", "board-call", "tamper", "operator",
    "peer",  "low",   "sabotage", "clock",  "worn",     "stuck",      "garble", "rot",
    "every", "slow",  "smaller",  "tick",   "listen",   "command",    "cut",    "cut-net"};

static void show(const run_t *run, const world_t *world, const world_fault_t *faults,
                 unsigned count)
{
    const world_scenario_t *s = world->scenario;
    printf("  %s: %s(size %u slot %u unit %u program %u erased %02x journal %u trial %u code %u)",
           world->outcome.violation, s->name, (unsigned)s->size, (unsigned)s->slot_size,
           (unsigned)s->unit, s->program_unit, s->erased, (unsigned)s->journal_unit, s->trial,
           s->codes[0]);
    for (unsigned n = 0; n < count && n < SHOWN_FAULTS; n++) {
        printf(" %s(mode %u call %u at %u byte %u)", k_kinds[faults[n].kind], faults[n].mode,
               faults[n].call, (unsigned)faults[n].at, (unsigned)faults[n].byte);
    }
    printf(count > SHOWN_FAULTS ? " ...\n" : "\n");
    printf("    again: %s --dialect %s --campaign %s --case %u --seed %u --scale %u -v\n",
           run->program, run->dialect->name, run->campaign, (unsigned)run->number,
           (unsigned)run->seed, (unsigned)run->scale);
}

bool campaign_turn(const run_t *run, uint32_t number)
{
    return run->only < 0
               ? number % run->slice == 0 && number / CAMPAIGN_BLOCK % run->parts == run->part
               : run->only == number;
}

static void show_work(const world_t *world)
{
    const world_outcome_t *outcome = &world->outcome;
    const world_poll_t *most = &outcome->poll;
    world_print_calls(world);
    printf("  boots %u, cuts %u, operations %u, net calls %u, polls %u, minutes %u\n",
           (unsigned)outcome->boots, (unsigned)outcome->cuts, (unsigned)outcome->operations,
           (unsigned)outcome->net_calls, (unsigned)outcome->polls, (unsigned)outcome->minutes);
    printf("  a poll: net calls %u, writes %u, reads %u of %u bytes, of the journal %u\n",
           (unsigned)most->net, (unsigned)most->writes, (unsigned)most->reads,
           (unsigned)most->bytes, (unsigned)most->journal_bytes);
}

static void tally(run_t *run, const world_t *world, const world_fault_t *faults, unsigned count)
{
    run->cases++;
    run->violations += world->outcome.violation != NULL ? 1u : 0u;
    run->repeats += world->platform.repeats > 0 ? 1u : 0u;
    run->late += world->platform.late_count > 0 ? 1u : 0u;
    run->resumed += world->platform.resumed > 0 ? 1u : 0u;
    run->cut += world->outcome.cuts > 0 ? 1u : 0u;
    run->cuts += world->outcome.cuts;
    for (unsigned n = 0; n < count; n++) {
        run->planned += faults[n].kind >= WORLD_CUT ? 1u : 0u;
    }
}

void campaign_try(run_t *run, world_t *world, const world_fault_t *faults, unsigned count)
{
    if (campaign_turn(run, run->number)) {
        world->verbose = run->verbose;
        world_run(world, run->seed + run->number, faults, count);
        world->verbose = false;
        tally(run, world, faults, count);
        if (world->outcome.violation != NULL && (run->violations <= SHOWN_MAX || run->verbose)) {
            show(run, world, faults, count);
        }
        if (run->verbose) {
            show_work(world);
        }
    }
    run->number++;
}

uint32_t campaign_stride(const run_t *run, const world_t *world, uint32_t stride)
{
    return world->scenario->signs && run->scale == 1u ? stride : 1u;
}

void campaign_expect(run_t *run, bool holds, const char *what)
{
    bool many = run->parts == 1u || run->cases > 1000u;
    if (!holds && run->only < 0 && run->slice == 1u && many) {
        printf("  %s\n", what);
        run->violations++;
    }
}

world_t *campaign_rehearse(const run_t *run, const char *name)
{
    world_t *world = malloc(sizeof *world);
    if (world == NULL || !world_init(world, run->dialect, world_scenario(name))) {
        abort();
    }
    world_run(world, run->seed, NULL, 0);
    return world;
}

void campaign_leave(world_t *world)
{
    world_free(world);
    free(world);
}

uint32_t campaign_random(uint32_t *random, uint32_t end)
{
    *random = *random * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)*random * end >> 32);
}

world_fault_t campaign_random_cut(uint32_t *random, uint32_t operations, uint32_t net_calls)
{
    world_fault_t fault = {.kind = WORLD_CUT};
    if (campaign_random(random, 4u) == 0) {
        fault.kind = WORLD_CUT_NET;
        fault.at = 1u + campaign_random(random, net_calls);
    } else {
        fault.mode = (uint8_t)campaign_random(random, FAKE_CUT_COUNT);
        fault.call = (uint8_t)campaign_random(random, FAKE_TORN_COUNT);
        fault.at = 1u + campaign_random(random, operations);
    }
    return fault;
}

/* ---------------------------------------------------------------- nothing goes wrong */

static void go_clean(run_t *run)
{
    for (const world_scenario_t *scenario = world_scenarios; scenario->name != NULL; scenario++) {
        world_t *world = campaign_rehearse(run, scenario->name);
        for (unsigned n = 0; n < 20u; n++) {
            campaign_try(run, world, NULL, 0);
        }
        campaign_leave(world);
    }
}

/* ---------------------------------------------------------------- port-call */

static void fail_calls(run_t *run, const char *name)
{
    world_t *world = campaign_rehearse(run, name);
    uint32_t stride = campaign_stride(run, world, 5u);
    uint32_t net_calls[FAKE_NET_CALLS];
    uint32_t board_calls[FAKE_CALL_COUNT];
    for (unsigned n = 0; n < FAKE_NET_CALLS; n++) {
        net_calls[n] = world->net.calls[n];
    }
    for (unsigned n = 0; n < FAKE_CALL_COUNT; n++) {
        board_calls[n] = world->board.calls[n];
    }
    for (uint8_t call = 0; call < FAKE_NET_ANY; call++) {
        for (uint32_t at = 1; at <= net_calls[call]; at += stride) {
            uint8_t modes = call == FAKE_NET_SEND ? FAKE_NET_CALL_COUNT : FAKE_NET_CALL_LATE;
            for (uint8_t mode = 0; mode < modes; mode++) {
                const world_fault_t fault = {
                    .kind = WORLD_NET_CALL, .call = call, .mode = mode, .at = at};
                campaign_try(run, world, &fault, 1);
            }
        }
    }
    for (uint8_t call = 0; call < FAKE_CALL_COUNT; call++) {
        uint8_t modes = call < FAKE_CALL_QUERY ? (uint8_t)FAKE_FAULT_COUNT : 3u;
        for (uint32_t at = 1; at <= board_calls[call]; at += stride) {
            for (uint8_t mode = 0; mode < modes; mode++) {
                const world_fault_t fault = {
                    .kind = WORLD_BOARD_CALL, .call = call, .mode = mode, .at = at};
                campaign_try(run, world, &fault, 1);
            }
        }
    }
    campaign_leave(world);
}

static void go_port_call(run_t *run)
{
    static const char *const k_names[] = {"small",
                                          "retry",
                                          "large",
                                          "one",
                                          "full",
                                          "busy",
                                          "pair",
                                          "rejected",
                                          "hidden",
                                          "mislabelled",
                                          "unfit",
                                          "spoiled",
                                          "swap",
                                          "swap-rejected",
                                          "signed",
                                          "signed-retry",
                                          "signed-rejected",
                                          "delta",
                                          "delta-small"};
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        fail_calls(run, k_names[n]);
    }
    campaign_expect(run, run->late > 0, "no request came late");
}

/* ---------------------------------------------------------------- tamper, oracle */

static void tamper_all(run_t *run, const char *name)
{
    world_t *world = campaign_rehearse(run, name);
    uint32_t stride = campaign_stride(run, world, 11u);
    for (uint32_t at = 0; at < world->scenario->size; at += stride) {
        const world_fault_t fault = {.kind = WORLD_TAMPER, .at = at};
        campaign_try(run, world, &fault, 1);
    }
    campaign_leave(world);
}

static void go_tamper(run_t *run)
{
    tamper_all(run, "tampered");
    tamper_all(run, "signed-tampered");
}

/* Here a violation is what is wanted, and just that one. */
static void go_oracle(run_t *run)
{
    static const char *const k_finds[WORLD_SABOTAGE_COUNT] = {
        [WORLD_SABOTAGE_CODES] = "truth: a result that has no cause",
        [WORLD_SABOTAGE_GUARD] = "memory: a guard was overwritten",
        [WORLD_SABOTAGE_RUNNING] = "brick: the running slot is changed",
        [WORLD_SABOTAGE_TWICE] = "program without an erase",
        [WORLD_SABOTAGE_VERSION] = "truth: a version that does not run",
        [WORLD_SABOTAGE_RESTART] = "converge: longer than a day",
        [WORLD_SABOTAGE_LOG] = "secrecy: a line of log",
        [WORLD_SABOTAGE_KEY] = "secrecy: the key is in the journal",
        [WORLD_SABOTAGE_POLL] = "liveness: a poll does more than one thing",
        [WORLD_SABOTAGE_SLOT] = "wear: a unit of a slot is erased once too often",
        [WORLD_SABOTAGE_JOURNAL] = "wear: the journal is erased too often",
        [WORLD_SABOTAGE_BYTES] = "traffic: a fault costs more than it must",
        [WORLD_SABOTAGE_TRAFFIC] = "converge: too much traffic",
        [WORLD_SABOTAGE_BROKEN] = "traffic: an answer is not heard to its end",
        [WORLD_SABOTAGE_ENDING] = "silence: a failure is told to the application once",
        [WORLD_SABOTAGE_BOOTS] = "converge: too many boots",
        [WORLD_SABOTAGE_AGAIN] = "idempotence: something happened after the end",
    };
    world_t *world = campaign_rehearse(run, "small");
    for (uint8_t mode = 0; mode < WORLD_SABOTAGE_COUNT; mode++) {
        const world_fault_t fault = {.kind = WORLD_SABOTAGE, .mode = mode};
        world_run(world, run->seed, &fault, 1);
        run->cases++;
        if (world->outcome.violation == NULL ||
            strcmp(world->outcome.violation, k_finds[mode]) != 0) {
            printf("  sabotage %u: \"%s\" was not found, but %s\n", mode, k_finds[mode],
                   world->outcome.violation != NULL ? world->outcome.violation : "nothing");
            run->violations++;
        } else if (run->verbose) {
            printf("  sabotage %u: %s\n", mode, world->outcome.violation);
        }
    }
    campaign_leave(world);
}

/* ---------------------------------------------------------------- mixed */

static world_fault_t random_fault(uint32_t *random, const world_t *clean)
{
    world_fault_t fault = {
        .kind = (uint8_t)(WORLD_SPLIT + campaign_random(random, WORLD_TAMPER - WORLD_SPLIT))};
    switch (fault.kind) {
    case WORLD_DRIBBLE:
        fault.at = 1u + campaign_random(random, 600u);
        fault.byte = 1u + campaign_random(random, 600u);
        break;
    case WORLD_NET_CALL:
        fault.call = (uint8_t)campaign_random(random, FAKE_NET_CALLS);
        fault.mode = (uint8_t)campaign_random(random, FAKE_NET_CALL_COUNT);
        fault.at = 1u + campaign_random(random, clean->net.calls[fault.call]);
        break;
    case WORLD_BOARD_CALL:
        fault.call = (uint8_t)campaign_random(random, FAKE_CALL_COUNT);
        fault.mode = (uint8_t)campaign_random(random, fault.call < FAKE_CALL_QUERY ? 4u : 3u);
        fault.at = 1u + campaign_random(random, clean->board.calls[fault.call] + 2u);
        break;
    default: /* split, answer */
        fault.mode = (uint8_t)(FAKE_NET_CLOSE + campaign_random(random, 3u));
        fault.at = 1u + campaign_random(random, clean->net.answers + 2u);
        fault.byte = campaign_random(random, 700u);
        break;
    }
    return fault;
}

/* Two or three things of any kind, and a cut in half of the cases. */
static void go_mixed(run_t *run)
{
    static const char *const k_names[] = {
        "small",    "retry",  "large",  "seventeen",   "one",  "pair",  "busy",
        "rejected", "silent", "hidden", "mislabelled", "dead", "delta", "delta-small"};
    uint32_t random = run->seed * 77u;
    for (size_t n = 0; n < sizeof k_names / sizeof k_names[0]; n++) {
        world_t *world = campaign_rehearse(run, k_names[n]);
        world_t *clean = malloc(sizeof *clean);
        if (clean == NULL) {
            abort();
        }
        *clean = *world;
        for (uint32_t number = 0; number < MIXED_CASES / (sizeof k_names / sizeof k_names[0]);
             number++) {
            world_fault_t faults[3];
            faults[0] = random_fault(&random, clean);
            faults[1] = random_fault(&random, clean);
            faults[2] =
                campaign_random_cut(&random, clean->outcome.operations, clean->outcome.net_calls);
            campaign_try(run, world, faults, 2u + number % 2u);
        }
        free(clean);
        campaign_leave(world);
    }
}

/* ---------------------------------------------------------------- regression */

typedef struct {
    const char *name; /* what happened */
    const char *scenario;
    world_fault_t fault; /* at: counted on from the last call of a case in which all went well */
    uint32_t
        cut_back; /* and the power goes so many net calls before the last one; 0: it does not */
} regression_t;

static const regression_t k_regressions[] = {
    {"test_mark_when_one_read_fails_the_update_goes_on",
     "small",
     {.kind = WORLD_BOARD_CALL, .call = FAKE_CALL_SLOT_READ, .mode = FAKE_FAULT_ERROR},
     0},
    {"test_mark_when_one_read_is_wrong_the_update_goes_on",
     "small",
     {.kind = WORLD_BOARD_CALL, .call = FAKE_CALL_SLOT_READ, .mode = FAKE_FAULT_FLIP},
     0},
    {"test_mark_when_the_call_fails_once_without_retry_it_is_tried_again",
     "small",
     {.kind = WORLD_BOARD_CALL, .call = FAKE_CALL_MARK, .mode = FAKE_FAULT_ERROR},
     0},
    {"test_mark_when_it_failed_but_was_done_nothing_else_is_told",
     "small",
     {.kind = WORLD_BOARD_CALL, .call = FAKE_CALL_MARK, .mode = FAKE_FAULT_ERROR_DONE},
     0},
    {"test_identify_when_one_read_is_wrong_the_new_image_is_not_called_reverted",
     "small",
     {.kind = WORLD_BOARD_CALL, .call = FAKE_CALL_SLOT_READ, .mode = FAKE_FAULT_FLIP, .at = 1},
     4},
};

static void go_regression(run_t *run)
{
    for (size_t n = 0; n < sizeof k_regressions / sizeof k_regressions[0]; n++) {
        const regression_t *regression = &k_regressions[n];
        world_t *world = campaign_rehearse(run, regression->scenario);
        uint32_t violations = run->violations;
        world_fault_t faults[2] = {regression->fault, {.kind = WORLD_FINE}};
        faults[0].at += world->board.calls[faults[0].call];
        if (regression->cut_back > 0) {
            faults[1].kind = WORLD_CUT_NET;
            faults[1].at = world->outcome.net_calls - regression->cut_back;
        }
        campaign_try(run, world, faults, 2);
        if (run->violations != violations) {
            printf("  %s\n", regression->name);
        }
        campaign_leave(world);
    }
}

const campaign_t campaigns[] = {
    {"oracle", go_oracle},
    {"clean", go_clean},
    {"split", campaign_split},
    {"port-call", go_port_call},
    {"power-cut", campaign_power_cut},
    {"revert", campaign_revert},
    {"tamper", go_tamper},
    {"net-byte", campaign_net_byte},
    {"double-cut", campaign_double_cut},
    {"mixed", go_mixed},
    {"operator", campaign_operator},
    {"peer", campaign_peer},
    {"low", campaign_low},
    {"time", campaign_time},
    {"wrap", campaign_wrap},
    {"twice", campaign_twice},
    {"for-ever", campaign_for_ever},
    {"worn", campaign_worn},
    {"rot", campaign_rot},
    {"cross", campaign_cross},
    {"chain", campaign_chain},
    {"pairs", campaign_pairs},
    {"doubled", campaign_doubled},
    {"blind", campaign_blind},
    {"every", campaign_every},
    {"odd", campaign_odd},
    {"slow", campaign_slow},
    {"smaller", campaign_smaller},
    {"tick", campaign_tick},
    {"application", campaign_application},
    {"regression", go_regression},
    {NULL, NULL},
};
