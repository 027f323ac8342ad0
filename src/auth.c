/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * auth.c: the Authorization value.
 */
#include "auth.h"

#include <string.h>

#include "crypto.h"

#define KEY_BYTES_MAX 128u
#define ET_MAX        20u /* digits of 64 bits */
#define SIGN_MAX      44u /* base64 of the longest MAC */

/* Pieces of the value, in its order, and of what is signed. Cut in four, res needs no memory. */
enum { VERSION, RES, RES_PRODUCT, RES_DEVICES, RES_NAME, ET, METHOD, SIGN, LF, PIECES };

static const char k_before[LF][9] = {
    [VERSION] = "version=", [RES] = "&res=",   [ET] = "&et=",
    [METHOD] = "&method=",  [SIGN] = "&sign=",
};

static const uint8_t k_signed[] = {ET,          LF,          METHOD,   LF, RES,
                                   RES_PRODUCT, RES_DEVICES, RES_NAME, LF, VERSION};

static const struct {
    char name[7];
    uint8_t kind;
} k_methods[ONEOTA_SIGN_COUNT] = {
    [ONEOTA_SIGN_SHA1] = {"sha1", CRYPTO_SHA1},
    [ONEOTA_SIGN_MD5] = {"md5", CRYPTO_MD5},
    [ONEOTA_SIGN_SHA256] = {"sha256", CRYPTO_SHA256},
};

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool fill_res(const char **pieces, const oneota_identity_t *identity)
{
    pieces[RES] = identity->res;
    pieces[RES_PRODUCT] = pieces[RES_DEVICES] = pieces[RES_NAME] = "";
    if (identity->res != NULL) {
        return is_given(identity->res);
    }
    pieces[RES] = "products/";
    pieces[RES_PRODUCT] = identity->product;
    if (identity->scope == ONEOTA_RES_PRODUCT) {
        return is_given(identity->product);
    }
    pieces[RES_DEVICES] = "/devices/";
    pieces[RES_NAME] = identity->device_name != NULL ? identity->device_name : identity->device;
    return is_given(identity->product) && is_given(pieces[RES_NAME]);
}

static bool sign(const char *const *pieces, const char *key, crypto_hash_kind_t kind, char *text)
{
    uint8_t secret[KEY_BYTES_MAX]; /* the key, then the MAC */
    crypto_hmac_t hmac;
    size_t length;
    bool good = crypto_base64_decode(key, strlen(key), secret, sizeof secret, &length);

    if (good) {
        crypto_hmac_begin(&hmac, kind, secret, length);
        for (size_t i = 0; i < sizeof k_signed; i++) {
            const char *piece = pieces[k_signed[i]];
            crypto_hmac_add(&hmac, piece, strlen(piece));
        }
        crypto_hmac_end(&hmac, secret);
        (void)crypto_base64_encode(secret, crypto_digest_length(kind), text, SIGN_MAX, &length);
        text[length] = '\0';
    }
    crypto_wipe(secret, sizeof secret);
    return good;
}

oneota_error_t auth_write(text_t *text, const oneota_identity_t *identity, uint64_t et_s)
{
    const char *pieces[PIECES];
    char et_text[ET_MAX + 1];
    char sign_text[SIGN_MAX + 1];
    text_t et = text_begin(et_text, ET_MAX);

    if (identity->sign >= ONEOTA_SIGN_COUNT || !is_given(identity->key) ||
        !fill_res(pieces, identity)) {
        return ONEOTA_PARAM;
    }
    text_put_number(&et, et_s);
    et_text[et.length] = '\0';
    pieces[VERSION] = identity->auth_version != NULL ? identity->auth_version : "2018-10-31";
    pieces[ET] = et_text;
    pieces[METHOD] = k_methods[identity->sign].name;
    pieces[LF] = "\n";
    pieces[SIGN] = sign_text;
    if (!sign(pieces, identity->key, (crypto_hash_kind_t)k_methods[identity->sign].kind,
              sign_text)) {
        return ONEOTA_PARAM;
    }
    for (size_t i = 0; i < LF; i++) {
        text_put(text, k_before[i]);
        text_put_url(text, pieces[i]);
    }
    return ONEOTA_OK;
}
