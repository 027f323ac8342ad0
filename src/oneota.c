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
#include "text.h"

/* ---------------------------------------------------------------- checks of the set-up */

static bool flash_complete(const oneota_flash_t *flash)
{
    uint32_t unit = flash == NULL ? 0u : flash->program_unit;
    return unit != 0 && unit <= ONEOTA_PROGRAM_UNIT_MAX && (unit & (unit - 1u)) == 0 &&
           flash->erase != NULL && flash->program != NULL && flash->read != NULL &&
           flash->erase_unit != NULL && flash->size != NULL;
}

static bool ports_complete(const oneota_setup_t *s)
{
    return s->net != NULL && s->net->open != NULL && s->net->send != NULL && s->net->recv != NULL &&
           s->net->close != NULL && s->boot != NULL && s->boot->query != NULL &&
           s->boot->inspect != NULL && s->boot->mark != NULL && s->boot->confirm != NULL &&
           s->boot->revert != NULL && s->clock != NULL && s->clock->now_ms != NULL &&
           s->device != NULL && s->device->random != NULL &&
           (s->log == NULL || s->log->line != NULL) && flash_complete(s->journal);
}

static bool images_complete(const oneota_setup_t *s)
{
    if (s->images == NULL || s->image_count == 0 || s->image_count > ONEOTA_IMAGES_MAX) {
        return false;
    }
    for (uint8_t n = 0; n < s->image_count; n++) {
        const oneota_image_t *image = &s->images[n];
        if ((image->id.type != ONEOTA_FOTA && image->id.type != ONEOTA_SOTA) ||
            !flash_complete(image->slot[0]) || !flash_complete(image->slot[1])) {
            return false;
        }
    }
    return true;
}

static bool numbers_in_range(const oneota_setup_t *s)
{
    return s->poll_interval_s <= WAIT_FOREVER_MS / 1000u && s->retry_floor_ms <= WAIT_FOREVER_MS &&
           s->backoff_min_ms <= WAIT_FOREVER_MS && s->backoff_max_ms <= WAIT_FOREVER_MS &&
           s->net->poll_ms <= 50u;
}

/* Key, versions, host and the rest: by writing the requests that use them. */
static bool identity_usable(const oneota_setup_t *s)
{
    oneota_request_t request = {0};
    size_t length = 0;
    request.identity = &s->identity;
    request.host = s->host != NULL ? s->host : s->address;
    request.prefix = s->prefix;
    request.et_s = UINT32_MAX;
    for (uint8_t n = 0; n < s->image_count; n++) {
        request.call = ONEOTA_CALL_CHECK;
        request.image = &s->images[n].id;
        if (oneota_request_write(s->dialect, &request, (char *)s->work, s->work_bytes, &length) !=
            ONEOTA_OK) {
            return false;
        }
    }
    memset(s->work, 0, s->work_bytes);
    return true;
}

