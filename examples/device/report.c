/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * report.c: what people and programs see.
 */
#define _POSIX_C_SOURCE 200809L

#include "report.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json_line.h"
#include "reasons.h"

#define BAR_CELLS   24u
#define BAR_EACH_MS 100u
#define CLEAR_LINE  "\r\033[K"

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

void report_init(report_t *report, bool json)
{
    memset(report, 0, sizeof *report);
    report->json = json;
    report->terminal = !json && isatty(STDOUT_FILENO);
    report->log_level =
        report->terminal && isatty(STDERR_FILENO) ? ONEOTA_LOG_ERROR : ONEOTA_LOG_DEBUG;
}

/* ---------------------------------------------------------------- log */

/* "12:34:56.789 I " in UTC */
static void print_prefix(report_t *report, oneota_log_level_t level)
{
    static const char letters[] = "?EWID";
    struct timespec now;
    struct tm day;

    if (report->bar_shown) {
        (void)fputs(CLEAR_LINE, stdout);
        (void)fflush(stdout);
        report->bar_shown = false;
    }
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &day);
    (void)fprintf(stderr, "%02d:%02d:%02d.%03ld %c ", day.tm_hour, day.tm_min, day.tm_sec,
                  now.tv_nsec / 1000000, letters[level <= ONEOTA_LOG_DEBUG ? level : 0]);
}

/* A value with blanks is quoted; what could steer a terminal is not printed. */
static void print_value(const char *text)
{
    const char *quote = strpbrk(text, " \"") != NULL || text[0] == '\0' ? "\"" : "";

    (void)fputs(quote, stderr);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        (void)fputc(c < 0x20 || c == 0x7F ? '.' : c, stderr);
    }
    (void)fputs(quote, stderr);
}

void report_log(report_t *report, oneota_log_level_t level, const char *what, const char *key,
                const char *value)
{
    if (level > report->log_level) {
        return;
    }
    print_prefix(report, level);
    (void)fprintf(stderr, "device: %s", what);
    if (key != NULL) {
        (void)fprintf(stderr, " %s=", key);
        print_value(value);
    }
    (void)fputc('\n', stderr);
}

static void log_line(void *ctx, const oneota_log_line_t *line)
{
    const report_t *report = ctx;

    if (line->level > report->log_level) {
        return;
    }
    print_prefix(ctx, line->level);
    (void)fputs(line->what, stderr);
    if (line->key != NULL) {
        (void)fprintf(stderr, " %s=", line->key);
        if (line->text != NULL) {
            print_value(line->text);
        } else {
            (void)fprintf(stderr, "%lld", (long long)line->number);
        }
    }
    (void)fputc('\n', stderr);
}

const oneota_log_t report_log_port = {log_line};

/* ---------------------------------------------------------------- the bar */

static void write_bytes(char *out, size_t size, uint32_t bytes)
{
    if (bytes < 10240u) {
        (void)snprintf(out, size, "%u B", (unsigned)bytes);
    } else if (bytes < 10485760u) {
        (void)snprintf(out, size, "%u KiB", (unsigned)(bytes / 1024u));
    } else {
        (void)snprintf(out, size, "%u MiB", (unsigned)(bytes / 1048576u));
    }
}

void report_write_bar(char *out, size_t size, uint8_t percent, uint32_t bytes, uint32_t total,
                      uint32_t rate)
{
    char bar[BAR_CELLS + 1u], done[16], whole[16], speed[16];
    unsigned shown = percent > 100 ? 100u : percent;
    uint32_t left_s = rate > 0 && total > bytes ? (total - bytes) / rate : 0;

    memset(bar, '-', BAR_CELLS);
    memset(bar, '#', BAR_CELLS * shown / 100u);
    bar[BAR_CELLS] = '\0';
    write_bytes(done, sizeof done, bytes);
    write_bytes(whole, sizeof whole, total);
    write_bytes(speed, sizeof speed, rate);
    if (rate == 0) {
        (void)snprintf(out, size, "[%s] %3u %%  %s of %s", bar, shown, done, whole);
    } else {
        (void)snprintf(out, size, "[%s] %3u %%  %s of %s  %s/s  %u:%02u left", bar, shown, done,
                       whole, speed, (unsigned)(left_s / 60u), (unsigned)(left_s % 60u));
    }
}

