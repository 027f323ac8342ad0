. tests/suites/lib.sh
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
lwip=$(sh scripts/fetch-deps.sh lwip)
check "configure" cmake -S tests/lwip -B build/lwip -G Ninja -DONEOTA_LWIP_SOURCE="$lwip"
check "build" cmake --build build/lwip -- -j 2
run_ctest lwip -R '^test_lwip'
