# SPDX-License-Identifier: Apache-2.0
"""A program for a Cortex-M: its symbols, and where its lines are."""

import subprocess

NOP = {2: b"\x00\xbf", 4: b"\xaf\xf3\x00\x80"}


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def place(elf, address):
    return run("arm-none-eabi-addr2line", "-f", "-s", "-e", elf, hex(address)).replace("\n", " ")


def symbols(elf):
    """{name: address}, [(first, bytes, name) of each function]"""
    names, code = {}, []
    for line in run("arm-none-eabi-nm", "-n", "-S", elf).splitlines():
        words = line.split()
        names[words[-1]] = int(words[0], 16)
        if len(words) == 4 and words[2] in "tT":
            code.append((int(words[0], 16) & ~1, int(words[1], 16), words[3]))
    return names, code


def halves(code, is_ours):
    """Where an instruction of these functions may stand. is_ours: of a name."""
    return {half for at, size, name in code if is_ours(name) for half in range(at, at + size, 2)}


def size_of(begin):
    """Of the instruction that begins with these two bytes."""
    return 4 if int.from_bytes(begin[:2], "little") >= 0xE800 else 2
