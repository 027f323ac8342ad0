/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * trust.h: whose packages are taken. One of two files is linked: trust_none.c, any, or
 * trust_signed.c, those alone that a key of ONEOTA_MPS2_PUBKEYS has signed.
 */
#ifndef MPS2_TRUST_H
#define MPS2_TRUST_H

#include "oneota/setup.h"

/** Puts trust into the set-up. */
void trust_use(oneota_setup_t *setup);

#endif
