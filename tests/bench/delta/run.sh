#!/bin/sh
# Sizes of differential packages beside bsdiff's and xdelta3's, and what the decoder costs on a Cortex-M4.
#
#   sh tests/bench/delta/run.sh [--check] [--pairs SCRIPT]
#
# Prints the table of README.md, and packages with other blocks. --check also compares with the targets, and fails when one is missed. SCRIPT is called with a folder,
# and leaves FOLDER/NAME/old and FOLDER/NAME/new there for each pair of images; default: pairs.sh beside this file.
set -eu
cd "$(dirname "$0")/../../.."

check=
pairs=tests/bench/delta/pairs.sh
usage() {
    echo "usage: sh tests/bench/delta/run.sh [--check] [--pairs SCRIPT]" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
    --check) check=yes ;;
    --pairs)
        [ $# -ge 2 ] || usage
        pairs=$2
        shift
        ;;
    *) usage ;;
    esac
    shift
done

out=build/bench-delta
quietly() {
    "$@" >"$out/log" 2>&1 || {
        tail -n 40 "$out/log" >&2
        exit 1
    }
}

size() {
    wc -c <"$1"
}

# "pair NAME OLD NEW PACKAGE BSDIFF INSTRUCTIONS 1-KIB 2-KIB 8-KIB XDELTA3", one line each; sizes in bytes.
measure_pairs() {
    for folder in "$out"/pairs/*/; do
        [ -e "$folder/new" ] || continue
        old=$folder/old new=$folder/new
        for block in 1024 2048 4096 8192; do
            quietly "$out/tree/oneota-delta" diff --block "$block" "$old" "$new" "$folder/package-$block"
        done
        bsdiff "$old" "$new" "$folder/bsdiff"
        xdelta3 -9 -S djw -f -e -s "$old" "$new" "$folder/xdelta3"
        quietly timeout 120 qemu-system-arm -M mps2-an386 -icount shift=0 -kernel "$out/restore.elf" -display none \
            -monitor none -serial none -semihosting-config \
            "enable=on,target=native,arg=restore,arg=$old,arg=$folder/package-4096,arg=$new"
        grep -qx 'calibration 2000000' "$out/log" || {
            echo "run.sh: QEMU's clock counts no instructions: $(cat "$out/log")" >&2
            exit 1
        }
        echo pair "$(basename "$folder")" "$(size "$old")" "$(size "$new")" "$(size "$folder/package-4096")" \
            "$(size "$folder/bsdiff")" "$(awk '$1 == "instructions" { print $2 }' "$out/log")" \
            "$(size "$folder/package-1024")" "$(size "$folder/package-2048")" "$(size "$folder/package-8192")" \
            "$(size "$folder/xdelta3")"
    done
}

# On a Cortex-M4: text, RAM, and the stack of all functions together, which is more than any chain of calls takes.
measure_decoder() {
    printf '#include "oneota/delta.h"\nconst char memory[ONEOTA_DELTA_BYTES(4096)] = {1};\n' >"$out/memory.c"
    for source in src/delta.c src/inflate.c "$out/memory.c"; do
        arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os -DNDEBUG -std=c99 -ffunction-sections -fstack-usage -Iinclude \
            -Isrc -c "$source" -o "$out/$(basename "$source" .c).o"
    done
    echo text "$(arm-none-eabi-size "$out/delta.o" "$out/inflate.o" | awk 'NR > 1 { sum += $1 } END { print sum }')"
    echo ram "$(arm-none-eabi-nm -S -t d "$out/memory.o" | awk '{ print $2 + 0 }')"
    echo stack "$(awk '{ sum += $2 } END { print sum }' "$out/delta.su" "$out/inflate.su")"
}

sh scripts/install-tools.sh build arm bench source
rm -rf "$out/pairs"
mkdir -p "$out"
quietly cmake -S . -B "$out/tree" -G Ninja -DONEOTA_BUILD_TESTS=OFF -DONEOTA_BUILD_EXAMPLES=OFF
quietly cmake --build "$out/tree" -- -j 2 oneota-delta
arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os -DNDEBUG -std=c99 -Wall -Wextra -Werror -Iinclude -Isrc --specs=rdimon.specs \
    -T tests/bench/delta/guest.ld tests/bench/delta/restore.c src/delta.c src/inflate.c src/bytes.c -o "$out/restore.elf"
quietly sh "$pairs" "$out/pairs"
measure_pairs >"$out/counts"
measure_decoder >>"$out/counts"
awk -v check="$check" -f tests/bench/delta/table.awk "$out/counts"
