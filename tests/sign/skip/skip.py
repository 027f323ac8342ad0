#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A boot loader's decision with any one instruction left out must not start a damaged image.

    python3 tests/sign/skip/skip.py ELF ONEOTA-IMAGE [--every N] [--case NAME]...

ELF is start.c, built by build.sh for a Cortex-M4, run here by Unicorn. For each kind of damage, each
instruction that is executed in the library's own code on the way from the first byte read to the
decision (mbedTLS and libc are not ours) is replaced by a NOP, once, at that one moment. --every 4
takes every fourth. ONEOTA-IMAGE makes the packages.

The elliptic curve itself is run once for each case, and in the other runs answered from what is
known of the packages: it says yes to the digest, signature and key that belong together, alone.

Prints "skips CASE: N left out, M started", and fails if anything damaged was started, or if the
good image is not.
"""

import argparse
import pathlib
import sys
import tempfile

import unicorn
from packages import Packages
from program import NOP, place, run, size_of
from unicorn import arm_const as arm

MEMORY = 0x80000
STACK = 0x70000
RETURN = 0x7000  # where the function called returns to
COUNT_MAX = 10_000_000
STARTED = 0x57A27ED  # as in start.c
VERIFY_FAILED = -0x4E00


class Machine:
    """The program in memory, run from one of its functions."""

    def __init__(self, elf):
        self.names = {}
        for line in run("arm-none-eabi-nm", elf).splitlines():
            address, _, name = line.split()
            self.names[name] = int(address, 16)
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.data = self.names["__data_start"] & ~0xFFF
        self.uc.mem_map(0, self.data, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        self.uc.mem_map(self.data, MEMORY - self.data)
        with tempfile.TemporaryDirectory() as folder:
            binary = pathlib.Path(folder) / "bin"
            run("arm-none-eabi-objcopy", "-O", "binary", elf, str(binary))
            self.uc.mem_write(0x8000, binary.read_bytes())
        self.most = 0  # instructions of a run, 0: not counted
        self.core = self.core_ranges(elf)

    def core_ranges(self, elf):
        """Where the library's own code and the decision stand: (first, last + 1)."""
        out = run("arm-none-eabi-nm", "-n", "-S", elf)
        rows = [line.split() for line in out.splitlines() if len(line.split()) == 4]
        code = [(int(a, 16), int(s, 16), name) for a, s, kind, name in rows if kind in "tT"]
        objects = pathlib.Path(elf).parent / "core"
        ours = set()
        for path in objects.glob("*.o"):
            ours |= {line.split()[-1] for line in run("arm-none-eabi-nm", str(path)).splitlines()
                     if line.split()[-2] in "tT"}
        ours.add("oneota_skip_decide")
        return [(address, address + size) for address, size, name in code if name in ours]

    def is_core(self, address):
        return any(first <= address < end for first, end in self.core)

    # -- memory -------------------------------------------------------------------------------

    def word(self, address):
        return int.from_bytes(self.uc.mem_read(address, 4), "little")

    def put(self, name, data):
        self.uc.mem_write(self.names[name], data)

    def save(self):
        return bytes(self.uc.mem_read(self.data, MEMORY - self.data))

    def restore(self, data):
        self.uc.mem_write(self.data, data)

    def load(self, package):
        self.put("oneota_skip_slot", package.ljust(4096, b"\xff"))
        self.put("oneota_skip_size", len(package).to_bytes(4, "little"))
        self.put("oneota_skip_started", bytes(4))

    def started(self):
        return self.word(self.names["oneota_skip_started"]) == STARTED

    def translate_again(self):
        """So that hooks added or taken away count for code that has run before."""
        self.uc.ctl_remove_cache(0, MEMORY)

    # -- running ------------------------------------------------------------------------------

    def begin(self, name):
        for register in range(arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R12 + 1):
            self.uc.reg_write(register, 0)
        self.uc.reg_write(arm.UC_ARM_REG_SP, STACK)
        self.uc.reg_write(arm.UC_ARM_REG_LR, RETURN | 1)
        self.uc.reg_write(arm.UC_ARM_REG_PC, self.names[name] | 1)

    def go(self, count=None):
        """On from where it stands: count instructions, or to the end."""
        self.uc.emu_start(self.uc.reg_read(arm.UC_ARM_REG_PC) | 1, RETURN,
                          count=self.most if count is None else count)

    def count_from_now(self):
        """Unicorn counts in code alone that it has translated while it was counting."""
        self.most = COUNT_MAX
        self.translate_again()

    def call(self, name):
        self.begin(name)
        self.go()

    def leave_out_next(self, limit):
        """A NOP in place of the next instruction, this once; then on, at most limit more."""
        address = self.uc.reg_read(arm.UC_ARM_REG_PC) & ~1
        size = size_of(self.uc.mem_read(address, 2))
        kept = bytes(self.uc.mem_read(address, size))
        self.patch(address, NOP[size])
        try:
            self.go(1)
        finally:
            self.patch(address, kept)
        self.go(limit)

    def patch(self, address, code):
        self.uc.mem_write(address, code)
        self.uc.ctl_remove_cache(address, address + len(code))


