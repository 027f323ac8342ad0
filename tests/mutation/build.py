"""The library as a shared one, the tests linked against it, and which test runs which line."""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Tests of ports and of what is not made mutants of.
ASIDE = re.compile("test_(posix|port_check|mps2|mcuboot|device|cjson|crypto|inflate|fault$|hostile$)")

# Those that take arguments: the table of lies, and of the fault suite what is cheap for what it sees.
PARTS = [f"test_hostile {ROOT}/tests/hostile/{table}.txt" for table in ("codes", "download", "http", "json")]
PARTS += [f"test_fault --dialect {dialect} {campaign}" for dialect in ("south", "fuse")
          for campaign in ("--slice 1997", "--campaign time --slice 9", "--campaign operator --slice 41",
                           "--campaign port-call --slice 211", "--campaign revert --slice 97")]

class Test(collections.namedtuple("Test", "command seconds lines")):
    """lines: by module, those that it runs, and all there are."""

    def closeness(self, module):
        """How much of what it runs is of this module; tenfold where it is named after it: test_api_trust, steps_trust."""
        share = len(self.lines[module][0]) / sum(len(ran) for ran, _ in self.lines.values())
        return share * (10 if module.removeprefix("steps_") in self.command else 1)


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"failed: {shlex.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


class Build:
    """What is in the folder that run.sh has built; what is made of it goes into another."""

    def __init__(self, folder, work, jobs):
        self.folder = pathlib.Path(folder).resolve()
        self.work = work.resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        for name in ("plain", "counted"):
            (self.work / name).mkdir(parents=True)
        rows = json.loads((self.folder / "compile_commands.json").read_text(encoding="utf-8"))
        paths = {pathlib.Path(row["file"]): row["command"] for row in rows
                 if "/oneota.dir/" in row["command"]} # not what a test compiles in its own way
        self.flags = {path.stem: self._flags(command) for path, command in paths.items()
                      if path.parent == ROOT / "src"}
        programs = sorted(path.name for path in (self.folder / "tests").glob("test_*") if path.is_file())
        commands = [name for name in programs if not ASIDE.match(name)] + PARTS
        programs = sorted({command.split()[0] for command in commands})
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(self._compile_original, self.flags))
            self._link_originals(self._link_command(programs[0]))
            list(pool.map(self._link_program, programs))
            tests = pool.map(self._measure, commands)
            self.tests = sorted(tests, key=lambda test: test.seconds)
        self.inside = self._find_inside(rows)
        self.known = collections.defaultdict(set)
        for test in self.tests:
            for file, numbers in test.lines.items():
                self.known[file] |= numbers[1]

    @staticmethod
    def _flags(command):
        words = shlex.split(command)
        kept = [word for word in words[1:words.index("-o")] if re.match("-[DIi]|-std|/", word)]
        return [words[0], *kept, "-w", "-fPIC", "-frandom-seed=1"]

    def _find_inside(self, rows):
        """Tests that include a source, to read its tables: by module, the test, its path and how it is compiled."""
        found = {}
        for path, command in ((pathlib.Path(row["file"]), row["command"]) for row in rows):
            if path.parent == ROOT / "tests" / "unit":
                for module in re.findall(r'#include "../../src/(\w+)\.c"', path.read_text(encoding="utf-8")):
                    found[module] = (path.stem, path, self._flags(command))
        return found

    def notices_inside(self, mutant, source, folder):
        """Builds and runs the test that includes this source, with the mutant in its place. @return whether it fails"""
        module = pathlib.Path(mutant.file).stem
        if module not in self.inside:
            return False
        program, path, flags = self.inside[module]
        test, out, built = folder / path.name, folder / "inside.o", folder / program
        text = path.read_text(encoding="utf-8").replace(f"../../src/{module}.c", str(source))
        test.write_text(text, encoding="utf-8")
        command = [*flags, "-O0", "-c", str(test), "-o", str(out)]
        if subprocess.run(command, cwd=self.folder, capture_output=True, check=False).returncode != 0:
            return False
        own = f"tests/CMakeFiles/{program}.dir/unit/{path.name}.o"
        self._link_program(program, built, {own: str(out)})
        return self.seconds(str(built), 4) is None

    def compile(self, module, source, out, *options):
        """@return whether it compiles"""
        command = [*self.flags[module], *options, "-c", str(source), "-o", str(out)]
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=False).returncode == 0

    def _compile_original(self, module):
        source = ROOT / "src" / f"{module}.c"
        for name, *options in (("plain", "-O1"), ("counted", "-O1", "--coverage")):
            if not self.compile(module, source, self.work / name / f"{module}.o", *options):
                sys.exit(f"{source} does not compile")

    def _link_command(self, program):
        command = run(["ninja", "-C", str(self.folder), "-t", "commands", "-s", f"tests/{program}"])
        return shlex.split(command.strip().splitlines()[-1].removeprefix(": && ").removesuffix(" && :"))

    def _link_originals(self, command):
        libraries = [word for word in command if re.search(r"lib(mbed\w+|cjson)\.(so|a)", word)]
        for name in ("plain", "counted"):
            folder = self.work / name
            run(["gcc", "-shared", "--coverage", "-Wl,-soname,liboneota.so", "-o", str(folder / "liboneota.so"),
                 *map(str, folder.glob("*.o")), *libraries], cwd=self.folder)

    def _link_program(self, program, out=None, instead=None):
        """As the build does, but for the library, and for what is to be taken instead."""
        words = [(instead or {}).get(word, word) for word in self._link_command(program)]
        words[words.index("-o") + 1] = str(out or self.work / program)
        library = str(self.work / "plain" / "liboneota.so")
        run([library if word == "liboneota.a" else word for word in words], cwd=self.folder)

    def seconds(self, command, limit_s, preload=None, **variables):
        """Runs a test, for no more than limit_s of a processor. @return seconds of a processor; None: it fails"""
        program, *options = command.split()
        script = ('ulimit -t "$0"; preload=$1; shift;\n'
                  '(LD_PRELOAD=$preload; export LD_PRELOAD; exec "$@") >/dev/null 2>&1 || exit 1; times')
        words = ["sh", "-c", script, str(limit_s), str(preload or ""), str(self.work / program), *options]
        variables.setdefault("LD_LIBRARY_PATH", str(self.work / "plain"))
        try:
            done = subprocess.run(words, env={**os.environ, **variables}, cwd=self.work, check=False, text=True,
                                  capture_output=True, stdin=subprocess.DEVNULL, timeout=60 + 20 * limit_s)
        except subprocess.TimeoutExpired:
            return None
        times = re.findall(r"(\d+)m([\d.]+)s", done.stdout) # user and system: the shell's, its children's
        return sum(60 * int(minutes) + float(rest) for minutes, rest in times) if done.returncode == 0 else None

    def _measure(self, command):
        """Which lines it runs, and for how long."""
        folder = self.work / re.sub(r"\W+", "_", f"lines {command}")
        folder.mkdir()
        seconds = self.seconds(command, 60, LD_LIBRARY_PATH=str(self.work / "counted"), GCOV_PREFIX=str(folder),
                               GCOV_PREFIX_STRIP="99")
        if seconds is None:
            sys.exit(f"fails without any mutant: {command}")
        for data in folder.glob("*.gcda"):
            shutil.copy(self.work / "counted" / f"{data.stem}.gcno", folder)
        names = [data.name for data in folder.glob("*.gcda")]
        said = run(["gcov", "--json-format", "--stdout", *names], cwd=folder) if names else ""
        lines = {}
        for row in said.splitlines():
            for file in json.loads(row)["files"]:
                numbers = lines.setdefault(pathlib.Path(file["file"]).stem, (set(), set()))
                for line in file["lines"]:
                    numbers[line["count"] == 0].add(line["line_number"])
                    numbers[1].add(line["line_number"])
        shutil.rmtree(folder)
        return Test(command, seconds, lines)

    def tests_of(self, mutant):
        """Those that run its line; of what is no statement (a table), those that run the file."""
        module = pathlib.Path(mutant.file).stem
        before = [number for number in self.known[module] if number <= mutant.line]
        reach = [test for test in self.tests if module in test.lines and test.lines[module][0]]
        if not before:
            return reach
        return [test for test in reach if max(before) in test.lines[module][0]]
