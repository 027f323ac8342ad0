#!/bin/sh
# Breaks an update in every way there is, in both dialects: power, flash, network, every call, time, operator.
#
#   sh tests/fault/run.sh [--long] [--part K/N] [--seed N]
#
# Builds optimised and prints a line for each campaign: name, cases, violations. A case that fails prints what it
# violates, and the command that runs it again with its log. Exit status 0: no violation. --long: 51 times the
# cases of cross and chain, all pairs, every bit of every answer: more than 20 million cases; --part 2/9: the second of
# nine parts of all that. --seed: other cases.
set -eu
cd "$(dirname "$0")/../.."

usage() {
    echo "usage: sh tests/fault/run.sh [--long] [--part K/N] [--seed N], numbers from 1, K up to N" >&2
    exit 2
}

number() {
    case $1 in
    '' | 0* | *[!0-9]* | ??????????*) usage ;;
    esac
}

seed=1 scale=1 part=1/1
while [ $# -gt 0 ]; do
    case $1 in
    --long) scale=51 ;;
    --seed)
        seed=${2:-}
        number "$seed"
        shift
        ;;
    --part)
        part=${2:-}
        case $part in
        */*) ;;
        *) usage ;;
        esac
        number "${part%%/*}"
        number "${part#*/}"
        [ "${part%%/*}" -le "${part#*/}" ] || usage
        shift
        ;;
    *) usage ;;
    esac
    shift
done

dir=build/fault
mkdir -p "$dir"
if ! { cmake -S . -B "$dir" -DCMAKE_BUILD_TYPE=Release -DONEOTA_BUILD_EXAMPLES=OFF -DONEOTA_BUILD_TLS=OFF \
    -DONEOTA_BUILD_TOOLS=OFF && cmake --build "$dir" --target test_fault -j 2; } >"$dir/build.log" 2>&1; then
    tail -n 40 "$dir/build.log" >&2
    exit 1
fi
status=0
printf 'south\nfuse\n' |
    xargs -P 2 -I DIALECT "$dir/tests/test_fault" --dialect DIALECT --seed "$seed" --scale "$scale" \
        --part "$part" || status=1
exit $status
