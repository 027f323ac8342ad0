. tests/suites/lib.sh
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
for compiler in gcc clang; do
    build "asan-$compiler" -DCMAKE_C_COMPILER="$compiler" -DONEOTA_SANITIZE=ON
    run_ctest "asan-$compiler"
done
