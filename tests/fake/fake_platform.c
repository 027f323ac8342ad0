/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "fake_platform.h"

#include <string.h>

void fake_platform_violate(fake_platform_t *platform, const char *what)
{
    if (platform->violation == NULL) {
        platform->violation = what;
    }
}

static void expect(fake_platform_t *platform, bool right, const char *what)
{
    if (!right) {
        fake_platform_violate(platform, what);
    }
}

/* What a device knows from itself alone. */
static void expect_true(fake_platform_t *platform, bool is_true, const char *what)
{
    expect(platform, is_true, what);
    if (!is_true && platform->lie == NULL) {
        platform->lie = what;
    }
}

/* By an operator, or by time: the device cannot know before it is told. */
static bool taken_away(const fake_task_t *task)
{
    return task->state >= FAKE_TASK_CANCELLED || task->expired;
}

static const fake_record_t *last_record(const fake_platform_t *platform)
{
    return platform->calls == 0 ? NULL
                                : &platform->records[(platform->calls - 1u) % FAKE_CALLS_KEPT];
}

/* ---------------------------------------------------------------- tasks */

static fake_task_t *task_of_type(fake_platform_t *platform, uint8_t type)
{
    for (uint8_t n = 0; n < platform->task_count; n++) {
        fake_task_t *task = &platform->tasks[n];
        if (task->type == type && task->state <= FAKE_TASK_UPGRADING) {
            return task;
        }
    }
    return NULL;
}

static bool is_stale(const fake_task_t *task, const char *token)
{
    return task->stale[0] != '\0' && strcmp(task->stale, token) == 0;
}

static fake_task_t *task_of_token(fake_platform_t *platform, const char *token)
{
    for (uint8_t n = 0; n < platform->task_count; n++) {
        fake_task_t *task = &platform->tasks[n];
        if (strcmp(task->token, token) == 0 || is_stale(task, token)) {
            return task;
        }
    }
    return NULL;
}

/* Why a call on a task is refused; 0 if it is not. */
static int32_t refusal(const fake_task_t *task, const fake_request_t *request, bool allowed)
{
    if (task == NULL) {
        return 4;
    }
    if (is_stale(task, request->handle)) {
        return 12;
    }
    switch (task->state) {
    case FAKE_TASK_DONE:
    case FAKE_TASK_FAILED:
        return 20;
    case FAKE_TASK_CANCELLED:
        return 22;
    case FAKE_TASK_PAUSED:
        return 19;
    default:
        return allowed ? 0 : 17;
    }
}

/* ---------------------------------------------------------------- version, check, token */

static void judge_version(fake_platform_t *platform, uint8_t type, const char *said)
{
    const char *true_one = platform->truth->version(platform->truth_ctx, type);
    expect_true(platform, true_one != NULL && strcmp(true_one, said) == 0,
                "truth: a version that does not run");
}

static int32_t take_version(fake_platform_t *platform, const fake_request_t *request)
{
    for (uint8_t type = 1; type <= 2u; type++) {
        const char *said = request->versions[type];
        if (said[0] == '\0') {
            expect(platform, platform->truth->version(platform->truth_ctx, type) == NULL,
                   "version: one is missing");
            continue;
        }
        judge_version(platform, type, said);
        memcpy(platform->versions[type], said, sizeof platform->versions[type]);
        fake_task_t *task = task_of_type(platform, type);
        if (task != NULL && strcmp(task->target, said) == 0) {
            expect(platform, task->delivered == 0 || task->attempted == 201u,
                   "order: the target's version before 201");
            task->state = FAKE_TASK_DONE;
        }
    }
    return 0;
}

static int32_t take_check(fake_platform_t *platform, const fake_request_t *request,
                          fake_reply_t *reply)
{
    fake_task_t *task = task_of_type(platform, request->type);
    judge_version(platform, request->type, request->versions[request->type]);
    memcpy(platform->versions[request->type], request->versions[request->type],
           sizeof platform->versions[0]);
    reply->task = task;
    return task == NULL ? 11 : 0;
}

static uint32_t losses(const fake_platform_t *platform)
{
    return platform->losses != NULL ? *platform->losses : 0u;
}

