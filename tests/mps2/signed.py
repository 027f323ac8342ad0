# SPDX-License-Identifier: Apache-2.0
"""Signed packages for the board, and what lies in its flash.

$ONEOTA_MPS2 is a build with the public keys of `present` and `next` in $ONEOTA_KEYS, a folder with their private
keys and that of a stranger; $ONEOTA_IMAGE is oneota-image.
"""

import functools
import os
import pathlib
import struct
import subprocess
import tempfile

import mps2
from board import Firmware

KEYS = pathlib.Path(os.environ["ONEOTA_KEYS"])
PROGRAM = os.environ["ONEOTA_IMAGE"]
TRAILER = 192
RECORD_FLOOR = 6
RECORD_FAILED = 8


def sign(package, key="present", version="2.0", counter=2, vendor=1, board=0x386):
    """The package with its trailer. Signed once: each signature of ECDSA differs."""
    with tempfile.TemporaryDirectory() as folder:
        plain, out = pathlib.Path(folder) / "plain", pathlib.Path(folder) / "signed"
        plain.write_bytes(package)
        subprocess.run([PROGRAM, "sign", "--key", KEYS / f"{key}.pem", "--version", version, "--counter", str(counter),
                        "--vendor", str(vendor), "--class", str(board), "--in", plain, "--out", out],
                       check=True, capture_output=True, timeout=60)
        return out.read_bytes()


class SignedFirmware(Firmware):
    """Versions count their security counter: 3.0 has 3."""

    @functools.cache
    def package(self, version, behaviour="good", **facts):
        facts = {"counter": int(version.split(".")[0]), **facts}
        return sign(super().package(version, behaviour), version=version, **facts)

    def unsigned(self, version):
        return super().package(version)


FIRMWARE = SignedFirmware()
GOOD = FIRMWARE.package("2.0")
PAYLOAD_END = len(GOOD) - TRAILER


def flipped(data, place):
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def downloads(scene):
    return [call for call in scene.calls() if call["call"] == "download"]


def slot_bytes(board, slot):
    return mps2.read_flash(board.folder)[mps2.SLOTS[slot]:mps2.SLOTS[slot] + mps2.SLOT_BYTES]


def damage(board, slot, offset):
    """Flips a bit of what lies in a slot, with the power off."""
    with mps2.flash_alone(board.folder) as file:
        file.seek(mps2.SLOTS[slot] + offset)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


def write_slot(board, slot, data):
    with mps2.flash_alone(board.folder) as file:
        file.seek(mps2.SLOTS[slot])
        file.write(data)


def record_of(board, kind):
    """What the client has on record, b"" if nothing."""
    return mps2.journal(mps2.read_flash(board.folder), mps2.JOURNAL).get(kind, b"")


def floor_of(board):
    """The counter that was confirmed, 0: none yet."""
    record = record_of(board, RECORD_FLOOR)
    return struct.unpack_from("<I", record, 4)[0] if record else 0


def is_condemned(board, package):
    """Did it fail its trial?"""
    digest = package[-TRAILER:][96:128]
    return digest in record_of(board, RECORD_FAILED)


def update(scene, version, **facts):
    """A whole update that ends well."""
    package = scene.board.firmware.package(version, **facts)
    task = scene.offer(package, target=version)
    uart = scene.board.run()
    scene.assert_updated(uart, package, task)
    return uart
