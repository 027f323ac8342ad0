/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * One poll, and whether it was one small piece of work.
 */
#include "world_parts.h"

/* What oneota_poll() promises: one receive, one erase or program, one block of hashing, which is no
 * more than the work buffer holds. Connecting and sending are of the receive's kind; to look
 * through the journal is no more work than a block. */
#define BLOCK_BYTES 3072u

static world_poll_t done_so_far(const world_t *world)
{
    const fake_board_t *board = &world->board;
    const uint32_t *calls = board->calls;
    const world_poll_t poll = {
        .net = world->net.calls[FAKE_NET_ANY],
        .writes = calls[FAKE_CALL_SLOT_ERASE] + calls[FAKE_CALL_SLOT_PROGRAM] +
                  calls[FAKE_CALL_JOURNAL_ERASE] + calls[FAKE_CALL_JOURNAL_PROGRAM],
        .reads = calls[FAKE_CALL_SLOT_READ],
        .bytes = board->slot_bytes,
        .journal_bytes = board->journal_bytes,
    };
    return poll;
}

/* @return what was done since then, and the most of it is noted */
static uint32_t note(uint32_t *most, uint32_t now, uint32_t then)
{
    uint32_t done = now - then;
    *most = done > *most ? done : *most;
    return done;
}

static void judge_poll(world_t *world, const world_poll_t *before)
{
    world_poll_t now = done_so_far(world);
    world_poll_t *most = &world->outcome.poll;
    uint32_t net = note(&most->net, now.net, before->net);
    uint32_t writes = note(&most->writes, now.writes, before->writes);
    uint32_t reads = note(&most->reads, now.reads, before->reads);
    uint32_t bytes = note(&most->bytes, now.bytes, before->bytes);
    uint32_t journal = note(&most->journal_bytes, now.journal_bytes, before->journal_bytes);
    if (net > 1u || writes > 1u || reads > 1u || bytes > BLOCK_BYTES || journal > BLOCK_BYTES) {
        world_violate(world, "liveness: a poll does more than one thing");
    }
}

uint32_t world_poll(world_t *world)
{
    world_poll_t before = done_so_far(world);
    uint32_t sleep_ms = oneota_poll(&world->ram.client);
    uint32_t left_ms = fake_net_left_ms(&world->net);
    world->polls++;
    judge_poll(world, &before);
    world->longest_ms =
        world->stuck != NULL && sleep_ms > world->longest_ms ? sleep_ms : world->longest_ms;
    return sleep_ms < left_ms ? sleep_ms : left_ms;
}
