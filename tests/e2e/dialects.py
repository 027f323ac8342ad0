"""The dialects of the platform, as far as tests have to tell them apart.

A test that takes `scene` or `dialect` runs in each dialect that is tested. Two marks change that:

    @pytest.mark.only("south")                          # what exists in this dialect alone
    @pytest.mark.rows("code, reason",                   # the same test on each dialect's own rows
                      south=[(1, "auth")], fuse=[(10403, "auth")])
"""

import json
from dataclasses import dataclass

import pytest

MARKS = (10, 20, 30, 40, 50, 60, 70, 80, 90)


@dataclass(frozen=True)
class Dialect:
    name: str
    root: str            # the first part of all paths
    code: str            # the member of an answer that holds its code
    text: str            # and the one that says it in words
    handle: str          # what a check calls the task by
    begin: tuple         # the steps that start a download, where the check of the token does not
    digit_bytes: int     # of the body that comes with an error of the download
    signs_download: bool
    # codes
    auth: int
    config: int
    server: int
    none: int            # no task
    done: int
    expired: int
    paused: int = 19
    over: int = 20
    cancelled: int = 22
    unknown: int = 999

    def answer(self, code, text="x"):
        """A whole answer."""
        return json.dumps({self.code: code, self.text: text})

    def identity(self, platform, ident, name):
        """Options of a device: who it is."""
        if self.name == "south":
            return {"dialect": self.name, "device": ident}
        return {"dialect": self.name, "device": name, "key": platform.device_key}

    @property
    def marks(self):
        """The steps of a download."""
        return [*self.begin, *MARKS]


SOUTH = Dialect(
    name="south", root="ota", code="errno", text="error", handle="token", begin=(),
    digit_bytes=len("1\r\n3\r\n0\r\n\r\n"), signs_download=False,
    auth=1, config=2, server=7, none=11, done=20, expired=20)

FUSE = Dialect(
    name="fuse", root="fuse-ota", code="code", text="msg", handle="tid", begin=(1,),
    digit_bytes=0, signs_download=True,
    auth=10403, config=10001, server=10500, none=12012, done=12013, expired=12014)

DIALECTS = {dialect.name: dialect for dialect in (SOUTH, FUSE)}


def parametrize(metafunc):
    """Runs a test in its dialects, on its rows."""
    if "dialect" not in metafunc.fixturenames:
        return
    rows = metafunc.definition.get_closest_marker("rows")
    only = metafunc.definition.get_closest_marker("only")
    if rows is None:
        names, table = [], {name: [()] for name in (only.args if only else DIALECTS)}
    else:
        names, table = rows.args[0].replace(",", " ").split(), rows.kwargs
    cases = []
    for dialect, values in table.items():
        for value in values:
            row = value if len(names) != 1 else (value,)
            shown = "-".join([dialect, *(str(part)[:60] for part in row)])
            cases.append(pytest.param(DIALECTS[dialect], *row, id=shown))
    metafunc.parametrize(["dialect", *names], cases)
