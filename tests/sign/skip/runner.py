# SPDX-License-Identifier: Apache-2.0
"""A program for a Cortex-M in Unicorn, QEMU's processor without its board, run again and again with another instruction
left out. What a program is given, and what it means that it has started an image, its own file says."""

import unicorn
from program import NOP, halves, place, size_of, symbols
from unicorn import arm_const as arm

CODE_MAX = 0x100000
LIMIT_US = 1_000_000   # of a run with an instruction left out: what goes round for ever has not started
REGISTERS = [*range(arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R12 + 1), arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR,
             arm.UC_ARM_REG_XPSR]   # there is no FPU in use


class Runner:
    """The program's symbols, and a processor whose memory is the file's to map. is_ours: functions, by name, in which
    instructions are left out. memory: (address, bytes) of what a run changes; until: where a run ends."""

    def __init__(self, elf, is_ours, memory, until):
        self.names, code = symbols(elf)
        self.ours = halves(code, is_ours)
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.memory, self.until = memory, until

    def has_started(self):
        """Has this run started what is in the slot?"""
        raise NotImplementedError

    def word(self, address):
        return int.from_bytes(self.uc.mem_read(address, 4), "little")

    def pc(self):
        return self.uc.reg_read(arm.UC_ARM_REG_PC) & ~1

    def patch(self, address, code):
        self.uc.mem_write(address, code)
        self.uc.ctl_remove_cache(address, address + len(code))

    def size_at(self, address):
        return size_of(self.uc.mem_read(address, 2))

    def save(self):
        return ([self.uc.reg_read(name) for name in REGISTERS],
                [bytes(self.uc.mem_read(*part)) for part in self.memory])

    def restore(self, state):
        for name, value in zip(REGISTERS, state[0]):
            self.uc.reg_write(name, value)
        for (address, _), data in zip(self.memory, state[1]):
            self.uc.mem_write(address, data)

    def go(self, count=0, limit_us=0):
        self.uc.emu_start(self.pc() | 1, self.until, timeout=limit_us, count=count)

    def ends(self, limit_us=0):
        """Runs on, to its end or to a fault, which resets a real one. @return has_started()"""
        try:
            self.go(limit_us=limit_us)
        except unicorn.UcError:
            pass
        return self.has_started()

    def ends_without(self, moment):
        """Leaves one instruction out, this once. @return was an image started?"""
        self.restore(moment.state)
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


def watch(runner, part, every, act):
    """Runs on, and between two functions (None: to the end) calls act() for every so many moments of ours.
    @return how many"""
    begin, end = (runner.names[name] & ~1 if name else None for name in part)
    seen = {"looks": False, "over": False, "number": 0, "block": 0, "before": None}

    def step(uc, address, size, _):
        seen["looks"] = seen["looks"] or address == begin
        seen["over"] = seen["over"] or address == end
        if not seen["looks"] or seen["over"]:
            return
        inside = seen["block"] > 0
        half = int.from_bytes(uc.mem_read(address, 2), "little")
        is_it = half >> 8 == 0xBF and half & 0xF != 0
        if inside:
            seen["block"] -= 1
        elif is_it:
            seen["block"] = 4 - ((half & -half).bit_length() - 1)
            seen["before"] = runner.save(), address, seen["block"] + 1
        if address not in runner.ours:
            return
        seen["number"] += 1
        if seen["number"] % every == 0:
            act(Moment(address, *(seen["before"] if inside else (runner.save(),))))

    hook = runner.uc.hook_add(unicorn.UC_HOOK_CODE, step)
    runner.uc.ctl_remove_cache(0, CODE_MAX)
    runner.ends()
    runner.uc.hook_del(hook)
    runner.uc.ctl_remove_cache(0, CODE_MAX)
    return seen["number"] // every


def sweep(runners, bad, begin, part, every, name, elf):
    """Every so many moments of a run: left out on the second runner. begin(runner, bad) gets it ready.
    @return how many started, or 1 if nothing was left out"""
    started = []

    def act(moment):
        if runners[1].ends_without(moment):
            started.append(moment.address)

    for runner in runners:
        begin(runner, bad)
    left_out = watch(runners[0], part, every, act)
    print(f"skips {name}: {left_out} left out, {len(started)} started", flush=True)
    for address in started:
        print(f"    started without the instruction at {address:#x}: {place(elf, address)}")
    return len(started) + (left_out == 0)
