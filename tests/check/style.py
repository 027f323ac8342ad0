#!/usr/bin/python3
"""What a look at the text alone can tell of the house style.

    python3 tests/check/style.py [ROOT]
"""

import pathlib
import re
import sys

FOLDERS = ("include", "src", "port", "examples", "tools", "tests")
COLUMNS = 100
SOURCE_LINES = 500  # of a file of the library


def check_text(text):
    """Faults of any C file, as (line, what)."""
    if "SPDX-License-Identifier: Apache-2.0" not in text[:300]:
        yield 1, "no licence in the first lines"
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield text.count("\n"), "the last line has no end, or is empty"
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS:
            yield number, f"beyond column {COLUMNS}"
        if "\t" in line:
            yield number, "a tab"
        if line != line.rstrip():
            yield number, "a blank at the end of the line"


def check_library(text):
    """Faults of a file of include/ or src/."""
    lines = text.splitlines()
    if len(lines) > SOURCE_LINES:
        yield len(lines), f"longer than {SOURCE_LINES} lines"
    inside = False
    for number, line in enumerate(lines, 1):
        if re.match(r"[{}]", line):
            inside = line[0] == "{"
        if inside and re.match(r"\s*#\s*(if|ifdef|ifndef|else|elif)\b", line):
            yield number, "#if inside a function: a feature is a file"


def check_header(name, text):
    guard = re.search(r"#ifndef (\w+)\n#define \1\n", text)
    stem = re.sub(r"\W", "_", name).upper()
    if not guard or not guard[1].endswith(stem):
        yield 1, f"no include guard that ends in {stem}"


def check(root, path):
    text = path.read_text(encoding="utf-8")
    yield from check_text(text)
    if path.relative_to(root).parts[0] in ("include", "src"):
        yield from check_library(text)
    if path.suffix == ".h":
        yield from check_header(path.name, text)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    faults = []
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.[ch]")):
        if not path.relative_to(root).parts[:3] == ("tests", "check", "bad"):
            name = path.relative_to(root)
            faults += [f"{name}:{line}: {what}" for line, what in check(root, path)]
    print("\n".join(faults) or "style: in order")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
