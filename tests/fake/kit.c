/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_md5.h"

#define FACTORY_SIZE 1500u
#define RUBBISH      0xA5
#define POLLS_MAX    400000u

/* ---------------------------------------------------------------- what is true */

static unsigned image_of(const kit_t *kit, uint8_t type)
{
    return kit->images[0].id.type == type ? 0u : 1u;
}

static const char *truth_version(void *ctx, uint8_t type)
{
    const kit_t *kit = ctx;
    unsigned n = image_of(kit, type);
    return n < kit->board.config.images ? kit->board.runs[n]->version : NULL;
}

static bool truth_runs(void *ctx, const fake_task_t *task)
{
    const kit_t *kit = ctx;
    return kit->board.runs[image_of(kit, task->type)]->bytes == task->package;
}

static bool truth_holds(void *ctx, const fake_task_t *task)
{
    const kit_t *kit = ctx;
    uint8_t n = (uint8_t)image_of(kit, task->type);
    const fake_known_t *held = fake_board_content(&kit->board, n, kit->board.running[n] ^ 1u);
    return held != NULL && held->bytes == task->package;
}

static bool truth_settled(void *ctx)
{
    const kit_t *kit = ctx;
    return fake_board_settled(&kit->board);
}

static uint64_t truth_unix_s(void *ctx)
{
    const kit_t *kit = ctx;
    return kit->board.unix_s + kit->board.now_ms / 1000u;
}

static const fake_truth_t k_truth = {truth_version, truth_runs, truth_holds, truth_settled,
                                     truth_unix_s};

/* ---------------------------------------------------------------- the application */

static oneota_error_t (*open_inner)(void *, const char *, uint16_t, const char *);

static oneota_error_t open_noted(void *ctx, const char *address, uint16_t port, const char *name)
{
    kit_t *kit = ctx;
    (void)snprintf(kit->opened, sizeof kit->opened, "%s", address);
    kit->opened_port = port;
    if (kit->dead != NULL && strcmp(kit->dead, address) == 0) {
        return ONEOTA_BROKEN;
    }
    return open_inner(&kit->net, address, port, name);
}

static bool is_secret(const kit_t *kit, const char *text)
{
    if (text == NULL) {
        return false;
    }
    for (uint8_t n = 0; n < kit->platform.task_count; n++) {
        if (strstr(text, kit->platform.tasks[n].token) != NULL) {
            return true;
        }
    }
    return strstr(text, "ota_") != NULL || strstr(text, KIT_KEY) != NULL ||
           strstr(text, "sign=") != NULL || strstr(text, "et=") != NULL ||
           strstr(text, "uthorization") != NULL;
}

static void on_line(void *ctx, const oneota_log_line_t *line)
{
    kit_t *kit = ctx;
    kit->lines++;
    assert_non_null(line->what);
    assert_true(line->key != NULL || line->text == NULL);
    kit->leaked = kit->leaked || is_secret(kit, line->what) || is_secret(kit, line->key) ||
                  is_secret(kit, line->text);
    for (const char *at = line->text; at != NULL && *at != '\0'; at++) {
        assert_in_range(*at, 0x20, 0x7E);
    }
}

static const oneota_log_t k_log = {on_line};

static void try_out(kit_t *kit)
{
    switch (kit->trial) {
    case KIT_CONFIRM:
        (void)oneota_confirm(&kit->ram.client); /* a test may have said it before */
        break;
    case KIT_REJECT:
        (void)oneota_reject(&kit->ram.client);
        break;
    case KIT_CRASH:
        kit->crash = true;
        break;
    default:
        break;
    }
}

/* Behind these reasons stands no answer, no errno and no level: their code is 0. */
static bool is_bare(uint8_t reason)
{
    switch (reason) {
    case ONEOTA_REASON_NONE:
    case ONEOTA_REASON_TIMEOUT:
    case ONEOTA_REASON_DROPPED:
    case ONEOTA_REASON_PAUSED:
    case ONEOTA_REASON_ERASES:
    case ONEOTA_REASON_REQUESTS:
    case ONEOTA_REASON_BYTES:
    case ONEOTA_REASON_SPACE:
    case ONEOTA_REASON_MEMORY:
    case ONEOTA_REASON_DEADLINE:
        return true;
    default:
        return reason >= ONEOTA_REASON_DIGEST && reason < ONEOTA_REASON_COUNT;
    }
}

