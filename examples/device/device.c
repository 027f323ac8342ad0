/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * device.c: the device: ports, the loop, and restarts within the process.
 */
#define _POSIX_C_SOURCE 200809L

#include "device.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "exit_code.h"
#include "oneota/differential.h"
#include "oneota/oneota.h"
#include "oneota_posix.h"
#include "report.h"
#include "state_dir.h"
#include "tls.h"
#include "trust.h"
#include "values.h"

/* A signal just before the sleep does not end it: see oneota_posix_wait(). */
#define SLEEP_MAX_MS 200u

typedef struct {
    const options_t *options;
    state_dir_t state;
    report_t report;
    exit_code_t exit_code;
    int status;   /* EXIT_GO_ON, or the exit status */
    bool restart; /* asked for */

    /* what a restart begins anew */
    oneota_t client;
    oneota_setup_t setup;
    oneota_image_t image;
    oneota_posix_net_t net;
    tls_t tls; /* around net, over https */
    trust_t trust;
    char version[ONEOTA_VERSION_MAX + 1];
    uint64_t work[ONEOTA_WORK_DELTA_BYTES(4096) / sizeof(uint64_t)];
} device_t;

static volatile sig_atomic_t k_signal; /* that was caught, 0 = none */

static void on_signal(int number)
{
    k_signal = number;
}

static void catch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
}

/* ---------------------------------------------------------------- battery and signal */

/* A file that says nothing usable is an unknown level: it passes every threshold. */
static int32_t read_gauge(const gauge_t *gauge, int64_t min, int64_t max)
{
    char text[32];
    int64_t number;
    size_t length;
    FILE *file;

    if (gauge->file == NULL) {
        return gauge->number;
    }
    file = fopen(gauge->file, "r");
    if (file == NULL) {
        return -1;
    }
    length = fread(text, 1, sizeof text - 1u, file);
    (void)fclose(file);
    text[length] = '\0';
    text[strcspn(text, " \t\r\n")] = '\0';
    return values_read_number(text, min, max, &number) ? (int32_t)number : -1;
}

static int32_t read_battery(void *ctx)
{
    const device_t *device = ctx;

    return read_gauge(&device->options->battery, OPTIONS_BATTERY_MIN, OPTIONS_BATTERY_MAX);
}

static int32_t read_signal(void *ctx)
{
    const device_t *device = ctx;

    return read_gauge(&device->options->signal, OPTIONS_SIGNAL_MIN, OPTIONS_SIGNAL_MAX);
}

static const oneota_device_t k_device_port = {oneota_posix_random, read_battery, read_signal};

/* ---------------------------------------------------------------- events */

static const char *native_text(device_t *device, const oneota_event_t *event)
{
    if (event->type != ONEOTA_EVENT_FAILED) {
        return NULL;
    }
    if (event->reason == ONEOTA_REASON_NETWORK && event->code != 0) {
        if (device->options->server.tls && !device->tls.port.below) {
            return oneota_mbedtls_error_text(&device->tls.port);
        }
        return oneota_posix_net_error_text(event->code);
    }
    return event->reason == ONEOTA_REASON_STORAGE ? state_dir_failure(&device->state) : NULL;
}

static void test_new_image(device_t *device)
{
    switch (device->options->trial) {
    case TRIAL_FAIL:
        report_log(&device->report, ONEOTA_LOG_WARN, "self-test", "result", "fail");
        (void)oneota_reject(&device->client);
        break;
    case TRIAL_CRASH:
        report_log(&device->report, ONEOTA_LOG_WARN, "self-test", "result", "crash");
        device->restart = true;
        break;
    default:
        report_log(&device->report, ONEOTA_LOG_INFO, "self-test", "result", "pass");
        (void)oneota_confirm(&device->client);
        break;
    }
}

static void on_event(void *ctx, const oneota_event_t *event)
{
    device_t *device = ctx;
    oneota_status_t status;

    if (event->type == ONEOTA_EVENT_EXPOSED) {
        return; /* the log has it, and the URL says it */
    }
    report_event(&device->report, event, native_text(device, event));
    if (event->type == ONEOTA_EVENT_TRIAL) {
        test_new_image(device);
    } else if (event->type == ONEOTA_EVENT_RESTART) {
        device->restart = true;
    }
    if (device->options->once && device->status == EXIT_GO_ON) {
        oneota_status(&device->client, &status);
        device->status = exit_code_next(&device->exit_code, event, &status);
    }
}

/* ---------------------------------------------------------------- start, and start again */

