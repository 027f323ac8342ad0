#!/bin/sh
# Makes the certificates of the TLS tests: good ones, and one for each way to be bad.
#
#   sh tests/tls/certs.sh DIR
#
# NAME.pem and NAME.der are a certificate, NAME.key and NAME.key.der its key, NAME.chain.pem what a
# server sends. Dates are fixed, so that a test with a clock of its own finds the same every day.
set -eu
mkdir -p "$1"
cd "$1"
rm -f -- *.pem *.der *.key *.csr *.ext *.pin index*

always="20200101000000Z 20491231235959Z"

cat >ca.conf <<'END'
[ca]
default_ca = all
[all]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = names
unique_subject = no
[names]
commonName = supplied
END
: >index

# key NAME ec|rsa|ec384
key() {
    case $2 in
    ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" ;;
    rsa) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key" ;;
    esac
    openssl pkey -in "$1.key" -outform DER -out "$1.key.der"
}

# sign NAME ISSUER COMMON-NAME BEGIN END EXTENSION...
sign() {
    name=$1 issuer=$2 common=$3 begin=$4 end=$5
    shift 5
    printf '%s\n' "$@" >"$name.ext"
    openssl req -new -config /dev/null -key "$name.key" -subj "/CN=$common" -out "$name.csr"
    if [ "$issuer" = "$name" ]; then
        set -- -selfsign -keyfile "$name.key"
    else
        set -- -cert "$issuer.pem" -keyfile "$issuer.key"
    fi
    openssl ca -batch -notext -config ca.conf "$@" -startdate "$begin" -enddate "$end" \
        -extfile "$name.ext" -in "$name.csr" -out "$name.pem"
    openssl x509 -in "$name.pem" -outform DER -out "$name.der"
    cp "$name.pem" "$name.chain.pem"
}

# ca NAME KIND ISSUER BEGIN END
ca() {
    key "$1" "$2"
    sign "$1" "$3" "oneota test $1" "$4" "$5" "basicConstraints=critical,CA:TRUE" \
        "keyUsage=critical,keyCertSign,cRLSign" "subjectKeyIdentifier=hash"
}

# server NAME KIND ISSUER BEGIN END SUBJECT-ALT-NAME [USAGE]
server() {
    key "$1" "$2"
    sign "$1" "$3" "oneota test $1" "$4" "$5" "subjectAltName=$6" "basicConstraints=CA:FALSE" \
        "keyUsage=critical,digitalSignature" "extendedKeyUsage=${7:-serverAuth}"
}

main() {
    # shellcheck disable=SC2086
    {
        ca ca ec ca $always
        ca other ec other $always
        ca between ec ca $always
        ca old ec old 20200101000000Z 20210101000000Z
        ca rsaca rsa rsaca $always

        names=DNS:ota.example,DNS:localhost
        server good ec ca $always $names,IP:127.0.0.1
        server below ec between $always $names
        server rsa rsa rsaca $always $names
        server name ec ca $always DNS:other.example
        server untrusted ec other $always $names
        server expired ec ca 20200101000000Z 20210101000000Z $names
        server future ec ca 20480101000000Z 20491231235959Z $names
        server late ec ca 20240101000000Z 20491231235959Z $names
        server oldca ec old $always $names
        server usage ec ca $always $names clientAuth
        server many ec ca 20200101000000Z 20210101000000Z DNS:other.example
    }
    cat below.pem between.pem >below.chain.pem

    openssl x509 -in good.pem -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum >good.pin
}

main >certs.log 2>&1 || {
    cat certs.log >&2
    exit 1
}
