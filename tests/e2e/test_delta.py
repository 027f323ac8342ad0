"""Differential packages, between two builds of oneota-device itself, with kills at any moment and in the middle of
every write of flash.
"""

import hashlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from device import ROOT, Scene, delta_tool, program

SEED = int(os.environ.get("ONEOTA_KILL_SEED") or random.randrange(2**32))
KILLS = 6
WORKERS = 3
LONGEST_S = 0.7   # an update takes about half of it
BASE, TARGET = "1.0", "2.0"


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """(old, new): one build as it is, and one of the same sources for size instead of speed."""
    folder = tmp_path_factory.mktemp("second-build")
    configure = ["cmake", "-S", str(ROOT), "-B", str(folder), "-DCMAKE_BUILD_TYPE=MinSizeRel",
                 "-DONEOTA_BUILD_TESTS=OFF", "-DONEOTA_BUILD_TOOLS=OFF"]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", str(folder), "--parallel", "2", "--target", "oneota-device"],
                   check=True, stdout=subprocess.DEVNULL)
    second = folder / "oneota-device"
    stripped = folder / "first"
    for source, image in ((program(), stripped), (second, second)):
        subprocess.run(["strip", "-o", str(image) + ".bin", str(source)], check=True)
    old = pathlib.Path(str(stripped) + ".bin").read_bytes()
    new = pathlib.Path(str(second) + ".bin").read_bytes()
    assert old != new
    return old, new


