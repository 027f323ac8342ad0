"""Whole updates of the device: the order of the calls, what they carry, and what is left behind."""

import hashlib
import json
import random
import signal
import subprocess

import pytest

from dialects import FUSE, MARKS


def image_of(size, seed=1):
    return random.Random(seed).randbytes(size)


def whole(dialect):
    """The calls of a whole update."""
    ranges = [call for mark in MARKS for call in ("download", mark)]
    return ["version", "check", "token", *dialect.begin, *ranges, "download", 101, 201, "version"]


def ranges_of(calls):
    """(first, last) of each range asked for."""
    pairs = [call["range"].removeprefix("bytes=").split("-") for call in calls]
    return [(int(first), int(last)) for first, last in pairs]


@pytest.mark.parametrize("kind, codes, member", [
    ("sota", ("100", "10001"), "s_version"), ("fota", ("000", "00001"), "f_version")])
def test_update_whole(scene, dialect, kind, codes, member):
    image = image_of(300_000)
    task = scene.offer(image, type=kind)
    run = scene.device.once(type=kind)

    assert run.status == 0, run
    assert scene.order_of_calls() == whole(dialect)
    assert scene.device.image() == image
    assert scene.task(task)["state"] == "done"
    assert run.errors == []

    version, check, token, *others, last = scene.calls()
    assert json.loads(version["body"]) == {member: "1.0"}
    assert json.loads(last["body"]) == {member: "2.0"}
    query = {"dev_id": scene.ident, "manuf": codes[0], "model": codes[1], "cdn": "false"}
    assert check["query"] == {**({} if dialect is FUSE else query), "version": "1.0",
                              "type": {"fota": "1", "sota": "2"}[kind]}
    assert {call["host"] for call in scene.calls()} == {f"127.0.0.1:{scene.platform.port}"}
    for call in scene.calls():
        loads = call["call"] == "download"
        assert call["dialect"] == dialect.name and call["path"].startswith(f"/{dialect.root}/")
        assert call["authorization"] == (dialect.signs_download or not loads)
        if dialect is FUSE:
            assert call["path"].startswith(f"/fuse-ota/{scene.platform.product}/{scene.name}/")
        else:
            assert call["query"].get("dev_id") == (None if loads else scene.ident)
        assert call["errno"] in (0, None)


def test_update_tells_what_happens(scene, dialect):
    image = image_of(100_000)
    scene.offer(image)
    run = scene.device.once()

    told = [event["event"] for event in run.events if event["event"] not in ("state", "progress")]
    reports = ["report"] * (len(dialect.marks) + 1)
    assert told == ["task", *reports, "ready", "restart", "task", "trial", "report", "done", "idle"]
    md5 = hashlib.md5(image).hexdigest()
    assert run.of("task")[0] == {"event": "task", "target": "2.0", "size": 100_000, "md5": md5,
                                 "type": 1}
    assert run.reports == [(step, 0) for step in [*dialect.marks, 101, 201]]
    percents = [event["percent"] for event in run.of("progress")]
    assert percents == sorted(set(percents)) and percents[-1] == 100
    assert run.of("done") == [{"event": "done", "version": "2.0"}]
    status = scene.device.status()
    assert status["version"] == "2.0" and status["slot"] == 1
    assert status["condition"] == "confirmed" and status["task"] is None


def test_update_asks_for_each_byte_once_in_ranges_that_grow(scene):
    size = 1_500_000
    scene.offer(image_of(size))
    assert scene.device.once().status == 0

    ranges = ranges_of(scene.calls("download"))
    assert [first for first, _ in ranges] == [0, *[last + 1 for _, last in ranges[:-1]]]
    assert ranges[-1][1] == size - 1
    lengths = [last - first + 1 for first, last in ranges]
    assert lengths[:3] == [16384, 32768, 65536] and min(lengths) > 1
    assert scene.downloaded() == size


def test_update_uses_one_connection_until_the_restart(scene):
    scene.offer(image_of(100_000))
    assert scene.device.once().status == 0

    before = {call["connection"] for call in scene.calls() if call["step"] != 201}
    assert len({call["connection"] for call in scene.calls()}) == 2
    assert len(before) == 2   # the version after 201 shares the connection of 201


