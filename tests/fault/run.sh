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
seed=1 scale=1 part=1/1
while [ $# -gt 0 ]; do
    case $1 in
    --long) scale=51 ;;
    --seed | --part)
        [ $# -ge 2 ] || exit 2
        case $1 in
        --seed) seed=$2 ;;
        --part) part=$2 ;;
        esac
        shift
        ;;
    *)
        echo "usage: sh tests/fault/run.sh [--long] [--part K/N] [--seed N]" >&2
        exit 2
        ;;
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
