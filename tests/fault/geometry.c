/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 */
#include "geometry.h"

#include <string.h>

#include "campaigns.h"

#define SLOT_LEAST 2048u /* the factory image fits */

typedef struct {
    uint32_t unit; /* largest */
    uint32_t units[8];
} slot_layout_t;

typedef struct {
    uint32_t unit; /* smallest */
    uint8_t count;
    uint32_t units[5]; /* [0] 0: all are unit */
} journal_layout_t;

static const slot_layout_t k_mixed[] = {
    {4096, {4096, 512, 2048, 1024, 4096, 512, 512}},
    {16384, {2048, 2048, 16384}},
    {65536, {16384, 65536}},
    {4096, {512, 512, 4096, 4096}},
};

static const uint32_t k_units[] = {512, 1024, 2048, 4096, 16384, 65536};

/* The smallest that take eight records of the largest payload come first. */
static const journal_layout_t k_journals[] = {
    {2048, 2, {0}},
    {2048, 4, {0}},
    {4096, 2, {0}},
    {4096, 3, {0}},
    {16384, 2, {0}},
    {65536, 2, {0}},
    {4096, 0, {4096, 8192}},
    {4096, 0, {8192, 4096, 16384}},
    {4096, 0, {4096, 4096, 8192, 4096}},
};
#define JOURNALS_TINY 2u

typedef struct {
    uint8_t trial;
    bool hides_revert, swaps, unfit, spoiled;
    const char *label;
    uint8_t code;
} story_t;

static const story_t k_stories[] = {
    {.trial = WORLD_CONFIRM, .code = 201},
    {.trial = WORLD_CONFIRM, .code = 201},
    {.trial = WORLD_CONFIRM, .code = 201},
    {.trial = WORLD_CONFIRM, .hides_revert = true, .swaps = true, .code = 201},
    {.trial = WORLD_REJECT, .code = 206},
    {.trial = WORLD_REJECT, .hides_revert = true, .swaps = true, .code = 206},
    {.trial = WORLD_CRASH, .code = 206},
    {.trial = WORLD_CRASH, .hides_revert = true, .code = 206},
    {.trial = WORLD_SILENT, .code = 206},
    {.trial = WORLD_DEAD, .code = 206},
    {.trial = WORLD_DEAD, .hides_revert = true, .swaps = true, .code = 206},
    {.trial = WORLD_CONFIRM, .unfit = true, .code = 204},
    {.trial = WORLD_CONFIRM, .label = "1.2", .code = 204},
    {.trial = WORLD_CONFIRM, .spoiled = true, .code = 205},
};

#define COUNT(table) ((uint32_t)(sizeof(table) / sizeof(table)[0]))

/* For an image of which something is stored on the way, and taken up again after a restart. */
static void draw_large(world_scenario_t *scenario, uint32_t *random)
{
    static const uint32_t k_large[] = {1024, 2048, 4096, 16384};
    scenario->unit = k_large[campaign_random(random, COUNT(k_large))];
    scenario->slot_size = 49152;
    scenario->size = ONEOTA_STORE_BYTES + 1u + campaign_random(random, 24000u);
}

static void draw_slot(world_scenario_t *scenario, uint32_t *random)
{
    uint32_t total = 0;
    uint32_t kind = campaign_random(random, COUNT(k_units) + 2u);
    if (kind < COUNT(k_units)) {
        scenario->unit = k_units[kind];
        uint32_t least = (SLOT_LEAST + scenario->unit - 1u) / scenario->unit;
        uint32_t most = scenario->unit >= 16384u ? 2u : 16384u / scenario->unit;
        total = scenario->unit * (least + campaign_random(random, most - least + 1u));
    } else {
        const slot_layout_t *layout = &k_mixed[campaign_random(random, COUNT(k_mixed))];
        scenario->unit = layout->unit;
        scenario->units = layout->units;
        for (const uint32_t *unit = layout->units; *unit != 0; unit++) {
            total += *unit;
        }
    }
    /* in one of four a trailer of the boot loader's takes the end of the last unit */
    uint32_t trailer = campaign_random(random, 4u) == 0 ? 256u : 0u;
    scenario->slot_size = total - (total > SLOT_LEAST ? trailer : 0u);
}

