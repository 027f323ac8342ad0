# Thousands of devices store what they do as if a power cut could come: without a disk they do not
# wait for it.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then
    export TMPDIR=/dev/shm
fi
. tests/suites/lib.sh
# With time-outs of a second, so that those who wait for them do not take minutes. What runs in one
# process has a clock of its own, and is in every build.
build hostile -DCMAKE_C_COMPILER=gcc -DONEOTA_BUILD_TESTS=OFF \
    -DCMAKE_C_FLAGS="-DONEOTA_ANSWER_MS=1000 -DONEOTA_SILENCE_MS=1000"
export ONEOTA_DEVICE="$root/build/hostile/oneota-device"
run_pytest tests/hostile/test_sockets.py
