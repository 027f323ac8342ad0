#!/bin/sh
# One whole update of a Cortex-M4 firmware in QEMU, with a power cut half-way. Its UART is what you see.
#
#   sh examples/mps2/demo.sh [--tls] [--dialect south|fuse|studio] [--quick]
#
#   --tls     over HTTPS, with a CA made for this run and put into the board's flash
#   --quick   neither a slow link nor a power cut
#
# Installs what is missing (as root, or with sudo), builds boot loader and firmware into build/mps2, starts
# a stand-in for OneNET on this machine, and updates the board from 1.0 to 2.0. Leaves nothing behind but build/mps2.
# About a minute once everything is installed.
set -euf
cd "$(dirname "$0")/../.."

rate=12000              # bytes a second: slow enough to look at
server_name=ota.test    # in the server's certificate
device_id=10000001      # the stand-in's own

mps2=examples/mps2/mps2.py
python=/usr/bin/python3
app=app-http dialect=south code_name=errno tls= quick=
work=
platform_pid= printer_pid= board_pid= uart_pid=

if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
else
    bold= plain=
fi

usage() {
    echo "usage: sh examples/mps2/demo.sh [--tls] [--dialect south|fuse|studio] [--quick]" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1:${2:-} in
    --tls:*) tls=yes app=app-https ;;
    --quick:*) quick=yes ;;
    --dialect:south | --dialect:studio) dialect=$2 code_name=errno && shift ;;
    --dialect:fuse) dialect=fuse code_name=code && shift ;;
    *) usage ;;
    esac
    shift
done

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
    for pid in $board_pid $platform_pid; do
        kill "$pid" 2>/dev/null || :
    done
    for pid in $board_pid $uart_pid $platform_pid $printer_pid; do
        wait "$pid" 2>/dev/null || :
    done
    [ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# -- preparations ------------------------------------------------------------------------------

build() {
    mkdir -p build
    if ! { cmake -S examples/mps2 -B build/mps2 && cmake --build build/mps2 -j 2; } >build/mps2.log 2>&1 </dev/null; then
        tail -n 30 build/mps2.log >&2
        die "the build failed; all of it is in build/mps2.log"
    fi
    # With sudo, the next build may be made without it.
    if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ]; then
        chown -R "$SUDO_UID:${SUDO_GID:-0}" build/mps2 build/mps2.log
    fi
}

# A CA, and a certificate for the server.
make_certificates() {
    {
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=demo CA" \
            -keyout "$work/ca.key" -out "$work/ca.pem"
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$server_name" \
            -keyout "$work/server.key" -out "$work/server.csr"
        printf 'subjectAltName=DNS:%s,IP:127.0.0.1\n' "$server_name" >"$work/names"
        openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 30 \
            -extfile "$work/names" -out "$work/server.pem"
    } >"$work/openssl.log" 2>&1 || { cat "$work/openssl.log" >&2 && die "openssl could not make certificates"; }
}

# -- the platform ------------------------------------------------------------------------------

# Prints each call of the platform's log: "12:34:56 #3 token GET /ota/...?dev_id=1 -> 200 code=0 ...".
# The five calls of an update get numbers.
print_calls() {
    while read -r _ number name _ _ rest; do
        case $number:$rest in '#'*:*'-> '*) ;; *) continue ;; esac
        result=${rest#*-> }
        case $name in
        version) what="1 report version" ;;
        check) what="2 check task" ;;
        token) what="3 check token" ;;
        download) what="4 download ${rest#*bytes=}" && what="${what%%\'*}" ;;
        progress) what="5 report ${rest#*step=}" && what="${what%% -> *}" ;;
        *) what="  $name" ;;
        esac
        case $result in
        *code=*) code=${result#*code=} answer="$code_name ${code%% *}" ;;
        *) answer="HTTP ${result%% *}" ;;
        esac
        printf '   platform: %-34s %s\n' "$what" "$answer"
    done
}

