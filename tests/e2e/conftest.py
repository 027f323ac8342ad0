"""Fixtures for tests against the platform stand-in, run as a process of its own.

    def test_device_updates(platform):
        package = platform.add_package(b"new image", target="V2")
        task = platform.add_task(package, retry=1)
        ... run a device against platform.url ...
        assert platform.task(task)["state"] == "done"
        assert [call["step"] for call in platform.calls("progress")][-1] == 201
"""

import base64
import hashlib
import hmac
import json
import pathlib
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import pytest

import dialects
from device import Scene

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "examples" / "platform" / "oneota_platform.py"
SAMPLES = ROOT / "tests" / "samples"


class AdminError(Exception):
    """The operator's API refused; holds its status and its text."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


class Platform:
    """A running stand-in with one product and one device.

    folder: where its data directory and its log go; the data survives stop() and start().
    flags: further command-line flags, such as "--token-life", "5".
    tls: for the operator's calls, when it serves HTTPS: whose certificate it is, is not looked at.
    """
    tls = ssl._create_unverified_context()

    product = "100001"
    product_key = "b25lb3RhLWRlbW8tcHJvZHVjdC1rZXk="
    device = "10000001"
    device_name = "device-1"
    device_key = "b25lb3RhLWRlbW8tZGV2aWNlLWtleQ=="

    def __init__(self, folder, *flags):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "platform-data"
        self.log_file = self.folder / "platform.log"
        self.flags = flags
        self.process = None
        self.marked = 0
        self.start()

    # -- the process -------------------------------------------------------------------------

    def start(self, port=0):
        """Starts it and waits until it listens; sets url, host and port. After a stop(), the port
        it had may be given, so that a device finds it again."""
        command = [sys.executable, str(PROGRAM), "--port", str(port), "--data", str(self.data),
                   *self.flags]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.stop()
            raise RuntimeError(f"the platform did not start:\n{self.log()}")
        self.url = line.split()[-1]
        self.host, port = self.url.split("://")[1].split(":")
        self.port = int(port)

    def stop(self):
        """Ends it cleanly; its exit status. May be called twice."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        return status

    def restart(self):
        """Stops it and starts it on the same data and the same port."""
        self.stop()
        self.start(self.port)

    def log(self):
        return self.log_file.read_text()

    # -- the operator ------------------------------------------------------------------------

    def admin(self, path, value=None, body=None, content_type="application/json"):
        """A call of the operator's API: GET, or POST when there is something to send."""
        if value is not None:
            body = json.dumps(value).encode()
        request = urllib.request.Request(f"{self.url}/admin/{path}", data=body,
                                         headers={"Content-Type": content_type})
        try:
            with urllib.request.urlopen(request, timeout=10, context=self.tls) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            raise AdminError(error.code, json.load(error)["error"])

    def add_package(self, data, target="V2", type="sota", file_name="image.bin", **fields):
        """Adds a full package; its number. fields: manuf, model."""
        fields = {"type": type, "target": target, **fields}
        return self._upload("packages", data, file_name, fields)["id"]

    def add_delta(self, package, data, from_version, file_name="delta.bin"):
        """Adds a delta to a full package; its number. `from_version` has to be the target of
        another full package."""
        fields = {"from": from_version}
        return self._upload(f"packages/{package}/delta", data, file_name, fields)["id"]

    def make_delta(self, package, from_version, **fields):
        """Has the platform make it, see --delta-tool; what it says of it. fields: block."""
        return self._upload(f"packages/{package}/delta", None, None, {"from": from_version, **fields})

    def add_task(self, package, device=None, **fields):
        """Adds a task; its number. fields: delta, retry, interval, signal, power, start, expiry."""
        fields = {"device": device or self.device, "package": package, **fields}
        return self.admin("tasks", fields)["id"]

    def order(self, task, what):
        """pause, resume, cancel or expire a task."""
        return self.admin(f"tasks/{task}/{what}", {})

    def add_device(self, ident, name, key=None):
        return self.admin("devices", {"id": ident, "name": name, "key": key})

    def tasks(self):
        return self.admin("tasks")

    def task(self, number):
        return next(task for task in self.tasks() if task["id"] == number)

    def devices(self):
        return self.admin("devices")

    def calls(self, name=None, after=0):
        """The record of all calls, or of those with this name, since call number `after`."""
        calls = self.admin(f"calls?after={after}")
        return [call for call in calls if name in (None, call["call"])]

    def mark(self):
        """The number of the last call so far: what calls() takes as `after`."""
        newer = self.calls(after=self.marked)
        self.marked = newer[-1]["seq"] if newer else self.marked
        return self.marked

    def faults(self, *rules):
        """Replaces all fault rules; without rules, the platform behaves again."""
        return self.admin("faults", list(rules))

    def _upload(self, path, data, file_name, fields):
        mark = uuid.uuid4().hex
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                 for name, value in fields.items()]
        if data is not None:
            parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="file"; '
                         f'filename="{file_name}"\r\n'
                         "Content-Type: application/octet-stream\r\n\r\n")
        body = "".join(parts).encode()
        body += b"" if data is None else data + b"\r\n"
        body += f"--{mark}--\r\n".encode()
        return self.admin(path, body=body, content_type=f"multipart/form-data; boundary={mark}")

    # -- a device ----------------------------------------------------------------------------

    def authorization(self, res=None, key=None, et=None, method="sha1", version="2018-10-31"):
        """An Authorization value made here, without the code under test."""
        res = res or f"products/{self.product}"
        et = int(time.time()) + 3600 if et is None else et
        text = f"{et}\n{method}\n{res}\n{version}".encode()
        mac = hmac.new(base64.b64decode(key or self.product_key), text, getattr(hashlib, method))
        values = {"version": version, "res": res, "et": et, "method": method,
                  "sign": base64.b64encode(mac.digest()).decode()}
        return urllib.parse.urlencode(values, quote_via=urllib.parse.quote, safe="")


def pytest_configure(config):
    config.addinivalue_line("markers", "only(dialect, ...): see dialects.py")
    config.addinivalue_line("markers", "rows(names, dialect=[row, ...], ...): see dialects.py")


def pytest_generate_tests(metafunc):
    dialects.parametrize(metafunc)


@pytest.fixture
def platform(tmp_path):
    running = Platform(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def start_platform(tmp_path):
    """start_platform("--token-life", "2"): a platform with other flags; stopped afterwards."""
    started = []

    def start(*flags):
        folder = tmp_path / f"platform-{len(started)}"
        folder.mkdir()
        started.append(Platform(folder, *flags))
        return started[-1]

    yield start
    for running in started:
        running.stop()


@pytest.fixture(scope="module")
def common_platform(tmp_path_factory):
    """One stand-in for all scenes of a file: it takes longer to start than a device to update."""
    running = Platform(tmp_path_factory.mktemp("platform"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    """The folder of certificates that tests/tls/certs.sh makes."""
    folder = tmp_path_factory.mktemp("certs")
    subprocess.run(["sh", str(ROOT / "tests" / "tls" / "certs.sh"), str(folder)], check=True)
    return folder


@pytest.fixture
def scene(common_platform, tmp_path, dialect):
    """A new device on the common platform, without faults."""
    ident = str(20000001 + len(common_platform.devices()))
    name = f"device-{ident}"
    common_platform.add_device(ident, name, common_platform.device_key)
    made = Scene(common_platform, tmp_path, dialect, ident, name)
    yield made
    made.device.end()
    made.faults()
