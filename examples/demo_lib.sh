# Sourced by the demos, which run in the root of the tree: words on the terminal, the build, and the stand-in for
# OneNET with its operator's API.
#
# A demo sets code_name (what the dialect calls a code) and, where it wants to, calls_prefix (before each call) and
# ca (a certificate: the stand-in speaks https). What it starts to be killed later is running_pid, one at a time.

python=/usr/bin/python3
code_name=errno calls_prefix='   ' ca=
work= url= running_pid= platform_pid=

if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
    terminal=yes
    bold=$(printf '\033[1m') plain=$(printf '\033[0m') clear=$(printf '\r\033[K')
else
    terminal= bold= plain= clear=
fi

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

# Ends what was started here, and nothing else. What only prints ends by itself, when its pipe does.
cleanup() {
    trap - EXIT HUP INT TERM
    for pid in $running_pid $platform_pid; do
        kill "$pid" 2>/dev/null || :
    done
    wait
    [ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Waits for what runs; its exit status is status.
end_running() {
    status=0
    wait "$running_pid" 2>/dev/null || status=$?
    running_pid=
    sleep 0.3   # what there is to say comes through pipes
}

# wait_until WHAT COMMAND...: until it succeeds, while WHAT runs; a minute at most.
wait_until() {
    what=$1
    shift
    tries=0
    until "$@"; do
        kill -0 "$running_pid" 2>/dev/null || { end_running && die "$what ended early, with status $status"; }
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || die "$what does not come to half of the download"
        sleep 0.2
    done
}

cut_power() {
    kill -9 "$running_pid"
    end_running
}

# build DIR CMAKE-OPTION...: configures and builds; the log is DIR.log.
build() {
    dir=$1
    shift
    mkdir -p build
    if ! { cmake -B "$dir" "$@" && cmake --build "$dir" -j 2; } >"$dir.log" 2>&1 </dev/null; then
        tail -n 30 "$dir.log" >&2
        die "the build failed; all of it is in $dir.log"
    fi
    # With sudo, the next build may be made without it.
    if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ]; then
        chown -R "$SUDO_UID:${SUDO_GID:-0}" "$dir" "$dir.log"
    fi
}

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
        printf '%s%s%-16s %-4s %-44.44s %s\n' "$clear" "$calls_prefix" "$what" "$method" "$path" "$answer"
    done
}

# start_platform OPTION...: sets url.
start_platform() {
    mkfifo "$work/calls"
    print_calls <"$work/calls" &
    "$python" examples/platform/oneota_platform.py --port 0 --data "$work/platform" "$@" \
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
    [ -z "$ca" ] || set -- --cacert "$ca" "$@"
    curl -sSf --noproxy '*' "$@" "$url/admin/$path" || die "$path: the platform refused"
}

# The platform's answer on stdin as `it`, a line of Python as what to print.
read_json() {
    "$python" -c "import json, sys; it = json.load(sys.stdin); print($1)"
}

# offer DEVICE FILE: a package with version 2.0, and a task for it.
offer() {
    say "package: $(admin packages -F type=sota -F target=2.0 -F "file=@$2" |
        read_json '"%s, %d bytes, md5 %s" % (it["target"], it["size"], it["md5"])')"
    say "task:    $(admin tasks -d "{\"device\": \"$1\", \"package\": 1}" |
        read_json '"device %s from 1.0 to %s: %s" % (it["device"], it["target"], it["state"])')"
}

# limit_rate BYTES: of downloads, a second.
limit_rate() {
    admin faults -d "[{\"call\": \"download\", \"rate\": $1}]" >/dev/null
    say "the link is limited to $(($1 / 1000)) kB/s"
}

sent_bytes() {
    admin calls | read_json 'sum(call["body_sent"] for call in it if call["call"] == "download")'
}

# The task's story as the platform tells it. It must have ended well.
show_task() {
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
}
