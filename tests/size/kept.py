#!/usr/bin/python3
"""What the linker kept of each object, read from the map of GNU ld.

    python3 tests/size/kept.py MAP CORE-FOLDER [--dialects NAME...]

Prints "text data bss name" for each group and last for all. Objects in CORE-FOLDER are the core.
With --dialects, prints the core alone, named by its dialects, and fails if it has others than these.
"""

import argparse
import collections
import re
import sys

FLASH, DATA, RAM = 0, 1, 2
SECTIONS = {".text": FLASH, ".rodata": FLASH, ".ARM.exidx": FLASH, ".ARM.extab": FLASH, ".init": FLASH,
            ".fini": FLASH, ".init_array": FLASH, ".fini_array": FLASH, ".preinit_array": FLASH,
            ".eh_frame": FLASH, ".data": DATA, ".bss": RAM}
DIALECTS = ("south", "fuse", "studio")
# A long section name stands on a line of its own, and the rest on the next.
PIECE = re.compile(r"^ (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?: (\S.*))?$")
FILL = re.compile(r"^ \*fill\*\s+0x[0-9a-f]+\s+0x([0-9a-f]+)")


def pieces(text):
    """(output section, input section's bytes, object) of all that was kept."""
    text = text.split("Linker script and memory map", 1)[1]
    output, place = None, ""
    for line in re.sub(r"\n( \S+)\n {10,}0x", r"\n\1 0x", text).splitlines():
        if re.match(r"\.\S+", line):
            output = line.split()[0]
        fill, piece = FILL.match(line), PIECE.match(line)
        if fill:
            yield output, int(fill[1], 16), place
        elif piece and piece[4]:
            place = piece[4]
            yield output, int(piece[3], 16), place


def base(place):
    return re.split(r"[/\\(]", place.rstrip(")"))[-1].removesuffix(".o")


def group(place, core):
    name = base(place)
    if core in place:
        return "core"
    if name.startswith("cJSON"):
        return "cJSON"
    if "/mbedtls/" in place:
        return "mbedTLS " + name
    if "whole_api" in name:
        return "the program"
    return "libc, libgcc"


def rank(item):
    order = ("core", "cJSON", "mbedTLS", "libc", "the program")
    return next(n for n, start in enumerate(order) if item[0].startswith(start))


def show(name, sizes):
    text, data, bss = sizes
    print(f"{text:7} {data:6} {bss:6}  {name}")


def dialects_of(kept, core):
    """Those of which anything was kept, be it a string."""
    objects = {base(place) for output, length, place in kept
               if core in place and length > 0 and output in SECTIONS}
    return [name for name in DIALECTS if name in objects]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("map")
    parser.add_argument("core")
    parser.add_argument("--dialects", nargs="+", choices=DIALECTS)
    args = parser.parse_args()
    with open(args.map, encoding="utf-8") as file:
        kept = list(pieces(file.read()))
    sizes = collections.defaultdict(lambda: [0, 0, 0])
    for output, length, place in kept:
        if output in SECTIONS:
            sizes[group(place, args.core)][SECTIONS[output]] += length
    if args.dialects:
        found = dialects_of(kept, args.core)
        show(" ".join(found), sizes["core"])
        return 0 if found == args.dialects else f"kept: {found}, wanted: {args.dialects}"
    sizes = {name: size for name, size in sorted(sizes.items(), key=rank) if any(size)}
    sizes["total"] = [sum(column) for column in zip(*sizes.values())]
    for name, size in sizes.items():
        show(name, size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
