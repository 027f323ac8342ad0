"""Makes mutants of the modules that decide, and sees which of them the tests notice.

    mutate.py BUILD [--all | --sample N] [--seed S] [--only FILE]... [--jobs N]

For each mutant one file is compiled, and of the tests only those run that reach the changed line, until one fails. A
mutant that does not compile, or that the optimiser makes the same code of, is not counted. Killed is a mutant that a
test fails with, crashes with or does not end with.
"""

import argparse
import collections
import concurrent.futures
import pathlib
import random
import sys
import threading

import build
import mutants

HERE = pathlib.Path(__file__).resolve().parent
MODULES = ("machine call calls download steps_load steps_prove steps_boot steps_call report policy journal record http "
           "exchange json text steps_delta steps_trust trailer delta").split()


class Equivalents:
    """file | change | text of the source line, or * for any | why"""

    def __init__(self, path):
        self.path, self.rows, self.used = path, {}, set()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                fields = [field.strip() for field in line.split(" | ")]
                if len(fields) != 4 or not fields[3]:
                    sys.exit(f"{path}:{number}: not: file | change | text of the line | why")
                self.rows[tuple(fields[:3])] = number

    def has(self, mutant, lines):
        for text in (lines[mutant.line - 1].strip(), "*"):
            key = (mutant.file, mutant.change, text)
            if key in self.rows:
                self.used.add(key)
                return True
        return False

    def unused(self, files):
        return [f"{self.path.name}:{number}: no such mutant: {' | '.join(key)}"
                for key, number in self.rows.items() if key[0] in files and key not in self.used]


class Judge:
    """Says of a mutant: killed, survives, same (the optimiser sees no change), broken (does not compile)."""

    def __init__(self, built, sources, limit_s):
        self.built, self.sources, self.limit_s = built, sources, limit_s
        self.kills = collections.Counter()
        self.local = threading.local()
        self.count = 0
        self.lock = threading.Lock()

    def _folder(self):
        if not hasattr(self.local, "folder"):
            with self.lock:
                self.count += 1
                self.local.folder = self.built.work / f"worker{self.count}"
            self.local.folder.mkdir(exist_ok=True)
        return self.local.folder

    def judge(self, mutant):
        folder, module = self._folder(), pathlib.Path(mutant.file).stem
        source = folder / mutant.file
        source.write_text(mutants.mutated(self.sources[mutant.file], mutant), encoding="utf-8")
        if not self.built.compile(module, source, folder / "mutant.o", "-O0"):
            return "broken"
        library = folder / "mutant.so"
        build.run(["gcc", "-shared", "-o", str(library), str(folder / "mutant.o")])
        if self.built.notices_inside(mutant, source, folder):
            return "killed"
        spent = 0.0
        for test in sorted(self.built.tests_of(mutant), key=lambda test: self._price(mutant, test)):
            if spent + test.seconds > self.limit_s:
                continue
            spent += test.seconds
            if self.built.seconds(test.command, 1 + int(4 * test.seconds), library) is None:
                self.kills[mutant.file, test.command] += 1
                return "killed"
        return "same" if self._is_same(module, source, folder) else "survives"

    def _price(self, mutant, test):
        """Those first that are short, are about this file, and have killed."""
        closeness = test.closeness(pathlib.Path(mutant.file).stem)
        return test.seconds / closeness / (1 + self.kills[mutant.file, test.command])

    def _is_same(self, module, source, folder):
        codes = []
        for text in (self.sources[source.name], source.read_text(encoding="utf-8")):
            source.write_text(text, encoding="utf-8")
            self.built.compile(module, source, folder / "fast.o", "-O2")
            codes.append((folder / "fast.o").read_bytes())
        return codes[0] == codes[1]


class Verdicts:
    """Says which mutants survive, and writes what becomes of each for tally.py, which can be asked while all are run."""

    def __init__(self, path):
        self.file = path.open("w", encoding="utf-8")

    def add(self, mutant, verdict):
        print(mutant.file, verdict, file=self.file, flush=True)
        if verdict == "survives":
            print(f"src/{mutant.file}:{mutant.line}:{mutant.column + 1}: {mutant.change}", flush=True)


def all_mutants(files, equivalents):
    """@return the sources, the mutants that are to be killed, and those that cannot be"""
    sources, wanted, listed = {}, [], []
    for file in files:
        sources[file] = (build.ROOT / "src" / file).read_text(encoding="utf-8")
        lines = sources[file].splitlines()
        for mutant in mutants.mutants_of(file, sources[file]):
            (listed if equivalents.has(mutant, lines) else wanted).append(mutant)
    return sources, wanted, listed


def judge_sample(wanted, count, pool, judge, verdicts):
    """Draws until so many have been counted."""
    while count > 0 and wanted:
        drawn, wanted = wanted[:count], wanted[count:]
        for mutant, verdict in zip(drawn, pool.map(judge.judge, drawn)):
            verdicts.add(mutant, verdict)
            count -= verdict in ("killed", "survives")


def judge_listed(listed, pool, judge):
    """@return complaints about those that a test kills all the same"""
    return [f"equivalent.txt: killed: {mutant.file}:{mutant.line}: {mutant.change}"
            for mutant, verdict in zip(listed, pool.map(judge.judge, listed)) if verdict == "killed"]


def read_options():
    parser = argparse.ArgumentParser(prog="sh tests/mutation/run.sh")
    parser.add_argument("build", help=argparse.SUPPRESS)
    parser.add_argument("work", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--all", action="store_true", help="every mutant, and those listed as equivalent")
    parser.add_argument("--sample", type=int, default=100, metavar="N", help="so many (100)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which ones (of the tree that is checked out)")
    parser.add_argument("--only", action="append", metavar="FILE", help="of this file of src/ alone")
    parser.add_argument("--limit", type=float, metavar="S", help="seconds of tests for a mutant (8; of a sample 5)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="at a time (2)")
    options = parser.parse_args()
    for file in options.only or []:
        if not (build.ROOT / "src" / file).is_file():
            parser.error(f"--only: there is no src/{file}")
    if options.limit is None:
        options.limit = 8.0 if options.all else 5.0
    return options


def main():
    options = read_options()
    files = options.only or [f"{module}.c" for module in MODULES]
    equivalents = Equivalents(HERE / "equivalent.txt")
    sources, wanted, listed = all_mutants(files, equivalents)
    complaints = equivalents.unused(files)
    judge = Judge(build.Build(options.build, options.work, options.jobs), sources, options.limit)
    verdicts = Verdicts(options.work / "verdicts.txt")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        if options.all:
            judge_sample(wanted, len(wanted), pool, judge, verdicts)
            complaints += judge_listed(listed, pool, judge)
        else:
            random.Random(options.seed).shuffle(wanted)
            judge_sample(wanted, options.sample, pool, judge, verdicts)
    for complaint in complaints:
        print(complaint)
    print(f"mutation: {len(listed)} listed as equivalent" + ("" if options.all else f", seed {options.seed}"))
    sys.exit(bool(complaints))


main()
