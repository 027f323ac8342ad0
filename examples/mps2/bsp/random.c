/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * random.c: SHA-256 in counter mode: a block is SHA-256(key, counter), and the key is replaced
 * after every call, so that what was given out cannot be computed from what is in RAM later.
 */
#include <string.h>

#include "board.h"
#include "bsp.h"
#include "crypto.h"
#include "semihost.h"

#define KEY_BYTES 32u

static uint8_t s_key[KEY_BYTES];
static bool s_seeded;

static void digest(const void *a, size_t a_length, const void *b, size_t b_length, uint8_t *out)
{
    oneota_hash_t hash;

    oneota_crypto_hash_begin(&hash, CRYPTO_SHA256);
    oneota_crypto_hash_add(&hash, a, a_length);
    oneota_crypto_hash_add(&hash, b, b_length);
    oneota_crypto_hash_end(&hash, out);
}

static bool seed(void)
{
    const char *text = bsp_arg("seed");

    if (s_seeded) {
        return true;
    }
    if (text != NULL) {
        digest(text, strlen(text), &board_shared.starts, sizeof board_shared.starts, s_key);
    }
    s_seeded = text != NULL || semihost_read_file("/dev/urandom", s_key, sizeof s_key);
    return s_seeded;
}

bool bsp_entropy(void *data, size_t length)
{
    uint8_t block[KEY_BYTES];
    uint8_t *to = data;
    uint32_t counter = 1;

    if (!seed()) {
        return false;
    }
    for (size_t count; length > 0; to += count, length -= count, counter++) {
        digest(s_key, sizeof s_key, &counter, sizeof counter, block);
        count = length < sizeof block ? length : sizeof block;
        memcpy(to, block, count);
    }
    counter = 0;
    digest(s_key, sizeof s_key, &counter, sizeof counter, block);
    memcpy(s_key, block, sizeof s_key);
    oneota_crypto_wipe(block, sizeof block);
    return true;
}

/* Without a seed it is at least not the same at every start. */
uint32_t bsp_random(void)
{
    uint32_t number;

    if (!bsp_entropy(&number, sizeof number)) {
        number = (board_shared.starts << 24 ^ SYSTICK_NOW ^ bsp_now_ms() << 12) * 2654435761u;
    }
    return number;
}
