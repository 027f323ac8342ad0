# SPDX-License-Identifier: Apache-2.0
"""Power cuts in every flash operation between the end of a signed download and its last report."""

import itertools

import pytest
from board import CUT
from signed import FIRMWARE, floor_of, is_condemned
from test_power import Sweep

pytestmark = pytest.mark.only("south")

@pytest.fixture
def make_signed_scene(make_scene):
    """Each run of its board tells what was on record when it ended."""
    def make(dialect):
        scene = make_scene(dialect, FIRMWARE)
        board, run = scene.board, scene.board.run

        def run_and_look(**args):
            uart = run(**args)
            uart.floor = floor_of(board)
            uart.condemned = is_condemned(board, FIRMWARE.package("2.0", "crash"))
            return uart

        board.run = run_and_look
        return scene

    return make


def test_power_cut_from_verify_to_the_counter(make_signed_scene, dialect):
    """In every flash operation after the download: verify, mark, start, confirm, counter, and what is told."""
    sweep = Sweep(make_signed_scene, dialect, "3.0", before=["2.0"])
    assert sweep.uncut.status == 0, sweep.uncut
    seen = []
    for case in itertools.takewhile(lambda case: case.cut.says("machine: state is=verify"),
                                    sweep.cases(range(sweep.operations, 0, -1))):
        seen += case.cut.values("machine: state", "is")[-1:]
        assert case.cut.status == CUT and case.end.status == 0, case
        assert case.running == sweep.new and case.condition == "confirmed", case
        assert case.task["state"] == "done" and case.task["step"] == 201, case
        assert set(case.cut.versions + case.end.versions) <= {"2.0", "3.0"}, case
        assert not case.end.says("cannot start"), case
        assert 2 <= case.cut.floor <= case.end.floor == 3, case
    assert {"mark", "confirm", "floor"} <= set(seen), seen
    print(f"{len(seen)} of {sweep.operations} operations, in {seen}")


def test_power_cut_in_a_revert_leaves_counter_and_quarantine(make_signed_scene, dialect):
    sweep = Sweep(make_signed_scene, dialect, "2.0", "crash")
    assert sweep.uncut.status == 3, sweep.uncut
    seen = 0
    for case in itertools.takewhile(lambda case: case.cut.says("machine: state is=mark"),
                                    sweep.cases(range(sweep.operations, 0, -1))):
        seen += 1
        assert case.cut.status == CUT and case.end.status in (0, 3), case   # 0: 206 was told before the cut
        assert case.running == sweep.old and case.end.versions[-1] == "1.0", case
        assert case.task["state"] == "failed" and case.task["step"] == 206, case
        assert case.cut.floor <= 1 == case.end.floor and case.end.condemned, case
    assert seen > 5
    print(f"{seen} of {sweep.operations} operations")
