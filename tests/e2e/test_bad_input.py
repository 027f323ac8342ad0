"""What goes wrong before and around an update: each time one line that says what is wrong and what to do,
the exit status of the contract, and nothing lost."""

import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import pytest

from device import OLD_IMAGE, Device, program

pytestmark = pytest.mark.only("south")   # what has nothing to do with a dialect

USAGE, ENDED, NO_ANSWER, STATE_DIR = 2, 3, 4, 6
NOWHERE = "http://127.0.0.1:1"
IMAGE = bytes(range(256)) * 800


@pytest.fixture
def device(tmp_path):
    return Device(tmp_path, NOWHERE)


def told(run):
    """The line for people: the last one on stderr."""
    return run.log.splitlines()[-1] if run.log else ""


def assert_says(run, status, *words):
    """The program's own line, and no other that tells of a failure in another way."""
    assert run.status == status, run
    line = told(run)
    assert line.startswith("oneota-device: "), run
    for word in words:
        assert word in line, line
    assert len(line) < 400 and line.isprintable()


# -- the command line --------------------------------------------------------------------------

@pytest.mark.parametrize("options, words", [
    ({"server": "ota.heclouds.com"}, ["--server", "http://"]),
    ({"server": "ftp://ota.heclouds.com"}, ["--server", "http://"]),
    ({"server": "http://"}, ["--server", "host"]),
    ({"server": "http://user:secret@host"}, ["--server", "user"]),
    ({"server": "http://host?x=1"}, ["--server", "query"]),
    ({"server": "http://host/#top"}, ["--server", "fragment"]),
    ({"server": "http://host:0"}, ["--server", "port"]),
    ({"server": "http://host:65536"}, ["--server", "port"]),
    ({"server": "http://[::1"}, ["--server", "]"]),
    ({"server": "http://[1.2.3.4]"}, ["--server", "IPv6"]),
    ({"server": "http://a b"}, ["--server", "host"]),
    ({"server": "http://" + "h" * 300}, ["--server", "long"]),
    ({"server": None}, ["--server", "missing"]),
    ({"dialect": "north"}, ["--dialect", "south"]),
    ({"dialect": None}, ["--dialect", "missing"]),
    ({"product": None}, ["--product", "missing"]),
    ({"product": "a b"}, ["--product"]),
    ({"device": ""}, ["--device", "empty"]),
    ({"device": "1" * 65}, ["--device", "64"]),
    ({"key": "not base64!"}, ["--key", "base64"]),
    ({"key": "AAA=A"}, ["--key", "base64"]),
    ({"key": "@/nowhere/at/all"}, ["--key", "/nowhere/at/all"]),
    ({"key": None}, ["--key", "ONEOTA_KEY"]),
    ({"res": "neither"}, ["--res", "product"]),
    ({"sign": "sha512"}, ["--sign", "sha256"]),
    ({"auth_version": "2019-01-01"}, ["--auth-version", "2018-10-31"]),
    ({"type": "both"}, ["--type", "fota", "sota"]),
    ({"version": "1 0"}, ["--version", "1 to 20"]),
    ({"version": "1" * 21}, ["--version", "20"]),
    ({"version": None}, ["--version", "missing"]),
    ({"state": None}, ["--state", "missing"]),
    ({"slot_size": "17"}, ["--slot-size", "16"]),
    ({"slot_size": "1e6"}, ["--slot-size", "whole number"]),
    ({"image": "/nowhere/image.bin"}, ["--image", "/nowhere/image.bin"]),
    ({"battery": "200"}, ["--battery", "100"]),
    ({"battery": "/nowhere/battery"}, ["--battery"]),
    ({"signal": "much"}, ["--signal"]),
    ({"trial": "maybe"}, ["--trial", "pass"]),
    ({"backoff": "5:1"}, ["--backoff", "MIN:MAX"]),
    ({"backoff": "1"}, ["--backoff", "MIN:MAX"]),
    ({"retry_floor": "-1"}, ["--retry-floor", "seconds"]),
    ({"poll_interval": "soon"}, ["--poll-interval"]),
    ({"ca": "/etc/ca.pem"}, ["--ca", "https://"]),
    ({"server": "https://h", "ca": "/nowhere/ca.pem"}, ["--ca /nowhere/ca.pem", "No such file"]),
    ({"server": "https://h", "ca": "/etc"}, ["--ca /etc", "directory"]),
    ({"server": "https://h", "ca": "/dev/null"}, ["--ca /dev/null", "empty"]),
    ({"server": "https://h", "ca": "/dev/zero"}, ["--ca /dev/zero", "too large"]),
    ({"server": "https://h", "ca": "/etc/passwd"}, ["--ca /etc/passwd", "not a certificate"]),
    ({"server": "https://h", "ca": "/bin/true"}, ["--ca /bin/true", "not a certificate"]),
    ({"pubkey": "/nowhere/key.pub"}, ["--pubkey /nowhere/key.pub", "No such file"]),
    ({"pubkey": "/etc"}, ["--pubkey /etc", "directory"]),
    ({"pubkey": "/dev/null"}, ["--pubkey /dev/null", "not a public key"]),
    ({"pubkey": "/dev/zero"}, ["--pubkey /dev/zero", "not a public key"]),
    ({"pubkey": "/etc/passwd"}, ["--pubkey /etc/passwd", "not a public key"]),
    ({"sevrer": "http://x"}, ["--sevrer", "--help"]),
    ({"host": "a b"}, ["--host"])], ids=lambda value: str(value)[:60] if isinstance(value, dict) else "")