/* It only tells the state. */
static int32_t tell_state(fake_platform_t *platform, fake_task_t *task)
{
    task->checked = true;
    task->announcing = task->state == FAKE_TASK_WAITING;
    task->losses = losses(platform);
    return task->state == FAKE_TASK_PAUSED ? 19 : 0;
}

static int32_t take_token(fake_platform_t *platform, const fake_request_t *request)
{
    fake_task_t *task = task_of_token(platform, request->handle);
    int32_t code = refusal(task, request, task != NULL && task->state <= FAKE_TASK_DOWNLOADING);
    expect(platform, task != NULL, "token: never issued");
    if (code == 12) {
        return platform->stale_code;
    }
    if (task != NULL && platform->announces) {
        return tell_state(platform, task);
    }
    if (code == 0) {
        task->state = FAKE_TASK_DOWNLOADING;
        task->checked = true;
    }
    return code;
}

/* ---------------------------------------------------------------- download */

/* The platform's silent corrections of a range. */
static void clamp(const fake_task_t *task, uint32_t *first, uint32_t *last)
{
    *last = *last >= task->size ? task->size - 1u : *last;
    *first = *first >= task->size || *first > *last ? 0u : *first;
}

static int32_t take_download(fake_platform_t *platform, const fake_request_t *request,
                             fake_reply_t *reply)
{
    fake_task_t *task = task_of_token(platform, request->handle);
    if (task == NULL) {
        fake_platform_violate(platform, "download: a token that was never issued");
        return 3;
    }
    if (is_stale(task, request->handle)) {
        return platform->announces ? 5 : 3;
    }
    expect(platform, task->checked, "order: download before the token check");
    expect(platform, !task->announcing || losses(platform) != task->losses,
           "order: download before step 1");
    expect(platform,
           task->state == FAKE_TASK_DOWNLOADING || taken_away(task) ||
               (task->state == FAKE_TASK_WAITING && platform->announces),
           "order: download of a task that is not in downloading");
    expect(platform, !task->told, "order: download of a task known to be over");
    expect(platform,
           !request->ranged || (request->first < request->last && request->last < task->size),
           "download: a range that is none");
    bool trailer = platform->trailers && request->first + 192u == task->size;
    expect(platform, !request->ranged || request->first <= task->delivered || trailer,
           "download: leaves a gap");
    if (platform->announces && task->state > FAKE_TASK_DOWNLOADING) {
        return 5;
    }
    reply->task = task;
    reply->ranged = request->ranged;
    reply->first = request->ranged ? request->first : 0u;
    reply->last = request->ranged ? request->last : task->size - 1u;
    clamp(task, &reply->first, &reply->last);
    platform->serving = task;
    platform->serving_first = reply->first;
    platform->serving_last = reply->last;
    return 0;
}

void fake_platform_delivered(void *ctx, uint32_t body_bytes, bool whole)
{
    fake_platform_t *platform = ctx;
    fake_task_t *task = platform->serving;
    platform->heard = true;
    platform->refusing = whole ? NULL : platform->refusing;
    if (whole && platform->telling != NULL) {
        platform->telling->told = true;
    }
    if (task == NULL) {
        return;
    }
    task->downloads += body_bytes - platform->served;
    platform->served = body_bytes;
    uint32_t end = platform->serving_first + body_bytes;
    if (platform->serving_first <= task->delivered && end > task->delivered) {
        task->delivered = end;
    }
}

/* ---------------------------------------------------------------- report */

static bool takes_progress(const fake_platform_t *platform, const fake_task_t *task)
{
    return task->state == FAKE_TASK_DOWNLOADING ||
           (platform->announces && task->state == FAKE_TASK_WAITING);
}

/* The same once more: not a byte of the answer had come. */
static bool is_repeat(const fake_platform_t *platform, uint32_t step)
{
    const fake_record_t *before = last_record(platform);
    return !platform->heard && before != NULL && before->verb == FAKE_REPORT &&
           before->step == step;
}

static void judge_progress(fake_platform_t *platform, const fake_task_t *task, uint32_t step)
{
    expect(platform, takes_progress(platform, task) || taken_away(task),
           "order: progress outside of downloading");
    if (is_repeat(platform, step)) {
        platform->repeats++;
        return;
    }
    if (step == 1u) {
        expect(platform, task->announcing, "truth: step 1, and the download has begun");
        return;
    }
    expect(platform, step % 10u == 0 && step > 0 && step < 100u,
           "truth: progress of an odd number");
    expect(platform, (uint64_t)task->delivered * 100u >= (uint64_t)task->size * step,
           "truth: progress of bytes that have not come");
    expect(platform, step > task->percent, "truth: progress twice, or backwards");
}

