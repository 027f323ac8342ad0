. tests/suites/lib.sh
bad=tests/check/bad/static/leak.c
include="-Iinclude -Isrc -Iport/posix -Iport/mbedtls -Iport/mcuboot -Iport/check -Iexamples/device -Itools/delta -Itools/image"
include="$include -isystem $(dirname "$(find /usr/include /usr/local/include -name cJSON.h | head -n 1)")"
own() {
    ls src/*.c port/posix/*.c port/mbedtls/*.c port/mcuboot/*.c port/check/*.c examples/device/*.c tools/*/*.c
}
posix=-D_POSIX_C_SOURCE=200809L

# each COMMAND...: runs it for every file, two at a time, and says what it prints.
each() {
    printf '%s\n' "$@" >"$scratch/files"
    xargs -P 2 -n 1 sh "$scratch/one" <"$scratch/files" >"$scratch/said" 2>&1 || :
    cat "$scratch/said"
    ! grep -q -E '(warning|error): ' "$scratch/said"
}

# gcc 12 loses sight of a block that a struct of another file keeps: leaks are for the suite `sanitize`.
echo "gcc -std=c99 -O2 -Wno-analyzer-malloc-leak $posix $include -fanalyzer -c \"\$1\" -o /dev/null" | sed 's/"\$1"/"$1"/' >"$scratch/one"
check "gcc -fanalyzer" each $(own)
refuses "gcc -fanalyzer: a block freed twice" "double-.free" each "$bad"

echo "clang-tidy --quiet \"\$1\" -- -std=c99 $posix $include 2>/dev/null" >"$scratch/one"
check "clang-tidy" each $(own)
refuses "clang-tidy: a block freed twice" "clang-analyzer-unix.Malloc" each "$bad"

# MISRA: the rules that are deviated from are taken out, and each of them must still be needed.
misra() {
    cppcheck --std=c99 --addon=misra --enable=style --inline-suppr --template='{file}:{line}: {id}' -q -Iinclude -Isrc \
        "$@" 2>&1 | grep -E -o '[^ ]+: misra-c2012-[0-9.]+$'
}
deviations() {
    sed -n 's/^\([0-9][0-9.]*\) .*/\1/p' tests/static/misra.txt
}
others() {
    deviations | sed 's/.*/: misra-c2012-&$/' >"$scratch/deviations"
    misra "$@" >"$scratch/misra" || :
    ! grep -v -f "$scratch/deviations" "$scratch/misra"
}
check "MISRA C:2012, but for tests/static/misra.txt" others src
for rule in $(deviations); do
    check "MISRA: deviation $rule is needed" grep -q ": misra-c2012-$rule\$" "$scratch/misra"
done
refuses "MISRA: goto" "misra-c2012-15.1" others "$bad"

fine() {
    cppcheck --std=c99 --enable=warning,style,performance,portability --inline-suppr -q --error-exitcode=1 \
        --suppressions-list=tests/static/cppcheck.txt $include "$@"
}
check "cppcheck" fine src port tools examples/device
refuses "cppcheck: a block freed twice" "doubleFree" fine "$bad"