static uint32_t largest_program_unit(const oneota_setup_t *s)
{
    uint32_t unit = 0;
    for (uint8_t n = 0; n < s->image_count; n++) {
        for (unsigned slot = 0; slot < 2u; slot++) {
            uint32_t other = s->images[n].slot[slot]->program_unit;
            unit = other > unit ? other : unit;
        }
    }
    return unit;
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

/* [ line, JSON body or record | request and input | carry ] */
static oneota_error_t share_memory(oneota_t *client, const oneota_setup_t *setup)
{
    uint32_t carry = largest_program_unit(setup);
    if (setup->work_bytes < EXCHANGE_WORK_MIN + carry || setup->work_bytes > 65536u) {
        return refuse(setup, ONEOTA_LIMIT, "work_bytes");
    }
    oneota_exchange_init(&client->exchange, setup->net, setup->net_ctx, setup->work,
                         (uint32_t)setup->work_bytes - carry);
    oneota_error_t error = oneota_journal_init(&client->journal, setup->journal, setup->journal_ctx,
                                               setup->work);
    return error == ONEOTA_OK ? error : refuse(setup, error, "journal");
}

oneota_error_t oneota_init(oneota_t *client, const oneota_setup_t *setup)
{
    if (client == NULL || setup == NULL) {
        return ONEOTA_PARAM;
    }
    memset(client, 0, sizeof *client);
    if (setup->dialect == NULL || setup->address == NULL || setup->work == NULL) {
        return refuse(setup, ONEOTA_PARAM, "dialect, address or work");
    }
    if (!ports_complete(setup)) {
        return refuse(setup, ONEOTA_PARAM, "a port");
    }
    if (!images_complete(setup)) {
        return refuse(setup, ONEOTA_PARAM, "images");
    }
    if (!numbers_in_range(setup)) {
        return refuse(setup, ONEOTA_PARAM, "a number");
    }
    if (setup->work_bytes < EXCHANGE_WORK_MIN || ((uintptr_t)setup->work & 7u) != 0) {
        return refuse(setup, ONEOTA_LIMIT, "work");
    }
    if (!identity_usable(setup)) {
        return refuse(setup, ONEOTA_PARAM, "identity, host or version");
    }
    oneota_machine_init(client, setup);
    oneota_error_t error = share_memory(client, setup);
    if (error != ONEOTA_OK) {
        client->setup = NULL;
    }
    return error;
}

static bool ready(const oneota_t *client)
{
    return client != NULL && client->setup != NULL;
}

uint32_t oneota_poll(oneota_t *client)
{
    return ready(client) ? oneota_machine_poll(client) : WAIT_FOREVER_MS;
}

void oneota_deinit(oneota_t *client)
{
    if (ready(client)) {
        oneota_exchange_close(&client->exchange);
        client->setup = NULL;
    }
}

/* ---------------------------------------------------------------- commands */

/* Ends a wait, if there is one. Rounds stay their interval apart: each one begun uses one up. */
static void wake(oneota_t *client)
{
    bool between_rounds = client->reason == ONEOTA_REASON_BATTERY ||
                          client->reason == ONEOTA_REASON_SIGNAL ||
                          client->reason == ONEOTA_REASON_RETRIES ||
                          client->reason == ONEOTA_REASON_PACKAGE;
    if (!between_rounds && (client->state == ST_WAIT || client->state == ST_START)) {
        client->wait_ms = 0;
        client->later_ms = 0;
    }
}

oneota_error_t oneota_check_now(oneota_t *client)
{
    if (!ready(client)) {
        return ONEOTA_PARAM;
    }
    wake(client);
    return ONEOTA_OK;
}

/* A wait begins where the last check ended: shortening it keeps the least time between two. */
oneota_error_t oneota_notify(oneota_t *client)
{
    if (!ready(client)) {
        return ONEOTA_PARAM;
    }
    if (client->state == ST_WAIT && client->reason == ONEOTA_REASON_NONE &&
        client->wait_ms > ONEOTA_NOTIFY_MS) {
        client->wait_ms = ONEOTA_NOTIFY_MS;
    }
    return ONEOTA_OK;
}

static oneota_error_t change(oneota_t *client, unsigned flag, bool on)
{
    if (!ready(client)) {
        return ONEOTA_PARAM;
    }
    if (has(client, flag) == on) {
        return ONEOTA_STATE;
    }
    client->flags = (uint16_t)(client->flags ^ flag);
    return ONEOTA_OK;
}

oneota_error_t oneota_pause(oneota_t *client)
{
    return change(client, FLAG_PAUSED, true);
}

oneota_error_t oneota_resume(oneota_t *client)
{
    oneota_error_t error = change(client, FLAG_PAUSED, false);
    if (error == ONEOTA_OK) {
        wake(client);
    }
    return error;
}

oneota_error_t oneota_cancel(oneota_t *client)
{
    if (!ready(client)) {
        return ONEOTA_PARAM;
    }
    if (client->record.at.stage == STAGE_NONE || client->record.at.stage > STAGE_ACKED ||
        client->state == ST_START) {
        return ONEOTA_STATE;
    }
    set(client, FLAG_CANCEL);
    return ONEOTA_OK;
}

oneota_error_t oneota_defer_install(oneota_t *client)
{
    return change(client, FLAG_DEFERRED, true) == ONEOTA_PARAM ? ONEOTA_PARAM : ONEOTA_OK;
}

oneota_error_t oneota_allow_install(oneota_t *client)
{
    oneota_error_t error = change(client, FLAG_DEFERRED, false);
    if (error == ONEOTA_OK && client->record.at.stage == STAGE_ACKED) {
        wake(client);
    }
    return error == ONEOTA_PARAM ? error : ONEOTA_OK;
}

/* Only once the state is reached, and only one of the two. */
static oneota_error_t judge_trial(oneota_t *client, unsigned flag)
{
    if (!ready(client)) {
        return ONEOTA_PARAM;
    }
    if (client->state != ST_TRIAL || client->next != ST_NONE ||
        has(client, FLAG_CONFIRM | FLAG_REJECT)) {
        return ONEOTA_STATE;
    }
    set(client, flag);
    return ONEOTA_OK;
}

oneota_error_t oneota_confirm(oneota_t *client)
{
    return judge_trial(client, FLAG_CONFIRM);
}

oneota_error_t oneota_reject(oneota_t *client)
{
    return judge_trial(client, FLAG_REJECT);
}

oneota_error_t oneota_forget(oneota_t *client)
{
    if (!ready(client)) {
        return ONEOTA_PARAM;
    }
    if (client->state == ST_START || client->boot.condition == ONEOTA_BOOT_TRIAL ||
        client->boot.condition == ONEOTA_BOOT_PENDING || client->record.at.stage == STAGE_MARKING) {
        return ONEOTA_STATE;
    }
    set(client, FLAG_FORGET);
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
    if (!ready(client)) {
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
    status->paused = has(client, FLAG_PAUSED);
    status->has_task = record->at.stage != STAGE_NONE && record->order.task.target[0] != '\0';
    if (!status->has_task) {
        return;
    }
    uint32_t there = has(client, FLAG_LIVE) ? client->slot.position : record->at.stored;
    uint32_t size = record->order.task.size;
    status->percent = (uint8_t)(size == 0 ? 0u : (uint64_t)there * 100u / size);
    status->task = record->order.task;
}

const char *oneota_state_text(uint8_t state)
{
    return oneota_machine_state_text(state);
}
