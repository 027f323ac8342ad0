# Reads what run.sh has measured, prints the table; with check, exit status 1 when a target is missed.

$1 == "pair" {
    n++
    name[n] = $2; old[n] = $3; new[n] = $4; package[n] = $5; bsdiff[n] = $6; cost[n] = $7
    one[n] = $8; two[n] = $9; eight[n] = $10; xdelta[n] = $11
    all_package += $5; all_bsdiff += $6
    next
}
{ value[$1] = $2 }

function target(what, reached, limit, measured) {
    good = measured && reached <= limit
    printf "target: %-42s %8s  <= %-6s %s\n", what, measured ? reached : "-", limit, good ? "reached" : "MISSED"
    missed += !good
}

END {
    printf "%-12s %8s %8s  %8s %6s  %8s %7s %8s  %6s %6s %6s  %12s\n", "pair", "old", "new", "package", "of new",
        "bsdiff", "beside", "xdelta3", "1 KiB", "2 KiB", "8 KiB", "instr./byte"
    for (i = 1; i <= n; i++) {
        printf "%-12s %8d %8d  %8d %5.2f%%  %8d %6.1f%% %8d  %6d %6d %6d  %12.1f\n", name[i], old[i], new[i],
            package[i], package[i] * 100 / new[i], bsdiff[i], package[i] * 100 / bsdiff[i] - 100, xdelta[i],
            one[i], two[i], eight[i], cost[i] / new[i]
    }
    print "\nbytes; package: blocks of 4 KiB; beside: larger than bsdiff's; 1, 2, 8 KiB: with such blocks;"
    print "instr./byte: x86 instructions that the decoder takes for a byte of the new image\n"
    beside = all_bsdiff > 0 ? all_package / all_bsdiff : 0
    target("size beside bsdiff, all pairs together", sprintf("%.3f", beside) + 0, 1.05, n > 0)
    target("text on a Cortex-M4, bytes", value["text"], 3200, "text" in value)
    target("RAM at 4 KiB blocks, bytes", value["ram"], 10240, "ram" in value)
    target("stack, bytes", value["stack"], 600, "stack" in value)
    exit check && missed > 0
}
