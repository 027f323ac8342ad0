/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT 1460u
#define PAGE 256u
#define UNIT 4096u

static void need(bool right, const char *what)
{
    if (!right) {
        fprintf(stderr, "bench: %s\n", what);
        exit(1);
    }
}

void sim_begin(sim_t *sim, const sim_plan_t *plan, const stand_in_t *platform)
{
    memset(sim, 0, sizeof *sim);
    sim->plan = plan;
    sim->platform = platform;
    sim->now_us = 1000; /* 0 is no time */
}

/* ---------------------------------------------------------------- the link */

static uint64_t duration_us(const sim_t *sim, uint64_t bytes)
{
    return bytes * 8u * 1000000u / sim->plan->bits_per_s;
}

/* When the sender hears that bytes up to `to` were read; 0: they were not. */
static uint64_t heard_us(sim_t *sim, uint64_t to)
{
    while (sim->read_seen < sim->read_count && sim->reads[sim->read_seen].end < to) {
        sim->read_seen++;
    }
    return sim->read_seen == sim->read_count
               ? 0
               : sim->reads[sim->read_seen].time_us + sim->plan->delay_us;
}

/* Puts what the server may send on the link, also what it will send only later. */
static void send_segments(sim_t *sim)
{
    uint64_t end = sim->base + sim->answer.head_length + sim->answer.body_length;
    while (sim->sent < end && sim->segment_count < SIM_SEGMENTS_MAX) {
        uint64_t to = end - sim->sent < SEGMENT ? end : sim->sent + SEGMENT;
        uint64_t start_us = sim->ready_us > sim->free_us ? sim->ready_us : sim->free_us;
        if (to > sim->plan->window_bytes) {
            uint64_t open_us = heard_us(sim, to - sim->plan->window_bytes);
            if (open_us == 0) {
                return;
            }
            start_us = open_us > start_us ? open_us : start_us;
        }
        sim->free_us = start_us + duration_us(sim, to - sim->sent);
        sim->sent = to;
        sim->segments[(sim->segment_first + sim->segment_count++) % SIM_SEGMENTS_MAX] =
            (sim_mark_t){ to, sim->free_us + sim->plan->delay_us };
    }
}

static oneota_error_t net_open(void *ctx, const char *address, uint16_t port, const char *name)
{
    sim_t *sim = ctx;
    (void)address, (void)port, (void)name;
    if (sim->connected_us == 0) {
        sim->connected_us = sim->now_us + 2u * sim->plan->delay_us;
    }
    if (sim->now_us < sim->connected_us) {
        sim->again++;
        return ONEOTA_AGAIN;
    }
    return ONEOTA_OK;
}

static oneota_error_t net_send(void *ctx, const void *data, size_t length, size_t *sent)
{
    sim_t *sim = ctx;
    need(sim->request_length + length <= sizeof sim->request, "a request of more than 1 KiB");
    memcpy(sim->request + sim->request_length, data, length);
    sim->request_length += length;
    *sent = length;
    uint64_t base = sim->base + sim->answer.head_length + sim->answer.body_length;
    need(sim->read == base, "a request before the last answer was read");
    if (stand_in_serve(sim->platform, sim->request, sim->request_length, &sim->answer) == 0) {
        return ONEOTA_OK;
    }
    sim->requests++;
    sim->base = base;
    sim->ready_us = sim->now_us + duration_us(sim, sim->request_length) + sim->plan->delay_us;
    sim->request_length = 0;
    send_segments(sim);
    return ONEOTA_OK;
}

static void copy_stream(const sim_t *sim, uint8_t *to, size_t length)
{
    uint64_t from = sim->read - sim->base;
    for (size_t n = 0; n < length; n++, from++) {
        to[n] = from < sim->answer.head_length
                    ? (uint8_t)sim->answer.head[from]
                    : sim->answer.body[from - sim->answer.head_length];
    }
}

