"""The table of lies, as README.md describes it: its rows."""

import pathlib
import re
from dataclasses import dataclass

FOLDER = pathlib.Path(__file__).resolve().parent
TABLES = ("http", "download", "json", "codes")
CALLS = ("version", "check", "token", "download", "progress", "101", "201")
DIALECTS = {"south": ("south",), "fuse": ("fuse",), "both": ("south", "fuse")}
END = re.compile(r"(recovers|refuses|reports|ends|idle)(?: (\d+))?(?: ([a-z]+)(?: after (\d+))?)?$")


@dataclass(frozen=True)
class End:
    kind: str
    step: int          # of "reports"
    reason: str        # "" where nothing may be said
    after_s: int


@dataclass(frozen=True)
class Row:
    place: str         # file and line
    name: str
    call: str
    nth: int
    dialects: tuple
    once: End
    always: End
    answer: str


def end_of(text):
    kind, step, reason, after = END.match(text).groups()
    return End(kind, int(step or 0), reason or "", int(after or 0))


def row_of(place, line):
    name, call, dialect, once, always, answer = [part.strip(" ") for part in line.split("|", 5)]
    call, _, nth = call.partition("@")
    assert call in CALLS, place
    return Row(place, name, call, int(nth or 1), DIALECTS[dialect], end_of(once), end_of(always), answer)


def read(table):
    lines = (FOLDER / f"{table}.txt").read_text().splitlines()
    return [row_of(f"{table}.txt:{number}", line) for number, line in enumerate(lines, 1)
            if line and not line.startswith("#")]
