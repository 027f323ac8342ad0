"""Judges what gcovr counted: a table by file, and what is neither run nor waived.

    judge.py COVERAGE.json WAIVERS.txt

All lines have to be run, and 98 % of the branches; each branch that is not, and each line, needs a waiver:

    file | lines N or branches N | text of the source line | why

N is how many there are in all lines of the file that read so: a waiver for more than is missing is out of date.
"""

import collections
import json
import sys

LEAST_BRANCHES = 98.0

Waiver = collections.namedtuple("Waiver", "file what text")


def read_waivers(path):
    waivers = {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = [field.strip() for field in line.split(" | ")]
            if len(fields) != 4 or not fields[3]:
                sys.exit(f"{path}:{number}: not: file | lines N or branches N | text | why")
            what, count = fields[1].split()
            waivers[Waiver(fields[0], what, fields[2])] = int(count)
    return waivers


def missing(counted):
    """What is not run, by waiver that would cover it: {waiver: [line number, once for each]}."""
    found = collections.defaultdict(list)
    for name in counted["files"]:
        with open(name["file"], encoding="utf-8") as source:
            text = [line.strip() for line in source]
        file = name["file"].removeprefix("src/")
        for line in name["lines"]:
            number = line["line_number"]
            if line["count"] == 0:
                found[Waiver(file, "lines", text[number - 1])].append(number)
            untaken = sum(branch["count"] == 0 for branch in line["branches"])
            if untaken:
                found[Waiver(file, "branches", text[number - 1])] += [number] * untaken
    return found


def judge(found, waivers):
    complaints = []
    for key in sorted({*found, *waivers}):
        numbers, allowed = found.get(key, []), waivers.get(key, 0)
        places = ", ".join(str(number) for number in sorted(set(numbers)))
        if len(numbers) > allowed:
            complaints.append(f"src/{key.file}:{places}: {len(numbers)} {key.what} not run: {key.text}")
        elif len(numbers) < allowed:
            complaints.append(f"waiver out of date, {len(numbers)} of {allowed} {key.what}: "
                              f"{key.file} | {key.text}")
    return complaints


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def table(counted):
    total = [0, 0, 0, 0]
    print(f"{'file':24}{'lines':>8}{'run':>8}{'%':>8}{'branches':>10}{'run':>8}{'%':>8}")

    def row(name, lines, run, branches, taken):
        print(f"{name:24}{lines:8}{run:8}{percent(run, lines):8.1f}{branches:10}{taken:8}"
              f"{percent(taken, branches):8.1f}")

    for file in counted["files"]:
        branches = [branch for line in file["lines"] for branch in line["branches"]]
        counts = [len(file["lines"]), sum(line["count"] > 0 for line in file["lines"]),
                  len(branches), sum(branch["count"] > 0 for branch in branches)]
        row(file["file"], *counts)
        total = [a + b for a, b in zip(total, counts)]
    row("all", *total)
    return total


def read_counted(path):
    with open(path, encoding="utf-8") as file:
        counted = json.load(file)
    for file in counted["files"]:
        file["lines"] = [line for line in file["lines"] if not line["gcovr/noncode"]]
    return counted


def main():
    counted = read_counted(sys.argv[1])
    waivers = read_waivers(sys.argv[2])
    lines, run, branches, taken = table(counted)
    found = missing(counted)
    complaints = judge(found, waivers)
    if lines == 0:
        complaints.append("nothing was counted")
    if percent(taken, branches) < LEAST_BRANCHES:
        complaints.append(f"less than {LEAST_BRANCHES} % of the branches")
    waived = collections.Counter()
    for waiver, count in waivers.items():
        waived[waiver.what] += count
    print(f"coverage lines {run} of {lines}, branches {taken} of {branches} ({percent(taken, branches):.2f} %), "
          f"waived {waived['lines']} lines and {waived['branches']} branches")
    for complaint in complaints:
        print(complaint)
    sys.exit(bool(complaints))


main()
