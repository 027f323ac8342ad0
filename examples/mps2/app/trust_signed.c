/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * trust_signed.c: the keys that the boot loader has, too.
 */
#include "../boot/image.h"
#include "keys.h"
#include "link.h"
#include "trust.h"

static const oneota_trust_t k_trust = {.scheme = &oneota_ecdsa_p256,
                                       .keys = k_keys,
                                       .key_count = sizeof k_keys / sizeof k_keys[0],
                                       .vendor_id = IMAGE_VENDOR,
                                       .class_id = IMAGE_CLASS};

void trust_use(oneota_setup_t *setup)
{
    setup->trust = &k_trust;
    link_start_heap();
}
