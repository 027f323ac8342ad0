"""OneNET with one task on a socket, honest but for the calls that a row is about; and what its
requests say of the device."""

import asyncio
import json
import re

import answer as answers

HOST = "hostile.example"
SOUTH_ID = "ota_YbDB8ANDSmPEM78DkHDT"
FUSE_ID = "1317438"
PRODUCT = "100001"
DEVICE = {"south": "10000001", "fuse": "pump-7"}
ROOT = {"south": "/ota/", "fuse": f"/fuse-ota/{PRODUCT}/pump-7/"}
XOR = bytes(byte ^ 0xFF for byte in range(256))
PIECES = 5
PIECE_S = 0.35   # five of them are longer than the device waits for an answer; one is not


class Request:
    def __init__(self, head, body):
        line, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = line.split(" ")
        self.headers = {name.lower(): value.strip() for name, _, value in
                        (line.partition(":") for line in lines if line)}
        self.step = json.loads(body)["step"] if b"step" in body else 0
        self.range = None
        if "range" in self.headers:
            first, last = re.search(r"(\d+)-(\d+)$", self.headers["range"]).groups()
            self.range = int(first), int(last)
        self.call = self._call()

    def _call(self):
        if self.method == "POST":
            return "version" if not self.step else str(self.step) if self.step in (101, 201) else \
                "progress" if self.step < 100 else "201"
        if "type=" in self.path:
            return "check"
        return "token" if "/check" in self.path else "download"


class Server:
    """state: folder of the device's flash. await start(), then url."""

    def __init__(self, row, dialect, always, task, state):
        self.row, self.dialect, self.always = row, dialect, always
        self.fuse = dialect == "fuse"
        self.task = {**task, "id": FUSE_ID if self.fuse else SOUTH_ID}
        self.state = state
        self.boot = None     # boot control, as it was at first
        self.seen = 0
        self.lies = 0
        self.percent = 0
        self.version = task["version"]
        self.requests = []
        self.ends = []       # reports from 101 on
        self.problems = []   # what the device must not do

    async def start(self):
        self.server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.url = "http://127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]

    def stop(self):
        self.server.close()

    # -- the device's flash ----------------------------------------------------------------------

    def held(self, slot, size):
        """What is in a slot; in the file, every byte is XOR what is erased."""
        data = (self.state / f"slot{slot}.flash").read_bytes()[:size]
        return data.translate(XOR)

    def is_settled(self):
        """Nothing was ever marked."""
        return (self.state / "boot.ctl").read_bytes() == self.boot

    # -- is the request in order? ----------------------------------------------------------------

    def _accuse(self, guilty, problem):
        if guilty:
            self.problems.append(problem)

    def _judge(self, request):
        signed = "authorization" in request.headers
        size = self.task["size"]
        self._accuse(request.headers.get("host") != HOST, "another Host")
        self._accuse(not request.path.startswith(ROOT[self.dialect]), "another path")
        self._accuse(signed != (request.call != "download" or self.fuse),
                     "an Authorization too many, or none")
        self._accuse(request.call not in ("version", "check") and self.task["id"] not in request.path,
                     "another handle")
        self._accuse(request.range and not request.range[0] < request.range[1] < size,
                     "a range beyond the package")
        if 0 < request.step < 100:
            again = self.row.call == "progress" and self.row.always.reason == "auth"
            self._accuse(request.step % 10 and not (self.fuse and request.step == 1), "an odd percentage")
            self._accuse(request.step < self.percent + (not again), "a percentage again")
            self.percent = request.step
        elif request.step:
            held = self.held(1, size) == self.task["package"]
            self._accuse(request.step in (101, 201) and not held, "the package is not in the slot")
            self._accuse(request.step == 101 and not self.is_settled(), "marked before 101")
            self._accuse(request.step == 201 and self.is_settled(), "201, and nothing was marked")
            self.ends.append(request.step)

    # -- the truth -------------------------------------------------------------------------------

    def _has_task(self):
        return self.version != self.task["target"] and not [end for end in self.ends if end != 101]

    def _json(self, request):
        code, text, data = 0, "succ", None
        status = 2 if self.percent else 1
        if request.call == "check" and not self._has_task():
            code, text = (12012 if self.fuse else 11), "none"
        elif request.call == "check":
            data = {"target": self.task["target"], "size": self.task["size"], "md5": self.task["md5"]}
            if self.fuse:
                data = {**data, "tid": int(self.task["id"]), "status": status, "type": 1}
            else:
                data = {**data, "token": self.task["id"], "signal": 10, "power": 50, "retry": 0,
                        "interval": 0, "type": 1}
        elif request.call == "token" and self.fuse:
            data = {"status": status}
        names = ("code", "msg") if self.fuse else ("errno", "error")
        whole = {names[0]: code, names[1]: text, **({"data": data} if data else {})}
        if self.fuse:
            whole["request_id"] = "399527bd"
        return json.dumps(whole, separators=(",", ":")).encode()

    def _honest(self, request):
        if request.call != "download":
            return answers.Honest(self.fuse, 200, self._json(request), self.task)
        first, last = request.range or (0, self.task["size"] - 1)
        return answers.Honest(self.fuse, 206 if request.range else 200,
                              self.task["package"][first:last + 1], self.task, (first, last),
                              bool(request.range))

    def _answer(self, request):
        honest = self._honest(request)
        if request.call == self.row.call:
            self.seen += 1
            willing = self.always or not self.lies
            if self.seen >= self.row.nth and willing and (request.call != "check" or self._has_task()):
                self.lies += 1
                return answers.lie(honest, self.row.answer)
        return answers.truth(honest)

    # -- the connection --------------------------------------------------------------------------

    async def _talk(self, reader, writer):
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass   # the device has hung up
        finally:
            writer.close()

    async def _exchange(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        request = Request(head, body)
        self.boot = self.boot or (self.state / "boot.ctl").read_bytes()
        self._judge(request)
        answer = self._answer(request)
        self.requests.append(request)
        if request.call == "version":
            self.version = next(iter(json.loads(body).values()))
        fast = len(answer.data) if answer.slow_from is None else answer.slow_from
        writer.write(answer.data[:fast])
        slow = answer.data[fast:]
        for at in range(0, len(slow), len(slow) // PIECES + 1):
            await asyncio.sleep(PIECE_S)
            writer.write(slow[at:at + len(slow) // PIECES + 1])
            await writer.drain()
        await writer.drain()
        return not answer.close
