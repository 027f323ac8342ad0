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

# The boot loader with any one instruction left out, every fourth, and all where a key that it does not know has signed:
# there a skipped branch once made the verdict. Then on the board, by gdb; of an update that is to be tried, where the path
# is three times as long, every sixteenth. And without its last decision, where one must do.
skips() {
    script=tests/sign/skip/$1
    shift
    "$python" "$script" "$ONEOTA_MPS2/boot.elf" "$ONEOTA_IMAGE" "$ONEOTA_KEYS/present.pem" "$@" ||
        fail "skips in the boot loader: $script"
}
{
    skips boot.py --case key
    skips boot.py --every 4 --case payload-end --case r --case class --case repacked
    skips qemu.py --every 4 --case class --case repacked
    skips qemu.py --every 16 --case update-payload-end
} >"$output" 2>&1
cat "$output"
good=$(grep -c '^skips .* 0 started$' "$output") || :
count "$good" 0
[ "$good" = 8 ] || fail "skips in the boot loader: $good cases of 8"
weak=$scratch/weak
mkdir "$weak"
tar cf - --exclude=./build --exclude=./.git . | tar xf - -C "$weak"
sed -i 's/= oneota_proof_use(&s_proof);/= ONEOTA_PROVEN;/' "$weak/examples/mps2/boot/load_signed.c"
check "weak boot loader: configure" cmake -S "$weak/examples/mps2" -B "$weak/b" \
    "-DONEOTA_MPS2_PUBKEYS=$ONEOTA_KEYS/present.pub;$ONEOTA_KEYS/next.pub"
check "weak boot loader: build" cmake --build "$weak/b" -j 2 --target boot
refuses "skips: a boot loader that decides once" " [1-9][0-9]* started$" "$python" tests/sign/skip/boot.py "$weak/b/boot.elf" \
    "$ONEOTA_IMAGE" "$ONEOTA_KEYS/present.pem" --case repacked --inside is_proven
refuses "skips in QEMU: a boot loader that decides once" " [1-9][0-9]* started$" "$python" tests/sign/skip/qemu.py \
    "$weak/b/boot.elf" "$ONEOTA_IMAGE" "$ONEOTA_KEYS/present.pem" --case repacked --inside is_proven --first
