# Sourced by every suite, which runs in the root of the tree. Counts tests; the last line that a suite
# prints is "N passed, M failed". A suite that stops early, or runs no test, has failed.
set -eu

root=$(pwd)
python=/usr/bin/python3
passed=0
failed=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/oneota-suite.XXXXXX")
output=$scratch/output

finish() {
    status=$?
    trap - EXIT
    if [ "$status" != 0 ]; then
        fail "the suite stopped early, with status $status"
    elif [ $((passed + failed)) = 0 ]; then
        fail "no test ran"
    fi
    rm -rf "$scratch"
    echo "$passed passed, $failed failed"
}
trap finish EXIT
trap 'exit 143' TERM

fail() {
    echo "FAILED: $*"
    failed=$((failed + 1))
}

count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
}

# check NAME COMMAND...: one test, which passes when the command succeeds.
check() {
    name=$1
    shift
    if "$@" >"$output" 2>&1; then
        passed=$((passed + 1))
    else
        cat "$output"
        fail "$name"
    fi
}

# refuses NAME PATTERN COMMAND...: one test of a check, which passes when the command fails and says PATTERN.
refuses() {
    name=$1
    pattern=$2
    shift 2
    if "$@" >"$output" 2>&1; then
        fail "$name: accepted"
    elif grep -q -e "$pattern" "$output"; then
        passed=$((passed + 1))
    else
        cat "$output"
        fail "$name: failed without saying '$pattern'"
    fi
}

# build NAME CMAKE-OPTION...: configures and builds build/NAME. A suite goes on after a failure: what was
# built is tested. The lock is for suites that share a build.
build() {
    dir=build/$1
    shift
    if ! flock "$dir.lock" sh -ec '
        dir=$1
        shift
        cmake -S . -B "$dir" -G Ninja "$@"
        cmake --build "$dir" -- -j 2 -k 0' build "$dir" "$@" >"$output" 2>&1; then
        grep -E -A 8 'error: |FAILED: |CMake Error' "$output" | head -n 60
        fail "$dir does not build"
    fi
}

build_gcc() {
    build gcc -DCMAKE_C_COMPILER=gcc
}

# run_ctest NAME CTEST-OPTION...: runs the tests of build/NAME, and counts what they count: cmocka's tests, and
# the cases of a fault campaign. A program that counts nothing is one test.
run_ctest() {
    dir=build/$1
    shift
    (cd "$dir" && ctest -V -j 2 "$@") >"$output" 2>&1 || :
    awk -f tests/suites/ctest.awk "$output" >"$scratch/counted"
    sed '$d' "$scratch/counted"
    count $(tail -n 1 "$scratch/counted")
}

# Of the fault campaigns that run_ctest ran.
cases_with_power_cut() {
    sed -n 's/.*(in \([0-9]*\) the power went)$/\1/p' "$output" | awk '{ sum += $1 } END { print sum + 0 }'
}

# run_pytest FILE...: three files at a time, because most of them wait most of the time.
run_pytest() {
    printf '%s\n' "$@" | PYTHONDONTWRITEBYTECODE=1 xargs -I '{}' -P 3 sh -c '
        name=$(basename "$1" .py)
        "$2" -m pytest -q -p no:cacheprovider --tb=short --basetemp="$0/$name" "$1" >"$0/$name.pytest" 2>&1' \
        "$scratch" '{}' "$python" || :
    for file in "$@"; do
        count_pytest "$scratch/$(basename "$file" .py).pytest"
    done
}

# The last line: "2 failed, 31 passed, 1 skipped, 1 error in 12.34s"
count_pytest() {
    set -- "$1" $(tail -n 1 "$1" | awk -F'[ ,]+' '/ in [0-9.]+s/ {
        for (i = 2; i <= NF; i++) n[$i] += $(i - 1)
        print n["passed"] + n["xfailed"], n["failed"] + n["error"] + n["errors"] + n["xpassed"]
    }')
    if [ $# != 3 ]; then
        tail -n 40 "$1"
        fail "pytest did not come to its end"
        return
    fi
    [ "$3" = 0 ] || grep -v '^[.s]* *\(\[ *[0-9]*%\]\)*$' "$1" | tail -n 80
    count "$2" "$3"
}

mkdir -p build
