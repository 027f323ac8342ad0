# SPDX-License-Identifier: Apache-2.0
"""The board in QEMU, run again and again by gdb with another instruction left out. This runs inside gdb, started by
qemu.py, which gives it JOB:

    elf      the boot loader
    folder   with flash.bin, and room for sockets
    good     a file: the image that may run
    cases    [name, file with the flash, does the good image run?]...
    names    of the cases with skips
    every    so many moments one is left out
    inside   functions: nowhere else; none: everywhere
    first    to end a case where an image was started
    out      where to write to: gdb has its own to say on stdout

A run is stepped through from the first look at a slot on. At a moment that was chosen the state is kept; a NOP is put
in the place of the instruction, for one step; the board goes on until it gives up, resets or starts an image. Then it
is reset, and put back into the state that was kept. What is not ours is passed over, and the curve answers what it was
asked before as it did then: 30 million instructions less. gdb cannot write the MPU: what unlocks flash is called.
"""

import contextlib
import json
import mmap
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import gdb

sys.path[0:0] = [str(pathlib.Path(__file__).resolve().parent)]
import packages  # noqa: E402
from packages import mps2  # noqa: E402
from program import NOP, halves, place, size_of, symbols  # noqa: E402

LIMIT_S = 2.0   # of QEMU's processor time, after a skip: what goes round for ever has not started
WHOLE_S = 30.0   # the same, of other runs and of the curve
SLEEP_S = 120.0   # of any time
END_S = 10.0   # of QEMU, to end
TRANSLATED_MB = 4   # QEMU's default is a quarter of the memory, which many thousand changes of code would fill
START_S = 20.0   # of QEMU
PAGE_BYTES = 1024   # QEMU's: gdb cannot look into that which begins with the guard of the stack
RAM = mps2.RAM
CONTROL_END = mps2.CONTROL[0] + mps2.CONTROL[1] * mps2.UNIT
REGISTERS = [*(f"r{n}" for n in range(13)), "sp", "lr", "xpsr", "pc"]   # no FPU is in use
CURVE = "mbedtls_ecdsa_verify"
UNLOCK = "board_flash_writable"
# Passed over besides packages.THEIRS: what is long and decides nothing.
BULK = re.compile(rf"oneota_bytes_crc32|bsp_arg_number|{UNLOCK}")


def tell(command):
    return gdb.execute(command, to_string=True)


def register(name):
    return int(gdb.newest_frame().read_register(name)) & 0xFFFFFFFF


def patiently(connect):
    """Until somebody listens."""
    end = time.monotonic() + START_S
    while True:
        try:
            return connect()
        except (OSError, gdb.error):
            if time.monotonic() > end:
                raise
        time.sleep(0.01)


