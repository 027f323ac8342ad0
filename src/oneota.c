/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The API: checks arguments and state, sets flags; everything else is in machine.c.
 */
#include "oneota/oneota.h"

#include <string.h>

#include "exchange.h"
#include "journal.h"
#include "machine.h"
#include "oneota/differential.h"
#include "text.h"
#include "trust.h"

/* ---------------------------------------------------------------- checks of the set-up */

/* The tables of port.h begin with their functions, those that are required first. */
static bool provides(const void *table, unsigned required)
{
    void (*function)(void) = NULL;
    for (unsigned n = 0; table != NULL && n < required; n++) {
        memcpy(&function, (const uint8_t *)table + n * sizeof function, sizeof function);
        table = function != NULL ? table : NULL;
    }
    return table != NULL;
}

static bool flash_complete(const oneota_flash_t *flash)
{
    uint32_t unit = flash == NULL ? 0u : flash->program_unit;
    return unit != 0 && unit <= ONEOTA_PROGRAM_UNIT_MAX && (unit & (unit - 1u)) == 0 &&
           provides(flash, 5);
}

static bool ports_complete(const oneota_setup_t *s)
{
    return provides(s->net, 4) && provides(s->boot, 5) && provides(s->clock, 1) &&
           provides(s->device, 1) && (s->log == NULL || provides(s->log, 1)) &&
           flash_complete(s->journal);
}

static bool numbers_in_range(const oneota_setup_t *s)
{
    return s->poll_interval_s <= WAIT_FOREVER_MS / 1000u && s->retry_floor_ms <= WAIT_FOREVER_MS &&
           s->backoff_min_ms <= WAIT_FOREVER_MS && s->backoff_max_ms <= WAIT_FOREVER_MS &&
           s->net->poll_ms <= 50u;
}

/* Key, version, host and the rest are usable if the request that holds them all can be written. */
static bool image_usable(oneota_t *client)
{
    const oneota_setup_t *setup = client->setup;
    const oneota_image_t *image = &setup->images[client->image];
    oneota_request_t request;
    size_t length = 0;
    oneota_machine_request(client, ONEOTA_CALL_CHECK, &request);
    return flash_complete(image->slot[0]) && flash_complete(image->slot[1]) &&
           oneota_request_write(setup->dialect, &request, setup->work, setup->work_bytes,
                                &length) == ONEOTA_OK;
}

/* The largest program unit of all slots; 0: an image cannot be served. */
static uint32_t check_images(oneota_t *client)
{
    const oneota_setup_t *setup = client->setup;
    uint32_t largest = 0;
    for (client->image = 0; client->image < setup->image_count; client->image++) {
        const oneota_image_t *image = &setup->images[client->image];
        if (client->image == ONEOTA_IMAGES_MAX || !image_usable(client)) {
            return 0;
        }
        for (unsigned slot = 0; slot < 2u; slot++) {
            uint32_t unit = image->slot[slot]->program_unit;
            largest = unit > largest ? unit : largest;
        }
    }
    client->image = 0;
    memset(setup->work, 0, setup->work_bytes);
    return largest;
}

static bool trust_is_sound(const oneota_setup_t *setup)
{
    const oneota_trust_t *trust = setup->trust;
    return trust == NULL ? !ONEOTA_REQUIRE_SIGNATURE
                         : trust->scheme != NULL && trust->scheme->are_sound(setup);
}

#if ONEOTA_LOG_LEVEL >= 1
static oneota_error_t refuse(const oneota_setup_t *setup, oneota_error_t error, const char *what)
{
    if (setup->log != NULL && setup->log->line != NULL) {
        oneota_log_line_t line = {ONEOTA_LOG_ERROR, "init: refused", "because", what, 0};
        setup->log->line(setup->log_ctx, &line);
    }
    return error;
}
#else
#define refuse(setup, error, what) (error)
#endif

/* ---------------------------------------------------------------- init, poll, deinit */

