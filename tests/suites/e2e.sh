. tests/suites/lib.sh
build_gcc
export ONEOTA_DEVICE="$root/build/gcc/oneota-device"
run_pytest tests/e2e/test_*.py
