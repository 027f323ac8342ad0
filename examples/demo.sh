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

rate=140000     # bytes a second: slow enough to look at
size=1200000    # bytes of a firmware
device_id=10000001                      # these are the stand-in's own
product=100001

device=build/demo/oneota-device
work=
platform_pid=
device_pid=
printer_pid=

if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
    terminal=yes
    bold=$(printf '\033[1m') plain=$(printf '\033[0m') clear=$(printf '\r\033[K')
else
    terminal= bold= plain= clear=
fi

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

title() {
    printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

say() {
    printf '   %s\n' "$*"
}

die() {
    printf 'demo: %s\n' "$*" >&2
    exit 1
}

# Ends what was started here, and nothing else.
cleanup() {
    trap - EXIT HUP INT TERM
    for pid in $device_pid $platform_pid; do
        kill "$pid" 2>/dev/null || :
    done
    [ -z "$platform_pid" ] || wait "$platform_pid" 2>/dev/null || :
    [ -z "$printer_pid" ] || wait "$printer_pid" 2>/dev/null || :
    [ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# -- preparations ------------------------------------------------------------------------------

build() {
    mkdir -p build
    if ! { cmake -S . -B build/demo -G Ninja -DONEOTA_BUILD_TESTS=OFF && cmake --build build/demo; } \
        >build/demo.log 2>&1 </dev/null; then
        tail -n 30 build/demo.log >&2
        die "the build failed; all of it is in build/demo.log"
    fi
    # With sudo, the next build may be made without it.
    if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ]; then
        chown -R "$SUDO_UID:${SUDO_GID:-0}" build/demo build/demo.log
    fi
}

# A program that names its version, and ballast: programs do not mind what follows them in their file.
make_firmware() {
    printf '#include <stdio.h>\nint main(void) { puts("I am firmware %s"); return 0; }\n' "$1" >"$work/app.c"
    gcc -O -o "$work/app-$1" "$work/app.c"
    head -c $((size - $(wc -c <"$work/app-$1"))) /dev/urandom >>"$work/app-$1"
    say "app-$1   $(wc -c <"$work/app-$1") bytes   run it: $("$work/app-$1")"
}

# -- the platform ------------------------------------------------------------------------------

# Prints each call of the platform's log: "12:34:56 #3 token GET /ota/...?dev_id=1 -> 200 code=0 ...".
# The five calls of an update get numbers.
print_calls() {
    while read -r _ number name method target rest; do
        case $number:$rest in '#'*:*'-> '*) ;; *) continue ;; esac
        path=${target%%\?*}
        case $path in */ota_*) token=ota_${path#*/ota_} path=${path%%/ota_*}/TOKEN${token#"${token%%/*}"} ;; esac
        result=${rest#*-> }
        case $name in
        version) what="1 report version" ;;
        check) what="2 check task" ;;
        token) what="3 check token" ;;
        download)
            what="4 download" wanted=${rest#*bytes=} start=${path%/*/*}
            path="...${path#"$start"} ${wanted%%\'*}"
            ;;
        progress) what="5 report" step=${rest#step=} what="$what ${step%% *}" ;;
        *) what="  $name" ;;
        esac
        case $result in
        *code=*) code=${result#*code=} answer="$code_name ${code%% *}" ;;
        *) answer="HTTP ${result%% *}" ;;
        esac
        printf '%s   %-16s %-4s %-44.44s %s\n' "$clear" "$what" "$method" "$path" "$answer"
    done
}

# Prints those lines of the device that no call shows.
print_device() {
    grep --line-buffered -Ev '^(progress|report|idle|task):' | sed -u 's/^/   device: /'
}

start_platform() {
    mkfifo "$work/calls" "$work/lines"
    print_calls <"$work/calls" &
    printer_pid=$!
    python3 examples/platform/oneota_platform.py --port 0 --data "$work/platform" \
        >"$work/listening" 2>"$work/calls" </dev/null &
    platform_pid=$!
    tries=0
    until grep -qs listening "$work/listening"; do
        kill -0 "$platform_pid" 2>/dev/null || die "the platform did not start"
        tries=$((tries + 1))
        [ "$tries" -lt 150 ] || die "the platform does not listen"
        sleep 0.2
    done
    url=$(sed -n 's/^listening on //p' "$work/listening")
}

# admin PATH CURL-ARGUMENT...: a call of the operator's API.
admin() {
    path=$1
    shift
    curl -sSf --noproxy '*' "$@" "$url/admin/$path" || die "$path: the platform refused"
}

# The platform's answer on stdin as `it`, a line of Python as what to print.
read_json() {
    python3 -c "import json, sys; it = json.load(sys.stdin); print($1)"
}

sent_bytes() {
    admin calls | read_json 'sum(call["body_sent"] for call in it if call["call"] == "download")'
}

# -- the device --------------------------------------------------------------------------------

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
    device_pid=$!
}

end_device() {
    status=0
    wait "$device_pid" 2>/dev/null || status=$?
    device_pid=
    sleep 0.3   # what there is to say comes through pipes
}

stored_bytes() {
    "$device" status --state "$work/device" --json 2>/dev/null |
        read_json '(it["task"] or {}).get("stored", 0)' 2>/dev/null || echo 0
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
build
work=$(mktemp -d "${TMPDIR:-/tmp}/oneota-demo.XXXXXX")
say "$device: $(wc -c <"$device") bytes, $("$device" --version)"

title "Two versions of a firmware"
make_firmware 1.0
make_firmware 2.0

title "A stand-in for OneNET, and on it a package and a task"
start_platform
say "it listens on $url"
say "package: $(admin packages -F type=sota -F target=2.0 -F "file=@$work/app-2.0" |
    read_json '"%s, %d bytes, md5 %s" % (it["target"], it["size"], it["md5"])')"
say "task:    $(admin tasks -d "{\"device\": \"$device_id\", \"package\": 1}" |
    read_json '"device %s from 1.0 to %s: %s" % (it["device"], it["target"], it["state"])')"
admin faults -d "[{\"call\": \"download\", \"rate\": $rate}]" >/dev/null
say "the link is limited to $((rate / 1000)) kB/s"

title "The device runs 1.0, and asks (five calls; $code_name 0 = all is well)"
start_device
until [ "$(stored_bytes)" -ge $((size / 2)) ]; do
    kill -0 "$device_pid" 2>/dev/null || { end_device && die "the device ended early, with status $status"; }
    sleep 0.2
done
kill -9 "$device_pid"
end_device
before=$(sent_bytes)

printf '%s' "$clear"
title "Power cut! The device was killed half-way (kill -9). What it has in flash:"
show_device

title "Power is back: it goes on where it was"
start_device
end_device
[ "$status" = 0 ] || die "the device ended with status $status; expected 0"
after=$(sent_bytes)
say "downloaded $before bytes before the cut and $((after - before)) after it, of $size:"
say "$((before + after - before - size)) bytes came twice"

title "The device now"
show_device
cmp "$work/running" "$work/app-2.0" || die "the running image is not the package"
say "its image and the package are the same, byte for byte"

title "What the platform has seen of the task"
admin tasks | python3 -c '
import datetime, json, sys
task = json.load(sys.stdin)[0]
for entry in task["history"]:
    time = datetime.datetime.fromtimestamp(entry["time"]).strftime("%H:%M:%S")
    step = "" if entry["step"] is None else "step %d" % entry["step"]
    print(("   %s  %-12s %s" % (time, entry["state"], step)).rstrip())
print("   task %d: %s (%s)" % (task["id"], task["state"], task["state_text"]))
sys.exit(task["state"] != "done")' || die "the task is not done"

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
