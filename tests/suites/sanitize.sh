. tests/suites/lib.sh
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
# The unit tests as both compilers see them; the faults, which take longer, as one of them does.
build asan-gcc -DCMAKE_C_COMPILER=gcc -DONEOTA_SANITIZE=ON
run_ctest asan-gcc -E "^fault-"
build asan-clang -DCMAKE_C_COMPILER=clang -DONEOTA_SANITIZE=ON
run_ctest asan-clang