def test_wrong_option(device, options, words):
    run = device.once(**options)
    assert_says(run, USAGE, *words)
    assert run.log.count("\n") == 1 and run.events == []
    assert not (device.state / "geometry").exists()   # no device was made


def test_wrong_option_never_shows_a_key(device):
    for key in ("c2VjcmV0LXNlY3JldA!", "c2VjcmV0LXNlY3JldA==c2VjcmV0"):
        assert "c2Vj" not in device.once(key=key).log
    run = device.once("--bogus", key="c2VjcmV0LXNlY3JldA==")
    assert run.status == USAGE and "c2Vj" not in run.log


@pytest.mark.parametrize("arguments, words", [
    ([], ["run, status or image"]), (["fly"], ["fly", "run, status or image"]),
    (["status"], ["--state", "missing"]), (["image", "--state", "x"], ["--out", "missing"]),
    (["status", "--state", "x", "--once"], ["--once"]), (["run", "--once", "--once"], ["twice"]),
    (["run", "--state"], ["--state", "missing"])])
def test_wrong_command(arguments, words):
    done = subprocess.run([program(), *arguments], capture_output=True, text=True)
    assert done.returncode == USAGE and done.stdout == ""
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


def test_help_and_version_go_to_stdout():
    for arguments, word in ((["--help"], "--server"), (["run", "--help"], "--state"), (["--version"], "oneota-device")):
        done = subprocess.run([program(), *arguments], capture_output=True, text=True)
        assert done.returncode == 0 and word in done.stdout and done.stderr == ""
        assert max(map(len, done.stdout.splitlines())) <= 100


# -- the state directory -----------------------------------------------------------------------

def status_of(device, command="status"):
    arguments = ["--out", str(device.folder / "out.bin")] if command == "image" else []
    done = subprocess.run([program(), command, "--state", str(device.state), *arguments],
                          capture_output=True, text=True)
    return done.returncode, done.stderr


@pytest.mark.parametrize("make, words", [
    (lambda path: path.write_text("a file"), ["Not a directory"]),
    (lambda path: path.symlink_to("/nowhere/at/all"), [""]),
    (lambda path: (path.mkdir(), (path / "lock").mkdir()), ["lock"])], ids=["file", "link", "lock"])
def test_state_directory_that_is_none(device, make, words):
    make(device.state)
    assert_says(device.once(), STATE_DIR, str(device.state), *words)
    assert status_of(device)[0] == STATE_DIR


def test_state_directory_that_does_not_exist(device):
    for command in ("status", "image"):
        status, line = status_of(device, command)
        assert status == STATE_DIR and str(device.state) in line and line.count("\n") == 1
    assert not device.state.exists()


