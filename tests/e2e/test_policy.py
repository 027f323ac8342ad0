"""When the device waits, goes on or gives up: battery and signal, what the operator orders meanwhile,
tokens that grow old, other devices' tasks."""

import random
import time
import urllib.request

import pytest

from device import Scene

IMAGE = random.Random(3).randbytes(100_000)
MARKS = [10, 20, 30, 40, 50, 60, 70, 80, 90]
UPDATED, ENDED, POSTPONED = 0, 3, 5
SLOW = {"call": "download", "rate": 400_000}   # a quarter of a second for the whole image


@pytest.fixture
def level(tmp_path):
    """A battery, or an antenna, as a file: level(20) writes it."""
    path = tmp_path / "level"

    def write(value):
        path.write_text(f"{value}\n")
        return str(path)
    return write


# -- battery and signal: only one dialect has thresholds ---------------------------------------

@pytest.mark.parametrize("name", ["battery", "signal"])
@pytest.mark.parametrize("value, status", [(49, POSTPONED), (50, UPDATED), (51, UPDATED), (-1, UPDATED),
                                           (0, POSTPONED)])
@pytest.mark.only("south")
def test_gate_passes_from_the_threshold_on(scene, name, value, status):
    scene.offer(IMAGE, power=50, signal=50)
    run = scene.device.once(**{name: value})
    assert run.status == status, run
    assert bool(scene.calls("token")) == (status == UPDATED)
    if status == POSTPONED:
        assert run.errors == [(name, value)] and scene.steps() == []


@pytest.mark.parametrize("name", ["battery", "signal"])
@pytest.mark.only("south")
def test_gate_without_retries_waits_until_it_opens(scene, level, name):
    scene.offer(IMAGE, power=50, signal=50, retry=0)
    file = level(10)
    for _ in range(3):
        assert scene.device.once(**{name: file}).status == POSTPONED
    assert scene.device.status()["attempts"] == 0
    assert scene.order_of_calls() == ["version", "check"]   # the task is known from then on
    level(80)
    assert scene.device.once(**{name: file}).status == UPDATED


@pytest.mark.only("south")
def test_gate_opens_while_the_device_waits(scene, level):
    scene.offer(IMAGE, power=50)
    assert scene.device.once(battery=level(10)).status == POSTPONED
    process = scene.device.start(battery=level(10))
    process.until("error", reason="battery")
    level(60)
    assert process.until("done")["version"] == "2.0"


@pytest.mark.parametrize("name, step, reason", [
    ("battery", 105, "download: low power"), ("signal", 106, "download: bad signal")])
@pytest.mark.only("south")
def test_gate_that_stays_closed_uses_up_the_rounds(scene, name, step, reason):
    task = scene.offer(IMAGE, power=50, signal=50, retry=2)
    for attempts in (1, 2):
        assert scene.device.once(**{name: 10}).status == POSTPONED
        assert scene.device.status()["attempts"] == attempts   # survives a restart
    assert scene.device.once(**{name: 10}).status == ENDED
    assert scene.steps() == [step] and scene.task(task)["reason"] == reason


@pytest.mark.parametrize("name, value", [("battery", "10"), ("signal", "10")])
@pytest.mark.only("south")
def test_gate_that_closes_before_the_install_is_202(scene, level, name, value):
    task = scene.offer(IMAGE[:5000], power=50, signal=50, retry=1)
    scene.faults({"call": "progress", "step": 101, "delay_ms": 300})
    process = scene.device.start("--once", **{name: level(80)})
    process.until("state", to="downloaded")
    level(value)
    run = process.wait()
    assert run.status == POSTPONED, run
    assert scene.steps()[-1] == 101
    assert scene.device.once(**{name: level(value)}).status == ENDED
    assert scene.steps()[-1] == 202 and scene.task(task)["reason"] == "upgrade: low power"
    assert scene.device.image() == scene.device.old_image


@pytest.mark.only("south")
def test_gate_that_closes_before_the_install_waits_without_retries(scene, level):
    scene.offer(IMAGE[:5000], power=50)
    scene.faults({"call": "progress", "step": 101, "delay_ms": 300})
    process = scene.device.start("--once", battery=level(80))
    process.until("state", to="downloaded")
    level(10)
    assert process.wait().status == POSTPONED
    assert scene.device.once(battery=level(10)).status == POSTPONED
    before = len(scene.calls())
    assert scene.device.once(battery=level(90)).status == UPDATED
    assert [call["step"] or call["call"] for call in scene.calls()[before:]] == [201, "version"]


