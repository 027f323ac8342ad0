/* SPDX-License-Identifier: Apache-2.0 */
uint8_t needs_another(void);
