. tests/suites/lib.sh
build_gcc

# The worked example of the format, by openssl alone; and that the script sees a wrong one.
check "the example of the format" sh tests/sign/example.sh
other() {
    sed "$1" include/oneota/trailer.h >"$scratch/trailer.h"
    sh tests/sign/example.sh "$scratch/trailer.h"
}
refuses "example: other version" "openssl refuses the signature" other 's/trailer  32: 31/trailer  32: 32/'
refuses "example: other r" "openssl refuses the signature" other 's/trailer 128: 30/trailer 128: 31/'
refuses "example: other key" "openssl refuses the key" other 's/key       0: 04 9d/key       0: 04 9e/'
refuses "example: a line less" "not 192 bytes" other '/trailer 144:/d'

# Any one instruction left out on the way to the decision, in two compilations of it: every fourth. Each case of damage
# is a test.
count_skips() {
    name=$1
    shift
    "$@" >"$output" 2>&1 || status=$?
    cat "$output"
    good=$(grep -c '^skips .* 0 started$' "$output") || :
    count "$good" "$(($(grep -c '^skips ' "$output") - good))"
    [ "${status:-0}" = 0 ] || fail "skip $name"
    [ "$good" -gt 0 ] || fail "skip $name: nothing was left out"
    status=
}
skip() {
    variant=$1
    shift
    check "skip $variant: builds" sh tests/sign/skip/build.sh "build/skip-$variant" "$@"
    count_skips "$variant" "$python" tests/sign/skip/skip.py "build/skip-$variant/start.elf" build/gcc/oneota-image \
        --every 4
}
skip small
skip fast -O2
check "skip weak: builds" sh tests/sign/skip/build.sh build/skip-weak -DSKIP_WEAK
refuses "skip: a decision that is made once" " [1-9][0-9]* started$" "$python" tests/sign/skip/skip.py \
    build/skip-weak/start.elf build/gcc/oneota-image --case payload --case class

# The same of a whole client, from verify to the mark: every fourth.
check "skip client: builds" sh tests/sign/skip/build.sh --client build/skip-client
count_skips client "$python" tests/sign/skip/client.py build/skip-client/client.elf --every 4 \
    --case verify-payload --case verify-older --case mark-payload --case mark-r --case mark-older
cp -R src "$scratch/src"
sed -i 's/scheme->use(m) != ONEOTA_PROVEN/scheme->use(m) == 1u/' "$scratch/src/steps_prove.c"
check "skip weak client: builds" env ONEOTA_SKIP_SRC="$scratch/src" sh tests/sign/skip/build.sh --client build/skip-client-weak
refuses "skip: a client that decides once" " [1-9][0-9]* started$" "$python" tests/sign/skip/client.py \
    build/skip-client-weak/client.elf --case mark-older --inside oneota_step_prove

export ONEOTA_IMAGE="$root/build/gcc/oneota-image"
run_pytest tests/sign/test_*.py
