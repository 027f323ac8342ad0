#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The client with any one instruction left out must not mark an image that is not proven.

    python3 tests/sign/skip/client.py CLIENT.ELF [--every N] [--case NAME]... [--inside FUNCTION]...

CLIENT.ELF is client.c: a whole client with the desk of the unit tests around it, run here by Unicorn. It downloads a
signed package; then, before it verifies, or before it marks what it has verified and reported, the slot is changed.
From there until it is marked or given up, each instruction is left out once, at one moment: the library's own
without CRC-32, of libc memcmp() and strncmp(), of SHA-256 all but its rounds. The curve says yes to what it said yes to
in the good run, and to nothing else. --inside: in these functions alone.

Prints "skips client CASE: N left out, M marked", and fails if anything changed is marked, or if the good image is not.
"""

import argparse
import pathlib
import sys
import tempfile

import unicorn
from program import run
from runner import Runner, sweep
from skip import Curve
from unicorn import arm_const as arm

CODE, MEMORY, STACK, STACK_BYTES = 0x8000, 0x100000, 0xF0000, 0x4000
RETURN = 0x7000
STARTED = 0x57A27ED
DAMAGE = ("payload", "payload-end", "magic", "counter", "digest", "r", "older")   # as in client.c, from 1
LIBC = {"memcmp", "strncmp"}
BULK = {"oneota_bytes_crc32"}
SHA = {f"mbedtls_sha256_{name}" for name in ("init", "starts", "update", "finish", "free", "clone")}


def functions(folder):
    """Of the library's own objects."""
    found = set()
    for path in pathlib.Path(folder).glob("*.o"):
        rows = [line.split() for line in run("arm-none-eabi-nm", str(path)).splitlines()]
        found |= {row[-1] for row in rows if row[-2] in "tT"}
    return found


class Desk(Runner):
    """The program. inside: None, or the functions to leave instructions out of. prepared: its memory when the download
    had ended."""

    def __init__(self, elf, inside=None):
        ours = set(inside or functions(pathlib.Path(elf).parent / "core") - BULK | LIBC | SHA)
        super().__init__(elf, ours.__contains__, [], RETURN)
        data = self.names["__data_start"] & ~0xFFF
        self.memory = [(data, STACK - data)]
        self.uc.mem_map(0, data, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        self.uc.mem_map(data, MEMORY - data, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        with tempfile.TemporaryDirectory() as folder:
            binary = pathlib.Path(folder) / "bin"
            run("arm-none-eabi-objcopy", "-O", "binary", elf, str(binary))
            self.uc.mem_write(CODE, binary.read_bytes())
        self.prepared = None

    def has_started(self):
        return self.word(self.names["oneota_skip_started"]) == STARTED

    def enter(self, name):
        for register in range(arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R12 + 1):
            self.uc.reg_write(register, 0)
        self.uc.reg_write(arm.UC_ARM_REG_SP, STACK)
        self.uc.reg_write(arm.UC_ARM_REG_LR, RETURN | 1)
        self.uc.reg_write(arm.UC_ARM_REG_PC, self.names[name] | 1)

    def begin(self, damage):
        """Ready to decide about a slot with this damage; 0: none."""
        self.restore(self.prepared)
        self.uc.mem_write(self.names["oneota_skip_damage"], damage.to_bytes(4, "little"))
        self.enter("oneota_skip_decide")


def prepare(elf, state, inside):
    """Two of them, at the moment when the client is in this state, with the curve replaced."""
    first, second = Desk(elf), Desk(elf)
    curve = Curve(first)
    curve.learn()
    first.enter(f"oneota_skip_prepare_{state}")
    first.go()
    first.prepared = second.prepared = first.save()
    first.begin(0)
    if not first.ends():
        sys.exit(f"client {state}: the good image is not marked")
    second_curve = Curve(second)
    second_curve.known = curve.known
    second_curve.replace()
    third = Desk(elf, inside)
    third.prepared = first.prepared
    third_curve = Curve(third)
    third_curve.known = curve.known
    third_curve.replace()
    return third, second


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("elf")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--case", action="append")
    parser.add_argument("--inside", action="append")
    args = parser.parse_args()
    faults = 0
    for state in ("verify", "mark"):
        desks = prepare(args.elf, state, args.inside)
        desks[0].begin(0)
        if not desks[0].ends():
            print(f"client {state}: the good image is not marked, with the curve replaced")
            faults += 1
        for number, name in enumerate(DAMAGE, 1):
            if not args.case or f"{state}-{name}" in args.case:
                faults += sweep(desks, number, Desk.begin, ("oneota_skip_begin", "oneota_skip_end"), args.every, f"client {state}-{name}",
                                args.elf)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
