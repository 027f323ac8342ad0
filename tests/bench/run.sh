#!/bin/sh
# Measures what a download costs and how long it takes, and prints one table.
#
#   sh tests/bench/run.sh [--check]
#
# Exact counts and a virtual clock: the load of the machine does not matter. --check also compares with the
# targets, and fails when one is missed. What is measured, and how: README.md beside this file.
set -eu
cd "$(dirname "$0")/../.."

check=
case ${1-} in
'') ;;
--check) check=yes ;;
*) echo "usage: sh tests/bench/run.sh [--check]" >&2 && exit 2 ;;
esac

# Both in ranges of 4 KiB that end at every tenth of the image; the longer one has 200 more.
short=409600
long=1228800

out=build/bench
counts=$out/counts

quietly() {
    "$@" >"$out/log" 2>&1 || {
        tail -n 40 "$out/log" >&2
        exit 1
    }
}

# instructions PROGRAM SIZE OPTION...: of a download, as callgrind counts them.
instructions() {
    binary=$1
    size=$2
    shift 2
    quietly "$out/bench_server" "$size" valgrind --tool=callgrind "$@" --callgrind-out-file="$out/callgrind" \
        "$out/$binary" "$size" "$out/image"
    awk '/^totals:/ { print $2 }' "$out/callgrind"
}

# calls PROGRAM SIZE: system calls of a download; none where they may not be traced.
calls() {
    strace -f -c -o "$out/strace" true 2>/dev/null || return 0
    quietly "$out/bench_server" "$2" strace -f -c -o "$out/strace" "$out/$1" "$2" "$out/image"
    awk '$NF == "total" { print $(NF > 5 ? NF - 2 : NF - 1) }' "$out/strace"
}

# difference NAME COMMAND PROGRAM [OPTION...]: "NAME, what one range of 4 KiB costs".
difference() {
    name=$1
    count=$2
    binary=$3
    shift 3
    less=$("$count" "$binary" "$short" "$@")
    more=$("$count" "$binary" "$long" "$@")
    [ -z "$less" ] || awk -v n="$name" -v a="$less" -v b="$more" -v r=$(((long - short) / 4096)) \
        'BEGIN { printf "%s %.2f\n", n, (b - a) / r }'
}

measure() {
    data="--toggle-collect=oneota_crypto_hash_add --toggle-collect=store_*"
    bare="$data --toggle-collect=keep_* --collect-atstart=yes"
    rest="$data --toggle-collect=oneota_journal_write --collect-atstart=yes"
    http="--toggle-collect=oneota_machine_ask --toggle-collect=oneota_exchange_step"
    for program in oneota oneota_small curl recv; do
        difference "$program" instructions "cost_$program"
        # shellcheck disable=SC2086
        difference "${program}_bare" instructions "cost_$program" $bare
        difference "${program}_calls" calls "cost_$program"
    done
    for program in oneota oneota_small; do
        # shellcheck disable=SC2086
        difference "${program}_http" instructions "cost_$program" $http
    done
    # shellcheck disable=SC2086
    difference oneota_rest instructions cost_oneota $rest
    "$out/link"
}

sh scripts/install-tools.sh build bench
mkdir -p "$out"
quietly cmake -S tests/bench -B "$out" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="-O2 -g -DNDEBUG"
quietly cmake --build "$out" -- -j 2
measure >"$counts"
awk -v check="$check" -f tests/bench/table.awk "$counts"