class Curve:
    """The elliptic curve's answers, where it is not run."""

    def __init__(self, machine):
        self.machine = machine
        self.entry = machine.names["mbedtls_ecdsa_verify"]
        self.known = set()
        self.code = bytes(machine.uc.mem_read(self.entry, 2))
        self.hook = None

    def replace(self):
        self.machine.patch(self.entry, b"\x70\x47")  # bx lr
        self.hook = self.machine.uc.hook_add(unicorn.UC_HOOK_CODE, self.answer, None, self.entry,
                                             self.entry)

    def learn(self):
        """From here on what the real one says yes to is known."""
        asked = []
        returns = set()   # a hook on every block would cost more than the curve

        def enter(uc, *_):
            asked.append(self.asked())
            back = uc.reg_read(arm.UC_ARM_REG_LR) & ~1
            if back not in returns:
                returns.add(back)
                uc.hook_add(unicorn.UC_HOOK_CODE, leave, None, back, back)
                uc.ctl_remove_cache(back, back + 2)

        def leave(uc, *_):
            if asked and uc.reg_read(arm.UC_ARM_REG_R0) == 0:
                self.known.add(asked[-1])
            asked.clear()

        self.hook = self.machine.uc.hook_add(unicorn.UC_HOOK_CODE, enter, None, self.entry, self.entry)

    def number(self, address):
        """An mbedtls_mpi: limbs, sign, number of limbs."""
        limbs, count = self.machine.word(address), self.machine.word(address + 4) >> 16
        if limbs == 0 or count > 64:
            return None
        return int.from_bytes(self.machine.uc.mem_read(limbs, 4 * count), "little")

    def asked(self):
        """(digest, r, s, X), or None: those cannot be arguments."""
        uc = self.machine.uc
        digest, length, point, stack = (uc.reg_read(n) for n in (
            arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_R3, arm.UC_ARM_REG_SP))
        try:
            return (bytes(uc.mem_read(digest, length)) if length <= 64 else None,
                    self.number(self.machine.word(stack)),
                    self.number(self.machine.word(stack + 4)), self.number(point))
        except unicorn.UcError:
            return None

    def answer(self, uc, *_):
        yes = self.asked() in self.known
        uc.reg_write(arm.UC_ARM_REG_R0, 0 if yes else VERIFY_FAILED & 0xFFFFFFFF)


# -- the test --------------------------------------------------------------------------------------


def trace(machine, package, data):
    """Number and address of each instruction of ours in a whole run; and how many there are in
    all."""
    seen = []
    machine.restore(data)
    machine.load(package)
    hook = machine.uc.hook_add(unicorn.UC_HOOK_CODE, lambda uc, address, size, _: seen.append(address))
    machine.translate_again()
    machine.call("oneota_skip_decide")
    machine.uc.hook_del(hook)
    machine.translate_again()
    return [n for n, address in enumerate(seen) if machine.is_core(address)], seen


def one(machine, package, data, number, limit):
    """A run with the instruction of that number left out. @return was the image started?"""
    machine.restore(data)
    machine.load(package)
    try:
        machine.begin("oneota_skip_decide")
        if number > 0:
            machine.go(number)
        machine.leave_out_next(limit)
    except unicorn.UcError:
        pass  # a fault resets a real one
    return machine.started()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("elf")
    parser.add_argument("program")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--case", action="append")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        packages = Packages(args.program, pathlib.Path(folder))
    machine = Machine(args.elf)
    curve = Curve(machine)
    machine.put("oneota_skip_key", packages.key)
    machine.call("oneota_skip_prepare")
    data = machine.save()
    faults = 0

    # with the real curve
    for name, package in {"good": packages.good, **packages.bad}.items():
        machine.restore(data)
        machine.load(package)
        machine.call("oneota_skip_decide")
        if machine.started() != (name == "good"):
            print(f"{name}: {'started' if machine.started() else 'not started'}")
            faults += 1
        if name == "good":
            print(f"heap peak {machine.word(machine.names['oneota_skip_heap_peak'])} bytes, "
                  f"left {machine.word(machine.names['oneota_skip_heap'])}")

    # a good image has been proven before: what it left in memory is there
    curve.known = packages.known()
    curve.replace()
    machine.count_from_now()
    machine.restore(data)
    machine.load(packages.good)
    machine.call("oneota_skip_decide")
    if not machine.started():
        print("good: not started, with the curve replaced")
        faults += 1
    data = machine.save()
    for name in args.case or packages.bad:
        package = packages.bad[name]
        ours, seen = trace(machine, package, data)
        if machine.started():
            print(f"{name}: started, with the curve replaced")
            faults += 1
        chosen = ours[::args.every]
        bad = [n for n in chosen if one(machine, package, data, n, 4 * len(seen) + 100000)]
        print(f"skips {name}: {len(chosen)} left out, {len(bad)} started", flush=True)
        for n in bad:
            print(f"    started without instruction {n} at {seen[n]:#x}: {place(args.elf, seen[n])}")
        faults += len(bad) + (not chosen)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
