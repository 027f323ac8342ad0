# SPDX-License-Identifier: Apache-2.0
"""The board on links and with servers that misbehave: the download goes on, with the reason on the UART."""

import json
import pathlib
import shutil
import socket
import tempfile
import time

import pytest

pytestmark = pytest.mark.only("south")
ANSWER_S, SILENCE_S = 30, 60   # oneota/config.h


def run_with(scene, *faults, **args):
    package = scene.package("2.0")
    task = scene.offer(package)
    scene.faults(*faults)
    uart = scene.board.run(timeout=240, **args)
    scene.assert_updated(uart, package, task)
    return uart


# -- the server --------------------------------------------------------------------------------

@pytest.mark.parametrize("how", ["close_at", "reset_at"])
@pytest.mark.parametrize("call, place", [
    ("check", 5), ("token", 0), ("download", 0), ("download", 3000), ("progress", 2), ("version", 1)])
def test_server_that_breaks_off_is_asked_again(scene, how, call, place):
    # the first of a kept connection is asked for again at once, without a word
    uart = run_with(scene, {"call": call, "nth": 2 if call == "download" else 1, "count": 2, how: place})
    assert "network" in uart.values("machine: failed", "reason") or place == 0, uart
    if how == "reset_at" and place > 0:
        assert "refused or reset by the peer" in uart.values("tcp: failed", "why"), uart
    if call == "download" and how == "close_at":
        assert scene.downloaded() == len(scene.package("2.0"))   # no byte twice


def test_server_that_breaks_off_each_range_brings_the_image_all_the_same(scene):
    uart = run_with(scene, {"call": "download", "close_at": 3000})
    assert scene.downloaded() == len(scene.package("2.0"))
    assert len(scene.calls("download")) > len(scene.package("2.0")) // 3000, uart


def test_server_that_is_not_there_is_told(scene):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    uart = scene.board.run(port=port)
    assert uart.status == 4, uart
    assert uart.values("tcp: failed", "why") == 5 * ["refused or reset by the peer"], uart


def test_server_that_pauses_is_waited_for(scene):
    uart = run_with(scene, {"call": "download", "nth": 2, "stall_at": 2000, "stall_ms": 1500},
                    {"call": "token", "stall_at": 5, "stall_ms": 1500})
    assert uart.values("machine: failed", "reason") == []


@pytest.mark.parametrize("call, place, limit_s", [("check", 5, ANSWER_S), ("download", 2000, SILENCE_S)])
def test_server_that_falls_silent_is_given_up_and_asked_again(scene, call, place, limit_s):
    begin = time.monotonic()
    uart = run_with(scene, {"call": call, "nth": 1, "stall_at": place, "stall_ms": 300_000})
    assert uart.values("machine: failed", "reason") == ["timeout"], uart
    assert time.monotonic() - begin > limit_s - 1
    if call == "download":   # what it did send is kept; its own call is not over yet, and counts nothing
        assert scene.downloaded() == len(scene.package("2.0")) - place


# -- the link ----------------------------------------------------------------------------------

@pytest.fixture
def short_folder():
    """For a socket, whose path may have 107 characters."""
    folder = tempfile.mkdtemp(prefix="oneota-qmp-")
    yield pathlib.Path(folder)
    shutil.rmtree(folder)


class Qmp:
    """QEMU's monitor."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rw", encoding="utf-8")
        assert "QMP" in json.loads(self.stream.readline())
        self.execute("qmp_capabilities")

    @classmethod
    def wait_for(cls, path):
        """QEMU makes it when it starts."""
        end = time.monotonic() + 60
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.02)
        return cls(path)

    def execute(self, command, **arguments):
        self.stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.stream.flush()
        while "return" not in (answer := json.loads(self.stream.readline())):
            assert "error" not in answer, answer

    def set_link(self, up):
        self.execute("set_link", name="lan9118.0", up=up)


@pytest.mark.parametrize("away_s", [1, 8])
def test_link_lost_in_mid_download_goes_on(scene, short_folder, away_s):
    package = scene.package("2.0")
    task = scene.offer(package)
    scene.faults({"call": "download", "rate": 40_000})
    power = scene.board.start("-qmp", f"unix:{short_folder}/qmp,server=on,wait=off", once=1)
    power.until("percent=30")
    qmp = Qmp.wait_for(short_folder / "qmp")
    qmp.set_link(False)
    with pytest.raises(TimeoutError):
        power.wait(timeout=away_s)
    reached = scene.downloaded()
    assert reached < len(package)
    scene.faults()
    qmp.set_link(True)
    scene.assert_updated(power.wait(timeout=240), package, task)


def test_link_that_comes_late_is_waited_for(scene, short_folder):
    package = scene.package("2.0")
    task = scene.offer(package)
    power = scene.board.start("-S", "-qmp", f"unix:{short_folder}/qmp,server=on,wait=off", once=1)
    qmp = Qmp.wait_for(short_folder / "qmp")
    qmp.set_link(False)
    qmp.execute("cont")
    power.until("ethernet: asks DHCP for an address")
    with pytest.raises(TimeoutError):
        power.wait(timeout=3)
    assert scene.calls() == []
    qmp.set_link(True)
    scene.assert_updated(power.wait(timeout=240), package, task)


@pytest.mark.parametrize("drop", [60, 25])
def test_link_that_loses_frames_brings_the_image_all_the_same(scene, drop):
    run_with(scene, drop=drop)