static void check_event(const kit_t *kit, const oneota_event_t *event)
{
    assert_in_range(event->image, 0, kit->setup.image_count - 1u);
    if (event->type == ONEOTA_EVENT_FAILED || event->type == ONEOTA_EVENT_IDLE) {
        assert_in_range(event->reason, 0, ONEOTA_REASON_COUNT - 1);
        assert_true(!is_bare(event->reason) || event->code == 0);
    } else if (event->type == ONEOTA_EVENT_STATE) {
        assert_string_not_equal(oneota_state_text(event->from), "?");
        assert_string_not_equal(oneota_state_text(event->to), "?");
    }
}

static void on_event(void *ctx, const oneota_event_t *event)
{
    kit_t *kit = ctx;
    check_event(kit, event);
    assert_true(kit->event_count < KIT_EVENTS_MAX);
    kit->events[kit->event_count++] = *event;
    kit->leaked = kit->leaked || is_secret(kit, event->version) || is_secret(kit, event->address) ||
                  is_secret(kit, event->task->target);
    if (event->type == ONEOTA_EVENT_TRIAL) {
        try_out(kit);
    } else if (event->type == ONEOTA_EVENT_RESTART) {
        kit->restart = !kit->stubborn;
    }
    if (kit->listen != NULL) {
        kit->listen(kit->listen_ctx, event);
    }
}

/* ---------------------------------------------------------------- power and time */

void kit_start(kit_t *kit)
{
    kit->restart = false;
    kit->crash = false;
    fake_net_drop(&kit->net);
    fake_board_boot(&kit->board);
    assert_null(kit->board.violation);
    memset(&kit->ram, RUBBISH, sizeof kit->ram);
    for (unsigned n = 0; n < kit->board.config.images; n++) {
        kit->images[n].id.version = kit->board.runs[n]->version;
    }
    assert_int_equal(oneota_init(&kit->ram.client, &kit->setup), ONEOTA_OK);
}

static void restart(kit_t *kit)
{
    kit_tell(kit, "|");
    kit_start(kit);
}

void kit_poll(kit_t *kit)
{
    kit->slept_ms = oneota_poll(&kit->ram.client);
    if (kit->restart || kit->crash) {
        restart(kit);
        kit->slept_ms = 0;
    }
    kit->board.now_ms += kit->slept_ms;
}

const oneota_event_t *kit_until_event(kit_t *kit, oneota_event_type_t type)
{
    for (uint32_t n = 0; n < POLLS_MAX; n++) {
        uint32_t before = kit->event_count;
        kit_poll(kit);
        while (before < kit->event_count) {
            if (kit->events[before++].type == (uint8_t)type) {
                return &kit->events[before - 1u];
            }
        }
    }
    fail_msg("no event %d; story: %s", (int)type, kit->story);
    return NULL;
}

void kit_until_state(kit_t *kit, const char *state)
{
    for (uint32_t n = 0; n < POLLS_MAX; n++) {
        if (strcmp(oneota_state_text(kit->ram.client.state), state) == 0) {
            return;
        }
        kit_poll(kit);
    }
    fail_msg("never in state %s; story: %s", state, kit->story);
}

void kit_until_call(kit_t *kit, fake_verb_t verb, uint8_t step, uint32_t count)
{
    for (uint32_t n = 0; n < POLLS_MAX; n++) {
        if (kit_count_calls(kit, verb, step) >= count) {
            return;
        }
        kit_poll(kit);
    }
    fail_msg("not so many calls %d; story: %s", (int)verb, kit->story);
}

void kit_run(kit_t *kit)
{
    oneota_status_t status;
    do {
        (void)kit_until_event(kit, ONEOTA_EVENT_IDLE);
        kit_status(kit, &status);
    } while (status.has_task || status.pending != 0);
}

