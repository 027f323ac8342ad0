. tests/suites/lib.sh
check "configure" cmake -S examples/mps2 -B build/mps2
check "build" cmake --build build/mps2 -j 2
export ONEOTA_MPS2="$root/build/mps2"
[ "$failed" != 0 ] || run_pytest tests/mps2/test_power.py tests/mps2/test_link.py tests/mps2/test_trial.py \
    tests/mps2/test_tls.py tests/mps2/test_refuse.py tests/mps2/test_update.py tests/mps2/test_script.py \
    tests/mps2/test_check.py

# The same firmware with mbedTLS 2.28, which is refused where a certificate's purpose would not be looked at.
old_mbedtls=$(sh scripts/fetch-deps.sh mbedtls-2.28)
check "configure with mbedTLS 2.28" cmake -S examples/mps2 -B build/mps2-2.28 -DONEOTA_MBEDTLS_SOURCE="$old_mbedtls"
check "build with mbedTLS 2.28" cmake --build build/mps2-2.28 -j 2 --target boot app-https
arm-none-eabi-size build/mps2-2.28/app-https.elf || :
ONEOTA_MPS2="$root/build/mps2-2.28" PYTEST_ADDOPTS="-k 'not trial'" run_pytest tests/mps2/test_tls.py

check "demo" sh examples/mps2/demo.sh --quick
check "demo over TLS" sh examples/mps2/demo.sh --tls --quick
sh scripts/firmware-sizes.sh --check >"$output" 2>&1 || :
cat "$output"
good=$(grep -c '^limit .* ok$' "$output") || :
bad=$(grep -c '^limit .* EXCEEDED$' "$output") || :
count "$good" "$bad"
grep -q '^limit ' "$output" || fail "scripts/firmware-sizes.sh"
