#!/bin/sh
# Builds firmware images for Cortex-M4 out of this tree, and pairs of them.
#
#   sh tests/bench/delta/pairs.sh OUT
#
# Leaves OUT/NAME/old and OUT/NAME/new for each pair. An image is the library, a program that uses all of it, cJSON
# and all of mbedTLS, as objcopy would hand it to a flasher. Another script that leaves the same files can
# take the place of this one: run.sh --pairs SCRIPT.
set -eu
cd "$(dirname "$0")/../../.."
out=$1

mbedtls=$(sh scripts/fetch-deps.sh mbedtls-3.6)
cjson=$(sh scripts/fetch-deps.sh cjson)
flags="-mcpu=cortex-m4 -mthumb -DNDEBUG -std=c99 -ffunction-sections -fdata-sections --specs=nano.specs -w
    -I$mbedtls/include -isystem $cjson"

# compile FOLDER OPTIONS SOURCE...
compile() {
    folder=$1
    options=$2
    shift 2
    mkdir -p "$folder"
    printf '%s\n' "$@" | xargs -P 2 -I '{}' sh -c 'arm-none-eabi-gcc $2 -c "$1" -o "$0/$(basename "$1" .c).o"' \
        "$folder" '{}' "$flags $options"
}

# libraries LEVEL: mbedTLS and cJSON, once for each optimisation level.
libraries() {
    compile "$out/objects/libraries$1" "$1 -DMBEDTLS_CONFIG_FILE=\"firmware_config.h\" -Itests/bench/delta" \
        $(ls "$mbedtls"/library/*.c | grep -v -E '/(net_sockets|timing|psa_its_file|entropy_poll)\.c$') "$cjson/cJSON.c"
}

# image NAME TREE LEVEL OPTION...: builds the firmware of a source tree.
image() {
    name=$1
    tree=$2
    level=$3
    shift 3
    folder=$out/objects/$name
    rm -rf "$folder"
    compile "$folder" "$level $* -I$tree/include -I$tree/src" "$tree"/src/*.c "$tree"/tests/size/whole_api.c \
        "$tree"/tests/bench/delta/firmware.c
    arm-none-eabi-gcc $flags "$level" --specs=nosys.specs "$folder"/*.o "$out/objects/libraries$level"/*.o \
        -o "$folder/firmware.elf" 2>"$folder/log" || {
        cat "$folder/log" >&2
        exit 1
    }
    arm-none-eabi-objcopy -O binary "$folder/firmware.elf" "$out/objects/$name.bin"
}

# pair NAME OLD NEW
pair() {
    mkdir -p "$out/$1"
    cp "$out/objects/$2.bin" "$out/$1/old"
    cp "$out/objects/$3.bin" "$out/$1/new"
}

# A copy of the tree with one thing changed: tree NAME FILE SED-COMMAND, which must change it.
tree() {
    copy=$out/objects/tree-$1
    rm -rf "$copy"
    mkdir -p "$copy/tests"
    cp -r include src "$copy"
    cp -r tests/size tests/bench "$copy/tests"
    sed -i "$3" "$copy/$2"
    if cmp -s "$2" "$copy/$2"; then
        echo "pairs.sh: $3 changes nothing in $2" >&2
        exit 1
    fi
}

libraries -Os
libraries -O2
tree version tests/bench/delta/firmware.c 's/firmware 1\.4\.2 .* a1b2c3d4/firmware 1.4.3 2026-02-12 99e83cd7/'
tree fix src/text.c '0,/^    if (zero_terminated == NULL) {$/s//    if (zero_terminated == NULL || text->data == NULL) {/'
image base . -Os
image version "$out/objects/tree-version" -Os
image fix "$out/objects/tree-fix" -Os
image feature . -Os -DONEOTA_LOG_LEVEL=3 '-DDIALECTS=&oneota_south,&oneota_fuse'
image fast . -O2
pair 1-version base version
pair 2-fix base fix
pair 3-feature base feature
pair 4-level base fast
