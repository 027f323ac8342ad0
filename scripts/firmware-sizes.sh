#!/bin/sh
# Flash and RAM of the firmware of examples/mps2, by its parts, in bytes: the README's table.
#
#   sh scripts/firmware-sizes.sh [--check] [--log LEVEL]
#
# Builds boot loader and firmware into build/mps2 as they are shipped, and into build/mps2-parts without link-time
# optimisation, where the linker's map tells the files apart; runs an update of each in QEMU, which tells stack and TLS
# pool. --check also compares with the limits, and fails beyond one. --log: ONEOTA_LOG_LEVEL, 3 if not given.
# Needs: sh scripts/install-tools.sh demo arm source
set -eu
cd "$(dirname "$0")/.."

out=build/mps2-parts
level=3
check=

while [ $# -gt 0 ]; do
    case $1:${2:-} in
    --check:*) check=--check ;;
    --log:[0-4]) level=$2 && shift ;;
    *)
        echo "usage: sh scripts/firmware-sizes.sh [--check] [--log LEVEL]" >&2
        exit 2
        ;;
    esac
    shift
done

# quietly WHAT COMMAND...: shows what it printed only when it fails.
quietly() {
    what=$1
    shift
    "$@" >"$out/$what.log" 2>&1 </dev/null || {
        tail -n 40 "$out/$what.log" >&2
        echo "firmware-sizes: $what failed: $*" >&2
        exit 1
    }
}

mkdir -p "$out"
whole=build/mps2
if [ "$level" != 3 ]; then
    whole=$out/log-$level
fi
quietly configure cmake -S examples/mps2 -B "$whole" -DONEOTA_LOG_LEVEL="$level"
quietly build cmake --build "$whole" -j 2
quietly configure-parts cmake -S examples/mps2 -B "$out/$level" -DONEOTA_LOG_LEVEL="$level" -DONEOTA_MPS2_LTO=OFF
quietly build-parts cmake --build "$out/$level" -j 2
quietly configure-host cmake -S . -B "$out/host" -DONEOTA_BUILD_TESTS=OFF -DONEOTA_BUILD_EXAMPLES=OFF
quietly build-host cmake --build "$out/host" -j 2 --target oneota-image
[ -f "$out/key.pub" ] || quietly keygen "$(find "$out/host" -name oneota-image -type f)" keygen --out "$out/key.pem"
quietly configure-signed cmake -S examples/mps2 -B "$out/signed-$level" -DONEOTA_LOG_LEVEL="$level" \
    -DONEOTA_MPS2_PUBKEYS="$out/key.pub"
quietly build-signed cmake --build "$out/signed-$level" -j 2
quietly update-http sh examples/mps2/demo.sh --quick
quietly update-https sh examples/mps2/demo.sh --quick --tls
/usr/bin/python3 tests/size/firmware.py "$out/$level" "$whole" "$out/signed-$level" "$out/update-http.log" "$out/update-https.log" $check
