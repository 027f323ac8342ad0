. tests/suites/lib.sh
sh scripts/sizes.sh --check >"$output" 2>&1 || status=$?
cat "$output"
good=$(grep -c '^limit .* ok$' "$output") || :
bad=$(grep -c '^limit .* EXCEEDED$' "$output") || :
count "$good" "$bad"
[ "${status:-0}" = 0 ] || [ "$bad" != 0 ] || fail "scripts/sizes.sh"
refuses "sizes: a link with a dialect too many" "kept: .*fuse" "$python" tests/size/kept.py \
    build/size/map-0-south-fuse build/size/core-0/ --dialects south

check "stack of each public call, no recursion" "$python" scripts/stack.py --check
mkdir -p build/size/bad/core-stack
check "stack: a bad one" sh -c 'cd build/size/bad && arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os --specs=nano.specs \
    --specs=nosys.specs -fstack-usage ../../../tests/check/bad/stack.c -o stack.elf && mv ./*.su core-stack'
for line in "oneota_poll: its frame has no fixed size" "oneota_init: 4[0-9]* bytes of" "helper_again: recursion" \
    "helper_again: calls through a pointer" "oneota_status: not linked"; do
    refuses "stack: $line" "$line" "$python" scripts/stack.py --check build/size/bad/stack.elf
done
