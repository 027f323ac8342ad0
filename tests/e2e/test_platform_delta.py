"""Differential packages made on the platform stand-in, by oneota-delta."""

import asyncio
import os
import random
import stat
import subprocess
import sys
import threading
import time

import pytest

from conftest import PROGRAM, AdminError
from device import delta_tool
from test_platform import Device

sys.path.insert(0, str(PROGRAM.parent))
import deltatool  # noqa: E402

OLD = random.Random(1).randbytes(20000)
NEW = OLD[:9000] + b"another line of code" + OLD[9000:]


@pytest.fixture
def maker(start_platform):
    return start_platform("--delta-tool", delta_tool())


@pytest.fixture
def script(tmp_path):
    """script("echo no >&2; exit 4"): a program in place of oneota-delta."""
    def write(body):
        path = tmp_path / "tool"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)
    return write


def two(platform, old=OLD, new=NEW, **fields):
    """Adds V1 and V2; the number of the latter."""
    platform.add_package(old, target="V1", **fields)
    return platform.add_package(new, target="V2", **fields)


def applied(folder, old, package):
    for name, data in (("old", old), ("package", package)):
        (folder / name).write_bytes(data)
    subprocess.run([delta_tool(), "apply", folder / "old", folder / "package", folder / "new"], check=True)
    return (folder / "new").read_bytes()


def block_of(package):
    return 1 << package[6]


# -- made --------------------------------------------------------------------------------------

def test_delta_made_here_is_a_package_of_its_own(maker, tmp_path):
    full = two(maker)
    made = maker.make_delta(full, "V1")
    assert made["id"] not in (full, full - 1) and "warning" not in made
    assert (made["base"], made["from_version"], made["target"]) == (full, "V1", "V2")
    assert (made["type"], made["filename"]) == ("sota", "V1-V2.odp")
    assert made["size"] < len(NEW) // 10
    maker.add_task(made["id"])
    device = Device(maker)
    data = device.check(version="V1")["data"]
    assert (data["type"], data["size"], data["md5"]) == (2, made["size"], made["md5"])
    package = device.download(data["token"]).content
    assert block_of(package) == 4096
    assert applied(tmp_path, OLD, package) == NEW


@pytest.mark.parametrize("block", [1024, 8192])
def test_delta_made_here_has_the_blocks_that_were_asked_for(maker, block):
    made = maker.make_delta(two(maker), "V1", block=block)
    maker.add_task(made["id"])
    device = Device(maker)
    assert block_of(device.download(device.check(version="V1")["data"]["token"]).content) == block


def test_delta_made_here_is_from_the_newest_package_of_that_version_and_model(maker, tmp_path):
    two(maker, old=b"an older build" * 100)
    maker.add_package(OLD, target="V1")
    maker.add_package(b"of another model" * 100, target="V1", model="10002")
    maker.add_package(b"of the module" * 100, target="V1", type="fota")
    full = maker.add_package(NEW, target="V2")
    maker.add_task(maker.make_delta(full, "V1")["id"])
    device = Device(maker)
    package = device.download(device.check(version="V1")["data"]["token"]).content
    assert applied(tmp_path, OLD, package) == NEW


def test_delta_made_here_is_chosen_by_the_version_that_the_device_reports(maker):
    """32 until it is one that there is a package for; then that package."""
    full = two(maker)
    made = maker.make_delta(full, "V1")
    task = maker.add_task(full, delta=True)
    device = Device(maker)
    assert device.version({"s_version": "V0"}) == 0
    assert device.check(version="V0")["errno"] == 32
    assert maker.task(task)["state"] == "waiting"
    assert device.version({"s_version": "V1"}) == 0
    data = device.check(version="V1")["data"]
    assert (data["type"], data["md5"]) == (2, made["md5"])


def test_delta_made_here_for_another_version_is_9_and_fails_the_task(maker):
    task = maker.add_task(maker.make_delta(two(maker), "V1")["id"])
    device = Device(maker)
    assert device.check(version="V0")["errno"] == 9
    assert maker.task(task)["state"] == "failed"
    assert device.check(version="V1")["errno"] == 11


def test_warning_of_the_tool_is_passed_on(maker):
    made = maker.make_delta(two(maker, new=random.Random(2).randbytes(20000)), "V1")
    assert "consider uploading it as a full package" in made["warning"]


# -- not made ----------------------------------------------------------------------------------

def refuses(platform, pattern, full, **fields):
    before = platform.admin("packages")
    with pytest.raises(AdminError, match=pattern):
        platform.make_delta(full, "V1", **fields)
    assert platform.admin("packages") == before


def test_tool_that_is_missing_is_said_so(start_platform):
    platform = start_platform("--delta-tool", "/nowhere/oneota-delta")
    refuses(platform, "500: no package was made: /nowhere/oneota-delta was not found: build it .*--delta-tool",
            two(platform))


def test_tool_that_fails_is_quoted(start_platform, script):
    platform = start_platform("--delta-tool", script("echo the disk is full >&2; exit 3"))
    refuses(platform, "500: .* failed, status 3: the disk is full", two(platform))


def test_tool_that_writes_nothing_is_not_believed(start_platform, script):
    platform = start_platform("--delta-tool", script("exit 0"))
    refuses(platform, "500: .* says that it is done, and has written nothing", two(platform))


def test_tool_that_is_no_program_is_said_so(start_platform, tmp_path):
    path = tmp_path / "tool"
    path.write_bytes(b"\x7fELF, but not really")
    path.chmod(0o755)
    platform = start_platform("--delta-tool", str(path))
    refuses(platform, "500: .* cannot be run: Exec format error", two(platform))


@pytest.mark.parametrize("fields, pattern", [
    ({"block": 512}, '400: "block" is 1024, 2048, 4096 or 8192'), ({"block": "x"}, '400: "block"'),
    ({"colour": "red"}, '400: "colour" is not known')], ids=str)
def test_wrong_wish_is_refused(maker, fields, pattern):
    refuses(maker, pattern, two(maker), **fields)


def test_base_of_another_model_is_none(maker):
    maker.add_package(OLD, target="V1", model="10002")
    refuses(maker, "400: .*add that of V1 first", maker.add_package(NEW, target="V2"))


def test_block_goes_with_no_upload(maker):
    full = two(maker)
    with pytest.raises(AdminError, match='400: "block" is for a package made here'):
        maker._upload(f"packages/{full}/delta", b"delta", "d.odp", {"from": "V1", "block": 1024})


# -- meanwhile ---------------------------------------------------------------------------------

def test_devices_are_served_while_the_tool_works(start_platform, script, tmp_path):
    go_on, asked = tmp_path / "go-on", []
    platform = start_platform("--delta-tool", script(
        f"while [ ! -e {go_on} ]; do sleep 0.05; done; exec {delta_tool()} \"$@\""))
    full = two(platform)
    asking = threading.Thread(target=lambda: asked.append(platform.make_delta(full, "V1")))
    asking.start()
    try:
        time.sleep(0.2)
        assert Device(platform).check()["errno"] == 11
        assert asked == []
    finally:
        go_on.touch()
        asking.join()
    assert asked[0]["from_version"] == "V1"


def test_tool_that_never_ends_is_stopped(script, tmp_path):
    number = tmp_path / "number"
    tool = deltatool.DeltaTool(script(f"echo $$ >{number}; exec sleep 60"), longest_s=0.5)
    with pytest.raises(deltatool.ToolError, match="was stopped: it took longer than 0.5 s"):
        asyncio.run(tool.make(__file__, __file__, "4096"))
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)