void report_end_bar(report_t *report)
{
    if (report->bar_shown) {
        (void)fputc('\n', stdout);
        (void)fflush(stdout);
        report->bar_shown = false;
    }
}

static void draw_bar(report_t *report, const oneota_event_t *event)
{
    uint64_t now = now_ms();
    uint64_t spent_ms = now - report->rate_since_ms;
    uint32_t rate = 0;
    char text[96];

    if (report->bar_shown && now - report->drawn_ms < BAR_EACH_MS && event->bytes < report->size) {
        return;
    }
    if (report->measuring && spent_ms >= 500u && event->bytes > report->rate_from) {
        rate = (uint32_t)((event->bytes - report->rate_from) * 1000ull / spent_ms);
    }
    report_write_bar(text, sizeof text, event->percent, event->bytes, report->size, rate);
    (void)fprintf(stdout, CLEAR_LINE "%.79s", text);
    (void)fflush(stdout);
    report->bar_shown = true;
    report->drawn_ms = now;
}

/* ---------------------------------------------------------------- events */

static const char *reason_name(const oneota_event_t *event)
{
    return oneota_reason_text((oneota_reason_t)event->reason);
}

static bool is_about_certificate(const char *native)
{
    static const char k_begin[] = "certificate: ";

    return native != NULL && strncmp(native, k_begin, sizeof k_begin - 1u) == 0;
}

static void write_error(const oneota_event_t *event, const char *native, char *out, size_t size)
{
    char code[128];
    const char *hint = is_about_certificate(native)
                           ? "check --ca, the name in --server, and this machine's clock"
                           : reasons_hint(event->reason);

    reasons_code_text(event->reason, event->code, native, code, sizeof code);
    (void)snprintf(out, size, "%s%s%s%s%s%s", reasons_text(event->reason),
                   code[0] != '\0' ? " (" : "", code, code[0] != '\0' ? ")" : "",
                   hint[0] != '\0' ? "; " : "", hint);
}

static void print_json(const report_t *report, const oneota_event_t *event)
{
    static const char *const names[] = {
        [ONEOTA_EVENT_STATE] = "state",       [ONEOTA_EVENT_TASK] = "task",
        [ONEOTA_EVENT_PROGRESS] = "progress", [ONEOTA_EVENT_READY] = "ready",
        [ONEOTA_EVENT_RESTART] = "restart",   [ONEOTA_EVENT_TRIAL] = "trial",
        [ONEOTA_EVENT_REPORT] = "report",     [ONEOTA_EVENT_UPDATED] = "done",
        [ONEOTA_EVENT_FAILED] = "error",      [ONEOTA_EVENT_ENDED] = "ended",
        [ONEOTA_EVENT_IDLE] = "idle"};
    json_line_t json = json_begin(stdout);

    json_text(&json, "event", names[event->type]);
    switch (event->type) {
    case ONEOTA_EVENT_STATE:
        json_text(&json, "from", oneota_state_text(event->from));
        json_text(&json, "to", oneota_state_text(event->to));
        break;
    case ONEOTA_EVENT_TASK:
        json_text(&json, "target", event->task->target);
        json_number(&json, "size", event->task->size);
        json_md5(&json, "md5", event->task->md5);
        json_number(&json, "type", event->task->type);
        break;
    case ONEOTA_EVENT_PROGRESS:
        json_number(&json, "percent", event->percent);
        json_number(&json, "bytes", event->bytes);
        json_number(&json, "size", report->size);
        break;
    case ONEOTA_EVENT_REPORT:
        json_number(&json, "step", event->step);
        json_number(&json, "code", event->code);
        break;
    case ONEOTA_EVENT_FAILED:
        json_text(&json, "reason", reason_name(event));
        json_number(&json, "code", event->code);
        json_text(&json, "text", report->failure);
        break;
    case ONEOTA_EVENT_ENDED:
        json_text(&json, "reason", reason_name(event));
        json_number(&json, "step", event->step);
        break;
    case ONEOTA_EVENT_UPDATED:
        json_text(&json, "version", event->version);
        break;
    case ONEOTA_EVENT_IDLE:
        json_text(&json, "reason", reason_name(event));
        json_number(&json, "sleep_ms", event->sleep_ms);
        break;
    default:
        break;
    }
    json_end(&json);
}

