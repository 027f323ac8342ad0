#!/bin/sh
# Makes small changes to the modules that decide, one at a time, and sees whether the tests notice: the unit tests, and a
# slice of the fault suite.
#
#   sh tests/mutation/run.sh [--all | --sample N] [--seed S] [--only FILE]... [--jobs N]
#
# Prints each survivor, "src/FILE:line:column: what was changed", and how many of each file were killed. What no test
# could notice is listed in equivalent.txt, with the reason. --all: every mutant (an hour on two cores); otherwise a
# sample of 100, drawn by --seed, by default by the tree that is checked out, so that each commit looks at others.
# --only FILE: steps_load.c. Exit status 0: at least 90 % were killed, with --all in each file, and each line of
# equivalent.txt is needed.
set -eu
cd "$(dirname "$0")/../.."
dir=build/mutation
mkdir -p "$dir"
if ! { cmake -S . -B "$dir" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_COMPILER=gcc -DCMAKE_C_FLAGS=-O1 \
    -DONEOTA_BUILD_EXAMPLES=OFF -DONEOTA_BUILD_TLS=OFF -DONEOTA_BUILD_TOOLS=OFF &&
    cmake --build "$dir" -- -j 2; } >"$dir/build.log" 2>&1; then
    tail -n 40 "$dir/build.log" >&2
    exit 1
fi
tree=$(git rev-parse --short=7 'HEAD^{tree}' 2>/dev/null) || tree=1
exec /usr/bin/python3 -B tests/mutation/mutate.py "$dir" --seed "$((0x$tree))" "$@"
