. tests/suites/lib.sh

# Each harness is a test.
fuzz() {
    status=0
    sh tests/fuzz/run.sh "$@" >"$output" 2>&1 || status=$?
    cat "$output"
    good=$(grep -c ' [1-9][0-9]* inputs .* 0 crashes$' "$output") || :
    count "$good" 0
    [ "$good" -gt 0 ] && [ "$status" = 0 ] || fail "tests/fuzz/run.sh $*"
}
fuzz
fuzz --afl --only http --only client