def processor_s(process):
    """What a process has used."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Line:
    """To QEMU and back: a new one when the processor has locked up, which ends QEMU."""

    def __init__(self, elf, folder):
        self.elf, self.folder = elf, folder
        self.qemu = self.monitor = None
        self.limits = None
        self.lock = threading.Lock()
        threading.Thread(target=self.watch, daemon=True).start()

    def connect(self):
        self.close()
        paths = {name: self.folder / name for name in ("gdb", "monitor")}
        for path in paths.values():
            path.unlink(missing_ok=True)
        extra = ("-accel", f"tcg,tb-size={TRANSLATED_MB}", "-S", "-gdb", f"unix:{paths['gdb']},server=on,wait=off",
                 "-chardev", f"socket,id=line,path={paths['monitor']},server=on,wait=off", "-mon", "line")
        self.qemu = subprocess.Popen(mps2.qemu_command(self.folder, boot=self.elf, nic="none", extra=extra),
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.monitor = socket.socket(socket.AF_UNIX)
        patiently(lambda: self.monitor.connect(str(paths["monitor"])))
        patiently(lambda: tell(f"target remote {paths['gdb']}"))

    def is_open(self):
        return gdb.selected_inferior().pid != 0

    def close(self):
        if self.qemu is not None:
            self.qemu.kill()
            self.qemu.wait()
            self.monitor.close()
            self.qemu = None
        if self.is_open():
            with contextlib.suppress(gdb.error):   # that it is closed
                tell("disconnect")

    def go(self, limit_s=WHOLE_S):
        """Runs to a breakpoint, or so long. @return is it still there?"""
        with self.lock:
            self.limits = processor_s(self.qemu.pid) + limit_s, time.monotonic() + SLEEP_S
        with contextlib.suppress(gdb.error):   # "Remote connection closed"
            tell("continue")
        with self.lock:
            self.limits = None
        if self.is_open():
            return True
        self.qemu.wait(END_S)   # it locked up or called exit(); or else it is gdb that fails
        return False

    def watch(self):
        """Gdb waits for what QEMU says, so that somebody else must end an endless run."""
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())   # they are gdb's
        while True:
            time.sleep(0.05)
            with self.lock, contextlib.suppress(OSError):   # it has ended by itself
                if self.limits and (processor_s(self.qemu.pid) > self.limits[0] or time.monotonic() > self.limits[1]):
                    self.monitor.sendall(b"stop\n")
                    self.limits = None


@contextlib.contextmanager
def stops(addresses):
    """Breakpoints for a while."""
    rows = [gdb.Breakpoint(f"*{address:#x}") for address in addresses]
    yield
    for row in rows:
        row.delete()


class Board:
    """Stopped at some instruction. good: the image that may run."""

    def __init__(self, elf, folder, good):
        self.names, code = symbols(elf)
        self.names = {name: address & ~1 for name, address in self.names.items()}
        self.code = code
        self.ours = halves(code, lambda name: not packages.THEIRS.match(name) and not BULK.match(name))
        self.flash = open(folder / "flash.bin", "r+b")
        self.view = mmap.mmap(self.flash.fileno(), mps2.FLASH_BYTES)
        self.line = Line(elf, folder)
        self.answers = {}
        self.good = good
        self.pristine = b""   # what is in flash at power-on
        self.is_unlocked = False
        self.stack = self.names["bsp_stack_limit"] // PAGE_BYTES * PAGE_BYTES + PAGE_BYTES
        self.memory = [(RAM[0], self.names["bsp_bss_end"] - RAM[0]), (self.stack, RAM[1] - self.stack),
                       (mps2.LOAD, len(good))]
        for text in ("pagination off", "confirm off", "remotetimeout 60", "breakpoint always-inserted on",
                     "suppress-cli-notifications on"):
            tell(f"set {text}")
        tell(f"exec-file {elf}")   # code is not asked for over the line: a step takes a fifth of the time
        tell("set trust-readonly-sections on")
        tell("set architecture armv7e-m")
        self.ends = {self.names["bsp_exit"], self.names["board_begin"], packages.ENTRY}
        for address in (*self.ends, self.names[CURVE]):
            tell(f"break *{address:#x}")
        self.line.connect()

    # -- state --------------------------------------------------------------------------------

    def power_on(self):
        """Up to the first look at a slot."""
        if not self.line.is_open():
            self.line.connect()
        self.view[:len(self.pristine)] = self.pristine
        self.is_unlocked = False
        tell("monitor system_reset")
        tell("maintenance flush register-cache")
        look = self.names["load_check"]
        if self.run_to() != self.names["board_begin"] or self.run_to(look) != look:
            raise gdb.GdbError("the boot loader does not come to load_check()")

    def save(self):
        read = gdb.selected_inferior().read_memory
        if register("sp") < self.stack:
            raise gdb.GdbError("the stack is too deep to be kept")
        memory = [bytes(read(*part)) for part in self.memory]
        return [register(name) for name in REGISTERS], memory, bytes(self.view[:CONTROL_END]), self.is_unlocked

    def restore(self, state):
        """After power_on()."""
        registers, memory, control, is_unlocked = state
        if is_unlocked:
            self.unlock()
        for (address, _), data in zip(self.memory, memory):
            gdb.selected_inferior().write_memory(address, data)
        for name, value in zip(REGISTERS, registers):
            tell(f"set ${name} = {value:#x}")
        self.view[:CONTROL_END] = control
        self.is_unlocked = is_unlocked

    def unlock(self):
        """board_flash_writable(true)"""
        back = self.pc()
        for name, value in (("r0", 1), ("lr", back | 1), ("pc", self.names[UNLOCK])):
            tell(f"set ${name} = {value:#x}")
        self.run_to(back)

    # -- running ------------------------------------------------------------------------------

    def pc(self):
        """None: it has ended, and QEMU with it."""
        return register("pc") if self.line.is_open() else None

    def run_to(self, *addresses, limit_s=WHOLE_S):
        """On, to one of these or to the end, or for ever. @return where it stands"""
        with stops(addresses):
            while self.line.go(limit_s) and self.pc() == self.names[CURVE] and self.pc() not in addresses:
                if not self.answer():
                    break
        return self.pc()

    def step(self):
        tell("stepi")

    def pass_over(self):
        """What is not ours was called just now."""
        if self.pc() == self.names[UNLOCK]:
            self.is_unlocked = register("r0") != 0
        back = register("lr") & ~1
        if not (self.answer() if self.pc() == self.names[CURVE] else self.run_to(back) == back):
            raise gdb.GdbError("what was called does not come back")

    def image(self):
        """What is run; None: none is."""
        at = self.pc()
        if at is None or not mps2.LOAD <= at < mps2.LOAD + mps2.SLOT_BYTES:
            return None
        return bytes(gdb.selected_inferior().read_memory(mps2.LOAD, len(self.good)))

    def ends_without(self, address):
        """Leaves the instruction out at which it stands, this once. @return was an image started that may not be?"""
        memory = gdb.selected_inferior()
        kept = bytes(memory.read_memory(address, 4))[:size_of(memory.read_memory(address, 2))]
        memory.write_memory(address, NOP[len(kept)])
        self.step()
        memory.write_memory(address, kept)
        if self.pc() not in self.ends and (self.pc() != self.names[CURVE] or self.answer()):
            self.run_to(limit_s=LIMIT_S)
        return self.image() not in (None, self.good)

    # -- the curve ----------------------------------------------------------------------------

    def word(self, address):
        return int.from_bytes(gdb.selected_inferior().read_memory(address, 4), "little")

    def number(self, address):
        """An mbedtls_mpi: limbs, sign, number of limbs."""
        limbs, rest = self.word(address), self.word(address + 4)
        return rest, bytes(gdb.selected_inferior().read_memory(limbs, 4 * min(rest >> 16, 64)))

    def question(self):
        """Digest, key, r and s; None: those cannot be arguments."""
        digest, length, point, stack = (register(name) for name in ("r1", "r2", "r3", "sp"))
        try:
            return (bytes(gdb.selected_inferior().read_memory(digest, min(length, 64))), length, self.number(point),
                    self.number(point + 8), self.number(self.word(stack)), self.number(self.word(stack + 4)))
        except gdb.MemoryError:
            return None

    def answer(self):
        """At the curve's entry: as it answered this before; if it was never asked, it is run. @return does it come back?"""
        question, back = self.question(), register("lr") & ~1
        if question in self.answers:
            tell(f"set $r0 = {self.answers[question]}")
            tell(f"set $pc = {back:#x}")
            return True
        with stops([back]):
            comes_back = self.line.go() and self.pc() == back
        if comes_back and question is not None:
            self.answers[question] = register("r0")
        return comes_back


