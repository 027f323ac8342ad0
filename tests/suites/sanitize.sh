. tests/suites/lib.sh
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
build asan-clang -DCMAKE_C_COMPILER=clang -DONEOTA_SANITIZE=ON
run_ctest asan-clang
cuts=$(cases_with_power_cut)
echo "$cuts runs with a power cut"
[ "$cuts" -ge 20000 ] || fail "less than 20000 runs with a power cut"