void kit_pass(kit_t *kit, uint32_t ms)
{
    uint32_t start = kit->board.now_ms;
    for (uint32_t n = 0; kit->board.now_ms - start < ms; n++) {
        uint32_t before = kit->board.now_ms;
        assert_true(n < POLLS_MAX);
        kit_poll(kit);
        if (kit->board.now_ms - start > ms && kit->board.now_ms != before) {
            kit->board.now_ms = start + ms;
        }
    }
}

/* ---------------------------------------------------------------- what happened */

uint32_t kit_count_calls(const kit_t *kit, fake_verb_t verb, uint8_t step)
{
    uint32_t count = 0;
    for (uint32_t n = 0; n < kit->call_count; n++) {
        const kit_call_t *call = &kit->calls[n];
        count += call->verb == (uint8_t)verb && (step == 0 || call->step == step) ? 1u : 0u;
    }
    return count;
}

const kit_call_t *kit_last_call(const kit_t *kit, fake_verb_t verb)
{
    for (uint32_t n = kit->call_count; n-- > 0;) {
        if (kit->calls[n].verb == (uint8_t)verb) {
            return &kit->calls[n];
        }
    }
    fail_msg("no call %d; story: %s", (int)verb, kit->story);
    return NULL;
}

uint32_t kit_count_events(const kit_t *kit, oneota_event_type_t type)
{
    uint32_t count = 0;
    for (uint32_t n = 0; n < kit->event_count; n++) {
        count += kit->events[n].type == (uint8_t)type ? 1u : 0u;
    }
    return count;
}

uint32_t kit_count_failed(const kit_t *kit, oneota_reason_t reason)
{
    uint32_t count = 0;
    for (uint32_t n = 0; n < kit->event_count; n++) {
        const oneota_event_t *event = &kit->events[n];
        count += event->type == ONEOTA_EVENT_FAILED && event->reason == (uint8_t)reason ? 1u : 0u;
    }
    return count;
}

const oneota_event_t *kit_last_event(const kit_t *kit, oneota_event_type_t type)
{
    for (uint32_t n = kit->event_count; n-- > 0;) {
        if (kit->events[n].type == (uint8_t)type) {
            return &kit->events[n];
        }
    }
    fail_msg("no event %d; story: %s", (int)type, kit->story);
    return NULL;
}

const char *kit_story(const kit_t *kit)
{
    return kit->story;
}

void kit_new_page(kit_t *kit)
{
    kit->story[0] = '\0';
}

void kit_status(const kit_t *kit, oneota_status_t *status)
{
    oneota_status(&kit->ram.client, status);
}

uint32_t kit_idle_ms(const kit_t *kit)
{
    return kit_last_event(kit, ONEOTA_EVENT_IDLE)->sleep_ms;
}

void kit_judge(const kit_t *kit)
{
    if (kit->platform.violation != NULL) {
        fail_msg("%s; story: %s", kit->platform.violation, kit->story);
    }
}

kit_rule_t *kit_rule(kit_t *kit, fake_verb_t verb)
{
    assert_true(kit->rule_count < KIT_RULES_MAX);
    kit_rule_t *rule = &kit->rules[kit->rule_count++];
    memset(rule, 0, sizeof *rule);
    rule->verb = (uint8_t)verb;
    rule->status = 200;
    rule->times = 1;
    return rule;
}

/* ---------------------------------------------------------------- set-up */

static void fill(uint8_t *bytes, uint32_t size, uint32_t seed)
{
    for (uint32_t n = 0; n < size; n++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[n] = (uint8_t)(seed >> 24);
    }
}

