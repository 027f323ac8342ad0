#!/bin/sh
# Proves what tests/proof says of the library, for all values within the bounds below, with CBMC.
#
#   sh tests/proof/run.sh [--only NAME]... [--mutants]
#
# Prints a line for each proof: name, properties, seconds. Exit status 0: all hold; 77: there is no CBMC here, nothing
# was proven. --mutants: puts changes into a copy of the library instead, one at a time, and shows that the proof named
# beside each finds it: "caught NAME ..." or "MISSED NAME ...".
#
# CBMC is Debian's, newer than some machines: scripts/fetch-deps.sh gets it with its libraries, and a SAT solver, into
# the cache; nothing is installed.
set -eu
cd "$(dirname "$0")/../.."
root=$(pwd)

# NAME, prove_NAME() in the file; how often loops are unrolled (CBMC proves that it is enough); by which solver (own:
# CBMC's, kissat: better with multiplications, refine: looks at them as far as they matter), and further checks.
table() {
    cat <<'END'
wait           deadline  2   kissat
backoff        deadline  34  kissat
plan           range     12  refine  --unsigned-overflow-check
plan_to_mark   range     12  kissat  --unsigned-overflow-check
mark           range     12  kissat  --unsigned-overflow-check
percent        range     12  kissat  --unsigned-overflow-check
judgement      range     12  own     --unsigned-overflow-check
lengths        range     12  own     --unsigned-overflow-check
read_decimal   number    13  kissat
read_hex       number    13  kissat
scan           number    10  kissat
tenth          number    22  kissat
put            number    22  kissat
shown          percent   11  kissat
body           chunk     8   own
size           chunk     14  own
field          chunk     30  own
journal_scan   recovery  10  own
journal_read   recovery  10  own
write_begin    recovery  10  own
write_erase    recovery  10  own
write_copy     recovery  10  own
write_new      recovery  10  own
write_seal     recovery  10  own
newest         newest    20  own
header         package   8   own
block_header   package   8   own
varint         package   8   own
END
}