static void print_line(report_t *report, const oneota_event_t *event)
{
    bool percent = event->type == ONEOTA_EVENT_REPORT && event->step < 100;

    if (event->type == ONEOTA_EVENT_STATE || (percent && report->terminal)) {
        return; /* the log and the bar have it */
    }
    if (event->type == ONEOTA_EVENT_PROGRESS && report->terminal) {
        draw_bar(report, event);
        return;
    }
    report_end_bar(report);
    switch (event->type) {
    case ONEOTA_EVENT_TASK:
        (void)printf("task: target %s, %lu bytes, %s\n", event->task->target,
                     (unsigned long)event->task->size,
                     event->task->type == 2 ? "differential package" : "full package");
        break;
    case ONEOTA_EVENT_PROGRESS:
        (void)printf("progress: %u %%, %lu of %lu bytes\n", event->percent,
                     (unsigned long)event->bytes, (unsigned long)report->size);
        break;
    case ONEOTA_EVENT_READY:
        (void)printf("ready: the image is proven and will be installed\n");
        break;
    case ONEOTA_EVENT_RESTART:
        (void)printf("restart\n");
        break;
    case ONEOTA_EVENT_TRIAL:
        (void)printf("trial: the new image runs\n");
        break;
    case ONEOTA_EVENT_REPORT:
        if (event->code < 0) {
            (void)printf("report: %u, no answer\n", event->step);
        } else {
            (void)printf("report: %u, answered %ld\n", event->step, (long)event->code);
        }
        break;
    case ONEOTA_EVENT_UPDATED:
        (void)printf("done: version %s\n", event->version);
        break;
    case ONEOTA_EVENT_FAILED:
        (void)printf("error: %s: %s\n", reason_name(event), report->failure);
        break;
    case ONEOTA_EVENT_ENDED:
        (void)printf("ended: %s: the task ended without an update", reason_name(event));
        if (event->step != 0) {
            (void)printf(", reported %u", event->step);
        }
        (void)putchar('\n');
        break;
    default:
        (void)printf("idle: %s, for %lu s\n", reason_name(event),
                     (unsigned long)(event->sleep_ms / 1000u));
        break;
    }
    (void)fflush(stdout);
}

static void measure(report_t *report, const oneota_event_t *event)
{
    if (event->type == ONEOTA_EVENT_TASK) {
        report->size = event->task->size;
        report->measuring = false;
    } else if (event->type == ONEOTA_EVENT_PROGRESS && !report->measuring) {
        report->measuring = true;
        report->rate_from = event->bytes;
        report->rate_since_ms = now_ms();
    }
}

void report_event(report_t *report, const oneota_event_t *event, const char *native)
{
    bool failed = event->type == ONEOTA_EVENT_FAILED;

    measure(report, event);
    if (failed) {
        write_error(event, native, report->failure, sizeof report->failure);
    }
    if (report->json) {
        print_json(report, event);
    } else {
        print_line(report, event);
    }
    if (failed && !report->terminal) {
        report_log(report, ONEOTA_LOG_ERROR, "failed", reason_name(event), report->failure);
    }
}
