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
. examples/demo_lib.sh

rate=12000              # bytes a second: slow enough to look at
server_name=ota.test    # in the server's certificate
device_id=10000001      # the stand-in's own

mps2=examples/mps2/mps2.py
app=app-http dialect=south tls= quick=
calls_prefix="   platform: "

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
    "$python" "$mps2" run "$@" >"$work/uart" 2>&1 </dev/null &
    running_pid=$!
}

# Half of the download has been seen.
is_half_told() {
    grep -q "progress percent=[56]" "$work/uart.log"
}

show_board() {
    "$python" "$mps2" info --state "$work/board" | sed 's/^/   /'
}

# -- the story ---------------------------------------------------------------------------------

title "Tools and build"
say "installing what is missing, building build/mps2 ..."
sh scripts/install-tools.sh demo arm source
build build/mps2 -S examples/mps2
work=$(mktemp -d "${TMPDIR:-/tmp}/oneota-mps2.XXXXXX")
arm-none-eabi-size build/mps2/boot.elf "build/mps2/$app.elf" | sed 's/^/   /'

title "Two versions of a firmware"
for version in 1.0 2.0; do
    "$python" "$mps2" pack "build/mps2/$app.elf" --version "$version" --out "$work/$version.pkg" | sed "s|$work/|   |"
done

title "A stand-in for OneNET, and on it a package and a task"
if [ -n "$tls" ]; then
    make_certificates
    ca=$work/ca.pem
    start_platform --cert "$work/server.pem" --key "$work/server.key"
else
    start_platform
fi
port=${url##*:}
say "it listens on $url, which is 10.0.2.2:$port for the board"
offer "$device_id" "$work/2.0.pkg"
[ -n "$quick" ] || limit_rate "$rate"

title "The board as it leaves the factory, with 1.0"
"$python" "$mps2" flash --state "$work/board" --image "$work/1.0.pkg" >/dev/null
[ -z "$tls" ] || "$python" "$mps2" ca --state "$work/board" "$work/ca.pem" | sed "s|$work/||g; s/^/   /"
show_board

title "Power on (platform: $code_name 0 = all is well)"
power_on
if [ -z "$quick" ]; then
    wait_until "the board" is_half_told
    cut_power
    before=$(sent_bytes)
    title "Power cut! QEMU was killed half-way (kill -9). What is in flash:"
    show_board
    title "Power is back: it goes on where it was"
    power_on
fi
end_running
[ "$status" = 0 ] || die "the board ended with status $status; expected 0"
size=$(wc -c <"$work/2.0.pkg")
sent=$(sent_bytes)
say "downloaded $sent bytes of $size: $((sent - size)) came twice"
[ -n "$quick" ] || say "$before of them before the power cut"

title "The board now"
show_board
cmp -n "$size" "$work/board/flash.bin" "$work/2.0.pkg" -i "$((0x200000)):0" || die "slot 1 is not the package"
say "slot 1 and the package are the same, byte for byte"

show_task