@pytest.fixture(scope="session")
def make(tmp_path_factory):
    """make(old, new): the package, by oneota-delta."""
    folder = tmp_path_factory.mktemp("packages")

    def run(old, new):
        for name, data in (("old", old), ("new", new)):
            (folder / name).write_bytes(data)
        subprocess.run([delta_tool(), "diff", str(folder / "old"), str(folder / "new"), str(folder / "patch")],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return (folder / "patch").read_bytes()

    return run


def factory(scene, image):
    """The device leaves the factory with this image."""
    (scene.device.folder / "factory.bin").write_bytes(image)
    scene.device.old_image = image


def offer(scene, old, new, patch, target=TARGET, **fields):
    """The device's first image, the new one and the package between them; a task of the latter."""
    scene.platform.add_package(old, target=BASE)
    full = scene.platform.add_package(new, target=target)
    delta = scene.platform.add_delta(full, patch, BASE)
    task = scene.platform.add_task(delta, device=scene.ident, expiry=0, **fields)
    return full, task


def test_delta_update_between_two_builds_is_whole(scene, images, make):
    old, new = images
    patch = make(old, new)
    factory(scene, old)
    _, task = offer(scene, old, new, patch)
    run = scene.device.once()
    assert run.status == 0, run
    assert scene.device.image() == new
    assert scene.device.status()["version"] == TARGET
    assert scene.task(task)["state"] == "done"
    assert [step for step in scene.taken() if step > 100] == [101, 201]
    assert scene.downloaded() == len(patch) < len(new) * 0.9
    assert run.of("task")[0]["type"] == 2
    assert {event["size"] for event in run.of("progress")} == {len(patch)}
    assert run.of("progress")[-1]["bytes"] == len(patch)


def test_delta_update_by_a_package_made_on_the_platform(start_platform, tmp_path, dialect, images, make):
    old, new = images
    platform = start_platform("--delta-tool", delta_tool())
    scene = Scene(platform, tmp_path, dialect, platform.device, platform.device_name)
    factory(scene, old)
    platform.add_package(old, target=BASE)
    full = platform.add_package(new, target=TARGET)
    made = platform.make_delta(full, BASE)
    task = platform.add_task(made["id"], expiry=0)
    run = scene.device.once()
    assert run.status == 0, run
    assert scene.device.image() == new and scene.task(task)["state"] == "done"
    assert scene.downloaded() == made["size"] == len(make(old, new))


def test_delta_update_killed_in_the_download_goes_on_and_ends(scene, images, make):
    old, new = images
    patch = make(old, new)
    factory(scene, old)
    _, task = offer(scene, old, new, patch)
    scene.faults({"call": "download", "rate": 400_000, "split": 1000})
    dice = random.Random(SEED)
    print(f"ONEOTA_KILL_SEED={SEED}")
    for kill in range(KILLS):
        process = scene.device.start("--once")
        process.until("progress", percent=10 + 80 * kill // KILLS + dice.randrange(5))
        process.kill()
        assert scene.device.image() == old
    scene.faults()
    run = scene.device.once()
    assert run.status == 0, run
    assert scene.device.image() == new
    assert scene.task(task)["state"] == "done"
    # a kill costs what came since the last store, the header, and what was on its way
    assert scene.downloaded() < len(patch) + KILLS * (len(patch) // 4 + 128 + 65536)


def test_delta_update_killed_at_any_moment_ends(scene, images, make):
    """There, back and there again."""
    factory(scene, images[0])
    dice = random.Random(SEED)
    print(f"ONEOTA_KILL_SEED={SEED}")
    versions = [BASE, TARGET, "3.0", "4.0"]
    for number, version in enumerate(versions[1:]):
        old, new = images[number % 2], images[1 - number % 2]
        scene.platform.add_package(old, target=versions[number])
        full = scene.platform.add_package(new, target=version)
        task = scene.platform.add_task(scene.platform.add_delta(full, make(old, new), versions[number]),
                                       device=scene.ident, expiry=0)
        run = None
        for _ in range(KILLS):
            process = scene.device.start("--once")
            try:
                run = process.wait(timeout=dice.uniform(0, LONGEST_S))
                break
            except TimeoutError:
                process.kill()
                assert scene.device.image() in (old, new)
        run = run or scene.device.once()
        assert run.status == 0, run
        assert scene.device.image() == new and scene.device.status()["version"] == version
        assert scene.task(task)["state"] == "done" and scene.task(task)["step"] == 201


@pytest.fixture(scope="session")
def cutter(tmp_path_factory):
    """See cut.c."""
    library = tmp_path_factory.mktemp("cut") / "cut.so"
    source = ROOT / "tests" / "e2e" / "cut.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return str(library)


@pytest.mark.only("south")
def test_delta_update_cut_off_in_the_middle_of_every_write_of_flash(common_platform, tmp_path, dialect, images, make,
                                                                    cutter):
    old, new = images
    patch = make(old, new)

    def update(number, **env):
        """A device of its own. (scene, task, what it said)"""
        ident = str(30000001 + number)
        common_platform.add_device(ident, f"device-{ident}", common_platform.device_key)
        folder = tmp_path / ident
        folder.mkdir()
        scene = Scene(common_platform, folder, dialect, ident, f"device-{ident}")
        factory(scene, old)
        assert scene.device.once().status == 0   # its flash is made
        task = scene.platform.add_task(delta, device=ident, expiry=0)
        return scene, task, scene.device.once(env={"LD_PRELOAD": cutter, **env})

    def case(cut):
        scene, task, run = update(cut, ONEOTA_CUT=str(cut))
        assert run.status == -signal.SIGKILL, (cut, run)
        assert scene.device.image() in (old, new)
        run = scene.device.once()
        assert run.status == 0, (cut, run)
        assert scene.device.image() == new and scene.task(task)["step"] == 201, cut
        shutil.rmtree(scene.device.folder)

    common_platform.add_package(old, target=BASE)
    delta = common_platform.add_delta(common_platform.add_package(new, target=TARGET), patch, BASE)
    count = tmp_path / "writes"
    _, _, whole = update(0, ONEOTA_WRITES=str(count))
    writes = int(count.read_text())
    assert whole.status == 0 and writes > len(new) // 256
    with ThreadPoolExecutor(WORKERS) as pool:
        for _ in pool.map(case, range(1, writes + 1)):
            pass
    print(f"{writes} writes")


def test_delta_update_for_another_base_is_told_204_and_a_full_package_follows(scene, images, make):
    old, new = images
    patch = make(old, new)
    factory(scene, old[:-1] + bytes([old[-1] ^ 1]))
    full, task = offer(scene, old, new, patch)
    run = scene.device.once()
    assert run.status == 3, run
    assert "base" in run.reasons
    assert scene.taken()[-1] == 204 and 101 not in scene.steps()
    assert scene.task(task)["state"] == "failed"
    assert scene.downloaded() <= 128
    again = scene.platform.add_task(full, device=scene.ident, expiry=0)
    run = scene.device.once()
    assert run.status == 0, run
    assert scene.device.image() == new
    assert scene.task(again)["state"] == "done"


def test_delta_update_that_is_damaged_is_told_205(scene, images, make):
    old, new = images
    patch = bytearray(make(old, new))
    patch[len(patch) // 2] ^= 1
    factory(scene, old)
    _, task = offer(scene, old, new, bytes(patch))
    run = scene.device.once()
    assert run.status == 3, run
    assert scene.taken()[-1] == 205
    assert scene.device.image() == old
    assert scene.task(task)["state"] == "failed"


def test_delta_update_made_of_one_build_yields_exactly_the_other(images, make, tmp_path):
    """The tool's own word, beside the device's."""
    old, new = images
    for name, data in (("old", old), ("patch", make(old, new))):
        (tmp_path / name).write_bytes(data)
    subprocess.run([delta_tool(), "apply", str(tmp_path / "old"), str(tmp_path / "patch"), str(tmp_path / "new")],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert hashlib.sha256((tmp_path / "new").read_bytes()).digest() == hashlib.sha256(new).digest()
