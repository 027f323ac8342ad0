/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The test's side of the platform: its tasks, and what an operator does to them.
 */
#include <string.h>

#include "fake_platform.h"

static bool is_open(const fake_task_t *task)
{
    return task->state <= FAKE_TASK_UPGRADING || task->state == FAKE_TASK_PAUSED;
}

static void renew_token(fake_platform_t *platform, fake_task_t *task)
{
    uint32_t number = ++platform->tokens;
    size_t length = strlen(platform->handles);
    memcpy(task->token, platform->handles, length + 1u);
    for (char *digit = task->token + length - 1u; number > 0; digit--, number /= 10u) {
        *digit = (char)('0' + number % 10u);
    }
    task->checked = false;
}

void fake_platform_init(fake_platform_t *platform, const fake_truth_t *truth, void *truth_ctx)
{
    memset(platform, 0, sizeof *platform);
    platform->truth = truth;
    platform->truth_ctx = truth_ctx;
    platform->handles = "ota_YbDB8ANDSmPEM78Dk000";
    platform->stale_code = 12;
}

fake_task_t *fake_platform_add(fake_platform_t *platform, uint8_t type, const char *target,
                               const uint8_t *package, uint32_t size, const char *md5)
{
    fake_task_t *task = &platform->tasks[platform->task_count++];
    memset(task, 0, sizeof *task);
    task->type = type;
    task->target = target;
    task->package = package;
    task->served = package;
    task->size = size;
    task->signal = 10;
    task->power = 50;
    memcpy(task->md5, md5, sizeof task->md5);
    renew_token(platform, task);
    return task;
}

void fake_platform_cancel(fake_task_t *task)
{
    if (is_open(task)) {
        task->state = FAKE_TASK_CANCELLED;
    }
}

void fake_platform_expire(fake_task_t *task)
{
    if (is_open(task)) {
        task->state = FAKE_TASK_FAILED;
        task->expired = true;
    }
}

void fake_platform_pause(fake_task_t *task)
{
    if (task->state <= FAKE_TASK_UPGRADING) {
        task->paused = task->state;
        task->state = FAKE_TASK_PAUSED;
    }
}

void fake_platform_resume(fake_task_t *task)
{
    if (task->state == FAKE_TASK_PAUSED) {
        task->state = task->paused;
    }
}

void fake_platform_reissue(fake_platform_t *platform, fake_task_t *task)
{
    memcpy(task->stale, task->token, sizeof task->stale);
    renew_token(platform, task);
}

bool fake_platform_idle(const fake_platform_t *platform)
{
    for (uint8_t n = 0; n < platform->task_count; n++) {
        if (is_open(&platform->tasks[n])) {
            return false;
        }
    }
    return true;
}
