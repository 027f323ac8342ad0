. tests/suites/lib.sh
build_gcc
run_ctest gcc -R "^fault-"
cuts=$(cases_with_power_cut)
sessions=$(sed -n 's/.* net-byte *\([0-9]*\) cases.*/\1/p' "$output" | awk '{ sum += $1 } END { print sum + 0 }')
echo "$cuts runs with a power cut, $sessions sessions broken at a byte"
refuses "a seed that is no number" "^usage" sh tests/fault/run.sh --seed x
refuses "a part that there is not" "^usage" sh tests/fault/run.sh --part 13/12
refuses "a campaign that there is not" "no such" build/gcc/tests/test_fault --campaign nope
[ "$cuts" -ge 500000 ] || fail "less than 500000 runs with a power cut"
[ "$sessions" -ge 100000 ] || fail "less than 100000 sessions broken at a byte"
