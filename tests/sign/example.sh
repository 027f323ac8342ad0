#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The example in oneota/trailer.h, checked by openssl and nothing of ours.
#
#   sh tests/sign/example.sh [HEADER]
set -eu
header=${1:-include/oneota/trailer.h}
work=$(mktemp -d "${TMPDIR:-/tmp}/oneota-example.XXXXXX")
trap 'rm -rf "$work"' EXIT

die() {
    echo "$header: $*"
    exit 1
}

# hex NAME: the example's bytes of that name, as hex digits
hex() {
    sed -n "s/^ \*     $1  *[0-9]*: //p" "$header" | tr -d ' \n'
}

# bytes HEX: as bytes
bytes() {
    printf "$(printf '%s' "$1" | awk '{
        for (i = 1; i < length($0); i += 2) {
            n = 16 * (index("0123456789abcdef", substr($0, i, 1)) - 1) + index("0123456789abcdef", substr($0, i + 1, 1)) - 1
            printf "\\%03o", n
        }
    }')"
}

# part OFFSET LENGTH: bytes of the trailer, as hex digits
part() {
    printf '%s' "$trailer" | cut -c "$((2 * $1 + 1))-$((2 * ($1 + $2)))"
}

trailer=$(hex trailer)
key=$(hex key)
[ ${#trailer} = 384 ] || die "the trailer has not 192 bytes"
[ ${#key} = 130 ] || die "the key has not 65 bytes"

bytes "$(part 0 128)" >"$work/signed"
printf 'asn1=SEQUENCE:signature\n[signature]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$(part 128 32)" "$(part 160 32)" \
    >"$work/signature.conf"
openssl asn1parse -genconf "$work/signature.conf" -noout -out "$work/signature.der"
# SubjectPublicKeyInfo of a point of P-256
bytes "3059301306072a8648ce3d020106082a8648ce3d030107034200$key" >"$work/key.der"
openssl pkey -pubin -inform DER -in "$work/key.der" -out "$work/key.pub" 2>"$work/log" || die "openssl refuses the key"
openssl dgst -sha256 -verify "$work/key.pub" -signature "$work/signature.der" "$work/signed" ||
    die "openssl refuses the signature"

printf 'oneota\n' | openssl dgst -sha256 -r | grep -q "^$(part 96 32) " || die "the digest is not the payload's"
[ "$(part 0 8)" = 4f54524c01010100 ] || die "magic, format, algorithm, type"
[ "$(part 8 4)" = 07000000 ] || die "the payload length is not 7"
[ "$(part 24 8)" = "$(printf '%s' "$key" | cut -c 3-18)" ] || die "the key id is not the key's"
[ "$(part 52 44)" = "$(printf '%088d' 0)" ] || die "what must be 0 is not"
echo "$header: the example is right"
