/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * trust_none.c: packages that nobody has signed.
 */
#include "trust.h"

void trust_use(oneota_setup_t *setup)
{
    (void)setup;
}
