. tests/suites/lib.sh
build_gcc # for oneota-delta

# firmware NAME CMAKE-OPTION...: a build of the firmware that takes differential packages.
firmware() {
    dir=build/mps2-delta/$1
    shift
    check "configure $dir" cmake -S examples/mps2 -B "$dir" -DONEOTA_MPS2_DELTA=4096 "$@"
    check "build $dir" cmake --build "$dir" -j 2 --target boot app-http
}
firmware base
firmware fast "-DCMAKE_C_FLAGS_MINSIZEREL=-O2 -DNDEBUG"
export ONEOTA_MPS2="$root/build/mps2-delta/base" ONEOTA_DELTA="$root/build/gcc/oneota-delta"
[ "$failed" != 0 ] || run_pytest tests/mps2/test_delta.py
