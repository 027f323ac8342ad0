/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The devices, packages and trials that cases are made of.
 */
#include <string.h>

#include "world.h"

/* clang-format off */
const world_scenario_t world_scenarios[] = {
    {.name = "small", .size = 5000, .slot_size = 8192, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .codes = {201}},
    {.name = "retry", .size = 5003, .slot_size = 8192, .unit = 512, .program_unit = 16,
     .erased = 0xFF, .journal_unit = 4096, .retry = 2, .interval = 60, .codes = {201}},
    {.name = "medium", .size = 20000, .slot_size = 24576, .unit = 4096, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .retry = 2, .interval = 60, .codes = {201}},
    {.name = "large", .size = 45001, .slot_size = 49152, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .codes = {201}},
    {.name = "sixteen", .size = 16384, .slot_size = 16384, .unit = 2048, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .codes = {201}},
    {.name = "one", .size = 1, .slot_size = 8192, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .codes = {201}},
    {.name = "two", .size = 2, .slot_size = 8192, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .retry = 2, .interval = 60, .codes = {201}},
    {.name = "seventeen", .size = 17, .slot_size = 8192, .unit = 512, .program_unit = 16,
     .erased = 0x00, .journal_unit = 4096, .codes = {201}},
    {.name = "full", .size = 4096, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .codes = {201}},
    {.name = "busy", .size = 3001, .slot_size = 4096, .unit = 1024, .program_unit = 4,
     .erased = 0xFF, .journal_unit = 4096, .again = 2, .codes = {201}},
    {.name = "clockless", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 32,
     .erased = 0xFF, .journal_unit = 8192, .clock_unknown = true, .codes = {201}},
    {.name = "pair", .size = 3000, .second_size = 2500, .slot_size = 4096, .unit = 1024,
     .program_unit = 8, .erased = 0xFF, .journal_unit = 4096, .codes = {201}},
    {.name = "rejected", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .trial = WORLD_REJECT, .codes = {206}},
    {.name = "crashing", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .trial = WORLD_CRASH, .codes = {206}},
    {.name = "silent", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .trial = WORLD_SILENT, .codes = {206}},
    {.name = "hidden", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .trial = WORLD_CRASH, .hides_revert = true,
     .codes = {206}},
    {.name = "dead", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .trial = WORLD_DEAD, .codes = {206}},
    {.name = "dead-hidden", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .trial = WORLD_DEAD, .hides_revert = true,
     .codes = {206}},
    {.name = "swap", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .hides_revert = true, .swaps = true, .codes = {201}},
    {.name = "swap-rejected", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .trial = WORLD_REJECT, .hides_revert = true,
     .swaps = true, .codes = {206}},
    {.name = "swap-crashing", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .trial = WORLD_CRASH, .hides_revert = true,
     .swaps = true, .codes = {206}},
    {.name = "swap-dead", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .trial = WORLD_DEAD, .hides_revert = true,
     .swaps = true, .codes = {206}},
    {.name = "lonely", .size = 5000, .slot_size = 8192, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .codes = {201, 104, 107}},
    {.name = "lonely-retry", .size = 5000, .slot_size = 8192, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .retry = 2, .interval = 60, .codes = {201, 104, 107}},
    {.name = "tampered", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .codes = {201, 205}},
    {.name = "unfit", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .unfit = true, .codes = {204}},
    {.name = "mislabelled", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .label = "1.2", .codes = {204}},
    {.name = "spoiled", .size = 3000, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .spoiled = true, .codes = {205}},
    {.name = "large-package", .size = 4097, .slot_size = 4096, .unit = 1024, .program_unit = 8,
     .erased = 0xFF, .journal_unit = 4096, .codes = {102}},
    {.name = NULL},
};
/* clang-format on */

const world_scenario_t *world_scenario(const char *name)
{
    for (const world_scenario_t *scenario = world_scenarios; scenario->name != NULL; scenario++) {
        if (strcmp(scenario->name, name) == 0) {
            return scenario;
        }
    }
    return NULL;
}
