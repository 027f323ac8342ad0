/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * What a world is made of: dialect, device, images, and what the client is told of them.
 */
#include <stdlib.h>
#include <string.h>

#include "fake_md5.h"
#include "world_parts.h"

#define FACTORY_SIZE 1500u

const world_dialect_t world_dialects[] = {
    {.name = "south",
     .dialect = &oneota_south,
     .server = &fake_south,
     .handles = "ota_YbDB8ANDSmPEM78Dk000",
     .announces = false,
     .advises = true,
     .address = "ota.heclouds.com",
     .identity = {.product = "33704",
                  .device = "527776559",
                  .key = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw="}},
    {.name = "fuse",
     .dialect = &oneota_fuse,
     .server = &fake_fuse,
     .handles = "9007199254741000", /* more than a double holds */
     .announces = true,
     .advises = false,
     .address = "iot-api.heclouds.com",
     .identity = {.product = "Xy12Zz34Aa",
                  .device = "pump-7",
                  .key = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=",
                  .auth_version = "2022-05-01",
                  .scope = ONEOTA_RES_DEVICE,
                  .sign = ONEOTA_SIGN_SHA256}},
    {.name = NULL},
};

static void fill(uint8_t *bytes, uint32_t size, uint32_t seed)
{
    for (uint32_t n = 0; n < size; n++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[n] = (uint8_t)(seed >> 24);
    }
}

static void make_setup(world_t *world)
{
    oneota_setup_t *setup = &world->setup;
    fake_board_t *board = &world->board;
    setup->dialect = world->dialect->dialect;
    setup->identity = world->dialect->identity;
    setup->address = world->dialect->address;
    setup->images = world->images;
    setup->image_count = board->config.images;
    setup->net = &world->net.port;
    setup->net_ctx = &world->net;
    setup->boot = &fake_boot;
    setup->boot_ctx = board;
    setup->journal = &board->journal.port;
    setup->journal_ctx = &board->journal;
    setup->clock = &fake_clock;
    setup->clock_ctx = board;
    setup->device = &fake_device;
    setup->device_ctx = board;
    setup->log = &world_log;
    setup->log_ctx = world;
    setup->check_at_once = true;
    setup->work = world->ram.work;
    setup->work_bytes = ONEOTA_WORK_BYTES;
    setup->event = world_on_event;
    setup->event_ctx = world;
    for (unsigned n = 0; world->scenario->signs && n < 2u; n++) {
        world->trust[n] = fake_signer_trust(2);
        setup->trust = world->trust;
    }
}

static uint32_t other_size(const world_scenario_t *scenario, unsigned n)
{
    return n == 0 ? scenario->size : scenario->size / 2u + 1u;
}

/* A factory image and a package for it, which differ in the first byte. */
static void make_image(world_t *world, unsigned n, uint32_t size, uint8_t **room)
{
    fake_board_t *board = &world->board;
    uint8_t image = (uint8_t)n;
    uint8_t *factory = *room;
    uint8_t *package = factory + FACTORY_SIZE;
    *room = package + size;
    fill(factory, FACTORY_SIZE, n);
    fill(package, size, 77u + n);
    factory[0] = 0x11;
    package[0] = 0x22;
    (void)fake_board_know(board, image, factory, FACTORY_SIZE, n == 0 ? "1.0" : "7.0");
    world->targets[n] = n == 0 ? "1.1" : "7.5";
    if (world->scenario->signs) {
        fake_signer_seal(factory, FACTORY_SIZE, n == 0 ? "1.0" : "7.0", FAKE_COUNTER - 1u, 0);
        fake_signer_seal(package, size, world->targets[n], FAKE_COUNTER, n);
    }
    const char *label = world->scenario->label != NULL ? world->scenario->label : world->targets[n];
    world->packages[n] = fake_board_know(board, image, package, size, label);
    fake_md5_hex(package, size, world->md5[n]);
    world->images[n].id.type = n == 0 ? ONEOTA_SOTA : ONEOTA_FOTA;
}

/* What a task may be replaced by: another package of the same version, a smaller one of the next.
 * */
static void make_others(world_t *world, uint8_t **room)
{
    static const char *const k_versions[] = {"1.1", "1.2"};
    for (uint8_t n = 0; n < 2u; n++) {
        uint32_t size = other_size(world->scenario, n);
        uint8_t *package = *room;
        *room = package + size;
        fill(package, size, 200u + n);
        package[0] = (uint8_t)(0x33u + n);
        if (world->scenario->signs) {
            fake_signer_seal(package, size, k_versions[n], FAKE_COUNTER + 1u + n, 1);
        }
        world->others[n] = fake_board_know(&world->board, 0, package, size, k_versions[n]);
        fake_md5_hex(package, size, world->other_md5[n]);
    }
}

/* What is sent is a package that makes the first image's. */
static bool make_patch(world_t *world)
{
    const fake_known_t *factory = &world->board.known[0];
    uint8_t *image = world->bytes + FACTORY_SIZE;
    uint32_t size = world->packages[0]->size;
    world->patch = malloc(sizeof *world->patch);
    if (world->patch == NULL) {
        world_free(world);
        return false;
    }
    fake_package_image(image, size, factory->bytes, factory->size);
    image[0] = 0x22;
    if (world->scenario->signs) {
        fake_signer_seal(image, size, world->targets[0], FAKE_COUNTER, 0);
    }
    fake_package_make(world->patch, factory->bytes, factory->size, image, size);
    if (world->scenario->signs) {
        world->patch->length = fake_signer_seal_patch(world->patch->bytes, world->patch->length,
                                                      world->targets[0], FAKE_COUNTER, 0);
    }
    fake_md5_hex(world->patch->bytes, world->patch->length, world->md5[0]);
    world->setup.delta = &oneota_differential;
    world->setup.work_bytes = sizeof world->ram.work;
    return true;
}

bool world_init(world_t *world, const world_dialect_t *dialect, const world_scenario_t *scenario)
{
    fake_board_config_t config = {.hides_revert = scenario->hides_revert, .swaps = scenario->swaps};
    memset(world, 0, sizeof *world);
    world->dialect = dialect;
    world->scenario = scenario;
    config.images = scenario->second_size > 0 ? 2u : 1u;
    config.slot.size = scenario->slot_size;
    config.slot.unit = scenario->units != NULL ? 0 : scenario->unit;
    config.slot.units = scenario->units;
    config.slot.program_unit = scenario->program_unit;
    config.slot.erased = scenario->erased;
    if (scenario->other_unit > 0) {
        config.other.size = scenario->slot_size;
        config.other.unit = scenario->other_unit;
        config.other.program_unit = scenario->other_program_unit;
        config.other.erased = scenario->other_erased;
    }
    config.journal = config.slot;
    uint32_t count = scenario->journal_count > 0 ? scenario->journal_count : 2u;
    config.journal.unit = scenario->journal_units != NULL ? 0 : scenario->journal_unit;
    config.journal.units = scenario->journal_units;
    config.journal.size = count * config.journal.unit;
    world->bytes = malloc(2u * FACTORY_SIZE + scenario->size + scenario->second_size +
                          other_size(scenario, 0) + other_size(scenario, 1));
    world->spoilt = malloc(scenario->size);
    world->large = calloc(1, scenario->slot_size + 1u);
    if (world->bytes == NULL || world->spoilt == NULL || world->large == NULL ||
        !fake_board_init(&world->board, &config)) {
        free(world->bytes);
        free(world->spoilt);
        free(world->large);
        return false;
    }
    uint8_t *room = world->bytes;
    make_image(world, 0, scenario->size, &room);
    memcpy(world->spoilt, world->packages[0]->bytes, scenario->size);
    world->spoilt[scenario->size / 2u] ^= 0x10u;
    if (scenario->second_size > 0) {
        make_image(world, 1, scenario->second_size, &room);
    }
    make_others(world, &room);
    make_setup(world);
    return !scenario->differential || make_patch(world);
}

void world_free(world_t *world)
{
    fake_board_free(&world->board);
    free(world->bytes);
    free(world->spoilt);
    free(world->large);
    free(world->patch);
}
