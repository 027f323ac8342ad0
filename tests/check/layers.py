#!/usr/bin/python3
"""Calls go down, never up.

    python3 tests/check/layers.py [ROOT]

Each file of include/ and src/ has a rank: its row below. It may include its own header, headers of
lower rows, and the headers of the C language that are named here; vendor headers belong to the
seams. Ports, examples and tools see the public headers alone.
"""

import pathlib
import re
import sys

# From the bottom up. A new file goes into the lowest row that is above all it includes.
ROWS = [
    # 1: what everybody knows, and what the platform provides
    "oneota/error.h oneota/config.h",
    "oneota/port.h oneota/calls.h",
    "oneota/delta.h oneota/trailer.h",
    "oneota/setup.h",
    "oneota/state.h",
    "oneota/differential.h oneota/proof.h",
    # 2: one exchange, and what it is made of
    "text.h text.c bytes.h bytes.c policy.h policy.c inflate.c",
    "json.h json.c crypto.h crypto.c crypto_ecdsa.h crypto_ecdsa.c error.c",
    "http.h http.c auth.h auth.c",
    "exchange.h exchange.c",
    # 3: one dialect each; moving and proving bytes
    "dialect.h",
    "codes.h",
    "calls.c south.c fuse.c studio.c",
    "trailer.c",
    "budget.h budget.c record.h record.c journal.h journal.c slot.h slot.c download.h download.c delta.c",
    # 4: what happens next, and what each state does
    "machine.h",
    "trust.h",
    "trust_bench.h",
    "machine.c report.c call.c steps_boot.c steps_call.c steps_delta.c steps_load.c steps_prove.c "
    "steps_trailer.c steps_trust.c",
    # 5: the client
    "oneota/oneota.h oneota.c",
]
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row.split()}

LANGUAGE = {"include": {"stdbool.h", "stddef.h", "stdint.h"},
            "src": {"stdbool.h", "stddef.h", "stdint.h", "string.h"}}
SEAMS = {"json.c": r"cJSON\.h$", "crypto.c": r"(mbedtls|psa)/",
         "crypto_ecdsa.c": r"(mbedtls|psa)/"}
VENDORS = r"(mbedtls|psa|cjson|lwip|sys|arpa|netinet)/|cJSON\.h$|netdb\.h$|unistd\.h$|pthread\.h$"
# A boot loader and its firmware share what the library is proven with: the journal, and the hashes;
# a tool shares the byte order and the hashes of the packages it makes.
SHARED = {"examples/mps2": {"bytes.h", "crypto.h", "journal.h"},
          "tools/delta": {"bytes.h", "crypto.h"}}
# The one include whose name is not in the source: a file of the user's own settings.
USERS_OWN = {"oneota/config.h": "ONEOTA_CONFIG_FILE"}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:[<"]([^>"]+)[>"]|(\w+))')


def includes(path):
    """(line number, header, or the macro that names it)"""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found[1] or found[2]


def fault_in_core(name, folder, header):
    """What is wrong with this include, or None."""
    if header in RANK:
        own = pathlib.PurePath(header).stem == pathlib.PurePath(name).stem
        return None if RANK[header] < RANK[name] or own else f"{header} is not below it"
    if header in LANGUAGE[folder] or header == USERS_OWN.get(name):
        return None
    if folder == "src" and name in SEAMS and re.match(SEAMS[name], header):
        return None
    return f"vendor header {header}" if re.match(VENDORS, header) else f"header {header}"


def check_core(root, folder):
    base = root / folder
    for path in sorted(base.rglob("*.[ch]")):
        name = str(path.relative_to(base))
        if name not in RANK:
            yield f"{folder}/{name}: has no rank; see ROWS in tests/check/layers.py"
            continue
        for line, header in includes(path):
            fault = fault_in_core(name, folder, header)
            if fault:
                yield f"{folder}/{name}: {fault} (line {line})"


def check_users(root, folder):
    """Ports and examples: no header of src/."""
    private = {name for name in RANK if name.endswith(".h") and not name.startswith("oneota/")}
    for path in sorted((root / folder).rglob("*.[ch]")):
        for line, header in includes(path):
            base = header.rsplit("/", 1)[-1]
            if header in SHARED.get("/".join(path.relative_to(root).parts[:2]), ()):
                continue
            public = header.startswith("oneota/") or (path.parent / header).exists()
            if base in private and not public or "src/" in header:
                yield f"{path.relative_to(root)}: private header {header} (line {line})"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    faults = [*check_core(root, "include"), *check_core(root, "src"),
              *check_users(root, "port"), *check_users(root, "examples"),
              *check_users(root, "tools")]
    print("\n".join(faults) or "layers: in order")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
