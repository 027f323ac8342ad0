"""What became of the mutants, by file, and whether that is enough.

    tally.py [--all] VERDICTS

VERDICTS, which mutate.py leaves behind, has a line for each mutant: FILE killed|survives|same|broken. Of all mutants, at
least 90 % are to be killed, in each file. A sample may have less by chance: it is refused where, with 90 % of all
killed, not one sample in a hundred would have so few, which is below 82 of 100.
"""

import argparse
import collections
import math
import pathlib
import sys

LEAST_KILLED = 0.9
CHANCE = 0.01


def least_of(count):
    """So many of a sample are to be killed."""
    below = 0.0
    for killed in range(count + 1):
        below += math.comb(count, killed) * LEAST_KILLED**killed * (1 - LEAST_KILLED)**(count - killed)
        if below > CHANCE:
            return killed
    return count


class Tally:
    def __init__(self):
        self.of = collections.defaultdict(collections.Counter)

    def add(self, file, verdict):
        self.of[file][verdict] += 1

    @staticmethod
    def counted(counts):
        return counts["killed"] + counts["survives"]

    def total(self):
        return sum(self.of.values(), collections.Counter())

    def table(self):
        """Prints it. The last line counts."""
        print(f"{'file':18}{'mutants':>8}{'killed':>8}{'%':>7}{'same':>7}{'broken':>8}")
        for file, counts in [*self.of.items(), ("all", self.total())]:
            counted = self.counted(counts)
            share = 100.0 * counts["killed"] / counted if counted else 100.0
            print(f"{file:18}{counted:8}{counts['killed']:8}{share:7.1f}{counts['same']:7}{counts['broken']:8}")

    def complaints(self, everything):
        counts = self.total()
        counted = self.counted(counts)
        if counted == 0:
            return ["no mutant was judged"]
        if not everything:
            least = least_of(counted)
            return [f"less than {least} of {counted} killed"] if counts["killed"] < least else []
        return [f"{file}: less than {LEAST_KILLED:.0%} killed" for file, counts in [*self.of.items(), ("all", counts)]
                if counts["killed"] < LEAST_KILLED * self.counted(counts)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("verdicts", type=pathlib.Path)
    options = parser.parse_args()
    tally = Tally()
    for line in options.verdicts.read_text(encoding="utf-8").splitlines():
        tally.add(*line.split())
    tally.table()
    complaints = tally.complaints(options.all)
    for complaint in complaints:
        print(complaint)
    sys.exit(bool(complaints))


if __name__ == "__main__":
    main()