static bool may_end_with(const fake_platform_t *platform, uint32_t step)
{
    for (const uint8_t *code = platform->codes; code != NULL && *code != 0; code++) {
        if (*code == step) {
            return true;
        }
    }
    return false;
}

/* By this task, or by one whose place it took: what is stored goes on under the new one. */
static bool has_come(const fake_platform_t *platform, const fake_task_t *task)
{
    for (uint8_t n = 0; n < platform->task_count; n++) {
        const fake_task_t *other = &platform->tasks[n];
        if (other->type == task->type && other->size == task->size &&
            strcmp(other->md5, task->md5) == 0 && other->delivered == other->size) {
            return true;
        }
    }
    return false;
}

static void judge_result(fake_platform_t *platform, const fake_task_t *task, uint32_t step)
{
    bool runs = platform->truth->runs(platform->truth_ctx, task);
    expect(platform, may_end_with(platform, step), "truth: a result that has no cause");
    expect(platform, task->result == 0 || task->result == step, "truth: two different results");
    expect_true(platform, step != 201u || runs, "truth: 201, and the old image runs");
    expect(platform, step == 201u || !runs, "truth: a failure, and the new image runs");
    expect(platform, task->state != FAKE_TASK_CANCELLED || !task->told || task->attempted == step,
           "truth: a result of a task known to be cancelled");
    expect(platform, step != 201u || task->state != FAKE_TASK_WAITING || has_come(platform, task),
           "order: 201 before the download");
}

static void judge_report(fake_platform_t *platform, const fake_task_t *task, uint32_t step)
{
    expect_true(platform, step < 100u || platform->truth->settled(platform->truth_ctx),
                "truth: a report while an image is on trial");
    if (step <= 100u) {
        judge_progress(platform, task, step);
    } else if (step == 101u) {
        expect(platform, has_come(platform, task), "truth: 101 before all was served");
        expect(platform, platform->truth->holds(platform->truth_ctx, task),
               "truth: 101, and the slot does not hold the package");
    } else {
        judge_result(platform, task, step);
    }
}

static bool report_allowed(const fake_platform_t *platform, const fake_task_t *task, uint32_t step)
{
    if (step <= 100u) {
        return takes_progress(platform, task);
    }
    if (step <= 107u) {
        return task->state <= FAKE_TASK_DOWNLOADING;
    }
    return step != 201u || task->state != FAKE_TASK_WAITING;
}

static int32_t take_report(fake_platform_t *platform, const fake_request_t *request)
{
    fake_task_t *task = task_of_token(platform, request->handle);
    uint32_t step = request->step;
    if (task == NULL) {
        fake_platform_violate(platform, "report: a token that was never issued");
        return 1;
    }
    judge_report(platform, task, step);
    task->attempted = step > 101u ? (uint8_t)step : task->attempted;
    int32_t code = refusal(task, request, report_allowed(platform, task, step));
    if (code != 0) {
        return code;
    }
    if (step < 100u) {
        task->percent = (uint8_t)step;
        task->state = FAKE_TASK_DOWNLOADING;
    } else if (step <= 101u) {
        task->state = FAKE_TASK_UPGRADING;
        task->acked = true;
    } else {
        task->result = (uint8_t)step;
        task->state = step == 201u ? FAKE_TASK_DONE : FAKE_TASK_FAILED;
    }
    if (step == 201u) {
        memcpy(platform->versions[task->type], task->target, strlen(task->target) + 1u);
    }
    return 0;
}

/* ---------------------------------------------------------------- all of them */

static int32_t dispatch(fake_platform_t *platform, const fake_request_t *request,
                        fake_reply_t *reply)
{
    bool download = request->verb == FAKE_DOWNLOAD;
    if (request->authorised &&
        (request->et < reply->now_s || platform->peer == FAKE_PEER_REFUSES)) {
        return 1;
    }
    if (platform->peer == (download ? FAKE_PEER_NO_FILE : FAKE_PEER_INTERNAL)) {
        return download ? 4 : 7;
    }
    switch (request->verb) {
    case FAKE_VERSION:
        return take_version(platform, request);
    case FAKE_CHECK:
        return take_check(platform, request, reply);
    case FAKE_TOKEN:
        return take_token(platform, request);
    case FAKE_DOWNLOAD:
        return take_download(platform, request, reply);
    default:
        return take_report(platform, request);
    }
}

