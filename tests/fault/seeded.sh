#!/bin/sh
# Puts bugs of kinds that have happened to others into a copy of the library, one at a time, and shows that the fault
# suite finds each: a suite that finds nothing is suspect.
#
#   sh tests/fault/seeded.sh
#
# Prints a line for each bug: how many cases of how many found it. Exit status 0: every one was found, and the copy as
# it is shows nothing.
set -eu
cd "$(dirname "$0")/../.."

# file in src | sed script | what was done
bugs() {
    cat <<'END'
steps_prove.c|s/return oneota_machine_proves(m) ? ONEOTA_OK : ONEOTA_VERIFY;/return ONEOTA_OK;/|the digest is not compared
steps_prove.c|s/if (m->phase == PHASE_ACT) {/if (m->state == ST_MARK \|\| m->phase == PHASE_ACT) {/|marked without a last proof
steps_prove.c|s/switch (reverted ? ONEOTA_VERIFY/switch (reverted ? ONEOTA_OK/|201 for what was reverted
steps_prove.c|/m->record.at.again = 1;/d|a second download has no end
steps_boot.c|s/if (m->confirm) {/if (m->phase != 0) {/|confirmed by itself
steps_load.c|/m->step = percent;/{n;d;}|progress is sent before it is stored
record.c|s/at->check == check_of(order)/true/|progress without the task that it belongs to
journal.c|s/== crc_of(record, length);/!= 1u;/|a record whose CRC is not looked at
journal.c|s/!journal->fresh ||/false ||/|appended behind what may be torn
journal.c|s/if (!record_read(journal, &journal->unit, journal->place) ||/if (false \&\&/|a record that is not read back
journal.c|s/journal->step = STEP_ERASE;/journal->step = STEP_ERASE + 1;/|a unit that is not erased
machine.h|s/boot\.slot ^ 1u/boot.slot/|the running slot is written
policy.c|s/uint32_t passed = now_ms - since_ms;/uint32_t passed = now_ms > since_ms ? now_ms - since_ms : 0u;/|a deadline that the clock's wrap breaks
steps_boot.c|/word of a record that may be torn/{n;d;}|a start believes what may be torn
steps_prove.c|s/oneota_machine_begin_wait(m, m->later_ms);/return event;/|a download for each try of a call that fails
steps_call.c|s/return oneota_machine_later(m, ONEOTA_REASON_STORAGE, 0, oneota_machine_poll_ms(m));/return oneota_machine_await(m, ONEOTA_STORAGE);/|each good answer begins the back-off anew
steps_delta.c|s/if (part->doubted) {/if (d != NULL) {/|one wrong read of the base ends the task
record.c|s/return a->size == b->size \&\& .*;/return a->size == b->size;/|another task of the same size goes on
exchange.c|s/return oneota_exchange_left_ms(x, now_ms) > 0 ?/return true ?/|a silent peer is waited for, for ever
policy.c|s/return most;/return 1u;/|no back-off
END
}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/oneota-seeded.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' TERM INT
tar cf - --exclude=./build --exclude=./.git . | tar xf - -C "$scratch"
cmake -S "$scratch" -B "$scratch/b" -DCMAKE_BUILD_TYPE=Release -DONEOTA_BUILD_EXAMPLES=OFF -DONEOTA_BUILD_TLS=OFF \
    -DONEOTA_BUILD_TOOLS=OFF -DCMAKE_C_FLAGS=-Wno-error >"$scratch/log" 2>&1

# sample OPTION...: runs a part of the suite and prints its sum.
sample() {
    timeout 600 "$scratch/b/tests/test_fault" --dialect south "$@" >"$scratch/out" 2>&1 ||
        [ $? = 1 ] || echo "all 1 cases 1 violations (hangs or crashes)" >>"$scratch/out"
    grep '^all ' "$scratch/out" | tail -n 1
}

# Prints the sum of a sample of the suite, or why there is none. Some bugs need the whole of a campaign.
try() {
    cmake --build "$scratch/b" --target test_fault -j 2 >"$scratch/log" 2>&1 || {
        echo "does not build"
        return
    }
    for part in "--slice 61" "--campaign rot" "--campaign wrap" "--campaign for-ever" "--campaign time" \
        "--campaign operator" "--campaign cross"; do
        sum=$(sample $part)
        case $sum in
        *" 0 violations"*) ;;
        *) break ;;
        esac
    done
    echo "$sum"
}

status=0
clean=$(try)
echo "as it is: $clean"
case $clean in
*" 0 violations"*) ;;
*) status=1 ;;
esac
bugs >"$scratch/bugs"
while IFS= read -r line; do
    file=${line%%|*}
    name=${line##*|}
    script=${line#*|}
    script=${script%|*}
    cp "$scratch/src/$file" "$scratch/good"
    sed -e "$script" "$scratch/good" >"$scratch/src/$file"
    if cmp -s "$scratch/good" "$scratch/src/$file"; then
        found="the source has changed: mend the patch"
    else
        found=$(try)
    fi
    cp "$scratch/good" "$scratch/src/$file"
    case $found in
    "all "*" 0 violations"*) verdict=MISSED ;;
    "all "*) verdict=found ;;
    *) verdict=MISSED ;;
    esac
    [ "$verdict" = found ] || status=1
    printf '%-6s %-45s %s\n' "$verdict" "$name" "$found"
done <"$scratch/bugs"
exit $status
