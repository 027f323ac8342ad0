/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "journal_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define LINE_BYTES   32u
#define JOURNAL_MOST 16384u
#define SEED         2u /* even: the journal is erased but for what the fixture puts there */
#define STORED       32768u

typedef struct {
    world_t *world;
    uint8_t bytes[JOURNAL_MOST];
    bool used[JOURNAL_MOST / LINE_BYTES];
    bool result; /* else download */
} fixture_t;

/* ---------------------------------------------------------------- writing */

static bool reached(const world_t *world, bool result)
{
    return result ? world->board.boots == 3u : world->platform.tasks[0].delivered > STORED + 1000u;
}

static void dump(FILE *file, const world_t *world, const char *name)
{
    const fake_flash_t *flash = &world->board.journal.flash;
    fprintf(file, "[%s]\n", name);
    for (uint32_t at = 0; at < flash->size; at += LINE_BYTES) {
        const uint8_t *line = flash->bytes + at;
        if (line[0] == 0xFFu && memcmp(line, line + 1, LINE_BYTES - 1u) == 0) {
            continue;
        }
        fprintf(file, "%04x:", (unsigned)at);
        for (uint32_t n = 0; n < LINE_BYTES; n++) {
            fprintf(file, " %02x", line[n]);
        }
        fprintf(file, "\n");
    }
}

static bool write_one(FILE *file, world_t *world, const char *scenario, bool result)
{
    bool done = false;
    if (!world_init(world, &world_dialects[0], world_scenario(scenario))) {
        return false;
    }
    world->stop_at_cut = true;
    for (uint32_t at = 1; at < 1000u && !done; at++) {
        const world_fault_t cut = {.kind = WORLD_CUT_NET, .at = at};
        world_run(world, SEED, &cut, 1);
        done = reached(world, result);
    }
    if (done) {
        dump(file, world, result ? "result" : "download");
    }
    world_free(world);
    return done;
}

int journal_fixture_write(const char *path)
{
    world_t *world = malloc(sizeof *world);
    FILE *file = fopen(path, "w");
    bool right = world != NULL && file != NULL && write_one(file, world, "large", false) &&
                 write_one(file, world, "rejected", true);
    if (file != NULL) {
        right = fclose(file) == 0 && right;
    }
    free(world);
    return right ? 0 : 1;
}

/* ---------------------------------------------------------------- reading */

static bool read_section(FILE *file, fixture_t *fixture, const char *name)
{
    char line[160];
    bool inside = false;
    bool found = false;
    memset(fixture->used, 0, sizeof fixture->used);
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '[') {
            inside = strncmp(line + 1, name, strlen(name)) == 0;
            continue;
        }
        char *text = line;
        unsigned long at = strtoul(text, &text, 16);
        if (!inside || *text != ':' || at % LINE_BYTES != 0 || at > JOURNAL_MOST - LINE_BYTES) {
            continue;
        }
        text++;
        for (uint32_t n = 0; n < LINE_BYTES; n++) {
            fixture->bytes[at + n] = (uint8_t)strtoul(text, &text, 16);
        }
        fixture->used[at / LINE_BYTES] = true;
        found = true;
    }
    return found;
}

/* Flash and platform as they were when the power went. */
static void prepare(void *ctx)
{
    fixture_t *fixture = ctx;
    world_t *world = fixture->world;
    fake_task_t *task = &world->platform.tasks[0];
    for (uint32_t n = 0; n < JOURNAL_MOST / LINE_BYTES; n++) {
        if (fixture->used[n]) {
            fake_flash_put(&world->board.journal.flash, n * LINE_BYTES,
                           fixture->bytes + n * LINE_BYTES, LINE_BYTES);
        }
    }
    fake_flash_put(&world->board.slots[0][1].flash, 0, task->package,
                   fixture->result ? task->size : STORED);
    task->state = fixture->result ? FAKE_TASK_UPGRADING : FAKE_TASK_DOWNLOADING;
    task->delivered = fixture->result ? task->size : STORED;
    task->percent = 70;
}

static bool goes_on(const fixture_t *fixture)
{
    const fake_record_t *records = fixture->world->platform.records;
    if (fixture->result) {
        return records[0].verb == FAKE_REPORT && records[0].step == 206u;
    }
    return records[0].verb == FAKE_TOKEN && records[1].verb == FAKE_DOWNLOAD &&
           records[1].first == STORED;
}

static bool read_one(FILE *file, fixture_t *fixture, const char *scenario, bool result)
{
    const char *name = result ? "result" : "download";
    fixture->result = result;
    if (!read_section(file, fixture, name) ||
        !world_init(fixture->world, &world_dialects[0], world_scenario(scenario))) {
        printf("%s: no such section\n", name);
        return false;
    }
    fixture->world->prepare = prepare;
    fixture->world->prepare_ctx = fixture;
    world_run(fixture->world, SEED, NULL, 0);
    bool right = fixture->world->outcome.violation == NULL && goes_on(fixture);
    printf("%s: %s\n", name, right ? "goes on" : "starts again, or worse");
    if (!right) {
        printf("%s\n",
               fixture->world->outcome.violation != NULL ? fixture->world->outcome.violation : "");
        world_print_calls(fixture->world);
    }
    world_free(fixture->world);
    return right;
}

int journal_fixture_read(const char *path)
{
    fixture_t *fixture = calloc(1, sizeof *fixture);
    FILE *file = fopen(path, "r");
    bool right = false;
    if (fixture != NULL) {
        fixture->world = malloc(sizeof *fixture->world);
    }
    if (file != NULL && fixture != NULL && fixture->world != NULL) {
        right = read_one(file, fixture, "large", false);
        right = read_one(file, fixture, "rejected", true) && right;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (fixture != NULL) {
        free(fixture->world);
    }
    free(fixture);
    return right ? 0 : 1;
}
