#!/usr/bin/python3
"""The README's examples of an Authorization are right, and made by openssl alone.

    python3 tests/check/readme_auth.py README...

Runs what stands in ```sh between <!-- auth:begin --> and <!-- auth:end --> in a shell that finds no
program but openssl. What each command prints must stand in the comment below it, and be a vector of
tests/samples. Each kind of `res`, version and method of the vectors needs an example.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SAMPLES = pathlib.Path(__file__).resolve().parent.parent / "samples"
FENCE = re.compile(r"^```sh\n(.*?)^```$", re.S | re.M)


def read_vectors():
    files = sorted(SAMPLES.glob("auth_vectors*.json"))
    return [vector for file in files for vector in json.loads(file.read_text(encoding="utf-8"))]


def combination(vector):
    """products/1/devices/2 is products/devices"""
    return "/".join(vector["res"].split("/")[::2]), vector["version"], vector["method"]


def script_of(text):
    part = text.partition("<!-- auth:begin -->")[2].partition("<!-- auth:end -->")[0]
    return "\n".join(FENCE.findall(part))


def run(script):
    """What it prints, and what it complains about."""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(shutil.which("openssl"), pathlib.Path(folder, "openssl"))
        done = subprocess.run(["/bin/sh", "-eu", "-c", script], env={"PATH": folder}, timeout=60,
                              capture_output=True, encoding="utf-8", check=False)
    return done.stdout.splitlines(), done.stderr.strip()


def check(text, vectors):
    script = script_of(text)
    printed, complaint = run(script)
    if complaint:
        yield f"the shell says: {complaint}"
    shown = re.findall(r"^# (version=\S+)$", script, re.M)
    if printed != shown:
        yield from (f"printed, but not shown: {line}" for line in printed if line not in shown)
        yield from (f"shown, but not printed: {line}" for line in shown if line not in printed)
        yield "what is printed is not what is shown"
    known = {vector["header"]: combination(vector) for vector in vectors}
    yield from (f"not a vector: {line}" for line in shown if line not in known)
    covered = {known.get(line) for line in shown}
    for missing in sorted(set(known.values()) - covered):
        yield f"no example for {' '.join(missing)}"


def main():
    vectors = read_vectors()
    faults = [f"{name}: {fault}" for name in sys.argv[1:]
              for fault in check(pathlib.Path(name).read_text(encoding="utf-8"), vectors)]
    print("\n".join(faults) or "readme_auth: in order")
    return 1 if faults or not sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
