#!/bin/sh
# What the compiled library holds, and what it asks for.
#
#   sh tests/check/symbols.sh state|calls|names [SOURCE...]
#
#   state   no variable but one pointer, in json.c
#   calls   nothing from outside but <string.h>, cJSON in json.c, mbedTLS in crypto.c and
#           crypto_ecdsa.c, and what compilers add: no heap, no stdio
#   names   every name that a linker sees begins with oneota_, and none is weak
set -eu
rule=$1
shift
[ $# -gt 0 ] || set -- src/*.c
objects=$(mktemp -d "${TMPDIR:-/tmp}/oneota-symbols.XXXXXX")
trap 'rm -rf "$objects"' EXIT
for source in "$@"; do
    gcc -std=c99 -Os -DNDEBUG -DONEOTA_LOG_LEVEL=4 -fno-pic -fno-common -Iinclude -Isrc -I/usr/include/cjson \
        -c "$source" -o "$objects/$(basename "$source" .c).o"
done

# "json.o: name type value size", numbers in decimal
(cd "$objects" && nm -A -P -t d -- *.o) | awk -v rule="$rule" '
    BEGIN {
        string_h = "^(memchr|memcmp|memcpy|memmove|memset|strchr|strcmp|strcspn|strlen|strncmp|strrchr|strspn|strstr)$"
        compiler = "^(__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$"
        pointer = 8
    }
    { sub(/:$/, "", $1); object = $1; name = $2; type = $3 }
    type == "U" { asked[name] = asked[name] " " object; next }
    type ~ /[A-Z]/ { ours[name] = 1 }
    rule == "state" && type ~ /^[bBdDsSgGcC]$/ && !(object == "json.o" && $5 + 0 == pointer && !pointers++) {
        complain("holds the variable " name)
    }
    rule == "names" && type ~ /^[A-Zvw]$/ && (name !~ /^oneota_/ || type ~ /^[VWvw]$/) {
        complain("shows the name " name)
    }
    function complain(what) { print object ": " what; bad = 1 }
    END {
        for (name in asked) {
            object = substr(asked[name], 2)
            if (rule == "calls" && !(name in ours) && name !~ string_h && name !~ compiler &&
                !(object == "json.o" && name ~ /^cJSON_/) && !(object ~ /^crypto(_ecdsa)?\.o$/ && name ~ /^mbedtls_/)) {
                complain("asks for " name)
            }
        }
        exit bad
    }'