static void record(fake_platform_t *platform, const fake_request_t *request,
                   const fake_reply_t *reply)
{
    if (request->verb == FAKE_TOKEN) {
        platform->begins = true;
    } else if (reply->task != NULL && request->verb == FAKE_DOWNLOAD && platform->begins) {
        platform->begins = platform->trailers && reply->last + 1u == reply->task->size;
        platform->resumed += !platform->begins && reply->first > 0 ? 1u : 0u;
    }
    fake_record_t *record = &platform->records[platform->calls % FAKE_CALLS_KEPT];
    record->verb = request->verb;
    record->type = request->type;
    record->step = (uint8_t)request->step;
    record->code = reply->code;
    record->first = reply->first;
    record->last = reply->last;
    platform->calls++;
    platform->counts[request->verb]++;
}

/* The next call comes, and the answer before it has not come to its end. */
static void note_broken(fake_platform_t *platform)
{
    uint32_t length = platform->serving_last - platform->serving_first + 1u;
    if (platform->serving != NULL && platform->served < length) {
        platform->serving->broken++;
    }
    if (platform->refusing != NULL) {
        platform->refusing->announcing = false;
        platform->refusing = NULL;
    }
}

/* What was refused for its Authorization is said again, unless nobody heard of that. */
static void note_report(fake_platform_t *platform, const fake_request_t *request,
                        const fake_reply_t *reply, fake_task_t *task)
{
    if (task == NULL || request->verb != FAKE_REPORT) {
        return;
    }
    if (reply->code == 1) {
        platform->refusing = task;
    } else {
        task->announcing = false;
    }
}

/* From a connection that is gone: it changes what it may, and nobody hears the answer. It was right
 * when it was sent. */
static void take_late(fake_platform_t *platform, const fake_request_t *request, fake_reply_t *reply)
{
    const char *violation = platform->violation;
    const char *lie = platform->lie;
    bool download = request->verb == FAKE_DOWNLOAD; /* changes nothing */
    reply->code = download ? 4 : dispatch(platform, request, reply);
    platform->late_count++;
    platform->violation = violation;
    platform->lie = lie;
}

void fake_platform_handle(fake_platform_t *platform, const fake_request_t *request,
                          fake_reply_t *reply)
{
    memset(reply, 0, sizeof *reply);
    reply->text = "succ";
    reply->now_s = platform->truth->unix_s(platform->truth_ctx);
    if (platform->late) {
        take_late(platform, request, reply);
        return;
    }
    note_broken(platform);
    platform->serving = NULL;
    platform->served = 0;
    expect_true(platform,
                request->verb == FAKE_REPORT || platform->truth->settled(platform->truth_ctx),
                "order: a call while an image is on trial");
    if (platform->act_at != 0 && platform->calls + 1u == platform->act_at) {
        platform->act(platform->act_ctx);
    }
    reply->stranger = platform->peer >= FAKE_PEER_500 && platform->peer <= FAKE_PEER_STRANGER;
    reply->code = reply->stranger ? 500 : dispatch(platform, request, reply);
    reply->text = reply->code == 0 ? "succ" : "refused";
    record(platform, request, reply);
    platform->heard = false;
    fake_task_t *task = task_of_token(platform, request->handle);
    note_report(platform, request, reply, task);
    if (task != NULL && request->verb == FAKE_TOKEN &&
        (reply->code != 0 || task->state > FAKE_TASK_DOWNLOADING)) {
        task->refused++;
    }
    reply->state = task != NULL ? task->state : 0;
    bool over = reply->code == 18 || reply->code == 20 || reply->code == 22 ||
                (reply->code == 0 && request->verb == FAKE_TOKEN && task != NULL &&
                 task->state >= FAKE_TASK_DONE);
    bool progress = request->verb == FAKE_REPORT && request->step <= 100u; /* stops nothing */
    platform->telling = over && !progress ? task : NULL;
}
