/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * sim.h: a link to the stand-in and a flash, both on a virtual clock that nothing else moves:
 * exact, and done in an instant.
 *
 * The link is TCP as far as the time of a download depends on it: a rate, the same both ways; a
 * delay each way; segments of 1460 bytes; and a receive window that bytes occupy from when they
 * leave the server until the server hears, one delay later, that they were read. No slow start,
 * no loss, no headers of IP. The server answers at once. A flash operation blocks the device;
 * what is on its way arrives meanwhile.
 */
#ifndef ONEOTA_BENCH_SIM_H
#define ONEOTA_BENCH_SIM_H

#include "oneota/port.h"
#include "stand_in.h"

#define SIM_SEGMENTS_MAX 256u
#define SIM_READS_MAX 16384u

typedef struct {
    const char *name;
    uint32_t bits_per_s;
    uint32_t delay_us; /**< one way */
    uint32_t window_bytes;
    uint32_t erase_us;   /**< of 4 KiB */
    uint32_t program_us; /**< of a page of 256 bytes, or a part of one */
} sim_plan_t;

typedef struct {
    uint64_t end;     /**< of the stream of answers */
    uint64_t time_us; /**< of its last byte at the device, or of a read */
} sim_mark_t;

typedef struct {
    const sim_plan_t *plan;
    const stand_in_t *platform;
    uint64_t now_us;
    uint64_t flash_us; /**< spent in flash operations */
    uint32_t requests;
    uint32_t receives; /**< that brought bytes */
    uint32_t again;    /**< calls of the net port that had to be repeated */

    /* private */
    uint64_t connected_us; /**< 0: no connection */
    char request[1024];
    size_t request_length;
    stand_in_answer_t answer;
    uint64_t base;    /**< where the answer begins in the stream */
    uint64_t ready_us; /**< when the server begins to send it */
    uint64_t free_us; /**< when the link has sent what was put on it */
    uint64_t sent, read;
    sim_mark_t segments[SIM_SEGMENTS_MAX]; /**< on their way, or not read yet */
    uint32_t segment_first, segment_count;
    sim_mark_t reads[SIM_READS_MAX]; /**< one for each receive, in order */
    uint32_t read_count, read_seen;
} sim_t;

void sim_begin(sim_t *sim, const sim_plan_t *plan, const stand_in_t *platform);

/** Moves the clock to when the next bytes arrive, at most by ms. */
void sim_wait(sim_t *sim, uint32_t ms);

/** Their ctx is a sim_t. */
extern const oneota_net_t sim_net;
extern const oneota_clock_t sim_clock;
extern const oneota_flash_t sim_flash; /**< keeps nothing; program unit 256, erase unit 4 KiB */

/** Likewise a flash that keeps its 8 KiB, and takes its time: for the journal. */
typedef struct {
    sim_t *sim;
    uint8_t bytes[8192];
} sim_journal_t;
extern const oneota_flash_t sim_journal;

#endif
