#!/bin/sh
# Flash and RAM of the library on a Cortex-M4, in bytes.
#
#   sh scripts/sizes.sh [--check]
#
# Three tables: each object as compiled; what a link of a program that uses all of the API keeps, without and with
# log; the caller's memory. --check also compares with the limits, and fails beyond one. Objects and
# maps stay in build/size. Needs: sh scripts/install-tools.sh arm source
set -eu
cd "$(dirname "$0")/.."

# The limits. Text is what the link keeps of src/ without log: neither cJSON nor mbedTLS, constants included.
max_text=12288
max_data=0
max_bss=4 # json.o's one pointer
max_client=1024

out=build/size
cpu="-mcpu=cortex-m4 -mthumb"
flags="$cpu -Os -DNDEBUG -std=c99 -ffunction-sections -fdata-sections --specs=nano.specs"
strict="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Wvla -Werror"

mbedtls=$(sh scripts/fetch-deps.sh mbedtls-3.6)
cjson=$(sh scripts/fetch-deps.sh cjson)
config="-DMBEDTLS_CONFIG_FILE=\"$PWD/tests/size/mbedtls_config.h\""

# compile FOLDER OPTIONS SOURCE...
compile() {
    folder=$1
    options=$2
    shift 2
    mkdir -p "$folder"
    printf '%s\n' "$@" | xargs -P 2 -I '{}' sh -c \
        'arm-none-eabi-gcc "$3" $2 -c "$1" -o "$0/$(basename "$1" .c).o"' "$folder" '{}' "$options" "$config"
}

# link LOG-LEVEL: prints what was kept.
link() {
    level=$1
    compile "$out/core-$level" "$flags $strict -DONEOTA_LOG_LEVEL=$level -Iinclude -isystem $mbedtls/include \
        -isystem $cjson" src/*.c
    compile "$out/program-$level" "$flags $strict -DONEOTA_LOG_LEVEL=$level -Iinclude" tests/size/whole_api.c
    arm-none-eabi-gcc $flags --specs=nosys.specs -Wl,--gc-sections -Wl,-Map="$out/map-$level" \
        "$out/core-$level"/*.o "$out/program-$level"/*.o "$out/cjson"/*.o "$out/mbedtls"/*.o \
        -o "$out/whole-api-$level.elf" 2>"$out/link-$level.log" || {
        cat "$out/link-$level.log" >&2
        exit 1
    }
    /usr/bin/python3 tests/size/kept.py "$out/map-$level" "$out/core-$level/"
}

# The size of a constant in the program's object.
size_of() {
    arm-none-eabi-nm -S -t d "$out/program-0/whole_api.o" | awk -v name="size_of_$1" '$4 == name { print $2 + 0 }'
}

# limit NAME VALUE MAX
limit() {
    if [ "$2" -le "$3" ]; then
        echo "limit $1: $2 of $3 ok"
    else
        echo "limit $1: $2 of $3 EXCEEDED"
        status=1
    fi
}

rm -rf "$out"
compile "$out/cjson" "$flags -w" "$cjson/cJSON.c"
compile "$out/mbedtls" "$flags -w -I$mbedtls/include" "$mbedtls/library/md5.c" "$mbedtls/library/sha1.c" \
    "$mbedtls/library/sha256.c" "$mbedtls/library/base64.c" "$mbedtls/library/platform_util.c" \
    "$mbedtls/library/constant_time.c"
kept=$(link 0)
kept_log=$(link 3)
objects=$(arm-none-eabi-size "$out"/core-0/*.o | awk -v folder="$out/core-0/" '
    NR > 1 {
        sub(folder, "", $6)
        printf "%7d %6d %6d  %s\n", $1, $2, $3, $6
        text += $1; data += $2; bss += $3
    }
    END { printf "%7d %6d %6d  src/\n", text, data, bss }')

echo "   text   data    bss  as compiled, -Os, no log"
echo "$objects"
echo
echo "   text   data    bss  as kept by a link of the whole API, no log"
echo "$kept"
echo
echo "   text   data    bss  the same, with ONEOTA_LOG_LEVEL=3"
echo "$kept_log"
echo
echo "sizeof(oneota_t) $(size_of client), sizeof(oneota_setup_t) $(size_of setup), ONEOTA_WORK_BYTES $(size_of work)"

[ "${1:-}" = --check ] || exit 0
status=0
echo
limit "core text" "$(echo "$kept" | awk '$4 == "core" { print $1 }')" "$max_text"
limit "core data" "$(echo "$objects" | awk '$4 == "src/" { print $2 }')" "$max_data"
limit "core bss" "$(echo "$objects" | awk '$4 == "src/" { print $3 }')" "$max_bss"
limit "sizeof(oneota_t)" "$(size_of client)" "$max_client"
exit $status
