. tests/suites/lib.sh

# Each bug is a test, which passes when it is caught.
sh tests/bugs/run.sh >"$output" 2>&1 || status=$?
cat "$output"
good=$(grep -c '^caught ' "$output") || :
count "$good" "$(grep -c '^MISSED' "$output" || :)"
[ "$good" -gt 0 ] && [ "${status:-0}" = 0 ] || fail "tests/bugs/run.sh"
