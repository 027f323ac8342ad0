#!/bin/sh
# Fetches third-party sources for builds that compile them: other mbedTLS versions, and the Cortex-M examples; and a
# program that is newer than this machine's Debian, with the libraries that it needs.
#
#   sh scripts/fetch-deps.sh NAME...        NAME: mbedtls-3.6 mbedtls-2.28 cjson lwip cbmc
#
# Prints the directory of each NAME on stdout, one a line; everything else goes to stderr. What is already
# there is not fetched again and needs no network. For example:
#
#   cmake -B build -DONEOTA_MBEDTLS_SOURCE="$(sh scripts/fetch-deps.sh mbedtls-3.6)"
#
# The sources are Debian source packages, patches applied, from the Debian mirror that this machine's apt uses; a program
# is Debian's packages, unpacked beside each other. apt checks them against Debian's archive keys, deps.lock pins digests. The lists are downloaded to
# a temporary directory: the system's own apt is not touched, and no root is needed. The result is kept in
# ${ONEOTA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/oneota}/NAME.
set -eu
umask 022
LC_ALL=C
export LC_ALL

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
lock=$here/deps.lock
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() {
    echo "fetch-deps: $*" >&2
}

die() {
    say "$@"
    exit 1
}

names() {
    awk '$2 == "source" || $2 == "program" { print $1 }' "$lock"
}

usage() {
    # shellcheck disable=SC2046
    echo "usage: sh scripts/fetch-deps.sh NAME..., NAME one of:" $(names) >&2
    exit 2
}

# Word N of the line that names the package of NAME.
locked() {
    awk -v name="$1" -v word="$2" '$1 == name && ($2 == "source" || $2 == "program") { print $word }' "$lock"
}

# The packages of a program.
locked_packages() {
    awk -v name="$1" '$1 == name && $2 == "program" { for (i = 4; i <= NF; i++) print $i }' "$lock"
}

locked_digest() {
    awk -v name="$1" -v file="$2" '$1 == name && $2 == "sha256" && $4 == file { print $3 }' "$lock"
}

# Changes whenever the lines of NAME in deps.lock do.
lock_id() {
    awk -v name="$1" '$1 == name' "$lock" | sha256sum | cut -d' ' -f1
}

is_fresh() {
    stamp=$cache/$1/.oneota-stamp
    [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" = "$(lock_id "$1")" ]
}

need_tools() {
    command -v apt-get >/dev/null ||
        die "no apt-get on this system. Unpack the sources by other means and give CMake their directories (deps.lock names the versions)."
    for tool in dpkg-source flock; do
        command -v "$tool" >/dev/null || die "$tool is missing: run sh scripts/install-tools.sh source"
    done
    [ -e "$keyring" ] || die "Debian's archive keys are missing: run sh scripts/install-tools.sh source"
}

# Where this machine's apt finds Debian's archive (not the security one): the main component of a suite with one of
# Debian's names. A foreign repository that looks the same fails for want of Debian's signature.
archives() {
    # shellcheck disable=SC2016
    apt-get indextargets --no-release-info --format '$(RELEASE)|$(COMPONENT)|$(REPO_URI)' |
        awk -F'|' '
            BEGIN {
                n = split("bookworm trixie forky sid oldstable stable testing unstable", suites, " ")
                for (i = 1; i <= n; i++) known[suites[i]] = 1
            }
            $1 in known && $2 == "main" && $3 !~ /^cdrom:/ && !seen[$3]++ { print $3 }'
}

# One configuration file keeps apt to directories of our own, without the system's hooks.
write_apt_config() {
    mkdir -p "$work/lists/partial" "$work/apt/archives/partial" "$work/files"
    : >"$work/status"
    cat >"$work/apt.conf" <<END
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "-";
Dir::State::Lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/apt";
APT::Update::Error-Mode "any";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
    chmod 755 "$work"
    [ "$(id -u)" != 0 ] || chown _apt "$work/files" 2>/dev/null || :
}

# Gets the list of a suite's packages, verified, from the first archive that has it.
#   update source|program SUITE
update() {
    [ "$list_there" != "$1 $2" ] || return 0
    archives >"$work/archives"
    [ -s "$work/archives" ] || die "this machine's apt has no Debian archive among its sources; add one, or unpack the sources by other means."
    say "reading the list of Debian $2's packages ($1)"
    [ "$1" = source ] && kind=deb-src || kind=deb
    : >"$work/log"
    while read -r uri; do
        echo "$kind [signed-by=$keyring] $uri $2 main" >"$work/sources.list"
        if apt-get -c "$work/apt.conf" -q update </dev/null >>"$work/log" 2>&1; then
            list_there="$1 $2"
            return 0
        fi
    done <"$work/archives"
    cat "$work/log" >&2
    die "no signed list of $2's packages. NO_PUBKEY above means old archive keys: run sh scripts/install-tools.sh source. Otherwise check the network."
}

# Every downloaded file that deps.lock names must be the one it names.
check_files() {
    for file in "$work/files"/*; do
        base=${file##*/}
        expected=$(locked_digest "$1" "$base")
        if [ -n "$expected" ] && [ "$(sha256sum <"$file" | cut -d' ' -f1)" != "$expected" ]; then
            die "$base is not the file that deps.lock pins: its SHA-256 differs. Nothing was unpacked."
        fi
    done
}