def test_state_directory_in_use(scene):
    scene.offer(IMAGE)
    scene.faults({"call": "download", "rate": 500_000})
    process = scene.device.start("--once")
    process.until("progress", percent=10)
    assert_says(scene.device.once(), STATE_DIR, "in use", "--state")
    assert process.wait().status == 0
    assert scene.device.image() == IMAGE


@pytest.mark.parametrize("file", ["geometry", "boot.ctl", "slot0.flash", "slot1.flash", "journal.flash"])
@pytest.mark.parametrize("damage", ["emptied", "removed", "a directory"])
def test_state_directory_that_is_damaged(device, file, damage):
    assert device.once().status == NO_ANSWER   # makes it
    path = device.state / file
    if damage == "emptied":
        path.write_bytes(b"")
    else:
        path.unlink()
    if damage == "a directory":
        path.mkdir()
    before = sorted(entry.name for entry in device.state.iterdir())
    run = device.once()
    assert_says(run, STATE_DIR, str(path))
    assert sorted(entry.name for entry in device.state.iterdir()) == before
    assert status_of(device)[0] == STATE_DIR


def test_state_directory_whose_journal_is_garbage_starts_without_a_task(scene):
    """The journal is a hint: without it the task is found again."""
    scene.offer(IMAGE)
    scene.faults({"call": "download", "rate": 500_000})
    process = scene.device.start("--once")
    process.until("progress", percent=40)
    process.kill()
    journal = scene.device.state / "journal.flash"
    journal.write_bytes(os.urandom(journal.stat().st_size))
    assert scene.device.status()["task"] is None
    scene.faults()
    assert scene.device.once().status == 0
    assert scene.device.image() == IMAGE


def test_state_directory_of_another_type_or_size(scene):
    assert scene.device.once().status == 0
    assert_says(scene.device.once(type="fota"), USAGE, "--type", "sota")
    assert_says(scene.device.once(slot_size=4096), USAGE, "--slot-size", "16777216")
    assert scene.device.once().status == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="as root, the device is run as nobody")
def test_state_directory_without_permission():
    folder = pathlib.Path(tempfile.mkdtemp())   # pytest's own is closed to others
    try:
        folder.chmod(0o755)
        binary = shutil.copy(program(), folder)
        (folder / "state").mkdir(mode=0o700)
        device = Device(folder, NOWHERE)
        command = [binary, *device.command("--once")[1:]]
        done = subprocess.run(command, capture_output=True, text=True, user=65534, group=65534)
        assert done.returncode == STATE_DIR
        assert "Permission denied" in done.stderr and done.stderr.count("\n") == 1
    finally:
        shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("mode", [0o000, 0o500])
def test_state_directory_closed_to_us(device, mode):
    device.state.mkdir(mode=mode)
    try:
        assert_says(device.once(), STATE_DIR, str(device.state), "Permission denied")
    finally:
        device.state.chmod(0o700)


# -- a full disk -------------------------------------------------------------------------------

