#!/bin/sh
# Shows that the harnesses find what they are for: puts one bug at a time into a copy of the tree, and fuzzes it.
#
#   sh tests/fuzz/bugs.sh [--seconds N] [NAME]...
#
# Prints "caught NAME by HARNESS" or "MISSED NAME", and how many of each. Exit status 0: all were caught.
set -eu
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d "${TMPDIR:-/tmp}/oneota-bugs.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' TERM
tree=$scratch/tree
seconds=10

# name | harness | file | what sed does to it
bugs() {
    cat <<'END'
line_without_limit|http|src/http.c|s/known >= ONEOTA_LINE_BYTES || //
body_beyond_its_length|http|src/http.c|s/length - at < http->left ? length - at : http->left/length - at/
range_to_its_total|values|src/http.c|s/number\[1\] < number\[2\]/number[1] <= number[2]/
no_leap_rule_of_centuries|values|src/http.c|s/ - y \/ 100u + y \/ 400u//
range_beyond_what_was_asked|values|src/download.c|s/range->last < d->end &&//
handle_longer_than_its_room|answer|src/text.c|s/{1, ONEOTA_HANDLE_MAX}/{1, 255}/
task_without_md5|answer|src/calls.c|s/task.md5), JSON_TEXT}/task.md5), JSON_OTHER}/
string_without_end|json|src/json.c|s/while (scan->at < scan->length \&\& scan->text\[scan->at\] != '"')/while (scan->text[scan->at] != '"')/
text_beyond_its_room|auth|src/text.c|s/length > text->size - text->length/length > text->size/
host_that_ends_its_line|auth|src/calls.c|s/value == NULL || !oneota_text_is(value, strlen(value), form)/value == NULL || *value == 0/
record_longer_than_the_scratch|journal|src/journal.c|s/length <= JOURNAL_PAYLOAD_MAX && extent_of/extent_of/
record_left_behind_in_a_move|journal|src/journal.c|s/(journal->step == type || /(journal->step >= 5u || journal->step == type || /
progress_of_another_task|record|src/record.c|s/ && at->check == check_of(order) &&/ \&\& check_of(order) != 1u \&\&/
digest_not_compared|client|src/crypto.c|s/return oneota_crypto_equal(digest, expected, length);/return oneota_crypto_equal(digest, expected, length - length);/
running_slot_for_the_other|client|src/machine.h|s/return m->boot.slot ^ 1u;/return m->boot.slot;/
END
}

try() {
    cp "$3" "$scratch/before"
    sed "$4" "$scratch/before" >"$tree/$3"
    if cmp -s "$3" "$tree/$3"; then
        echo "MISSED $1: $3 does not have the line any more"
    elif sh "$tree/tests/fuzz/run.sh" --seconds "$seconds" --only "$2" >"$scratch/said" 2>&1; then
        echo "MISSED $1"
    elif grep -q '^ *again: ' "$scratch/said"; then
        echo "caught $1 by $2:$(sed -n '2s/^ */ /p' "$scratch/said")"
    else
        cat "$scratch/said"
        echo "MISSED $1: nothing was found that can be run again"
    fi
    cp "$scratch/before" "$tree/$3"
}

[ "${1:-}" != --seconds ] || { seconds=$2 && shift 2; }
mkdir -p "$tree"
for part in CMakeLists.txt cmake examples include port src tests tools; do
    cp -R "$part" "$tree"
done
bugs | while IFS='|' read -r name harness file change; do
    [ $# = 0 ] || case " $* " in *" $name "*) ;; *) continue ;; esac
    try "$name" "$harness" "$file" "$change"
done >"$scratch/lines" 2>&1
cat "$scratch/lines"
awk '/^caught / { c++ } /^MISSED / { m++ } END { print c + 0 " caught, " m + 0 " missed"; exit !(c > 0 && m == 0) }' \
    "$scratch/lines"
