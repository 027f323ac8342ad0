/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The link breaks, stalls, pauses, crawls, lies: at every byte of what the platform sends, and of
 * what it is sent.
 */
#include "campaigns.h"

/* ---------------------------------------------------------------- split */

static void split_all(run_t *run, const char *name, uint32_t stride)
{
    world_t *world = campaign_rehearse(run, name);
    fake_net_t net = world->net;
    stride *= campaign_stride(run, world, 5u);
    for (uint32_t answer = 1; answer <= net.answers; answer++) {
        for (uint32_t byte = 1; byte < net.lengths[answer - 1u]; byte += stride) {
            const world_fault_t fault = {.kind = WORLD_SPLIT, .at = answer, .byte = byte};
            campaign_try(run, world, &fault, 1);
        }
    }
    campaign_leave(world);
}

void campaign_split(run_t *run)
{
    static const uint8_t k_most[][2] = {{1, 0}, {0, 1}, {1, 1}, {2, 7}, {7, 3}, {100, 100}};
    for (const world_scenario_t *scenario = world_scenarios; scenario->name != NULL; scenario++) {
        world_t *world = campaign_rehearse(run, scenario->name);
        for (size_t n = 0; n < sizeof k_most / sizeof k_most[0]; n++) {
            const world_fault_t fault = {
                .kind = WORLD_DRIBBLE, .at = k_most[n][0], .byte = k_most[n][1]};
            campaign_try(run, world, &fault, 1);
        }
        campaign_leave(world);
    }
    split_all(run, "small", 1);
    split_all(run, "one", 1);
    split_all(run, "seventeen", 1);
    split_all(run, "clockless", 1);
    split_all(run, "signed", 7);
    split_all(run, "large", 37);
    split_all(run, "delta-small", 1);
}

/* ---------------------------------------------------------------- net-byte */

#define ALL_BITS 8u

/* A package proves itself; in other answers one wrong bit may be believed, and nothing worse. */
static void spoil_bits(run_t *run, world_t *world, world_fault_t fault, bool package)
{
    fault.kind = package ? WORLD_ANSWER : WORLD_GARBLE;
    fault.mode = FAKE_NET_CORRUPT;
    uint32_t count = run->scale > 1u ? ALL_BITS : 1u;
    for (uint32_t n = 0; n < count; n++) {
        fault.call = (uint8_t)((fault.byte * 5u + n) % ALL_BITS);
        campaign_try(run, world, &fault, 1);
    }
}

static void break_answer(run_t *run, world_t *world, uint32_t answer, uint32_t byte, bool package)
{
    world_fault_t fault = {.kind = WORLD_ANSWER, .at = answer, .byte = byte};
    for (uint8_t mode = FAKE_NET_CLOSE; mode <= FAKE_NET_SLOW; mode++) {
        fault.mode = mode;
        campaign_try(run, world, &fault, 1);
    }
    fault.mode = FAKE_NET_PAUSE;
    fault.call = 1; /* too late */
    campaign_try(run, world, &fault, 1);
    spoil_bits(run, world, fault, package);
}

static void break_bytes(run_t *run, const char *name, uint32_t stride)
{
    world_t *world = campaign_rehearse(run, name);
    fake_net_t net = world->net;
    fake_platform_t platform = world->platform;
    for (uint32_t answer = 1; answer <= net.answers; answer++) {
        const fake_record_t *record = &platform.records[(answer - 1u) % FAKE_CALLS_KEPT];
        for (uint32_t byte = 0; byte < net.lengths[answer - 1u]; byte += stride) {
            break_answer(run, world, answer, byte, record->verb == FAKE_DOWNLOAD);
        }
        for (uint32_t byte = 0; byte + 1u < net.requests[answer - 1u]; byte += stride) {
            const world_fault_t fault = {
                .kind = WORLD_ANSWER, .mode = FAKE_NET_EARLY, .at = answer, .byte = byte};
            campaign_try(run, world, &fault, 1);
        }
    }
    campaign_leave(world);
}

void campaign_net_byte(run_t *run)
{
    break_bytes(run, "golden", 1);
    break_bytes(run, "one", 1);
    break_bytes(run, "two", 1);
    break_bytes(run, "small", 5);
    break_bytes(run, "large", 131);
    break_bytes(run, "rejected", 7);
    break_bytes(run, "signed-tampered", 41); /* a flipped bit of a trailer: 205, too */
    break_bytes(run, "delta", 131);
    break_bytes(run, "delta-small", 3);
}

/* ---------------------------------------------------------------- doubled */

/* A box on the way sends a segment once more as if it were new, or adds what nobody sent. */
static void add_bytes(run_t *run, world_t *world, world_fault_t fault, bool package)
{
    static const uint8_t k_lengths[] = {1, 40, 0, 200};
    fault.kind = package ? WORLD_ANSWER : WORLD_GARBLE;
    uint32_t count = run->scale > 1u ? sizeof k_lengths : 1u;
    for (uint32_t n = 0; n < count; n++) {
        fault.call = k_lengths[(fault.byte + n) % sizeof k_lengths];
        campaign_try(run, world, &fault, 1);
    }
}

static void double_all(run_t *run, const char *name, uint32_t short_stride)
{
    uint32_t stride = run->scale > 1u ? 1u : short_stride;
    world_t *world = campaign_rehearse(run, name);
    fake_net_t net = world->net;
    fake_platform_t platform = world->platform;
    for (uint32_t answer = 1; answer <= net.answers; answer++) {
        bool package = platform.records[(answer - 1u) % FAKE_CALLS_KEPT].verb == FAKE_DOWNLOAD;
        world_fault_t fault = {.mode = FAKE_NET_TWICE, .at = answer};
        fault.byte = 1u + run->seed % stride;
        for (; fault.byte < net.lengths[answer - 1u]; fault.byte += stride) {
            add_bytes(run, world, fault, package);
        }
        fault.mode = FAKE_NET_TAIL;
        for (fault.byte = 0; fault.byte < 4u; fault.byte++) {
            add_bytes(run, world, fault, package);
        }
    }
    campaign_leave(world);
}

void campaign_doubled(run_t *run)
{
    double_all(run, "golden", 3);
    double_all(run, "large", 171);
    double_all(run, "signed-tampered", 31); /* a trailer that is none: 205, too */
    double_all(run, "delta-small", 7);
}