start_platform() {
    mkfifo "$work/calls"
    print_calls <"$work/calls" &
    printer_pid=$!
    set -- --port 0 --data "$work/platform"
    [ -z "$tls" ] || set -- "$@" --cert "$work/server.pem" --key "$work/server.key"
    "$python" examples/platform/oneota_platform.py "$@" >"$work/listening" 2>"$work/calls" </dev/null &
    platform_pid=$!
    tries=0
    until grep -qs listening "$work/listening"; do
        kill -0 "$platform_pid" 2>/dev/null || die "the platform did not start"
        tries=$((tries + 1))
        [ "$tries" -lt 150 ] || die "the platform does not listen"
        sleep 0.2
    done
    url=$(sed -n 's/^listening on //p' "$work/listening")
    port=${url##*:}
}

# admin PATH CURL-ARGUMENT...: a call of the operator's API.
admin() {
    path=$1
    shift
    [ -z "$tls" ] || set -- --cacert "$work/ca.pem" "$@"
    curl -sSf --noproxy '*' "$@" "$url/admin/$path" || die "$path: the platform refused"
}

# The platform's answer on stdin as `it`, a line of Python as what to print.
read_json() {
    "$python" -c "import json, sys; it = json.load(sys.stdin); print($1)"
}

sent_bytes() {
    admin calls | read_json 'sum(call["body_sent"] for call in it if call["call"] == "download")'
}

# -- the board ---------------------------------------------------------------------------------

# QEMU's own process, so that a kill is a power cut.
power_on() {
    set -- --state "$work/board" --arg "port=$port" --arg "dialect=$dialect" --arg once=1 --arg floor=1000 \
        --arg backoff-min=200 --arg backoff-max=2000
    [ -z "$tls" ] || set -- "$@" --arg "name=$server_name"
    rm -f "$work/uart"
    : >>"$work/uart.log"
    mkfifo "$work/uart"
    tee -a "$work/uart.log" <"$work/uart" | sed -u 's/^/   uart: /' &
    uart_pid=$!
    "$python" "$mps2" run "$@" >"$work/uart" 2>&1 </dev/null &
    board_pid=$!
}

wait_for_board() {
    status=0
    wait "$board_pid" 2>/dev/null || status=$?
    board_pid=
    wait "$uart_pid" 2>/dev/null || :
    uart_pid=
    sleep 0.3   # what there is to say comes through pipes
}

cut_power() {
    tries=0
    until grep -q "progress percent=[56]" "$work/uart.log"; do
        kill -0 "$board_pid" 2>/dev/null || { wait_for_board && die "the board ended early, with status $status"; }
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || die "the board does not come to half of the download"
        sleep 0.1
    done
    kill -9 "$board_pid"
    wait_for_board
}

show_board() {
    "$python" "$mps2" info --state "$work/board" | sed 's/^/   /'
}

# -- the story ---------------------------------------------------------------------------------

title "Tools and build"
say "installing what is missing, building build/mps2 ..."
sh scripts/install-tools.sh demo arm source
build
work=$(mktemp -d "${TMPDIR:-/tmp}/oneota-mps2.XXXXXX")
arm-none-eabi-size build/mps2/boot.elf "build/mps2/$app.elf" | sed 's/^/   /'

title "Two versions of a firmware"
for version in 1.0 2.0; do
    "$python" "$mps2" pack "build/mps2/$app.elf" --version "$version" --out "$work/$version.pkg" | sed "s|$work/|   |"
done

title "A stand-in for OneNET, and on it a package and a task"
[ -z "$tls" ] || make_certificates
start_platform
say "it listens on $url, which is 10.0.2.2:$port for the board"
say "package: $(admin packages -F type=sota -F target=2.0 -F "file=@$work/2.0.pkg" |
    read_json '"%s, %d bytes, md5 %s" % (it["target"], it["size"], it["md5"])')"
say "task:    $(admin tasks -d "{\"device\": \"$device_id\", \"package\": 1}" |
    read_json '"device %s from 1.0 to %s: %s" % (it["device"], it["target"], it["state"])')"
if [ -z "$quick" ]; then
    admin faults -d "[{\"call\": \"download\", \"rate\": $rate}]" >/dev/null
    say "the link is limited to $((rate / 1000)) kB/s"
fi

title "The board as it leaves the factory, with 1.0"
"$python" "$mps2" flash --state "$work/board" --image "$work/1.0.pkg" >/dev/null
[ -z "$tls" ] || "$python" "$mps2" ca --state "$work/board" "$work/ca.pem" | sed "s|$work/||g; s/^/   /"
show_board

title "Power on (platform: $code_name 0 = all is well)"
power_on
if [ -z "$quick" ]; then
    cut_power
    before=$(sent_bytes)
    title "Power cut! QEMU was killed half-way (kill -9). What is in flash:"
    show_board
    title "Power is back: it goes on where it was"
    power_on
fi
wait_for_board
[ "$status" = 0 ] || die "the board ended with status $status; expected 0"
size=$(wc -c <"$work/2.0.pkg")
sent=$(sent_bytes)
say "downloaded $sent bytes of $size: $((sent - size)) came twice"
[ -n "$quick" ] || say "$before of them before the power cut"

title "The board now"
show_board
cmp -n "$size" "$work/board/flash.bin" "$work/2.0.pkg" -i "$((0x200000)):0" || die "slot 1 is not the package"
say "slot 1 and the package are the same, byte for byte"

title "What the platform has seen of the task"
admin tasks | "$python" -c '
import datetime, json, sys
task = json.load(sys.stdin)[0]
for entry in task["history"]:
    time = datetime.datetime.fromtimestamp(entry["time"]).strftime("%H:%M:%S")
    step = "" if entry["step"] is None else "step %d" % entry["step"]
    print(("   %s  %-12s %s" % (time, entry["state"], step)).rstrip())
print("   task %d: %s (%s)" % (task["id"], task["state"], task["state_text"]))
sys.exit(task["state"] != "done")' || die "the task is not done"
