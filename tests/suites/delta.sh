. tests/suites/lib.sh
build_gcc
export ONEOTA_DELTA="$root/build/gcc/oneota-delta"
run_pytest tests/delta/test_*.py

# The mutator, longer than the unit tests run it, where a byte beyond is seen.
build asan-clang -DCMAKE_C_COMPILER=clang -DONEOTA_SANITIZE=ON
for seed in 100000 200000; do
    check "fuzz_delta: from $seed" build/asan-clang/tests/fuzz_delta --seed "$seed" --count 8000
done

# The judge of the benchmark: each target is reached at its limit and missed beyond it, or when nothing was measured.
judge() {
    printf 'pair one 9000 9000 %s 1000 50000 1 1 1 1\ntext %s\nram %s\nstack %s\n' "$1" "$2" "$3" "$4" >"$scratch/counts"
    awk -v check=yes -f tests/bench/delta/table.awk "$scratch/counts"
}
check "bench: at the limits" judge 1050 3200 10240 600
refuses "bench: too large a package" "size beside bsdiff.*MISSED" judge 1051 3200 10240 600
refuses "bench: too much text" "text.*MISSED" judge 1050 3201 10240 600
refuses "bench: too much RAM" "RAM.*MISSED" judge 1050 3200 10241 600
refuses "bench: too much stack" "stack.*MISSED" judge 1050 3200 10240 601
refuses "bench: nothing measured" "MISSED" awk -v check=yes -f tests/bench/delta/table.awk /dev/null
check "bench: targets" sh tests/bench/delta/run.sh --check
