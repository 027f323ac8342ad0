# SPDX-License-Identifier: Apache-2.0
"""Differential packages between two builds of the firmware, which ONEOTA_MPS2 and its neighbour hold: `base`, and
`fast`, compiled for speed instead of size; both take blocks of up to 4 KiB.

Power cuts in the middle of every flash operation, and at any moment; what a cut costs.
"""

import functools
import itertools
import random
import statistics
import struct
import subprocess
import zlib

import mps2
import pytest
from board import BUILD, CUT, Firmware
from device import delta_tool
from sweep import Sweep, kill_at_any_moment

BUILDS = {"1.0": "base", "2.0": "fast", "3.0": "base", "4.0": "base"}   # of each version
UNIT, PIECE = 4096, 256   # of the board's flash; what differential.h writes at a time


@functools.cache
def build_of(version):
    return Firmware(build=BUILD.parent / BUILDS[version])


@pytest.fixture
def diff(tmp_path):
    """diff(old, new): the package between two images."""
    def make(old, new, *options):
        for name, data in (("old", old), ("new", new)):
            (tmp_path / name).write_bytes(data)
        paths = [str(tmp_path / name) for name in ("old", "new", "patch")]
        subprocess.run([delta_tool(), "diff", *options, *paths], check=True, capture_output=True, timeout=60)
        return (tmp_path / "patch").read_bytes()
    return make


@pytest.fixture
def upload(diff):
    """See sweep.py; what brings the image is a differential package from the one that runs."""
    def put(scene, version, behaviour="good", options=(), spoil=bytes):
        old, new = scene.board.running(), build_of(version).package(version, behaviour)
        patch = spoil(diff(old, new, *options))
        put.made[version] = patch
        running = mps2.check_package(old)[1]
        scene.platform.add_package(old, target=running)
        full = scene.platform.add_package(new, target=version)
        return new, scene.platform.add_delta(full, patch, running)
    put.made = {}
    return put


def offer(scene, number):
    return scene.platform.add_task(number, device=scene.ident, expiry=0)


# -- whole updates -----------------------------------------------------------------------------

def test_delta_builds_are_not_the_same_and_not_padded():
    base, fast = (build_of(version).payload() for version in ("1.0", "2.0"))
    assert 60000 < len(base) < len(fast) * 0.9
    assert all(payload[-64:].strip(b"\0\xff") for payload in (base, fast))


def test_delta_update_from_build_to_build(scene, upload):
    """-Os to -O2, back, and to the same code with another version: slot 1, 0, 1."""
    for version, most in (("2.0", 0.8), ("3.0", 0.8), ("4.0", 0.01)):
        image, number = upload(scene, version)
        task, mark = offer(scene, number), scene.platform.mark()
        uart = scene.board.run()
        scene.assert_updated(uart, image, task)
        assert [line for line in uart.lines if " E " in line] == []
        got = sum(call["body_sent"] for call in scene.platform.calls("download", after=mark))
        assert got == len(upload.made[version]) < len(image) * most


@pytest.mark.only("south")
def test_delta_update_reverted_then_taken_again(scene, upload):
    """The old image is as it was: a second package from it fits."""
    _, number = upload(scene, "2.0", "crash")
    task = offer(scene, number)
    uart = scene.board.run()
    assert uart.status == 3 and scene.task(task)["step"] == 206, uart
    image, number = upload(scene, "2.0")
    task = offer(scene, number)
    scene.assert_updated(scene.board.run(), image, task)


@pytest.mark.only("south")
def test_delta_made_on_the_platform(start_platform, make_board, diff):
    platform = start_platform("--delta-tool", delta_tool())
    board = make_board(build_of("1.0"), build_of("1.0").package("1.0"))
    new = build_of("2.0").package("2.0")
    platform.add_package(board.old_image, target="1.0")
    made = platform.make_delta(platform.add_package(new, target="2.0"), "1.0", block=2048)
    task = platform.add_task(made["id"], expiry=0)
    uart = board.run(port=platform.port, server="10.0.2.2", product=platform.product, device=platform.device,
                     key=platform.product_key)
    assert uart.status == 0 and board.running() == new, uart
    assert platform.task(task)["state"] == "done"
    assert made["size"] == len(diff(board.old_image, new, "--block", "2048"))


