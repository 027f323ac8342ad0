/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * packages.h: which packages are taken, and the memory for it. One of two files is linked:
 * packages_full.c, full ones alone, or packages_delta.c, differential ones too, in blocks of up to
 * APP_DELTA_BLOCK bytes.
 */
#ifndef MPS2_PACKAGES_H
#define MPS2_PACKAGES_H

#include "oneota/setup.h"

/** Puts the work buffer into the set-up, and what restores images from differences. */
void packages_use(oneota_setup_t *setup);

#endif