def run_limited(device, largest, *flags):
    """No file may grow beyond `largest` bytes: what a full disk does, without one."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    done = subprocess.run(device.command("--once", *flags), capture_output=True, preexec_fn=limit,
                          env=device.environment(), timeout=60)
    return done.returncode, done.stderr.decode().splitlines()[-1]


@pytest.mark.parametrize("largest", [0, 10, 4096, 100_000])
def test_disk_that_is_full_from_the_start(device, largest):
    status, line = run_limited(device, largest)
    assert status == STATE_DIR and line.startswith(f"oneota-device: {device.state}/")
    assert device.once().status == NO_ANSWER   # with room again, the device is made
    assert device.image() == OLD_IMAGE


@pytest.mark.parametrize("largest", [50_000, 150_000])
def test_disk_that_fills_up_during_the_download(scene, largest):
    assert scene.device.once().status == 0
    task = scene.offer(IMAGE)
    status, line = run_limited(scene.device, largest)
    assert status == STATE_DIR, line
    assert line.startswith("oneota-device: ") and "slot1.flash" in line and "File too large" in line
    assert max(scene.steps(), default=0) < 100 and scene.device.image() == OLD_IMAGE
    run = scene.device.once()
    assert run.status == 0, run
    assert scene.device.image() == IMAGE and scene.task(task)["state"] == "done"


FULL_DISK = """
mount -t tmpfs -o size=400k none "$1" && head -c 300k /dev/zero >"$1/filler" || exit 77
cd "$1" && shift
"$@" 2>../first.err; echo $? >../first.status
rm filler
"$@" 2>../second.err; echo $? >../second.status
"$1" image --state state --out ../image.out
"""


def test_disk_that_is_really_full(scene, tmp_path):
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode != 0:
        pytest.skip("no disk of its own can be mounted here")
    disk = tmp_path / "disk"
    disk.mkdir()
    scene.offer(IMAGE)
    command = scene.device.command("--once", state="state")
    subprocess.run(["unshare", "-rm", "sh", "-c", FULL_DISK, "sh", disk, *command], timeout=60)
    assert (tmp_path / "first.status").read_text() == "6\n"
    line = (tmp_path / "first.err").read_text().splitlines()[-1]
    assert line.startswith("oneota-device: ") and "No space left" in line
    assert (tmp_path / "second.status").read_text() == "0\n", (tmp_path / "second.err").read_text()
    assert (tmp_path / "image.out").read_bytes() == IMAGE


def test_output_that_cannot_be_written(scene):
    assert scene.device.once().status == 0
    for out, word in (("/nowhere/at/all", "No such file"), ("/dev/full", "No space left")):
        done = subprocess.run([program(), "image", "--state", str(scene.device.state), "--out", out],
                              capture_output=True, text=True)
        assert done.returncode == USAGE
        assert "--out" in done.stderr and word in done.stderr and done.stderr.count("\n") == 1


# -- the server --------------------------------------------------------------------------------

def test_server_that_refuses_the_connection(device):
    run = device.once()
    assert_says(run, NO_ANSWER, "Connection refused", "--server")
    assert len(run.of("error")) == 5 and device.image() == OLD_IMAGE


def test_server_whose_name_is_unknown(device):
    run = device.once(server="http://no-such-host.invalid")
    assert_says(run, NO_ANSWER, "--server")
    assert device.image() == OLD_IMAGE


@pytest.mark.parametrize("greeting, word", [
    (b"", "closed"), (b"SSH-2.0-OpenSSH_9.2p1\r\n", "OneNET"), (b"\x15\x03\x01\x00\x02\x02\x46", "OneNET"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "OneNET"),
    (b"HTTP/1.1 400 The plain HTTP request was sent to HTTPS port\r\nConnection: close\r\n\r\n<html>", "OneNET")],
    ids=lambda value: repr(value)[:40])
def test_server_that_is_not_onenet(device, greeting, word):
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            while True:
                try:
                    link, _ = server.accept()
                except OSError:
                    return
                with link:
                    link.recv(4096)
                    link.sendall(greeting)
        threading.Thread(target=serve, daemon=True).start()
        run = device.once(server="http://127.0.0.1:%d" % server.getsockname()[1])
        assert_says(run, NO_ANSWER, word)
        server.shutdown(socket.SHUT_RDWR)
    assert device.image() == OLD_IMAGE


REFUSED = [{"key": "d3Jvbmc="}, {"product": "999999"}, {"device": "999"}, {"res": "products/1/devices/x"}]


@pytest.mark.rows(
    "options", south=REFUSED,
    fuse=[*REFUSED, {"res": "product", "key": "b25lb3RhLWRlbW8tcHJvZHVjdC1rZXk=", "auth_version": "2022-05-01"}])
def test_server_that_refuses_the_authorization(scene, options):
    run = scene.device.once(**options)
    assert_says(run, NO_ANSWER, "authorization", "--key")
    assert len(scene.calls()) == 2   # once more, with the platform's clock
    assert scene.device.once().status == 0


def test_server_that_refuses_a_device_id_that_is_a_name(scene):
    assert_says(scene.device.once(device="device-1"), NO_ANSWER, "--device", "numeric")