# -- rounds ------------------------------------------------------------------------------------

@pytest.mark.only("south")
def test_rounds_survive_restarts(scene):
    task = scene.offer(IMAGE, retry=2, interval=0)
    scene.faults({"call": "download", "close_at": 0, "from": "reply"})
    for _ in range(2):
        process = scene.device.start("--once", retry_floor="60")
        process.until("state", to="wait")
        process.kill()
    assert scene.device.status()["attempts"] == 2
    process = scene.device.start("--once", retry_floor="0.01")
    assert process.wait().status == ENDED
    assert scene.steps() == [104] and scene.task(task)["state"] == "failed"


@pytest.mark.only("south")
def test_round_begins_with_the_interval_of_the_task(scene):
    scene.offer(IMAGE, retry=1, interval=1)
    scene.faults({"call": "download", "close_at": 0, "from": "reply", "count": 9})
    run = scene.device.once()
    assert run.status == UPDATED, run
    assert 1000 in [event["sleep_ms"] for event in run.of("idle")]


@pytest.mark.only("south")
def test_round_floor_is_the_least_interval(scene):
    scene.offer(IMAGE, retry=1, interval=0)
    scene.faults({"call": "download", "close_at": 0, "from": "reply", "count": 9})
    run = scene.device.once(retry_floor="0.25")
    assert run.status == UPDATED, run
    assert 250 in [event["sleep_ms"] for event in run.of("idle")]


# -- the operator ------------------------------------------------------------------------------

@pytest.fixture
def halfway(scene):
    """A device in the middle of its download: (scene, task, process)."""
    task = scene.offer(IMAGE, expiry=0)
    scene.faults(SLOW)
    process = scene.device.start("--once")
    process.until("progress", percent=30)
    return scene, task, process


def test_pause_before_the_check(scene):
    task = scene.offer(IMAGE)
    scene.platform.order(task, "pause")
    assert scene.device.once().status == POSTPONED
    assert scene.order_of_calls() == ["version", "check"]
    scene.platform.order(task, "resume")
    assert scene.device.once().status == UPDATED


def test_pause_during_the_download_holds_the_install(halfway):
    scene, task, process = halfway
    scene.platform.order(task, "pause")
    run = process.wait()
    assert run.status == POSTPONED, run
    assert scene.steps()[-1] == 101 and run.of("ready") == []
    assert scene.device.status()["pending"] == 101
    scene.platform.order(task, "resume")
    before = len(scene.calls())
    run = scene.device.once()
    assert run.status == UPDATED, run
    assert [call["step"] or call["call"] for call in scene.calls()[before:]] == [101, 201, "version"]
    assert scene.device.status()["attempts"] == 0   # a pause uses no round


def test_pause_and_resume_during_the_download_is_not_noticed(halfway):
    scene, task, process = halfway
    scene.platform.order(task, "pause")
    scene.platform.order(task, "resume")
    assert process.wait().status == UPDATED


def test_cancel_during_the_download_installs_nothing(halfway):
    scene, task, process = halfway
    scene.platform.order(task, "cancel")
    run = process.wait()
    assert run.status == ENDED, run
    assert max(scene.steps()) == 101 and run.of("ended")[-1]["reason"] == "cancelled"
    assert scene.task(task)["state"] == "cancelled"
    assert scene.device.image() == scene.device.old_image and scene.device.status()["task"] is None


def test_expire_during_the_download_installs_nothing(halfway):
    scene, task, process = halfway
    scene.platform.order(task, "expire")
    run = process.wait()
    assert run.status == ENDED, run
    assert max(scene.taken()) < 100 and run.of("ended")[-1]["reason"] == "over"
    assert not [step for step in scene.steps() if step > 101]
    assert scene.device.image() == scene.device.old_image and scene.device.status()["task"] is None


@pytest.mark.parametrize("order, status", [("cancel", ENDED), ("expire", ENDED), ("pause", POSTPONED)])
def test_order_between_check_and_token_check(scene, order, status):
    task = scene.offer(IMAGE)
    scene.faults({"call": "check", "delay_ms": 300})   # the answer is made, and then waits
    process = scene.device.start("--once")
    process.until("state", to="check")
    time.sleep(0.15)
    scene.platform.order(task, order)
    run = process.wait()
    assert run.status == status, run
    assert scene.order_of_calls() == ["version", "check", "token"]