# NAME | file of src | what sed does to it
mutants() {
    cat <<'END'
wait|policy.c|s/passed = now_ms - since_ms;/passed = now_ms > since_ms ? now_ms - since_ms : 0u;/
wait|policy.c|s/passed >= wait_ms ? 0u/passed > wait_ms ? 1u/
backoff|policy.c|s/most > max_ms \/ 2u ? max_ms/most > max_ms ? max_ms/
plan|download.c|s/size - end == 1u ? size : end/end/
plan|download.c|s/lesser(d->range_bytes, size - taken)/d->range_bytes/
plan_to_mark|download.c|s/end = end < 2u ? 2u : end/end = end + 0u/
mark|download.c|s/return size \/ 100u \* percent/return size * percent \/ 100u/
percent|download.c|s/size % 100u \* percent + 99u/size % 100u * percent/
judgement|download.c|s/range->last < d->end \&\&/true \&\&/
judgement|download.c|s/range->first == d->first \&\&/true \&\&/
judgement|download.c|s/range->total == size/true/
judgement|download.c|s/d->form_known ? DOWNLOAD_BAD/d->form_known ? DOWNLOAD_BODY/
judgement|download.c|s/head->content_length != size/false/
lengths|download.c|s/lesser(d->range_bytes, ONEOTA_RANGE_MAX \/ 2u)/d->range_bytes/
read_decimal|text.c|s/value > UINT32_MAX/value > UINT32_MAX + (uint64_t)1/
read_hex|text.c|s/digit >= base - 10u/digit > base - 10u/
read_hex|text.c|s/if (digit > 9u) {/if (digit > 10u) {/
scan|text.c|s/data += used;/data += 1u;/
tenth|text.c|s/rest %= 10u/rest = 0/
tenth|text.c|s/rest << 16 |/rest << 15 |/
put|text.c|s/char digits\[20\]/char digits[19]/
shown|report.c|s/bytes \* 100u \/ size/(bytes + 1u) * 100u \/ size/
shown|report.c|s/size \/ 100u + 1u/size \/ 100u/
body|http.c|s/length - at < http->left ? length - at : http->left/length - at/
size|http.c|s/next != ';' \&\& //
size|http.c|s/if (digits == 0 ||/if (/
field|http.c|s/good \&\& number\[0\] <= number\[1\]/good \&\& number[0] == 12345u \&\& number[0] <= number[1]/
field|http.c|s/number\[1\] < number\[2\]/number[1] <= number[2]/
field|http.c|s/number\[0\] <= number\[1\] \&\&//
journal_scan|journal.c|s/extent_of(journal, length) <= room/true/
journal_scan|journal.c|s/length <= JOURNAL_PAYLOAD_MAX \&\& extent_of/extent_of/
journal_read|journal.c|s/if (\*length > size)/if (*length > size + 1u)/
write_begin|journal.c|s/offset == journal->home.start \&\& journal->unit.length != 0/false/
write_begin|journal.c|s/offset = 0;/offset = journal->home.start;/
write_erase|journal.c|s/erase(journal->flash_ctx, journal->unit.start)/erase(journal->flash_ctx, journal->home.start)/
write_copy|journal.c|s/(journal->step == type || journal/(journal->step != STEP_NEW || journal/
write_new|journal.c|s/if (!journal->fresh) {/if (false) {/
write_seal|journal.c|s/oneota_bytes_put_u32(seal, journal->generation)/oneota_bytes_put_u32(seal, 0)/
write_seal|journal.c|s/oneota_bytes_get_u32(record + crc_at) != crc/false/
newest|journal.c|s/generation - journal->generation - 1u < INT32_MAX/generation > journal->generation/
newest|journal.c|s/== crc_of(record, length);/!= 1u;/
header|delta.c|s/if (old_size > d->source.old_size)/if (false)/
header|delta.c|s/|| (uint32_t)1 << block_log2 > d->block_bytes/|| false/
block_header|delta.c|s/unpacked > d->block_bytes ||/false ||/
varint|delta.c|s/shift == 28u \&\& digit > 0x0Fu/shift == 28u \&\& digit > 0x1Fu/
END
}

usage() {
    echo "usage: sh tests/proof/run.sh [--only NAME]... [--mutants], NAME one of:" $(table | awk '{ print $1 }') >&2
    exit 2
}

# A program of another Debian runs by the loader, and with the libraries, that came with it.
foreign() {
    program=$cbmc/usr/bin/$1
    shift
    libraries=$(echo "$cbmc"/usr/lib/*-linux-gnu*):$cbmc/usr/lib
    exec "$(find "$cbmc"/usr/lib* -maxdepth 1 -name 'ld-linux*' | head -n 1)" --library-path "$libraries" "$program" "$@"
}

# prove NAME SRC: what CBMC says of it, with the library's sources from there.
prove() {
    # shellcheck disable=SC2046
    set -- "$2" $(table | awk -v name="$1" '$1 == name')
    src=$1 proof=$2 harness=$3 unwind=$4 how=$5
    shift 5
    case $how in
    refine) how=--refine-arithmetic ;;
    kissat) how="--external-sat-solver $scratch/kissat --slice-formula" ;;
    own) how=--slice-formula ;;
    esac
    # shellcheck disable=SC2086
    timeout 600 sh tests/proof/run.sh --foreign "$cbmc" cbmc --c99 -I"$src" -Iinclude -Itests/proof \
        "tests/proof/$harness.c" --function "prove_$proof" --unwind "$unwind" --drop-unused-functions $how "$@" 2>&1
}

prove_one() {
    start=$(date +%s)
    said=$scratch/$1.said
    prove "$1" src >"$said" || :
    properties=$(sed -n 's/^\*\* 0 of \([0-9]*\) failed.*/\1/p' "$said")
    if grep -q '^VERIFICATION SUCCESSFUL' "$said" && [ "${properties:-0}" -gt 0 ]; then
        printf '%-14s %5d properties %4d s\n' "$1" "$properties" $(($(date +%s) - start))
    else
        echo "FAILED $1: $(grep -E ': FAILURE$|rror' "$said" | head -n 10) $(tail -n 1 "$said")"
        return 1
    fi
}

mutate_one() {
    IFS='|' read -r name file change <<END
$(mutants | sed -n "$1p")
END
    copy=$scratch/src-$1
    cp -R src "$copy"
    sed -e "$change" "src/$file" >"$copy/$file"
    if cmp -s "src/$file" "$copy/$file"; then
        echo "MISSED $name: src/$file does not have the line any more: $change"
        return 1
    fi
    prove "$name" "$copy" >"$copy/said" || :
    if grep -q '^VERIFICATION FAILED' "$copy/said"; then
        echo "caught $name $file: $change"
    else
        echo "MISSED $name $file: $change: $(tail -n 1 "$copy/said")"
        return 1
    fi
}

work=prove
selected=
while [ $# -gt 0 ]; do
    case $1 in
    --only)
        [ $# -ge 2 ] && table | awk '{ print $1 }' | grep -qx -e "$2" || usage
        selected="$selected $2"
        shift
        ;;
    --mutants) work=mutate ;;
    --foreign) # a program of the cache
        cbmc=$2
        shift 2
        foreign "$@"
        ;;
    --one) # what xargs calls below
        scratch=$3 cbmc=$4
        "$2_one" "$5"
        exit
        ;;
    *) usage ;;
    esac
    shift
done
[ -n "$selected" ] || selected=$(table | awk '{ print $1 }')

if ! cbmc=$(sh scripts/fetch-deps.sh cbmc) ||
    ! sh tests/proof/run.sh --foreign "$cbmc" cbmc --version >/dev/null 2>&1; then
    echo "tests/proof/run.sh: CBMC cannot be had here; nothing was proven" >&2
    exit 77
fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/oneota-proof.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' TERM INT
printf '#!/bin/sh\nexec sh "%s/tests/proof/run.sh" --foreign "%s" kissat "$@"\n' "$root" "$cbmc" >"$scratch/kissat"
chmod 755 "$scratch/kissat"
if [ "$work" = prove ]; then
    echo $selected | tr ' ' '\n'
else
    mutants | awk -F'|' -v names=" $(echo $selected) " 'index(names, " " $1 " ") { print NR }'
fi | xargs -n 1 -P 2 sh tests/proof/run.sh --one "$work" "$scratch" "$cbmc"
