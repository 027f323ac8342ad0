/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The table of lies against the library, in one process: each row in its dialects, told once and
 * told for ever. What the table expects is judged here, by what the server was asked, by what is
 * on the board, and by the events.
 *
 *     test_hostile FILE [NAME]     the rows of a file, or those whose name begins so
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server.h"

#define HOURS_MS     (13u * 3600000u) /* in which each failure is met often enough */
#define REQUESTS_MAX 400u             /* in that time */
#define STEP_MS      60000u
#define FAILED_MAX   100u
#define NAME_SIZE    96u

typedef struct {
    const row_t *row;
    bool fuse, always;
    char name[NAME_SIZE];
} case_t;

static kit_t kit;
static server_t server;

/* ---------------------------------------------------------------- what was said */

static uint32_t count_failed(void)
{
    return kit_count_events(&kit, ONEOTA_EVENT_FAILED);
}

/* Reports from 101 on. */
static void write_ends(char *to, size_t size)
{
    size_t length = 0;
    to[0] = '\0';
    for (uint32_t n = 0; n < server.end_count && length < size; n++) {
        length += (size_t)snprintf(to + length, size - length, " %u", server.ends[n]);
    }
}

static void write_reasons(char *to, size_t size)
{
    size_t length = 0;
    to[0] = '\0';
    for (uint32_t n = 0; n < kit.event_count && length < size; n++) {
        const oneota_event_t *event = &kit.events[n];
        if (event->type == ONEOTA_EVENT_FAILED) {
            const char *text = oneota_reason_text((oneota_reason_t)event->reason);
            length +=
                (size_t)snprintf(to + length, size - length, " %s(%d)", text, (int)event->code);
        }
    }
}

static void expect(bool right, const char *what)
{
    char ends[200], reasons[400];
    if (!right) {
        write_ends(ends, sizeof ends);
        write_reasons(reasons, sizeof reasons);
        fail_msg("line %u: %s; %u lies, %u requests; reported:%s; said:%s", server.row->line, what,
                 (unsigned)server.lies, (unsigned)server.requests, ends, reasons);
    }
}

/* Nothing else than 101 and 201 was reported, the last of all last. */
static bool is_updated(void)
{
    bool updated = server.end_count > 0 && server.ends[server.end_count - 1u] == 201u;
    for (uint32_t n = 0; n < server.end_count; n++) {
        updated = updated && (server.ends[n] == 101u || server.ends[n] == 201u);
    }
    return updated && kit.board.runs[0] == kit.packages[0];
}

static bool runs_factory(void)
{
    return kit.board.runs[0] == &kit.board.known[0] && fake_board_settled(&kit.board);
}

/* ---------------------------------------------------------------- the ends */

/* A call that is refused for its Authorization is made once more before anything is said. */
static bool once_each(const row_end_t *end)
{
    const row_end_t *once = &server.row->once;
    bool silent = once->kind == END_RECOVERS && once->reason == ONEOTA_REASON_NONE;
    uint32_t lies = server.lies;
    if (end->reason == ONEOTA_REASON_AUTH) {
        return count_failed() == lies / 2u;
    }
    return count_failed() == lies - (silent ? 1u : 0u);
}

static void expect_wait(uint32_t after_s)
{
    uint32_t waited_ms = server.next_ms - server.lie_ms;
    expect(waited_ms >= after_s * 1000u && waited_ms <= after_s * 1000u + 100u,
           "the wait is another");
}

static void expect_recovery(const row_end_t *end)
{
    oneota_reason_t reason = (oneota_reason_t)end->reason;
    expect(is_updated(), "no update");
    if (reason == ONEOTA_REASON_NONE) {
        expect(count_failed() == 0, "a failure");
        return;
    }
    expect(kit_count_failed(&kit, reason) == count_failed(), "another reason");
    expect(once_each(end), "not one reason for each lie");
    if (end->after_s > 0) {
        expect_wait(end->after_s);
    }
}

static void expect_refusal(const row_end_t *end, bool always)
{
    const uint8_t call = server.row->call;
    bool answered = server.row->once.kind != END_REFUSES; /* else it waits for the board */
    uint32_t failed = count_failed();
    expect(failed >= 2u, "it does not go on asking");
    expect(kit_count_failed(&kit, (oneota_reason_t)end->reason) == failed, "another reason");
    expect(!always || !answered || once_each(end), "not one reason for each lie");
    if (call == ROW_RESULT) {
        expect(is_updated(), "no update");
        return;
    }
    expect(runs_factory(), "another image runs, or is marked");
    for (uint32_t n = 0; n < server.end_count; n++) {
        expect(call == ROW_DOWNLOADED && server.ends[n] == 101u, "a report");
    }
}

