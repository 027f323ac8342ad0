. tests/suites/lib.sh
waivers=tests/coverage/waivers.txt

sh tests/coverage/run.sh >"$output" 2>&1 || status=$?
cat "$output"
count "$(grep -c '^src/[a-z_]*\.[ch] .* 100\.0  ' "$output" || :)" 0
[ "${status:-0}" = 0 ] || fail "tests/coverage/run.sh"

# The judge: a branch without its waiver, a waiver that nothing needs, less than the limit.
judge() {
    "$python" tests/coverage/judge.py build/coverage/coverage.json "$1"
}
sed '/^crypto_ecdsa.c/d' "$waivers" >"$scratch/fewer"
refuses "coverage: a branch that is not waived" "^src/crypto_ecdsa.c:.* not run: " judge "$scratch/fewer"
{ cat "$waivers" && echo "auth.c | branches 1 | } | no reason at all"; } >"$scratch/more"
refuses "coverage: a waiver that is not needed" "^waiver out of date, 0 of 1 branches: auth.c" judge "$scratch/more"
sed 's/"count": [0-9]*/"count": 0/g' build/coverage/coverage.json >"$scratch/nothing.json"
refuses "coverage: nothing was run" "less than 98.0 %" "$python" tests/coverage/judge.py "$scratch/nothing.json" "$waivers"
