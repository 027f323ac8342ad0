. tests/suites/lib.sh
bad=tests/check/bad

check "layers" "$python" tests/check/layers.py
for line in "src/http.c: machine.h is not below it" \
    "src/exchange.c: vendor header sys/socket.h" \
    "src/helper.c: has no rank" \
    "include/oneota/port.h: header string.h" \
    "port/modem/net.c: private header machine.h"; do
    refuses "layers: $line" "$line" "$python" tests/check/layers.py "$bad/layers"
done

check "style" "$python" tests/check/style.py
for line in "licence" "column" "tab" "blank at the end" "the last line" "inside a function" "longer than" "guard"; do
    refuses "style: $line" "$line" "$python" tests/check/style.py "$bad/style"
done

check "headers" sh tests/check/headers.sh
refuses "headers: one that needs another" "uint8_t" sh tests/check/headers.sh "$bad/headers/needs_another.h"
refuses "headers: one that is not C++" "class" sh tests/check/headers.sh "$bad/headers/not_cplusplus.h"

check "symbols: no state" sh tests/check/symbols.sh state
refuses "symbols: state" "counter" sh tests/check/symbols.sh state "$bad/symbols.c"
check "symbols: no foreign call" sh tests/check/symbols.sh calls
refuses "symbols: foreign call" "malloc" sh tests/check/symbols.sh calls "$bad/symbols.c"
check "symbols: names" sh tests/check/symbols.sh names
refuses "symbols: names" "helper_run" sh tests/check/symbols.sh names "$bad/symbols.c"

check "readme" "$python" tests/check/readme.py
for line in "the same headings" "the same code" "the same marks" "number of rows" "row .network.: .'104'" \
    "README.md: reason timeout is missing" "reason weather is not in" "no file nowhere.md" "no heading for #nowhere" \
    "no file src/nowhere.c" "no test test_that_nobody_wrote"; do
    refuses "readme: $line" "$line" "$python" tests/check/readme.py "$bad/readme"
done

check "readme: authorization" "$python" tests/check/readme_auth.py README.md README.zh-CN.md
for line in "od: .*not found" "printed, but not shown: version=.*%3D%3D" "shown, but not printed: version=.*==" \
    "not a vector: version=.*==" "no example for products 2018-10-31 sha1" \
    "no example for products/devices 2022-05-01 sha256"; do
    refuses "readme: authorization: $line" "$line" "$python" tests/check/readme_auth.py "$bad/readme_auth/README.md"
done