/* In one of four slot 1 is of another device, and the journal beside slot 0. */
static void draw_other(world_scenario_t *scenario, uint32_t *random)
{
    if (campaign_random(random, 4u) == 0) {
        scenario->other_unit =
            scenario->unit >= 4096u || scenario->slot_size > 32768u ? 4096u : 512u;
        scenario->other_program_unit = (uint16_t)(1u << campaign_random(random, 9u));
        scenario->other_erased = campaign_random(random, 2u) == 0 ? 0xFF : 0x00;
    }
}

static void draw_size(world_scenario_t *scenario, uint32_t *random)
{
    uint32_t most = scenario->slot_size < 10000u ? scenario->slot_size : 10000u;
    switch (campaign_random(random, 8u)) {
    case 0:
        scenario->size = 1u + campaign_random(random, 20u);
        break;
    case 1:
        scenario->size = scenario->slot_size < 20000u ? scenario->slot_size : most;
        break;
    default:
        scenario->size = 1u + campaign_random(random, most);
        break;
    }
}

static void draw_journal(world_scenario_t *scenario, uint32_t *random)
{
    uint32_t first = scenario->program_unit > 8u ? JOURNALS_TINY : 0u;
    const journal_layout_t *layout =
        &k_journals[first + campaign_random(random, COUNT(k_journals) - first)];
    scenario->journal_unit = layout->unit;
    scenario->journal_count = layout->count;
    scenario->journal_units = layout->units[0] != 0 ? layout->units : NULL;
}

static void draw_story(world_scenario_t *scenario, uint32_t *random)
{
    const story_t *story = &k_stories[campaign_random(random, COUNT(k_stories))];
    scenario->trial = story->trial;
    scenario->hides_revert = story->hides_revert;
    scenario->swaps = story->swaps;
    scenario->unfit = story->unfit;
    scenario->spoiled = story->spoiled;
    scenario->label = story->label;
    scenario->codes[0] = story->code;
    if (story->code == 201u && campaign_random(random, 8u) == 0) {
        scenario->second_size = 1u + scenario->size / 2u;
    }
}

/* Packages of another kind, where there is room for them. Signatures take their time: few are
 * signed. */
static void draw_package(world_scenario_t *scenario, uint32_t *random)
{
    bool fits = scenario->size >= 1024u && scenario->label == NULL && !scenario->unfit;
    uint32_t lot = campaign_random(random, 128u);
    if (fits) {
        scenario->differential = !scenario->spoiled && lot < 16u;
        scenario->signs = lot == 16u;
    }
}

void geometry_draw(world_scenario_t *scenario, uint32_t *random)
{
    memset(scenario, 0, sizeof *scenario);
    scenario->name = "drawn";
    scenario->program_unit = (uint16_t)(1u << campaign_random(random, 9u));
    scenario->erased = campaign_random(random, 2u) == 0 ? 0xFF : 0x00;
    if (campaign_random(random, 8u) == 0) {
        draw_large(scenario, random);
    } else {
        draw_slot(scenario, random);
        draw_size(scenario, random);
    }
    draw_journal(scenario, random);
    draw_story(scenario, random);
    draw_package(scenario, random);
    if (campaign_random(random, 2u) == 0) {
        scenario->retry = 2;
        scenario->interval = 60;
    }
    scenario->again = campaign_random(random, 6u) == 0 ? 1u + campaign_random(random, 3u) : 0u;
    scenario->clock_unknown = campaign_random(random, 8u) == 0;
    draw_other(scenario, random);
}
