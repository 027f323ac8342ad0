. tests/suites/lib.sh
mbedtls=$(sh scripts/fetch-deps.sh mbedtls-3.6)
cjson=$(sh scripts/fetch-deps.sh cjson)
build mbedtls36 -DCMAKE_C_COMPILER=gcc -DONEOTA_MBEDTLS_SOURCE="$mbedtls" -DONEOTA_CJSON_SOURCE="$cjson"
run_ctest mbedtls36 -E "^fault-"

export ONEOTA_DEVICE="$root/build/mbedtls36/oneota-device"
run_pytest tests/e2e/test_https.py
