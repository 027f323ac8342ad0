#!/bin/sh
# Shows that the tests find bugs of kinds that have happened to others: puts one at a time into a copy of the tree, and
# runs the test that is there for it.
#
#   sh tests/bugs/run.sh [NAME]...
#
# A bug is a file NAME.patch here: what happens, in which kind of project it has happened, "Caught by:" and the
# program with its arguments, and the change. Prints "caught NAME by COMMAND" or "MISSED NAME: why", and how many of
# each. Exit status 0: all were caught, and the copy as it is shows nothing. A patch that does not apply any more is
# missed.
set -eu
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d "${TMPDIR:-/tmp}/oneota-bugs.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' TERM INT
tree=$scratch/tree
build=$scratch/build
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=0

command_of() {
    sed -n 's/^Caught by: //p' "tests/bugs/$1.patch" | head -n 1
}

make() {
    cmake --build "$build" --target "$@" -- -j 2 >"$scratch/log" 2>&1
}

# run COMMAND: in tests/fuzz, where the corpora are
run() {
    # shellcheck disable=SC2086
    set -- $1
    program=$(find "$build/tests" -name "$1" -type f)
    shift
    (cd tests/fuzz && timeout 200 "$program" "$@") >"$scratch/said" 2>&1
}

# What the test said: the first line that tells
evidence() {
    grep -o -h -E 'ERROR: AddressSanitizer: [a-z-]+|runtime error: .*|does not hold: .*|FAILED  \] test_[a-z0-9_]+$|^all .* violations' \
        "$scratch/said" | sed 's/^FAILED  \] //' | head -n 1
}

try() {
    command=$(command_of "$1")
    if ! patch -s -p1 -d "$tree" <"tests/bugs/$1.patch" >"$scratch/log" 2>&1; then
        echo "MISSED $1: the patch does not apply any more"
        exit 1 # of this function's shell: what is half there would spoil the others
    fi
    if ! make "${command%% *}"; then
        echo "MISSED $1: does not build: $(grep -m 1 'error: ' "$scratch/log")"
    elif run "$command"; then
        echo "MISSED $1"
    else
        echo "caught $1 by $command: $(evidence)"
    fi
    patch -s -R -p1 -d "$tree" <"tests/bugs/$1.patch"
}

[ $# -gt 0 ] || set -- $(ls tests/bugs | sed -n 's/\.patch$//p')
for name in "$@"; do
    grep -qs '^Caught by: ' "tests/bugs/$name.patch" || {
        echo "tests/bugs/run.sh: no $name.patch that says by what it is caught" >&2
        exit 2
    }
    command_of "$name" >>"$scratch/all"
done
sort -u "$scratch/all" >"$scratch/commands"
mkdir -p "$tree"
for part in CMakeLists.txt cmake examples include port src tests tools; do
    cp -R "$part" "$tree"
done
# -O2 costs more to build, once for each bug, than it saves in running.
cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1 -DCMAKE_C_COMPILER=gcc \
    -DCMAKE_C_FLAGS=-Wno-error -DONEOTA_SANITIZE=ON -DONEOTA_BUILD_EXAMPLES=OFF -DONEOTA_BUILD_TLS=OFF -DONEOTA_BUILD_TOOLS=OFF >"$scratch/log"
make $(sed 's/ .*//' "$scratch/commands" | sort -u) || {
    grep -A 8 'error: ' "$scratch/log" | head -n 40
    echo "MISSED: the copy does not build"
    exit 1
}
while read -r command; do
    run "$command" || {
        tail -n 20 "$scratch/said"
        echo "MISSED: without any bug, this fails: $command"
        exit 1
    }
done <"$scratch/commands"
for name in "$@"; do
    try "$name" </dev/null
done >"$scratch/lines" 2>&1 || :
cat "$scratch/lines"
awk -v all=$# '/^caught / { c++ } END { print c + 0 " caught, " all - c " missed"; exit !(c > 0 && c == all) }' "$scratch/lines"