@pytest.mark.parametrize("order", ["cancelled", "expired"])
def test_order_after_101_comes_too_late(scene, dialect, order):
    task = scene.offer(IMAGE)
    scene.faults({"call": "progress", "step": 101, "delay_ms": 300})
    process = scene.device.start("--once")
    process.until("state", to="downloaded")
    time.sleep(0.15)
    scene.platform.order(task, {"cancelled": "cancel", "expired": "expire"}[order])
    run = process.wait()
    assert run.status == UPDATED, run
    assert run.reports[-1] == (201, getattr(dialect, order))
    assert scene.device.image() == IMAGE


def test_expiry_of_the_task_during_the_download(scene):
    task = scene.offer(IMAGE, expiry=1)
    scene.faults({"call": "download", "rate": 60_000})
    run = scene.device.once()
    assert run.status == ENDED, run
    assert scene.task(task)["state"] == "expired" and not [s for s in scene.steps() if s > 101]


def test_task_replaced_by_another_meanwhile(halfway):
    scene, task, process = halfway
    scene.platform.order(task, "expire")
    other = random.Random(4).randbytes(50_000)
    second = scene.offer(other, target="3.0")
    run = process.wait()
    if run.status == ENDED:
        run = scene.device.once()
    assert run.status == UPDATED, run
    assert scene.device.image() == other and scene.task(second)["state"] == "done"
    assert scene.task(task)["state"] == "expired"


@pytest.mark.only("south")
def test_two_tasks_one_after_the_other(scene):
    first = scene.offer(IMAGE, target="2.0")
    second = scene.offer(IMAGE[::-1], target="3.0")
    assert scene.device.once().status == UPDATED
    assert scene.device.once().status == UPDATED
    assert scene.device.image() == IMAGE[::-1] and scene.device.status()["version"] == "3.0"
    assert [scene.task(number)["state"] for number in (first, second)] == ["done", "done"]


# -- tokens ------------------------------------------------------------------------------------

@pytest.mark.only("south")
def test_token_that_expires_during_the_download_is_replaced(start_platform, tmp_path, dialect):
    platform = start_platform("--token-life", "1")
    scene = Scene(platform, tmp_path, dialect)
    task = scene.offer(IMAGE)
    scene.faults({"call": "download", "rate": 70_000})
    run = scene.device.once()
    assert run.status == UPDATED, run
    assert scene.task(task)["state"] == "done" and scene.device.image() == IMAGE
    assert len(scene.calls("check")) >= 2
    assert scene.downloaded() < len(IMAGE) + 1000   # the stored bytes are kept


@pytest.mark.only("south")
def test_token_that_expires_while_the_device_is_off_is_replaced(start_platform, tmp_path, dialect):
    platform = start_platform("--token-life", "1")
    scene = Scene(platform, tmp_path, dialect)
    scene.offer(IMAGE)
    scene.faults(SLOW)
    process = scene.device.start("--once")
    process.until("progress", percent=50)
    process.kill()
    time.sleep(1.2)
    run = scene.device.once()
    assert run.status == UPDATED, run
    assert scene.downloaded() < len(IMAGE) + 64 * 1024
    assert scene.order_of_calls()[-1] == "version"


@pytest.mark.only("south")
def test_token_that_is_not_the_newest_any_more_is_replaced(scene):
    """15: somebody checked for this device meanwhile."""
    scene.offer(IMAGE)
    scene.faults(SLOW)
    process = scene.device.start("--once")
    process.until("progress", percent=50)
    process.kill()
    query = f"dev_id={scene.ident}&manuf=100&model=10001&type=2&version=1.0&cdn=false"
    check = urllib.request.Request(f"{scene.platform.url}/ota/south/check?{query}",
                                   headers={"Authorization": scene.platform.authorization()})
    urllib.request.urlopen(check).close()
    run = scene.device.once()
    assert run.status == UPDATED, run
    assert [call["errno"] for call in scene.calls("token")] == [0, 15, 0]
    assert scene.downloaded() < len(IMAGE) + 64 * 1024


def test_token_with_another_package_behind_it_starts_over(halfway):
    """The same target again, other bytes: nothing that is stored counts."""
    scene, task, process = halfway
    process.kill()
    scene.platform.order(task, "cancel")
    other = random.Random(5).randbytes(len(IMAGE))
    scene.offer(other)
    assert scene.device.once().status == ENDED
    assert scene.device.once().status == UPDATED
    assert scene.device.image() == other