/* Told for ever, each lie has its reason first, and the last of them one more: the report's. */
static void expect_report(const row_end_t *end, const row_end_t *once)
{
    const oneota_event_t *last = kit_last_event(&kit, ONEOTA_EVENT_FAILED);
    expect(server.end_count > 0 && server.ends[server.end_count - 1u] == end->step,
           "another report");
    for (uint32_t n = 0; n + 1u < server.end_count; n++) {
        expect(server.ends[n] == 101u && end->step > 200u, "another report before it");
    }
    expect(last->reason == end->reason, "another reason at the end");
    if (once->kind == END_RECOVERS && once->reason != ONEOTA_REASON_NONE &&
        once->reason != end->reason) {
        uint32_t others = kit_count_failed(&kit, (oneota_reason_t)once->reason);
        expect(count_failed() == others + 1u && others == server.lies,
               "not one reason for each lie, and one for the report");
    }
    expect(runs_factory(), "another image runs, or is marked");
}

/* The next check finds the task, and the update is made unless the lie is told again. */
static void expect_end(const row_end_t *end, bool always)
{
    uint32_t ended = 0;
    for (uint32_t n = 0; n < kit.event_count; n++) {
        const oneota_event_t *event = &kit.events[n];
        if (event->type == ONEOTA_EVENT_ENDED) {
            ended += event->reason == end->reason && event->step == 0 ? 1u : 0u;
        }
    }
    expect(ended > 0, "it does not end so");
    expect(kit_count_failed(&kit, (oneota_reason_t)end->reason) == count_failed(),
           "another reason");
    expect(count_failed() == ended, "not one reason for each end");
    if (always) {
        expect(runs_factory(), "another image runs, or is marked");
        expect(server.end_count == 0 || server.row->call == ROW_DOWNLOADED, "a report");
    } else {
        expect(is_updated(), "no update later");
    }
}

static void expect_idle(bool always)
{
    expect(count_failed() == 0, "a failure");
    expect(always ? runs_factory() && server.end_count == 0 && server.lies >= 2u : is_updated(),
           "not idle, or for good");
}

static void judge(const case_t *test)
{
    const row_end_t *end = test->always ? &test->row->always : &test->row->once;
    expect(server.lies > 0, "the lie was never told");
    expect(server.requests < REQUESTS_MAX, "requests without end");
    expect(server.problem == NULL, server.problem);
    switch (end->kind) {
    case END_RECOVERS:
        expect_recovery(end);
        break;
    case END_REFUSES:
        expect_refusal(end, test->always);
        break;
    case END_REPORTS:
        expect_report(end, &test->row->once);
        break;
    case END_ENDS:
        expect_end(end, test->always);
        break;
    default:
        expect_idle(test->always);
        break;
    }
}

/* ---------------------------------------------------------------- main */

/* Until nothing new can come of it. */
static void run(const case_t *test)
{
    uint32_t left_ms = HOURS_MS + test->row->once.after_s * 1000u;
    while (left_ms >= STEP_MS && count_failed() < FAILED_MAX) {
        kit_pass(&kit, STEP_MS);
        left_ms -= STEP_MS;
    }
}

static void test_row(void **state)
{
    const case_t *test = *state;
    kit_init(&kit, NULL);
    server_init(&server, &kit, test->row, test->fuse, test->always);
    kit_start(&kit);
    run(test);
    judge(test);
    server_free(&server);
    kit_free(&kit);
}

static void add(struct CMUnitTest *test, case_t *one, const row_t *row, unsigned kind)
{
    one->row = row;
    one->fuse = (kind & 2u) != 0;
    one->always = (kind & 1u) != 0;
    (void)snprintf(one->name, sizeof one->name, "%s %s, told %s", row->name,
                   one->fuse ? "fuse" : "south", one->always ? "for ever" : "once");
    memset(test, 0, sizeof *test);
    test->name = one->name;
    test->test_func = test_row;
    test->initial_state = one;
}

int main(int argc, char **argv)
{
    table_t table;
    const char *begins = argc > 2 ? argv[2] : "";
    size_t count = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE [NAME]\n", argv[0]);
        return 2;
    }
    row_read(&table, argv[1]);
    struct CMUnitTest *tests = calloc(table.count * 4u + 1u, sizeof *tests);
    case_t *cases = calloc(table.count * 4u + 1u, sizeof *cases);
    for (unsigned n = 0; tests != NULL && cases != NULL && n < table.count * 4u; n++) {
        const row_t *row = &table.rows[n / 4u];
        if ((row->dialects & ((n & 2u) != 0 ? ROW_FUSE : ROW_SOUTH)) != 0 &&
            strncmp(row->name, begins, strlen(begins)) == 0) {
            add(&tests[count], &cases[count], row, n % 4u);
            count++;
        }
    }
    if (count == 0) {
        fprintf(stderr, "%s: no row of %s begins with '%s'\n", argv[0], argv[1], begins);
    }
    int failed = count == 0 ? 1 : _cmocka_run_group_tests("hostile", tests, count, NULL, NULL);
    free(tests);
    free(cases);
    row_free(&table);
    return failed != 0;
}
