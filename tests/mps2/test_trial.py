# SPDX-License-Identifier: Apache-2.0
"""New images that are no good: reverted, 206 reported, the old one runs, and is not updated again."""

import re
import struct

import mps2
import pytest

TRIALS = 3   # starts that a new image gets


def faults_of(uart, kind):
    """The places that the lines of a fault or of the watchdog name: pc of each."""
    lines = [re.search(rf"E {kind}.* pc=(0x[0-9a-f]+) lr=0x[0-9a-f]+.*; reset$", line) for line in uart.lines]
    return [match[1] for match in lines if match]


def assert_reverted(scene, uart, task, reason="reverted"):
    board = scene.board
    assert uart.status == 3, uart
    assert uart.values("update: ended", "reason") == [reason] and uart.values("update: ended", "step") == [206]
    assert scene.taken()[-2:] == [101, 206] and 201 not in scene.steps()
    assert scene.task(task)["state"] == "failed"
    assert board.running() == board.old_image and board.control()["condition"] == "reverted"
    assert uart.versions[-1] == "1.0"

    calls = len(scene.calls())
    again = board.run()
    assert again.status == 0 and again.versions == ["1.0"], again
    assert [call["call"] for call in scene.calls()[calls:]][-1] == "check"
    assert not [call for call in scene.calls()[calls:] if call["call"] in ("token", "download")]


def assert_next_is_good(scene):
    package = scene.package("2.1")
    task = scene.offer(package, target="2.1")
    scene.assert_updated(scene.board.run(), package, task)


def test_trial_that_crashes_at_start(scene):
    task = scene.offer(scene.package("2.0", "crash"))
    uart = scene.board.run()
    assert_reverted(scene, uart, task)
    assert uart.versions == ["1.0", *TRIALS * ["2.0"], "1.0"]
    assert uart.values("boot: trial", "attempts") == [3, 2, 1]
    assert uart.values("boot: start", "cause") == ["power-on", "soft", *TRIALS * ["fault"]]
    places = faults_of(uart, "fault: data access")
    assert len(places) == TRIALS, uart
    assert all("trial_start" in scene.board.firmware.place(place) for place in places)
    assert_next_is_good(scene)


@pytest.mark.only("south")
def test_trial_that_crashes_when_the_client_has_started(scene):
    task = scene.offer(scene.package("2.0", "late"))
    uart = scene.board.run()
    assert_reverted(scene, uart, task)
    assert uart.versions == ["1.0", *TRIALS * ["2.0"], "1.0"]
    assert uart.values("app: start", "version") == ["1.0", *TRIALS * ["2.0"], "1.0"]
    places = faults_of(uart, "fault: data access")
    assert len(places) == TRIALS, uart
    assert all("trial_test" in scene.board.firmware.place(place) for place in places)
    assert_next_is_good(scene)


@pytest.mark.only("south")
def test_trial_that_hangs(scene):
    task = scene.offer(scene.package("2.0", "hang"))
    uart = scene.board.run(watchdog=3000)
    assert_reverted(scene, uart, task)
    assert uart.values("boot: start", "cause") == ["power-on", "soft", *TRIALS * ["watchdog"]]
    places = faults_of(uart, "watchdog: not fed")
    assert len(places) == TRIALS, uart
    functions = [scene.board.firmware.place(place) for place in places]
    assert all({"trial_test", "behaves"} & set(found) for found in functions), functions
    assert_next_is_good(scene)


def stuck_image(version):
    """Does nothing, with interrupts off, and does nothing in its NMI handler either."""
    start = mps2.LOAD + mps2.HEADER_BYTES + 48 * 4
    stay = start + 2
    vectors = struct.pack("<48I", 0x20008000, start | 1, *46 * [stay | 1])
    return mps2.pack(vectors + struct.pack("<2H", 0xB672, 0xE7FE), version)   # cpsid i; b .


@pytest.mark.only("south")
def test_trial_that_hangs_with_interrupts_off(scene):
    """The second time-out of the watchdog resets by itself."""
    task = scene.offer(stuck_image("2.0"))
    uart = scene.board.run(watchdog=2000)
    assert_reverted(scene, uart, task)
    assert uart.versions == ["1.0", *TRIALS * ["2.0"], "1.0"]
    assert uart.values("boot: start", "cause") == ["power-on", "soft", *TRIALS * ["watchdog"]]
    assert_next_is_good(scene)


@pytest.mark.only("south")
def test_trial_that_never_confirms(scene):
    task = scene.offer(scene.package("2.0", "silent"))
    uart = scene.board.run(timeout=120)
    assert_reverted(scene, uart, task, "unconfirmed")
    assert uart.versions[-2:] == ["2.0", "1.0"]
    assert_next_is_good(scene)


def test_trial_whose_self_test_fails(scene):
    task = scene.offer(scene.package("2.0", "reject"))
    uart = scene.board.run()
    assert_reverted(scene, uart, task, "rejected")
    assert uart.values("update: self-test", "result") == ["fail"]
    assert uart.versions == ["1.0", "2.0", "1.0"]
    assert_next_is_good(scene)


@pytest.mark.only("south")
def test_trial_that_loses_power_is_counted(scene):
    """An image that was not confirmed gets so many starts, whatever ends them."""
    task = scene.offer(scene.package("2.0", "silent"))
    for left in range(TRIALS, 0, -1):
        power = scene.board.start(once=1)
        power.until(f"boot: trial attempts={left}")
        power.until("update: self-test begins")
        power.kill()
    assert_reverted(scene, scene.board.run(), task)


@pytest.mark.only("south")
def test_running_image_that_crashes_is_started_again(scene):
    """Not on trial: nothing to revert to. The line names the place, and the board goes on."""
    board = scene.board
    mps2.make_flash(board.folder, scene.package("1.0", "crash"))
    power = board.start()
    for _ in range(TRIALS + 2):
        line = power.until("E fault: data access pc=")
        place = re.search(r"pc=(0x[0-9a-f]+)", line)[1]
        assert "trial_start" in board.firmware.place(place)
        power.until("boot: start cause=fault")
    power.kill()
    mps2.make_flash(board.folder, board.old_image)
