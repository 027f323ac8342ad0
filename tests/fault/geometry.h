/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * geometry.h: devices, packages and trials drawn by a random number, where scenarios.c has them by
 * name.
 */
#ifndef ONEOTA_GEOMETRY_H
#define ONEOTA_GEOMETRY_H

#include "world.h"

/** Fills a scenario: erase units of 512 B to 64 KiB, equal or mixed; program units of 1 to 256;
 *  either erased value; one device or two; a journal of two to four units; a package of any size
 *  that fits, full, differential or signed. What is drawn follows from random alone. */
void geometry_draw(world_scenario_t *scenario, uint32_t *random);

#endif
