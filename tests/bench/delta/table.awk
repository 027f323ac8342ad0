# Reads what run.sh has measured, prints the table of README.md and what else there is; with check, exit status 1 when a
# target is missed.

$1 == "pair" {
    n++
    name[n] = $2; old[n] = $3; new[n] = $4; package[n] = $5; bsdiff[n] = $6; cost[n] = $7
    one[n] = $8; two[n] = $9; eight[n] = $10; xdelta[n] = $11
    all_old += $3; all_new += $4; all_package += $5; all_bsdiff += $6; all_cost += $7; all_xdelta += $11
    next
}
{ value[$1] = $2 }

function target(what, reached, limit, measured) {
    good = measured && reached <= limit
    printf "target: %-42s %8s  <= %-6s %s\n", what, measured ? reached : "-", limit, good ? "reached" : "MISSED"
    missed += !good
}

# title NAME: "4-level" -> what README.md calls it.
function title(name) {
    if (name == "1-version") return "version string"
    if (name == "2-fix") return "small fix"
    if (name == "3-feature") return "feature"
    if (name == "4-level") return "`-Os` to `-O2`"
    return name
}

function row(name, old, new, package, bsdiff, xdelta, cost) {
    printf "| %s | %d | %d | %d | %.2f %% | %d | %+.1f %% | %d | %.1f |\n", name, old, new, package,
        package * 100 / new, bsdiff, package * 100 / bsdiff - 100, xdelta, cost / new
}

END {
    print "| from one image to another, bytes | old | new | package | of new | `bsdiff` | beside it | `xdelta3` | " \
        "instructions a byte |"
    print "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for (i = 1; i <= n; i++) {
        row(title(name[i]), old[i], new[i], package[i], bsdiff[i], xdelta[i], cost[i])
    }
    if (n > 0) {
        row("together", all_old, all_new, all_package, all_bsdiff, all_xdelta, all_cost)
    }
    printf "| decoder: text, RAM, stack | %d | %d | %d | | | | | |\n\n", value["text"], value["ram"], value["stack"]

    printf "%-12s %8s %8s %8s %8s  package with blocks of so many bytes\n", "", 1024, 2048, 4096, 8192
    for (i = 1; i <= n; i++) {
        printf "%-12s %8d %8d %8d %8d\n", name[i], one[i], two[i], package[i], eight[i]
    }
    print ""
    beside = all_bsdiff > 0 ? all_package / all_bsdiff : 0
    target("size beside bsdiff, all pairs together", sprintf("%.3f", beside) + 0, 1.05, n > 0)
    target("text on a Cortex-M4, bytes", value["text"], 3200, "text" in value)
    target("RAM at 4 KiB blocks, bytes", value["ram"], 10240, "ram" in value)
    target("stack, bytes", value["stack"], 600, "stack" in value)
    exit check && missed > 0
}
