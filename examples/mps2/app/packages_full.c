/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * packages_full.c: a client of full packages. A differential one ends its task: 107.
 */
#include "oneota/oneota.h"
#include "packages.h"

static uint64_t s_work[ONEOTA_WORK_BYTES / sizeof(uint64_t)];

void packages_use(oneota_setup_t *setup)
{
    setup->work = s_work;
    setup->work_bytes = sizeof s_work;
}
