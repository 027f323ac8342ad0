#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The boot loader of examples/mps2 with any one instruction left out must not start an image that is not proven.

    python3 tests/sign/skip/boot.py BOOT.ELF ONEOTA-IMAGE KEY.pem [--every N] [--case NAME]...

BOOT.ELF is as it is shipped, built with the public key of KEY.pem; run here from reset by Unicorn, which is QEMU's
processor without its board. Slot 0 holds what is not to be started, slot 1 nothing. From the first look at a slot to
the end, each instruction is left out once, at one moment: our own, those of libc, and of SHA-256 all but its rounds.
What only prints, and the curve, are not; the curve is answered as in skip.py.

Prints "skips boot CASE: N left out, M started", and fails if anything but the good image is started, or that is not.
"""

import argparse
import hashlib
import pathlib
import re
import struct
import sys
import tempfile

import unicorn
from skip import NOP, Curve, Packages, place, run
from unicorn import arm_const as arm

sys.path[0:0] = [str(pathlib.Path(__file__).resolve().parents[3] / "examples" / "mps2")]
import mps2  # noqa: E402

RAM, RAM_BYTES = 0x20000000, 0x10000
FLASH, FLASH_BYTES = 0x21000000, 0x300000
IMAGE_BYTES = 0x1000   # of the memory that images are copied to
SYSTEM = 0xE000E000
RESET_REGISTER = 0xD0C   # of these
BKPT = 7
LIMIT_US = 2_000_000   # of a run with an instruction left out: what goes round for ever has not started
THEIRS = re.compile(r"(mbedtls_(?!sha256)|mbedtls_internal|ecp_|buffer_alloc|derive_mpi|add32|sub32|add_sub_mpi"
                    r"|verify_header|verify_chain|uart_)")
COMMAND_LINE = 0x15
REGISTERS = [*range(arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R12 + 1), arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR,
             arm.UC_ARM_REG_XPSR]   # there is no FPU in use


def payload():
    """An image as small as can be: a vector table, and some more that is never run."""
    start = mps2.LOAD + mps2.HEADER_BYTES + 8
    return struct.pack("<2I", 0x20010000, start | 1) + bytes(n * 7 % 251 for n in range(200))


class Board:
    """Processor, memory, and flash with a package in slot 0."""

    def __init__(self, elf):
        self.names, code = {}, []
        for line in run("arm-none-eabi-nm", "-n", "-S", elf).splitlines():
            words = line.split()
            self.names[words[-1]] = int(words[0], 16)
            if len(words) == 4 and words[2] in "tT":
                code.append((int(words[0], 16), int(words[1], 16), words[3]))
        self.ours = [(at & ~1, (at & ~1) + size) for at, size, name in code if not THEIRS.match(name)]
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.uc.mem_map(0, 0x100000, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)   # as the MPU has it
        self.uc.mem_map(mps2.LOAD, 0x80000, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        self.uc.mem_map(RAM, RAM_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        self.uc.mem_map(FLASH, FLASH_BYTES, unicorn.UC_PROT_READ)
        for device in (0x40004000, 0x40008000):
            self.uc.mem_map(device, 0x1000, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        self.uc.mmio_map(SYSTEM, 0x1000, lambda *_: 0, None, self.control, None)
        self.is_reset = False
        with tempfile.TemporaryDirectory() as folder:
            binary = pathlib.Path(folder) / "bin"
            run("arm-none-eabi-objcopy", "-O", "binary", elf, str(binary))
            self.uc.mem_write(0, binary.read_bytes())
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self.trap)

    def is_ours(self, address):
        return any(first <= address < end for first, end in self.ours)

    def control(self, uc, offset, size, value, _):
        """Stores to the processor's own registers: a reset ends the run."""
        if offset == RESET_REGISTER:
            self.is_reset = True
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

    def word(self, address):
        return int.from_bytes(self.uc.mem_read(address, 4), "little")

    def pc(self):
        return self.uc.reg_read(arm.UC_ARM_REG_PC) & ~1

    def power_on(self, package):
        self.is_reset = False
        self.uc.mem_write(RAM, bytes(RAM_BYTES))
        self.uc.mem_write(mps2.LOAD, bytes(IMAGE_BYTES))
        self.uc.mem_write(FLASH, b"\xff" * FLASH_BYTES)
        self.uc.mem_write(FLASH + mps2.SLOTS[0], package)
        self.uc.reg_write(arm.UC_ARM_REG_SP, self.word(0))
        self.uc.reg_write(arm.UC_ARM_REG_PC, self.word(4))

    def save(self):
        return ([self.uc.reg_read(name) for name in REGISTERS], bytes(self.uc.mem_read(RAM, RAM_BYTES)),
                bytes(self.uc.mem_read(mps2.LOAD, IMAGE_BYTES)))

    def restore(self, state):
        registers, ram, image = state
        for name, value in zip(REGISTERS, registers):
            self.uc.reg_write(name, value)
        self.uc.mem_write(RAM, ram)
        self.uc.mem_write(mps2.LOAD, image)

    def go(self, count=0, limit_us=0):
        self.uc.emu_start(self.pc() | 1, 0xFFFFFFFE, timeout=limit_us, count=count)

    def ends(self, limit_us=0):
        """Runs on. @return was an image started? Nothing there can be executed."""
        try:
            self.go(limit_us=limit_us)
        except unicorn.UcError:
            pass
        return self.has_started()

    def has_started(self):
        return mps2.LOAD <= self.pc() < mps2.LOAD + mps2.SLOT_BYTES

    def patch(self, address, code):
        self.uc.mem_write(address, code)
        self.uc.ctl_remove_cache(address, address + len(code))

    def size_at(self, address):
        half = int.from_bytes(self.uc.mem_read(address, 2), "little")
        return 4 if half >= 0xE800 else 2

    def ends_without(self, moment):
        """Leaves one instruction out, this once. @return was an image started?"""
        self.restore(moment.state)
        self.is_reset = False
        size = self.size_at(moment.address)
        if moment.count == 0:
            self.uc.reg_write(arm.UC_ARM_REG_PC, moment.address + size | 1)
            return self.ends(LIMIT_US)
        self.uc.reg_write(arm.UC_ARM_REG_PC, moment.begin | 1)
        kept = bytes(self.uc.mem_read(moment.address, size))
        self.patch(moment.address, NOP[size])
        try:
            self.go(moment.count)
        except unicorn.UcError:
            return self.has_started()
        finally:
            self.patch(moment.address, kept)
        return self.ends(LIMIT_US)