static void make_setup(kit_t *kit)
{
    oneota_setup_t *setup = &kit->setup;
    setup->dialect = &oneota_south;
    setup->identity.product = "33704";
    setup->identity.device = "527776559";
    setup->identity.key = KIT_KEY;
    setup->address = "ota.heclouds.com";
    setup->images = kit->images;
    setup->image_count = kit->board.config.images;
    setup->net = &kit->net.port;
    setup->net_ctx = &kit->net;
    setup->boot = &fake_boot;
    setup->boot_ctx = &kit->board;
    setup->journal = &kit->board.journal.port;
    setup->journal_ctx = &kit->board.journal;
    setup->clock = &fake_clock;
    setup->clock_ctx = &kit->board;
    setup->device = &fake_device;
    setup->device_ctx = &kit->board;
    setup->log = &k_log;
    setup->log_ctx = kit;
    setup->check_at_once = true;
    setup->work = kit->ram.work;
    setup->work_bytes = ONEOTA_WORK_BYTES;
    setup->event = on_event;
    setup->event_ctx = kit;
}

/* Image 0 is an application, image 1 a module. */
static uint8_t *make_image(kit_t *kit, unsigned n, uint32_t size, const char *label, uint8_t *room)
{
    fake_board_t *board = &kit->board;
    uint8_t *package = room + FACTORY_SIZE;
    fill(room, FACTORY_SIZE, n);
    fill(package, size, 77u + n);
    room[0] = 0x11;
    package[0] = 0x22;
    (void)fake_board_know(board, (uint8_t)n, room, FACTORY_SIZE, n == 0 ? "1.0" : "7.0");
    const char *version = label != NULL ? label : n == 0 ? "1.1" : "7.5";
    kit->packages[n] = fake_board_know(board, (uint8_t)n, package, size, version);
    fake_md5_hex(package, size, kit->md5[n]);
    kit->images[n].id.type = n == 0 ? ONEOTA_SOTA : ONEOTA_FOTA;
    for (unsigned slot = 0; slot < 2u; slot++) {
        kit->images[n].slot[slot] = &board->slots[n][slot].port;
        kit->images[n].slot_ctx[slot] = &board->slots[n][slot];
    }
    return package + size;
}

static void make_tasks(kit_t *kit, const kit_options_t *options)
{
    static const uint8_t k_codes[] = {201, 206, 107, 0};
    fake_platform_init(&kit->platform, &k_truth, kit);
    memcpy(kit->codes, k_codes, sizeof kit->codes);
    kit->platform.codes = kit->codes;
    for (unsigned n = 0; n < kit->board.config.images; n++) {
        if (options->tasks != 0 && (options->tasks >> n & 1u) == 0) {
            continue;
        }
        const fake_known_t *package = kit->packages[n];
        fake_task_t *task =
            fake_platform_add(&kit->platform, kit->images[n].id.type, n == 0 ? "1.1" : "7.5",
                              package->bytes, package->size, kit->md5[n]);
        task->retry = options->retry;
        task->interval = options->interval;
    }
}

static void sign_packages(kit_t *kit)
{
    for (unsigned n = 0; n < kit->board.config.images; n++) {
        kit_sign(kit, n, n == 0 ? "1.1" : "7.5", FAKE_COUNTER, 0);
        kit->trust[n] = fake_signer_trust(1);
    }
    kit->setup.trust = kit->trust;
}

void kit_sign(kit_t *kit, unsigned n, const char *version, uint32_t counter, unsigned signer)
{
    const fake_known_t *package = kit->packages[n];
    uint8_t *bytes = kit->bytes + (package->bytes - kit->bytes);
    fake_signer_seal(bytes, package->size, version, counter, signer);
    kit_changed(kit, n);
}

void kit_changed(kit_t *kit, unsigned n)
{
    const fake_known_t *package = kit->packages[n];
    fake_md5_hex(package->bytes, package->size, kit->md5[n]);
    for (unsigned t = 0; t < kit->platform.task_count; t++) {
        if (kit->platform.tasks[t].package == package->bytes) {
            memcpy(kit->platform.tasks[t].md5, kit->md5[n], sizeof kit->md5[n]);
        }
    }
}

void kit_reseal(kit_t *kit)
{
    fake_task_t *task = &kit->platform.tasks[0];
    fake_md5_hex(kit->patch->bytes, kit->patch->length, task->md5);
    task->served = kit->patch->bytes;
    task->size = kit->patch->length;
    task->differential = true;
}

