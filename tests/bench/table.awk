# Prints what run.sh has counted. With check set: fails when a target is missed.

function count(name) {
    return name in value ? sprintf("%.0f", value[name]) : "-"
}

function fraction(name, digits) {
    return name in value ? sprintf("%." digits "f", value[name]) : "-"
}

function row(what, name) {
    printf "%-44s %9s %11s %9s %9s\n", what, count("oneota" name), count("oneota_small" name), \
        count("curl" name), count("recv" name)
}

function seconds(what, name) {
    printf "%-44s %9s %11s\n", what, fraction("a_" name, 2), fraction("b_" name, 2)
}

# sign is 1 where less is better, -1 where more is. A count that is missing is a target that is missed.
function target(what, name, digits, sign, limit,    reached) {
    reached = name in value && sign * value[name] <= sign * limit
    printf "target: %-46s %8s  %s %-6s %s\n", what, fraction(name, digits), (sign > 0 ? "<=" : ">="), limit, \
        (reached ? "reached" : "MISSED")
    missed += !reached
}

{ value[$1] = $2 }

END {
    print "In ranges of 4 KiB, each over the same loopback server:"
    printf "%-44s %9s %11s %9s %9s\n", "", "oneota", "oneota -Os", "libcurl", "recv loop"
    row("x86 instructions a range, MD5, to a file", "")
    printf "%-44s %9.2f %11.2f %9.2f %9.2f\n", "x86 instructions a byte, MD5, to a file", value["oneota"] / 4096, \
        value["oneota_small"] / 4096, value["curl"] / 4096, value["recv"] / 4096
    row("x86 instructions a range, no hash, no flash", "_bare")
    row("  of these: HTTP, the net port included", "_http")
    printf "%-44s %9s\n", "  of these: keeping progress in the journal", \
        sprintf("%.0f", value["oneota_bare"] - value["oneota_rest"])
    printf "%-44s %9s %11s %9s %9s\n", "system calls a range", fraction("oneota_calls", 1), \
        fraction("oneota_small_calls", 1), fraction("curl_calls", 1), fraction("recv_calls", 1)

    print ""
    print "4 MiB, round trip 100 ms, window 64 KiB, seconds:"
    printf "%-44s %9s %11s\n", "", "1 Mbit/s", "2 Mbit/s *"
    seconds("oneota, first connect to last byte in flash", "client_s")
    seconds("one streamed request, nothing else", "streamed_s")
    seconds("the network alone", "network_s")
    seconds("the flash alone", "flash_s")
    seconds("bare ranges of 16 KiB", "range16k_s")
    seconds("bare ranges of 4 KiB", "range4k_s")
    printf "%-44s %9s %11s\n", "oneota: goodput, kbit/s", goodput("a"), goodput("b")
    printf "%-44s %9s %11s\n", "oneota: requests, reports included", count("a_client_requests"), count("b_client_requests")

    print "* and a flash that blocks 45 ms for an erase, 0.7 ms for a page: 56 ms for 4 KiB"
    print ""
    target("x86 instructions a range, HTTP", "oneota_http", 0, 1, 3560)
    target("1 Mbit/s: of one streamed request", "a_of_streamed", 3, -1, 0.9)
    target("2 Mbit/s: of the slower of flash and network", "b_of_slower", 3, 1, 1.25)
    exit check != "" && missed > 0
}

function goodput(link) {
    return sprintf("%.0f", 4194304 * 8 / 1000 / value[link "_client_s"])
}
