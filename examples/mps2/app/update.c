/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * update.c: ports and events of the client.
 */
#include "update.h"

#include "../../device/exit_code.h"
#include "../boot/boot_port.h"
#include "../bsp/bsp.h"
#include "../bsp/flash.h"
#include "led.h"
#include "link.h"
#include "packages.h"
#include "trial.h"
#include "trust.h"

extern const uint8_t image_self[]; /* this image's header, where the boot loader has copied it */

static boot_port_t s_boot;
static image_t s_self;
static oneota_image_t s_image = {.id = {.type = ONEOTA_SOTA, .version = s_self.version},
                                 .slot = {&flash_port, &flash_port}};

static const oneota_setup_t *s_setup;

/* What events have asked for. */
static bool s_testing, s_restart;
static int s_exit = EXIT_GO_ON;

static bool s_once;
static exit_code_t s_exit_code;
static uint8_t s_tenths; /* of the download, told so far; likewise the next two */
static size_t s_stack_told, s_pool_told;

/* ---------------------------------------------------------------- log */

static void log_text(const char *what, const char *key, const char *text)
{
    bsp_log_text(ONEOTA_LOG_INFO, what, key, text);
}

static void log_number(const char *what, const char *key, int64_t number)
{
    bsp_log_number(ONEOTA_LOG_INFO, what, key, number);
}

/* The most that was ever needed, when it has become more. */
static void log_memory(void)
{
    size_t stack = bsp_stack_used();
    size_t pool = link_pool_used();

    if (stack > s_stack_told) {
        s_stack_told = stack;
        log_number("memory: stack", "most", (int64_t)stack);
    }
    if (pool > s_pool_told) {
        s_pool_told = pool;
        log_number("memory: TLS pool", "most", (int64_t)pool);
    }
}

static void log_progress(const oneota_event_t *event)
{
    uint8_t tenths = event->percent / 10u;

    if (tenths != s_tenths) {
        s_tenths = tenths;
        log_number("update: progress", "percent", event->percent);
    }
}

static void log_task(const oneota_event_t *event)
{
    log_text("update: task", "target", event->task->target);
    log_number("update: task", "bytes", event->task->size);
}

static void log_report(const oneota_event_t *event)
{
    log_number("update: report", "step", event->step);
    if (event->code != 0) {
        bsp_log_number(ONEOTA_LOG_WARN, "update: report", "answer", event->code);
    }
}

/* The client has logged reason and code. */
static void log_failure(const oneota_event_t *event)
{
    if (event->reason == ONEOTA_REASON_NETWORK && event->code != 0) {
        link_log_error(event->code);
    }
}

static void log_end(const oneota_event_t *event)
{
    bsp_log_text(ONEOTA_LOG_WARN, "update: ended", "reason",
                 oneota_reason_text((oneota_reason_t)event->reason));
    log_number("update: ended", "step", event->step);
}

static void log_idle(const oneota_event_t *event)
{
    log_memory();
    log_text("update: idle", "reason", oneota_reason_text((oneota_reason_t)event->reason));
    log_number("update: idle", "ms", event->sleep_ms);
}

/* ---------------------------------------------------------------- events */

/* The client has left the trial, perhaps for its time was up: the link is the client's again. */
static void end_test(void)
{
    if (s_testing) {
        s_testing = false;
        trial_end(s_setup);
    }
}

static void handle(const oneota_event_t *event)
{
    switch (event->type) {
    case ONEOTA_EVENT_STATE:
        end_test();
        break;
    case ONEOTA_EVENT_TASK:
        log_task(event);
        break;
    case ONEOTA_EVENT_PROGRESS:
        log_progress(event);
        break;
    case ONEOTA_EVENT_RESTART:
        log_memory();
        log_text("update: restart", NULL, NULL);
        s_restart = true;
        break;
    case ONEOTA_EVENT_TRIAL:
        log_text("update: self-test begins", NULL, NULL);
        s_testing = true;
        break;
    case ONEOTA_EVENT_REPORT:
        log_report(event);
        break;
    case ONEOTA_EVENT_UPDATED:
        log_text("update: done", "version", event->version);
        break;
    case ONEOTA_EVENT_FAILED:
        log_failure(event);
        break;
    case ONEOTA_EVENT_ENDED:
        log_end(event);
        break;
    case ONEOTA_EVENT_IDLE:
        log_idle(event);
        break;
    default:
        break;
    }
}

static void on_event(void *ctx, const oneota_event_t *event)
{
    oneota_status_t status;

    led_show(event);
    handle(event);
    if (s_once && s_exit == EXIT_GO_ON) {
        oneota_status(ctx, &status);
        s_exit = exit_code_next(&s_exit_code, event, &status);
    }
}

/* @return ms until the next poll */
static uint32_t test(oneota_t *client)
{
    trial_t result = trial_test(s_setup);

    if (result == TRIAL_GOES_ON) {
        return trial_poll_ms(s_setup);
    }
    s_testing = false;
    log_text("update: self-test", "result", result == TRIAL_PASSED ? "pass" : "fail");
    (void)(result == TRIAL_PASSED ? oneota_confirm(client) : oneota_reject(client));
    return 0;
}

uint32_t update_act(oneota_t *client)
{
    if (s_restart) {
        bsp_reset();
    }
    if (s_exit != EXIT_GO_ON) {
        log_memory();
        bsp_exit((uint32_t)s_exit);
    }
    return s_testing ? test(client) : UINT32_MAX;
}

/* ---------------------------------------------------------------- set-up */

static void use_settings(oneota_setup_t *setup, const settings_t *settings)
{
    setup->dialect = settings->dialect;
    setup->identity.product = settings->product;
    setup->identity.device = settings->device;
    setup->identity.key = settings->key;
    setup->identity.scope = (uint8_t)settings->scope;
    setup->address = settings->server;
    setup->server_name = settings->name;
    setup->port = (uint16_t)settings->port;
    setup->poll_interval_s = settings->poll_s;
    setup->retry_floor_ms = settings->floor_ms;
    setup->backoff_min_ms = settings->backoff_min_ms;
    setup->backoff_max_ms = settings->backoff_max_ms;
    setup->check_at_once = settings->once != 0;
    s_once = settings->once != 0;
}

static void use_board(oneota_setup_t *setup)
{
    s_image.slot_ctx[0] = flash_slot(0);
    s_image.slot_ctx[1] = flash_slot(1);
    setup->images = &s_image;
    setup->image_count = 1;
    setup->boot = &boot_port;
    setup->boot_ctx = &s_boot;
    setup->journal = &flash_port;
    setup->journal_ctx = flash_journal();
    setup->clock = &bsp_clock;
    setup->device = &bsp_device;
    setup->log = &bsp_log;
    packages_use(setup);
}

bool update_setup(oneota_setup_t *setup, const settings_t *settings, oneota_t *client)
{
    const char *wrong = image_decode(image_self, &s_self);

    log_text("app: start", "version", wrong == NULL ? s_self.version : wrong);
    use_settings(setup, settings);
    use_board(setup);
    setup->event = on_event;
    setup->event_ctx = client;
    (void)boot_port_open(&s_boot, &flash_port, flash_control(), flash_slot(0), flash_slot(1),
                         &bsp_log); /* the client finds out what does not work */
    boot_port_started(&s_boot, bsp_handed_over());
    s_setup = setup;
    trust_use(setup);
    return link_start(setup);
}
