. tests/suites/lib.sh
sh scripts/sizes.sh --check >"$output" 2>&1 || status=$?
cat "$output"
good=$(grep -c '^limit .* ok$' "$output") || :
bad=$(grep -c '^limit .* EXCEEDED$' "$output") || :
count "$good" "$bad"
[ "${status:-0}" = 0 ] || [ "$bad" != 0 ] || fail "scripts/sizes.sh"
refuses "sizes: a link with a dialect too many" "kept: .*fuse" "$python" tests/size/kept.py \
    build/size/map-0-south-fuse build/size/core-0/ --dialects south
