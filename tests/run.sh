#!/bin/sh
# Installs what is missing, builds, and runs every test.
#
#   sh tests/run.sh [--list] [--only NAME]...
#
# Prints a line for each suite and, as its last line, the sum. Exit status 0: at least one test ran, and all
# passed. Builds and logs are kept in build/ and nothing else is written here. Two suites run at a time.
set -eu
cd "$(dirname "$0")/.."

# A suite is a line here and a file suites/NAME.sh. Those that take longest start first.
# name      groups of install-tools.sh    what it shows
table() {
    cat <<'END'
mps2        build,test,arm,source         firmware in QEMU: updates, power cuts, bad images, links and servers
mps2delta   build,test,arm,source         firmware in QEMU: differential packages between two builds, cut off at every flash operation
mbedtls36   build,test,source             unit tests with mbedTLS 3.6 and cJSON 1.7.18 from source
sanitize    build,test                    unit tests, and a sample of the faults, under sanitizers
e2e         build,test                    oneota-device against the platform stand-in
fault       build,test                    power cuts, broken links and storage errors at every step
sign        build,test,arm,skip,source    oneota-image against openssl; the proof with any instruction left out
clang       build,test                    unit tests, built with clang
delta       build,test,arm,source,bench   oneota-delta, and damaged packages by the thousand; sizes beside bsdiff
fuzz        build,test,fuzz               libFuzzer and AFL++ on all that is read from network and flash
hostile     build,test                    every lie of the server, over sockets
mps2signed  build,test,arm,source,skip    signed packages in QEMU: client and boot loader, power cuts, flash changed; skips
bugs        build,test                    bugs of kinds that have happened to others, put in one at a time, are caught
proof       build,source                  CBMC: ranges, deadlines, numbers, the journal, packages, for all values
install     build,test                    installed, found by CMake, and used by programs outside the tree
bench       build,bench                   instructions a range, and links' speed, within their targets
lwip        build,test,source             the lwIP port over lwIP 2.2, and the POSIX port over its sockets
arm         arm,source,test               cross compiled for Cortex-M4; flash and RAM within their limits
mutation    build,test                    small changes to the modules that decide, a sample of 100, are noticed
coverage    build,test,cover              all lines and branches of src/ are run, but for those with a reason
unit        build,test                    unit tests, built with gcc
static      build,static                  gcc -fanalyzer, clang-tidy, cppcheck and MISRA C:2012
checks      build,test                    layers, headers, symbols and style
END
}

names() {
    table | awk '{ print $1 }'
}

usage() {
    echo "usage: sh tests/run.sh [--list] [--only NAME]..., NAME one of:" $(names) >&2
    exit 2
}

install_tools() {
    groups=$(table | awk -v names=" $* " 'index(names, " " $1 " ") { print $2 }' | tr ',' '\n' | sort -u)
    sh scripts/install-tools.sh $groups
}

# The counts of a suite: the last line of its log.
counts() {
    tail -n 1 "build/log/$1.log" 2>/dev/null | grep -E '^[0-9]+ passed, [0-9]+ failed$' ||
        echo "0 passed, 1 failed"
}

run_suite() {
    log=build/log/$1.log
    start=$(date +%s)
    timeout -k 10 1200 sh "tests/suites/$1.sh" >"$log" 2>&1 </dev/null || :
    line="suite $1: $(counts "$1"), $(($(date +%s) - start)) s"
    case $line in
    *", 0 failed, "*) echo "$line" ;;
    *) printf '%s\n%s\n' "$(tail -n 100 "$log" | sed "s/^/    $1| /")" "$line   (all of it: $log)" ;;
    esac
}

sum() {
    for name in "$@"; do counts "$name"; done |
        awk '{ p += $1; f += $3 } END { print p + 0 " passed, " f + 0 " failed"; exit !(p > 0 && f == 0) }'
}

selected=
while [ $# -gt 0 ]; do
    case $1 in
    --list) table | sed 's/^\([^ ]* *\)[^ ]* */\1/' && exit 0 ;;
    --only)
        [ $# -ge 2 ] && names | grep -qx -e "$2" || usage
        selected="$selected $2"
        shift
        ;;
    --suite) run_suite "$2" && exit 0 ;; # what xargs calls below
    *) usage ;;
    esac
    shift
done
[ -n "$selected" ] || selected=$(names)
selected=$(echo $selected | tr ' ' '\n' | awk '!seen[$0]++')

if ! install_tools $selected; then
    echo "tests/run.sh: not all tools could be installed; see above" >&2
    echo "0 passed, 1 failed"
    exit 1
fi
mkdir -p build/log
for name in $selected; do rm -f "build/log/$name.log"; done
echo "$selected" | xargs -n 1 -P 2 sh tests/run.sh --suite || :
sum $selected
