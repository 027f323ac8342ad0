#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The boot loader of examples/mps2 with any one instruction left out must not start an image that is not proven.

    python3 tests/sign/skip/boot.py BOOT.ELF ONEOTA-IMAGE KEY.pem [--every N] [--case NAME]... [--inside FUNCTION]...

BOOT.ELF is as it is shipped, built with the public key of KEY.pem; run here from reset by Unicorn, which is QEMU's
processor without its board. Slot 0 holds what is not to be started, slot 1 nothing. From the first look at a slot to
the end, each instruction is left out once, at one moment: our own, those of libc, and of SHA-256 all but its rounds.
What only prints, and the curve, are not; the curve is answered as in skip.py. --inside: in these functions alone.

Prints "skips boot CASE: N left out, M started", and fails if anything but the good image is started, or that is not.
"""

import argparse
import pathlib
import struct
import sys
import tempfile

import unicorn
from packages import THEIRS, boot_cases, boot_packages, mps2
from program import run
from runner import Runner, sweep
from skip import Curve
from unicorn import arm_const as arm

RAM, RAM_BYTES = 0x20000000, 0x10000
FLASH, FLASH_BYTES = 0x21000000, 0x300000
IMAGE_BYTES = 0x1000   # of the memory that images are copied to
SYSTEM = 0xE000E000
RESET_REGISTER = 0xD0C   # of these
BKPT = 7
COMMAND_LINE = 0x15


class Board(Runner):
    """With a package in slot 0. inside: None, or the functions to leave instructions out of."""

    def __init__(self, elf, inside):
        ours = inside.__contains__ if inside else lambda name: not THEIRS.match(name)
        super().__init__(elf, ours, [(RAM, RAM_BYTES), (mps2.LOAD, IMAGE_BYTES)], 0xFFFFFFFE)
        self.uc.mem_map(0, 0x100000, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)   # as the MPU has it
        self.uc.mem_map(mps2.LOAD, 0x80000, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        self.uc.mem_map(RAM, RAM_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        self.uc.mem_map(FLASH, FLASH_BYTES, unicorn.UC_PROT_READ)
        for device in (0x40004000, 0x40008000):
            self.uc.mem_map(device, 0x1000, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        self.uc.mmio_map(SYSTEM, 0x1000, lambda *_: 0, None, self.control, None)
        with tempfile.TemporaryDirectory() as folder:
            binary = pathlib.Path(folder) / "bin"
            run("arm-none-eabi-objcopy", "-O", "binary", elf, str(binary))
            self.uc.mem_write(0, binary.read_bytes())
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self.trap)

    def has_started(self):
        return mps2.LOAD <= self.pc() < mps2.LOAD + mps2.SLOT_BYTES   # where nothing can be executed

    def control(self, uc, offset, size, value, _):
        """Stores to the processor's own registers: a reset ends the run."""
        if offset == RESET_REGISTER:
            uc.emu_stop()

    def trap(self, uc, number, _):
        """QEMU's answers to a breakpoint; any other exception ends the run."""
        if number != BKPT or uc.reg_read(arm.UC_ARM_REG_R0) != COMMAND_LINE:
            uc.emu_stop()
            return
        block = uc.reg_read(arm.UC_ARM_REG_R1)
        uc.mem_write(self.word(block), b"fw\0")
        uc.mem_write(block + 4, struct.pack("<I", 2))
        uc.reg_write(arm.UC_ARM_REG_R0, 0)
        uc.reg_write(arm.UC_ARM_REG_PC, (self.pc() + 2) | 1)

    def power_on(self, package):
        self.uc.mem_write(RAM, bytes(RAM_BYTES))
        self.uc.mem_write(mps2.LOAD, bytes(IMAGE_BYTES))
        self.uc.mem_write(FLASH, b"\xff" * FLASH_BYTES)
        self.uc.mem_write(FLASH + mps2.SLOTS[0], package)
        self.uc.reg_write(arm.UC_ARM_REG_SP, self.word(0))
        self.uc.reg_write(arm.UC_ARM_REG_PC, self.word(4))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("elf")
    parser.add_argument("program")
    parser.add_argument("key")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--case", action="append")
    parser.add_argument("--inside", action="append")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        packages = boot_packages(args.program, pathlib.Path(folder), args.key)
    boards = Board(args.elf, args.inside), Board(args.elf, args.inside)
    bad = boot_cases(packages)
    faults = 0
    for name, package in {"good": packages.good, **bad}.items():   # with the real curve
        boards[0].power_on(package)
        if boards[0].ends() != (name == "good"):
            print(f"boot {name}: {'not ' if name == 'good' else ''}started")
            faults += 1
    for board in boards:
        curve = Curve(board)
        curve.known = packages.known()
        curve.replace()
    for name in args.case or bad:
        faults += sweep(boards, bad[name], Board.power_on, ("load_check", None), args.every, f"boot {name}", args.elf)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
