/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * update.h: the client's set-up on this board, and what its events lead to. Calls in this order:
 *
 *     if (!update_setup(&setup, &settings, &client)) { ... wrong settings ... }
 *     oneota_init(&client, &setup)
 *     for (;;) {
 *         ms = oneota_poll(&client);
 *         ms = least(ms, update_act(&client));
 *         ...
 *     }
 *
 * With `once`, QEMU ends when nothing is left to do, with the exit status of oneota-device: 0 up to
 * date, or updated and reported; 3 the task ended without an update; 4 unreachable, refused, or a
 * result could not be delivered; 5 postponed; 6 flash failed. Wrong settings end it with 2.
 */
#ifndef MPS2_UPDATE_H
#define MPS2_UPDATE_H

#include <stdbool.h>

#include "oneota/oneota.h"
#include "settings.h"

/** Fills *setup; ports are ready then. After ethernet_start().
 *  @param client  gets the events' answers. @return false: it cannot be; the log says why */
bool update_setup(oneota_setup_t *setup, const settings_t *settings, oneota_t *client);

/** Does what an event of the last poll has asked for: the self-test, a restart, the end.
 *  @return ms until the next poll at most; UINT32_MAX: nothing to do here */
uint32_t update_act(oneota_t *client);

#endif