def test_update_prints_lines_without_json(scene):
    scene.offer(image_of(50_000))
    command = [part for part in scene.device.command("--once") if part != "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)

    assert done.returncode == 0
    assert "task: target 2.0, 50000 bytes, full package\n" in done.stdout
    assert "report: 101, answered 0\n" in done.stdout
    assert "done: version 2.0\n" in done.stdout
    assert "\r" not in done.stdout   # a bar is for terminals


def test_update_after_update_uses_the_other_slot(scene):
    for number, slot in ((2, 1), (3, 0), (4, 1)):
        image = image_of(20_000, seed=number)
        scene.offer(image, target=f"{number}.0")
        assert scene.device.once().status == 0
        assert scene.device.image() == image
        status = scene.device.status()
        assert (status["version"], status["slot"]) == (f"{number}.0", slot)


@pytest.mark.rows(
    "size", south=[1, 2, 3, 16, 17, 4095, 4096, 4097, 16384, 16385, 16386], fuse=[1, 2, 3, 16385])
def test_update_of_any_size(scene, size):
    image = image_of(size)
    task = scene.offer(image)
    run = scene.device.once()

    assert run.status == 0, run
    assert scene.device.image() == image
    assert scene.task(task)["state"] == "done"
    asked = scene.calls("download")
    if size == 1:
        assert [call["range"] for call in asked] == [None]
    else:
        assert all(last > first for first, last in ranges_of(asked))
    assert sorted(set(scene.steps())) == scene.steps()


@pytest.mark.parametrize("image", [b"\xff" * 40_000, b"\0" * 40_000, b"\xff" * 20_000 + b"\0" * 20_003],
                         ids=["erased", "zeros", "both"])
def test_update_of_any_content(scene, image):
    scene.offer(image)
    assert scene.device.once().status == 0
    assert scene.device.image() == image


@pytest.mark.parametrize("size, reported", [(8192, [10, 20, 30, 40, 50, 60, 70, 80, 90]), (20, [80])])
def test_update_reports_each_percentage_once(scene, dialect, size, reported):
    scene.offer(image_of(size))
    run = scene.device.once()
    assert run.status == 0, run
    assert scene.steps() == [*dialect.begin, *reported, 101, 201]


def test_update_nothing_to_do(scene):
    run = scene.device.once()
    assert run.status == 0
    assert scene.order_of_calls() == ["version", "check"]
    assert run.of("idle")[-1]["reason"] == "none"
    assert scene.device.image() == scene.device.old_image


def test_update_to_the_running_version_reports_the_version(scene):
    scene.offer(image_of(100))
    scene.faults({"call": "check", "data": {"target": "1.0"}})
    run = scene.device.once()
    assert run.status == 0, run
    assert scene.order_of_calls() == ["version", "check", "version"]


@pytest.mark.parametrize("options, data", [
    ({"slot_size": 4096}, {}), ({}, {"size": 0}), ({}, {"size": 2**31}), ({}, {"size": 2**40})],
    ids=["slot", "zero", "2^31", "2^40"])
def test_update_that_does_not_fit_is_102(scene, options, data):
    task = scene.offer(image_of(5000))
    scene.faults({"call": "check", "data": data})
    run = scene.device.once(**options)

    assert run.status == 3, run
    assert scene.order_of_calls() == ["version", "check", "token", 102]
    assert scene.task(task)["reason"] == "download: no space" and "space" in run.reasons
    assert scene.device.image() == scene.device.old_image


def test_update_as_large_as_the_slot(scene):
    image = image_of(64 * 1024)
    scene.offer(image)
    assert scene.device.once(slot_size=64 * 1024).status == 0
    assert scene.device.image() == image


@pytest.mark.parametrize("trial, reason", [("fail", "rejected"), ("crash", "reverted")])
def test_update_whose_trial_fails_is_206(scene, dialect, trial, reason):
    task = scene.offer(image_of(30_000))
    run = scene.device.once("--trial", trial)

    assert run.status == 3, run
    assert scene.steps() == [*dialect.marks, 101, 206]
    assert scene.order_of_calls()[-1] == "version"
    assert json.loads(scene.calls("version")[-1]["body"]) == {"s_version": "1.0"}
    assert scene.task(task)["state"] == "failed" and reason in run.reasons
    assert len(run.of("restart")) == (2 if trial == "fail" else 1)
    assert scene.device.image() == scene.device.old_image
    status = scene.device.status()
    assert status["version"] == "1.0" and status["pending"] is None
    assert scene.device.once().status == 0   # and it is not offered again


def test_update_after_a_failed_trial(scene):
    scene.offer(image_of(30_000))
    assert scene.device.once("--trial", "fail").status == 3
    image = image_of(31_000, seed=2)
    scene.offer(image, target="2.1")
    assert scene.device.once().status == 0
    assert scene.device.image() == image


def test_update_with_a_wrong_md5_is_downloaded_once_more_then_205(scene, dialect):
    size = 60_000
    task = scene.offer(image_of(size))
    scene.faults({"call": "check", "data": {"md5": "0" * 32}})
    run = scene.device.once()

    assert run.status == 3, run
    assert scene.steps() == [*dialect.marks, 205]
    assert scene.downloaded() == 2 * size
    assert scene.task(task)["reason"] == "upgrade: MD5 failed"
    assert run.reasons == ["digest", "digest"]
    assert scene.device.image() == scene.device.old_image


def test_update_spoilt_once_on_its_way_is_downloaded_once_more(scene, dialect):
    image = image_of(60_000)
    task = scene.offer(image)
    scene.faults({"call": "download", "nth": 2, "flip": 1000})
    run = scene.device.once()

    assert run.status == 0, run
    assert scene.steps() == [*dialect.marks, 101, 201]
    assert scene.downloaded() == 2 * len(image)
    assert scene.device.image() == image and scene.task(task)["state"] == "done"


def test_update_md5_in_capitals(scene):
    image = image_of(20_000)
    scene.offer(image)
    scene.faults({"call": "check", "data": {"md5": hashlib.md5(image).hexdigest().upper()}})
    assert scene.device.once().status == 0


DEVICE_KEY, PRODUCT_KEY = "b25lb3RhLWRlbW8tZGV2aWNlLWtleQ==", "b25lb3RhLWRlbW8tcHJvZHVjdC1rZXk="
USER = {"res": "userid/112", "auth_version": "2022-05-01", "key": "b25lb3RhLWRlbW8tdXNlci1rZXk="}


@pytest.mark.rows(
    "options",
    south=[{"sign": "md5"}, {"sign": "sha256"}, {"res": "device", "key": DEVICE_KEY},
           {"key": PRODUCT_KEY.rstrip("=")}, {"res": "products/100001"}],
    fuse=[{"sign": "md5"}, {"sign": "sha256"}, {"res": "product", "key": PRODUCT_KEY},
          {"key": DEVICE_KEY.rstrip("=")}, {"auth_version": "2022-05-01"}, USER,
          {**USER, "sign": "sha256"}])
def test_update_with_other_authorization(scene, options):
    if options.get("res") == "device":
        options = {**options, "device_name": f"device-{scene.ident}"}
    scene.offer(image_of(3000))
    run = scene.device.once(**options)
    assert run.status == 0, run


def test_update_with_the_key_in_a_file_or_in_the_environment(scene, tmp_path):
    key = scene.device.options["key"]
    (tmp_path / "key").write_text(key + "\n")
    assert scene.device.once(key=f"@{tmp_path}/key").status == 0
    assert scene.device.once(key=None, env={"ONEOTA_KEY": key}).status == 0
    scene.offer(image_of(3000))
    run = scene.device.once()
    assert run.status == 0 and key not in run.log and key not in str(run.events)


def test_update_writes_no_token_and_no_authorization_anywhere(scene):
    task = scene.offer(image_of(30_000))
    run = scene.device.once()
    token = scene.task(task)["token"] or "ota_"   # the other dialect has none
    for text in (run.log, str(run.events), str(scene.device.status())):
        assert token not in text and "sign=" not in text and "products%2F" not in text


def test_update_host_header_is_as_told(scene):
    scene.offer(image_of(3000))
    assert scene.device.once("--host", "ota.heclouds.com").status == 0
    assert {call["host"] for call in scene.calls()} == {"ota.heclouds.com"}


@pytest.mark.only("south")
def test_update_with_other_codes_fails_the_task(scene):
    task = scene.offer(image_of(3000))
    run = scene.device.once("--manuf", "101", "--model", "10101")
    assert run.status == 3 and "mismatch" in run.reasons
    assert scene.steps() == [] and scene.task(task)["state"] == "failed"


def test_update_status_while_it_runs(scene):
    scene.offer(image_of(200_000))
    scene.faults({"call": "download", "rate": 400_000})
    process = scene.device.start("--once")
    process.until("progress", percent=30)
    status = scene.device.status()
    assert status["version"] == "1.0" and status["task"]["target"] == "2.0"
    assert status["task"]["size"] == 200_000 and status["task"]["stored"] > 0
    assert scene.device.image() == scene.device.old_image
    assert process.wait().status == 0


def test_update_ended_by_a_signal_goes_on_later(scene):
    image = image_of(200_000)
    scene.offer(image)
    scene.faults({"call": "download", "rate": 400_000})
    process = scene.device.start("--once")
    process.until("progress", percent=50)
    assert process.kill(signal.SIGTERM).status == 128 + signal.SIGTERM
    calls = len(scene.calls())
    run = scene.device.once()
    assert run.status == 0, run
    assert scene.order_of_calls()[:3] == ["version", "check", "token"]
    assert scene.calls()[calls]["call"] == "token"   # no version, no check
    assert scene.downloaded() < len(image) + 64 * 1024
    assert scene.device.image() == image


def test_update_runs_on_when_the_device_stays(scene):
    """Without --once: goes on where it was, and then waits for the next check."""
    image = image_of(100_000)
    scene.offer(image)
    scene.faults({"call": "download", "rate": 400_000})
    process = scene.device.start("--once")
    process.until("progress", percent=50)
    process.kill()
    scene.faults()
    process = scene.device.start()
    assert process.until("done")["version"] == "2.0"
    assert process.until("idle")["sleep_ms"] >= 3_000_000
    assert process.is_running()
    assert process.kill(signal.SIGINT).status == 128 + signal.SIGINT


def test_update_lost_answers_to_101_and_201_count_as_delivered(scene, dialect):
    lost = {"close_at": 0, "from": "reply", "nth": 1}
    task = scene.offer(image_of(30_000))
    scene.faults({"call": "progress", "step": 101, **lost}, {"call": "progress", "step": 201, **lost})
    run = scene.device.once()
    assert run.status == 0, run
    assert scene.steps() == [*dialect.marks, 101, 101, 201, 201]
    assert run.reports[-2:] == [(201, -1), (201, dialect.done)]
    assert scene.task(task)["state"] == "done"
