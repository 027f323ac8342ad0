#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds start.c with the library and mbedTLS for a Cortex-M4, and prints the size of its parts; or client.c.
#
#   sh tests/sign/skip/build.sh [--client] FOLDER [OPTION...]
#
# $ONEOTA_SKIP_SRC: the library's sources, if not src.
# Needs: sh scripts/install-tools.sh arm source
set -eu
client=
if [ "$1" = --client ]; then
    client=yes
    shift
fi
out=$1
shift
src=${ONEOTA_SKIP_SRC:-src}
mbedtls=$(sh scripts/fetch-deps.sh mbedtls-3.6)
flags="-mcpu=cortex-m4 -mthumb -Os -g -DNDEBUG -std=c99 -ffunction-sections -fdata-sections --specs=nano.specs $*"
strict="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Wvla -Werror"
config="-DMBEDTLS_CONFIG_FILE=\"$PWD/tests/size/mbedtls_signed.h\""

# compile FOLDER OPTIONS SOURCE...
compile() {
    folder=$out/$1
    options=$2
    shift 2
    mkdir -p "$folder"
    printf '%s\n' "$@" | xargs -P 2 -I '{}' sh -c \
        'arm-none-eabi-gcc "$3" $2 -c "$1" -o "$0/$(basename "$1" .c).o"' "$folder" '{}' "$options" "$config"
}

rm -rf "$out"
if [ -n "$client" ]; then
    cjson=$(sh scripts/fetch-deps.sh cjson)
    config="-DMBEDTLS_CONFIG_FILE=\"$PWD/tests/sign/skip/mbedtls_config.h\""
    include="-Itests/sign/skip -Iinclude -I$src -Itests/fake -isystem $mbedtls/include -isystem $cjson"
    compile core "$flags $strict $include" "$src"/*.c
    compile desk "$flags $include" tests/sign/skip/client.c tests/fake/fake_*.c \
        tests/fake/kit*.c "$cjson/cJSON.c"
    for name in bignum bignum_core ecp ecp_curves ecdsa hmac_drbg md md5 sha1 sha256 base64 platform platform_util \
        constant_time asn1parse asn1write; do
        echo "$mbedtls/library/$name.c"
    done >"$out/list"
    compile mbedtls "$flags -w -I$mbedtls/include" $(cat "$out/list")
    arm-none-eabi-gcc $flags --specs=nosys.specs -Wl,--gc-sections -Wl,-u,oneota_skip_prepare_verify "$out"/core/*.o \
        "$out"/desk/*.o "$out"/mbedtls/*.o -o "$out/client.elf" 2>"$out/log" || {
        cat "$out/log"
        exit 1
    }
    exit 0
fi
compile core "$flags $strict -Iinclude -isystem $mbedtls/include" "$src/bytes.c" "$src/crypto.c" \
    "$src/crypto_ecdsa.c" "$src/trailer.c"
compile start "$flags $strict -Iinclude -isystem $mbedtls/include" tests/sign/skip/start.c
for name in bignum bignum_core ecp ecp_curves ecdsa md5 sha1 sha256 base64 platform platform_util constant_time \
    asn1parse asn1write; do
    compile mbedtls "$flags -w -I$mbedtls/include" "$mbedtls/library/$name.c"
done
arm-none-eabi-gcc $flags --specs=nosys.specs -Wl,--gc-sections -Wl,-Map="$out/map" \
    -Wl,-u,oneota_skip_prepare "$out"/core/*.o "$out"/start/*.o "$out"/mbedtls/*.o -o "$out/start.elf" 2>"$out/log" || {
    cat "$out/log"
    exit 1
}
/usr/bin/python3 tests/size/kept.py "$out/map" "$out/core/"
arm-none-eabi-size "$out"/core/trailer.o "$out"/core/crypto_ecdsa.o
