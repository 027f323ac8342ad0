#!/usr/bin/python3
"""Deepest stack of the public calls on a Cortex-M4, in bytes, from what scripts/sizes.sh has compiled and linked.

    sh scripts/sizes.sh && python3 scripts/stack.py [--of CALL [ELF] | --check]

A table of all calls of include/oneota, as linked with differential and signed packages; or the deepest chain of one of
them. Adds up the frames of each chain: of the library as the compiler says (-fstack-usage), of other libraries what
their code pushes and subtracts from sp; ports and the event callback not. Calls through pointers are named below.

--check also compares with the limits, and fails beyond one, for a frame without a fixed size, for a call through a
pointer that is not named, and for a function of the library or of cJSON that may come back to itself: only those of
cJSON in RECURSION may, so often.
"""

import argparse
import collections
import pathlib
import re
import subprocess
import sys

# Caller: what it calls through a pointer, besides the application's functions. cJSON allocates with src/json.c.
POINTERS = {
    "oneota_machine_poll": r"oneota_step_\w+",
    "oneota_text_put_form": r"put_letter",
    "put_value": r"oneota_text_put(_url)?",
    "put_res": r"oneota_text_put(_url)?",
    r"cJSON\w*|parse_\w+|add_item\w*": r"allocate|release|arena_take|arena_give",
    "oneota_step_trust|oneota_step_prove": r"step|prove|use",
    "oneota_init": r"are_sound",
    "oneota_step_prefix|oneota_step_download": r"oneota_differential_\w+",
    r"oneota_differential_\w+|make": r"oneota_delta_(begin|feed|start|next)|names",
    "oneota_delta_feed": r"judge_head(er)?|unpack",
    "unpack": r"oneota_inflate",
    "put_letter": r"oneota_text_put(_url)?",
}
# What calls the application's ports and callbacks alone.
PORTS = (r"between|go_on|next_unit|program|record_read|set_unit|step|oneota_exchange_\w+|oneota_journal_\w+|oneota_slot_\w+|"
         r"oneota_proof_step|oneota_machine_(conditions|log|query_boot|request|running_size|tell)|oneota_step_settle")
# cJSON's alone: values nest no deeper than ONEOTA_JSON_DEPTH, 8.
RECURSION = {"parse_value": 8, "parse_object": 8, "parse_array": 8, "cJSON_Delete": 8}
# Not taken: newlib's strstr() for 32 characters and more, its strtod() for 0x, its end of the program and its stdio;
# what cJSON has for making and printing.
NEVER = ("two_way_long_needle", "__gethex", "__assert_func", "exit", "raise", "abort", "sscanf", "sprintf", "cJSON_Print",
         "print_value", "cJSON_Duplicate", "cJSON_Duplicate_rec", "cJSON_Compare")
# Just above what is reached. With signatures, P-256 of mbedTLS is the deepest of all.
SIGNED = ("oneota_poll", "oneota_proof_step", "oneota_trailer_screen", "oneota_trailer_verify")
LIMITS = [(SIGNED, 1792), (("oneota_answer_read", "oneota_init", "oneota_request_write"), 1280), ((), 512)]

HEAD = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
CALL = re.compile(r"\tb(?:l|l?x|\.w|\.n|[a-z]{2}\.[wn])?\t?\s*([0-9a-f]+) <([^>+]+)>")
AGAIN = re.compile(r"\tb(?:\.w|\.n|[a-z]{2}\.[wn])?\t")  # to its own beginning: a loop
THROUGH = re.compile(r"\tb(?:lx|x)\tr\d")
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
    """{address: [name, bytes, addresses it calls, whether it calls through pointers]}"""
    lines = subprocess.run(["arm-none-eabi-objdump", "-d", elf], check=True, capture_output=True,
                           encoding="utf-8").stdout.splitlines()
    functions, here = {}, None
    for line in lines:
        head, push, sub, call = HEAD.match(line), PUSH.search(line), SUB.search(line), CALL.search(line)
        if head:
            here = functions.setdefault(int(head[1], 16), [head[2].split(".")[0], 0, set(), False])
        elif push:
            here[1] += 4 * registers(push[1])
        elif sub:
            here[1] += int(sub[1] or sub[2])
        elif call and not (AGAIN.search(line) and functions.get(int(call[1], 16)) is here):
            here[2].add(int(call[1], 16))
        elif THROUGH.search(line):
            here[3] = True
    return functions


