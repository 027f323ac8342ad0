. tests/suites/lib.sh
build_gcc
run_ctest gcc -R "^fault-"
cuts=$(sed -n 's/.*(in \([0-9]*\) the power went)$/\1/p' "$output" | awk '{ sum += $1 } END { print sum + 0 }')
echo "$cuts runs with a power cut"
[ "$cuts" -ge 500000 ] || fail "less than 500000 runs with a power cut"
