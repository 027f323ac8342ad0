#!/bin/sh
# Installs what a group of tasks needs, from Debian packages, as root or through sudo.
#
#   sh scripts/install-tools.sh GROUP...
#
#   build   compiler, CMake, mbedTLS and cJSON; what oneota-delta is built on
#   demo    what examples/demo.sh needs: build, and the platform stand-in
#   test    what the tests on this machine need besides build
#   arm     cross compiler, newlib and QEMU for the Cortex-M tests
#   bench   valgrind, and what the benchmarks compare with: libcurl, bsdiff, xdelta3
#   skip    what runs Cortex-M code with an instruction left out, besides arm: Unicorn, and gdb for QEMU
#   static  clang-tidy and cppcheck
#   fuzz    AFL++, besides the clang of test
#   cover   gcovr, which adds up what gcc has counted
#   source  what scripts/fetch-deps.sh needs
#
# Does nothing, not even a refresh of the package lists, when nothing is missing. A package counts as
# there when it is installed or when what it serves for is found in another way (last two columns of
# the table). Without apt, says what is missing and fails.
#
# nginx serves the tests as a program alone: when it is new on the machine, its service is neither
# started nor enabled. One that was there before stays as it is.
set -eu
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
LC_ALL=C
export PATH LC_ALL

policy=/usr/sbin/policy-rc.d

# groups         package                 probe   argument
table() {
    cat <<'END'
build,demo       gcc                     program gcc
build,demo       g++                     program g++
build,demo       libc6-dev               header  stdlib.h
build,demo       make                    program make
build,demo       cmake                   program cmake
build,demo       ninja-build             program ninja
build,demo       pkg-config              program pkg-config
build,demo       libmbedtls-dev          header  mbedtls/sha256.h
build,demo       libcjson-dev            header  cjson/cJSON.h
build,demo       libdivsufsort-dev       header  divsufsort.h
build,demo       libbz2-dev              header  bzlib.h
test,demo        python3                 file    /usr/bin/python3
test,demo        python3-aiohttp         python  aiohttp
test,demo        curl                    program curl
test             python3-pytest          python  pytest
test             libcmocka-dev           cmocka  cmocka.h
build,demo,test  zlib1g-dev              header  zlib.h
test             patch                   program patch
test,bench       bsdiff                  program bsdiff
bench            xdelta3                 program xdelta3
test             nginx                   program nginx
test,demo        openssl                 program openssl
test             clang                   program clang
test             libclang-rt-dev         asan    clang
arm              gcc-arm-none-eabi       program arm-none-eabi-gcc
arm              libnewlib-arm-none-eabi newlib  nano.specs
arm              qemu-system-arm         program qemu-system-arm
skip             python3-unicorn         python  unicorn
skip             gdb-multiarch           program gdb-multiarch
static           clang-tidy              program clang-tidy
static           cppcheck                program cppcheck
bench            valgrind                program valgrind
bench            libcurl4-openssl-dev    header  curl/curl.h
fuzz             afl++                   program afl-clang-fast
cover            gcovr                   program gcovr
source           dpkg-dev                program dpkg-source
source           debian-archive-keyring  keys    trixie
END
}

say() {
    echo "install-tools: $*" >&2
}

die() {
    say "$@"
    exit 1
}

usage() {
    echo "usage: sh scripts/install-tools.sh build|demo|test|arm|skip|bench|static|fuzz|cover|source ..." >&2
    exit 2
}

# The rows of the groups given, each package once.
rows() {
    table | awk -v want="$*" '
        BEGIN { n = split(want, names, " "); for (i = 1; i <= n; i++) wanted[names[i]] = 1 }
        { n = split($1, groups, ","); hit = 0; for (i = 1; i <= n; i++) hit += groups[i] in wanted }
        hit { print $2, $3, $4 }'
}

preprocesses() {
    cc -E -x c - >/dev/null 2>&1
}

