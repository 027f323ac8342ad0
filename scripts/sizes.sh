#!/bin/sh
# Flash and RAM of the library on a Cortex-M4, in bytes.
#
#   sh scripts/sizes.sh [--check]
#
# Tables: each object as compiled; what a link of a program that uses all of the API in one dialect keeps, without
# and with log; the same for other dialects; the caller's memory. --check also compares with the limits, and fails
# beyond one, or when a link keeps anything of a dialect that it does not name. Objects and maps stay in
# build/size. Needs: sh scripts/install-tools.sh arm source
set -eu
cd "$(dirname "$0")/.."

# The limits, just above what is reached. Text is what the link keeps of src/ without log: neither cJSON nor
# mbedTLS, constants included.
max_text=18800
max_fuse=2560 # of it, what fuse adds to south
max_data=0
max_bss=4 # json.o's one pointer
max_client=1024
max_stack=1536

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

# build LOG-LEVEL: compiles src/.
build() {
    compile "$out/core-$1" "$flags $strict -DONEOTA_LOG_LEVEL=$1 -Iinclude -isystem $mbedtls/include \
        -isystem $cjson" src/*.c
}

# link LOG-LEVEL DIALECT...: links a program that chooses from these dialects at run time.
link() {
    level=$1
    shift
    name=$level-$(echo "$@" | tr ' ' '-')
    dialects=$(printf '&oneota_%s,' "$@")
    compile "$out/program-$name" "$flags $strict -DONEOTA_LOG_LEVEL=$level -DDIALECTS=$dialects -Iinclude" \
        tests/size/whole_api.c
    arm-none-eabi-gcc $flags --specs=nosys.specs -Wl,--gc-sections -Wl,-Map="$out/map-$name" \
        "$out/core-$level"/*.o "$out/program-$name"/*.o "$out/cjson"/*.o "$out/mbedtls"/*.o \
        -o "$out/whole-api-$name.elf" 2>"$out/link-$name.log" || {
        cat "$out/link-$name.log" >&2
        exit 1
    }
}

# kept LOG-LEVEL DIALECT...: what that link has kept, by library.
kept() {
    link "$@"
    /usr/bin/python3 tests/size/kept.py "$out/map-$name" "$out/core-$level/"
}

# dialects_of DIALECT...: what that link has kept of src/, named by its dialects; fails if those are others.
dialects_of() {
    link 0 "$@"
    /usr/bin/python3 tests/size/kept.py "$out/map-$name" "$out/core-0/" --dialects "$@"
}

# All of the library, with what differential and signed packages need, for its stack alone.
all_of_it() {
    compile "$out/core-stack" "$flags $strict -fstack-usage -DONEOTA_LOG_LEVEL=0 -Iinclude -isystem $mbedtls/include \
        -isystem $cjson" src/*.c
    compile "$out/mbedtls-stack" "$flags -w -I$mbedtls/include" $(for name in bignum bignum_core ecp ecp_curves ecdsa \
        md5 sha1 sha256 base64 platform platform_util constant_time asn1parse asn1write; do
        echo "$mbedtls/library/$name.c"
    done)
    echo 'int main(void) { return 0; }' | arm-none-eabi-gcc $flags -x c -c - -o "$out/empty.o"
    arm-none-eabi-gcc $flags --specs=nosys.specs "$out/core-stack"/*.o "$out/cjson"/*.o "$out/mbedtls-stack"/*.o \
        "$out/empty.o" -o "$out/stack.elf" 2>"$out/link-stack.log" || {
        cat "$out/link-stack.log" >&2
        exit 1
    }
}

# The size of a constant in the program's object.
size_of() {
    arm-none-eabi-nm -S -t d "$out/program-0-south/whole_api.o" | awk -v name="size_of_$1" '$4 == name { print $2 + 0 }'
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
build 0
build 3
compile "$out/mcuboot" "$flags $strict -Iinclude" port/mcuboot/*.c
mcuboot=$(arm-none-eabi-size -t "$out"/mcuboot/*.o | awk 'END { printf "%7d %6d %6d  port/mcuboot/\n", $1, $2, $3 }')
(
    config="-DMBEDTLS_CONFIG_FILE=\"$PWD/tests/size/mbedtls_signed.h\""
    all_of_it
)
kept=$(kept 0 south)
kept_log=$(kept 3 south)
dialects=$(
    for set in south fuse "south fuse" "south fuse studio"; do
        dialects_of $set || echo "   this link was to have: $set"
    done
)
objects=$(arm-none-eabi-size "$out"/core-0/*.o | awk -v folder="$out/core-0/" '
    NR > 1 {
        sub(folder, "", $6)
        printf "%7d %6d %6d  %s\n", $1, $2, $3, $6
        text += $1; data += $2; bss += $3
    }
    END { printf "%7d %6d %6d  src/\n", text, data, bss }')

echo "   text   data    bss  as compiled, -Os, no log"
echo "$objects"
echo "$mcuboot"
echo
echo "   text   data    bss  as kept by a link of the whole API with south, no log"
echo "$kept"
echo
echo "   text   data    bss  the same, with ONEOTA_LOG_LEVEL=3"
echo "$kept_log"
echo
echo "   text   data    bss  src/ as kept by a link with these dialects, no log"
echo "$dialects"
echo
echo "sizeof(oneota_t) $(size_of client), sizeof(oneota_setup_t) $(size_of setup), ONEOTA_WORK_BYTES $(size_of work)"

[ "${1:-}" = --check ] || exit 0
status=0
echo
limit "core text" "$(echo "$kept" | awk '$4 == "core" { print $1 }')" "$max_text"
limit "text that fuse adds" "$(echo "$dialects" | awk '
    / south$/ { alone = $1 }
    / south fuse$/ { print $1 - alone; exit }')" \
    "$max_fuse"
limit "links with other dialects than named" "$(echo "$dialects" | grep -c "was to have")" 0
limit "core data" "$(echo "$objects" | awk '$4 == "src/" { print $2 }')" "$max_data"
limit "core bss" "$(echo "$objects" | awk '$4 == "src/" { print $3 }')" "$max_bss"
limit "sizeof(oneota_t)" "$(size_of client)" "$max_client"
limit "stack of oneota_poll()" "$(/usr/bin/python3 scripts/stack.py --of oneota_poll \
    "$out/whole-api-0-south-fuse.elf" |
    awk 'END { print $1 }')" "$max_stack"
echo
echo "stack of each public call, with differential and signed packages:"
/usr/bin/python3 scripts/stack.py --check || status=1
exit $status
