"""Power cuts: the device killed with SIGKILL at random moments of updates.

15 kills in each dialect, or as many as ONEOTA_KILLS says; the same moments again with ONEOTA_KILL_SEED, which a failure
names:

    ONEOTA_KILLS=200 python3 -m pytest tests/e2e/test_kill.py
"""

import os
import random

import pytest

KILLS = int(os.environ.get("ONEOTA_KILLS", "15"))
SEED = int(os.environ.get("ONEOTA_KILL_SEED", random.SystemRandom().randrange(2**32)))
AGAIN = 64 * 1024   # bytes that a kill may cost
SIZE = 160_000

# A whole update of about LONGEST_S, in which every call takes its share.
SLOW = ({"call": "progress", "step": 101, "delay_ms": 40}, {"call": "progress", "step": 201, "delay_ms": 60},
        {"call": "progress", "delay_ms": 5}, {"call": "version", "delay_ms": 30},
        {"call": "check", "delay_ms": 30}, {"call": "token", "delay_ms": 30},
        {"call": "download", "rate": 800_000, "split": 2000})
LONGEST_S = 0.6


def first_of(call):
    return int(call["range"].removeprefix("bytes=").split("-")[0])


class Update:
    """A task and what has happened to it so far."""

    def __init__(self, scene, number, image, old):
        self.scene = scene
        self.target = f"{number}.0"
        self.image = image
        self.old = old
        self.task = scene.offer(image, target=self.target, expiry=0)
        self.mark = scene.platform.mark()
        self.kills = 0

    def calls(self, name):
        return self.scene.platform.calls(name, after=self.mark)

    def check_state(self):
        """After a kill: the old image or the new one, whole; 201 only of the new one."""
        running = self.scene.device.image()
        assert running in (self.old, self.image)
        taken = [call["step"] for call in self.calls("progress") if call["errno"] == 0]
        if 201 in taken:
            assert running == self.image
        assert not set(taken) & {*range(102, 108), *range(202, 209)}
        assert taken == sorted(set(taken))

    def check_end(self, run):
        assert run.status == 0, run
        assert self.scene.device.image() == self.image
        assert self.scene.device.status()["version"] == self.target
        assert self.scene.task(self.task)["state"] == "done"
        taken = [call["step"] for call in self.calls("progress") if call["errno"] == 0]
        assert taken.count(101) == 1 and taken.count(201) == 1
        for call in self.calls("version"):   # the target is said after 201 alone
            if self.target in call["body"]:
                sent = [other["step"] for other in self.calls("progress") if other["seq"] < call["seq"]]
                assert 201 in sent

    def check_traffic(self):
        """What a kill costs: where the download goes on, against how far it had come."""
        reached, sent = 0, 0
        for call in self.calls("download"):
            assert reached - first_of(call) <= AGAIN
            reached = max(reached, first_of(call) + call["body_sent"])
            sent += call["body_sent"]
        assert sent <= SIZE + AGAIN * self.kills


@pytest.fixture
def dice():
    print(f"ONEOTA_KILL_SEED={SEED}")   # pytest shows it with a failure
    return random.Random(SEED)


def test_kill_at_any_moment_the_update_always_ends(scene, dice):
    scene.faults(*SLOW)
    device, kills, number, landed = scene.device, 0, 1, {}
    assert device.once().status == 0   # the factory's own image, and its version reported
    old = device.old_image
    while kills < KILLS:
        number += 1
        update = Update(scene, number, dice.randbytes(SIZE), old)
        run = None
        while run is None:
            process = device.start("--once")
            try:
                run = process.wait(timeout=dice.uniform(0, LONGEST_S))
                assert run.status == 0, run
            except TimeoutError:
                killed = process.kill()
                kills, update.kills = kills + 1, update.kills + 1
                state = killed.states[-1] if killed.states else "start"
                landed[state] = landed.get(state, 0) + 1
                update.check_state()
                if kills >= KILLS:
                    run = device.once()
        update.check_end(run)
        update.check_traffic()
        old = update.image
    print(f"{kills} kills in {number - 1} updates, by state: {landed}")


@pytest.mark.only("south")
def test_kill_while_the_state_directory_is_made(scene, dice):
    """The first start of all: whatever is left behind, the next start makes a device of it."""
    for _ in range(max(8, KILLS // 4)):
        process = scene.device.start("--once")
        try:
            process.wait(timeout=dice.uniform(0, 0.02))
        except TimeoutError:
            process.kill()
        assert scene.device.once().status == 0
        assert scene.device.image() == scene.device.old_image
        for file in scene.device.state.iterdir():
            file.unlink()
        scene.device.state.rmdir()


@pytest.mark.parametrize("trial", ["fail", "crash"])
def test_kill_during_a_trial_that_fails_ends_with_the_old_image(scene, dice, trial):
    """Killed all along the way back: 206 is said in the end, once, and nothing else."""
    task = scene.offer(b"a bad image" * 1000, expiry=0)
    scene.faults(*[rule for rule in SLOW if rule["call"] != "download"],
                 {"call": "progress", "step": 206, "delay_ms": 30})
    run = None
    for _ in range(max(8, KILLS // 4)):
        process = scene.device.start("--once", "--trial", trial)
        try:
            run = process.wait(timeout=dice.uniform(0, LONGEST_S))
            break
        except TimeoutError:
            process.kill()
            assert scene.device.image() in (scene.device.old_image, b"a bad image" * 1000)
    run = run or scene.device.once("--trial", trial)
    assert run.status in (0, 3), run   # 0: the answer to 206 had come before the kill
    assert scene.device.image() == scene.device.old_image
    assert scene.taken()[-1] == 206 and scene.taken().count(206) == 1 and 201 not in scene.steps()
    assert scene.task(task)["state"] == "failed"
