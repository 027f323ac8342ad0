. tests/suites/lib.sh
build_gcc
export ONEOTA_IMAGE="$root/build/gcc/oneota-image" ONEOTA_KEYS="$root/build/mps2-keys" ONEOTA_MPS2="$root/build/mps2-signed"

# Made once, for what is built with them is then built once.
keygen() {
    [ -f "$ONEOTA_KEYS/$1.pub" ] || "$ONEOTA_IMAGE" keygen --out "$ONEOTA_KEYS/$1.pem"
}
mkdir -p "$ONEOTA_KEYS"
for name in present next stranger; do
    check "keygen $name" keygen "$name"
done
check "configure" cmake -S examples/mps2 -B "$ONEOTA_MPS2" \
    "-DONEOTA_MPS2_PUBKEYS=$ONEOTA_KEYS/present.pub;$ONEOTA_KEYS/next.pub"
check "build" cmake --build "$ONEOTA_MPS2" -j 2
[ "$failed" != 0 ] || run_pytest tests/mps2/test_signed.py tests/mps2/test_signed_boot.py tests/mps2/test_signed_power.py
