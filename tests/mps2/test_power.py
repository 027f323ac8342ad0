# SPDX-License-Identifier: Apache-2.0
"""Power cuts: in the middle of every flash operation of an update, of the boot loader's too, and at any
moment. Whatever comes, the next start boots a whole image, and the update ends. Of the operations each
dialect has every second one: the first dialect 1, 3, 5, the other one 2, 4, 6.

20 kills, or as many as ONEOTA_KILLS says; the same moments again with ONEOTA_KILL_SEED, which a failure
names.
"""

import itertools

from board import CUT
from sweep import Sweep, kill_at_any_moment


FEWER = 10


# -- every operation ---------------------------------------------------------------------------

def cases(sweep, dialect, step=1):
    """Every second operation, as it comes or, with step -1, from the last one on. There are a few less
    of them where the network brings the bytes in larger pieces than it did before."""
    operations = range(1 if dialect.name == "south" else 2, sweep.operations + 1, 2)[::step]
    for case in sweep.cases(operations):
        if case.cut.status == CUT or case.operation <= sweep.operations - FEWER:
            yield case


def test_power_cut_in_every_flash_operation_of_an_update(make_scene, dialect):
    """From slot 1 to slot 0, for slot 0 is what a boot loader without a record takes."""
    sweep = Sweep(make_scene, dialect, "3.0", before=["2.0"])
    assert sweep.uncut.status == 0 and sweep.operations > 100, sweep.uncut
    started = set()
    for case in cases(sweep, dialect):
        assert case.cut.status == CUT and case.end.status == 0, case
        assert case.cut.says(f"flash: power cut operation={case.operation}"), case
        assert case.running == sweep.new and case.condition == "confirmed", case
        assert case.task["state"] == "done" and case.task["step"] == 201, case
        assert set(case.cut.versions + case.end.versions) <= {"2.0", "3.0"}, case
        started.add(case.end.versions[0])
    assert started == {"2.0", "3.0"}
    print(f"{sweep.operations} operations")


def test_power_cut_in_every_flash_operation_of_a_revert(make_scene, dialect):
    """From the mark for the trial on: what comes before is as in any update."""
    sweep = Sweep(make_scene, dialect, "2.0", "crash")
    assert sweep.uncut.status == 3, sweep.uncut
    seen = 0
    for case in itertools.takewhile(lambda case: case.cut.says("machine: state is=mark"),
                                    cases(sweep, dialect, step=-1)):
        seen += 1
        assert case.cut.status == CUT and case.end.status in (0, 3), case   # 0: 206 was told before the cut
        assert case.running == sweep.old and case.end.versions[-1] == "1.0", case
        assert case.task["state"] == "failed" and case.task["step"] == 206, case
    assert seen > 2   # mark, three starts, revert, and what the client writes
    print(f"{seen} of {sweep.operations} operations")


def test_power_cut_in_the_first_writes_of_all(make_scene, dialect):
    """The first start of a new board, up to the download."""
    sweep = Sweep(make_scene, dialect, "2.0")
    seen = 0
    for case in itertools.takewhile(lambda case: not case.cut.says("state is=progress"),
                                    cases(sweep, dialect)):
        seen += 1
        assert case.cut.status == CUT and case.end.status == 0, case
        assert case.running == sweep.new and case.task["state"] == "done", case
    assert seen > 1


# -- any moment --------------------------------------------------------------------------------

def test_kill_at_any_moment_the_update_always_ends(scene, dice):
    kill_at_any_moment(scene, dice, itertools.cycle(["2.0", "1.0"]))
