#!/usr/bin/python3
"""What the linker kept of each object, read from the map of GNU ld.

    python3 tests/size/kept.py MAP CORE-FOLDER

Prints "text data bss name" for each group and last for all. Objects in CORE-FOLDER are the core.
"""

import collections
import re
import sys

FLASH, DATA, RAM = 0, 1, 2
SECTIONS = {".text": FLASH, ".rodata": FLASH, ".ARM.exidx": FLASH, ".ARM.extab": FLASH, ".init": FLASH,
            ".fini": FLASH, ".init_array": FLASH, ".fini_array": FLASH, ".preinit_array": FLASH,
            ".eh_frame": FLASH, ".data": DATA, ".bss": RAM}
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


def group(place, core):
    name = re.split(r"[/\\(]", place.rstrip(")"))[-1]
    if core in place:
        return "core"
    if name.startswith("cJSON"):
        return "cJSON"
    if "/mbedtls/" in place:
        return "mbedTLS " + name.removesuffix(".o")
    if "whole_api" in name:
        return "the program"
    return "libc, libgcc"


def rank(item):
    order = ("core", "cJSON", "mbedTLS", "libc", "the program")
    return next(n for n, start in enumerate(order) if item[0].startswith(start))


def main():
    sizes = collections.defaultdict(lambda: [0, 0, 0])
    with open(sys.argv[1], encoding="utf-8") as file:
        for output, length, place in pieces(file.read()):
            if output in SECTIONS:
                sizes[group(place, sys.argv[2])][SECTIONS[output]] += length
    sizes = {name: size for name, size in sorted(sizes.items(), key=rank) if any(size)}
    sizes["total"] = [sum(column) for column in zip(*sizes.values())]
    for name, (text, data, bss) in sizes.items():
        print(f"{text:7} {data:6} {bss:6}  {name}")


if __name__ == "__main__":
    main()
