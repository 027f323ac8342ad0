. tests/suites/lib.sh

# The proofs stay in order for a compiler, with CBMC or without. Some of src/ is not used by each.
for file in tests/proof/*.c; do
    check "$file compiles" gcc -std=c99 -fsyntax-only -Wall -Wextra -Werror -Wno-unused-function -Wno-missing-braces \
        -Wno-uninitialized -Wno-maybe-uninitialized -Isrc -Iinclude -Itests/proof "$file"
done

sh tests/proof/run.sh >"$output" 2>&1 || status=$?
cat "$output"
if [ "${status:-0}" = 77 ]; then
    echo "NOT PROVEN: there is no CBMC here; the proofs were compiled, no more"
    exit 0
fi
good=$(grep -c ' [1-9][0-9]* properties ' "$output") || :
bad=$(grep -c '^FAILED ' "$output") || :
count "$good" "$bad"
[ "$good" -gt 0 ] || fail "tests/proof/run.sh"
