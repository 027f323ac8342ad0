. tests/suites/lib.sh
build clang -DCMAKE_C_COMPILER=clang
run_ctest clang -E "^fault-"