static void fill_setup(device_t *device)
{
    const options_t *options = device->options;
    oneota_setup_t *setup = &device->setup;

    device->image.id = options->image;
    device->image.id.version = device->version;
    for (int i = 0; i < 2; i++) {
        device->image.slot[i] = &device->state.slot[i].port;
        device->image.slot_ctx[i] = &device->state.slot[i];
    }
    setup->dialect = options->dialect;
    setup->identity = options->identity;
    setup->address = options->server.address;
    setup->host = options->host;
    setup->prefix = options->server.prefix[0] != '\0' ? options->server.prefix : NULL;
    setup->port = options->server.port;
    setup->images = &device->image;
    setup->image_count = 1;
    setup->trust = options->pubkey_count > 0 ? &device->trust.table : NULL;
    setup->net = options->server.tls ? &device->tls.port.port : &oneota_posix_net;
    setup->net_ctx = options->server.tls ? (void *)&device->tls.port : (void *)&device->net;
    setup->boot = &oneota_posix_boot;
    setup->boot_ctx = &device->state.boot;
    setup->journal = &device->state.journal.port;
    setup->journal_ctx = &device->state.journal;
    setup->clock = &oneota_posix_clock;
    setup->device = &k_device_port;
    setup->device_ctx = device;
    setup->log = &report_log_port;
    setup->log_ctx = &device->report;
    setup->poll_interval_s = options->poll_interval_s;
    setup->retry_floor_ms = options->retry_floor_ms;
    setup->backoff_min_ms = options->backoff_min_ms;
    setup->backoff_max_ms = options->backoff_max_ms;
    setup->check_at_once = options->once;
    setup->delta = &oneota_differential;
    setup->work = device->work;
    setup->work_bytes = sizeof device->work;
    setup->event = on_event;
    setup->event_ctx = device;
}

/* Everything from the files, as after a reset. @return 0, or the exit status */
static int start(device_t *device)
{
    int status = state_dir_start(&device->state);

    if (status == 0) {
        status = state_dir_boot(&device->state);
    }
    if (status != 0) {
        return status;
    }
    memset(&device->client, 0, sizeof device->client);
    memset(&device->setup, 0, sizeof device->setup);
    memset(&device->image, 0, sizeof device->image);
    memset(device->work, 0, sizeof device->work);
    (void)snprintf(device->version, sizeof device->version, "%s",
                   state_dir_version(&device->state));
    oneota_posix_net_init(&device->net);
    if (device->options->server.tls &&
        !tls_start(&device->tls, &device->net, device->state.error, sizeof device->state.error)) {
        return EXIT_USAGE;
    }
    fill_setup(device);
    report_log(&device->report, ONEOTA_LOG_INFO, "start", "version", device->version);
    if (oneota_init(&device->client, &device->setup) != ONEOTA_OK) {
        (void)snprintf(device->state.error, sizeof device->state.error,
                       "an option is out of its range: the log above names it");
        return EXIT_USAGE;
    }
    return 0;
}

static void stop(device_t *device)
{
    oneota_deinit(&device->client);
    tls_stop(&device->tls);
    state_dir_stop(&device->state);
}

static int restart(device_t *device)
{
    report_log(&device->report, ONEOTA_LOG_INFO, "restart", NULL, NULL);
    stop(device);
    device->restart = false;
    return start(device);
}

static int loop(device_t *device)
{
    while (device->status == EXIT_GO_ON) {
        uint32_t ms = oneota_poll(&device->client);
        if (k_signal != 0) {
            return EXIT_SIGNAL + (int)k_signal;
        }
        if (device->restart) {
            int status = restart(device);
            if (status != 0) {
                return status;
            }
        } else if (ms > 0 && device->status == EXIT_GO_ON) {
            (void)oneota_posix_wait(&device->net, ms < SLEEP_MAX_MS ? ms : SLEEP_MAX_MS);
        }
    }
    return device->status;
}

/* @return exit status; what is wrong with the state directory stands in state.error */
static int run(device_t *device)
{
    int status;

    if (!tls_load(&device->tls, device->options, device->state.error, sizeof device->state.error)) {
        return EXIT_USAGE;
    }
    if (!trust_load(&device->trust, device->options, device->state.error,
                    sizeof device->state.error)) {
        return EXIT_USAGE;
    }
    status = state_dir_open(&device->state, device->options);
    if (status != 0) {
        return status;
    }
    state_dir_note_integrity(&device->state, device->options->pubkey_count > 0);
    catch_signals();
    status = start(device);
    if (status != 0) {
        return status;
    }
    status = loop(device);
    oneota_deinit(&device->client);
    tls_stop(&device->tls);
    if (status == EXIT_STATE_DIR && device->state.error[0] == '\0') {
        (void)state_dir_failure(&device->state);
    }
    return status;
}

int device_run(const options_t *options)
{
    static device_t device; /* too large for a stack */
    int status;

    memset(&device, 0, sizeof device);
    device.options = options;
    device.status = EXIT_GO_ON;
    report_init(&device.report, options->json);
    status = run(&device);
    report_end_bar(&device.report);
    if (status == EXIT_USAGE || status == EXIT_STATE_DIR) {
        (void)fprintf(stderr, "oneota-device: %s\n", device.state.error);
    } else if (status == EXIT_NO_ANSWER) {
        (void)fprintf(stderr, "oneota-device: %s: %s\n", options->server.authority,
                      device.report.failure);
    }
    state_dir_close(&device.state);
    tls_unload(&device.tls);
    return status;
}
