# SPDX-License-Identifier: Apache-2.0
"""Signed packages on the board: what its client takes, and what not."""

import mps2
import pytest
from signed import FIRMWARE, GOOD, PAYLOAD_END, TRAILER, downloads, flipped, floor_of, slot_bytes, update, write_slot

pytestmark = pytest.mark.only("south")


@pytest.fixture
def scene(make_scene, dialect):
    return make_scene(dialect, FIRMWARE)


# -- what is taken -----------------------------------------------------------------------------

def test_signed_update_whole(scene):
    uart = update(scene, "2.0")
    size = len(scene.package("2.0"))
    assert downloads(scene)[0]["range"].endswith(f"{size - TRAILER}-{size - 1}")
    assert uart.versions == ["1.0", "2.0"] and uart.values("start: packages", "proof")[0] == "signature"
    assert scene.board.control()["size"] == (len(scene.board.old_image), size)
    assert floor_of(scene.board) == 2


def test_signed_updates_there_and_on_in_both_slots(scene):
    for version, slot in (("2.0", 1), ("3.0", 0), ("4.0", 1)):
        update(scene, version)
        assert scene.board.control()["running"] == slot
        assert floor_of(scene.board) == int(version[0])


def test_signed_by_the_next_key(scene):
    uart = update(scene, "2.0", key="next")
    assert uart.versions == ["1.0", "2.0"]
    update(scene, "3.0")


# -- what is not -------------------------------------------------------------------------------

REFUSED = {   # package, step, reason
    "unsigned": (FIRMWARE.unsigned("2.0"), 205, "signature"),
    "of a stranger": (FIRMWARE.package("2.0", key="stranger"), 205, "signature"),
    "with another counter than was signed": (flipped(GOOD, PAYLOAD_END + 20), 205, "signature"),
    "with another signature": (flipped(GOOD, len(GOOD) - 1), 205, "signature"),
    "for another class": (FIRMWARE.package("2.0", board=0x511), 204, "class"),
    "of another vendor": (FIRMWARE.package("2.0", vendor=2), 204, "class"),
    "of another version": (FIRMWARE.package("2.1"), 204, "version"),
    "with an old counter": (FIRMWARE.package("2.0", counter=4), 206, "counter"),
    "with the counter of another image": (FIRMWARE.package("2.0", counter=5), 206, "counter"),
    "with a counter too far ahead": (FIRMWARE.package("2.0", counter=1006), 206, "counter"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_package_is_refused_before_any_erase(make_scene, dialect, name):
    package, step, reason = REFUSED[name]
    scene = make_scene(dialect, FIRMWARE)
    board = scene.board
    factory = FIRMWARE.package("1.0", counter=5)
    mps2.make_flash(board.folder, factory)
    board.old_image = factory
    write_slot(board, 1, b"what was here before")
    before = slot_bytes(board, 1)
    task = scene.offer(package)
    uart = board.run()
    assert uart.status == 3, uart
    assert uart.values("update: ended", "reason") == [reason], uart
    assert scene.taken()[-1] == step and scene.task(task)["state"] == "failed"
    assert len(downloads(scene)) == 1 and scene.downloaded() == TRAILER
    assert slot_bytes(board, 1) == before
    scene.assert_untouched()
    assert floor_of(board) == 5
    update(scene, "6.0")


def test_downgrade_is_refused_after_an_update(scene):
    update(scene, "3.0")
    task = scene.offer(FIRMWARE.package("1.0"), target="1.0")
    uart = scene.board.run()
    assert uart.status == 3 and uart.values("update: ended", "reason") == ["counter"], uart
    assert scene.task(task)["state"] == "failed" and scene.taken()[-1] == 206
    assert scene.board.running() == scene.package("3.0") and floor_of(scene.board) == 3


def test_file_that_is_replaced_after_its_trailer_was_read(scene):
    """By one that is signed, too, but not the one that was looked at."""
    good, other = FIRMWARE.package("2.0"), FIRMWARE.package("2.0", behaviour="crash", counter=1)
    assert len(good) == len(other)
    task = scene.offer(good)
    file = max(scene.platform.data.rglob("*.bin"), key=lambda path: int(path.stem))
    assert file.read_bytes() == good
    scene.faults({"call": "download", "nth": 2, "count": 1, "status": 503})
    power = scene.board.start(once=1, backoff_min=4000, backoff_max=4000)
    power.until("call: download code=503")
    file.write_bytes(other)
    uart = power.wait()
    assert uart.status == 3 and not uart.says("update: restart"), uart
    assert scene.task(task)["state"] == "failed" and scene.taken()[-1] == 205
    scene.assert_untouched()


def test_payload_that_was_changed_on_its_way(scene):
    """The MD5 of the platform is that of the changed file."""
    task = scene.offer(flipped(GOOD, 50_000))
    uart = scene.board.run()
    assert uart.status == 3 and not uart.says("update: restart"), uart
    assert scene.task(task)["state"] == "failed" and scene.taken()[-1] == 205
    scene.assert_untouched()
