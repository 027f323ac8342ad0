"""Signed packages of oneota-image, to a device that takes --pubkey."""

import os
import pathlib
import random
import subprocess

import pytest

from test_delta import factory, offer, tool

ENDED = 3
TRAILER = 192
IMAGE = random.Random(5).randbytes(100_000)


def program():
    device = os.environ.get("ONEOTA_DEVICE")
    near = pathlib.Path(device).parent if device else pathlib.Path(__file__).parents[2] / "build" / "gcc"
    return os.environ.get("ONEOTA_IMAGE", str(near / "oneota-image"))


class Signer:
    """A folder with keys, in which packages are made."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("present", "next", "strange"):
            self.run("keygen", "--out", f"{name}.pem")

    def run(self, *words):
        subprocess.run([program(), *words], cwd=self.folder, check=True, capture_output=True,
                       timeout=60)

    def pub(self, name="present"):
        return str(self.folder / f"{name}.pub")

    def read(self, name):
        return (self.folder / name).read_bytes()

    def delta(self, old, new, version="2.0", counter=5):
        """The signed differential package from one signed package to another."""
        (self.folder / "old").write_bytes(old)
        (self.folder / "new").write_bytes(new)
        subprocess.run([tool(), "diff", "old", "new", "patch"], cwd=self.folder, check=True,
                       capture_output=True, timeout=60)
        self.run("sign", "--key", "present.pem", "--version", version, "--counter", str(counter),
                 "--type", "diff", "--base", "old", "--in", "patch", "--out", "delta")
        return self.read("delta")

    def package(self, image=IMAGE, key="present", version="2.0", counter=5, ids=()):
        (self.folder / "fw").write_bytes(image)
        (self.folder / "package").unlink(missing_ok=True)
        self.run("sign", "--key", f"{key}.pem", "--version", version, "--counter", str(counter), *ids,
                 "--in", "fw", "--out", "package")
        return (self.folder / "package").read_bytes()


@pytest.fixture
def signer(tmp_path):
    folder = tmp_path / "keys"
    folder.mkdir()
    return Signer(folder)


def downloads(scene):
    return [call for call in scene.calls() if call["call"] == "download"]


def assert_refused(scene, task, run, code, reason):
    """By its trailer alone: after one small range, and nothing was written."""
    assert run.status == ENDED, run
    assert reason in run.reasons
    assert run.reports[-1] == (code, 0)
    assert scene.task(task)["state"] == "failed"
    assert [call["range"].removeprefix("bytes=") for call in downloads(scene)][:1] != ["0-16383"]
    assert len(downloads(scene)) == 1
    assert scene.device.status()["version"] == "1.0"


def test_signed_package_is_installed(scene, signer):
    package = signer.package()
    task = scene.offer(package)
    run = scene.device.once(pubkey=signer.pub())
    assert run.status == 0, run
    assert scene.task(task)["state"] == "done"
    assert scene.device.image() == package
    assert scene.device.status()["integrity"] == "signature"
    size = len(package)
    assert downloads(scene)[0]["range"].endswith(f"{size - TRAILER}-{size - 1}")


def test_without_a_key_the_status_says_md5(scene, signer):
    scene.offer(signer.package())
    assert scene.device.once().status == 0
    assert scene.device.status()["integrity"] == "md5"


def test_signed_by_the_next_of_two_keys(scene, signer):
    task = scene.offer(signer.package(key="next"))
    run = scene.device.once("--pubkey", signer.pub(), "--pubkey", signer.pub("next"))
    assert run.status == 0, run
    assert scene.task(task)["state"] == "done"


def test_signed_by_a_stranger_205(scene, signer):
    task = scene.offer(signer.package(key="strange"))
    run = scene.device.once("--pubkey", signer.pub(), "--pubkey", signer.pub("next"))
    assert_refused(scene, task, run, 205, "signature")


def test_unsigned_205(scene, signer):
    task = scene.offer(IMAGE)
    assert_refused(scene, task, scene.device.once(pubkey=signer.pub()), 205, "signature")


def test_forged_205(scene, signer):
    package = bytearray(signer.package())
    package[-100] ^= 1
    task = scene.offer(bytes(package))
    assert_refused(scene, task, scene.device.once(pubkey=signer.pub()), 205, "signature")


def test_of_another_class_204(scene, signer):
    task = scene.offer(signer.package(ids=("--class", "9")))
    assert_refused(scene, task, scene.device.once(pubkey=signer.pub()), 204, "class")


def test_of_another_version_than_the_target_204(scene, signer):
    task = scene.offer(signer.package(version="2.1"))
    assert_refused(scene, task, scene.device.once(pubkey=signer.pub()), 204, "version")


def test_payload_that_was_not_signed_205_and_nothing_marked(scene, signer):
    package = bytearray(signer.package())
    package[50_000] ^= 1
    task = scene.offer(bytes(package))
    run = scene.device.once(pubkey=signer.pub())
    assert run.status == ENDED, run
    assert run.reports[-1] == (205, 0) and scene.task(task)["state"] == "failed"
    assert "mark" not in run.states and scene.device.status()["slot"] == 0


def test_counter_never_goes_back(scene, signer):
    scene.offer(signer.package(counter=5))
    assert scene.device.once(pubkey=signer.pub()).status == 0
    for version, counter, status in (("3.0", 4, ENDED), ("3.1", 5, ENDED), ("3.2", 2000, ENDED),
                                     ("3.3", 6, 0)):
        task = scene.offer(signer.package(IMAGE[::-1], version=version, counter=counter),
                           target=version)
        run = scene.device.once(pubkey=signer.pub())
        assert run.status == status, run
        if status == ENDED:
            assert "counter" in run.reasons and run.reports[-1] == (206, 0)
            assert scene.task(task)["state"] == "failed"
    assert scene.device.status()["version"] == "3.3"


def test_what_failed_its_trial_is_not_tried_again(scene, signer):
    package = signer.package()
    scene.offer(package)
    run = scene.device.once(pubkey=signer.pub(), trial="fail")
    assert run.status == ENDED and run.reports[-1] == (206, 0)
    before = len(downloads(scene))
    scene.offer(package)
    run = scene.device.once(pubkey=signer.pub())
    assert run.status == ENDED and run.reports[-1] == (206, 0)
    assert "quarantine" in run.reasons
    assert len(downloads(scene)) == before


def test_private_key_is_refused(scene, signer):
    run = scene.device.once(pubkey=str(signer.folder / "present.pem"))
    assert run.status == 2 and "private key" in run.log


# -- differential ----------------------------------------------------------------------------------


def edited(image):
    """The next build: some of it changed, some of it is new."""
    return image[:30_000] + bytes(range(256)) * 4 + image[31_000:70_000] + image[69_000:]


@pytest.fixture
def pair(scene, signer):
    """(old, new, delta): signed packages; old is what the device left the factory with."""
    old = signer.package(version="1.0", counter=4)
    new = signer.package(edited(IMAGE))
    factory(scene, old)
    return old, new, signer.delta(old, new)


def test_signed_differential_package_is_installed(scene, signer, pair):
    old, new, delta = pair
    _, task = offer(scene, old, new, delta)
    run = scene.device.once(pubkey=signer.pub())
    assert run.status == 0, run
    assert scene.device.image() == new
    assert scene.task(task)["state"] == "done"
    assert run.of("task")[0]["type"] == 2
    size = len(delta)
    assert downloads(scene)[0]["range"].endswith(f"{size - TRAILER}-{size - 1}")
    assert scene.downloaded() == size + TRAILER < len(new) / 4


def test_signed_differential_package_for_another_base_204(scene, signer, pair):
    old, new, delta = pair
    factory(scene, signer.package(IMAGE[::-1], version="1.0", counter=4))
    _, task = offer(scene, old, new, delta)
    assert_refused(scene, task, scene.device.once(pubkey=signer.pub()), 204, "base")


def test_unsigned_differential_package_205(scene, signer, pair):
    old, new, _ = pair
    _, task = offer(scene, old, new, signer.read("patch"))
    assert_refused(scene, task, scene.device.once(pubkey=signer.pub()), 205, "signature")


def test_signed_differential_package_with_another_body_205(scene, signer, pair):
    old, new, delta = pair
    other = signer.package(edited(IMAGE)[::-1], counter=6)
    forged = signer.delta(old, other, counter=6)[:-TRAILER]
    forged = forged.ljust(len(delta) - TRAILER, b"\0")[:len(delta) - TRAILER] + delta[-TRAILER:]
    _, task = offer(scene, old, new, forged)
    run = scene.device.once(pubkey=signer.pub())
    assert run.status == ENDED, run
    assert run.reports[-1] == (205, 0) and scene.task(task)["state"] == "failed"
    assert scene.downloaded() < 2048 and scene.device.image() == old


def test_signed_differential_image_that_failed_its_trial_is_not_tried_again(scene, signer, pair):
    old, new, delta = pair
    full, _ = offer(scene, old, new, delta)
    run = scene.device.once(pubkey=signer.pub(), trial="fail")
    assert run.status == ENDED and run.reports[-1] == (206, 0)
    scene.platform.add_task(full, device=scene.ident, expiry=0)
    run = scene.device.once(pubkey=signer.pub())
    assert run.status == ENDED and run.reports[-1] == (206, 0)
    assert "quarantine" in run.reasons