class Moment:
    """An instruction that is about to be executed. In an IT block the processor is not whole: there the state is that
    before the block, which begins at `begin` and has `count` instructions; else the count is 0."""

    def __init__(self, address, state, begin=0, count=0):
        self.address, self.state, self.begin, self.count = address, state, begin, count


def watch(board, package, every, act):
    """Calls act() for every so many moments of ours, from the first look at a slot to the end. @return how many"""
    looks = board.names["load_check"] & ~1
    seen = {"looks": False, "number": 0, "block": 0, "before": None}

    def step(uc, address, size, _):
        seen["looks"] = seen["looks"] or address == looks
        if not seen["looks"]:
            return
        inside = seen["block"] > 0
        half = int.from_bytes(uc.mem_read(address, 2), "little")
        is_it = half >> 8 == 0xBF and half & 0xF != 0
        if inside:
            seen["block"] -= 1
        elif is_it:
            seen["block"] = 4 - ((half & -half).bit_length() - 1)
            seen["before"] = board.save(), address, seen["block"] + 1
        if not board.is_ours(address):
            return
        seen["number"] += 1
        if seen["number"] % every == 0:
            act(Moment(address, *(seen["before"] if inside else (board.save(),))))

    board.power_on(package)
    hook = board.uc.hook_add(unicorn.UC_HOOK_CODE, step)
    board.uc.ctl_remove_cache(0, 0x100000)
    board.ends()
    board.uc.hook_del(hook)
    board.uc.ctl_remove_cache(0, 0x100000)
    return seen["number"] // every


def repacked(package):
    """With a changed payload, and the header's digest made right again: what can be done without a key."""
    body = bytearray(package[:-mps2.TRAILER_BYTES])
    body[-1] ^= 0x21
    digest = hashlib.sha256(body[:mps2.DIGEST_PLACE] + body[mps2.HEADER_BYTES:]).digest()
    body[mps2.DIGEST_PLACE:mps2.HEADER_BYTES] = digest
    return bytes(body) + package[-mps2.TRAILER_BYTES:]


def cases(packages):
    bad = {name: packages.bad[name] for name in ("payload-end", "magic", "trailer", "digest", "r", "key-id", "key", "class")}
    return {**bad, "repacked": repacked(packages.good)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("elf")
    parser.add_argument("program")
    parser.add_argument("key")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--case", action="append")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        packages = Packages(args.program, pathlib.Path(folder), args.key, mps2.pack(payload(), "1"), "1", str(mps2.BOARD))
    boards = Board(args.elf), Board(args.elf)
    bad = cases(packages)
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
        started = []
        boards[1].power_on(bad[name])
        left_out = watch(boards[0], bad[name], args.every,
                         lambda moment: started.append(moment.address) if boards[1].ends_without(moment) else None)
        print(f"skips boot {name}: {left_out} left out, {len(started)} started", flush=True)
        for address in started:
            print(f"    started without the instruction at {address:#x}: {place(args.elf, address)}")
        faults += len(started) + (left_out == 0)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
