/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The fault suite, in one process and without waiting:
 *
 *     test_fault                                    every campaign in every dialect
 *     test_fault --dialect fuse                     in one of them: south, fuse
 *     test_fault --campaign power-cut               one of them
 *     test_fault --campaign power-cut --case 17 -v  one case again, with its log
 *     test_fault --slice 20                         every 20th case, for slow builds
 *     test_fault --scale 51                         so many times cross and chain, others whole
 *     test_fault --part 2/9                         the second of nine parts of each campaign
 *     test_fault --speed medium                     how many whole updates a second
 *     test_fault --read-journal FILE                see journal_fixture.h
 *     test_fault --write-journal FILE
 *
 * What is checked, after each case and within it, by what shares no code with the library
 * (invariants by their numbers in the design; the file that judges):
 *
 *     I1  nothing is marked or started that is not whole and known     fake_boot.c
 *     I2  something boots always; the running slot is never touched    fake_board.c, fake_boot.c
 *     I3  the way back stays whole until the new image is confirmed    fake_board.c
 *     I4  it ends: boots, traffic, a day at most; bounded work a day   world.c, world_faults.c
 *     I5  nothing false is told, nothing twice; the code has a cause   fake_platform.c,
 *                                                                      world_judge.c
 *     I6  erases of each unit of a slot, and of the journal            world_wear.c,
 *                                                                      world_cost.c
 *     I7  bytes that a fault costs; requests in a day without a          world_judge.c,
 *         platform or with a call that fails; back-off to an hour      world_faults.c
 *     I8  guards around the client and its buffer                      world.c
 *     I9  a poll is one call of the net, one erase or program, one     world_poll.c
 *         block of hashing at most
 *     I10 neither log nor journal has the key                          world.c, world_judge.c
 *     I12 bytes of another task are not used                           fake_boot.c; operator, rot
 *     I13 after the end nothing is done or told again                  world.c
 *     I16 a task that failed is told once, with a reason               world.c, world_judge.c
 *
 * and elsewhere: I10 of what is sent in test_api_secrecy.c, I11 in test_trailer.c and
 * test_api_trust.c, I14 in tests/unit/test_api_*.c, I15 in test_journal*.c, test_record.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "campaigns.h"
#include "journal_fixture.h"

typedef struct {
    const char *dialect;
    const char *campaign;
    const char *speed;
    const char *read, *write; /* a journal */
    run_t run;
} options_t;

static bool read_number(const char *text, uint32_t *number)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *number = (uint32_t)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value <= UINT32_MAX;
}

/* "K/N", from 1. */
static bool read_part(const char *text, run_t *run)
{
    char more;
    bool good = sscanf(text, "%u/%u%c", &run->part, &run->parts, &more) == 2;
    run->part--;
    return good && run->part < run->parts;
}

static bool read_option(options_t *options, const char *name, const char *value)
{
    run_t *run = &options->run;
    const struct {
        const char *name;
        const char **text;
    } texts[] = {{"--dialect", &options->dialect},
                 {"--campaign", &options->campaign},
                 {"--speed", &options->speed},
                 {"--read-journal", &options->read},
                 {"--write-journal", &options->write}};
    const struct {
        const char *name;
        uint32_t *number;
    } numbers[] = {{"--seed", &run->seed}, {"--slice", &run->slice}, {"--scale", &run->scale}};

    for (size_t n = 0; n < sizeof texts / sizeof texts[0]; n++) {
        if (strcmp(name, texts[n].name) == 0) {
            *texts[n].text = value;
            return true;
        }
    }
    for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++) {
        if (strcmp(name, numbers[n].name) == 0) {
            return read_number(value, numbers[n].number);
        }
    }
    if (strcmp(name, "--case") == 0) {
        uint32_t number;
        bool good = read_number(value, &number);
        run->only = number;
        return good;
    }
    return strcmp(name, "--part") == 0 && read_part(value, run);
}

static bool read_options(int argc, char **argv, options_t *options)
{
    for (int n = 1; n < argc; n++) {
        if (strcmp(argv[n], "-v") == 0) {
            options->run.verbose = true;
        } else if (n + 1 < argc && read_option(options, argv[n], argv[n + 1])) {
            n++;
        } else {
            return false;
        }
    }
    return options->run.slice > 0 && options->run.scale > 0;
}

static int measure(const char *name)
{
    world_t *world = malloc(sizeof *world);
    const world_scenario_t *scenario = world_scenario(name);
    uint32_t count = 0;
    if (world == NULL || scenario == NULL || !world_init(world, &world_dialects[0], scenario)) {
        free(world);
        return 2;
    }
    clock_t start = clock();
    while (clock() - start < 2 * CLOCKS_PER_SEC) {
        world_run(world, ++count, NULL, 0);
    }
    printf("%s: %u bytes, %.0f whole updates a second\n", name, (unsigned)scenario->size,
           (double)count * CLOCKS_PER_SEC / (double)(clock() - start));
    world_free(world);
    free(world);
    return 0;
}

static void run_dialect(const options_t *options, const world_dialect_t *dialect, run_t *all)
{
    for (const campaign_t *campaign = campaigns; campaign->name != NULL; campaign++) {
        if (options->campaign != NULL && strcmp(options->campaign, campaign->name) != 0) {
            continue;
        }
        run_t run = options->run;
        run.dialect = dialect;
        run.campaign = campaign->name;
        clock_t start = clock();
        campaign->go(&run);
        printf("%-5s %-12s %7u cases %5u violations  (progress twice: %u, resumed: %u, cuts: %u of"
               " %u, %.1f s)\n",
               dialect->name, run.campaign, (unsigned)run.cases, (unsigned)run.violations,
               (unsigned)run.repeats, (unsigned)run.resumed, (unsigned)run.cuts,
               (unsigned)run.planned, (double)(clock() - start) / CLOCKS_PER_SEC);
        fflush(stdout);
        all->cases += run.cases;
        all->cut += run.cut;
        all->violations += run.violations;
    }
}

int main(int argc, char **argv)
{
    options_t options = {.run = {.seed = 1, .slice = 1, .scale = 1, .parts = 1, .only = -1}};
    run_t all = {.cases = 0};
    options.run.program = argv[0];
    if (!read_options(argc, argv, &options)) {
        fprintf(stderr, "usage: test_fault [--dialect NAME] [--campaign NAME [--case N] [-v]]"
                        " [--seed N] [--slice N] [--scale N] [--part K/N] [--speed SCENARIO]\n");
        return 2;
    }
    if (options.speed != NULL) {
        return measure(options.speed);
    }
    if (options.write != NULL) {
        return journal_fixture_write(options.write);
    }
    if (options.read != NULL) {
        return journal_fixture_read(options.read);
    }
    for (const world_dialect_t *dialect = world_dialects; dialect->name != NULL; dialect++) {
        if (options.dialect == NULL || strcmp(options.dialect, dialect->name) == 0) {
            run_dialect(&options, dialect, &all);
        }
    }
    if (all.cases == 0) {
        fprintf(stderr, "test_fault: there is no such case, campaign or dialect\n");
    }
    printf("%-12s %7u cases %5u violations  (in %u the power went)\n", "all", (unsigned)all.cases,
           (unsigned)all.violations, (unsigned)all.cut);
    return all.violations == 0 && all.cases > 0 ? 0 : 1;
}
