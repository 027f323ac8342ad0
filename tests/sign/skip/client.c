/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * client.c: a whole client on the desk of the unit tests (tests/fake), in the memory of a Cortex-M4
 * that client.py runs: from the end of a download to the mark. What client.py puts there or reads
 * has a name here.
 */
#include <string.h>

#include "cmocka.h"
#include "kit.h"

#define STARTED   0x57A27EDu
#define POLLS_MAX 400u

uint32_t oneota_skip_damage;           /* a row of k_damage */
volatile uint32_t oneota_skip_started; /* the image in the slot was marked */

static kit_t kit;
static uint8_t other[3000]; /* signed as well: an older one */

/* ---------------------------------------------------------------- what is wrong in the slot */

typedef struct {
    uint32_t at;
    uint8_t bits;
} damage_t;

static const damage_t k_damage[] = {
    {0, 0},       /* nothing */
    {0, 0x21},    /* the first byte of the payload */
    {2807, 0x01}, /* its last one */
    {2808, 0x21}, /* magic */
    {2828, 0x21}, /* counter */
    {2908, 0x21}, /* digest */
    {2940, 0x21}, /* r */
    {0, 0},       /* the older one */
};
#define OLDER (sizeof k_damage / sizeof k_damage[0] - 1u)

static void damage(void)
{
    uint8_t *slot = kit.board.slots[0][1].flash.bytes;
    const damage_t *what = &k_damage[oneota_skip_damage];

    if (oneota_skip_damage == OLDER) {
        memcpy(slot, other, sizeof other);
    }
    slot[what->at] ^= what->bits;
}

/* ---------------------------------------------------------------- the way to the mark */

static bool is_state(const char *state)
{
    return strcmp(oneota_state_text(kit.ram.client.state), state) == 0;
}

static void prepare(const char *state)
{
    static const kit_options_t k_options = {.signs = true};

    kit_init(&kit, &k_options);
    memcpy(other, kit.packages[0]->bytes, sizeof other);
    fake_signer_seal(other, sizeof other, kit.packages[0]->version, FAKE_COUNTER - 1u, 0);
    kit_start(&kit);
    kit_until_state(&kit, state);
}

void oneota_skip_prepare_verify(void)
{
    prepare("verify");
}

void oneota_skip_prepare_mark(void)
{
    prepare("mark");
}

/* Between these instructions are left out. */
__attribute__((noinline)) void oneota_skip_begin(void)
{
    __asm__ volatile("");
}

__attribute__((noinline)) void oneota_skip_end(void)
{
    __asm__ volatile("");
}

/* Until the slot is given up, where another download would follow, with all its further attempts;
 * left out are instructions up to the end of the first one. */
void oneota_skip_decide(void)
{
    static const char *const k_states[] = {"verify",  "downloaded", "doubt",
                                           "install", "mark",       "wait"};
    bool goes_on = true;

    damage();
    oneota_skip_begin();
    for (uint32_t n = 0; n < POLLS_MAX && goes_on && kit.board.calls[FAKE_CALL_MARK] == 0; n++) {
        kit_poll(&kit);
        if (is_state("wait")) {
            oneota_skip_end();
        }
        goes_on = false;
        for (unsigned i = 0; i < sizeof k_states / sizeof k_states[0]; i++) {
            goes_on = goes_on || is_state(k_states[i]);
        }
    }
    if (kit.board.calls[FAKE_CALL_MARK] != 0) {
        oneota_skip_started = STARTED;
    }
}

int main(void)
{
    oneota_skip_prepare_verify();
    oneota_skip_prepare_mark();
    oneota_skip_decide();
    return 0;
}
