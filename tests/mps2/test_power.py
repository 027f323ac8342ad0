# SPDX-License-Identifier: Apache-2.0
"""Power cuts: in the middle of every flash operation of an update, of the boot loader's too, and at any
moment. Whatever comes, the next start boots a whole image, and the update ends.

20 kills, or as many as ONEOTA_KILLS says; the same moments again with ONEOTA_KILL_SEED, which a failure
names.
"""

import itertools
import os
import queue
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from board import CUT

KILLS = int(os.environ.get("ONEOTA_KILLS", "20"))
SEED = int(os.environ.get("ONEOTA_KILL_SEED", random.SystemRandom().randrange(2**32)))
LONGEST_S = 0.7   # an update takes about half of it
WORKERS = 2


# -- every operation ---------------------------------------------------------------------------

class Case:
    """A board that updates, and what it said. `cut`: with the power cut in the middle of that operation
    of flash; `end`: then powered on again."""

    def __init__(self, scene, begin, number, operation):
        board = scene.board
        ident = str(int(scene.ident) * 1000 + operation)
        scene.platform.add_device(ident, f"device-{ident}", scene.platform.device_key)
        self.operation = operation
        task = scene.platform.add_task(number, device=ident, expiry=0)
        board.flash_file.write_bytes(begin)
        self.cut = board.run(device=ident, cut=operation)
        board.check_flash()
        self.end = board.run(device=ident)
        self.running = board.running()
        self.condition = board.control()["condition"]
        self.task = scene.task(task)

    def __repr__(self):
        return f"cut in operation {self.operation}: {self.cut}\nand then: {self.end}\n{self.task}"


class Sweep:
    """Cases of updates to one package, some at a time. before: versions that the board updated to
    already."""

    def __init__(self, make_scene, dialect, version, behaviour="good", before=()):
        self.scenes = queue.Queue()
        for _ in range(WORKERS):
            self.scenes.put(make_scene(dialect))
        scene = self.scenes.queue[0]
        for earlier in before:
            scene.offer(scene.package(earlier), target=earlier)
            assert scene.board.run().status == 0
        self.begin = scene.board.flash_file.read_bytes()
        self.old = scene.board.running()
        self.new = scene.package(version, behaviour)
        self.number = scene.platform.add_package(self.new, target=version)
        task = scene.platform.add_task(self.number, device=scene.ident)
        self.uncut = scene.board.run()
        self.operations = self.uncut.operations
        assert scene.task(task)["state"] in ("done", "failed")

    def case(self, operation):
        scene = self.scenes.get()
        try:
            return Case(scene, self.begin, self.number, operation)
        finally:
            self.scenes.put(scene)

    def cases(self, operations):
        with ThreadPoolExecutor(WORKERS) as pool:
            yield from pool.map(self.case, operations)


@pytest.mark.only("south")
def test_power_cut_in_every_flash_operation_of_an_update(make_scene, dialect):
    """From slot 1 to slot 0, for slot 0 is what a boot loader without a record takes."""
    sweep = Sweep(make_scene, dialect, "3.0", before=["2.0"])
    assert sweep.uncut.status == 0 and sweep.operations > 100, sweep.uncut
    started = set()
    for case in sweep.cases(range(1, sweep.operations + 1)):
        assert case.cut.status == CUT and case.end.status == 0, case
        assert case.cut.says(f"flash: power cut operation={case.operation}"), case
        assert case.running == sweep.new and case.condition == "confirmed", case
        assert case.task["state"] == "done" and case.task["step"] == 201, case
        assert set(case.cut.versions + case.end.versions) <= {"2.0", "3.0"}, case
        started.add(case.end.versions[0])
    assert started == {"2.0", "3.0"}
    print(f"{sweep.operations} operations")


@pytest.mark.only("south")
def test_power_cut_in_every_flash_operation_of_a_revert(make_scene, dialect):
    """From the mark for the trial on: what comes before is as in any update."""
    sweep = Sweep(make_scene, dialect, "2.0", "crash")
    assert sweep.uncut.status == 3, sweep.uncut
    seen = 0
    backwards = sweep.cases(range(sweep.operations, 0, -1))
    for case in itertools.takewhile(lambda case: case.cut.says("machine: state is=mark"), backwards):
        seen += 1
        assert case.cut.status == CUT and case.end.status in (0, 3), case   # 0: 206 was told before the cut
        assert case.running == sweep.old and case.end.versions[-1] == "1.0", case
        assert case.task["state"] == "failed" and case.task["step"] == 206, case
    assert seen > 5   # mark, three starts, revert, and what the client writes
    print(f"{seen} of {sweep.operations} operations")


@pytest.mark.only("south")
def test_power_cut_in_the_first_writes_of_all(make_scene, dialect):
    """The first start of a new board, up to the download."""
    sweep = Sweep(make_scene, dialect, "2.0")
    seen = 0
    for case in itertools.takewhile(lambda case: not case.cut.says("state is=progress"),
                                    sweep.cases(range(1, sweep.operations + 1))):
        seen += 1
        assert case.cut.status == CUT and case.end.status == 0, case
        assert case.running == sweep.new and case.task["state"] == "done", case
    assert seen > 3


# -- any moment --------------------------------------------------------------------------------

class Update:
    """A task and what has happened to it so far."""

    def __init__(self, scene, version, old):
        self.scene = scene
        self.old = old
        self.package = scene.package(version)
        self.task = scene.offer(self.package, target=version, expiry=0)
        self.mark = scene.platform.mark()

    def taken(self):
        calls = self.scene.platform.calls("progress", after=self.mark)
        return [call["step"] for call in calls if call["errno"] == 0]

    def check_state(self):
        """After a kill: the old image or the new one, whole; 201 only of the new one."""
        running = self.scene.board.running()
        assert running in (self.old, self.package)
        if 201 in self.taken():
            assert running == self.package
        assert not set(self.taken()) & {*range(102, 108), *range(202, 209)}

    def check_end(self, uart):
        assert uart.status == 0, uart
        assert self.scene.board.running() == self.package, uart
        assert self.scene.board.is_confirmed()
        assert self.scene.task(self.task)["state"] == "done", uart
        assert self.taken().count(101) == 1 and self.taken().count(201) == 1


@pytest.fixture
def dice():
    print(f"ONEOTA_KILL_SEED={SEED}")   # pytest shows it with a failure
    return random.Random(SEED)


def test_kill_at_any_moment_the_update_always_ends(scene, dice):
    board, kills, old, versions = scene.board, 0, scene.board.old_image, itertools.cycle(["2.0", "1.0"])
    landed = {}
    while kills < KILLS:
        update = Update(scene, next(versions), old)
        uart = None
        while uart is None:
            power = board.start(once=1)
            try:
                uart = power.wait(timeout=dice.uniform(0, LONGEST_S))
            except TimeoutError:
                said = power.kill().values("machine: state", "is")
                kills += 1
                state = said[-1] if said else "start"
                landed[state] = landed.get(state, 0) + 1
                update.check_state()
                if kills >= KILLS:
                    uart = board.run()
        update.check_end(uart)
        old = update.package
    print(f"{kills} kills, by state: {landed}")