/* Of the work buffer, without what is the decoder's. 0: it is too small. */
static size_t own_bytes(const oneota_setup_t *setup)
{
    if (setup->delta == NULL) {
        return setup->work_bytes;
    }
    bool holds = setup->work_bytes >= ONEOTA_WORK_DELTA_BYTES(ONEOTA_DELTA_BLOCK_MIN);
    return holds ? ONEOTA_WORK_BYTES : 0u;
}

/* Work buffer: [ request or text, and input | carry | record of the journal | decoder ] */
static oneota_error_t start(oneota_t *client, const oneota_setup_t *setup)
{
    if (setup->dialect == NULL || setup->address == NULL || setup->images == NULL ||
        setup->work == NULL) {
        return refuse(setup, ONEOTA_PARAM, "dialect, address, images or work");
    }
    if (!ports_complete(setup) || !trust_is_sound(setup)) {
        return refuse(setup, ONEOTA_PARAM, "a port, or trust");
    }
    if (!numbers_in_range(setup)) {
        return refuse(setup, ONEOTA_PARAM, "a number");
    }
    const size_t own = own_bytes(setup);
    if (own < EXCHANGE_WORK_MIN || setup->work_bytes > 65536u ||
        ((uintptr_t)setup->work & 7u) != 0) {
        return refuse(setup, ONEOTA_LIMIT, "work");
    }
    uint32_t carry = check_images(client);
    if (carry == 0) {
        return refuse(setup, ONEOTA_PARAM, "image, identity (key in base64?) or host");
    }
    uint32_t record = JOURNAL_RECORD_MAX(setup->journal->program_unit);
    if (own < EXCHANGE_WORK_MIN + carry + record) {
        return refuse(setup, ONEOTA_LIMIT, "work_bytes");
    }
    uint8_t *work = setup->work;
    uint32_t exchange = (uint32_t)own - carry - record;
    oneota_exchange_init(&client->exchange, setup->net, setup->net_ctx, work, exchange);
    if (oneota_journal_init(&client->journal, setup->journal, setup->journal_ctx,
                            work + exchange + carry) != ONEOTA_OK) {
        return refuse(setup, ONEOTA_PARAM, "journal");
    }
    return ONEOTA_OK;
}

oneota_error_t oneota_init(oneota_t *client, const oneota_setup_t *setup)
{
    if (client == NULL || setup == NULL) {
        return ONEOTA_PARAM;
    }
    oneota_machine_init(client, setup);
    oneota_error_t error = start(client, setup);
    if (error != ONEOTA_OK) {
        client->setup = NULL;
    }
    return error;
}

/* A macro: smaller than a call of it. */
#define READY(client) ((client) != NULL && (client)->setup != NULL)

uint32_t oneota_poll(oneota_t *client)
{
    return READY(client) ? oneota_machine_poll(client) : WAIT_FOREVER_MS;
}

void oneota_deinit(oneota_t *client)
{
    if (READY(client)) {
        oneota_exchange_wipe(&client->exchange);
        client->setup = NULL;
    }
}

/* ---------------------------------------------------------------- commands */

/* Ends a wait, if there is one. Rounds stay their interval apart, each one begun uses one up: their
 * reasons stand together in error.h. So do the looks at a flash that could not be read at the
 * start. */
static void wake(oneota_t *client)
{
    bool between_rounds =
        client->reason >= ONEOTA_REASON_BATTERY && client->reason <= ONEOTA_REASON_PACKAGE;
    bool starts = client->state == ST_START && client->reason != ONEOTA_REASON_STORAGE;
    if (!between_rounds && (client->state == ST_WAIT || starts)) {
        client->wait_ms = 0;
        client->later_ms = 0;
    }
}

oneota_error_t oneota_check_now(oneota_t *client)
{
    if (!READY(client)) {
        return ONEOTA_PARAM;
    }
    wake(client);
    return ONEOTA_OK;
}

/* A wait begins where the last check ended: shortening it keeps the least time between two. */
oneota_error_t oneota_notify(oneota_t *client)
{
    if (!READY(client)) {
        return ONEOTA_PARAM;
    }
    if (client->state == ST_WAIT && client->reason == ONEOTA_REASON_NONE &&
        client->wait_ms > ONEOTA_NOTIFY_MS) {
        client->wait_ms = ONEOTA_NOTIFY_MS;
    }
    return ONEOTA_OK;
}

