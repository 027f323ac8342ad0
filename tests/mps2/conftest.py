# SPDX-License-Identifier: Apache-2.0
"""Fixtures for tests of the firmware in QEMU against the platform stand-in.

    def test_board_updates(scene):
        task = scene.offer(scene.package("2.0"))
        uart = scene.board.run()
        assert uart.status == 0, uart
        assert scene.task(task)["state"] == "done"

After every test, each board that took part must boot a whole image.
"""

import importlib.util
import os
import pathlib
import random
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("ONEOTA_KILL_SEED", random.SystemRandom().randrange(2**32)))
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "examples" / "mps2")]


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


e2e = load("e2e", ROOT / "tests" / "e2e" / "conftest.py")
from e2e import common_platform, pytest_configure, pytest_generate_tests, start_platform  # noqa: E402, F401

import device  # noqa: E402
from board import HOST, Board, Firmware  # noqa: E402
from relay import Relay  # noqa: E402


class Scene(device.Scene):
    """A board of its own on a platform."""

    def __init__(self, platform, board, dialect, ident, name):   # not that of oneota-device
        self.platform = platform
        self.first_call = platform.mark()
        self.ident, self.name = ident, name
        self.board, self.dialect = board, dialect
        board.args.update(server=HOST, port=platform.port, **dialect.identity(platform, ident, name))

    def package(self, version, behaviour="good"):
        return self.board.firmware.package(version, behaviour)

    def assert_updated(self, uart, package, task):
        """The board runs this package, byte for byte, and the platform knows."""
        assert uart.status == 0, uart
        assert self.board.running() == package, uart
        assert self.board.is_confirmed()
        assert self.task(task)["state"] == "done", uart
        assert self.taken()[-2:] == [101, 201]

    def assert_untouched(self):
        """The old image runs, and nothing was ever marked for a trial."""
        assert self.board.running() == self.board.old_image
        assert not self.board.control()["written"]


@pytest.fixture
def make_board(tmp_path):
    """make_board(firmware, package, name=value...): see board.Board."""
    made = []

    def make(firmware, package, **args):
        folder = tmp_path / f"board-{len(made)}"
        folder.mkdir()
        made.append(Board(folder, firmware, package, **args))
        return made[-1]

    yield make
    for board in made:
        board.end()
    for board in made:
        board.check_boots()
        board.flash_file.unlink()


@pytest.fixture
def make_scene(common_platform, make_board):   # noqa: F811
    """make_scene(dialect): a new device on the common platform, which behaves."""
    def make(dialect, firmware=None, **args):
        firmware = firmware or Firmware()
        ident = str(20000001 + len(common_platform.devices()))
        name = f"device-{ident}"
        common_platform.add_device(ident, name, common_platform.device_key)
        board = make_board(firmware, firmware.package("1.0"), **args)
        return Scene(common_platform, board, dialect, ident, name)

    yield make
    common_platform.faults()


@pytest.fixture
def scene(make_scene, dialect):
    return make_scene(dialect)


@pytest.fixture
def dice():
    print(f"ONEOTA_KILL_SEED={SEED}")   # pytest shows it with a failure
    return random.Random(SEED)


@pytest.fixture
def relay():
    """relay(port, ...): see relay.Relay."""
    made = []

    def make(*args, **kwargs):
        made.append(Relay(*args, **kwargs))
        return made[-1]

    yield make
    for one in made:
        one.stop()
