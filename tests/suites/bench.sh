. tests/suites/lib.sh

# The judge: each target is reached at its limit, missed beyond it, and missed when it was not measured.
judge() {
    printf 'oneota_http %s\na_of_streamed %s\nb_of_slower %s\n' "$1" "$2" "$3" >"$scratch/counts"
    awk -v check=yes -f tests/bench/table.awk "$scratch/counts"
}
check "bench: at the limits" judge 3560 0.9 1.25
refuses "bench: too many instructions" "HTTP .*MISSED" judge 3561 0.9 1.25
refuses "bench: too slow a link" "streamed request .*MISSED" judge 3560 0.899 1.25
refuses "bench: flash and network not at once" "slower of .*MISSED" judge 3560 0.9 1.251
refuses "bench: nothing measured" "MISSED" awk -v check=yes -f tests/bench/table.awk /dev/null

check "bench: targets" sh tests/bench/run.sh --check