oneota_error_t oneota_pause(oneota_t *client)
{
    if (!READY(client)) {
        return ONEOTA_PARAM;
    }
    if (client->paused) {
        return ONEOTA_STATE;
    }
    client->paused = true;
    return ONEOTA_OK;
}

oneota_error_t oneota_resume(oneota_t *client)
{
    if (!READY(client)) {
        return ONEOTA_PARAM;
    }
    if (!client->paused) {
        return ONEOTA_STATE;
    }
    client->paused = false;
    wake(client);
    return ONEOTA_OK;
}

oneota_error_t oneota_cancel(oneota_t *client)
{
    if (!READY(client)) {
        return ONEOTA_PARAM;
    }
    if (client->record.at.stage == STAGE_NONE || client->record.at.stage > STAGE_ACKED ||
        client->state == ST_START) {
        return ONEOTA_STATE;
    }
    client->cancel = true;
    if (client->state == ST_WAIT) {
        client->wait_ms = 0;
    }
    return ONEOTA_OK;
}

oneota_error_t oneota_defer_install(oneota_t *client)
{
    if (!READY(client)) {
        return ONEOTA_PARAM;
    }
    client->deferred = true;
    return ONEOTA_OK;
}

oneota_error_t oneota_allow_install(oneota_t *client)
{
    if (!READY(client)) {
        return ONEOTA_PARAM;
    }
    if (client->deferred && client->record.at.stage == STAGE_ACKED) {
        wake(client);
    }
    client->deferred = false;
    return ONEOTA_OK;
}

/* Only once the state is reached, and only one of the two. */
static oneota_error_t judge_trial(oneota_t *client, bool passed)
{
    if (!READY(client)) {
        return ONEOTA_PARAM;
    }
    if (client->state != ST_TRIAL || client->next != ST_NONE || client->confirm || client->reject) {
        return ONEOTA_STATE;
    }
    client->confirm = passed;
    client->reject = !passed;
    client->wait_ms = 0;
    return ONEOTA_OK;
}

oneota_error_t oneota_confirm(oneota_t *client)
{
    return judge_trial(client, true);
}

oneota_error_t oneota_reject(oneota_t *client)
{
    return judge_trial(client, false);
}

oneota_error_t oneota_forget(oneota_t *client)
{
    if (!READY(client)) {
        return ONEOTA_PARAM;
    }
    if (client->state == ST_START || client->boot.condition == ONEOTA_BOOT_TRIAL ||
        client->boot.condition == ONEOTA_BOOT_PENDING || client->record.at.stage == STAGE_MARKING) {
        return ONEOTA_STATE;
    }
    client->forget = true;
    return ONEOTA_OK;
}

/* ---------------------------------------------------------------- status */

static uint8_t pending_report(const oneota_record_t *record)
{
    switch (record->at.stage) {
    case STAGE_LOADED:
        return ONEOTA_STEP_DOWNLOADED;
    case STAGE_RESULT:
        return record->at.result;
    default:
        return 0;
    }
}

void oneota_status(const oneota_t *client, oneota_status_t *status)
{
    *status = (oneota_status_t){0};
    if (!READY(client)) {
        return;
    }
    const oneota_record_t *record = &client->record;
    status->state = client->state;
    status->image = client->image;
    status->pending = pending_report(record);
    status->reason = client->reason;
    status->code = client->code;
    status->rounds = record->at.rounds;
    status->stored = record->at.stored;
    status->paused = client->paused;
    status->requires_signature = client->setup->trust != NULL;
    status->has_task = record->at.stage != STAGE_NONE && record->order.task.target[0] != '\0';
    if (!status->has_task) {
        return;
    }
    status->percent = oneota_machine_percent(client);
    status->task = record->order.task;
}

const char *oneota_state_text(uint8_t state)
{
    return oneota_machine_state_text(state);
}
