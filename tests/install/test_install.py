"""Programs built outside the tree with the installed library, against the platform stand-in.

ONEOTA_INSTALLED names the folder that holds them; PYTHONPATH leads to tests/e2e.
"""

import os
import pathlib
import subprocess
import time

import pytest
from conftest import platform  # noqa: F401, the fixture

PROGRAMS = pathlib.Path(os.environ["ONEOTA_INSTALLED"])
PACKAGE = bytes(n * n // 7 % 256 for n in range(20001))
RESTART = 10  # exit status


@pytest.fixture
def board(platform, tmp_path):
    """board("1.0.0") starts that firmware on one and the same flash."""
    folder = tmp_path / "board"
    folder.mkdir()
    started = []

    def start(version):
        environment = {**os.environ, "BOARD_FOLDER": str(folder), "BOARD_PORT": str(platform.port)}
        started.append(subprocess.Popen([PROGRAMS / f"firmware-{version}"], env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def steps(platform):
    return [call["step"] for call in platform.calls("progress") if call["step"] > 100]


def test_firmware_without_task_reports_its_version_and_checks(platform, board):
    board("1.0.0")
    wait_until(lambda: platform.calls("check"))
    assert [call["call"] for call in platform.calls()][:2] == ["version", "check"]


def test_firmware_with_task_updates_and_confirms(platform, board):
    task = platform.add_task(platform.add_package(PACKAGE, target="1.1.0"))
    assert board("1.0.0").wait(timeout=30) == RESTART
    assert steps(platform) == [101]
    board("1.1.0")
    wait_until(lambda: platform.task(task)["state"] == "done")
    assert steps(platform) == [101, 201]


def test_five_calls_alone_take_a_package(platform, tmp_path):
    task = platform.add_task(platform.add_package(PACKAGE, target="1.1.0"))
    file = tmp_path / "package"
    subprocess.run([PROGRAMS / "five-calls", str(platform.port), file], check=True, timeout=30)
    assert file.read_bytes() == PACKAGE
    assert platform.task(task)["state"] == "done"
    assert steps(platform) == [101, 201]