static void make_patch(kit_t *kit)
{
    const fake_known_t *factory = &kit->board.known[0];
    const fake_known_t *package = kit->packages[0];
    uint8_t *image = kit->bytes + FACTORY_SIZE;
    kit->patch = malloc(sizeof *kit->patch);
    assert_non_null(kit->patch);
    assert_ptr_equal(image, package->bytes);
    fake_package_image(image, package->size, factory->bytes, factory->size);
    image[0] = 0x22;
    if (kit->setup.trust != NULL) {
        kit_sign(kit, 0, "1.1", FAKE_COUNTER, 0);
    }
    fake_package_make(kit->patch, factory->bytes, factory->size, image, package->size);
    if (kit->setup.trust != NULL) {
        kit->patch->length =
            fake_signer_seal_patch(kit->patch->bytes, kit->patch->length, "1.1", FAKE_COUNTER, 0);
    }
    kit_reseal(kit);
    kit->setup.delta = &oneota_differential;
    kit->setup.work_bytes = ONEOTA_WORK_DELTA_BYTES(1024);
}

static uint32_t or_else(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

void kit_init(kit_t *kit, const kit_options_t *options)
{
    static const kit_options_t k_defaults = {0};
    const kit_options_t *o = options == NULL ? &k_defaults : options;
    fake_board_config_t config = {.images = o->second_size > 0 ? 2u : 1u,
                                  .hides_revert = o->hides_revert};
    uint32_t size = or_else(o->size, 3000u);
    memset(kit, 0, sizeof *kit);
    config.slot.size = or_else(o->slot_size, 8192u);
    config.slot.unit = or_else(o->unit, 1024u);
    config.slot.program_unit = (uint16_t)or_else(o->program_unit, 8u);
    config.slot.erased = 0xFF;
    config.journal = config.slot;
    config.journal.size = 8192;
    config.journal.unit = 4096;
    kit->bytes = malloc(2u * FACTORY_SIZE + size + o->second_size);
    assert_non_null(kit->bytes);
    assert_true(fake_board_init(&kit->board, &config));
    uint8_t *room = make_image(kit, 0, size, o->label, kit->bytes);
    if (o->second_size > 0) {
        (void)make_image(kit, 1, o->second_size, NULL, room);
    }
    if (o->signs && o->differential) { /* its base is a signed package */
        fake_signer_seal(kit->bytes, FACTORY_SIZE, "1.0", FAKE_COUNTER - 1u, 0);
    }
    fake_board_reset(&kit->board, 4);
    fake_net_init(&kit->net, &kit_server, kit);
    open_inner = kit->net.port.open;
    kit->net.port.open = open_noted;
    make_setup(kit);
    if (o->signs) {
        sign_packages(kit);
    }
    make_tasks(kit, o);
    kit->platform.trailers = o->signs;
    if (o->differential) {
        make_patch(kit);
    }
}

static void check_guard(const uint8_t *guard)
{
    for (size_t n = 0; n < KIT_GUARD; n++) {
        assert_int_equal(guard[n], RUBBISH);
    }
}

void kit_free(kit_t *kit)
{
    check_guard(kit->ram.before);
    check_guard(kit->ram.between);
    check_guard(kit->ram.behind);
    for (size_t n = kit->setup.work_bytes; n < sizeof kit->ram.work; n++) {
        assert_int_equal(((const uint8_t *)kit->ram.work)[n], RUBBISH);
    }
    assert_null(kit->net.violation);
    assert_null(kit->board.violation);
    assert_null(kit->board.journal.flash.violation);
    for (unsigned n = 0; n < kit->board.config.images; n++) {
        assert_null(kit->board.slots[n][0].flash.violation);
        assert_null(kit->board.slots[n][1].flash.violation);
    }
    assert_false(kit->leaked);
    fake_board_free(&kit->board);
    free(kit->patch);
    free(kit->bytes);
}