# get NAME WHAT...: the files of NAME, by apt-get WHAT...
get() {
    name=$1
    shift
    rm -f "$work/files"/*
    say "downloading $(locked "$name" 4) for $name"
    (cd "$work/files" && apt-get -c "$work/apt.conf" -q "$@") </dev/null >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        die "could not download $(locked "$name" 4); check the network and call this again."
    }
    check_files "$name"
}

notice() {
    say "notice: Debian serves version $2 of $1 and no longer the one that deps.lock pins; apt verified it."
}

get_source() {
    get "$1" --only-source --download-only source "$(locked "$1" 4)"
    dsc=$(echo "$work/files"/*.dsc)
    version=$(sed -n 's/^Version: //p' "$dsc" | head -n 1)
    [ "$version" = "$(locked "$1" 5)" ] || notice "$1" "$version"
    dpkg-source --no-copy -x "$dsc" "$fresh/tree" >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        die "could not unpack $dsc"
    }
}

get_program() {
    # shellcheck disable=SC2046
    get "$1" download $(locked_packages "$1")
    for file in "$work/files"/*.deb; do
        [ -n "$(locked_digest "$1" "${file##*/}")" ] || notice "$(dpkg-deb -f "$file" Package)" "$(dpkg-deb -f "$file" Version)"
        dpkg-deb -x "$file" "$fresh/tree" >"$work/log" 2>&1 || {
            cat "$work/log" >&2
            die "could not unpack $file"
        }
        [ "$(dpkg-deb -f "$file" Package)" != "$(locked "$1" 4)" ] || version=$(dpkg-deb -f "$file" Version)
    done
}

unpack() {
    fresh=$(mktemp -d "$cache/.new.XXXXXX")
    "get_$(locked "$1" 2)" "$1"
    printf '%s\n%s\n' "$(lock_id "$1")" "$version" >"$fresh/tree/.oneota-stamp"
    if [ -e "$cache/$1" ]; then
        mv "$cache/$1" "$fresh/old"
    fi
    mv "$fresh/tree" "$cache/$1"
    rm -rf "$fresh"
    say "$1: version $version in $cache/$1"
}

# One call at a time; the lock goes with the process, so what a killed one left behind can be cleared here.
enter_cache() {
    exec 9>"$cache/.lock"
    if ! flock -n 9; then
        say "waiting for another call to finish"
        flock 9
    fi
    rm -rf "$cache"/.new.*
}

# Each NAME once, those of one suite together.
by_suite() {
    for name in "$@"; do
        echo "$(locked "$name" 2) $(locked "$name" 3) $name"
    done | sort -u | cut -d' ' -f3
}

fetch() {
    need_tools
    enter_cache
    work=$(mktemp -d "${TMPDIR:-/tmp}/oneota-deps.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    write_apt_config
    list_there=
    for name in $(by_suite "$@"); do
        if ! is_fresh "$name"; then
            update "$(locked "$name" 2)" "$(locked "$name" 3)"
            unpack "$name"
        fi
    done
}

main() {
    [ $# -gt 0 ] || usage
    stale=
    cache=${ONEOTA_CACHE:-${XDG_CACHE_HOME:-${HOME:?set HOME or ONEOTA_CACHE}/.cache}/oneota}
    for name in "$@"; do
        [ -n "$(locked "$name" 1)" ] || usage
        is_fresh "$name" || stale="$stale $name"
    done
    if [ -n "$stale" ]; then
        mkdir -p "$cache"
        # shellcheck disable=SC2086
        fetch $stale
    fi
    for name in "$@"; do
        (cd "$cache/$name" && pwd)
    done
}

main "$@"
