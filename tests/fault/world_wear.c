/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What an update may cost in erases, counted by the flash itself.
 */
#include "world_parts.h"

#define UNLUCKY      6u    /* moves begun again by chance: so many once in 8^6 times */
#define RECORDS_LIVE 1024u /* of a journal unit: the newest of each type, copied at each move */

static uint32_t most_erased(const fake_flash_t *flash)
{
    uint32_t most = 0;
    for (uint32_t n = 0; n < flash->unit_count; n++) {
        most = flash->erases[n] > most ? flash->erases[n] : most;
    }
    return most;
}

/* One for each start that writes, and one each time that a unit is full. A cut wastes the move that
 * it is in, and what was torn is moved away from. Where its bytes change at each read, a move may
 * be begun again, once in eight times. */
static bool journal_is_spared(const world_t *world, const world_cost_t *cost)
{
    const fake_flash_t *flash = &world->board.journal.flash;
    uint32_t program_unit = world->scenario->program_unit;
    uint32_t room =
        (world->scenario->journal_unit - RECORDS_LIVE) / (program_unit > 64u ? program_unit : 64u);
    uint32_t total = 0;
    for (uint32_t n = 0; n < flash->unit_count; n++) {
        total += flash->erases[n];
    }
    uint32_t luck = world->cuts > 0 && flash->torn == FAKE_TORN_UNSTABLE ? UNLUCKY : 0u;
    uint32_t starts = world->board.boots + 2u * world->cuts;
    return total <= cost->journal + starts + flash->calls[FAKE_PROGRAM] / room + 2u + luck;
}

/* Each task that is worked on is a download. */
static uint32_t downloads_of(const world_t *world, uint8_t type)
{
    uint32_t count = 0;
    for (unsigned n = 0; n < world->platform.task_count; n++) {
        count += world->platform.tasks[n].type == type ? 1u : 0u;
    }
    return count;
}

void world_judge_wear(world_t *world)
{
    world_cost_t cost = world_cost(world);
    if (cost.unknown) {
        return;
    }
    for (unsigned n = 0; n < world->board.config.images; n++) {
        uint32_t downloads = downloads_of(world, world->images[n].id.type);
        for (unsigned slot = 0; slot < 2u; slot++) {
            if (most_erased(&world->board.slots[n][slot].flash) >
                downloads * (1u + cost.again) + cost.losses) {
                world_violate(world, "wear: a unit of a slot is erased once too often");
            }
        }
    }
    if (!journal_is_spared(world, &cost)) {
        world_violate(world, "wear: the journal is erased too often");
    }
}