# Is what the package serves for there, whoever installed it?
probe() {
    case $1 in
    program) command -v "$2" >/dev/null ;;
    file) [ -e "$2" ] ;;
    python) /usr/bin/python3 -c "import $2" >/dev/null 2>&1 ;;
    header) echo "#include <$2>" | preprocesses ;;
    cmocka) printf '#include <%s>\n' stdarg.h stddef.h stdint.h setjmp.h "$2" | preprocesses ;;
    asan) echo 'int main(void){return 0;}' | "$2" -fsanitize=address -x c -o /dev/null - 2>/dev/null ;;
    newlib) [ "$(arm-none-eabi-gcc -print-file-name="$2" 2>/dev/null || echo "$2")" != "$2" ] ;;
    keys) [ -e "/usr/share/keyrings/debian-archive-$2-stable.gpg" ] ;;
    esac
}

installed_packages() {
    if command -v dpkg-query >/dev/null; then
        # shellcheck disable=SC2046
        dpkg-query -W -f '${db:Status-Status} ${Package}\n' $(table | awk '{ print $2 }') 2>/dev/null |
            awk '$1 == "installed" { print $2 }'
    fi
}

# Prints "package probe argument" of what is missing. An old keyring package lacks newer keys, so there the
# probe alone decides.
missing() {
    have=" $(installed_packages | tr '\n' ' ') "
    rows "$@" | while read -r package kind argument; do
        case $kind:$have in
        keys:*) probe "$kind" "$argument" || echo "$package $kind $argument" ;;
        *" $package "*) ;;
        *) probe "$kind" "$argument" || echo "$package $kind $argument" ;;
        esac
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        env "$@"
    else
        sudo env "$@"
    fi
}

apt_get() {
    as_root DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 LC_ALL=C \
        apt-get -y -q -o DPkg::Lock::Timeout=600 "$@" </dev/null >"$log" 2>&1
}

# The lock of the package lists has no time limit of its own in apt: asked for again for ten minutes.
refresh_lists() {
    tries=0
    until apt_get update; do
        if ! grep -q 'Could not get lock' "$log" || [ "$tries" -ge 300 ]; then
            cat "$log" >&2
            say "apt-get update failed; going on with the lists that are there"
            return 0
        fi
        tries=$((tries + 1))
        sleep 2
    done
}

install() {
    apt_get install --no-install-recommends --no-remove \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" || {
        cat "$log" >&2
        die "apt-get could not install: $*. Correct what it says above and call this again."
    }
}

# A machine's own policy file is left alone. Ours speaks of nginx only, and of nothing once this script has ended.
hold_service() {
    [ ! -e "$policy" ] || return 0
    cat >"$work/policy" <<END
#!/bin/sh
case " \$* " in *" nginx "* | *" nginx.service "*) [ ! -d /proc/$$ ] || exit 101 ;; esac
exit 0
END
    chmod 755 "$work/policy"
    as_root cp "$work/policy" "$policy"
    held=yes
}

release_service() {
    if [ -n "$held" ]; then
        as_root rm -f "$policy"
        held=
    fi
}

disable_service() {
    if command -v systemctl >/dev/null; then
        as_root systemctl disable --now nginx >/dev/null 2>&1 || :
    fi
}

cleanup() {
    release_service
    rm -rf "$work"
}

say_without_apt() {
    say "no apt-get on this system. Install by other means, then call this again:"
    echo "$1" | while read -r package kind argument; do
        echo "    $kind $argument   (Debian: $package)" >&2
    done
    exit 1
}

main() {
    [ $# -gt 0 ] || usage
    for group in "$@"; do
        case $group in
        build | demo | test | arm | skip | bench | static | fuzz | cover | source) ;;
        *) usage ;;
        esac
    done
    lacking=$(missing "$@")
    [ -n "$lacking" ] || exit 0
    command -v apt-get >/dev/null || say_without_apt "$lacking"
    # shellcheck disable=SC2046
    set -- $(echo "$lacking" | awk '{ print $1 }')
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        die "no sudo here; run as root: apt-get install --no-install-recommends $*"

    work=$(mktemp -d "${TMPDIR:-/tmp}/oneota-tools.XXXXXX")
    log=$work/log
    held=
    trap cleanup EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    say "installing $*"
    refresh_lists
    case " $* " in
    *" nginx "*)
        hold_service
        install "$@"
        disable_service
        ;;
    *) install "$@" ;;
    esac
}

main "$@"
