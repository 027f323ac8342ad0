# Reads the output of `ctest -V`, in which each line of test 3 begins with "3: ". Prints what failed programs said,
# and last "PASSED FAILED".

/^[0-9]+: / {
    n = $1 + 0
    sub(/^[0-9]+: /, "")
    if ($0 ~ /^\[  PASSED  \] .*[0-9]+ test\(s\)/) {
        match($0, /[0-9]+ test/)
        ok[n] += substr($0, RSTART) + 0
    } else if ($0 ~ /^\[  FAILED  \] .*[0-9]+ test\(s\).*listed below/) {
        match($0, /[0-9]+ test/)
        bad[n] += substr($0, RSTART) + 0
    } else if ($0 ~ /^all +[0-9]+ cases +[0-9]+ violations/) {
        ok[n] += $2 > $4 ? $2 - $4 : 0
        bad[n] += $4
    }
    if ($0 !~ /^(\[( RUN      |       OK )\]|Test command:|Working Directory:|Test timeout)/) {
        said[n, ++lines[n]] = $0
    }
}

# " 3/17 Test  #3: test_auth ...........   Passed    0.01 sec"
/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
    match($0, /#[0-9]+/)
    n = substr($0, RSTART + 1, RLENGTH - 1) + 0
    if ($0 !~ / Passed +[0-9.]+ sec/ && !bad[n]) {
        bad[n] = 1
    } else if (!ok[n] && !bad[n]) {
        ok[n] = 1
    }
    passed += ok[n]
    failed += bad[n]
    if (bad[n]) {
        for (i = lines[n] > 40 ? lines[n] - 39 : 1; i <= lines[n]; i++) {
            print "    " said[n, i]
        }
        print
    }
}

END { print passed + 0, failed + 0 }
