# SPDX-License-Identifier: Apache-2.0
"""Images that were changed in flash while the power was off: the boot loader starts what is proven, and nothing else."""

import hashlib

import mps2
import pytest
from signed import FIRMWARE, GOOD, PAYLOAD_END, TRAILER, damage, flipped, floor_of, update, write_slot

pytestmark = pytest.mark.only("south")


@pytest.fixture
def scene(make_scene, dialect):
    return make_scene(dialect, FIRMWARE)


def repacked(package):
    """Another payload, with the header's digest made right again: all that can be done without a key."""
    body = flipped(package[:-TRAILER], 50_000)
    head = body[:mps2.DIGEST_PLACE]
    digest = hashlib.sha256(head + body[mps2.HEADER_BYTES:]).digest()
    return head + digest + body[mps2.HEADER_BYTES:] + package[-TRAILER:]


NOT_SIGNED = "not signed by a key of this board"
DAMAGED = {   # bytes of slot 1, and what the boot loader says
    "a bit of its code": (flipped(GOOD, 50_000), "damaged: its SHA-256 differs"),
    "another payload": (repacked(GOOD), "damaged: its signed SHA-256 differs"),
    "no trailer": (GOOD[:-TRAILER] + b"\xff" * TRAILER, NOT_SIGNED),
    "a bit of its trailer": (flipped(GOOD, PAYLOAD_END + 36), NOT_SIGNED),
    "a bit of its signature": (flipped(GOOD, len(GOOD) - 1), NOT_SIGNED),
    "of a stranger": (FIRMWARE.package("2.0", key="stranger"), NOT_SIGNED),
    "for another class": (FIRMWARE.package("2.0", board=0x511), "signed for another vendor or class"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_image_that_was_changed_in_flash_before_its_first_start(scene, name):
    data, why = DAMAGED[name]
    task = scene.offer(GOOD)
    scene.board.run("-no-reboot")
    assert scene.board.control()["condition"] == "pending"
    write_slot(scene.board, 1, data)
    uart = scene.board.run()
    assert uart.values("boot: slot 1 cannot start", "why") == [why], uart
    assert uart.versions == ["1.0"] and uart.values("boot: image", "condition") == ["reverted"]
    assert uart.status == 3 and scene.task(task)["state"] == "failed" and scene.taken()[-1] == 206
    assert scene.board.running() == scene.board.old_image


def test_image_that_was_changed_in_flash_after_it_was_confirmed(scene):
    update(scene, "2.0")
    write_slot(scene.board, 1, repacked(GOOD))
    uart = scene.board.run()
    assert uart.values("boot: slot 1 cannot start", "why") == ["damaged: its signed SHA-256 differs"], uart
    assert uart.versions == ["1.0"] and scene.board.running() == scene.board.old_image
    assert floor_of(scene.board) == 2   # and the next one is taken
    update(scene, "3.0")


def test_both_images_changed_nothing_starts(scene):
    update(scene, "2.0")
    for slot in (0, 1):
        damage(scene.board, slot, 50_000)
    for _ in range(2):
        uart = scene.board.run()
        assert uart.status == mps2.EXIT_NO_IMAGE and uart.versions == [], uart
        for slot in (0, 1):
            assert "damaged: its SHA-256 differs" in uart.values(f"boot: slot {slot} cannot start", "why"), uart
        assert uart.says("boot: nothing to start"), uart
    damage(scene.board, 0, 50_000)
    assert scene.board.run(port=1, timeout=60).versions[0] == "1.0"
