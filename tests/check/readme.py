#!/usr/bin/python3
"""README.md and README.zh-CN.md say the same, and what they name is there.

    python3 tests/check/readme.py [ROOT]

Both have the same headings, code blocks and tables; rows of tables agree in what stands between
backquotes and in their numbers. The table of reasons has every reason of error.h, in its order.
Files, headings and tests that are named exist.
"""

import pathlib
import re
import sys

FENCE = re.compile(r"^```\w*\n.*?^```$", re.S | re.M)
NAMED_FILE = re.compile(r"(?:tests|examples|scripts|src|include|port|cmake)/[\w./-]*\w")


def read(path):
    return path.read_text(encoding="utf-8")


def prose(text):
    return FENCE.sub("", text)


def headings(text):
    return re.findall(r"^(#+) +(.+)$", prose(text), re.M)


def tables(text):
    """Rows without the heads, as lists of cells; a list for each table."""
    found = re.findall(r"(?:^\|.*\n)+", prose(text), re.M)
    return [[re.split(r" *\| *", row)[1:-1] for row in table.splitlines()[2:]] for table in found]


def marks(text):
    return re.findall(r"<!-- (\S+) -->", text)


def facts(row):
    """What is the same in every language: `code`, and numbers."""
    return sorted(re.findall(r"`[^`]+`|\d+", " ".join(row)))


def reasons_of(header):
    names = re.findall(r"^\s*ONEOTA_REASON_(\w+)", header, re.M)
    return [name.lower() for name in names if name != "COUNT"]


def compare_rows(ours, theirs):
    for a, b in zip(ours, theirs):
        if len(a) != len(b) or facts(a) != facts(b):
            yield f"row {a[0]}: {facts(a)}, but in the other {facts(b)}"


def compare(english, chinese):
    """Differences between the two texts."""
    if [len(level) for level, _ in headings(english)] != \
            [len(level) for level, _ in headings(chinese)]:
        yield "not the same headings"
    if FENCE.findall(english) != FENCE.findall(chinese):
        yield "not the same code blocks"
    if marks(english) != marks(chinese):
        yield "not the same marks"
    ours, theirs = tables(english), tables(chinese)
    if [len(table) for table in ours] != [len(table) for table in theirs]:
        yield "not the same number of rows in each table"
    for a, b in zip(ours, theirs):
        yield from compare_rows(a, b)


def check_reasons(text, expected):
    after = text.partition("<!-- reasons -->")[2]
    rows = tables(after)[0] if tables(after) else []
    found = [row[0].strip("`") for row in rows]
    for name in expected:
        if name not in found:
            yield f"reason {name} is missing"
    if sorted(found) == sorted(expected) and found != expected:
        yield "reasons are not in the order of error.h"
    for name in found:
        if name not in expected:
            yield f"reason {name} is not in error.h"


def anchors(text):
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for _, title in headings(text)}


def check_links(root, text):
    for target in re.findall(r"\]\(([^)]+)\)", prose(text)):
        if target.startswith("#"):
            if target[1:] not in anchors(text):
                yield f"no heading for {target}"
        elif ":" not in target and not (root / target).exists():
            yield f"no file {target}"


def check_names(root, text):
    for name in sorted(set(NAMED_FILE.findall(text))):
        if not (root / name).exists():
            yield f"no file {name}"
    named = set(re.findall(r"\btest_\w+", text))
    if named:
        sources = [path for kind in ("c", "py") for path in (root / "tests").rglob(f"*.{kind}")]
        there = set(re.findall(r"\btest_\w+", " ".join(map(read, sources))))
        yield from (f"no test {name}" for name in sorted(named - there))


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    texts = {name: read(root / name) for name in ("README.md", "README.zh-CN.md")}
    expected = reasons_of(read(root / "include/oneota/error.h"))
    faults = list(compare(*texts.values()))
    for name, text in texts.items():
        for check in (check_reasons(text, expected), check_links(root, text),
                      check_names(root, text)):
            faults += [f"{name}: {fault}" for fault in check]
    print("\n".join(faults) or "readme: in order")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
