#!/usr/bin/python3
"""Deepest stack of oneota_poll() on a Cortex-M4, in bytes, from the code that scripts/sizes.sh has linked.

    sh scripts/sizes.sh && python3 scripts/stack.py [ELF]

Adds up what each function of a chain of calls pushes and subtracts from sp, libraries included, ports and the
event callback not. Calls through pointers are named below. A chain may pass a function as often as
RECURSION says.
"""

import collections
import re
import subprocess
import sys

ROOT = "oneota_poll"
# Caller: what it calls through a pointer, besides the application's functions. cJSON allocates with src/json.c.
POINTERS = {
    "oneota_machine_poll": r"oneota_step_\w+",
    "oneota_text_put_form": r"put_letter",
    "put_value": r"oneota_text_put(_url)?",
    "put_res": r"oneota_text_put(_url)?",
    r"cJSON\w*|parse_\w+|add_item\w*": r"allocate|release",
}
# The Authorization is a form within a form; values nest no deeper than ONEOTA_JSON_DEPTH, 8.
RECURSION = {"oneota_text_put_form": 2, "put_letter": 2, "parse_value": 8, "parse_object": 8, "parse_array": 8}
# Not taken: newlib's strstr() for 32 characters and more, its strtod() for 0x, and its end of the program.
NEVER = ("two_way_long_needle", "__gethex", "__assert_func")

HEAD = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
CALL = re.compile(r"\tb(?:l|l?x|\.w|\.n|[a-z]{2}\.[wn])?\t?\s*([0-9a-f]+) <([^>+]+)>")
PUSH = re.compile(r"\t(?:push|stmdb\tsp!,|vpush)\s*\{([^}]*)\}")
SUB = re.compile(r"\tsub(?:w|\.w)?\tsp, (?:sp, )?#(\d+)|\tstr(?:\.w)?\t\w+, \[sp, #-(\d+)\]!")


def registers(text):
    """r4-r7, lr: 5 words; d8-d9: 4"""
    words = 0
    for part in text.split(","):
        ends = [int(end) for end in re.findall(r"\d+", part)]
        words += (ends[-1] - ends[0] + 1 if len(ends) > 1 else 1) * (2 if "d" in part else 1)
    return words


def read(elf):
    """{address: [name, bytes, addresses it calls]}"""
    lines = subprocess.run(["arm-none-eabi-objdump", "-d", elf], check=True, capture_output=True,
                           encoding="utf-8").stdout.splitlines()
    functions, here = {}, None
    for line in lines:
        head, push, sub, call = HEAD.match(line), PUSH.search(line), SUB.search(line), CALL.search(line)
        if head:
            here = functions.setdefault(int(head[1], 16), [head[2].split(".")[0], 0, set()])
        elif push:
            here[1] += 4 * registers(push[1])
        elif sub:
            here[1] += int(sub[1] or sub[2])
        elif call:
            here[2].add(int(call[1], 16))
    return functions


def connect(functions):
    for function in functions.values():
        for caller, called in POINTERS.items():
            if re.fullmatch(caller, function[0]):
                function[2] |= {at for at, other in functions.items() if re.fullmatch(called, other[0])}


def may_pass(name, passed):
    return name not in NEVER and passed < RECURSION.get(name, 1)


def deepest(functions, at, passed):
    """(bytes, names) of the deepest chain from here."""
    name, size, calls = functions[at]
    passed[at] += 1
    chains = [deepest(functions, next_at, passed) for next_at in calls & functions.keys()
              if may_pass(functions[next_at][0], passed[next_at])]
    passed[at] -= 1
    below = max(chains, default=(0, []))
    return size + below[0], [f"{name} {size}", *below[1]]


def main():
    functions = read(sys.argv[1] if len(sys.argv) > 1 else "build/size/whole-api-0-south-fuse.elf")
    connect(functions)
    root = next(at for at, function in functions.items() if function[0] == ROOT)
    total, chain = deepest(functions, root, collections.Counter())
    print("\n".join(chain))
    print(f"{total} bytes")


if __name__ == "__main__":
    main()