# -- the test --------------------------------------------------------------------------------------


def moments(board):
    """Steps through a run, and stands at each instruction of ours. Yields where."""
    while board.pc() not in board.ends:
        if board.pc() in board.ours:
            yield board.pc()
            board.step()
        else:
            board.pass_over()


def sweep(board, every, where, first):
    """@return how many were left out, [where an image was started without]"""
    started = []
    number = 0
    board.power_on()
    for address in moments(board):
        if address not in where:
            continue
        number += 1
        if number % every == 0:
            state = board.save()
            if board.ends_without(address):
                started.append(address)
            if started and first:
                break
            board.power_on()
            board.restore(state)
    return number // every, started


def main(job):
    board = Board(job["elf"], pathlib.Path(job["folder"]), pathlib.Path(job["good"]).read_bytes())
    where = halves(board.code, job["inside"].__contains__) if job["inside"] else board.ours
    out = open(job["out"], "w", buffering=1, encoding="ascii")
    faults = 0
    try:
        for name, path, runs in job["cases"]:
            board.pristine = pathlib.Path(path).read_bytes()
            board.power_on()
            board.run_to()
            if board.image() != (board.good if runs else None):
                print(f"qemu {name}: {'the good image is not' if runs else 'an image is'} started", file=out)
                faults += 1
            if name not in job["names"]:
                continue
            left_out, started = sweep(board, job["every"], where, job["first"])
            print(f"skips qemu {name}: {left_out} left out, {len(started)} started", file=out)
            for address in started:
                print(f"    started without the instruction at {address:#x}: {place(job['elf'], address)}", file=out)
            faults += len(started) + (left_out == 0)
    finally:
        board.line.close()
    return 1 if faults else 0


gdb.execute(f"quit {main(json.loads(JOB))}")   # noqa: F821
