. tests/suites/lib.sh
build_gcc
run_ctest gcc -R "^fault-"