def calls_of(headers):
    """The functions that the public headers declare, but for tables of them."""
    text = "\n".join(re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.S) for header in headers)
    return sorted(set(re.findall(r"^(?:bool|void|const char \*|\w+_t \*?)\s*\*?(oneota_\w+)\(", text, flags=re.M)))


def compiled(folder):
    """Frames by function, as the compiler gives them, and the names of those without a fixed size."""
    frames, open_ones = {}, []
    for path in pathlib.Path(folder).glob("*.su"):
        for line in path.read_text(encoding="utf-8").splitlines():
            place, size, kind = line.split("\t")
            name = place.split(":")[-1].split(".")[0]
            frames[name] = max(frames.get(name, 0), int(size))
            if kind != "static":
                open_ones.append(name)
    return frames, open_ones


def connect(functions):
    for function in functions.values():
        for caller, called in POINTERS.items():
            if re.fullmatch(caller, function[0]):
                function[2] |= {at for at, other in functions.items() if re.fullmatch(called, other[0])}


def may_pass(name, passed):
    return name not in NEVER and passed < RECURSION.get(name, 1)


def deepest(functions, at, passed):
    """(bytes, names) of the deepest chain from here."""
    name, size, calls, _ = functions[at]
    passed[at] += 1
    chains = [deepest(functions, next_at, passed) for next_at in calls & functions.keys()
              if may_pass(functions[next_at][0], passed[next_at])]
    passed[at] -= 1
    below = max(chains, default=(0, []))
    return size + below[0], [f"{name} {size}", *below[1]]


def loops(functions, of_library):
    """Names that a chain of calls of the library can come to again."""
    names = set()
    for start in functions:
        seen, todo = set(), [start]
        while todo:
            for at in functions[todo.pop()][2] & functions.keys() - seen:
                if may_pass(functions[at][0], 0):
                    seen.add(at)
                    todo.append(at)
        if start in seen and re.match(of_library, functions[start][0]):
            names.add(functions[start][0])
    return names


def root_of(functions, name):
    return next(at for at, function in functions.items() if function[0] == name)


def limit_of(name):
    return next(limit for names, limit in LIMITS if name in names or not names)


def faults_of(functions, frames, open_ones):
    yield from (f"{name}: its frame has no fixed size" for name in open_ones)
    for _, (name, _, _, indirect) in functions.items():
        known = any(re.fullmatch(called, name) for called in (*POINTERS, PORTS))
        if indirect and name in frames and not known:
            yield f"{name}: calls through a pointer that is not named in POINTERS or PORTS"
    own = "|".join(re.escape(name) for name in frames)
    for name in sorted(loops(functions, rf"(?:{own}|parse_\w+|cJSON_\w+)$")):
        if name not in RECURSION:
            yield f"{name}: recursion"


def table(functions, frames, open_ones, check):
    faults = list(faults_of(functions, frames, open_ones))
    there = {function[0] for function in functions.values()}
    for name in calls_of(sorted(pathlib.Path("include/oneota").glob("*.h"))):
        if name not in there:
            faults.append(f"{name}: not linked")
            continue
        total, _ = deepest(functions, root_of(functions, name), collections.Counter())
        print(f"{total:7d} of {limit_of(name):5d}  {name}")
        if total > limit_of(name):
            faults.append(f"{name}: {total} bytes of {limit_of(name)}")
    if check:
        print("\n".join(f"stack: {fault}" for fault in faults) or "stack: in order")
    return 1 if check and faults else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--of")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("elf", nargs="?", default="build/size/stack.elf")
    arguments = parser.parse_args()
    functions = read(arguments.elf)
    frames, open_ones = compiled(pathlib.Path(arguments.elf).parent / "core-stack")
    for function in functions.values():
        function[1] = max(function[1], frames.get(function[0], 0))
    connect(functions)
    if not arguments.of:
        return table(functions, frames, open_ones, arguments.check)
    total, chain = deepest(functions, root_of(functions, arguments.of), collections.Counter())
    print("\n".join(chain))
    print(f"{total} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
