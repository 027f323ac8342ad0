/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * packages_delta.c: a client of full and of differential packages.
 */
#include "oneota/differential.h"
#include "oneota/oneota.h"
#include "packages.h"

static uint64_t s_work[ONEOTA_WORK_DELTA_BYTES(APP_DELTA_BLOCK) / sizeof(uint64_t)];

void packages_use(oneota_setup_t *setup)
{
    setup->delta = &oneota_differential;
    setup->work = s_work;
    setup->work_bytes = sizeof s_work;
}
