/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * firmware.c: what makes a program of the library and whole_api.c a firmware: its version.
 */
extern const char firmware_version[];
const char firmware_version[] = "firmware 1.4.2 2026-01-30 a1b2c3d4";
