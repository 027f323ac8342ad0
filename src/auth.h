/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * auth.h: the value of the Authorization header (OneNET's token algorithm):
 *
 *     version=2018-10-31&res=products%2F1&et=1537255523&method=sha1&sign=...
 *
 * sign = base64(HMAC(base64-decoded key, et LF method LF res LF version)), with the un-encoded res.
 */
#ifndef ONEOTA_SRC_AUTH_H
#define ONEOTA_SRC_AUTH_H

#include "oneota/calls.h"
#include "text.h"

/** Appends the value. text->error becomes PARAM: the key is not base64 or has more than 128 bytes,
 *  or a member is missing; then, or with LIMIT, anything of it may be in the room. */
void oneota_auth_write(text_t *text, const oneota_identity_t *identity, uint64_t et_s);

#endif
