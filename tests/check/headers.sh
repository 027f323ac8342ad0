#!/bin/sh
# Every public header compiles alone, as C99 and as C++11, with gcc and with clang.
#
#   sh tests/check/headers.sh [HEADER...]
set -eu
[ $# -gt 0 ] || set -- include/oneota/*.h port/*/oneota_*.h
status=0
for header in "$@"; do
    for compiler in "gcc -x c -std=c99" "clang -x c -std=c99" "g++ -x c++ -std=c++11" "clang++ -x c++ -std=c++11"; do
        printf '#include "%s"\ntypedef int not_empty;\n' "$header" |
            $compiler -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I. -Iinclude - || {
            echo "$header does not compile alone: $compiler"
            status=1
        }
    done
done
exit $status
