#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The boot loader of examples/mps2 on the board in QEMU, with any one instruction left out by gdb, must not start an
image that is not proven.

    python3 tests/sign/skip/qemu.py BOOT.ELF ONEOTA-IMAGE KEY.pem [--every N] [--case NAME]... [--inside FUNCTION]...
        [--first]

As boot.py, with the board in place of the processor alone, and with the real curve. BOOT.ELF is as it is shipped, built
with the public key of KEY.pem. Slot 0 holds what is not to be started, slot 1 nothing; in the cases update-NAME slot 1
holds it, an update that is to be tried, and slot 0 a good image. From the first look at a slot to the end, each
instruction is left out once, at one moment, or every so many of these moments: debugger.py.

Prints "skips qemu CASE: N left out, M started", and fails if anything but the good image is started, or that is not.
--inside: in these functions alone. --first: a case ends with the first that is started.

Needs: sh scripts/install-tools.sh arm skip
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from packages import boot_cases, boot_packages, flash, mps2, pending

GDB = "gdb-multiarch"


def make_cases(args, folder):
    """The good image, and {name: (flash, does the good image run?)}, the first the good one alone."""
    packages = boot_packages(args.program, folder, args.key)
    bad = boot_cases(packages)
    return packages.good, {
        "good": (flash(packages.good), True),
        **{name: (flash(package), False) for name, package in bad.items()},
        **{f"update-{name}": (flash(packages.good, package, control=pending()), True) for name, package in bad.items()},
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("elf")
    parser.add_argument("program")
    parser.add_argument("key")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--case", action="append")
    parser.add_argument("--inside", action="append")
    parser.add_argument("--first", action="store_true")
    args = parser.parse_args()
    if shutil.which(GDB) is None:
        sys.exit(f"{GDB} is missing: sh scripts/install-tools.sh skip")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})   # gdb and QEMU take turns: on one core they do so sooner
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        good, bad = make_cases(args, folder)
        mps2.make_flash(folder, good)
        (folder / "good.pkg").write_bytes(good)
        names = args.case or list(bad)[1:]
        cases = []
        for case in ("good", *names):
            image, runs = bad[case]
            cases.append((case, str(folder / f"{case}.flash"), runs))
            pathlib.Path(cases[-1][1]).write_bytes(image)
        out = os.dup(sys.stdout.fileno())
        job = {"elf": args.elf, "folder": name, "good": str(folder / "good.pkg"), "cases": cases,
               "names": names, "every": args.every, "inside": args.inside, "first": args.first, "out": out}
        python = f"python JOB = {json.dumps(json.dumps(job))}"
        script = pathlib.Path(__file__).with_name("debugger.py")
        return subprocess.run([GDB, "-nx", "-batch", "-ex", python, "-x", str(script)], pass_fds=(out,),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
