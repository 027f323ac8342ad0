#!/bin/sh
# Which lines and branches of src/ the tests on this machine run: unit tests, a sample of the fault suite, differential
# and signed packages, the corpora of the fuzzers.
#
#   sh tests/coverage/run.sh [--slice N]
#
# Prints a table by file, and each line or branch that is neither run nor in waivers.txt. Exit status 0: all lines and at
# least 98 % of the branches are run, each branch that is not has its reason in waivers.txt, and each reason is needed.
# --slice: every Nth case of the fault suite (37). The ports' own tests, which run nothing of src/ that the others do
# not, are left out.
set -eu
cd "$(dirname "$0")/../.."
slice=37
case $# in
0) ;;
2) [ "$1" = --slice ] && slice=$2 ;;
*)
    echo "usage: sh tests/coverage/run.sh [--slice N]" >&2
    exit 2
    ;;
esac

dir=build/coverage
mkdir -p "$dir"
if ! { cmake -S . -B "$dir" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_COMPILER=gcc -DCMAKE_C_FLAGS="-O1 -DNDEBUG" \
    -DONEOTA_COVERAGE=ON -DONEOTA_LOG_LEVEL=4 -DONEOTA_BUILD_EXAMPLES=OFF -DONEOTA_BUILD_TLS=OFF \
    -DONEOTA_BUILD_TOOLS=OFF && cmake --build "$dir" -- -j 2; } >"$dir/build.log" 2>&1; then
    tail -n 40 "$dir/build.log" >&2
    exit 1
fi
find "$dir" -name '*.gcda' -exec rm -f {} +
status=0
(cd "$dir" && ctest -j 2 -E '^fault-|^test_(posix|device|mps2|port_check|cjson)') >"$dir/test.log" 2>&1 || status=1
printf 'south\nfuse\n' |
    xargs -P 2 -I DIALECT "$dir/tests/test_fault" --dialect DIALECT --slice "$slice" >>"$dir/test.log" 2>&1 || status=1
[ "$status" = 0 ] || tail -n 60 "$dir/test.log" >&2

gcovr -r . --object-directory "$dir/CMakeFiles/oneota.dir" -f 'src/' --json -o "$dir/coverage.json" \
    "$dir/CMakeFiles/oneota.dir"
/usr/bin/python3 tests/coverage/judge.py "$dir/coverage.json" tests/coverage/waivers.txt || status=1
exit $status
