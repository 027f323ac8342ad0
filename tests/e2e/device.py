"""The device under test: oneota-device, run on a state directory of its own.

    device = Device(folder, platform.url)
    run = device.once()                    # run --once --json, to its end
    assert run.status == 0 and run.reports[-1] == (201, 0)
    assert device.image() == new_image

The program is $ONEOTA_DEVICE; without it, that of build/gcc or build/.
"""

import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OLD_IMAGE = b"the image that the device left the factory with\n" * 30
LONGEST_S = 60


def program(name="oneota-device", variable="ONEOTA_DEVICE"):
    """A program that was built."""
    named = os.environ.get(variable)
    for path in [named] if named else [ROOT / "build/gcc" / name, ROOT / "build" / name]:
        if os.access(path, os.X_OK):
            return str(path)
    raise RuntimeError(f"{name} is not built: build it, or name it in {variable}")


def delta_tool():
    """The program that makes differential packages."""
    return program("oneota-delta", "ONEOTA_DELTA")


class Run:
    """What a run of the device said. status: exit status; a negative one is a signal's."""

    def __init__(self, status, events, log):
        self.status = status
        self.events = events
        self.log = log

    def of(self, name):
        return [event for event in self.events if event["event"] == name]

    @property
    def reports(self):
        return [(event["step"], event["code"]) for event in self.of("report")]

    @property
    def errors(self):
        return [(event["reason"], event["code"]) for event in self.of("error")]

    @property
    def reasons(self):
        return [event["reason"] for event in self.of("error")]

    @property
    def states(self):
        return [event["to"] for event in self.of("state")]

    def __repr__(self):
        shown = [event for event in self.events if event["event"] not in ("progress", "state")]
        return f"<exit status {self.status}; {shown}; log:\n{self.log}>"


class Process:
    """A device that runs beside the test."""

    def __init__(self, command, env, log_path):
        self.log_path = log_path
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=env)
        self.events = []
        self.fresh = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            if line.endswith(b"\n"):   # a killed process may leave a part of one
                self.fresh.put(json.loads(line))
        self.fresh.put(None)

    def until(self, name, timeout=LONGEST_S, **values):
        """Waits for an event: until("progress", percent=50). For numbers, at least so much."""
        def fits(event, member, wanted):
            given = event.get(member)
            return given >= wanted if isinstance(wanted, int) and given is not None else given == wanted

        end = time.monotonic() + timeout
        while True:
            event = self.fresh.get(timeout=max(0.01, end - time.monotonic()))
            if event is None:
                raise AssertionError(f"ended before {name} {values}: {self.log()}")
            self.events.append(event)
            if event["event"] == name and all(fits(event, *pair) for pair in values.items()):
                return event

    def kill(self, number=signal.SIGKILL):
        """A power cut; with another signal, what that does."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self, timeout=LONGEST_S):
        """Until it ends by itself. TimeoutError: it runs on."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"still running: {self.log()}") from None
        self.reader.join(LONGEST_S)
        while True:
            event = self.fresh.get(timeout=LONGEST_S)
            if event is None:
                break
            self.events.append(event)
        self.process.stdout.close()
        return Run(status, self.events, self.log())

    def is_running(self):
        return self.process.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def end(self):
        if self.is_running():
            self.process.kill()
        self.process.wait()


class Device:
    """folder: where its state directory and its log go. More or other options, by their names with
    underscores, as keywords; None leaves one out: Device(folder, url, version="1.1", image=None)."""

    def __init__(self, folder, server, **options):
        self.folder = pathlib.Path(folder)
        self.state = self.folder / "state"
        self.old_image = OLD_IMAGE
        self.processes = []
        factory = self.folder / "factory.bin"
        factory.write_bytes(OLD_IMAGE)
        self.options = {
            "server": server, "dialect": "south", "product": "100001", "device": "10000001",
            "key": "b25lb3RhLWRlbW8tcHJvZHVjdC1rZXk=", "type": "sota", "version": "1.0",
            "state": self.state, "image": factory, "backoff": "0.002:0.02", "retry_floor": "0.05",
            **options}

    def command(self, *flags, **options):
        """The command line of `run --json`."""
        pairs = {**self.options, **options}
        named = [part for name, value in pairs.items() if value is not None
                 for part in ("--" + name.replace("_", "-"), str(value))]
        return [program(), "run", "--json", *named, *flags]

    @staticmethod
    def environment(more=None):
        env = {name: value for name, value in os.environ.items() if name != "ONEOTA_KEY"}
        return {**env, **(more or {})}

    def start(self, *flags, env=None, **options):
        """Starts it and lets it run."""
        log = self.folder / f"device-{len(self.processes)}.log"
        process = Process(self.command(*flags, **options), self.environment(env), log)
        self.processes.append(process)
        return process

    def once(self, *flags, env=None, timeout=LONGEST_S, **options):
        """Runs it until it has nothing more to do."""
        done = subprocess.run(self.command("--once", *flags, **options), capture_output=True,
                              env=self.environment(env), timeout=timeout)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        return Run(done.returncode, events, done.stderr.decode(errors="replace"))

    def status(self):
        done = subprocess.run([program(), "status", "--state", str(self.state), "--json"],
                              capture_output=True, timeout=LONGEST_S)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def image(self):
        """The running image."""
        out = self.folder / "image.out"
        done = subprocess.run([program(), "image", "--state", str(self.state), "--out", str(out)],
                              capture_output=True, timeout=LONGEST_S)
        assert done.returncode == 0, done.stderr
        return out.read_bytes()

    def end(self):
        for process in self.processes:
            process.end()


class Scene:
    """A device of its own on a platform, and that platform as this device sees it. Without ident and
    name, the device that every platform has."""

    def __init__(self, platform, folder, dialect, ident=None, name=None, **options):
        self.platform = platform
        self.first_call = platform.mark()
        self.ident = ident or platform.device
        self.name = name or platform.device_name
        who = dialect.identity(platform, self.ident, self.name)
        self.device = Device(folder, platform.url, **{**who, **options})

    def offer(self, image, target="2.0", type="sota", **fields):
        """Uploads a package and makes a task of it; the task's number."""
        package = self.platform.add_package(image, target=target, type=type)
        return self.platform.add_task(package, device=self.ident, **fields)

    def calls(self, name=None):
        return self.platform.calls(name, after=self.first_call)

    def order_of_calls(self):
        """What was called; a report by its step, and the ranges of a download as one."""
        names = []
        for call in self.calls():
            name = call["step"] if call["call"] == "progress" else call["call"]
            if name != "download" or names[-1:] != ["download"]:
                names.append(name)
        return names

    def steps(self):
        """The steps reported, answered with 0 or not."""
        return [call["step"] for call in self.calls("progress")]

    def taken(self):
        """The steps that the platform has accepted."""
        return [call["step"] for call in self.calls("progress") if call["errno"] == 0]

    def downloaded(self):
        """Bytes of package bodies sent."""
        return sum(call["body_sent"] for call in self.calls("download"))

    def faults(self, *rules):
        self.platform.faults(*rules)

    def task(self, number):
        return self.platform.task(number)
