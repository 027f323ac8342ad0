# SPDX-License-Identifier: Apache-2.0
"""New images that are no good: reverted, 206 reported, the old one runs, and is not updated again."""

import re
import struct

import mps2
import pytest
from board import Firmware

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
    assert all("store" in scene.board.firmware.place(place) for place in places)
    assert uart.lines_with("fault: data access") and \
        all(line.endswith(" at=0x00100100; reset") for line in uart.lines_with("fault: data access"))
    assert_next_is_good(scene)


@pytest.mark.only("south")
@pytest.mark.parametrize("behaviour, address", [("scribble", "0x21000000"), ("mirror", "0x00500100")])
def test_store_into_flash_or_code_is_a_fault(scene, behaviour, address):
    """Flash may be written by its driver alone, code by nobody, not even where it appears again."""
    task = scene.offer(scene.package("2.0", behaviour))
    uart = scene.board.run()
    assert_reverted(scene, uart, task)
    faults = uart.lines_with("fault: data access")
    assert len(faults) == TRIALS and all(line.endswith(f" at={address}; reset") for line in faults), uart


@pytest.mark.only("south")
def test_trial_that_crashes_when_the_client_has_started(scene):
    task = scene.offer(scene.package("2.0", "late"))
    uart = scene.board.run()
    assert_reverted(scene, uart, task)
    assert uart.versions == ["1.0", *TRIALS * ["2.0"], "1.0"]
    assert uart.values("app: start", "version") == ["1.0", *TRIALS * ["2.0"], "1.0"]
    places = faults_of(uart, "fault: data access")
    assert len(places) == TRIALS, uart
    assert all("store" in scene.board.firmware.place(place) for place in places)
    assert_next_is_good(scene)


@pytest.mark.only("south")
def test_trial_that_hangs(scene):
    task = scene.offer(scene.package("2.0", "hang"))
    uart = scene.board.run(watchdog=3000)
    assert_reverted(scene, uart, task)
    assert uart.values("boot: start", "cause") == ["power-on", "soft", *TRIALS * ["watchdog"]]
    places = faults_of(uart, "watchdog: not fed")
    assert len(places) == TRIALS, uart
    functions = [set(scene.board.firmware.place(place)) for place in places]
    hangs, tick = {"trial_test", "behaves"}, {"bsp_on_tick"}   # which is where a dog may bite as well
    assert all((hangs | tick) & found for found in functions), functions
    assert any(hangs & found for found in functions), functions
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
        assert "store" in board.firmware.place(place)
        power.until("boot: start cause=fault")
    power.kill()
    mps2.make_flash(board.folder, board.old_image)


# -- the self-test wants the server --------------------------------------------------------------

@pytest.mark.only("south")
def test_trial_that_cannot_reach_the_server(scene, relay):
    """Confirmed, it could never be updated again."""
    way = relay(scene.platform.port)
    scene.board.args["port"] = way.port
    task = scene.offer(scene.package("2.0"))
    power = scene.board.start(once=1)
    power.until("machine: state is=mark")
    way.refuse()
    power.until("self-test: the server is not reached")
    power.until("boot: image condition=reverted", timeout=120)
    way.accept()
    uart = power.wait()
    assert not uart.says("update: self-test result"), uart
    assert_reverted(scene, uart, task, "unconfirmed")


@pytest.mark.only("south")
def test_trial_that_reaches_the_server_late(scene, relay):
    """It tries again within the trial."""
    way = relay(scene.platform.port)
    scene.board.args["port"] = way.port
    package = scene.package("2.0")
    task = scene.offer(package)
    power = scene.board.start(once=1)
    power.until("machine: state is=mark")
    way.refuse()
    power.until("self-test: the server is not reached")
    way.accept()
    scene.assert_updated(power.wait(), package, task)


@pytest.mark.only("south")
def test_trial_that_cannot_be_set_up(scene):
    """An image with TLS, for a board without CAs: it must not sit there, or end, but be reverted."""
    task = scene.offer(Firmware("https").package("2.0"))
    uart = scene.board.run()
    assert_reverted(scene, uart, task)
    assert uart.versions == ["1.0", *TRIALS * ["2.0"], "1.0"]
    assert uart.says("tls: no CA in flash") and uart.says("app: cannot be set up on trial; reset")


# -- a boot control that is worn out -------------------------------------------------------------

def assert_given_up(scene, uart, task):
    """What runs is the old image, it knows, and tells. No restart follows."""
    assert uart.status == 3, uart
    assert uart.says("boot: control cannot be written") and uart.versions == ["1.0"], uart
    assert uart.values("boot: image", "condition") == ["reverted"], uart
    assert uart.values("update: ended", "reason") == ["reverted"], uart
    assert scene.taken()[-2:] == [101, 206] and 201 not in scene.steps()
    assert scene.task(task)["state"] == "failed"


@pytest.mark.only("south")
def test_worn_control_before_the_trial(scene):
    task = scene.offer(scene.package("2.0"))
    scene.board.run("-no-reboot")
    assert scene.board.control()["condition"] == "pending"
    assert_given_up(scene, scene.board.run(worn=1), task)
    again = scene.board.run(worn=1)
    assert again.status == 0 and again.versions == ["1.0"], again


@pytest.mark.only("south")
def test_worn_control_during_the_trial(scene):
    task = scene.offer(scene.package("2.0", "silent"))
    power = scene.board.start(once=1)
    power.until("update: self-test begins")
    power.kill()
    assert scene.board.control()["condition"] == "trial"
    assert_given_up(scene, scene.board.run(worn=1), task)
