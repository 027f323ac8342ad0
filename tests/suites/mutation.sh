. tests/suites/lib.sh

# A sample, which the tree draws: each killed mutant is a test.
sh tests/mutation/run.sh --sample 100 >"$output" 2>&1 || status=$?
cat "$output"
count "$(awk '$1 == "all" { print $3 }' "$output")" 0
[ "${status:-0}" = 0 ] || fail "tests/mutation/run.sh"

# The judge: too few of a sample or of a file, none at all.
# verdicts KILLED SURVIVORS FILE: so many mutants; those that no test can tell count for nothing
verdicts() {
    awk -v killed="$1" -v survivors="$2" -v file="$3" 'BEGIN {
        for (n = 0; n < killed; n++) print file, "killed"
        for (n = 0; n < survivors; n++) print file, "survives"
        for (n = 0; n < 50; n++) print file, "same"
    }'
}
judge() {
    "$python" -B tests/mutation/tally.py "$@"
}
verdicts 82 18 one.c >"$scratch/least"
verdicts 81 19 one.c >"$scratch/fewer"
verdicts 0 0 one.c >"$scratch/none"
{ verdicts 990 10 one.c && verdicts 89 11 two.c; } >"$scratch/weak"
{ verdicts 990 10 one.c && verdicts 90 10 two.c; } >"$scratch/good"
check "mutation: as few of a sample as chance may draw" judge "$scratch/least"
refuses "mutation: fewer of a sample" "less than 82 of 100 killed" judge "$scratch/fewer"
refuses "mutation: nothing was judged" "no mutant was judged" judge "$scratch/none"
refuses "mutation: one file has fewer" "^two.c: less than 90% killed" judge --all "$scratch/weak"
check "mutation: each file has enough" judge --all "$scratch/good"
