# SPDX-License-Identifier: Apache-2.0
"""The board under test: boot loader and firmware in a QEMU of its own, on a flash file of its own.

    board = Board(folder, firmware, firmware.package("1.0"))
    uart = board.run(once=1, port=platform.port)     # until the firmware ends it
    assert uart.status == 0 and uart.values("update: report", "step")[-1] == 201
    assert board.running() == firmware.package("2.0")

What was built is in $ONEOTA_MPS2; without it, in build/mps2.
"""

import functools
import os
import pathlib
import queue
import re
import subprocess
import time

import mps2
from device import LONGEST_S, Process

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ONEOTA_MPS2", ROOT / "build" / "mps2"))
CUT = 77
HOST = "10.0.2.2"   # as the board sees this machine


class Firmware:
    """What was built, as releases."""

    def __init__(self, kind="http", build=BUILD):
        self.elf = pathlib.Path(build) / f"app-{kind}.elf"

    @functools.cache
    def payload(self, behaviour="good"):
        return mps2.set_behaviour(mps2.flatten(self.elf.read_bytes()), behaviour)

    @functools.cache
    def package(self, version, behaviour="good"):
        return mps2.pack(self.payload(behaviour), version)

    def place(self, address):
        """The functions that an address lies in, from the inner to the outer."""
        done = subprocess.run(["arm-none-eabi-addr2line", "-f", "-i", "-e", str(self.elf), address],
                              capture_output=True, text=True, check=True, timeout=LONGEST_S)
        return done.stdout.split("\n")[::2]


class Uart:
    """What a run of the board said. status: QEMU's exit status; a negative one is a signal's."""

    def __init__(self, status, lines, errors):
        self.status = status
        self.lines = lines
        self.errors = errors   # QEMU's own

    def says(self, text):
        return any(text in line for line in self.lines)

    def lines_with(self, text):
        return [line for line in self.lines if text in line]

    def values(self, what, key):
        """The values of all lines "WHAT KEY=VALUE", in order; numbers as such."""
        start = re.compile(rf"(?:\d+\.\d+ [EWID] )?{re.escape(what)} (?:.* )?{key}=(.*)")
        found = [match[1] for match in map(start.fullmatch, self.lines) if match]
        return [int(text) if re.fullmatch(r"-?\d+", text) else text for text in found]

    @property
    def steps(self):
        return self.values("update: report", "step")

    @property
    def versions(self):
        """Of the images that were started."""
        return self.values("boot: image", "version")

    @property
    def operations(self):
        """Erases and programs of flash since power-on."""
        return int(self.lines[-1].rpartition("flash=")[2])

    def __repr__(self):
        return "\n".join([f"<exit status {self.status}; {self.errors}", *self.lines]) + ">"


class Power(Process):
    """A board that is on. Its stdout is the UART; a killed one is a power cut."""

    def _read(self):
        for line in self.process.stdout:
            self.fresh.put(line.decode(errors="replace").rstrip("\r\n"))
        self.fresh.put(None)

    def until(self, text, timeout=LONGEST_S):
        """Waits for a line that holds this text, and gives it."""
        end = time.monotonic() + timeout
        while True:
            try:
                line = self.fresh.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None or time.monotonic() > end:
                raise AssertionError(f"'{text}' was not seen: {self.events[-100:]}, {self.log()}")
            self.events.append(line)
            if text in line:
                return line

    def wait(self, timeout=LONGEST_S):
        run = super().wait(timeout)
        return Uart(run.status, [line for line in run.events if line], run.log)


class Board:
    """folder: where its flash file and QEMU's words go. package: what it left the factory with.
    args: settings of the firmware (examples/mps2/app/settings.h), '_' for '-'."""

    def __init__(self, folder, firmware, package, **args):
        self.folder = pathlib.Path(folder)
        self.firmware = firmware
        self.old_image = package
        self.args = {"backoff_min": 20, "backoff_max": 200, "floor": 50, **args}
        self.powers = []
        self.flash_file = mps2.make_flash(self.folder, package)

    # -- power -------------------------------------------------------------------------------

    def start(self, *extra, **args):
        """Power on. extra: options of QEMU."""
        pairs = {name.replace("_", "-"): value for name, value in {**self.args, **args}.items()}
        words = [f"{name}={value}" for name, value in pairs.items() if value is not None]
        log = self.folder / f"qemu-{len(self.powers)}.log"
        command = mps2.qemu_command(self.folder, words, BUILD / "boot.elf", extra=extra)
        self.powers.append(Power(command, None, log))
        return self.powers[-1]

    def run(self, *extra, timeout=LONGEST_S, **args):
        """Power on until nothing is left to do."""
        power = self.start(*extra, **{"once": 1, **args})
        try:
            return power.wait(timeout)
        finally:
            power.end()

    def end(self):
        for power in self.powers:
            power.end()

    def check_boots(self):
        """Not a brick: what runs is whole, in flash and on the board."""
        self.check_flash()
        power = self.start(port=1, server=HOST, once=None)
        try:
            power.until("app: start version=")
        finally:
            power.end()

    # -- flash -------------------------------------------------------------------------------

    def check_flash(self):
        """There is a whole image."""
        flash = mps2.read_flash(self.folder)
        assert any(mps2.slot_state(flash, slot)[2] is None for slot in range(2)), [*mps2.info_lines(flash)]

    def control(self):
        return mps2.boot_control(mps2.read_flash(self.folder))

    def running(self):
        """The image that the boot control says is running, as a package."""
        flash = mps2.read_flash(self.folder)
        slot = mps2.boot_control(flash)["running"]
        length, _, why = mps2.slot_state(flash, slot)
        assert why is None, [*mps2.info_lines(flash)]
        return flash[mps2.SLOTS[slot]:mps2.SLOTS[slot] + length]

    def is_confirmed(self):
        return self.control()["condition"] == "confirmed"

    def trust(self, *files):
        """The certificates of CAs."""
        mps2.set_trust(self.folder, [der for file in files for der in mps2.certificates(file)])
