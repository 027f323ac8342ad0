#!/bin/sh
# Makes small changes to the modules that decide, one at a time, and sees whether the tests notice: the unit tests, and a
# slice of the fault suite.
#
#   sh tests/mutation/run.sh [--all | --sample N] [--seed S] [--only FILE]... [--jobs N]
#
# Prints each survivor, "src/FILE:line:column: what was changed", and how many of each file were killed. What no test
# could notice is listed in equivalent.txt, with the reason; what survived last, in survivors.txt. --all: every mutant
# (hours on two cores); otherwise a sample of 100, drawn by --seed, by default by the tree that is checked out, so that
# each commit looks at others (80 seconds of a processor, where build/gcc is there). --only FILE: steps_load.c. Exit
# status 0: at least 90 % were killed, with --all in each file, and each line of equivalent.txt is needed; of a sample,
# at least as many as chance leaves of those 90 % (tally.py): 82 of 100.
set -eu
cd "$(dirname "$0")/../.."
dir=build/gcc
work=build/mutation
all=
for option in "$@"; do
    [ "$option" != --all ] || all=--all
done
mkdir -p "$work"
if ! flock "$dir.lock" sh -ec 'cmake -S . -B "$0" -G Ninja -DCMAKE_C_COMPILER=gcc && cmake --build "$0" -- -j 2' "$dir" \
    >"$work/build.log" 2>&1; then
    tail -n 40 "$work/build.log" >&2
    exit 1
fi
tree=$(git rev-parse --short=7 'HEAD^{tree}' 2>/dev/null) || tree=1
status=0
/usr/bin/python3 -B tests/mutation/mutate.py "$dir" "$work" --seed "$((0x$tree))" "$@" || status=$?
[ "$status" -le 1 ] || exit "$status"
/usr/bin/python3 -B tests/mutation/tally.py $all "$work/verdicts.txt" || status=$?
exit "$status"
