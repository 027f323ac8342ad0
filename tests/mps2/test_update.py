# SPDX-License-Identifier: Apache-2.0
"""Whole updates of the board over HTTP: the order of the calls, and what is left in flash."""

import json
import struct
import subprocess
import sys

import mps2
import pytest
from board import BUILD, ROOT, Board, Firmware
from dialects import MARKS, SOUTH
from relay import Dns

MPS2 = ROOT / "examples" / "mps2" / "mps2.py"


@pytest.fixture
def dns():
    running = Dns(None)
    yield running
    running.stop()


def whole(dialect):
    """The calls of a whole update."""
    ranges = [call for mark in MARKS for call in ("download", mark)]
    return ["version", "check", "token", *dialect.begin, *ranges, "download", 101, 201, "version"]


def test_update_whole(scene, dialect):
    package = scene.package("2.0")
    task = scene.offer(package)
    uart = scene.board.run()

    scene.assert_updated(uart, package, task)
    assert scene.order_of_calls() == whole(dialect)
    version, *_, last = scene.calls()
    assert json.loads(version["body"]) == {"s_version": "1.0"}
    assert json.loads(last["body"]) == {"s_version": "2.0"}
    assert {call["dialect"] for call in scene.calls()} == {dialect.name}
    assert scene.downloaded() == len(package)
    assert scene.board.control() == {
        "written": True, "running": 1, "condition": "confirmed", "attempts": 0,
        "size": (len(scene.board.old_image), len(package)), "version": ("1.0", "2.0")}

    assert uart.versions == ["1.0", "2.0"]
    assert uart.values("boot: start", "cause") == ["power-on", "soft"]
    assert uart.values("update: task", "target") == ["2.0", "2.0"]
    tens = [percent // 10 for percent in uart.values("update: progress", "percent")]
    assert tens == [*range(1, 11)]
    assert uart.steps == [*dialect.marks, 101, 201]
    assert uart.values("update: self-test", "result") == ["pass"]
    assert uart.values("update: done", "version") == ["2.0"]
    told = [line.split(maxsplit=1)[1] for line in uart.lines if " W " in line or " E " in line]
    assert told == ["W start: credentials go over plain HTTP"] * 2, uart


@pytest.mark.only("fuse")
def test_update_in_the_oldest_dialect(scene):
    """studio knows a device as fuse does."""
    package = scene.package("2.0")
    task = scene.offer(package)
    uart = scene.board.run(dialect="studio")
    scene.assert_updated(uart, package, task)
    assert {call["dialect"] for call in scene.calls()} == {"studio"}


@pytest.mark.only("south")
def test_update_nothing_to_do_writes_the_version_once(scene):
    first, second = scene.board.run(), scene.board.run()
    assert (first.status, second.status) == (0, 0)
    assert scene.order_of_calls() == ["version", "check", "version", "check"]
    assert second.operations == 0
    scene.assert_untouched()


def test_update_there_and_back(scene):
    for version, slot in (("2.0", 1), ("1.0", 0), ("2.0", 1)):
        package = scene.package(version)
        task = scene.offer(package, target=version)
        scene.assert_updated(scene.board.run(), package, task)
        assert scene.board.control()["running"] == slot


@pytest.mark.only("south")
def test_update_as_large_as_the_slot(scene):
    payload = scene.board.firmware.payload()
    fill = bytes(mps2.SLOT_BYTES - mps2.HEADER_BYTES - len(payload))
    package = mps2.pack(payload + fill, "2.0")
    assert len(package) == mps2.SLOT_BYTES
    task = scene.offer(package)
    scene.assert_updated(scene.board.run(), package, task)


@pytest.mark.only("south")
def test_update_found_while_the_board_runs(scene):
    """Without `once`: checks again and again, updates, and then checks again."""
    power = scene.board.start(poll=1, once=None)
    power.until("update: idle reason=none")
    package = scene.package("2.0")
    task = scene.offer(package)
    power.until("update: done version=2.0")
    power.until("call: check code=11")
    power.kill()
    assert scene.board.running() == package and scene.task(task)["state"] == "done"


@pytest.mark.only("south")
def test_update_sleeps_while_nothing_is_to_do(scene, tmp_path):
    power = scene.board.start(once=None, poll=5)
    power.until("update: idle reason=none")
    start = mps2.LOAD + mps2.HEADER_BYTES + 8
    loop = mps2.pack(struct.pack("<2IH", 0x20010000, start | 1, 0xE7FE), "1.0")   # b .
    never_sleeps = Board(tmp_path / "loop", Firmware(), loop)
    try:
        busy = never_sleeps.start()
        busy.until("boot: image version=1.0")
        before = cpu_seconds(power), cpu_seconds(busy)
        with pytest.raises(TimeoutError):
            power.wait(timeout=3)
        asleep, awake = cpu_seconds(power) - before[0], cpu_seconds(busy) - before[1]
    finally:
        never_sleeps.end()
    assert asleep < awake / 2, (asleep, awake)   # at the same time, on the same machine
    power.kill()


def cpu_seconds(power):
    with open(f"/proc/{power.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


# -- names -------------------------------------------------------------------------------------

@pytest.mark.only("south")
def test_update_from_a_name(scene, dns):
    dns.answer = "10.0.2.2"
    package = scene.package("2.0")
    task = scene.offer(package)
    uart = scene.board.run(server="ota.test", dns="10.0.2.2", dns_port=dns.port)
    scene.assert_updated(uart, package, task)
    assert set(dns.asked) == {"ota.test"}
    assert {call["host"].partition(":")[0] for call in scene.calls()} == {"ota.test"}


@pytest.mark.only("south")
@pytest.mark.parametrize("answer", [None, ""], ids=["no such name", "no answer"])
def test_name_not_found_is_told_and_asked_for_again(scene, dns, answer):
    dns.answer = answer
    package = scene.package("2.0")
    task = scene.offer(package)
    power = scene.board.start(server="ota.test", dns="10.0.2.2", dns_port=dns.port, once=None,
                              poll=1)
    power.until("W tcp: failed why=no such name, or no answer from the DNS server")
    assert scene.calls() == [] and set(dns.asked) == {"ota.test"}
    dns.answer = "10.0.2.2"
    power.until("update: done version=2.0")
    power.kill()
    assert scene.board.running() == package and scene.task(task)["state"] == "done"


# -- settings ----------------------------------------------------------------------------------

@pytest.mark.only("south")
@pytest.mark.parametrize("args, line", [
    ({"port": 99999}, "E settings: 1 to 65535, not port=99999"),
    ({"port": "eighty"}, "E settings: 1 to 65535, not port=eighty"),
    ({"poll": 0}, "E settings: 1 to 2000000 s, not poll=0"),
    ({"dialect": "latin"}, "E settings: south, fuse or studio, not dialect=latin"),
    ({"dns": "here"}, "E settings: an address, not dns=here"),
    ({"server": ""}, "E settings: may not be empty: server="),
    ({"key": "not*base64"}, "E init: refused because=image, identity (key in base64?) or host")], ids=lambda value: str(value)[:40])
def test_settings_that_are_wrong_are_named(scene, args, line):
    uart = scene.board.run(**args)
    assert uart.status == 2, uart
    assert [said for said in uart.lines if " E " in said and line in said], uart
    assert scene.calls() == []


# -- the host's script, all along --------------------------------------------------------------

@pytest.mark.only("south")
def test_update_with_the_script(scene, tmp_path):
    def script(*words):
        done = subprocess.run([sys.executable, str(MPS2), *words], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == 0, done
        return done.stdout

    elf, new, state = str(Firmware().elf), tmp_path / "2.0.pkg", str(tmp_path / "state")
    script("pack", elf, "--version", "1.0", "--out", str(tmp_path / "1.0.pkg"))
    script("pack", elf, "--version", "2.0", "--out", str(new))
    assert new.read_bytes() == scene.package("2.0")
    script("flash", "--state", state, "--image", str(tmp_path / "1.0.pkg"))
    task = scene.offer(new.read_bytes())
    args = [word for name, value in scene.board.args.items() for word in
            ("--arg", f"{name.replace('_', '-')}={value}")]
    out = script("run", "--state", state, "--boot", str(BUILD / "boot.elf"), *args, "--arg", "once=1")
    assert "update: done version=2.0" in out and scene.task(task)["state"] == "done"
    told = script("info", "--state", state).splitlines()
    assert told[:3] == ["control: running=1 condition=confirmed",
                        f"slot 0: version=1.0 bytes={len(scene.package('1.0'))} whole",
                        f"slot 1: version=2.0 bytes={len(new.read_bytes())} whole"]
    assert told[3].startswith("journal: types 1 ") and SOUTH.name not in told[3]
