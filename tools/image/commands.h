/*
 * oneota-image - SPDX-License-Identifier: Apache-2.0
 *
 * commands.h: what the program does. Each returns an exit code.
 */
#ifndef IMAGE_COMMANDS_H
#define IMAGE_COMMANDS_H

#include "options.h"

int command_keygen(const options_t *options);
int command_key(const options_t *options);
int command_sign(const options_t *options);
int command_digest(const options_t *options);
int command_attach(const options_t *options);
int command_verify(const options_t *options);
int command_info(const options_t *options);

#endif
