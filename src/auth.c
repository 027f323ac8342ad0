/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * auth.c: the Authorization value.
 */
#include "auth.h"

#include "crypto.h"

static const struct {
    char name[7];
    uint8_t kind;
} k_methods[ONEOTA_SIGN_COUNT] = {
    [ONEOTA_SIGN_SHA1] = {"sha1", CRYPTO_SHA1},
    [ONEOTA_SIGN_MD5] = {"md5", CRYPTO_MD5},
    [ONEOTA_SIGN_SHA256] = {"sha256", CRYPTO_SHA256},
};

/* What is to be signed has the parts of the value as they are; the value has them encoded. */
typedef struct {
    const oneota_identity_t *identity;
    uint64_t et_s;
    void (*put)(text_t *text, const char *part);
    char sign[CRYPTO_SIGN_MAX + 1u];
} value_t;

static void put_letter(text_t *text, char letter)
{
    const value_t *value = text->from;
    const oneota_identity_t *identity = value->identity;
    const char *part = identity->res;

    switch (letter) {
    case 'e':
        oneota_text_put_long(text, value->et_s);
        return;
    case 'm':
        part = k_methods[identity->sign].name;
        break;
    case 's':
        part = value->sign;
        break;
    case 'v':
        part = identity->auth_version != NULL ? identity->auth_version : "2018-10-31";
        break;
    default: /* r */
        if (part == NULL) {
            value->put(text, "products/");
            part = identity->product;
            if (identity->scope != ONEOTA_RES_PRODUCT) {
                value->put(text, part);
                value->put(text, "/devices/");
                part = identity->device_name != NULL ? identity->device_name : identity->device;
            }
        }
        break;
    }
    value->put(text, part);
}

/* What is to be signed stands for a moment where the value will be, which is longer. */
void oneota_auth_write(text_t *text, const oneota_identity_t *identity, uint64_t et_s)
{
    const text_t before = *text;
    value_t value;

    if (identity->sign >= ONEOTA_SIGN_COUNT || identity->key == NULL) {
        text->error = ONEOTA_PARAM;
        return;
    }
    value.identity = identity;
    value.et_s = et_s;
    value.put = oneota_text_put;
    text->put = put_letter;
    text->from = &value;
    oneota_text_put_form(text, "$e\n$m\n$r\n$v");
    if (!oneota_crypto_sign((crypto_hash_kind_t)k_methods[identity->sign].kind, identity->key,
                            text->data + before.length, text->length - before.length, value.sign)) {
        text->error = ONEOTA_PARAM;
    }
    text->length = before.length;
    value.put = oneota_text_put_url;
    oneota_text_put_form(text, "version=$v&res=$r&et=$e&method=$m&sign=$s");
    text->put = before.put;
    text->from = before.from;
}
