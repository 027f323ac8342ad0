# SPDX-License-Identifier: Apache-2.0
"""Packages that are no image for this board: refused with a reason before anything is marked."""

import random

import mps2
import pytest
from board import Firmware

GOOD = Firmware().package("2.0")
PAYLOAD = Firmware().payload()
NOISE = random.Random(1).randbytes(5000)


def changed(place, data):
    return GOOD[:place] + data + GOOD[place + len(data):]


REFUSED = {
    "for another board": mps2.pack(PAYLOAD, "2.0", board=0x511),
    "for another load address": mps2.pack(PAYLOAD, "2.0", load=0x00200000),
    "truncated": GOOD[:-1000],
    "truncated in its header": GOOD[:100],
    "not an image": NOISE,
    "header of an unknown format": changed(4, b"\x00\x02"),
    "bytes behind its end": GOOD + bytes(1000),
    "damaged: its SHA-256 differs": changed(30_000, bytes([GOOD[30_000] ^ 1])),
    "version out of range": changed(20, b"2 0"),
    "length out of range": changed(16, b"\xff\xff\xff\xff"),
    "vector table points outside": mps2.pack(NOISE, "2.0"),
}


def assert_refused(scene, uart, task, step, reason):
    assert uart.status == 3, uart
    assert scene.taken()[-1] == step and scene.task(task)["state"] == "failed"
    assert uart.values("update: ended", "step") == [step]
    assert uart.values("update: ended", "reason") == [reason]
    assert not uart.says("update: restart") and uart.versions == ["1.0"]
    scene.assert_untouched()

    package = scene.package("2.1")
    task = scene.offer(package, target="2.1")
    scene.assert_updated(scene.board.run(), package, task)


@pytest.mark.only("south")
@pytest.mark.parametrize("why", REFUSED)
def test_package_that_is_no_image_for_this_board_is_204(scene, why):
    task = scene.offer(REFUSED[why])
    uart = scene.board.run()
    assert uart.values("boot: image refused", "why") == [why.partition(" in its")[0]], uart
    assert_refused(scene, uart, task, 204, "image")


@pytest.mark.only("south")
@pytest.mark.parametrize("size", [1, 15, 17, 255, 256])
def test_package_of_a_few_bytes_is_204(scene, size):
    task = scene.offer(GOOD[:size])
    assert_refused(scene, scene.board.run(), task, 204, "image")


def test_package_for_another_board_is_204(scene):
    """In each dialect."""
    task = scene.offer(REFUSED["for another board"])
    assert_refused(scene, scene.board.run(), task, 204, "image")


@pytest.mark.only("south")
def test_package_larger_than_the_slot_is_102(scene):
    task = scene.offer(bytes(mps2.SLOT_BYTES + 1))
    uart = scene.board.run()
    assert scene.downloaded() == 0
    assert_refused(scene, uart, task, 102, "space")


@pytest.mark.only("south")
def test_package_that_the_platform_calls_smaller_than_it_is(scene):
    """The digest of the part is right; the image is not whole."""
    task = scene.offer(GOOD)
    scene.faults({"call": "check", "data": {"size": len(GOOD) - 16}})
    uart = scene.board.run()
    assert uart.status == 3 and not uart.says("update: restart"), uart
    assert scene.task(task)["state"] == "failed"
    scene.assert_untouched()


@pytest.mark.only("south")
def test_package_that_was_damaged_on_its_way_is_downloaded_again(scene):
    task = scene.offer(GOOD)
    scene.faults({"call": "download", "nth": 4, "flip": 1000})
    uart = scene.board.run()
    assert scene.downloaded() == 2 * len(GOOD)
    scene.assert_updated(uart, GOOD, task)


@pytest.mark.only("south")
def test_package_whose_image_has_another_version_is_not_updated(scene):
    """The task says 3.0, the image that it is 2.0."""
    task = scene.offer(GOOD, target="3.0")
    uart = scene.board.run()
    assert uart.status == 3, uart
    assert scene.task(task)["state"] == "failed" and scene.steps()[-1] >= 202
    assert uart.values("update: ended", "reason") == ["version"], uart
    assert scene.board.running() == scene.board.old_image
