. tests/suites/lib.sh
build_gcc
out=$root/build/install
rm -rf "$out"
mkdir -p "$out"

# The first block of C in the README is the firmware.
awk '/^```c$/ { inside = 1; next } /^```$/ && inside { exit } inside' README.md >"$out/firmware.c"

check "cmake --install" cmake --install build/gcc --prefix "$out/prefix"
check "a project finds oneota" cmake -S tests/install -B "$out/build" -G Ninja -DCMAKE_C_COMPILER=gcc \
    -DCMAKE_PREFIX_PATH="$out/prefix" -DFIRMWARE="$out/firmware.c"
check "a project builds with oneota" cmake --build "$out/build"
export ONEOTA_INSTALLED="$out/build" PYTHONPATH=tests/e2e
run_pytest tests/install/test_*.py
