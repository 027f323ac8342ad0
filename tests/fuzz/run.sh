#!/bin/sh
# Fuzzes the library, two harnesses at a time.
#
#   sh tests/fuzz/run.sh [--seconds N] [--only NAME]... [--afl]
#
# N seconds each (10), by libFuzzer under AddressSanitizer and UndefinedBehaviorSanitizer, or by AFL++. Starts from
# tests/fuzz/corpus/NAME and from what earlier runs found, kept in build/fuzz-work. Prints a line for each harness:
# name, inputs tried, edges reached, crashes; behind one that crashed, how to run that input again. Exit
# status 0: each was fuzzed, and none crashed.
set -eu
cd "$(dirname "$0")/../.."
root=$(pwd)
work=$root/build/fuzz-work
all="answer auth client http journal json package record trailer values"
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1:symbolize=0:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=0:abort_on_error=1

usage() {
    echo "usage: sh tests/fuzz/run.sh [--seconds N] [--only NAME]... [--afl], NAME one of: $all" >&2
    exit 2
}

# build ENGINE: build/fuzz or build/fuzz-afl
build() {
    options="-DONEOTA_FUZZER=ON -DONEOTA_BUILD_TLS=OFF -DONEOTA_BUILD_EXAMPLES=OFF -DONEOTA_BUILD_TOOLS=OFF"
    if [ "$1" = afl ]; then
        dir=build/fuzz-afl
        options="$options -DCMAKE_C_COMPILER=afl-clang-fast"
    else
        dir=build/fuzz
        options="$options -DCMAKE_C_COMPILER=clang -DCMAKE_C_FLAGS=-fsanitize=fuzzer-no-link -DONEOTA_SANITIZE=ON"
    fi
    mkdir -p "$work"
    # shellcheck disable=SC2086
    if ! { AFL_QUIET=1 cmake -S . -B "$dir" -G Ninja $options && cmake --build "$dir" --target $targets -- -j 2; } \
        >"$work/build.log" 2>&1; then
        grep -E -A 8 'error: |FAILED: |CMake Error' "$work/build.log" | head -n 40
        echo "tests/fuzz/run.sh: $dir does not build" >&2
        exit 1
    fi
}

# What a crash is worth: its report, and the command that makes it again.
report() {
    grep -h -m 3 -E 'does not hold|runtime error|ERROR: |brick|boot: |net: ' "$2" | sed 's/^/    /' || :
    for file in "$1"/*; do
        [ ! -e "$file" ] || echo "    again: $3 $file"
    done
}

with_libfuzzer() {
    out=$work/$1
    program=$root/build/fuzz/tests/fuzz/fuzz_$1
    rm -rf "$out/crashes"
    mkdir -p "$out/corpus" "$out/crashes"
    status=0
    profile=1
    [ "$1" != client ] || profile=0 # three times as slow, for hashes that nobody guesses
    "$program" -max_total_time="$2" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -use_value_profile="$profile" \
        -artifact_prefix="$out/crashes/" "$out/corpus" "tests/fuzz/corpus/$1" >"$out/log" 2>&1 || status=$?
    awk -v name="$1" -v status="$status" '
        / cov: [0-9]+ / { for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
        /number_of_executed_units/ { tried = $2 }
        END { printf "%-8s %9d inputs %5d edges %d crashes\n", name, tried, edges, status != 0
              exit !(status == 0 && tried > 0) }' "$out/log" || {
        report "$out/crashes" "$out/log" "$program"
        return 1
    }
}

with_afl() {
    out=$work/afl-$1
    program=$root/build/fuzz-afl/tests/fuzz/fuzz_$1
    rm -rf "$out"
    mkdir -p "$out"
    AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
        afl-fuzz -V "$2" -m none -t 5000 -i "tests/fuzz/corpus/$1" -o "$out" -- "$program" >"$out/log" 2>&1 || :
    awk -F ' *: *' -v name="$1" '
        $1 == "execs_done" { tried = $2 }
        $1 == "edges_found" { edges = $2 }
        $1 == "saved_crashes" || $1 == "saved_hangs" { crashes += $2 }
        END { printf "%-8s %9d inputs %5d edges %d crashes\n", name, tried, edges, crashes
              exit !(tried > 0 && crashes == 0) }' "$out/default/fuzzer_stats" || {
        report "$out/default/crashes" "$out/log" "$program"
        return 1
    }
}

seconds=10
selected=
engine=libfuzzer
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) [ $# -ge 2 ] && [ "$2" -gt 0 ] 2>/dev/null && seconds=$2 && shift || usage ;;
    --only)
        [ $# -ge 2 ] && echo "$all" | tr ' ' '\n' | grep -qx -e "$2" || usage
        selected="$selected $2"
        shift
        ;;
    --afl) engine=afl ;;
    --one) # what xargs calls below
        "with_$2" "$3" "$4" >"$work/$3.said" 2>&1 && status=0 || status=1
        cat "$work/$3.said"
        exit "$status"
        ;;
    *) usage ;;
    esac
    shift
done
[ -n "$selected" ] || selected=$all
targets=$(printf 'fuzz_%s ' $selected)
build "$engine"
echo $selected | tr ' ' '\n' | xargs -I '{}' -P 2 sh tests/fuzz/run.sh --one "$engine" '{}' "$seconds"
