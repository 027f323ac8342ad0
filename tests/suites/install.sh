. tests/suites/lib.sh
build_gcc
prefix=$root/build/install/prefix
rm -rf build/install
check "cmake --install" cmake --install build/gcc --prefix "$prefix"
check "a project finds oneota" cmake -S tests/install -B build/install/build -G Ninja \
    -DCMAKE_C_COMPILER=gcc -DCMAKE_PREFIX_PATH="$prefix"
check "a project builds with oneota" cmake --build build/install/build
export ONEOTA_INSTALLED="$root/build/install/build"
PYTHONPATH=tests/e2e run_pytest -p conftest tests/install