# -- what is refused ---------------------------------------------------------------------------

def resealed(package, place, value):
    header = bytearray(package[:124])
    header[place:place + len(value)] = value
    return bytes(header) + struct.pack("<I", zlib.crc32(header)) + package[128:]


def damaged(package):
    return package[:len(package) // 2] + bytes([package[len(package) // 2] ^ 1]) + package[len(package) // 2 + 1:]


@pytest.mark.only("south")
@pytest.mark.parametrize("step, reason, spoil, options", [
    (204, "base", lambda package: resealed(package, 28, b"of another image"), ()),
    (205, "digest", damaged, ()),
    (102, "space", lambda package: resealed(package, 16, struct.pack("<I", mps2.SLOT_BYTES + 1)), ()),
    (103, "memory", bytes, ("--block", "8192"))], ids=lambda value: value if isinstance(value, str) else None)
def test_delta_that_is_refused_says_why_and_a_full_package_follows(scene, upload, step, reason, spoil, options):
    image, number = upload(scene, "2.0", options=options, spoil=spoil)
    task = offer(scene, number)
    uart = scene.board.run()
    assert uart.status == 3, uart
    assert uart.values("update: ended", "reason") == [reason]
    assert scene.task(task)["step"] == step and scene.taken()[-1] == step
    scene.assert_untouched()
    task = scene.offer(image, target="2.0")
    scene.assert_updated(scene.board.run(), image, task)


# -- power cuts --------------------------------------------------------------------------------

def is_download(case):
    """The cut came while the image was made, so that only this was to be done again."""
    return case.cut.values("machine: state", "is")[-1] in ("download", "progress")


def largest_block(package):
    place, largest = 128, 0
    while place < len(package):
        length = 16 + struct.unpack_from("<H", package, place)[0]
        place, largest = place + length, max(largest, length)
    return largest


@pytest.mark.only("south")
def test_delta_power_cut_in_every_flash_operation_of_an_update(make_scene, dialect, upload):
    """From slot 1 to slot 0, for slot 0 is what a boot loader without a record takes. A cut costs about a block
    of download, and what lies in one erase unit is written again."""
    sweep = Sweep(make_scene, dialect, "3.0", before=["2.0"], upload=upload)
    assert sweep.uncut.status == 0 and sweep.operations > len(sweep.new) // PIECE, sweep.uncut
    size, block = len(upload.made["3.0"]), largest_block(upload.made["3.0"])
    started, fetched, written = set(), [], []
    for case in sweep.cases(range(1, sweep.operations + 1)):
        assert case.cut.status == CUT and case.end.status == 0, case
        assert case.cut.says(f"flash: power cut operation={case.operation}"), case
        assert case.running == sweep.new and case.condition == "confirmed", case
        assert case.task["state"] == "done" and case.task["step"] == 201, case
        assert set(case.cut.versions + case.end.versions) <= {"2.0", "3.0"}, case
        started.add(case.end.versions[0])
        if is_download(case):
            fetched.append(case.downloaded - size)
            written.append(case.operation + case.end.operations - sweep.operations)
    assert started == {"2.0", "3.0"}
    assert len(fetched) > len(sweep.new) // PIECE
    # the header, a block, what makes a unit of flash, and what the server had sent of a tenth of the package
    assert max(fetched) <= 128 + block + UNIT + size // 10
    assert statistics.mean(fetched) <= 128 + block + size // 10
    # the unit is erased and programmed again; the journal moves at each start, once more where it was full
    assert max(written) <= 1 + UNIT // PIECE + 12
    assert statistics.mean(written) <= UNIT // PIECE + 5
    print(f"{sweep.operations} operations; {len(fetched)} cuts in the download: fetched again, bytes: mean "
          f"{statistics.mean(fetched):.0f}, most {max(fetched)}; operations again: mean "
          f"{statistics.mean(written):.1f}, most {max(written)}")


@pytest.mark.only("south")
def test_delta_kill_at_any_moment_the_update_always_ends(scene, dice, upload):
    kill_at_any_moment(scene, dice, itertools.cycle(["2.0", "1.0"]), upload)
