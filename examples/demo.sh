#!/bin/sh
# One whole update on this machine, with a power cut half-way.
#
#   sh examples/demo.sh [--dialect south|fuse|studio]
#
# Installs what is missing (as root, or with sudo), builds the device into build/demo, starts a stand-in
# for OneNET and updates the device from 1.0 to 2.0. Leaves nothing behind but build/demo. Less than a
# minute once everything is installed.
set -euf
cd "$(dirname "$0")/.."
. examples/demo_lib.sh

rate=140000     # bytes a second: slow enough to look at
size=1200000    # bytes of a firmware
device_id=10000001                      # these are the stand-in's own
product=100001

device=build/demo/oneota-device

# Where the real one is, who the device is there (its number with the product's key, or its name with its own
# key), and what it calls a code.
choose() {
    dialect=$1
    server=$2
    device_word=$3
    device_name=$4
    key_word=$5
    key=$6
    code_name=$7
}

case $#:${1:---dialect}:${2:-south} in
[02]:--dialect:south)
    choose south ota.heclouds.com DEVICE_ID "$device_id" PRODUCT_KEY b25lb3RhLWRlbW8tcHJvZHVjdC1rZXk= errno
    ;;
2:--dialect:fuse)
    choose fuse iot-api.heclouds.com DEVICE_NAME device-1 DEVICE_KEY b25lb3RhLWRlbW8tZGV2aWNlLWtleQ== code
    ;;
2:--dialect:studio)
    choose studio studio-ota.heclouds.com DEVICE_NAME device-1 DEVICE_KEY b25lb3RhLWRlbW8tZGV2aWNlLWtleQ== errno
    ;;
*)
    echo "usage: sh examples/demo.sh [--dialect south|fuse|studio]" >&2
    exit 2
    ;;
esac

# -- the device --------------------------------------------------------------------------------

# A program that names its version, and ballast: programs do not mind what follows them in their file.
make_firmware() {
    printf '#include <stdio.h>\nint main(void) { puts("I am firmware %s"); return 0; }\n' "$1" >"$work/app.c"
    gcc -O -o "$work/app-$1" "$work/app.c"
    head -c $((size - $(wc -c <"$work/app-$1"))) /dev/urandom >>"$work/app-$1"
    say "app-$1   $(wc -c <"$work/app-$1") bytes   run it: $("$work/app-$1")"
}

# Prints those lines of the device that no call shows.
print_device() {
    grep --line-buffered -Ev '^(progress|report|idle|task):' | sed -u 's/^/   device: /'
}

# On a terminal it draws its own bar.
start_device() {
    set -- run --server "$url" --dialect "$dialect" --product "$product" --device "$device_name" --key "$key" \
        --type sota --version 1.0 --image "$work/app-1.0" --state "$work/device" \
        --backoff 0.2:2 --retry-floor 1 --once
    if [ -n "$terminal" ]; then
        "$device" "$@" </dev/null &
    else
        print_device <"$work/lines" &
        "$device" "$@" </dev/null >"$work/lines" 2>"$work/device.log" &
    fi
    running_pid=$!
}

stored_bytes() {
    "$device" status --state "$work/device" --json 2>/dev/null |
        read_json '(it["task"] or {}).get("stored", 0)' 2>/dev/null || echo 0
}

is_half_stored() {
    [ "$(stored_bytes)" -ge $((size / 2)) ]
}

show_device() {
    "$device" status --state "$work/device" | sed 's/^/   /'
    "$device" image --state "$work/device" --out "$work/running"
    chmod +x "$work/running"
    say "run it     $("$work/running")"
}

# -- the story ---------------------------------------------------------------------------------

title "Tools and build"
say "installing what is missing, building build/demo ..."
sh scripts/install-tools.sh demo
build build/demo -S . -G Ninja -DONEOTA_BUILD_TESTS=OFF
work=$(mktemp -d "${TMPDIR:-/tmp}/oneota-demo.XXXXXX")
mkfifo "$work/lines"
say "$device: $(wc -c <"$device") bytes, $("$device" --version)"

title "Two versions of a firmware"
make_firmware 1.0
make_firmware 2.0

title "A stand-in for OneNET, and on it a package and a task"
start_platform
say "it listens on $url"
offer "$device_id" "$work/app-2.0"
limit_rate "$rate"

title "The device runs 1.0, and asks (five calls; $code_name 0 = all is well)"
start_device
wait_until "the device" is_half_stored
cut_power
before=$(sent_bytes)

printf '%s' "$clear"
title "Power cut! The device was killed half-way (kill -9). What it has in flash:"
show_device

title "Power is back: it goes on where it was"
start_device
end_running
[ "$status" = 0 ] || die "the device ended with status $status; expected 0"
after=$(sent_bytes)
say "downloaded $before bytes before the cut and $((after - before)) after it, of $size:"
say "$((before + after - before - size)) bytes came twice"

title "The device now"
show_device
cmp "$work/running" "$work/app-2.0" || die "the running image is not the package"
say "its image and the package are the same, byte for byte"

show_task

title "With the real platform"
cat <<END
   Upload a package and add a task in the OneNET console, then run:

   $device run --server http://$server \\
       --dialect $dialect --product PRODUCT_ID --device $device_word \\
       --key $key_word --type sota --version 1.0 --state ./device --once

   PRODUCT_ID and its key are on the product's page; the device's number, name
   and key on the device's. --version is what the device runs now.
   More: $device --help, and README.md, "Dialects" and "Authorization"
END