static oneota_error_t net_recv(void *ctx, void *buffer, size_t size, size_t *received)
{
    sim_t *sim = ctx;
    uint64_t arrived = sim->read;
    *received = 0;
    for (uint32_t n = 0; n < sim->segment_count; n++) {
        const sim_mark_t *segment = &sim->segments[(sim->segment_first + n) % SIM_SEGMENTS_MAX];
        arrived = segment->time_us <= sim->now_us ? segment->end : arrived;
    }
    if (arrived == sim->read) {
        sim->again++;
        return ONEOTA_AGAIN;
    }
    *received = arrived - sim->read < size ? (size_t)(arrived - sim->read) : size;
    copy_stream(sim, buffer, *received);
    sim->read += *received;
    sim->receives++;
    while (sim->segment_count > 0 && sim->segments[sim->segment_first].end <= sim->read) {
        sim->segment_first = (sim->segment_first + 1u) % SIM_SEGMENTS_MAX;
        sim->segment_count--;
    }
    need(sim->read_count < SIM_READS_MAX, "too many receives");
    sim->reads[sim->read_count++] = (sim_mark_t){ sim->read, sim->now_us };
    send_segments(sim);
    return ONEOTA_OK;
}

static void net_close(void *ctx)
{
    sim_t *sim = ctx;
    need(sim->connected_us == 0, "the connection was closed");
}

static int32_t net_last_error(void *ctx)
{
    (void)ctx;
    return 0;
}

const oneota_net_t sim_net = { net_open, net_send, net_recv, net_close, net_last_error, 0, false };

/* ---------------------------------------------------------------- the clock */

static uint32_t clock_now_ms(void *ctx)
{
    const sim_t *sim = ctx;
    return (uint32_t)(sim->now_us / 1000u);
}

const oneota_clock_t sim_clock = { clock_now_ms, NULL };

void sim_wait(sim_t *sim, uint32_t ms)
{
    uint64_t until_us = sim->now_us + (uint64_t)ms * 1000u;
    uint64_t next_us = until_us;
    if (sim->segment_count > 0) {
        next_us = sim->segments[sim->segment_first].time_us;
    } else if (sim->now_us < sim->connected_us) {
        next_us = sim->connected_us;
    }
    until_us = next_us < until_us ? next_us : until_us;
    sim->now_us = until_us > sim->now_us ? until_us : sim->now_us;
}

/* ---------------------------------------------------------------- the flash */

static void block(sim_t *sim, uint64_t us)
{
    sim->now_us += us;
    sim->flash_us += us;
}

static oneota_error_t flash_erase(void *ctx, uint32_t offset)
{
    sim_t *sim = ctx;
    (void)offset;
    block(sim, sim->plan->erase_us);
    return ONEOTA_OK;
}

static oneota_error_t flash_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    sim_t *sim = ctx;
    (void)data;
    uint32_t pages = (offset + length + PAGE - 1u) / PAGE - offset / PAGE;
    block(sim, (uint64_t)pages * sim->plan->program_us);
    return ONEOTA_OK;
}

/* What it would read is what was written, if the client is right: other tests show that. */
static oneota_error_t flash_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    const sim_t *sim = ctx;
    memcpy(buffer, sim->platform->package + offset, length);
    return ONEOTA_OK;
}

static oneota_erase_unit_t erase_unit(void *ctx, uint32_t offset)
{
    (void)ctx;
    return (oneota_erase_unit_t){ offset - offset % UNIT, UNIT };
}

static uint32_t flash_size(void *ctx)
{
    const sim_t *sim = ctx;
    return (sim->platform->size + UNIT - 1u) / UNIT * UNIT;
}

const oneota_flash_t sim_flash = { flash_erase, flash_program, flash_read, erase_unit,
                                   flash_size,  PAGE,          0xFF };

static oneota_error_t journal_erase(void *ctx, uint32_t offset)
{
    sim_journal_t *journal = ctx;
    memset(journal->bytes + offset, 0xFF, UNIT);
    return flash_erase(journal->sim, offset);
}

static oneota_error_t journal_program(void *ctx, uint32_t offset, const void *data, uint32_t length)
{
    sim_journal_t *journal = ctx;
    memcpy(journal->bytes + offset, data, length);
    return flash_program(journal->sim, offset, data, length);
}

static oneota_error_t journal_read(void *ctx, uint32_t offset, void *buffer, uint32_t length)
{
    const sim_journal_t *journal = ctx;
    memcpy(buffer, journal->bytes + offset, length);
    return ONEOTA_OK;
}

static uint32_t journal_size(void *ctx)
{
    const sim_journal_t *journal = ctx;
    return sizeof journal->bytes;
}

const oneota_flash_t sim_journal = { journal_erase, journal_program, journal_read, erase_unit,
                                     journal_size,  16,              0xFF };
