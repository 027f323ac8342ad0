/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * trial.c: the self-test, and the ways to fail it.
 */
#include "trial.h"

#include <stdbool.h>

#include "../bsp/bsp.h"
#include "link.h"

#define CODE        0x00100100u /* app.ld */
#define CODE_MIRROR 0x00400000u
#define FLASH       0x21000000u
#define RETRY_MS    1000u
#define ATTEMPT_MS  10000u
#define WOKEN_MS    100u /* an interrupt comes first, or nothing does */

/* Found by what stands before the '=', and patched behind it: 15 characters and the zero. Volatile,
 * for the compiler only knows what it was before. */
static const volatile char k_behaviour[26] = "behaviour=good";

static bool behaves(const char *name)
{
    const volatile char *at = k_behaviour + sizeof "behaviour=" - 1u;

    while (*name != '\0' && *name == *at) {
        name++;
        at++;
    }
    return *name == *at;
}

/* Stores that protection turns into a fault: this image, the mirror of it, flash. */
static void store(const char *name, uint32_t address)
{
    if (behaves(name)) {
        *(volatile uint8_t *)(uintptr_t)address = 0;
    }
}

void trial_start(void)
{
    store("crash", CODE);
    store("mirror", CODE + CODE_MIRROR);
    store("scribble", FLASH);
}

/* ---------------------------------------------------------------- can it be updated again? */

static bool s_opening;
static uint32_t s_since_ms; /* the attempt began, or was given up */

void trial_end(const oneota_setup_t *setup)
{
    setup->net->close(setup->net_ctx);
    s_since_ms = bsp_now_ms();
    s_opening = false;
}

/* @return true: the server was reached, and over TLS it is the right one */
static bool reach(const oneota_setup_t *setup)
{
    const char *name = setup->server_name != NULL ? setup->server_name : setup->address;
    const uint32_t passed_ms = bsp_now_ms() - s_since_ms;

    if (!s_opening) {
        if (s_since_ms != 0 && passed_ms < RETRY_MS) {
            return false;
        }
        s_opening = true;
        s_since_ms = bsp_now_ms();
    }
    oneota_error_t error = setup->net->open(setup->net_ctx, setup->address, setup->port, name);
    if (error == ONEOTA_AGAIN && bsp_now_ms() - s_since_ms < ATTEMPT_MS) {
        return false;
    }
    if (error != ONEOTA_OK) {
        bsp_log_text(ONEOTA_LOG_WARN, "self-test: the server is not reached, again in 1 s", NULL,
                     NULL);
        link_log_error(setup->net->last_error(setup->net_ctx));
    }
    trial_end(setup);
    return error == ONEOTA_OK;
}

trial_t trial_test(const oneota_setup_t *setup)
{
    store("late", CODE);
    while (behaves("hang")) {
    }
    if (behaves("reject")) {
        return TRIAL_FAILED;
    }
    return !behaves("silent") && reach(setup) ? TRIAL_PASSED : TRIAL_GOES_ON;
}

uint32_t trial_poll_ms(const oneota_setup_t *setup)
{
    return s_opening && setup->net->poll_ms != 0 ? setup->net->poll_ms : WOKEN_MS;
}
