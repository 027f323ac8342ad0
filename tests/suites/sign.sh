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

export ONEOTA_IMAGE="$root/build/gcc/oneota-image"
run_pytest tests/sign/test_*.py
