# SPDX-License-Identifier: Apache-2.0
"""Updates under power cuts: in the middle of one flash operation after the other, or at any moment.

upload(scene, version, behaviour) gives the image of a version, and the number of the package that brings it;
without one, a full package of the scene's firmware.
"""

import os
import queue
from concurrent.futures import ThreadPoolExecutor

WORKERS = 3
KILLS = int(os.environ.get("ONEOTA_KILLS", "20"))
LONGEST_S = 0.7   # an update takes about half of it


def upload_full(scene, version, behaviour="good"):
    image = scene.package(version, behaviour)
    return image, scene.platform.add_package(image, target=version)


class Case:
    """A board that updates, and what it said. `cut`: with the power cut in the middle of that operation
    of flash; `end`: then powered on again."""

    def __init__(self, scene, begin, number, operation):
        board = scene.board
        ident = str(int(scene.ident) * 1000 + operation)
        name = f"device-{ident}"
        scene.platform.add_device(ident, name, scene.platform.device_key)
        identity = scene.dialect.identity(scene.platform, ident, name)
        self.operation = operation
        mark = scene.platform.mark()
        task = scene.platform.add_task(number, device=ident, expiry=0)
        board.flash_file.write_bytes(begin)
        self.cut = board.run(**identity, cut=operation)
        board.check_flash()
        self.end = board.run(**identity)
        self.running = board.running()
        self.condition = board.control()["condition"]
        self.task = scene.task(task)
        handle = self.task["token"] or task   # of a task of fuse-ota, its number
        self.downloaded = sum(call["body_sent"] for call in scene.platform.calls("download", after=mark)
                              if f"/{handle}" in call["path"])

    def __repr__(self):
        return f"cut in operation {self.operation}: {self.cut}\nand then: {self.end}\n{self.task}"


class Sweep:
    """Cases of updates to one package, some at a time. before: versions that the board updated to
    already."""

    def __init__(self, make_scene, dialect, version, behaviour="good", before=(), upload=upload_full):
        self.scenes = queue.Queue()
        for _ in range(WORKERS):
            self.scenes.put(make_scene(dialect))
        scene = self.scenes.queue[0]
        for earlier in before:
            scene.platform.add_task(upload(scene, earlier, "good")[1], device=scene.ident)
            assert scene.board.run().status == 0
        self.begin = scene.board.flash_file.read_bytes()
        self.old = scene.board.running()
        self.new, self.number = upload(scene, version, behaviour)
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


class Update:
    """A task and what has happened to it so far."""

    def __init__(self, scene, version, old, upload):
        self.scene = scene
        self.old = old
        self.package, number = upload(scene, version)
        self.task = scene.platform.add_task(number, device=scene.ident, expiry=0)
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


def is_last_trial(board):
    """Whoever cuts the next start, too, has the image reverted, and 206."""
    control = board.control()
    return control["condition"] == "trial" and control["attempts"] <= 2   # the next start is not counted yet


def kill_at_any_moment(scene, dice, versions, upload=upload_full):
    """KILLS of them, in as many updates as that takes, each of which ends well."""
    board, kills, old = scene.board, 0, scene.board.old_image
    landed = {}
    while kills < KILLS:
        update = Update(scene, next(versions), old, upload)
        uart = None
        while uart is None:
            if kills >= KILLS or is_last_trial(board):
                uart = board.run()
                break
            power = board.start(once=1)
            try:
                uart = power.wait(timeout=dice.uniform(0, LONGEST_S))
            except TimeoutError:
                said = power.kill().values("machine: state", "is")
                kills += 1
                state = said[-1] if said else "start"
                landed[state] = landed.get(state, 0) + 1
                update.check_state()
        update.check_end(uart)
        old = update.package
    print(f"{kills} kills, by state: {landed}")
